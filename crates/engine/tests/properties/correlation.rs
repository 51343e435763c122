//! Correlations stay in range, come into force slowly and are used with their haircut (F-6, F-4, F-5).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::correlation::{Pair, LEAST_SAMPLES};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::{ewma_ceil, Sample, Variance, SLOW_DECAY};

use crate::{cases, CENTRAL, STORIES};

const ONE: i64 = 1 << 62;
/// Cases of a property that simulates two months of hours each time.
const SIMULATIONS: u32 = 500;

fn rho() -> impl Strategy<Value = i16> {
    prop_oneof![3 => -10_000..=10_000i16, 1 => 9_200..=10_000i16]
}

/// A return per √hour of any size that F-3 lets through, and deviations likewise.
fn deviation() -> impl Strategy<Value = Fixed> {
    prop_oneof![2 => -(1i64 << 48)..=1 << 48, 3 => -(1i64 << 43)..=1 << 43].prop_map(Fixed)
}

fn measured() -> impl Strategy<Value = Fixed> {
    prop_oneof![1 => 0..=1i64 << 48, 3 => 1i64 << 36..=1 << 43].prop_map(Fixed)
}

/// A pair as it may be found: new, about to be known, or long known.
fn pair() -> impl Strategy<Value = Pair> {
    let samples = prop_oneof![
        2 => 0..LEAST_SAMPLES, 1 => Just(LEAST_SAMPLES - 1), 4 => LEAST_SAMPLES..=u16::MAX
    ];
    (-ONE..=ONE, samples, rho()).prop_map(|(covariance, samples, rho)| {
        let new = Pair {
            covariance,
            samples,
            ..Pair::default()
        };
        if samples < LEAST_SAMPLES {
            new
        } else {
            new.holding(rho)
        }
    })
}

fn sample(hour: i64, hours: u32, deviation: Fixed) -> Sample {
    Sample {
        hour,
        hours,
        deviation,
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Any covariance over any deviations is a correlation, and never says more for a hedge than the
    /// exact quotient: the target is at most it below 15/16, and within one ten-thousandth everywhere.
    #[test]
    fn a_correlation_is_the_quotient_rounded_to_where_it_asks_for_more(
        covariance in -ONE..=ONE, a in measured(), b in measured(),
    ) {
        let pair = Pair { covariance, samples: LEAST_SAMPLES, ..Pair::default() };
        let target = pair.target(a, b).unwrap().unwrap();
        prop_assert!((-10_000..=10_000).contains(&target));
        prop_assert_eq!(pair.target(b, a), Ok(Some(target)));
        let whole = ((i128::from(a.0) * i128::from(b.0)) >> 34) as f64;
        if whole > 0.0 {
            let exact = (covariance as f64 / whole).clamp(-1.0, 1.0) * 1e4;
            let target = f64::from(target);
            prop_assert!((target - exact).abs() <= 1.0 + 1e-6, "{} {}", target, exact);
            if exact < 9_374.0 {
                prop_assert!(target <= exact + 1e-9, "{} {}", target, exact);
            } else if exact > 9_376.0 {
                prop_assert!(target >= exact - 1e-9, "{} {}", target, exact);
            }
        }
    }

    /// Coefficients are in their ranges, worse than ρ in both directions by their haircut and at most a
    /// 400th more, and the unobserved pair is the worst of all.
    #[test]
    fn a_coefficient_is_worse_than_its_correlation(rho in rho()) {
        let pair = Pair::default().holding(rho);
        let (same, opposite) = (pair.used(true), pair.used(false));
        prop_assert!((380..=400).contains(&same) && (-400..=280).contains(&opposite));
        let exact = f64::from(rho) / 1e4;
        let wanted_same = 400.0 * exact.max(0.95);
        let wanted_opposite = 400.0 * if rho < 0 { exact } else { (0.75 * exact).min(0.70) };
        prop_assert!(same as f64 >= wanted_same - 1e-9 && (same as f64) < wanted_same + 1.0);
        prop_assert!(opposite as f64 <= wanted_opposite + 1e-9);
        prop_assert!(opposite as f64 > wanted_opposite - 1.0 - 1e-9);
        let unknown = Pair::default();
        prop_assert!(unknown.used(true) >= same && unknown.used(false) <= opposite);
    }

    /// A lower ρ never gives a hedge more, a higher one never asks less of one direction.
    #[test]
    fn a_haircut_is_monotone(a in rho(), b in rho()) {
        let low = Pair::default().holding(a.min(b));
        let high = Pair::default().holding(a.max(b));
        prop_assert!(low.used(true) <= high.used(true));
        prop_assert!(low.used(false) <= high.used(false));
    }

    /// One sample moves ρ in force towards the target, by at most 41 ten-thousandths per hour it spans
    /// and at most a tenth, and never past it; the 168th puts the target itself into force.
    #[test]
    fn a_correlation_in_force_moves_towards_its_target_and_never_past_it(
        before in pair(), a in deviation(), b in deviation(), of_a in measured(), of_b in measured(),
        hours in prop_oneof![3 => Just(1u32), 1 => 1..=48u32, 1 => Just(u32::MAX)],
    ) {
        let mut pair = before;
        prop_assert_eq!(pair.observe(&sample(9, hours, a), &sample(9, hours, b), of_a, of_b), Ok(true));
        prop_assert!((-ONE..=ONE).contains(&pair.covariance));
        let target = pair.target(of_a, of_b).unwrap();
        let Some(target) = target else {
            prop_assert_eq!((pair.used(true), pair.used(false)), (400, -400));
            return Ok(());
        };
        prop_assert_eq!(pair, pair.holding(pair.in_force));
        if pair.samples == LEAST_SAMPLES && before.samples < LEAST_SAMPLES {
            prop_assert_eq!(pair.in_force, target);
            return Ok(());
        }
        let moved = i64::from(pair.in_force) - i64::from(before.in_force);
        let wanted = i64::from(target) - i64::from(before.in_force);
        let most = 41 * i64::from(hours.min(24));
        prop_assert!(moved.abs() <= most && moved.abs() <= 1_000);
        prop_assert_eq!(moved, wanted.clamp(-most, most));
        // What a hedge is credited grows no faster than ρ: a 400th is 25 ten-thousandths.
        let credit = pair.used(false) - before.used(false);
        prop_assert!(credit.abs() <= most / 25 + 1);
    }

    /// It does not matter which of the two assets is named first.
    #[test]
    fn the_order_of_two_assets_does_not_matter(
        before in pair(), a in deviation(), b in deviation(), of_a in measured(), of_b in measured(),
    ) {
        let (a, b) = (sample(9, 1, a), sample(9, 1, b));
        let (mut one, mut other) = (before, before);
        prop_assert_eq!(one.observe(&a, &b, of_a, of_b), Ok(true));
        prop_assert_eq!(other.observe(&b, &a, of_b, of_a), Ok(true));
        prop_assert_eq!(one, other);
    }

    /// Samples of different hours, of different spans, or without a return change nothing.
    #[test]
    fn samples_without_a_common_hour_change_nothing(
        before in pair(), a in deviation(), b in deviation(), own in measured(),
        hour in -1_000..=1_000i64, apart in 1..=1_000i64, hours in 1..=100u32, more in 1..=100u32,
    ) {
        let mut pair = before;
        let first = sample(hour, hours, a);
        for (x, y) in [
            (first, sample(hour + apart, hours, b)),
            (first, sample(hour, hours + more, b)),
            (first, sample(hour, 0, b)),
            (sample(hour, 0, a), sample(hour, 0, b)),
        ] {
            prop_assert_eq!(pair.observe(&x, &y, own, own), Ok(false));
            prop_assert_eq!(pair.observe(&y, &x, own, own), Ok(false));
        }
        prop_assert_eq!(pair, before);
    }

    /// Whoever makes whatever returns, and at whichever hours: over any time ρ in force has moved by
    /// at most 41 ten-thousandths per hour that passed, and the same story ends the same way.
    #[test]
    fn a_correlation_in_force_moves_by_time_only(
        story in vec((deviation(), deviation(), measured(), measured(), 1..=30u32), 2..60), from in rho(),
    ) {
        let begin = Pair { samples: LEAST_SAMPLES, ..Pair::default().holding(from) };
        let run = || {
            let (mut pair, mut hour) = (begin, 0);
            for (a, b, of_a, of_b, hours) in &story {
                hour += i64::from(*hours);
                pair.observe(&sample(hour, *hours, *a), &sample(hour, *hours, *b), *of_a, *of_b).unwrap();
                let moved = i64::from(pair.in_force) - i64::from(from);
                assert!(moved.abs() <= 41 * hour, "{moved} in {hour} h");
                assert!((380..=400).contains(&pair.used(true)));
                assert!((-400..=280).contains(&pair.used(false)));
            }
            pair
        };
        prop_assert_eq!(run(), run());
    }
}

/// Two uniform numbers into two normal ones (Box and Muller).
pub fn normal((u, v): (f64, f64)) -> (f64, f64) {
    let radius = (-2.0 * u.ln()).sqrt();
    let angle = std::f64::consts::TAU * v;
    (radius * angle.cos(), radius * angle.sin())
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// The means of products and of squares stay within Cauchy and Schwarz, so that the clamp at ±1
    /// only ever takes rounding.
    #[test]
    fn a_covariance_never_exceeds_its_variances(returns in vec((-0.3..0.3f64, -0.3..0.3f64), 1..200)) {
        let mut pair = Pair::default();
        let (mut a, mut b) = (Variance::ZERO, Variance::ZERO);
        for (hour, (x, y)) in (1i64..).zip(returns) {
            let of = |r: f64| sample(hour, 1, Fixed((r * 2f64.powi(48)) as i64));
            let (x, y) = (of(x), of(y));
            prop_assert_eq!(pair.observe(&x, &y, Fixed::ONE, Fixed::ONE), Ok(true));
            a = ewma_ceil(a, Variance::of_return_ceil(x.deviation), SLOW_DECAY).unwrap();
            b = ewma_ceil(b, Variance::of_return_ceil(y.deviation), SLOW_DECAY).unwrap();
        }
        let most = (a.0 as f64 * b.0 as f64).sqrt();
        prop_assert!((pair.covariance as f64).abs() <= most * (1.0 + 1e-9) + 400.0);
    }
}

proptest! {
    #![proptest_config(cases(SIMULATIONS))]

    /// Normal returns with a correlation of 0.85, as BTC and ETH have: measured near it, and opposite
    /// exposures are credited near 0.64. 168 samples of half-life leave a standard error of 0.018.
    #[test]
    fn a_correlation_of_85_hundredths_is_found_and_credited_at_64(
        draws in vec((1e-12..1.0f64, 0.0..1.0f64), 1_500),
    ) {
        const RHO: f64 = 0.85;
        const SCALE: f64 = 0.006;
        let mut pair = Pair::default();
        let (mut a, mut b) = (Variance::ZERO, Variance::ZERO);
        for (hour, draw) in (1i64..).zip(draws) {
            let (x, y) = normal(draw);
            let y = RHO * x + (1.0 - RHO * RHO).sqrt() * y;
            let of = |r: f64| sample(hour, 1, Fixed((SCALE * r * 2f64.powi(48)) as i64));
            let (x, y) = (of(x), of(y));
            a = ewma_ceil(a, Variance::of_return_ceil(x.deviation), SLOW_DECAY).unwrap();
            b = ewma_ceil(b, Variance::of_return_ceil(y.deviation), SLOW_DECAY).unwrap();
            let (of_a, of_b) = (a.deviation_ceil().unwrap(), b.deviation_ceil().unwrap());
            prop_assert_eq!(pair.observe(&x, &y, of_a, of_b), Ok(true));
        }
        let found = f64::from(pair.in_force) / 1e4;
        prop_assert!((found - RHO).abs() < 0.10, "{}", found);
        let credit = pair.used(false) as f64 / 400.0;
        prop_assert!((credit - 0.6375).abs() < 0.075, "{}", credit);
        prop_assert_eq!(pair.used(true), 380);
    }
}
