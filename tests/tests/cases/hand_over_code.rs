//! `hand_over_code`: from then on the loader takes new code from the code account alone.

use super::{anchor, world};
use plimsoll::events::CodeHandedOver;
use plimsoll_tests::code::{code_key, deployer, loader, program_data_key};
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// What the system program says when an account exists already.
const IN_USE: u32 = 0;

#[test]
fn the_upgrade_authority_hands_the_code_over() {
    let mut world = world();
    assert_eq!(world.upgrade_authority(), key_of("deployer"));
    let receipt = world.actor("deployer").hands_over_code().done();
    let told = receipt.event::<CodeHandedOver>();
    assert_eq!(told.authority, key_of("deployer"));
    assert_eq!(world.upgrade_authority(), code_key());
    let code = world.code();
    assert_eq!(code.authority, key_of("deployer"));
    let nobody = Address::default();
    assert_eq!([code.pending, code.buffer, code.receiver], [nobody; 3]);
    assert_eq!((code.earliest, code.latest), (0, 0));
}

#[test]
fn nobody_else_hands_it_over() {
    let mut world = world();
    for name in ["mallory", "authority"] {
        let attempt = world.actor(name).hands_over_code();
        attempt.refused_with(PlimsollError::NotUpgradeAuthority);
    }
    let mut unsigned = call(world.hand_over_accounts(), ix::HandOverCode {});
    unsigned.accounts[0].is_signer = false;
    let attempt = world.mallory().does(&[unsigned]);
    attempt.refused_with_code(anchor::NOT_SIGNER, "the upgrade authority must sign");
    assert_eq!(world.upgrade_authority(), key_of("deployer"));
}

#[test]
fn code_that_nobody_can_replace_is_not_handed_over() {
    let mut world = world();
    let key = program_data_key();
    let mut account = world.chain.account(&key).unwrap();
    // No authority.
    account.data[12] = 0;
    world.chain.set_account(key, account);
    let attempt = world.actor("deployer").hands_over_code();
    attempt.refused_with(PlimsollError::NotUpgradeAuthority);
}

#[test]
fn the_authority_over_another_program_is_none_over_this() {
    let mut world = world();
    let other = Address::find_program_address(&[b"another"], &loader::ID).0;
    let mut account = world.chain.account(&program_data_key()).unwrap();
    account.data[13..45].copy_from_slice(key_of("mallory").as_ref());
    world.chain.set_account(other, account);
    let accounts = ax::HandOverCode {
        upgrade_authority: key_of("mallory"),
        program_data: other,
        ..world.hand_over_accounts()
    };
    let attempt = world.mallory().does(&[call(accounts, ix::HandOverCode {})]);
    attempt.refused_with(PlimsollError::WrongProgramData);
}

#[test]
fn it_is_for_good() {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    let again = world.actor("deployer").hands_over_code();
    again.refused_with_code(IN_USE, "the code account exists");

    // The loader does not listen to who was upgrade authority, nor to the code account unsigned.
    let (old, mine) = (deployer().pubkey(), key_of("mallory"));
    let buffer = world.buffer_of("buffer", &plimsoll_tests::chain::program_bytes(), &old);
    let asks = [
        loader::set_upgrade_authority(&plimsoll::ID, &old, Some(&mine)),
        loader::set_upgrade_authority(&plimsoll::ID, &old, None),
        loader::upgrade(&plimsoll::ID, &buffer, &old, &mine),
        loader::close_any(&program_data_key(), &mine, Some(&old), Some(&plimsoll::ID)),
        unsigned(loader::set_upgrade_authority(
            &plimsoll::ID,
            &code_key(),
            Some(&mine),
        )),
    ];
    for (place, ask) in asks.into_iter().enumerate() {
        world.chain.next_slot();
        let outcome = world.actor("deployer").asks_loader(ask);
        let failure = outcome.expect_err("the loader refuses");
        let reasons = ["Incorrect", "did not sign"];
        let said = |line: &String| reasons.iter().any(|reason| line.contains(reason));
        assert!(failure.logs.iter().any(said), "{place}: {failure}");
    }
    assert_eq!(world.upgrade_authority(), code_key());
}

/// The same, without signatures.
fn unsigned(mut ask: solana_instruction::Instruction) -> solana_instruction::Instruction {
    for meta in &mut ask.accounts {
        meta.is_signer = false;
    }
    ask
}
