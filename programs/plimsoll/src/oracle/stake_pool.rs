//! Redemption rates: the stake pool account of the SPL stake pool program and of the two programs that
//! share its layout.
//!
//! Address and program are pinned when the asset is listed. They stand for the token as well: the book
//! knows no mints, and whoever lists a pool answers for its being the token's. Read by offset, fields of
//! fixed length only; the account goes on with ones that no rate needs.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::redemption::redemption_rate_floor;

use super::bytes;
use crate::constants::REDEMPTION_EPOCHS;
use crate::error::PlimsollError;
use crate::state::AssetModel;

/// The SPL stake pool program.
pub const SPL: Pubkey = pubkey!("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
/// Sanctum's deployment of it for pools of one validator.
pub const SANCTUM_SINGLE: Pubkey = pubkey!("SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY");
/// Sanctum's deployment of it for pools of many.
pub const SANCTUM_MULTI: Pubkey = pubkey!("SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn");

/// Account type "stake pool", the first byte; validator lists of the same program have another.
const STAKE_POOL: u8 = 1;
/// Lamports under management.
const HELD: usize = 258;
/// Atoms of the pool's token.
const SUPPLY: usize = 266;
/// Epoch as of which both were computed.
const LAST_UPDATE_EPOCH: usize = 274;

/// What a stake pool's token redeems for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// Atoms of the underlying per atom of the token, rounded down; above 0.
    pub rate: Fixed,
    /// Epoch as of which it was computed.
    pub epoch: u64,
}

/// Whether pools of `program` may be listed.
pub fn is_stake_pool_program(program: &Pubkey) -> bool {
    [SPL, SANCTUM_SINGLE, SANCTUM_MULTI].contains(program)
}

/// Reads the redemption rate of the asset of `model` from `account` in `epoch`.
///
/// # Errors
/// `StakePool` for another program, another address, another or a shorter layout, and a pool without
/// tokens or without lamports; `RedemptionStale` for a rate computed before the last epoch.
#[inline(never)]
pub fn read(account: &AccountInfo<'_>, model: &AssetModel, epoch: u64) -> Result<Redemption> {
    require_keys_eq!(
        model.stake_program,
        *account.owner,
        PlimsollError::StakePool
    );
    require_keys_eq!(model.stake_pool, *account.key, PlimsollError::StakePool);
    let data = account.try_borrow_data().map_err(|_| unreadable())?;
    let [kind] = bytes(&data, 0).map_err(|_| unreadable())?;
    require_eq!(STAKE_POOL, kind, PlimsollError::StakePool);
    let updated = number(&data, LAST_UPDATE_EPOCH)?;
    let rate = redemption_rate_floor(number(&data, HELD)?, number(&data, SUPPLY)?)
        .map_err(|_| unreadable())?;
    require_gte!(
        updated.saturating_add(REDEMPTION_EPOCHS),
        epoch,
        PlimsollError::RedemptionStale
    );
    Ok(Redemption {
        rate,
        epoch: updated,
    })
}

fn number(data: &[u8], offset: usize) -> Result<u64> {
    let number = bytes(data, offset).map_err(|_| unreadable())?;
    Ok(u64::from_le_bytes(number))
}

fn unreadable() -> anchor_lang::error::Error {
    error!(PlimsollError::StakePool)
}
