//! `cancel_change`: an announced change goes.
//!
//! * the authority signs, or the guardian, but not for a change of guardian or authority;
//! * anybody may remove one that is void, or that lapsed before it began.
//!
//! What it has raised so far stays as it is.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::ChangeCancelled;
use crate::state::{Exchange, ParameterChange};

/// Accounts of `cancel_change`.
#[derive(Accounts)]
pub struct CancelChange<'info> {
    /// Authority or guardian; anyone for what cannot be applied any more.
    pub signer: Signer<'info>,
    /// Who paid the change's rent.
    /// CHECK: compared with the change, receives lamports only.
    #[account(mut, address = change.payer @ PlimsollError::WrongRentRecipient)]
    pub payer: UncheckedAccount<'info>,
    /// The exchange.
    #[account(address = change.exchange @ PlimsollError::WrongChange)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The change.
    #[account(mut, close = payer)]
    pub change: Box<Account<'info, ParameterChange>>,
}

/// Cancels or removes a change.
#[inline(never)]
pub fn handle_cancel_change(ctx: Context<CancelChange>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = ctx.accounts;
    let (exchange, change, signer) = (&accounts.exchange, &accounts.change, accounts.signer.key());

    let is_void = change.version != exchange.version(change.patch.version())?;
    let is_lapsed = change.moved_at == 0 && now > change.latest;
    let may_cancel = signer == exchange.authority
        || signer == exchange.guardian && change.patch.guardian_may_cancel();
    if !(is_void || is_lapsed || may_cancel) {
        return Err(error!(PlimsollError::NotAuthority).with_pubkeys((exchange.authority, signer)));
    }

    emit!(ChangeCancelled {
        exchange: exchange.key(),
        change: change.key(),
        signer
    });
    Ok(())
}
