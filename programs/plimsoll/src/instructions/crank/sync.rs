//! `sync`: anyone writes the banks' indices and the markets' skews to the book and sweeps fees.
//!
//! * of each bank given, the quote's always: interest is charged, the indices are carried to now, the
//!   gain per second follows the utilisation, insurance's part of interest moves to insurance;
//! * of each market given: the skew and the marks at it, the funding index and what it gains a second at
//!   that skew (F-10), and what open interest and liquidations make of the initial rates (F-8, F-14);
//! * of each bank given, the quote's always: the share of a deposit that counts (F-8);
//! * fees accrued in the markets move from the pool's cash, minus pending losses, to insurance and
//!   protocol, as far as the cash goes; what insurance owes moves the other way;
//! * if all markets are given, each once and before any bank, and the prices of those with open interest
//!   are at most 20 s old, each is granted an equal part of what the pool has beyond its stress.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::{gain_per_second, FundingIndex};
use plimsoll_engine::interest::gain_per_second_ceil;
use plimsoll_engine::measured::insurance_multiplier_ceil;
use plimsoll_engine::size::concentration_floor;

use crate::constants::SKEW_TOLERANCE_DIVISOR;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::Synced;
use crate::health_gate::borrow_index;
use crate::pool_value::grant_if_whole;
use crate::risk_model::advance;
use crate::state::{AssetSlot, Bank, Market, Pool, RiskBook};

/// Accounts of `sync`; remaining accounts: markets and banks other than the quote's, writable, in any
/// number and order.
#[derive(Accounts)]
pub struct SyncBook<'info> {
    /// The risk book.
    #[account(mut)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The quote bank.
    #[account(
        mut,
        constraint = quote_bank.load()?.book == book.key() @ PlimsollError::WrongBank,
        constraint = quote_bank.load()?.slot == book.load()?.quote_slot @ PlimsollError::WrongBank,
    )]
    pub quote_bank: AccountLoader<'info, Bank>,
    /// The pool.
    #[account(mut, constraint = pool.load()?.book == book.key() @ PlimsollError::WrongPool)]
    pub pool: AccountLoader<'info, Pool>,
}

/// Syncs.
#[inline(never)]
pub fn handle_sync<'info>(ctx: Context<'info, SyncBook<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let book_key = accounts.book.key();
    let mut book = accounts.book.load_mut()?;
    let mut bank = accounts.quote_bank.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    book.count_write();
    sync_bank(&mut book, &mut bank, now)?;
    let multiplier = insurance_multiplier_ceil(bank.insurance, book.insurance_target);
    book.insurance_multiplier = multiplier.or_refuse()?.0;
    let (mut to_insurance, mut to_protocol) = (0i64, 0i64);
    for info in ctx.remaining_accounts {
        if is_bank(info)? {
            let loader = AccountLoader::<Bank>::try_from(info)?;
            let mut other = loader.load_mut()?;
            require_keys_eq!(other.book, book_key, PlimsollError::WrongBank);
            sync_bank(&mut book, &mut other, now)?;
            other.invariant()?;
            continue;
        }
        let loader = AccountLoader::<Market>::try_from(info)?;
        let mut market = loader.load_mut()?;
        require_keys_eq!(market.book, book_key, PlimsollError::WrongMarket);
        let asset = book.listed_asset_mut(market.slot)?;
        write_funding(asset, &market, now)?;
        write_marks(asset, &market)?;
        write_conditions(&mut book, &market, now)?;
        let swept = sweep(&mut market, &mut bank, &mut pool)?;
        to_insurance = checked(to_insurance.checked_add(swept.0))?;
        to_protocol = checked(to_protocol.checked_add(swept.1))?;
        market.invariant()?;
    }
    grant_if_whole(&book, &pool, ctx.remaining_accounts, now)?;
    book.invariant()?;
    bank.invariant()?;
    pool.invariant()?;
    emit!(Synced {
        book: book_key,
        to_insurance,
        to_protocol
    });
    Ok(())
}

/// Charges a bank's interest up to `now`, pays insurance its part as far as the cash goes, and writes
/// indices, the rate at the utilisation there is, and the shares of deposits that count.
fn sync_bank(book: &mut RiskBook, bank: &mut Bank, now: i64) -> Result<()> {
    let index = borrow_index(book, bank.slot, now)?;
    let mut lending = bank.accrued(index)?;
    let reserve = lending.collect_reserve();
    bank.insurance = checked(bank.insurance.checked_add(reserve))?;
    bank.set_lending(&lending);
    let deposits = bank.all_deposits()?;
    let rate = bank
        .curve()
        .rate_ceil(lending.utilisation_ceil().or_refuse()?);
    let rate = rate.or_refuse()?;
    let asset = book.listed_asset_mut(bank.slot)?;
    asset.borrow_index = index.0;
    asset.borrow_rate = rate.0;
    asset.borrow_gain = gain_per_second_ceil(index, rate).or_refuse()?.0;
    asset.index_time = asset.index_time.max(now);
    asset.deposit_index = lending.deposit_index.0;
    asset.pending_loss = lending.pending_share_ceil().or_refuse()?.0;
    asset.deposit_share = concentration_floor(bank.deposit_cap, deposits).0;
    Ok(())
}

/// Carries the funding index to now at the gain so far, then writes the gain at the skew and price there
/// are; begins with the first price.
pub fn write_funding(asset: &mut AssetSlot, market: &Market, now: i64) -> Result<()> {
    if asset.spot == 0 {
        return Ok(());
    }
    let band = asset.band();
    let index = if asset.funding_time == 0 {
        FundingIndex::beginning_at(&band)
    } else {
        asset.funding(now)
    };
    let daily = Fixed(market.daily_funding);
    let gain = gain_per_second(&band, market.skew()?, market.inverse(), daily, index.shift);
    asset.funding_index = index.units;
    asset.funding_shift = index.shift;
    asset.funding_gain = gain.or_refuse()?;
    asset.funding_time = asset.funding_time.max(now);
    Ok(())
}

/// Writes a market's skew, and the marks at the worst skew within the tolerance on either side.
pub fn write_marks(asset: &mut AssetSlot, market: &Market) -> Result<()> {
    let skew = market.skew()?.0;
    let tolerance = i64::try_from(market.skew_bound / SKEW_TOLERANCE_DIVISOR)
        .map_err(|_| error!(PlimsollError::MathOverflow))?;
    let low = checked(skew.checked_sub(tolerance))?;
    let high = checked(skew.checked_add(tolerance))?;
    asset.skew = skew;
    asset.mark_long_discount = mark(market, low.min(0).unsigned_abs())?;
    asset.mark_short_premium = mark(market, high.max(0).unsigned_abs())?;
    Ok(())
}

/// Writes what open interest and liquidations make of the initial rates.
fn write_conditions(book: &mut RiskBook, market: &Market, now: i64) -> Result<()> {
    let (_, model) = book.asset_with_model_mut(market.slot)?;
    model.open_interest_share = market.open_interest_share()?.0;
    model.liquidated = u8::from(market.is_much_liquidated(now));
    advance(book, market.slot, false, now)?;
    Ok(())
}

/// Whether a remaining account is a bank of this program; what it is otherwise, the loader of a market
/// says.
pub fn is_bank(info: &AccountInfo<'_>) -> Result<bool> {
    let data = info.try_borrow_data()?;
    Ok(*info.owner == crate::ID && data.starts_with(Bank::DISCRIMINATOR))
}

fn mark(market: &Market, skew: u64) -> Result<i64> {
    let doubled = checked(skew.checked_mul(2))?;
    Ok(market.inverse().fraction_ceil(doubled).or_refuse()?.0)
}

/// Moves what a market accrued between the pool's cash and the bank's ledgers.
fn sweep(market: &mut Market, bank: &mut Bank, pool: &mut Pool) -> Result<(i64, i64)> {
    let insurance = if market.accrued_insurance < 0 {
        let owed = market.accrued_insurance.unsigned_abs().min(bank.insurance);
        bank.insurance = checked(bank.insurance.checked_sub(owed))?;
        pool.cash = checked(pool.cash.checked_add(owed))?;
        let owed = i64::try_from(owed).map_err(|_| error!(PlimsollError::MathOverflow))?;
        checked(owed.checked_neg())?
    } else {
        let paid = pay(market.accrued_insurance, pool)?;
        bank.insurance = checked(bank.insurance.checked_add(paid.unsigned_abs()))?;
        paid
    };
    market.accrued_insurance = checked(market.accrued_insurance.checked_sub(insurance))?;
    let protocol = pay(market.accrued_protocol, pool)?;
    bank.protocol_fees = checked(bank.protocol_fees.checked_add(protocol.unsigned_abs()))?;
    market.accrued_protocol = checked(market.accrued_protocol.checked_sub(protocol))?;
    Ok((insurance, protocol))
}

/// Takes up to `accrued` from the pool's payable cash.
fn pay(accrued: i64, pool: &mut Pool) -> Result<i64> {
    let paid = accrued.max(0).unsigned_abs().min(pool.payable());
    pool.cash = checked(pool.cash.checked_sub(paid))?;
    i64::try_from(paid).map_err(|_| error!(PlimsollError::MathOverflow))
}
