//! One asset's step through time: the very step of the program's crank, taken once a bar.
//!
//! The engine's clock counts bars: a bar is an hour of it, whatever it is of the calendar. For hourly
//! prices that is the program's clock. For daily prices the half-lives of 24 and 168 samples are days,
//! and variances are per day; floor, stress and start are scaled to the bar. Ramps always run on
//! calendar time.
//!
//! The engine closes an hour at the first observation after it, so that a copy is shown the same price
//! one second later and thrown away; the targets it found are kept. In force is what the ramps reached
//! by then, on their way to the targets of the bar before: a target never acts on time that has passed.

use super::data::Series;
use super::parameters::Parameters;
use anyhow::{anyhow, ensure, Result};
pub use plimsoll_client::explain::float;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::math::sqrt_fixed_ceil;
use plimsoll_engine::measured::{Conditions, Measured, ModelTerms};
use plimsoll_engine::model_rates::{
    long_loss_ceil, move_ceil, short_loss_ceil, RateBounds, MAINTENANCE_ROOT, VALUE_AT_RISK,
};
use plimsoll_engine::ramp::level_of;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{Sample, Variance, HOUR_SECONDS};

/// Bounds as wide as those of the default measured assets: long, short; the initial ones 1.25 times.
pub const BOUNDS: RateBounds = RateBounds {
    floor: Rates {
        maintenance_long: Fixed::ratio(5, 1_000),
        maintenance_short: Fixed::ratio(10, 1_000),
        initial_long: Fixed::ratio(625, 100_000),
        initial_short: Fixed::ratio(1_250, 100_000),
    },
    cap: Rates {
        maintenance_long: Fixed::ratio(60, 100),
        maintenance_short: Fixed::ratio(120, 100),
        initial_long: Fixed::ratio(75, 100),
        initial_short: Fixed::ratio(150, 100),
    },
};
/// The cheapest price of a series has at least this many units.
const LEAST_UNITS: f64 = 1e9;
const MOST_UNITS: f64 = 9e18;

/// An engine's refusal as an error of this crate.
pub fn engine<T>(result: plimsoll_engine::Result<T>) -> Result<T> {
    result.map_err(|e| anyhow!("the engine refuses: {e:?}"))
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

/// Variance per bar of a yearly deviation.
fn per_bar(yearly_bps: u32, interval: i64) -> Variance {
    let hourly = u128::from(Variance::from_yearly_bps(yearly_bps).0);
    let scaled = (hourly * u128::from(interval.unsigned_abs())).div_ceil(HOUR_SECONDS as u128);
    Variance(u64::try_from(scaled).unwrap_or(u64::MAX)).min(Variance::MAX)
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

fn losses_ceil(k: Fixed, deviation: Fixed, root: Fixed) -> Result<[Fixed; 2]> {
    let m = engine(move_ceil(k, deviation, root))?;
    Ok([engine(long_loss_ceil(m))?, engine(short_loss_ceil(m))?])
}

/// One asset, walked bar by bar.
pub struct Model {
    /// The announced parameters, per bar.
    pub terms: ModelTerms,
    measured: Measured,
    root: Fixed,
    unit: f64,
    interval: i64,
}

impl Model {
    /// Of a series whose requirements reach `horizon` bars ahead, at the variance it starts with.
    ///
    /// # Errors
    /// A horizon or prices out of range.
    pub fn new(series: &Series, parameters: Parameters, horizon: usize) -> Result<Self> {
        let variance = |bps| per_bar(bps, series.interval);
        let terms = ModelTerms {
            floor: variance(parameters.floor),
            stress: variance(parameters.stress),
            bounds: BOUNDS,
        };
        let start = variance(parameters.start);
        let mut model = Self {
            terms,
            measured: engine(Measured::starting(&terms, start, series.end(0)))?,
            root: root_of(horizon)?,
            unit: unit(series)?,
            interval: series.interval,
        };
        let mut measured = model.measured;
        model.reach(&mut measured)?;
        let rates = &measured.targets.rates;
        measured.levels.maintenance_long = engine(level_of(rates.maintenance_long))?;
        measured.levels.maintenance_short = engine(level_of(rates.maintenance_short))?;
        model.measured = measured;
        Ok(model)
    }

    /// Lets the bar that begins at `begin` enter: the state once it has ended, and its sample.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn observe(&mut self, close: f64, begin: i64) -> Result<(Measured, Option<Sample>)> {
        let price = (close * self.unit).round() as u64;
        let slot = begin.div_euclid(self.interval);
        let end = (slot + 1) * HOUR_SECONDS;
        let now = begin + self.interval;
        let mut next = self.measured;
        engine(next.observed(&self.terms, price, end - 1, now))?;
        let mut shown = next;
        let sample = engine(shown.observed(&self.terms, price, end, now))?;
        self.reach(&mut shown)?;
        next.targets = shown.targets;
        self.measured = next;
        Ok((shown, sample))
    }

    /// The rates in force of a state.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn in_force(&self, state: &Measured) -> Result<Rates> {
        // The engine's clock, so that a bar is an hour old at its end.
        let now = state.volatility.last_time;
        engine(state.in_force(&self.terms, &Conditions::default(), now))
    }

    /// The model's loss of a long and of a short over the horizon, rounded up (F-2).
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn rates(&self, k: Fixed, deviation: Fixed) -> Result<[Fixed; 2]> {
        losses_ceil(k, deviation, self.root)
    }

    /// The same over four hours, whatever a bar is.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn rates_of_four_hours(&self, k: Fixed, deviation: Fixed) -> Result<[Fixed; 2]> {
        let bars = Fixed::ratio(4 * HOUR_SECONDS as u32, u32::try_from(self.interval)?);
        losses_ceil(k, deviation, engine(sqrt_fixed_ceil(bars))?)
    }

    /// Targets over the horizon, where it is another than the four bars of maintenance.
    fn reach(&self, state: &mut Measured) -> Result<()> {
        if self.root == MAINTENANCE_ROOT {
            return Ok(());
        }
        let [long, short] = self.rates(VALUE_AT_RISK, state.targets.deviation)?;
        let (floor, cap) = (&BOUNDS.floor, &BOUNDS.cap);
        let rates = &mut state.targets.rates;
        rates.maintenance_long = long.clamp(floor.maintenance_long, cap.maintenance_long);
        rates.maintenance_short = short.clamp(floor.maintenance_short, cap.maintenance_short);
        Ok(())
    }
}
