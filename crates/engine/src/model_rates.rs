//! From a standard deviation to the four rates of an asset (F-2).
//!
//! The move to be covered is m = k · σ · √h with a horizon of 4 hours for maintenance and 8 for
//! initial. Returns are logarithmic, so a long loses 1 − e^−m of its value and a short e^m − 1.
//! Maintenance goes through a [`crate::ramp::Ramp`] before it binds; initial follows at once, but is
//! never less than 1.25 times the maintenance that is in force, whatever else was applied before.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_ceil, Fixed, FRACTION_BITS};
use crate::math::exp;
use crate::rates::{Rates, INITIAL_OVER_MAINTENANCE};

/// k of the 99% value at risk.
pub const VALUE_AT_RISK: Fixed = Fixed::ratio(31, 10);
/// k of the 97.5% expected shortfall.
pub const EXPECTED_SHORTFALL: Fixed = Fixed::ratio(34, 10);
/// √4, for the maintenance horizon of 4 hours.
pub const MAINTENANCE_ROOT: Fixed = Fixed::ratio(2, 1);
/// √8, for the initial horizon of 8 hours, rounded up.
pub const INITIAL_ROOT: Fixed = Fixed(796_131_459_065_722);

/// Most that a long can need: it cannot lose more than it is.
const MOST_LONG: Fixed = Fixed::ONE;
/// Most that a short can need.
const MOST_SHORT: Fixed = Fixed::ratio(2, 1);
/// Beyond this move every rate stands at its cap, and e^m would leave its range.
const LARGEST_MOVE: Fixed = Fixed::ratio(10, 1);
/// Error of an exponential: two units below 1, 4e-15 of itself above.
const EXP_ERROR_UNITS: i64 = 2;
const EXP_ERROR_BITS: u32 = 47;

/// Smallest and largest rates of an asset before multipliers. Where floor and cap are the same, the
/// asset has fixed rates: what is measured does not move them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateBounds {
    /// No rate is below its own.
    pub floor: Rates,
    /// No rate is above its own.
    pub cap: Rates,
}

impl RateBounds {
    /// Floor and cap are sound rates each, so that initial is at least 1.25 times maintenance and a long
    /// needs at most its value, a short twice that; and no floor is above its cap.
    pub fn are_sound(&self) -> Result<bool> {
        let (floor, cap) = (&self.floor, &self.cap);
        Ok(floor.are_sound()?
            && cap.are_sound()?
            && floor.maintenance_long <= cap.maintenance_long
            && floor.maintenance_short <= cap.maintenance_short
            && floor.initial_long <= cap.initial_long
            && floor.initial_short <= cap.initial_short)
    }

    /// Whether nothing that is measured can move a rate.
    pub fn are_fixed(&self) -> bool {
        self.floor == self.cap
    }
}

/// m = k · σ · √h, rounded up; σ per √hour. `Overflow` from 32,768 on.
///
/// Source: F-2.
pub fn move_ceil(k: Fixed, deviation: Fixed, root_of_hours: Fixed) -> Result<Fixed> {
    let multiple = product_ceil(k, root_of_hours)?;
    product_ceil(multiple, deviation)
}

/// 1 − e^−m, at least the exact value and at most four units of 2^-48 more; m ≥ 0.
///
/// Source: F-2, loss of a long.
pub fn long_loss_ceil(m: Fixed) -> Result<Fixed> {
    let left = exp(Fixed(-m.min(LARGEST_MOVE).0))?;
    let loss = Fixed::ONE.minus(left)?.plus(Fixed(EXP_ERROR_UNITS))?;
    Ok(loss.min(Fixed::ONE))
}

/// e^m − 1, at least the exact value and at most 2e-14 · e^m more; m in 0 to 10, beyond as at 10.
///
/// Source: F-2, loss of a short.
pub fn short_loss_ceil(m: Fixed) -> Result<Fixed> {
    let grown = exp(m.min(LARGEST_MOVE))?;
    let error = EXP_ERROR_UNITS + (grown.0 >> EXP_ERROR_BITS);
    grown.minus(Fixed::ONE)?.plus(Fixed(error))
}

/// The rates of the model, floored and capped, before ramp, multipliers and the rule of 1.25.
///
/// `deviation` is σ per √hour, rounded up.
///
/// Source: F-2.
pub fn model_rates_ceil(k: Fixed, deviation: Fixed, bounds: &RateBounds) -> Result<Rates> {
    let maintenance = move_ceil(k, deviation, MAINTENANCE_ROOT)?;
    let initial = move_ceil(k, deviation, INITIAL_ROOT)?;
    let (floor, cap) = (&bounds.floor, &bounds.cap);
    let bind = |rate: Fixed, floor: Fixed, cap: Fixed| rate.max(floor).min(cap);
    Ok(Rates {
        maintenance_long: bind(
            long_loss_ceil(maintenance)?,
            floor.maintenance_long,
            cap.maintenance_long,
        ),
        maintenance_short: bind(
            short_loss_ceil(maintenance)?,
            floor.maintenance_short,
            cap.maintenance_short,
        ),
        initial_long: bind(
            long_loss_ceil(initial)?,
            floor.initial_long,
            cap.initial_long,
        ),
        initial_short: bind(
            short_loss_ceil(initial)?,
            floor.initial_short,
            cap.initial_short,
        ),
    })
}

/// The rates in force: maintenance as its ramps stand, initial = max(model initial × multiplier,
/// 1.25 × maintenance in force), in this order.
///
/// `multiplier` is the product of all multipliers. A long never needs more than its value, a short
/// never more than twice that.
///
/// # Errors
/// `Overflow` for a maintenance in force above 0.8 for longs or 1.6 for shorts.
///
/// Source: F-2.
pub fn rates_in_force_ceil(
    model: &Rates,
    maintenance_long: Fixed,
    maintenance_short: Fixed,
    multiplier: Fixed,
) -> Result<Rates> {
    let rates = Rates {
        maintenance_long,
        maintenance_short,
        initial_long: initial(model.initial_long, multiplier, maintenance_long, MOST_LONG)?,
        initial_short: initial(
            model.initial_short,
            multiplier,
            maintenance_short,
            MOST_SHORT,
        )?,
    };
    if rates.are_sound()? {
        Ok(rates)
    } else {
        Err(EngineError::Overflow)
    }
}

fn initial(model: Fixed, multiplier: Fixed, maintenance: Fixed, most: Fixed) -> Result<Fixed> {
    let multiplied = product_ceil(model, multiplier)?.min(most);
    Ok(multiplied.max(product_ceil(INITIAL_OVER_MAINTENANCE, maintenance)?))
}

/// `a × b` of fractions not below zero, rounded up.
#[inline]
pub(crate) fn product_ceil(a: Fixed, b: Fixed) -> Result<Fixed> {
    let raw = mul_shift_ceil(a.0.unsigned_abs(), b.0.unsigned_abs(), FRACTION_BITS)?;
    i64::try_from(raw)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}
