//! What a rate can be: INV-21, INV-22, INV-25, INV-26.

use super::{rule, Checks, Transition};
use plimsoll::state::RiskBook;

const DAY: f64 = 86_400.0;
/// What rounding may add.
const SLACK: f64 = 1e-6;
/// Ten-thousandths that a correlation moves in an hour.
const HOURLY: i64 = 41;
/// Common samples from which a correlation is in force.
const COMMON: u16 = 168;

pub(super) fn check(seen: &Transition<'_>, checks: &mut Checks) {
    let (before, after) = (&*seen.before.book, &*seen.after.book);
    for slot in 0..usize::from(after.asset_count) {
        check_rates(seen, slot, checks);
        let is = &after.assets[slot];
        let enough = |initial: i64, maintenance: i64| {
            i128::from(initial) * 4 >= i128::from(maintenance) * 5 - 8
        };
        let sound = enough(is.initial_long, is.maintenance_long)
            && enough(is.initial_short, is.maintenance_short);
        rule(checks, "INV-22", sound, || {
            format!("initial of slot {slot} is below 1.25 times maintenance")
        });
    }
    check_correlations(before, after, seen, checks);
}

fn check_rates(seen: &Transition<'_>, slot: usize, checks: &mut Checks) {
    let (was, is) = (
        &seen.before.book.assets[slot],
        &seen.after.book.assets[slot],
    );
    let stood = seen.before.book.models[slot].ramp_time;
    let moves = seen.after.book.models[slot].ramp_time != stood;
    let pairs = [
        (was.maintenance_long, is.maintenance_long),
        (was.maintenance_short, is.maintenance_short),
    ];
    for (was, is) in pairs {
        if !moves {
            // Neither open interest nor liquidations nor anybody's calls.
            rule(checks, "INV-25", was == is, || {
                format!(
                    "{}: maintenance of slot {slot} moved without a step",
                    seen.act.name
                )
            });
            continue;
        }
        // Before the first step there is nothing to ramp from.
        if stood == 0 {
            continue;
        }
        let days = ((seen.after.now - stood) as f64).clamp(0.0, DAY) / DAY;
        let (most, least) = (1.5f64.powf(days) + SLACK, 0.9f64.powf(days) - SLACK);
        let times = is as f64 / was as f64;
        rule(checks, "INV-21", times <= most && times >= least, || {
            format!("maintenance of slot {slot} went {times}-fold in {days} days")
        });
    }
}

fn check_correlations(
    before: &RiskBook,
    after: &RiskBook,
    seen: &Transition<'_>,
    checks: &mut Checks,
) {
    let mut pair = 0;
    for high in 1..usize::from(after.asset_count) {
        for low in 0..high {
            let (was, is) = (&before.pairs[pair], &after.pairs[pair]);
            pair += 1;
            if was.samples < COMMON {
                continue;
            }
            let hours =
                |slot: usize| after.models[slot].sample_hour - before.models[slot].sample_hour;
            let most = HOURLY * hours(high).max(hours(low)).max(0);
            let moved = i64::from(is.in_force) - i64::from(was.in_force);
            rule(checks, "INV-26", moved.abs() <= most, || {
                format!(
                    "{}: correlation {low}, {high} moved by {moved}",
                    seen.act.name
                )
            });
        }
    }
}
