//! An exchange out of nothing, by the program's own listing: for the scale measurement, for tests, and for a
//! node that takes accounts as they are given.
#![allow(
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "numbers of this file's own making"
)]

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use bytemuck::Pod;
use plimsoll::instructions::crank::sync::{write_funding, write_marks};
use plimsoll::instructions::list_asset::list;
use plimsoll::instructions::list_market::closing_ceil;
use plimsoll::instructions::{AssetParams, BankParams, MarketParams, RatesPpm};
use plimsoll::oracle::pyth_pull::RECEIVER;
use plimsoll::state::{
    listed, oracle_kind, Bank, MarginAccount, Market, Pool, PositionSlot, RiskBook,
};
use plimsoll_client::address;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::lending::Lending;
use plimsoll_engine::price::{OraclePrice, PriceBand};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use solana_address::Address;

use crate::book::World;

/// Slot of the quote token.
pub const QUOTE: u8 = 0;
/// Slot of SOL, the first of the assets with a bank and a market.
pub const SOL: u8 = 1;
/// Slot of BTC.
pub const BTC: u8 = 2;

/// Name, decimals, price in dollars, maintenance and initial rate in parts per million, and scale of the
/// market in whole tokens.
const ASSETS: [(u8, f64, [u32; 4], u64); 8] = [
    (6, 1.0, [3_300, 4_700, 3_300, 4_700], 0),
    (9, 150.0, [91_000, 126_000, 100_100, 144_100], 7_000_000),
    (8, 100_000.0, [58_000, 82_000, 61_600, 89_300], 20_000),
    (8, 4_000.0, [71_000, 99_000, 76_400, 109_900], 400_000),
    (6, 10.0, [100_000, 140_000, 110_000, 160_000], 90_000_000),
    (6, 2.0, [120_000, 170_000, 130_000, 190_000], 400_000_000),
    (9, 30.0, [110_000, 150_000, 120_000, 170_000], 30_000_000),
    (8, 0.5, [130_000, 190_000, 150_000, 220_000], 400_000_000),
];

/// An exchange under construction.
pub struct Exchange {
    /// Address of the risk book.
    pub key: Address,
    /// Clock, unix seconds.
    pub now: i64,
    /// The book.
    pub book: Box<RiskBook>,
    /// Markets by slot.
    pub markets: BTreeMap<u8, Box<Market>>,
    /// Banks by slot.
    pub banks: BTreeMap<u8, Box<Bank>>,
    /// The pool.
    pub pool: Box<Pool>,
    /// Margin accounts.
    pub accounts: BTreeMap<Address, Box<MarginAccount>>,
}

fn zeroed<T: Pod>() -> Box<T> {
    bytemuck::allocation::zeroed_box()
}

/// Address number `seed` of a kind.
pub fn wallet(kind: u8, seed: u64) -> Address {
    let mut bytes = [kind; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Address::new_from_array(bytes)
}

fn rates(rates: [u32; 4]) -> RatesPpm {
    let [maintenance_long, initial_long, maintenance_short, initial_short] = rates;
    RatesPpm {
        maintenance_long,
        maintenance_short,
        initial_long,
        initial_short,
    }
}

/// A price of 1e-8 dollars as a band; the confidence is 4 basis points.
pub fn band(dollars: f64, decimals: u8) -> PriceBand {
    let price = (dollars * 1e8).round() as u64;
    let feed = OraclePrice {
        price,
        confidence: price / 2_500,
        ema: price,
        exponent: -8,
    };
    PriceBand::new(feed, decimals).expect("a price in range")
}

impl Exchange {
    /// With the quote token and seven assets, each with a bank, a market and a price of `now`.
    pub fn new(now: i64) -> Self {
        let mut new = Self {
            key: wallet(9, 1),
            now,
            book: zeroed(),
            markets: BTreeMap::new(),
            banks: BTreeMap::new(),
            pool: zeroed(),
            accounts: BTreeMap::new(),
        };
        let book = &mut new.book;
        book.exchange = wallet(8, 1);
        book.call_level = Fixed::ratio(1, 4).0;
        book.target_level = Fixed::ratio(1, 2).0;
        book.deleverage_level = Fixed::ratio(3, 4).0;
        book.keeper_share = Fixed::ratio(1, 2).0;
        book.insurance_multiplier = Fixed::ONE.0;
        book.scenario_weight_maintenance = Fixed::ratio(8, 10).0;
        book.scenario_weight_initial = Fixed::ONE.0;
        book.launched = 1;
        book.scenario_count = 2;
        for slot in 1..ASSETS.len() {
            (book.scenarios[0][slot], book.scenarios[1][slot]) = (-2_000, 2_500);
        }
        for (slot, (decimals, price, four, scale)) in (0u8..).zip(ASSETS) {
            new.list((slot, decimals, four));
            new.price(slot, price);
            new.open_bank(slot, decimals);
            if scale > 0 {
                new.open_market(slot, scale * 10u64.pow(decimals.into()));
            }
        }
        new.pool.book = new.key;
        new.pool.cash = 100_000_000_000_000;
        new.pool.lp_mint = address::lp_mint(&address::pool(&new.key));
        new
    }

    fn list(&mut self, (slot, decimals, four): (u8, u8, [u32; 4])) {
        let params = AssetParams {
            feed_id: [slot.wrapping_add(1); 32],
            oracle_kind: oracle_kind::PULL,
            oracle_program: RECEIVER,
            oracle_account: Address::default(),
            min_signatures: 0,
            decimals,
            max_confidence_ppm: 10_000,
            max_age_risk: 75,
            max_age_other: 90,
            floor: rates(four),
            cap: rates(four),
            volatility_floor_bps: 8_000,
            volatility_stress_bps: 22_000,
            volatility_start_bps: 11_000,
            size_beta_ppm: if slot == QUOTE { 0 } else { 100_000 },
            size_n0: if slot == QUOTE { 0 } else { 2_000_000_000_000 },
            daily_volume: if slot == QUOTE {
                0
            } else {
                2_000_000_000_000_000
            },
            discount_least_ppm: 10_000,
            discount_most_ppm: 50_000,
            stake_pool: Address::default(),
            stake_program: Address::default(),
            underlying: 0,
        };
        list(&mut self.book, self.key, &params, self.now).expect("sound parameters");
    }

    fn open_bank(&mut self, slot: u8, decimals: u8) {
        let mut bank: Box<Bank> = zeroed();
        bank.book = self.key;
        bank.slot = slot;
        bank.decimals = decimals;
        bank.mint = wallet(7, slot.into());
        bank.set_lending(&Lending::EMPTY);
        BankParams {
            deposit_cap: u64::MAX / 4,
            borrow_cap: u64::MAX / 4,
            outflow_limit: u64::MAX / 4,
            is_quote: slot == QUOTE,
            rate_at_zero_ppm: 80_000,
            kink_ppm: 850_000,
            rate_at_kink_ppm: 80_000,
            rate_at_full_ppm: 900_000,
            utilisation_cap_ppm: 850_000,
            reserve_share_ppm: 100_000,
        }
        .write(&mut bank);
        let asset = &mut self.book.assets[usize::from(slot)];
        asset.listed |= listed::BANK;
        asset.index_time = self.now;
        // 10% a year.
        asset.borrow_gain = asset.borrow_index / 315_360_000;
        self.banks.insert(slot, bank);
    }

    fn open_market(&mut self, slot: u8, scale: u64) {
        let mut market: Box<Market> = zeroed();
        market.book = self.key;
        market.slot = slot;
        let params = MarketParams {
            scale,
            max_skew: scale / 50,
            max_open_interest: scale / 4,
            open_interest_low: 0,
            open_interest_high: 0,
            spread_ppm: 100,
            daily_funding_ppm: 1_000_000,
            taker_fee_ppm: 500,
            liquidation_fee_ppm: 10_000,
            order_delay: 12,
            profit_weight_ppm: 500_000,
        };
        let asset = &mut self.book.assets[usize::from(slot)];
        params.write(&mut market, asset).expect("sound parameters");
        asset.listed |= listed::MARKET;
        asset.closing = closing_ceil(&market, asset).expect("in range");
        write_marks(asset, &market).expect("in range");
        write_funding(asset, &market, self.now).expect("in range");
        self.markets.insert(slot, market);
    }

    /// A price for an asset, published now.
    pub fn price(&mut self, slot: u8, dollars: f64) {
        let asset = &mut self.book.assets[usize::from(slot)];
        let band = band(dollars, asset.decimals);
        asset.set_band(&band).expect("in range");
        asset.previous_publish_time = asset.publish_time;
        asset.publish_time = self.now;
        self.book.newest_publish_time = self.now;
        if slot == QUOTE {
            self.book.quote_slot = QUOTE;
        }
    }

    /// Lets time pass; every price stays as fresh as it is.
    pub fn advance(&mut self, seconds: i64) {
        self.now += seconds;
        let count = usize::from(self.book.asset_count);
        for asset in &mut self.book.assets[..count] {
            asset.publish_time += seconds;
        }
    }

    /// Margin account number `seed`, with a quote deposit in dollars.
    pub fn open(&mut self, seed: u64, dollars: i64) -> Address {
        self.open_for((wallet(6, seed), wallet(5, seed)), dollars)
    }

    /// The margin account at an address, of an owner.
    pub fn open_for(&mut self, (key, owner): (Address, Address), dollars: i64) -> Address {
        let mut account: Box<MarginAccount> = zeroed();
        account.owner = owner;
        account.book = self.key;
        account.generation = 1;
        account.balances[0].slot = QUOTE;
        account.balances[0].amount = dollars * 1_000_000;
        self.banks.get_mut(&QUOTE).expect("listed").deposits +=
            account.balances[0].amount.unsigned_abs();
        self.accounts.insert(key, account);
        key
    }

    /// Dollars of an asset in atoms, at the book's price.
    pub fn atoms(&self, slot: u8, dollars: f64) -> i64 {
        let band = self.book.assets[usize::from(slot)].band();
        let per_dollar = band.inverse_floor(band.spot).expect("priced");
        let atoms = per_dollar
            .atoms_floor((dollars.abs() * 1e6) as u64)
            .expect("in range");
        let atoms = i64::try_from(atoms).expect("in range");
        if dollars < 0.0 {
            -atoms
        } else {
            atoms
        }
    }

    /// Gives an account a deposit, or with negative dollars a debt, at the book's price.
    pub fn hold(&mut self, key: &Address, slot: u8, dollars: f64) {
        let atoms = self.atoms(slot, dollars);
        // A share of a debt begins at 2^-10 of an atom.
        let amount = if atoms < 0 { atoms * 1_024 } else { atoms };
        let bank = self.banks.get_mut(&slot).expect("listed");
        if amount > 0 {
            bank.deposits += amount.unsigned_abs();
        } else {
            bank.debt_shares += amount.unsigned_abs();
        }
        let account = self.accounts.get_mut(key).expect("open");
        let place = account.balance_place(slot, QUOTE).expect("a free place");
        account.balances[place].slot = slot;
        account.balances[place].amount = amount;
    }

    /// Gives an account a position of so many dollars, negative for a short, at the book's price.
    pub fn trade(&mut self, key: &Address, slot: u8, dollars: f64) {
        let base = self.atoms(slot, dollars);
        let asset = &self.book.assets[usize::from(slot)];
        let band = asset.band();
        let cost = band
            .value_floor(base.unsigned_abs(), band.spot)
            .expect("in range");
        let cost = i64::try_from(cost).expect("in range") * base.signum();
        let market = self.markets.get_mut(&slot).expect("listed");
        let side = usize::from(base < 0);
        let (bases, costs) = if base > 0 {
            (&mut market.long_base, &mut market.long_cost)
        } else {
            (&mut market.short_base, &mut market.short_cost)
        };
        *bases += base.unsigned_abs();
        *costs += cost;
        market.open_positions[side] += 1;
        let account = self.accounts.get_mut(key).expect("open");
        let place = account.position_place(slot).expect("a free place");
        let position: &mut PositionSlot = &mut account.positions[place];
        (position.slot, position.base) = (slot, base);
        (position.cost, position.entry) = (cost, cost);
    }

    /// Every account of the exchange with its address and bytes, the book first.
    pub fn bytes(&self) -> Vec<(Address, Vec<u8>)> {
        let mut all = vec![(self.key, bytes_of(&*self.book))];
        for (slot, bank) in &self.banks {
            all.push((address::bank(&self.key, *slot), bytes_of(&**bank)));
        }
        for (slot, market) in &self.markets {
            all.push((address::market(&self.key, *slot), bytes_of(&**market)));
        }
        all.push((address::pool(&self.key), bytes_of(&*self.pool)));
        let accounts = self.accounts.iter();
        all.extend(accounts.map(|(key, account)| (*key, bytes_of(&**account))));
        all
    }

    /// As a keeper knows it.
    pub fn world(&self) -> World {
        let all = self.bytes();
        let mut world = World::of(self.key, &all[0].1).expect("a book");
        for bank in self.banks.values() {
            world.learn_mint(bank.mint, address::TOKEN);
        }
        for (key, data) in &all {
            world.read(*key, data, 1);
        }
        world
    }

    /// As a keeper knows it, account by account: what is large is there once.
    pub fn into_world(mut self) -> World {
        let accounts = core::mem::take(&mut self.accounts);
        let mut world = self.world();
        for (key, account) in accounts {
            world.read(key, &bytes_of(&*account), 1);
        }
        world
    }

    /// Adds `count` accounts as they are found on an exchange: most with one or two positions at two to eight
    /// times their deposit, some lending and borrowing, a third under the portfolio model.
    pub fn populate(&mut self, count: u64, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed);
        for number in 0..count {
            let deposit = 500 + i64::from(random.random_range(0..20_000u32));
            let key = self.open(1_000 + number, deposit);
            let deposit = deposit as f64;
            let places = 1 + random.random_range(0..3u32);
            for _ in 0..places {
                let slot = random.random_range(1..8u8);
                let leverage = random.random_range(0.2..4.0) * deposit;
                let side = if random.random_bool(0.55) { 1.0 } else { -1.0 };
                self.trade_once(&key, slot, side * leverage);
            }
            if random.random_bool(0.3) {
                let slot = random.random_range(1..8u8);
                self.hold(&key, slot, deposit * random.random_range(0.1..1.0));
            }
            if random.random_bool(0.15) {
                let slot = random.random_range(1..8u8);
                self.hold_once(&key, slot, -deposit * random.random_range(0.05..0.4));
            }
            if random.random_bool(0.33) {
                self.accounts.get_mut(&key).expect("open").model = 1;
            }
        }
    }

    fn trade_once(&mut self, key: &Address, slot: u8, dollars: f64) {
        let account = &self.accounts[key];
        let held = |place: &PositionSlot| place.base != 0 && place.slot == slot;
        if !account.positions.iter().any(held) {
            self.trade(key, slot, dollars);
        }
    }

    fn hold_once(&mut self, key: &Address, slot: u8, dollars: f64) {
        let account = &self.accounts[key];
        let held = |balance: &plimsoll::state::Balance| balance.amount != 0 && balance.slot == slot;
        if !account.balances.iter().skip(1).any(held) {
            self.hold(key, slot, dollars);
        }
    }
}

fn bytes_of<T: Pod + Discriminator>(account: &T) -> Vec<u8> {
    let mut data = T::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(account));
    data
}
