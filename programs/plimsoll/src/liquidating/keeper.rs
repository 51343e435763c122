//! What the keeper's account takes over: collateral and debts as shares, against quote.

use anchor_lang::prelude::*;
use plimsoll_engine::liquidation::{NamedLeg, Taken};
use plimsoll_engine::stock::Stock;

use super::apply::Liquidation;
use crate::balances::{fits, move_amount, pay_across, pay_insurance, Kind, Payment};
use crate::constants::QUOTE_BALANCE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::health_gate::{borrow_index, pass_balance_gate, strict_health};
use crate::state::{Bank, MarginAccount};

/// Quote that changes hands, in atoms.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// Paid to the account for collateral.
    received: u64,
    /// Paid by the account for debts, insurance's part in it.
    spent: u64,
    /// Insurance's part of all discounts.
    insurance: u64,
}

impl<'info> Liquidation<'_, 'info> {
    /// Moves collateral, debts and quote between the two accounts and passes the keeper's through the
    /// gate. `quote_bank` is needed where insurance is paid or quote is not just a deposit on both sides.
    #[inline(never)]
    pub fn exchange(
        &self,
        account: &mut MarginAccount,
        keeper: &mut MarginAccount,
        quote_bank: Option<&AccountLoader<'info, Bank>>,
    ) -> Result<()> {
        keeper.require_no_pending_order()?;
        let (book, now) = (self.at.book, self.at.now);
        let before = strict_health(book, keeper, now)?;
        let mut flow = Flow::default();
        for ((leg, place), done) in self.named.iter().zip(self.taken) {
            if done.size == 0 {
                continue;
            }
            match leg {
                NamedLeg::Position { .. } => continue,
                NamedLeg::Collateral { slot, .. } => {
                    self.sell(account, place, keeper, *slot, done)?;
                    flow.received = checked(flow.received.checked_add(done.notional))?;
                }
                NamedLeg::Debt { slot, .. } => {
                    self.repay(account, place, keeper, *slot, done)?;
                    flow.spent = checked(flow.spent.checked_add(done.notional))?;
                }
            }
            flow.insurance = checked(flow.insurance.checked_add(done.insurance))?;
        }
        self.pay_quote(account, keeper, quote_bank, &flow)?;
        pass_balance_gate(&before, &*strict_health(book, keeper, now)?)
    }

    /// Collateral becomes the keeper's, as it is kept where his place allows it.
    fn sell(
        &self,
        account: &mut MarginAccount,
        place: usize,
        keeper: &mut MarginAccount,
        slot: u8,
        done: &Taken,
    ) -> Result<()> {
        let to = self.place_of(keeper, slot)?;
        if fits(&account.balances[place], &keeper.balances[to]) {
            return move_amount((account, place), (keeper, to), slot, done.amount);
        }
        self.with_bank(slot, |bank| {
            let index = borrow_index(self.at.book, slot, self.at.now)?;
            let (from, to) = ((account, place), (keeper, to));
            pay_across(from, to, bank, index, Payment::Given(done.amount))?;
            Ok(())
        })
    }

    /// A debt becomes the keeper's, or is paid from his deposit in the token.
    fn repay(
        &self,
        account: &mut MarginAccount,
        place: usize,
        keeper: &mut MarginAccount,
        slot: u8,
        done: &Taken,
    ) -> Result<()> {
        let from = self.place_of(keeper, slot)?;
        let ends = done.amount == account.balances[place].amount.unsigned_abs();
        let pending = account.balances[place].pending_loss > 0;
        if matches!(Kind::of(&keeper.balances[from]), Kind::Free | Kind::Debt) {
            if ends && pending {
                self.with_bank(slot, |bank| {
                    let mut lending = bank.lending();
                    let loss = core::mem::take(&mut account.balances[place].pending_loss);
                    lending.record(loss, 0).map_err(PlimsollError::from)?;
                    bank.set_lending(&lending);
                    bank.invariant()
                })?;
            }
            return move_amount((account, place), (keeper, from), slot, done.amount);
        }
        let held = self.atoms_in(keeper, from)?;
        self.with_bank(slot, |bank| {
            let index = borrow_index(self.at.book, slot, self.at.now)?;
            let (from, to) = ((keeper, from), (account, place));
            pay_across(from, to, bank, index, Payment::Repaid(done.amount))?;
            Ok(())
        })
        .map_err(|cause| named(cause, PlimsollError::KeeperTokenShort, done.size, held))
    }

    /// Moves insurance's part out of the deposits of the quote bank, from whose owner it was taken.
    fn insure(&self, quote_bank: Option<&AccountLoader<'info, Bank>>, atoms: u64) -> Result<()> {
        if atoms == 0 {
            return Ok(());
        }
        let loader = quote_bank.ok_or_else(|| error!(PlimsollError::QuoteBankMissing))?;
        let mut bank = self.quote_bank(loader)?;
        bank.deposits = checked(bank.deposits.checked_sub(atoms))?;
        bank.insurance = checked(bank.insurance.checked_add(atoms))?;
        bank.invariant()
    }

    /// The keeper's place for a token.
    fn place_of(&self, keeper: &MarginAccount, slot: u8) -> Result<usize> {
        keeper
            .balance_place(slot, self.at.book.quote_slot)
            .map_err(|_| error!(PlimsollError::KeeperNoFreeBalance))
    }

    /// Pays quote between the two accounts and to insurance.
    fn pay_quote(
        &self,
        account: &mut MarginAccount,
        keeper: &mut MarginAccount,
        quote_bank: Option<&AccountLoader<'info, Bank>>,
        flow: &Flow,
    ) -> Result<()> {
        let plain = |balance: &crate::state::Balance| {
            matches!(Kind::of(balance), Kind::Free | Kind::Unlent)
        };
        let both_plain =
            plain(&account.balances[QUOTE_BALANCE]) && plain(&keeper.balances[QUOTE_BALANCE]);
        let to_account = flow.received.saturating_sub(flow.spent);
        let from_account = flow.spent.saturating_sub(flow.received);
        let account_insures = from_account.min(flow.insurance);
        let keeper_insures = flow.insurance - account_insures;
        let to_keeper = from_account - account_insures;
        let short = |needed: u64, balance: i64, code: PlimsollError| {
            let held = balance.max(0).unsigned_abs();
            (held < needed).then(|| error!(code).with_values((needed, held)))
        };
        if both_plain {
            let (account_quote, keeper_quote) = (
                account.balances[QUOTE_BALANCE].amount,
                keeper.balances[QUOTE_BALANCE].amount,
            );
            let keeper_pays = checked(to_account.checked_add(keeper_insures))?;
            let refused = short(keeper_pays, keeper_quote, PlimsollError::KeeperQuoteShort)
                .or_else(|| {
                    short(
                        from_account,
                        account_quote,
                        PlimsollError::AccountQuoteShort,
                    )
                });
            if let Some(refused) = refused {
                return Err(refused);
            }
            let slot = self.at.book.quote_slot;
            let account_quote = moved(account_quote, to_account, from_account)?;
            let keeper_quote = moved(keeper_quote, to_keeper, keeper_pays)?;
            account.set_balance(QUOTE_BALANCE, slot, account_quote)?;
            keeper.set_balance(QUOTE_BALANCE, slot, keeper_quote)?;
            return self.insure(quote_bank, flow.insurance);
        }
        let loader = quote_bank.ok_or_else(|| error!(PlimsollError::QuoteBankMissing))?;
        let mut bank = self.quote_bank(loader)?;
        let index = borrow_index(self.at.book, self.at.book.quote_slot, self.at.now)?;
        let keeper_pays = checked(to_account.checked_add(keeper_insures))?;
        let (account_held, keeper_held) = (
            self.atoms_in(account, QUOTE_BALANCE)?,
            self.atoms_in(keeper, QUOTE_BALANCE)?,
        );
        let of_account = |cause| {
            named(
                cause,
                PlimsollError::AccountQuoteShort,
                from_account,
                account_held,
            )
        };
        let of_keeper = |cause| {
            named(
                cause,
                PlimsollError::KeeperQuoteShort,
                keeper_pays,
                keeper_held,
            )
        };
        if to_account > 0 {
            let (from, to) = (
                (&mut *keeper, QUOTE_BALANCE),
                (&mut *account, QUOTE_BALANCE),
            );
            pay_across(from, to, &mut bank, index, Payment::Atoms(to_account))
                .map_err(of_keeper)?;
        }
        if to_keeper > 0 {
            let (from, to) = (
                (&mut *account, QUOTE_BALANCE),
                (&mut *keeper, QUOTE_BALANCE),
            );
            pay_across(from, to, &mut bank, index, Payment::Atoms(to_keeper))
                .map_err(of_account)?;
        }
        if account_insures > 0 {
            pay_insurance(account, QUOTE_BALANCE, &mut bank, index, account_insures)
                .map_err(of_account)?;
        }
        if keeper_insures > 0 {
            pay_insurance(keeper, QUOTE_BALANCE, &mut bank, index, keeper_insures)
                .map_err(of_keeper)?;
        }
        bank.invariant()
    }

    /// Atoms of a deposit, 0 for anything else.
    fn atoms_in(&self, account: &MarginAccount, place: usize) -> Result<u64> {
        match account.balances.get(place) {
            Some(balance) if balance.amount > 0 => Stock::of(&balance.holding(), self.at)
                .and_then(|stock| stock.atoms())
                .or_refuse(),
            _ => Ok(0),
        }
    }

    fn quote_bank<'b>(
        &self,
        loader: &'b AccountLoader<'info, Bank>,
    ) -> Result<core::cell::RefMut<'b, Bank>> {
        let bank = loader.load_mut()?;
        require_keys_eq!(bank.book, self.book, PlimsollError::WrongBank);
        require_eq!(bank.slot, self.at.book.quote_slot, PlimsollError::WrongBank);
        Ok(bank)
    }

    /// Does something with the bank of a token, which is among the accounts after the markets.
    fn with_bank<T>(&self, slot: u8, run: impl FnOnce(&mut Bank) -> Result<T>) -> Result<T> {
        for info in self.banks {
            let loader = AccountLoader::<Bank>::try_from(info)?;
            let mut bank = loader.load_mut()?;
            require_keys_eq!(bank.book, self.book, PlimsollError::WrongBank);
            if bank.slot == slot {
                let done = run(&mut bank)?;
                bank.invariant()?;
                return Ok(done);
            }
        }
        Err(error!(PlimsollError::BankMissing))
    }
}

/// A refusal for want of tokens, by whom.
fn named(cause: Error, code: PlimsollError, needed: u64, held: u64) -> Error {
    match cause {
        Error::AnchorError(inner)
            if inner.error_code_number == u32::from(PlimsollError::InsufficientBalance) =>
        {
            error!(code).with_values((needed, held))
        }
        other => other,
    }
}

fn moved(amount: i64, added: u64, taken: u64) -> Result<i64> {
    let sum = checked(amount.checked_add_unsigned(added))?;
    checked(sum.checked_sub_unsigned(taken))
}
