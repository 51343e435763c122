//! The pool: what a share is worth, and that nobody takes value out of it by trading or depositing.

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::error::Result;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::HalfReciprocal;
use plimsoll_engine::index::Index;
use plimsoll_engine::pool::{
    deposit_floor, market_liability, net_asset_value, stress_ceil, withdrawal_floor, Headroom,
    PoolLedger, Side, DEAD_SHARES, FIRST_DEPOSIT,
};
use plimsoll_engine::position::Position;
use plimsoll_engine::trade::{apply, execute, MarketSums, MarketTerms};
use plimsoll_engine::units::{Base, Quote};

use crate::world::{any_asset, bps};
use crate::{cases, CENTRAL, STORIES};

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// A share bought is never worth more than was paid for it, and nobody else's share loses.
    #[test]
    fn a_deposit_never_buys_more_than_it_pays(atoms in 1..1_000_000_000_000u64, shares in FIRST_DEPOSIT..1_000_000_000_000_000, value in 1..1_000_000_000_000_000i64) {
        let Ok(deposit) = deposit_floor(atoms, shares, Quote(value)) else { return Ok(()) };
        let worth_after = u128::from(deposit.minted) * (value as u128 + u128::from(atoms)) / u128::from(deposit.total_shares);
        prop_assert!(worth_after <= u128::from(atoms));
        // value_after / shares_after ≥ value_before / shares_before
        prop_assert!((value as u128 + u128::from(atoms)) * u128::from(shares) >= value as u128 * u128::from(deposit.total_shares));
    }

    /// Who joins and leaves at one price gains nothing, and a share of who stays is worth no less.
    #[test]
    fn there_and_back_gains_nothing_and_costs_nobody(atoms in 1..1_000_000_000_000u64, shares in FIRST_DEPOSIT..1_000_000_000_000_000, value in 1..1_000_000_000_000_000i64, part in 0..=100u64) {
        let Ok(deposit) = deposit_floor(atoms, shares, Quote(value)) else { return Ok(()) };
        let held = value + atoms as i64;
        let leaving = (u128::from(deposit.minted) * u128::from(part) / 100) as u64;
        let paid = withdrawal_floor(leaving, deposit.total_shares, Quote(held)).unwrap();
        prop_assert!(paid <= atoms);
        // value / shares afterwards ≥ value / shares before
        let (left, others) = (held as u128 - u128::from(paid), deposit.total_shares - leaving);
        prop_assert!(left * u128::from(deposit.total_shares) >= held as u128 * u128::from(others));
        prop_assert!(left * u128::from(shares) >= value as u128 * u128::from(others));
    }

    /// However many leave, in whatever parts, they are paid no more than the value.
    #[test]
    fn those_who_leave_are_paid_no_more_than_there_is(all in FIRST_DEPOSIT..1_000_000_000_000, value in 1..1_000_000_000_000_000i64, parts in vec(1..400_000_000_000u64, 1..12)) {
        let (mut shares, mut left) = (all, value as u64);
        for part in parts {
            let leaving = part.min(shares);
            if shares == 0 || left == 0 {
                break;
            }
            left -= withdrawal_floor(leaving, shares, Quote(left as i64)).unwrap();
            shares -= leaving;
        }
        prop_assert!(shares > 0 || left == 0);
    }

    /// However often and in whatever order orders change a market's stress, what they add together is never
    /// above the grant.
    #[test]
    fn orders_together_add_no_more_stress_than_was_granted(granted in 0..1_000u64, start in 0..1_000u64, wishes in vec(0..3_000u64, 1..40)) {
        let (mut headroom, mut stress) = (Headroom { left: granted, granted }, start);
        for wish in wishes {
            if let Some(after) = headroom.after(stress, wish) {
                (headroom, stress) = (after, wish);
            } else {
                prop_assert!(wish > stress, "a reduction was refused");
            }
            prop_assert!(stress <= start + granted);
            prop_assert!(headroom.left <= granted);
        }
    }

    /// The first deposit leaves the dead shares behind and makes a share one atom.
    #[test]
    fn the_first_deposit_leaves_the_dead_shares(atoms in FIRST_DEPOSIT..1_000_000_000_000_000) {
        let first = deposit_floor(atoms, 0, Quote::ZERO).unwrap();
        prop_assert_eq!((first.minted, first.total_shares), (atoms - DEAD_SHARES, atoms));
    }
}

/// Two assets with scenarios of their own.
struct Two([AssetView; 2], Vec<[i16; 2]>);

impl BookView for Two {
    fn asset(&self, slot: u8) -> Result<AssetView> {
        Ok(self.0[usize::from(slot)])
    }

    fn side(&self, _: u8, _: bool) -> Result<plimsoll_engine::side::Side> {
        Ok(plimsoll_engine::side::Side::default())
    }
    fn quote_slot(&self) -> u8 {
        0
    }
    fn borrow_index(&self, _: u8) -> Result<Index> {
        Ok(Index::START)
    }
    fn scenarios(&self) -> usize {
        self.1.len()
    }
    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.1[scenario][usize::from(slot)]
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// No scenario costs the pool more than its stress, whatever the two skews.
    #[test]
    fn no_scenario_costs_more_than_the_stress(((a, unit_a), (b, unit_b)) in (any_asset(), any_asset()), parts in (-1e6..1e6f64, -1e6..1e6f64), scenarios in vec((-10_000..=30_000i16, -10_000..=30_000i16), 0..16)) {
        let assets = [a, b];
        let book = Two(assets, scenarios.into_iter().map(|(a, b)| [a, b]).collect());
        let skews = [Base((parts.0 * unit_a) as i64), Base((parts.1 * unit_b) as i64)];
        let mut stress = 0u64;
        let mut values = [0f64; 2];
        for (slot, skew) in (0u8..).zip(skews) {
            let band = assets[usize::from(slot)].band;
            let Ok(alone) = stress_ceil(&book, slot, &band, skew) else { return Ok(()) };
            stress += alone;
            let value = band.value_floor(skew.magnitude(), band.spot).unwrap() as f64;
            values[usize::from(slot)] = value * f64::from(skew.0.signum() as i32);
        }
        for moves in &book.1 {
            let loss = values[0] * f64::from(moves[0]) / 1e4 + values[1] * f64::from(moves[1]) / 1e4;
            prop_assert!(loss <= stress as f64 * (1.0 + 1e-12) + 2.0, "{loss} {stress}");
        }
    }
}

/// A market whose oracle is exact, so that only the impact and the spread are between taker and pool.
fn exact(mut asset: AssetView) -> AssetView {
    let spot = asset.band.spot;
    asset.band.confidence = 0;
    for side in [
        &mut asset.band.asset_initial,
        &mut asset.band.liability_initial,
        &mut asset.band.liability_maintenance,
    ] {
        *side = spot;
    }
    asset
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// F-10: the skew term is exactly what the impact has charged, so that no trade lowers the net
    /// asset value: beyond the rounding of the term itself, one atom and 2^-48 of the skew's value
    /// per trade.
    #[test]
    fn no_trade_lowers_the_net_asset_value((asset, per_dollar) in any_asset(), spread in bps(0..=50), depth in 1e3..1e7f64, parts in vec(-0.3..0.3f64, 1..8)) {
        let asset = exact(asset);
        let scale = (depth * per_dollar).clamp(16.0, 1e17);
        let mut terms = MarketTerms { skew: Base::ZERO, inverse: HalfReciprocal::new(scale as u64).unwrap(), spread };
        let (mut position, mut sums) = (Position::default(), MarketSums::default());
        let ledger = PoolLedger { cash: 1_000_000_000_000_000, ..PoolLedger::default() };
        let value = |sums: &MarketSums| {
            let owed = market_liability(sums, Quote::ZERO, &asset, terms.inverse, Side::Low).unwrap();
            net_asset_value(&ledger, Index::START, owed, Side::Low).unwrap().0
        };
        let mut before = value(&sums);
        for part in parts {
            let size = Base((scale * part) as i64);
            if size.0 == 0 {
                continue;
            }
            let Ok(execution) = execute(&terms, &asset.band, size) else { continue };
            let after = apply(&position, &execution, &asset.funding).unwrap().position;
            sums = sums.moved(&position, &after).unwrap();
            (position, terms.skew) = (after, terms.skew.plus(size).unwrap());
            let now = value(&sums);
            let rounding = 6 + (asset.band.value_ceil(size.magnitude() + terms.skew.magnitude(), asset.band.spot).unwrap() >> 46) as i64;
            prop_assert!(now >= before - rounding, "{now} after {before}");
            before = now;
        }
    }

    /// The pool owes what each trader would get, the fees, and what closing the skew returns: nothing is
    /// left out and nothing counted twice, whoever holds the positions.
    #[test]
    fn the_liability_is_what_others_are_owed((asset, per_dollar) in any_asset(), spread in bps(0..=50), depth in 1e3..1e7f64, trades in vec((0..4usize, -0.2..0.2f64), 1..12), fees in 0..1_000_000i64) {
        let asset = exact(asset);
        let scale = (depth * per_dollar).clamp(16.0, 1e17);
        let mut terms = MarketTerms { skew: Base::ZERO, inverse: HalfReciprocal::new(scale as u64).unwrap(), spread };
        let (mut positions, mut sums) = ([Position::default(); 4], MarketSums::default());
        for (who, part) in trades {
            let size = Base((scale * part) as i64);
            if size.0 == 0 {
                continue;
            }
            let Ok(execution) = execute(&terms, &asset.band, size) else { continue };
            let after = apply(&positions[who], &execution, &asset.funding).unwrap().position;
            sums = sums.moved(&positions[who], &after).unwrap();
            (positions[who], terms.skew) = (after, terms.skew.plus(size).unwrap());
        }
        let traders: i64 = positions
            .iter()
            .map(|position| position.unrealised_floor(&asset.band).unwrap().0 + position.unsettled.0)
            .sum();
        let skew = terms.skew.magnitude();
        let value = asset.band.value_floor(skew, asset.band.spot).unwrap() as f64;
        let returned = value * skew as f64 / (2.0 * (scale as u64) as f64);
        for side in [Side::High, Side::Low] {
            let owed = market_liability(&sums, Quote(fees), &asset, terms.inverse, side).unwrap().0;
            let difference = (owed - traders - fees) as f64 - returned;
            // An atom for each position and each rounding; the reciprocal is good to 2^-48.
            prop_assert!(difference.abs() <= 10.0 + value * 1e-9, "{side:?}: {difference}");
        }
    }

    /// The pool never looks richer to the one who leaves than to the one who enters.
    #[test]
    fn the_band_is_against_the_requester((asset, per_dollar) in any_asset(), longs in 0..1_000_000u64, shorts in 0..1_000_000u64, depth in 1e6..1e9f64) {
        let unit = (per_dollar.clamp(1.0, 1e10)) as u64;
        let sums = MarketSums { long_base: longs * unit, short_base: shorts * unit, ..MarketSums::default() };
        let inverse = HalfReciprocal::new((depth * unit as f64) as u64).unwrap();
        let (Ok(high), Ok(low)) = (
            market_liability(&sums, Quote::ZERO, &asset, inverse, Side::High),
            market_liability(&sums, Quote::ZERO, &asset, inverse, Side::Low),
        ) else { return Ok(()) };
        prop_assert!(high <= low);
    }
}
