//! `cancel_order`: removes an order that is not wanted any more, or that cannot execute any more.
//!
//! A market order:
//! * anyone, not before t + 60 s: until then only the determined update ends it;
//! * the lapse costs 10 bps of the notional, to the pool; the keeper fee goes to who removes it.
//!
//! A resting order:
//! * who may place orders, at any time; anyone, once it has lapsed, its partner was executed, or it could
//!   only reduce and nothing is held that it could reduce;
//! * nobody is paid: the keeper fee returns with the rent, so that nobody gains by an order's end;
//! * its partner stays and is free.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::units::{Base, Quote};

use crate::constants::{LAPSE_PENALTY_PPM, PPM};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::{OrderCancelled, OrderLapsed};
use crate::partner::Partner;
use crate::state::{MarginAccount, Market, Order};

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// Who removes it: receives the keeper fee of a market order.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The margin account.
    #[account(
        mut,
        address = order.account @ PlimsollError::WrongOrder,
        constraint = account.load()?.generation == order.generation @ PlimsollError::WrongOrder,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The market, which keeps the sum of claims.
    #[account(
        mut,
        constraint = market.load()?.book == order.book @ PlimsollError::WrongMarket,
        constraint = market.load()?.slot == order.slot @ PlimsollError::WrongMarket,
    )]
    pub market: AccountLoader<'info, Market>,
    /// The order.
    #[account(mut, close = payer)]
    pub order: Box<Account<'info, Order>>,
    /// CHECK: who paid the rent; compared with the order.
    #[account(mut, address = order.payer @ PlimsollError::WrongRentRecipient)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the order's partner if it has one; compared with the order, and what it is with its bytes.
    #[account(mut)]
    pub partner: Option<UncheckedAccount<'info>>,
}

/// Removes the order.
#[inline(never)]
pub fn handle_cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.account.load()?.require_no_swap()?;
    if accounts.order.is_resting() {
        cancel(accounts)
    } else {
        lapse(accounts)
    }
}

#[inline(never)]
fn cancel(accounts: &mut CancelOrder<'_>) -> Result<()> {
    let (key, order) = (accounts.order.key(), &accounts.order);
    let given = accounts.partner.as_deref();
    let partner = Partner::of(&key, order, given)?;
    let mut account = accounts.account.load_mut()?;
    let reason = if account.may_order(accounts.keeper.key) {
        0
    } else {
        let now = Clock::get()?.unix_timestamp;
        let end = end_of(order, &account, &partner, now)?;
        end.ok_or_else(|| error!(PlimsollError::OrderAlive))?.into()
    };

    account.strike_order(&key)?;
    partner.free(order, given)?;
    account.invariant()?;
    emit!(OrderCancelled {
        order: key,
        account: accounts.account.key(),
        slot: order.slot,
        kind: order.kind,
        size: order.size,
        partner: order.partner,
        reason,
        by: accounts.keeper.key(),
    });
    Ok(())
}

/// Why a resting order can no longer execute, if it cannot.
fn end_of(
    order: &Order,
    account: &MarginAccount,
    partner: &Partner,
    now: i64,
) -> Result<Option<PlimsollError>> {
    if order.has_lapsed(now) {
        return Ok(Some(PlimsollError::OrderLapsed));
    }
    if matches!(partner, Partner::Gone) {
        return Ok(Some(PlimsollError::PartnerGone));
    }
    let held = account.size_in(order.slot);
    let idle = order.terms()?.size_for(held).or_refuse()? == Base::ZERO;
    Ok(idle.then_some(PlimsollError::NothingToReduce))
}

#[inline(never)]
fn lapse(accounts: &mut CancelOrder<'_>) -> Result<()> {
    let key = accounts.order.key();
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    require_keys_eq!(account.pending_order, key, PlimsollError::WrongOrder);
    Partner::of(&key, &accounts.order, accounts.partner.as_deref())?;
    let last = accounts.order.expires_at;
    require_gt!(now, last, PlimsollError::OrderNotLapsed);

    let rate = Fixed::ratio(LAPSE_PENALTY_PPM, PPM);
    let penalty = rate.of_ceil(accounts.order.notional).or_refuse()?;
    let charge = Quote::from_magnitude(penalty).or_refuse()?;

    account.strike_order(&key)?;
    account.credit = checked(account.credit.checked_sub(charge.0))?;
    market.claims = checked(market.claims.checked_sub(charge.0))?;
    account.invariant()?;
    market.invariant()?;

    let fee = accounts.order.keeper_fee;
    accounts.order.sub_lamports(fee)?;
    accounts.keeper.add_lamports(fee)?;
    emit!(OrderLapsed {
        order: key,
        account: accounts.account.key(),
        slot: accounts.order.slot,
        size: accounts.order.size,
        penalty,
        keeper: accounts.keeper.key(),
    });
    Ok(())
}
