//! One asset's step through time: where its ramps stand and what is in force (F-2, F-4, F-8, F-14).

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{is_much_liquidated, Conditions, Measured, ModelTerms, Targets};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{Variance, STALE_SECONDS};

const HOUR: i64 = 3_600;
const START: i64 = 490_896 * HOUR;

fn rates(maintenance: u32, initial: u32) -> Rates {
    let (maintenance, initial) = (Fixed::from_bps(maintenance), Fixed::from_bps(initial));
    Rates {
        maintenance_long: maintenance,
        maintenance_short: maintenance,
        initial_long: initial,
        initial_short: initial,
    }
}

/// 80% a year or more, rates between 1% and 60%.
fn terms() -> ModelTerms {
    ModelTerms {
        floor: Variance::from_yearly_bps(8_000),
        stress: Variance::from_yearly_bps(8_000),
        bounds: RateBounds {
            floor: rates(100, 125),
            cap: rates(6_000, 7_500),
        },
    }
}

/// Listed at the floor, its last sample just taken.
fn listed() -> Measured {
    let terms = terms();
    let mut asset = Measured::starting(&terms, terms.floor, START).unwrap();
    asset.volatility.sample_price = 1;
    asset.volatility.last_sample.hour = START / HOUR;
    asset
}

fn near(found: Fixed, expected: f64) {
    let found = found.0 as f64 / Fixed::ONE.0 as f64;
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
}

fn float(fixed: Fixed) -> f64 {
    fixed.0 as f64 / Fixed::ONE.0 as f64
}

/// At the floor of 80% a year: 3.1 · σ · √4 h and √8 h, and a long loses 1 − e^−m.
#[test]
fn the_least_rates_are_those_of_a_market_that_never_moved() {
    let least = terms().least_rates_ceil().unwrap();
    let deviation = 0.8 / 8_760f64.sqrt();
    let moved = |hours: f64| 3.1 * deviation * hours.sqrt();
    near(least.maintenance_long, 1.0 - (-moved(4.0)).exp());
    near(least.maintenance_short, moved(4.0).exp() - 1.0);
    near(least.initial_long, 1.0 - (-moved(8.0)).exp());
    near(least.initial_short, moved(8.0).exp() - 1.0);
}

/// Targets twice as high: a day later in force is 1.5 times what was, two days later what is aimed at.
/// Targets a hundredth: a day later nine tenths.
#[test]
fn ramps_move_towards_their_targets_by_the_day() {
    let start = listed();
    let aimed = |factor: f64| {
        let times = |rate: Fixed| Fixed((rate.0 as f64 * factor) as i64);
        let old = &start.targets;
        Measured {
            targets: Targets {
                rates: Rates {
                    maintenance_long: times(old.rates.maintenance_long),
                    maintenance_short: times(old.rates.maintenance_short),
                    ..old.rates
                },
                deviation: times(old.deviation),
            },
            ..start
        }
    };
    let after = |mut asset: Measured, days: i64| {
        for day in 1..=days {
            asset.stepped(START + day * 24 * HOUR).unwrap();
        }
        assert_eq!(asset.levels.time, START + days * 24 * HOUR);
        let share = |level: u64, before: u64| level as f64 / before as f64;
        let (now, then) = (&asset.levels, &start.levels);
        let deviation = float(asset.deviation_in_force().unwrap());
        near(start.deviation_in_force().unwrap(), 0.8 / 8_760f64.sqrt());
        [
            share(now.maintenance_long, then.maintenance_long),
            share(now.maintenance_short, then.maintenance_short),
            deviation / float(start.deviation_in_force().unwrap()),
        ]
    };
    for (factor, days, expected) in [(2.0, 1, 1.5), (2.0, 2, 2.0), (0.01, 1, 0.9), (1.0, 3, 1.0)] {
        for found in after(aimed(factor), days) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}

/// Initial in force follows its target at once and grows with open interest, with age, and after
/// liquidations.
#[test]
fn initial_rates_grow_with_open_interest_age_and_liquidations() {
    let asset = listed();
    let long = |asset: &Measured, open_interest, liquidated, now| {
        let conditions = Conditions {
            open_interest,
            liquidated,
            ..Conditions::default()
        };
        let rates = asset.in_force(&terms(), &conditions, now).unwrap();
        [rates.initial_long, rates.initial_short]
    };
    let targets = asset.targets.rates;
    let [base_long, base_short] = [targets.initial_long, targets.initial_short].map(float);
    let fresh = START + HOUR;
    let calm = long(&asset, Fixed::ZERO, false, fresh);
    assert_eq!(calm, [targets.initial_long, targets.initial_short]);
    // Half way between the thresholds: half of the rest to 1.
    let [l, s] = long(&asset, Fixed::ratio(1, 2), false, fresh);
    near(l, base_long + (1.0 - base_long) / 2.0);
    near(s, base_short + (1.0 - base_short) / 2.0);
    let [l, s] = long(&asset, Fixed::ZERO, true, fresh);
    near(l, base_long * 1.25);
    near(s, base_short * 1.25);
    let stale = fresh + STALE_SECONDS + 1;
    let [l, s] = long(&asset, Fixed::ZERO, true, stale);
    near(l, base_long * 1.25 * 1.25);
    near(s, base_short * 1.25 * 1.25);
    // A fixed rate does not depend on samples, and so not on their age.
    let mut fixed = terms();
    fixed.bounds.cap = fixed.bounds.floor;
    let pinned = Measured::starting(&fixed, fixed.floor, START).unwrap();
    let calm = Conditions::default();
    let rates = pinned.in_force(&fixed, &calm, stale + 100 * HOUR).unwrap();
    assert_eq!(rates.initial_long, fixed.bounds.floor.initial_long);
}

/// More than a twentieth.
#[test]
fn much_is_liquidated_beyond_a_twentieth_of_the_open_interest() {
    assert!(!is_much_liquidated(5, 100));
    assert!(is_much_liquidated(6, 100));
    assert!(!is_much_liquidated(0, 0));
    assert!(!is_much_liquidated(1, 21));
    assert!(is_much_liquidated(1, 19));
}
