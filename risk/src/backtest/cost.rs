//! What a rule costs while nothing happens, and how fast it asks for more when something does.

use super::data::Series;
use super::statistics::{mean, quantile};
use super::walk::{Walk, WARM_UP};
use std::collections::VecDeque;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Requirements over all bars after the warm-up.
pub struct Cost {
    /// Mean.
    pub mean: f64,
    /// A hundredth of the bars ask for less.
    pub p1: f64,
    /// Median.
    pub median: f64,
    /// A hundredth of the bars ask for more.
    pub p99: f64,
    /// Largest.
    pub most: f64,
    /// Largest over smallest.
    pub peak_to_trough: f64,
    /// Largest growth within a day.
    pub growth_day: Growth,
    /// Largest growth within five days.
    pub growth_five_days: Growth,
}

impl Cost {
    /// Of one rule and side.
    pub fn of(series: &Series, required: &[f64]) -> Self {
        let mut sorted = required[WARM_UP.min(required.len())..].to_vec();
        sorted.sort_by(f64::total_cmp);
        let most = quantile(&sorted, 1.0);
        Self {
            mean: mean(&sorted),
            p1: quantile(&sorted, 0.01),
            median: quantile(&sorted, 0.5),
            p99: quantile(&sorted, 0.99),
            most,
            peak_to_trough: most / quantile(&sorted, 0.0),
            growth_day: Growth::within(series, required, DAY),
            growth_five_days: Growth::within(series, required, 5 * DAY),
        }
    }
}

/// The largest growth of a requirement within some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// What was asked at `bar` over the least that was asked in the time before.
    pub factor: f64,
    /// Where.
    pub bar: usize,
}

impl Growth {
    /// Over any two bars at most `seconds` apart, after the warm-up.
    fn within(series: &Series, required: &[f64], seconds: i64) -> Self {
        let mut most = Self {
            factor: 1.0,
            bar: WARM_UP,
        };
        least_within(series, required, seconds, |bar, least| {
            let factor = required[bar] / least;
            if factor > most.factor {
                most = Self { factor, bar };
            }
        });
        most
    }
}

/// Shows `see` every bar after the warm-up with the least value of the bars at most `seconds` before.
fn least_within<T: PartialOrd + Copy>(
    series: &Series,
    values: &[T],
    seconds: i64,
    mut see: impl FnMut(usize, T),
) {
    // Bars whose value no later bar undercuts, rising.
    let mut candidates: VecDeque<usize> = VecDeque::new();
    for bar in WARM_UP..values.len() {
        while candidates.back().is_some_and(|&b| values[b] >= values[bar]) {
            candidates.pop_back();
        }
        candidates.push_back(bar);
        while candidates
            .front()
            .is_some_and(|&b| series.end(bar) - series.end(b) > seconds)
        {
            candidates.pop_front();
        }
        if let Some(&least) = candidates.front() {
            see(bar, values[least]);
        }
    }
}

/// Growth between two bars exactly a day apart, the largest there is: how the earlier figures were
/// taken.
pub fn growth_end_to_end(series: &Series, required: &[f64]) -> f64 {
    let bars = usize::try_from(DAY / series.interval.max(1))
        .unwrap_or(1)
        .max(1);
    (WARM_UP + bars..required.len())
        .map(|bar| required[bar] / required[bar - bars])
        .fold(1.0, f64::max)
}

/// Whether both ramps stayed within their daily factor of 1.5, in whole numbers: 2 · level ≤ 3 · the
/// least level of the day before. The bar that broke it, if one did.
pub fn ramp_broken_at(series: &Series, walk: &Walk) -> Option<usize> {
    let mut broken = None;
    for levels in &walk.levels {
        least_within(series, levels, DAY, |bar, least| {
            if 2 * u128::from(levels[bar]) > 3 * u128::from(least) && broken.is_none() {
                broken = Some(bar);
            }
        });
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::data::{Bar, Gaps};
    use super::*;

    fn series(bars: usize) -> Series {
        let bar = |i: usize| Bar {
            begin: i as i64 * 3_600,
            close: 1.0,
        };
        Series {
            asset: "SOL".to_owned(),
            file: "made.csv".to_owned(),
            source: String::new(),
            interval: 3_600,
            bars: (0..bars).map(bar).collect(),
            gaps: Gaps::default(),
        }
    }

    #[test]
    fn growth_is_measured_from_the_trough_of_the_time_before() {
        let mut required = vec![0.10; 400];
        required[300] = 0.05;
        required[324] = 0.12;
        required[350] = 0.20;
        let cost = Cost::of(&series(400), &required);
        assert!((cost.growth_day.factor - 2.4).abs() < 1e-12);
        assert_eq!(cost.growth_day.bar, 324);
        assert!((cost.growth_five_days.factor - 4.0).abs() < 1e-12);
        assert!((cost.peak_to_trough - 4.0).abs() < 1e-12);
        assert!((cost.median - 0.1).abs() < 1e-12);
        assert!((growth_end_to_end(&series(400), &required) - 2.4).abs() < 1e-12);
    }

    #[test]
    fn a_ramp_that_jumps_is_found() {
        let mut walk = Walk {
            horizon: 4,
            deviations: Vec::new(),
            rules: Vec::new(),
            levels: [vec![100; 400], vec![100; 400]],
        };
        walk.levels[0][300..].fill(150);
        assert_eq!(ramp_broken_at(&series(400), &walk), None);
        walk.levels[1][310..].fill(151);
        assert_eq!(ramp_broken_at(&series(400), &walk), Some(310));
    }
}
