//! `place_order`: asks for a trade at a price nobody knows yet, or that waits for its condition.
//!
//! * the owner places, or his delegate a market order within what is left of his day, with at least the
//!   minimum keeper fee, while no market order is pending;
//! * t = max(clock, newest publish time in the book) + the market's delay: no update published before t
//!   executes the order.
//!
//! A market order:
//! * the account could make the trade at the book's price: limit, caps and the gate pass, and the
//!   requirement it adds is recorded on the account; it has neither expiry nor partner;
//! * it executes only on the update with previous publish time < t ≤ publish time.
//!
//! A resting order (limit, stop, take-profit):
//! * nothing is reserved and no price is needed; there are at most 16 of them, each for at most 90 days;
//! * one that only reduces has a position to reduce.

use anchor_lang::prelude::*;
use plimsoll_engine::order::OrderTerms;
use plimsoll_engine::units::Base;

use crate::constants::{ORDER_LIFE, ORDER_SEED, ORDER_WINDOW, RESTING_ORDERS};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::OrderPlaced;
use crate::fill::{book_asset, Trade};
use crate::state::{AgeLimit, BookAt, MarginAccount, Market, Order, RiskBook};
use crate::token_moves::hold_keeper_fee;

/// What is asked for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct OrderParams {
    /// Any number not used by an open order of the account.
    pub id: u64,
    /// Signed size in base atoms: positive buys.
    pub size: i64,
    /// Most quote atoms a buy may pay, least a sale may receive, for the whole size, before the fee. The
    /// own price of a limit order.
    pub limit_quote: u64,
    /// What the whole size is worth at the oracle price at which a stop or take-profit triggers, quote
    /// atoms; 0 for other kinds.
    pub trigger_quote: u64,
    /// Last of the unix seconds at which a resting order can execute; 0 for 90 days from now. 0 for a
    /// market order.
    pub expires_at: i64,
    /// Another resting order of the account and market, which names this one: when one of them has
    /// executed, the other cannot. Zero if none.
    pub partner: Pubkey,
    /// Lamports for the keeper that executes.
    pub keeper_fee: u64,
    /// Kind: 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Extent: 0 the size; 1 the size, at most what is held on the other side; 2 all that is held on the
    /// other side, whatever the size, which says the side and for how much limit and trigger are.
    pub extent: u8,
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
        constraint = account.load()?.may_order(trader.key) @ PlimsollError::NotTrader,
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
    let key = accounts.order.key();
    let book = accounts.book.load()?;
    let market = accounts.market.load()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    book.require_launched()?;
    account.require_no_pending_order()?;
    require_gte!(
        params.keeper_fee,
        book.min_keeper_fee,
        PlimsollError::KeeperFeeTooSmall
    );

    let first = now.max(book.newest_publish_time);
    let mut order = Order {
        book: accounts.book.key(),
        account: accounts.account.key(),
        payer: accounts.payer.key(),
        partner: params.partner,
        id: params.id,
        generation: account.generation,
        size: params.size,
        limit_quote: params.limit_quote,
        trigger_quote: params.trigger_quote,
        notional: 0,
        placed_at: now,
        execute_at: checked(first.checked_add(i64::from(market.order_delay)))?,
        expires_at: params.expires_at,
        keeper_fee: params.keeper_fee,
        slot: market.slot,
        kind: params.kind,
        extent: params.extent,
        bump,
    };
    let terms = order.terms()?;
    if order.is_resting() {
        // Its own price would be a delegate's to choose.
        require_keys_eq!(
            account.owner,
            accounts.trader.key(),
            PlimsollError::NotOwner
        );
        rest(&mut order, &terms, &account, &key)?;
    } else {
        let at = BookAt {
            book: &book,
            now,
            limit: AgeLimit::Risk,
        };
        let (reserved, value) = wait(&mut order, terms, &account, &market, &at)?;
        account.count_order(accounts.trader.key, value, now)?;
        account.pending_requirement = reserved;
        account.pending_order = key;
    }
    account.add_order()?;
    order.invariant()?;
    accounts.order.set_inner(order);
    account.invariant()?;
    drop((book, market, account));

    hold_keeper_fee(
        &accounts.system_program,
        &accounts.payer,
        accounts.order.to_account_info(),
        params.keeper_fee,
    )?;
    tell_placed(key, &accounts.order);
    Ok(())
}

/// Completes a market order; returns what it adds to the initial requirement, micro-dollars, and what its
/// size is worth at the book's price, quote atoms.
#[inline(never)]
fn wait(
    order: &mut Order,
    terms: OrderTerms,
    account: &MarginAccount,
    market: &Market,
    at: &BookAt<'_>,
) -> Result<(u64, u64)> {
    require_eq!(0, order.expires_at, PlimsollError::OrderExpiry);
    require_keys_eq!(Pubkey::default(), order.partner, PlimsollError::OrderTerms);
    let asset = book_asset(at, market.slot)?;
    let trade = Trade {
        account,
        market,
        at,
        execution_asset: asset,
        health_asset: asset,
        terms,
    };
    let fill = trade.judge()?.map_err(|refusal| error!(refusal))?;
    let before = trade.health_before()?.initial.requirement;
    let added = fill.health.initial.requirement.minus(before).or_refuse()?;
    order.notional = fill.execution.notional;
    order.expires_at = checked(order.execute_at.checked_add(ORDER_WINDOW))?;
    let size = fill.execution.size.magnitude();
    let value = asset.band.value_ceil(size, asset.band.spot).or_refuse()?;
    Ok((added.positive_part().magnitude(), value))
}

/// Completes a resting order.
#[inline(never)]
fn rest(
    order: &mut Order,
    terms: &OrderTerms,
    account: &MarginAccount,
    key: &Pubkey,
) -> Result<()> {
    require_gt!(
        RESTING_ORDERS,
        account.open_orders,
        PlimsollError::TooManyOrders
    );
    require_keys_neq!(*key, order.partner, PlimsollError::OrderTerms);
    let size = terms.size_for(account.size_in(order.slot)).or_refuse()?;
    require!(size != Base::ZERO, PlimsollError::NothingToReduce);
    let latest = checked(order.placed_at.checked_add(ORDER_LIFE))?;
    if order.expires_at == 0 {
        order.expires_at = latest;
    }
    require_gte!(latest, order.expires_at, PlimsollError::OrderExpiry);
    require_gte!(
        order.expires_at,
        order.execute_at,
        PlimsollError::OrderExpiry
    );
    order.notional = if terms.trigger > 0 {
        terms.trigger
    } else {
        terms.limit
    };
    Ok(())
}

#[inline(never)]
fn tell_placed(key: Pubkey, order: &Order) {
    emit!(OrderPlaced {
        order: key,
        account: order.account,
        slot: order.slot,
        kind: order.kind,
        extent: order.extent,
        size: order.size,
        limit_quote: order.limit_quote,
        trigger_quote: order.trigger_quote,
        execute_at: order.execute_at,
        expires_at: order.expires_at,
        partner: order.partner,
        keeper_fee: order.keeper_fee,
    });
}
