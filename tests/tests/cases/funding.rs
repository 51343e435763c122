//! Funding: longs pay while they are the larger side, shorts receive, and the pool gets the rest (F-10).

use super::{world, world_with};
use plimsoll::constants::MARKET_SYNC_AGE;
use plimsoll::events::OrderExecuted;
use plimsoll::state::PositionSlot;
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::prelude::*;

const DAY: i64 = 86_400;

/// Alice is long 14,000 SOL of a scale of 700,000, Bob short a quarter of that; the market is synced.
fn skewed() -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.market(SOL).daily_funding_ppm = 1_000_000;
    });
    world.alice().deposits(usdc(2_000_000)).done();
    world.bob().deposits(usdc(1_000_000)).done();
    world.alice().longs(sol(14_000)).done();
    world.bob().shorts(sol(3_500)).done();
    world.sync();
    world
}

/// What somebody's SOL has paid in all and what is due now, quote atoms.
fn funding(world: &World<BankChain>, name: &str) -> (i64, i64) {
    let position = world.position(name, SOL);
    let index = world.book().assets[usize::from(SOL)].funding(world.now());
    let due = position.position().due_ceil(&index).unwrap().0;
    (position.funding_paid, due)
}

/// Prices are published and taken anew after a while.
fn wait(world: &mut World<BankChain>, seconds: i64) {
    world.advance(seconds);
    world.publish_all();
    world.refresh();
}

fn near(atoms: i64, dollars: f64) {
    let off = (atoms as f64 / 1e6 - dollars).abs();
    assert!(
        off < dollars.abs() * 1e-4 + 0.01,
        "{atoms} is not {dollars} dollars"
    );
}

#[test]
fn a_day_at_a_skew_costs_longs_what_the_formula_says() {
    let mut world = skewed();
    let equity = world.health("alice").maintenance.equity.0;
    wait(&mut world, DAY);
    // 10,500 of 700,000 is 1.5% of the scale, SOL is at 150 dollars: 2.25 dollars a SOL and day.
    let (_, due) = funding(&world, "alice");
    near(due, 14_000.0 * 2.25);
    near(funding(&world, "bob").1, -3_500.0 * 2.25);
    let after = world.health("alice").maintenance.equity.0;
    near(equity - after, 14_000.0 * 2.25);
}

#[test]
fn settling_pays_it_and_the_pool_keeps_what_shorts_do_not_get() {
    let mut world = skewed();
    for name in ["alice", "bob"] {
        world.keeper().settles(name).done();
    }
    let (cash, alice, bob) = (
        world.pool().cash,
        world.held("alice", USDC),
        world.held("bob", USDC),
    );
    wait(&mut world, DAY);
    for name in ["alice", "bob"] {
        world.keeper().settles(name).done();
        assert_eq!(funding(&world, name).1, 0, "{name}");
    }
    near(alice - world.held("alice", USDC), 14_000.0 * 2.25);
    near(world.held("bob", USDC) - bob, 3_500.0 * 2.25);
    near(world.pool().cash as i64 - cash as i64, 10_500.0 * 2.25);
    near(funding(&world, "alice").0, 14_000.0 * 2.25);
    near(funding(&world, "bob").0, -3_500.0 * 2.25);
}

#[test]
fn shorts_pay_while_they_are_the_larger_side() {
    let mut world = skewed();
    world.bob().shorts(sol(14_000)).done();
    world.sync();
    let before = [funding(&world, "alice").1, funding(&world, "bob").1];
    wait(&mut world, DAY);
    // 3,500 more shorts than longs: half a percent of the scale.
    near(funding(&world, "alice").1 - before[0], -14_000.0 * 0.75);
    near(funding(&world, "bob").1 - before[1], 17_500.0 * 0.75);
}

#[test]
fn how_often_anybody_syncs_changes_nothing() {
    let mut often = skewed();
    let mut once = skewed();
    for _ in 0..24 {
        wait(&mut often, DAY / 24);
        often.sync();
    }
    wait(&mut once, DAY);
    let (a, b) = (funding(&often, "alice").1, funding(&once, "alice").1);
    // Every write drops less than a unit of the index: 2^-40 of the price.
    assert!((a - b).abs() <= 24 * 2, "{a} and {b}");
}

#[test]
fn a_market_nobody_syncs_charges_at_the_last_skew_and_lets_no_position_grow() {
    let mut world = skewed();
    world.bob().longs(sol(3_500)).done();
    world.advance(MARKET_SYNC_AGE + 1);
    world.tick();
    world
        .alice()
        .asks_long(sol(1))
        .refused_with(PlimsollError::MarketNotSynced);
    world
        .bob()
        .asks_short(sol(1))
        .refused_with(PlimsollError::MarketNotSynced);
    world.alice().asks_short(sol(1)).done();
}

#[test]
fn an_order_is_not_lost_because_nobody_synced() {
    let mut world = skewed();
    let mut spare = world.now() - world.book().assets[usize::from(SOL)].funding_time;
    spare = MARKET_SYNC_AGE - spare - 5;
    world.advance(spare);
    world.tick();
    let order = world.alice().asks_long(sol(10)).order();
    world
        .keeper()
        .executes(&order)
        .refused_with(PlimsollError::MarketNotSynced);
    world.sync();
    world.keeper().executes(&order).done();
}

#[test]
fn funding_alone_can_have_an_account_called_and_liquidated() {
    let mut world = skewed();
    let mut days = 0;
    while world.health("alice").maintenance.is_met() {
        wait(&mut world, DAY);
        days += 1;
        assert!(days < 200);
    }
    world.keeper().opens_account().done();
    let due = funding(&world, "alice").1;
    let (_, paid_by_bob) = funding(&world, "bob");
    assert!(due > 0 && paid_by_bob < 0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    let position = world.position("alice", SOL);
    assert!(position.base > 0, "a part is enough");
    assert_eq!(position.funding_paid, due);
    assert_eq!(funding(&world, "alice").1, 0);
}

#[test]
fn a_position_can_be_read_entry_profit_funding_and_fees() {
    let mut world = world();
    world.alice().deposits(usdc(100_000)).done();
    let first = world
        .alice()
        .longs(sol(100))
        .done()
        .event::<OrderExecuted>();
    let opened = world.position("alice", SOL);
    assert_eq!((opened.entry, opened.realised), (first.notional as i64, 0));
    world.sync();
    world.price(SOL, 180.0);
    world.keeper().settles("alice").done();
    let settled = world.position("alice", SOL);
    assert_ne!(settled.cost, opened.cost, "settling writes the cost anew");
    assert_eq!(settled.entry, opened.entry, "and leaves the entry");
    let (funding_before, fees) = (settled.funding_paid, settled.fees_paid);
    let second = world
        .alice()
        .shorts(sol(40))
        .done()
        .event::<OrderExecuted>();
    let cut = world.position("alice", SOL);
    let entry = opened.entry * 60 / 100;
    assert!((cut.entry - entry).abs() <= 1);
    // What the 40 SOL were bought for is 40% of the entry.
    let profit = second.notional as i64 - (opened.entry - cut.entry);
    assert_eq!(second.realised, profit);
    assert_eq!(cut.realised, profit);
    assert_eq!(cut.fees_paid, fees + second.fee);
    assert_eq!(cut.funding_paid, funding_before + second.funding);
    assert!(second.funding > 0, "longs pay");
    // Profit since it was opened = what was settled + what is not.
    world.alice().shorts(sol(60)).done();
    let closed = world.position("alice", SOL);
    assert_eq!((closed.base, closed.entry, closed.funding), (0, 0, 0));
    world.keeper().settles("alice").done();
    assert_eq!(
        bytemuck::bytes_of(&world.position("alice", SOL)),
        bytemuck::bytes_of(&<PositionSlot as bytemuck::Zeroable>::zeroed())
    );
}

#[test]
fn a_market_without_funding_has_none() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(2_000_000)).done();
    world.alice().longs(sol(10_000)).done();
    world.sync();
    wait(&mut world, 30 * DAY);
    let asset = world.book().assets[usize::from(SOL)];
    assert_eq!((asset.funding_index, asset.funding_gain), (0, 0));
    assert!(Fixed(world.market(SOL).daily_funding) == Fixed::ZERO);
    assert_eq!(funding(&world, "alice"), (0, 0));
}
