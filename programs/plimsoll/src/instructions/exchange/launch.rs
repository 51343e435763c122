//! `launch`: opens the exchange for good and creates the pool with its share mint.
//!
//! * the authority of the exchange signs, and the exchange is not launched;
//! * the book is the exchange's, the bank its quote bank;
//! * the insurance fund has reached its target;
//! * what was announced before, and without notice, is void from now on;
//! * the pool's cool-down and outflow window are each within their bounds and at most 12 h together.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use plimsoll_engine::fixed::Fixed;

use super::create_exchange::within;
use crate::constants::{
    COOL_DOWN_BOUNDS, LP_MINT_SEED, POOL_OUTFLOW_LEAST_PPM, POOL_SEED, POOL_WAIT_BOUND,
    POOL_WINDOW_BOUNDS, PPM, QUOTE_DECIMALS,
};
use crate::error::PlimsollError;
use crate::events::Launched;
use crate::state::{Bank, Exchange, Pool, RiskBook};

/// Parameters of the pool.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolParams {
    /// Seconds between a request and the instant that determines its prices.
    pub cool_down: u32,
    /// Seconds in which the largest part that may be withdrawn drains.
    pub outflow_window: u32,
    /// Largest part of the shares that may be withdrawn at once, parts per million.
    pub outflow_ppm: u32,
}

impl PoolParams {
    /// Refuses parameters outside their bounds in code.
    pub fn validate(&self) -> Result<()> {
        let (shortest, longest) = COOL_DOWN_BOUNDS;
        within(shortest, self.cool_down, longest)?;
        let (shortest, longest) = POOL_WINDOW_BOUNDS;
        within(shortest, self.outflow_window, longest)?;
        within(POOL_OUTFLOW_LEAST_PPM, self.outflow_ppm, PPM)?;
        // Neither can overflow: both are bounded.
        let wait = self.cool_down.saturating_add(self.outflow_window);
        within(0, wait, POOL_WAIT_BOUND)
    }

    /// Writes them to the pool.
    pub fn write(&self, pool: &mut Pool) {
        pool.cool_down = self.cool_down;
        pool.outflow_window = self.outflow_window;
        pool.outflow_share = Fixed::ratio(self.outflow_ppm, PPM).0;
    }
}

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
pub fn handle_launch(ctx: Context<Launch>, params: PoolParams) -> Result<()> {
    let accounts = ctx.accounts;
    let mut book = accounts.book.load_mut()?;
    let mut pool = accounts.pool.load_init()?;
    let insurance = accounts.quote_bank.load()?.insurance;

    let target = book.insurance_target;
    require_gte!(insurance, target, PlimsollError::InsuranceBelowTarget);
    params.validate()?;

    accounts.exchange.launched = true;
    accounts.exchange.count_all()?;
    book.launched = 1;
    pool.book = accounts.book.key();
    pool.lp_mint = accounts.lp_mint.key();
    params.write(&mut pool);
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
