//! `close_buffer`: a buffer of the code account that nobody needs any more is closed.
//!
//! * only the code authority;
//! * the account is a buffer, never the program's own code, and its authority is the code account;
//! * it is not announced.
//!
//! Whose lamports they were the loader does not say: the code authority names who gets them.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::BufferClosed;
use crate::loader::{self, UpgradeableLoader};
use crate::state::Code;

/// Accounts of `close_buffer`.
#[derive(Accounts)]
pub struct CloseBuffer<'info> {
    /// Who may announce new code.
    pub authority: Signer<'info>,
    /// The code account.
    #[account(
        seeds = [CODE_SEED],
        bump = code.bump,
        constraint = code.authority == authority.key() @ PlimsollError::NotCodeAuthority,
    )]
    pub code: Box<Account<'info, Code>>,
    /// CHECK: the buffer; owner, state and authority are checked in the handler.
    #[account(mut)]
    pub buffer: UncheckedAccount<'info>,
    /// CHECK: gets the lamports, whoever the authority names.
    #[account(mut)]
    pub receiver: UncheckedAccount<'info>,
    /// The loader.
    pub loader: Program<'info, UpgradeableLoader>,
}

/// Closes the buffer.
#[inline(never)]
pub fn handle_close_buffer(ctx: Context<CloseBuffer>) -> Result<()> {
    let accounts = ctx.accounts;
    let (buffer, receiver) = (accounts.buffer.key(), accounts.receiver.key());

    require_keys_neq!(buffer, accounts.code.buffer, PlimsollError::BufferAnnounced);
    loader::require_frozen(&accounts.buffer, accounts.code.key())?;

    loader::close_buffer(
        accounts.buffer.to_account_info(),
        accounts.receiver.to_account_info(),
        &accounts.code,
    )?;
    emit!(BufferClosed { buffer, receiver });
    Ok(())
}
