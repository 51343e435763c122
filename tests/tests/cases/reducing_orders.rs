//! Orders that only reduce: by at most what is held, and never beyond.

use plimsoll::events::{OrderCancelled, OrderExecuted};
use plimsoll_tests::prelude::*;

/// Alice has 3,000 dollars and 10 SOL long at 150.
fn holder() -> World<LiteChain> {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(3_000)).longs(sol(10)).done();
    world
}

/// The keeper executes where SOL is published at this price at the order's instant.
fn executed(world: &mut World<LiteChain>, order: &PlacedOrder, price: f64) -> OrderExecuted {
    world.chain.set_clock(order.execute_at);
    let update = world.publish(SOL, price);
    let receipt = world.keeper().executes_on(order, update).done();
    receipt.event()
}

#[test]
fn a_market_order_that_only_reduces_does_not_flip() {
    let mut world = holder();
    let order = world.alice().asks(Ask::short(sol(15)).reduce()).order();
    let told = executed(&mut world, &order, 150.0);
    assert_eq!((told.size, told.position), (-10_000_000_000, 0));
    assert!(told.notional < usdc(1_500).atoms && told.notional > usdc(1_498).atoms);
    assert_eq!(world.market(SOL).short_base, 0);
}

#[test]
fn a_stop_that_only_reduces_sells_no_more_than_there_is_at_the_same_price() {
    let mut world = holder();
    let stop = Ask::short(sol(15)).stop(usdc(2_100)).limit(usdc(2_070));
    let order = world.alice().places(stop.reduce());
    let flips = world.alice().places(stop);
    let mut fork = world.clone();
    // 2,100 for fifteen are 1,400 for ten.
    let told = executed(&mut world, &order, 139.9);
    assert_eq!((told.size, told.position), (-10_000_000_000, 0));
    assert!(told.notional < usdc(1_399).atoms && told.notional > usdc(1_398).atoms);
    // Without being told to only reduce it goes short.
    let told = executed(&mut fork, &flips, 139.9);
    assert_eq!(
        (told.size, told.position),
        (-15_000_000_000, -5_000_000_000)
    );
    // The limit too is in proportion: 2,070 for fifteen are 1,380 for ten.
    let mut world = holder();
    let order = world.alice().places(stop.reduce());
    world.chain.set_clock(order.execute_at);
    let update = world.publish(SOL, 137.9);
    world
        .keeper()
        .executes_on(&order, update)
        .refused_with(PlimsollError::Slippage);
}

#[test]
fn an_order_to_close_takes_everything_there_is() {
    let mut world = holder();
    let stop = Ask::short(sol(10)).stop(usdc(1_400)).close();
    let order = world.alice().places(stop);
    world.alice().longs(sol(7)).done();
    world.tick();
    let at = world.now();
    world.chain.set_clock(at + 5);
    let update = world.publish(SOL, 140.0);
    let told = world.keeper().executes_on(&order, update).done();
    let told = told.event::<OrderExecuted>();
    assert_eq!((told.size, told.position), (-17_000_000_000, 0));
    // Never above its own price, which is that of ten for ten.
    assert!(told.notional <= usdc(17 * 140).atoms);
}

#[test]
fn there_is_a_position_to_reduce_when_it_is_placed() {
    let mut world = holder();
    let stop = Ask::short(sol(1)).stop(usdc(140));
    for wrong in [
        Ask::long(sol(1)).reduce(),
        Ask::long(sol(1)).close(),
        Ask::long(sol(1)).stop(usdc(160)).reduce(),
        Ask::long(sol(1)).at(usdc(140)).close(),
    ] {
        world
            .alice()
            .asks(wrong)
            .refused_with(PlimsollError::NothingToReduce);
    }
    let nothing = world.bob().deposits(usdc(1_000));
    nothing
        .asks(stop.reduce())
        .refused_with(PlimsollError::NothingToReduce);
}

#[test]
fn without_its_position_it_cannot_execute_and_anybody_removes_it() {
    let mut world = holder();
    let stop = Ask::short(sol(10)).stop(usdc(1_400)).reduce();
    let order = world.alice().places(stop);
    world
        .keeper()
        .cancels(&order)
        .refused_with(PlimsollError::OrderAlive);
    world.alice().shorts(sol(12)).done();
    world.tick();
    let update = world.publish(SOL, 139.0);
    world
        .keeper()
        .executes_on(&order, update)
        .refused_with(PlimsollError::NothingToReduce);
    let owned = world.lamports("alice") + world.lamports_of(&order.key);
    let told = world.keeper().cancels(&order).done();
    let told = told.event::<OrderCancelled>();
    assert_eq!(told.reason, u32::from(PlimsollError::NothingToReduce));
    assert_eq!(world.lamports("alice"), owned);
}

#[test]
fn a_market_order_whose_position_was_liquidated_is_closed_as_refused() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    let order = world.alice().asks(Ask::short(sol(50)).reduce()).order();
    world.advance(5);
    world.price(SOL, 129.0);
    let legs = [position_leg(SOL)];
    world.keeper().liquidates("alice", &legs).done();
    assert_eq!(world.position("alice", SOL).base, 0);
    world
        .keeper()
        .executes(&order)
        .order_refused_with(PlimsollError::NothingToReduce);
    assert_eq!(world.account("alice").open_orders, 0);
}

#[test]
fn a_stop_that_reduces_passes_an_active_breaker() {
    let mut world = holder();
    let stop = Ask::short(sol(10)).stop(usdc(1_400)).reduce();
    let order = world.alice().places(stop);
    world.chain.set_clock(order.execute_at);
    let update = world.publish(SOL, Report::at(133.0).ema(150.0));
    let told = world.keeper().executes_on(&order, update).done();
    assert_eq!(told.event::<OrderExecuted>().position, 0);
}

#[test]
fn under_water_it_still_reduces() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    let stop = Ask::short(sol(50)).stop(usdc(7_000)).reduce();
    let order = world.alice().places(stop);
    let told = executed(&mut world, &order, 137.0);
    assert_eq!(told.position, 0);
}
