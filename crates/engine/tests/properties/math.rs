//! Logarithm, exponential and roots: exactness, order, and the laws that the model relies on.

use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::math::{
    exp, exp2_minus, ln, ln_ratio, sqrt_ceil, sqrt_floor, sqrt_wide_ceil, sqrt_wide_floor,
};

use crate::{cases, CENTRAL};

/// Four units of 2^-48, a hundred-thousandth of 1e-9.
const FEW_UNITS: i64 = 4;

proptest! {
    #![proptest_config(cases(10 * CENTRAL))]

    #[test]
    fn a_root_is_the_native_one(n: u64) {
        let down = sqrt_floor(n);
        prop_assert!(down * down <= n);
        let up = u128::from(sqrt_ceil(n));
        prop_assert!(up * up >= u128::from(n) && up <= u128::from(down) + 1);
    }

    #[test]
    fn a_wide_root_is_the_native_one(n: u128, drop in 0..=127u32) {
        let n = n >> drop;
        let (high, low) = ((n >> 64) as u64, n as u64);
        prop_assert_eq!(u128::from(sqrt_wide_floor(high, low)), n.isqrt());
        if let Ok(up) = sqrt_wide_ceil(high, low) {
            let exact = u128::from(n.isqrt().pow(2) != n) + n.isqrt();
            prop_assert_eq!(u128::from(up), exact);
        }
    }

    /// F-3: the logarithm of a return forward and back is the same but for its sign.
    #[test]
    fn a_return_back_is_the_return_forward(a in 1..=u64::MAX, b in 1..=u64::MAX) {
        let sum = ln_ratio(a, b).unwrap().0 + ln_ratio(b, a).unwrap().0;
        prop_assert!(sum.abs() <= 1, "{sum}");
    }

    /// F-3: returns add up over time, so that a gap loses nothing of the move.
    #[test]
    fn returns_add_up(a in 1..=u64::MAX, b in 1..=u64::MAX, c in 1..=u64::MAX) {
        let whole = ln_ratio(c, a).unwrap().0;
        let parts = ln_ratio(b, a).unwrap().0 + ln_ratio(c, b).unwrap().0;
        prop_assert!((whole - parts).abs() <= 2, "{}", whole - parts);
    }

    #[test]
    fn the_logarithm_undoes_the_exponential(x in -(1i64 << 48)..=10 << 48) {
        let back = ln(exp(Fixed(x)).unwrap()).unwrap().0;
        // Below one the exponential has fewer digits than its logarithm needs.
        prop_assert!((back - x).abs() <= 2 * FEW_UNITS, "{}", back - x);
    }

    #[test]
    fn a_larger_exponent_never_gives_less(x in -(30i64 << 48)..=10 << 48, more in 0..=1i64 << 50) {
        let more = (x + more).min(10 << 48);
        let (less, larger) = (exp(Fixed(x)).unwrap(), exp(Fixed(more)).unwrap());
        prop_assert!(larger.0 >= less.0 - less.0 / (1 << 50) - 1);
    }

    #[test]
    fn half_lives_multiply(x in 0..=32i64 << 48, y in 0..=32i64 << 48) {
        let (a, b) = (exp2_minus(Fixed(x)).unwrap(), exp2_minus(Fixed(y)).unwrap());
        let both = exp2_minus(Fixed(x + y)).unwrap().0;
        let product = a.of_floor(b.0.unsigned_abs()).unwrap() as i64;
        prop_assert!((both - product).abs() <= FEW_UNITS, "{}", both - product);
    }
}
