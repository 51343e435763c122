//! `settle`: anyone turns an account's results into quote.
//!
//! * the markets given are those of the account's positions, in the order of their places;
//! * funding is taken from each position, and each open one realised at the book's price: cost := value;
//! * one whose price is above 20 s old, or too wide, is not realised: a dead feed stops no repayment and no
//!   other position's settlement;
//! * a claim cancels debt to the pool, then is paid from the pool's cash minus pending losses; what the
//!   cash does not cover stays a claim;
//! * what is paid repays a quote loan first, and is lent if the quote deposit is, which a loss that the bank
//!   has recorded forbids;
//! * a debt is paid from the quote deposit, of a lent one as far as the bank has cash; what remains is debt to
//!   the pool.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::{BookView, POSITIONS};
use plimsoll_engine::price::Quality;
use plimsoll_engine::settlement::{realised_floor, settle, Ledger};
use plimsoll_engine::units::Quote;

use crate::balances::{pay_in, pay_out, payable_deposit};
use crate::constants::{ACTION_AGE, QUOTE_BALANCE};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::Settled;
use crate::positions::Standing;
use crate::state::{AgeLimit, Bank, BookAt, MarginAccount, Market, Pool, PositionSlot, RiskBook};

/// Accounts of `settle`; remaining accounts: the markets of the positions, writable.
#[derive(Accounts)]
pub struct Settle<'info> {
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
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

/// Settles the account.
#[inline(never)]
pub fn handle_settle<'info>(ctx: Context<'info, Settle<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let mut account = accounts.account.load_mut()?;
    let mut bank = accounts.quote_bank.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Other,
    };

    account.require_no_swap()?;
    let unsettled = realise(
        &mut account,
        &at,
        accounts.book.key(),
        ctx.remaining_accounts,
    )?;

    let index = at.borrow_index(book.quote_slot).or_refuse()?;
    let ledger = Ledger {
        result: unsettled.plus(Quote(account.credit)).or_refuse()?,
        debt_shares: account.pool_debt_shares,
        deposit: payable_deposit(&account, QUOTE_BALANCE, &bank, index)?,
        payable: pool.payable(),
    };
    let settled = settle(&ledger, index).or_refuse()?;

    let moved = settled.to_account.0;
    let atoms = moved.unsigned_abs();
    if moved > 0 {
        pay_in(&mut account, QUOTE_BALANCE, &mut bank, index, atoms)?;
    } else if moved < 0 {
        pay_out(&mut account, QUOTE_BALANCE, &mut bank, index, atoms, false)?;
    }
    let from_pool = checked(moved.checked_neg())?;
    pool.cash = checked(pool.cash.checked_add_signed(from_pool))?;
    let credit_change = checked(settled.claim_left.0.checked_sub(account.credit))?;
    pool.claims = checked(pool.claims.checked_add(credit_change))?;
    account.credit = settled.claim_left.0;
    pool.debt_shares = checked(pool.debt_shares.checked_sub(account.pool_debt_shares))?;
    pool.debt_shares = checked(pool.debt_shares.checked_add(settled.debt_shares))?;
    account.pool_debt_shares = settled.debt_shares;
    if settled.debt_shares == 0 && account.positions.iter().all(PositionSlot::is_free) {
        let loss = core::mem::take(&mut account.pool_pending_loss);
        pool.pending_loss = pool.pending_loss.saturating_sub(loss);
    }
    account.invariant()?;
    bank.invariant()?;
    pool.invariant()?;

    emit!(Settled {
        account: accounts.account.key(),
        to_account: moved,
        claim_left: settled.claim_left.0,
        debt_shares: settled.debt_shares,
    });
    Ok(())
}

/// Realises every position that can be priced and takes the unsettled result of all; returns the sum.
#[inline(never)]
fn realise<'info>(
    account: &mut MarginAccount,
    at: &BookAt<'_>,
    book: Pubkey,
    given: &'info [AccountInfo<'info>],
) -> Result<Quote> {
    let mut given = given.iter();
    let mut total = Quote::ZERO;
    for index in 0..POSITIONS {
        let place = &mut account.positions[index];
        if place.is_free() {
            continue;
        }
        let info = given
            .next()
            .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let mut market = loader.load_mut()?;
        require_keys_eq!(market.book, book, PlimsollError::WrongMarkets);
        require_eq!(market.slot, place.slot, PlimsollError::WrongMarkets);
        let asset = at.asset(place.slot).or_refuse()?;
        let standing = Standing::of(at, place.slot, place, &asset.funding)?;
        let due = standing.held.due_ceil(&asset.funding).or_refuse()?;
        let mut after = standing.held.charged(due).or_refuse()?;
        let fresh = i64::from(asset.age) <= ACTION_AGE;
        if after.base.0 != 0 && asset.quality == Quality::Live && fresh {
            after = realised_floor(&after, &asset.band).or_refuse()?;
        }
        total = total.plus(after.unsettled).or_refuse()?;
        after.unsettled = Quote::ZERO;
        let moved = standing.moved(&market, &after, &asset.funding)?;
        moved.write(place, &mut market);
        market.invariant()?;
        place.count(Quote::ZERO, due, Quote::ZERO);
    }
    require!(given.next().is_none(), PlimsollError::WrongMarkets);
    Ok(total)
}
