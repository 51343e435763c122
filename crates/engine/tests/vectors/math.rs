//! Logarithm, exponential and roots over their whole useful range.
//!
//! The reference is the host's double precision, whose own error is below 1e-14 in every range here
//! and so a hundred thousand times finer than the 1e-9 that the risk model asks for.

use plimsoll_engine::fixed::{mul_wide, Fixed};
use plimsoll_engine::math::{
    exp, exp2_minus, ln, ln_ratio, sqrt_ceil, sqrt_fixed_ceil, sqrt_fixed_floor, sqrt_floor,
    sqrt_wide_ceil, sqrt_wide_floor,
};
use plimsoll_engine::EngineError;

/// Points per function: more than a hundred thousand.
const POINTS: u32 = 200_003;
/// The stated 4e-15, and what double precision itself loses at magnitudes up to 34.
const BOUND: f64 = 4e-15 + 7.2e-15;

fn float(x: Fixed) -> f64 {
    x.0 as f64 / Fixed::ONE.0 as f64
}

fn fixed(x: f64) -> Fixed {
    Fixed((x * Fixed::ONE.0 as f64) as i64)
}

/// `POINTS` numbers from `from` to `to`, evenly spaced, and the neighbours of the ends.
fn points(from: f64, to: f64) -> impl Iterator<Item = f64> {
    (0..=POINTS).map(move |i| from + (to - from) * f64::from(i) / f64::from(POINTS))
}

#[test]
fn logarithms_are_within_their_bound_from_2_to_the_minus_32_to_2_to_the_15() {
    for exponent in points(-32.0, 14.999_999) {
        let x = fixed(exponent.exp2());
        let error = (float(ln(x).unwrap()) - float(x).ln()).abs();
        assert!(error <= BOUND, "ln {}: {error:e}", float(x));
    }
}

/// A return of a millionth is still right to nine digits.
#[test]
fn small_returns_keep_their_digits() {
    let price = 9_973_000_000_000u64;
    for exponent in points(-20.0, -1.0) {
        let moved = price + (price as f64 * exponent.exp2()) as u64;
        let exact = ((moved - price) as f64 / price as f64).ln_1p();
        let error = (float(ln_ratio(moved, price).unwrap()) - exact).abs();
        assert!(error <= 4e-15, "{moved} / {price}: {error:e}");
        let back = ln_ratio(price, moved).unwrap();
        assert!((float(back) + exact).abs() <= 4e-15, "{price} / {moved}");
    }
}

#[test]
fn exponentials_are_within_their_bound_from_minus_30_to_10() {
    for point in points(-30.0, 10.0) {
        let x = fixed(point);
        let exact = float(x).exp();
        let error = (float(exp(x).unwrap()) - exact).abs() / exact.max(1.0);
        assert!(error <= BOUND, "exp {point}: {error:e}");
    }
}

#[test]
fn powers_of_one_half_are_within_their_bound_from_0_to_64() {
    for point in points(0.0, 64.0) {
        let x = fixed(point);
        let error = (float(exp2_minus(x).unwrap()) - (-float(x)).exp2()).abs();
        assert!(error <= 4.2e-15, "2^-{point}: {error:e}");
    }
}

#[test]
fn exact_arguments_give_exact_results() {
    assert_eq!(ln(Fixed::ONE), Ok(Fixed::ZERO));
    assert_eq!(exp(Fixed::ZERO), Ok(Fixed::ONE));
    for n in 0..=48u8 {
        let whole = Fixed(i64::from(n) << 48);
        assert_eq!(exp2_minus(whole), Ok(Fixed(Fixed::ONE.0 >> n)), "2^-{n}");
    }
    for price in [1, 3, 9_973, u64::MAX] {
        assert_eq!(ln_ratio(price, price), Ok(Fixed::ZERO));
    }
}

/// The first digits of 2, of one SOL crash, and of the decay constants of F-3.
#[test]
fn known_values_are_met_to_the_last_unit() {
    let units = |got: Fixed, exact: f64| (got.0 as f64 - exact * 2f64.powi(48)).abs();
    assert!(units(ln(Fixed(2 << 48)).unwrap(), std::f64::consts::LN_2) <= 1.0);
    assert!(units(exp(Fixed::ONE).unwrap(), std::f64::consts::E) <= 1.0);
    // λ for one hour in 2^-32, half-lives of 24 and 168 hours.
    for (hours, lambda) in [(24, 4_172_697_914i64), (168, 4_277_283_299)] {
        let weight = exp2_minus(Fixed::ratio(1, hours)).unwrap();
        assert_eq!((weight.0 + (1 << 15)) >> 16, lambda, "half-life {hours} h");
    }
}

/// Half a unit, and what double precision and the inner digits leave open.
#[test]
fn results_are_the_nearest_there_are() {
    let nearest = |found: Fixed, exact: f64| {
        let off = (found.0 as f64 - exact * 2f64.powi(48)).abs();
        assert!(off <= 0.6, "{found:?} is {off} units off");
    };
    for point in 0..2_003 {
        let part = f64::from(point) / 2_003.0;
        let x = fixed(0.4 + 2.2 * part);
        nearest(ln(x).unwrap(), float(x).ln());
        let x = fixed(part);
        nearest(exp2_minus(x).unwrap(), (-float(x)).exp2());
        nearest(exp(Fixed(-x.0)).unwrap(), (-float(x)).exp());
    }
}

/// Just below ln 32,768, where the result is next to the largest there is.
#[test]
fn the_largest_exponential_fits() {
    for below in [1e-9, 1e-4, 1e-3] {
        let x = fixed(32_768f64.ln() - below);
        let found = float(exp(x).unwrap());
        assert!((found / float(x).exp() - 1.0).abs() < 1e-14, "{found}");
    }
}

#[test]
fn what_has_no_result_is_refused() {
    assert_eq!(ln(Fixed::ZERO), Err(EngineError::Overflow));
    assert_eq!(ln(Fixed(-1)), Err(EngineError::Overflow));
    assert_eq!(ln_ratio(0, 1), Err(EngineError::Overflow));
    assert_eq!(ln_ratio(1, 0), Err(EngineError::Overflow));
    assert_eq!(exp(fixed(10.4)), Err(EngineError::Overflow));
    assert_eq!(exp(fixed(11.5)), Err(EngineError::Overflow));
    assert_eq!(exp(Fixed(i64::MAX)), Err(EngineError::Overflow));
    assert_eq!(exp(Fixed(i64::MIN)), Ok(Fixed::ZERO));
    assert_eq!(exp2_minus(Fixed(-1)), Err(EngineError::Overflow));
    assert_eq!(exp2_minus(Fixed(i64::MAX)), Ok(Fixed::ZERO));
    assert_eq!(sqrt_fixed_floor(Fixed(-1)), Err(EngineError::Overflow));
    assert_eq!(
        sqrt_wide_ceil(u64::MAX, u64::MAX),
        Err(EngineError::Overflow)
    );
}

/// Every perfect square of the edges, and its neighbours.
#[test]
fn roots_round_at_squares_and_nowhere_else() {
    let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    for root in edges.chain([u64::MAX, u64::MAX - 1, 0x5a82_7999_fcef_3242]) {
        let (high, low) = mul_wide(root, root);
        assert_eq!(sqrt_wide_floor(high, low), root, "{root}");
        assert_eq!(sqrt_wide_ceil(high, low), Ok(root), "{root}");
        if root < 2 {
            continue;
        }
        let square = u128::from(root) * u128::from(root);
        let words = |n: u128| ((n >> 64) as u64, n as u64);
        let (high, low) = words(square - 1);
        assert_eq!(sqrt_wide_floor(high, low), root - 1, "{root}");
        assert_eq!(sqrt_wide_ceil(high, low), Ok(root), "{root}");
        if root <= u64::from(u32::MAX) {
            let square = root * root;
            assert_eq!((sqrt_floor(square), sqrt_ceil(square)), (root, root));
            assert_eq!(
                (sqrt_floor(square - 1), sqrt_ceil(square - 1)),
                (root - 1, root)
            );
        }
    }
    assert_eq!(sqrt_wide_floor(u64::MAX, u64::MAX), u64::MAX);
    // The upper word a square, the lower one full.
    assert_eq!(sqrt_wide_floor(1 << 62, u64::MAX), 1 << 63);
    assert_eq!(
        (sqrt_floor(u64::MAX), sqrt_ceil(u64::MAX)),
        (u32::MAX.into(), 1 << 32)
    );
}

#[test]
fn roots_of_fractions_lie_a_unit_apart() {
    for exponent in points(-47.0, 14.99) {
        let x = fixed(exponent.exp2());
        let (down, up) = (sqrt_fixed_floor(x).unwrap(), sqrt_fixed_ceil(x).unwrap());
        assert!(up.0 - down.0 <= 1);
        let scaled = u128::from(x.0.unsigned_abs()) << 48;
        let square = |root: Fixed| u128::from(root.0.unsigned_abs()).pow(2);
        assert!(square(down) <= scaled && scaled <= square(up));
    }
    assert_eq!(sqrt_fixed_floor(Fixed(4 << 48)), Ok(Fixed(2 << 48)));
}
