//! The one fixed-point type and the widening multiplication under every product of the engine.
//!
//! All scales are powers of two: a product is one widening multiply and one shift, which costs a
//! tenth of a checked 128-bit multiplication on the target.

use crate::error::{EngineError, Result};

/// Binary digits after the point in [`Fixed`].
pub const FRACTION_BITS: u32 = 48;

/// A signed fraction with 48 binary digits after the point: resolution 3.6e-15, range ±32,768.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed(pub i64);

impl Fixed {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(1 << FRACTION_BITS);

    /// `numerator / denominator` rounded down, for constants and parameters; the result must be
    /// below 32,768 and the denominator positive, otherwise the result is zero.
    pub const fn ratio(numerator: u32, denominator: u32) -> Self {
        if denominator == 0 {
            return Self::ZERO;
        }
        let scaled = ((numerator as u128) << FRACTION_BITS) / denominator as u128;
        if scaled > i64::MAX as u128 {
            return Self::ZERO;
        }
        Self(scaled as i64)
    }

    /// Basis points as a fraction, rounded down.
    pub const fn from_bps(bps: u32) -> Self {
        Self::ratio(bps, 10_000)
    }

    /// The next larger fraction: at least the decimal that [`Self::ratio`] rounded down.
    #[inline]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// `value × |self|` rounded down; `Overflow` above `u64::MAX`.
    #[inline]
    pub fn of_floor(self, value: u64) -> Result<u64> {
        mul_shift_floor(value, self.0.unsigned_abs(), FRACTION_BITS)
    }

    /// `value × |self|` rounded up; `Overflow` above `u64::MAX`.
    #[inline]
    pub fn of_ceil(self, value: u64) -> Result<u64> {
        product_ceil(value, self.0.unsigned_abs())
    }

    /// The sum; `Overflow` outside the range.
    #[inline]
    pub fn plus(self, other: Self) -> Result<Self> {
        signed_sum(self.0, other.0).map(Self)
    }

    /// The difference; `Overflow` outside the range.
    #[inline]
    pub fn minus(self, other: Self) -> Result<Self> {
        signed_difference(self.0, other.0).map(Self)
    }
}

/// `a + b`; `Overflow` outside `i64`.
///
/// The standard library's check costs twice as much on the target.
#[inline]
pub(crate) const fn signed_sum(a: i64, b: i64) -> Result<i64> {
    let sum = a.wrapping_add(b);
    // Both signs differ from that of the sum.
    if (a ^ sum) & (b ^ sum) < 0 {
        return Err(EngineError::Overflow);
    }
    Ok(sum)
}

/// `a − b`; `Overflow` outside `i64`.
#[inline]
pub(crate) const fn signed_difference(a: i64, b: i64) -> Result<i64> {
    let difference = a.wrapping_sub(b);
    if (a ^ b) & (a ^ difference) < 0 {
        return Err(EngineError::Overflow);
    }
    Ok(difference)
}

/// Values and factors whose product [`product_ceil`] takes in digits: 70 million dollars, and 4.
const DIGITS_OF: (u64, u64) = (1 << 46, 4 << FRACTION_BITS);

/// `value × factor / 2^48` rounded up; `Overflow` above `u64::MAX`.
#[inline]
pub(crate) fn product_ceil(value: u64, factor: u64) -> Result<u64> {
    if value >= DIGITS_OF.0 || factor > DIGITS_OF.1 {
        return large_product_ceil(value, factor);
    }
    // By 16 bits of the factor at a time, from the lowest: rounding up each quotient rounds up the last.
    const DIGIT: u64 = 0xffff;
    let up = |n: u64| n.wrapping_add(DIGIT) >> 16;
    // What is carried is at most the value, so that nothing wraps: value · (2^18 − 1) + value < 2^64, and
    // a factor of 4 carries nothing.
    let carried = up(value.wrapping_mul(factor & DIGIT));
    let carried = up(value
        .wrapping_mul((factor >> 16) & DIGIT)
        .wrapping_add(carried));
    Ok(up(value.wrapping_mul(factor >> 32).wrapping_add(carried)))
}

#[cold]
#[inline(never)]
fn large_product_ceil(value: u64, factor: u64) -> Result<u64> {
    mul_shift_ceil(value, factor, FRACTION_BITS)
}

/// The 128-bit product as (high, low) halves, from four 32-bit products.
#[inline]
pub fn mul_wide(a: u64, b: u64) -> (u64, u64) {
    const LOW: u64 = 0xffff_ffff;
    let (a1, a0) = (a >> 32, a & LOW);
    let (b1, b0) = (b >> 32, b & LOW);
    // No intermediate can wrap: (2^32 − 1)² + 2·(2^32 − 1) = 2^64 − 1.
    let low = a0.wrapping_mul(b0);
    let mid = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let cross = a0.wrapping_mul(b1).wrapping_add(mid & LOW);
    let high = a1
        .wrapping_mul(b1)
        .wrapping_add(mid >> 32)
        .wrapping_add(cross >> 32);
    (high, (cross << 32) | (low & LOW))
}

/// `a × b / 2^shift` rounded down; `Overflow` above `u64::MAX`.
#[inline]
pub fn mul_shift_floor(a: u64, b: u64, shift: u32) -> Result<u64> {
    let (high, low) = mul_wide(a, b);
    shift_down(high, low, shift)
}

/// `a × b / 2^shift` rounded up; `Overflow` above `u64::MAX`.
#[inline]
pub fn mul_shift_ceil(a: u64, b: u64, shift: u32) -> Result<u64> {
    let (high, low) = mul_wide(a, b);
    let down = shift_down(high, low, shift)?;
    let lost = match shift {
        0 => 0,
        1..=63 => low & ((1 << shift) - 1),
        64 => low,
        65..=127 => low | (high & ((1 << (shift - 64)) - 1)),
        _ => low | high,
    };
    if lost == 0 {
        Ok(down)
    } else {
        down.checked_add(1).ok_or(EngineError::Overflow)
    }
}

#[inline]
fn shift_down(high: u64, low: u64, shift: u32) -> Result<u64> {
    match shift {
        0 if high == 0 => Ok(low),
        1..=63 if high >> shift == 0 => Ok((high << (64 - shift)) | (low >> shift)),
        64..=127 => Ok(high >> (shift - 64)),
        128.. => Ok(0),
        _ => Err(EngineError::Overflow),
    }
}

/// `a × b / divisor` rounded down, exact; `DivisionByZero`, or `Overflow` above `u64::MAX`.
pub fn mul_div_floor(a: u64, b: u64, divisor: u64) -> Result<u64> {
    if divisor == 0 {
        return Err(EngineError::DivisionByZero);
    }
    let product = u128::from(a) * u128::from(b);
    u64::try_from(product / u128::from(divisor)).map_err(|_| EngineError::Overflow)
}

/// `a × b / divisor` rounded up, exact; `DivisionByZero`, or `Overflow` above `u64::MAX`.
pub fn mul_div_ceil(a: u64, b: u64, divisor: u64) -> Result<u64> {
    if divisor == 0 {
        return Err(EngineError::DivisionByZero);
    }
    let product = u128::from(a) * u128::from(b);
    u64::try_from(product.div_ceil(u128::from(divisor))).map_err(|_| EngineError::Overflow)
}

/// The reciprocal of a market's scale, kept so that a price impact costs one multiplication.
///
/// `fraction(n) = n / (2 · scale)`, with a relative error below 2^-61.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfReciprocal {
    /// Between 2^62 and 2^63.
    pub mantissa: u64,
    /// Right shift after the product that leaves a [`Fixed`].
    pub shift: u32,
}

impl HalfReciprocal {
    /// For a scale in base atoms; `DivisionByZero` for zero.
    pub fn new(scale: u64) -> Result<Self> {
        if scale == 0 {
            return Err(EngineError::DivisionByZero);
        }
        // 2^(62 + bits) / scale lies in [2^62, 2^63].
        let bits = 64 - (scale - 1).leading_zeros();
        let mantissa = (1u128 << (62 + bits)) / u128::from(scale);
        let mantissa = u64::try_from(mantissa).map_err(|_| EngineError::Overflow)?;
        Ok(Self {
            mantissa,
            shift: 62 + bits + 1 - FRACTION_BITS,
        })
    }

    /// `n / (2 · scale)` rounded down.
    #[inline]
    pub fn fraction_floor(self, n: u64) -> Result<Fixed> {
        to_fixed(mul_shift_floor(n, self.mantissa, self.shift)?)
    }

    /// `n / (2 · scale)` rounded up, by at most two units of [`Fixed`]; for results below 16,384.
    #[inline]
    pub fn fraction_ceil(self, n: u64) -> Result<Fixed> {
        if n == 0 {
            return Ok(Fixed::ZERO);
        }
        let up = mul_shift_ceil(n, self.mantissa, self.shift)?;
        to_fixed(up.checked_add(1).ok_or(EngineError::Overflow)?)
    }
}

#[inline]
fn to_fixed(raw: u64) -> Result<Fixed> {
    i64::try_from(raw)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}
