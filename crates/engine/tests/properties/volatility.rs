//! What nobody can do to the measured volatility (F-3).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::model_rates::{
    model_rates_ceil, rates_in_force_ceil, RateBounds, VALUE_AT_RISK,
};
use plimsoll_engine::ramp::{in_force_floor, level_of, Step};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{blended_ceil, Variance, Volatility};

use crate::{cases, CENTRAL, STORIES};

const HOUR: i64 = 3_600;
const START: i64 = 490_896 * HOUR;
/// Ten units of 2^-62 against the 1e10 of the smallest floor: what rounding can add.
const ROUNDING: u64 = 10;

fn floor() -> impl Strategy<Value = Variance> {
    (50..=10_000u32).prop_map(Variance::from_yearly_bps)
}

/// Prices anywhere, most of them near 100 dollars in 1e-8.
fn price() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 9_000_000_000..=11_000_000_000u64,
        1 => 1..=u64::MAX,
        1 => 1_000_000_000..=100_000_000_000u64,
    ]
}

/// Waits between observations: seconds, within the hour, or gaps of up to three days.
fn waits() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1..=120i64, 3 => 1..=HOUR, 1 => 1..=72 * HOUR]
}

const BOUNDS: RateBounds = RateBounds {
    floor: all(Fixed::from_bps(50)),
    cap: all(Fixed::ratio(4, 5)),
};

/// The same for every side and view: 1.25 times maintenance is left to the rule that comes last.
const fn all(rate: Fixed) -> Rates {
    Rates {
        maintenance_long: rate,
        maintenance_short: rate,
        initial_long: rate,
        initial_short: rate,
    }
}
/// 50% a year.
const STRESS: Variance = Variance::from_yearly_bps(5_000);
/// What an exponential to nearest may take off the larger of two rates.
const UNITS: i64 = 8;

/// The rates that an asset's measured state asks for (F-3, F-2).
fn model(state: &Volatility, floor: Variance) -> Rates {
    let deviation = blended_ceil(state, floor, STRESS).deviation_ceil().unwrap();
    model_rates_ceil(VALUE_AT_RISK, deviation, &BOUNDS).unwrap()
}

/// The state after so many hours in which nothing happened but forgetting: no real one is below it.
fn forgotten(state: &Volatility, hours: i64) -> Volatility {
    let left = |variance: Variance, half_life: f64| {
        let part = (-(hours as f64) / half_life).exp2() * (1.0 - 1e-7);
        Variance((variance.0 as f64 * part) as u64)
    };
    Volatility {
        fast: left(state.fast, 24.0),
        slow: left(state.slow, 168.0),
        ..*state
    }
}

/// The two maintenance rates in force of one asset with their clock, as `refresh` keeps them.
struct InForce {
    long: u64,
    short: u64,
    time: i64,
}

impl InForce {
    fn refresh(&mut self, model: &Rates, now: i64) -> Rates {
        if let Some(mut step) = Step::since(self.time, now) {
            self.long = step.toward(self.long, model.maintenance_long).unwrap();
            self.short = step.toward(self.short, model.maintenance_short).unwrap();
            self.time = now;
        }
        let (long, short) = (in_force_floor(self.long), in_force_floor(self.short));
        rates_in_force_ceil(model, long.unwrap(), short.unwrap(), Fixed::ONE).unwrap()
    }
}

fn most(state: &Volatility, floor: Variance) -> u64 {
    state.fast.max(state.slow).max(floor).0
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// One sample raises max(fast, slow, floor) at most 2.8-fold, whatever the price and the gap.
    #[test]
    fn one_sample_raises_the_variance_at_most_2_8_fold_gaps_included(
        floor in floor(), seed in 0..=20_000u32, story in vec((price(), waits()), 2..60),
    ) {
        let mut state = Volatility::seeded(Variance::from_yearly_bps(seed));
        let mut time = START;
        for (price, wait) in story {
            time += wait;
            let before = most(&state, floor);
            let samples = state.samples;
            state.observe(price, time, floor).unwrap();
            prop_assert!(state.samples - samples <= 1);
            let after = most(&state, floor);
            prop_assert!(u128::from(after) * 10 <= u128::from(before + ROUNDING) * 28);
            prop_assert!(state.fast <= Variance::MAX && state.slow <= Variance::MAX);
        }
    }

    /// The measured variance is the slow one less what is left of its start: no start enters it, and the
    /// samples enter both alike.
    #[test]
    fn the_measured_variance_is_the_slow_one_without_its_start(
        floor in floor(), seed in 0..=20_000u32, story in vec((price(), waits()), 1..60),
    ) {
        let mut state = Volatility::seeded(Variance::from_yearly_bps(seed));
        let start = state.slow.0 as f64;
        prop_assert_eq!(state.measured, Variance::ZERO);
        let mut time = START;
        for (price, wait) in story {
            time += wait;
            state.observe(price, time, floor).unwrap();
            let left = start * (-f64::from(state.samples) / 168.0).exp2();
            let (measured, slow) = (state.measured.0 as f64, state.slow.0 as f64);
            // Decays are rounded to 2^-32, and each step to a unit up.
            let most = slow * 1e-7 + 64.0;
            prop_assert!((measured + left - slow).abs() <= most, "{} {} {}", measured, left, slow);
        }
    }

    /// Nobody lowers a variance faster than by one sample per clock hour: however often and with
    /// whatever prices anybody observes, no more is forgotten than time allows.
    #[test]
    fn only_time_lowers_a_variance(
        floor in floor(), seed in 1_000..=20_000u32, story in vec((price(), waits()), 1..60),
    ) {
        let mut state = Volatility::seeded(Variance::from_yearly_bps(seed));
        let (first, begin) = (state, START + 1);
        let mut time = START;
        for (price, wait) in story {
            time += wait;
            state.observe(price, time, floor).unwrap();
            let hours = (time.div_euclid(HOUR) - begin.div_euclid(HOUR)) as f64;
            let left = |half_life: f64| (-hours / half_life).exp2() * (1.0 - 1e-7);
            prop_assert!(state.fast.0 as f64 >= first.fast.0 as f64 * left(24.0));
            prop_assert!(state.slow.0 as f64 >= first.slow.0 as f64 * left(168.0));
            // Again at the same time: nothing at all.
            let before = state;
            prop_assert_eq!(state.observe(price / 2 + 1, time, floor), Ok(None));
            prop_assert_eq!(state, before);
        }
        prop_assert!(blended_ceil(&state, floor, Variance::ZERO) >= floor);
    }

    /// An adversary who chooses every accepted price and every moment of every call, of observations
    /// and of `refresh`, brings no rate below what mere forgetting by the hour leaves of it, and no
    /// maintenance in force below 0.9 to the days; within a clock hour nothing sinks at all.
    #[test]
    fn no_caller_can_lower_a_rate_except_by_time_passing(
        floor in floor(), seed in 1_000..=20_000u32,
        story in vec(
            (prop_oneof![2 => Just(10_000_000_000u64), 1 => price()],
             prop_oneof![1 => Just(0), 6 => waits()],
             any::<bool>()),
            1..60,
        ),
    ) {
        let mut state = Volatility::seeded(Variance::from_yearly_bps(seed));
        let first = state;
        let begin = model(&state, floor);
        let start = (level_of(begin.maintenance_long).unwrap(), level_of(begin.maintenance_short).unwrap());
        let mut held = InForce { long: start.0, short: start.1, time: START };
        let mut time = START;
        for (price, wait, refresh) in story {
            time += wait;
            let (before, hour) = (model(&state, floor), state.last_time.div_euclid(HOUR));
            state.observe(price, time, floor).unwrap();
            let asked = model(&state, floor);
            if time.div_euclid(HOUR) == hour {
                prop_assert_eq!(asked, before);
            }
            let hours = time.div_euclid(HOUR) - START.div_euclid(HOUR);
            let least = model(&forgotten(&first, hours), floor);
            prop_assert!(asked.maintenance_long.0 >= least.maintenance_long.0 - UNITS);
            prop_assert!(asked.maintenance_short.0 >= least.maintenance_short.0 - UNITS);
            prop_assert!(asked.initial_long.0 >= least.initial_long.0 - UNITS);
            prop_assert!(asked.initial_short.0 >= least.initial_short.0 - UNITS);
            if refresh {
                let rates = held.refresh(&asked, time);
                let ramp = 0.9f64.powf((time - START) as f64 / 86_400.0) * (1.0 - 1e-12);
                let bound = |begin: Fixed, least: Fixed| {
                    let by_ramp = (begin.0 as f64 * ramp) as i64;
                    begin.0.min(least.0).max(by_ramp) - UNITS
                };
                prop_assert!(rates.maintenance_long.0 >= bound(begin.maintenance_long, least.maintenance_long));
                prop_assert!(rates.maintenance_short.0 >= bound(begin.maintenance_short, least.maintenance_short));
                prop_assert!(rates.initial_long >= asked.initial_long);
                prop_assert!(rates.initial_short >= asked.initial_short);
                // Asked again at once: the same.
                prop_assert_eq!(held.refresh(&asked, time), rates);
            }
        }
    }

    /// A larger return never leaves a smaller variance, and the sign does not matter.
    #[test]
    fn a_larger_return_never_leaves_a_smaller_variance(
        floor in floor(), smaller in 0.0..0.5f64, more in 0.0..0.5f64,
    ) {
        let after = |r: f64| {
            let mut state = Volatility::seeded(floor);
            let prices = [1e12, 1e12 * r.exp(), 1e12];
            for (hour, price) in (0i64..).zip(prices) {
                state.observe(price as u64, START + hour * HOUR, floor).unwrap();
            }
            state
        };
        let (small, large) = (after(smaller), after(smaller + more));
        prop_assert!(small.fast <= large.fast && small.slow <= large.slow);
        let mirrored = after(-smaller);
        prop_assert!((mirrored.fast.0 as f64 / small.fast.0 as f64 - 1.0).abs() < 1e-8);
    }
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// A price that stood for t seconds of the window moves the sample by at most t/600 of its
    /// distance, and observing more often in between changes nothing.
    #[test]
    fn a_price_weighs_as_long_as_it_stands(
        fair in 1_000_000..=1_000_000_000u64, false_price in 1..=10_000_000_000u64,
        begin in 10..=590i64, held in 1..=200i64, often in 1..=50i64,
    ) {
        let mut state = Volatility::default();
        let window = START + HOUR - 600;
        let end = (begin + held).min(599);
        let mut observe = |price, second| state.observe(price, window + second, Variance::ZERO).unwrap();
        observe(fair, 0);
        observe(fair, 1);
        for second in (begin..end).step_by(often as usize) {
            observe(false_price, second);
        }
        if end > begin {
            observe(fair, end);
        }
        observe(fair, 600);
        let stood = (end - begin).max(0) as u64;
        let mean = u128::from(fair) * u128::from(600 - stood) + u128::from(false_price) * u128::from(stood);
        prop_assert_eq!(u128::from(state.sample_price), mean / 600);
    }
}
