//! `cancel_order`: anyone removes a market order that has lapsed.
//!
//! * not before t + 60 s: until then only the determined update ends it;
//! * the lapse costs 10 bps of the notional, to the pool;
//! * the keeper fee goes to who removes it, the rent to who paid it.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::units::Quote;

use crate::constants::{LAPSE_PENALTY_PPM, ORDER_WINDOW, PPM};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::OrderLapsed;
use crate::state::{MarginAccount, Market, Order};

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// Receives the keeper fee.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The margin account.
    #[account(
        mut,
        address = order.account @ PlimsollError::WrongOrder,
        constraint = account.load()?.pending_order == order.key() @ PlimsollError::WrongOrder,
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
}

/// Removes the order.
#[inline(never)]
pub fn handle_cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut market = accounts.market.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    let last = checked(accounts.order.execute_at.checked_add(ORDER_WINDOW))?;
    require_gt!(now, last, PlimsollError::OrderNotLapsed);

    let rate = Fixed::ratio(LAPSE_PENALTY_PPM, PPM);
    let penalty = rate.of_ceil(accounts.order.notional).or_refuse()?;
    let charge = Quote::from_magnitude(penalty).or_refuse()?;

    account.pending_order = Pubkey::default();
    account.pending_requirement = 0;
    account.credit = checked(account.credit.checked_sub(charge.0))?;
    market.claims = checked(market.claims.checked_sub(charge.0))?;
    account.invariant()?;
    market.invariant()?;

    let fee = accounts.order.keeper_fee;
    accounts.order.sub_lamports(fee)?;
    accounts.keeper.add_lamports(fee)?;
    emit!(OrderLapsed {
        order: accounts.order.key(),
        account: accounts.account.key(),
        penalty
    });
    Ok(())
}
