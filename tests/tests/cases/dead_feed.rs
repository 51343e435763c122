//! A feed that has died stops nobody from paying in, repaying and reducing in other assets. It stops what
//! would raise risk, by an error that names the asset and its age.

use super::{world, world_with};
use plimsoll_tests::prelude::*;

/// Every feed but one publishes, and the book is refreshed from them.
fn all_but(world: &mut World<BankChain>, dead: u8) {
    let alive: Vec<u8> = [USDC, SOL, BTC, ETH]
        .into_iter()
        .filter(|slot| *slot != dead)
        .collect();
    for slot in &alive {
        let report = world.asset(*slot).feed.report;
        world.publish(*slot, report);
    }
    world.refresh_slots(&alive).expect("refreshed");
}

/// Alice has dollars and bitcoin, owes SOL and is long ETH and bitcoin; the bitcoin's feed has said
/// nothing for so many seconds.
fn bitcoin_silent_for(seconds: i64) -> World<BankChain> {
    let mut world = world();
    world.bob().deposits(sol(1_000)).lends(SOL).done();
    let alice = world.alice().deposits(usdc(50_000)).deposits(btc(1));
    alice
        .borrows(sol(100))
        .longs(eth(10))
        .longs(btc(0.1))
        .done();
    world.tick();
    world.advance(seconds);
    all_but(&mut world, BTC);
    world
}

const AGES: [i64; 4] = [21, 80, 100, 200_000];

#[test]
fn a_dead_feed_stops_no_payment_in_and_no_repayment() {
    for age in AGES {
        let mut world = bitcoin_silent_for(age);
        world
            .alice()
            .deposits(usdc(10))
            .deposits(eth(1))
            .deposits(btc(0.1))
            .done();
        let owed = world.atoms("alice", SOL);
        world.alice().deposits(sol(40)).done();
        assert_eq!(world.atoms("alice", SOL), owed + 40_000_000_000);
        world.alice().deposits(sol(70)).done();
        assert!(world.atoms("alice", SOL) > 0, "the debt is gone");
    }
}

#[test]
fn a_dead_feed_stops_no_reduction_of_another_position() {
    for age in AGES {
        let mut world = bitcoin_silent_for(age);
        let order = world.alice().asks_short(eth(4)).order();
        world.chain.set_clock(order.execute_at);
        all_but(&mut world, BTC);
        let receipt = world.keeper().executes(&order).done();
        receipt.event::<plimsoll::events::OrderExecuted>();
        assert_eq!(world.position("alice", ETH).base, 600_000_000);
    }
}

#[test]
fn a_dead_feed_stops_no_settlement_of_another_position() {
    for age in AGES {
        let mut world = bitcoin_silent_for(age);
        world.advance(2);
        world.publish(ETH, 3_900.0);
        world.refresh_slots(&[ETH]).expect("refreshed");
        let before = world.position("alice", BTC);
        world.settle("alice");
        assert_eq!(world.position("alice", ETH).unsettled, 0);
        assert_eq!(world.position("alice", ETH).cost, 39_000_000_000);
        // Bitcoin stays as it is, but for what was realised already.
        let after = world.position("alice", BTC);
        assert_eq!((after.base, after.cost), (before.base, before.cost));
        assert_eq!(after.unsettled, 0);
    }
}

#[test]
fn a_dead_feed_stops_nobody_from_lending_or_ending_it() {
    for age in AGES {
        let mut world = bitcoin_silent_for(age);
        world.alice().lends(USDC).done();
        world.alice().stops_lending(USDC).done();
    }
}

/// The log names limit, asset and age.
fn names(failure: &Failure, asset: u8, age: i64, most: i64) {
    let expected = [
        format!("Left: asset {asset}: at most {most} s"),
        format!("Right: {age} s"),
    ];
    for line in expected {
        let named = failure.logs.iter().any(|log| log.contains(&line));
        assert!(named, "{line:?} not in {:#?}", failure.logs);
    }
}

#[test]
fn a_dead_feed_stops_borrowing_by_name() {
    let mut world = bitcoin_silent_for(30);
    let refused = world.alice().borrows(sol(1));
    names(
        &refused.refused_with(PlimsollError::PriceStale),
        BTC,
        30,
        20,
    );
}

#[test]
fn a_dead_feed_stops_withdrawals_from_an_account_with_debts_by_name() {
    let mut world = bitcoin_silent_for(21);
    let refused = world.alice().withdraws(usdc(1));
    names(
        &refused.refused_with(PlimsollError::PriceStale),
        BTC,
        21,
        20,
    );
    // Without debts no price matters.
    world.carol().deposits(btc(1)).deposits(usdc(5)).done();
    world.carol().withdraws(usdc(5)).withdraws(btc(1)).done();
}

#[test]
fn a_dead_feed_stops_an_order_that_leans_on_it_by_name() {
    let mut world = world();
    world.alice().deposits(btc(0.02)).done();
    world.tick();
    world.advance(76);
    all_but(&mut world, BTC);
    let refused = world.alice().asks_long(sol(1));
    names(
        &refused.refused_with(PlimsollError::PriceStale),
        BTC,
        76,
        75,
    );
    // The traded asset itself, however rich the account.
    world.bob().deposits(usdc(100_000)).done();
    let refused = world.bob().asks_long(btc(0.1));
    names(
        &refused.refused_with(PlimsollError::PriceStale),
        BTC,
        76,
        75,
    );
    // An order that needs none of it is placed.
    world.bob().asks_long(sol(1)).done();
}

#[test]
fn a_feed_that_is_too_old_for_the_leg_of_a_liquidation_is_named() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 139.0);
    world.advance(25);
    all_but(&mut world, SOL);
    let refused = world.keeper().liquidates("alice", &[position_leg(SOL)]);
    names(
        &refused.refused_with(PlimsollError::PriceStale),
        SOL,
        25,
        20,
    );
}
