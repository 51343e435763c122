//! Prices that are genuine but old, wide or far from their mean: what they stop, and what they never
//! stop.

use super::{world, world_with};
use plimsoll::events::OrderExecuted;
use plimsoll_tests::prelude::*;

/// Alice holds 20,000 dollars, far more than she needs, and is long 50 SOL.
fn rich() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(20_000)).longs(sol(50)).done();
    world
}

/// At this report of SOL Alice may not ask for more, and may ask for less.
fn growth_is_blocked(world: &mut World<BankChain>, report: Report) {
    world.price(SOL, report);
    for ask in [Ask::long(sol(1)), Ask::short(sol(120))] {
        world
            .alice()
            .asks(ask)
            .refused_with(PlimsollError::BreakerActive);
    }
}

/// Alice's order to sell 10 SOL executes at this report.
fn reduction_executes(world: &mut World<BankChain>, report: Report) {
    world.price(SOL, report);
    let before = world.position("alice", SOL).base;
    let order = world.alice().asks_short(sol(10)).order();
    world.chain.set_clock(order.execute_at);
    world.publish(SOL, report);
    let receipt = world.keeper().executes(&order).done();
    receipt.event::<OrderExecuted>();
    assert_eq!(world.position("alice", SOL).base, before - 10_000_000_000);
}

#[test]
fn far_from_its_mean_a_price_lets_nothing_grow() {
    let mut world = rich();
    // 10.3% above and 10.2% below the mean; then 9.5% and 9.6%.
    for ema in [136.0, 167.0] {
        growth_is_blocked(&mut world, Report::at(150.0).ema(ema));
        reduction_executes(&mut world, Report::at(150.0).ema(ema));
    }
    for ema in [137.0, 166.0] {
        world.price(SOL, Report::at(150.0).ema(ema));
        world.alice().trades(Ask::long(sol(1))).done();
    }
}

#[test]
fn exactly_a_tenth_from_its_mean_is_not_far() {
    let mut world = rich();
    world.price(SOL, Report::at(165.0).ema(150.0));
    world.alice().asks_long(sol(1)).done();
    let mut world = rich();
    growth_is_blocked(&mut world, Report::at(165.001).ema(150.0));
}

#[test]
fn wider_than_its_maximum_a_price_lets_nothing_grow() {
    let mut world = rich();
    // The maximum of SOL is 1%.
    for conf in [1.51, 2.9, 3.1, 20.0] {
        growth_is_blocked(&mut world, Report::at(150.0).conf(conf));
    }
    reduction_executes(&mut world, Report::at(150.0).conf(1.51));
    world.price(SOL, Report::at(150.0).conf(1.49));
    world.alice().asks_long(sol(1)).done();
}

#[test]
fn an_order_placed_before_does_not_grow_at_such_a_price_either() {
    for report in [
        Report::at(150.0).conf(1.51),
        Report::at(150.0).ema(136.0),
        Report::at(150.0).ema(167.0),
    ] {
        let mut world = rich();
        let order = world.alice().asks_long(sol(1)).order();
        world.chain.set_clock(order.execute_at);
        world.publish(SOL, report);
        world
            .keeper()
            .executes(&order)
            .order_refused_with(PlimsollError::BreakerActive);
        assert_eq!(world.position("alice", SOL).base, 50_000_000_000);
    }
}

#[test]
fn wider_than_twice_its_maximum_a_price_counts_nothing_initially() {
    let mut world = world();
    world.alice().deposits(sol(10)).done();
    world.price(SOL, Report::at(150.0).conf(2.99));
    let narrow = world.assess("alice");
    assert!(narrow.initial_equity.abs_diff(usd(1_470.1)) < 100);
    world.price(SOL, Report::at(150.0).conf(3.01));
    let wide = world.assess("alice");
    assert_eq!(
        (wide.initial_equity, wide.initial_requirement),
        (0, 170_625_000)
    );
    assert_eq!(wide.maintenance_equity, narrow.maintenance_equity);
    assert_eq!(wide.maintenance_requirement, narrow.maintenance_requirement);
}

#[test]
fn a_position_at_such_a_price_is_marked_against_its_owner() {
    let mut world = rich();
    world.price(SOL, 150.0);
    let narrow = world.assess("alice");
    world.price(SOL, Report::at(150.0).conf(3.01));
    let wide = world.assess("alice");
    // 12.6% of 7,500 dollars.
    let moved = narrow.initial_equity - wide.initial_equity;
    assert!(moved.abs_diff(usd(945)) < 1_000_000, "{moved}");
    assert_eq!(wide.maintenance_equity, narrow.maintenance_equity);
}

#[test]
fn collateral_older_than_seventy_five_seconds_carries_no_new_risk() {
    let mut world = world();
    world.alice().deposits(btc(0.02)).done();
    world.tick();
    world.advance(75);
    for slot in [USDC, SOL] {
        let report = world.asset(slot).feed.report;
        world.publish(slot, report);
    }
    world.refresh_slots(&[USDC, SOL]).expect("refreshed");
    world.alice().asks_long(sol(1)).done();
    // Bob asks for the same when the price of his collateral is a second older.
    world.bob().deposits(btc(0.02)).done();
    world.tick();
    world.advance(76);
    for slot in [USDC, SOL] {
        let report = world.asset(slot).feed.report;
        world.publish(slot, report);
    }
    world.refresh_slots(&[USDC, SOL]).expect("refreshed");
    world
        .bob()
        .asks_long(sol(1))
        .refused_with(PlimsollError::PriceStale);
}

#[test]
fn a_price_of_a_withdrawal_is_at_most_twenty_seconds_old() {
    let mut world = rich();
    world.tick();
    world.advance(20);
    world.alice().withdraws(usdc(1)).done();
    world.advance(1);
    world
        .alice()
        .withdraws(usdc(1))
        .refused_with(PlimsollError::PriceStale);
}

/// Alice is liquidatable in SOL.
fn under_water() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 139.0);
    world
}

#[test]
fn a_price_of_a_liquidated_leg_is_at_most_twenty_seconds_old_and_not_too_wide() {
    let mut world = under_water();
    world.keeper().deposits(usdc(10)).done();
    world.advance(21);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::PriceStale);
    world.price(SOL, Report::at(139.0).conf(2.9));
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::PriceWide);
    world.price(SOL, Report::at(139.0).conf(2.7));
    world.advance(20);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}

#[test]
fn neither_breaker_stops_a_liquidation() {
    for report in [Report::at(139.0).ema(160.0), Report::at(139.0).conf(2.0)] {
        let mut world = under_water();
        world.price(SOL, report);
        world
            .keeper()
            .liquidates("alice", &[position_leg(SOL)])
            .done();
    }
}

#[test]
fn a_deposit_without_a_price_for_a_day_is_worth_nothing_at_all() {
    let mut world = world();
    world.alice().deposits(sol(10)).done();
    world.tick();
    world.advance(86_400);
    let day = world.assess("alice");
    assert_eq!(
        (day.initial_equity, day.maintenance_equity),
        (0, usd(1_500) - 1)
    );
    assert!(day.maintenance_requirement > 0);
    world.advance(1);
    let more = world.assess("alice");
    assert_eq!((more.initial_equity, more.maintenance_equity), (0, 0));
    assert_eq!(
        (more.initial_requirement, more.maintenance_requirement),
        (0, 0)
    );
    world.tick();
    assert!(
        world.assess("alice").initial_equity > 0,
        "and then it is back"
    );
}

#[test]
fn a_position_without_a_price_for_a_day_is_marked_against_its_owner() {
    for (ask, rate) in [(Ask::long(sol(50)), 0.091), (Ask::short(sol(50)), 0.1001)] {
        let mut world = world();
        world.alice().deposits(usdc(5_000)).trades(ask).done();
        world.tick();
        let publish_quote = |world: &mut World<BankChain>| {
            world.publish(USDC, 1.0);
            world.refresh_slots(&[USDC]).expect("refreshed");
        };
        world.advance(86_400);
        publish_quote(&mut world);
        let day = world.assess("alice");
        world.advance(1);
        publish_quote(&mut world);
        let more = world.assess("alice");
        let lost = day.maintenance_equity - more.maintenance_equity;
        assert!(lost.abs_diff(usd(7_500.0 * rate)) < 100, "{lost}");
        assert_eq!(day.initial_equity, more.initial_equity);
    }
}

/// Everything but ETH publishes, at these prices of SOL.
fn all_but_eth(world: &mut World<BankChain>, price: f64) {
    for (slot, report) in [
        (USDC, Report::at(1.0)),
        (SOL, Report::at(price)),
        (BTC, Report::at(100_000.0)),
    ] {
        world.publish(slot, report);
    }
    world.refresh_slots(&[USDC, SOL, BTC]).expect("refreshed");
}

/// Alice is long SOL and ETH and holds BTC; then the feed of ETH dies for so many seconds.
fn with_a_dead_feed(dollars: f64, seconds: i64) -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(usdc(dollars))
        .deposits(btc(0.005))
        .longs(sol(50))
        .longs(eth(0.5))
        .done();
    world.tick();
    world.advance(seconds);
    all_but_eth(&mut world, 150.0);
    world
}

/// A second later SOL has fallen.
fn falls(world: &mut World<BankChain>, price: f64) {
    world.advance(1);
    all_but_eth(world, price);
}

/// A minute and a half, a day, and a long time.
const DEAD: [i64; 3] = [100, 80_000, 1_000_000];

#[test]
fn a_dead_feed_stops_no_deposit() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(2_000.0, seconds);
        world
            .alice()
            .deposits(usdc(1))
            .deposits(eth(1))
            .deposits(btc(0.001))
            .done();
    }
}

#[test]
fn a_dead_feed_stops_no_reduction_elsewhere() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(2_000.0, seconds);
        let order = world.alice().asks_short(sol(20)).order();
        world.chain.set_clock(order.execute_at);
        all_but_eth(&mut world, 150.0);
        let price = world.asset(SOL).feed.account;
        let receipt = world.keeper().executes_on(&order, price).done();
        receipt.event::<OrderExecuted>();
        assert_eq!(world.position("alice", SOL).base, 30_000_000_000);
    }
}

#[test]
fn a_dead_feed_stops_no_liquidation_elsewhere() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(1_500.0, seconds);
        falls(&mut world, 122.0);
        assert!(
            world.assess("alice").state >= 3,
            "{:?}",
            world.health("alice")
        );
        world
            .keeper()
            .liquidates("alice", &[position_leg(SOL)])
            .done();
        assert!(world.position("alice", SOL).base < 50_000_000_000);
    }
}

#[test]
fn a_dead_feed_stops_no_purchase_of_other_collateral() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(1_500.0, seconds);
        world.keeper().deposits(usdc(100_000)).done();
        falls(&mut world, 120.0);
        world
            .keeper()
            .liquidates("alice", &[collateral_leg(BTC), position_leg(SOL)])
            .done();
        assert!(world.held("alice", BTC) < 500_000);
    }
}

#[test]
fn a_dead_quote_feed_stops_no_liquidation() {
    let mut world = under_water();
    world.tick();
    world.advance(3_600);
    world.publish(SOL, 139.0);
    world.refresh_slots(&[SOL]).expect("refreshed");
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}

#[test]
fn a_dead_feed_stops_no_settlement_of_what_is_realised() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(2_000.0, seconds);
        falls(&mut world, 160.0);
        let order = world.alice().asks_short(sol(50)).order();
        world.chain.set_clock(order.execute_at);
        all_but_eth(&mut world, 160.0);
        let price = world.asset(SOL).feed.account;
        world.keeper().executes_on(&order, price).done();
        let (ether, held) = (world.position("alice", ETH), world.held("alice", USDC));
        world.settle("alice");
        assert!(world.held("alice", USDC) > held + usd(480));
        assert_eq!(world.position("alice", SOL).base, 0);
        let after = world.position("alice", ETH);
        assert_eq!(
            (after.base, after.cost),
            (ether.base, ether.cost),
            "as it was"
        );
    }
}

#[test]
fn a_dead_feed_stops_no_repayment() {
    for seconds in DEAD {
        let mut world = with_a_dead_feed(1_000.0, 1);
        world.price(SOL, 125.0);
        world.settle("alice");
        assert!(world.account("alice").pool_debt_shares / 1_024 > usdc(200).atoms);
        world.advance(seconds);
        all_but_eth(&mut world, 125.0);
        world.alice().deposits(usdc(1_000)).done();
        world.settle("alice");
        assert_eq!(world.account("alice").pool_debt_shares, 0);
        assert!(world.held("alice", USDC) > usd(650));
    }
}
