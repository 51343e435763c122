//! The four margin rates of an asset and what bounds them (F-1, F-2).

use crate::error::Result;
use crate::fixed::Fixed;

/// Initial is at least this multiple of maintenance, for every rate and for every account (F-2, F-5).
pub const INITIAL_OVER_MAINTENANCE: Fixed = Fixed::ratio(5, 4);

/// Share of the exposure that must be covered, by side and view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Deposits and long positions, maintenance.
    pub maintenance_long: Fixed,
    /// Debts and short positions, maintenance.
    pub maintenance_short: Fixed,
    /// Deposits and long positions, initial.
    pub initial_long: Fixed,
    /// Debts and short positions, initial.
    pub initial_short: Fixed,
}

impl Rates {
    /// Whether every rate is in (0, 1], shorts up to 2, and initial is at least 1.25 × maintenance.
    pub fn are_sound(&self) -> Result<bool> {
        let two = Fixed(2 * Fixed::ONE.0);
        let in_range = |rate: Fixed, most: Fixed| rate > Fixed::ZERO && rate <= most;
        Ok(in_range(self.maintenance_long, Fixed::ONE)
            && in_range(self.initial_long, Fixed::ONE)
            && in_range(self.maintenance_short, two)
            && in_range(self.initial_short, two)
            && at_least_initial(self.initial_long, self.maintenance_long)?
            && at_least_initial(self.initial_short, self.maintenance_short)?)
    }
}

fn at_least_initial(initial: Fixed, maintenance: Fixed) -> Result<bool> {
    Ok(initial.0.unsigned_abs()
        >= INITIAL_OVER_MAINTENANCE.of_ceil(maintenance.0.unsigned_abs())?)
}
