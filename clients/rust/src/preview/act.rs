//! Each action in the order of checks that its instruction has.

use anchor_lang::prelude::Pubkey;
use plimsoll::balances::{pay_in, pay_out, PaidIn, PaidOut};
use plimsoll::constants::{ACTION_AGE, QUOTE_BALANCE};
use plimsoll::error::PlimsollError;
use plimsoll::fill::{book_asset, write_fill, Fill, Trade};
use plimsoll::health_gate::{borrow_index, pass_outflow_gate, require_all_fresh, strict_health};
use plimsoll::instructions::{gate_outflow, put_in, take_out};
use plimsoll::state::{AgeLimit, Bank, BookAt, MarginAccount, Market};
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::trade::Execution;
use plimsoll_engine::units::Quote;

use super::{Action, Done, Order, Payment, Subject, TradeView};
use crate::price::picodollars_floor;

/// Whom events name that nobody reads.
const NOBODY: Pubkey = Pubkey::new_from_array([0; 32]);

impl Subject<'_> {
    pub(super) fn done(&self, action: Action<'_>) -> anchor_lang::Result<Done> {
        self.account.require_no_swap()?;
        let mut done = Done {
            account: *self.account,
            trade: None,
            payment: None,
            receiver: None,
            slot: None,
        };
        let account = &mut done.account;
        match action {
            Action::Trade(market, order) => {
                self.book.require_launched()?;
                done.trade = Some(self.trade(account, market, &order)?);
                done.slot = Some(market.slot);
            }
            Action::Deposit(bank, amount) => {
                self.book.require_launched()?;
                done.payment = Some(self.deposit(account, bank, amount)?);
            }
            Action::Withdraw(bank, amount, borrow) => {
                done.payment = Some(self.withdraw(account, bank, (amount, borrow))?);
            }
            Action::Transfer(bank, to, amount) => {
                let (payment, receiver) = self.transfer(account, bank, (to, amount))?;
                (done.payment, done.receiver) = (Some(payment), receiver);
            }
            Action::Model(model) => self.set_model(account, model)?,
        }
        account.invariant()?;
        Ok(done)
    }

    fn trade(
        &self,
        account: &mut MarginAccount,
        market: &Market,
        order: &Order,
    ) -> anchor_lang::Result<TradeView> {
        account.require_no_pending_order()?;
        let at = BookAt {
            book: self.book,
            now: self.now,
            limit: AgeLimit::Risk,
        };
        let asset = book_asset(&at, market.slot)?;
        let trade = Trade {
            account,
            market,
            at: &at,
            execution_asset: asset,
            health_asset: asset,
            terms: order.terms()?,
        };
        let fill: Fill = *trade.judge()?.map_err(anchor_lang::error::Error::from)?;
        let mut market = *market;
        write_fill(account, &mut market, self.book, &fill, self.now)?;
        let decimals = self.book.listed_asset(market.slot)?.decimals;
        let mantissa = u128::from(fill.execution.mantissa);
        let price = picodollars_floor(mantissa, asset.band.shift, decimals);
        Ok(TradeView {
            size: fill.execution.size.0,
            price: price.ok_or(PlimsollError::PriceOutOfRange)?,
            notional: fill.execution.notional,
            impact: impact(&asset.band, &fill.execution)?,
            fee: fill.fee.0,
            realised: fill.realised.0,
            funding: fill.funding.0,
        })
    }

    fn deposit(
        &self,
        account: &mut MarginAccount,
        bank: &Bank,
        amount: u64,
    ) -> anchor_lang::Result<Payment> {
        require_some(amount)?;
        let mut bank = *bank;
        let PaidIn { repaid, deposited } = put_in(self.book, account, &mut bank, amount, self.now)?;
        bank.invariant()?;
        Ok(Payment {
            repaid,
            deposited,
            ..Payment::default()
        })
    }

    fn withdraw(
        &self,
        account: &mut MarginAccount,
        bank: &Bank,
        (amount, borrow): (u64, bool),
    ) -> anchor_lang::Result<Payment> {
        require_some(amount)?;
        account.require_no_pending_order()?;
        let mut bank = *bank;
        let paid = take_out(self.book, account, &mut bank, amount, borrow, self.now)?;
        require_some(paid.total()?)?;
        if !account.is_plain() {
            gate_outflow(self.book, account, NOBODY, &[bank.slot], self.now)?;
        }
        bank.invariant()?;
        let PaidOut {
            withdrawn,
            borrowed,
        } = paid;
        Ok(Payment {
            withdrawn,
            borrowed,
            ..Payment::default()
        })
    }

    fn transfer(
        &self,
        account: &mut MarginAccount,
        bank: &Bank,
        (to, amount): (Option<&MarginAccount>, u64),
    ) -> anchor_lang::Result<(Payment, Option<MarginAccount>)> {
        to.map_or(Ok(()), MarginAccount::require_no_swap)?;
        require_some(amount)?;
        account.require_no_pending_order()?;
        let (mut to, mut bank) = (to.copied(), *bank);
        let index = borrow_index(self.book, bank.slot, self.now)?;
        let given = pay_out(account, QUOTE_BALANCE, &mut bank, index, amount, false)?.withdrawn;
        require_some(given)?;
        let mut taken = PaidIn::default();
        if let Some(to) = &mut to {
            taken = pay_in(to, QUOTE_BALANCE, &mut bank, index, given)?;
        }
        if !account.is_plain() {
            gate_outflow(self.book, account, NOBODY, &[bank.slot], self.now)?;
        }
        to.as_ref().map_or(Ok(()), MarginAccount::invariant)?;
        let payment = Payment {
            repaid: taken.repaid,
            deposited: taken.deposited,
            withdrawn: given,
            borrowed: 0,
        };
        Ok((payment, to))
    }

    fn set_model(&self, account: &mut MarginAccount, model: u8) -> anchor_lang::Result<()> {
        if ModelKind::from_code(model).is_none() || model == account.model {
            return Err(PlimsollError::UnknownModel.into());
        }
        account.require_no_pending_order()?;
        if account.called_at != 0 || account.liquidatable_since != 0 {
            return Err(PlimsollError::ModelWhileCalled.into());
        }
        let priced = !account.is_plain();
        let pass = |account: &MarginAccount| {
            let health = strict_health(self.book, account, self.now)?;
            pass_outflow_gate(&health, false)
        };
        if priced {
            require_all_fresh(self.book, account, self.now, ACTION_AGE)?;
            pass(account)?;
        }
        account.model = model;
        account.invariant()?;
        if priced {
            pass(account)?;
        }
        Ok(())
    }
}

/// What an execution costs against the spot price, quote atoms.
fn impact(band: &PriceBand, execution: &Execution) -> anchor_lang::Result<i64> {
    let size = execution.size.magnitude();
    let notional = Quote::from_magnitude(execution.notional);
    let cost = notional.and_then(|notional| {
        if execution.size.0 > 0 {
            let spot = Quote::from_magnitude(band.value_floor(size, band.spot)?)?;
            notional.minus(spot)
        } else {
            let spot = Quote::from_magnitude(band.value_ceil(size, band.spot)?)?;
            spot.minus(notional)
        }
    });
    Ok(cost.map_err(PlimsollError::from)?.0)
}

fn require_some(amount: u64) -> anchor_lang::Result<()> {
    if amount == 0 {
        return Err(PlimsollError::ZeroAmount.into());
    }
    Ok(())
}
