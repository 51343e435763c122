//! Shares of a total, rounded against their holder. Shares of an index are [`crate::index::Index`]'s.

use crate::error::{EngineError, Result};
use crate::fixed::mul_div_floor;

/// Shares of a total that a payment of `atoms` buys, rounded down: atoms × shares / value.
///
/// # Errors
/// `PoolInsolvent` if the total is worth nothing, `DepositTooSmall` if the result is zero.
pub fn bought_shares_floor(atoms: u64, shares: u64, value: u64) -> Result<u64> {
    if value == 0 {
        return Err(EngineError::PoolInsolvent);
    }
    match mul_div_floor(atoms, shares, value)? {
        0 => Err(EngineError::DepositTooSmall),
        bought => Ok(bought),
    }
}
