//! Parameters of a bank.

use anchor_lang::prelude::*;

use crate::constants::OUTFLOW_PARTS;
use crate::error::PlimsollError;
use crate::health_gate::borrow_index;
use crate::instructions::{within, BankParams};
use crate::state::{Bank, RiskBook};

/// Puts the parameters of a bank in place. Interest up to now is charged by the old ones; the rate follows with
/// the next `sync`.
///
/// The limit of what may leave stays at least a quarter of what is there: nobody waits longer than a day.
///
/// # Errors
/// `ParameterOutOfBounds`.
#[inline(never)]
pub fn replace_bank(book: &RiskBook, bank: &mut Bank, params: &BankParams, now: i64) -> Result<()> {
    params.validate()?;
    let is_quote = bank.slot == book.quote_slot;
    require!(
        params.is_quote == is_quote,
        PlimsollError::ParameterOutOfBounds
    );
    let lending = bank.accrued(borrow_index(book, bank.slot, now)?)?;
    bank.set_lending(&lending);
    let least = bank.all_deposits()?.div_ceil(OUTFLOW_PARTS);
    within(least, params.outflow_limit, u64::MAX)?;
    params.write(bank);
    Ok(())
}
