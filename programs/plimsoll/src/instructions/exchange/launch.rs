//! `launch`: opens the exchange for good and creates the pool with its share mint.
//!
//! * the authority of the exchange signs, and the exchange is not launched;
//! * the book is the exchange's, the bank its quote bank;
//! * the insurance fund has reached its target.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};

use crate::constants::{LP_MINT_SEED, POOL_SEED, QUOTE_DECIMALS};
use crate::error::PlimsollError;
use crate::events::Launched;
use crate::state::{Bank, Exchange, Pool, RiskBook};

/// Accounts of `launch`.
#[derive(Accounts)]
pub struct Launch<'info> {
    /// Authority of the exchange.
    pub authority: Signer<'info>,
    /// Pays the rents.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(
        mut,
        constraint = exchange.authority == authority.key() @ PlimsollError::NotAuthority,
        constraint = !exchange.launched @ PlimsollError::AlreadyLaunched,
    )]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book.
    #[account(
        mut,
        address = exchange.book @ PlimsollError::WrongBook,
        constraint = book.load()?.exchange == exchange.key() @ PlimsollError::WrongBook,
    )]
    pub book: AccountLoader<'info, RiskBook>,
    /// The quote bank.
    #[account(
        constraint = quote_bank.load()?.book == book.key() @ PlimsollError::WrongBank,
        constraint = quote_bank.load()?.slot == book.load()?.quote_slot @ PlimsollError::WrongBank,
    )]
    pub quote_bank: AccountLoader<'info, Bank>,
    /// The pool.
    #[account(
        init,
        payer = payer,
        space = Pool::DISCRIMINATOR.len() + core::mem::size_of::<Pool>(),
        seeds = [POOL_SEED, book.key().as_ref()],
        bump,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The pool's shares; nobody can freeze them.
    #[account(
        init,
        payer = payer,
        seeds = [LP_MINT_SEED, pool.key().as_ref()],
        bump,
        mint::decimals = QUOTE_DECIMALS,
        mint::authority = pool,
        mint::token_program = token_program,
    )]
    pub lp_mint: Box<Account<'info, Mint>>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Launches the exchange.
#[inline(never)]
pub fn handle_launch(ctx: Context<Launch>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut book = accounts.book.load_mut()?;
    let mut pool = accounts.pool.load_init()?;
    let insurance = accounts.quote_bank.load()?.insurance;

    let target = accounts.exchange.insurance_target;
    require_gte!(insurance, target, PlimsollError::InsuranceBelowTarget);

    accounts.exchange.launched = true;
    book.launched = 1;
    pool.book = accounts.book.key();
    pool.lp_mint = accounts.lp_mint.key();
    pool.bump = ctx.bumps.pool;
    pool.lp_mint_bump = ctx.bumps.lp_mint;

    emit!(Launched {
        exchange: accounts.exchange.key(),
        pool: accounts.pool.key()
    });
    accounts.exchange.invariant()?;
    book.invariant()?;
    pool.invariant()
}
