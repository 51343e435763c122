//! `propose_code_authority`: the first of two steps, after which nothing has changed yet.

use super::world;
use plimsoll::events::CodeAuthorityProposed;
use plimsoll_tests::prelude::*;
use solana_address::Address;

#[test]
fn a_proposal_changes_nothing_yet() {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    let bob = key_of("bob");
    let receipt = world.actor("deployer").proposes_code_authority(bob).done();
    let told = receipt.event::<CodeAuthorityProposed>();
    assert_eq!((told.authority, told.pending), (key_of("deployer"), bob));
    let code = world.code();
    assert_eq!((code.authority, code.pending), (key_of("deployer"), bob));
    let buffer = world.frozen_buffer("buffer", b"code");
    let attempt = world.bob().announces_upgrade(buffer);
    attempt.refused_with(PlimsollError::NotCodeAuthority);
    world.actor("deployer").announces_upgrade(buffer).done();
}

#[test]
fn a_proposal_is_replaced_or_taken_back() {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    for next in [key_of("bob"), key_of("carol"), Address::default()] {
        world.actor("deployer").proposes_code_authority(next).done();
        assert_eq!(world.code().pending, next);
    }
    for name in ["bob", "carol"] {
        let attempt = world.actor(name).accepts_code_authority();
        attempt.refused_with(PlimsollError::NotPendingCodeAuthority);
    }
}

#[test]
fn only_the_code_authority_proposes() {
    let mut world = world();
    world.actor("deployer").hands_over_code().done();
    let bob = key_of("bob");
    world.actor("deployer").proposes_code_authority(bob).done();
    for name in ["mallory", "authority", "bob"] {
        let attempt = world.actor(name).proposes_code_authority(key_of("mallory"));
        attempt.refused_with(PlimsollError::NotCodeAuthority);
    }
    assert_eq!(world.code().pending, bob);
}
