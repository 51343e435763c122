//! How often the move after a requirement was larger than it.

use super::data::Series;
use super::statistics::{conditional, independence, kupiec, mean, quantile, Ratio, Zone};
use super::walk::{Side, Walk, WARM_UP};
use anyhow::{ensure, Result};

/// Bars at which windows of `horizon` bars begin; none overlaps the next.
///
/// # Errors
/// A series too short for a single one.
pub fn windows(series: &Series, horizon: usize) -> Result<Vec<usize>> {
    let starts: Vec<usize> = (WARM_UP..series.bars.len().saturating_sub(horizon))
        .step_by(horizon)
        .collect();
    ensure!(
        !starts.is_empty(),
        "{}: expected more than {} bars, got {}",
        series.file,
        WARM_UP + horizon,
        series.bars.len()
    );
    Ok(starts)
}

/// One rule, one side, judged.
pub struct Coverage {
    /// Windows looked at.
    pub windows: usize,
    /// Bars after which the loss was larger than what was asked.
    pub exceptions: Vec<usize>,
    /// Against the rule's level.
    pub kupiec: Ratio,
    /// Do exceptions follow each other?
    pub independence: Ratio,
    /// Both.
    pub conditional: Ratio,
    /// Traffic light.
    pub zone: Zone,
    /// Mean loss of the windows beyond the requirement, as a part of the position's value.
    pub shortfall: f64,
    /// Mean of loss over requirement in the same windows.
    pub over_required: f64,
}

impl Coverage {
    /// Counts the windows in which the loss exceeded what `asked` says at their beginning.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn of(
        series: &Series,
        starts: &[usize],
        horizon: usize,
        asked: (&[f64], Side, f64),
    ) -> Result<Self> {
        let (required, side, level) = asked;
        let losses: Vec<(usize, f64, f64)> = starts
            .iter()
            .map(|&i| {
                let loss = side.loss(series.bars[i].close, series.bars[i + horizon].close);
                (i, loss, required[i])
            })
            .collect();
        let exceeds = |&(_, loss, required): &(usize, f64, f64)| loss > required;
        let hits: Vec<bool> = losses.iter().map(exceeds).collect();
        let beyond: Vec<_> = losses.into_iter().filter(exceeds).collect();
        let (n, x) = (starts.len() as u64, beyond.len() as u64);
        let kupiec = kupiec(n, x, level)?;
        let independence = independence(&hits)?;
        Ok(Self {
            windows: starts.len(),
            kupiec,
            independence,
            conditional: conditional(kupiec, independence)?,
            zone: Zone::of(n, x, level)?,
            shortfall: mean(&beyond.iter().map(|b| b.1).collect::<Vec<_>>()),
            over_required: mean(&beyond.iter().map(|b| b.1 / b.2).collect::<Vec<_>>()),
            exceptions: beyond.into_iter().map(|b| b.0).collect(),
        })
    }

    /// Exceptions as a part of the windows.
    pub fn rate(&self) -> f64 {
        self.exceptions.len() as f64 / self.windows as f64
    }
}

/// Losses in units of the plain forecast σ√h: what k would have had to be.
pub struct Multiples {
    /// Exceeded by 5% of the windows.
    pub at_95: f64,
    /// Exceeded by 1%.
    pub at_99: f64,
    /// Exceeded by 0.1%.
    pub at_999: f64,
    /// Mean of the worst 2.5%.
    pub shortfall: f64,
    /// The worst.
    pub worst: f64,
}

impl Multiples {
    /// Of logarithmic losses of one side.
    pub fn of(series: &Series, starts: &[usize], walk: &Walk, side: Side) -> Self {
        let root = (walk.horizon as f64).sqrt();
        let mut multiples: Vec<f64> = starts
            .iter()
            .map(|&i| {
                let (from, to) = (series.bars[i].close, series.bars[i + walk.horizon].close);
                let change = (to / from).ln() / (walk.deviations[i] * root);
                if side == Side::Long {
                    -change
                } else {
                    change
                }
            })
            .collect();
        multiples.sort_by(f64::total_cmp);
        let tail = (multiples.len() as f64 * 0.975) as usize;
        Self {
            at_95: quantile(&multiples, 0.95),
            at_99: quantile(&multiples, 0.99),
            at_999: quantile(&multiples, 0.999),
            shortfall: mean(&multiples[tail..]),
            worst: quantile(&multiples, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::{Bar, Gaps};
    use super::*;

    fn series(closes: Vec<f64>) -> Series {
        let bar = |(i, close): (usize, f64)| Bar {
            begin: i as i64 * 3_600,
            close,
        };
        Series {
            asset: "SOL".to_owned(),
            file: "made.csv".to_owned(),
            source: String::new(),
            interval: 3_600,
            bars: closes.into_iter().enumerate().map(bar).collect(),
            gaps: Gaps::default(),
        }
    }

    #[test]
    fn windows_do_not_overlap_and_end_inside() {
        let made = series(vec![1.0; 211]);
        assert_eq!(windows(&made, 4).unwrap(), [200, 204]);
        assert!(windows(&series(vec![1.0; 204]), 4).is_err());
    }

    #[test]
    fn losses_beyond_the_requirement_are_exceptions() {
        let mut closes = vec![100.0; 1_201];
        closes[300] = 80.0;
        let made = series(closes);
        let starts: Vec<usize> = (200..1_200).collect();
        let asked = vec![0.1; 1_201];
        let long = Coverage::of(&made, &starts, 1, (&asked, Side::Long, 0.01)).unwrap();
        assert_eq!(long.exceptions, [299]);
        assert!((long.shortfall - 0.2).abs() < 1e-12 && (long.over_required - 2.0).abs() < 1e-9);
        let short = Coverage::of(&made, &starts, 1, (&asked, Side::Short, 0.01)).unwrap();
        assert_eq!(short.exceptions, [300]);
        assert!((short.shortfall - 0.25).abs() < 1e-12);
        let equal = vec![1.0 - 80.0 / 100.0; 1_201];
        let none = Coverage::of(&made, &starts, 1, (&equal, Side::Long, 0.01)).unwrap();
        assert!(none.exceptions.is_empty() && none.zone == Zone::Green);
    }
}
