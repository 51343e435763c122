//! The profile of an account: what it traded and how often it was liquidated (F-9).
//!
//! multiplier of the initial requirement = 1 + 0.10 · strikes − 0.10 · min(1, volume / 10,000,000 USD),
//! between 0.9 and 1.5. A strike is one episode of liquidation. Both figures halve every 30 days.
//! Maintenance is never changed by it: who is liquidated does not depend on who he is, and initial
//! stays at least 1.25 times maintenance after the discount (F-2, F-5).
//!
//! Time passes here in whole hours: what is left of an hour is kept for the next call, so that calling
//! often rounds no more often than hourly. What is recorded within an hour counts as of its beginning:
//! early by 0.1% of it at most. Volume decays rounded down and strikes rounded up, both against the
//! account: hourly calls stay within 0.0011 dollars and 0.00007 strikes of a single one.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_floor, Fixed, FRACTION_BITS};
use crate::math::exp2_minus;
use crate::volatility::HOUR_SECONDS;

/// One strike as [`Profile::strikes`] counts.
pub const STRIKE_ONE: u32 = 1 << STRIKE_BITS;
/// Hours in which volume and strikes halve: 30 days.
pub const HALF_LIFE_HOURS: i64 = 720;
/// Volume of the whole discount, in micro-dollars.
pub const FULL_VOLUME: u64 = 10_000_000_000_000;
/// What the whole volume takes off the multiplier, rounded down.
pub const FULL_DISCOUNT: Fixed = Fixed::ratio(1, 10);
/// No profile asks for less.
pub const LEAST_MULTIPLIER: Fixed = Fixed::ratio(9, 10).next();
/// No profile asks for more: five strikes.
pub const MOST_MULTIPLIER: Fixed = Fixed::ratio(3, 2);

const STRIKE_BITS: u32 = 24;
/// A strike adds one part in so many.
const STRIKE_PARTS: u64 = 10;
/// After so many half-lives, five years, nothing is left.
const LAST_HALF_LIFE: i64 = 64;
/// Error of an exponential below 1: 4e-15 is less than two units.
const EXP_ERROR_UNITS: i64 = 2;
/// 0.10 / [`FULL_VOLUME`] in 2^-110, rounded down.
const DISCOUNT_PER_UNIT: u64 = 12_980_742_146_337_069_071;
const DISCOUNT_BITS: u32 = 110;

/// The record of one account. All zero: an account without history, whose multiplier is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Traded notional in micro-dollars, decayed to `time`.
    pub volume: u64,
    /// Episodes of liquidation in 2^-24, decayed to `time`.
    pub strikes: u32,
    /// Up to when both have decayed, unix seconds.
    pub time: i64,
}

impl Profile {
    /// After a trade of this notional, in micro-dollars. Stops at the largest volume that fits.
    ///
    /// A time before [`Self::time`] decays nothing, and what is added counts as of [`Self::time`].
    ///
    /// # Errors
    /// None occurs; the type is that of the exponential.
    ///
    /// Source: F-9.
    pub fn traded(self, notional: u64, now: i64) -> Result<Self> {
        let mut next = self.decayed(now)?;
        next.volume = next.volume.saturating_add(notional);
        Ok(next)
    }

    /// After one more episode of liquidation; to be called once for each. Stops at 256 strikes.
    ///
    /// A time before [`Self::time`] decays nothing, and the strike counts as of [`Self::time`].
    ///
    /// # Errors
    /// None occurs; the type is that of the exponential.
    ///
    /// Source: F-9.
    pub fn liquidated(self, now: i64) -> Result<Self> {
        let mut next = self.decayed(now)?;
        next.strikes = next.strikes.saturating_add(STRIKE_ONE);
        Ok(next)
    }

    /// Multiplier of the initial requirement, 0.9 to 1.5, rounded up; exactly 1 without a history, and
    /// then without an exponential.
    ///
    /// # Errors
    /// None occurs; the type is that of the exponential.
    ///
    /// Source: F-9.
    pub fn multiplier(&self, now: i64) -> Result<Fixed> {
        if self.is_blank() {
            return Ok(Fixed::ONE);
        }
        let today = self.decayed(now)?;
        let strikes = u64::from(today.strikes) << (FRACTION_BITS - STRIKE_BITS);
        let surcharge = i64::try_from(strikes.div_ceil(STRIKE_PARTS));
        let surcharge = Fixed(surcharge.map_err(|_| EngineError::Overflow)?);
        let discount = discount_floor(today.volume)?;
        let sum = Fixed::ONE.plus(surcharge)?.minus(discount)?;
        Ok(sum.clamp(LEAST_MULTIPLIER, MOST_MULTIPLIER))
    }

    fn is_blank(&self) -> bool {
        self.volume == 0 && self.strikes == 0
    }

    /// Both figures at `now`, by the whole hours that have passed: 2^(−hours/720) of each.
    fn decayed(self, now: i64) -> Result<Self> {
        if self.is_blank() {
            let time = self.time.max(now);
            return Ok(Self { time, ..self });
        }
        let elapsed = now.saturating_sub(self.time);
        let hours = elapsed / HOUR_SECONDS;
        if hours <= 0 {
            return Ok(self);
        }
        let time = now.saturating_sub(elapsed % HOUR_SECONDS);
        let (whole, rest) = (hours / HALF_LIFE_HOURS, hours % HALF_LIFE_HOURS);
        if whole >= LAST_HALF_LIFE {
            return Ok(Self {
                time,
                ..Self::default()
            });
        }
        // Below 64 half-lives and below 720 hours: at most 58 binary digits.
        let half_lives = (whole << FRACTION_BITS) + (rest << FRACTION_BITS) / HALF_LIFE_HOURS;
        let left = exp2_minus(Fixed(half_lives))?;
        let volume_left = left.minus(Fixed(EXP_ERROR_UNITS))?.max(Fixed::ZERO);
        let strikes_left = left.plus(Fixed(EXP_ERROR_UNITS))?.min(Fixed::ONE);
        let strikes = strikes_left.of_ceil(u64::from(self.strikes))?;
        Ok(Self {
            volume: volume_left.of_floor(self.volume)?,
            strikes: u32::try_from(strikes).map_err(|_| EngineError::Overflow)?,
            time,
        })
    }
}

/// 0.10 · min(1, volume / 10,000,000 USD), rounded down.
fn discount_floor(volume: u64) -> Result<Fixed> {
    if volume >= FULL_VOLUME {
        return Ok(FULL_DISCOUNT);
    }
    let raw = mul_shift_floor(volume, DISCOUNT_PER_UNIT, DISCOUNT_BITS - FRACTION_BITS)?;
    i64::try_from(raw)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}
