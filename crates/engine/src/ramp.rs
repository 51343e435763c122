//! The ramp between a target and the maintenance parameter in force (F-4).
//!
//! A maintenance parameter follows its target by at most a factor of 1.5 in a day upwards and 0.9
//! downwards. The target is known before it binds: the ramp is the notice. Anybody may step a ramp as
//! often as he likes, so a step must not round noticeably: the level has 62 binary digits, and a day
//! of steps every second differs from one step by less than 1e-9 for rates from 0.01% on.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_ceil, mul_shift_floor, Fixed, FRACTION_BITS};
use crate::math::exp_small;

/// Longest time one step accounts for: a crank that was away for a week does not jump.
pub const LONGEST_STEP_SECONDS: i64 = 86_400;

const LEVEL_BITS: u32 = 62;
const LOG_BITS: u32 = 57;
/// ln 1.5 / 86,400 in 2^-80, rounded down.
const RISE_PER_SECOND: u64 = 5_673_347_663_712_926_514;
/// −ln 0.9 / 86,400 in 2^-80, rounded down.
const FALL_PER_SECOND: u64 = 1_474_225_089_660_389_256;
const PER_SECOND_BITS: u32 = 80;
/// More than the relative error of an exponential, in 2^-62: keeps a ramp within its daily factor.
const EXP_ERROR: u64 = 1 << 11;

/// A parameter in force on its way to a target. Both above zero and below 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ramp {
    /// What is in force, in 2^-62.
    pub level: u64,
    /// When it was, unix seconds.
    pub time: i64,
}

impl Ramp {
    /// In force from `now` on without a ramp, for a parameter that is listed.
    ///
    /// # Errors
    /// `Overflow` unless 0 < value < 2.
    pub fn starting_at(value: Fixed, now: i64) -> Result<Self> {
        let level = level_of(value)?;
        Ok(Self { level, time: now })
    }

    /// Moves towards `target` for the time since the last step: at most a day, and never past it.
    ///
    /// A time that did not rise changes nothing.
    ///
    /// # Errors
    /// `Overflow` unless 0 < target < 2.
    ///
    /// Source: F-4.
    pub fn step(self, target: Fixed, now: i64) -> Result<Self> {
        let target = level_of(target)?;
        let elapsed = now.saturating_sub(self.time).min(LONGEST_STEP_SECONDS);
        let Ok(seconds) = u64::try_from(elapsed) else {
            return Ok(self);
        };
        if seconds == 0 {
            return Ok(self);
        }
        let level = if target >= self.level {
            self.risen_floor(seconds)?.min(target)
        } else {
            self.fallen_ceil(seconds)?.max(target)
        };
        Ok(Self { level, time: now })
    }

    /// The parameter in force, rounded down to a unit of [`Fixed`], and exactly the target once it is
    /// reached: rounding up could pass the daily factor.
    pub fn in_force_floor(self) -> Result<Fixed> {
        i64::try_from(self.level >> (LEVEL_BITS - FRACTION_BITS))
            .map(Fixed)
            .map_err(|_| EngineError::Overflow)
    }

    /// level · 1.5^(seconds/86,400), rounded down.
    fn risen_floor(self, seconds: u64) -> Result<u64> {
        let exponent = mul_shift_floor(seconds, RISE_PER_SECOND, PER_SECOND_BITS - LOG_BITS)?;
        let exponent = i64::try_from(exponent).map_err(|_| EngineError::Overflow)?;
        let factor = exp_small(exponent)?.saturating_sub(EXP_ERROR);
        Ok(mul_shift_floor(self.level, factor, LEVEL_BITS)?.max(self.level))
    }

    /// level · 0.9^(seconds/86,400), rounded up.
    fn fallen_ceil(self, seconds: u64) -> Result<u64> {
        let exponent = mul_shift_floor(seconds, FALL_PER_SECOND, PER_SECOND_BITS - LOG_BITS)?;
        let exponent = i64::try_from(exponent).map_err(|_| EngineError::Overflow)?;
        let factor = exp_small(-exponent)?.saturating_add(EXP_ERROR);
        Ok(mul_shift_ceil(self.level, factor, LEVEL_BITS)?.min(self.level))
    }
}

fn level_of(value: Fixed) -> Result<u64> {
    let raw = u64::try_from(value.0).map_err(|_| EngineError::Overflow)?;
    if raw == 0 || raw >= 2 << FRACTION_BITS {
        return Err(EngineError::Overflow);
    }
    Ok(raw << (LEVEL_BITS - FRACTION_BITS))
}
