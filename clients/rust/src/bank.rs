//! A bank as those who lend and borrow want to see it.

use plimsoll::error::PlimsollError;
use plimsoll::state::{Bank, RiskBook};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::{gain_per_second_ceil, index_at, YEAR_SECONDS};
use plimsoll_engine::Result;
use serde::Serialize;

use crate::explain::float;
use crate::health::reading;
use crate::search;
use crate::view::text;

/// A bank. Rates are yearly fractions, amounts atoms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BankViewed {
    /// Slot of the book.
    pub slot: u8,
    /// What a debt costs at the utilisation there is.
    pub borrow_rate: f64,
    /// What that gives a lent deposit.
    pub deposit_rate: f64,
    /// Share of lent deposits that is borrowed.
    pub utilisation: f64,
    /// Deposits, lent and not.
    #[serde(with = "text")]
    pub deposits: u64,
    /// Of these, lent.
    #[serde(with = "text")]
    pub lent: u64,
    /// Owed.
    #[serde(with = "text")]
    pub owed: u64,
    /// What may still be deposited.
    #[serde(with = "text")]
    pub deposit_room: u64,
    /// What may still be borrowed, of all that the bank limits.
    #[serde(with = "text")]
    pub borrow_room: u64,
    /// What may leave the bank now.
    #[serde(with = "text")]
    pub outflow_room: u64,
}

/// Views a bank at `now`, interest charged up to it.
///
/// # Errors
/// Those of the engine.
pub fn bank_view(book: &RiskBook, bank: &Bank, now: i64) -> anchor_lang::Result<BankViewed> {
    let index = reading(book, now).borrow_index(bank.slot);
    let index = index.map_err(PlimsollError::from)?;
    let mut bank = *bank;
    bank.set_lending(&bank.accrued(index)?);
    let lending = bank.lending();
    let deposits = bank.all_deposits()?;
    let rates = || -> Result<_> {
        let utilisation = lending.utilisation_ceil()?;
        let rate = bank.curve().rate_ceil(utilisation)?;
        let gain = gain_per_second_ceil(index, rate)?;
        let seconds = i64::try_from(YEAR_SECONDS).unwrap_or(i64::MAX);
        Ok((utilisation, rate, index_at(index, gain, seconds)))
    };
    let (utilisation, rate, next) = rates().map_err(PlimsollError::from)?;
    let amounts = || -> Result<_> { Ok((lending.claims_floor()?, lending.owed_floor()?)) };
    let (lent, owed) = amounts().map_err(PlimsollError::from)?;
    let in_a_year = bank.accrued(next)?.deposit_index;
    Ok(BankViewed {
        slot: bank.slot,
        borrow_rate: float(rate),
        deposit_rate: grown(lending.deposit_index, in_a_year),
        utilisation: float(utilisation),
        deposits,
        lent,
        owed,
        deposit_room: bank.deposit_cap.saturating_sub(deposits),
        borrow_room: search::most(|atoms| {
            let (mut bank, mut lending) = (bank, lending);
            let lent = lending.borrow(atoms);
            bank.set_lending(&lending);
            lent.is_ok() && bank.require_borrowable().is_ok()
        }),
        outflow_room: search::most(|atoms| {
            let mut bank = bank;
            bank.count_outflow(atoms, now).is_ok()
        }),
    })
}

/// By which part an index has grown.
fn grown(from: Index, to: Index) -> f64 {
    to.0.saturating_sub(from.0) as f64 / from.0 as f64
}
