//! `apply_change`: anyone puts in place what was announced, when it is due and not before.

use super::announce_change::every_kind;
use super::{world, world_with};
use plimsoll::events::ChangeApplied;
use plimsoll::state::Patch;
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::governance::HOUR;
use plimsoll_tests::prelude::*;

const MINUTE: i64 = 60;

/// Changes that `list_bank` and `list_market` carry out.
fn has_its_own_instruction(patch: &Patch) -> bool {
    matches!(patch, Patch::ListBank { .. } | Patch::ListMarket { .. })
}

#[test]
fn no_change_of_any_kind_is_in_place_a_second_before_its_notice_is_over() {
    let kinds = every_kind(&world()).len();
    for kind in 0..kinds {
        let mut world = world();
        let (patch, hours) = every_kind(&world).swap_remove(kind);
        if has_its_own_instruction(&patch) {
            continue;
        }
        world.actor("authority").announces(patch.clone()).done();
        world.tick();
        let snapshot = world.snapshot();
        world.advance(hours * HOUR - 1 - (world.now() - world.last_change().unwrap().announced_at));
        for name in ["carol", "authority", "guardian"] {
            let early = world.actor(name).applies();
            early.refused_with(PlimsollError::ChangeNotDue);
        }
        let changed = world.changed_since(&snapshot);
        let outside = |label: &&String| !label.starts_with("wallet");
        assert_eq!(changed.iter().filter(outside).count(), 0, "{changed:?}");
        world.advance(1);
        world.tick();
        world.carol().applies().done();
    }
}

#[test]
fn after_seven_more_days_it_has_lapsed() {
    let mut world = world();
    let patch = Patch::Guardian(key_of("bob"));
    world.actor("authority").announces(patch.clone()).done();
    world.wait_hours(24 + 7 * 24);
    world.advance(1);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::ChangeLapsed);
    world.change_with_notice(patch);
    assert_eq!(world.exchange().guardian, key_of("bob"));
}

#[test]
fn a_change_is_applied_once_and_its_rent_returns() {
    let mut world = world();
    let before = world.lamports("fee payer");
    let patch = Patch::Guardian(key_of("bob"));
    world.actor("authority").announces(patch).done();
    world.wait_hours(24);
    let told = world.carol().applies().done();
    assert!(told.event::<ChangeApplied>().is_complete);
    assert!(world.last_change().is_none());
    assert!(
        world.lamports("fee payer") >= before - 100_000,
        "but for fees"
    );
    world.carol().applies().refused();
}

#[test]
fn of_two_changes_of_the_same_the_second_is_void_once_the_first_is_in_place() {
    let mut world = world();
    let mut params = world.bank_params(SOL);
    params.deposit_cap += 1;
    let first = Patch::Bank {
        slot: SOL,
        params: params.clone(),
    };
    params.deposit_cap += 1;
    let second = Patch::Bank { slot: SOL, params };
    world.actor("authority").announces(first).done();
    let id = world.last_change().unwrap().id;
    world.actor("authority").announces(second).done();
    let other = Patch::Bank {
        slot: BTC,
        params: world.bank_params(BTC),
    };
    world.actor("authority").announces(other).done();
    let apart = world.last_change().unwrap().id;
    world.wait_hours(72);
    world.carol().applies_change(id).done();
    let carol = world.carol().applies_change(id + 1);
    carol.refused_with(PlimsollError::ChangeVoid);
    world.carol().applies_change(apart).done();
}

#[test]
fn the_authority_is_handed_over_to_who_signs_for_it() {
    let mut world = world();
    let patch = Patch::Authority(key_of("bob"));
    world.actor("authority").announces(patch).done();
    world.wait_hours(72);
    for name in ["carol", "authority", "guardian"] {
        let other = world.actor(name).applies();
        other.refused_with(PlimsollError::NotAuthority);
    }
    world.bob().applies().done();
    assert_eq!(world.exchange().authority, key_of("bob"));
    let old = world
        .actor("authority")
        .announces(Patch::Guardian(key_of("carol")));
    old.refused_with(PlimsollError::NotAuthority);
    world
        .bob()
        .announces(Patch::Guardian(key_of("carol")))
        .done();
}

#[test]
fn another_exchanges_change_is_refused() {
    let mut world = world();
    let patch = Patch::Guardian(key_of("bob"));
    world.actor("authority").announces(patch.clone()).done();
    world.wait_hours(24);
    let mut change = world.last_change().unwrap();
    change.exchange = key_of("another exchange");
    world.plant_change(&change);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::WrongChange);
}

#[test]
fn parameters_outside_their_bounds_are_refused_and_change_nothing() {
    let mut world = world();
    let mut bad = vec![];
    let mut exchange = world.spec.exchange.clone();
    exchange.scenario_weight_initial_ppm = exchange.scenario_weight_maintenance_ppm;
    bad.push(Patch::Exchange(exchange));
    let mut asset = world.asset_params(SOL);
    asset.decimals += 1;
    bad.push(Patch::Asset {
        slot: SOL,
        params: asset,
    });
    let mut asset = world.asset_params(SOL);
    asset.max_age_other = 601;
    bad.push(Patch::Asset {
        slot: SOL,
        params: asset,
    });
    let mut bank = world.bank_params(SOL);
    bank.is_quote = true;
    bad.push(Patch::Bank {
        slot: SOL,
        params: bank,
    });
    let mut market = world.market_params(SOL);
    market.scale -= 1;
    bad.push(Patch::Market {
        slot: SOL,
        params: market,
    });
    let mut market = world.market_params(SOL);
    market.taker_fee_ppm = 50_001;
    bad.push(Patch::Market {
        slot: SOL,
        params: market,
    });
    bad.push(Patch::Scenario {
        index: 0,
        shocks: vec![-10_001],
    });
    for patch in bad {
        world.actor("authority").announces(patch.clone()).done();
        world.wait_hours(72);
        let book = bytemuck::bytes_of(&*world.book()).to_vec();
        let carol = world.carol().applies();
        carol.refused_with(PlimsollError::ParameterOutOfBounds);
        assert_eq!(bytemuck::bytes_of(&*world.book()), book, "{patch:?}");
    }
}

#[test]
fn nobody_waits_longer_than_a_day_because_a_limit_was_lowered() {
    let mut world = world();
    world.alice().deposits(sol(100)).done();
    let limit = |world: &World<BankChain>, outflow_limit| Patch::Bank {
        slot: SOL,
        params: plimsoll::instructions::BankParams {
            outflow_limit,
            ..world.bank_params(SOL)
        },
    };
    let patch = limit(&world, sol(25).atoms - 1);
    world.actor("authority").announces(patch).done();
    world.wait_hours(72);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::ParameterOutOfBounds);
    let patch = limit(&world, sol(25).atoms);
    world.change_with_notice(patch);
    for _ in 0..4 {
        world.alice().withdraws(sol(25)).done();
        world.wait_hours(6);
    }
}

#[test]
fn a_maintenance_rate_that_was_raised_grows_by_its_ramp_and_initial_is_there_at_once() {
    let mut world = world();
    let rates = |world: &World<BankChain>| world.book().assets[usize::from(SOL)].rates();
    let before = rates(&world);
    let mut params = world.asset_params(SOL);
    for rates in [&mut params.floor, &mut params.cap] {
        rates.maintenance_long *= 2;
        rates.maintenance_short *= 2;
        rates.initial_long *= 2;
        rates.initial_short *= 2;
    }
    world.change_with_notice(Patch::Asset { slot: SOL, params });
    let at_once = rates(&world);
    assert!(at_once.maintenance_long.0 as f64 <= before.maintenance_long.0 as f64 * 1.001);
    let doubled = at_once.initial_long.0 as f64 / before.initial_long.0 as f64;
    assert!((doubled - 2.0).abs() < 1e-6, "{doubled}");
    let mut last = at_once;
    let mut minutes = 0;
    while rates(&world).maintenance_long.0 as f64 <= before.maintenance_long.0 as f64 * 1.999 {
        world.advance(10 * MINUTE);
        world.tick();
        minutes += 10;
        let now = rates(&world);
        let grown = now.maintenance_long.0 as f64 / last.maintenance_long.0 as f64;
        assert!(
            grown <= 1.0 + 0.000_3 * 10.0 + 1e-5,
            "{grown} in ten minutes"
        );
        last = now;
        assert!(minutes < 3 * 24 * 60, "it arrives");
    }
    // ln 2 / ln 1.5 days.
    assert!(
        (minutes as f64 / (24.0 * 60.0) - 1.709).abs() < 0.05,
        "{minutes}"
    );
}

#[test]
fn terms_of_size_and_scenarios_grow_by_applying_them_again_and_again() {
    let mut world = world_with(|spec| spec.measured());
    let beta = |world: &World<BankChain>| world.book().assets[usize::from(SOL)].size_slope;
    let shock = |world: &World<BankChain>| world.book().scenarios[0][usize::from(SOL)];
    let before = beta(&world);
    assert!(before > 0);
    let mut params = world.asset_params(SOL);
    params.size_beta_ppm *= 3;
    world.change_with_notice(Patch::Asset { slot: SOL, params });
    let asset = world.last_change().expect("it has not arrived").id;
    assert_eq!(beta(&world), before);
    let patch = Patch::Scenario {
        index: 0,
        shocks: vec![0, -9_000],
    };
    let old = shock(&world);
    world.actor("authority").announces(patch).done();
    let scenario = world.last_change().unwrap().id;
    world.wait_hours(72);
    world.carol().applies_change(scenario).done();
    assert_eq!(shock(&world), old.min(-9));
    // Somebody who was away for a week finds one day's growth.
    world.wait_hours(7 * 24);
    world.carol().applies_change(scenario).done();
    world.carol().applies_change(asset).done();
    let grown = beta(&world) as f64 / before as f64;
    assert!((grown - 1.5).abs() < 1e-6, "{grown}");
    let mut days = 1;
    while world.change(asset).is_some() || world.change(scenario).is_some() {
        world.wait_hours(24);
        for id in [asset, scenario] {
            if world.change(id).is_some() {
                world.carol().applies_change(id).done();
            }
        }
        days += 1;
        assert!(days < 30, "they arrive");
    }
    let tripled = beta(&world) as f64 / before as f64;
    assert!((tripled - 3.0).abs() < 1e-6, "{tripled}");
    assert_eq!(shock(&world), -9_000);
}

#[test]
fn what_lowers_a_requirement_is_in_place_at_once() {
    let mut world = world();
    let mut params = world.asset_params(SOL);
    params.size_beta_ppm = 0;
    params.size_n0 = 0;
    world.change_with_notice(Patch::Asset { slot: SOL, params });
    assert!(world.last_change().is_none());
    assert_eq!(world.book().assets[usize::from(SOL)].size_slope, 0);
}

#[test]
fn an_asset_is_listed_with_notice_and_takes_the_slot_that_was_announced() {
    let mut world = world();
    let slot = world.book().asset_count;
    let params = world.asset_params(SOL);
    let wrong = Patch::ListAsset {
        slot: slot + 1,
        params: params.clone(),
    };
    world.actor("authority").announces(wrong).done();
    world.wait_hours(72);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::WrongChange);
    world.change_with_notice(Patch::ListAsset { slot, params });
    assert_eq!(world.book().asset_count, slot + 1);
}

#[test]
fn a_wider_market_is_in_place_at_once_and_open_positions_keep_what_they_have() {
    let mut world = world();
    world.alice().deposits(usdc(20_000)).longs(sol(40)).done();
    world.alice().shorts(btc(0.1)).done();
    let mut params = world.market_params(SOL);
    params.scale *= 2;
    params.taker_fee_ppm += 100;
    let equity = |world: &World<BankChain>| world.health("alice").maintenance.equity.0;
    world
        .actor("authority")
        .announces(Patch::Market { slot: SOL, params })
        .done();
    world.wait_hours(72);
    world.sync();
    let before = equity(&world);
    world.carol().applies().done();
    assert!((equity(&world) - before).abs() < 10);
    let market = world.market(SOL);
    assert_eq!(
        market.taker_fee,
        Fixed::ratio(world.market_params(SOL).taker_fee_ppm + 100, 1_000_000).0
    );
    world.alice().shorts(sol(40)).done();
    world.settle("alice");
}
