//! Arithmetic on 32-bit digits, slow and plain, that never touches a 128-bit operator.

/// A 128-bit integer as four digits, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits([u64; 4]);

/// A 256-bit integer as eight digits, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product([u64; 8]);

const DIGIT: u64 = 0xffff_ffff;

impl Digits {
    /// Splits an integer.
    pub fn new(value: u128) -> Self {
        let (low, high) = (value as u64, (value >> 64) as u64);
        Self([low & DIGIT, low >> 32, high & DIGIT, high >> 32])
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// The whole product.
    pub fn times(self, other: Self) -> Product {
        let mut digits = [0_u64; 8];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (j, b) in other.0.iter().enumerate() {
                // (2^32 - 1)^2 + 2 * (2^32 - 1) is 2^64 - 1: this never wraps.
                let sum = a
                    .wrapping_mul(*b)
                    .wrapping_add(digits[i + j])
                    .wrapping_add(carry);
                digits[i + j] = sum & DIGIT;
                carry = sum >> 32;
            }
            digits[i + 4] = carry;
        }
        Product(digits)
    }

    /// Whether this is the quotient of `n` and `d`: this times `d` is at most `n`, and less than
    /// `d` short of it.
    pub fn is_quotient(self, n: Self, d: Self) -> bool {
        let product = self.times(d);
        if product.0[4..] != [0; 4] {
            return false;
        }
        match n.minus(product.low()) {
            (rest, false) => rest.minus(d).1,
            (_, true) => false,
        }
    }

    /// The remainder of this and `d`, which is not zero, bit by bit.
    pub fn remainder(self, d: Self) -> Self {
        let mut rest = Self([0; 4]);
        for position in (0..4).rev() {
            for bit in (0..32).rev() {
                let overflow = rest.0[3] >> 31;
                rest = rest.doubled((self.0[position] >> bit) & 1);
                let (less, borrow) = rest.minus(d);
                if overflow == 1 || !borrow {
                    rest = less;
                }
            }
        }
        rest
    }

    fn doubled(self, bit: u64) -> Self {
        let [a, b, c, d] = self.0;
        Self([
            ((a << 1) | bit) & DIGIT,
            ((b << 1) | (a >> 31)) & DIGIT,
            ((c << 1) | (b >> 31)) & DIGIT,
            ((d << 1) | (c >> 31)) & DIGIT,
        ])
    }

    /// The difference modulo 2^128, and whether it is below zero.
    fn minus(self, other: Self) -> (Self, bool) {
        let mut digits = [0_u64; 4];
        let mut borrow = 0;
        for (digit, (a, b)) in digits.iter_mut().zip(self.0.iter().zip(other.0.iter())) {
            let difference = a.wrapping_sub(*b).wrapping_sub(borrow);
            *digit = difference & DIGIT;
            borrow = difference >> 63;
        }
        (Self(digits), borrow == 1)
    }
}

impl Product {
    /// The low 128 bits.
    pub fn low(self) -> Digits {
        let [a, b, c, d, ..] = self.0;
        Digits([a, b, c, d])
    }
}
