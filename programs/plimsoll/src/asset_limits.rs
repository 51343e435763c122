//! The bounds in code of an asset's parameters, whether it is listed or changed.

use anchor_lang::prelude::*;
use plimsoll_engine::price::MAX_DECIMALS;

use crate::constants::{AGE_BOUND, DISCOUNT_BOUND_PPM, ORDER_WINDOW, PPM};
use crate::error::PlimsollError;
use crate::instructions::{within, AssetParams};
use crate::oracle::pyth_pull;
use crate::state::oracle_kind;

/// Largest `max_confidence_ppm`.
const CONFIDENCE_BOUND_PPM: u32 = 50_000;

/// Largest yearly deviation, basis points.
const VOLATILITY_BOUND_BPS: u32 = 100_000;

/// Refuses parameters that no asset can have.
///
/// # Errors
/// `DecimalsOutOfRange`, `ParameterOutOfBounds`.
pub fn validate(params: &AssetParams) -> Result<()> {
    validate_feed(params)?;
    validate_limits(params)?;
    validate_model(params)
}

fn validate_feed(params: &AssetParams) -> Result<()> {
    require_gte!(
        MAX_DECIMALS,
        params.decimals,
        PlimsollError::DecimalsOutOfRange
    );
    within(oracle_kind::PULL, params.oracle_kind, oracle_kind::PUSH)?;
    let named = |key: &Pubkey| *key != Pubkey::default();
    let sound = if params.oracle_kind == oracle_kind::PULL {
        pyth_pull::is_receiver(&params.oracle_program) && !named(&params.oracle_account)
    } else {
        named(&params.oracle_program) && named(&params.oracle_account)
    };
    if !sound {
        return Err(error!(PlimsollError::ParameterOutOfBounds)
            .with_pubkeys((params.oracle_program, params.oracle_account)));
    }
    Ok(())
}

fn validate_limits(params: &AssetParams) -> Result<()> {
    within(1, params.max_confidence_ppm, CONFIDENCE_BOUND_PPM)?;
    within(
        ORDER_WINDOW,
        i64::from(params.max_age_risk),
        i64::from(params.max_age_other),
    )?;
    within(params.max_age_risk, params.max_age_other, AGE_BOUND)?;
    within(
        params.discount_least_ppm,
        params.discount_most_ppm,
        DISCOUNT_BOUND_PPM,
    )
}

fn validate_model(params: &AssetParams) -> Result<()> {
    let floor = params.volatility_floor_bps;
    within(1, floor, VOLATILITY_BOUND_BPS)?;
    within(floor, params.volatility_stress_bps, VOLATILITY_BOUND_BPS)?;
    within(floor, params.volatility_start_bps, VOLATILITY_BOUND_BPS)?;
    within(0, params.size_beta_ppm, PPM)?;
    within(
        u64::from(params.size_beta_ppm.min(1)),
        params.size_n0,
        u64::MAX,
    )
}
