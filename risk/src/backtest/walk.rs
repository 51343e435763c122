//! Walks a series through the engine, bar by bar, and asks every rule after every bar.
//!
//! The engine's own state machine is fed: one observation a bar, in the last second of the bar. Its
//! clock counts bars: a bar is an hour of it, whatever it is of the calendar. For hourly prices that is
//! the program's clock. For daily prices the half-lives of 24 and 168 samples are days, and variances
//! are per day; floor, stress and start are scaled to the bar. The ramp always runs on calendar time.
//!
//! The state after a bar includes that bar: the engine closes an hour at the first observation after
//! it, so a copy is shown the same price one second later, and thrown away.

use super::data::Series;
use super::parameters::Parameters;
use super::rules::Rule;
use anyhow::{anyhow, ensure, Result};
use indicatif::ProgressBar;
use plimsoll_engine::fixed::{Fixed, FRACTION_BITS};
use plimsoll_engine::math::sqrt_fixed_ceil;
use plimsoll_engine::model_rates::{
    long_loss_ceil, move_ceil, short_loss_ceil, RateBounds, VALUE_AT_RISK,
};
use plimsoll_engine::ramp::Ramp;
use plimsoll_engine::volatility::{blended_ceil, Variance, Volatility, HOUR_SECONDS};

/// k of the 95% value at risk: the normal quantile. Returns have fat tails, but they begin beyond 95%:
/// 3.1 · 1.645/2.326 = 2.19 would be exceeded by 2% of the windows.
pub const VALUE_AT_RISK_95: Fixed = Fixed::ratio(1_645, 1_000);
/// Bounds of a listed rate: 1 bp and the most that the engine lists.
pub const BOUNDS: RateBounds = RateBounds {
    floor: Fixed::from_bps(1),
    cap: Fixed::ratio(4, 5),
};
/// Bars before the first requirement is judged.
pub const WARM_UP: usize = 200;
/// Samples of a historical simulation.
const HISTORY: usize = 500;
/// The cheapest price of a series has at least this many units.
const LEAST_UNITS: f64 = 1e9;
const MOST_UNITS: f64 = 9e18;

/// Who is asked for margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Loses when the price falls.
    Long,
    /// Loses when the price rises.
    Short,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Long, Self::Short];

    /// In tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Short => "short",
        }
    }

    /// Loss from one price to another, as a part of the first.
    pub fn loss(self, from: f64, to: f64) -> f64 {
        match self {
            Self::Long => 1.0 - to / from,
            Self::Short => to / from - 1.0,
        }
    }
}

/// What one rule asked after every bar, as parts of the position's value.
pub struct Requirements {
    /// Whose they are.
    pub rule: Rule,
    /// Of longs, by bar.
    pub long: Vec<f64>,
    /// Of shorts, by bar.
    pub short: Vec<f64>,
}

impl Requirements {
    /// Of one side, by bar.
    pub fn of(&self, side: Side) -> &[f64] {
        match side {
            Side::Long => &self.long,
            Side::Short => &self.short,
        }
    }
}

/// A walked series.
pub struct Walk {
    /// Bars of the horizon.
    pub horizon: usize,
    /// Fast standard deviation per √bar, by bar.
    pub deviations: Vec<f64>,
    /// By rule, in the order of [`Rule::ALL`].
    pub rules: Vec<Requirements>,
    /// Levels of the two ramps (long, short), in 2^-62, by bar.
    pub levels: [Vec<u64>; 2],
}

impl Walk {
    /// What `rule` asked of one side, by bar; nothing for a rule that is not compared.
    pub fn of(&self, rule: Rule, side: Side) -> &[f64] {
        self.rules
            .iter()
            .find(|r| r.rule == rule)
            .map_or(&[], |r| r.of(side))
    }
}

/// A fraction of the engine as a floating-point number, for statistics.
pub fn float(x: Fixed) -> f64 {
    x.0 as f64 / (1u64 << FRACTION_BITS) as f64
}

/// An engine's refusal as an error of this crate.
pub fn engine<T>(result: plimsoll_engine::Result<T>) -> Result<T> {
    result.map_err(|e| anyhow!("the engine refuses: {e:?}"))
}

/// Variance per bar of a yearly deviation.
fn per_bar(yearly_bps: u32, interval: i64) -> Variance {
    let hourly = u128::from(Variance::from_yearly_bps(yearly_bps).0);
    let scaled = (hourly * u128::from(interval.unsigned_abs())).div_ceil(HOUR_SECONDS as u128);
    Variance(u64::try_from(scaled).unwrap_or(u64::MAX)).min(Variance::MAX)
}

/// Prices in a whole unit for the engine: the same power of ten for the whole series.
pub fn unit(series: &Series) -> Result<f64> {
    let closes = || series.bars.iter().map(|bar| bar.close);
    let least = closes().fold(f64::INFINITY, f64::min);
    let most = closes().fold(0.0, f64::max);
    let unit = 10f64.powi((LEAST_UNITS / least).log10().ceil() as i32);
    ensure!(
        most * unit < MOST_UNITS,
        "{}: expected prices within a factor of {:e}, got {least} to {most}",
        series.file,
        MOST_UNITS / LEAST_UNITS
    );
    Ok(unit)
}

/// Walks `series`; `horizon` in bars.
///
/// # Errors
/// What the engine refuses, with the time of the bar.
pub fn walk(
    series: &Series,
    parameters: Parameters,
    horizon: usize,
    progress: &ProgressBar,
) -> Result<Walk> {
    let mut walker = Walker::new(series, parameters, horizon)?;
    let mut walk = Walk {
        horizon,
        deviations: Vec::with_capacity(series.bars.len()),
        rules: Rule::ALL
            .map(|rule| Requirements {
                rule,
                long: Vec::with_capacity(series.bars.len()),
                short: Vec::with_capacity(series.bars.len()),
            })
            .into(),
        levels: [Vec::new(), Vec::new()],
    };
    for bar in 0..series.bars.len() {
        walker.step(series, bar, &mut walk).map_err(|e| {
            e.context(format!(
                "{} at {}",
                series.file,
                super::data::utc(series.end(bar))
            ))
        })?;
        progress.inc(1);
    }
    Ok(walk)
}

struct Walker {
    volatility: Volatility,
    floor: Variance,
    stress: Variance,
    root: Fixed,
    unit: f64,
    ramps: Option<[Ramp; 2]>,
    history: History,
}

impl Walker {
    fn new(series: &Series, parameters: Parameters, horizon: usize) -> Result<Self> {
        let variance = |bps| per_bar(bps, series.interval);
        Ok(Self {
            volatility: Volatility::seeded(variance(parameters.start)),
            floor: variance(parameters.floor),
            stress: variance(parameters.stress),
            root: root_of(horizon)?,
            unit: unit(series)?,
            ramps: None,
            history: History::default(),
        })
    }

    /// Lets a bar enter and writes down what each rule then asks.
    fn step(&mut self, series: &Series, bar: usize, walk: &mut Walk) -> Result<()> {
        let Some(&this) = series.bars.get(bar) else {
            return Ok(());
        };
        let state = self.observe(this.close, this.begin.div_euclid(series.interval))?;
        if let Some(before) = bar.checked_sub(walk.horizon) {
            self.history.push(series.bars[before].close, this.close);
        }
        let fast = engine(state.fast.deviation_ceil())?;
        walk.deviations.push(float(fast));
        let floored = state.fast.max(state.slow).max(self.floor);
        let floored = engine(floored.deviation_ceil())?;
        let blended = blended_ceil(&state, self.floor, self.stress);
        let blended = engine(blended.deviation_ceil())?;
        let target = self.rates(VALUE_AT_RISK, blended)?.map(bind);
        let ramps = match self.ramps {
            Some([long, short]) => [
                engine(long.step(target[0], series.end(bar)))?,
                engine(short.step(target[1], series.end(bar)))?,
            ],
            None => [
                engine(Ramp::starting_at(target[0], series.end(bar)))?,
                engine(Ramp::starting_at(target[1], series.end(bar)))?,
            ],
        };
        self.ramps = Some(ramps);
        for (levels, ramp) in walk.levels.iter_mut().zip(ramps) {
            levels.push(ramp.level);
        }
        for requirements in &mut walk.rules {
            let rates = match requirements.rule {
                Rule::Plain99 => self.rates(VALUE_AT_RISK, fast)?.map(float),
                Rule::Plain95 => self.rates(VALUE_AT_RISK_95, fast)?.map(float),
                Rule::Floored => self.rates(VALUE_AT_RISK, floored)?.map(float),
                Rule::Target => target.map(float),
                Rule::InForce => [
                    float(engine(ramps[0].in_force_floor())?),
                    float(engine(ramps[1].in_force_floor())?),
                ],
                Rule::History99 => self.history.quantiles(0.01),
                Rule::History95 => self.history.quantiles(0.05),
                Rule::Fixed(bps) => [float(Fixed::from_bps(bps)); 2],
            };
            requirements.long.push(rates[0]);
            requirements.short.push(rates[1]);
        }
        Ok(())
    }

    /// The state as it is once the bar in `slot` has ended.
    fn observe(&mut self, close: f64, slot: i64) -> Result<Volatility> {
        let price = (close * self.unit).round() as u64;
        let end = (slot + 1) * HOUR_SECONDS;
        engine(self.volatility.observe(price, end - 1, self.floor))?;
        let mut shown = self.volatility;
        engine(shown.observe(price, end, self.floor))?;
        Ok(shown)
    }

    /// The model's loss of a long and of a short over the horizon, rounded up (F-2).
    fn rates(&self, k: Fixed, deviation: Fixed) -> Result<[Fixed; 2]> {
        let m = engine(move_ceil(k, deviation, self.root))?;
        Ok([engine(long_loss_ceil(m))?, engine(short_loss_ceil(m))?])
    }
}

fn bind(rate: Fixed) -> Fixed {
    rate.clamp(BOUNDS.floor, BOUNDS.cap)
}

/// √bars, rounded up.
fn root_of(bars: usize) -> Result<Fixed> {
    let bars = u32::try_from(bars)?;
    ensure!(
        (1..=1_000).contains(&bars),
        "expected 1 to 1000 bars of horizon, got {bars}"
    );
    engine(sqrt_fixed_ceil(Fixed::ratio(bars, 1)))
}

/// The last returns over the horizon, one a bar and overlapping: in order of time, and sorted.
#[derive(Default)]
struct History {
    recent: std::collections::VecDeque<f64>,
    sorted: Vec<f64>,
}

impl History {
    fn push(&mut self, from: f64, to: f64) {
        let change = to / from - 1.0;
        if self.recent.len() == HISTORY {
            if let Some(oldest) = self.recent.pop_front() {
                let at = self.sorted.partition_point(|&x| x < oldest);
                self.sorted.remove(at);
            }
        }
        self.recent.push_back(change);
        let at = self.sorted.partition_point(|&x| x < change);
        self.sorted.insert(at, change);
    }

    /// Losses of longs and shorts that `part` of the samples exceed; never below zero.
    fn quantiles(&self, part: f64) -> [f64; 2] {
        let beyond = (part * self.sorted.len() as f64) as usize;
        let low = self.sorted.get(beyond).copied().unwrap_or(0.0);
        let high = self.sorted.iter().rev().nth(beyond).copied().unwrap_or(0.0);
        [(-low).max(0.0), high.max(0.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::{Bar, Gaps};
    use super::*;
    use plimsoll_engine::model_rates::model_rates_ceil;

    fn series(interval: i64, closes: &[f64]) -> Series {
        let bar = |(i, &close): (usize, &f64)| Bar {
            begin: (1_000 + i as i64) * interval,
            close,
        };
        Series {
            asset: "SOL".to_owned(),
            file: "made.csv".to_owned(),
            source: String::new(),
            interval,
            bars: closes.iter().enumerate().map(bar).collect(),
            gaps: Gaps::default(),
        }
    }

    fn sol() -> Parameters {
        Parameters::of("SOL").unwrap()
    }

    fn near(actual: f64, expected: f64, tolerance: f64) {
        assert!(
            (actual / expected - 1.0).abs() <= tolerance,
            "{actual}, not {expected}"
        );
    }

    /// Two bars, 100 then 103: by hand, with 50-digit arithmetic, seed 110% a year.
    #[test]
    fn one_return_enters_the_state_of_its_own_bar() {
        let made = series(3_600, &[100.0, 103.0]);
        let walked = walk(&made, sol(), 4, &ProgressBar::hidden()).unwrap();
        let seed = 1.1f64 * 1.1 / 8_760.0;
        near(walked.deviations[0], seed.sqrt(), 1e-9);
        let decay = 0.971_531_941_153_1;
        let square = 1.03f64.ln().powi(2);
        near(
            walked.deviations[1],
            (seed * decay + square * (1.0 - decay)).sqrt(),
            1e-8,
        );
        let m: f64 = 3.1 * walked.deviations[1] * 2.0;
        near(
            walked.of(Rule::Plain99, Side::Long)[1],
            1.0 - (-m).exp(),
            1e-9,
        );
        near(
            walked.of(Rule::Plain99, Side::Short)[1],
            m.exp() - 1.0,
            1e-9,
        );
    }

    /// At four bars of an hour the walk asks for what the model's own maintenance rates are.
    #[test]
    fn four_hours_are_the_rates_of_the_model() {
        let closes: Vec<f64> = (0..300).map(|i| 100.0 + f64::from(i % 7)).collect();
        let made = series(3_600, &closes);
        let mut walker = Walker::new(&made, sol(), 4).unwrap();
        for bar in &made.bars {
            let state = walker.observe(bar.close, bar.begin / 3_600).unwrap();
            let blended = blended_ceil(&state, walker.floor, walker.stress);
            let deviation = blended.deviation_ceil().unwrap();
            let model = model_rates_ceil(VALUE_AT_RISK, deviation, &BOUNDS).unwrap();
            let asked = walker.rates(VALUE_AT_RISK, deviation).unwrap().map(bind);
            assert_eq!(asked, [model.maintenance_long, model.maintenance_short]);
        }
    }

    #[test]
    fn daily_bars_count_days_and_scale_the_start() {
        let made = series(86_400, &[100.0, 100.0]);
        let walked = walk(&made, sol(), 1, &ProgressBar::hidden()).unwrap();
        near(walked.deviations[0], 1.1 / 365f64.sqrt(), 1e-9);
        let decay = 0.5f64.powf(1.0 / 24.0);
        near(walked.deviations[1], 1.1 * (decay / 365.0).sqrt(), 1e-9);
    }

    #[test]
    fn history_asks_for_what_one_in_a_hundred_exceeds() {
        let mut history = History::default();
        for i in 0..700 {
            history.push(1_000.0, 1_000.0 - f64::from(i % 500));
        }
        assert_eq!(history.sorted.len(), HISTORY);
        let [long, short] = history.quantiles(0.01);
        near(long, 0.494, 1e-12);
        assert_eq!(short, 0.0);
    }
}
