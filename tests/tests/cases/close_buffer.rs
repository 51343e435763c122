//! `close_buffer`: what was frozen and is not wanted gives its lamports back.

use super::world;
use plimsoll::events::BufferClosed;
use plimsoll_tests::code::{code_key, program_data_key};
use plimsoll_tests::prelude::*;

/// The code is handed over.
fn handed_over() -> World<BankChain> {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    world
}

#[test]
fn an_abandoned_buffer_pays_its_lamports_back() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    world.actor("deployer").announces_upgrade(buffer).done();
    world.actor("deployer").cancels_upgrade().done();
    let held = world.chain.account(&buffer).unwrap().lamports;
    let before = world.lamports("treasury");
    let receipt = world.actor("deployer").closes_buffer(buffer).done();
    let told = receipt.event::<BufferClosed>();
    assert_eq!((told.buffer, told.receiver), (buffer, key_of("treasury")));
    assert_eq!(world.chain.account(&buffer), None);
    assert_eq!(world.lamports("treasury"), before + held);
}

#[test]
fn a_buffer_without_code_closes_too() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"");
    world.actor("deployer").closes_buffer(buffer).done();
}

#[test]
fn an_announced_buffer_stays() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    let other = world.frozen_buffer("other", b"code");
    world.actor("deployer").announces_upgrade(buffer).done();
    let attempt = world.actor("deployer").closes_buffer(buffer);
    attempt.refused_with(PlimsollError::BufferAnnounced);
    world.actor("deployer").closes_buffer(other).done();
}

#[test]
fn never_the_program_itself() {
    let mut world = handed_over();
    world.chain.next_slot();
    // The loader would close it: the code account is its authority.
    for key in [
        program_data_key(),
        plimsoll::ID,
        code_key(),
        key_of("alice"),
    ] {
        let attempt = world.actor("deployer").closes_buffer(key);
        attempt.refused_with(PlimsollError::NotBuffer);
    }
    // Nor with what the loader needs to close a program.
    let accounts = world.close_buffer_accounts("deployer", program_data_key());
    let program = vec![meta(plimsoll::ID, true)];
    let close = call_with(accounts, ix::CloseBuffer {}, program);
    let attempt = world.actor("deployer").does(&[close]);
    attempt.refused_with(PlimsollError::NotBuffer);
    assert_eq!(world.upgrade_authority(), code_key());
}

#[test]
fn only_the_code_authority_and_only_buffers_of_the_code_account() {
    let mut world = handed_over();
    let buffer = world.frozen_buffer("buffer", b"code");
    for name in ["mallory", "authority"] {
        let attempt = world.actor(name).closes_buffer(buffer);
        attempt.refused_with(PlimsollError::NotCodeAuthority);
    }
    let own = world.buffer_of("own", b"code", &key_of("deployer"));
    let attempt = world.actor("deployer").closes_buffer(own);
    attempt.refused_with(PlimsollError::BufferNotFrozen);
}
