//! `withdraw`: a balance becomes tokens in the owner's wallet. Nothing is borrowed.
//!
//! * only the owner withdraws, and not while a market order is pending;
//! * the account holds what is asked for;
//! * with a debt, a claim or a position: every price it needs is at most 20 s old, no breaker of the
//!   token is active, and the initial view is met afterwards, profit counted as nothing;
//! * without any of them no price is needed.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::Purpose;

use crate::constants::ACTION_AGE;
use crate::error::{checked, PlimsollError};
use crate::events::Withdrawn;
use crate::health_gate::{
    asset_of, breaker_active, health_of, observe, pass_outflow_gate, require_all_fresh,
    require_fresh,
};
use crate::state::{AgeLimit, Bank, BookAt, MarginAccount, RiskBook};
use crate::token_moves::{BankSigner, Route};

/// Accounts of `withdraw`.
#[derive(Accounts)]
pub struct Withdraw<'info> {
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
    /// The bank's vault.
    #[account(mut, address = bank.load()?.vault @ PlimsollError::WrongVault)]
    pub vault: Box<Account<'info, TokenAccount>>,
    /// The token.
    #[account(address = bank.load()?.mint @ PlimsollError::WrongMint)]
    pub mint: Box<Account<'info, Mint>>,
    /// Where the tokens go; the owner may name any account of the token but the vault itself.
    #[account(
        mut,
        constraint = destination.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = destination.key() != vault.key() @ PlimsollError::WrongVault,
    )]
    pub destination: Box<Account<'info, TokenAccount>>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
}

/// Withdraws `amount` atoms.
#[inline(never)]
pub fn handle_withdraw(ctx: Context<Withdraw>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);

    require!(amount > 0, PlimsollError::ZeroAmount);
    account.require_no_pending_order()?;

    let place = account.balance_place(bank.slot, book.quote_slot)?;
    let held = account.held(place, bank.slot);
    let taken = i64::try_from(amount).map_err(|_| error!(PlimsollError::MathOverflow))?;
    require_gte!(held, taken, PlimsollError::InsufficientBalance);
    let balance = checked(held.checked_sub(taken))?;
    let deposits = checked(bank.deposits.checked_sub(amount))?;

    account.set_balance(place, bank.slot, balance)?;
    bank.deposits = deposits;
    if !account.is_plain() {
        let now = Clock::get()?.unix_timestamp;
        gate_outflow(&book, &mut account, accounts.account.key(), bank.slot, now)?;
    }
    account.invariant()?;
    bank.invariant()?;
    let (slot, bump, book_key) = (bank.slot, bank.bump, bank.book);
    drop((book, account, bank));

    let signer = BankSigner {
        bank: accounts.bank.to_account_info(),
        book: &book_key,
        slot,
        bump,
    };
    let route = Route {
        token_program: &accounts.token_program,
        from: &accounts.vault,
        to: &accounts.destination,
        mint: &accounts.mint,
    };
    route.pay_out(&signer, amount)?;
    emit!(Withdrawn {
        account: accounts.account.key(),
        slot,
        amount
    });
    Ok(())
}

/// The gate for a withdrawal that is already written to `account`.
fn gate_outflow(
    book: &RiskBook,
    account: &mut MarginAccount,
    key: Pubkey,
    slot: u8,
    now: i64,
) -> Result<()> {
    require_all_fresh(book, account, now, ACTION_AGE)?;
    require_fresh(book, slot, now, ACTION_AGE)?;
    let asset = asset_of(
        &BookAt {
            book,
            now,
            limit: AgeLimit::Risk,
        },
        slot,
    )?;
    let breaker = breaker_active(&asset, Fixed(book.listed_asset(slot)?.max_confidence))?;
    let health = health_of(book, account, now, AgeLimit::Risk, Purpose::Outflow)?;
    pass_outflow_gate(&health, breaker)?;
    observe(account, key, book, &health, now)
}
