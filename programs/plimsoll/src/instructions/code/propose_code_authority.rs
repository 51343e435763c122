//! `propose_code_authority`: who may announce new code proposes another, who has to accept.
//!
//! * only the code authority; the zero key takes a proposal back;
//! * nothing changes before it is accepted, and an announcement stays what it is.
//!
//! No notice: whoever announces, new code waits its own.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::CodeAuthorityProposed;
use crate::state::Code;

/// Accounts of `propose_code_authority`.
#[derive(Accounts)]
pub struct ProposeCodeAuthority<'info> {
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

/// Proposes `pending`.
#[inline(never)]
pub fn handle_propose_code_authority(
    ctx: Context<ProposeCodeAuthority>,
    pending: Pubkey,
) -> Result<()> {
    let code = &mut ctx.accounts.code;

    code.pending = pending;

    let authority = code.authority;
    emit!(CodeAuthorityProposed { authority, pending });
    code.invariant()
}
