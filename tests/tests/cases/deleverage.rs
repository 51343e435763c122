//! `deleverage`: what the pool cannot bear of a market is closed, every winner's alike.

use super::settle_bad_debt::{bytes, leave_insurance};
use super::world_with;
use plimsoll::events::{Deleveraged, Liquidated};
use plimsoll::state::{AgeLimit, BookAt};
use plimsoll_engine::exposure::{BookView, OpenPosition};
use plimsoll_tests::prelude::*;

/// A pool of so many dollars, in whose SOL market Alice and Bob are long 200 and 100 SOL at 150 and nobody
/// is short; Dora deposits, Tom is long BTC.
fn everybody_is_long(pool: u32) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.pool_deposit = usdc(pool).atoms;
    });
    world.bear_any_stress();
    let dora = world.actor("dora").deposits(sol(100));
    dora.deposits(usdc(5_000)).done();
    let tom = world.actor("tom").deposits(usdc(20_000));
    tom.longs(btc(0.1)).done();
    world.alice().deposits(usdc(50_000)).longs(sol(200)).done();
    world.bob().deposits(usdc(50_000)).longs(sol(100)).done();
    world
}

/// The same with Sue short 100 SOL; then SOL costs 600, and the pool owes 90,000 of 100,000 dollars: anyone
/// closes the 200 SOL that nobody is short of.
fn two_thirds_are_closed() -> World<BankChain> {
    let mut world = everybody_is_long(100_000);
    let sue = world.actor("sue").deposits(usdc(200_000));
    sue.shorts(sol(100)).done();
    world.price(SOL, 600.0);
    world.carol().deleverages(SOL).done();
    world
}

fn equity(world: &World<BankChain>, name: &str) -> i64 {
    world.health(name).maintenance.equity.0
}

/// Base atoms of somebody's SOL position as the book says it stands.
fn size_of(world: &World<BankChain>, name: &str) -> i64 {
    let (book, account) = (world.book(), world.account(name));
    let at = BookAt {
        book: &book,
        now: world.now(),
        limit: AgeLimit::Other,
    };
    let place = account.positions.iter().find(|place| place.slot == SOL);
    let place = place.expect("a position in SOL");
    let asset = at.asset(SOL).expect("it is listed");
    let open = OpenPosition {
        slot: SOL,
        position: place.position(),
    };
    at.held(&open, &asset.funding)
        .expect("of this epoch")
        .base
        .0
}

fn near(found: i64, expected: f64, tolerance: f64) {
    let off = found as f64 - expected * 1e6;
    assert!(
        off.abs() <= tolerance * 1e6,
        "{} instead of {expected}",
        found as f64 / 1e6
    );
}

#[test]
fn while_the_pool_bears_it_nobody_is_reduced() {
    let mut world = everybody_is_long(100_000);
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::PoolBearsIt);
    // 300 SOL have won 75,000 of 100,000 dollars.
    world.price(SOL, 400.0);
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::PoolBearsIt);
}

#[test]
fn only_the_market_that_the_pool_owes_most_is_reduced_and_at_fresh_prices() {
    let mut world = everybody_is_long(100_000);
    world.price(BTC, 70_000.0);
    world.price(SOL, 450.0);
    let carol = world.carol().deleverages(BTC);
    carol.refused_with(PlimsollError::NotTheLargest);
    world.advance(21);
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::PriceStale);
}

#[test]
fn a_market_where_all_are_long_and_the_price_doubles_ends_and_says_who_bore_what() {
    let mut world = everybody_is_long(40_000);
    // 45,000 dollars of the 40,000 that the pool has; insurance has 2,000.
    world.price(SOL, 300.0);
    leave_insurance(&mut world, usdc(2_000).atoms);
    let others = ["dora", "tom"].map(|name| bytes(&world, name));
    let snapshot = world.snapshot();
    let told = world.carol().deleverages(SOL).done();
    let told = told.event::<Deleveraged>();
    assert_eq!(told.insurance, usdc(2_000).atoms);
    assert_eq!((told.size, told.epoch), (-(sol(300).atoms as i64), 1));
    // The pool's value without the impact of the skew, and with a spread against it.
    near(told.lost as i64, 3_000.0, 100.0);
    assert_eq!(told.missing, 0, "all of it is borne");
    let changed = world.changed_since(&snapshot);
    assert_eq!(
        changed,
        ["bank USDC", "book", "market SOL", "pool", "wallet carol"]
    );

    let before = ["alice", "bob"].map(|name| world.held(name, USDC));
    world.settle("alice");
    world.settle("bob");
    let won = |name: &str, before: i64| world.held(name, USDC) - before;
    let (alice, bob) = (won("alice", before[0]), won("bob", before[1]));
    near(alice, 28_000.0, 100.0);
    // They bought at different impacts.
    near(alice - 2 * bob, 0.0, 10.0);
    let market = world.market(SOL);
    assert_eq!((market.long_base, market.claims, market.cut), (0, 0, 0));
    assert_eq!(market.stale_positions, [0, 0]);
    assert!(
        world.pool().cash < usdc(1_000).atoms,
        "all but impact is paid"
    );
    assert_eq!(["dora", "tom"].map(|name| bytes(&world, name)), others);
    let dora = world.actor("dora").withdraws(sol(100));
    dora.withdraws(usdc(5_000)).done();
}

#[test]
fn what_insurance_can_pay_is_not_taken_from_winners() {
    let mut world = everybody_is_long(40_000);
    world.price(SOL, 300.0);
    world.carol().deposits(usdc(10)).done();
    leave_insurance(&mut world, usdc(8_000).atoms);
    let worth = ["alice", "bob"].map(|name| equity(&world, name));
    let told = world.carol().deleverages(SOL).done();
    let told = told.event::<Deleveraged>();
    assert!(told.insurance > usdc(4_000).atoms, "{told:?}");
    assert_eq!((told.lost, told.missing), (0, 0));
    for (name, worth) in ["alice", "bob"].iter().zip(worth) {
        near(equity(&world, name) - worth, 0.0, 30.0);
    }
}

#[test]
fn a_market_whose_traders_all_win_is_closed_and_everybody_has_what_is_his() {
    let mut world = everybody_is_long(100_000);
    // 90,000 dollars.
    world.price(SOL, 450.0);
    let names = ["alice", "bob", "dora", "tom"];
    let before = names.map(|name| bytes(&world, name));
    let worth = names.map(|name| equity(&world, name));
    let snapshot = world.snapshot();
    let told = world.carol().deleverages(SOL).done();
    let told = told.event::<Deleveraged>();
    assert_eq!((told.insurance, told.lost, told.missing), (0, 0, 0));
    assert_eq!(
        world.changed_since(&snapshot),
        ["book", "market SOL", "wallet carol"]
    );
    assert_eq!(
        names.map(|name| bytes(&world, name)),
        before,
        "nobody is touched"
    );
    let market = world.market(SOL);
    assert_eq!((market.long_base, market.open_positions), (0, [0, 0]));
    for (name, worth) in names.iter().zip(worth) {
        // The impact of closing is theirs: 300 of 700,000 SOL.
        near(equity(&world, name) - worth, 0.0, 30.0);
    }
    for name in ["alice", "bob"] {
        world.settle(name);
        let account = world.account(name);
        assert!(account.positions.iter().all(|place| place.is_free()));
    }
    assert_eq!(world.market(SOL).stale_positions, [0, 0]);
    assert_eq!(["dora", "tom"].map(|name| bytes(&world, name)), before[2..]);
}

#[test]
fn with_somebody_on_the_other_side_only_what_he_is_short_of_is_closed() {
    let mut world = everybody_is_long(100_000);
    let sue = world.actor("sue").deposits(usdc(200_000));
    sue.shorts(sol(100)).done();
    world.price(SOL, 600.0);
    let names = ["alice", "bob", "sue"];
    let before = names.map(|name| bytes(&world, name));
    let worth = names.map(|name| equity(&world, name));
    world.carol().deleverages(SOL).done();
    assert_eq!(names.map(|name| bytes(&world, name)), before);
    for (name, worth) in names.iter().zip(worth) {
        near(equity(&world, name) - worth, 0.0, 60.0);
    }
    // Two thirds of everybody's.
    for (name, left) in [("alice", 66.666_666_666), ("bob", 33.333_333_333)] {
        let off = size_of(&world, name) - (left * 1e9) as i64;
        assert!(off.abs() <= 2, "{name}: {off} atoms");
    }
    assert_eq!(size_of(&world, "sue"), -(sol(100).atoms as i64));
    // What is left of the skew is what sizes are rounded by: it is nothing to close again and again.
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::NothingToDeleverage);
}

#[test]
fn a_reduced_position_wins_loses_and_is_closed_like_any_other() {
    let mut world = two_thirds_are_closed();
    let worth = equity(&world, "alice");
    world.price(SOL, 630.0);
    near(equity(&world, "alice") - worth, 2_000.0, 20.0);
    world.settle("alice");
    near(equity(&world, "alice") - worth, 2_000.0, 20.0);
    // She asks to close 150 SOL and has 66.7.
    world.alice().trades(Ask::short(sol(150)).reduce()).done();
    near(equity(&world, "alice") - worth, 2_000.0, 40.0);
    world.settle("alice");
    let account = world.account("alice");
    assert!(account.positions.iter().all(|place| place.is_free()));
    // 50,000, 200 SOL from 150 to 600 and a third of them to 630.
    near(world.held("alice", USDC), 142_000.0, 300.0);

    world.bob().trades(Ask::short(sol(1)).close()).done();
    world.actor("sue").trades(Ask::long(sol(1)).close()).done();
    for name in ["bob", "sue"] {
        world.settle(name);
    }
    let market = world.market(SOL);
    assert_eq!(market.open_positions, [0, 0]);
    let nothing = (market.long_base, market.short_base, market.claims);
    assert_eq!(nothing, (0, 0, 0));
    assert_eq!((market.long_cost, market.short_cost), (0, 0));
}

#[test]
fn who_adds_to_a_reduced_position_or_joins_its_side_has_what_he_opened() {
    let mut world = two_thirds_are_closed();
    world.alice().longs(sol(10)).done();
    let off = size_of(&world, "alice") - 76_666_666_666;
    assert!(off.abs() <= 3, "{off} atoms");
    let ann = world.actor("ann").deposits(usdc(50_000));
    ann.longs(sol(5)).done();
    assert_eq!(size_of(&world, "ann"), sol(5).atoms as i64);
    let worth = ["alice", "ann"].map(|name| equity(&world, name));
    world.price(SOL, 610.0);
    near(equity(&world, "alice") - worth[0], 766.67, 5.0);
    near(equity(&world, "ann") - worth[1], 50.0, 1.0);
}

#[test]
fn a_reduced_position_is_liquidated_as_far_as_it_is_still_open() {
    let mut world = two_thirds_are_closed();
    for name in ["sue", "alice", "bob"] {
        world.settle(name);
    }
    world.bob().withdraws(usdc(91_000)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 500.0);
    let legs = [position_leg(SOL)];
    let told = world.keeper().liquidates("bob", &legs).done();
    let told = told.event::<Liquidated>();
    assert!(!told.legs.is_empty());
    let left = size_of(&world, "bob");
    assert!(left < 33_333_333_333, "{left}");
}

#[test]
fn what_an_ended_epoch_is_owed_is_not_the_pools_until_it_is_settled() {
    let mut world = everybody_is_long(100_000);
    // Alice and Bob have won 90,000 dollars of 100,000.
    world.price(SOL, 450.0);
    world.carol().deleverages(SOL).done();
    let all = world.shares("lp");
    let told = world.actor("lp").leaves_pool(all / 100).pool_executed();
    near(told.net_asset_value, 10_000.0, 400.0);
    near(told.quote as i64, 100.0, 4.0);
    // Nor does the settlement change what a share is worth.
    world.settle("alice");
    world.settle("bob");
    let told = world.actor("lp").leaves_pool(all / 100).pool_executed();
    near(told.net_asset_value, 9_900.0, 400.0);
}

#[test]
fn what_shorts_of_an_ended_epoch_have_won_is_taken_from_their_side() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.pool_deposit = usdc(40_000).atoms;
    });
    world.bear_any_stress();
    world.alice().deposits(usdc(50_000)).shorts(sol(200)).done();
    world.bob().deposits(usdc(50_000)).shorts(sol(100)).done();
    world.price(SOL, 30.0);
    world.carol().deleverages(SOL).done();
    assert_eq!(world.market(SOL).stale_positions, [0, 2]);
    let sue = world.actor("sue").deposits(usdc(50_000));
    sue.longs(sol(10)).done();
    let cost = world.market(SOL).long_cost;
    world.settle("alice");
    assert_eq!(world.market(SOL).long_cost, cost);
    world.settle("bob");
    let market = world.market(SOL);
    assert_eq!((market.long_cost, market.short_cost), (cost, 0));
}

#[test]
fn an_epoch_that_ended_ends_before_the_next_one_does() {
    let mut world = everybody_is_long(100_000);
    world.price(SOL, 450.0);
    world.carol().deleverages(SOL).done();
    let owed = ["alice", "bob"].map(|name| equity(&world, name));
    // A new epoch, in which Ann is long and wins as they did.
    let ann = world.actor("ann").deposits(usdc(200_000));
    ann.longs(sol(300)).done();
    world.price(SOL, 600.0);
    for (name, owed) in ["alice", "bob"].iter().zip(owed) {
        near(equity(&world, name), owed as f64 / 1e6, 0.0);
    }
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::StaleEpoch);
    world.settle("alice");
    let carol = world.carol().deleverages(SOL);
    carol.refused_with(PlimsollError::StaleEpoch);
    world.settle("bob");
    let told = world.carol().deleverages(SOL).done();
    assert_eq!(told.event::<Deleveraged>().epoch, 2);
    world.settle("ann");
    assert_eq!(world.market(SOL).stale_positions, [0, 0]);
}
