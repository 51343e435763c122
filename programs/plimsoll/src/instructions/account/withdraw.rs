//! `withdraw`: a balance becomes tokens in the owner's wallet; what it lacks is borrowed if he says so.
//!
//! * only the owner withdraws, and not while a market order is pending;
//! * the account holds what is asked for, or borrows the rest: not an isolated one, of a bank synced in
//!   the last 10 s, within its borrow cap, its cap of utilisation and what its lenders have in the vault;
//! * no more leaves the bank than its window allows;
//! * a fee of the token is taken from what arrives;
//! * with a debt, a claim or a position: every price it needs is at most 20 s old, no breaker of the
//!   token is active, and the initial view is met afterwards, profit counted as nothing;
//! * without any of them no price is needed.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::Purpose;

use crate::balances::{pay_out, PaidOut};
use crate::constants::{ACTION_AGE, SYNC_AGE};
use crate::error::PlimsollError;
use crate::events::Withdrawn;
use crate::health_gate::{
    asset_of, borrow_index, breaker_active, health_of, observe, pass_outflow_gate,
    require_all_fresh, require_fresh,
};
use crate::state::{listed, AgeLimit, Bank, BookAt, MarginAccount, RiskBook};
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
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token.
    #[account(
        address = bank.load()?.mint @ PlimsollError::WrongMint,
        constraint = mint.to_account_info().owner == token_program.key @ PlimsollError::WrongMint,
    )]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Where the tokens go; the owner may name any account of the token but the vault itself.
    #[account(
        mut,
        constraint = destination.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = destination.key() != vault.key() @ PlimsollError::WrongVault,
    )]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The program of the mint: SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
}

/// Withdraws `amount` atoms, or everything for [`crate::constants::EVERYTHING`]; what the deposit does not cover is borrowed
/// only if `borrow` says so.
#[inline(never)]
pub fn handle_withdraw(ctx: Context<Withdraw>, amount: u64, borrow: bool) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);

    account.require_no_swap()?;
    require!(amount > 0, PlimsollError::ZeroAmount);
    account.require_no_pending_order()?;
    let now = Clock::get()?.unix_timestamp;

    let paid = take_out(&book, &mut account, &mut bank, amount, borrow, now)?;
    let total = paid.total()?;
    require!(total > 0, PlimsollError::ZeroAmount);
    if !account.is_plain() {
        gate_outflow(
            &book,
            &mut account,
            accounts.account.key(),
            &[bank.slot],
            now,
        )?;
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
        token_program: accounts.token_program.key(),
        from: accounts.vault.to_account_info(),
        to: accounts.destination.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    route.pay_out(&signer, total)?;
    emit!(Withdrawn {
        account: accounts.account.key(),
        slot,
        amount: total,
        borrowed: paid.borrowed
    });
    Ok(())
}

/// Takes tokens out of a balance, borrowing where asked to, within the limits of the bank.
///
/// # Errors
/// `WithdrawalsHeld`; `AssetHalted`, `BankNotSynced`, `IsolatedBorrow`, `BorrowCap` and `UtilisationCap` where something is borrowed;
/// `OutflowLimit`.
#[inline(never)]
pub fn take_out(
    book: &RiskBook,
    account: &mut MarginAccount,
    bank: &mut Bank,
    amount: u64,
    borrow: bool,
    now: i64,
) -> Result<PaidOut> {
    book.require_withdrawals(now)?;
    let place = account.balance_place(bank.slot, book.quote_slot)?;
    let index = borrow_index(book, bank.slot, now)?;
    let paid = pay_out(account, place, bank, index, amount, borrow)?;
    if paid.borrowed > 0 {
        require!(!account.is_isolated(), PlimsollError::IsolatedBorrow);
        let asset = book.listed_asset(bank.slot)?;
        require!(!asset.has(listed::HALTED), PlimsollError::AssetHalted);
        let synced = now.saturating_sub(asset.index_time);
        require_gte!(SYNC_AGE, synced, PlimsollError::BankNotSynced);
        bank.require_borrowable()?;
    }
    bank.count_outflow(paid.total()?, now)?;
    Ok(paid)
}

/// The gate for tokens of `slots` that have left `account`, or taken the place of others: the prices of
/// those and of everything held are at most 20 s old, no breaker of those is active, initial is met.
///
/// # Errors
/// `PriceMissing`, `PriceStale`, `BreakerActive`, `BelowInitial`.
#[inline(never)]
pub fn gate_outflow(
    book: &RiskBook,
    account: &mut MarginAccount,
    key: Pubkey,
    slots: &[u8],
    now: i64,
) -> Result<()> {
    require_all_fresh(book, account, now, ACTION_AGE)?;
    let mut breaker = false;
    for slot in slots {
        require_fresh(book, *slot, now, ACTION_AGE)?;
        let at = BookAt {
            book,
            now,
            limit: AgeLimit::Risk,
        };
        let widest = Fixed(book.listed_asset(*slot)?.max_confidence);
        breaker |= breaker_active(&asset_of(&at, *slot)?, widest)?;
    }
    let health = health_of(book, account, now, AgeLimit::Risk, Purpose::Outflow)?;
    pass_outflow_gate(&health, breaker)?;
    observe(account, key, book, &health, now)
}
