//! `pool_deposit`: quote from a wallet becomes pool shares at the net asset value.
//!
//! * the markets given are all markets of the book in the order of their slots;
//! * the price of every market with open interest is at most 20 s old;
//! * the value is taken at the band end against the depositor;
//! * at least `least_shares` are minted; the first deposit leaves the dead shares behind.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::pool::{deposit_floor, market_liability, net_asset_value, Side};
use plimsoll_engine::units::Quote;

use crate::constants::ACTION_AGE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::PoolDeposited;
use crate::health_gate::{asset_of, require_fresh};
use crate::state::{listed, AgeLimit, Bank, BookAt, Market, Pool, RiskBook};
use crate::token_moves::{mint_shares, PoolSigner, Route};

/// Accounts of `pool_deposit`.
#[derive(Accounts)]
pub struct PoolDeposit<'info> {
    /// Owner of the tokens.
    pub provider: Signer<'info>,
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
    #[account(
        mut,
        constraint = source.mint == mint.key() @ PlimsollError::WrongMint,
        constraint = source.owner == provider.key() @ PlimsollError::WrongTokenOwner,
    )]
    pub source: Box<Account<'info, TokenAccount>>,
    /// Where the shares go.
    #[account(mut, constraint = shares.mint == lp_mint.key() @ PlimsollError::WrongMint)]
    pub shares: Box<Account<'info, TokenAccount>>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
}

/// Deposits `amount` quote atoms for at least `least_shares`.
#[inline(never)]
pub fn handle_pool_deposit<'info>(
    ctx: Context<'info, PoolDeposit<'info>>,
    amount: u64,
    least_shares: u64,
) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let mut pool = accounts.pool.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    require!(amount > 0, PlimsollError::ZeroAmount);
    book.require_launched()?;

    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Risk,
    };
    let liabilities = liabilities(&at, accounts.book.key(), ctx.remaining_accounts)?;
    let index = at.borrow_index(book.quote_slot).or_refuse()?;
    let value = net_asset_value(&pool.ledger(), index, liabilities).or_refuse()?;
    let deposit = deposit_floor(amount, pool.shares, value).or_refuse()?;
    require_gte!(deposit.minted, least_shares, PlimsollError::Slippage);

    pool.cash = checked(pool.cash.checked_add(amount))?;
    pool.shares = deposit.total_shares;
    pool.invariant()?;
    let (book_key, bump) = (pool.book, pool.bump);
    drop((book, pool));

    let route = Route {
        token_program: accounts.token_program.key(),
        from: accounts.source.to_account_info(),
        to: accounts.vault.to_account_info(),
        mint: accounts.mint.to_account_info(),
        decimals: accounts.mint.decimals,
    };
    route.pay_in(&accounts.provider, amount, amount)?;
    mint_shares(
        &accounts.token_program,
        &accounts.lp_mint,
        &accounts.shares,
        PoolSigner {
            pool: accounts.pool.to_account_info(),
            book: &book_key,
            bump,
        },
        deposit.minted,
    )?;
    emit!(PoolDeposited {
        pool: accounts.pool.key(),
        provider: accounts.provider.key(),
        amount,
        shares: deposit.minted,
        net_asset_value: value.0,
    });
    Ok(())
}

/// Σ liabilities of all markets of the book, each given exactly once in the order of the slots.
fn liabilities<'info>(
    at: &BookAt<'_>,
    book: Pubkey,
    given: &'info [AccountInfo<'info>],
) -> Result<Quote> {
    let mut given = given.iter();
    let mut total = Quote::ZERO;
    for slot in 0..at.book.asset_count {
        if !at.book.listed_asset(slot)?.has(listed::MARKET) {
            continue;
        }
        let info = given
            .next()
            .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let market = loader.load()?;
        require_keys_eq!(market.book, book, PlimsollError::WrongMarkets);
        require_eq!(market.slot, slot, PlimsollError::WrongMarkets);
        let accrued = checked(
            market
                .accrued_insurance
                .checked_add(market.accrued_protocol),
        )?;
        let sums = market.sums();
        if sums.long_base == 0 && sums.short_base == 0 {
            total = total
                .plus(sums.claims)
                .or_refuse()?
                .plus(Quote(accrued))
                .or_refuse()?;
            continue;
        }
        require_fresh(at.book, slot, at.now, ACTION_AGE)?;
        let asset = asset_of(at, slot)?;
        let owed = market_liability(&sums, Quote(accrued), &asset, market.inverse(), Side::High);
        total = total.plus(owed.or_refuse()?).or_refuse()?;
    }
    require!(given.next().is_none(), PlimsollError::WrongMarkets);
    Ok(total)
}
