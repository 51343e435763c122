//! `transfer`: quote moves between two margin accounts of one owner; no token does.
//!
//! * only the owner, between two different accounts of his in one exchange, and out of none that has a
//!   market order pending;
//! * the one is left like a withdrawal, without borrowing: with a debt, a claim or a position, prices of
//!   at most 20 s, no breaker of the quote token, and initial met afterwards, profit counted as nothing;
//! * the other is reached like a deposit: a quote loan is repaid first, what is added to a lent balance
//!   is lent, and where a margin call stands, health is observed;
//! * nothing leaves the vault and the bank's deposits do not grow: neither the window of outflows nor the
//!   deposit cap has a part in it.

use anchor_lang::prelude::*;

use super::deposit::observe_call;
use super::withdraw::gate_outflow;
use crate::balances::{pay_in, pay_out};
use crate::constants::QUOTE_BALANCE;
use crate::error::PlimsollError;
use crate::events::Transferred;
use crate::health_gate::borrow_index;
use crate::state::{Bank, MarginAccount, RiskBook};

/// Accounts of `transfer`.
#[derive(Accounts)]
pub struct Transfer<'info> {
    /// Owner of both margin accounts.
    pub owner: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account that pays.
    #[account(
        mut,
        constraint = from.load()?.owner == owner.key() @ PlimsollError::NotOwner,
        constraint = from.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub from: AccountLoader<'info, MarginAccount>,
    /// The margin account that receives.
    #[account(
        mut,
        constraint = to.key() != from.key() @ PlimsollError::SelfTransfer,
        constraint = to.load()?.owner == owner.key() @ PlimsollError::NotOwner,
        constraint = to.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub to: AccountLoader<'info, MarginAccount>,
    /// The quote token's bank.
    #[account(
        mut,
        constraint = quote_bank.load()?.book == book.key() @ PlimsollError::WrongBank,
        constraint = quote_bank.load()?.slot == book.load()?.quote_slot @ PlimsollError::WrongBank,
    )]
    pub quote_bank: AccountLoader<'info, Bank>,
}

/// Moves `amount` quote atoms, or everything for [`crate::constants::EVERYTHING`].
#[inline(never)]
pub fn handle_transfer(ctx: Context<Transfer>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let (from_key, to_key) = (accounts.from.key(), accounts.to.key());
    let book = accounts.book.load()?;
    let (mut from, mut to) = (accounts.from.load_mut()?, accounts.to.load_mut()?);
    let mut bank = accounts.quote_bank.load_mut()?;

    from.require_no_swap()?;
    to.require_no_swap()?;
    require!(amount > 0, PlimsollError::ZeroAmount);
    from.require_no_pending_order()?;
    let now = Clock::get()?.unix_timestamp;

    let index = borrow_index(&book, bank.slot, now)?;
    let given = pay_out(&mut from, QUOTE_BALANCE, &mut bank, index, amount, false)?.withdrawn;
    require!(given > 0, PlimsollError::ZeroAmount);
    let taken = pay_in(&mut to, QUOTE_BALANCE, &mut bank, index, given)?;
    if !from.is_plain() {
        gate_outflow(&book, &mut from, from_key, &[bank.slot], now)?;
    }
    observe_call(&book, &mut to, to_key, now)?;

    emit!(Transferred {
        from: from_key,
        to: to_key,
        amount: given,
        repaid: taken.repaid,
    });
    from.invariant()?;
    to.invariant()?;
    bank.invariant()
}
