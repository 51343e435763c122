//! `apply_upgrade`: what was announced replaces the code when its notice is over, by the real loader.

use super::world;
use plimsoll::constants::{CODE_NOTICE, CODE_WINDOW};
use plimsoll::events::UpgradeApplied;
use plimsoll_tests::chain::program_bytes;
use plimsoll_tests::code::{
    binary_saying, code_key, deploy, deployer, loader, program_data_key, write_buffer,
    PROGRAM_DATA_HEAD,
};
use plimsoll_tests::prelude::*;
use solana_address::Address;
use solana_transaction::{InstructionError, TransactionError};

/// The code is handed over, Alice has a deposit, and code that says `word` is announced.
fn announced(word: &str) -> (World<BankChain>, Address) {
    announced_code(&binary_saying(word))
}

fn announced_code(code: &[u8]) -> (World<BankChain>, Address) {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    world.actor("deployer").hands_over_code().done();
    let buffer = world.frozen_buffer("buffer", code);
    world.actor("deployer").announces_upgrade(buffer).done();
    world.chain.next_slot();
    (world, buffer)
}

/// The runtime's error of a refusal that is not the program's.
fn cause(failure: &Failure) -> InstructionError {
    match &failure.error {
        TransactionError::InstructionError(_, cause) => cause.clone(),
        other => panic!("{other:?}"),
    }
}

/// In the slot in which the loader touched it the program answers to nobody.
fn not_callable(world: &mut World<BankChain>) {
    let account = world.account_key("alice", 0);
    let assess = call(world.assess_accounts(account), ix::Assess {});
    let failure = world.send(&[assess], &[]).expect_err("not in this slot");
    assert_eq!(cause(&failure), InstructionError::UnsupportedProgramId);
}

/// From the first deployment on everything is done by the loader.
#[test]
fn code_upgrades_code_that_upgrades_code() {
    let mut chain = BankChain::bare();
    deploy(&mut chain, &program_bytes());
    let mut world = World::new(chain);
    world.alice().deposits(usdc(1_000)).done();
    assert_eq!(world.running(), "Assess");
    world.actor("deployer").hands_over_code().done();

    for (word, deposit) in [("Second", 10), ("Third!", 20)] {
        let buffer = wallet(word);
        write_buffer(&mut world.chain, &buffer, &binary_saying(word));
        let buffer = buffer.pubkey();
        let freeze = loader::set_buffer_authority(&buffer, &deployer().pubkey(), &code_key());
        world.actor("deployer").does(&[freeze]).done();
        world.actor("deployer").announces_upgrade(buffer).done();
        world.advance(CODE_NOTICE);
        let held = world.chain.account(&buffer).unwrap().lamports;
        let before = (world.lamports("treasury"), world.running());
        assert_ne!(before.1, word);

        // Anyone.
        let receipt = world.mallory().applies_upgrade(buffer).done();
        let told = receipt.event::<UpgradeApplied>();
        assert_eq!((told.buffer, told.at), (buffer, world.now()));
        not_callable(&mut world);
        world.chain.next_slot();

        assert_eq!(world.running(), word);
        assert_eq!(world.chain.account(&buffer), None);
        assert_eq!(world.lamports("treasury"), before.0 + held);
        assert_eq!(world.upgrade_authority(), code_key());
        assert_eq!(world.code().buffer, Address::default());
        // What traders do goes on with the new code.
        world.alice().deposits(usdc(deposit)).done();
        world.alice().withdraws(usdc(deposit)).done();
    }
}

#[test]
fn not_a_second_before_its_notice_is_over() {
    let (mut world, buffer) = announced("Second");
    world.advance(CODE_NOTICE - 1);
    for name in ["deployer", "mallory"] {
        let attempt = world.actor(name).applies_upgrade(buffer);
        attempt.refused_with(PlimsollError::UpgradeNotDue);
    }
    world.advance(1);
    world.mallory().applies_upgrade(buffer).done();
}

#[test]
fn nor_a_second_after_it_lapsed() {
    let (mut world, buffer) = announced("Second");
    world.advance(CODE_NOTICE + CODE_WINDOW + 1);
    let attempt = world.mallory().applies_upgrade(buffer);
    attempt.refused_with(PlimsollError::UpgradeLapsed);
    world.advance(-1);
    world.mallory().applies_upgrade(buffer).done();
}

#[test]
fn what_is_applied_is_what_was_announced() {
    let (mut world, buffer) = announced("Second");
    world.advance(CODE_NOTICE);
    let frozen = world.frozen_buffer("another", &binary_saying("Second"));
    let mine = key_of("mallory");
    let own = world.buffer_of("own", &binary_saying("Second"), &mine);
    for other in [frozen, own, program_data_key(), key_of("alice")] {
        let attempt = world.mallory().applies_upgrade(other);
        attempt.refused_with(PlimsollError::WrongBuffer);
    }
    let accounts = ax::ApplyUpgrade {
        receiver: mine,
        ..world.apply_accounts(buffer)
    };
    let attempt = world.mallory().does(&[call(accounts, ix::ApplyUpgrade {})]);
    attempt.refused_with(PlimsollError::WrongReceiver);
    world.mallory().applies_upgrade(buffer).done();
}

#[test]
fn once_and_only_what_is_announced() {
    let (mut world, buffer) = announced("Second");
    world.advance(CODE_NOTICE);
    world.mallory().applies_upgrade(buffer).done();
    world.chain.next_slot();
    // The same buffer anew, of the code account and full of other bytes.
    world.frozen_buffer("buffer", &binary_saying("Third!"));
    let attempt = world.mallory().applies_upgrade(buffer);
    attempt.refused_with(PlimsollError::NoUpgradeAnnounced);
}

#[test]
fn longer_code_needs_room_that_anybody_can_make() {
    let mut longer = binary_saying("Longer");
    longer.extend([0x55; 12_000]);
    let (mut world, buffer) = announced_code(&longer);
    world.advance(CODE_NOTICE);
    let failure = world.mallory().applies_upgrade(buffer).outcome();
    let failure = failure.expect_err("there is no room");
    assert_eq!(cause(&failure), InstructionError::AccountDataTooSmall);

    let extend = loader::extend_program(&plimsoll::ID, Some(&key_of("mallory")), 12_000);
    world.mallory().does(&[extend]).done();
    assert_eq!(world.upgrade_authority(), code_key());
    not_callable(&mut world);
    world.chain.next_slot();
    world.mallory().applies_upgrade(buffer).done();
    world.chain.next_slot();
    assert_eq!(world.running(), "Longer");
    let held = world.chain.account(&program_data_key()).unwrap().data;
    assert_eq!(held.len(), PROGRAM_DATA_HEAD + longer.len());
}

#[test]
fn shorter_code_leaves_nothing_of_the_old_behind() {
    let (mut world, buffer) = announced("Second");
    let mut longer = program_bytes();
    longer.extend([0x55; 12_000]);
    let key = program_data_key();
    let mut account = world.chain.account(&key).unwrap();
    account.data.truncate(PROGRAM_DATA_HEAD);
    account.data.extend(longer);
    account.lamports = world.chain.rent(account.data.len());
    world.chain.set_account(key, account);
    world.advance(CODE_NOTICE);
    world.mallory().applies_upgrade(buffer).done();
    let data = world.chain.account(&key).unwrap().data;
    let (code, rest) = data[PROGRAM_DATA_HEAD..].split_at(program_bytes().len());
    assert_eq!(code, binary_saying("Second"));
    assert!(rest.len() == 12_000 && rest.iter().all(|byte| *byte == 0));
}

#[test]
fn bytes_that_do_not_run_are_not_applied() {
    let (mut world, buffer) = announced_code(&[7; 1_000]);
    world.advance(CODE_NOTICE);
    let failure = world.mallory().applies_upgrade(buffer).outcome();
    let failure = failure.expect_err("no program");
    assert_eq!(cause(&failure), InstructionError::InvalidAccountData);
    assert_eq!(world.running(), "Assess");
    world.actor("deployer").cancels_upgrade().done();
}
