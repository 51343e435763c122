//! Fixed-point arithmetic against native integers.

use plimsoll_engine::fixed::{
    mul_div_ceil, mul_div_floor, mul_shift_ceil, mul_shift_floor, mul_wide, Fixed, HalfReciprocal,
};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::EngineError;

/// Where carries happen.
const EDGES: [u64; 10] = [
    0,
    1,
    2,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_0000_0000,
    u64::MAX,
];

#[test]
fn a_wide_product_is_the_native_one_at_every_edge() {
    for a in EDGES {
        for b in EDGES {
            let product = u128::from(a) * u128::from(b);
            let halves = ((product >> 64) as u64, product as u64);
            assert_eq!(mul_wide(a, b), halves, "{a} × {b}");
        }
    }
}

#[test]
fn a_shifted_product_is_the_native_one_at_every_edge() {
    for a in EDGES {
        for b in EDGES {
            let product = u128::from(a) * u128::from(b);
            for shift in 0..=130 {
                let down = product.checked_shr(shift).unwrap_or(0);
                let exact = down.checked_shl(shift).unwrap_or(0) == product;
                let up = down + u128::from(!exact);
                let fits = |value| u64::try_from(value).map_err(|_| EngineError::Overflow);
                assert_eq!(
                    mul_shift_floor(a, b, shift),
                    fits(down),
                    "{a} × {b} >> {shift}"
                );
                assert_eq!(
                    mul_shift_ceil(a, b, shift),
                    fits(up),
                    "{a} × {b} >> {shift}"
                );
            }
        }
    }
}

#[test]
fn nothing_is_divided_by_zero() {
    assert_eq!(mul_div_floor(1, 1, 0), Err(EngineError::DivisionByZero));
    assert_eq!(mul_div_ceil(1, 1, 0), Err(EngineError::DivisionByZero));
    assert_eq!(HalfReciprocal::new(0), Err(EngineError::DivisionByZero));
    assert_eq!(Fixed::ratio(1, 0), Fixed::ZERO);
}

#[test]
fn ratios_are_rounded_down_and_bounded() {
    assert_eq!(Fixed::ratio(5, 4).0, 5 << 46);
    assert_eq!(Fixed::from_bps(10_000), Fixed::ONE);
    assert_eq!(Fixed::ratio(1, 3).0, 93_824_992_236_885);
    assert_eq!(Fixed::ratio(32_768, 1), Fixed::ZERO);
    assert_eq!(Fixed::ratio(1, 10).of_floor(1_000_000), Ok(99_999));
    assert_eq!(Fixed::ratio(1, 10).of_ceil(1_000_000), Ok(100_000));
}

/// The relative error of the reciprocal's mantissa is below 2^-61 for every power of two and its
/// neighbours, and the mantissa always lies in [2^62, 2^63].
#[test]
fn a_reciprocal_keeps_62_bits() {
    let powers = (0..64).map(|bit| 1u64 << bit);
    let scales = powers.flat_map(|power| {
        [
            power.saturating_sub(1).max(1),
            power,
            power.saturating_add(1),
        ]
    });
    for scale in scales.chain([3, 10, 1_000_000_007, u64::MAX]) {
        let reciprocal = HalfReciprocal::new(scale).unwrap();
        assert!(
            (1 << 62..=1 << 63).contains(&reciprocal.mantissa),
            "{scale}"
        );
        // mantissa × scale ≤ 2^(shift + 47) < (mantissa + 1) × scale
        let power = 1u128 << (reciprocal.shift + 47);
        let below = u128::from(reciprocal.mantissa) * u128::from(scale);
        assert!(
            below <= power && power - below < u128::from(scale),
            "{scale}"
        );
        assert!((power - below) << 61 < power, "{scale}");
    }
}

#[test]
fn half_of_a_scale_is_a_quarter() {
    let reciprocal = HalfReciprocal::new(1_000).unwrap();
    let quarter = Fixed::ratio(1, 4);
    assert!(reciprocal.fraction_floor(500).unwrap() <= quarter);
    let up = reciprocal.fraction_ceil(500).unwrap();
    assert!(up >= quarter && up.0 - quarter.0 <= 2);
    assert_eq!(reciprocal.fraction_ceil(0), Ok(Fixed::ZERO));
}

#[test]
fn rates_are_sound_from_one_and_a_quarter_on() {
    let rates = |maintenance, initial| Rates {
        maintenance_long: Fixed(maintenance),
        maintenance_short: Fixed(maintenance),
        initial_long: Fixed(initial),
        initial_short: Fixed(initial),
    };
    assert_eq!(rates(4, 5).are_sound(), Ok(true));
    assert_eq!(rates(4, 4).are_sound(), Ok(false));
    assert_eq!(rates(0, 5).are_sound(), Ok(false));
    assert_eq!(
        rates(Fixed::ONE.0, Fixed::ONE.0 / 4 * 5).are_sound(),
        Ok(false)
    );
}

/// 274,177 · 67,280,421,310,721 = 2^64 + 1, with the same digits in both halves.
#[test]
fn whatever_is_lost_rounds_up() {
    let (a, b) = (274_177, 67_280_421_310_721);
    assert_eq!(mul_wide(a, b), (1, 1));
    for shift in [65, 66, 127, 128, 200] {
        assert_eq!(mul_shift_ceil(a, b, shift), Ok(1), "{shift}");
        assert_eq!(mul_shift_floor(a, b, shift), Ok(0), "{shift}");
    }
    assert_eq!(mul_shift_ceil(a, b, 64), Ok(2));
    assert_eq!(mul_shift_ceil(1 << 32, 1 << 32, 64), Ok(1));
}

/// Small values and small factors are multiplied in digits, all others at once: the borders of both.
#[test]
fn a_product_is_the_same_on_either_way() {
    let (value, factor) = (1u64 << 46, 4u64 << 48);
    for value in [1, 3, value - 1, value, value + 1] {
        for factor in [1, factor - 1, factor, factor + 1, 1 << 60, i64::MAX as u64] {
            let exact = (u128::from(value) * u128::from(factor)).div_ceil(1 << 48);
            let found = Fixed(factor as i64).of_ceil(value).map(u128::from);
            assert_eq!(found, Ok(exact), "{value} {factor}");
        }
    }
}
