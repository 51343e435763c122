//! `close_account`: returns the rent of an empty margin account.
//!
//! * only the owner closes, and names who receives the rent;
//! * nothing is held, owed or claimed, and no order stands.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::AccountClosed;
use crate::state::MarginAccount;

/// Accounts of `close_account`.
#[derive(Accounts)]
pub struct CloseAccount<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(
        mut,
        close = receiver,
        constraint = account.load()?.owner == owner.key() @ PlimsollError::NotOwner,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// CHECK: receives lamports, whoever the owner names.
    #[account(mut)]
    pub receiver: UncheckedAccount<'info>,
}

/// Closes the account.
#[inline(never)]
pub fn handle_close_account(ctx: Context<CloseAccount>) -> Result<()> {
    let account = ctx.accounts.account.load()?;

    account.require_no_swap()?;
    for balance in &account.balances {
        require_eq!(0, balance.amount, PlimsollError::AccountNotEmpty);
    }
    require!(account.is_plain(), PlimsollError::AccountNotEmpty);
    require_eq!(0, account.open_orders, PlimsollError::OrdersOpen);

    emit!(AccountClosed {
        account: ctx.accounts.account.key(),
        owner: account.owner
    });
    Ok(())
}
