//! Logarithm, exponential and roots in fixed point, for the cranks and for one root per requirement.
//!
//! Every function is a short range reduction, a table of 64 entries and a polynomial: widening
//! multiplications and shifts only, no division. The tables are computed at compile time from their
//! series, so that no figure here has to be believed; the natural logarithm of 2 is the only constant.
//! High powers of the small remainder need few digits and are plain 64-bit products of 31-bit
//! fractions; only the first two powers are worth a widening multiplication.
//!
//! | function | argument | widening products | result | error at most |
//! |---|---|---|---|---|
//! | [`ln`], [`ln_ratio`] | any positive | 4, 8 | nearest | 4e-15 absolute |
//! | [`exp`] | below ln 32,768 | 6 | nearest | 4e-15 absolute below 1, relative above |
//! | [`exp2_minus`] | 0 to 64 | 5 | nearest | 4e-15 absolute |
//! | [`sqrt_floor`], [`sqrt_ceil`], [`sqrt_wide_floor`] | any | 0, 1 | exact rounding | one unit |
//!
//! Square roots divide: 64-bit division is one instruction on the target, and the standard library's
//! integer root spends two of them.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_floor, mul_wide, Fixed, FRACTION_BITS};

/// Binary digits of mantissas and remainders inside this module.
const MANTISSA_BITS: u32 = 62;
/// Binary digits of logarithms inside this module: ±64 fits.
const LOG_BITS: u32 = 57;
/// Binary digits of the coefficients of high powers.
const TAIL_BITS: u32 = 31;
/// Segments of [1, 2) in both tables, as a power of two.
const SEGMENT_BITS: u32 = 6;
const SEGMENTS: usize = 1 << SEGMENT_BITS;

const ONE: i64 = 1 << MANTISSA_BITS;
/// ln 2 in 2^-63, rounded to nearest; in 2^-69 it is the width of a segment.
const LN_2: u64 = 0x58b9_0bfb_e8e7_bcd6;
/// 1/ln 2 in 2^-63, rounded to nearest; in 2^-57 it counts segments.
const INVERSE_LN_2: u64 = 0xb8aa_3b29_5c17_f0bc;

/// The middle of one segment of [1, 2).
#[derive(Clone, Copy)]
struct Segment {
    /// 1/middle in 2^-63.
    reciprocal: u64,
    /// ln(middle) in 2^-62.
    ln: i64,
}

static SEGMENT_LOGS: [Segment; SEGMENTS] = segment_logs();
/// 2^(i/64) in 2^-62.
static POWERS: [u64; SEGMENTS] = powers();

/// A fraction 1/n in 2^-31, for coefficients of series.
const fn tail(n: i64) -> i64 {
    (1 << TAIL_BITS) / n
}

/// Middle of segment i is (129 + 2i)/128; its logarithm is 2·artanh((1 + 2i)/(257 + 2i)).
/// Runs in the compiler only; what it narrows is below 2^63.
const fn segment_logs() -> [Segment; SEGMENTS] {
    let mut table = [Segment {
        reciprocal: 0,
        ln: 0,
    }; SEGMENTS];
    let mut i = 0;
    while i < SEGMENTS {
        let odd = 1 + 2 * i as u128;
        let reciprocal = (128 << 63) / (128 + odd);
        let t = (odd << MANTISSA_BITS) / (256 + odd);
        let square = (t * t) >> MANTISSA_BITS;
        let (mut power, mut sum, mut n) = (t, 0, 1);
        while power > 0 {
            sum += power / n;
            power = (power * square) >> MANTISSA_BITS;
            n += 2;
        }
        table[i] = Segment {
            reciprocal: reciprocal as u64,
            ln: (2 * sum) as i64,
        };
        i += 1;
    }
    table
}

/// 2^(i/64) = Σ (i·ln 2/64)^n / n!. Runs in the compiler only; what it narrows is below 2^63.
const fn powers() -> [u64; SEGMENTS] {
    let mut table = [0; SEGMENTS];
    let mut i = 0;
    while i < SEGMENTS {
        let exponent = (i as u128 * LN_2 as u128) >> SEGMENT_BITS;
        let (mut term, mut sum, mut n) = (1 << 63, 0, 1);
        while term > 0 {
            sum += term;
            term = ((term * exponent) >> 63) / n;
            n += 1;
        }
        table[i] = (sum >> 1) as u64;
        i += 1;
    }
    table
}

#[inline]
fn signed(magnitude: u64) -> Result<i64> {
    i64::try_from(magnitude).map_err(|_| EngineError::Overflow)
}

/// `a × b / 2^shift` of signed numbers, towards zero.
#[inline]
pub(crate) fn signed_product(a: i64, b: i64, shift: u32) -> Result<i64> {
    let magnitude = signed(mul_shift_floor(a.unsigned_abs(), b.unsigned_abs(), shift)?)?;
    Ok(if (a < 0) == (b < 0) {
        magnitude
    } else {
        -magnitude
    })
}

/// ln(1 + r) for |r| ≤ 1/128, both in 2^-62.
#[inline]
fn ln_near_one(r: i64) -> Result<i64> {
    let short = r >> (MANTISSA_BITS - TAIL_BITS);
    let t = (short * tail(7)) >> TAIL_BITS;
    let t = (short * (t - tail(6))) >> TAIL_BITS;
    let t = (short * (t + tail(5))) >> TAIL_BITS;
    let t = (short * (t - tail(4))) >> TAIL_BITS;
    let cubic = signed_product(r, t + tail(3), TAIL_BITS)?;
    let square = signed_product(r, r, MANTISSA_BITS)?;
    Ok(r + signed_product(square, cubic - ONE / 2, MANTISSA_BITS)?)
}

/// ln of a positive integer in 2^-57; `Overflow` for zero.
fn ln_integer(x: u64) -> Result<i64> {
    if x == 0 {
        return Err(EngineError::Overflow);
    }
    let zeros = x.leading_zeros();
    let mantissa = x << zeros;
    let index = usize::try_from((mantissa >> (63 - SEGMENT_BITS)) & ((1 << SEGMENT_BITS) - 1))
        .map_err(|_| EngineError::Overflow)?;
    let segment = SEGMENT_LOGS.get(index).ok_or(EngineError::Overflow)?;
    // 2^-63 × 2^-63 without the low word is 2^-62.
    let remainder = signed(mul_wide(mantissa, segment.reciprocal).0)? - ONE;
    let within = segment.ln + ln_near_one(remainder)?;
    let power = signed(mul_shift_floor(u64::from(63 - zeros), LN_2, 63 - LOG_BITS)?)?;
    Ok(power + (within >> (MANTISSA_BITS - LOG_BITS)))
}

/// A logarithm in 2^-57 as [`Fixed`], to nearest.
#[inline]
fn log_to_fixed(log: i64) -> Fixed {
    let half = 1 << (LOG_BITS - FRACTION_BITS - 1);
    Fixed((log + half) >> (LOG_BITS - FRACTION_BITS))
}

/// ln(x) to nearest, within 4e-15; `Overflow` unless x is positive.
///
/// Source: F-3.
pub fn ln(x: Fixed) -> Result<Fixed> {
    let raw = u64::try_from(x.0).map_err(|_| EngineError::Overflow)?;
    let one = signed(mul_shift_floor(
        u64::from(FRACTION_BITS),
        LN_2,
        63 - LOG_BITS,
    )?)?;
    Ok(log_to_fixed(ln_integer(raw)? - one))
}

/// ln(numerator / denominator) to nearest, within 4e-15, exactly 0 for equal arguments; `Overflow` if
/// either is zero. No division: the difference of two logarithms.
///
/// Source: F-3, the return between two prices in one unit.
pub fn ln_ratio(numerator: u64, denominator: u64) -> Result<Fixed> {
    let log = ln_integer(numerator)? - ln_integer(denominator)?;
    Ok(log_to_fixed(log))
}

/// 2^(segments/64) · e^r for |r| ≤ 0.0055 in 2^-62: a mantissa in 2^-62 between 0.99 and 2, and the
/// power of two that goes with it.
#[inline]
fn power_and_remainder(segments: i64, r: i64) -> Result<(u64, i64)> {
    let short = r >> (MANTISSA_BITS - TAIL_BITS);
    let t = (short * tail(120)) >> TAIL_BITS;
    let t = (short * (t + tail(24))) >> TAIL_BITS;
    let cubic = signed_product(r, t + tail(6), TAIL_BITS)?;
    let square = signed_product(r, r, MANTISSA_BITS)?;
    let factor = ONE + r + signed_product(square, cubic + ONE / 2, MANTISSA_BITS)?;
    let index =
        usize::try_from(segments & ((1 << SEGMENT_BITS) - 1)).map_err(|_| EngineError::Overflow)?;
    let power = POWERS.get(index).ok_or(EngineError::Overflow)?;
    let mantissa = mul_shift_floor(*power, factor.unsigned_abs(), MANTISSA_BITS)?;
    Ok((mantissa, segments >> SEGMENT_BITS))
}

/// e^x of an exponent in 2^-57 as mantissa in 2^-62 and power of two; relative error below 2^-51.
fn exp_parts(x: i64) -> Result<(u64, i64)> {
    let magnitude = x.unsigned_abs();
    // 2^-57 × 2^-57 without the low word is 2^-50.
    let segments = (mul_wide(magnitude, INVERSE_LN_2).0 + (1 << 49)) >> 50;
    let whole = mul_shift_floor(segments, LN_2, 63 + SEGMENT_BITS - LOG_BITS)?;
    let r = (signed(magnitude)? - signed(whole)?) << (MANTISSA_BITS - LOG_BITS);
    let segments = signed(segments)?;
    if x < 0 {
        power_and_remainder(-segments, -r)
    } else {
        power_and_remainder(segments, r)
    }
}

/// `mantissa × 2^power` in 2^-62 as [`Fixed`], to nearest.
fn parts_to_fixed((mantissa, power): (u64, i64)) -> Result<Fixed> {
    let shift = i64::from(MANTISSA_BITS - FRACTION_BITS) - power;
    let raw = match u32::try_from(shift) {
        Ok(0) => mantissa,
        Ok(shift @ 1..=63) => (mantissa + (1 << (shift - 1))) >> shift,
        Ok(_) => 0,
        // Only 1 can occur, just below the largest Fixed.
        Err(_) if shift == -1 => mantissa.checked_mul(2).ok_or(EngineError::Overflow)?,
        Err(_) => return Err(EngineError::Overflow),
    };
    signed(raw).map(Fixed)
}

/// e^x to nearest; within 4e-15 below 1 and 4e-15 of itself above; `Overflow` from ln 32,768 on.
///
/// Source: F-2.
pub fn exp(x: Fixed) -> Result<Fixed> {
    const LARGEST: i64 = 11 << FRACTION_BITS;
    const VANISHING: i64 = -(40 << FRACTION_BITS);
    if x.0 > LARGEST {
        return Err(EngineError::Overflow);
    }
    if x.0 < VANISHING {
        return Ok(Fixed::ZERO);
    }
    parts_to_fixed(exp_parts(x.0 << (LOG_BITS - FRACTION_BITS))?)
}

/// 2^−x to nearest, within 4e-15; `Overflow` for a negative x.
///
/// Source: F-3, a weight after x half-lives.
pub fn exp2_minus(x: Fixed) -> Result<Fixed> {
    const SEGMENT: u32 = FRACTION_BITS - SEGMENT_BITS;
    if x.0 < 0 {
        return Err(EngineError::Overflow);
    }
    if x.0 > 64 << FRACTION_BITS {
        return Ok(Fixed::ZERO);
    }
    let segments = (x.0 + (1 << (SEGMENT - 1))) >> SEGMENT;
    let beyond = (segments << SEGMENT) - x.0;
    let r = signed_product(beyond << (MANTISSA_BITS - FRACTION_BITS), signed(LN_2)?, 63)?;
    parts_to_fixed(power_and_remainder(-segments, r)?)
}

/// e^x of an exponent in 2^-57, |x| below ln 2, in 2^-62; relative error below 2^-51.
///
/// Source: F-4; the ramp multiplies it thousands of times a day and keeps all its digits.
pub(crate) fn exp_small(x: i64) -> Result<u64> {
    let (mantissa, power) = exp_parts(x)?;
    match power {
        0 => Ok(mantissa),
        1 => mantissa.checked_mul(2).ok_or(EngineError::Overflow),
        -1 => Ok(mantissa / 2),
        _ => Err(EngineError::Overflow),
    }
}

/// √n rounded down.
#[inline]
pub const fn sqrt_floor(n: u64) -> u64 {
    n.isqrt()
}

/// √n rounded up.
#[inline]
pub const fn sqrt_ceil(n: u64) -> u64 {
    let root = n.isqrt();
    // The square of a 32-bit root fits, and a checked product costs ten times as much on the target.
    if root.wrapping_mul(root) == n {
        root
    } else {
        root + 1
    }
}

/// `m · 4^scale` with 63 or 64 bits, and the scale; (0, 31) for zero.
///
/// Comparisons: counting leading zeros takes dozens of instructions on the target.
#[inline]
fn widened(m: u64) -> (u64, u32) {
    let (mut m, mut scale) = (m, 0);
    let mut widen = |bits: u32| {
        // One choice of a number costs less than one of two pairs.
        let missing = if m >> (64 - bits) == 0 { bits } else { 0 };
        m <<= missing;
        scale += missing;
    };
    widen(32);
    widen(16);
    widen(8);
    widen(4);
    widen(2);
    (m, scale / 2)
}

/// √m rounded up, for an m of 63 or 64 bits.
///
/// A table gives seven bits, two and a half Newton steps the rest, each one division: a single
/// instruction on the target.
#[inline]
fn wide_root_ceil(m: u64) -> u64 {
    // Between 64 and 255; the guess is above the root, and so is every step.
    let index = usize::try_from((m >> 56).wrapping_sub(64)).unwrap_or(0);
    let mut root = ROOTS.get(index).copied().unwrap_or(1 << 32);
    root = root.wrapping_add(m / root) >> 1;
    root = root.wrapping_add(m / root) >> 1;
    root = root.wrapping_add(m / root) >> 1;
    // The floor, or one more; at most 2^32, whose square is the only one that does not fit.
    let root = if root >> 32 == 0 && root.wrapping_mul(root) < m {
        root + 1
    } else {
        root
    };
    let below = root - 1;
    if below.wrapping_mul(below) < m {
        root
    } else {
        below
    }
}

/// √(m · 4^scale) rounded up and the scale that widens m: 32 significant bits of √m, (0, 0) for zero.
/// Exactly what [`sqrt_ceil`] says of the number widened.
#[inline]
pub(crate) fn root_ceil(m: u64) -> (u64, u32) {
    if m == 0 {
        return (0, 0);
    }
    let (m, scale) = widened(m);
    (wide_root_ceil(m), scale)
}

/// √((i + 65) · 2^56) rounded up: at least the root of every number whose upper byte is i + 64.
static ROOTS: [u64; 192] = roots();

const fn roots() -> [u64; 192] {
    let mut table = [0; 192];
    let mut i = 0;
    while i < 191 {
        table[i] = sqrt_ceil((i as u64 + 65) << 56);
        i += 1;
    }
    table[191] = 1 << 32;
    table
}

/// √(high · 2^64 + low) rounded down.
pub fn sqrt_wide_floor(high: u64, low: u64) -> u64 {
    if high == 0 {
        return sqrt_floor(low);
    }
    wide_root(high, low).0
}

/// √(high · 2^64 + low) rounded up; `Overflow` above `u64::MAX`.
pub fn sqrt_wide_ceil(high: u64, low: u64) -> Result<u64> {
    if high == 0 {
        return Ok(sqrt_ceil(low));
    }
    let (root, exact) = wide_root(high, low);
    if exact {
        return Ok(root);
    }
    root.checked_add(1).ok_or(EngineError::Overflow)
}

/// √(high · 2^64 + low) rounded down and whether that is exact, for a high of at least 1.
///
/// The root of the upper word and one division give the root of both, at most one too large
/// (Zimmermann's Karatsuba square root); one widening product decides.
#[inline]
fn wide_root(high: u64, low: u64) -> (u64, bool) {
    // An even shift that fills the upper word, undone by half of it on the root.
    let half = widened(high).1;
    let (high, low) = match 2 * half {
        0 => (high, low),
        shift => ((high << shift) | (low >> (64 - shift)), low << shift),
    };
    let upper = wide_root_ceil(high);
    let upper = if upper >> 32 != 0 || upper.wrapping_mul(upper) > high {
        upper - 1
    } else {
        upper
    };
    let rest = high.wrapping_sub(upper.wrapping_mul(upper));
    // rest ≤ 2·upper < 2^33 and upper ≥ 2^31: the quotient is at most 2^32.
    let quotient = ((rest << 31) | (low >> 33)) / upper;
    let root = (upper << 32).saturating_add(quotient);
    let square = mul_wide(root, root);
    if square <= (high, low) {
        // A rational root of a whole number is whole: no digit is lost by the shift.
        return (root >> half, square == (high, low));
    }
    let root = root - 1;
    (root >> half, mul_wide(root, root) == (high, low))
}

/// √x rounded down to a unit of [`Fixed`]; `Overflow` for a negative x.
pub fn sqrt_fixed_floor(x: Fixed) -> Result<Fixed> {
    let raw = u64::try_from(x.0).map_err(|_| EngineError::Overflow)?;
    signed(sqrt_wide_floor(
        raw >> (64 - FRACTION_BITS),
        raw << FRACTION_BITS,
    ))
    .map(Fixed)
}

/// √x rounded up to a unit of [`Fixed`]; `Overflow` for a negative x.
pub fn sqrt_fixed_ceil(x: Fixed) -> Result<Fixed> {
    let raw = u64::try_from(x.0).map_err(|_| EngineError::Overflow)?;
    signed(sqrt_wide_ceil(
        raw >> (64 - FRACTION_BITS),
        raw << FRACTION_BITS,
    )?)
    .map(Fixed)
}
