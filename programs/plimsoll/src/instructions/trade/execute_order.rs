//! `execute_order`: anyone executes a market order on the one update that determines its price.
//!
//! * the order is of this account, market and generation, and has not lapsed;
//! * the update is the determined one: previous publish time < t ≤ publish time. It is read directly;
//!   health is measured at the newer of it and the book's price, in memory, before and after;
//! * limit, caps and the gate pass. If one of them refuses, the order is closed as refused and nothing
//!   else changes; if prices are too old to judge, it is an error and can be tried again;
//! * either way the keeper is paid and the rent returns to its payer.

use anchor_lang::prelude::*;
use plimsoll_engine::units::Base;

use crate::constants::ORDER_WINDOW;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::{OrderExecuted, OrderRefused};
use crate::fill::{book_asset, write_fill, Fill, Trade};
use crate::health_gate::observe;
use crate::oracle;
use crate::state::{oracle_kind, AgeLimit, BookAt, MarginAccount, Market, Order, RiskBook};

/// Accounts of `execute_order`.
#[derive(Accounts)]
pub struct ExecuteOrder<'info> {
    /// Receives the keeper fee.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        address = order.account @ PlimsollError::WrongOrder,
        constraint = account.load()?.pending_order == order.key() @ PlimsollError::WrongOrder,
        constraint = account.load()?.generation == order.generation @ PlimsollError::WrongOrder,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The market.
    #[account(
        mut,
        constraint = market.load()?.book == book.key() @ PlimsollError::WrongMarket,
        constraint = market.load()?.slot == order.slot @ PlimsollError::WrongMarket,
    )]
    pub market: AccountLoader<'info, Market>,
    /// The order.
    #[account(
        mut,
        close = payer,
        constraint = order.book == book.key() @ PlimsollError::WrongOrder,
    )]
    pub order: Box<Account<'info, Order>>,
    /// CHECK: who paid the rent; compared with the order.
    #[account(mut, address = order.payer @ PlimsollError::WrongRentRecipient)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the price account; owner, layout and feed are checked by the oracle adapter. Push feeds
    /// execute on the price in the book: any account will do.
    pub price: UncheckedAccount<'info>,
}

/// Executes the order.
#[inline(never)]
pub fn handle_execute_order(ctx: Context<ExecuteOrder>) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let order = &accounts.order;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    let last = checked(order.execute_at.checked_add(ORDER_WINDOW))?;
    require_gte!(last, now, PlimsollError::OrderLapsed);

    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Risk,
    };
    let (outcome, publish_time) = {
        let priced = determined(&accounts.price, order, &at)?;
        let trade = Trade {
            account: &account,
            market: &market,
            at: &at,
            execution_asset: priced.execution,
            health_asset: priced.health,
            size: Base(order.size),
            limit_quote: order.limit_quote,
        };
        (trade.judge()?, priced.publish_time)
    };

    account.pending_order = Pubkey::default();
    account.pending_requirement = 0;
    let event_base = (order.key(), accounts.account.key(), accounts.keeper.key());
    match outcome {
        Ok(fill) => {
            write_fill(&mut account, &mut market, &book, &fill, publish_time)?;
            observe(&mut account, event_base.1, &book, &fill.health, now)?;
            account.invariant()?;
            market.invariant()?;
            tell_executed(event_base, order, &fill, publish_time);
        }
        Err(refusal) => emit!(OrderRefused {
            order: event_base.0,
            account: event_base.1,
            code: u32::from(refusal),
            keeper: event_base.2,
        }),
    }
    let fee = order.keeper_fee;
    accounts.order.sub_lamports(fee)?;
    accounts.keeper.add_lamports(fee)?;
    Ok(())
}

#[inline(never)]
fn tell_executed(
    (order_key, account, keeper): (Pubkey, Pubkey, Pubkey),
    order: &Order,
    fill: &Fill,
    publish_time: i64,
) {
    emit!(OrderExecuted {
        order: order_key,
        account,
        slot: order.slot,
        size: order.size,
        notional: fill.execution.notional,
        fee: fill.fee.magnitude(),
        realised: fill.realised.0,
        funding: fill.funding.0,
        publish_time,
        keeper,
    });
}

/// The asset at the determined price and at the newest known price.
struct Priced {
    execution: plimsoll_engine::exposure::AssetView,
    health: plimsoll_engine::exposure::AssetView,
    publish_time: i64,
}

/// Reads the determined update; the book's own price for push feeds.
#[inline(never)]
fn determined(price: &AccountInfo, order: &Order, at: &BookAt<'_>) -> Result<Priced> {
    let asset = at.book.listed_asset(order.slot)?;
    if asset.oracle_kind == oracle_kind::PUSH {
        require_determined(order, asset.previous_publish_time, asset.publish_time)?;
        let view = book_asset(at, order.slot)?;
        return Ok(Priced {
            execution: view,
            health: view,
            publish_time: asset.publish_time,
        });
    }
    let update = oracle::read(price, asset, at.now)?;
    require_determined(order, update.previous_publish_time, update.publish_time)?;
    let age = at.now.saturating_sub(update.publish_time).max(0);
    let wide = asset.is_too_wide(&update.band).or_refuse()?;
    let execution = asset.view(
        update.band,
        wide,
        (age, i64::from(asset.max_age_risk)),
        at.now,
    );
    let health = if update.publish_time >= asset.publish_time {
        execution
    } else {
        book_asset(at, order.slot)?
    };
    Ok(Priced {
        execution,
        health,
        publish_time: update.publish_time,
    })
}

fn require_determined(order: &Order, previous: i64, publish: i64) -> Result<()> {
    if previous < order.execute_at && order.execute_at <= publish {
        return Ok(());
    }
    Err(error!(PlimsollError::NotDeterminedUpdate).with_values((order.execute_at, publish)))
}
