//! Splitting one liquidation into several at one time and price never pays the keeper more (F-12).
//!
//! Why it holds for positions: the fee of a call is min(a, b, c) where a, the fee on the notional, and
//! b, half of the fall of the requirement, are floors of differences of the same rounded values before
//! and after. These differences add up exactly over the calls, a sum of floors is at most the floor of
//! the sum, and a sum of minima at most the minimum of the sums. c is E_m before the call: it falls by
//! every fee paid, so that together the calls cannot take more than E_m before the first one plus what
//! executions better than spot have added to it in between.

use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::liquidation::{NamedLeg, Plan, Taken, Terms};

use crate::world::{under_water, unthrottled, World};
use crate::{cases, CENTRAL};

/// The legs with other limits.
fn limited(legs: &[NamedLeg], limits: &[u64]) -> Option<Vec<NamedLeg>> {
    let mut legs = legs.to_vec();
    for (leg, limit) in legs.iter_mut().zip(limits) {
        match leg {
            NamedLeg::Position { most, .. } | NamedLeg::Collateral { most, .. } => *most = *limit,
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
    let first = call(world, &limited(legs, &sizes)?)?;
    let taken = once.iter().zip(&first.done.1);
    let rest: Vec<u64> = taken.map(|(all, done)| all.size - done.size).collect();
    let second = call(&first.after, &limited(&renamed(&first.after, legs), &rest)?)?;
    Some([first, second])
}

/// A successful call that closed a part only, and what it left behind.
struct Call {
    done: (Plan, Vec<Taken>),
    after: World,
}

fn call(world: &World, legs: &[NamedLeg]) -> Option<Call> {
    let done = world.plan(legs, &without_target()).ok()?;
    let after = world.after(legs, &done);
    Some(Call { done, after })
}

/// The same legs of the world as it is now.
fn renamed(world: &World, legs: &[NamedLeg]) -> Vec<NamedLeg> {
    let mut positions = world.all_positions();
    positions.extend(world.all_collateral());
    let same = |a: &NamedLeg, b: &NamedLeg| match (a, b) {
        (NamedLeg::Position { slot: a, .. }, NamedLeg::Position { slot: b, .. })
        | (NamedLeg::Collateral { slot: a, .. }, NamedLeg::Collateral { slot: b, .. }) => a == b,
        _ => false,
    };
    positions.retain(|leg| legs.iter().any(|named| same(named, leg)));
    positions
}

/// Quote that the account and insurance get for what is sold to the keeper.
fn paid_by_keeper(taken: &[Taken]) -> u64 {
    taken
        .iter()
        .map(|done| done.notional + done.insurance)
        .sum()
}

proptest! {
    #![proptest_config(cases(CENTRAL * 2))]

    /// For positions: together at most what the one call pays, and one atom for the second call
    /// (E_m is counted in micro-dollars, the fee in atoms), plus, where E_m bounds the fee, what
    /// executions better than spot have added to E_m between the calls.
    #[test]
    fn splitting_a_liquidation_of_positions_never_pays_more(world in under_water(), at in 0.001..0.7f64) {
        let legs = world.all_positions();
        let (once, taken) = world.plan(&legs, &unthrottled(true)).unwrap();
        let Some([first, second]) = in_two(&world, &legs, &taken, at) else { return Ok(()) };
        let quote = &world.book.assets[0].band;
        let paid = quote.value_ceil(first.done.0.fee, quote.spot).unwrap() as i64;
        let added = first.after.health().maintenance.equity.0 + paid - world.health().maintenance.equity.0;
        let bonus = match added {
            1.. => quote.inverse_floor(quote.spot).unwrap().atoms_floor(added as u64).unwrap() + 1,
            _ => 0,
        };
        let fees = first.done.0.fee + second.done.0.fee;
        prop_assert!(fees <= once.fee + 1 + bonus, "{fees} against {} with {bonus}", once.fee);
        let keepers = first.done.0.fee_keeper + second.done.0.fee_keeper;
        prop_assert!(keepers <= once.fee_keeper + 1 + bonus);
    }

    /// For collateral: the discount is a floor of the value, bounded by a part of the fall of the
    /// requirement; both add up as above. The keeper saves at most three atoms a leg by rounding, and
    /// where the curve is not flat what it widens by if the first sale lowers E_m/R_m.
    #[test]
    fn splitting_a_sale_of_deposits_pays_at_most_the_widening(world in under_water(), at in 0.001..0.7f64) {
        let legs = world.all_collateral();
        if legs.is_empty() {
            return Ok(());
        }
        let Ok((once, taken)) = world.plan(&legs, &unthrottled(false)) else { return Ok(()) };
        let Some([first, second]) = in_two(&world, &legs, &taken, at) else { return Ok(()) };
        let sold = |done: &[Taken]| done.iter().map(|done| done.size).sum::<u64>();
        if sold(&first.done.1) + sold(&second.done.1) != sold(&taken) {
            return Ok(());
        }
        let mut widening = 0;
        for (leg, done) in legs.iter().zip(&second.done.1) {
            let NamedLeg::Collateral { discount, asset, .. } = leg else { continue };
            let then = discount.discount_floor(&first.after.health().maintenance).unwrap();
            let now = discount.discount_floor(&once.before).unwrap();
            let wider = Fixed((then.0 - now.0).max(0));
            let value = asset.band.value_ceil(done.size, asset.band.spot).unwrap();
            let quote = &world.book.assets[0].band;
            widening += quote.inverse_floor(quote.spot).unwrap().atoms_floor(wider.of_ceil(value).unwrap()).unwrap();
        }
        let split = paid_by_keeper(&first.done.1) + paid_by_keeper(&second.done.1);
        let rounding = 3 * legs.len() as u64;
        prop_assert!(split + widening + rounding >= paid_by_keeper(&taken), "{split} with {widening} against {}", paid_by_keeper(&taken));
    }
}
