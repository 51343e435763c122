//! `cancel_change`: authority and guardian take back what was announced; anybody removes what is over.

use super::world;
use plimsoll::events::ChangeCancelled;
use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;
use plimsoll_tests::prelude::*;

fn of_sol(world: &World<BankChain>) -> Patch {
    Patch::Bank {
        slot: SOL,
        params: world.bank_params(SOL),
    }
}

#[test]
fn authority_and_guardian_cancel_and_the_rent_returns_to_who_paid_it() {
    let mut world = world();
    for name in ["authority", "guardian"] {
        let patch = of_sol(&world);
        let before = world.lamports("fee payer");
        world.actor("authority").announces(patch).done();
        assert!(world.lamports("fee payer") < before);
        let told = world.actor(name).cancels_last().done();
        assert_eq!(told.event::<ChangeCancelled>().signer, key_of(name));
        assert!(world.last_change().is_none());
        world.wait_hours(72);
        world.carol().applies().refused();
    }
}

#[test]
fn the_guardian_does_not_stop_his_own_replacement_nor_a_handover() {
    let mut world = world();
    for patch in [
        Patch::Guardian(key_of("carol")),
        Patch::Authority(key_of("carol")),
    ] {
        world.actor("authority").announces(patch).done();
        let guardian = world.actor("guardian").cancels_last();
        guardian.refused_with(PlimsollError::NotAuthority);
        world.actor("authority").cancels_last().done();
    }
}

#[test]
fn others_remove_only_what_cannot_be_applied_any_more() {
    let mut world = world();
    let patch = of_sol(&world);
    world.actor("authority").announces(patch.clone()).done();
    let mallory = world.mallory().cancels_last();
    mallory.refused_with(PlimsollError::NotAuthority);
    world.wait_hours(72 + 7 * 24);
    let mallory = world.mallory().cancels_last();
    mallory.refused_with(PlimsollError::NotAuthority);
    world.wait_hours(1);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::ChangeLapsed);
    world.carol().cancels_last().done();

    world.actor("authority").announces(patch).done();
    let caps = Tightening::BankCaps {
        deposit_cap: 1,
        borrow_cap: 1,
    };
    world.actor("guardian").tightens_caps(SOL, caps).done();
    world.carol().cancels_last().done();
    assert!(world.last_change().is_none());
}
