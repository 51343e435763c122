//! Splitting one liquidation into several at one time and price never pays the keeper more (F-12).
//!
//! Why it holds: what the calls pay is min(a, b, c) at each of them, where a, rates on notional and value,
//! adds up exactly over the calls, since sizes do; b is a part of the fall of the requirement since the
//! first call, which depends on where the account is and not on how it came there; and c is E_m before the
//! first call. All calls together have paid at most the minimum at the last of them that paid anything, or,
//! where the requirement rose again after fees were paid, half of that rise more.

use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::liquidation::{Moment, NamedLeg, Plan, Taken, Terms};

use crate::world::{lending_under_water, under_water, unthrottled, World};
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

/// What a call pays the keeper, fees and discounts, in quote.
fn earned(world: &World, legs: &[NamedLeg], (plan, taken): &(Plan, Vec<Taken>)) -> i64 {
    let insured = legs.iter().zip(taken).map(|(leg, done)| match leg {
        NamedLeg::Position { .. } => 0,
        _ => done.insurance as i64,
    });
    plan.fee_keeper as i64 + given(world, legs, taken) - insured.sum::<i64>()
}

/// The same leg, as it is named now.
fn slot_and_kind(leg: &NamedLeg) -> (u8, u8) {
    match leg {
        NamedLeg::Position { slot, .. } => (*slot, 0),
        NamedLeg::Collateral { slot, .. } => (*slot, 1),
        NamedLeg::Debt { slot, .. } => (*slot, 2),
    }
}

/// What one call pays for the sizes by which `left` is less than `wanted`.
fn in_one(world: &World, wanted: &[Sized], left: &[Sized]) -> Option<i64> {
    let size_of = |leg: &NamedLeg| {
        let at = wanted.iter().position(|each| each.0 == slot_and_kind(leg));
        at.map_or(0, |at| wanted[at].1 - left[at].1)
    };
    let mut legs = world.everything();
    legs.retain(|leg| size_of(leg) > 0);
    let sizes: Vec<u64> = legs.iter().map(size_of).collect();
    let legs = limited(&legs, &sizes)?;
    let done = world.plan(&legs, &without_target()).ok()?;
    Some(earned(world, &legs, &done))
}

/// What several calls do.
#[derive(Default)]
struct Several {
    /// What all of them pay.
    paid: i64,
    /// The most that one call would have paid for what the first, the first two .. of them took.
    in_one: i64,
    /// How far the requirement rose again.
    rise: i64,
    /// Legs of all calls.
    legs: i64,
}

/// Slot and kind of a leg, and a size of it.
type Sized = ((u8, u8), u64);

/// Liquidates the sizes of one call in several at the same time, each of them a part of what is left of
/// some of the legs in an order of its own. `None` if they take more than the one.
fn in_several(
    start: &World,
    legs: &[NamedLeg],
    once: &[Taken],
    calls: &[(f64, Vec<u8>)],
) -> Option<Several> {
    let mut left: Vec<Sized> = legs
        .iter()
        .zip(once)
        .map(|(leg, done)| (slot_and_kind(leg), done.size))
        .collect();
    let (mut world, mut moment) = (start.clone(), None);
    let wanted = left.clone();
    let mut several = Several::default();
    let mut least = i64::MAX;
    for (part, keys) in calls {
        let mut named = world.everything();
        let key_of = |leg: &NamedLeg| {
            let (slot, kind) = slot_and_kind(leg);
            keys.get(usize::from(slot) * 3 + usize::from(kind))
                .copied()
                .unwrap_or(0)
        };
        named.sort_by_key(|leg| key_of(leg));
        // Half of the legs sit a call out, but for the last.
        let last = *part >= 1.0;
        named.retain(|leg| last || key_of(leg) % 4 != 0);
        let most_of = |leg: &NamedLeg| {
            let at = left.iter().position(|each| each.0 == slot_and_kind(leg));
            at.map_or(0, |at| (left[at].1 as f64 * part) as u64)
        };
        named.retain(|leg| most_of(leg) > 0);
        let limits: Vec<u64> = named.iter().map(most_of).collect();
        if named.is_empty() {
            continue;
        }
        let named = limited(&named, &limits)?;
        let Some(next) = call(&world, &named, moment) else {
            continue;
        };
        several.paid += earned(&world, &named, &next.done);
        for (leg, done) in named.iter().zip(&next.done.1) {
            let rest = left.iter_mut().find(|each| each.0 == slot_and_kind(leg))?;
            rest.1 = rest.1.checked_sub(done.size)?;
        }
        several.legs += named.len() as i64;
        several.in_one = several.in_one.max(in_one(start, &wanted, &left)?);
        least = least.min(next.done.0.after.requirement.0);
        several.rise = several.rise.max(next.done.0.after.requirement.0 - least);
        moment = Some(next.done.0.moment);
        world = next.after;
    }
    Some(several)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Positions, deposits and debts, mixed, under every model, in one to five calls, some of the legs in
    /// each, in any order: the keeper gets at most what one call gives him for what the first of them, the
    /// first two, or all of them take, three atoms a leg and call, and half of a rise of the requirement.
    #[test]
    fn splitting_a_liquidation_of_everything_never_pays_more(
        world in lending_under_water(),
        parts in proptest::collection::vec((0.05..0.95f64, proptest::collection::vec(any::<u8>(), 15)), 0..=4),
        last in proptest::collection::vec(any::<u8>(), 15),
    ) {
        let legs = world.everything();
        let Ok(done) = world.plan(&legs, &unthrottled(true)) else { return Ok(()) };
        let mut calls = parts;
        calls.push((1.0, last));
        let Some(several) = in_several(&world, &legs, &done.1, &calls) else { return Ok(()) };
        let most = several.in_one.max(earned(&world, &legs, &done)) + several.rise / 2;
        prop_assert!(several.paid <= most + 3 * several.legs, "{} against {most}", several.paid);
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL * 2))]

    /// For positions: together at most what the one call pays, and an atom a leg by rounding.
    #[test]
    fn splitting_a_liquidation_of_positions_never_pays_more(world in under_water(), at in 0.001..0.7f64) {
        let legs = world.all_positions();
        let (once, taken) = world.plan(&legs, &unthrottled(true)).unwrap();
        let Some([first, second]) = in_two(&world, &legs, &taken, at) else { return Ok(()) };
        let fees = first.done.0.fee + second.done.0.fee;
        let atoms = 1 + legs.len() as u64;
        prop_assert!(fees <= once.fee + atoms, "{fees} against {}", once.fee);
        let keepers = first.done.0.fee_keeper + second.done.0.fee_keeper;
        prop_assert!(keepers <= once.fee_keeper + atoms);
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
