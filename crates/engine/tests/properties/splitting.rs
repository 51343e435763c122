//! Splitting one liquidation into several at one time and price never pays the keeper more (F-12).
//!
//! Why it holds: the fee of a call is min(a, b, c) where a, the fee on the notional, and b, half of the
//! fall of the requirement, are floors of differences of the same rounded values before and after. These
//! differences add up exactly over the calls, a sum of floors is at most the floor of the sum, and a sum
//! of minima at most the minimum of the sums. c is E_m before the first call, less what fees have taken
//! of it since. Discounts are minima of the same kind at one rate, that of the first call.

use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::liquidation::{Moment, NamedLeg, Plan, Taken, Terms};

use crate::world::{under_water, unthrottled, World};
use crate::{cases, CENTRAL};

/// The legs with other limits.
fn limited(legs: &[NamedLeg], limits: &[u64]) -> Option<Vec<NamedLeg>> {
    let mut legs = legs.to_vec();
    for (leg, limit) in legs.iter_mut().zip(limits) {
        match leg {
            NamedLeg::Position { most, .. }
            | NamedLeg::Collateral { most, .. }
            | NamedLeg::Debt { most, .. } => *most = *limit,
        }
    }
    limits.iter().all(|limit| *limit > 0).then_some(legs)
}

/// A liquidation is free to take what is named.
fn without_target() -> Terms {
    Terms {
        target_level: Fixed(Fixed::ONE.0 * 1_000),
        ..unthrottled(true)
    }
}

/// The same sizes in two calls: the first takes the part `at` of what the one call took, the second
/// the rest of it. `None` if the first leaves nothing to liquidate.
fn in_two(world: &World, legs: &[NamedLeg], once: &[Taken], at: f64) -> Option<[Call; 2]> {
    let sizes: Vec<u64> = once
        .iter()
        .map(|done| (done.size as f64 * at) as u64)
        .collect();
    let first = call(world, &limited(legs, &sizes)?, None)?;
    let taken = once.iter().zip(&first.done.1);
    let rest: Vec<u64> = taken.map(|(all, done)| all.size - done.size).collect();
    let moment = Some(first.done.0.moment);
    let rest = limited(&renamed(&first.after, legs), &rest)?;
    let second = call(&first.after, &rest, moment)?;
    Some([first, second])
}

/// A successful call that closed a part only, and what it left behind.
struct Call {
    done: (Plan, Vec<Taken>),
    after: World,
}

fn call(world: &World, legs: &[NamedLeg], moment: Option<Moment>) -> Option<Call> {
    let terms = Terms {
        moment,
        ..without_target()
    };
    let done = world.plan(legs, &terms).ok()?;
    let after = world.after(legs, &done);
    Some(Call { done, after })
}

/// The same legs of the world as it is now.
fn renamed(world: &World, legs: &[NamedLeg]) -> Vec<NamedLeg> {
    let mut positions = world.all_positions();
    positions.extend(world.all_collateral());
    positions.extend(world.all_debts());
    let same = |a: &NamedLeg, b: &NamedLeg| match (a, b) {
        (NamedLeg::Position { slot: a, .. }, NamedLeg::Position { slot: b, .. })
        | (NamedLeg::Collateral { slot: a, .. }, NamedLeg::Collateral { slot: b, .. })
        | (NamedLeg::Debt { slot: a, .. }, NamedLeg::Debt { slot: b, .. }) => a == b,
        _ => false,
    };
    positions.retain(|leg| legs.iter().any(|named| same(named, leg)));
    positions
}

/// What the account gives away to whoever liquidates: the discounts, in quote.
fn given(world: &World, legs: &[NamedLeg], taken: &[Taken]) -> i64 {
    let quote = &world.book.assets[0].band;
    let per_usd = quote.inverse_floor(quote.spot).unwrap();
    let worth = |value: u64| per_usd.atoms_floor(value).unwrap() as i64;
    let legs = legs.iter().zip(taken);
    legs.map(|(leg, done)| match leg {
        NamedLeg::Position { .. } => 0,
        NamedLeg::Collateral { asset, .. } => {
            worth(asset.band.value_floor(done.size, asset.band.spot).unwrap())
                - done.notional as i64
        }
        NamedLeg::Debt { asset, .. } => {
            done.notional as i64 - worth(asset.band.value_ceil(done.size, asset.band.spot).unwrap())
        }
    })
    .sum()
}

proptest! {
    #![proptest_config(cases(CENTRAL * 2))]

    /// For positions: together at most what the one call pays, and one atom for the second call (E_m is
    /// counted in micro-dollars, the fee in atoms).
    #[test]
    fn splitting_a_liquidation_of_positions_never_pays_more(world in under_water(), at in 0.001..0.7f64) {
        let legs = world.all_positions();
        let (once, taken) = world.plan(&legs, &unthrottled(true)).unwrap();
        let Some([first, second]) = in_two(&world, &legs, &taken, at) else { return Ok(()) };
        let fees = first.done.0.fee + second.done.0.fee;
        prop_assert!(fees <= once.fee + 1, "{fees} against {}", once.fee);
        let keepers = first.done.0.fee_keeper + second.done.0.fee_keeper;
        prop_assert!(keepers <= once.fee_keeper + 1);
    }

    /// For collateral and debts: the discount is a floor of the value, bounded by a part of the fall of
    /// the requirement; both add up as above. The keeper gains at most three atoms a leg by rounding.
    #[test]
    fn splitting_a_sale_of_deposits_and_debts_never_pays_more(world in under_water(), at in 0.001..0.7f64) {
        let mut legs = world.all_collateral();
        legs.extend(world.all_debts());
        if legs.is_empty() {
            return Ok(());
        }
        let Ok((_, taken)) = world.plan(&legs, &unthrottled(false)) else { return Ok(()) };
        let Some([first, second]) = in_two(&world, &legs, &taken, at) else { return Ok(()) };
        let sold = |done: &[Taken]| done.iter().map(|done| done.size).sum::<u64>();
        if sold(&first.done.1) + sold(&second.done.1) != sold(&taken) {
            return Ok(());
        }
        let rest = renamed(&first.after, &legs);
        let split = given(&world, &legs, &first.done.1) + given(&first.after, &rest, &second.done.1);
        let once = given(&world, &legs, &taken);
        prop_assert!(split <= once + 3 * legs.len() as i64, "{split} against {once}");
    }
}
