//! `announce_upgrade`: for seven days everybody can read the bytes that will run, and nobody can change
//! them.

use super::world;
use anchor_lang::error::ErrorCode;
use plimsoll::constants::{CODE_NOTICE, CODE_WINDOW};
use plimsoll::events::UpgradeAnnounced;
use plimsoll_tests::code::{code_key, loader, program_data_key};
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// The code is handed over.
fn handed_over() -> World<BankChain> {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    world
}

#[test]
fn an_upgrade_waits_seven_days_and_can_be_applied_for_seven_more() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    let receipt = world.actor("deployer").announces_upgrade(buffer).done();
    let now = world.now();
    let told = receipt.event::<UpgradeAnnounced>();
    assert_eq!((CODE_NOTICE, CODE_WINDOW), (7 * 86_400, 7 * 86_400));
    assert_eq!((told.buffer, told.receiver), (buffer, key_of("treasury")));
    let times = (now + 7 * 86_400, now + 14 * 86_400);
    assert_eq!((told.earliest, told.latest), times);
    let code = world.code();
    assert_eq!((code.buffer, code.receiver), (buffer, key_of("treasury")));
    assert_eq!((code.earliest, code.latest), times);
}

#[test]
fn only_the_code_authority_announces() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    // Not even who has power over an exchange.
    for name in ["mallory", "authority"] {
        let attempt = world.actor(name).announces_upgrade(buffer);
        attempt.refused_with(PlimsollError::NotCodeAuthority);
    }
    let mut unsigned = call(
        world.announce_accounts("deployer", buffer),
        ix::AnnounceUpgrade {},
    );
    unsigned.accounts[0].is_signer = false;
    let attempt = world.mallory().does(&[unsigned]);
    attempt.refused_with_code(super::anchor::NOT_SIGNER, "the authority must sign");
}

#[test]
fn nothing_is_announced_before_the_code_is_handed_over() {
    let mut world = world();
    let buffer = world.frozen_buffer("buffer", b"code");
    let attempt = world.actor("deployer").announces_upgrade(buffer);
    attempt.refused_with_code(super::anchor::NO_ACCOUNT, "there is no code account");
}

#[test]
fn what_somebody_could_still_write_is_not_announced() {
    let mut world = handed_over();
    for name in ["deployer", "mallory"] {
        let buffer = world.buffer_of("buffer", b"code", &key_of(name));
        let attempt = world.actor("deployer").announces_upgrade(buffer);
        attempt.refused_with(PlimsollError::BufferNotFrozen);
    }
}

#[test]
fn only_a_buffer_is_announced() {
    let mut world = handed_over();
    let full = world.frozen_buffer("full", b"code");
    let bytes = world.chain.account(&full).unwrap();
    let another_program = key_of("look-alike");
    let copy = solana_account::Account {
        owner: plimsoll::ID,
        ..bytes
    };
    world.chain.set_account(another_program, copy);
    let vault = world.asset(USDC).vault;
    // The code account has authority over the program data as over its buffers.
    let others = [
        another_program,
        program_data_key(),
        plimsoll::ID,
        code_key(),
        vault,
        key_of("alice"),
        Address::default(),
    ];
    for other in others {
        let attempt = world.actor("deployer").announces_upgrade(other);
        attempt.refused_with(PlimsollError::NotBuffer);
    }
}

#[test]
fn announced_bytes_cannot_be_changed() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    world.actor("deployer").announces_upgrade(buffer).done();
    let before = world.chain.account(&buffer).unwrap();
    let (old, new) = (key_of("deployer"), key_of("mallory"));
    let asks = [
        loader::write(&buffer, &old, 0, b"evil".to_vec()),
        loader::set_buffer_authority(&buffer, &old, &new),
        loader::close(&buffer, &new, &old),
    ];
    for ask in asks {
        let failure = world.actor("deployer").asks_loader(ask).unwrap_err();
        let said = |line: &String| line.contains("Incorrect");
        assert!(failure.logs.iter().any(said), "{failure}");
    }
    let mut ask = loader::write(&buffer, &code_key(), 0, b"evil".to_vec());
    ask.accounts[1].is_signer = false;
    let failure = world.actor("deployer").asks_loader(ask).unwrap_err();
    let said = |line: &String| line.contains("authority did not sign");
    assert!(failure.logs.iter().any(said), "{failure}");
    assert_eq!(world.chain.account(&buffer).unwrap(), before);
}

#[test]
fn a_second_announcement_waits_until_the_first_is_cancelled() {
    let mut world = handed_over();
    let first = world.frozen_buffer("first", b"code");
    let second = world.frozen_buffer("second", b"more code");
    world.actor("deployer").announces_upgrade(first).done();
    for _ in 0..2 {
        for buffer in [first, second] {
            let attempt = world.actor("deployer").announces_upgrade(buffer);
            attempt.refused_with(PlimsollError::UpgradeAnnounced);
        }
        // The second time around it has lapsed.
        world.advance(CODE_NOTICE + CODE_WINDOW + 1);
    }
    world.actor("deployer").cancels_upgrade().done();
    world.actor("deployer").announces_upgrade(second).done();
    assert_eq!(world.code().buffer, second);
    assert_eq!(world.code().earliest, world.now() + CODE_NOTICE);
}

#[test]
fn the_lamports_go_to_a_wallet() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    let accounts = ax::AnnounceUpgrade {
        receiver: world.asset(USDC).vault,
        ..world.announce_accounts("deployer", buffer)
    };
    let announce = call(accounts, ix::AnnounceUpgrade {});
    let code = ErrorCode::AccountNotSystemOwned as u32;
    let attempt = world.actor("deployer").does(&[announce]);
    attempt.refused_with_code(code, "a vault is no wallet");
}
