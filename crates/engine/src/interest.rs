//! Interest on debts to the pool and to lenders (F-11).

use crate::error::{EngineError, Result};
use crate::fixed::Fixed;

/// Seconds of a year of 365 days.
pub const YEAR_SECONDS: u64 = 31_536_000;

/// What one share's index gains in a second at a yearly rate, rounded up.
pub fn gain_per_second_ceil(index: Fixed, yearly: Fixed) -> Result<Fixed> {
    let yearly_gain = yearly.of_ceil(index.0.unsigned_abs())?;
    i64::try_from(yearly_gain.div_ceil(YEAR_SECONDS))
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}

/// The index after `seconds` at a constant gain per second: linear between two writes of the book. It
/// stops at the largest number there is, 32,768, rather than stop every instruction.
#[inline]
pub fn index_at(index: Fixed, gain_per_second: Fixed, seconds: i64) -> Fixed {
    let gain = gain_per_second.0.saturating_mul(seconds.max(0));
    Fixed(index.0.saturating_add(gain))
}
