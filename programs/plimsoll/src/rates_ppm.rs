//! Four rates as a listing gives them.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::rates::{Rates, INITIAL_OVER_MAINTENANCE};

use crate::error::{checked, OrRefuse, PlimsollError};
use crate::instructions::create_exchange::fixed_of_ppm;

/// Four rates in parts per million.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatesPpm {
    /// Of deposits and longs, maintenance.
    pub maintenance_long: u32,
    /// Of debts and shorts, maintenance.
    pub maintenance_short: u32,
    /// Of deposits and longs, initial.
    pub initial_long: u32,
    /// Of debts and shorts, initial.
    pub initial_short: u32,
}

impl RatesPpm {
    /// As fractions.
    ///
    /// # Errors
    /// `RatesUnsound` for an initial rate below 1.25 times its maintenance rate.
    pub fn rates(&self) -> Result<Rates> {
        let maintenance_long = Fixed(fixed_of_ppm(self.maintenance_long));
        let maintenance_short = Fixed(fixed_of_ppm(self.maintenance_short));
        require_ratio(self.initial_long, self.maintenance_long)?;
        require_ratio(self.initial_short, self.maintenance_short)?;
        Ok(Rates {
            maintenance_long,
            maintenance_short,
            initial_long: initial_ceil(self.initial_long, maintenance_long)?,
            initial_short: initial_ceil(self.initial_short, maintenance_short)?,
        })
    }
}

/// Initial is at least 1.25 times maintenance in the integers that were given.
fn require_ratio(initial_ppm: u32, maintenance_ppm: u32) -> Result<()> {
    let least = checked(u64::from(maintenance_ppm).checked_mul(5))?;
    let four_times = checked(u64::from(initial_ppm).checked_mul(4))?;
    require_gte!(four_times, least, PlimsollError::RatesUnsound);
    Ok(())
}

/// The initial rate as a fraction; exactly 1.25 times maintenance does not fall below it by rounding.
fn initial_ceil(initial_ppm: u32, maintenance: Fixed) -> Result<Fixed> {
    let least = INITIAL_OVER_MAINTENANCE
        .of_ceil(maintenance.0.unsigned_abs())
        .or_refuse()?;
    let least = i64::try_from(least).map_err(|_| error!(PlimsollError::MathOverflow))?;
    Ok(Fixed(fixed_of_ppm(initial_ppm).max(least)))
}
