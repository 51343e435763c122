//! `place_order`.

use super::{anchor, world, world_with};
use plimsoll::events::OrderPlaced;
use plimsoll_tests::prelude::*;

/// Rent apart, lamports an order holds.
fn fee_held<C: Chain>(world: &World<C>, order: &PlacedOrder) -> u64 {
    let account = world.chain.account(&order.key).expect("the order exists");
    account.lamports - world.chain.rent(account.data.len())
}

#[test]
fn an_order_waits_for_a_price_nobody_knows() {
    let mut world = world();
    let now = world.now();
    world.alice().deposits(usdc(1_000)).done();
    let receipt = world.alice().asks(Ask::long(sol(50)).fee(70_000)).done();
    let order = world.pending_order("alice");
    assert_eq!(order.execute_at, now + 12);
    assert_eq!(
        (order.size, order.slot, order.keeper_fee),
        (50_000_000_000, SOL, 70_000)
    );
    assert_eq!(order.notional, world.quote_trade(SOL, order.size).notional);
    assert_eq!(fee_held(&world, &order), 70_000);
    assert_eq!(world.position("alice", SOL).base, 0);
    assert_eq!(world.market(SOL).long_base, 0);
    let told = receipt.event::<OrderPlaced>();
    assert_eq!((told.order, told.execute_at), (order.key, now + 12));
}

#[test]
fn the_requirement_it_adds_is_reserved() {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(50))
        .done();
    // 12.6% of 7,500 dollars, and what the impact of 50 in 700,000 SOL and the quote leg add.
    let reserved = world.account("alice").pending_requirement;
    assert!(
        (usd(944).unsigned_abs()..usd(946).unsigned_abs()).contains(&reserved),
        "{reserved}"
    );
    assert_eq!(world.assess("alice").pending_requirement, reserved);
}

#[test]
fn the_instant_counts_from_the_newest_publish_time_if_that_is_ahead_of_the_clock() {
    let mut world = world();
    let now = world.now();
    let report = world.asset(BTC).feed.report;
    world.publish_at(BTC, report, now + 10);
    world
        .refresh_slots(&[BTC])
        .expect("ten seconds ahead are tolerated");
    let order = world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(1))
        .order();
    assert_eq!(order.execute_at, now + 22);
}

#[test]
fn one_order_at_a_time() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).asks_long(sol(1)).done();
    world
        .alice()
        .asks_long(sol(1))
        .refused_with(PlimsollError::OrderPending);
    let order = world.pending_order("alice");
    world.keeper().executes(&order).done();
    world.alice().asks_short(sol(1)).done();
}

#[test]
fn the_smallest_keeper_fee_is_enough() {
    let mut world = world();
    let least = world.spec.exchange.min_keeper_fee;
    let alice = world.alice().deposits(usdc(1_000));
    let too_little = Ask::long(sol(1)).fee(least - 1);
    alice
        .asks(too_little)
        .refused_with(PlimsollError::KeeperFeeTooSmall);
    world.alice().asks(Ask::long(sol(1)).fee(least)).done();
}

#[test]
fn an_order_has_a_size() {
    let mut world = world();
    let alice = world.alice().deposits(usdc(1_000));
    alice
        .asks_long(sol_atoms(0))
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn the_margin_for_it_must_be_there() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(900))
        .asks_long(sol(50))
        .refused_with(PlimsollError::ShortageGrown);
    world.alice().deposits(usdc(100)).asks_long(sol(50)).done();
}

#[test]
fn a_short_needs_the_rate_of_shorts() {
    let mut world = world();
    // 14.41% of 7,500 dollars is 1,081.
    world
        .alice()
        .deposits(usdc(1_070))
        .asks_short(sol(50))
        .refused_with(PlimsollError::ShortageGrown);
    world.alice().deposits(usdc(40)).asks_short(sol(50)).done();
}

#[test]
fn the_limit_is_compared_at_the_price_of_now() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    let cost = world.quote_trade(SOL, 1_000_000_000).notional;
    let tight = Ask::long(sol(1)).limit(usdc_atoms(cost - 1));
    world
        .alice()
        .asks(tight)
        .refused_with(PlimsollError::Slippage);
    let income = world.quote_trade(SOL, -1_000_000_000).notional;
    let greedy = Ask::short(sol(1)).limit(usdc_atoms(income + 1));
    world
        .alice()
        .asks(greedy)
        .refused_with(PlimsollError::Slippage);
    world
        .alice()
        .asks(Ask::long(sol(1)).limit(usdc_atoms(cost)))
        .done();
}

#[test]
fn the_caps_of_the_market_hold_to_the_atom() {
    let cap = sol(10).atoms;
    let mut world = world_with(|spec| spec.market(SOL).max_skew = cap);
    world.alice().deposits(usdc(10_000)).done();
    world
        .alice()
        .asks_long(sol_atoms(cap + 1))
        .refused_with(PlimsollError::MarketCap);
    world
        .alice()
        .asks_short(sol_atoms(cap + 1))
        .refused_with(PlimsollError::MarketCap);
    world.alice().asks_long(sol_atoms(cap)).done();

    let mut world = world_with(|spec| {
        spec.market(SOL).max_skew = cap;
        spec.market(SOL).max_open_interest = cap;
    });
    world.alice().deposits(usdc(10_000)).longs(sol(10)).done();
    world.bob().deposits(usdc(10_000)).shorts(sol(10)).done();
    world
        .bob()
        .asks_long(sol(11))
        .refused_with(PlimsollError::MarketCap);
    world.bob().asks_long(sol(10)).done();
}

#[test]
fn an_active_breaker_lets_no_shortage_grow() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    world.price(SOL, Report::at(150.0).ema(136.0));
    world
        .alice()
        .asks_long(sol(1))
        .refused_with(PlimsollError::BreakerActive);
    world.price(SOL, Report::at(150.0).ema(136.4));
    world.alice().asks_long(sol(1)).done();
    world.bob().deposits(usdc(1_000)).done();
    world.price(SOL, Report::at(150.0).conf(1.51));
    world
        .bob()
        .asks_long(sol(1))
        .refused_with(PlimsollError::BreakerActive);
}

#[test]
fn an_active_breaker_lets_a_position_shrink() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(40)).done();
    world.price(SOL, Report::at(150.0).ema(136.0));
    world.alice().asks_short(sol(10)).done();
}

#[test]
fn risk_does_not_grow_on_a_price_older_than_seventy_five_seconds() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    world.advance(75);
    world.alice().asks_long(sol(1)).done();
    world.bob().deposits(usdc(1_000)).done();
    world.advance(1);
    world
        .bob()
        .asks_long(sol(1))
        .refused_with(PlimsollError::PriceStale);
}

#[test]
fn however_rich_nobody_takes_risk_on_an_old_price_of_its_market() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(100_000)).longs(sol(10)).done();
    world.advance(3_600);
    world.publish(USDC, 1.0);
    world.refresh_slots(&[USDC]).expect("refreshed");
    world
        .alice()
        .asks_long(sol(1))
        .refused_with(PlimsollError::PriceStale);
    world.alice().asks_short(sol(1)).done();
}

#[test]
fn a_seventeenth_position_finds_no_place() {
    let mut world = World::with(LiteChain::new(), |spec| spec.fill_up_to(18));
    world.alice().deposits(usdc(100_000)).done();
    for slot in 1..17 {
        world
            .alice()
            .longs(Amount {
                slot,
                atoms: 1_000_000,
            })
            .done();
    }
    let seventeenth = Amount {
        slot: 17,
        atoms: 1_000_000,
    };
    world
        .alice()
        .asks_long(seventeenth)
        .refused_with(PlimsollError::NoFreePosition);
    world
        .alice()
        .asks_long(Amount {
            slot: 16,
            atoms: 1_000_000,
        })
        .done();
}

#[test]
fn only_the_owner_places() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    let params = plimsoll::instructions::OrderParams {
        id: 1,
        ..market_order(1, 100_000)
    };
    let mallory = key_of("mallory");
    let good = world.place_accounts("alice", 0, SOL, 1);
    let accounts = ax::PlaceOrder {
        trader: mallory,
        payer: mallory,
        ..good
    };
    let place = call(accounts, ix::PlaceOrder { params });
    world
        .mallory()
        .does(&[place])
        .refused_with(PlimsollError::NotTrader);

    let good = world.place_accounts("alice", 0, SOL, 1);
    let mut unsigned = call(
        ax::PlaceOrder {
            payer: mallory,
            ..good
        },
        ix::PlaceOrder { params },
    );
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn account_and_market_are_of_the_book() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    let params = plimsoll::instructions::OrderParams {
        id: 9,
        ..market_order(1_000_000_000, 100_000)
    };
    let market = world.forge_of_another_book(&world.asset(SOL).market.clone(), 0);
    let accounts = ax::PlaceOrder {
        market,
        ..world.place_accounts("alice", 0, SOL, 9)
    };
    let place = call(accounts, ix::PlaceOrder { params });
    world
        .alice()
        .does(&[place])
        .refused_with(PlimsollError::WrongMarket);

    let account = world.forge_of_another_book(&world.account_key("alice", 0), 32);
    let order = world.order_key(&account, 9);
    let accounts = ax::PlaceOrder {
        account,
        order,
        ..world.place_accounts("alice", 0, SOL, 9)
    };
    let place = call(accounts, ix::PlaceOrder { params });
    world
        .alice()
        .does(&[place])
        .refused_with(PlimsollError::WrongAccountBook);

    let no_market = call(
        world.place_accounts("alice", 0, USDC, 9),
        ix::PlaceOrder { params },
    );
    world
        .alice()
        .does(&[no_market])
        .refused_with_code(anchor::WRONG_OWNER, "no market");
}
