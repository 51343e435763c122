//! `deposit`: tokens from the owner's wallet repay his debt in them, and become a balance.
//!
//! * only the owner deposits;
//! * the bank is of the account's book, the vault and mint are the bank's, the program is the mint's;
//! * what counts is what the vault receives: a fee of the token is the owner's, and of nothing more
//!   than the fee nothing would be left;
//! * what is more than the debt fits under the bank's deposit cap;
//! * what is added to a lent balance is lent, which a loss that the bank has recorded forbids;
//! * where a margin call stands, health is observed: a deposit clears it when initial is met.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_engine::health::Purpose;

use crate::balances::{pay_in, PaidIn};
use crate::error::PlimsollError;
use crate::events::Deposited;
use crate::health_gate::{borrow_index, health_of, observe};
use crate::mints;
use crate::state::{AgeLimit, Bank, MarginAccount, RiskBook};
use crate::token_moves::Route;

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Owner of the margin account and of the tokens.
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
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token.
    #[account(
        address = bank.load()?.mint @ PlimsollError::WrongMint,
        constraint = mint.to_account_info().owner == token_program.key @ PlimsollError::WrongMint,
    )]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The owner's tokens.
    #[account(
        mut,
        constraint = source.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = source.owner == owner.key() @ PlimsollError::WrongTokenOwner,
    )]
    pub source: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The program of the mint: SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
}

/// Sends `amount` atoms, of which those are deposited that the vault receives.
#[inline(never)]
pub fn handle_deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);

    account.require_no_swap()?;
    let clock = Clock::get()?;
    let now = clock.unix_timestamp;
    let received = mints::received(&accounts.mint, amount, clock.epoch)?;
    require!(received > 0, PlimsollError::ZeroAmount);
    book.require_launched()?;

    let paid = put_in(&book, &mut account, &mut bank, received, now)?;
    observe_call(&book, &mut account, accounts.account.key(), now)?;
    account.invariant()?;
    bank.invariant()?;
    let slot = bank.slot;
    drop((book, account, bank));

    let route = Route {
        token_program: accounts.token_program.key(),
        from: accounts.source.to_account_info(),
        to: accounts.vault.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    route.pay_in(&accounts.owner, amount, received)?;
    emit!(Deposited {
        account: accounts.account.key(),
        slot,
        amount: received,
        repaid: paid.repaid
    });
    Ok(())
}

/// Puts tokens into a balance: they repay a debt, and what is more fits under the bank's cap.
///
/// # Errors
/// `DepositCap`; `LossPending` where they would be lent while a loss of the bank waits; `NoFreeBalance`.
#[inline(never)]
pub fn put_in(
    book: &RiskBook,
    account: &mut MarginAccount,
    bank: &mut Bank,
    amount: u64,
    now: i64,
) -> Result<PaidIn> {
    let place = account.balance_place(bank.slot, book.quote_slot)?;
    let index = borrow_index(book, bank.slot, now)?;
    let paid = pay_in(account, place, bank, index, amount)?;
    if paid.deposited > 0 {
        let deposits = bank.all_deposits()?;
        require_gte!(bank.deposit_cap, deposits, PlimsollError::DepositCap);
    }
    bank.count_inflow(amount, now)?;
    Ok(paid)
}

/// Observes health where a call or an episode stands, which ends it if initial is met.
pub fn observe_call(
    book: &RiskBook,
    account: &mut MarginAccount,
    key: Pubkey,
    now: i64,
) -> Result<()> {
    if account.called_at == 0 && account.liquidatable_since == 0 {
        return Ok(());
    }
    let health = health_of(book, &*account, now, AgeLimit::Other, Purpose::Trade)?;
    observe(account, key, book, &health, now)
}
