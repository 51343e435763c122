//! `set_delegate`: the owner names who may place and cancel orders for him, and how much in a day.
//!
//! * only the owner, at any time but in the middle of a swap: nothing else keeps him from taking it back;
//! * the zero key names nobody;
//! * what was ordered before goes on counting, so that a new limit or another delegate adds nothing to
//!   the day that is under way; an order that is pending stays.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::DelegateSet;
use crate::state::MarginAccount;

/// Accounts of `set_delegate`.
#[derive(Accounts)]
pub struct SetDelegate<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.owner == owner.key() @ PlimsollError::NotOwner,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Names `delegate`, whose orders may come to `daily_notional` quote atoms a day.
#[inline(never)]
pub fn handle_set_delegate(
    ctx: Context<SetDelegate>,
    delegate: Pubkey,
    daily_notional: u64,
) -> Result<()> {
    let mut account = ctx.accounts.account.load_mut()?;

    account.require_no_swap()?;
    account.set_delegate(delegate, daily_notional, Clock::get()?.unix_timestamp)?;

    emit!(DelegateSet {
        account: ctx.accounts.account.key(),
        delegate,
        daily_notional,
    });
    account.invariant()
}
