//! Terms of size only add, grow with size, and are never below their formula (F-8).

use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, Charge, Sides};
use plimsoll_engine::size::{
    concentration_floor, open_interest_ceil, open_interest_share_ceil, SizeTerms,
};

use crate::{cases, CENTRAL};

fn terms() -> impl Strategy<Value = SizeTerms> {
    (
        0..=10_000u32,
        1_000_000..=u64::MAX >> 8,
        0..=5_000u32,
        1_000_000..=u64::MAX >> 4,
    )
        .prop_map(|(beta, n0, day, volume)| {
            SizeTerms::new(Fixed::from_bps(beta), n0, Fixed::from_bps(day), volume).unwrap()
        })
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// More of an asset never has a smaller size or liquidity term.
    #[test]
    fn more_never_costs_less(terms in terms(), n in 0..=u64::MAX >> 16, more in 0..=u64::MAX >> 16) {
        let larger = n + more;
        prop_assert!(terms.size_ceil(n).unwrap() <= terms.size_ceil(larger).unwrap());
        // The root has 32 bits, rounded up at each scale.
        let (small, large) = (terms.liquidity_ceil(n).unwrap(), terms.liquidity_ceil(larger).unwrap());
        prop_assert!(small.0 <= large.0 + (large.0 >> 30) + 1);
        prop_assert!(terms.size_ceil(n).unwrap() >= Fixed::ONE);
    }

    /// A leg needs at least its plain rate, and splitting it in two never needs more than the whole.
    #[test]
    fn a_leg_with_terms_of_size_needs_at_least_its_rate(
        terms in terms(), bps in 50..=5_000u32, n in 0..=1i64 << 50, part in 0.0..1.0f64, long: bool,
    ) {
        let maintenance = Fixed::from_bps(bps);
        let initial = Fixed::from_bps(bps + bps);
        let rates = Rates {
            maintenance_long: maintenance,
            maintenance_short: maintenance,
            initial_long: initial,
            initial_short: initial,
        };
        let exposure = if long { n } else { -n };
        let risk = AssetRisk { rates, size: terms };
        let leg = |x: i64| {
            let mut sides = Sides::default();
            sides.add(x).unwrap();
            Charge::of_ceil(&sides, &risk).unwrap().gross
        };
        let whole = leg(exposure);
        prop_assert!(whole.maintenance >= maintenance.of_ceil(n as u64).unwrap());
        prop_assert!(whole.initial >= whole.maintenance);
        let first = (exposure as f64 * part) as i64;
        let parts = leg(first).maintenance + leg(exposure - first).maintenance;
        prop_assert!(parts <= whole.maintenance + whole.maintenance / (1 << 29) + 2);
    }

    /// Open interest never lowers a rate nor raises it above 1, and more never lowers it.
    #[test]
    fn open_interest_only_raises(base in 0..=10_000u32, low: u64, span in 1..=u64::MAX, a: u64, b: u64) {
        let base = Fixed::from_bps(base);
        let high = low.saturating_add(span);
        prop_assume!(high > low);
        let share = |open_interest| open_interest_share_ceil(open_interest, low, high).unwrap();
        let rate = |open_interest| open_interest_ceil(base, share(open_interest)).unwrap();
        let (less, more) = (rate(a.min(b)), rate(a.max(b)));
        prop_assert!(base <= less && less <= more && more <= Fixed::ONE);
    }

    /// No deposit counts more than its cap, in total.
    #[test]
    fn a_bank_above_its_cap_counts_its_cap(cap: u64, total: u64) {
        let counted = concentration_floor(cap, total).of_floor(total).unwrap();
        prop_assert!(counted <= cap.min(total));
    }
}
