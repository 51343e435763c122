//! The ramp: its daily factors, its target, and a day of cranking every second.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::ramp::Ramp;
use plimsoll_engine::EngineError;

const DAY: i64 = 86_400;

fn rate(percent: f64) -> Fixed {
    Fixed((percent / 100.0 * Fixed::ONE.0 as f64) as i64)
}

/// One day in steps of `seconds`, from 6% towards `target`.
fn after_a_day(seconds: usize, from: Fixed, target: Fixed) -> f64 {
    let mut ramp = Ramp::starting_at(from, 0).unwrap();
    for now in (0..=DAY).step_by(seconds) {
        ramp = ramp.step(target, now).unwrap();
    }
    ramp.step(target, DAY).unwrap().level as f64 / 2f64.powi(62)
}

#[test]
fn a_day_is_worth_one_and_a_half_up_and_nine_tenths_down() {
    let start = 0.06f64;
    let up = after_a_day(86_400, rate(6.0), rate(50.0));
    let down = after_a_day(86_400, rate(6.0), rate(1.0));
    assert!((up / (start * 1.5) - 1.0).abs() < 1e-12, "{up}");
    assert!((down / (start * 0.9) - 1.0).abs() < 1e-12, "{down}");
}

/// Down to the smallest rate a stablecoin can have.
#[test]
fn cranking_every_second_leads_where_cranking_once_leads() {
    for percent in [50.0, 6.0, 0.06, 0.01] {
        for target in [rate(percent * 3.0), rate(percent / 3.0)] {
            let once = after_a_day(86_400, rate(percent), target);
            let start = rate(percent).0 as f64 / Fixed::ONE.0 as f64;
            let daily = start * if target > rate(percent) { 1.5 } else { 0.9 };
            for seconds in [1, 7, 400, 3_600] {
                let often = after_a_day(seconds, rate(percent), target);
                assert!(
                    (often / once - 1.0).abs() < 1e-9,
                    "{percent}% by {seconds} s"
                );
                // Rounding never adds up to more than the daily factor, either way.
                let beyond = if target > rate(percent) {
                    often / daily
                } else {
                    daily / often
                };
                assert!(
                    beyond <= 1.0 + 4e-16,
                    "{percent}% by {seconds} s: {beyond:e}"
                );
            }
        }
    }
}

#[test]
fn the_target_is_reached_exactly_and_kept() {
    for target in [rate(7.0), rate(5.9)] {
        let mut ramp = Ramp::starting_at(rate(6.0), 0).unwrap();
        for day in 1..=3 {
            ramp = ramp.step(target, day * DAY).unwrap();
        }
        assert_eq!(ramp.in_force_floor(), Ok(target));
    }
}

/// A week without a crank moves as far as a day.
#[test]
fn an_absent_crank_does_not_jump() {
    let ramp = Ramp::starting_at(rate(6.0), 0).unwrap();
    let week = ramp.step(rate(50.0), 7 * DAY).unwrap();
    let day = ramp.step(rate(50.0), DAY).unwrap();
    assert_eq!((week.level, week.time), (day.level, 7 * DAY));
}

#[test]
fn time_that_does_not_rise_moves_nothing() {
    let ramp = Ramp::starting_at(rate(6.0), 1_000).unwrap();
    assert_eq!(ramp.step(rate(50.0), 1_000), Ok(ramp));
    assert_eq!(ramp.step(rate(1.0), 999), Ok(ramp));
    assert_eq!(ramp.step(rate(1.0), i64::MIN), Ok(ramp));
}

#[test]
fn a_level_has_to_be_positive_and_below_two() {
    for value in [Fixed::ZERO, Fixed(-1), Fixed(2 << 48)] {
        assert_eq!(Ramp::starting_at(value, 0), Err(EngineError::Overflow));
    }
}
