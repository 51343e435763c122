//! `liquidate`: discounts widen with time, and no way of dividing or delaying it pays more.

use super::forecast::forecast;
use plimsoll::instructions::LiquidationLeg;
use plimsoll_tests::prelude::*;

/// Alice holds 1,000 SOL, owes 20 ETH and 30,000 dollars, and ETH has risen a little too far; keepers have
/// capital. The throttle is as usual.
fn story() -> World<LiteChain> {
    let mut world = World::with(LiteChain::new(), |spec| spec.frictionless());
    world.bob().deposits(eth(1_000)).lends(ETH).done();
    world.bob().deposits(usdc(200_000)).lends(USDC).done();
    world.alice().deposits(sol(1_000)).borrows(eth(20)).done();
    world.alice().borrows(usdc(30_000)).done();
    world.keeper().deposits(usdc(300_000)).done();
    world.price(ETH, 4_950.0);
    let view = world.health("alice").maintenance;
    let ratio = view.equity.0 as f64 / view.requirement.0 as f64;
    assert!(ratio > 0.75 && ratio < 1.0, "{ratio}");
    world
}

fn legs() -> [LiquidationLeg; 2] {
    [collateral_leg(SOL), debt_leg(ETH)]
}

/// What an account is worth at spot: prices have no confidence here.
fn wealth(world: &World<LiteChain>, name: &str) -> i64 {
    world.health(name).maintenance.equity.0
}

fn wait(world: &mut World<LiteChain>, seconds: i64) {
    world.advance(seconds);
    world.publish_all();
    world.refresh();
}

/// The part of what is sold that is given away, in parts per billion of its value.
fn discount(world: &mut World<LiteChain>) -> (f64, f64) {
    let view = world.health("alice").maintenance;
    let depth = 1.0 - view.equity.0 as f64 / view.requirement.0 as f64;
    let leg = LiquidationLeg {
        most: sol(50).atoms,
        ..collateral_leg(SOL)
    };
    let expected = forecast(world, "alice", "keeper", &[leg]).expect("there is a plan");
    let receipt = world.keeper().liquidates("alice", &[leg]).done();
    expected.assert_came_true(world, &receipt);
    let done = &expected.taken[0];
    let value = done.size as f64 * 0.15;
    (1.0 - done.notional as f64 / value, depth)
}

#[test]
fn the_discount_grows_with_the_episodes_time() {
    for waited in [0, 60, 300, 600, 890] {
        let mut world = story();
        world.call_margin("alice");
        if waited > 0 {
            wait(&mut world, waited);
        }
        let (found, depth) = discount(&mut world);
        let part = (depth / 0.3 + waited as f64 / 600.0).min(1.0);
        let rate = 0.015 + 0.045 * part;
        assert!(
            (found - rate).abs() < 1e-8,
            "{found} against {rate} after {waited} s"
        );
        assert_eq!(found > 0.059_999, waited >= 600);
    }
}

#[test]
fn it_stays_the_largest_for_as_long_as_somebody_liquidates() {
    let mut world = story();
    world.call_margin("alice");
    for _ in 0..7 {
        wait(&mut world, 857);
        let leg = LiquidationLeg {
            most: 1_000_000_000,
            ..collateral_leg(SOL)
        };
        world.keeper().liquidates("alice", &[leg]).done();
    }
    let (found, _) = discount(&mut world);
    assert!((found - 0.06).abs() < 1e-8, "{found} after 6,000 s");
}

#[test]
fn an_episode_that_nobody_used_begins_anew() {
    let mut world = story();
    world.call_margin("alice");
    wait(&mut world, 6_000);
    let (found, depth) = discount(&mut world);
    let rate = 0.015 + 0.045 * depth / 0.3;
    assert!((found - rate).abs() < 1e-8, "{found} against {rate}");
}

/// Liquidates in parts of at most so many atoms, all in one second; returns what the keeper won.
fn in_parts(world: &mut World<LiteChain>, parts: &[[u64; 2]]) -> (i64, [u64; 2]) {
    let before = wealth(world, "keeper");
    let mut sizes = [0; 2];
    for part in parts {
        let mut legs = legs();
        for (leg, most) in legs.iter_mut().zip(part) {
            leg.most = *most;
        }
        let Ok(expected) = forecast(world, "alice", "keeper", &legs) else {
            continue;
        };
        let receipt = world.keeper().liquidates("alice", &legs).done();
        expected.assert_came_true(world, &receipt);
        for (sum, done) in sizes.iter_mut().zip(&expected.taken) {
            *sum += done.size;
        }
    }
    (wealth(world, "keeper") - before, sizes)
}

#[test]
fn many_calls_in_one_second_pay_what_one_pays() {
    let mut world = story();
    world.call_margin("alice");
    wait(&mut world, 100);
    let mut once = world.clone();
    let (gain, sizes) = in_parts(&mut once, &[[u64::MAX; 2]]);
    assert!(gain > 0 && sizes[0] > 0 && sizes[1] > 0);
    for count in [2, 5, 20] {
        let part = sizes.map(|size| size / count);
        let mut world = world.clone();
        let (split, found) = in_parts(&mut world, &vec![part; count as usize]);
        assert!(found[0] <= sizes[0] && found[1] <= sizes[1]);
        // What rounding leaves: an atom of each leg and call.
        let rounding = 4 * count as i64;
        assert!(
            split <= gain + rounding,
            "{split} in {count}, {gain} in one"
        );
    }
}

#[test]
fn eight_deposits_and_four_debts_are_brought_to_the_target_in_one_call_or_in_many() {
    let mut world = World::with(LiteChain::new(), |spec| {
        spec.frictionless();
        spec.fill_up_to(16);
    });
    let of = |slot: u8, dollars: f64| Amount {
        slot,
        atoms: atoms(dollars / 10.0, 6),
    };
    // 4 to 7 are owed, 8 to 15 are held, every other of them lent.
    for slot in 4..8 {
        world.bob().deposits(of(slot, 1e6)).lends(slot).done();
    }
    let mut alice = world.alice().deposits(usdc(3_000));
    for slot in 8..16 {
        alice = alice.deposits(of(slot, 6_000.0));
        if slot % 2 == 0 {
            alice = alice.lends(slot);
        }
    }
    for slot in 4..8 {
        alice = alice.borrows(of(slot, 8_000.0));
    }
    alice.done();
    world.keeper().deposits(usdc(300_000)).done();
    let rise: Vec<(u8, Report)> = (4..8).map(|slot| (slot, 13.3.into())).collect();
    world.prices(&rise);
    world.call_margin("alice");
    wait(&mut world, 61);
    let view = world.health("alice").maintenance;
    assert!(!view.is_met() && view.equity.0 > 0, "{view:?}");
    let mut legs: Vec<LiquidationLeg> = (8..16).map(collateral_leg).collect();
    legs.extend((4..8).map(debt_leg));
    let gained = |world: &mut World<LiteChain>, legs: &[LiquidationLeg]| {
        let before = wealth(world, "keeper");
        let expected = forecast(world, "alice", "keeper", legs).expect("there is a plan");
        let receipt = world.keeper().liquidates("alice", legs).done();
        expected.assert_came_true(world, &receipt);
        let gain = wealth(world, "keeper") - before;
        (gain, expected)
    };
    let mut once = world.clone();
    let (gain, expected) = gained(&mut once, &legs);
    assert!(expected.taken.iter().all(|done| done.size > 0));
    let beyond = expected.beyond_target(&once);
    // A step of 65,536 removes some cents.
    assert!(
        beyond <= 0 && beyond > -1_000_000,
        "{beyond} from the target"
    );
    let mut split = 0;
    for (leg, done) in legs.iter_mut().zip(&expected.taken) {
        leg.most = done.size / 4;
    }
    // Once maintenance is met, nothing more may be taken.
    while !world.health("alice").maintenance.is_met() {
        split += gained(&mut world, &legs).0;
    }
    assert!(split > 0);
    assert!(
        split <= gain + 4 * 12 * 3,
        "{split} in parts, {gain} in one"
    );
}

#[test]
fn parts_of_one_atom_win_nothing() {
    let mut world = story();
    world.call_margin("alice");
    wait(&mut world, 100);
    let before = wealth(&world, "keeper");
    for _ in 0..5 {
        for leg in legs() {
            let leg = LiquidationLeg { most: 1, ..leg };
            let refused = world.keeper().liquidates("alice", &[leg]).outcome();
            if let Err(failure) = refused {
                // Alice has no quote to pay for a debt with.
                let codes = [PlimsollError::NotImproved, PlimsollError::AccountQuoteShort];
                let codes = codes.map(|code| Some(code.into()));
                assert!(codes.contains(&failure.code), "{failure}");
            }
        }
    }
    assert!(wealth(&world, "keeper") <= before + 10);
}

#[test]
fn liquidating_oneself_costs_insurances_part() {
    let mut world = story();
    // Alice and the keeper are the same person.
    wait(&mut world, 100);
    let together = |world: &World<LiteChain>| wealth(world, "alice") + wealth(world, "keeper");
    let before = together(&world);
    let insurance = world.bank(USDC).insurance;
    in_parts(&mut world, &[[u64::MAX; 2]]);
    let paid = world.bank(USDC).insurance - insurance;
    assert!(paid > 0);
    let lost = before - together(&world);
    assert!(lost.abs_diff(paid as i64) <= 5, "{lost} lost, {paid} paid");
}

#[test]
fn a_tiny_repayment_does_not_begin_the_episode_anew() {
    let mut world = story();
    world.call_margin("alice");
    wait(&mut world, 300);
    let since = world.account("alice").liquidatable_since;
    world.alice().deposits(usdc(1)).done();
    assert_eq!(world.account("alice").liquidatable_since, since);
    let (found, depth) = discount(&mut world);
    let rate = 0.015 + 0.045 * (depth / 0.3 + 0.5);
    assert!((found - rate).abs() < 1e-8, "{found} against {rate}");
}

#[test]
fn a_flicker_of_the_price_does_not_begin_the_episode_anew() {
    let mut world = story();
    world.call_margin("alice");
    let since = world.account("alice").liquidatable_since;
    wait(&mut world, 299);
    // For one second maintenance is met again, though initial is not.
    world.price(ETH, 4_850.0);
    let view = world.health("alice");
    assert!(view.maintenance.is_met() && !view.initial.is_met());
    world.call_margin("alice");
    world.price(ETH, 4_950.0);
    assert_eq!(world.account("alice").liquidatable_since, since);
    let elapsed = (world.now() - since) as f64;
    let (found, depth) = discount(&mut world);
    let rate = 0.015 + 0.045 * (depth / 0.3 + elapsed / 600.0);
    assert!((found - rate).abs() < 1e-8, "{found} against {rate}");
}

#[test]
fn a_flicker_that_does_end_it_only_makes_discounts_smaller() {
    let mut world = story();
    world.call_margin("alice");
    wait(&mut world, 299);
    let mut patient = world.clone();
    let (waited, _) = discount(&mut patient);
    world.price(ETH, 3_900.0);
    world.call_margin("alice");
    assert_eq!(world.account("alice").liquidatable_since, 0);
    world.price(ETH, 4_950.0);
    let leg = LiquidationLeg {
        most: sol(50).atoms,
        ..collateral_leg(SOL)
    };
    let (plan, taken) = world.plan("alice", &[leg]).unwrap();
    let found = 1.0 - taken[0].notional as f64 / (taken[0].size as f64 * 0.15);
    assert!(found < waited, "{found} against {waited}");
    // And the new episode is throttled like any other.
    assert!(plan.improvement().unwrap() > 0);
}
