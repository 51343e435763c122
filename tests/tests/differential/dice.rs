//! Random accounts, prices and legs; the same for the same seed.

use bytemuck::Zeroable;
use plimsoll::instructions::LiquidationLeg;
use plimsoll::state::{Balance, MarginAccount, PositionSlot};
use plimsoll_tests::prelude::*;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Assets with their usual price and decimals.
const ASSETS: [(u8, f64, i32); 3] = [(SOL, 150.0, 9), (BTC, 100_000.0, 8), (ETH, 4_000.0, 8)];

/// Shares of a deposit or a debt that begin as one atom.
const SHARES: i64 = 1_024;

/// Where the numbers come from.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// True in so many of a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// Between the two, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most)
    }

    /// Between the two.
    pub fn part(&mut self, least: f64, most: f64) -> f64 {
        self.0.random_range(least..most)
    }

    /// As many dollars as not, of every order of magnitude between the two.
    pub fn dollars(&mut self, least: f64, most: f64) -> f64 {
        self.part(least.ln(), most.ln()).exp()
    }

    /// So many different slots of a book, in any order.
    pub fn slots(&mut self, count: usize) -> Vec<u8> {
        let mut all: Vec<u8> = (0..32).collect();
        all.shuffle(&mut self.0);
        all.truncate(count);
        all
    }

    /// A price of every asset: spot, confidence (now and then too wide) and mean.
    pub fn reports(&mut self) -> Vec<(u8, Report)> {
        let mut all = vec![(USDC, self.report(1.0, 0.01, 0.002))];
        for (slot, usual, _) in ASSETS {
            let wide = if self.chance(3) { 0.05 } else { 0.013 };
            all.push((slot, self.report(usual, 0.6, wide)));
        }
        all
    }

    fn report(&mut self, usual: f64, spread: f64, conf: f64) -> Report {
        let spot = usual * self.part(1.0 - spread, 1.0 + spread);
        let calm = self.chance(30);
        let conf = if calm { 0.0 } else { self.part(0.0, conf) };
        let mean = if calm { 1.0 } else { self.part(0.93, 1.07) };
        Report::at(spot).conf(spot * conf).ema(spot * mean)
    }

    /// The model of an account that holds what it allows: a third Portfolio, a tenth Isolated.
    pub fn model(&mut self) -> ModelKind {
        match self.between(0, 29) {
            0..=9 => ModelKind::Portfolio,
            10..=12 => ModelKind::Isolated,
            _ => ModelKind::Standard,
        }
    }

    /// An account: quote, up to three deposits, one to three positions in a random order of places,
    /// results, and an episode that may stand already. Of an isolated account, quote and one position.
    pub fn fill(&mut self, account: &mut MarginAccount, now: i64, price: impl Fn(u8) -> f64) {
        let quote = if self.chance(80) {
            self.dollars(1.0, 100_000.0) * 1e6
        } else {
            0.0
        };
        account.balances[0].amount = quote as i64;
        if self.chance(20) {
            self.lend_or_owe(&mut account.balances[0]);
        }
        let mut deposits = self.some_assets(0);
        let mut positions = self.some_assets(1);
        if account.is_isolated() {
            deposits.clear();
            positions.truncate(1);
        }
        for (slot, _, decimals) in deposits {
            let units = self.dollars(1.0, 50_000.0) / price(slot);
            account.balances[usize::from(slot)] = Balance {
                amount: (units * 10f64.powi(decimals)) as i64,
                slot,
                ..Balance::zeroed()
            };
            if self.chance(60) {
                self.lend_or_owe(&mut account.balances[usize::from(slot)]);
            }
        }
        if account.is_isolated() {
            account.balances[0].amount = account.balances[0].amount.max(0);
        }
        let mut places = [0, 3, 7, 15];
        places.shuffle(&mut self.0);
        for ((slot, _, decimals), place) in positions.into_iter().zip(places) {
            account.positions[place] = self.position(slot, price(slot), decimals);
        }
        if self.chance(20) {
            account.credit = self.between(-1_000_000_000, 1_000_000_000);
        }
        if self.chance(10) {
            account.pool_debt_shares = self.between(1, 500_000_000).unsigned_abs();
        }
        self.episode(account, now);
    }

    /// A deposit becomes a lent one or a debt, of about as much.
    pub fn lend_or_owe(&mut self, balance: &mut Balance) {
        balance.amount *= SHARES;
        if self.chance(50) {
            balance.amount = -balance.amount;
        }
        balance.lent = u8::from(balance.amount > 0);
    }

    /// A balance of the keeper in each token: nothing, a deposit, a lent one, or a debt, now and then of
    /// less than what is liquidated.
    pub fn keepers(&mut self, price: impl Fn(u8) -> f64) -> Vec<Balance> {
        let mut all = vec![];
        for (slot, _, decimals) in ASSETS {
            if self.chance(40) {
                continue;
            }
            let units = self.dollars(1_000.0, 1_000_000.0) / price(slot);
            let mut balance = Balance {
                amount: (units * 10f64.powi(decimals)) as i64,
                slot,
                ..Balance::zeroed()
            };
            if self.chance(60) {
                self.lend_or_owe(&mut balance);
            }
            all.push(balance);
        }
        all
    }

    fn some_assets(&mut self, least: usize) -> Vec<(u8, f64, i32)> {
        let mut all = ASSETS.to_vec();
        all.shuffle(&mut self.0);
        all.truncate(self.0.random_range(least..=ASSETS.len()));
        all
    }

    fn position(&mut self, slot: u8, price: f64, decimals: i32) -> PositionSlot {
        let dollars = self.dollars(20.0, 300_000.0);
        let side = if self.chance(55) { 1.0 } else { -1.0 };
        let base = side * (dollars / price * 10f64.powi(decimals)).max(1.0);
        let cost = side * dollars * 1e6 * self.part(0.7, 1.4);
        let unsettled = dollars * 1e6 * self.part(-0.1, 0.1);
        PositionSlot {
            base: base as i64,
            cost: cost as i64,
            unsettled: if self.chance(50) { unsettled as i64 } else { 0 },
            entry: cost as i64,
            funding: if self.chance(50) {
                self.between(-1_000_000, 1_000_000)
            } else {
                0
            },
            realised: self.between(-1_000_000, 1_000_000),
            funding_paid: self.between(-1_000_000, 1_000_000),
            fees_paid: self.between(0, 1_000_000).unsigned_abs(),
            slot,
            epoch: 0,
            padding: [0; 3],
        }
    }

    fn episode(&mut self, account: &mut MarginAccount, now: i64) {
        if self.chance(50) {
            return;
        }
        let ago = *[1, 5, 30, 40, 59, 60, 61, 400, 900, 901, 2_000]
            .choose(&mut self.0)
            .expect("some time ago");
        account.called_at = now - ago;
        account.call_amount = self.between(1, 1 << 40).unsigned_abs();
        if self.chance(70) {
            account.liquidatable_since = now - ago;
            account.first_shortage = (self.dollars(10.0, 100_000.0) * 1e6) as u64;
            if self.chance(40) {
                let part = self.part(0.0, 0.2);
                account.liquidated = (account.first_shortage as f64 * part) as u64;
                account.last_liquidation = now - self.between(0, ago);
                account.rewarded = u8::from(self.chance(10));
            }
        }
    }

    /// E_m as a part of R_m that an account is brought to.
    pub fn health_ratio(&mut self) -> f64 {
        match self.between(0, 9) {
            0 => self.part(1.0, 1.5),
            1 => self.part(0.999, 1.001),
            2 | 3 => self.part(-2.0, 0.0),
            4 => self.part(0.0, 0.5),
            _ => self.part(0.4, 1.0),
        }
    }

    /// Some of the holdings, one at least, most of them in full.
    pub fn legs(&mut self, account: &MarginAccount) -> Vec<LiquidationLeg> {
        let positions = account.positions.iter().filter(|place| place.base != 0);
        let mut all: Vec<LiquidationLeg> =
            positions.map(|place| position_leg(place.slot)).collect();
        let everything = self.chance(40);
        let held = account.balances[1..].iter();
        let held = held.filter(|balance| balance.amount != 0);
        if everything || self.chance(60) {
            all.extend(held.map(|balance| match balance.amount {
                ..0 => debt_leg(balance.slot),
                _ => collateral_leg(balance.slot),
            }));
        }
        all.shuffle(&mut self.0);
        if !everything {
            all.truncate(self.0.random_range(1..=all.len()));
        }
        for leg in &mut all {
            if self.chance(20) {
                leg.most = self.dollars(1.0, 1e10) as u64;
            }
        }
        all
    }
}

/// Long one asset and short another.
pub fn is_hedged(account: &MarginAccount) -> bool {
    let side = |sign: i64| {
        let mut places = account.positions.iter();
        places.any(move |place| place.base.signum() == sign)
    };
    side(1) && side(-1)
}
