//! What of a bankrupt account's debts nobody will pay, recorded with those who will bear it.

use anchor_lang::prelude::*;
use plimsoll_engine::bad_debt::Liabilities;
use plimsoll_engine::exposure::BALANCES;

use crate::constants::QUOTE_BALANCE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::health_gate::borrow_index;
use crate::state::{Bank, MarginAccount, Pool, RiskBook};

/// The banks of an account's balances: the quote's, and the others in the order of their places.
pub struct Banks<'a, 'info> {
    /// The quote bank.
    pub quote: &'a AccountLoader<'info, Bank>,
    /// The others, one a taken place.
    pub others: &'info [AccountInfo<'info>],
}

impl<'info> Banks<'_, 'info> {
    /// Refuses unless there is exactly one bank a balance, in order, each of the book.
    pub fn check(&self, account: &MarginAccount) -> Result<()> {
        let mut others = self.others.iter();
        for balance in taken(account) {
            let info = others
                .next()
                .ok_or_else(|| error!(PlimsollError::BankMissing))?;
            let loader = AccountLoader::<Bank>::try_from(info)?;
            let bank = loader.load()?;
            require_keys_eq!(bank.book, account.book, PlimsollError::WrongBank);
            require_eq!(bank.slot, balance.slot, PlimsollError::WrongBank);
        }
        require!(others.next().is_none(), PlimsollError::WrongBank);
        Ok(())
    }

    /// Does something with the bank of the balance in `place` of the account as it was checked.
    pub fn with<T>(
        &self,
        place: usize,
        account: &Places,
        run: impl FnOnce(&mut Bank) -> Result<T>,
    ) -> Result<T> {
        if place == QUOTE_BALANCE {
            let mut bank = self.quote.load_mut()?;
            return run(&mut bank);
        }
        let info = account
            .rank(place)
            .and_then(|rank| self.others.get(rank))
            .ok_or_else(|| error!(PlimsollError::BankMissing))?;
        let loader = AccountLoader::<Bank>::try_from(info)?;
        let mut bank = loader.load_mut()?;
        run(&mut bank)
    }
}

/// Which places of an account were taken when its banks were checked.
pub struct Places([bool; BALANCES]);

impl Places {
    /// Of an account.
    pub fn of(account: &MarginAccount) -> Self {
        let mut places = [false; BALANCES];
        for (place, balance) in places
            .iter_mut()
            .zip(&account.balances)
            .skip(QUOTE_BALANCE + 1)
        {
            *place = balance.amount != 0;
        }
        Self(places)
    }

    /// How many taken places come before one that is taken.
    fn rank(&self, place: usize) -> Option<usize> {
        let taken = self.0.get(place).copied().unwrap_or(false);
        taken.then(|| self.0.iter().take(place).filter(|taken| **taken).count())
    }
}

fn taken(account: &MarginAccount) -> impl Iterator<Item = &crate::state::Balance> {
    let places = account.balances.iter().skip(QUOTE_BALANCE + 1);
    places.filter(|balance| balance.amount != 0)
}

/// Records a shortfall of micro-dollars with the banks and the pool, each debt its share; what was
/// recorded before is replaced.
pub fn record(
    book: &mut RiskBook,
    account: &mut MarginAccount,
    places: &Places,
    banks: &Banks<'_, '_>,
    pool: &mut Pool,
    (owed, shortfall): (&Liabilities, u64),
    now: i64,
) -> Result<()> {
    for place in 0..BALANCES {
        let balance = account.balances[place];
        let loss = owed.unpaid_ceil(owed.loans[place], shortfall).or_refuse()?;
        if loss == balance.pending_loss {
            continue;
        }
        banks.with(place, places, |bank| {
            let mut lending = bank.accrued(borrow_index(book, bank.slot, now)?)?;
            lending.record(balance.pending_loss, loss).or_refuse()?;
            bank.set_lending(&lending);
            write_to_book(book, bank)?;
            bank.invariant()
        })?;
        account.balances[place].pending_loss = loss;
    }
    let loss = owed.unpaid_ceil(owed.pool, shortfall).or_refuse()?;
    let others = pool.pending_loss.saturating_sub(account.pool_pending_loss);
    pool.pending_loss = checked(others.checked_add(loss))?;
    account.pool_pending_loss = loss;
    pool.invariant()
}

/// Writes to the book what a bank's lenders have and are about to lose.
pub fn write_to_book(book: &mut RiskBook, bank: &Bank) -> Result<()> {
    let lending = bank.lending();
    let asset = book.listed_asset_mut(bank.slot)?;
    asset.deposit_index = lending.deposit_index.0;
    asset.pending_loss = lending.pending_share_ceil().or_refuse()?.0;
    Ok(())
}
