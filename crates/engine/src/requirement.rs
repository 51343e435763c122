//! From legs to what they could lose, asset by asset (F-1, F-8).
//!
//! A leg is a deposit, a debt, a position or the quote leg. Legs are gathered by asset into [`Sums`]:
//! what the account is long and what it is short of it. [`Charge`] turns the two sides of an asset into
//! its standalone requirements: gross, without netting, and that of the net exposure. Terms of size
//! follow the net exposure, one root per asset. [`crate::portfolio`] totals charges by the account's
//! [`ModelKind`].
//!
//! A leg of an asset that cannot be priced hedges nothing: it stands apart, with a requirement of its
//! own that is added to whatever the model says of the rest.

use crate::correlation::SLOTS;
use crate::error::{EngineError, Result};
use crate::fixed::{product_ceil, Fixed};
use crate::rates::Rates;
use crate::size::SizeTerms;
use crate::total::Netted;
use crate::units::{Quote, Usd};

/// No asset needs more than this multiple of an exposure, however large: what keeps a total of 32
/// assets within 64 bits.
pub const LARGEST_CHARGE: Fixed = Fixed::ratio(4, 1);

/// How legs are totalled, by account (F-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelKind {
    /// The gross sum, no netting.
    #[default]
    Standard,
    /// Net risk with correlations, stress scenarios and floors.
    Portfolio,
    /// Standard on an account that may hold quote and one position.
    Isolated,
}

impl ModelKind {
    /// The pinned number of the model.
    pub const fn code(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Portfolio => 1,
            Self::Isolated => 2,
        }
    }

    /// The model of a pinned number, if it is one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Standard),
            1 => Some(Self::Portfolio),
            2 => Some(Self::Isolated),
            _ => None,
        }
    }
}

/// How an account's requirement is totalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The model.
    pub model: ModelKind,
    /// Multiplier of the initial requirement by the account's profile (F-9).
    pub profile: Fixed,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            model: ModelKind::Standard,
            profile: Fixed::ONE,
        }
    }
}

impl Rule {
    /// Whether exposures are netted.
    #[inline]
    pub fn nets(&self) -> bool {
        self.model == ModelKind::Portfolio
    }
}

/// A quantity of each view, micro-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both {
    /// Maintenance view.
    pub maintenance: u64,
    /// Initial view.
    pub initial: u64,
}

impl Both {
    /// The sum; `Overflow` above `u64::MAX`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Result<Self> {
        Ok(Self {
            maintenance: add(self.maintenance, other.maintenance)?,
            initial: add(self.initial, other.initial)?,
        })
    }

    /// The difference; `Overflow` below zero.
    #[inline]
    pub fn minus(self, other: Self) -> Result<Self> {
        Ok(Self {
            maintenance: take(self.maintenance, other.maintenance)?,
            initial: take(self.initial, other.initial)?,
        })
    }
}

/// What an asset's exposure is charged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetRisk {
    /// Rates in force.
    pub rates: Rates,
    /// Terms of size in force.
    pub size: SizeTerms,
}

/// Requirement of `magnitude` dollars of one side whose asset has terms of size as given: rate · size +
/// liquidity, rounded up, at most [`LARGEST_CHARGE`] of it.
#[inline(always)]
fn side_ceil(
    magnitude: u64,
    (maintenance, initial): (Fixed, Fixed),
    terms: Option<(Fixed, Fixed)>,
) -> Result<Both> {
    let Some((size, liquidity)) = terms else {
        return Ok(Both {
            maintenance: maintenance.of_ceil(magnitude)?,
            initial: initial.of_ceil(magnitude)?,
        });
    };
    let (maintenance, initial) = if size == Fixed::ONE {
        (maintenance, initial)
    } else {
        let sized = |rate| crate::model_rates::product_ceil(rate, size);
        (sized(maintenance)?, sized(initial)?)
    };
    // Of two that are not negative, the sum is below zero only where it does not fit.
    let factor = |rate: Fixed| -> Result<u64> {
        let sum = rate.0.wrapping_add(liquidity.0);
        if sum < 0 {
            return Err(EngineError::Overflow);
        }
        Ok(sum.min(LARGEST_CHARGE.0).unsigned_abs())
    };
    Ok(Both {
        maintenance: product_ceil(magnitude, factor(maintenance)?)?,
        initial: product_ceil(magnitude, factor(initial)?)?,
    })
}

/// Exposure to one asset, both ways, in micro-dollars at spot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// Σ of deposits and long positions.
    pub long: u64,
    /// Σ of debts and short positions.
    pub short: u64,
}

impl Sides {
    /// Whether nothing is held.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.long == 0 && self.short == 0
    }

    /// x: long minus short; `Overflow` outside 63 bits.
    #[inline(always)]
    pub fn net(&self) -> Result<i64> {
        let magnitude = self.long.abs_diff(self.short);
        let magnitude = i64::try_from(magnitude).map_err(|_| EngineError::Overflow)?;
        Ok(if self.long >= self.short {
            magnitude
        } else {
            -magnitude
        })
    }

    /// Adds a signed exposure to its side.
    #[inline]
    pub fn add(&mut self, exposure: i64) -> Result<()> {
        let side = self.side(exposure);
        *side = add(*side, exposure.unsigned_abs())?;
        Ok(())
    }

    /// Takes away a signed exposure that was added.
    #[inline]
    pub fn remove(&mut self, exposure: i64) -> Result<()> {
        let side = self.side(exposure);
        *side = take(*side, exposure.unsigned_abs())?;
        Ok(())
    }

    #[inline]
    fn side(&mut self, exposure: i64) -> &mut u64 {
        if exposure < 0 {
            &mut self.short
        } else {
            &mut self.long
        }
    }
}

/// The standalone requirements of one asset, micro-dollars (F-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// x, the net exposure.
    pub net: i64,
    /// Both sides, not netted.
    pub gross: Both,
    /// |y|: the net exposure standing alone; at most `gross`.
    pub alone: Both,
}

impl Charge {
    /// Charges both sides of an asset, rounded up: |value| · (rate · size(|x|) + liquidity(|x|)/|x|).
    ///
    /// Source: F-1, F-8.
    #[inline(always)]
    pub fn of_ceil(sides: &Sides, risk: &AssetRisk) -> Result<Self> {
        let net = sides.net()?;
        let magnitude = sides.long.abs_diff(sides.short);
        let terms = risk.size.factors_ceil(magnitude)?;
        let rates = &risk.rates;
        let long = (rates.maintenance_long, rates.initial_long);
        let short = (rates.maintenance_short, rates.initial_short);
        let heavier = if net < 0 { short } else { long };
        let alone = side_ceil(magnitude, heavier, terms)?;
        let gross = if sides.long == 0 || sides.short == 0 {
            alone
        } else {
            side_ceil(sides.long, long, terms)?.plus(side_ceil(sides.short, short, terms)?)?
        };
        Ok(Self { net, gross, alone })
    }
}

/// One leg as it enters the requirement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Asset slot.
    pub slot: u8,
    /// Signed exposure at spot in micro-dollars; 0 for a leg that stands apart or counts nothing.
    pub exposure: i64,
    /// Requirement of a leg that stands apart.
    pub apart: Both,
    /// What closing it would cost, micro-dollars; positions only (F-5).
    pub closing: u64,
}

impl Leg {
    /// A leg of an asset that can be priced.
    #[inline]
    pub fn of(slot: u8, exposure: i64) -> Self {
        Self {
            slot,
            exposure,
            ..Self::default()
        }
    }

    /// A leg of an asset that cannot be priced, charged for itself.
    pub fn apart_ceil(slot: u8, exposure: i64, risk: &AssetRisk) -> Result<Self> {
        let mut sides = Sides::default();
        sides.add(exposure)?;
        Ok(Self {
            slot,
            apart: Charge::of_ceil(&sides, risk)?.gross,
            ..Self::default()
        })
    }
}

/// Everything that was gathered of an account: its exposures by asset, and the maintenance equity a
/// liquidation is sized on.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    /// Exposure by slot.
    pub sides: [Sides; SLOTS],
    /// Σ requirements of the legs that stand apart.
    pub apart: Both,
    /// Σ closing costs of the positions.
    pub closing: u64,
    /// Maintenance equity without the quote leg.
    pub other_equity: Usd,
    /// The quote leg in atoms, maintenance view.
    pub quote: Quote,
    /// The quote leg as it was added.
    pub quote_leg: Leg,
    /// The net exposures, once the portfolio model has totalled them.
    pub(crate) netted: Option<Netted>,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            sides: [Sides::default(); SLOTS],
            apart: Both::default(),
            closing: 0,
            other_equity: Usd::ZERO,
            quote: Quote::ZERO,
            quote_leg: Leg::default(),
            netted: None,
        }
    }
}

impl Sums {
    /// Adds a leg; `LegNotHeld` for a slot out of range.
    #[inline(always)]
    pub fn add(&mut self, leg: &Leg) -> Result<()> {
        let sides = self.sides.get_mut(usize::from(leg.slot));
        sides.ok_or(EngineError::LegNotHeld)?.add(leg.exposure)?;
        if leg.exposure == 0 {
            self.apart = self.apart.plus(leg.apart)?;
        }
        if leg.closing != 0 {
            self.closing = add(self.closing, leg.closing)?;
        }
        Ok(())
    }

    /// Σ |exposure| of the legs.
    pub fn exposure(&self) -> Result<u64> {
        let mut exposure = 0;
        for sides in &self.sides {
            exposure = add(add(exposure, sides.long)?, sides.short)?;
        }
        Ok(exposure)
    }
}

#[inline]
fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(EngineError::Overflow)
}

#[inline]
fn take(a: u64, b: u64) -> Result<u64> {
    a.checked_sub(b).ok_or(EngineError::Overflow)
}
