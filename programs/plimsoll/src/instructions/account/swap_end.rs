//! `swap_end`: what a swap brought becomes a balance, and the account passes the gate.
//!
//! * only the owner, in a top-level instruction, for an account whose swap is open;
//! * the book was not written since the swap began;
//! * all that the owner's token account holds above what he keeps repays a debt, and is deposited under
//!   the bank's cap; it may be nothing;
//! * with a debt, a claim or a position: every price it needs and those of both tokens are at most 20 s
//!   old, no breaker of either token is active, and the initial view is met, profit counted as nothing;
//! * without any of them no price is needed; where a margin call stands, health is observed.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::deposit::{observe_call, put_in};
use super::withdraw::gate_outflow;
use crate::balances::PaidIn;
use crate::error::PlimsollError;
use crate::events::SwapEnded;
use crate::mints;
use crate::state::{Bank, MarginAccount, RiskBook};
use crate::token_moves::Route;
use crate::transaction::require_top_level;

/// Accounts of `swap_end`. The margin account stands where `swap_begin` looks for it.
#[derive(Accounts)]
pub struct SwapEnd<'info> {
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
    /// The bank of the token that comes in.
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

/// Deposits all but `keep` atoms of the token account and judges the account.
#[inline(never)]
pub fn handle_swap_end(ctx: Context<SwapEnd>, keep: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let key = accounts.account.key();
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);

    require_top_level()?;
    let left = account.end_swap(book.sequence)?;
    let clock = Clock::get()?;
    let now = clock.unix_timestamp;

    let amount = accounts.source.amount.saturating_sub(keep);
    let received = mints::received(&accounts.mint, amount, clock.epoch)?;
    let paid = if received > 0 {
        put_in(&book, &mut account, &mut bank, received, now)?
    } else {
        PaidIn::default()
    };
    if account.is_plain() {
        observe_call(&book, &mut account, key, now)?;
    } else {
        gate_outflow(&book, &mut account, key, &[left, bank.slot], now)?;
    }
    account.invariant()?;
    bank.invariant()?;
    let slot = bank.slot;
    drop((book, account, bank));

    if received > 0 {
        let route = Route {
            token_program: accounts.token_program.key(),
            from: accounts.source.to_account_info(),
            to: accounts.vault.to_account_info(),
            mint: accounts.mint.to_account_info(),
            decimals: accounts.mint.decimals,
        };
        route.pay_in(&accounts.owner, amount, received)?;
    }
    emit!(SwapEnded {
        account: key,
        slot,
        amount: received,
        repaid: paid.repaid
    });
    Ok(())
}
