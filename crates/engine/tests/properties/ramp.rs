//! The ramp under any sequence of targets and times (F-4).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::ramp::Ramp;

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
}
