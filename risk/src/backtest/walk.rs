//! Walks a series through the engine, bar by bar, and asks every rule after every bar.
//!
//! Each bar is one step of [`super::model`], whose state after a bar includes that bar.

use super::data::Series;
use super::model::{engine, float, Model};
use super::parameters::Parameters;
use super::rules::Rule;
use anyhow::Result;
use indicatif::ProgressBar;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::model_rates::VALUE_AT_RISK;

/// k of the 95% value at risk: the normal quantile. Returns have fat tails, but they begin beyond 95%:
/// 3.1 · 1.645/2.326 = 2.19 would be exceeded by 2% of the windows.
pub const VALUE_AT_RISK_95: Fixed = Fixed::ratio(1_645, 1_000);
/// Bars before the first requirement is judged.
pub const WARM_UP: usize = 200;
/// Samples of a historical simulation.
const HISTORY: usize = 500;
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
    model: Model,
    history: History,
}

impl Walker {
    fn new(series: &Series, parameters: Parameters, horizon: usize) -> Result<Self> {
        Ok(Self {
            model: Model::new(series, parameters, horizon)?,
            history: History::default(),
        })
    }

    /// Lets a bar enter and writes down what each rule then asks.
    fn step(&mut self, series: &Series, bar: usize, walk: &mut Walk) -> Result<()> {
        let Some(&this) = series.bars.get(bar) else {
            return Ok(());
        };
        let model = &mut self.model;
        let (state, _) = model.observe(this.close, this.begin)?;
        if let Some(before) = bar.checked_sub(walk.horizon) {
            self.history.push(series.bars[before].close, this.close);
        }
        let volatility = &state.volatility;
        let fast = engine(volatility.fast.deviation_ceil())?;
        walk.deviations.push(float(fast));
        let floored = volatility.fast.max(volatility.slow).max(model.terms.floor);
        let floored = engine(floored.deviation_ceil())?;
        let (target, in_force) = (&state.targets.rates, model.in_force(&state)?);
        let levels = [
            state.levels.maintenance_long,
            state.levels.maintenance_short,
        ];
        for (levels, level) in walk.levels.iter_mut().zip(levels) {
            levels.push(level);
        }
        for requirements in &mut walk.rules {
            let rates = match requirements.rule {
                Rule::Plain99 => model.rates(VALUE_AT_RISK, fast)?.map(float),
                Rule::Plain95 => model.rates(VALUE_AT_RISK_95, fast)?.map(float),
                Rule::Floored => model.rates(VALUE_AT_RISK, floored)?.map(float),
                Rule::Target => [target.maintenance_long, target.maintenance_short].map(float),
                Rule::InForce => [in_force.maintenance_long, in_force.maintenance_short].map(float),
                Rule::History99 => self.history.quantiles(0.01),
                Rule::History95 => self.history.quantiles(0.05),
                Rule::Fixed(bps) => [float(Fixed::from_bps(bps)); 2],
            };
            requirements.long.push(rates[0]);
            requirements.short.push(rates[1]);
        }
        Ok(())
    }
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
    use super::super::model::BOUNDS;
    use super::*;
    use plimsoll_engine::model_rates::model_rates_ceil;
    use plimsoll_engine::ramp::Ramp;
    use plimsoll_engine::volatility::blended_ceil;

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

    /// At four bars of an hour the targets are the model's own maintenance rates, and what is in force
    /// is what a ramp reaches that moves to the targets of the bar before.
    #[test]
    fn four_hours_are_the_rates_of_the_model_and_ramps_follow_the_target_before() {
        let closes: Vec<f64> = (0..300).map(|i| 100.0 + f64::from(i * i % 17)).collect();
        let made = series(3_600, &closes);
        let mut model = Model::new(&made, sol(), 4).unwrap();
        let mut before: Option<(Ramp, Fixed)> = None;
        for (bar, this) in made.bars.iter().enumerate() {
            let (state, _) = model.observe(this.close, this.begin).unwrap();
            let (floor, stress) = (model.terms.floor, model.terms.stress);
            let deviation = blended_ceil(&state.volatility, floor, stress).deviation_ceil();
            let deviation = deviation.unwrap();
            let rates = model_rates_ceil(VALUE_AT_RISK, deviation, &BOUNDS).unwrap();
            assert_eq!(state.targets.rates, rates);
            let target = rates.maintenance_long;
            let ramp = match before {
                Some((ramp, target)) => ramp.step(target, made.end(bar)).unwrap(),
                None => Ramp::starting_at(target, made.end(bar)).unwrap(),
            };
            assert_eq!(state.levels.maintenance_long, ramp.level);
            let in_force = model.in_force(&state).unwrap();
            assert_eq!(in_force.maintenance_long, ramp.in_force_floor().unwrap());
            before = Some((ramp, target));
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
