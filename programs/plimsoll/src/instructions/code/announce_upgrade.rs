//! `announce_upgrade`: new code for the program, to be applied after its notice.
//!
//! * only the code authority, and only while nothing is announced, not even something that lapsed;
//! * the buffer is one of the upgradeable loader; whether its code runs the loader says when it is applied;
//! * its authority is the code account already, so that during the whole notice everybody can read the
//!   bytes that will run, and nobody can change them;
//! * the receiver of its lamports is a wallet.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::UpgradeAnnounced;
use crate::loader;
use crate::state::Code;

/// Accounts of `announce_upgrade`.
#[derive(Accounts)]
pub struct AnnounceUpgrade<'info> {
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
    /// CHECK: the buffer with the new code; owner, state and authority are checked in the handler.
    pub buffer: UncheckedAccount<'info>,
    /// Gets the lamports that the buffer holds, when it is applied.
    pub receiver: SystemAccount<'info>,
}

/// Announces the code in the buffer.
#[inline(never)]
pub fn handle_announce_upgrade(ctx: Context<AnnounceUpgrade>) -> Result<()> {
    let (buffer, receiver) = (ctx.accounts.buffer.key(), ctx.accounts.receiver.key());
    let code = &mut ctx.accounts.code;

    loader::require_frozen(&ctx.accounts.buffer, code.key())?;
    code.announce(buffer, receiver, Clock::get()?.unix_timestamp)?;

    let (earliest, latest) = (code.earliest, code.latest);
    emit!(UpgradeAnnounced {
        buffer,
        receiver,
        earliest,
        latest,
    });
    code.invariant()
}
