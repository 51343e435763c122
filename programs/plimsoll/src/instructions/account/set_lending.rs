//! `set_lending`: the owner lends a deposit, or stops lending it.
//!
//! * only the owner, and not while a market order is pending;
//! * there is a deposit in the bank's token; where lending is already as asked, nothing moves;
//! * who begins: the bank was synced in the last 10 s and has no loss recorded;
//! * who ends bears his part of a recorded loss, and is paid from what the bank has not lent out;
//! * with a claim, a debt or a position: the gate.

use anchor_lang::prelude::*;

use crate::balances::set_lent;
use crate::constants::SYNC_AGE;
use crate::error::PlimsollError;
use crate::events::LendingSet;
use crate::health_gate::{borrow_index, pass_balance_gate, strict_health};
use crate::state::{Bank, MarginAccount, RiskBook};

/// Accounts of `set_lending`.
#[derive(Accounts)]
pub struct SetLending<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.owner == owner.key() @ PlimsollError::NotOwner,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The token's bank.
    #[account(mut, constraint = bank.load()?.book == book.key() @ PlimsollError::WrongBank)]
    pub bank: AccountLoader<'info, Bank>,
}

/// Lends the whole deposit in the bank's token, or ends lending it.
#[inline(never)]
pub fn handle_set_lending(ctx: Context<SetLending>, lend: bool) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    account.require_no_pending_order()?;
    if lend {
        let synced = now.saturating_sub(book.listed_asset(bank.slot)?.index_time);
        require_gte!(SYNC_AGE, synced, PlimsollError::BankNotSynced);
    }

    let priced = !account.is_plain();
    let before = if priced {
        Some(strict_health(&book, &account, now)?)
    } else {
        None
    };
    let place = account.balance_place(bank.slot, book.quote_slot)?;
    let index = borrow_index(&book, bank.slot, now)?;
    let amount = set_lent(&mut account, place, &mut bank, index, lend)?;
    if let Some(before) = before {
        pass_balance_gate(&before, &*strict_health(&book, &account, now)?)?;
    }

    emit!(LendingSet {
        account: accounts.account.key(),
        slot: bank.slot,
        lent: lend,
        amount
    });
    account.invariant()?;
    bank.invariant()
}
