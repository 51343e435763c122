//! One asset's step through time: prices in, rates in force out (F-2, F-3, F-4).
//!
//! The crank of the program, the backtest and the simulator all take this step and get the same
//! integers. It has three parts, in this order:
//!
//! 1. *Ramps* move towards the targets as they have been known so far ([`Measured::stepped`]). A target
//!    that a price brings now binds from now on and not for the time before.
//! 2. *Observation*: a price enters the volatility. Where it completes an hour the targets are new.
//! 3. *In force* ([`Measured::in_force`]): maintenance as its ramps stand, initial from the target at
//!    once, with every multiplier, and never less than 1.25 times that maintenance.
//!
//! Everybody may take the step at any time: the ramps depend on the clock alone, the volatility on one
//! sample an hour.

use crate::error::Result;
use crate::fixed::{mul_div_ceil, Fixed};
use crate::model_rates::{
    model_rates_ceil, product_ceil, rates_in_force_ceil, RateBounds, VALUE_AT_RISK,
};
use crate::ramp::{in_force_floor, level_of, Step};
use crate::rates::Rates;
use crate::size::open_interest_ceil;
use crate::volatility::{blended_ceil, Sample, Variance, Volatility};

/// Initial multiplier of an asset of whose open interest much was just liquidated (F-14).
pub const LIQUIDATION_MULTIPLIER: Fixed = Fixed::ratio(5, 4);
/// More than one part in so many of the open interest, liquidated in a window, is much (F-14).
pub const MUCH_LIQUIDATED: u64 = 20;
/// Length of such a window, seconds (F-14).
pub const LIQUIDATION_WINDOW_SECONDS: i64 = 600;

/// What is announced of an asset's model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelTerms {
    /// No variance counts below it. Above zero.
    pub floor: Variance,
    /// The variance of stress that is blended in.
    pub stress: Variance,
    /// Bounds of the rates.
    pub bounds: RateBounds,
}

impl ModelTerms {
    /// The rates the model asks for, and the deviation they come from.
    pub fn targets_ceil(&self, volatility: &Volatility) -> Result<Targets> {
        let deviation = blended_ceil(volatility, self.floor, self.stress).deviation_ceil()?;
        Ok(Targets {
            rates: model_rates_ceil(VALUE_AT_RISK, deviation, &self.bounds)?,
            deviation,
        })
    }

    /// The lowest rates the model can ever ask for: those of a market that never moved.
    pub fn least_rates_ceil(&self) -> Result<Rates> {
        Ok(self.targets_ceil(&Volatility::default())?.rates)
    }
}

/// Where the ramps go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// Rates of the model within their bounds, before multipliers.
    pub rates: Rates,
    /// σ per √hour.
    pub deviation: Fixed,
}

/// Where the ramps stand, in 2^-62; one clock for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Maintenance rate of longs.
    pub maintenance_long: u64,
    /// Maintenance rate of shorts.
    pub maintenance_short: u64,
    /// σ per √hour, for the terms of size.
    pub deviation: u64,
    /// When they stood there, unix seconds.
    pub time: i64,
}

/// What raises initial rates besides volatility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// How far open interest is between its two thresholds, 0 to 1 (F-8).
    pub open_interest: Fixed,
    /// Whether much was just liquidated (F-14).
    pub liquidated: bool,
    /// What a tightening has put on initial rates; below 1 counts as 1.
    pub tightened: Fixed,
    /// What an insurance fund below its target puts on them, see [`insurance_multiplier_ceil`]; below 1 counts
    /// as 1.
    pub insurance: Fixed,
}

/// What the crank keeps of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Measured volatility.
    pub volatility: Volatility,
    /// Where the ramps go.
    pub targets: Targets,
    /// Where they stand.
    pub levels: Levels,
}

impl Measured {
    /// An asset that is listed at `now`: at the targets of its first variance, without a ramp.
    ///
    /// # Errors
    /// `Overflow` for a variance of zero with a floor of zero.
    pub fn starting(terms: &ModelTerms, start: Variance, now: i64) -> Result<Self> {
        let volatility = Volatility::seeded(start);
        let targets = terms.targets_ceil(&volatility)?;
        let levels = Levels {
            maintenance_long: level_of(targets.rates.maintenance_long)?,
            maintenance_short: level_of(targets.rates.maintenance_short)?,
            deviation: level_of(targets.deviation)?,
            time: now,
        };
        Ok(Self {
            volatility,
            targets,
            levels,
        })
    }

    /// Takes in a price published at `time`; the sample that this completed, if it did, and then the
    /// targets are new. `price` is in a unit that never changes, `now` is the clock's instant.
    ///
    /// # Errors
    /// As [`Volatility::observe`]; the ramps have moved then, and nothing else.
    ///
    /// Source: F-2, F-3.
    pub fn observed(
        &mut self,
        terms: &ModelTerms,
        price: u64,
        time: i64,
        now: i64,
    ) -> Result<Option<Sample>> {
        self.stepped(now)?;
        let mut volatility = self.volatility;
        let sample = volatility.observe(price, time, terms.floor)?;
        if sample.is_some() {
            self.targets = terms.targets_ceil(&volatility)?;
        }
        self.volatility = volatility;
        Ok(sample)
    }

    /// Moves the ramps towards their targets for the time since the last step.
    ///
    /// Source: F-4.
    pub fn stepped(&mut self, now: i64) -> Result<()> {
        let Some(mut step) = Step::since(self.levels.time, now) else {
            return Ok(());
        };
        let (levels, rates) = (&self.levels, &self.targets.rates);
        self.levels = Levels {
            maintenance_long: step.toward(levels.maintenance_long, rates.maintenance_long)?,
            maintenance_short: step.toward(levels.maintenance_short, rates.maintenance_short)?,
            deviation: step.toward(levels.deviation, self.targets.deviation)?,
            time: now,
        };
        Ok(())
    }

    /// The rates in force: initial = max(target, scaled by open interest, × multipliers, 1.25 ×
    /// maintenance in force).
    ///
    /// Rates that are fixed do not depend on samples, and so not on their age either.
    ///
    /// Source: F-2, F-3, F-8, F-14.
    pub fn in_force(&self, terms: &ModelTerms, conditions: &Conditions, now: i64) -> Result<Rates> {
        let targets = &self.targets.rates;
        let scaled = Rates {
            initial_long: open_interest_ceil(targets.initial_long, conditions.open_interest)?,
            initial_short: open_interest_ceil(targets.initial_short, conditions.open_interest)?,
            ..*targets
        };
        let (long, short) = self.maintenance_in_force()?;
        let multiplier = self.multiplier(terms, conditions, now)?;
        rates_in_force_ceil(&scaled, long, short, multiplier)
    }

    /// σ per √hour as its ramp stands, for the terms of size.
    pub fn deviation_in_force(&self) -> Result<Fixed> {
        in_force_floor(self.levels.deviation)
    }

    fn maintenance_in_force(&self) -> Result<(Fixed, Fixed)> {
        let levels = &self.levels;
        Ok((
            in_force_floor(levels.maintenance_long)?,
            in_force_floor(levels.maintenance_short)?,
        ))
    }

    fn multiplier(&self, terms: &ModelTerms, conditions: &Conditions, now: i64) -> Result<Fixed> {
        let stale = if terms.bounds.are_fixed() {
            Fixed::ONE
        } else {
            self.volatility.initial_multiplier(now)
        };
        let mut multiplier = stale;
        if conditions.liquidated {
            multiplier = product_ceil(multiplier, LIQUIDATION_MULTIPLIER)?;
        }
        for other in [conditions.tightened, conditions.insurance] {
            if other > Fixed::ONE {
                multiplier = product_ceil(multiplier, other)?;
            }
        }
        Ok(multiplier)
    }
}

/// What an insurance fund of `insurance` puts on initial rates where its target is `target`: 1 from the target
/// on, half more where there is nothing, rounded up. Both in quote atoms.
///
/// Source: F-13.
pub fn insurance_multiplier_ceil(insurance: u64, target: u64) -> Result<Fixed> {
    let missing = target.saturating_sub(insurance);
    if missing == 0 {
        return Ok(Fixed::ONE);
    }
    let half = Fixed::ONE.0.unsigned_abs() / 2;
    let more = mul_div_ceil(missing, half, target)?;
    Fixed::ONE.plus(Fixed(i64::try_from(more).unwrap_or(i64::MAX)))
}

/// Whether `liquidated` is more than a twentieth of `open_interest`, both in base atoms.
///
/// Source: F-14.
pub fn is_much_liquidated(liquidated: u64, open_interest: u64) -> bool {
    liquidated > open_interest / MUCH_LIQUIDATED
}
