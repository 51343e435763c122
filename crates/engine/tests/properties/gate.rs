//! The gate.

use proptest::prelude::*;

use plimsoll_engine::gate::{meets_initial, worsens_nothing, Refusal};
use plimsoll_engine::health::Health;
use plimsoll_engine::trade::{apply, execute};
use plimsoll_engine::units::{Base, Usd};
use plimsoll_engine::EngineError;

use crate::world::{any_world, World};
use crate::{cases, CENTRAL};

/// Two shortages in micro-dollars.
fn shortages(health: &Health) -> (Usd, Usd) {
    (
        health.initial.shortage().unwrap(),
        health.maintenance.shortage().unwrap(),
    )
}

/// The first position traded by a part of itself; a trade without a price is none.
fn traded(world: &World, part: f64) -> World {
    let mut world = world.clone();
    let stake = &mut world.stakes[0];
    let open = &mut world.account.positions[0];
    let size = Base((open.position.base.0 as f64 * part) as i64);
    if size.0 != 0 {
        let execution = match execute(&stake.terms, &stake.asset.band, size) {
            Err(EngineError::PriceOutOfRange) => return world,
            outcome => outcome.unwrap(),
        };
        open.position = apply(&open.position, &execution, &stake.asset.funding)
            .unwrap()
            .position;
        stake.terms.skew = stake.terms.skew.plus(size).unwrap();
    }
    world
}

/// What the second clause says to the step from one world to the next.
fn step(before: &World, after: &World) -> Option<Refusal> {
    let bases = (Base(before.base(0)), Base(after.base(0)));
    worsens_nothing(&before.health(), &after.health(), bases.0, bases.1, false).unwrap()
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// By the second clause no shortage grows, no position changes sign, and none grows under water;
    /// nor do they over several admitted steps.
    #[test]
    fn no_path_of_admitted_steps_grows_a_shortage(world in any_world(), parts in prop::collection::vec(-1.5..0.5f64, 1..4)) {
        let start = shortages(&world.health());
        let mut here = world.clone();
        for part in parts {
            let next = traded(&here, part);
            if step(&here, &next).is_some() {
                continue;
            }
            let (now, then) = (shortages(&next.health()), shortages(&here.health()));
            prop_assert!(now.0 <= then.0 && now.1 <= then.1);
            prop_assert!(next.base(0).signum() * here.base(0).signum() >= 0);
            prop_assert!(here.health().maintenance.is_met() || next.base(0).abs() <= here.base(0).abs());
            here = next;
        }
        let end = shortages(&here.health());
        prop_assert!(end.0 <= start.0 && end.1 <= start.1);
    }

    /// What it refuses, it refuses for a reason that is there.
    #[test]
    fn a_refusal_names_what_happened(world in any_world(), part in -1.5..0.5f64) {
        let next = traded(&world, part);
        let (before, after) = (shortages(&world.health()), shortages(&next.health()));
        let grown = after.0 > before.0 || after.1 > before.1;
        match step(&world, &next) {
            Some(Refusal::ShortageGrown) => prop_assert!(grown),
            Some(Refusal::SignChanged) => prop_assert!(next.base(0).signum() == -world.base(0).signum()),
            Some(Refusal::GrownWhileLiquidatable) => {
                prop_assert!(next.base(0).abs() > world.base(0).abs() && !world.health().maintenance.is_met());
            }
            Some(other) => prop_assert!(false, "{other:?}"),
            None => prop_assert!(!grown),
        }
    }

    /// The first clause is E_i ≥ R_i and nothing else, and doing nothing is always admitted.
    #[test]
    fn standing_still_is_admitted(world in any_world()) {
        let health = world.health();
        prop_assert_eq!(meets_initial(&health), health.initial.equity >= health.initial.requirement);
        prop_assert_eq!(step(&world, &world), None);
    }
}
