//! Correlation of two assets: measured, put into force slowly, and used with a haircut (F-6, F-4, F-5).
//!
//! A covariance is the exponential mean, half-life 168 samples, of the products of the clamped returns
//! of F-3 in the hours that both assets sampled. It begins at zero, and so does the variance each asset
//! is measured by here, [`crate::volatility::Volatility::measured`]: what was announced of an asset does
//! not enter, and of assets that sampled the same hours ρ is the weighted correlation of these hours from
//! the first one on. Each asset stores the deviation of it, so that ρ costs one widening product and one
//! 64-bit division.
//!
//! Hours that only one of the two sampled stand in that one's variance alone. With weights w(n) =
//! 1 − 2^(−n/168), n common samples and N and M of the two assets, ρ of returns that keep their size is
//! measured at w(n)/√(w(N) w(M)) of itself, too close to zero. A new asset against a long known one has
//! 0.71 of it at the 168th common sample, 0.87 at 336, 0.97 at 672. For a hedge of assets that move
//! together this asks for more; for one of assets that move against each other, ρ < 0, for less.
//!
//! ρ in force follows the measured one by 41 ten-thousandths per hour that the samples span: 0.0984 in
//! a day, under the 0.10 of F-4. Only the first one, at the 168th common sample, holds at once: before
//! it the full sum was asked for, in both directions.
//!
//! What the portfolio model uses is worse than what is in force, in either direction:
//!
//! | exposures | ρ̂ |
//! |---|---|
//! | same direction | max(ρ, 0.95) |
//! | opposite, ρ ≥ 0 | min(0.75 ρ, 0.70) |
//! | opposite, ρ < 0 | ρ |
//! | before both have 168 common samples | full sum: 1 or −1 |
//!
//! A pair keeps both values of ρ̂ as their distance from the full sum, so that reading one is a load and
//! a subtraction, and so that a pair of zeros is one that was never observed.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_floor, Fixed, FRACTION_BITS};
use crate::math::signed_product;
use crate::volatility::{Sample, SLOW_DECAY};

/// Common samples from which on a correlation is used.
pub const LEAST_SAMPLES: u16 = 168;
/// Asset slots of a book.
pub const SLOTS: usize = 32;
/// Pairs of different slots.
pub const PAIRS: usize = SLOTS * (SLOTS - 1) / 2;
/// A correlation of 1 as [`Pair::in_force`] counts.
pub const CORRELATION_ONE: i16 = 10_000;
/// Most that a correlation in force moves per hour, in ten-thousandths (F-4).
pub const MOST_PER_HOUR: i16 = 41;
/// One sample moves a correlation in force by this many hours at most, however long its gap was.
pub const MOST_HOURS: u32 = 24;
/// What [`Pair::used`] counts in: 0.75 ρ and every bound of the table is a whole number of 400ths for
/// ρ in hundredths, and the square root of 400 is whole too.
pub const COEFFICIENT_ONE: i64 = 400;

const COVARIANCE_BITS: u32 = 62;
const DECAY_BITS: u32 = 32;
/// From the product of two [`Fixed`] to a covariance.
const DOWN: u32 = 2 * FRACTION_BITS - COVARIANCE_BITS;
const TEN_THOUSAND: u64 = 10_000;
/// Bits that a number multiplied by [`TEN_THOUSAND`] may have.
const BITS_FOR_PARTS: u32 = 50;
/// [`COEFFICIENT_ONE`] for the fields.
const ONE_400THS: i16 = 400;
/// 0.95 and 0.70 in 400ths.
const LEAST_SAME: i16 = 380;
const MOST_OPPOSITE: i16 = 280;

/// Place of a pair in a triangle of [`PAIRS`]; `LegNotHeld` for equal slots or slots out of range.
#[inline]
pub fn pair_index(a: u8, b: u8) -> Result<usize> {
    let (low, high) = (usize::from(a.min(b)), usize::from(a.max(b)));
    if low == high || high >= SLOTS {
        return Err(EngineError::LegNotHeld);
    }
    // Below 32: no product can wrap, and a checked one costs ten times as much.
    Ok(high.wrapping_mul(high.wrapping_sub(1)) / 2 + low)
}

/// By how many 400ths a coefficient ρ̂ falls short of the full sum: of +1 for exposures of one direction,
/// of −1 for opposite ones. 0 for one beyond it.
pub fn shortfall(coefficient: i64, opposite: bool) -> u64 {
    let less = if opposite {
        COEFFICIENT_ONE.saturating_add(coefficient)
    } else {
        COEFFICIENT_ONE.saturating_sub(coefficient)
    };
    u64::try_from(less).unwrap_or(0)
}

/// One pair of assets as the book keeps it. All zero: never observed, hedges count nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Running covariance per hour in 2^-62, at most 1 in magnitude.
    pub covariance: i64,
    /// Common samples so far; stops at its largest value.
    pub samples: u16,
    /// ρ in force in ten-thousandths, −10,000 to 10,000; without meaning before [`LEAST_SAMPLES`].
    pub in_force: i16,
    /// 400 − ρ̂ in 400ths for exposures of one direction, 0 to 20.
    pub same_less: i16,
    /// ρ̂ + 400 in 400ths for opposite exposures, 0 to 680.
    pub opposite_more: i16,
}

impl Pair {
    /// Lets an hour enter that both assets sampled, and moves what is in force; whether it did. Samples
    /// of different hours, or of gaps that did not begin together, have nothing in common and change
    /// nothing.
    ///
    /// Call it when the second of the two assets samples an hour, with both measured deviations per
    /// √hour after that hour. The covariance is rounded down, to a unit of 2^-62.
    ///
    /// # Errors
    /// `Overflow` where the product of the returns or of the deviations leaves 64 bits; from returns of
    /// [`crate::volatility`], at most 1 per √hour, it does not occur.
    ///
    /// Source: F-6, F-4.
    pub fn observe(
        &mut self,
        a: &Sample,
        b: &Sample,
        deviation_a: Fixed,
        deviation_b: Fixed,
    ) -> Result<bool> {
        if a.hours == 0 || a.hour != b.hour || a.hours != b.hours {
            return Ok(false);
        }
        let mut next = *self;
        let product = signed_product(a.deviation.0, b.deviation.0, DOWN)?;
        next.covariance = moved_floor(self.covariance, product)?;
        next.samples = self.samples.saturating_add(1);
        if let Some(target) = next.target(deviation_a, deviation_b)? {
            next = next.holding(if next.samples == LEAST_SAMPLES {
                target
            } else {
                approached(next.in_force, target, a.hours)
            });
        }
        *self = next;
        Ok(true)
    }

    /// ρ = covariance / (σ_a σ_b) in ten-thousandths, clamped to ±1, with the assets' measured
    /// deviations per √hour; `None` before [`LEAST_SAMPLES`].
    ///
    /// Rounded to where it asks for more: down, and up from 15/16 on, where a hedge is at its bound and
    /// only exposures of one direction still feel it. −1 without deviations to divide by.
    ///
    /// # Errors
    /// `Overflow` for deviations whose product is 4 or more.
    ///
    /// Source: F-6.
    pub fn target(&self, a: Fixed, b: Fixed) -> Result<Option<i16>> {
        if self.samples < LEAST_SAMPLES {
            return Ok(None);
        }
        let whole = mul_shift_floor(a.0.unsigned_abs(), b.0.unsigned_abs(), DOWN)?;
        if whole == 0 {
            return Ok(Some(-CORRELATION_ONE));
        }
        let part = self.covariance.unsigned_abs().min(whole);
        let surplus = (64 - whole.leading_zeros()).saturating_sub(BITS_FOR_PARTS);
        // Below 2^50, at most 2^50 with the cut: ten thousand times it stay below 2^64.
        let (part_short, whole_short) = (part >> surplus, whole >> surplus);
        let cut = u64::from(surplus > 0);
        let parts = if self.covariance < 0 || whole - part <= whole / 16 {
            ((part_short + cut) * TEN_THOUSAND).div_ceil(whole_short)
        } else {
            part_short * TEN_THOUSAND / (whole_short + cut)
        };
        let rho = i16::try_from(parts.min(TEN_THOUSAND)).map_err(|_| EngineError::Overflow)?;
        Ok(Some(if self.covariance < 0 { -rho } else { rho }))
    }

    /// ρ̂ in 400ths for two exposures, by whether they have the same direction: 380 to 400, or −400 to
    /// 280. See the module's table.
    ///
    /// Source: F-5.
    #[inline]
    pub fn used(&self, same_direction: bool) -> i64 {
        if same_direction {
            COEFFICIENT_ONE - i64::from(self.same_less)
        } else {
            i64::from(self.opposite_more) - COEFFICIENT_ONE
        }
    }

    /// With this ρ in force, in ten-thousandths and clamped to ±1, and both coefficients of it, each
    /// rounded to the 400th that asks for more: up in one direction, down for opposite exposures.
    ///
    /// Source: F-5.
    #[must_use]
    pub fn holding(mut self, rho: i16) -> Self {
        let rho = rho.clamp(-CORRELATION_ONE, CORRELATION_ONE);
        // A 400th is 25 ten-thousandths, so that ρ has ρ/25 of them and 0.75 ρ has 3 ρ/100.
        let same = (rho.max(0) + 24) / 25;
        let opposite = if rho < 0 {
            (rho - 24) / 25
        } else {
            rho / 100 * 3 + rho % 100 * 3 / 100
        };
        self.in_force = rho;
        self.same_less = ONE_400THS - same.max(LEAST_SAME);
        self.opposite_more = opposite.min(MOST_OPPOSITE) + ONE_400THS;
        self
    }
}

/// One step of the exponential mean of the slow decay, rounded down, clamped to ±1; both in 2^-62.
fn moved_floor(mean: i64, product: i64) -> Result<i64> {
    const ONE: i64 = 1 << COVARIANCE_BITS;
    let weight = (1u64 << DECAY_BITS) - u64::from(SLOW_DECAY);
    let change = mul_shift_floor(mean.abs_diff(product), weight, DECAY_BITS)?;
    let change = i64::try_from(change).map_err(|_| EngineError::Overflow)?;
    let next = if product >= mean {
        mean.checked_add(change)
    } else {
        mean.checked_sub(change).and_then(|v| v.checked_sub(1))
    };
    Ok(next.ok_or(EngineError::Overflow)?.clamp(-ONE, ONE))
}

/// Where ρ in force is after `hours` on its way to the target, never past it.
fn approached(from: i16, target: i16, hours: u32) -> i16 {
    let hours = i16::try_from(hours.min(MOST_HOURS)).unwrap_or(0);
    let most = hours * MOST_PER_HOUR;
    // Written by hand a ρ may be out of range; a stored one is not.
    let from = from.clamp(-CORRELATION_ONE, CORRELATION_ONE);
    from + (target - from).clamp(-most, most)
}
