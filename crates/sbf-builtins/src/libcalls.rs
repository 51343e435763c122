//! The five functions under the names and with the calling convention LLVM expects.
//!
//! `extern "unadjusted"` hands the compiler's 128-bit integers to LLVM as they are, in two
//! registers each way.

use crate::halves::{divide, divide_signed, multiply, Halves};

/// The low 128 bits of `a * b`.
///
/// # Safety
/// Safe to call; unsafe only because the compiler's own declaration is.
#[unsafe(no_mangle)]
pub unsafe extern "unadjusted" fn __multi3(a: i128, b: i128) -> i128 {
    multiply(Halves::from_i128(a), Halves::from_i128(b)).to_i128()
}

/// `n / d`, unsigned.
///
/// # Safety
/// Safe to call; unsafe only because the compiler's own declaration is.
#[unsafe(no_mangle)]
pub unsafe extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
    divide(Halves::from_u128(n), Halves::from_u128(d))
        .0
        .to_u128()
}

/// `n % d`, unsigned.
///
/// # Safety
/// Safe to call; unsafe only because the compiler's own declaration is.
#[unsafe(no_mangle)]
pub unsafe extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
    divide(Halves::from_u128(n), Halves::from_u128(d))
        .1
        .to_u128()
}

/// `n / d`, signed, rounded towards zero.
///
/// # Safety
/// Safe to call; unsafe only because the compiler's own declaration is.
#[unsafe(no_mangle)]
pub unsafe extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
    divide_signed(Halves::from_i128(n), Halves::from_i128(d))
        .0
        .to_i128()
}

/// `n % d`, signed, with the sign of `n`.
///
/// # Safety
/// Safe to call; unsafe only because the compiler's own declaration is.
#[unsafe(no_mangle)]
pub unsafe extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
    divide_signed(Halves::from_i128(n), Halves::from_i128(d))
        .1
        .to_i128()
}
