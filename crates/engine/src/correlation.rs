//! Correlation of two assets: measured, stored in a byte, and used with a haircut (F-6, F-5).
//!
//! A covariance is the exponential mean, half-life 168 samples, of the products of the clamped returns
//! of F-3 in the hours that both assets sampled. Each asset stores its slow deviation, so that a pair
//! costs one widening product and one 64-bit division.
//!
//! What the portfolio model uses is worse than what was measured, in either direction:
//!
//! | exposures | ρ̂ |
//! |---|---|
//! | same direction | max(ρ, 0.95) |
//! | opposite, ρ ≥ 0 | min(0.75 ρ, 0.70) |
//! | opposite, ρ < 0 | ρ |
//! | before both have 168 common samples | full sum: 1 or −1 |

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
/// Seconds in which a correlation in force moves by one hundredth: 0.10 in 24 hours (F-4).
pub const SECONDS_PER_HUNDREDTH: i64 = 8_640;
/// What [`Correlation::used`] counts in: 0.75 ρ and every bound of the table is a whole number of
/// 400ths, and the square root of 400 is whole too.
pub const COEFFICIENT_ONE: i64 = 400;

const COVARIANCE_BITS: u32 = 62;
const DECAY_BITS: u32 = 32;
const HUNDRED: u64 = 100;
/// Bits that a number multiplied by [`HUNDRED`] may have.
const BITS_FOR_HUNDREDTHS: u32 = 57;
/// From here on a hedge is credited at its bound of 0.70, and a higher ρ only costs.
const CREDIT_BOUND: u64 = 94;
const LEAST_SAME: i64 = 380;
const MOST_OPPOSITE: i64 = 280;

/// Place of a pair in a triangle of [`PAIRS`]; `LegNotHeld` for equal slots or slots out of range.
pub fn pair_index(a: u8, b: u8) -> Result<usize> {
    let (low, high) = (usize::from(a.min(b)), usize::from(a.max(b)));
    if low == high || high >= SLOTS {
        return Err(EngineError::LegNotHeld);
    }
    Ok(high * (high - 1) / 2 + low)
}

/// The running covariance of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covariance {
    /// Per hour in 2^-62, at most 1 in magnitude.
    pub value: i64,
    /// Common samples so far; stops at its largest value.
    pub samples: u16,
}

impl Covariance {
    /// Lets an hour enter that both assets sampled. Samples of different hours, or of gaps that did not
    /// begin together, have nothing in common and change nothing.
    ///
    /// Call it when the second of the two assets samples an hour. Rounds down, which gives hedges less.
    ///
    /// Source: F-6.
    pub fn observe(&mut self, a: &Sample, b: &Sample) -> Result<bool> {
        if a.hours == 0 || a.hour != b.hour || a.hours != b.hours {
            return Ok(false);
        }
        const DOWN: u32 = 2 * FRACTION_BITS - COVARIANCE_BITS;
        let product = signed_product(a.deviation.0, b.deviation.0, DOWN)?;
        let weight = (1u64 << DECAY_BITS) - u64::from(SLOW_DECAY);
        let change = mul_shift_floor(self.value.abs_diff(product), weight, DECAY_BITS)?;
        let change = i64::try_from(change).map_err(|_| EngineError::Overflow)?;
        let next = if product >= self.value {
            self.value.checked_add(change)
        } else {
            self.value
                .checked_sub(change)
                .and_then(|v| v.checked_sub(1))
        };
        const ONE: i64 = 1 << COVARIANCE_BITS;
        self.value = next.ok_or(EngineError::Overflow)?.clamp(-ONE, ONE);
        self.samples = self.samples.saturating_add(1);
        Ok(true)
    }

    /// ρ = covariance / (σ_a σ_b), with the assets' slow deviations per √hour.
    ///
    /// Rounded to the hundredth that asks for more: down, and up from 0.94 on, where a hedge is at its
    /// bound and only exposures of one direction still feel it. −1 without deviations to divide by.
    ///
    /// Source: F-6.
    pub fn correlation(&self, a: Fixed, b: Fixed) -> Result<Correlation> {
        if self.samples < LEAST_SAMPLES {
            return Ok(Correlation::UNKNOWN);
        }
        const DOWN: u32 = 2 * FRACTION_BITS - COVARIANCE_BITS;
        let whole = mul_shift_floor(a.0.unsigned_abs(), b.0.unsigned_abs(), DOWN)?;
        if whole == 0 {
            return Ok(Correlation::LEAST);
        }
        let part = self.value.unsigned_abs().min(whole);
        let surplus = (64 - whole.leading_zeros()).saturating_sub(BITS_FOR_HUNDREDTHS);
        let (part, whole) = ((part >> surplus) * HUNDRED, whole >> surplus);
        let (down, exact) = (part / whole, part % whole == 0);
        let up = if exact { down } else { down + 1 };
        let away = self.value < 0 || down >= CREDIT_BOUND;
        let hundredths = if away { up } else { down }.min(HUNDRED);
        let hundredths = i8::try_from(hundredths).map_err(|_| EngineError::Overflow)?;
        Ok(Correlation(if self.value < 0 {
            -hundredths
        } else {
            hundredths
        }))
    }
}

/// A correlation in hundredths, −100 to 100, as the book stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Correlation(pub i8);

impl Correlation {
    /// Fewer than [`LEAST_SAMPLES`] common samples.
    pub const UNKNOWN: Self = Self(i8::MIN);
    /// −1.
    pub const LEAST: Self = Self(-100);

    /// ρ̂ in 400ths for two exposures, by whether they have the same direction. See the module's table.
    ///
    /// Source: F-5.
    #[inline]
    pub fn used(self, same_direction: bool) -> i64 {
        let rho = i64::from(self.0);
        match (self == Self::UNKNOWN, same_direction) {
            (true, true) => COEFFICIENT_ONE,
            (true, false) => -COEFFICIENT_ONE,
            (false, true) => (4 * rho).clamp(LEAST_SAME, COEFFICIENT_ONE),
            (false, false) if rho >= 0 => (3 * rho).min(MOST_OPPOSITE),
            (false, false) => (4 * rho).max(-COEFFICIENT_ONE),
        }
    }

    /// What is in force after `hundredths` steps towards `target`, in either direction; see
    /// [`steps_since`]. A correlation that was unknown, or becomes so, moves at once: it had no notice
    /// to give.
    ///
    /// Source: F-4.
    pub fn approach(self, target: Self, hundredths: u8) -> Self {
        if self == Self::UNKNOWN || target == Self::UNKNOWN {
            return target;
        }
        let steps = i16::from(hundredths);
        let (from, to) = (i16::from(self.0), i16::from(target.0));
        let moved = from + (to - from).clamp(-steps, steps);
        Self(i8::try_from(moved).unwrap_or(target.0))
    }
}

/// Hundredths that all correlations may move since `since`, at most ten, and the time up to which they
/// are then used; what is left of a step is kept for the next call, so that calling often loses
/// nothing and gains nothing.
///
/// Source: F-4.
pub fn steps_since(since: i64, now: i64) -> (u8, i64) {
    const MOST: u8 = 10;
    let steps = now.saturating_sub(since).max(0) / SECONDS_PER_HUNDREDTH;
    match u8::try_from(steps) {
        Ok(steps) if steps < MOST => (
            steps,
            since.saturating_add(i64::from(steps) * SECONDS_PER_HUNDREDTH),
        ),
        _ => (MOST, now),
    }
}
