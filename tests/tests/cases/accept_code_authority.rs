//! `accept_code_authority`: the second step, by who was proposed and nobody else.

use super::world;
use plimsoll::constants::CODE_NOTICE;
use plimsoll::events::CodeAuthorityAccepted;
use plimsoll_tests::code::code_key;
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// The code is handed over, and Bob proposed.
fn proposed() -> World<BankChain> {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    let bob = key_of("bob");
    world.actor("deployer").proposes_code_authority(bob).done();
    world
}

#[test]
fn who_accepts_announces_from_now_on_and_who_proposed_him_does_not() {
    let mut world = proposed();
    let receipt = world.bob().accepts_code_authority().done();
    let told = receipt.event::<CodeAuthorityAccepted>();
    assert_eq!(told.authority, key_of("bob"));
    let code = world.code();
    assert_eq!(code.authority, key_of("bob"));
    assert_eq!(code.pending, Address::default());
    // The loader's authority is the code account as before.
    assert_eq!(world.upgrade_authority(), code_key());

    let buffer = world.frozen_buffer("buffer", b"code");
    let attempt = world.actor("deployer").announces_upgrade(buffer);
    attempt.refused_with(PlimsollError::NotCodeAuthority);
    world.bob().announces_upgrade(buffer).done();
}

#[test]
fn nobody_else_accepts_and_nobody_twice() {
    let mut world = proposed();
    for name in ["mallory", "authority", "deployer"] {
        let attempt = world.actor(name).accepts_code_authority();
        attempt.refused_with(PlimsollError::NotPendingCodeAuthority);
    }
    world.bob().accepts_code_authority().done();
    let again = world.bob().accepts_code_authority();
    again.refused_with(PlimsollError::NotPendingCodeAuthority);
}

#[test]
fn an_announcement_stays_what_it_is_and_is_the_new_ones_to_cancel() {
    let mut world = proposed();
    let buffer = world.frozen_buffer("buffer", b"code");
    world.actor("deployer").announces_upgrade(buffer).done();
    let due = world.code().earliest;
    world.bob().accepts_code_authority().done();
    let code = world.code();
    assert_eq!((code.buffer, code.earliest), (buffer, due));
    assert_eq!(due, world.now() + CODE_NOTICE);
    let attempt = world.actor("deployer").cancels_upgrade();
    attempt.refused_with(PlimsollError::NotCodeAuthority);
    world.bob().cancels_upgrade().done();
}
