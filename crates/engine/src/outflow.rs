//! A level that drains by time and that nothing raises above a limit: the net outflow of a bank, or the
//! value of what a delegate has ordered.

use crate::error::Result;
use crate::fixed::mul_div_floor;

/// What counts against a limit as of a time: of a bank, what has left it net of what came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outflow {
    /// Atoms that count.
    pub level: u64,
    /// Unix seconds.
    pub time: i64,
}

impl Outflow {
    /// What still counts at `now`, in atoms, rounded up: the limit drains evenly over the window, so that
    /// in any window at most twice the limit leaves, and at most the limit at once.
    ///
    /// # Errors
    /// `DivisionByZero` for a window of zero.
    pub fn at_ceil(&self, now: i64, limit: u64, window: u64) -> Result<u64> {
        let seconds = now.saturating_sub(self.time).max(0).unsigned_abs();
        if seconds >= window {
            return Ok(0);
        }
        Ok(self
            .level
            .saturating_sub(mul_div_floor(limit, seconds, window)?))
    }
}
