//! `cancel_upgrade`.

use super::world;
use plimsoll::constants::{CODE_NOTICE, CODE_WINDOW};
use plimsoll::events::UpgradeCancelled;
use plimsoll_tests::code::{binary_saying, code_key};
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// The code is handed over, and an upgrade is announced.
fn announced() -> (World<BankChain>, Address) {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    let buffer = world.frozen_buffer("buffer", &binary_saying("Second"));
    world.actor("deployer").announces_upgrade(buffer).done();
    (world, buffer)
}

#[test]
fn what_is_cancelled_is_not_applied() {
    let (mut world, buffer) = announced();
    world.advance(CODE_NOTICE);
    let receipt = world.actor("deployer").cancels_upgrade().done();
    assert_eq!(receipt.event::<UpgradeCancelled>().buffer, buffer);
    let code = world.code();
    assert_eq!([code.buffer, code.receiver], [Address::default(); 2]);
    assert_eq!((code.earliest, code.latest), (0, 0));
    world.chain.next_slot();
    let attempt = world.mallory().applies_upgrade(buffer);
    attempt.refused_with(PlimsollError::NoUpgradeAnnounced);
    assert_eq!(world.upgrade_authority(), code_key());
}

#[test]
fn announced_again_it_waits_its_whole_notice_again() {
    let (mut world, buffer) = announced();
    world.advance(CODE_NOTICE);
    world.actor("deployer").cancels_upgrade().done();
    world.actor("deployer").announces_upgrade(buffer).done();
    world.chain.next_slot();
    world.advance(CODE_NOTICE - 1);
    let attempt = world.mallory().applies_upgrade(buffer);
    attempt.refused_with(PlimsollError::UpgradeNotDue);
    world.advance(1);
    world.mallory().applies_upgrade(buffer).done();
}

#[test]
fn what_lapsed_is_cancelled_like_anything_else() {
    let (mut world, _) = announced();
    world.advance(CODE_NOTICE + CODE_WINDOW + 1);
    world.actor("deployer").cancels_upgrade().done();
    let again = world.actor("deployer").cancels_upgrade();
    again.refused_with(PlimsollError::NoUpgradeAnnounced);
}

#[test]
fn only_the_code_authority_cancels() {
    let (mut world, buffer) = announced();
    for name in ["mallory", "authority"] {
        let attempt = world.actor(name).cancels_upgrade();
        attempt.refused_with(PlimsollError::NotCodeAuthority);
    }
    assert_eq!(world.code().buffer, buffer);
}
