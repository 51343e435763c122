//! Parameters of the exchange and of the pool.

use anchor_lang::prelude::*;

use super::Growth;
use crate::instructions::{ExchangeParams, PoolParams};
use crate::state::{Pool, RiskBook};

/// Puts the parameters of an exchange in place; the weight of scenarios in maintenance grows.
///
/// # Errors
/// `ParameterOutOfBounds`.
pub fn replace_exchange(
    book: &mut RiskBook,
    params: &ExchangeParams,
    growth: &mut Growth,
) -> Result<()> {
    params.validate()?;
    let before = book.scenario_weight_maintenance;
    params.write(book);
    let target = book.scenario_weight_maintenance;
    book.scenario_weight_maintenance = growth.toward_signed(before, target)?;
    Ok(())
}

/// Puts the parameters of a pool in place.
///
/// # Errors
/// `ParameterOutOfBounds`.
pub fn replace_pool(pool: &mut Pool, params: &PoolParams) -> Result<()> {
    params.validate()?;
    params.write(pool);
    Ok(())
}
