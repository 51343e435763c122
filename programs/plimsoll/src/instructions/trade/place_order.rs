//! `place_order`: asks for a trade at a price nobody knows yet.
//!
//! * the owner places, or his delegate within what is left of his day;
//! * one market order at a time, with at least the minimum keeper fee;
//! * the account could make the trade at the book's price: limit, caps and the gate pass, and the
//!   requirement it adds is recorded on the account;
//! * the order executes only on the update with previous publish time < t ≤ publish time,
//!   t = max(clock, newest publish time in the book) + the market's delay.

use anchor_lang::prelude::*;
use anchor_lang::system_program::{self, Transfer};
use plimsoll_engine::units::Base;

use crate::constants::ORDER_SEED;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::OrderPlaced;
use crate::fill::{book_asset, Fill, Trade};
use crate::state::{AgeLimit, BookAt, MarginAccount, Market, Order, RiskBook};

/// What is asked for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct OrderParams {
    /// Any number not used by an open order of the account.
    pub id: u64,
    /// Signed size in base atoms: positive buys.
    pub size: i64,
    /// Most quote atoms a buy may pay, least a sale may receive, for the whole size, before the fee.
    pub limit_quote: u64,
    /// Lamports for the keeper that executes.
    pub keeper_fee: u64,
}

/// Accounts of `place_order`.
#[derive(Accounts)]
#[instruction(params: OrderParams)]
pub struct PlaceOrder<'info> {
    /// Owner of the margin account, or his delegate.
    pub trader: Signer<'info>,
    /// Pays rent and keeper fee.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.may_order(&trader.key()) @ PlimsollError::NotTrader,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The market, read only.
    #[account(constraint = market.load()?.book == book.key() @ PlimsollError::WrongMarket)]
    pub market: AccountLoader<'info, Market>,
    /// The order.
    #[account(
        init,
        payer = payer,
        space = 8 + Order::INIT_SPACE,
        seeds = [ORDER_SEED, account.key().as_ref(), params.id.to_le_bytes().as_ref()],
        bump,
    )]
    pub order: Box<Account<'info, Order>>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// Places the order.
#[inline(never)]
pub fn handle_place_order(ctx: Context<PlaceOrder>, params: OrderParams) -> Result<()> {
    let bump = ctx.bumps.order;
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let market = accounts.market.load()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    book.require_launched()?;
    account.require_no_pending_order()?;
    require!(params.size != 0, PlimsollError::ZeroAmount);
    require_gte!(
        params.keeper_fee,
        book.min_keeper_fee,
        PlimsollError::KeeperFeeTooSmall
    );

    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Risk,
    };
    let asset = book_asset(&at, market.slot)?;
    let trade = Trade {
        account: &account,
        market: &market,
        at: &at,
        execution_asset: asset,
        health_asset: asset,
        size: Base(params.size),
        limit_quote: params.limit_quote,
    };
    let (fill, reserved) = reserve(&trade)?;
    let value = asset
        .band
        .value_ceil(params.size.unsigned_abs(), asset.band.spot);
    account.count_order(&accounts.trader.key(), value.or_refuse()?, now)?;
    let first = now.max(book.newest_publish_time);
    let execute_at = checked(first.checked_add(i64::from(market.order_delay)))?;

    account.pending_order = accounts.order.key();
    account.pending_requirement = reserved;
    let order = &mut accounts.order;
    order.set_inner(Order {
        book: accounts.book.key(),
        account: accounts.account.key(),
        payer: accounts.payer.key(),
        id: params.id,
        generation: account.generation,
        size: params.size,
        limit_quote: params.limit_quote,
        notional: fill.execution.notional,
        placed_at: now,
        execute_at,
        keeper_fee: params.keeper_fee,
        slot: market.slot,
        bump,
    });
    order.invariant()?;
    account.invariant()?;
    let slot = market.slot;
    drop((book, market, account));

    hold_keeper_fee(accounts, params.keeper_fee)?;
    emit!(OrderPlaced {
        order: accounts.order.key(),
        account: accounts.account.key(),
        slot,
        size: params.size,
        execute_at,
    });
    Ok(())
}

/// The trade as it would be now, and what it adds to the initial requirement in micro-dollars.
fn reserve(trade: &Trade<'_>) -> Result<(Box<Fill>, u64)> {
    let fill = trade.judge()?.map_err(|refusal| error!(refusal))?;
    let before = trade.health_before()?.initial.requirement;
    let added = fill.health.initial.requirement.minus(before).or_refuse()?;
    Ok((fill, added.positive_part().magnitude()))
}

/// Moves the keeper's lamports from the payer to the order.
fn hold_keeper_fee(accounts: &PlaceOrder<'_>, lamports: u64) -> Result<()> {
    let transfer = Transfer {
        from: accounts.payer.to_account_info(),
        to: accounts.order.to_account_info(),
    };
    system_program::transfer(
        CpiContext::new(accounts.system_program.key(), transfer),
        lamports,
    )
}
