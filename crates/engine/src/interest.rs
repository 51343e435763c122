//! Interest on debts to the pool and to lenders (F-11).

use crate::error::Result;
use crate::fixed::Fixed;
use crate::index::Index;

/// Seconds of a year of 365 days.
pub const YEAR_SECONDS: u64 = 31_536_000;

/// What an index gains in a second at a yearly rate, rounded up.
pub fn gain_per_second_ceil(index: Index, yearly: Fixed) -> Result<Index> {
    let yearly_gain = yearly.of_ceil(index.0)?;
    Ok(Index(yearly_gain.div_ceil(YEAR_SECONDS)))
}

/// The index after `seconds` at a constant gain per second: linear between two writes of the book. It
/// stops at [`Index::MOST`] rather than stop every instruction.
#[inline]
pub fn index_at(index: Index, gain_per_second: Index, seconds: i64) -> Index {
    let seconds = seconds.max(0).unsigned_abs();
    index.plus(Index(gain_per_second.0.saturating_mul(seconds)))
}
