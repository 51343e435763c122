//! The keeper's purchase of collateral: shares against quote between two margin accounts.

use anchor_lang::prelude::*;
use plimsoll_engine::health::{Health, Purpose};
use plimsoll_engine::liquidation::{NamedLeg, Taken};
use plimsoll_engine::units::Base;

use super::apply::Liquidation;
use crate::constants::QUOTE_BALANCE;
use crate::error::{checked, PlimsollError};
use crate::health_gate::{health_of, pass_gate, Change};
use crate::state::{AgeLimit, MarginAccount};

impl Liquidation<'_, '_> {
    /// Moves collateral and quote and passes the keeper's account through the gate; returns what the
    /// keeper paid for insurance, in quote atoms.
    #[inline(never)]
    pub fn sell_collateral(
        &self,
        account: &mut MarginAccount,
        keeper: &mut MarginAccount,
    ) -> Result<u64> {
        keeper.require_no_pending_order()?;
        let before = self.health(keeper)?;
        let mut insurance = 0u64;
        for ((leg, place), done) in self.named.iter().zip(self.taken) {
            let NamedLeg::Collateral { .. } = leg else {
                continue;
            };
            if done.size == 0 {
                continue;
            }
            move_collateral(account, place, keeper, self.at.book.quote_slot, done.size)?;
            self.move_quote(account, keeper, done)?;
            insurance = checked(insurance.checked_add(done.insurance))?;
        }
        let after = self.health(keeper)?;
        let none = Base::ZERO;
        let change = Change {
            before: none,
            after: none,
            breaker: false,
        };
        pass_gate(&after, &change, || Ok(*before))?.map_err(|refusal| error!(refusal))?;
        Ok(insurance)
    }

    fn health(&self, keeper: &MarginAccount) -> Result<Box<Health>> {
        let (book, now) = (self.at.book, self.at.now);
        Ok(Box::new(health_of(
            book,
            keeper,
            now,
            AgeLimit::Risk,
            Purpose::Trade,
        )?))
    }

    fn move_quote(
        &self,
        account: &mut MarginAccount,
        keeper: &mut MarginAccount,
        done: &Taken,
    ) -> Result<()> {
        let quote_slot = self.at.book.quote_slot;
        for balance in [
            &keeper.balances[QUOTE_BALANCE],
            &account.balances[QUOTE_BALANCE],
        ] {
            let unlent = balance.lent == 0 && balance.amount >= 0;
            require!(unlent, PlimsollError::LegKind);
        }
        let price = checked(done.notional.checked_add(done.insurance))?;
        let held = keeper.balances[QUOTE_BALANCE].amount;
        if held < signed(price)? {
            return Err(error!(PlimsollError::KeeperQuoteShort).with_values((price, held)));
        }
        let left = checked(held.checked_sub(signed(price)?))?;
        keeper.set_balance(QUOTE_BALANCE, quote_slot, left)?;
        let owned = account.balances[QUOTE_BALANCE].amount;
        let grown = checked(owned.checked_add(signed(done.notional)?))?;
        account.set_balance(QUOTE_BALANCE, quote_slot, grown)
    }
}

/// Moves `size` atoms from the account's place to the keeper's.
fn move_collateral(
    account: &mut MarginAccount,
    place: usize,
    keeper: &mut MarginAccount,
    quote_slot: u8,
    size: u64,
) -> Result<()> {
    let slot = account.balances[place].slot;
    let size = signed(size)?;
    let left = checked(account.held(place, slot).checked_sub(size))?;
    account.set_balance(place, slot, left)?;
    let place = keeper
        .balance_place(slot, quote_slot)
        .map_err(|_| error!(PlimsollError::KeeperNoFreeBalance))?;
    let held = keeper.held(place, slot);
    keeper.set_balance(place, slot, checked(held.checked_add(size))?)
}

fn signed(atoms: u64) -> Result<i64> {
    i64::try_from(atoms).map_err(|_| error!(PlimsollError::MathOverflow))
}
