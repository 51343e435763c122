//! `execute_order`: on which update, by whom, for what. The gate is in `execute_order_gate`.

use super::{anchor, world, world_with};
use plimsoll::events::{OrderExecuted, OrderRefused};
use plimsoll::state::MarginAccount;
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::RECEIVER_SECOND;

/// Alice has 1,000 dollars and an order for 50 SOL.
fn waiting() -> (World<BankChain>, PlacedOrder) {
    let mut world = world();
    let order = world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(50))
        .order();
    (world, order)
}

/// SOL's update published at t + `publish`, the one before at t + `previous`.
fn update(
    world: &World<BankChain>,
    order: &PlacedOrder,
    previous: i64,
    publish: i64,
) -> PriceUpdate {
    PriceUpdate {
        publish_time: order.execute_at + publish,
        previous_publish_time: order.execute_at + previous,
        ..world.update(SOL)
    }
}

#[test]
fn a_trade_writes_position_market_and_fees() {
    let (mut world, order) = waiting();
    let receipt = world.keeper().executes(&order).done();
    let told = receipt.event::<OrderExecuted>();
    let position = world.position("alice", SOL);
    assert_eq!(position.base, 50_000_000_000);
    assert_eq!(position.cost.unsigned_abs(), told.notional);
    assert_eq!(position.unsettled, -i64::try_from(told.fee).unwrap());
    assert_eq!(told.fee, (told.notional * 5).div_ceil(10_000));
    assert_eq!(position.fees_paid, told.fee);
    let market = world.market(SOL);
    assert_eq!(
        (market.long_base, market.long_cost),
        (50_000_000_000, position.cost)
    );
    assert_eq!(market.accrued_insurance.unsigned_abs(), told.fee / 10);
    assert_eq!(market.accrued_protocol.unsigned_abs(), told.fee / 10);
    let account = world.account("alice");
    assert_eq!(
        (account.pending_order, account.pending_requirement),
        Default::default()
    );
    assert!(world.order(&order.key).is_none());
}

#[test]
fn the_price_is_that_of_the_update_and_not_of_the_book() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at);
    world.publish(SOL, 151.0);
    let told = world
        .keeper()
        .executes(&order)
        .done()
        .event::<OrderExecuted>();
    // 151 dollars and half of 50/700,000 of it for the impact, 4 bps of confidence.
    let expected = 50.0 * 151.0 * (1.0 + 25.0 / 700_000.0 + 0.0004);
    assert!(
        (told.notional as f64 / 1e6 - expected).abs() < 0.001,
        "{}",
        told.notional
    );
    assert_eq!(told.publish_time, order.execute_at);
}

#[test]
fn no_other_update_than_the_determined_one_will_do() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 5);
    for (previous, publish) in [(-2, -1), (-20, -1), (0, 1), (0, 0), (3, 4), (1, 0)] {
        let update = update(&world, &order, previous, publish);
        let price = world.post(&update);
        world
            .keeper()
            .executes_on(&order, price)
            .refused_with(PlimsollError::NotDeterminedUpdate);
    }
    let determined = update(&world, &order, -1, 3);
    let price = world.post(&determined);
    world.keeper().executes_on(&order, price).done();
}

#[test]
fn the_determined_update_may_follow_a_gap_and_be_published_at_the_instant() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 40);
    let update = update(&world, &order, -300, 0);
    let price = world.post(&update);
    world.keeper().executes_on(&order, price).done();
}

#[test]
fn it_cannot_be_executed_before_the_instant() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at - 11);
    let update = update(&world, &order, -13, 0);
    let price = world.post(&update);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::OracleFuture);
}

#[test]
fn the_update_must_be_what_the_asset_asks_for() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at);
    let good = update(&world, &order, -1, 0);
    let bitcoin = PriceUpdate {
        feed_id: world.asset(BTC).feed.id,
        ..good
    };
    let fake = key_of("mallory");
    for (bad, error) in [
        (bitcoin, PlimsollError::OracleFeed),
        (
            PriceUpdate {
                receiver: RECEIVER_SECOND,
                ..good
            },
            PlimsollError::OracleOwner,
        ),
        (
            PriceUpdate {
                receiver: fake,
                ..good
            },
            PlimsollError::OracleOwner,
        ),
        (
            PriceUpdate {
                verification: Verification::Partial(12),
                ..good
            },
            PlimsollError::OracleVerification,
        ),
        (
            PriceUpdate {
                verification: Verification::Unknown(2),
                ..good
            },
            PlimsollError::OracleData,
        ),
        (
            PriceUpdate {
                discriminator: [1; 8],
                ..good
            },
            PlimsollError::OracleData,
        ),
        (
            PriceUpdate { bytes: 133, ..good },
            PlimsollError::OracleData,
        ),
        (
            PriceUpdate { price: 0, ..good },
            PlimsollError::OraclePriceSign,
        ),
        (
            PriceUpdate { price: -1, ..good },
            PlimsollError::OraclePriceSign,
        ),
        (
            PriceUpdate { ema: 0, ..good },
            PlimsollError::OraclePriceSign,
        ),
        (
            PriceUpdate {
                exponent: 1,
                ..good
            },
            PlimsollError::OracleExponent,
        ),
        (
            PriceUpdate {
                exponent: -13,
                ..good
            },
            PlimsollError::OracleExponent,
        ),
    ] {
        let price = world.post(&bad);
        world
            .keeper()
            .executes_on(&order, price)
            .refused_with(error);
    }
    let price = world.post(&good);
    world.keeper().executes_on(&order, price).done();
}

#[test]
fn an_order_can_be_executed_for_sixty_seconds() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 60);
    let update = update(&world, &order, -1, 0);
    let price = world.post(&update);
    world.chain.set_clock(order.execute_at + 61);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::OrderLapsed);
    world.chain.set_clock(order.execute_at + 60);
    world.keeper().executes_on(&order, price).done();
}

#[test]
fn the_keeper_is_paid_and_the_rent_returns() {
    let (mut world, order) = waiting();
    world.meet("keeper");
    let (keeper, alice) = (world.lamports("keeper"), world.lamports("alice"));
    let held = world.lamports_of(&order.key);
    world.keeper().executes(&order).done();
    assert_eq!(world.lamports("keeper"), keeper + order.keeper_fee);
    assert_eq!(world.lamports("alice"), alice + held - order.keeper_fee);
}

#[test]
fn an_order_is_executed_once() {
    let (mut world, order) = waiting();
    world.keeper().executes(&order).done();
    world.keeper().executes(&order).refused();
}

#[test]
fn which_keeper_executes_changes_nothing() {
    let mut world = World::new(LiteChain::new());
    let order = world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(50))
        .order();
    world.reach(&order);
    let mut fork = world.clone();
    fork.advance(30);
    let first = world.actor("first keeper").executes(&order).done();
    let second = fork.actor("second keeper").executes(&order).done();
    let (first, second) = (
        first.event::<OrderExecuted>(),
        second.event::<OrderExecuted>(),
    );
    assert_eq!((first.notional, first.fee), (second.notional, second.fee));
    let bytes = |world: &World<LiteChain>, key| world.chain.account(&key).map(|each| each.data);
    let (account, market) = (order.account, world.asset(SOL).market);
    assert_eq!(bytes(&world, account), bytes(&fork, account));
    assert_eq!(bytes(&world, market), bytes(&fork, market));
}

/// The account and the market as they were before the order, the keeper paid, the rent returned.
fn is_closed_as_refused(
    world: &World<BankChain>,
    order: &PlacedOrder,
    before: (Box<MarginAccount>, Vec<u8>),
) {
    let (account, market) = before;
    assert_eq!(
        bytemuck::bytes_of(&*account),
        bytemuck::bytes_of(&*world.account("alice"))
    );
    assert_eq!(
        Some(market),
        world
            .chain
            .account(&world.asset(SOL).market)
            .map(|each| each.data)
    );
    assert!(world.order(&order.key).is_none());
}

fn as_it_is(world: &World<BankChain>) -> (Box<MarginAccount>, Vec<u8>) {
    let market = world
        .chain
        .account(&world.asset(SOL).market)
        .expect("the market exists");
    (world.account("alice"), market.data)
}

/// Alice, with a position, asks; the price becomes what it becomes; the order is refused.
fn refused(ask: Ask, report: Report, error: PlimsollError) {
    let mut world = world_with(|spec| spec.market(SOL).max_skew = sol(100).atoms);
    world.alice().deposits(usdc(1_700)).longs(sol(10)).done();
    let before = as_it_is(&world);
    let order = world.alice().asks(ask).order();
    let lamports = (world.lamports("alice"), world.lamports_of(&order.key));
    world.chain.set_clock(order.execute_at);
    world.publish(SOL, report);
    world.meet("keeper");
    let keeper = world.lamports("keeper");
    world.keeper().executes(&order).order_refused_with(error);
    is_closed_as_refused(&world, &order, before);
    assert_eq!(world.lamports("keeper"), keeper + order.keeper_fee);
    assert_eq!(
        world.lamports("alice"),
        lamports.0 + lamports.1 - order.keeper_fee
    );
}

#[test]
fn without_margin_the_order_is_closed_and_nothing_else_changes() {
    refused(
        Ask::long(sol(70)),
        Report::at(200.0),
        PlimsollError::ShortageGrown,
    );
}

#[test]
fn beyond_the_limit_the_order_is_closed_and_nothing_else_changes() {
    refused(
        Ask::long(sol(1)).limit(usdc(151)),
        Report::at(152.0),
        PlimsollError::Slippage,
    );
    refused(
        Ask::short(sol(1)).limit(usdc(149)),
        Report::at(148.0),
        PlimsollError::Slippage,
    );
}

#[test]
fn at_a_breaker_the_order_is_closed_and_nothing_else_changes() {
    refused(
        Ask::long(sol(1)),
        Report::at(150.0).ema(130.0),
        PlimsollError::BreakerActive,
    );
}

#[test]
fn beyond_a_cap_the_order_is_closed_and_nothing_else_changes() {
    let mut world = world_with(|spec| spec.market(SOL).max_skew = sol(100).atoms);
    world.alice().deposits(usdc(2_000)).done();
    let account = world.account("alice");
    let order = world.alice().asks_long(sol(60)).order();
    let rival = world.bob().deposits(usdc(2_000)).asks_long(sol(60)).order();
    world.keeper().executes(&rival).done();
    let market = as_it_is(&world).1;
    world
        .keeper()
        .executes(&order)
        .order_refused_with(PlimsollError::MarketCap);
    is_closed_as_refused(&world, &order, (account, market));
}

#[test]
fn a_stale_price_elsewhere_is_an_error_and_can_be_tried_again() {
    let mut world = world();
    world.alice().deposits(btc(0.02)).done();
    world.advance(10);
    world.publish(SOL, 150.0);
    world.publish(USDC, 1.0);
    world.refresh_slots(&[USDC, SOL]).expect("refreshed");
    let order = world.alice().asks_long(sol(20)).order();
    world.chain.set_clock(order.execute_at + 60);
    let update = update(&world, &order, -12, 0);
    let price = world.post(&update);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::PriceStale);
    world.publish(BTC, 100_000.0);
    world.refresh_slots(&[BTC]).expect("refreshed");
    let receipt = world.keeper().executes_on(&order, price).done();
    assert!(receipt.events::<OrderRefused>().is_empty());
}

#[test]
fn a_push_feed_executes_on_the_first_price_the_book_accepts_at_or_after_the_instant() {
    let mut world = world_with(|spec| spec.push_feeds());
    let order = world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(50))
        .order();
    world.advance(5);
    world.price(SOL, 149.0);
    let price = world.asset(SOL).feed.account;
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::NotDeterminedUpdate);
    world.chain.set_clock(order.execute_at + 2);
    world.price(SOL, 151.0);
    let told = world
        .keeper()
        .executes_on(&order, price)
        .done()
        .event::<OrderExecuted>();
    assert!(told.publish_time >= order.execute_at);
    assert!(told.notional > usdc(7_550).atoms);
}

#[test]
fn an_order_takes_its_own_account_market_and_payer_along() {
    let (mut world, order) = waiting();
    let other = world.bob().deposits(usdc(1_000)).asks_long(sol(1)).order();
    let price = world.reach(&order);
    world.meet("mallory");
    let good = || world.execute_accounts("keeper", &order, price);
    let btc = world.asset(BTC).market;
    let attacks = [
        (
            ax::ExecuteOrder {
                account: other.account,
                ..good()
            },
            PlimsollError::WrongOrder,
        ),
        (
            ax::ExecuteOrder {
                order: other.key,
                ..good()
            },
            PlimsollError::WrongOrder,
        ),
        (
            ax::ExecuteOrder {
                market: btc,
                ..good()
            },
            PlimsollError::WrongMarket,
        ),
        (
            ax::ExecuteOrder {
                payer: key_of("mallory"),
                ..good()
            },
            PlimsollError::WrongRentRecipient,
        ),
    ];
    for (accounts, error) in attacks {
        world
            .keeper()
            .does(&[call(accounts, ix::ExecuteOrder {})])
            .refused_with(error);
    }
    let accounts = ax::ExecuteOrder {
        book: btc,
        ..world.execute_accounts("keeper", &order, price)
    };
    let execute = call(accounts, ix::ExecuteOrder {});
    world
        .keeper()
        .does(&[execute])
        .refused_with_code(anchor::WRONG_TYPE, "a market is no book");
}

#[test]
fn another_book_prices_nothing() {
    let (mut world, order) = waiting();
    let price = world.reach(&order);
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let accounts = ax::ExecuteOrder {
        book,
        ..world.execute_accounts("keeper", &order, price)
    };
    let execute = call(accounts, ix::ExecuteOrder {});
    world
        .keeper()
        .does(&[execute])
        .refused_with(PlimsollError::WrongMarket);
}
