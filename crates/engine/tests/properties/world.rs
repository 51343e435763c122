//! Random markets and accounts, and a liquidation carried out on them as the program would.

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::exposure::{AssetView, Holding, OpenPosition, SkewMark};
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::health::Health;
use plimsoll_engine::liquidation::{DiscountCurve, NamedLeg, Plan, Taken, Terms};
use plimsoll_engine::price::{OraclePrice, PriceBand, Quality};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, ModelKind};
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::trade::{apply, execute, MarketTerms};
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::Result;

use crate::support::{asset, index, Account, Book, QUOTE};

/// Most atoms a random holding or scale has; leaves room for sums of a few.
const MOST_ATOMS: f64 = 1e18;

pub fn bps(range: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = Fixed> {
    range.prop_map(Fixed::from_bps)
}

/// A number whose order of magnitude is uniform.
pub fn magnitude(from: f64, to: f64) -> impl Strategy<Value = f64> {
    (from.log10()..to.log10()).prop_map(|exponent| 10f64.powf(exponent))
}

/// A feed with confidence up to 1% and a mean up to 20% away.
pub fn feed(from: f64, to: f64) -> impl Strategy<Value = OraclePrice> {
    (magnitude(from, to), 0..=100u64, 8_000..=12_000u64).prop_map(|(dollars, wide, mean)| {
        let price = (dollars * 1e10) as u64;
        OraclePrice {
            price,
            confidence: (u128::from(price) * u128::from(wide) / 10_000) as u64,
            ema: (u128::from(price) * u128::from(mean) / 10_000) as u64,
            exponent: -10,
        }
    })
}

fn rates() -> impl Strategy<Value = Rates> {
    let over = |maintenance: Fixed, extra: u32| {
        Fixed(maintenance.0 + maintenance.0 / 4 + 1 + Fixed::from_bps(extra).0)
    };
    (200..=5_000u32, 200..=8_000u32, 0..=2_000u32, 0..=2_000u32).prop_map(
        move |(long, short, more_long, more_short)| Rates {
            maintenance_long: Fixed::from_bps(long),
            maintenance_short: Fixed::from_bps(short),
            initial_long: over(Fixed::from_bps(long), more_long),
            initial_short: over(Fixed::from_bps(short), more_short),
        },
    )
}

/// An asset of 0 to 12 decimals between a tenth of a cent and 100,000 dollars.
pub fn any_asset() -> impl Strategy<Value = (AssetView, f64)> {
    asset_of(feed(1e-3, 1e5).prop_flat_map(|feed| (Just(feed), 0..=12u8)))
}

/// An asset whose atom is worth at most a cent, so that it can be divided.
fn divisible_asset() -> impl Strategy<Value = (AssetView, f64)> {
    asset_of(feed(1e-3, 1e5).prop_flat_map(|feed| {
        let dollars = feed.price as f64 / 1e10;
        let least = (dollars.log10().ceil() + 2.0).max(0.0) as u8;
        (Just(feed), least..=12u8)
    }))
}

fn asset_of(
    feed: impl Strategy<Value = (OraclePrice, u8)>,
) -> impl Strategy<Value = (AssetView, f64)> {
    let marks = (0..=500u32, any::<bool>(), 0..=10_000u32);
    (feed, rates(), marks).prop_map(|((feed, decimals), rates, (skew, up, weight))| {
        let premium = Fixed::from_bps(if up { skew } else { 0 });
        let discount = Fixed::from_bps(if up { 0 } else { skew });
        let view = AssetView {
            band: PriceBand::new(feed, decimals).unwrap(),
            quality: Quality::Live,
            risk: AssetRisk {
                rates,
                size: SizeTerms::NONE,
            },
            mark: SkewMark {
                long_discount: discount,
                short_premium: premium,
            },
            profit_weight: Fixed::from_bps(weight),
            closing: Fixed::ZERO,
            deposit_share: Fixed::ONE,
            funding: FundingIndex::NONE,
            age: 1,
        };
        let atoms_per_dollar = 10f64.powi(i32::from(decimals)) / (feed.price as f64 / 1e10);
        (view, atoms_per_dollar)
    })
}

/// The quote token near one dollar with rates up to 1%.
pub fn any_quote() -> impl Strategy<Value = AssetView> {
    (0.97..1.03f64, 0..=50u64, 1..=100u32).prop_map(|(dollars, wide, rate)| {
        let price = (dollars * 1e8) as u64;
        let feed = OraclePrice {
            price,
            confidence: price * wide / 10_000,
            ema: 100_000_000,
            exponent: -8,
        };
        asset(feed, 6, rate)
    })
}

/// Atoms worth about `dollars`, at least one.
pub fn atoms(dollars: f64, atoms_per_dollar: f64) -> i64 {
    (dollars * atoms_per_dollar).clamp(1.0, MOST_ATOMS) as i64
}

/// One asset of a random account: its market, a position, and perhaps a balance.
#[derive(Clone, Debug)]
pub struct Stake {
    pub asset: AssetView,
    pub terms: MarketTerms,
    pub fee: Fixed,
    pub discount: DiscountCurve,
    pub base: i64,
    pub cost: i64,
    pub balance: i64,
    pub lent: bool,
}

/// The market's scale is 2 to 10,000 times the position, so that the price stays positive while it is
/// closed; |skew| ≤ scale/4.
pub fn stake() -> impl Strategy<Value = Stake> {
    let holding = (magnitude(1.0, 1e6), any::<bool>(), 0.7..1.3f64);
    let market = (magnitude(2.0, 1e4), -0.25..0.25f64, bps(0..=100));
    let balance = prop_oneof![
        Just(0.0),
        magnitude(1.0, 1e5),
        magnitude(1.0, 1e5).prop_map(|d| -d)
    ];
    let balance = (balance, any::<bool>());
    let prices = (bps(0..=300), bps(50..=300), bps(0..=500));
    (divisible_asset(), holding, market, balance, prices).prop_map(
        |((asset, per_dollar), (dollars, long, paid), (depth, skew, spread), balance, prices)| {
            let (balance, lent) = balance;
            let size = atoms(dollars, per_dollar);
            let base = if long { size } else { -size };
            let scale = (size as f64 * depth).clamp(4.0, MOST_ATOMS * 2.0);
            let value = asset.band.value_floor(size.unsigned_abs(), asset.band.spot);
            let cost = (value.unwrap() as f64 * paid) as i64;
            let (fee, least, widening) = prices;
            Stake {
                asset,
                terms: MarketTerms {
                    skew: Base((scale * skew) as i64),
                    inverse: HalfReciprocal::new(scale as u64).unwrap(),
                    spread,
                },
                fee,
                discount: DiscountCurve {
                    least,
                    most: least.plus(widening).unwrap(),
                },
                base,
                cost: if long { cost } else { -cost },
                balance: if balance == 0.0 {
                    0
                } else {
                    atoms(balance.abs(), per_dollar) * balance.signum() as i64
                },
                lent: lent && balance > 0.0,
            }
        },
    )
}

/// An account, the book and the markets it lives in. Position `i` is on slot `i + 1`, and the quote
/// balance is the last one.
#[derive(Clone, Debug)]
pub struct World {
    pub book: Book,
    pub stakes: Vec<Stake>,
    pub account: Account,
}

impl World {
    fn of(quote: AssetView, stakes: Vec<Stake>, cash: i64) -> Self {
        let mut book = Book::quoted_in(quote);
        let mut account = Account::default();
        for (slot, stake) in (1u8..).zip(&stakes) {
            book = book.listing(stake.asset);
            account = account.has_opened(slot, stake.base, stake.cost);
            if stake.lent {
                account.balances.push(Holding {
                    lent: true,
                    ..Holding::of(slot, Base(stake.balance))
                });
            } else if stake.balance != 0 {
                account = account.holds(slot, stake.balance);
            }
        }
        Self {
            book,
            stakes,
            account: account.holds(QUOTE, cash),
        }
    }

    pub fn health(&self) -> Health {
        self.book.health_of(&self.account)
    }

    fn cash(&mut self) -> &mut i64 {
        &mut self.account.balances.last_mut().unwrap().amount.0
    }

    /// Moves the quote balance until E_m is about `ratio` of R_m.
    pub fn brought_to(mut self, ratio: f64) -> Self {
        for _ in 0..3 {
            let view = self.health().maintenance;
            let wanted = view.requirement.0 as f64 * ratio - view.equity.0 as f64;
            *self.cash() += wanted as i64;
        }
        while self.health().maintenance.is_met() {
            let view = self.health().maintenance;
            *self.cash() -= 1 + (view.equity.0 - view.requirement.0) * 11 / 10;
        }
        self
    }

    /// Every position in full.
    pub fn all_positions(&self) -> Vec<NamedLeg> {
        let places = 0..self.stakes.len();
        places
            .map(|place| self.position_leg(place, u64::MAX))
            .collect()
    }

    pub fn position_leg(&self, place: usize, most: u64) -> NamedLeg {
        let stake = &self.stakes[place];
        let open = &self.account.positions[place];
        NamedLeg::Position {
            slot: open.slot,
            asset: stake.asset,
            terms: stake.terms,
            fee: stake.fee,
            position: open.position,
            most,
        }
    }

    /// Every deposit but the quote in full.
    pub fn all_collateral(&self) -> Vec<NamedLeg> {
        let tokens = self
            .account
            .balances
            .iter()
            .filter(|held| held.slot != QUOTE);
        let deposits = tokens.filter(|held| held.amount.0 > 0);
        deposits.map(|held| self.collateral_leg(held)).collect()
    }

    fn collateral_leg(&self, held: &Holding) -> NamedLeg {
        let stake = &self.stakes[usize::from(held.slot) - 1];
        NamedLeg::Collateral {
            slot: held.slot,
            asset: stake.asset,
            stock: Stock::of(held, &self.book).unwrap(),
            discount: stake.discount,
            most: u64::MAX,
        }
    }

    /// Every debt but the quote in full.
    pub fn all_debts(&self) -> Vec<NamedLeg> {
        let tokens = self
            .account
            .balances
            .iter()
            .filter(|held| held.slot != QUOTE && held.amount.0 < 0);
        tokens.map(|held| self.debt_leg(held)).collect()
    }

    fn debt_leg(&self, held: &Holding) -> NamedLeg {
        let stake = &self.stakes[usize::from(held.slot) - 1];
        NamedLeg::Debt {
            slot: held.slot,
            asset: stake.asset,
            stock: Stock::of(held, &self.book).unwrap(),
            discount: stake.discount,
            most: u64::MAX,
        }
    }

    /// Everything that can be named at once: positions, deposits and debts.
    pub fn everything(&self) -> Vec<NamedLeg> {
        let mut legs = self.open_positions();
        legs.extend(self.all_collateral());
        legs.extend(self.all_debts());
        legs
    }

    /// The positions that are still open, each in full.
    pub fn open_positions(&self) -> Vec<NamedLeg> {
        let places = 0..self.account.positions.len();
        let open = places.filter(|place| self.base(*place) != 0);
        open.map(|place| self.position_leg(place, u64::MAX))
            .collect()
    }

    pub fn base(&self, place: usize) -> i64 {
        self.account.positions[place].position.base.0
    }

    pub fn plan(&self, legs: &[NamedLeg], terms: &Terms) -> Result<(Plan, Vec<Taken>)> {
        self.book.plan(&self.account, legs, terms)
    }

    /// The world after a plan, written position by position as the program writes it.
    pub fn after(&self, legs: &[NamedLeg], (plan, taken): &(Plan, Vec<Taken>)) -> Self {
        let mut world = self.clone();
        for (leg, done) in legs.iter().zip(taken) {
            match leg {
                NamedLeg::Position { slot, .. } => world.close(usize::from(*slot) - 1, done),
                NamedLeg::Collateral { slot, .. } => world.sell(*slot, done),
                NamedLeg::Debt { slot, .. } => world.repay(*slot, done),
            }
        }
        world.account.credit = world.account.credit.minus(Quote(plan.fee as i64)).unwrap();
        world
    }

    fn close(&mut self, place: usize, done: &Taken) {
        if done.size == 0 {
            return;
        }
        let stake = &mut self.stakes[place];
        let open: &mut OpenPosition = &mut self.account.positions[place];
        let size = Base(-open.position.base.0.signum() * done.size as i64);
        let execution = execute(&stake.terms, &stake.asset.band, size).unwrap();
        assert_eq!(execution.notional, done.notional);
        open.position = apply(&open.position, &execution, &stake.asset.funding)
            .unwrap()
            .position;
        stake.terms.skew = stake.terms.skew.plus(size).unwrap();
    }

    fn sell(&mut self, slot: u8, done: &Taken) {
        let held = self
            .account
            .balances
            .iter_mut()
            .find(|held| held.slot == slot);
        held.unwrap().amount.0 -= done.amount as i64;
        *self.cash() += done.notional as i64;
    }

    fn repay(&mut self, slot: u8, done: &Taken) {
        let held = self
            .account
            .balances
            .iter_mut()
            .find(|held| held.slot == slot);
        held.unwrap().amount.0 += done.amount as i64;
        *self.cash() -= done.notional as i64;
    }
}

/// Accounts of one to four positions, either way round, with deposits and debts, that are anywhere
/// between just below maintenance and half of it under water.
pub fn under_water() -> impl Strategy<Value = World> {
    let ratio = prop_oneof![3 => 0.0..1.0f64, 1 => 0.999..1.0f64, 1 => -0.5..0.0f64];
    short_of(ratio)
}

/// The same with less than nothing left.
pub fn bankrupt() -> impl Strategy<Value = World> {
    short_of(-0.5..-0.0001f64)
}

/// The same under the portfolio model, with correlations and scenarios of any kind.
pub fn portfolio_under_water() -> impl Strategy<Value = World> {
    let ratio = prop_oneof![3 => 0.0..1.0f64, 1 => 0.999..1.0f64, 1 => -0.5..0.0f64];
    let conditions = (
        380..=400i64,
        -400..=280i64,
        vec(vec(-6_000..=6_000i16, 5), 0..=16),
    );
    (any_quote(), vec(stake(), 1..=4), conditions, ratio).prop_map(
        |(quote, stakes, (same, opposite, scenarios), ratio)| {
            let mut world = World::of(quote, stakes, 0);
            world.account.model = ModelKind::Portfolio;
            world.book.coefficients = (same, opposite);
            world.book.scenarios = scenarios;
            world.brought_to(ratio)
        },
    )
}

fn short_of(ratio: impl Strategy<Value = f64>) -> impl Strategy<Value = World> {
    (any_quote(), vec(stake(), 1..=4), ratio)
        .prop_map(|(quote, stakes, ratio)| World::of(quote, stakes, 0).brought_to(ratio))
}

/// Accounts of either model whose lent deposits and debts have indices of their own, and of which some
/// have a loss recorded.
pub fn lending_under_water() -> impl Strategy<Value = World> {
    let terms = (
        1.0..3.0f64,
        0.3..3.0f64,
        prop_oneof![Just(0u32), 1..=3_000u32],
    );
    let worlds = prop_oneof![under_water(), portfolio_under_water()];
    let ratio = prop_oneof![3 => 0.0..1.0f64, 1 => 0.999..1.0f64, 1 => -0.5..0.0f64];
    (worlds, terms, ratio).prop_map(|(mut world, (owed, lent, loss), ratio)| {
        let of = |atoms: f64| index((atoms * 1e6) as u64, 1_000_000);
        (world.book.owed, world.book.lent) = (Some(of(owed)), of(lent));
        world.book.loss = Fixed::from_bps(loss);
        world.brought_to(ratio)
    })
}

/// The same without positions: deposits and debts of tokens, and quote either way.
pub fn spot_under_water() -> impl Strategy<Value = World> {
    (lending_under_water(), 0.0..0.999f64).prop_filter_map(
        "nothing is held",
        |(mut world, ratio)| {
            world.account.positions.clear();
            let held = world
                .account
                .balances
                .iter()
                .filter(|held| held.slot != QUOTE);
            (held.count() > 0).then(|| world.brought_to(ratio))
        },
    )
}

/// The same accounts with any quote balance.
pub fn any_world() -> impl Strategy<Value = World> {
    let cash = (magnitude(1.0, 1e12), any::<bool>());
    (any_quote(), vec(stake(), 1..=4), cash).prop_map(|(quote, stakes, (cash, deposit))| {
        let cash = cash as i64;
        World::of(quote, stakes, if deposit { cash } else { -cash })
    })
}

/// No throttle, a target halfway, 70% for the keeper.
pub fn unthrottled(closes_all_positions: bool) -> Terms {
    Terms {
        target_level: Fixed::ratio(1, 2),
        keeper_share: Fixed::ratio(7, 10),
        budget: None,
        closes_all_positions,
        elapsed: 0,
        moment: None,
    }
}
