//! Correlation: measured against double precision, its haircuts, its notice.

use plimsoll_engine::correlation::{
    pair_index, steps_since, Correlation, Covariance, LEAST_SAMPLES, PAIRS, SLOTS,
};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::{Sample, Variance, Volatility, SLOW_DECAY};
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

struct Pair {
    a: Volatility,
    b: Volatility,
    covariance: Covariance,
    /// The same in double precision, from the same clamped returns.
    exact: f64,
}

/// Two assets whose hourly returns have a common part; `scale` is their deviation per hour.
fn observed(hours: i64, common: f64, scale: f64) -> Pair {
    let seed = Volatility::seeded(Variance::from_yearly_bps((scale * 1e4 * 54.0) as u32));
    let mut pair = Pair {
        a: seed,
        b: seed,
        covariance: Covariance::default(),
        exact: 0.0,
    };
    let (mut price_a, mut price_b, mut state) = (1e12, 3e15, 42);
    let decay = f64::from(SLOW_DECAY) / 2f64.powi(32);
    for hour in 1..=hours {
        let (x, y) = (noise(&mut state), noise(&mut state));
        price_a *= (scale * x).exp();
        price_b *= (scale * (common * x + (1.0 - common * common).sqrt() * y)).exp();
        let a = pair.a.observe(price_a as u64, hour * HOUR, FLOOR).unwrap();
        let b = pair.b.observe(price_b as u64, hour * HOUR, FLOOR).unwrap();
        if let (Some(a), Some(b)) = (a, b) {
            assert_eq!(pair.covariance.observe(&a, &b), Ok(true));
            let product = float(a.deviation) * float(b.deviation);
            pair.exact = decay * pair.exact + (1.0 - decay) * product;
        }
    }
    pair
}

impl Pair {
    fn correlation(&self) -> Correlation {
        let deviation = |asset: &Volatility| asset.slow.deviation_ceil().unwrap();
        let (a, b) = (deviation(&self.a), deviation(&self.b));
        self.covariance.correlation(a, b).unwrap()
    }
}

/// From a stablecoin's returns to a wild asset's.
#[test]
fn correlation_is_what_double_precision_says() {
    for scale in [1e-5, 1e-3, 2e-2] {
        for common in [1.0, 0.85, 0.6, 0.1, -0.4, -1.0] {
            let pair = observed(2_000, common, scale);
            let deviations = (pair.a.slow.0 as f64 * pair.b.slow.0 as f64).sqrt() / 2f64.powi(62);
            let exact = pair.exact / deviations * 100.0;
            let got = f64::from(pair.correlation().0);
            assert!(
                (got - exact).abs() <= 1.01,
                "{common} at {scale}: {got} for {exact}"
            );
            assert!(
                (got - 100.0 * common).abs() < 15.0,
                "{common} at {scale}: {got}"
            );
        }
    }
}

#[test]
fn before_168_common_samples_nothing_is_known() {
    let least = i64::from(LEAST_SAMPLES);
    // The first hour has no return, and an hour ends with the next observation.
    assert_eq!(
        observed(least + 1, 1.0, 1e-2).correlation(),
        Correlation::UNKNOWN
    );
    assert_ne!(
        observed(least + 2, 1.0, 1e-2).correlation(),
        Correlation::UNKNOWN
    );
}

#[test]
fn samples_of_different_hours_or_gaps_have_nothing_in_common() {
    let mut covariance = Covariance::default();
    let a = sample(7, 0.01);
    let wider = Sample { hours: 2, ..a };
    assert_eq!(covariance.observe(&a, &sample(8, 0.01)), Ok(false));
    assert_eq!(covariance.observe(&a, &wider), Ok(false));
    assert_eq!(
        covariance.observe(&Sample::default(), &Sample::default()),
        Ok(false)
    );
    assert_eq!(covariance, Covariance::default());
    assert_eq!(covariance.observe(&wider, &wider), Ok(true));
}

fn measured(value: f64) -> Correlation {
    let covariance = Covariance {
        value: (value * 2f64.powi(62)) as i64,
        samples: LEAST_SAMPLES,
    };
    covariance.correlation(Fixed::ONE, Fixed::ONE).unwrap()
}

#[test]
fn a_hundredth_is_rounded_to_where_it_asks_for_more() {
    for (exact, stored) in [
        (0.619, 61),
        (0.62, 61),
        (0.625, 62),
        (-0.611, -62),
        (-0.001, -1),
        (0.939, 93),
        (0.941, 95),
        (0.951, 96),
        (1.0, 100),
        (-1.0, -100),
    ] {
        assert_eq!(measured(exact), Correlation(stored), "{exact}");
    }
    // More than the deviations allow is at most 1, and nothing is known without deviations.
    let covariance = Covariance {
        value: 1 << 61,
        samples: 999,
    };
    assert_eq!(
        covariance.correlation(Fixed(1 << 40), Fixed(1 << 40)),
        Ok(Correlation(100))
    );
    assert_eq!(
        covariance.correlation(Fixed::ZERO, Fixed::ONE),
        Ok(Correlation::LEAST)
    );
}

/// F-5's table, in 400ths.
#[test]
fn haircuts_are_those_of_the_table() {
    for (rho, same, opposite) in [
        (100, 400, 280),
        (97, 388, 280),
        (95, 380, 280),
        (94, 380, 280),
        (93, 380, 279),
        (85, 380, 255),
        (0, 380, 0),
        (-1, 380, -4),
        (-100, 380, -400),
        (i8::MIN, 400, -400),
    ] {
        let rho = Correlation(rho);
        assert_eq!(
            (rho.used(true), rho.used(false)),
            (same, opposite),
            "{rho:?}"
        );
    }
}

#[test]
fn a_correlation_in_force_moves_a_tenth_a_day() {
    let day = 86_400;
    assert_eq!(steps_since(0, day), (10, day));
    assert_eq!(steps_since(0, 30 * day), (10, 30 * day));
    assert_eq!(steps_since(0, 8_639), (0, 0));
    assert_eq!(steps_since(0, 20_000), (2, 17_280));
    assert_eq!(steps_since(100, 50), (0, 100));
    assert_eq!(steps_since(i64::MIN, i64::MAX), (10, i64::MAX));
    let moved = |from, to, steps| Correlation(from).approach(Correlation(to), steps).0;
    assert_eq!(moved(85, 20, 10), 75);
    assert_eq!(moved(20, 85, 10), 30);
    assert_eq!(moved(85, 80, 10), 80);
    assert_eq!(moved(100, -100, 10), 90);
    assert_eq!(moved(i8::MIN, 85, 0), 85);
    assert_eq!(moved(85, i8::MIN, 0), i8::MIN);
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
