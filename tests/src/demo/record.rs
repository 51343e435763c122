//! What a run leaves behind: everything the report and the table say.
//!
//! The driver fills it in; nothing here is computed from the price path again.

use serde::Serialize;

use super::crash::Asset;
use super::depeg::record::DepegRecord;
use super::path::AssetPath;
use super::pool::PoolRecord;
use super::risk::RiskRecord;

/// One run of the demonstration.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunRecord {
    /// What was asked for.
    pub parameters: RunParameters,
    /// What the oracle published.
    pub prices: Vec<PriceSeries>,
    /// Accounts followed closely; the report draws the first six.
    pub accounts: Vec<AccountSeries>,
    /// Every leg closed by a liquidation, in order of time.
    pub liquidations: Vec<Liquidation>,
    /// Every margin call, in order of time.
    pub margin_calls: Vec<MarginCall>,
    /// Traders by strategy.
    pub groups: Vec<GroupRow>,
    /// Sums over the whole run.
    pub totals: Totals,
    /// Who paid whom for what.
    pub flows: Vec<Flow>,
    /// What the risk model did.
    pub risk: RiskRecord,
    /// What the pool was worth and stood against.
    pub pool: PoolRecord,
    /// Compute units by instruction.
    pub compute: Vec<ComputeUse>,
    /// Vaults against claims.
    pub conservation: Conservation,
    /// The depeg beside it, on an exchange of its own.
    pub depeg: Option<DepegRecord>,
}

/// What was asked for and how long it took.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunParameters {
    /// Name of the crash, for example `2021-05-19`.
    pub crash: String,
    /// A few words for the heading.
    pub title: String,
    /// Seed of the price path and of the traders.
    pub seed: u64,
    /// Number of traders, the compared accounts among them.
    pub traders: u32,
    /// Publications per recorded step.
    pub substeps: u32,
    /// Length of a recorded step in seconds.
    pub step_seconds: i64,
    /// Transactions sent to the program.
    pub transactions: u64,
    /// Opening orders that the program or a market's cap refused.
    pub orders_refused: u32,
    /// Remarks of the driver for the foot of the page, one sentence each.
    pub notes: Vec<String>,
}

/// One asset's published prices.
#[derive(Clone, Debug, Serialize)]
pub struct PriceSeries {
    /// Whose prices these are.
    pub asset: Asset,
    /// How the figures came about, one sentence.
    pub provenance: String,
    /// In order of time.
    pub points: Vec<PriceSample>,
}

impl PriceSeries {
    /// True if no exchange printed any of these prices.
    pub fn is_synthetic(&self) -> bool {
        self.points.iter().all(|point| point.synthetic)
    }

    /// The lowest published price, 1e-8 USD; 0 without prices.
    pub fn low(&self) -> i64 {
        let prices = self.points.iter().map(|point| point.price);
        prices.min().unwrap_or(0)
    }
}

/// One published price.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PriceSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// 1e-8 USD.
    pub price: i64,
    /// False only where an exchange printed this very price.
    pub synthetic: bool,
}

impl From<&AssetPath> for PriceSeries {
    fn from(path: &AssetPath) -> Self {
        Self {
            asset: path.asset,
            provenance: path.provenance.clone(),
            points: path
                .points
                .iter()
                .map(|point| PriceSample {
                    time: point.time,
                    price: point.price,
                    synthetic: point.synthetic,
                })
                .collect(),
        }
    }
}

/// One account through the run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AccountSeries {
    /// The trader's name.
    pub name: String,
    /// The group it belongs to, as in [`GroupRow::name`].
    pub group: String,
    /// Exposure over equity when opened.
    pub leverage: f64,
    /// In order of time.
    pub samples: Vec<HealthSample>,
    /// In order of time.
    pub events: Vec<AccountEvent>,
}

/// Health at one time, all in 1e-6 USD, as the program assessed it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct HealthSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// Equity of the maintenance view; negative when bankrupt.
    pub equity: i64,
    /// Maintenance requirement.
    pub maintenance: i64,
    /// Initial requirement.
    pub initial: i64,
}

/// Something that happened to an account.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AccountEvent {
    /// Unix seconds UTC.
    pub time: i64,
    /// What happened.
    pub kind: EventKind,
    /// 1e-6 USD; of what, [`EventKind`] says.
    pub amount: i64,
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Positions opened; the amount is their notional.
    Opened,
    /// Margin called; the amount is missing to the call level.
    Called,
    /// Liquidated; the amount is the notional closed.
    Liquidated,
    /// Bankrupt and settled; the amount is the loss the account left.
    Bankrupt,
}

/// One leg closed by a liquidation.
#[derive(Clone, Debug, Serialize)]
pub struct Liquidation {
    /// Unix seconds UTC.
    pub time: i64,
    /// The asset closed.
    pub asset: Asset,
    /// Price of the asset, 1e-8 USD.
    pub price: i64,
    /// Notional closed, 1e-6 USD.
    pub notional: i64,
    /// The keeper's part of the fee, 1e-6 USD.
    pub fee_keeper: i64,
    /// The insurance fund's part of the fee, 1e-6 USD.
    pub fee_insurance: i64,
    /// Whose position it was.
    pub trader: String,
}

/// One margin call.
#[derive(Clone, Debug, Serialize)]
pub struct MarginCall {
    /// Unix seconds UTC.
    pub time: i64,
    /// Who was called.
    pub trader: String,
    /// Missing to the call level, 1e-6 USD.
    pub shortage: i64,
}

/// Traders of one strategy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GroupRow {
    /// For example `long 3x`.
    pub name: String,
    /// Number of traders.
    pub traders: u32,
    /// Equity before the crash, 1e-6 USD.
    pub equity_before: i64,
    /// Equity after it, 1e-6 USD.
    pub equity_after: i64,
    /// Margin calls received.
    pub margin_calls: u32,
    /// Successful liquidations, each of any number of legs.
    pub liquidations: u32,
    /// Traders liquidated at least once.
    pub traders_liquidated: u32,
    /// Liquidation fees paid, 1e-6 USD.
    pub fees: i64,
}

/// Sums over the whole run, in 1e-6 USD.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Everything keepers earned: liquidation fees and order fees.
    pub keeper_income: i64,
    /// Insurance fund before the crash.
    pub insurance_before: i64,
    /// Insurance fund after it.
    pub insurance_after: i64,
    /// Net asset value of the pool before the crash.
    pub pool_before: i64,
    /// Net asset value of the pool after it.
    pub pool_after: i64,
    /// Losses accounts could not pay, by who bore them; empty if none.
    pub bad_debt: Vec<BadDebtShare>,
}

impl Totals {
    /// All bad debt, whoever bore it, in 1e-6 USD.
    pub fn bad_debt_total(&self) -> i64 {
        self.bad_debt.iter().map(|share| share.amount).sum()
    }
}

/// A part of the bad debt.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BadDebtShare {
    /// Who bore it, for example `insurance fund`.
    pub bearer: String,
    /// 1e-6 USD.
    pub amount: i64,
}

/// Money that changed hands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flow {
    /// Who paid.
    pub from: String,
    /// Who received.
    pub to: String,
    /// For what.
    pub purpose: String,
    /// 1e-6 USD.
    pub amount: i64,
}

/// Compute units of one instruction over the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComputeUse {
    /// Name as in the IDL.
    pub instruction: String,
    /// How often it succeeded.
    pub count: u64,
    /// Median of the compute units used.
    pub median: u64,
    /// Most compute units used.
    pub max: u64,
}

impl ComputeUse {
    /// Sums up the samples of one instruction; of an even number of samples
    /// the lower middle one is the median.
    pub fn from_samples(instruction: &str, samples: &[u64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let middle = sorted.len().saturating_sub(1) / 2;
        Self {
            instruction: instruction.to_owned(),
            count: sorted.len() as u64,
            median: sorted.get(middle).copied().unwrap_or(0),
            max: sorted.last().copied().unwrap_or(0),
        }
    }
}

/// What the vaults hold against what is claimed of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Conservation {
    /// How often all vaults were compared during the run.
    pub checks: u64,
    /// How many of these comparisons found a vault short.
    pub failures: u64,
    /// The last comparison, one line per token.
    pub lines: Vec<ConservationLine>,
}

impl Conservation {
    /// True if something was compared and every ledger and vault added up.
    pub fn holds(&self) -> bool {
        self.checks > 0
            && self.failures == 0
            && self
                .lines
                .iter()
                .all(|line| line.vault_total == line.claims_total)
    }
}

/// One token's vault, in its smallest unit (atoms).
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConservationLine {
    /// Ticker of the token.
    pub token: String,
    /// Atoms in the vault.
    pub vault_total: u64,
    /// Atoms claimed by all ledgers together, each rounded up.
    pub claims_total: u64,
}
