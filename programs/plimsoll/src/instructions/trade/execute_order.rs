//! `execute_order`: anyone executes an order on an update that the order, and not he, has chosen.
//!
//! * the order is of this account, market and generation, and has not lapsed;
//! * the update is read directly; health is measured at the newer of it and the book's price, in memory,
//!   before and after;
//! * limit, caps and the gate pass; the keeper is paid and the rent returns to its payer.
//!
//! A market order executes on the determined update: previous publish time < t ≤ publish time. If limit,
//! caps or gate refuse, it is closed as refused, the keeper paid, and nothing else changes; if prices are
//! too old to judge, it is an error and can be tried again.
//!
//! A resting order:
//! * executes on the newer of the update and the book's price, published at or after t, at most 20 s old
//!   and not too wide, while no market order is pending and its partner, if it has one, stands;
//! * its condition holds there, and it pays its own price or the impact price, whichever is worse for it;
//! * is closed as refused, the keeper paid, where the account lacks the margin or the place for it; any
//!   other refusal is an error, and the order stays.

use crate::error::{OrRefuse, PlimsollError};
use crate::events::{OrderExecuted, OrderRefused};
use crate::fill::{write_fill, Fill, Trade};
use crate::health_gate::observe;
use crate::order_price::priced;
use crate::partner::Partner;
use crate::state::{AgeLimit, BookAt, MarginAccount, Market, Order, RiskBook};
use anchor_lang::prelude::*;

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
    /// CHECK: the order's partner if it has one; compared with the order, and what it is with its bytes.
    pub partner: Option<UncheckedAccount<'info>>,
}

/// Executes the order.
#[inline(never)]
pub fn handle_execute_order(ctx: Context<ExecuteOrder>) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let order = &accounts.order;
    let key = order.key();
    let partner = Partner::of(&key, order, accounts.partner.as_deref())?;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    let first = partner.first_update(order)?;
    if order.is_resting() {
        account.require_no_pending_order()?;
    } else {
        require_keys_eq!(account.pending_order, key, PlimsollError::WrongOrder);
    }
    require_gte!(order.expires_at, now, PlimsollError::OrderLapsed);

    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Risk,
    };
    let (outcome, publish_time) = {
        let terms = order.terms()?;
        let priced = priced(&accounts.price, order, first, &at)?;
        let reached = terms.is_triggered(&priced.execution.band).or_refuse()?;
        require!(reached, PlimsollError::TriggerNotReached);
        let trade = Trade {
            account: &account,
            market: &market,
            at: &at,
            execution_asset: priced.execution,
            health_asset: priced.health,
            terms,
        };
        (trade.judge()?, priced.publish_time)
    };
    if let Err(refusal) = outcome {
        if order.is_resting() && !is_owners_doing(refusal) {
            return Err(error!(refusal));
        }
    }

    account.strike_order(&key)?;
    let event_base = (key, accounts.account.key(), accounts.keeper.key());
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
            slot: order.slot,
            kind: order.kind,
            size: order.size,
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
        kind: order.kind,
        size: fill.execution.size.0,
        position: fill.position.base.0,
        notional: fill.execution.notional,
        fee: fill.fee.magnitude(),
        realised: fill.realised.0,
        funding: fill.funding.0,
        publish_time,
        keeper,
    });
}

/// Whether what refused is what the account holds. A resting order ends by it, or its owner could keep
/// it from being executed until he likes the price.
fn is_owners_doing(refusal: PlimsollError) -> bool {
    matches!(
        refusal,
        PlimsollError::ShortageGrown
            | PlimsollError::SignChanged
            | PlimsollError::GrownWhileLiquidatable
            | PlimsollError::NoFreePosition
            | PlimsollError::IsolatedHoldings
    )
}
