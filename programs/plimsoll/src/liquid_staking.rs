//! What `list_asset` asks of a liquid-staking token, and of an asset that is none.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::instructions::AssetParams;
use crate::oracle::stake_pool::is_stake_pool_program;
use crate::state::{AssetModel, RiskBook};

/// A stake pool has a known program and an underlying that is listed, is no liquid-staking token and has
/// the token's decimals; without one nothing of it is named.
///
/// # Errors
/// `ParameterOutOfBounds`, `UnknownAsset`.
pub fn validate(book: &RiskBook, params: &AssetParams) -> Result<()> {
    let program = params.stake_program;
    if params.stake_pool == Pubkey::default() {
        let nothing = program == Pubkey::default() && params.underlying == 0;
        require!(nothing, PlimsollError::ParameterOutOfBounds);
        return Ok(());
    }
    if !is_stake_pool_program(&program) {
        return Err(
            error!(PlimsollError::ParameterOutOfBounds).with_pubkeys((params.stake_pool, program))
        );
    }
    let underlying = book.listed_asset(params.underlying)?;
    require_eq!(
        underlying.decimals,
        params.decimals,
        PlimsollError::ParameterOutOfBounds
    );
    let chained = book.listed_model(params.underlying)?.is_liquid_staking();
    require!(!chained, PlimsollError::ParameterOutOfBounds);
    Ok(())
}

pub fn write(model: &mut AssetModel, params: &AssetParams) {
    model.stake_pool = params.stake_pool;
    model.stake_program = params.stake_program;
    model.underlying = params.underlying;
}
