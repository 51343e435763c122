//! Runs a crash against the program: opens traders, feeds the path, lets the keeper work, and writes
//! down what happened.

use std::collections::BTreeMap;

use anyhow::{ensure, Context, Result};
use plimsoll::events::{Liquidated, MarginCalled, OrderExecuted};
use plimsoll::instructions::leg_kind;

use super::crash::{Asset, Crash, PRICE_SCALE};
use super::history;
use super::keeper;
use super::measuring::HOUR;
use super::path::{PathPoint, Replay};
use super::record::*;
use super::traders::{compared_traders, Trader, GROUPS};
use crate::accounts::call;
use crate::actor::Ask;
use crate::amounts::{atoms, usdc, Amount};
use crate::chain::{Chain, LiteChain, Receipt};
use crate::params::{Spec, BTC, ETH, SOL, USDC};
use crate::pyth::Report;
use crate::world::World;
use plimsoll_engine::requirement::ModelKind;

/// Seconds before the crash at which the exchange opens.
const WARM_UP: i64 = 600;
/// What the keeper works with.
pub(super) const KEEPER_DOLLARS: u32 = 2_000_000;
/// Dollars of skew at which a market's price moves by its own size.
const DEPTH: f64 = 1_600e6;
/// Groups whose first trader is drawn in the report.
const SAMPLES: [usize; 6] = [1, 3, 6, 7, 9, 10];

const COLLATERAL_NOTE: &str =
    "What SOL held as collateral lost in price, nobody received: it is in the \
     change of the traders' equity and in none of the flows.";

/// One run in progress.
pub struct Run {
    /// The exchange.
    pub world: World<LiteChain>,
    /// The traders.
    pub traders: Vec<Trader>,
    /// What has been written down.
    pub record: RunRecord,
    /// Fees paid by each trader, micro-dollars.
    pub(super) fees: BTreeMap<String, i64>,
    /// Margin calls and liquidations of each trader.
    pub(super) counts: BTreeMap<String, (u32, u32)>,
    pub(super) equity_before: BTreeMap<String, i64>,
    /// What traders deposited when they were called, quote atoms.
    pub answered: u64,
    replay: Replay,
}

/// Slot of a demo asset.
pub fn slot_of(asset: Asset) -> u8 {
    match asset {
        Asset::Usdc => USDC,
        Asset::Sol => SOL,
        Asset::Btc => BTC,
        Asset::Eth => ETH,
    }
}

pub(super) fn asset_of(slot: u8) -> Asset {
    match slot {
        SOL => Asset::Sol,
        BTC => Asset::Btc,
        ETH => Asset::Eth,
        _ => Asset::Usdc,
    }
}

impl Run {
    /// The exchange before the crash, which has measured its rates in four calm weeks; everybody has
    /// arrived and nobody trades yet.
    pub fn prepare(crash: &Crash, traders: Vec<Trader>, substeps: u32, seed: u64) -> Result<Self> {
        let replay = Replay::new(crash, substeps, seed)?;
        let mut spec = Spec::default();
        spec.measured();
        let hours = history::calm(crash, seed, |asset| {
            let params = &spec.assets[usize::from(slot_of(asset))].params;
            f64::from(params.volatility_start_bps) / 10_000.0
        });
        let before = WARM_UP + HOUR * i64::try_from(hours.len() - 1)?;
        spec.start = replay.times[0] - before;
        for path in &replay.assets {
            let first = path.points.first().context("a path has a first point")?;
            shape(&mut spec, path.asset, first);
        }
        for (asset, price) in hours.first().context("a history has a first hour")? {
            spec.asset(slot_of(*asset)).price = *price as f64 / PRICE_SCALE as f64;
        }
        let mut world = World::from_spec(LiteChain::new(), spec);
        world.checks.nothing_changed = false;
        world.keeper().deposits(usdc(KEEPER_DOLLARS)).done();
        let traders = [compared_traders(), traders].concat();
        let record = RunRecord {
            parameters: RunParameters {
                crash: crash.name.to_owned(),
                title: crash.title.to_owned(),
                seed,
                traders: u32::try_from(traders.len())?,
                substeps,
                step_seconds: crash.step_seconds,
                notes: vec![history::note(seed), COLLATERAL_NOTE.to_owned()],
                ..RunParameters::default()
            },
            prices: replay.assets.iter().map(PriceSeries::from).collect(),
            ..RunRecord::default()
        };
        let (fees, counts, equity_before) = Default::default();
        let mut run = Self {
            world,
            traders,
            record,
            fees,
            counts,
            equity_before,
            answered: 0,
            replay,
        };
        run.live_through(&hours);
        Ok(run)
    }

    /// How many publications the replay has.
    pub fn points(&self) -> usize {
        self.replay.times.len()
    }

    /// Deposits of everybody, then one order after another through the keeper.
    pub fn open(&mut self) -> Result<()> {
        self.feed(0, 0);
        for trader in self.traders.clone() {
            self.deposit(&trader);
        }
        let most = GROUPS
            .iter()
            .map(|group| group.legs.len())
            .max()
            .unwrap_or(0);
        for leg in 0..most {
            self.open_legs(leg)?;
        }
        self.world.sync();
        self.record.totals.insurance_before = self.insurance()?;
        self.record.totals.pool_before = self.pool_value()?;
        for trader in self.traders.clone() {
            let equity = self.world.health(&trader.name).maintenance.equity.0;
            self.equity_before.insert(trader.name.clone(), equity);
        }
        for group in SAMPLES {
            if let Some(trader) = self.traders.iter().find(|trader| trader.group == group) {
                self.record.accounts.push(AccountSeries {
                    name: trader.name.clone(),
                    group: GROUPS[group].name.to_owned(),
                    leverage: GROUPS[group]
                        .legs
                        .iter()
                        .map(|leg| self.leverage(*leg).abs())
                        .sum(),
                    ..AccountSeries::default()
                });
            }
        }
        self.follow_compared();
        self.measure();
        self.compare(self.replay.times[0] - 1);
        self.sample_pool(self.replay.times[0] - 1)
    }

    /// One publication, and everything the keeper does until the next.
    pub fn step(&mut self, point: usize) -> Result<()> {
        let time = self.replay.times[point];
        if time > self.world.now() {
            self.world.chain.set_clock(time);
        }
        self.feed(point, time);
        keeper::work(self)?;
        if point.is_multiple_of(12) {
            self.world.sync();
        }
        self.sample(time);
        self.measure();
        self.compare(time);
        self.sample_pool(time)
    }

    /// Settles everybody and closes the books.
    pub fn finish(mut self) -> Result<RunRecord> {
        for trader in self.traders.clone() {
            self.world.settle(&trader.name);
        }
        self.world.settle("keeper");
        self.world.sync();
        self.groups();
        self.totals()?;
        let tally = &self.world.tally;
        self.record.parameters.transactions = tally.transactions;
        let units = tally.units.iter();
        self.record.compute = units
            .map(|(name, used)| ComputeUse::from_samples(name, used))
            .collect();
        self.record.conservation = Conservation {
            checks: tally.conservation_checks,
            failures: 0,
            lines: self.vaults(),
        };
        Ok(self.record)
    }

    fn deposit(&mut self, trader: &Trader) {
        let group = GROUPS[trader.group];
        let dollars = f64::from(trader.dollars);
        let in_sol = dollars * group.collateral_in_sol;
        let mut actor = self.world.actor(&trader.name);
        if group.model != ModelKind::Standard {
            actor = actor.uses(group.model);
        }
        actor = actor.deposits(usdc(dollars - in_sol));
        if in_sol > 0.0 {
            let price = actor.world().asset(SOL).feed.report.price as f64 / PRICE_SCALE as f64;
            let amount = Amount {
                slot: SOL,
                atoms: atoms(in_sol / price, 9),
            };
            actor = actor.deposits(amount);
        }
        actor.done();
    }

    /// Leverage of a leg; the maximum is nine tenths of what its initial rate admits.
    fn leverage(&self, (asset, times): (Asset, f64)) -> f64 {
        if times.is_finite() {
            return times;
        }
        let rates = self.world.book().assets[usize::from(slot_of(asset))].rates();
        let rate = if times > 0.0 {
            rates.initial_long
        } else {
            rates.initial_short
        };
        let rate = rate.0 as f64 / plimsoll_engine::fixed::Fixed::ONE.0 as f64;
        0.9 / rate * times.signum()
    }

    /// Everybody's order number `index`, placed together and executed on the update they share.
    fn open_legs(&mut self, index: usize) -> Result<()> {
        let mut orders = Vec::new();
        for trader in self.traders.clone() {
            let Some(leg) = GROUPS[trader.group].legs.get(index) else {
                continue;
            };
            let (asset, times) = (leg.0, self.leverage(*leg));
            let slot = slot_of(asset);
            let listed = self.world.asset(slot);
            let price = listed.feed.report.price as f64 / PRICE_SCALE as f64;
            let units = f64::from(trader.dollars) * times.abs() / price;
            let amount = Amount {
                slot,
                atoms: atoms(units, listed.decimals),
            };
            let ask = if times > 0.0 {
                Ask::long(amount)
            } else {
                Ask::short(amount)
            };
            if let Err(failure) = self.world.actor(&trader.name).asks(ask).outcome() {
                self.refused(&trader.name, &failure.to_string())?;
                continue;
            }
            orders.push((trader.name.clone(), self.world.pending_order(&trader.name)));
        }
        let Some((_, first)) = orders.first() else {
            return Ok(());
        };
        self.world.reach(first);
        self.world.publish_all();
        for (name, order) in orders {
            let price = self.world.asset(order.slot).feed.account;
            let receipt = self.world.keeper().executes_on(&order, price).done();
            let executed = receipt.events::<OrderExecuted>();
            if executed.is_empty() {
                self.refused(&name, "by the market")?;
            }
            for event in executed {
                *self.fees.entry(name.clone()).or_default() += signed(event.fee);
                self.mark(&name, EventKind::Opened, signed(event.notional));
            }
        }
        self.world.tick();
        Ok(())
    }

    /// An order was refused. A large crowd may meet a cap; the compared accounts come first and may not.
    fn refused(&mut self, name: &str, why: &str) -> Result<()> {
        let compared = self.traders.iter().filter(|t| t.compared().is_some());
        ensure!(
            compared.into_iter().all(|trader| trader.name != name),
            "the order of {name} was refused: {why}"
        );
        self.record.parameters.orders_refused += 1;
        Ok(())
    }

    /// Publishes a point of the path; the first is repeated while the exchange opens.
    fn feed(&mut self, point: usize, _time: i64) {
        let reports: Vec<(u8, Report)> = self
            .replay
            .assets
            .iter()
            .filter_map(|path| Some((slot_of(path.asset), report(path.points.get(point)?))))
            .collect();
        self.world.prices(&reports);
    }

    /// Writes down the margin call in a receipt.
    pub fn note_calls(&mut self, name: &str, receipt: &Receipt) {
        for event in receipt.events::<MarginCalled>() {
            let amount = signed(event.amount);
            self.counts.entry(name.to_owned()).or_default().0 += 1;
            self.mark(name, EventKind::Called, amount);
            let (time, trader) = (event.at, name.to_owned());
            self.record.margin_calls.push(MarginCall {
                time,
                trader,
                shortage: amount,
            });
        }
    }

    /// Writes down the liquidation in a receipt.
    pub fn note_liquidation(&mut self, name: &str, receipt: &Receipt) {
        let time = self.world.now();
        for event in receipt.events::<Liquidated>() {
            self.counts.entry(name.to_owned()).or_default().1 += 1;
            *self.fees.entry(name.to_owned()).or_default() += signed(event.fee);
            let mut closed = 0;
            for (index, leg) in event.legs.iter().enumerate() {
                let position = leg.kind == leg_kind::POSITION;
                let first = index == 0 && position;
                closed += signed(leg.notional);
                self.record.liquidations.push(Liquidation {
                    time,
                    asset: asset_of(leg.slot),
                    price: self.world.asset(leg.slot).feed.report.price,
                    notional: signed(leg.notional),
                    fee_keeper: if first { signed(event.fee_keeper) } else { 0 },
                    fee_insurance: if first {
                        signed(event.fee_insurance)
                    } else {
                        signed(leg.insurance)
                    },
                    trader: name.to_owned(),
                });
            }
            self.mark(name, EventKind::Liquidated, closed);
            if event.equity_after < 0 {
                self.mark(name, EventKind::Bankrupt, -event.equity_after);
            }
        }
    }

    fn mark(&mut self, name: &str, kind: EventKind, amount: i64) {
        let time = self.world.now().max(self.replay.times[0]);
        let mut accounts = self.record.accounts.iter_mut();
        if let Some(account) = accounts.find(|account| account.name == name) {
            account.events.push(AccountEvent { time, kind, amount });
        }
    }

    fn sample(&mut self, time: i64) {
        for index in 0..self.record.accounts.len() {
            let name = self.record.accounts[index].name.clone();
            let account = self.world.account_key(&name, 0);
            let assess = call(
                self.world.assess_accounts(account),
                plimsoll::instruction::Assess {},
            );
            self.world.keeper().does(&[assess]).done();
            let health = self.world.health(&name);
            self.record.accounts[index].samples.push(HealthSample {
                time,
                equity: health.maintenance.equity.0,
                maintenance: health.maintenance.requirement.0,
                initial: health.initial.requirement.0,
            });
        }
    }
}

/// Prices an asset as it was, and gives its market a depth in dollars.
pub(super) fn shape(spec: &mut Spec, asset: Asset, first: &PathPoint) {
    let listed = spec.asset(slot_of(asset));
    listed.price = first.price as f64 / PRICE_SCALE as f64;
    let (price, decimals) = (listed.price, listed.params.decimals);
    if let Some(market) = &mut listed.market {
        let before = market.scale as f64;
        market.scale = atoms(DEPTH / price, decimals);
        for cap in [&mut market.max_skew, &mut market.max_open_interest] {
            *cap = (market.scale as f64 * (*cap as f64 / before)) as u64;
        }
    }
}

pub(super) fn report(point: &PathPoint) -> Report {
    Report {
        price: point.price,
        conf: Some(point.conf),
        ema: Some(point.ema_price),
    }
}

pub(super) fn signed(atoms: u64) -> i64 {
    i64::try_from(atoms).unwrap_or(i64::MAX)
}
