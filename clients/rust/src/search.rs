//! The end of what passes, by doubling and bisection from one: an amount that fails only between two that
//! pass, or passes only between two that fail, may be passed over.

/// The last amount tried in doubling: sizes are signed.
const LAST: u64 = 1 << 62;

/// The largest amount that passes, at most 2^62; zero if one does not.
pub fn most(passes: impl Fn(u64) -> bool) -> u64 {
    match first(|amount| !passes(amount)) {
        Some(beyond) => beyond - 1,
        None => LAST,
    }
}

/// The smallest amount that passes, at least one; none if not even the largest tried does.
pub fn least(passes: impl Fn(u64) -> bool) -> Option<u64> {
    first(passes)
}

/// The smallest amount, at least one, for which `holds`.
fn first(holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut without, mut with) = (0u64, 1u64);
    while !holds(with) {
        without = with;
        with = with.checked_mul(2).filter(|next| *next <= LAST)?;
    }
    while with - without > 1 {
        let middle = without + (with - without) / 2;
        if holds(middle) {
            with = middle;
        } else {
            without = middle;
        }
    }
    Some(with)
}
