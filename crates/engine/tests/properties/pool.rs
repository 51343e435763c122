//! The pool: what a share is worth, and that nobody takes value out of it by trading or depositing.

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::exposure::AssetView;
use plimsoll_engine::fixed::HalfReciprocal;
use plimsoll_engine::index::Index;
use plimsoll_engine::pool::{
    deposit_floor, market_liability, net_asset_value, PoolLedger, Side, DEAD_SHARES, FIRST_DEPOSIT,
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

    /// The first deposit leaves the dead shares behind and makes a share one atom.
    #[test]
    fn the_first_deposit_leaves_the_dead_shares(atoms in FIRST_DEPOSIT..1_000_000_000_000_000) {
        let first = deposit_floor(atoms, 0, Quote::ZERO).unwrap();
        prop_assert_eq!((first.minted, first.total_shares), (atoms - DEAD_SHARES, atoms));
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
            net_asset_value(&ledger, Index::START, owed).unwrap().0
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
            let rounding = 2 + (asset.band.value_ceil(size.magnitude() + terms.skew.magnitude(), asset.band.spot).unwrap() >> 46) as i64;
            prop_assert!(now >= before - rounding, "{now} after {before}");
            before = now;
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
