//! The file of parameters: an exchange as it is to be made.
//!
//! Amounts are whole tokens or whole dollars, shares are parts per million, rates of a year likewise,
//! deviations basis points, times seconds.

use std::path::Path;

use anyhow::{ensure, Context, Result};
use plimsoll::constants::{ASSET_SLOTS, SCENARIOS};
use plimsoll::instructions::{
    AssetParams, BankParams, ExchangeParams, MarketParams, Notices, PoolParams, RatesPpm, Roles,
};
use plimsoll::state::oracle_kind;
use serde::{Deserialize, Deserializer};
use solana_address::Address;

use crate::reasons::stripped;

const MICRO: u64 = 1_000_000;

/// Which cluster a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cluster {
    /// A node on this machine, or any that is none of the public ones.
    Localnet,
    /// Solana's devnet.
    Devnet,
    /// Solana's mainnet.
    Mainnet,
}

/// A whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where it may be used.
    pub cluster: Cluster,
    /// The exchange.
    pub exchange: Exchange,
    /// Assets by slot.
    pub assets: Vec<Asset>,
    /// Moves by slot, basis points.
    pub scenarios: Vec<Vec<i16>>,
    /// The pool.
    pub pool: Pool,
    /// Whether the program's code is handed over at the end.
    pub hand_over_code: bool,
}

/// Roles and parameters of the exchange.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Exchange {
    pub id: u64,
    /// Without one, nobody but the authority.
    #[serde(default, deserialize_with = "optional_address")]
    pub guardian: Option<Address>,
    pub notice_loosening_seconds: u32,
    pub notice_other_seconds: u32,
    pub call_level_ppm: u32,
    pub target_level_ppm: u32,
    pub deleverage_level_ppm: u32,
    pub keeper_share_ppm: u32,
    pub fee_to_insurance_ppm: u32,
    pub fee_to_protocol_ppm: u32,
    pub scenario_weight_maintenance_ppm: u32,
    pub scenario_weight_initial_ppm: u32,
    pub bankrupt_reward_usd: u64,
    pub min_keeper_fee_lamports: u64,
    pub insurance_target_usd: u64,
}

/// Four rates in parts per million.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Rates {
    pub maintenance_long: u32,
    pub initial_long: u32,
    pub maintenance_short: u32,
    pub initial_short: u32,
}

/// An asset with its bank and its market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Asset {
    /// Its name in messages and, of a test token, in its address.
    pub symbol: String,
    pub decimals: u8,
    pub oracle: Oracle,
    pub max_age_risk_seconds: u32,
    pub max_age_other_seconds: u32,
    pub floor_ppm: Rates,
    pub cap_ppm: Rates,
    pub volatility_floor_bps: u32,
    pub volatility_stress_bps: u32,
    pub volatility_start_bps: u32,
    pub size_beta_ppm: u32,
    pub size_n0_usd: u64,
    pub daily_volume_usd: u64,
    pub discount_least_ppm: u32,
    pub discount_most_ppm: u32,
    pub stake_pool: Option<StakePool>,
    pub bank: Option<Bank>,
    pub market: Option<Market>,
}

/// Where prices come from: updates of a Pyth pull feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Oracle {
    /// 64 hexadecimal digits.
    #[serde(deserialize_with = "feed_id")]
    pub feed_id: [u8; 32],
    #[serde(deserialize_with = "address")]
    pub receiver: Address,
    pub min_signatures: u8,
    pub max_confidence_ppm: u32,
}

/// What redeems a liquid-staking token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct StakePool {
    #[serde(deserialize_with = "address")]
    pub address: Address,
    #[serde(deserialize_with = "address")]
    pub program: Address,
    /// Symbol of what it redeems for.
    pub underlying: String,
}

/// A bank.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Bank {
    /// The token; without one a test token is made, on a local cluster.
    #[serde(default, deserialize_with = "optional_address")]
    pub mint: Option<Address>,
    pub is_quote: bool,
    pub deposit_cap: u64,
    pub borrow_cap: u64,
    pub outflow_limit: u64,
    pub rate_at_zero_ppm: u32,
    pub kink_ppm: u32,
    pub rate_at_kink_ppm: u32,
    pub rate_at_full_ppm: u32,
    pub utilisation_cap_ppm: u32,
    pub reserve_share_ppm: u32,
}

/// A market; sizes in whole units of its base.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Market {
    pub scale: u64,
    pub max_skew: u64,
    pub max_open_interest: u64,
    pub open_interest_low: u64,
    pub open_interest_high: u64,
    pub spread_ppm: u32,
    pub daily_funding_ppm: u32,
    pub taker_fee_ppm: u32,
    pub liquidation_fee_ppm: u32,
    pub order_delay_seconds: u32,
    pub profit_weight_ppm: u32,
}

/// The pool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "each is a parameter of the program, which describes it"
)]
pub struct Pool {
    pub cool_down_seconds: u32,
    pub outflow_window_seconds: u32,
    pub outflow_ppm: u32,
    /// Paid by the authority; 0 leaves the pool empty.
    pub first_deposit_usd: u64,
}

impl Params {
    /// From a file.
    ///
    /// # Errors
    /// A file that cannot be read, numbers without reasons, fields that are missing or unknown, more than a
    /// book holds, not exactly one quote, test tokens elsewhere than on a local cluster.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the parameters in {}", path.display()))?;
        Self::of(&text).with_context(|| format!("{}", path.display()))
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(text: &str) -> Result<Self> {
        let params: Self = serde_json::from_value(stripped(serde_json::from_str(text)?)?)?;
        ensure!(
            params.assets.len() <= ASSET_SLOTS && params.scenarios.len() <= SCENARIOS,
            "expected at most {ASSET_SLOTS} assets and {SCENARIOS} scenarios, found {} and {}",
            params.assets.len(),
            params.scenarios.len()
        );
        let banks = || params.assets.iter().filter_map(|asset| asset.bank.as_ref());
        let quotes = banks().filter(|bank| bank.is_quote).count();
        ensure!(quotes == 1, "expected one quote bank, found {quotes}");
        let made = banks().filter(|bank| bank.mint.is_none()).count();
        ensure!(
            made == 0 || params.cluster == Cluster::Localnet,
            "expected a mint for every bank, found {made} without: test tokens are for local clusters"
        );
        for slot in params.slots() {
            params.asset_params(slot)?;
        }
        Ok(params)
    }

    /// Slots of the assets.
    pub fn slots(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).take(self.assets.len())
    }

    /// The asset in a slot.
    ///
    /// # Errors
    /// No asset in the slot.
    pub fn asset(&self, slot: u8) -> Result<&Asset> {
        let asset = self.assets.get(usize::from(slot));
        asset.with_context(|| format!("expected an asset in slot {slot}, found none"))
    }

    /// Slot of the quote token.
    ///
    /// # Errors
    /// None, which [`Self::of`] excludes.
    pub fn quote_slot(&self) -> Result<u8> {
        let is_quote = |asset: &Asset| asset.bank.as_ref().is_some_and(|bank| bank.is_quote);
        let mut assets = self.slots().zip(&self.assets);
        let found = assets.find(|(_, asset)| is_quote(asset));
        found.map(|(slot, _)| slot).context("expected a quote bank")
    }

    /// Roles as the program takes them.
    pub fn roles(&self, authority: Address) -> Roles {
        Roles {
            authority,
            guardian: self.exchange.guardian.unwrap_or_default(),
            notices: Notices {
                loosening: self.exchange.notice_loosening_seconds,
                other: self.exchange.notice_other_seconds,
            },
        }
    }

    /// Parameters of the exchange as the program takes them.
    pub fn exchange_params(&self) -> ExchangeParams {
        let exchange = &self.exchange;
        ExchangeParams {
            call_level_ppm: exchange.call_level_ppm,
            target_level_ppm: exchange.target_level_ppm,
            deleverage_level_ppm: exchange.deleverage_level_ppm,
            keeper_share_ppm: exchange.keeper_share_ppm,
            fee_to_insurance_ppm: exchange.fee_to_insurance_ppm,
            fee_to_protocol_ppm: exchange.fee_to_protocol_ppm,
            scenario_weight_maintenance_ppm: exchange.scenario_weight_maintenance_ppm,
            scenario_weight_initial_ppm: exchange.scenario_weight_initial_ppm,
            bankrupt_reward: exchange.bankrupt_reward_usd.saturating_mul(MICRO),
            min_keeper_fee: exchange.min_keeper_fee_lamports,
            insurance_target: exchange.insurance_target_usd.saturating_mul(MICRO),
        }
    }

    /// Parameters of an asset as the program takes them.
    ///
    /// # Errors
    /// An unknown underlying, amounts beyond 64 bits.
    pub fn asset_params(&self, slot: u8) -> Result<AssetParams> {
        let asset = self.asset(slot)?;
        let stake_pool = asset.stake_pool.as_ref();
        let underlying = stake_pool.map(|pool| self.slot_of(&pool.underlying));
        Ok(AssetParams {
            feed_id: asset.oracle.feed_id,
            oracle_kind: oracle_kind::PULL,
            oracle_program: asset.oracle.receiver,
            oracle_account: Address::default(),
            min_signatures: asset.oracle.min_signatures,
            decimals: asset.decimals,
            max_confidence_ppm: asset.oracle.max_confidence_ppm,
            max_age_risk: asset.max_age_risk_seconds,
            max_age_other: asset.max_age_other_seconds,
            floor: asset.floor_ppm.into(),
            cap: asset.cap_ppm.into(),
            volatility_floor_bps: asset.volatility_floor_bps,
            volatility_stress_bps: asset.volatility_stress_bps,
            volatility_start_bps: asset.volatility_start_bps,
            size_beta_ppm: asset.size_beta_ppm,
            size_n0: scaled(asset.size_n0_usd, MICRO)?,
            daily_volume: scaled(asset.daily_volume_usd, MICRO)?,
            discount_least_ppm: asset.discount_least_ppm,
            discount_most_ppm: asset.discount_most_ppm,
            stake_pool: stake_pool.map(|pool| pool.address).unwrap_or_default(),
            stake_program: stake_pool.map(|pool| pool.program).unwrap_or_default(),
            underlying: underlying.transpose()?.unwrap_or_default(),
        })
    }

    fn slot_of(&self, symbol: &str) -> Result<u8> {
        let mut assets = self.slots().zip(&self.assets);
        let found = assets.find(|(_, asset)| asset.symbol == symbol);
        let slot = found.map(|(slot, _)| slot);
        slot.with_context(|| format!("expected an asset {symbol}, found none of that symbol"))
    }

    /// Parameters of the pool as the program takes them.
    pub fn pool_params(&self) -> PoolParams {
        PoolParams {
            cool_down: self.pool.cool_down_seconds,
            outflow_window: self.pool.outflow_window_seconds,
            outflow_ppm: self.pool.outflow_ppm,
        }
    }

    /// Quote atoms of the first deposit.
    pub fn first_deposit(&self) -> u64 {
        self.pool.first_deposit_usd.saturating_mul(MICRO)
    }
}

impl Asset {
    /// Parameters of its bank as the program takes them.
    ///
    /// # Errors
    /// Amounts beyond 64 bits.
    pub fn bank_params(&self) -> Result<Option<BankParams>> {
        let of = |bank: &Bank| {
            Ok(BankParams {
                deposit_cap: self.atoms(bank.deposit_cap)?,
                borrow_cap: self.atoms(bank.borrow_cap)?,
                outflow_limit: self.atoms(bank.outflow_limit)?,
                is_quote: bank.is_quote,
                rate_at_zero_ppm: bank.rate_at_zero_ppm,
                kink_ppm: bank.kink_ppm,
                rate_at_kink_ppm: bank.rate_at_kink_ppm,
                rate_at_full_ppm: bank.rate_at_full_ppm,
                utilisation_cap_ppm: bank.utilisation_cap_ppm,
                reserve_share_ppm: bank.reserve_share_ppm,
            })
        };
        self.bank.as_ref().map(of).transpose()
    }

    /// Parameters of its market as the program takes them.
    ///
    /// # Errors
    /// Amounts beyond 64 bits.
    pub fn market_params(&self) -> Result<Option<MarketParams>> {
        let of = |market: &Market| {
            Ok(MarketParams {
                scale: self.atoms(market.scale)?,
                max_skew: self.atoms(market.max_skew)?,
                max_open_interest: self.atoms(market.max_open_interest)?,
                open_interest_low: self.atoms(market.open_interest_low)?,
                open_interest_high: self.atoms(market.open_interest_high)?,
                spread_ppm: market.spread_ppm,
                daily_funding_ppm: market.daily_funding_ppm,
                taker_fee_ppm: market.taker_fee_ppm,
                liquidation_fee_ppm: market.liquidation_fee_ppm,
                order_delay: market.order_delay_seconds,
                profit_weight_ppm: market.profit_weight_ppm,
            })
        };
        self.market.as_ref().map(of).transpose()
    }

    /// Whole tokens as atoms.
    ///
    /// # Errors
    /// Beyond 64 bits.
    pub fn atoms(&self, whole: u64) -> Result<u64> {
        let one = 10u64.checked_pow(u32::from(self.decimals));
        scaled(whole, one.unwrap_or(u64::MAX)).with_context(|| self.symbol.clone())
    }
}

fn scaled(whole: u64, by: u64) -> Result<u64> {
    let atoms = whole.checked_mul(by);
    atoms.with_context(|| format!("expected at most {}, found {whole}", u64::MAX / by))
}

impl From<Rates> for RatesPpm {
    fn from(rates: Rates) -> Self {
        Self {
            maintenance_long: rates.maintenance_long,
            maintenance_short: rates.maintenance_short,
            initial_long: rates.initial_long,
            initial_short: rates.initial_short,
        }
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    parse_address(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn optional_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Address>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let address = text.map(|text| parse_address(&text)).transpose();
    address.map_err(serde::de::Error::custom)
}

/// An address in base 58.
///
/// # Errors
/// Anything else.
pub fn parse_address(text: &str) -> Result<Address> {
    text.parse()
        .map_err(|_| anyhow::anyhow!("expected an address in base 58, found {text:?}"))
}

fn feed_id<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(from)?;
    parse_feed(&text).map_err(serde::de::Error::custom)
}

fn parse_feed(text: &str) -> Result<[u8; 32]> {
    let mut id = [0; 32];
    hex::decode_to_slice(text, &mut id)
        .map_err(|_| anyhow::anyhow!("expected 64 hexadecimal digits, found {text:?}"))?;
    Ok(id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests;
