//! `apply_upgrade`: the program's code is replaced by what was announced. Anyone.
//!
//! * something is announced, its notice is over, and it has not lapsed;
//! * the buffer is the announced one, and its lamports go to the receiver that was announced;
//! * the loader checks the code, that the program data has room for it, and that the program was neither
//!   deployed nor extended in this slot.
//!
//! The upgrade authority stays the code account: the new code has to let it upgrade again.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::UpgradeApplied;
use crate::loader::{program_data_address, Upgrade, UpgradeableLoader};
use crate::state::Code;

/// Accounts of `apply_upgrade`.
#[derive(Accounts)]
pub struct ApplyUpgrade<'info> {
    /// The code account.
    #[account(mut, seeds = [CODE_SEED], bump = code.bump)]
    pub code: Box<Account<'info, Code>>,
    /// CHECK: this program, by its address.
    #[account(mut, address = crate::ID)]
    pub program: UncheckedAccount<'info>,
    /// CHECK: where the loader keeps its code, by its address.
    #[account(mut, address = program_data_address() @ PlimsollError::WrongProgramData)]
    pub program_data: UncheckedAccount<'info>,
    /// CHECK: the announced buffer, by its address.
    #[account(mut)]
    pub buffer: UncheckedAccount<'info>,
    /// CHECK: whom the announcement named, by his address.
    #[account(mut)]
    pub receiver: UncheckedAccount<'info>,
    /// The rent sysvar, which the loader wants to see.
    pub rent: Sysvar<'info, Rent>,
    /// The clock sysvar, likewise.
    pub clock: Sysvar<'info, Clock>,
    /// The loader.
    pub loader: Program<'info, UpgradeableLoader>,
}

/// Applies the announced upgrade.
#[inline(never)]
pub fn handle_apply_upgrade(ctx: Context<ApplyUpgrade>) -> Result<()> {
    let accounts = ctx.accounts;
    let now = accounts.clock.unix_timestamp;
    let code = &mut accounts.code;

    let buffer = code.announced()?;
    code.require_due(now)?;
    require_keys_eq!(accounts.buffer.key(), buffer, PlimsollError::WrongBuffer);
    require_keys_eq!(
        accounts.receiver.key(),
        code.receiver,
        PlimsollError::WrongReceiver
    );

    code.clear();
    code.invariant()?;

    let upgrade = Upgrade {
        program_data: accounts.program_data.to_account_info(),
        program: accounts.program.to_account_info(),
        buffer: accounts.buffer.to_account_info(),
        receiver: accounts.receiver.to_account_info(),
        rent: accounts.rent.to_account_info(),
        clock: accounts.clock.to_account_info(),
    };
    upgrade.apply(&accounts.code)?;
    emit!(UpgradeApplied { buffer, at: now });
    Ok(())
}
