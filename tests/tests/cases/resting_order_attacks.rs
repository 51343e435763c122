//! Who would choose the price of a resting order, or have it twice, or another's.

use super::world;
use plimsoll::events::OrderExecuted;
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// Alice, who has 2,000 dollars, would buy 10 SOL at 140.
fn bidder() -> (World<BankChain>, PlacedOrder) {
    let mut world = world();
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().deposits(usdc(2_000)).places(limit);
    (world, order)
}

/// An update of SOL at 139 dollars in an account of its own, published so long after the order's instant.
fn update(world: &mut World<BankChain>, order: &PlacedOrder, later: i64) -> Address {
    let time = order.execute_at + later;
    let update = PriceUpdate {
        price: 13_900_000_000,
        ema: 13_900_000_000,
        publish_time: time,
        previous_publish_time: time - 1,
        ..world.update(SOL)
    };
    world.post(&update)
}

#[test]
fn an_update_that_could_be_known_at_placement_executes_nothing() {
    let (mut world, order) = bidder();
    // Published before it was placed, then, and up to the future that publish times may be in.
    for later in [-13, -12, -2, -1] {
        let known = update(&mut world, &order, later);
        world.chain.set_clock(order.execute_at);
        world
            .keeper()
            .executes_on(&order, known)
            .refused_with(PlimsollError::UpdateBeforeOrder);
    }
    let first = update(&mut world, &order, 0);
    world.keeper().executes_on(&order, first).done();
}

#[test]
fn an_update_is_good_for_twenty_seconds() {
    let (mut world, order) = bidder();
    let old = update(&mut world, &order, 0);
    world.chain.set_clock(order.execute_at + 21);
    world
        .keeper()
        .executes_on(&order, old)
        .refused_with(PlimsollError::PriceStale);
    world.chain.set_clock(order.execute_at + 20);
    world.keeper().executes_on(&order, old).done();
}

#[test]
fn an_update_that_the_book_has_overtaken_is_history() {
    let (mut world, order) = bidder();
    let dip = update(&mut world, &order, 0);
    world.chain.set_clock(order.execute_at + 3);
    world.price(SOL, 150.0);
    world
        .alice()
        .executes_on(&order, dip)
        .refused_with(PlimsollError::Slippage);
    assert!(world.order(&order.key).is_some());
}

#[test]
fn refreshing_the_book_stops_no_order() {
    let (mut world, order) = bidder();
    let before = update(&mut world, &order, -2);
    world.chain.set_clock(order.execute_at + 3);
    world.price(SOL, 138.0);
    let now = world.now();
    let told = world.keeper().executes_on(&order, before).done();
    let told = told.event::<OrderExecuted>();
    assert_eq!((told.publish_time, told.notional), (now, usdc(1_400).atoms));
}

#[test]
fn the_price_in_the_book_too_is_good_for_twenty_seconds() {
    let (mut world, order) = bidder();
    world.chain.set_clock(order.execute_at);
    let first = update(&mut world, &order, -1);
    world.price(SOL, 139.0);
    let published = world.now();
    world.chain.set_clock(published + 21);
    world
        .keeper()
        .executes_on(&order, first)
        .refused_with(PlimsollError::PriceStale);
    world.chain.set_clock(published + 20);
    world.keeper().executes_on(&order, first).done();
}

/// Whoever holds back the margin has an order nobody can execute before he likes the price, and executes
/// it himself in the transaction of his deposit. So the first keeper who finds its condition met ends it.
#[test]
fn an_order_without_margin_is_no_option() {
    let mut world = world();
    let limit = Ask::long(sol(10)).at(usdc(1_400));
    let order = world.alice().opens_account().places(limit);
    let dip = update(&mut world, &order, 0);
    world.chain.set_clock(order.execute_at);
    world
        .keeper()
        .executes_on(&order, dip)
        .order_refused_with(PlimsollError::ShortageGrown);
    world
        .alice()
        .deposits(usdc(2_000))
        .executes_on(&order, dip)
        .refused();
    assert_eq!(world.position("alice", SOL).base, 0);
}

#[test]
fn it_is_executed_once() {
    let (mut world, order) = bidder();
    let first = update(&mut world, &order, 0);
    let second = update(&mut world, &order, 1);
    world.chain.set_clock(order.execute_at + 1);
    world.keeper().executes_on(&order, first).done();
    world.keeper().executes_on(&order, second).refused();
    world.keeper().cancels(&order).refused();
    assert_eq!(world.position("alice", SOL).base, 10_000_000_000);
}

#[test]
fn another_feed_prices_nothing() {
    let (mut world, order) = bidder();
    world.chain.set_clock(order.execute_at);
    let bitcoin = world.publish(BTC, 139.0);
    world
        .keeper()
        .executes_on(&order, bitcoin)
        .refused_with(PlimsollError::OracleFeed);
}

#[test]
fn an_order_of_an_account_opened_again_is_worthless() {
    let (mut world, order) = bidder();
    let first = update(&mut world, &order, 0);
    world.chain.set_clock(order.execute_at);
    let mut account = world
        .chain
        .account(&order.account)
        .expect("alice's account");
    let generation = 8 + core::mem::offset_of!(plimsoll::state::MarginAccount, generation);
    account.data[generation] ^= 1;
    world.chain.set_account(order.account, account);
    world
        .keeper()
        .executes_on(&order, first)
        .refused_with(PlimsollError::WrongOrder);
}

#[test]
fn it_takes_its_own_account_market_and_payer_along() {
    let (mut world, order) = bidder();
    world.bob().deposits(usdc(2_000)).done();
    world.meet("mallory");
    let first = update(&mut world, &order, 0);
    world.chain.set_clock(order.execute_at);
    let good = || world.execute_accounts("keeper", &order, first);
    let attacks = [
        (
            ax::ExecuteOrder {
                account: world.account_key("bob", 0),
                ..good()
            },
            PlimsollError::WrongOrder,
        ),
        (
            ax::ExecuteOrder {
                market: world.asset(BTC).market,
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
        (
            ax::ExecuteOrder {
                partner: Some(world.asset(SOL).market),
                ..good()
            },
            PlimsollError::WrongPartner,
        ),
    ];
    for (accounts, error) in attacks {
        world
            .keeper()
            .does(&[call(accounts, ix::ExecuteOrder {})])
            .refused_with(error);
    }
    world.keeper().executes_on(&order, first).done();
}

#[test]
fn terms_that_do_not_go_together_are_refused() {
    let mut world = world();
    world.alice().deposits(usdc(2_000)).done();
    let long = Ask::long(sol(10));
    for wrong in [
        long.at(usdc(0)),
        long.at(usdc_atoms(u64::MAX)),
        long.stop(usdc(0)),
        long.stop(usdc(1_600)).limit(usdc(1_599)),
        Ask::short(sol(10))
            .take_profit(usdc(1_600))
            .limit(usdc(1_601)),
        Ask {
            trigger: 1,
            ..long.at(usdc(1_400))
        },
        Ask { trigger: 1, ..long },
        Ask {
            partner: Some(77),
            ..long
        },
        long.at(usdc(1_400)).id(9).paired_with(9),
    ] {
        world
            .alice()
            .asks(wrong)
            .refused_with(PlimsollError::OrderTerms);
    }
    let params = plimsoll::instructions::OrderParams {
        kind: 4,
        ..market_order(1_000_000_000, 100_000)
    };
    let extents = plimsoll::instructions::OrderParams {
        kind: 0,
        extent: 3,
        ..params
    };
    for params in [params, extents] {
        let accounts = world.place_accounts("alice", 0, SOL, 0);
        let place = call(accounts, ix::PlaceOrder { params });
        world
            .alice()
            .does(&[place])
            .refused_with(PlimsollError::OrderTerms);
    }
}
