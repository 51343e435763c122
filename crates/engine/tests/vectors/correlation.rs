//! Correlation: measured against double precision, its haircuts, its notice.

use plimsoll_engine::correlation::{
    pair_index, Pair, COEFFICIENT_ONE, LEAST_SAMPLES, PAIRS, SLOTS,
};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::{ewma_ceil, Sample, Variance, Volatility, SLOW_DECAY};
use plimsoll_engine::EngineError;

const HOUR: i64 = 3_600;
const FLOOR: Variance = Variance::from_yearly_bps(10);

fn float(x: Fixed) -> f64 {
    x.0 as f64 / Fixed::ONE.0 as f64
}

fn sample(hour: i64, deviation: f64) -> Sample {
    Sample {
        hour,
        hours: 1,
        deviation: Fixed((deviation * Fixed::ONE.0 as f64) as i64),
    }
}

/// Uniform in (−1, 1), the same on every machine.
fn noise(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    ((*state >> 11) as f64) / 2f64.powi(52) - 1.0
}

struct Observed {
    a: Volatility,
    b: Volatility,
    pair: Pair,
    /// The covariance in double precision, from the same clamped returns.
    exact: f64,
}

/// Two assets whose hourly returns have a common part; `scale` is their largest return.
fn observed(hours: i64, common: f64, scale: f64) -> Observed {
    announced(hours, common, scale, 1.0)
}

/// The same of assets that are announced to move so many `times` what they do.
fn announced(hours: i64, common: f64, scale: f64, times: f64) -> Observed {
    let yearly = (scale * 1e4 * 54.0 * times) as u32;
    let seed = Volatility::seeded(Variance::from_yearly_bps(yearly));
    let mut both = Observed {
        a: seed,
        b: seed,
        pair: Pair::default(),
        exact: 0.0,
    };
    let (mut price_a, mut price_b, mut state) = (1e12, 3e15, 42);
    let decay = f64::from(SLOW_DECAY) / 2f64.powi(32);
    for hour in 1..=hours {
        let (x, y) = (noise(&mut state), noise(&mut state));
        price_a *= (scale * x).exp();
        price_b *= (scale * (common * x + (1.0 - common * common).sqrt() * y)).exp();
        let a = both.a.observe(price_a as u64, hour * HOUR, FLOOR).unwrap();
        let b = both.b.observe(price_b as u64, hour * HOUR, FLOOR).unwrap();
        if let (Some(a), Some(b)) = (a, b) {
            let (of_a, of_b) = both.deviations();
            assert_eq!(both.pair.observe(&a, &b, of_a, of_b), Ok(true));
            let product = float(a.deviation) * float(b.deviation);
            both.exact = decay * both.exact + (1.0 - decay) * product;
        }
    }
    both
}

impl Observed {
    fn deviations(&self) -> (Fixed, Fixed) {
        let deviation = |asset: &Volatility| asset.measured.deviation_ceil().unwrap();
        (deviation(&self.a), deviation(&self.b))
    }

    fn target(&self) -> Option<i16> {
        let (a, b) = self.deviations();
        self.pair.target(a, b).unwrap()
    }
}

/// From a stablecoin's returns to a wild asset's.
#[test]
fn correlation_is_what_double_precision_says() {
    for scale in [1e-5, 1e-3, 2e-2] {
        for common in [1.0, 0.85, 0.6, 0.1, -0.4, -1.0] {
            let both = observed(2_000, common, scale);
            let deviations =
                (both.a.measured.0 as f64 * both.b.measured.0 as f64).sqrt() / 2f64.powi(62);
            let exact = both.exact / deviations * 10_000.0;
            let got = f64::from(both.target().unwrap());
            assert!(
                (got - exact).abs() <= 1.01,
                "{common} at {scale}: {got} for {exact}"
            );
            assert!(
                (got - 10_000.0 * common).abs() < 1_500.0,
                "{common} at {scale}: {got}"
            );
            // Returns that keep their character leave nothing to catch up with, up to a day's noise.
            let behind = both.pair.in_force.abs_diff(both.target().unwrap());
            assert!(behind <= 984, "{common} at {scale}: {behind}");
        }
    }
}

#[test]
fn before_168_common_samples_the_full_sum_is_asked_for() {
    let least = i64::from(LEAST_SAMPLES);
    // The first hour has no return, and an hour ends with the next observation.
    let short = observed(least + 1, 1.0, 1e-2);
    assert_eq!(short.pair.samples, LEAST_SAMPLES - 1);
    assert_eq!(short.target(), None);
    assert_eq!(
        (short.pair.used(true), short.pair.used(false)),
        (COEFFICIENT_ONE, -COEFFICIENT_ONE)
    );
    // The first correlation holds at once, and is the whole one.
    let enough = observed(least + 2, 1.0, 1e-2);
    assert_eq!(Some(enough.pair.in_force), enough.target());
    assert!(enough.pair.in_force >= 9_999);
    assert_eq!(Pair::default().used(true), COEFFICIENT_ONE);
    assert_eq!(Pair::default().used(false), -COEFFICIENT_ONE);
}

/// The first correlation in force is that of its 168 samples, of either sign: neither shrunk by a
/// covariance that begins at zero nor by what an asset was announced to do.
#[test]
fn after_168_common_samples_a_correlation_is_what_was_simulated() {
    for common in [0.85, 0.5, 0.0, -0.5, -0.8] {
        for scale in [1e-5, 1e-3, 2e-2] {
            for times in [0.5, 1.0, 2.0] {
                let both = announced(i64::from(LEAST_SAMPLES) + 2, common, scale, times);
                assert_eq!(both.pair.samples, LEAST_SAMPLES);
                let found = f64::from(both.pair.in_force) / 1e4;
                assert!(
                    (found - common).abs() < 0.15,
                    "{common} at {scale}, announced {times} times: {found}"
                );
            }
        }
    }
}

#[test]
fn samples_of_different_hours_or_gaps_have_nothing_in_common() {
    let mut pair = Pair::default();
    let a = sample(7, 0.01);
    let wider = Sample { hours: 2, ..a };
    let none = Sample::default();
    let mut takes = |a: &Sample, b: &Sample| pair.observe(a, b, Fixed::ONE, Fixed::ONE);
    assert_eq!(takes(&a, &sample(8, 0.01)), Ok(false));
    assert_eq!(takes(&a, &wider), Ok(false));
    assert_eq!(takes(&none, &none), Ok(false));
    assert_eq!(takes(&wider, &wider), Ok(true));
    assert_eq!(pair.samples, 1);
}

/// Half of 168 samples' weight, 1 − 2^(−1) of a constant product of 2^-10, in covariance and variances
/// alike. Against an asset that has all of its weight ρ is √½ of what it was, for hedges the careful side.
#[test]
fn after_168_equal_products_the_covariance_is_half_of_one_and_the_variances_too() {
    let mut pair = Pair::default();
    let square = Variance::of_return_ceil(sample(0, 2f64.powi(-5)).deviation);
    let mut measured = Variance::ZERO;
    for hour in 1..=168 {
        let a = sample(hour, 2f64.powi(-5));
        assert_eq!(pair.observe(&a, &a, Fixed::ONE, Fixed::ONE), Ok(true));
        measured = ewma_ceil(measured, square, SLOW_DECAY).unwrap();
    }
    let half = 2f64.powi(62 - 11);
    assert!((pair.covariance as f64 / half - 1.0).abs() < 1e-7);
    let young = measured.deviation_ceil().unwrap();
    assert_eq!(pair.target(young, young), Ok(Some(10_000)));
    let old = Fixed(1 << 43);
    assert_eq!(pair.target(young, old), Ok(Some(7_071)));
    // Between two old ones a half, or a rounding below.
    let target = pair.target(old, old).unwrap();
    assert!(matches!(target, Some(4_999 | 5_000)), "{target:?}");
}

fn with(covariance: f64) -> Pair {
    Pair {
        covariance: (covariance * 2f64.powi(62)) as i64,
        samples: LEAST_SAMPLES,
        ..Pair::default()
    }
}

#[test]
fn a_correlation_is_rounded_to_where_it_asks_for_more() {
    for (exact, stored) in [
        (0.61999, 6_199),
        (0.5, 4_999),
        (0.625, 6_249),
        (0.61234, 6_123),
        (-0.61101, -6_111),
        (-0.00001, -1),
        (0.0, 0),
        (0.93741, 9_374),
        (0.93751, 9_376),
        (0.95001, 9_501),
        (1.0, 10_000),
        (-1.0, -10_000),
    ] {
        let got = with(exact).target(Fixed::ONE, Fixed::ONE).unwrap();
        assert_eq!(got, Some(stored), "{exact}");
    }
    // Nothing is cut off below 50 bits: exact fractions stay what they are.
    let small = Pair {
        covariance: 1 << 40,
        ..with(0.0)
    };
    let at = |deviation| small.target(Fixed(deviation), Fixed(1 << 37)).unwrap();
    // Deviations of 2^-7 and 2^-11 have a product of 2^44.
    assert_eq!(at(1 << 41), Some(625));
    assert_eq!(at(1 << 38), Some(5_000));
    // More than the deviations allow is at most 1, and nothing is known without deviations.
    assert_eq!(at(1 << 36), Some(10_000));
    assert_eq!(at(0), Some(-10_000));
}

/// F-5's table, in 400ths, for hundredths and in between.
#[test]
fn haircuts_are_those_of_the_table() {
    for (rho, same, opposite) in [
        (10_000, 400, 280),
        (9_700, 388, 280),
        (9_501, 381, 280),
        (9_500, 380, 280),
        (9_400, 380, 280),
        (9_334, 380, 280),
        (9_333, 380, 279),
        (9_300, 380, 279),
        (8_500, 380, 255),
        (8_533, 380, 255),
        (8_534, 380, 256),
        (33, 380, 0),
        (34, 380, 1),
        (0, 380, 0),
        (-1, 380, -1),
        (-25, 380, -1),
        (-26, 380, -2),
        (-100, 380, -4),
        (-10_000, 380, -400),
    ] {
        let pair = Pair::default().holding(rho);
        assert_eq!((pair.used(true), pair.used(false)), (same, opposite));
        assert_eq!(pair.in_force, rho);
    }
    assert_eq!(
        Pair::default().holding(i16::MIN),
        Pair::default().holding(-10_000)
    );
    assert_eq!(
        Pair::default().holding(i16::MAX),
        Pair::default().holding(10_000)
    );
}

/// 41 ten-thousandths an hour: 0.85 → 0.20 takes 159 hours, and a gap of days counts as one of them.
#[test]
fn a_correlation_in_force_moves_less_than_a_tenth_a_day() {
    let held = Pair {
        samples: 500,
        ..Pair::default().holding(8_500)
    };
    let after = |hours: u32, covariance: f64| {
        let mut pair = Pair {
            covariance: (covariance * 2f64.powi(62)) as i64,
            ..held
        };
        let quiet = Sample {
            hours,
            ..sample(900, 0.0)
        };
        assert_eq!(
            pair.observe(&quiet, &quiet, Fixed::ONE, Fixed::ONE),
            Ok(true)
        );
        pair.in_force
    };
    assert_eq!(after(1, 0.2), 8_459);
    assert_eq!(after(3, 0.2), 8_377);
    assert_eq!(after(24, 0.2), 7_516);
    assert_eq!(after(25, 0.2), 7_516);
    assert_eq!(after(u32::MAX, 0.2), 7_516);
    assert_eq!(after(1, -1.0), 8_459);
    assert_eq!(after(1, 1.0), 8_541);
    // One sample of nothing leaves 2^(−1/168) of 0.855: 0.85148…, rounded down.
    assert_eq!(after(24, 0.855), 8_514);
}

#[test]
fn every_pair_has_a_place_of_its_own() {
    let mut seen = [false; PAIRS];
    for a in 0..SLOTS as u8 {
        for b in 0..a {
            let place = pair_index(a, b).unwrap();
            assert_eq!(pair_index(b, a), Ok(place));
            assert!(!std::mem::replace(&mut seen[place], true));
        }
        assert_eq!(pair_index(a, a), Err(EngineError::LegNotHeld));
    }
    assert!(seen.iter().all(|taken| *taken));
    assert_eq!(pair_index(0, 32), Err(EngineError::LegNotHeld));
}

/// A covariance one unit beyond half of the variances asks for more than one half, although the unit is
/// below the digits that are divided.
#[test]
fn digits_that_are_not_divided_still_ask_for_more() {
    let deviation = Fixed(1 << 47);
    let target = |covariance: i64| {
        let pair = Pair {
            covariance,
            samples: LEAST_SAMPLES,
            ..Pair::default()
        };
        pair.target(deviation, deviation).unwrap()
    };
    assert_eq!(target(-(1 << 59) - 1), Some(-5_001));
    assert_eq!(target((1 << 59) - 1), Some(4_999));
    assert_eq!(target(-(1 << 60)), Some(-10_000));
    assert_eq!(target(0), Some(0));
}
