//! `call_margin`: anyone records what an account's health is.
//!
//! * below the call level a margin call stands; below maintenance an episode of liquidation;
//! * both end as soon as initial is met, or at two observations above the call level 600 s apart;
//! * an observation that changes nothing succeeds.

use anchor_lang::prelude::*;
use plimsoll_engine::health::Purpose;

use crate::error::PlimsollError;
use crate::health_gate::{health_of, observe};
use crate::state::{AgeLimit, MarginAccount, RiskBook};

/// Accounts of `call_margin`.
#[derive(Accounts)]
pub struct CallMargin<'info> {
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Records the observation.
#[inline(never)]
pub fn handle_call_margin(ctx: Context<CallMargin>) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    let health = health_of(&book, &*account, now, AgeLimit::Other, Purpose::Trade)?;
    observe(&mut account, accounts.account.key(), &book, &health, now)?;
    account.invariant()
}
