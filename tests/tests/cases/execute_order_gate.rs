//! `execute_order`: what the gate admits and what it does not.

use super::world_with;
use plimsoll::events::OrderExecuted;
use plimsoll::fill::{Fill, Trade};
use plimsoll::state::{AgeLimit, BookAt};
use plimsoll_engine::order::{Extent, OrderKind, OrderTerms, ANY_PRICE};
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::units::Base;
use plimsoll_tests::params::{fix_long, fix_short};
use plimsoll_tests::prelude::*;

/// 50 SOL.
const SIZE: i64 = 50_000_000_000;

/// Alice has so many atoms of quote and, at 149 dollars, asks for 50 SOL; it becomes 150 dollars.
fn world_of(deposit: u64) -> (World<BankChain>, PlacedOrder) {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.asset(SOL).price = 149.0;
    });
    let order = world
        .alice()
        .deposits(usdc_atoms(deposit))
        .asks_long(sol(50))
        .order();
    world.chain.set_clock(order.execute_at);
    world.publish(SOL, 150.0);
    (world, order)
}

/// The fill of Alice's order if she had so many atoms of quote.
fn fill_with(world: &World<BankChain>, deposit: i64) -> Option<Box<Fill>> {
    let (book, market) = (world.book(), world.market(SOL));
    let mut account = world.account("alice");
    account.balances[0].amount = deposit;
    let at = BookAt {
        book: &book,
        now: world.now(),
        limit: AgeLimit::Risk,
    };
    let feed = OraclePrice {
        price: 15_000_000_000,
        confidence: 0,
        ema: 15_000_000_000,
        exponent: -8,
    };
    let listed = book.listed_asset(SOL).expect("SOL is listed");
    let band = PriceBand::new(feed, 9).expect("a price");
    let asset = listed.view(
        band,
        false,
        (0, i64::from(listed.max_age_risk)),
        world.now(),
    );
    let trade = Trade {
        account: &account,
        market: &market,
        at: &at,
        execution_asset: asset,
        health_asset: asset,
        terms: OrderTerms {
            kind: OrderKind::Market,
            extent: Extent::Size,
            size: Base(SIZE),
            limit: ANY_PRICE,
            trigger: 0,
        },
    };
    trade.fill().expect("it can be computed").ok()
}

#[test]
fn initial_may_be_met_exactly_and_not_by_a_micro_dollar_less() {
    let (world, _) = world_of(usdc(1_000).atoms);
    let (mut too_little, mut least) = (900_000_000, 1_000_000_000);
    while least - too_little > 1 {
        let middle = (least + too_little) / 2;
        if fill_with(&world, middle).is_some() {
            least = middle;
        } else {
            too_little = middle;
        }
    }
    let fill = fill_with(&world, least).expect("it passes");
    assert_eq!(fill.health.initial.equity, fill.health.initial.requirement);

    let (mut world, order) = world_of(least.unsigned_abs());
    world
        .keeper()
        .executes(&order)
        .done()
        .event::<OrderExecuted>();
    let position = world.position("alice", SOL);
    assert_eq!((position.base, position.cost), (SIZE, fill.position.cost.0));

    let (mut world, order) = world_of(too_little.unsigned_abs());
    world
        .keeper()
        .executes(&order)
        .order_refused_with(PlimsollError::ShortageGrown);
    assert_eq!(world.position("alice", SOL).base, 0);
}

#[test]
fn health_is_measured_at_the_newest_price_known() {
    let told = |newer: Option<f64>| {
        let mut world = world_with(|spec| spec.frictionless());
        let order = world
            .alice()
            .deposits(usdc(1_100))
            .asks_long(sol(50))
            .order();
        world.chain.set_clock(order.execute_at);
        let update = PriceUpdate {
            publish_time: order.execute_at,
            ..world.update(SOL)
        };
        let determined = world.post(&update);
        world.advance(5);
        if let Some(price) = newer {
            world.price(SOL, price);
        }
        world
            .keeper()
            .executes_on(&order, determined)
            .done()
            .events::<OrderExecuted>()
    };
    assert_eq!(told(None).len(), 1);
    assert!(
        told(Some(140.0)).is_empty(),
        "a loss of 500 dollars is known already"
    );
    let lucky = told(Some(160.0));
    assert_eq!(
        lucky[0].notional,
        told(None)[0].notional,
        "the price stays the determined one"
    );
}

#[test]
fn a_price_is_stale_by_its_own_limit_and_not_by_that_of_an_older_one() {
    let mut world = world_with(|spec| {
        (
            spec.params(ETH).max_age_risk,
            spec.params(ETH).max_age_other,
        ) = (500, 600);
    });
    world
        .alice()
        .deposits(btc(0.02))
        .deposits(eth(0.001))
        .done();
    world.advance(10);
    world.publish(BTC, 100_000.0);
    world.refresh_slots(&[BTC]).expect("refreshed");
    world.advance(10);
    world.publish(SOL, 150.0);
    world.publish(USDC, 1.0);
    world.refresh_slots(&[USDC, SOL]).expect("refreshed");
    let order = world.alice().asks_long(sol(20)).order();
    // Now ETH is 92 s old, within its 500 s, and BTC 82 s, beyond its 75 s.
    world.chain.set_clock(order.execute_at + 60);
    let update = PriceUpdate {
        publish_time: order.execute_at,
        previous_publish_time: order.execute_at - 12,
        ..world.update(SOL)
    };
    let price = world.post(&update);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::PriceStale);
}

#[test]
fn a_strained_account_may_become_smaller() {
    let mut world = world_with(|_| {});
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 146.0);
    assert_eq!(world.assess("alice").state, 1, "strained");
    world
        .alice()
        .asks_long(sol(1))
        .refused_with(PlimsollError::ShortageGrown);
    world.alice().shorts(sol(10)).done();
    assert_eq!(world.position("alice", SOL).base, 40_000_000_000);
}

#[test]
fn a_liquidatable_account_may_become_smaller() {
    let mut world = world_with(|_| {});
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 140.0);
    assert_eq!(world.assess("alice").state, 3, "liquidatable");
    world.alice().shorts(sol(50)).done();
    assert_eq!(world.position("alice", SOL).base, 0);
}

#[test]
fn a_position_does_not_change_sign_while_initial_is_not_met() {
    let mut world = world_with(|_| {});
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 134.0);
    assert_eq!(world.assess("alice").state, 3, "liquidatable");
    world
        .alice()
        .asks_short(sol(64))
        .refused_with(PlimsollError::SignChanged);
    world.alice().asks_short(sol(50)).done();
}

/// Trading SOL costs 5% and carries a requirement of 2%: closing it makes an account poorer by more
/// than it makes it safer.
fn dear(spec: &mut Spec) {
    spec.frictionless();
    let params = spec.params(SOL);
    fix_long(params, 10_000, 20_000);
    fix_short(params, 10_000, 20_000);
    let market = spec.market(SOL);
    market.liquidation_fee_ppm = 5_000;
    market.taker_fee_ppm = 50_000;
    market.max_skew = market.scale / 1_000;
}

/// Long 50 SOL against short 0.075 BTC, of the same value.
fn hedged() -> World<BankChain> {
    let mut world = world_with(dear);
    world
        .alice()
        .deposits(usdc(1_600))
        .longs(sol(50))
        .shorts(btc(0.075))
        .done();
    world
}

#[test]
fn closing_one_leg_of_a_hedge_that_raises_a_shortage_is_refused() {
    let mut world = hedged();
    world.price(BTC, 106_000.0);
    assert_eq!(
        world.assess("alice").state,
        1,
        "{:?}",
        world.health("alice")
    );
    world
        .alice()
        .asks_short(sol(50))
        .refused_with(PlimsollError::ShortageGrown);
    world
        .alice()
        .asks_short(sol(1))
        .refused_with(PlimsollError::ShortageGrown);
    world.alice().asks_long(btc(0.075)).done();
}

#[test]
fn an_order_to_close_such_a_leg_is_closed_as_refused() {
    let mut world = hedged();
    world.tick();
    let order = world.alice().asks_short(sol(50)).order();
    world.chain.set_clock(order.execute_at);
    world.price(BTC, 106_000.0);
    let before = world.position("alice", SOL);
    let update = PriceUpdate {
        publish_time: order.execute_at,
        previous_publish_time: order.execute_at - 12,
        ..world.update(SOL)
    };
    let price = world.post(&update);
    world
        .keeper()
        .executes_on(&order, price)
        .order_refused_with(PlimsollError::ShortageGrown);
    let after = world.position("alice", SOL);
    assert_eq!(
        (before.base, before.unsettled),
        (after.base, after.unsettled)
    );
}
