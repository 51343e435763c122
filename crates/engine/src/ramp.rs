//! The ramp between a target and the maintenance parameter in force (F-4).
//!
//! A maintenance parameter follows its target by at most a factor of 1.5 in a day upwards and 0.9
//! downwards. The target is known before it binds: the ramp is the notice. Anybody may step a ramp as
//! often as he likes, so a step must not round noticeably: the level has 62 binary digits, and a day
//! of steps every second differs from one step by less than 1e-9 for rates from 0.01% on.
//!
//! An asset has several parameters with one clock. One [`Step`] moves them all and computes each of the
//! two exponentials at most once, and none where every level stands at its target.

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

/// Growth and decay allowed over one span of time, each computed when it is first asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// At least 1 and at most [`LONGEST_STEP_SECONDS`].
    seconds: u64,
    /// 1.5^(seconds/86,400) in 2^-62, at most the exact value.
    rise: Option<u64>,
    /// 0.9^(seconds/86,400) in 2^-62, at least the exact value.
    fall: Option<u64>,
}

impl Step {
    /// From `time` to `now`, unix seconds, at most a day of it; `None` for a time that did not rise.
    ///
    /// Source: F-4.
    pub fn since(time: i64, now: i64) -> Option<Self> {
        let elapsed = now.saturating_sub(time).min(LONGEST_STEP_SECONDS);
        match u64::try_from(elapsed) {
            Ok(0) | Err(_) => None,
            Ok(seconds) => Some(Self {
                seconds,
                rise: None,
                fall: None,
            }),
        }
    }

    /// The level in 2^-62 after this span on its way to `target`, never past it. Growth is rounded down
    /// and decay up, so that neither exceeds its daily factor.
    ///
    /// # Errors
    /// `Overflow` unless 0 < target < 2, or where a level above 2 grows beyond 64 bits.
    ///
    /// Source: F-4.
    pub fn toward(&mut self, level: u64, target: Fixed) -> Result<u64> {
        let target = level_of(target)?;
        if target > level {
            let grown = mul_shift_floor(level, self.rise_floor()?, LEVEL_BITS)?;
            Ok(grown.max(level).min(target))
        } else if target < level {
            let fallen = mul_shift_ceil(level, self.fall_ceil()?, LEVEL_BITS)?;
            Ok(fallen.min(level).max(target))
        } else {
            Ok(level)
        }
    }

    fn rise_floor(&mut self) -> Result<u64> {
        if let Some(rise) = self.rise {
            return Ok(rise);
        }
        let rise = exp_small(self.exponent(RISE_PER_SECOND)?)?.saturating_sub(EXP_ERROR);
        self.rise = Some(rise);
        Ok(rise)
    }

    fn fall_ceil(&mut self) -> Result<u64> {
        if let Some(fall) = self.fall {
            return Ok(fall);
        }
        let fall = exp_small(-self.exponent(FALL_PER_SECOND)?)?.saturating_add(EXP_ERROR);
        self.fall = Some(fall);
        Ok(fall)
    }

    /// `per_second` · seconds in 2^-57, rounded down: at most ln 1.5.
    fn exponent(&self, per_second: u64) -> Result<i64> {
        let exponent = mul_shift_floor(self.seconds, per_second, PER_SECOND_BITS - LOG_BITS)?;
        i64::try_from(exponent).map_err(|_| EngineError::Overflow)
    }
}

/// A parameter in force on its way to a target. Both above zero and below 2.
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
    /// A time that did not rise changes nothing. Of several ramps with one clock each level is moved
    /// by the same [`Step`] instead.
    ///
    /// # Errors
    /// `Overflow` unless 0 < target < 2.
    ///
    /// Source: F-4.
    pub fn step(self, target: Fixed, now: i64) -> Result<Self> {
        let Some(mut step) = Step::since(self.time, now) else {
            level_of(target)?;
            return Ok(self);
        };
        let level = step.toward(self.level, target)?;
        Ok(Self { level, time: now })
    }

    /// The parameter in force; see [`in_force_floor`].
    pub fn in_force_floor(self) -> Result<Fixed> {
        in_force_floor(self.level)
    }
}

/// Least part of its target with which an announced parameter begins to grow: a 1,000th.
const LEAST_BEGUN: u64 = 1_000;

/// An announced parameter `seconds` after it began to grow from `from` to `target`, rounded down: by at most
/// the factor 1.5 in a day, and from at least a 1,000th of the target, so that one that was zero grows at all.
/// One that falls is at its target at once. All in one unit.
///
/// # Errors
/// None within 2^63.
///
/// Source: F-4.
pub fn raised_floor(from: u64, target: u64, seconds: u64) -> Result<u64> {
    if target <= from {
        return Ok(target);
    }
    let mut value = from.max(target / LEAST_BEGUN).max(1);
    let mut left = seconds;
    while left > 0 && value < target {
        let span = left.min(LONGEST_STEP_SECONDS.unsigned_abs());
        let mut step = Step {
            seconds: span,
            rise: None,
            fall: None,
        };
        value = mul_shift_floor(value, step.rise_floor()?, LEVEL_BITS)?;
        left -= span;
    }
    Ok(value.min(target))
}

/// A value as a level in 2^-62, exact; `Overflow` unless 0 < value < 2.
pub fn level_of(value: Fixed) -> Result<u64> {
    let raw = u64::try_from(value.0).map_err(|_| EngineError::Overflow)?;
    if raw == 0 || raw >= 2 << FRACTION_BITS {
        return Err(EngineError::Overflow);
    }
    Ok(raw << (LEVEL_BITS - FRACTION_BITS))
}

/// The parameter that a level in 2^-62 puts into force, rounded down to a unit of [`Fixed`], and exactly
/// the target once it is reached: rounding up could pass the daily factor.
pub fn in_force_floor(level: u64) -> Result<Fixed> {
    i64::try_from(level >> (LEVEL_BITS - FRACTION_BITS))
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}
