//! A program that tests the 128-bit libcalls where they are used: inside the virtual machine.
//!
//! One instruction runs one operator over a batch of operand pairs. Each result is checked with
//! 32-bit digits alone, so a wrong libcall cannot hide behind itself, and goes into a digest.
//! The host runs the same [`run`] with its native operators: equal digests mean equal results.

#[cfg(not(feature = "no-entrypoint"))]
mod entrypoint;
pub mod limbs;
pub mod pairs;

use limbs::Digits;
use pairs::Pairs;
use plimsoll_sbf_builtins as _;

/// The operators that become calls, in the order of their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `__multi3`.
    Multiply,
    /// `__udivti3`.
    Divide,
    /// `__umodti3`.
    Remainder,
    /// `__divti3`.
    DivideSigned,
    /// `__modti3`.
    RemainderSigned,
}

impl Operator {
    /// All operators.
    pub const ALL: [Self; 5] = [
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::DivideSigned,
        Self::RemainderSigned,
    ];
}

/// One instruction: `count` pairs for one operator, either random ones from `seed` on or the
/// edge pairs from number `seed` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What to compute.
    pub operator: Operator,
    /// Whether the pairs are combinations of edge values.
    pub edges: bool,
    /// Seed of the random pairs, or number of the first edge pair.
    pub seed: u64,
    /// Number of pairs.
    pub count: u64,
}

impl Batch {
    /// Length of the instruction data.
    pub const LENGTH: usize = 18;

    /// The instruction data.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = self.operator as u8;
        bytes[1] = u8::from(self.edges);
        bytes[2..10].copy_from_slice(&self.seed.to_le_bytes());
        bytes[10..18].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }

    /// Reads instruction data; `None` when it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LENGTH] = bytes.try_into().ok()?;
        let word = |from: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[from..from + 8]);
            u64::from_le_bytes(word)
        };
        Some(Self {
            operator: *Operator::ALL.get(usize::from(bytes[0]))?,
            edges: bytes[1] != 0,
            seed: word(2),
            count: word(10),
        })
    }
}

/// Runs a batch and returns the digest of its results.
///
/// # Errors
/// The number, within the batch, of the first pair whose result fails the check by digits.
pub fn run(batch: Batch) -> Result<u64, u64> {
    let mut pairs = Pairs::new(batch.seed);
    let mut digest = 0x706c_696d_736f_6c6c_u64;
    for number in 0..batch.count {
        let (a, b) = if batch.edges {
            pairs::edge(batch.seed.wrapping_add(number))
        } else {
            pairs.next()
        };
        let result = apply(batch.operator, a, b);
        if !agrees(batch.operator, a, b, result) {
            return Err(number);
        }
        for word in [result as u64, (result >> 64) as u64] {
            digest = (digest.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
    Ok(digest)
}

/// The operators stand in functions of their own: next to each other the compiler would compute a
/// remainder from the quotient and never call what is to be tested.
fn apply(operator: Operator, a: u128, b: u128) -> u128 {
    match operator {
        Operator::Multiply => multiply(a, b),
        Operator::Divide => divide(a, b),
        Operator::Remainder => remainder(a, b),
        Operator::DivideSigned => divide_signed(a as i128, b as i128) as u128,
        Operator::RemainderSigned => remainder_signed(a as i128, b as i128) as u128,
    }
}

#[inline(never)]
fn multiply(a: u128, b: u128) -> u128 {
    a.wrapping_mul(b)
}

#[inline(never)]
fn divide(a: u128, b: u128) -> u128 {
    a.checked_div(b).unwrap_or_default()
}

#[inline(never)]
fn remainder(a: u128, b: u128) -> u128 {
    a.checked_rem(b).unwrap_or_default()
}

#[inline(never)]
fn divide_signed(a: i128, b: i128) -> i128 {
    a.checked_div(b).unwrap_or_default()
}

#[inline(never)]
fn remainder_signed(a: i128, b: i128) -> i128 {
    a.checked_rem(b).unwrap_or_default()
}

/// Checks a result against its definition, with digits only. What is undefined gives zero.
#[inline(never)]
fn agrees(operator: Operator, a: u128, b: u128, result: u128) -> bool {
    if operator == Operator::Multiply {
        return Digits::new(a).times(Digits::new(b)).low() == Digits::new(result);
    }
    let signed = matches!(operator, Operator::DivideSigned | Operator::RemainderSigned);
    let overflows = signed && a == 1 << 127 && b == u128::MAX;
    if b == 0 || overflows {
        return result == 0;
    }
    let (n, n_negative) = magnitude(a, signed);
    let (d, d_negative) = magnitude(b, signed);
    match operator {
        Operator::Divide | Operator::DivideSigned => {
            let (quotient, negative) = magnitude(result, signed);
            // A quotient of zero has no sign; one of 2^127 has it in its top bit either way.
            let sign_fits = quotient.is_zero() || negative == (n_negative != d_negative);
            sign_fits && quotient.is_quotient(n, d)
        }
        _ => {
            let (remainder, negative) = magnitude(result, signed);
            let sign_fits = remainder.is_zero() || negative == n_negative;
            sign_fits && remainder == n.remainder(d)
        }
    }
}

fn magnitude(value: u128, signed: bool) -> (Digits, bool) {
    let negative = signed && value >> 127 == 1;
    (
        Digits::new(if negative {
            value.wrapping_neg()
        } else {
            value
        }),
        negative,
    )
}
