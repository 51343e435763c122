//! Limit, stop and take-profit orders: what they wait for, what they pay, how they end.

use plimsoll::events::{OrderCancelled, OrderExecuted, OrderPlaced, OrderRefused};
use plimsoll_engine::order::OrderKind;
use plimsoll_tests::prelude::*;
use solana_address::Address;

const DAY: i64 = 86_400;

/// Alice has 2,000 dollars and 10 SOL long at 150.
fn holder() -> World<LiteChain> {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(10)).done();
    world
}

/// Alice, who has 2,000 dollars, would buy 10 SOL at 140.
fn bidder() -> (World<LiteChain>, PlacedOrder) {
    let mut world = World::new(LiteChain::new());
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().deposits(usdc(2_000)).places(limit);
    (world, order)
}

/// So many seconds after the order's instant SOL is published at a price.
fn publish(
    world: &mut World<LiteChain>,
    order: &PlacedOrder,
    later: i64,
    report: impl Into<Report>,
) -> Address {
    world.chain.set_clock(order.execute_at + later);
    world.publish(SOL, report)
}

/// The keeper executes at this price.
fn executed(world: &mut World<LiteChain>, order: &PlacedOrder, price: f64) -> OrderExecuted {
    let update = publish(world, order, 0, price);
    let receipt = world.keeper().executes_on(order, update).done();
    receipt.event()
}

/// The keeper tries at this price, and the order stays.
fn stays(world: &World<LiteChain>, order: &PlacedOrder, price: f64, error: PlimsollError) {
    let mut world = world.clone();
    let update = publish(&mut world, order, 0, price);
    world
        .keeper()
        .executes_on(order, update)
        .refused_with(error);
    assert!(world.order(&order.key).is_some());
}

#[test]
fn it_reserves_nothing_and_locks_nothing() {
    let mut world = World::new(LiteChain::new());
    let now = world.now();
    let limit = Ask::long(sol(10)).at(usdc(1_400)).fee(70_000);
    let receipt = world.alice().deposits(usdc(1_000)).asks(limit).done();
    let told = receipt.event::<OrderPlaced>();
    let account = world.account("alice");
    assert_eq!(
        (account.pending_order, account.pending_requirement),
        Default::default()
    );
    assert_eq!(account.open_orders, 1);
    let order = world.order(&told.order).expect("it exists");
    assert_eq!(
        (order.execute_at, order.expires_at),
        (now + 12, now + 90 * DAY)
    );
    assert_eq!(order.notional, usdc(1_400).atoms);
    assert_eq!(
        (told.kind, told.size, told.limit_quote, told.trigger_quote),
        (OrderKind::Limit.code(), order.size, order.limit_quote, 0)
    );
    assert_eq!(
        (told.execute_at, told.expires_at, told.keeper_fee),
        (now + 12, now + 90 * DAY, 70_000)
    );
    world.tick();
    let alice = world.alice().withdraws(usdc(500)).longs(sol(1));
    alice.withdraws(usdc(100)).done();
}

#[test]
fn a_limit_order_pays_its_limit_whatever_the_update() {
    let (mut world, order) = bidder();
    let mut fork = world.clone();
    world.meet("keeper");
    let (keeper, alice) = (world.lamports("keeper"), world.lamports("alice"));
    let held = world.lamports_of(&order.key);
    let near = executed(&mut world, &order, 139.9);
    let far = executed(&mut fork, &order, 131.0);
    for told in [&near, &far] {
        assert_eq!(told.notional, usdc(1_400).atoms);
        assert_eq!(told.kind, OrderKind::Limit.code());
        assert_eq!((told.size, told.position), (order.size, order.size));
        assert_eq!(told.fee, 700_000);
    }
    assert_eq!(world.position("alice", SOL).cost, 1_400_000_000);
    assert_eq!(world.account("alice").open_orders, 0);
    assert!(world.order(&order.key).is_none());
    assert_eq!(world.lamports("keeper"), keeper + order.keeper_fee);
    assert_eq!(world.lamports("alice"), alice + held - order.keeper_fee);
}

#[test]
fn a_limit_order_waits_until_the_impact_price_is_as_good() {
    let (mut world, order) = bidder();
    stays(&world, &order, 145.0, PlimsollError::Slippage);
    // Confidence and impact make it more than 140.
    stays(&world, &order, 140.0, PlimsollError::Slippage);
    executed(&mut world, &order, 139.9);

    let mut world = holder();
    let sale = world.alice().places(Ask::short(sol(10)).at(usdc(1_600)));
    stays(&world, &sale, 160.0, PlimsollError::Slippage);
    let told = executed(&mut world, &sale, 165.0);
    assert_eq!((told.notional, told.position), (usdc(1_600).atoms, 0));
}

#[test]
fn a_stop_sells_what_it_can_get_once_the_oracle_price_is_there() {
    let mut world = holder();
    let order = world.alice().places(Ask::short(sol(10)).stop(usdc(1_400)));
    stays(&world, &order, 140.01, PlimsollError::TriggerNotReached);
    let mut fork = world.clone();
    let told = executed(&mut world, &order, 140.0);
    assert!(told.notional < usdc(1_400).atoms, "{}", told.notional);
    assert!(told.notional > usdc(1_399).atoms, "{}", told.notional);
    assert_eq!(told.position, 0);
    // Through a gap it gets what there is.
    let told = executed(&mut fork, &order, 130.0);
    assert!(told.notional < usdc(1_300).atoms);
}

#[test]
fn a_stop_is_never_better_than_its_trigger() {
    let mut world = holder();
    let order = world.alice().places(Ask::short(sol(10)).stop(usdc(1_400)));
    // Who sells into a market that is long is paid for it.
    let bob = world.bob().deposits(usdc(100_000));
    bob.longs(sol(2_000)).done();
    world.tick();
    let update = publish(&mut world, &order, 30, 140.0);
    let told = world.keeper().executes_on(&order, update).done();
    let told = told.event::<OrderExecuted>();
    assert_eq!(told.notional, usdc(1_400).atoms);
}

#[test]
fn a_stop_buys_from_below() {
    let mut world = World::new(LiteChain::new());
    let stop = Ask::long(sol(10)).stop(usdc(1_600));
    let order = world.alice().deposits(usdc(2_000)).places(stop);
    stays(&world, &order, 159.99, PlimsollError::TriggerNotReached);
    let told = executed(&mut world, &order, 160.0);
    assert!(told.notional > usdc(1_600).atoms);
}

#[test]
fn a_take_profit_gets_its_price_and_no_more() {
    let mut world = holder();
    let profit = Ask::short(sol(10)).take_profit(usdc(1_600));
    let order = world.alice().places(profit);
    stays(&world, &order, 159.99, PlimsollError::TriggerNotReached);
    let mut fork = world.clone();
    let told = executed(&mut world, &order, 165.0);
    assert_eq!(told.notional, usdc(1_600).atoms);
    // At the trigger itself the impact is its own.
    let told = executed(&mut fork, &order, 160.0);
    assert!(told.notional < usdc(1_600).atoms);
}

#[test]
fn a_stop_may_say_what_it_takes_at_worst() {
    let mut world = holder();
    let stop = Ask::short(sol(10)).stop(usdc(1_400)).limit(usdc(1_380));
    let order = world.alice().places(stop);
    stays(&world, &order, 137.0, PlimsollError::Slippage);
    executed(&mut world, &order, 139.0);
}

#[test]
fn without_margin_it_is_closed_and_its_keeper_paid() {
    let mut world = World::new(LiteChain::new());
    // 12.6% of 11,200 dollars.
    let limit = Ask::long(sol(80)).at(usdc(11_200));
    let order = world.alice().deposits(usdc(1_400)).places(limit);
    world.meet("keeper");
    let before = world.lamports("keeper");
    let update = publish(&mut world, &order, 0, 139.5);
    let receipt = world
        .keeper()
        .executes_on(&order, update)
        .order_refused_with(PlimsollError::ShortageGrown);
    let told = receipt.event::<OrderRefused>();
    assert_eq!(
        (told.kind, told.size),
        (OrderKind::Limit.code(), order.size)
    );
    assert!(world.order(&order.key).is_none());
    assert_eq!(world.account("alice").open_orders, 0);
    assert_eq!(world.position("alice", SOL).base, 0);
    assert_eq!(world.lamports("keeper"), before + order.keeper_fee);
}

#[test]
fn without_a_place_for_the_position_it_is_closed_too() {
    let mut world = World::new(LiteChain::new());
    let alice = world.alice().deposits(usdc(5_000));
    alice.uses(ModelKind::Isolated).longs(btc(0.01)).done();
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().places(limit);
    let update = publish(&mut world, &order, 0, 139.0);
    world
        .keeper()
        .executes_on(&order, update)
        .order_refused_with(PlimsollError::IsolatedHoldings);
    assert!(world.order(&order.key).is_none());
}

#[test]
fn what_is_not_its_owners_doing_leaves_it_where_it_is() {
    let mut world = World::with(LiteChain::new(), |spec| {
        spec.market(SOL).max_skew = sol(15).atoms
    });
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().deposits(usdc(2_000)).places(limit);
    world.bob().deposits(usdc(2_000)).longs(sol(10)).done();
    world.tick();
    let cap = publish(&mut world, &order, 30, 139.0);
    world
        .keeper()
        .executes_on(&order, cap)
        .refused_with(PlimsollError::MarketCap);
    world.bob().shorts(sol(10)).done();
    let breaker = publish(&mut world, &order, 60, Report::at(139.0).ema(120.0));
    world
        .keeper()
        .executes_on(&order, breaker)
        .refused_with(PlimsollError::BreakerActive);
    let wide = publish(&mut world, &order, 61, Report::at(139.0).conf(3.0));
    world
        .keeper()
        .executes_on(&order, wide)
        .refused_with(PlimsollError::PriceWide);
    let update = publish(&mut world, &order, 62, 139.0);
    world.keeper().executes_on(&order, update).done();
}

#[test]
fn it_waits_while_a_market_order_is_pending() {
    let (mut world, limit) = bidder();
    let market = world.alice().asks_long(sol(1)).order();
    let update = publish(&mut world, &limit, 0, 139.0);
    world
        .keeper()
        .executes_on(&limit, update)
        .refused_with(PlimsollError::OrderPending);
    world
        .alice()
        .asks(Ask::long(sol(1)).at(usdc(130)))
        .refused_with(PlimsollError::OrderPending);
    world.keeper().executes_on(&market, update).done();
    world.keeper().executes_on(&limit, update).done();
}

#[test]
fn it_lives_until_it_says_or_for_ninety_days() {
    let mut world = World::new(LiteChain::new());
    let now = world.now();
    world.alice().deposits(usdc(2_000)).done();
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    for wrong in [now - 1, now + 11, now + 90 * DAY + 1] {
        world
            .alice()
            .asks(limit.until(wrong))
            .refused_with(PlimsollError::OrderExpiry);
    }
    world
        .alice()
        .asks(Ask::long(sol(1)).until(now + 60))
        .refused_with(PlimsollError::OrderExpiry);
    world.alice().places(limit.until(now + 90 * DAY));
    world.alice().places(limit.until(now + 12));
    let order = world.alice().places(limit.until(now + 30));
    let last = publish(&mut world, &order, 18, 139.0);
    let mut late = world.clone();
    late.advance(1);
    late.keeper()
        .executes_on(&order, last)
        .refused_with(PlimsollError::OrderLapsed);
    world.keeper().executes_on(&order, last).done();
}

#[test]
fn its_owner_cancels_it_at_any_time_and_has_everything_back() {
    let (mut world, order) = bidder();
    let owned = world.lamports("alice") + world.lamports_of(&order.key);
    let receipt = world.alice().cancels(&order).done();
    let told = receipt.event::<OrderCancelled>();
    assert_eq!(
        (told.order, told.reason, told.by),
        (order.key, 0, key_of("alice"))
    );
    assert_eq!(
        (told.slot, told.kind, told.size),
        (SOL, OrderKind::Limit.code(), order.size)
    );
    assert_eq!(world.lamports("alice"), owned);
    assert_eq!(world.account("alice").open_orders, 0);
    assert!(world.order(&order.key).is_none());
}

#[test]
fn nobody_else_cancels_it_before_its_end_and_nobody_gains_by_it() {
    let mut world = World::new(LiteChain::new());
    let until = world.now() + 100;
    let limit = Ask::long(sol(10)).at(usdc(1_400)).until(until);
    let order = world.alice().deposits(usdc(2_000)).places(limit);
    let owned = world.lamports("alice") + world.lamports_of(&order.key);
    world.chain.set_clock(until);
    world
        .keeper()
        .cancels(&order)
        .refused_with(PlimsollError::OrderAlive);
    world.chain.set_clock(until + 1);
    world.meet("keeper");
    let keeper = world.lamports("keeper");
    let told = world.keeper().cancels(&order).done();
    let told = told.event::<OrderCancelled>();
    assert_eq!(told.reason, u32::from(PlimsollError::OrderLapsed));
    assert_eq!(world.lamports("keeper"), keeper);
    assert_eq!(world.lamports("alice"), owned);
    assert_eq!(world.account("alice").credit, 0, "its end costs nothing");
}

#[test]
fn sixteen_rest_and_a_market_order_still_finds_its_place() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).done();
    for at in 0..16 {
        world.alice().places(Ask::long(sol(1)).at(usdc(100 + at)));
    }
    world
        .alice()
        .asks(Ask::long(sol(1)).at(usdc(130)))
        .refused_with(PlimsollError::TooManyOrders);
    world.alice().longs(sol(1)).done();
    assert_eq!(world.account("alice").open_orders, 16);
}

#[test]
fn a_push_feed_executes_it_on_the_price_in_the_book() {
    let mut world = World::with(LiteChain::new(), |spec| spec.push_feeds());
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().deposits(usdc(2_000)).places(limit);
    let price = world.asset(SOL).feed.account;
    world.advance(5);
    world.price(SOL, 139.0);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::UpdateBeforeOrder);
    world.chain.set_clock(order.execute_at);
    world.price(SOL, 139.0);
    world.keeper().executes_on(&order, price).done();
}
