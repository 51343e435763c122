//! `settle_bad_debt`: anyone has an account's shortfall recorded, and ends what nobody will pay.
//!
//! * the account has a shortfall in the maintenance view, or one is recorded that has to change;
//! * the banks given are those of its balances besides the quote's, in the order of their places;
//! * what is recorded is the shortfall, each debt's share of it by value: from then on lenders who leave
//!   bear their part;
//! * once nothing is left that a keeper could liquidate, what is deposited goes to insurance, and each loan
//!   is paid by its bank's insurance, by tokens that quote insurance buys of the keeper at the least
//!   discount, by insurance's part of interest, and then by all who lend, by their index; a debt to the
//!   pool by quote insurance, then by the pool;
//! * a keeper's account that sells to insurance passes its gate, with prices at most 20 s old.

use anchor_lang::prelude::*;
use plimsoll_engine::bad_debt::Liabilities;
use plimsoll_engine::exposure::BALANCES;
use plimsoll_engine::health::Purpose;

use crate::error::{OrRefuse, PlimsollError};
use crate::events::{BadDebtSettled, LossBorne, ShortfallRecorded};
use crate::health_gate::{health_of, pass_balance_gate, strict_health};
use crate::losses::record::{record, Banks, Places};
use crate::losses::take::{is_spent, Settlement};
use crate::state::{AgeLimit, Bank, BookAt, MarginAccount, Pool, RiskBook};

/// Accounts of `settle_bad_debt`; remaining accounts: the banks of the account's balances besides the
/// quote's, writable, in the order of their places.
#[derive(Accounts)]
pub struct SettleBadDebt<'info> {
    /// Owner of the keeper's margin account, or anyone where none is given.
    pub keeper: Signer<'info>,
    /// The risk book.
    #[account(mut)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The keeper's margin account, for what insurance buys.
    #[account(
        mut,
        constraint = keeper_account.load()?.owner == keeper.key() @ PlimsollError::NotOwner,
        constraint = keeper_account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
        constraint = keeper_account.key() != account.key() @ PlimsollError::SelfLiquidation,
    )]
    pub keeper_account: Option<AccountLoader<'info, MarginAccount>>,
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

/// Records the shortfall, and settles it where nothing is left.
#[inline(never)]
pub fn handle_settle_bad_debt<'info>(ctx: Context<'info, SettleBadDebt<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let key = accounts.account.key();
    let mut book = accounts.book.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    let banks = Banks {
        quote: &accounts.quote_bank,
        others: ctx.remaining_accounts,
    };

    account.require_no_swap()?;
    if let Some(keeper) = &accounts.keeper_account {
        keeper.load()?.require_no_swap()?;
    }
    account.require_no_pending_order()?;
    banks.check(&account)?;
    let places = Places::of(&account);
    let (owed, shortfall) = measure(&book, &account, now)?;
    let recorded = account.pool_pending_loss > 0
        || account
            .balances
            .iter()
            .any(|balance| balance.pending_loss > 0);
    require!(shortfall > 0 || recorded, PlimsollError::NoShortfall);

    book.count_write();
    record(
        &mut book,
        &mut account,
        &places,
        &banks,
        &mut pool,
        (&owed, shortfall),
        now,
    )?;
    emit!(ShortfallRecorded {
        account: key,
        shortfall
    });
    let spent = is_spent(&at(&book, now), &account)?;
    if shortfall > 0 && spent {
        let settlement = Settlement {
            banks: &banks,
            places: &places,
            now,
        };
        let keeper = accounts.keeper_account.as_ref();
        let borne = settle(&settlement, &mut book, &mut account, &mut pool, keeper)?;
        emit!(BadDebtSettled {
            account: key,
            borne
        });
    }
    account.invariant()?;
    book.invariant()
}

/// What the account owes, and what of it its equity does not cover, micro-dollars.
#[inline(never)]
fn measure(book: &RiskBook, account: &MarginAccount, now: i64) -> Result<(Box<Liabilities>, u64)> {
    let health = health_of(book, account, now, AgeLimit::Other, Purpose::Trade)?;
    let equity = health.maintenance.equity;
    let shortfall = equity.negated().or_refuse()?.positive_part().magnitude();
    let owed = Liabilities::of_ceil(&at(book, now), account).or_refuse()?;
    Ok((Box::new(owed), shortfall))
}

/// Takes every debt of an account that has nothing left.
#[inline(never)]
fn settle(
    settlement: &Settlement<'_, '_>,
    book: &mut RiskBook,
    account: &mut MarginAccount,
    pool: &mut Pool,
    keeper: Option<&AccountLoader<'_, MarginAccount>>,
) -> Result<Vec<LossBorne>> {
    let now = settlement.now;
    let mut keeper = keeper.map(|loader| loader.load_mut()).transpose()?;
    let before = match &keeper {
        Some(keeper) => {
            keeper.require_no_pending_order()?;
            Some(strict_health(book, keeper, now)?)
        }
        None => None,
    };
    settlement.take_dust(book, account)?;
    let mut borne = Vec::new();
    for place in 0..BALANCES {
        borne.extend(settlement.take_loan(book, account, place, keeper.as_deref_mut())?);
    }
    borne.extend(settlement.take_pool_debt(book, account, pool)?);
    if let (Some(before), Some(keeper)) = (before, &keeper) {
        pass_balance_gate(&before, &*strict_health(book, keeper, now)?)?;
        keeper.invariant()?;
    }
    Ok(borne)
}

fn at(book: &RiskBook, now: i64) -> BookAt<'_> {
    BookAt {
        book,
        now,
        limit: AgeLimit::Other,
    }
}
