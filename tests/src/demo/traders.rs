//! Who trades in the demonstration: leverage from 1x to the maximum, long, short, hedged, and some
//! who answer a margin call.

use super::crash::Asset;

/// A way of trading.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Name in tables.
    pub name: &'static str,
    /// Legs: asset and signed notional as a multiple of the equity. `MOST` is the maximum.
    pub legs: &'static [(Asset, f64)],
    /// Part of the equity held as SOL instead of USDC.
    pub collateral_in_sol: f64,
    /// Whether a margin call is answered by a deposit.
    pub answers_calls: bool,
}

/// As much as the initial requirement admits, less a tenth.
pub const MOST: f64 = f64::INFINITY;

/// Traders are dealt to the groups in turn.
pub const GROUPS: [Group; 12] = [
    group("long SOL 1x", &[(Asset::Sol, 1.0)]),
    group("long SOL 3x", &[(Asset::Sol, 3.0)]),
    group("long SOL 5x", &[(Asset::Sol, 5.0)]),
    group("long SOL, most", &[(Asset::Sol, MOST)]),
    group("long BTC 5x", &[(Asset::Btc, 5.0)]),
    group("long BTC, most", &[(Asset::Btc, MOST)]),
    group("long ETH 4x", &[(Asset::Eth, 4.0)]),
    group("short ETH, most", &[(Asset::Eth, -MOST)]),
    group("short SOL 2x", &[(Asset::Sol, -2.0)]),
    group("BTC against ETH", &[(Asset::Btc, 2.5), (Asset::Eth, -2.5)]),
    Group {
        answers_calls: true,
        ..group("SOL 4x, answers", &[(Asset::Sol, 4.0)])
    },
    Group {
        collateral_in_sol: 0.7,
        ..group("SOL on SOL 2x", &[(Asset::Sol, 2.0)])
    },
];

const fn group(name: &'static str, legs: &'static [(Asset, f64)]) -> Group {
    Group {
        name,
        legs,
        collateral_in_sol: 0.0,
        answers_calls: false,
    }
}

/// One trader.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Wallet and name in tables.
    pub name: String,
    /// Index into [`GROUPS`].
    pub group: usize,
    /// Equity at the start in whole dollars.
    pub dollars: u32,
}

/// `count` traders with 5,000 to 40,000 dollars each, the same for the same seed.
pub fn traders(count: u32, seed: u64) -> Vec<Trader> {
    use rand::{Rng, SeedableRng};
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|number| Trader {
            name: format!("trader {:02}", number + 1),
            group: number as usize % GROUPS.len(),
            dollars: dice.random_range(5..=40) * 1_000,
        })
        .collect()
}
