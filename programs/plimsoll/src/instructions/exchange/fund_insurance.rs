//! `fund_insurance`: quote from a wallet into the insurance fund. Anyone, also before launch.
//!
//! * the bank is the quote bank of the book, the vault and mint are the bank's;
//! * the tokens are the signer's and of the bank's mint;
//! * the amount is not zero.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};

use crate::error::{checked, PlimsollError};
use crate::events::InsuranceFunded;
use crate::state::{Bank, RiskBook};
use crate::token_moves::Route;

/// Accounts of `fund_insurance`.
#[derive(Accounts)]
pub struct FundInsurance<'info> {
    /// Owner of the tokens.
    pub payer: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The quote bank.
    #[account(
        mut,
        constraint = quote_bank.load()?.book == book.key() @ PlimsollError::WrongBank,
        constraint = quote_bank.load()?.slot == book.load()?.quote_slot @ PlimsollError::WrongBank,
    )]
    pub quote_bank: AccountLoader<'info, Bank>,
    /// Its vault.
    #[account(mut, address = quote_bank.load()?.vault @ PlimsollError::WrongVault)]
    pub vault: Box<Account<'info, TokenAccount>>,
    /// The quote token.
    #[account(address = quote_bank.load()?.mint @ PlimsollError::WrongMint)]
    pub mint: Box<Account<'info, Mint>>,
    /// The payer's quote tokens.
    #[account(
        mut,
        constraint = source.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = source.owner == payer.key() @ PlimsollError::WrongTokenOwner,
    )]
    pub source: Box<Account<'info, TokenAccount>>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
}

/// Pays `amount` quote atoms into the fund.
#[inline(never)]
pub fn handle_fund_insurance(ctx: Context<FundInsurance>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let mut bank = accounts.quote_bank.load_mut()?;

    require!(amount > 0, PlimsollError::ZeroAmount);

    let insurance = checked(bank.insurance.checked_add(amount))?;

    bank.insurance = insurance;
    bank.invariant()?;
    drop(bank);

    let route = Route {
        token_program: accounts.token_program.key(),
        from: accounts.source.to_account_info(),
        to: accounts.vault.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    route.pay_in(&accounts.payer, amount, amount)?;
    let (book, payer) = (accounts.book.key(), accounts.payer.key());
    emit!(InsuranceFunded {
        book,
        payer,
        amount,
        insurance
    });
    Ok(())
}
