//! `announce_change`: what will change is said first, and how long it takes from there.

use super::{world, world_with};
use plimsoll::events::ChangeAnnounced;
use plimsoll::instructions::{Notices, PoolParams};
use plimsoll::state::Patch;
use plimsoll_tests::governance::HOUR;
use plimsoll_tests::prelude::*;

const DAY: i64 = 24 * HOUR;

/// One change of every kind, with the notice it needs in hours.
pub fn every_kind(world: &World<BankChain>) -> Vec<(Patch, i64)> {
    let nobody = key_of("carol");
    let roles = world.spec.roles.clone();
    vec![
        (Patch::Exchange(world.spec.exchange.clone()), 72),
        (Patch::Notices(roles.notices), 7 * 24),
        (Patch::Guardian(nobody), 24),
        (Patch::Authority(nobody), 72),
        (
            Patch::Pool(PoolParams {
                cool_down: 60,
                outflow_window: 600,
                outflow_ppm: 1_000_000,
            }),
            24,
        ),
        (
            Patch::ListAsset {
                slot: world.book().asset_count,
                params: world.asset_params(SOL),
            },
            72,
        ),
        (
            Patch::ListBank {
                slot: BTC,
                mint: world.asset(BTC).mint,
                params: world.bank_params(BTC),
            },
            72,
        ),
        (
            Patch::ListMarket {
                slot: SOL,
                params: world.market_params(SOL),
            },
            72,
        ),
        (
            Patch::Scenario {
                index: 0,
                shocks: vec![0, -3_000],
            },
            72,
        ),
        (
            Patch::Asset {
                slot: SOL,
                params: world.asset_params(SOL),
            },
            72,
        ),
        (
            Patch::Bank {
                slot: SOL,
                params: world.bank_params(SOL),
            },
            72,
        ),
        (
            Patch::Market {
                slot: SOL,
                params: world.market_params(SOL),
            },
            72,
        ),
        (Patch::EndTightening { slots: 1 << SOL }, 24),
    ]
}

#[test]
fn every_kind_of_change_has_its_notice_and_can_begin_for_seven_days() {
    let mut world = world();
    for (patch, hours) in every_kind(&world) {
        let now = world.now();
        let told = world.actor("authority").announces(patch.clone()).done();
        let told = told.event::<ChangeAnnounced>();
        assert_eq!(told.earliest, now + hours * HOUR, "{patch:?}");
        assert_eq!(told.latest, told.earliest + 7 * DAY);
        assert_eq!(told.patch, patch);
    }
}

#[test]
fn the_account_says_what_was_announced_by_whom_and_until_when() {
    let mut world = world();
    let patch = Patch::Guardian(key_of("carol"));
    let now = world.now();
    world.actor("authority").announces(patch.clone()).done();
    let change = world.last_change().expect("it is there");
    assert_eq!(change.exchange, world.keys.exchange);
    assert_eq!(change.payer, key_of("fee payer"));
    assert_eq!((change.patch, change.announced_at), (patch, now));
    assert_eq!((change.moved_at, change.grown), (0, 0));
}

#[test]
fn before_launch_nobody_needs_notice_and_nothing_announced_then_outlives_it() {
    let mut world = world_with(|spec| spec.launch = false);
    let raised = |world: &World<BankChain>, more| {
        let mut params = world.bank_params(SOL);
        params.deposit_cap += more;
        Patch::Bank { slot: SOL, params }
    };
    let patch = raised(&world, 1);
    world.actor("authority").announces(patch).done();
    world.carol().applies().done();
    let cap = world.bank_params(SOL).deposit_cap;
    assert_eq!(world.bank(SOL).deposit_cap, cap + 1);
    // Kept back for after the launch.
    let patch = raised(&world, 1_000);
    world.actor("authority").announces(patch).done();
    let launch = world.launch_instruction();
    world.actor("authority").does(&[launch]).done();
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::ChangeVoid);
    assert_eq!(world.bank(SOL).deposit_cap, cap + 1);
}

#[test]
fn only_the_authority_announces() {
    let mut world = world();
    for name in ["mallory", "guardian"] {
        world
            .actor(name)
            .announces(Patch::Guardian(key_of("mallory")))
            .refused_with(PlimsollError::NotAuthority);
    }
}

#[test]
fn an_id_is_taken_once() {
    let mut world = world();
    let patch = Patch::Guardian(key_of("carol"));
    world.actor("authority").announces(patch.clone()).done();
    let again = world.announce_again(Patch::Guardian(key_of("mallory")));
    world.actor("authority").does(&[again]).refused();
    assert_eq!(world.last_change().expect("still there").patch, patch);
}

#[test]
fn longer_notices_count_for_what_is_announced_from_then_on() {
    let mut world = world();
    let notices = Notices {
        loosening: 96 * 3_600,
        other: 48 * 3_600,
    };
    world.change_with_notice(Patch::Notices(notices));
    let now = world.now();
    for (patch, hours) in [
        (Patch::Guardian(key_of("carol")), 48),
        (Patch::Authority(key_of("carol")), 96),
    ] {
        let told = world.actor("authority").announces(patch).done();
        let told = told.event::<ChangeAnnounced>();
        assert_eq!(told.earliest, now + hours * HOUR);
    }
}
