//! The ramp under any sequence of targets and times (F-4).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::ramp::{in_force_floor, raised_floor, Ramp, Step};

use crate::{cases, CENTRAL};

const DAY: i64 = 86_400;

/// From 0.01% to 100%.
fn rate() -> impl Strategy<Value = Fixed> {
    (28_147_497_671i64..=1 << 48).prop_map(Fixed)
}

fn level(ramp: &Ramp) -> f64 {
    ramp.level as f64
}

fn factor(daily: f64, seconds: i64) -> f64 {
    daily.powf(seconds.min(DAY) as f64 / DAY as f64)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// For a constant target the result does not depend on when anybody cranks, within 1e-6; measured
    /// here within 1e-9.
    #[test]
    fn it_does_not_matter_how_often_anybody_cranks(
        from in rate(), target in rate(), mut times in vec(0..=DAY, 0..60),
    ) {
        times.sort_unstable();
        let start = Ramp::starting_at(from, 0).unwrap();
        let once = start.step(target, DAY).unwrap();
        let mut often = start;
        for now in times.iter().chain([&DAY]) {
            often = often.step(target, *now).unwrap();
        }
        prop_assert!((level(&often) / level(&once) - 1.0).abs() <= 1e-9, "{often:?} {once:?}");
    }

    /// However targets jump, nothing rises above 1.5 to the days nor falls below 0.9 to the days: no
    /// caller can lower what is in force except by waiting.
    #[test]
    fn nothing_moves_faster_than_its_daily_factor(
        from in rate(), steps in vec((rate(), 0..=2 * DAY), 1..40),
    ) {
        let mut ramp = Ramp::starting_at(from, 0).unwrap();
        let (mut most, mut least) = (level(&ramp), level(&ramp));
        for (target, wait) in steps {
            let now = ramp.time + wait;
            let next = ramp.step(target, now).unwrap();
            most *= factor(1.5, wait);
            least *= factor(0.9, wait);
            prop_assert!(level(&next) <= level(&ramp) * factor(1.5, wait) * (1.0 + 1e-15));
            prop_assert!(level(&next) >= level(&ramp) * factor(0.9, wait) * (1.0 - 1e-15));
            // Never past its target, and never away from it.
            let aim = (target.0 as f64) * 2f64.powi(14);
            let (low, high) = (aim.min(level(&ramp)), aim.max(level(&ramp)));
            prop_assert!((low..=high).contains(&level(&next)));
            prop_assert_eq!(next.step(target, now), Ok(next));
            ramp = next;
        }
        prop_assert!(level(&ramp) <= most * (1.0 + 1e-12));
        prop_assert!(level(&ramp) >= least * (1.0 - 1e-12));
    }

    /// For a constant target nobody gains anything by when he cranks, within 1e-6: a crank a day for
    /// several days, a crank a day with any others in between, and the closed form agree.
    #[test]
    fn ramp_does_not_depend_on_how_often_anybody_cranks(
        from in rate(), target in rate(), days in 1..=6i64, times in vec(0..=6 * DAY, 0..60),
    ) {
        let start = Ramp::starting_at(from, 0).unwrap();
        let daily: Vec<i64> = (1..=days).map(|day| day * DAY).collect();
        let mut often: Vec<i64> = times.into_iter().filter(|time| *time < days * DAY).collect();
        often.extend(&daily);
        often.sort_unstable();
        let after = |times: &[i64]| {
            let steps = times.iter();
            let last = steps.fold(start, |ramp, now| ramp.step(target, *now).unwrap());
            level(&last)
        };
        let aim = target.0 as f64 * 2f64.powi(14);
        let moved = |factor: f64| level(&start) * factor.powi(days as i32);
        let exact = if target > from { moved(1.5).min(aim) } else { moved(0.9).max(aim) };
        prop_assert!((after(&often) / after(&daily) - 1.0).abs() <= 1e-6);
        prop_assert!((after(&often) / exact - 1.0).abs() <= 1e-6);
    }

    /// Whatever the targets and whenever the cranks: within 86,400 seconds of any crank what is in force
    /// has grown by at most 1.5 and fallen to no less than 0.9, and over any longer time by no more than
    /// its days allow. (Before a crank that comes a day late the old level is what is in force, so that
    /// between its last second and a day after it two days' factors can lie.)
    #[test]
    fn ramp_never_passes_its_daily_factor(
        from in rate(),
        steps in vec((rate(), prop_oneof![6 => 0..=7_200i64, 2 => 0..=DAY, 1 => 0..=3 * DAY]), 1..40),
    ) {
        let mut ramp = Ramp::starting_at(from, 0).unwrap();
        let mut history = vec![ramp];
        for (target, wait) in steps {
            let now = ramp.time + wait;
            ramp = ramp.step(target, now).unwrap();
            for then in &history {
                let (passed, factor_in_force) = (now - then.time, level(&ramp) / level(then));
                let days = if passed <= DAY { 1.0 } else { passed as f64 / DAY as f64 };
                prop_assert!(factor_in_force <= 1.5f64.powf(days) * (1.0 + 1e-14));
                prop_assert!(factor_in_force >= 0.9f64.powf(days) * (1.0 - 1e-14));
            }
            history.push(ramp);
        }
    }

    /// Three levels moved by one step end where three ramps end, whichever way each of them goes.
    #[test]
    fn one_step_moves_all_levels_as_their_own_ramps_would(
        levels in vec((rate(), rate()), 3), wait in 0..=2 * DAY,
    ) {
        let mut step = Step::since(7, 7 + wait);
        prop_assert_eq!(step.is_none(), wait == 0);
        for (from, target) in levels {
            let ramp = Ramp::starting_at(from, 7).unwrap();
            let alone = ramp.step(target, 7 + wait).unwrap();
            let shared = match &mut step {
                Some(step) => step.toward(ramp.level, target).unwrap(),
                None => ramp.level,
            };
            prop_assert_eq!(shared, alone.level);
            prop_assert_eq!(in_force_floor(shared), alone.in_force_floor());
        }
    }

    /// What an announced change raises grows by at most half in a day from what it was, or from a 1,000th of
    /// its target, arrives, and never passes it; what it lowers is there at once.
    #[test]
    fn a_change_with_notice_grows_by_at_most_half_in_a_day(
        from in 0..1u64 << 62,
        target in 0..1u64 << 62,
        days in 0..40u64,
        rest in 0..86_400u64,
    ) {
        let seconds = days * 86_400 + rest;
        let value = raised_floor(from, target, seconds).unwrap();
        if target <= from {
            prop_assert_eq!(value, target);
            return Ok(());
        }
        prop_assert!(value <= target);
        let begins = from.max(target / 1_000).max(1) as f64;
        let most = begins * 1.5f64.powf(seconds as f64 / 86_400.0);
        prop_assert!(value as f64 <= most * (1.0 + 1e-12), "{value} of {most}");
        prop_assert!(value as f64 >= (most * (1.0 - 1e-6)).min(target as f64 * 0.999_999) - 40.0 || target < 100);
        if seconds >= 18 * 86_400 && target > 1 << 20 {
            prop_assert_eq!(value, target);
        }
        let later = raised_floor(from, target, seconds + 60).unwrap();
        prop_assert!(later >= value);
        prop_assert!(value < 1 << 20 || (later as f64) <= value as f64 * 1.000_3, "0.03% a minute");
    }
}
