//! Correlations stay in range and in force change slowly (F-6, F-4).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::correlation::{steps_since, Correlation, Covariance};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::{ewma_ceil, Sample, Variance, SLOW_DECAY};

use crate::{cases, CENTRAL, STORIES};

fn known() -> impl Strategy<Value = Correlation> {
    (-100..=100i8).prop_map(Correlation)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Any covariance over any deviations is a correlation in hundredths.
    #[test]
    fn a_correlation_is_between_minus_one_and_one(value in -(1i64 << 62)..=1 << 62, a in 0..=1i64 << 48, b in 0..=1i64 << 48) {
        let covariance = Covariance { value, samples: 168 };
        let rho = covariance.correlation(Fixed(a), Fixed(b)).unwrap();
        prop_assert!((-100..=100).contains(&rho.0));
    }

    /// A lower ρ never gives a hedge more, a higher one never asks less of one direction.
    #[test]
    fn a_haircut_is_monotone(a in known(), b in known()) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(low.used(true) <= high.used(true));
        prop_assert!(low.used(false) <= high.used(false));
        // Worse than measured, both ways, and the unknown is the worst.
        prop_assert!(a.used(true) >= 4 * i64::from(a.0) && a.used(false) <= 4 * i64::from(a.0).max(-100));
        prop_assert!(Correlation::UNKNOWN.used(true) >= a.used(true));
        prop_assert!(Correlation::UNKNOWN.used(false) <= a.used(false));
    }

    /// However often anybody calls and whatever the targets are, ρ in force moves by at most a
    /// hundredth per 8,640 seconds; and calling often loses nothing.
    #[test]
    fn a_correlation_in_force_moves_by_time_only(
        from in known(), calls in vec((known(), 0..=40_000i64), 1..30), aim in known(),
    ) {
        let (mut rho, mut since, mut now) = (from, 0, 0);
        for (target, wait) in &calls {
            now += wait;
            let (steps, used) = steps_since(since, now);
            rho = rho.approach(*target, steps);
            since = used;
            prop_assert!(i64::from(rho.0.abs_diff(from.0)) <= now / 8_640);
        }
        let often = calls.iter().fold((from, 0, 0), |(rho, since, now), (_, wait)| {
            let (steps, used) = steps_since(since, now + wait);
            (rho.approach(aim, steps), used, now + wait)
        });
        if now <= 86_400 {
            prop_assert_eq!(often.0, from.approach(aim, steps_since(0, now).0));
        }
    }
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// The means of products and of squares stay within Cauchy and Schwarz, so that the clamp at ±1
    /// only ever takes rounding.
    #[test]
    fn a_covariance_never_exceeds_its_variances(returns in vec((-0.3..0.3f64, -0.3..0.3f64), 1..200)) {
        let mut covariance = Covariance::default();
        let (mut a, mut b) = (Variance::ZERO, Variance::ZERO);
        for (hour, (x, y)) in (1i64..).zip(returns) {
            let sample = |r: f64| Sample { hour, hours: 1, deviation: Fixed((r * 2f64.powi(48)) as i64) };
            let (x, y) = (sample(x), sample(y));
            prop_assert_eq!(covariance.observe(&x, &y), Ok(true));
            a = ewma_ceil(a, Variance::of_return_ceil(x.deviation), SLOW_DECAY).unwrap();
            b = ewma_ceil(b, Variance::of_return_ceil(y.deviation), SLOW_DECAY).unwrap();
        }
        let most = (a.0 as f64 * b.0 as f64).sqrt();
        prop_assert!((covariance.value as f64).abs() <= most * (1.0 + 1e-9) + 400.0);
    }
}
