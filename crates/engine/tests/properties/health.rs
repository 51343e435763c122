//! Health and the Standard requirement (F-1, F-2, F-5).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{assess, Purpose, State};
use plimsoll_engine::price::Quality;
use plimsoll_engine::rates::INITIAL_OVER_MAINTENANCE;
use plimsoll_engine::requirement::{Leg, Rule, Sums};
use plimsoll_engine::total::{requirement, Requirement};
use plimsoll_engine::units::Quote;

use crate::support::{asset, calm, Book};
use crate::world::any_world;
use crate::{cases, CENTRAL};

/// Exposures of one account and the maintenance rate of each, in basis points.
fn legs() -> impl Strategy<Value = Vec<(i64, u32)>> {
    vec(
        (-1_000_000_000_000..1_000_000_000_000i64, 1..=4_000u32),
        1..16,
    )
}

/// The Standard requirement of exposures, each on an asset of its own, whose sizes and rates are
/// multiplied.
fn standard(legs: &[(i64, u32)], sizes: i64, rates: u32) -> Requirement {
    let mut book = Book::quoted_in(asset(calm(100_000_000), 6, 1));
    let mut sums = Sums::default();
    for (slot, (exposure, rate)) in (1u8..).zip(legs) {
        book = book.listing(asset(calm(100_000_000), 6, rate * rates));
        sums.add(&Leg::of(slot, exposure * sizes)).unwrap();
    }
    requirement(&book, Rule::default(), &mut sums).unwrap()
}

fn both(needed: &Requirement) -> (i64, i64) {
    (needed.maintenance.0, needed.initial.0)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// F-5: R_i ≥ ⌈1.25 R_m⌉ whatever the rates are, and R is the gross sum.
    #[test]
    fn initial_is_at_least_one_and_a_quarter_of_maintenance(legs in legs()) {
        let needed = standard(&legs, 1, 1);
        let gross: u64 = legs.iter().map(|(exposure, rate)| {
            Fixed::from_bps(*rate).of_ceil(exposure.unsigned_abs()).unwrap()
        }).sum();
        let maintenance = needed.maintenance.magnitude();
        prop_assert_eq!(maintenance, gross);
        prop_assert_eq!(maintenance, needed.gross.maintenance);
        prop_assert!(needed.initial.magnitude() >= (maintenance * 5).div_ceil(4));
        prop_assert_eq!(INITIAL_OVER_MAINTENANCE.of_ceil(maintenance).unwrap(), (maintenance * 5).div_ceil(4));
    }

    /// F-5: the Standard requirement never falls when all legs or all rates grow, and grows in
    /// proportion up to one micro-dollar a leg.
    #[test]
    fn the_standard_requirement_scales(legs in legs(), factor in 2..8u32) {
        let (maintenance, initial) = both(&standard(&legs, 1, 1));
        for grown in [standard(&legs, factor.into(), 1), standard(&legs, 1, factor)] {
            let (grown, grown_initial) = both(&grown);
            prop_assert!(grown >= maintenance && grown_initial >= initial);
            let room = i64::from(factor) * (legs.len() as i64 + 1);
            prop_assert!((grown - maintenance * i64::from(factor)).abs() <= room);
            prop_assert!((grown_initial - initial * i64::from(factor)).abs() <= 2 * room);
        }
    }

    /// F-5: one more leg, or a larger one, never lowers it.
    #[test]
    fn the_standard_requirement_is_monotone_in_every_leg(legs in legs(), which: prop::sample::Index, more in 0..1_000_000_000i64) {
        let (maintenance, initial) = both(&standard(&legs, 1, 1));
        let mut larger = legs.clone();
        let leg = &mut larger[which.index(legs.len())];
        leg.0 += if leg.0 >= 0 { more } else { -more };
        let (grown, grown_initial) = both(&standard(&larger, 1, 1));
        prop_assert!(grown >= maintenance && grown_initial >= initial);
        let (fewer, fewer_initial) = both(&standard(&legs[1..], 1, 1));
        prop_assert!(fewer <= maintenance && fewer_initial <= initial);
    }

    /// The initial view is never the kinder one: E_i ≤ E_m and R_i ≥ R_m, and for outflows E_i is
    /// lower still.
    #[test]
    fn the_initial_view_is_the_stricter_one(world in any_world(), credit in -1_000_000_000i64..1_000_000_000, shares in 0..1_000_000_000u64) {
        let mut world = world;
        world.account.credit = Quote(credit);
        world.account.debt_shares = shares;
        world.book.index = crate::support::index(3, 2);
        let health = world.health();
        prop_assert!(health.initial.equity <= health.maintenance.equity);
        prop_assert!(health.initial.requirement >= health.maintenance.requirement);
        let outflow = assess(&world.book, &world.account, Purpose::Outflow).unwrap();
        prop_assert!(outflow.initial.equity <= health.initial.equity);
        prop_assert_eq!(outflow.maintenance, health.maintenance);
        let state = health.state(Fixed::ratio(1, 2)).unwrap();
        prop_assert_eq!(matches!(state, State::Liquidatable | State::Bankrupt), !health.maintenance.is_met());
        prop_assert_eq!(state == State::Healthy, health.initial.is_met() && health.maintenance.is_met());
    }

    /// An asset that cannot be priced never raises equity in either view and never stops the walk.
    #[test]
    fn an_unpriceable_asset_never_raises_equity(world in any_world(), which: prop::sample::Index) {
        let live = world.health();
        let slot = which.index(world.book.assets.len());
        let mut before = live;
        for quality in [Quality::Unpriceable, Quality::Expired] {
            let mut book = world.book.clone();
            book.assets[slot].quality = quality;
            let worse = assess(&book, &world.account, Purpose::Trade);
            prop_assert!(worse.is_ok(), "{worse:?}");
            let worse = worse.unwrap();
            prop_assert!(worse.initial.equity <= before.initial.equity, "{quality:?}");
            prop_assert!(worse.maintenance.equity <= before.maintenance.equity, "{quality:?}");
            before = worse;
        }
    }

    /// Nor does it ever lower the maintenance shortage.
    #[test]
    fn an_unpriceable_asset_never_lowers_the_maintenance_shortage(world in any_world(), which: prop::sample::Index) {
        let live = world.health().maintenance.shortage().unwrap();
        let slot = which.index(world.book.assets.len());
        for quality in [Quality::Unpriceable, Quality::Expired] {
            let mut book = world.book.clone();
            book.assets[slot].quality = quality;
            let worse = book.health_of(&world.account).maintenance.shortage().unwrap();
            prop_assert!(worse >= live, "{quality:?}: {worse:?} after {live:?}");
        }
    }

    /// One atom more of quote never lowers health, one atom less never raises it.
    #[test]
    fn a_deposit_never_lowers_health(world in any_world(), more in 1..1_000_000_000i64) {
        let before = world.health();
        let mut richer = world.clone();
        richer.account.balances.last_mut().unwrap().amount.0 += more;
        let after = richer.health();
        prop_assert!(after.initial.shortage().unwrap().0 <= before.initial.shortage().unwrap().0 + 2);
        prop_assert!(after.maintenance.shortage().unwrap().0 <= before.maintenance.shortage().unwrap().0 + 1);
    }
}
