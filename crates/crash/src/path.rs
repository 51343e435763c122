//! From step figures to a price path: a seeded bridge between recorded points.
//!
//! Every step is cut into equal substeps. One substep, the same for all
//! assets, touches the step's low exactly; the last one ends at the step's
//! last price exactly. Between these the path is invented: a straight line in
//! log distance above the low plus a pinned random walk, reflected at the low,
//! so that no step falls below its recorded low. Deeper steps share more of
//! their noise between assets. The same seed gives the same path.

use anyhow::{ensure, Result};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::crash::{Asset, Crash, Provenance, Series, PRICE_SCALE};

/// Invented prices are multiples of this many 1e-8 USD (1e-4 USD), so that the
/// last bit of a logarithm cannot show.
const TICK: i64 = 10_000;
/// Time constant of the published moving average, in seconds.
pub const EMA_SECONDS: f64 = 3_600.0;
/// Memory of the realised move that widens the confidence, in seconds.
const CONF_MEMORY_SECONDS: f64 = 1_800.0;
/// Confidence in a calm market and its ceiling, in basis points of the price.
const CONF_BPS: (f64, f64) = (5.0, 30.0);
/// Realised move per ten minutes at which the confidence reaches its ceiling.
const CONF_FULL_MOVE: f64 = 0.02;
/// Confidence of the quote token, in basis points.
const QUOTE_CONF_BPS: i64 = 2;
/// Size of the noise against the range of the step.
const NOISE: f64 = 0.35;

/// One oracle publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathPoint {
    /// Publish time, unix seconds UTC.
    pub time: i64,
    /// Price, 1e-8 USD.
    pub price: i64,
    /// Confidence interval (one side), 1e-8 USD.
    pub conf: u64,
    /// Moving average of the price over about an hour, 1e-8 USD.
    pub ema_price: i64,
    /// Moving average of the confidence, 1e-8 USD.
    pub ema_conf: u64,
    /// False only where an exchange printed this very price.
    pub synthetic: bool,
}

/// One asset's publications, on the same clock as all others of the replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetPath {
    /// Whose prices these are.
    pub asset: Asset,
    /// How the step figures came about, one sentence.
    pub provenance: String,
    /// The price before the first step, then one point per substep.
    pub points: Vec<PathPoint>,
}

/// A crash ready to be fed to the oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Publish times, unix seconds UTC; the first is the start of the crash.
    pub times: Vec<i64>,
    /// SOL, BTC, ETH and the quote token, each with one point per time.
    pub assets: Vec<AssetPath>,
}

impl Replay {
    /// Cuts every step of `crash` into `substeps` publications.
    ///
    /// # Errors
    /// When `substeps` is below 2 (low and last need one each) or does not
    /// leave a whole second per substep, or when a recorded low lies above the
    /// prices it should bound.
    pub fn new(crash: &Crash, substeps: u32, seed: u64) -> Result<Self> {
        ensure!(
            substeps >= 2,
            "a step needs 2 substeps, one for the low and one for the end"
        );
        ensure!(
            i64::from(substeps) <= crash.step_seconds,
            "{substeps} substeps do not fit into {} seconds",
            crash.step_seconds
        );
        let count = crash
            .series
            .iter()
            .map(|s| s.steps.len())
            .min()
            .unwrap_or(0);
        let times = clock(crash, count, substeps);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut prices: Vec<Vec<Print>> = crash.series.iter().map(opening).collect();
        for step in 0..count {
            let plan = StepPlan::draw(crash, &prices, step, substeps, &mut random)?;
            for (series, path) in crash.series.iter().zip(&mut prices) {
                bridge(series, step, &plan, path, &mut random);
            }
        }
        let mut assets: Vec<AssetPath> = crash
            .series
            .iter()
            .zip(&prices)
            .map(|(series, prints)| publish(series, &times, prints))
            .collect();
        assets.push(parity(&times));
        Ok(Self { times, assets })
    }

    /// The path of one asset, if the replay has it.
    pub fn asset(&self, asset: Asset) -> Option<&AssetPath> {
        self.assets.iter().find(|path| path.asset == asset)
    }
}

/// A price of 1e-8 USD and whether it was invented.
#[derive(Clone, Copy)]
struct Print {
    price: i64,
    synthetic: bool,
}

/// What all assets of one step have in common.
struct StepPlan {
    /// Number of substeps.
    substeps: usize,
    /// The substep that touches the low, from 1 to `substeps` − 1.
    low_at: usize,
    /// Weight of the common noise, 0 to 1.
    common: f64,
    /// Standard normal draws shared by all assets.
    noise: Vec<f64>,
}

impl StepPlan {
    fn draw(
        crash: &Crash,
        prices: &[Vec<Print>],
        step: usize,
        substeps: u32,
        random: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let mut depth: f64 = 0.0;
        for (series, path) in crash.series.iter().zip(prices) {
            let (figures, open) = (series.steps[step], last_price(path));
            ensure!(
                0 < figures.low && figures.low <= figures.last && figures.low <= open,
                "{} step {step}: the low does not bound the step",
                series.asset.symbol()
            );
            depth = depth.max(log_distance(open, figures.low));
        }
        let substeps = substeps as usize;
        // In the second half: crashes fall longer than a publication or two.
        let earliest = (substeps / 2).max(1);
        Ok(Self {
            substeps,
            low_at: random.random_range(earliest..substeps),
            common: (0.5 + 4.0 * depth).min(0.95),
            noise: (0..substeps).map(|_| normal(random)).collect(),
        })
    }
}

/// Publish times: the start, then the end of every substep.
fn clock(crash: &Crash, steps: usize, substeps: u32) -> Vec<i64> {
    let substeps = i64::from(substeps);
    let total = steps as i64 * substeps;
    (0..=total)
        .map(|k| {
            let (step, within) = (k / substeps, k % substeps);
            crash.start_time + step * crash.step_seconds + within * crash.step_seconds / substeps
        })
        .collect()
}

fn opening(series: &Series) -> Vec<Print> {
    vec![Print {
        price: series.start,
        synthetic: series.provenance != Provenance::Recorded,
    }]
}

/// Appends the substeps of one step to `path`.
fn bridge(
    series: &Series,
    step: usize,
    plan: &StepPlan,
    path: &mut Vec<Print>,
    random: &mut ChaCha8Rng,
) {
    let figures = series.steps[step];
    let recorded = series.provenance == Provenance::Recorded;
    let above_open = log_distance(last_price(path), figures.low);
    let above_last = log_distance(figures.last, figures.low);
    let own = (1.0 - plan.common * plan.common).sqrt();
    let noise: Vec<f64> = plan
        .noise
        .iter()
        .map(|common| plan.common * common + own * normal(random))
        .collect();
    let fall = pinned_walk(&noise[..plan.low_at]);
    let rise = pinned_walk(&noise[plan.low_at..]);
    let size = NOISE * above_open.max(above_last).max(5e-4) / (plan.substeps as f64).sqrt();
    for k in 1..=plan.substeps {
        let (line, walk) = if k <= plan.low_at {
            let done = k as f64 / plan.low_at as f64;
            (above_open * (1.0 - done), fall[k - 1])
        } else {
            let done = (k - plan.low_at) as f64 / (plan.substeps - plan.low_at) as f64;
            (above_last * done, rise[k - plan.low_at - 1])
        };
        let invented = tick(figures.low as f64 * (line + size * walk).abs().exp());
        let (price, anchored) = match k {
            k if k == plan.low_at => (figures.low, true),
            k if k == plan.substeps => (figures.last, true),
            _ => (invented.max(figures.low), false),
        };
        path.push(Print {
            price,
            synthetic: !(recorded && anchored),
        });
    }
}

/// Adds confidence and moving averages to a series of prices.
fn publish(series: &Series, times: &[i64], prints: &[Print]) -> AssetPath {
    let mut points: Vec<PathPoint> = Vec::with_capacity(prints.len());
    let mut average = series.start as f64;
    let mut average_conf = series.start as f64 * CONF_BPS.0 / 10_000.0;
    let mut realised: f64 = 0.0;
    for (&time, print) in times.iter().zip(prints) {
        if let Some(before) = points.last() {
            let seconds = (time - before.time) as f64;
            let jump = log_distance(print.price, before.price).abs();
            let scaled = jump * (600.0 / seconds).sqrt();
            realised = towards(realised, scaled, seconds / CONF_MEMORY_SECONDS);
        }
        let (calm, wide) = CONF_BPS;
        let bps = calm + (wide - calm) * (realised / CONF_FULL_MOVE).min(1.0);
        let conf = print.price as f64 * bps / 10_000.0;
        let seconds = points.last().map_or(0, |p| time - p.time) as f64;
        average = towards(average, print.price as f64, seconds / EMA_SECONDS);
        average_conf = towards(average_conf, conf, seconds / EMA_SECONDS);
        points.push(PathPoint {
            time,
            price: print.price,
            conf: conf.round() as u64,
            ema_price: tick(average),
            ema_conf: average_conf.round() as u64,
            synthetic: print.synthetic,
        });
    }
    AssetPath {
        asset: series.asset,
        provenance: match series.provenance {
            Provenance::Recorded => "low and last of every step recorded".to_owned(),
            Provenance::Synthetic(how) => how.to_owned(),
        },
        points,
    }
}

/// The quote token: one USD throughout.
fn parity(times: &[i64]) -> AssetPath {
    let conf = (PRICE_SCALE * QUOTE_CONF_BPS / 10_000).unsigned_abs();
    AssetPath {
        asset: Asset::Usdc,
        provenance: "held at one USD".to_owned(),
        points: times
            .iter()
            .map(|&time| PathPoint {
                time,
                price: PRICE_SCALE,
                conf,
                ema_price: PRICE_SCALE,
                ema_conf: conf,
                synthetic: true,
            })
            .collect(),
    }
}

/// A random walk that ends where it began.
fn pinned_walk(noise: &[f64]) -> Vec<f64> {
    let total: f64 = noise.iter().sum();
    let mut sum = 0.0;
    noise
        .iter()
        .enumerate()
        .map(|(i, draw)| {
            sum += draw;
            sum - total * (i + 1) as f64 / noise.len() as f64
        })
        .collect()
}

/// Nearly standard normal: twelve uniform draws, centred.
pub fn normal(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// Exponential approach of `value` to `target` after `ages` time constants.
pub fn towards(value: f64, target: f64, ages: f64) -> f64 {
    value + (target - value) * (1.0 - (-ages).exp())
}

fn last_price(path: &[Print]) -> i64 {
    path.last().map_or(0, |print| print.price)
}

fn log_distance(price: i64, base: i64) -> f64 {
    (price as f64 / base as f64).ln()
}

/// Rounds a price in 1e-8 USD to a whole [`TICK`].
pub fn tick(price: f64) -> i64 {
    (price / TICK as f64).round() as i64 * TICK
}
