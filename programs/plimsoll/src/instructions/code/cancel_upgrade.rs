//! `cancel_upgrade`: the announced upgrade is withdrawn.
//!
//! * only the code authority, at any time, also after it lapsed;
//! * something is announced.
//!
//! The buffer stays the code account's: it can be announced again, with its whole notice, or closed.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::UpgradeCancelled;
use crate::state::Code;

/// Accounts of `cancel_upgrade`.
#[derive(Accounts)]
pub struct CancelUpgrade<'info> {
    /// Who may announce new code.
    pub authority: Signer<'info>,
    /// The code account.
    #[account(
        mut,
        seeds = [CODE_SEED],
        bump = code.bump,
        constraint = code.authority == authority.key() @ PlimsollError::NotCodeAuthority,
    )]
    pub code: Box<Account<'info, Code>>,
}

/// Withdraws the announcement.
#[inline(never)]
pub fn handle_cancel_upgrade(ctx: Context<CancelUpgrade>) -> Result<()> {
    let code = &mut ctx.accounts.code;

    let buffer = code.announced()?;

    code.clear();

    emit!(UpgradeCancelled { buffer });
    code.invariant()
}
