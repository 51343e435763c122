//! What a world is made of, unless a test says otherwise: the defaults of the risk model.

use crate::amounts::{atoms, usdc};
use crate::pyth::{PUSH_PROGRAM, RECEIVER};
use crate::scenarios::STAKED_SOL;
use crate::stake_pool::{StakePool, SPL};
use crate::tokens::Token;
use crate::world::wallet;
use plimsoll::instructions::{
    AssetParams, BankParams, ExchangeParams, MarketParams, Notices, PoolParams, RatesPpm, Roles,
};
use plimsoll::state::oracle_kind;
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_signer::Signer;

/// Slot of USDC, the quote token.
pub const USDC: u8 = 0;
/// Slot of SOL.
pub const SOL: u8 = 1;
/// Slot of BTC.
pub const BTC: u8 = 2;
/// Slot of ETH.
pub const ETH: u8 = 3;
/// Slot of JitoSOL where a world lists it.
pub const JITOSOL: u8 = STAKED_SOL;

const USDC_FEED: &str = "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a";
const SOL_FEED: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const BTC_FEED: &str = "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43";
const ETH_FEED: &str = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace";
const JITOSOL_FEED: &str = "67be9f519b95cf24338801051f9a808eff0a578ccb388db73b7f6fe1de019ffb";
const JITOSOL_POOL: Address =
    Address::from_str_const("Jito4APyf642JPZPx3hGc6WWJ8zPKtRbRs4P815Awbb");

/// One asset of a world.
#[derive(Clone, Debug)]
pub struct AssetSpec {
    /// Its name in messages.
    pub symbol: String,
    /// First price in dollars.
    pub price: f64,
    /// Usual confidence in parts per million of the price.
    pub conf_ppm: u64,
    /// Whose token it is.
    pub token: Token,
    /// As listed. The address of a push feed is filled in when the world is made.
    pub params: AssetParams,
    /// Its bank, if any.
    pub bank: Option<BankParams>,
    /// Its market, if any.
    pub market: Option<MarketParams>,
    /// Its stake pool, if it is a liquid-staking token.
    pub stake_pool: Option<StakePool>,
}

/// A whole world.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Parameters of the exchange. The authority is filled in when the world is made.
    pub exchange: ExchangeParams,
    /// Roles; the creator is the authority.
    pub roles: Roles,
    /// Assets by slot; slot 0 is the quote.
    pub assets: Vec<AssetSpec>,
    /// Stress scenarios: moves by slot, basis points.
    pub scenarios: Vec<Vec<i16>>,
    /// Quote atoms paid into insurance before launch; 0 pays nothing.
    pub insurance: u64,
    /// Parameters of the pool.
    pub pool: PoolParams,
    /// Quote atoms of the first deposit into the pool; 0 leaves the pool empty.
    pub pool_deposit: u64,
    /// Whether the world is launched.
    pub launch: bool,
    /// Clock at the start, unix seconds.
    pub start: i64,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            exchange: exchange_params(),
            roles: roles(),
            assets: vec![usdc_spec(), sol_spec(), btc_spec(), eth_spec()],
            scenarios: Vec::new(),
            insurance: usdc(100_000).atoms,
            pool: PoolParams {
                cool_down: 60,
                outflow_window: 6 * 3_600,
                outflow_ppm: 250_000,
            },
            pool_deposit: usdc(10_000_000).atoms,
            launch: true,
            start: 1_790_000_000,
        }
    }
}

impl Spec {
    /// The asset in `slot`.
    pub fn asset(&mut self, slot: u8) -> &mut AssetSpec {
        &mut self.assets[usize::from(slot)]
    }

    /// Parameters of the asset in `slot`.
    pub fn params(&mut self, slot: u8) -> &mut AssetParams {
        &mut self.asset(slot).params
    }

    /// Parameters of the bank in `slot`.
    pub fn bank(&mut self, slot: u8) -> &mut BankParams {
        self.asset(slot)
            .bank
            .as_mut()
            .expect("the asset has a bank")
    }

    /// Parameters of the market in `slot`.
    pub fn market(&mut self, slot: u8) -> &mut MarketParams {
        self.asset(slot)
            .market
            .as_mut()
            .expect("the asset has a market")
    }

    /// Adds assets worth 10 dollars, 6 decimals, with bank and market, until there are `total`.
    pub fn fill_up_to(&mut self, total: usize) {
        while self.assets.len() < total {
            let symbol = format!("SYN{}", self.assets.len());
            self.assets.push(synthetic_spec(&symbol));
        }
    }

    /// Adds JitoSOL as slot 4, with a bank and without a market: SOL's rates and volatility, and 5% of
    /// themselves more. A stake pool redeems it for 1.2 SOL, and its market pays as much.
    pub fn with_liquid_staking(&mut self) {
        assert_eq!(self.assets.len(), usize::from(JITOSOL), "slot 4 is free");
        let sol = self.params(SOL).clone();
        self.assets.push(jitosol_spec(sol));
    }

    /// Lets every asset take its price from a push account.
    pub fn push_feeds(&mut self) {
        for asset in &mut self.assets {
            asset.params.oracle_kind = oracle_kind::PUSH;
            asset.params.oracle_program = PUSH_PROGRAM;
        }
    }

    /// Gives USDC, SOL, BTC and ETH the measured rates and the terms of size of the risk model, and the
    /// book its [scenarios](crate::scenarios).
    pub fn measured(&mut self) {
        for model in &MODELS {
            let (maintenance, initial) = model.floor;
            let params = self.params(model.slot);
            params.floor = rates_ppm([maintenance, initial, 2 * maintenance, 2 * initial]);
            params.cap = rates_ppm(MEASURED_CAP);
            (
                params.volatility_floor_bps,
                params.volatility_stress_bps,
                params.volatility_start_bps,
            ) = model.volatility;
            if model.n0 > 0 {
                params.size_beta_ppm = MEASURED_BETA_PPM;
            }
            params.size_n0 = model.n0 * 1_000_000;
            params.daily_volume = model.volume * 1_000_000;
            if model.slot != USDC {
                let market = self.market(model.slot);
                market.scale *= MEASURED_DEPTH;
                market.max_skew = market.scale / 1_000_000 * model.max_skew_ppm;
            }
        }
        self.scenarios = crate::scenarios::defaults();
    }

    /// No confidence, spread, fee or impact worth naming: prices are what they are called.
    pub fn frictionless(&mut self) {
        for asset in &mut self.assets {
            asset.conf_ppm = 0;
            if let Some(market) = &mut asset.market {
                market.spread_ppm = 0;
                market.taker_fee_ppm = 0;
                market.daily_funding_ppm = 0;
            }
        }
    }
}

/// 32 bytes that stand for a name.
pub fn hash(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

fn roles() -> Roles {
    Roles {
        authority: Address::default(),
        guardian: wallet("guardian").pubkey(),
        notices: Notices {
            loosening: 72 * 3_600,
            other: 24 * 3_600,
        },
    }
}

fn exchange_params() -> ExchangeParams {
    ExchangeParams {
        call_level_ppm: 400_000,
        target_level_ppm: 600_000,
        deleverage_level_ppm: 800_000,
        keeper_share_ppm: 700_000,
        fee_to_insurance_ppm: 100_000,
        fee_to_protocol_ppm: 100_000,
        scenario_weight_maintenance_ppm: 300_000,
        scenario_weight_initial_ppm: 375_000,
        bankrupt_reward: usdc(5).atoms,
        min_keeper_fee: 50_000,
        insurance_target: usdc(100_000).atoms,
    }
}

/// Rates for longs: maintenance, initial; then for shorts, all in parts per million.
type FourRates = [u32; 4];

fn rates_ppm(rates: FourRates) -> RatesPpm {
    let [maintenance_long, initial_long, maintenance_short, initial_short] = rates;
    RatesPpm {
        maintenance_long,
        maintenance_short,
        initial_long,
        initial_short,
    }
}

/// Fixes the rates of longs: maintenance, initial, in parts per million.
pub fn fix_long(params: &mut AssetParams, maintenance: u32, initial: u32) {
    for rates in [&mut params.floor, &mut params.cap] {
        (rates.maintenance_long, rates.initial_long) = (maintenance, initial);
    }
}

/// Fixes the rates of shorts: maintenance, initial, in parts per million.
pub fn fix_short(params: &mut AssetParams, maintenance: u32, initial: u32) {
    for rates in [&mut params.floor, &mut params.cap] {
        (rates.maintenance_short, rates.initial_short) = (maintenance, initial);
    }
}

/// An asset with fixed rates and without terms of size.
fn asset_params(feed_id: [u8; 32], decimals: u8, conf_ppm: u32, rates: FourRates) -> AssetParams {
    AssetParams {
        feed_id,
        oracle_kind: oracle_kind::PULL,
        oracle_program: RECEIVER,
        oracle_account: Address::default(),
        min_signatures: 0,
        decimals,
        max_confidence_ppm: conf_ppm,
        max_age_risk: 75,
        max_age_other: 90,
        floor: rates_ppm(rates),
        cap: rates_ppm(rates),
        volatility_floor_bps: 8_000,
        volatility_stress_bps: 22_000,
        volatility_start_bps: 11_000,
        size_beta_ppm: 0,
        size_n0: 0,
        daily_volume: 0,
        discount_least_ppm: 10_000,
        discount_most_ppm: 50_000,
        stake_pool: Address::default(),
        stake_program: Address::default(),
        underlying: 0,
    }
}

/// The model of one asset of [`Spec::measured`].
struct ModelSpec {
    slot: u8,
    /// Least maintenance and initial rate of longs in parts per million; twice that for shorts.
    floor: (u32, u32),
    /// Yearly deviations in basis points: floor, stress, start.
    volatility: (u32, u32, u32),
    /// n0 in dollars; 0 is no term of size.
    n0: u64,
    /// Volume of a day in dollars.
    volume: u64,
    /// Largest skew in parts per million of the scale. By F-10 the least rate of the model has to pay for
    /// closing at it; it is a quarter of what that admits, because by F-5 no hedged book needs less than
    /// twice it and the confidence, and the correlation is to decide before that does.
    max_skew_ppm: u64,
}

const MODELS: [ModelSpec; 4] = [
    ModelSpec {
        slot: USDC,
        floor: (2_000, 2_500),
        volatility: (100, 1_000, 200),
        n0: 0,
        volume: 0,
        max_skew_ppm: 0,
    },
    ModelSpec {
        slot: SOL,
        floor: (5_000, 6_250),
        volatility: (8_000, 22_000, 11_000),
        n0: 2_000_000,
        volume: 2_000_000_000,
        max_skew_ppm: 7_000,
    },
    ModelSpec {
        slot: BTC,
        floor: (5_000, 6_250),
        volatility: (4_500, 15_000, 6_000),
        n0: 20_000_000,
        volume: 20_000_000_000,
        max_skew_ppm: 4_500,
    },
    ModelSpec {
        slot: ETH,
        floor: (5_000, 6_250),
        volatility: (5_500, 18_000, 7_500),
        n0: 10_000_000,
        volume: 10_000_000_000,
        max_skew_ppm: 5_750,
    },
];
const MEASURED_BETA_PPM: u32 = 100_000;
/// Times as deep as with fixed rates: 420 to 800 million dollars move a price by its own size. Caps of
/// open interest stay where they are.
const MEASURED_DEPTH: u64 = 4;
/// Caps of measured rates in the order of [`FourRates`].
const MEASURED_CAP: FourRates = [600_000, 750_000, 1_200_000, 1_500_000];

fn market_params(scale: u64, max_skew_ppm: u64) -> MarketParams {
    MarketParams {
        scale,
        max_skew: scale / 1_000_000 * max_skew_ppm,
        max_open_interest: scale / 4,
        open_interest_low: 0,
        open_interest_high: 0,
        spread_ppm: 100,
        daily_funding_ppm: 1_000_000,
        taker_fee_ppm: 500,
        liquidation_fee_ppm: 10_000,
        order_delay: 12,
        profit_weight_ppm: 500_000,
    }
}

fn bank_params(deposit_cap: u64, is_quote: bool) -> BankParams {
    BankParams {
        deposit_cap,
        borrow_cap: deposit_cap,
        outflow_limit: deposit_cap,
        is_quote,
        rate_at_zero_ppm: 80_000,
        kink_ppm: 850_000,
        rate_at_kink_ppm: 80_000,
        rate_at_full_ppm: 900_000,
        utilisation_cap_ppm: if is_quote { 600_000 } else { 850_000 },
        reserve_share_ppm: 100_000,
    }
}

fn usdc_spec() -> AssetSpec {
    let rates = [3_300, 4_700, 3_300, 4_700];
    let mut params = asset_params(feed(USDC_FEED), 6, 5_000, rates);
    (params.discount_least_ppm, params.discount_most_ppm) = (1_000, 5_000);
    AssetSpec {
        symbol: "USDC".into(),
        price: 1.0,
        conf_ppm: 0,
        token: Token::Spl,
        params,
        bank: Some(bank_params(atoms(1e9, 6), true)),
        market: None,
        stake_pool: None,
    }
}

fn sol_spec() -> AssetSpec {
    let rates = [91_000, 126_000, 100_100, 144_100];
    let mut params = asset_params(feed(SOL_FEED), 9, 10_000, rates);
    (params.discount_least_ppm, params.discount_most_ppm) = (15_000, 60_000);
    AssetSpec {
        symbol: "SOL".into(),
        price: 150.0,
        conf_ppm: 400,
        token: Token::Spl,
        params,
        bank: Some(bank_params(atoms(2e6, 9), false)),
        market: Some(market_params(atoms(700_000, 9), 40_000)),
        stake_pool: None,
    }
}

fn btc_spec() -> AssetSpec {
    let rates = [58_000, 82_000, 61_600, 89_300];
    AssetSpec {
        symbol: "BTC".into(),
        price: 100_000.0,
        conf_ppm: 200,
        token: Token::Spl,
        params: asset_params(feed(BTC_FEED), 8, 5_000, rates),
        bank: Some(bank_params(atoms(10_000, 8), false)),
        market: Some(market_params(atoms(2_000, 8), 24_000)),
        stake_pool: None,
    }
}

fn eth_spec() -> AssetSpec {
    let rates = [71_000, 99_000, 76_400, 109_900];
    AssetSpec {
        symbol: "ETH".into(),
        price: 4_000.0,
        conf_ppm: 300,
        token: Token::Spl,
        params: asset_params(feed(ETH_FEED), 8, 7_500, rates),
        bank: Some(bank_params(atoms(200_000, 8), false)),
        market: Some(market_params(atoms(40_000, 8), 30_000)),
        stake_pool: None,
    }
}

fn jitosol_spec(sol: AssetParams) -> AssetSpec {
    // Up: 1.25 times maintenance stays that.
    let more = |rate: u32| (rate * 21).div_ceil(20);
    let rates = |rates: RatesPpm| RatesPpm {
        maintenance_long: more(rates.maintenance_long),
        maintenance_short: more(rates.maintenance_short),
        initial_long: more(rates.initial_long),
        initial_short: more(rates.initial_short),
    };
    AssetSpec {
        token: Token::Spl,
        symbol: "JITOSOL".into(),
        price: 180.0,
        conf_ppm: 400,
        params: AssetParams {
            feed_id: feed(JITOSOL_FEED),
            max_confidence_ppm: 15_000,
            floor: rates(sol.floor),
            cap: rates(sol.cap),
            volatility_floor_bps: more(sol.volatility_floor_bps),
            volatility_stress_bps: more(sol.volatility_stress_bps),
            volatility_start_bps: more(sol.volatility_start_bps),
            discount_least_ppm: 20_000,
            discount_most_ppm: 70_000,
            stake_pool: JITOSOL_POOL,
            stake_program: SPL,
            underlying: SOL,
            ..sol
        },
        bank: Some(bank_params(atoms(1e6, 9), false)),
        market: None,
        stake_pool: Some(StakePool::redeeming(1.2)),
    }
}

fn synthetic_spec(symbol: &str) -> AssetSpec {
    let rates = [100_000, 150_000, 110_000, 165_000];
    AssetSpec {
        symbol: symbol.into(),
        price: 10.0,
        conf_ppm: 400,
        token: Token::Spl,
        params: asset_params(hash(symbol), 6, 10_000, rates),
        bank: Some(bank_params(atoms(1e8, 6), false)),
        market: Some(market_params(atoms(1e7, 6), 40_000)),
        stake_pool: None,
    }
}

fn feed(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).expect("64 hexadecimal digits");
    bytes
}
