//! The keeper of the depeg: calls margin, sells collateral, pays debts, has shortfalls recorded and settles
//! what nobody will pay.

use anyhow::{bail, Result};
use plimsoll::error::PlimsollError;
use plimsoll::events::{BadDebtSettled, Liquidated, LossBorne, MarginCalled, ShortfallRecorded};
use plimsoll::instructions::LiquidationLeg;
use plimsoll::state::{AgeLimit, Bank, BookAt};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::State;

use super::super::driver::signed;
use super::super::keeper::{PATIENCE, ROUNDS};
use super::super::spot::{SpotTrader, PERPETUALS};
use super::record::{Loss, Shortfall};
use super::DepegRun;
use crate::actor::{collateral_leg, debt_leg};
use crate::chain::{Chain as _, Receipt};
use crate::params::USDC;

/// Has every shortfall recorded that is not: whoever stops lending from here on bears his part.
pub(super) fn record_shortfalls(run: &mut DepegRun) -> Result<()> {
    for trader in run.traders.clone() {
        let short = run.world.health(&trader.name).maintenance.equity.0 < 0;
        if short && !is_recorded(run, &trader.name) {
            settle(run, &trader)?;
        }
    }
    Ok(())
}

fn is_recorded(run: &DepegRun, name: &str) -> bool {
    let account = run.world.account(name);
    let mut balances = account.balances.iter();
    balances.any(|balance| balance.pending_loss > 0)
}

/// Does everything that can be done at the prices of the moment.
pub(super) fn work(run: &mut DepegRun) -> Result<()> {
    for round in 0..ROUNDS {
        let mut waits = false;
        for trader in run.traders.clone() {
            waits |= look_after(run, &trader)?;
        }
        if !waits || round + 1 == ROUNDS {
            break;
        }
        run.world.advance(PATIENCE);
        run.world.tick();
    }
    Ok(())
}

/// Calls, liquidates or settles one trader; true if something is left to do in a minute.
fn look_after(run: &mut DepegRun, trader: &SpotTrader) -> Result<bool> {
    let name = trader.name.as_str();
    let health = run.world.health(name);
    let call_level = Fixed(run.world.book().call_level);
    let state = health.state(call_level).unwrap_or(State::Healthy);
    if state != State::Bankrupt && is_recorded(run, name) {
        // Prices rose again.
        settle(run, trader)?;
    }
    if state == State::Healthy {
        if run.world.account(name).called_at != 0 {
            run.world.call_margin(name);
        }
        return Ok(false);
    }
    let below = matches!(state, State::Called | State::Liquidatable | State::Bankrupt);
    if below && run.world.account(name).called_at == 0 {
        let receipt = run.world.call_margin(name);
        let calls = receipt.events::<MarginCalled>().len();
        run.counts.entry(name.to_owned()).or_default().0 += calls as u32;
    }
    match state {
        State::Liquidatable => liquidate(run, name),
        State::Bankrupt => {
            if !is_recorded(run, name) {
                settle(run, trader)?;
            }
            let waits = liquidate(run, name)?;
            if run.world.health(name).maintenance.equity.0 < 0 {
                settle(run, trader)?;
            }
            Ok(waits)
        }
        _ => Ok(false),
    }
}

/// One liquidation.
fn liquidate(run: &mut DepegRun, name: &str) -> Result<bool> {
    if run.world.health(name).maintenance.is_met() {
        return Ok(false);
    }
    for legs in choices(run, name) {
        match run.world.keeper().liquidates(name, &legs).outcome() {
            Ok(receipt) => {
                run.note_liquidation(name, &receipt);
                return Ok(true);
            }
            Err(failure) => match failure.code {
                Some(code) if code == u32::from(PlimsollError::Throttled) => return Ok(true),
                Some(code) if code == u32::from(PlimsollError::NotImproved) => {}
                _ => bail!("liquidating {name}: {failure}"),
            },
        }
    }
    Ok(false)
}

/// The legs to try, best first: a debt as far as the account has quote for it, then a deposit.
fn choices(run: &DepegRun, name: &str) -> Vec<Vec<LiquidationLeg>> {
    let account = run.world.account(name);
    let others = || account.balances.iter().skip(1);
    let paid = others().filter(|balance| balance.amount < 0);
    let sold = others().filter(|balance| balance.amount > 0);
    let mut choices: Vec<_> = paid
        .filter_map(|balance| Some(vec![affordable(run, name, balance.slot)?]))
        .collect();
    choices.extend(sold.map(|balance| vec![collateral_leg(balance.slot)]));
    choices
}

/// A leg that pays as much of a debt as the account's quote buys at the price of the plan for all of it.
fn affordable(run: &DepegRun, name: &str, slot: u8) -> Option<LiquidationLeg> {
    let quote = run.world.atoms(name, USDC).max(0).unsigned_abs();
    let whole = debt_leg(slot);
    let (_, taken) = run.world.plan(name, &[whole]).ok()?;
    let planned = taken.first()?;
    if planned.notional <= quote {
        return Some(whole);
    }
    let part = u128::from(planned.size) * u128::from(quote) / u128::from(planned.notional);
    // A little less, for what rounding adds.
    let most = u64::try_from(part * 9_999 / 10_000).ok()?;
    (most > 0).then_some(LiquidationLeg { most, ..whole })
}

/// Has the shortfall recorded, and settled where nothing is left of the account.
fn settle(run: &mut DepegRun, trader: &SpotTrader) -> Result<()> {
    let name = trader.name.as_str();
    let before = Watched::of(run);
    let receipt = match run.world.keeper().settles_bad_debt(name).outcome() {
        Ok(receipt) => receipt,
        Err(failure) => bail!("settling {name}: {failure}"),
    };
    if before.others != Watched::of(run).others {
        run.record.spilled += 1;
    }
    let time = run.world.now();
    for told in receipt.events::<ShortfallRecorded>() {
        let (amount, trader) = (signed(told.shortfall), name.to_owned());
        run.record.shortfalls.push(Shortfall {
            time,
            trader,
            amount,
        });
    }
    for told in receipt.events::<BadDebtSettled>() {
        for borne in told.borne {
            let loss = before.loss(run, trader, &borne);
            run.record.losses.push(loss);
        }
        let insurance = &mut run.record.insurance;
        insurance.least = insurance.least.min(run.world.bank(USDC).insurance);
    }
    Ok(())
}

/// What a settlement is judged by: the banks, and what it has no business with.
struct Watched {
    /// Insurance, what lenders who left have borne and what lenders have, by slot.
    banks: Vec<Option<(u64, u64, u64)>>,
    /// Perpetual traders' accounts, markets and the pool, byte for byte.
    others: Vec<Vec<u8>>,
}

impl Watched {
    fn of(run: &DepegRun) -> Self {
        let world = &run.world;
        let banks = world.assets.iter().map(|asset| {
            asset.has_bank.then(|| {
                let bank = world.bank(asset.slot);
                (bank.insurance, bank.absorbed, claims(run, &bank))
            })
        });
        let accounts = PERPETUALS
            .iter()
            .map(|(name, ..)| world.account_key(name, 0));
        let markets = world.assets.iter().filter(|asset| asset.has_market);
        let keys = accounts.chain(markets.map(|asset| asset.market));
        let bytes = |key| {
            world
                .chain
                .account(&key)
                .map_or_else(Vec::new, |found| found.data)
        };
        Self {
            banks: banks.collect(),
            others: keys.chain([world.keys.pool]).map(bytes).collect(),
        }
    }

    /// Who bore a debt, now that it is settled. The event adds up insurance and its part of interest;
    /// what insurance itself gave is what it has less. It is silent on lenders who left: what they bore
    /// for this debt is gone from their account, but for what nobody needed and insurance was given.
    fn loss(&self, run: &DepegRun, trader: &SpotTrader, borne: &LossBorne) -> Loss {
        let asset = run.world.asset(borne.slot);
        let (insurance, absorbed, claims_before) =
            self.banks[usize::from(borne.slot)].unwrap_or_default();
        let bank = run.world.bank(borne.slot);
        let own = insurance.saturating_sub(bank.insurance);
        let own = own.min(borne.insurance);
        let others = borne.insurance + borne.bought + borne.lenders;
        let rest = borne.owed.saturating_sub(others);
        Loss {
            time: run.world.now(),
            trader: trader.name.clone(),
            group: trader.group,
            token: asset.symbol.clone(),
            decimals: asset.decimals,
            price: asset.feed.report.price,
            owed: borne.owed,
            own,
            bought: borne.bought,
            paid: borne.paid,
            reserve: borne.insurance - own,
            leavers: absorbed.saturating_sub(bank.absorbed).min(rest),
            lenders: borne.lenders,
            claims_before,
            claims_after: claims(run, &bank),
            insurance_left: run.world.bank(USDC).insurance,
        }
    }
}

/// What those who lend have with interest up to now, atoms rounded down.
fn claims(run: &DepegRun, bank: &Bank) -> u64 {
    let book = run.world.book();
    let at = BookAt {
        book: &book,
        now: run.world.now(),
        limit: AgeLimit::Other,
    };
    let index = at.borrow_index(bank.slot).expect("an index");
    let lending = bank.accrued(index).expect("interest");
    lending.claims_floor().expect("claims")
}

impl DepegRun {
    fn note_liquidation(&mut self, name: &str, receipt: &Receipt) {
        for told in receipt.events::<Liquidated>() {
            self.counts.entry(name.to_owned()).or_default().1 += 1;
            for leg in &told.legs {
                self.record.sold += signed(leg.notional);
                self.record.insurance.earned += leg.insurance;
            }
        }
    }
}
