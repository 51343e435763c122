//! 128-bit arithmetic on pairs of 64-bit words.
//!
//! Nothing here multiplies, divides or shifts a whole 128-bit integer: the compiler would turn
//! that into a call of the very function being defined. Operators that may pass 2^64 are written
//! as wrapping ones, so that no overflow check stands in the way of intended carries.
//!
//! A division by zero cannot arrive here from Rust, which checks first; it gives quotient zero
//! and a remainder without meaning, and never traps.

/// A 128-bit integer as two words; signed values are in two's complement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halves {
    /// Bits 64 to 127.
    pub high: u64,
    /// Bits 0 to 63.
    pub low: u64,
}

const LOW_32: u64 = 0xffff_ffff;
const TWO_POW_32: u64 = 1 << 32;

impl Halves {
    /// Splits an unsigned integer.
    #[inline(always)]
    pub const fn from_u128(value: u128) -> Self {
        Self {
            high: (value >> 64) as u64,
            low: value as u64,
        }
    }

    /// Splits a signed integer.
    #[inline(always)]
    pub const fn from_i128(value: i128) -> Self {
        Self::from_u128(value as u128)
    }

    /// Joins the words to an unsigned integer.
    #[inline(always)]
    pub const fn to_u128(self) -> u128 {
        ((self.high as u128) << 64) | self.low as u128
    }

    /// Joins the words to a signed integer.
    #[inline(always)]
    pub const fn to_i128(self) -> i128 {
        self.to_u128() as i128
    }

    #[inline(always)]
    const fn is_negative(self) -> bool {
        self.high >> 63 == 1
    }

    #[inline(always)]
    const fn less_than(self, other: Self) -> bool {
        self.high < other.high || (self.high == other.high && self.low < other.low)
    }

    #[inline(always)]
    const fn minus(self, other: Self) -> Self {
        let borrow = (self.low < other.low) as u64;
        Self {
            high: self.high.wrapping_sub(other.high).wrapping_sub(borrow),
            low: self.low.wrapping_sub(other.low),
        }
    }

    #[inline(always)]
    const fn negated(self) -> Self {
        Self { high: 0, low: 0 }.minus(self)
    }
}

/// The low 128 bits of `a * b`, for signed and unsigned operands alike.
#[inline(always)]
pub const fn multiply(a: Halves, b: Halves) -> Halves {
    let product = multiply_words(a.low, b.low);
    let cross = a
        .high
        .wrapping_mul(b.low)
        .wrapping_add(a.low.wrapping_mul(b.high));
    Halves {
        high: product.high.wrapping_add(cross),
        low: product.low,
    }
}

/// Quotient and remainder of unsigned integers.
#[inline(always)]
pub const fn divide(n: Halves, d: Halves) -> (Halves, Halves) {
    if d.high == 0 {
        let (quotient, remainder) = divide_by_word(n, d.low);
        return (
            quotient,
            Halves {
                high: 0,
                low: remainder,
            },
        );
    }
    if n.less_than(d) {
        return (Halves { high: 0, low: 0 }, n);
    }
    let (quotient, remainder) = divide_by_two_words(n, d);
    (
        Halves {
            high: 0,
            low: quotient,
        },
        remainder,
    )
}

/// Quotient rounded towards zero, and remainder with the sign of `n`, of signed integers.
///
/// The least integer divided by minus one wraps; Rust refuses that division before it calls.
#[inline(always)]
pub const fn divide_signed(n: Halves, d: Halves) -> (Halves, Halves) {
    let n_negative = n.is_negative();
    let d_negative = d.is_negative();
    let (quotient, remainder) = divide(
        if n_negative { n.negated() } else { n },
        if d_negative { d.negated() } else { d },
    );
    (
        if n_negative != d_negative {
            quotient.negated()
        } else {
            quotient
        },
        if n_negative {
            remainder.negated()
        } else {
            remainder
        },
    )
}

/// The whole product of two words, by schoolbook multiplication of 32-bit digits.
#[inline(always)]
const fn multiply_words(a: u64, b: u64) -> Halves {
    let (a1, a0) = (a >> 32, a & LOW_32);
    let (b1, b0) = (b >> 32, b & LOW_32);
    let low = a0.wrapping_mul(b0);
    let middle = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & LOW_32);
    Halves {
        high: a1
            .wrapping_mul(b1)
            .wrapping_add(middle >> 32)
            .wrapping_add(other >> 32),
        low: (other << 32) | (low & LOW_32),
    }
}

/// Quotient and remainder of a division by one word; by zero, quotient zero.
#[inline(always)]
const fn divide_by_word(n: Halves, d: u64) -> (Halves, u64) {
    if d == 0 {
        return (Halves { high: 0, low: 0 }, n.low);
    }
    if n.high == 0 {
        return (
            Halves {
                high: 0,
                low: n.low / d,
            },
            n.low % d,
        );
    }
    let high = n.high / d;
    let rest = n.high % d;
    if d < TWO_POW_32 {
        // A rest below 2^32 and one more 32-bit digit fit one word: two native divisions.
        let upper = (rest << 32) | (n.low >> 32);
        let lower = ((upper % d) << 32) | (n.low & LOW_32);
        let low = ((upper / d) << 32) | (lower / d);
        return (Halves { high, low }, lower % d);
    }
    let shift = leading_zeros(d);
    let (low, remainder) = divide_normalised(
        Halves {
            high: shift_left(rest, n.low, shift),
            low: n.low << shift,
        },
        d << shift,
    );
    (Halves { high, low }, remainder >> shift)
}

/// Quotient, which fits one word, and remainder of a division by at least 2^64; `n` is at least
/// `d`.
#[inline(always)]
const fn divide_by_two_words(n: Halves, d: Halves) -> (u64, Halves) {
    // Divide the dividend's half by the divisor's 64 leading bits, undo both scalings and take
    // one off: that is the quotient or one less (Hacker's Delight, second edition, 9-5).
    let shift = leading_zeros(d.high);
    let leading = shift_left(d.high, d.low, shift);
    let half = Halves {
        high: n.high >> 1,
        low: (n.high << 63) | (n.low >> 1),
    };
    let (estimate, _) = divide_normalised(half, leading);
    let mut quotient = (estimate >> (63 - shift)).saturating_sub(1);

    let product = multiply_words(quotient, d.low);
    let mut remainder = n.minus(Halves {
        high: product.high.wrapping_add(quotient.wrapping_mul(d.high)),
        low: product.low,
    });
    if !remainder.less_than(d) {
        quotient = quotient.wrapping_add(1);
        remainder = remainder.minus(d);
    }
    (quotient, remainder)
}

/// Quotient and remainder of a division by one word whose top bit is set and which is greater
/// than `n.high`, by long division in 32-bit digits (Knuth, volume 2, 4.3.1, algorithm D).
#[inline(always)]
const fn divide_normalised(n: Halves, d: u64) -> (u64, u64) {
    let (high, rest) = quotient_digit(n.high, n.low >> 32, d);
    let (low, rest) = quotient_digit(rest, n.low & LOW_32, d);
    ((high << 32) | low, rest)
}

/// One 32-bit quotient digit of `rest * 2^32 + digit` divided by `d`, and the new rest;
/// `rest` is below `d`, whose top bit is set.
#[inline(always)]
const fn quotient_digit(rest: u64, digit: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & LOW_32);
    let mut quotient = rest / d1;
    let mut trial = rest % d1;
    // The estimate from the divisor's leading digit is at most two too large.
    while quotient >= TWO_POW_32 || quotient.wrapping_mul(d0) > (trial << 32) | digit {
        quotient = quotient.wrapping_sub(1);
        trial = trial.wrapping_add(d1);
        if trial >= TWO_POW_32 {
            break;
        }
    }
    let next = (rest << 32)
        .wrapping_add(digit)
        .wrapping_sub(quotient.wrapping_mul(d));
    (quotient, next)
}

/// The upper word of `(high, low)` shifted left by `shift`, which is below 64.
#[inline(always)]
const fn shift_left(high: u64, low: u64, shift: u32) -> u64 {
    // Two steps, because a shift by 64 is not defined and `shift` may be zero.
    (high << shift) | ((low >> 1) >> (63 - shift))
}

/// Leading zero bits of a word that is not zero, by halving: the machine has no instruction for
/// it and the compiler's expansion is longer.
#[inline(always)]
const fn leading_zeros(word: u64) -> u32 {
    let mut rest = word;
    let mut zeros = 0;
    let mut width = 32;
    while width > 0 {
        if rest >> (64 - width) == 0 {
            zeros += width;
            rest <<= width;
        }
        width /= 2;
    }
    zeros
}
