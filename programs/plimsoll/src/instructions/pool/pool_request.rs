//! `pool_request`: asks for a deposit into the pool or a withdrawal from it, at prices nobody knows yet.
//!
//! * the provider signs, with at least the minimum keeper fee; it cannot be taken back;
//! * the quote of a deposit waits in the vault, in a ledger of its own; the shares of a withdrawal are
//!   burnt and counted as waiting, so that they bear what the pool wins and loses meanwhile;
//! * quote and shares go to the provider's associated token accounts, which anybody can open anew: no
//!   request is stopped by closing them;
//! * it executes at the updates with previous publish time < t ≤ publish time, t = max(clock, newest
//!   publish time in the book) + the pool's cool-down.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};

use crate::constants::REQUEST_SEED;
use crate::error::{checked, PlimsollError};
use crate::events::PoolRequested;
use crate::state::{request_kind, Bank, Pool, PoolRequest, RiskBook};
use crate::token_moves::{burn_shares, hold_keeper_fee, Route};

/// What is asked for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct RequestParams {
    /// Any number not used by an open request of the provider.
    pub id: u64,
    /// 0 deposit, 1 withdrawal.
    pub kind: u8,
    /// Quote atoms to be deposited, or shares to be withdrawn.
    pub amount: u64,
    /// Least shares, or least quote atoms, to be received for it.
    pub least: u64,
    /// Lamports for the keeper that executes.
    pub keeper_fee: u64,
}

/// Accounts of `pool_request`.
#[derive(Accounts)]
#[instruction(params: RequestParams)]
pub struct RequestPool<'info> {
    /// Owner of quote and shares.
    pub provider: Signer<'info>,
    /// Pays rent and keeper fee.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The pool.
    #[account(mut, constraint = pool.load()?.book == book.key() @ PlimsollError::WrongPool)]
    pub pool: AccountLoader<'info, Pool>,
    /// The pool's shares.
    #[account(mut, address = pool.load()?.lp_mint @ PlimsollError::WrongPool)]
    pub lp_mint: Box<Account<'info, Mint>>,
    /// The quote bank.
    #[account(
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
    /// The provider's quote tokens.
    #[account(mut, associated_token::mint = mint, associated_token::authority = provider)]
    pub quote_account: Box<Account<'info, TokenAccount>>,
    /// The provider's shares.
    #[account(mut, associated_token::mint = lp_mint, associated_token::authority = provider)]
    pub shares_account: Box<Account<'info, TokenAccount>>,
    /// The request.
    #[account(
        init,
        payer = payer,
        space = PoolRequest::DISCRIMINATOR.len() + core::mem::size_of::<PoolRequest>(),
        seeds = [
            REQUEST_SEED,
            pool.key().as_ref(),
            provider.key().as_ref(),
            params.id.to_le_bytes().as_ref(),
        ],
        bump,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// Files the request.
#[inline(never)]
pub fn handle_pool_request(ctx: Context<RequestPool>, params: RequestParams) -> Result<()> {
    let bump = ctx.bumps.request;
    let accounts = ctx.accounts;
    let now = Clock::get()?.unix_timestamp;
    let (book, mut pool) = (accounts.book.load()?, accounts.pool.load_mut()?);

    book.require_launched()?;
    require_gte!(
        params.keeper_fee,
        book.min_keeper_fee,
        PlimsollError::KeeperFeeTooSmall
    );
    let first = now.max(book.newest_publish_time);
    let execute_at = checked(first.checked_add(i64::from(pool.cool_down)))?;

    let waiting = match params.kind {
        request_kind::WITHDRAWAL => &mut pool.requested_shares,
        _ => &mut pool.requested_quote,
    };
    *waiting = checked(waiting.checked_add(params.amount))?;
    let mut request = accounts.request.load_init()?;
    request.book = accounts.book.key();
    request.provider = accounts.provider.key();
    request.payer = accounts.payer.key();
    request.quote_account = accounts.quote_account.key();
    request.shares_account = accounts.shares_account.key();
    request.id = params.id;
    request.amount = params.amount;
    request.least = params.least;
    request.execute_at = execute_at;
    request.keeper_fee = params.keeper_fee;
    request.kind = params.kind;
    request.bump = bump;
    request.invariant()?;
    drop((book, pool, request));

    take(accounts, &params)?;
    hold_keeper_fee(
        &accounts.system_program,
        &accounts.payer,
        accounts.request.to_account_info(),
        params.keeper_fee,
    )?;
    // After the tokens: more shares than there are fail in the token program, with its own error.
    accounts.pool.load()?.invariant()?;
    emit!(PoolRequested {
        request: accounts.request.key(),
        provider: accounts.provider.key(),
        kind: params.kind,
        amount: params.amount,
        execute_at,
    });
    Ok(())
}

/// Takes the quote or the shares from the provider.
#[inline(never)]
fn take(accounts: &RequestPool<'_>, params: &RequestParams) -> Result<()> {
    if params.kind == request_kind::WITHDRAWAL {
        return burn_shares(
            &accounts.token_program,
            &accounts.lp_mint,
            &accounts.shares_account,
            &accounts.provider,
            params.amount,
        );
    }
    let route = Route {
        token_program: accounts.token_program.key(),
        from: accounts.quote_account.to_account_info(),
        to: accounts.vault.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    route.pay_in(&accounts.provider, params.amount, params.amount)
}
