//! `swap_begin`: tokens leave an account for a swap, anywhere, that ends in the same transaction.
//!
//! * only the owner, and not while a market order is pending or a swap is open;
//! * it is a top-level instruction, and of the later ones exactly one is a `swap_end` of the account and
//!   none another `swap_begin` of it;
//! * the account holds what is asked for, or borrows it within the limits of the bank;
//! * no margin is asked for: the gate stands at the end;
//! * until then the account is flagged, and nothing else takes it in any role.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::withdraw::take_out;
use crate::error::PlimsollError;
use crate::events::SwapBegun;
use crate::state::{Bank, MarginAccount, RiskBook};
use crate::token_moves::{BankSigner, Route};
use crate::transaction::require_one_end;

/// Accounts of `swap_begin`. The margin account stands where `swap_end` has it.
#[derive(Accounts)]
pub struct SwapBegin<'info> {
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
    /// The bank of the token that leaves.
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
    /// CHECK: the instructions sysvar, by its address.
    #[account(address = solana_instructions_sysvar::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// Takes out `amount` atoms, or everything for [`crate::constants::EVERYTHING`]; what the deposit does
/// not cover is borrowed only if `borrow` says so.
#[inline(never)]
pub fn handle_swap_begin(ctx: Context<SwapBegin>, amount: u64, borrow: bool) -> Result<()> {
    let accounts = ctx.accounts;
    let key = accounts.account.key();
    let book = accounts.book.load()?;
    let (mut account, mut bank) = (accounts.account.load_mut()?, accounts.bank.load_mut()?);

    account.require_no_swap()?;
    require!(amount > 0, PlimsollError::ZeroAmount);
    account.require_no_pending_order()?;
    require_one_end(&accounts.instructions, &key)?;
    let now = Clock::get()?.unix_timestamp;

    let paid = take_out(&book, &mut account, &mut bank, amount, borrow, now)?;
    let total = paid.total()?;
    require!(total > 0, PlimsollError::ZeroAmount);
    account.begin_swap(bank.slot, book.sequence);
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
    emit!(SwapBegun {
        account: key,
        slot,
        amount: total,
        borrowed: paid.borrowed
    });
    Ok(())
}
