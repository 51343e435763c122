//! Known deviations of a recorded crash, to notice a walk that is off by a bar or a unit.

use super::data::Series;
use super::model::{engine, float, unit};
use anyhow::Result;
use plimsoll_engine::math::ln_ratio;
use plimsoll_engine::volatility::{ewma_ceil, Variance, FAST_DECAY, HOUR_SECONDS};

/// Seed of the known figures: 80% a year.
const SEED_BPS: u32 = 8_000;
/// SOL, hourly, half-life 24 hours, no clamp: σ per √hour known when the bar that begins then begins;
/// 2021-05-19 12:00, 13:00 and 14:00 UTC. Computed outside this project.
const KNOWN: [(i64, f64); 3] = [
    (1_621_425_600, 0.035452),
    (1_621_429_200, 0.050275),
    (1_621_432_800, 0.055474),
];
/// Half of the last digit that is known, and a little.
const TOLERANCE: f64 = 6e-7;
/// Bars before the first known figure, so that the seed is forgotten to below the tolerance.
const BARS_BEFORE: usize = 1_000;

/// A known figure beside the one computed.
pub struct Figure {
    /// Beginning of the bar, unix seconds.
    pub time: i64,
    /// Known.
    pub expected: f64,
    /// From this series.
    pub actual: f64,
}

impl Figure {
    /// Whether both agree to the digits that are known.
    pub fn holds(&self) -> bool {
        (self.expected - self.actual).abs() <= TOLERANCE
    }
}

/// The known figures, if `series` is hourly SOL and covers them; otherwise none.
///
/// # Errors
/// What the engine refuses.
pub fn figures(series: &Series) -> Result<Vec<Figure>> {
    if series.asset != "SOL" || series.interval != HOUR_SECONDS {
        return Ok(Vec::new());
    }
    let starts = KNOWN.map(|(time, _)| series.bars.binary_search_by_key(&time, |bar| bar.begin));
    if starts
        .iter()
        .any(|start| !matches!(start, Ok(i) if *i >= BARS_BEFORE))
    {
        return Ok(Vec::new());
    }
    let deviations = unclamped(series)?;
    Ok(KNOWN
        .iter()
        .zip(starts.into_iter().flatten())
        .map(|(&(time, expected), bar)| Figure {
            time,
            expected,
            actual: deviations[bar - 1],
        })
        .collect())
}

/// Fast deviation after every bar without the clamp of F-3.
fn unclamped(series: &Series) -> Result<Vec<f64>> {
    let unit = unit(series)?;
    let price = |close: f64| (close * unit).round() as u64;
    let mut variance = Variance::from_yearly_bps(SEED_BPS);
    let mut before: Option<u64> = None;
    let mut deviations = Vec::with_capacity(series.bars.len());
    for bar in &series.bars {
        let price = price(bar.close);
        if let Some(before) = before {
            let square = Variance::of_return_ceil(engine(ln_ratio(price, before))?);
            variance = engine(ewma_ceil(variance, square, FAST_DECAY))?;
        }
        before = Some(price);
        deviations.push(float(engine(variance.deviation_ceil())?));
    }
    Ok(deviations)
}

#[cfg(test)]
mod tests {
    use super::super::data::{Bar, Gaps};
    use super::*;

    fn made(asset: &str) -> Series {
        let closes = [100.0, 101.0, 97.5, 98.25, 80.0, 88.0, 87.0, 87.0, 95.5];
        let bar = |(i, close): (usize, f64)| Bar {
            begin: i as i64 * 3_600,
            close,
        };
        Series {
            asset: asset.to_owned(),
            file: "made.csv".to_owned(),
            source: String::new(),
            interval: 3_600,
            bars: closes.into_iter().enumerate().map(bar).collect(),
            gaps: Gaps::default(),
        }
    }

    /// Expected values from 50-digit decimal arithmetic outside this project; the engine's decay of
    /// 32 digits differs from 2^(−1/24) by 4e-9 of the weight of a return.
    #[test]
    fn deviations_of_a_made_series() {
        let deviations = unclamped(&made("SOL")).unwrap();
        assert_eq!(deviations.len(), EXPECTED.len());
        for (actual, expected) in deviations.iter().zip(EXPECTED) {
            assert!(
                (actual / expected - 1.0).abs() < 5e-9,
                "{actual}, not {expected}"
            );
        }
    }

    #[test]
    fn other_series_have_no_known_figures() {
        assert!(figures(&made("BTC")).unwrap().is_empty());
        assert!(figures(&made("SOL")).unwrap().is_empty());
    }

    const EXPECTED: [f64; 9] = [
        0.008547476863413764,
        0.008590581993215938,
        0.010349249572195887,
        0.010282483787369493,
        0.03612201004396742,
        0.039067367569444775,
        0.038555517502076,
        0.03800275470632397,
        0.04062600310852331,
    ];
}
