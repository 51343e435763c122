//! Rounding is always against the account.

use proptest::prelude::*;

use plimsoll_engine::fixed::{
    mul_div_ceil, mul_div_floor, mul_shift_ceil, mul_shift_floor, HalfReciprocal,
};
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::{gain_per_second_ceil, index_at, YEAR_SECONDS};
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::EngineError;

use crate::world::{bps, feed};
use crate::{cases, CENTRAL};

/// What a caller may ask of a product: the exact result, or `Overflow` where it does not fit.
fn fits(exact: u128) -> Result<u64, EngineError> {
    u64::try_from(exact).map_err(|_| EngineError::Overflow)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Products are exact to the last bit in both directions.
    #[test]
    fn a_shifted_product_is_the_native_one(a: u64, b: u64, shift in 0..=140u32) {
        let product = u128::from(a) * u128::from(b);
        let down = product.checked_shr(shift).unwrap_or(0);
        let up = down + u128::from(down.checked_shl(shift).unwrap_or(0) != product);
        prop_assert_eq!(mul_shift_floor(a, b, shift), fits(down));
        prop_assert_eq!(mul_shift_ceil(a, b, shift), fits(up));
    }

    #[test]
    fn a_quotient_is_the_native_one(a: u64, b: u64, divisor in 1..=u64::MAX) {
        let product = u128::from(a) * u128::from(b);
        prop_assert_eq!(mul_div_floor(a, b, divisor), fits(product / u128::from(divisor)));
        prop_assert_eq!(mul_div_ceil(a, b, divisor), fits(product.div_ceil(u128::from(divisor))));
    }

    /// F-10: an impact is never understated, nor overstated by more than two units of 2^-48.
    #[test]
    fn an_impact_lies_between_its_roundings(scale in 1..=u64::MAX >> 1, of_scale in 0.0..2.0f64) {
        let n = (scale as f64 * of_scale) as u64;
        let reciprocal = HalfReciprocal::new(scale).unwrap();
        let exact_up = ((u128::from(n) << 48).div_ceil(2 * u128::from(scale))) as i64;
        let exact_down = ((u128::from(n) << 48) / (2 * u128::from(scale))) as i64;
        let (down, up) = (reciprocal.fraction_floor(n).unwrap().0, reciprocal.fraction_ceil(n).unwrap().0);
        prop_assert!(down <= exact_down && exact_down - down <= 1, "{down} {exact_down}");
        prop_assert!(up >= exact_up && up - exact_up <= 2, "{up} {exact_up}");
    }

    /// A holder's value is rounded down, a debtor's up, and they differ by one micro-dollar at most.
    #[test]
    fn a_deposit_is_worth_at_most_what_the_same_debt_costs(
        feed in feed(1e-9, 1e9), decimals in 0..=12u8, amount in 0..=u64::MAX >> 8,
    ) {
        let band = PriceBand::new(feed, decimals);
        prop_assume!(band.is_ok());
        let band = band.unwrap();
        let (Ok(down), Ok(up)) = (band.value_floor(amount, band.spot), band.value_ceil(amount, band.spot)) else {
            return Ok(());
        };
        prop_assert!(down <= up && up - down <= 1);
        prop_assert!(band.asset_initial <= band.spot && band.spot <= band.liability_maintenance);
        prop_assert!(band.liability_maintenance <= band.liability_initial);
    }

    /// What a value buys is never worth more than the value, and one atom more would be.
    #[test]
    fn atoms_bought_never_exceed_the_value_paid(
        feed in feed(1e-9, 1e9), decimals in 0..=12u8, value in 0..=u64::MAX >> 20,
    ) {
        let Ok(band) = PriceBand::new(feed, decimals) else { return Ok(()) };
        let Ok(atoms) = band.inverse_floor(band.spot).unwrap().atoms_floor(value) else { return Ok(()) };
        prop_assert!(band.value_ceil(atoms, band.spot).unwrap() <= value);
        // One atom by rounding down, and one in 2^61 by the reciprocal's own precision.
        let next = atoms.saturating_add(2 + (atoms >> 61));
        if let Ok(more) = band.value_ceil(next, band.spot) {
            prop_assert!(next == u64::MAX || more >= value);
        }
    }

    /// F-11: up to an index grown a thousandfold, shares lose at most one atom, and none in favour of the
    /// account.
    #[test]
    fn shares_lose_at_most_one_atom(atoms in 0..=u64::MAX >> 12, grown in 1..=1_000u64) {
        let index = Index(Index::START.0 * grown);
        let owed = index.atoms_ceil(index.shares_ceil(atoms).unwrap()).unwrap();
        prop_assert!(owed >= atoms && owed - atoms <= 1);
        let cancelled = index.atoms_ceil(index.shares_floor(atoms).unwrap()).unwrap();
        prop_assert!(cancelled <= atoms && atoms - cancelled <= 1);
        let lent = index.atoms_floor(index.shares_floor(atoms).unwrap()).unwrap();
        prop_assert!(lent <= atoms && atoms - lent <= 1);
    }

    /// F-11: an index never falls, and a year of seconds charges at least the yearly rate.
    #[test]
    fn a_year_costs_at_least_the_yearly_rate(grown in 0..=30_000u32, yearly in bps(0..=30_000), seconds in -100..=100_000_000i64) {
        let index = Index(Index::START.0 / 10_000 * u64::from(10_000 + grown));
        let gain = gain_per_second_ceil(index, yearly).unwrap();
        prop_assert!(index_at(index, gain, seconds) >= index);
        let year = index_at(index, gain, YEAR_SECONDS as i64);
        let charged = year.0 - index.0;
        let exact = yearly.of_ceil(index.0).unwrap();
        prop_assert!(charged >= exact && charged - exact < YEAR_SECONDS);
    }
}
