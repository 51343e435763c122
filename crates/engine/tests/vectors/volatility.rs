//! Volatility: published examples, the hour's sample, gaps and the clamp, second by second.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::{
    blended_ceil, ewma_ceil, Sample, Variance, Volatility, FAST_DECAY, SLOW_DECAY, STALE_MULTIPLIER,
};
use plimsoll_engine::EngineError;

const HOUR: i64 = 3_600;
/// A clock hour from which the tests count; the first hour of 2026.
const START: i64 = 490_896 * HOUR;
const FLOOR: Variance = Variance::from_yearly_bps(8_000);

fn variance(v: f64) -> Variance {
    Variance((v * 2f64.powi(62)) as u64)
}

fn float(v: Variance) -> f64 {
    v.0 as f64 / 2f64.powi(62)
}

fn close(got: f64, wanted: f64, relative: f64) {
    assert!((got / wanted - 1.0).abs() <= relative, "{got} for {wanted}");
}

/// One observation in the middle of each hour, `prices` from `START` on.
fn hourly(prices: &[u64]) -> Volatility {
    let mut state = Volatility::seeded(FLOOR);
    for (hour, price) in (0i64..).zip(prices) {
        let time = START + hour * HOUR + 1_800;
        state.observe(*price, time, FLOOR).unwrap();
    }
    state
}

/// Hull, Options, Futures and Other Derivatives, the chapter on estimating volatilities.
#[test]
fn hulls_exponential_means_are_reproduced() {
    let decay = |lambda: f64| (lambda * 2f64.powi(32)).round() as u32;
    let first = ewma_ceil(
        variance(0.01f64.powi(2)),
        variance(0.02f64.powi(2)),
        decay(0.90),
    );
    close(float(first.unwrap()), 0.00013, 1e-8);
    let second = ewma_ceil(
        variance(0.018f64.powi(2)),
        variance(0.023f64.powi(2)),
        decay(0.94),
    );
    close(float(second.unwrap()), 0.0003363, 1e-8);
}

#[test]
fn a_stablecoin_keeps_nine_digits_of_its_variance() {
    let calm = Variance::from_yearly_bps(100);
    close(float(calm), 0.01 * 0.01 / 8_760.0, 1e-10);
    let deviation = calm.deviation_ceil().unwrap();
    close(
        deviation.0 as f64 / 2f64.powi(48),
        0.01 / 8_760f64.sqrt(),
        1e-10,
    );
    assert_eq!(
        Variance::of_return_ceil(deviation).0.abs_diff(calm.0) * 1_000_000_000 / calm.0,
        0
    );
    assert_eq!(Variance::from_yearly_bps(u32::MAX), Variance::MAX);
}

/// Half a day of samples of no return halves nothing, a day of them halves the fast variance.
#[test]
fn a_half_life_of_samples_halves_a_variance() {
    let mut fast = variance(1e-4);
    let mut slow = fast;
    for sample in 1..=168 {
        fast = ewma_ceil(fast, Variance::ZERO, FAST_DECAY).unwrap();
        slow = ewma_ceil(slow, Variance::ZERO, SLOW_DECAY).unwrap();
        if sample == 24 {
            close(float(fast), 0.5e-4, 1e-7);
        }
    }
    close(float(slow), 0.5e-4, 1e-7);
}

#[test]
fn the_blend_gives_a_quarter_to_stress_and_never_less_than_the_floor() {
    let state = Volatility {
        fast: variance(3e-4),
        slow: variance(1e-4),
        ..Volatility::default()
    };
    let blend = blended_ceil(&state, variance(1e-4), variance(8e-4));
    close(float(blend), 0.75 * 3e-4 + 0.25 * 8e-4, 1e-12);
    assert_eq!(
        blended_ceil(&state, variance(5e-4), variance(8e-4)),
        variance(5e-4)
    );
    let most = Volatility {
        fast: Variance::MAX,
        ..state
    };
    assert_eq!(blended_ceil(&most, FLOOR, Variance::MAX), Variance::MAX);
}

/// 100 for two minutes, 110 for three, 120 for the remaining five: 112.999…, rounded down.
#[test]
fn the_sample_is_the_mean_over_the_last_ten_minutes_by_time() {
    let mut state = Volatility::seeded(FLOOR);
    let window = START + HOUR - 600;
    let mut observe = |price, time| state.observe(price, time, FLOOR).unwrap();
    // Before the window: not part of the mean.
    assert_eq!(observe(50, window - 1), None);
    assert_eq!(observe(100_000, window), None);
    assert_eq!(observe(110_000, window + 120), None);
    assert_eq!(observe(120_000, window + 300), None);
    assert_eq!(observe(999_999, START + HOUR), None);
    let mean = (100_000 * 120 + 110_000 * 180 + 120_000 * 300) / 600;
    assert_eq!(state.sample_price, mean);
    assert_eq!((state.samples, state.observations, state.weight), (0, 0, 0));
}

#[test]
fn of_two_observations_in_the_window_the_last_is_the_sample() {
    let mut state = Volatility::seeded(FLOOR);
    let window = START + HOUR - 600;
    for (price, time) in [(100, window), (300, window + 599), (1, START + HOUR)] {
        state.observe(price, time, FLOOR).unwrap();
    }
    assert_eq!(state.sample_price, 300);
}

/// The largest price for the whole window: the sum needs 74 bits.
#[test]
fn the_largest_price_is_averaged() {
    let mut state = Volatility::seeded(FLOOR);
    for second in (3_000..3_600).chain([3_600]) {
        state.observe(u64::MAX, START + second, FLOOR).unwrap();
    }
    assert_eq!(state.sample_price, u64::MAX);
}

#[test]
fn two_hours_make_a_return() {
    let state = hourly(&[100_000_000, 101_000_000, 101_000_000]);
    assert_eq!(state.samples, 1);
    let r = (1.01f64).ln();
    close(
        state.last_sample.deviation.0 as f64 / 2f64.powi(48),
        r,
        1e-7,
    );
    let expected = |lambda: f64| lambda * float(FLOOR) + (1.0 - lambda) * r * r;
    close(float(state.fast), expected((-1.0 / 24.0f64).exp2()), 1e-8);
    close(float(state.slow), expected((-1.0 / 168.0f64).exp2()), 1e-8);
    let entered = (1.0 - (-1.0 / 168.0f64).exp2()) * r * r;
    close(float(state.measured), entered, 1e-7);
    assert_eq!(state.last_sample.hour, START / HOUR + 1);
    assert_eq!(state.last_sample.hours, 1);
}

/// Four hours without observations: the return is spread over its hours and weighs as one.
#[test]
fn a_gap_enters_as_one_sample_with_the_weight_of_one_hour() {
    let mut state = hourly(&[100_000_000]);
    let late = START + 4 * HOUR;
    state.observe(98_000_000, late, FLOOR).unwrap();
    let sample = state.observe(1, late + HOUR, FLOOR).unwrap().unwrap();
    let squared = (0.98f64).ln().powi(2) / 4.0;
    let lambda = (-1.0 / 24.0f64).exp2();
    close(
        float(state.fast),
        lambda * float(FLOOR) + (1.0 - lambda) * squared,
        1e-8,
    );
    assert_eq!((state.samples, sample.hours), (1, 4));
    close(
        sample.deviation.0 as f64 / 2f64.powi(48),
        -squared.sqrt(),
        1e-7,
    );
}

/// A gap beyond a day is divided by 24 hours, and not diluted further.
#[test]
fn a_long_gap_counts_as_a_day() {
    let after = |hours: i64| {
        let mut state = hourly(&[100_000_000]);
        state
            .observe(110_000_000, START + hours * HOUR, FLOOR)
            .unwrap();
        state.observe(1, START + (hours + 1) * HOUR, FLOOR).unwrap();
        state
    };
    assert_eq!(after(24).fast, after(1_000).fast);
    assert!(after(23).fast > after(24).fast);
}

/// A tenfold price is clamped at 64 times the slow variance: eight deviations.
#[test]
fn an_absurd_price_is_clamped_at_eight_deviations() {
    let state = hourly(&[100_000_000, 1_000_000_000, 1]);
    let lambda = (-1.0 / 24.0f64).exp2();
    close(
        float(state.fast) / float(FLOOR),
        lambda + 64.0 * (1.0 - lambda),
        1e-7,
    );
    let eight = 8.0 * FLOOR.deviation_ceil().unwrap().0 as f64;
    close(state.last_sample.deviation.0 as f64, eight, 1e-9);
}

#[test]
fn without_a_sample_for_six_hours_the_variance_is_held_and_initial_grows() {
    let state = hourly(&[100_000_000, 130_000_000, 130_000_000]);
    let end = START + 2 * HOUR;
    assert_eq!(state.initial_multiplier(end + 6 * HOUR), Fixed::ONE);
    assert_eq!(
        state.initial_multiplier(end + 6 * HOUR + 1),
        STALE_MULTIPLIER
    );
    assert_eq!(
        Volatility::default().initial_multiplier(0),
        STALE_MULTIPLIER
    );
    // A hundred hours later one sample enters, and one sample's worth is forgotten.
    let mut later = state;
    later.observe(130_000_000, end + 100 * HOUR, FLOOR).unwrap();
    let forgotten = ewma_ceil(state.fast, Variance::ZERO, FAST_DECAY).unwrap();
    assert_eq!(later.fast, forgotten);
}

#[test]
fn what_is_not_newer_or_not_a_price_changes_nothing() {
    let mut state = hourly(&[100_000_000, 101_000_000]);
    let before = state;
    assert_eq!(state.observe(7, before.last_time, FLOOR), Ok(None));
    assert_eq!(
        state.observe(7, before.last_time - 9 * HOUR, FLOOR),
        Ok(None)
    );
    let refused = Err(EngineError::PriceOutOfRange);
    assert_eq!(state.observe(0, before.last_time + HOUR, FLOOR), refused);
    assert_eq!(state.observe(7, i64::MAX, FLOOR), refused);
    assert_eq!(state.observe(7, 0, FLOOR), refused);
    assert_eq!(state, before);
    assert_eq!(Volatility::default().last_sample, Sample::default());
}
