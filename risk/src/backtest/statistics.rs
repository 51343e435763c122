//! Tests of a value at risk: does it fail as often as it says, and independently of before?
//!
//! Sources: P. Kupiec, "Techniques for verifying the accuracy of risk measurement models" (1995);
//! P. Christoffersen, "Evaluating interval forecasts" (1998); Basel Committee, "Supervisory framework
//! for the use of backtesting" (1996).

use anyhow::{Context, Result};
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

/// 95% quantile of χ² with one degree of freedom: a larger Kupiec LR rejects at 5%.
pub const CRITICAL_ONE: f64 = 3.841;
/// Cumulative probability from which on a count is yellow.
const YELLOW_FROM: f64 = 0.95;
/// Cumulative probability from which on a count is red.
const RED_FROM: f64 = 0.9999;

/// A likelihood ratio and how likely a larger one is if the model is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// −2 ln of the ratio.
    pub statistic: f64,
    /// Probability, by χ² with the test's degrees of freedom.
    pub p: f64,
}

impl Ratio {
    fn new(statistic: f64, degrees: f64) -> Result<Self> {
        let statistic = statistic.max(0.0);
        let p = ChiSquared::new(degrees).context("χ²")?.sf(statistic);
        Ok(Self { statistic, p })
    }
}

/// Colour of a count of exceptions, after the traffic light of Basel, for any number of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Fewer than would be unusual.
    Green,
    /// As many or fewer occur with at least 95%.
    Yellow,
    /// As many or fewer occur with at least 99.99%.
    Red,
}

impl Zone {
    /// Of `exceptions` in `windows`, each with probability `level`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn of(windows: u64, exceptions: u64, level: f64) -> Result<Self> {
        let below = Binomial::new(level, windows)
            .context("binomial")?
            .cdf(exceptions);
        Ok(match below {
            p if p >= RED_FROM => Self::Red,
            p if p >= YELLOW_FROM => Self::Yellow,
            _ => Self::Green,
        })
    }

    /// In a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// Unconditional coverage: are there as many exceptions as `level` says? One degree of freedom.
///
/// # Errors
/// None for a level between 0 and 1.
pub fn kupiec(windows: u64, exceptions: u64, level: f64) -> Result<Ratio> {
    let (n, x) = (windows as f64, exceptions as f64);
    let observed = if windows == 0 { level } else { x / n };
    let free = likelihood(n - x, x, observed);
    Ratio::new(2.0 * (free - likelihood(n - x, x, level)), 1.0)
}

/// Independence: is an exception as likely after an exception as after none? One degree of freedom.
///
/// # Errors
/// None.
pub fn independence(exceptions: &[bool]) -> Result<Ratio> {
    // counts[before][after]
    let mut counts = [[0.0; 2]; 2];
    for pair in exceptions.windows(2) {
        counts[usize::from(pair[0])][usize::from(pair[1])] += 1.0;
    }
    let [[none, first], [last, both]] = counts;
    let part = |hits: f64, of: f64| if of > 0.0 { hits / of } else { 0.0 };
    let after_none = likelihood(none, first, part(first, none + first));
    let after_one = likelihood(last, both, part(both, last + both));
    let (misses, hits) = (none + last, first + both);
    let alike = likelihood(misses, hits, part(hits, misses + hits));
    Ratio::new(2.0 * (after_none + after_one - alike), 1.0)
}

/// Conditional coverage: both at once, two degrees of freedom.
///
/// # Errors
/// None.
pub fn conditional(coverage: Ratio, independence: Ratio) -> Result<Ratio> {
    Ratio::new(coverage.statistic + independence.statistic, 2.0)
}

/// ln of p^hits · (1 − p)^misses, with 0 · ln 0 = 0.
fn likelihood(misses: f64, hits: f64, p: f64) -> f64 {
    let term = |count: f64, p: f64| if count > 0.0 { count * p.ln() } else { 0.0 };
    term(misses, 1.0 - p) + term(hits, p)
}

/// The value with `part` of the sorted values below it, by the nearest rank; 0 of nothing.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = (part * sorted.len() as f64) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(rank.min(last)).copied().unwrap_or(0.0)
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(actual: f64, expected: f64, tolerance: f64) {
        assert!(
            (actual - expected).abs() <= tolerance,
            "{actual}, not {expected}"
        );
    }

    /// Published or recorded values, none computed with this code.
    #[test]
    fn kupiec_vectors() {
        let lr = |n, x, p| kupiec(n, x, p).unwrap();
        near(lr(250, 9, 0.01).statistic, 10.229, 5e-4);
        near(lr(250, 0, 0.01).statistic, 5.025, 5e-4);
        near(lr(1_043, 57, 0.05).statistic, 0.4615, 5e-5);
        near(lr(1_043, 57, 0.05).p, 0.497, 5e-4);
        near(lr(11_973, 105, 0.01).statistic, 1.91, 5e-3);
        near(lr(0, 0, 0.01).statistic, 0.0, 0.0);
    }

    #[test]
    fn kupiec_accepts_the_published_counts() {
        let accepted = |n, p| -> Vec<u64> {
            (0..=n)
                .filter(|&x| kupiec(n, x, p).unwrap().statistic < CRITICAL_ONE)
                .collect()
        };
        assert_eq!(accepted(1_000, 0.01), (5..=16).collect::<Vec<_>>());
        assert_eq!(accepted(250, 0.01), (1..=6).collect::<Vec<_>>());
        assert_eq!(accepted(510, 0.01), (2..=10).collect::<Vec<_>>());
        assert_eq!(accepted(255, 0.05), (7..=20).collect::<Vec<_>>());
        assert_eq!(accepted(1_000, 0.05), (38..=64).collect::<Vec<_>>());
    }

    #[test]
    fn zones_start_where_basel_says() {
        for (windows, yellow, red) in [(250, 5, 10), (500, 9, 15), (750, 12, 20), (1_000, 15, 24)] {
            let zone = |x| Zone::of(windows, x, 0.01).unwrap();
            assert_eq!(zone(yellow - 1), Zone::Green, "{windows}");
            assert_eq!(zone(yellow), Zone::Yellow, "{windows}");
            assert_eq!(zone(red - 1), Zone::Yellow, "{windows}");
            assert_eq!(zone(red), Zone::Red, "{windows}");
        }
    }

    #[test]
    fn critical_values_have_five_percent_beyond_them() {
        near(Ratio::new(3.841, 1.0).unwrap().p, 0.05, 1e-4);
        near(Ratio::new(5.991, 2.0).unwrap().p, 0.05, 1e-4);
        // A published pair of likelihood ratios: accepted together, below 5.99.
        let pair = [
            Ratio::new(0.0945, 1.0).unwrap(),
            Ratio::new(5.0239, 1.0).unwrap(),
        ];
        let both = conditional(pair[0], pair[1]).unwrap();
        near(both.statistic, 5.1184, 1e-9);
        assert!(both.statistic < 5.992 && both.p > 0.05);
    }

    #[test]
    fn quantiles_and_means() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        near(quantile(&values, 0.5), 50.0, 0.0);
        near(quantile(&values, 0.99), 99.0, 0.0);
        near(quantile(&values, 1.0), 99.0, 0.0);
        near(quantile(&[], 0.5), 0.0, 0.0);
        near(mean(&values), 49.5, 0.0);
    }

    /// Expected values from 50-digit decimal arithmetic, outside this code; see CHRISTOFFERSEN below.
    #[test]
    fn christoffersen_vectors() {
        let hits =
            |places: &[usize]| -> Vec<bool> { (0..250).map(|i| places.contains(&i)).collect() };
        for (places, expected) in CHRISTOFFERSEN {
            near(
                independence(&hits(places)).unwrap().statistic,
                expected,
                1e-9,
            );
        }
    }

    /// Places of exceptions among 250 windows, and LR_ind.
    const CHRISTOFFERSEN: [(&[usize], f64); 5] = [
        (&[10, 11, 100, 101, 102, 200], 15.915296651119773),
        (&[20, 60, 100, 140, 180, 220], 0.29632641046347397),
        (&[249], 0.0),
        (&[0, 1], 10.258295619353452),
        (&[], 0.0),
    ];
}
