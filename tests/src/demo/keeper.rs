//! The keeper of the demonstration: calls margin, liquidates, settles.

use anyhow::{bail, Result};
use plimsoll::error::PlimsollError;
use plimsoll::instructions::LiquidationLeg;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::State;

use super::driver::Run;
use super::traders::{Trader, GROUPS};
use crate::actor::{collateral_leg, position_leg};
use crate::amounts::usdc_atoms;

/// Rounds between two publications; each but the first is a minute later, when the throttle is off.
pub(super) const ROUNDS: usize = 4;
/// Seconds after which nothing is throttled, and one more.
pub(super) const PATIENCE: i64 = 61;

/// Does everything that can be done at the prices of the moment.
pub fn work(run: &mut Run) -> Result<()> {
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

/// Calls or liquidates one trader; true if something is left to do in a minute.
fn look_after(run: &mut Run, trader: &Trader) -> Result<bool> {
    let name = trader.name.as_str();
    let health = run.world.health(name);
    let call_level = Fixed(run.world.book().call_level);
    let state = health.state(call_level).unwrap_or(State::Healthy);
    let account = run.world.account(name);
    if state == State::Healthy {
        if account.called_at != 0 {
            run.world.call_margin(name);
        }
        return Ok(false);
    }
    let below = matches!(state, State::Called | State::Liquidatable | State::Bankrupt);
    if below && account.called_at == 0 {
        let receipt = run.world.call_margin(name);
        run.note_calls(name, &receipt);
        answer(run, trader);
    }
    match state {
        State::Liquidatable | State::Bankrupt => liquidate(run, name),
        _ => Ok(false),
    }
}

/// Deposits half as much again as the call asks for, if the trader is one who answers.
fn answer(run: &mut Run, trader: &Trader) {
    let amount = run.world.account(&trader.name).call_amount;
    if GROUPS[trader.group].answers_calls && amount > 0 {
        let deposit = amount + amount / 2;
        run.world
            .actor(&trader.name)
            .deposits(usdc_atoms(deposit))
            .done();
        run.answered += deposit;
    }
}

/// One liquidation: the largest position, all of them where that does not help, collateral last.
fn liquidate(run: &mut Run, name: &str) -> Result<bool> {
    if run.world.health(name).maintenance.is_met() {
        return Ok(false);
    }
    for legs in choices(run, name) {
        match run.world.keeper().liquidates(name, &legs).outcome() {
            Ok(receipt) => {
                run.note_calls(name, &receipt);
                run.note_liquidation(name, &receipt);
                run.world.settle(name);
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

/// The legs to try, best first.
fn choices(run: &Run, name: &str) -> Vec<Vec<LiquidationLeg>> {
    let account = run.world.account(name);
    let book = run.world.book();
    let mut positions: Vec<(u64, u8)> = account
        .positions
        .iter()
        .filter(|place| place.base != 0)
        .filter_map(|place| {
            let asset = book.listed_asset(place.slot).ok()?;
            let value = asset
                .band()
                .value_floor(place.base.unsigned_abs(), asset.spot)
                .ok()?;
            Some((
                asset.rates().maintenance_long.of_floor(value).ok()?,
                place.slot,
            ))
        })
        .collect();
    positions.sort_unstable_by(|left, right| right.cmp(left));
    let mut choices: Vec<Vec<LiquidationLeg>> = positions
        .iter()
        .take(1)
        .map(|(_, slot)| vec![position_leg(*slot)])
        .collect();
    if positions.len() > 1 {
        choices.push(
            positions
                .iter()
                .map(|(_, slot)| position_leg(*slot))
                .collect(),
        );
    }
    let collateral = account
        .balances
        .iter()
        .skip(1)
        .filter(|balance| balance.amount > 0);
    choices.extend(collateral.map(|balance| vec![collateral_leg(balance.slot)]));
    choices
}
