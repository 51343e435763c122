//! The depeg: spot traders on credit through the same crash, while a liquid-staking token breaks away from
//! its redemption, the keeper is late and insurance is next to empty. It has an exchange of its own, so
//! that no figure of the crash beside it depends on it.
//!
//! Rates are fixed as listed: what is shown here is who bears a loss.

mod keeper;
pub mod path;
pub mod record;
pub mod table;

use std::collections::BTreeMap;

use anyhow::{ensure, Context, Result};
use plimsoll::constants::EVERYTHING;
use plimsoll_engine::price::PriceBand;

use super::crash::{Asset, Crash, PRICE_SCALE};
use super::driver::{report, shape, signed, slot_of};
use super::path::{PathPoint, Replay};
use super::record::{Conservation, ConservationLine};
use super::spot::*;
use crate::actor::Ask;
use crate::amounts::{atoms, usdc, Amount};
use crate::chain::{Chain, LiteChain};
use crate::params::{Spec, JITOSOL, SOL, USDC};
use crate::pyth::Report;
use crate::tokens::transfer;
use crate::world::{wallet, World};
use path::{beside, Moments, REDEMPTION};
use record::*;
use solana_signer::Signer;

/// Quote insurance at the start in dollars: drained on purpose, as far as a launch admits.
const INSURANCE: u32 = 1_000;
/// Seconds for which the keeper is away from the moment the market breaks.
const AWAY: i64 = 60 * 60;
/// Seconds before the first price at which the exchange opens.
const WARM_UP: i64 = 600;
/// What the keeper works with in dollars: USDC, and SOL to deliver.
const KEEPER_DOLLARS: (u32, u32) = (3_000_000, 500_000);
/// Where borrowed tokens go: somebody who sells for them at the oracle's price and delivers first.
const BROKER: &str = "broker";

/// One run in progress.
struct DepegRun {
    world: World<LiteChain>,
    traders: Vec<SpotTrader>,
    replay: Replay,
    staked: Vec<PathPoint>,
    moments: Moments,
    record: DepegRecord,
    /// Margin calls and liquidations of each trader.
    counts: BTreeMap<String, (u32, u32)>,
    equity_before: BTreeMap<String, i64>,
    /// Accounts of those whose deposits are not lent, as they were.
    saved: BTreeMap<String, Vec<u8>>,
}

/// Replays the crash with its depeg.
///
/// # Errors
/// When the path cannot be cut, or a keeper's transaction is refused for a reason he does not expect.
pub fn replay(crash: &Crash, substeps: u32, seed: u64) -> Result<DepegRecord> {
    let mut run = DepegRun::prepare(crash, substeps, seed)?;
    run.open()?;
    for point in 0..run.replay.times.len() {
        run.step(point)?;
    }
    run.finish()
}

impl DepegRun {
    fn prepare(crash: &Crash, substeps: u32, seed: u64) -> Result<Self> {
        let mut replay = Replay::new(crash, substeps, seed)?;
        let moments = Moments::within(&replay.times);
        skip(&mut replay, moments.opens);
        let sol = replay.asset(Asset::Sol).context("a crash has SOL")?;
        let staked = beside(sol, &moments);
        let mut spec = Spec::default();
        spec.with_liquid_staking();
        for path in &replay.assets {
            let first = path.points.first().context("a path has a first point")?;
            shape(&mut spec, path.asset, first);
        }
        spec.asset(JITOSOL).price = spec.asset(SOL).price * REDEMPTION;
        spec.start = replay.times[0] - WARM_UP;
        spec.insurance = usdc(INSURANCE).atoms;
        spec.exchange.insurance_target = spec.insurance;
        let mut world = World::from_spec(LiteChain::new(), spec);
        world.checks.nothing_changed = false;
        let record = DepegRecord {
            breaks: moments.breaks,
            keeper_back: moments.breaks + AWAY,
            ..DepegRecord::default()
        };
        Ok(Self {
            world,
            traders: spot_traders(seed),
            replay,
            staked,
            moments,
            record,
            counts: BTreeMap::new(),
            equity_before: BTreeMap::new(),
            saved: BTreeMap::new(),
        })
    }

    /// Lenders first, then everybody who borrows of them; perpetual traders beside.
    fn open(&mut self) -> Result<()> {
        self.feed(0);
        let (dollars, in_sol) = KEEPER_DOLLARS;
        let sol = self.worth(SOL, f64::from(in_sol));
        self.world
            .keeper()
            .deposits(usdc(dollars))
            .deposits(sol)
            .done();
        for each in DEPOSITORS {
            let amount = self.worth(each.slot, f64::from(each.dollars));
            let actor = self.world.actor(each.name).deposits(amount);
            if each.way != Way::Keeps {
                actor.lends(each.slot).done();
            } else {
                actor.done();
            }
        }
        for (name, slot, times) in PERPETUALS {
            let amount = self.worth(slot, f64::from(PERPETUAL_DOLLARS) * times.abs());
            let ask = if times > 0.0 {
                Ask::long(amount)
            } else {
                Ask::short(amount)
            };
            let actor = self.world.actor(name).deposits(usdc(PERPETUAL_DOLLARS));
            actor.trades(ask).done();
        }
        self.world.tick();
        for trader in self.traders.clone() {
            self.open_spot(&trader)?;
        }
        self.world.sync();
        for trader in &self.traders {
            let equity = self.world.health(&trader.name).maintenance.equity.0;
            self.equity_before.insert(trader.name.clone(), equity);
        }
        self.record.insurance.start = self.world.bank(USDC).insurance;
        self.record.insurance.least = u64::MAX;
        let holder = |each: &Depositor| self.holder(each.name, each.slot);
        let (lend, keep): (Vec<&Depositor>, Vec<&Depositor>) =
            DEPOSITORS.iter().partition(|each| each.way != Way::Keeps);
        let lenders = lend.into_iter().map(holder).collect();
        let unlent = keep.into_iter().map(holder).collect();
        (self.record.lenders, self.record.unlent) = (lenders, unlent);
        self.saved = self.unlent_bytes();
        Ok(())
    }

    /// The broker delivers what the trader is going to hold and is paid with what he borrows against it.
    fn open_spot(&mut self, trader: &SpotTrader) -> Result<()> {
        let group = SPOT_GROUPS[trader.group];
        let (dollars, times) = (f64::from(trader.dollars), self.leverage(&group));
        let held = self.worth(group.holds, dollars * times);
        let owed = self.worth(group.owes, dollars * (times - 1.0));
        let name = trader.name.as_str();
        self.world.fund_up_to(BROKER, group.owes, 0);
        let actor = self.world.actor(name).deposits(held).borrows(owed);
        let borrowed = actor.outcome();
        ensure!(borrowed.is_ok(), "{name} borrows nothing: {borrowed:?}");
        let (from, to) = (
            self.world.token_key(name, group.owes),
            self.world.token_key(BROKER, group.owes),
        );
        let pays = transfer(&from, &to, &wallet(name).pubkey(), owed.atoms);
        self.world.actor(name).does(&[pays]).done();
        Ok(())
    }

    /// Holdings over equity; the maximum is nine tenths of what initial rates admit.
    fn leverage(&self, group: &SpotGroup) -> f64 {
        if group.leverage.is_finite() {
            return group.leverage;
        }
        let book = self.world.book();
        let rates = |slot: u8| book.assets[usize::from(slot)].rates();
        let one = plimsoll_engine::fixed::Fixed::ONE.0 as f64;
        let held = rates(group.holds).initial_long.0 as f64 / one;
        let owed = rates(group.owes).initial_short.0 as f64 / one;
        0.9 * (1.0 + owed) / (held + owed)
    }

    /// So many dollars of a token at the price of the moment.
    fn worth(&self, slot: u8, dollars: f64) -> Amount {
        let asset = self.world.asset(slot);
        let price = asset.feed.report.price as f64 / PRICE_SCALE as f64;
        Amount {
            slot,
            atoms: atoms(dollars / price, asset.decimals),
        }
    }

    /// One publication, and what the keeper does on it unless he is away.
    fn step(&mut self, point: usize) -> Result<()> {
        let time = self.replay.times[point];
        if time > self.world.now() {
            self.world.chain.set_clock(time);
        }
        self.feed(point);
        let away = self.moments.breaks..self.record.keeper_back;
        if !away.contains(&time) {
            keeper::record_shortfalls(self)?;
            self.leave();
            keeper::work(self)?;
            self.world.sync();
        }
        self.sample(point);
        Ok(())
    }

    /// The first record of a loss drives away who leaves, with what he is still given.
    fn leave(&mut self) {
        for each in DEPOSITORS.iter().filter(|each| each.way == Way::Leaves) {
            let lends = self.world.lends(each.name, each.slot);
            if !lends || self.world.bank(each.slot).pending_loss == 0 {
                continue;
            }
            let everything = Amount {
                slot: each.slot,
                atoms: EVERYTHING,
            };
            let before = self.world.tokens(each.name, each.slot);
            self.world.actor(each.name).withdraws(everything).done();
            let taken = self.world.tokens(each.name, each.slot) - before;
            let mut lenders = self.record.lenders.iter_mut();
            if let Some(holder) = lenders.find(|holder| holder.name == each.name) {
                (holder.after, holder.left) = (signed(taken), Some(self.world.now()));
            }
        }
    }

    fn feed(&mut self, point: usize) {
        let paths = self.replay.assets.iter();
        let mut reports: Vec<(u8, Report)> = paths
            .filter_map(|path| Some((slot_of(path.asset), report(path.points.get(point)?))))
            .collect();
        reports.extend(self.staked.get(point).map(|own| (JITOSOL, report(own))));
        if point == 0 {
            // Everybody arrives in a calm: the mean is the price.
            reports.iter_mut().for_each(|(_, report)| report.ema = None);
        }
        self.world.prices(&reports);
    }

    fn sample(&mut self, point: usize) {
        let book = self.world.book();
        let asset = &book.assets[usize::from(JITOSOL)];
        let band: PriceBand = asset.band();
        let counted = band.value_floor(1_000_000_000, asset.spot).unwrap_or(0);
        let sol = self.replay.asset(Asset::Sol).map(|path| path.points[point]);
        let sol = sol.map_or(0, |point| point.price);
        self.record.samples.push(DepegSample {
            time: self.replay.times[point],
            redemption: (sol as f64 * REDEMPTION).round() as i64,
            market: self.staked[point].price,
            // From micro-dollars.
            counted: i64::try_from(counted).unwrap_or(i64::MAX) * 100,
            index: book.assets[usize::from(USDC)].deposit_index,
        });
    }

    fn finish(mut self) -> Result<DepegRecord> {
        self.world.sync();
        self.record.insurance.end = self.world.bank(USDC).insurance;
        self.record.insurance.least = self.record.insurance.least.min(self.record.insurance.end);
        let lenders = self.record.lenders.iter_mut();
        let stayed = lenders.filter(|holder| holder.left.is_none());
        for holder in stayed.chain(&mut self.record.unlent) {
            let slot = DEPOSITORS.iter().find(|each| each.name == holder.name);
            let slot = slot.context("a depositor")?.slot;
            holder.after = self.world.atoms(&holder.name, slot);
        }
        let after = self.unlent_bytes();
        for holder in &mut self.record.unlent {
            holder.identical = self.saved.get(&holder.name) == after.get(&holder.name);
        }
        self.groups();
        self.record.conservation = Conservation {
            checks: self.world.tally.conservation_checks,
            failures: 0,
            lines: self.vaults(),
        };
        Ok(self.record)
    }

    fn groups(&mut self) {
        for (index, group) in SPOT_GROUPS.iter().enumerate() {
            let mut row = SpotRow {
                name: group.name.to_owned(),
                leverage: self.leverage(group),
                ..SpotRow::default()
            };
            for trader in self.traders.iter().filter(|trader| trader.group == index) {
                let name = &trader.name;
                let (calls, liquidations) = self.counts.get(name).copied().unwrap_or_default();
                let dollars = i64::from(trader.dollars) * 1_000_000;
                row.traders += 1;
                row.owed += (dollars as f64 * (row.leverage - 1.0)).round() as i64;
                row.equity_before += self.equity_before.get(name).copied().unwrap_or(0);
                row.equity_after += self.world.health(name).maintenance.equity.0;
                row.margin_calls += calls;
                row.liquidations += liquidations;
            }
            let own = self.record.losses.iter().filter(|loss| loss.group == index);
            row.bad_debt = own.map(|loss| loss.usd(loss.owed)).sum();
            self.record.groups.push(row);
        }
    }

    fn holder(&self, name: &str, slot: u8) -> Holder {
        let asset = self.world.asset(slot);
        let before = self.world.atoms(name, slot);
        Holder {
            name: name.to_owned(),
            token: asset.symbol.clone(),
            decimals: asset.decimals,
            before,
            after: before,
            left: None,
            identical: false,
        }
    }

    /// The margin accounts of those whose deposits are not lent, byte for byte.
    fn unlent_bytes(&self) -> BTreeMap<String, Vec<u8>> {
        let unlent = DEPOSITORS.iter().filter(|each| each.way == Way::Keeps);
        let bytes = |each: &Depositor| {
            let key = self.world.account_key(each.name, 0);
            let account = self.world.chain.account(&key);
            (
                each.name.to_owned(),
                account.map_or_else(Vec::new, |a| a.data),
            )
        };
        unlent.map(bytes).collect()
    }

    fn vaults(&self) -> Vec<ConservationLine> {
        let banks = self.world.assets.iter().filter(|asset| asset.has_bank);
        let line = |asset: &crate::world::Asset| {
            let bank = self.world.bank(asset.slot);
            let cash = if asset.slot == USDC {
                self.world.pool().cash
            } else {
                0
            };
            ConservationLine {
                token: asset.symbol.clone(),
                vault_total: self.world.token_amount(&asset.vault),
                claims_total: bank.ledgers().unwrap_or(u64::MAX) + cash,
            }
        };
        banks.map(line).collect()
    }
}

/// Leaves out what was published before a time.
fn skip(replay: &mut Replay, until: i64) {
    let first = replay.times.partition_point(|time| *time < until);
    replay.times.drain(..first);
    for path in &mut replay.assets {
        path.points.drain(..first);
    }
}
