//! One asset's step through time, under anybody's calls (F-2, F-3, F-4).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{Conditions, Measured, ModelTerms};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::rates::{Rates, INITIAL_OVER_MAINTENANCE};
use plimsoll_engine::volatility::{Variance, STALE_SECONDS};

use crate::{cases, STORIES};

const HOUR: i64 = 3_600;
const DAY: f64 = 86_400.0;
const START: i64 = 490_896 * HOUR;
const PRICE: u64 = 1 << 42;

/// Basis points, and initial 1.25 times as much.
fn rates(maintenance: u32) -> Rates {
    Rates {
        maintenance_long: Fixed::from_bps(maintenance),
        maintenance_short: Fixed::from_bps(2 * maintenance),
        initial_long: Fixed::ratio(maintenance * 125, 1_000_000).next(),
        initial_short: Fixed::ratio(maintenance * 250, 1_000_000).next(),
    }
}

fn terms() -> impl Strategy<Value = ModelTerms> {
    (50..=10_000u32, 0..=30_000u32, 20..=200u32, 400..=7_900u32).prop_map(
        |(floor, stress, least, most)| ModelTerms {
            floor: Variance::from_yearly_bps(floor),
            stress: Variance::from_yearly_bps(stress),
            bounds: RateBounds {
                floor: rates(least),
                cap: rates(most),
            },
        },
    )
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let more = || prop_oneof![1 => Just(0u32), 1 => 10_000..=20_000u32];
    (0..=10_000u32, any::<bool>(), more(), more()).prop_map(
        |(share, liquidated, tightened, insurance)| Conditions {
            open_interest: Fixed::from_bps(share),
            liquidated,
            tightened: Fixed::from_bps(tightened),
            insurance: Fixed::from_bps(insurance),
        },
    )
}

/// One call of anybody: seconds since the one before, the logarithm of the price, or no price at all.
fn call() -> impl Strategy<Value = (i64, Option<f64>)> {
    let wait = prop_oneof![3 => 0..=120i64, 4 => 1..=2 * HOUR, 1 => 1..=72 * HOUR];
    (wait, proptest::option::weighted(0.8, -0.7..0.7f64))
}

fn price(log: f64) -> u64 {
    (PRICE as f64 * log.exp()) as u64
}

fn seeded(terms: &ModelTerms, yearly_bps: u32) -> Measured {
    Measured::starting(terms, Variance::from_yearly_bps(yearly_bps), START).unwrap()
}

fn maintenance(state: &Measured) -> [f64; 3] {
    let levels = &state.levels;
    [
        levels.maintenance_long,
        levels.maintenance_short,
        levels.deviation,
    ]
    .map(|level| level as f64)
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// Whatever prices anybody brings at whatever times, between any two calls maintenance in force
    /// stays within 1.5 and 0.9 to the days between them, and initial in force is at least 1.25 times
    /// maintenance. A call without time in between moves nothing that is ramped.
    #[test]
    fn only_time_moves_maintenance(
        terms in terms(), conditions in conditions(), seed in 100..=20_000u32,
        story in vec(call(), 1..60),
    ) {
        let mut state = seeded(&terms, seed);
        prop_assert!(terms.bounds.are_sound().unwrap());
        let mut seen = vec![(START, maintenance(&state))];
        let mut now = START;
        for (wait, log) in story {
            now += wait;
            let before = state;
            match log {
                Some(log) => {
                    state.observed(&terms, price(log), now, now).unwrap();
                }
                None => state.stepped(now).unwrap(),
            }
            if wait == 0 {
                prop_assert_eq!(state.levels, before.levels);
            }
            for (time, levels) in &seen {
                let days = (now - time) as f64 / DAY;
                for (after, before) in maintenance(&state).iter().zip(levels) {
                    prop_assert!(*after <= before * 1.5f64.powf(days) * (1.0 + 1e-12));
                    prop_assert!(*after >= before * 0.9f64.powf(days) * (1.0 - 1e-12));
                }
            }
            seen.push((now, maintenance(&state)));
            let rates = state.in_force(&terms, &conditions, now).unwrap();
            let quarter_more = |rate: Fixed| {
                INITIAL_OVER_MAINTENANCE.of_ceil(rate.0.unsigned_abs()).unwrap()
            };
            prop_assert!(rates.are_sound().unwrap());
            prop_assert!(rates.initial_long.0.unsigned_abs() >= quarter_more(rates.maintenance_long));
            prop_assert!(rates.initial_short.0.unsigned_abs() >= quarter_more(rates.maintenance_short));
            prop_assert!(rates.maintenance_long <= terms.bounds.cap.maintenance_long);
            prop_assert!(rates.maintenance_short >= terms.bounds.floor.maintenance_short);
        }
    }

    /// Nobody lowers a target, and so no initial rate, by calling: only a completed hour changes it,
    /// and it then forgets no more of the deviation than that one sample may.
    #[test]
    fn only_a_completed_hour_changes_a_target(
        terms in terms(), seed in 100..=20_000u32, story in vec(call(), 1..60),
    ) {
        let mut state = seeded(&terms, seed);
        let mut now = START;
        for (wait, log) in story {
            now += wait;
            let before = state;
            let sample = match log {
                Some(log) => state.observed(&terms, price(log), now, now).unwrap(),
                None => {
                    state.stepped(now).unwrap();
                    None
                }
            };
            if sample.is_none() {
                prop_assert_eq!(state.targets, before.targets);
            } else {
                prop_assert!(now.div_euclid(HOUR) > before.volatility.last_time.div_euclid(HOUR));
                let kept = 0.5f64.powf(1.0 / 48.0) * (1.0 - 1e-6);
                let (after, before) = (state.targets.deviation.0, before.targets.deviation.0);
                prop_assert!(after as f64 >= before as f64 * kept);
            }
        }
    }

    /// For a constant target the frequency of cranks does not matter, within 1e-6.
    #[test]
    fn the_frequency_of_cranks_does_not_matter(
        terms in terms(), seed in 100..=20_000u32, target in 100..=20_000u32,
        mut times in vec(1..=86_400i64, 0..200),
    ) {
        let mut start = seeded(&terms, seed);
        start.targets = seeded(&terms, target).targets;
        let (mut once, mut often) = (start, start);
        times.sort_unstable();
        once.stepped(START + 86_400).unwrap();
        for time in times.iter().chain([&86_400]) {
            often.stepped(START + time).unwrap();
        }
        for (a, b) in maintenance(&often).iter().zip(maintenance(&once)) {
            prop_assert!((a / b - 1.0).abs() <= 1e-6, "{a} {b}");
        }
        prop_assert_eq!(often.levels.time, once.levels.time);
    }

    /// Each multiplier raises initial rates or leaves them, and touches no maintenance. Fixed rates
    /// know no age.
    #[test]
    fn conditions_only_raise_initial(
        terms in terms(), conditions in conditions(), seed in 100..=20_000u32, fixed in any::<bool>(),
    ) {
        let mut terms = terms;
        if fixed {
            terms.bounds.cap = terms.bounds.floor;
        }
        let mut state = seeded(&terms, seed);
        state.observed(&terms, PRICE, START, START).unwrap();
        let now = START + HOUR;
        state.observed(&terms, PRICE, now, now).unwrap();
        let calm = state.in_force(&terms, &Conditions::default(), now).unwrap();
        let raised = state.in_force(&terms, &conditions, now).unwrap();
        let stale = state.in_force(&terms, &conditions, now + STALE_SECONDS + 1).unwrap();
        for (less, more) in [(calm, raised), (raised, stale)] {
            prop_assert!(less.initial_long <= more.initial_long);
            prop_assert!(less.initial_short <= more.initial_short);
            prop_assert_eq!(less.maintenance_long, more.maintenance_long);
            prop_assert_eq!(less.maintenance_short, more.maintenance_short);
        }
        prop_assert!(!fixed || raised == stale);
        let multiplied = conditions.tightened.max(conditions.insurance) > Fixed::ONE;
        prop_assert!(fixed || conditions.liquidated || multiplied || stale.initial_short > raised.initial_short
            || raised.initial_short.0 >= Fixed::ONE.0 || conditions.open_interest == Fixed::ONE
            || stale.initial_short.0 * 4 <= stale.maintenance_short.0 * 5 + 8);
    }
}
