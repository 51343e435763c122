//! Ending an account that has nothing left: dust to insurance, then each debt against insurance and those
//! who lent.

use anchor_lang::prelude::*;
use plimsoll_engine::bad_debt::{purchase, Purchase};
use plimsoll_engine::episode::DUST;
use plimsoll_engine::exposure::{AccountView, BookView, BALANCES};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::price::Quality;

use super::record::{write_to_book, Banks, Places};
use crate::balances::{pay_in, pay_out};
use crate::constants::{ACTION_AGE, QUOTE_BALANCE};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::LossBorne;
use crate::health_gate::{borrow_index, require_fresh};
use crate::state::{AgeLimit, Bank, BookAt, MarginAccount, Pool, RiskBook};

/// Whether nothing is left that a keeper could liquidate: no position, no claim, and deposits that are
/// dust or that nobody can price any more.
pub fn is_spent(at: &BookAt<'_>, account: &MarginAccount) -> Result<bool> {
    if account.credit != 0 || account.positions.iter().any(|place| !place.is_free()) {
        return Ok(false);
    }
    for holding in (0..BALANCES).filter_map(|place| account.balance(place)) {
        let asset = at.asset(holding.slot).or_refuse()?;
        if holding.amount.0 < 0 || asset.quality == Quality::Expired {
            continue;
        }
        let atoms = holding.atoms_floor(at).or_refuse()?.unsigned_abs();
        let value = asset.band.value_floor(atoms, asset.band.spot).or_refuse()?;
        if value >= DUST.magnitude() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Everything that a settlement changes beside the banks of the account's balances.
pub struct Settlement<'a, 'info> {
    /// The banks.
    pub banks: &'a Banks<'a, 'info>,
    /// The places they belong to.
    pub places: &'a Places,
    /// Unix seconds.
    pub now: i64,
}

impl Settlement<'_, '_> {
    /// Passes what is deposited to insurance of its own bank.
    pub fn take_dust(&self, book: &mut RiskBook, account: &mut MarginAccount) -> Result<()> {
        for place in 0..BALANCES {
            let balance = account.balances[place];
            if balance.amount <= 0 {
                continue;
            }
            self.banks.with(place, self.places, |bank| {
                let held = balance.amount.unsigned_abs();
                if balance.lent == 0 {
                    bank.deposits = checked(bank.deposits.checked_sub(held))?;
                    bank.insurance = checked(bank.insurance.checked_add(held))?;
                } else {
                    // As a claim: the cash may be lent out.
                    let index = borrow_index(book, bank.slot, self.now)?;
                    let mut lending = bank.accrued(index)?;
                    lending.give_to_reserve(held).or_refuse()?;
                    bank.set_lending(&lending);
                    write_to_book(book, bank)?;
                }
                bank.invariant()
            })?;
            account.set_balance(place, balance.slot, 0)?;
        }
        Ok(())
    }

    /// Ends the loan in `place`; nothing for a place without one.
    pub fn take_loan(
        &self,
        book: &mut RiskBook,
        account: &mut MarginAccount,
        place: usize,
        keeper: Option<&mut MarginAccount>,
    ) -> Result<Option<LossBorne>> {
        let balance = account.balances[place];
        if balance.amount >= 0 {
            return Ok(None);
        }
        let slot = balance.slot;
        let index = borrow_index(book, slot, self.now)?;
        let shares = balance.amount.unsigned_abs();
        let owed = index.atoms_ceil(shares).or_refuse()?;
        let (own, bought) = if place == QUOTE_BALANCE {
            (owed, Purchase::default())
        } else {
            self.buy(book, place, owed, keeper)?
        };
        let borne = self.banks.with(place, self.places, |bank| {
            let own = own.min(bank.insurance);
            bank.insurance = checked(bank.insurance.checked_sub(own))?;
            let covered = checked(own.checked_add(bought.atoms))?;
            let mut lending = bank.accrued(index)?;
            let written = lending.write_off(shares, covered, balance.pending_loss);
            let written = written.or_refuse()?;
            bank.set_lending(&lending);
            write_to_book(book, bank)?;
            bank.invariant()?;
            Ok(LossBorne {
                slot,
                owed: written.owed,
                insurance: checked(own.checked_add(written.insurance))?,
                bought: bought.atoms,
                paid: bought.cost,
                leavers: written.leavers,
                lenders: written.lenders,
            })
        })?;
        account.set_balance(place, slot, 0)?;
        account.balances[place].pending_loss = 0;
        Ok(Some(borne))
    }

    /// What insurance in the token itself pays of `owed` atoms, and what insurance in quote buys of the
    /// rest from the keeper's account, whose tokens go to the lenders' cash.
    fn buy(
        &self,
        book: &RiskBook,
        place: usize,
        owed: u64,
        keeper: Option<&mut MarginAccount>,
    ) -> Result<(u64, Purchase)> {
        let (slot, own, reserve) = self.banks.with(place, self.places, |bank| {
            Ok((bank.slot, bank.insurance.min(owed), bank.reserve))
        })?;
        let need = owed.saturating_sub(own).saturating_sub(reserve);
        let at = BookAt {
            book,
            now: self.now,
            limit: AgeLimit::Other,
        };
        let mut quote_bank = self.banks.quote.load_mut()?;
        if need == 0 || quote_bank.insurance == 0 {
            return Ok((own, Purchase::default()));
        }
        require_fresh(book, slot, self.now, ACTION_AGE)?;
        require_fresh(book, book.quote_slot, self.now, ACTION_AGE)?;
        let token = at.asset(slot).or_refuse()?.band;
        let quote = at.asset(book.quote_slot).or_refuse()?.band;
        let premium = Fixed(book.listed_asset(slot)?.discount_least);
        let bought = purchase(&token, &quote, premium, need, quote_bank.insurance).or_refuse()?;
        if bought.atoms > 0 {
            let keeper = keeper.ok_or_else(|| short(bought.atoms, 0))?;
            self.deliver(book, keeper, place, &mut quote_bank, &bought)?;
        }
        Ok((own, bought))
    }

    /// Takes the tokens from the keeper's deposit and pays him.
    fn deliver(
        &self,
        book: &RiskBook,
        keeper: &mut MarginAccount,
        place: usize,
        quote_bank: &mut Bank,
        bought: &Purchase,
    ) -> Result<()> {
        self.banks.with(place, self.places, |bank| {
            let index = borrow_index(book, bank.slot, self.now)?;
            let held =
                |balance: &&crate::state::Balance| balance.amount > 0 && balance.slot == bank.slot;
            let place = keeper.balances.iter().position(|each| held(&each));
            let Some(from) = place else {
                return Err(short(bought.atoms, 0));
            };
            let amount = keeper.balances[from].amount;
            pay_out(keeper, from, bank, index, bought.atoms, false).map_err(|cause| {
                if is_short(&cause) {
                    short(bought.atoms, amount)
                } else {
                    cause
                }
            })?;
            Ok(())
        })?;
        quote_bank.insurance = checked(quote_bank.insurance.checked_sub(bought.cost))?;
        let index = borrow_index(book, book.quote_slot, self.now)?;
        pay_in(keeper, QUOTE_BALANCE, quote_bank, index, bought.cost)?;
        Ok(())
    }

    /// Ends the account's debt to the pool: insurance pays what it can, the pool bears the rest.
    pub fn take_pool_debt(
        &self,
        book: &RiskBook,
        account: &mut MarginAccount,
        pool: &mut Pool,
    ) -> Result<Option<LossBorne>> {
        let shares = account.pool_debt_shares;
        if shares == 0 {
            return Ok(None);
        }
        let slot = book.quote_slot;
        let owed = borrow_index(book, slot, self.now)?
            .atoms_ceil(shares)
            .or_refuse()?;
        let mut bank = self.banks.quote.load_mut()?;
        let paid = owed.min(bank.insurance);
        bank.insurance = checked(bank.insurance.checked_sub(paid))?;
        pool.cash = checked(pool.cash.checked_add(paid))?;
        pool.debt_shares = checked(pool.debt_shares.checked_sub(shares))?;
        pool.pending_loss = pool.pending_loss.saturating_sub(account.pool_pending_loss);
        (account.pool_debt_shares, account.pool_pending_loss) = (0, 0);
        bank.invariant()?;
        pool.invariant()?;
        Ok(Some(LossBorne {
            slot,
            owed,
            insurance: paid,
            bought: 0,
            paid: 0,
            leavers: 0,
            lenders: 0,
        }))
    }
}

/// The keeper has less than insurance would buy: atoms, and his balance as it is kept.
fn short(needed: u64, held: i64) -> Error {
    error!(PlimsollError::KeeperTokenShort).with_values((needed, held))
}

fn is_short(cause: &Error) -> bool {
    let code = u32::from(PlimsollError::InsufficientBalance);
    matches!(cause, Error::AnchorError(inner) if inner.error_code_number == code)
}
