//! Shares of an index or of a total, rounded against their holder.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_ceil, mul_div_floor, Fixed};

/// Debt shares that record a debt of `atoms` at `index`, rounded up.
pub fn debt_shares_ceil(atoms: u64, index: Fixed) -> Result<u64> {
    mul_div_ceil(atoms, Fixed::ONE.0.unsigned_abs(), index.0.unsigned_abs())
}

/// Debt shares that a payment of `atoms` cancels at `index`, rounded down.
pub fn repaid_shares_floor(atoms: u64, index: Fixed) -> Result<u64> {
    mul_div_floor(atoms, Fixed::ONE.0.unsigned_abs(), index.0.unsigned_abs())
}

/// Atoms owed on `shares` at `index`, rounded up.
pub fn debt_atoms_ceil(shares: u64, index: Fixed) -> Result<u64> {
    index.of_ceil(shares)
}

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
