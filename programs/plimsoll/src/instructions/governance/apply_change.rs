//! `apply_change`: anyone puts an announced change in place.
//!
//! * the change is the exchange's, and nothing has changed its parameters since it was announced;
//! * it is due and has not lapsed, or has begun;
//! * a handover of the authority is signed by who gets it;
//! * what it puts in place is within the bounds in code.
//!
//! What it raises of what maintenance reads begins at what it was and grows by at most half in a day: it is
//! applied again until it is complete. Then the change is closed, and its rent returns.
//! New banks and markets need accounts of their own: `list_bank` and `list_market` take their changes.

use anchor_lang::prelude::*;

use crate::changes::{self, Growth};
use crate::error::PlimsollError;
use crate::events::ChangeApplied;
use crate::instructions::list_asset;
use crate::state::{Bank, Exchange, Market, ParameterChange, Patch, Pool, RiskBook};

/// Accounts of `apply_change`; pool, bank and market only for changes that concern them.
#[derive(Accounts)]
pub struct ApplyChange<'info> {
    /// Anyone; who gets the authority, where it is handed over.
    pub applier: Signer<'info>,
    /// Who paid the change's rent.
    /// CHECK: compared with the change, receives lamports only.
    #[account(mut, address = change.payer @ PlimsollError::WrongRentRecipient)]
    pub payer: UncheckedAccount<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The change.
    #[account(mut)]
    pub change: Box<Account<'info, ParameterChange>>,
    /// The risk book.
    #[account(mut, address = exchange.book @ PlimsollError::WrongBook)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The pool, if its terms change.
    #[account(mut, constraint = pool.load()?.book == book.key() @ PlimsollError::WrongPool)]
    pub pool: Option<AccountLoader<'info, Pool>>,
    /// The bank that changes.
    #[account(mut, constraint = bank.load()?.book == book.key() @ PlimsollError::WrongBank)]
    pub bank: Option<AccountLoader<'info, Bank>>,
    /// The market that changes, or that of the asset that does.
    #[account(mut, constraint = market.load()?.book == book.key() @ PlimsollError::WrongMarket)]
    pub market: Option<AccountLoader<'info, Market>>,
}

/// Applies a change, or lets what it raises grow on.
#[inline(never)]
pub fn handle_apply_change(ctx: Context<ApplyChange>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = ctx.accounts;
    let key = accounts.exchange.key();
    let change = &accounts.change;

    changes::require_valid(&accounts.exchange, key, change)?;
    let begins = change.moved_at == 0;
    if begins {
        changes::require_due(change, now)?;
    }
    let mut growth = Growth::of(change, accounts.exchange.launched, now);

    accounts.put_in_place(&mut growth, now)?;
    let version = accounts.change.patch.version();
    if begins {
        accounts.exchange.count(version)?;
    }
    let change = &mut accounts.change;
    change.version = accounts.exchange.version(version)?;
    change.grown = growth.seconds();
    change.moved_at = now;
    let is_complete = growth.is_complete;
    change.from = growth.from;

    emit!(ChangeApplied {
        exchange: key,
        change: accounts.change.key(),
        is_complete
    });
    accounts.exchange.invariant()?;
    accounts.book.load()?.invariant()?;
    accounts.change.invariant()?;
    if is_complete {
        accounts.change.close(accounts.payer.to_account_info())?;
    }
    Ok(())
}

impl ApplyChange<'_> {
    #[inline(never)]
    fn put_in_place(&mut self, growth: &mut Growth, now: i64) -> Result<()> {
        let exchange = &mut self.exchange;
        match &self.change.patch {
            Patch::Guardian(guardian) => exchange.guardian = *guardian,
            Patch::Authority(authority) => {
                require_keys_eq!(*authority, self.applier.key(), PlimsollError::NotAuthority);
                exchange.authority = *authority;
            }
            Patch::Notices(notices) => {
                notices.validate()?;
                exchange.notices = *notices;
            }
            Patch::ListBank { .. } | Patch::ListMarket { .. } => {
                return Err(error!(PlimsollError::WrongChange));
            }
            _ => return self.put_in_book(growth, now),
        }
        Ok(())
    }

    #[inline(never)]
    fn put_in_book(&mut self, growth: &mut Growth, now: i64) -> Result<()> {
        let mut book = self.book.load_mut()?;
        let book = &mut *book;
        match &self.change.patch {
            Patch::Exchange(params) => changes::replace_exchange(book, params, growth)?,
            Patch::Pool(params) => {
                let pool = named(self.pool.as_ref(), PlimsollError::WrongPool)?;
                let mut pool = pool.load_mut()?;
                changes::replace_pool(&mut pool, params)?;
                pool.invariant()?;
            }
            Patch::ListAsset { slot, params } => {
                require_eq!(book.asset_count, *slot, PlimsollError::WrongChange);
                list_asset::list(book, self.book.key(), params, now)?;
            }
            Patch::Scenario { index, shocks } => {
                changes::replace_scenario(book, *index, shocks, growth)?;
            }
            Patch::Asset { slot, params } => {
                let market = self
                    .market
                    .as_ref()
                    .map(|market| market.load())
                    .transpose()?;
                changes::replace_asset(book, *slot, params, market.as_deref(), growth, now)?;
            }
            Patch::Bank { slot, params } => {
                let bank = named(self.bank.as_ref(), PlimsollError::WrongBank)?;
                let mut bank = bank.load_mut()?;
                require_eq!(bank.slot, *slot, PlimsollError::WrongBank);
                changes::replace_bank(book, &mut bank, params, now)?;
                bank.invariant()?;
            }
            Patch::Market { slot, params } => {
                let market = named(self.market.as_ref(), PlimsollError::WrongMarket)?;
                let mut market = market.load_mut()?;
                require_eq!(market.slot, *slot, PlimsollError::WrongMarket);
                changes::replace_market(book, &mut market, params, growth, now)?;
                market.invariant()?;
            }
            Patch::EndTightening { slots } => changes::end_tightening(book, *slots, now)?,
            _ => return Err(error!(PlimsollError::WrongChange)),
        }
        book.count_write();
        Ok(())
    }
}

/// An account that this change cannot do without.
fn named<T>(account: Option<&T>, missing: PlimsollError) -> Result<&T> {
    account.ok_or_else(|| error!(missing))
}
