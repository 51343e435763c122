//! `deleverage`: anyone closes what the pool cannot bear of a market, every winner's alike (F-13).
//!
//! * the markets given are all of the book in the order of their slots, their prices at most 20 s old;
//! * what the pool owes in all of them, where it looks richest, has passed its cap, a part of its cash;
//! * the market is the one that the pool owes most;
//! * the side that the skew is on is reduced by the skew, at the impact price: nobody is touched, everybody
//!   has the same part of his position less and its price more;
//! * where the pool is worth less than nothing, insurance pays first; if that is not enough, the side is
//!   closed whole, and what is missing is taken from the profits that it leaves, of each the same share.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::{mul_div_ceil, Fixed};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::pool::{net_asset_value, Side as End};
use plimsoll_engine::side::{price_in_units_floor, Reduced};
use plimsoll_engine::trade::{execute, Execution};
use plimsoll_engine::units::{Base, Quote};

use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::Deleveraged;
use crate::health_gate::asset_of;
use crate::instructions::crank::sync::write_marks;
use crate::pool_value::owed_by_market;
use crate::state::{AgeLimit, Bank, BookAt, Market, Pool, RiskBook};

/// Accounts of `deleverage`; remaining accounts: every market by slot, the named one writable.
#[derive(Accounts)]
pub struct Deleverage<'info> {
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

/// Reduces the winning side of the market in `slot`.
#[inline(never)]
pub fn handle_deleverage<'info>(ctx: Context<'info, Deleverage<'info>>, slot: u8) -> Result<()> {
    let accounts = ctx.accounts;
    let mut book = accounts.book.load_mut()?;
    let mut bank = accounts.quote_bank.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    let (missing, asset) = {
        let at = BookAt {
            book: &book,
            now,
            limit: AgeLimit::Other,
        };
        let owed = owed_by_market(&at, accounts.book.key(), ctx.remaining_accounts, slot)?;
        let cap = Fixed(book.deleverage_level)
            .of_floor(pool.payable())
            .or_refuse()?;
        let cap = Quote::from_magnitude(cap).or_refuse()?;
        require!(owed.total > cap, PlimsollError::PoolBearsIt);
        require!(owed.is_most, PlimsollError::NotTheLargest);
        let index = at.borrow_index(book.quote_slot).or_refuse()?;
        let value = net_asset_value(&pool.ledger(), index, owed.total, End::High).or_refuse()?;
        let missing = value.negated().or_refuse()?.positive_part().magnitude();
        (missing, asset_of(&at, slot)?)
    };
    let insured = missing.min(bank.insurance);
    bank.insurance = checked(bank.insurance.checked_sub(insured))?;
    pool.cash = checked(pool.cash.checked_add(insured))?;
    let missing = checked(missing.checked_sub(insured))?;

    let loader = owed_loader(ctx.remaining_accounts, slot)?;
    let mut market = loader.load_mut()?;
    let reduction = Reduction::of(&book, &market, &asset, missing)?;
    let lost = reduction.write(&mut book, &mut market, missing, now)?;
    book.count_write();
    write_marks(book.listed_asset_mut(slot)?, &market)?;
    market.invariant()?;
    bank.invariant()?;
    pool.invariant()?;
    book.invariant()?;
    emit!(Deleveraged {
        book: accounts.book.key(),
        slot,
        size: reduction.execution.size.0,
        notional: reduction.execution.notional,
        epoch: reduction.reduced.side.epoch,
        insurance: insured,
        lost,
        missing: missing.saturating_sub(lost),
    });
    Ok(())
}

/// The market in `slot` among those given, which are sound.
fn owed_loader<'info>(
    given: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<AccountLoader<'info, Market>> {
    for info in given {
        let loader = AccountLoader::<Market>::try_from(info)?;
        if loader.load()?.slot == slot {
            return Ok(loader);
        }
    }
    Err(error!(PlimsollError::WrongMarkets))
}

/// What of a market is closed, and at which price.
struct Reduction {
    short: bool,
    /// In the unit of the funding index, against the side.
    price: i64,
    execution: Execution,
    reduced: Reduced,
}

impl Reduction {
    /// Closes the skew, or all of its side where `missing` quote atoms cannot be paid.
    #[inline(never)]
    fn of(book: &RiskBook, market: &Market, asset: &AssetView, missing: u64) -> Result<Self> {
        let skew = market.skew()?;
        let short = skew.0 < 0;
        let base = if short {
            market.short_base
        } else {
            market.long_base
        };
        let size = if missing > 0 { base } else { skew.magnitude() };
        // What a reduction rounds by is no skew: a side falls with every call.
        let dust = u64::from(market.open_positions[usize::from(short)]);
        require!(size > dust, PlimsollError::NothingToDeleverage);
        let slot = book.listed_asset(market.slot)?;
        let unit = &asset.funding;
        let side = slot.sides[usize::from(short)].side();
        // Whether it ends an epoch does not depend on the price.
        let mut reduced = side.reduced(size, base, 0, unit).or_refuse()?;
        let ends = reduced.left == 0;
        if ends {
            require_eq!(
                0,
                market.stale_positions[usize::from(short)],
                PlimsollError::StaleEpoch
            );
        }
        let size = Base::from_magnitude(if ends { base } else { size }).or_refuse()?;
        let traded = if short {
            size
        } else {
            size.negated().or_refuse()?
        };
        let execution = execute(&market.terms()?, &asset.band, traded).or_refuse()?;
        let floor = price_in_units_floor(execution.mantissa, asset.band.shift, unit).or_refuse()?;
        // Who is short buys: a unit more is rounded up.
        let price = checked(floor.checked_add(i64::from(short)))?;
        reduced = side
            .reduced(size.magnitude(), base, price, unit)
            .or_refuse()?;
        Ok(Self {
            short,
            price,
            execution,
            reduced,
        })
    }

    /// Writes it to book and market; returns what of `missing` the profits of an ended epoch bear.
    #[inline(never)]
    fn write(
        &self,
        book: &mut RiskBook,
        market: &mut Market,
        missing: u64,
        now: i64,
    ) -> Result<u64> {
        let at = usize::from(self.short);
        let asset = book.listed_asset_mut(market.slot)?;
        let index = asset.funding(now);
        let mut side = self.reduced.side;
        let closed = self.execution.size.negated().or_refuse()?;
        // At the price that positions are read with, not at the execution's digits.
        let price = FundingIndex {
            units: self.price,
            shift: index.shift,
        };
        let flow = price.paid_floor(closed).or_refuse()?;
        let paid = index.paid_floor(closed).or_refuse()?;
        let mut sums = market.sums();
        let cost = if self.short {
            &mut sums.short_cost
        } else {
            &mut sums.long_cost
        };
        *cost = cost.minus(flow).or_refuse()?.plus(paid).or_refuse()?;
        let profit = cost.negated().or_refuse()?.positive_part().magnitude();
        let ended = self.reduced.left == 0;
        let open = u64::from(market.open_positions[at]);
        // Each position may keep an atom more than its part.
        let base = if ended {
            0
        } else {
            checked(self.reduced.left.checked_add(open))?
        };
        if self.short {
            sums.short_base = base;
        } else {
            sums.long_base = base;
        }
        market.set_sums(&sums);
        let mut lost = 0;
        if ended {
            market.stale_positions[at] = core::mem::take(&mut market.open_positions[at]);
            lost = missing.min(profit);
            if lost > 0 {
                let one = Fixed::ONE.0.unsigned_abs();
                let share = mul_div_ceil(lost, one, profit).or_refuse()?.min(one);
                side.last_loss = Fixed(i64::try_from(share).unwrap_or(i64::MAX));
                market.cut = checked(market.cut.checked_add(lost))?;
            }
        }
        asset.sides[at].set(&side);
        Ok(lost)
    }
}
