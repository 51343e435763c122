//! `collect_fees`: the protocol's fees of a bank go where the authority says.
//!
//! * the authority of the exchange signs;
//! * book, bank, vault and mint belong together.
//!
//! Nothing else leaves a vault by the authority's word.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::error::PlimsollError;
use crate::events::FeesCollected;
use crate::state::{Bank, Exchange, RiskBook};
use crate::token_moves::{BankSigner, Route};

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// Authority of the exchange.
    pub authority: Signer<'info>,
    /// The exchange.
    #[account(constraint = exchange.authority == authority.key() @ PlimsollError::NotAuthority)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book.
    #[account(address = exchange.book @ PlimsollError::WrongBook)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The bank.
    #[account(mut, constraint = bank.load()?.book == book.key() @ PlimsollError::WrongBank)]
    pub bank: AccountLoader<'info, Bank>,
    /// Its vault.
    #[account(mut, address = bank.load()?.vault @ PlimsollError::WrongVault)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token.
    #[account(
        address = bank.load()?.mint @ PlimsollError::WrongMint,
        constraint = mint.to_account_info().owner == token_program.key @ PlimsollError::WrongMint,
    )]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Where the fees go; any account of the token but the vault itself.
    #[account(
        mut,
        constraint = destination.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = destination.key() != vault.key() @ PlimsollError::WrongVault,
    )]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The program of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// Pays out all fees there are.
#[inline(never)]
pub fn handle_collect_fees(ctx: Context<CollectFees>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut bank = accounts.bank.load_mut()?;
    let (book, slot, bump, amount) = (bank.book, bank.slot, bank.bump, bank.protocol_fees);

    require_gt!(amount, 0, PlimsollError::ZeroAmount);

    bank.protocol_fees = 0;
    bank.invariant()?;
    drop(bank);

    let route = Route {
        token_program: accounts.token_program.key(),
        from: accounts.vault.to_account_info(),
        to: accounts.destination.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    let signer = BankSigner {
        bank: accounts.bank.to_account_info(),
        book: &book,
        slot,
        bump,
    };
    route.pay_out(&signer, amount)?;
    emit!(FeesCollected {
        bank: accounts.bank.key(),
        destination: accounts.destination.key(),
        amount
    });
    Ok(())
}
