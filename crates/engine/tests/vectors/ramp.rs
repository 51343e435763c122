//! The ramp: its daily factors, its target, and a day of cranking every second.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::ramp::{in_force_floor, level_of, Ramp, Step};
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

/// A level is a value with 62 digits instead of 48.
#[test]
fn a_level_is_its_value_until_it_moves() {
    assert_eq!(level_of(Fixed::ONE), Ok(1 << 62));
    assert_eq!(level_of(Fixed(1)), Ok(1 << 14));
    assert_eq!(in_force_floor(1 << 62), Ok(Fixed::ONE));
    assert_eq!(in_force_floor((1 << 62) - 1), Ok(Fixed((1 << 48) - 1)));
    for value in [Fixed::ZERO, Fixed(-1), Fixed(2 << 48)] {
        assert_eq!(level_of(value), Err(EngineError::Overflow));
    }
}

/// Half a day: √1.5 = 1.2247449 up, √0.9 = 0.9486833 down, and what stands at its target stays.
#[test]
fn one_step_serves_every_ramp_of_an_asset() {
    let mut step = Step::since(1_000, 1_000 + DAY / 2).unwrap();
    let one = level_of(Fixed::ONE).unwrap();
    let mut moved =
        |target: f64| step.toward(one, rate(100.0 * target)).unwrap() as f64 / 2f64.powi(62);
    assert!((moved(1.9) - 1.5f64.sqrt()).abs() < 1e-14);
    assert!((moved(0.5) - 0.9f64.sqrt()).abs() < 1e-14);
    assert!((moved(1.8) - 1.5f64.sqrt()).abs() < 1e-14);
    assert_eq!(moved(1.0), 1.0);
    assert_eq!(moved(1.125), 1.125);
    assert_eq!(Step::since(5, 5), None);
    assert_eq!(Step::since(5, i64::MIN), None);
    assert_eq!(Step::since(0, 7 * DAY), Step::since(0, DAY));
    assert_eq!(Step::since(i64::MIN, i64::MAX), Step::since(0, DAY));
    let refused = Step::since(0, 1).unwrap().toward(one, Fixed::ZERO);
    assert_eq!(refused, Err(EngineError::Overflow));
}
