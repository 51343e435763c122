//! `accept_code_authority`: who was proposed becomes who may announce new code.
//!
//! * only who is proposed; the one before him can do nothing any more;
//! * an announcement stays what it is, and is now his to cancel.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::CodeAuthorityAccepted;
use crate::state::Code;

/// Accounts of `accept_code_authority`.
#[derive(Accounts)]
pub struct AcceptCodeAuthority<'info> {
    /// Who was proposed.
    pub pending: Signer<'info>,
    /// The code account.
    #[account(
        mut,
        seeds = [CODE_SEED],
        bump = code.bump,
        constraint = code.pending == pending.key() @ PlimsollError::NotPendingCodeAuthority,
    )]
    pub code: Box<Account<'info, Code>>,
}

/// Takes over.
#[inline(never)]
pub fn handle_accept_code_authority(ctx: Context<AcceptCodeAuthority>) -> Result<()> {
    let authority = ctx.accounts.pending.key();
    let code = &mut ctx.accounts.code;

    code.authority = authority;
    code.pending = Pubkey::default();

    emit!(CodeAuthorityAccepted { authority });
    code.invariant()
}
