//! A plain book and plain accounts, and the few words in which the tests speak of them.

use plimsoll_engine::correlation::shortfall;
use plimsoll_engine::exposure::{
    AccountView, AssetView, BookView, Holding, OpenPosition, SkewMark,
};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::health::{assess, assess_into, rule_of, Health, Purpose};
use plimsoll_engine::index::Index;
use plimsoll_engine::liquidation::{plan, Desk, NamedLeg, Plan, Prepared, Subject, Taken, Terms};
use plimsoll_engine::position::Position;
use plimsoll_engine::price::{OraclePrice, PriceBand, Quality};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, ModelKind, Sums};
use plimsoll_engine::side::Side;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::Place;
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::{EngineError, Result};

/// Slot of the quote token in every book of the tests.
pub const QUOTE: u8 = 0;

/// Assets by slot; the quote token is the first.
#[derive(Clone, Debug)]
pub struct Book {
    pub assets: Vec<AssetView>,
    pub index: Index,
    /// The same of debts in other tokens, where it is another.
    pub owed: Option<Index>,
    /// Atoms a share of a lent deposit.
    pub lent: Index,
    /// Part of lent deposits that recorded losses take.
    pub loss: Fixed,
    /// ρ̂ in 400ths of every two assets, for one direction and for opposite ones.
    pub coefficients: (i64, i64),
    /// Moves by scenario and slot, basis points.
    pub scenarios: Vec<Vec<i16>>,
}

impl Book {
    pub fn quoted_in(quote: AssetView) -> Self {
        Self {
            assets: vec![quote],
            index: index(1, 1),
            owed: None,
            lent: index(1, 1),
            loss: Fixed::ZERO,
            coefficients: (400, -400),
            scenarios: vec![],
        }
    }

    pub fn listing(mut self, asset: AssetView) -> Self {
        self.assets.push(asset);
        self
    }

    pub fn health_of(&self, account: &Account) -> Health {
        assess(self, account, Purpose::Trade).unwrap()
    }

    /// The plan of a liquidation and what it takes of each leg.
    pub fn plan(
        &self,
        account: &Account,
        legs: &[NamedLeg],
        terms: &Terms,
    ) -> Result<(Plan, Vec<Taken>)> {
        let mut taken = vec![Taken::default(); legs.len()];
        let planned = self.plan_into(account, legs, terms, &mut taken)?;
        Ok((planned, taken))
    }

    /// The same with any number of places for what is taken.
    pub fn plan_into(
        &self,
        account: &Account,
        legs: &[NamedLeg],
        terms: &Terms,
        taken: &mut [Taken],
    ) -> Result<Plan> {
        let mut sums = Sums::default();
        let health = assess_into(self, account, Purpose::Trade, &mut sums)?;
        let subject = Subject {
            book: self,
            rule: rule_of(self, account)?,
            health: &health,
            sums: &sums,
        };
        let desk = Desk {
            taken,
            tried: &mut vec![Taken::default(); legs.len()],
            prepared: &mut vec![Prepared::default(); legs.len()],
            places: &mut vec![Place::default(); legs.len() + 1],
        };
        plan(&subject, legs, terms, desk)
    }
}

impl BookView for Book {
    fn asset(&self, slot: u8) -> Result<AssetView> {
        let found = self.assets.get(usize::from(slot)).copied();
        found.ok_or(EngineError::LegNotHeld)
    }

    fn side(&self, _: u8, _: bool) -> Result<Side> {
        Ok(Side::default())
    }

    fn quote_slot(&self) -> u8 {
        QUOTE
    }

    fn borrow_index(&self, slot: u8) -> Result<Index> {
        let other = self.owed.filter(|_| slot != QUOTE);
        Ok(other.unwrap_or(self.index))
    }

    fn deposit_index(&self, _slot: u8) -> Result<(Index, Fixed)> {
        Ok((self.lent, self.loss))
    }

    fn less(&self, _: u8, _: u8, opposite: bool) -> u64 {
        let (same, other) = self.coefficients;
        shortfall(if opposite { other } else { same }, opposite)
    }

    fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.scenarios[scenario][usize::from(slot)]
    }
}

/// What one owner holds and owes.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub balances: Vec<Holding>,
    pub positions: Vec<OpenPosition>,
    pub credit: Quote,
    pub debt_shares: u64,
    pub model: ModelKind,
}

impl Account {
    /// A deposit, or a debt if `atoms` is negative.
    pub fn holds(mut self, slot: u8, atoms: i64) -> Self {
        let amount = Base(atoms);
        self.balances.push(Holding::of(slot, amount));
        self
    }

    /// A long position, or a short one if `base` and `cost` are negative.
    pub fn has_opened(mut self, slot: u8, base: i64, cost: i64) -> Self {
        let position = Position::opened(Base(base), Quote(cost));
        self.positions.push(OpenPosition { slot, position });
        self
    }
}

impl AccountView for Account {
    fn balance(&self, index: usize) -> Option<Holding> {
        self.balances.get(index).copied()
    }

    fn position(&self, index: usize) -> Option<OpenPosition> {
        self.positions.get(index).copied()
    }

    fn credit(&self) -> Quote {
        self.credit
    }

    fn pool_debt_shares(&self) -> u64 {
        self.debt_shares
    }

    fn model(&self) -> ModelKind {
        self.model
    }
}

/// A price without confidence whose mean is the price itself, in 1e-8 dollars.
pub fn calm(price: u64) -> OraclePrice {
    OraclePrice {
        price,
        confidence: 0,
        ema: price,
        exponent: -8,
    }
}

/// A fresh asset with one maintenance rate for both sides and an initial rate of 1.25 times that.
pub fn asset(feed: OraclePrice, decimals: u8, maintenance_bps: u32) -> AssetView {
    let maintenance = Fixed::from_bps(maintenance_bps);
    let initial = Fixed(maintenance.0 / 4 * 5);
    AssetView {
        band: PriceBand::new(feed, decimals).unwrap(),
        quality: Quality::Live,
        risk: AssetRisk {
            rates: Rates {
                maintenance_long: maintenance,
                maintenance_short: maintenance,
                initial_long: initial,
                initial_short: initial,
            },
            size: SizeTerms::NONE,
        },
        mark: SkewMark::default(),
        profit_weight: Fixed::ONE,
        closing: Fixed::ZERO,
        deposit_share: Fixed::ONE,
        funding: FundingIndex::NONE,
        age: 0,
    }
}

/// An index of so many atoms a share.
pub fn index(atoms: u64, shares: u64) -> Index {
    Index(u64::try_from((u128::from(atoms) << 58) / u128::from(shares)).unwrap())
}
