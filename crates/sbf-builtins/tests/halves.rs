//! The arithmetic on halves against the native 128-bit operators.

use plimsoll_sbf_builtins::halves::{divide, divide_signed, multiply, Halves};

const PAIRS: u32 = 1_000_000;

/// Values around which carries, borrows and quotient estimates go wrong.
fn edges() -> Vec<u128> {
    let mut values = vec![0, 1, 2, 3, 5, 7, 10];
    for bit in [31, 32, 33, 63, 64, 65, 95, 96, 97, 126, 127] {
        let power = 1_u128 << bit;
        values.extend([power - 1, power, power + 1, power.wrapping_neg(), !power]);
    }
    values.extend([u128::MAX, u128::MAX - 1, u128::MAX / 3, u128::MAX / 5]);
    values
}

/// SplitMix64, cut to a random number of bits so that every size of operand occurs.
fn random(state: &mut u64) -> u128 {
    let mut word = || {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let value = (u128::from(word()) << 64) | u128::from(word());
    value >> (word() % 128)
}

fn check(a: u128, b: u128) {
    let (x, y) = (Halves::from_u128(a), Halves::from_u128(b));
    assert_eq!(
        multiply(x, y).to_u128(),
        a.wrapping_mul(b),
        "{a:#x} * {b:#x}"
    );
    if b == 0 {
        return;
    }
    let (quotient, remainder) = divide(x, y);
    assert_eq!(
        (quotient.to_u128(), remainder.to_u128()),
        (a / b, a % b),
        "{a:#x} / {b:#x}"
    );
    let (a, b) = (a as i128, b as i128);
    let (quotient, remainder) = divide_signed(x, y);
    assert_eq!(
        (quotient.to_i128(), remainder.to_i128()),
        (a.wrapping_div(b), a.wrapping_rem(b)),
        "{a} / {b}"
    );
}

#[test]
fn edge_pairs_agree_with_native_operators() {
    for a in edges() {
        for b in edges() {
            check(a, b);
        }
    }
}

#[test]
fn random_pairs_agree_with_native_operators() {
    let mut state = 0x706c_696d_736f_6c6c;
    for _ in 0..PAIRS {
        let a = random(&mut state);
        let b = random(&mut state);
        check(a, b);
        check(a, !b);
        // Quotients next to a whole number are where estimates are off by one.
        check(a.wrapping_mul(b), b);
        check(a.wrapping_mul(b).wrapping_sub(1), b);
    }
}

#[test]
fn division_by_zero_does_not_trap() {
    let n = Halves::from_u128(1 << 90 | 5);
    let zero = Halves::from_u128(0);
    assert_eq!(divide(n, zero).0, zero);
}
