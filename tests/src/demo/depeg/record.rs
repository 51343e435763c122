//! What the depeg leaves behind.

use serde::Serialize;

use super::super::record::Conservation;

/// The depeg, told by [`super::super::report`] and [`super::table`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct DepegRecord {
    /// The market leaves redemption, unix seconds.
    pub breaks: i64,
    /// The keeper, who leaves at the same time, is back.
    pub keeper_back: i64,
    /// Prices and the index, in order of time.
    pub samples: Vec<DepegSample>,
    /// Spot traders by group.
    pub groups: Vec<SpotRow>,
    /// What liquidations took of deposits, 1e-6 USD.
    pub sold: i64,
    /// Shortfalls as they were recorded, in order of time.
    pub shortfalls: Vec<Shortfall>,
    /// Debts nobody paid, in the order they were settled.
    pub losses: Vec<Loss>,
    /// Those who lent.
    pub lenders: Vec<Holder>,
    /// Those whose deposits were not lent.
    pub unlent: Vec<Holder>,
    /// Quote insurance, 1e-6 USD.
    pub insurance: Insurance,
    /// Settlements in which an account of a perpetual trader, a market or the pool changed.
    pub spilled: u32,
    /// Vaults against claims.
    pub conservation: Conservation,
}

impl DepegRecord {
    /// Sum over all losses of a part of each, 1e-6 USD at the prices of their settlement.
    pub fn total(&self, part: fn(&Loss) -> u64) -> i64 {
        self.losses.iter().map(|loss| loss.usd(part(loss))).sum()
    }

    /// How far the market fell below redemption, as a part of it.
    pub fn deepest(&self) -> f64 {
        let parts = self.samples.iter();
        let parts = parts.map(|each| each.market as f64 / each.redemption.max(1) as f64);
        1.0 - parts.fold(1.0, f64::min)
    }

    /// Nothing was made or lost, and no loss went where it does not belong.
    pub fn holds(&self) -> bool {
        let untouched = self.unlent.iter().all(|holder| holder.identical);
        self.conservation.holds() && self.spilled == 0 && untouched
    }
}

/// One publication.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct DepegSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// What the stake pool redeems a JitoSOL for, 1e-8 USD.
    pub redemption: i64,
    /// What its market pays, 1e-8 USD.
    pub market: i64,
    /// What the book counts, 1e-8 USD.
    pub counted: i64,
    /// USDC's deposit index, atoms per share in 2^-58.
    pub index: u64,
}

/// Spot traders of one group, in 1e-6 USD.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SpotRow {
    /// For example `SOL on USDC 2x`.
    pub name: String,
    /// Holdings over equity at the start.
    pub leverage: f64,
    /// Number of traders.
    pub traders: u32,
    /// What they owed at the start.
    pub owed: i64,
    /// Equity at the start.
    pub equity_before: i64,
    /// Equity at the end.
    pub equity_after: i64,
    /// Margin calls received.
    pub margin_calls: u32,
    /// Successful liquidations.
    pub liquidations: u32,
    /// What they left unpaid.
    pub bad_debt: i64,
}

/// A shortfall as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Shortfall {
    /// Unix seconds UTC.
    pub time: i64,
    /// Whose.
    pub trader: String,
    /// 1e-6 USD.
    pub amount: i64,
}

/// A debt nobody paid, in atoms of its token, and who bore it in the order in which they did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Loss {
    /// Unix seconds UTC.
    pub time: i64,
    /// Whose debt it was.
    pub trader: String,
    /// Index of the trader's group.
    pub group: usize,
    /// Ticker of the token owed.
    pub token: String,
    /// Its decimals.
    pub decimals: u8,
    /// Its price, 1e-8 USD.
    pub price: i64,
    /// What was owed.
    pub owed: u64,
    /// Insurance in the token itself.
    pub own: u64,
    /// Tokens that quote insurance bought.
    pub bought: u64,
    /// What it paid for them, quote atoms.
    pub paid: u64,
    /// Insurance's part of interest that was not collected yet.
    pub reserve: u64,
    /// Those who lent and left while it was recorded.
    pub leavers: u64,
    /// Those who lend, by their index.
    pub lenders: u64,
    /// What all lenders of the token had before.
    pub claims_before: u64,
    /// What they had after.
    pub claims_after: u64,
    /// Quote insurance afterwards, quote atoms.
    pub insurance_left: u64,
}

impl Loss {
    /// Atoms of the token at its price, 1e-6 USD.
    pub fn usd(&self, atoms: u64) -> i64 {
        let micro = i128::from(atoms) * i128::from(self.price)
            / (100 * 10i128.pow(u32::from(self.decimals)));
        i64::try_from(micro).unwrap_or(i64::MAX)
    }
}

/// A deposit before and after.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Holder {
    /// Whose.
    pub name: String,
    /// Ticker of the token.
    pub token: String,
    /// Its decimals.
    pub decimals: u8,
    /// Atoms before, with interest.
    pub before: i64,
    /// Atoms after, with interest.
    pub after: i64,
    /// When it was withdrawn; what was paid out is what it is after.
    pub left: Option<i64>,
    /// Whether the margin account is the same to the bit.
    pub identical: bool,
}

/// Quote insurance, quote atoms.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Insurance {
    /// At the start: next to nothing, on purpose.
    pub start: u64,
    /// What liquidations paid into it.
    pub earned: u64,
    /// The least after a settlement.
    pub least: u64,
    /// At the end.
    pub end: u64,
}
