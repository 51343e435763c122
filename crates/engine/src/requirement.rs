//! From legs to a requirement: the margin models (F-1, F-5).
//!
//! A model is an accumulator: legs are added while the account is walked, and one leg can be replaced
//! later at constant cost, which is what makes sizing a liquidation cheap (F-12). Models differ in
//! how they total; legs, rates and rounding are common.

use crate::error::{EngineError, Result};
use crate::exposure::AssetView;
use crate::units::Usd;

/// One leg: a deposit, a debt, a position, or the quote leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Asset slot.
    pub slot: u8,
    /// Signed exposure at spot in micro-dollars.
    pub exposure: i64,
    /// Standalone maintenance requirement in micro-dollars.
    pub maintenance: u64,
    /// Standalone initial requirement in micro-dollars.
    pub initial: u64,
}

impl Leg {
    /// The standalone risk of an exposure: |value| × rate of its side, rounded up (F-1).
    #[inline]
    pub fn new_ceil(slot: u8, exposure: i64, asset: &AssetView) -> Result<Self> {
        let magnitude = exposure.unsigned_abs();
        let (maintenance, initial) = if exposure >= 0 {
            (asset.rates.maintenance_long, asset.rates.initial_long)
        } else {
            (asset.rates.maintenance_short, asset.rates.initial_short)
        };
        Ok(Self {
            slot,
            exposure,
            maintenance: maintenance.of_ceil(magnitude)?,
            initial: initial.of_ceil(magnitude)?,
        })
    }
}

/// A margin model as an accumulator of legs.
pub trait Model: Copy {
    /// Adds a leg.
    fn add(&mut self, leg: &Leg) -> Result<()>;
    /// Puts `new` in the place of `old`, which was added before.
    fn replace(&mut self, old: &Leg, new: &Leg) -> Result<()>;
    /// Maintenance requirement of the legs.
    fn maintenance(&self) -> Result<Usd>;
    /// Initial requirement of the legs, at least ⌈1.25 × maintenance⌉ (F-5).
    fn initial(&self) -> Result<Usd>;
}

/// Standard: the gross sum of the standalone requirements, no netting (F-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard {
    maintenance: u64,
    initial: u64,
}

impl Model for Standard {
    #[inline]
    fn add(&mut self, leg: &Leg) -> Result<()> {
        self.maintenance = self
            .maintenance
            .checked_add(leg.maintenance)
            .ok_or(EngineError::Overflow)?;
        self.initial = self
            .initial
            .checked_add(leg.initial)
            .ok_or(EngineError::Overflow)?;
        Ok(())
    }

    #[inline]
    fn replace(&mut self, old: &Leg, new: &Leg) -> Result<()> {
        self.maintenance = self
            .maintenance
            .checked_sub(old.maintenance)
            .ok_or(EngineError::Overflow)?;
        self.initial = self
            .initial
            .checked_sub(old.initial)
            .ok_or(EngineError::Overflow)?;
        self.add(new)
    }

    #[inline]
    fn maintenance(&self) -> Result<Usd> {
        Usd::from_magnitude(self.maintenance)
    }

    #[inline]
    fn initial(&self) -> Result<Usd> {
        // ⌈1.25 × maintenance⌉ without a multiplication.
        let quarter = self.maintenance.div_ceil(4);
        let least = self
            .maintenance
            .checked_add(quarter)
            .ok_or(EngineError::Overflow)?;
        Usd::from_magnitude(self.initial.max(least))
    }
}
