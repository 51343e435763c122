//! Who trades in the demonstration: leverage from 1x to the maximum, long, short, hedged, and some
//! who answer a margin call. Besides them three accounts of the same gross size, whose requirements
//! the report compares.

use plimsoll_engine::requirement::ModelKind;

use super::crash::Asset;
use super::risk::Compared;

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
    /// How the requirement is totalled.
    pub model: ModelKind,
    /// Whether the report compares its requirement, and as what.
    pub compared: Option<Compared>,
}

/// As much as the initial requirement admits, less a tenth.
pub const MOST: f64 = f64::INFINITY;

/// Traders are dealt to so many of the first groups in turn.
const DEALT: usize = 12;
/// Equity of each compared account in dollars.
const COMPARED_DOLLARS: u32 = 100_000;

/// Everybody's group. The last three are the compared accounts: at the rates that the assets are
/// listed with, six parts of ETH carry as much risk as eight of BTC.
pub const GROUPS: [Group; 15] = [
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
    compared(Compared::HedgedPortfolio, &HEDGED),
    compared(Compared::HedgedStandard, &HEDGED),
    compared(Compared::Unhedged, &[(Asset::Btc, 0.8), (Asset::Eth, 0.6)]),
];

const HEDGED: [(Asset, f64); 2] = [(Asset::Btc, 0.8), (Asset::Eth, -0.6)];

const fn compared(what: Compared, legs: &'static [(Asset, f64)]) -> Group {
    Group {
        model: what.model(),
        compared: Some(what),
        ..group(what.name(), legs)
    }
}

const fn group(name: &'static str, legs: &'static [(Asset, f64)]) -> Group {
    Group {
        name,
        legs,
        collateral_in_sol: 0.0,
        answers_calls: false,
        model: ModelKind::Standard,
        compared: None,
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

impl Trader {
    /// Whether the report compares the trader's requirement, and as what.
    pub fn compared(&self) -> Option<Compared> {
        GROUPS[self.group].compared
    }
}

/// The compared accounts, equally rich.
pub fn compared_traders() -> Vec<Trader> {
    let groups = GROUPS.iter().enumerate();
    groups
        .filter(|(_, group)| group.compared.is_some())
        .map(|(index, group)| Trader {
            name: group.name.to_owned(),
            group: index,
            dollars: COMPARED_DOLLARS,
        })
        .collect()
}

/// `count` traders with 5,000 to 40,000 dollars each, the same for the same seed.
pub fn traders(count: u32, seed: u64) -> Vec<Trader> {
    use rand::{Rng, SeedableRng};
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|number| Trader {
            name: format!("trader {:02}", number + 1),
            group: number as usize % DEALT,
            dollars: dice.random_range(5..=40) * 1_000,
        })
        .collect()
}
