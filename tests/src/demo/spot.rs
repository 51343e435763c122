//! Who lends, who borrows and who does neither in the depeg: spot traders who bought tokens with borrowed
//! ones, those who lent to them, those who hold unlent deposits beside, and two perpetual traders.

use rand::{Rng, SeedableRng};

use super::traders::MOST;
use crate::params::{BTC, JITOSOL, SOL, USDC};

/// A way of holding tokens on credit.
#[derive(Clone, Copy, Debug)]
pub struct SpotGroup {
    /// Name in tables.
    pub name: &'static str,
    /// Slot of the token held.
    pub holds: u8,
    /// Slot of the token owed.
    pub owes: u8,
    /// Holdings as a multiple of the equity. `MOST` is nine tenths of the maximum.
    pub leverage: f64,
}

/// Every way; the last holds dollars from the sale of borrowed SOL.
pub const SPOT_GROUPS: [SpotGroup; 8] = [
    spot("SOL on USDC 2x", SOL, USDC, 2.0),
    spot("SOL on USDC 3x", SOL, USDC, 3.0),
    spot("SOL on USDC, most", SOL, USDC, MOST),
    spot("JitoSOL on USDC 2x", JITOSOL, USDC, 2.0),
    spot("JitoSOL on USDC 3x", JITOSOL, USDC, 3.0),
    spot("JitoSOL on USDC, most", JITOSOL, USDC, MOST),
    spot("JitoSOL on SOL, most", JITOSOL, SOL, MOST),
    spot("short SOL 1x", USDC, SOL, 2.0),
];

const fn spot(name: &'static str, holds: u8, owes: u8, leverage: f64) -> SpotGroup {
    SpotGroup {
        name,
        holds,
        owes,
        leverage,
    }
}

/// Traders of each group.
const EACH: usize = 2;

/// One spot trader.
#[derive(Clone, Debug)]
pub struct SpotTrader {
    /// Wallet and name in tables.
    pub name: String,
    /// Index into [`SPOT_GROUPS`].
    pub group: usize,
    /// Equity at the start in whole dollars.
    pub dollars: u32,
}

/// Two traders of each group with 10,000 to 40,000 dollars, the same for the same seed.
pub fn spot_traders(seed: u64) -> Vec<SpotTrader> {
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..EACH * SPOT_GROUPS.len())
        .map(|number| SpotTrader {
            name: format!("borrower {:02}", number + 1),
            group: number % SPOT_GROUPS.len(),
            dollars: dice.random_range(10..=40) * 1_000,
        })
        .collect()
}

/// Somebody with one deposit.
#[derive(Clone, Copy, Debug)]
pub struct Depositor {
    /// Wallet and name in tables.
    pub name: &'static str,
    /// Slot of the token.
    pub slot: u8,
    /// Worth at the start in whole dollars.
    pub dollars: u32,
    /// What he does with it.
    pub way: Way,
}

/// What becomes of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It lies there.
    Keeps,
    /// It is lent throughout.
    Lends,
    /// It is lent, and withdrawn between the record of the first losses and their settlement.
    Leaves,
}

/// Those who lend, and beside them those who do not.
pub const DEPOSITORS: [Depositor; 6] = [
    depositor("lender 1", USDC, 1_600_000, Way::Lends),
    depositor("lender 2", USDC, 600_000, Way::Lends),
    depositor("lender 3", USDC, 200_000, Way::Leaves),
    depositor("lender 4", SOL, 500_000, Way::Lends),
    depositor("saver 1", USDC, 250_000, Way::Keeps),
    depositor("saver 2", SOL, 150_000, Way::Keeps),
];

const fn depositor(name: &'static str, slot: u8, dollars: u32, way: Way) -> Depositor {
    Depositor {
        name,
        slot,
        dollars,
        way,
    }
}

/// A perpetual trader who borrows nothing: name, slot, notional as a signed multiple of the equity.
pub const PERPETUALS: [(&str, u8, f64); 2] = [
    ("perpetual long BTC", BTC, 1.0),
    ("perpetual short SOL", SOL, -1.0),
];
/// Equity of each in dollars, unlent USDC.
pub const PERPETUAL_DOLLARS: u32 = 50_000;
