//! The two-account pump of F-10: long from one account, short from another, liquidate the first at the
//! price that the second has moved, close the second. At the bare price it would gain
//! P · q²/(2 · scale); at the impact price it gains nothing.

use super::world_with;
use plimsoll_tests::prelude::*;

/// Mallory's two hands and his keeper; what all three own in micro-dollars, positions closed.
const HANDS: [&str; 3] = ["mallory", "his other hand", "his keeper"];

fn wealth(world: &World<BankChain>) -> i64 {
    let owned = |name: &&str| world.health(name).maintenance.equity.0;
    HANDS.iter().map(owned).sum()
}

/// He goes long `size` SOL with one hand and short with the other, lets the price fall, liquidates the
/// first, and closes the second; what he has gained, in micro-dollars.
fn pump(world: &mut World<BankChain>, size: f64) -> i64 {
    let margin = size * 150.0 * 0.15;
    world
        .actor(HANDS[0])
        .deposits(usdc(margin))
        .longs(sol(size))
        .done();
    world
        .actor(HANDS[1])
        .deposits(usdc(margin))
        .shorts(sol(size))
        .done();
    world.actor(HANDS[2]).opens_account().done();
    let paid = 2 * usd(margin);
    world.price(SOL, 126.0);
    assert_eq!(
        world.assess(HANDS[0]).state,
        4,
        "the first hand is bankrupt"
    );
    let legs = [position_leg(SOL)];
    world.actor(HANDS[2]).liquidates(HANDS[0], &legs).done();
    assert_eq!(world.position(HANDS[0], SOL).base, 0);
    world.actor(HANDS[1]).longs(sol(size)).done();
    let market = world.market(SOL);
    assert_eq!((market.long_base, market.short_base), (0, 0));
    wealth(world) - paid
}

#[test]
fn the_pump_loses_money() {
    let mut world = world_with(|_| {});
    let gained = pump(&mut world, 5_000.0);
    // Spread, confidence and taker fees on four times 5,000 SOL.
    assert!(gained < -usd(1_000), "{gained}");
}

#[test]
fn the_pump_gains_nothing_even_where_nothing_but_impact_costs() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.market(SOL).liquidation_fee_ppm = 0;
        spec.exchange.bankrupt_reward = 0;
    });
    let gained = pump(&mut world, 5_000.0);
    // The bare price would have paid 126 · 5,000² / (2 · 700,000) dollars, more than 2,200.
    assert!((-10..=0).contains(&gained), "{gained}");
}

#[test]
fn the_reward_for_the_bankrupt_hand_is_all_that_can_be_won() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.market(SOL).liquidation_fee_ppm = 10_000;
    });
    let gained = pump(&mut world, 5_000.0);
    let reward = usdc(5).atoms as i64;
    assert!((reward - 10..=reward).contains(&gained), "{gained}");
}

#[test]
fn both_directions_and_the_order_of_the_hands_make_no_difference() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.market(SOL).liquidation_fee_ppm = 0;
        spec.exchange.bankrupt_reward = 0;
    });
    let size = 3_000.0;
    let margin = size * 150.0 * 0.16;
    world
        .actor(HANDS[1])
        .deposits(usdc(margin))
        .longs(sol(size))
        .done();
    world
        .actor(HANDS[0])
        .deposits(usdc(margin))
        .shorts(sol(size))
        .done();
    world.actor(HANDS[2]).opens_account().done();
    world.price(SOL, 175.0);
    let legs = [position_leg(SOL)];
    world.actor(HANDS[2]).liquidates(HANDS[0], &legs).done();
    let left = world.position(HANDS[0], SOL).base.unsigned_abs();
    assert_eq!(left, 0, "bankrupt accounts are closed altogether");
    world.actor(HANDS[1]).shorts(sol(size)).done();
    let gained = wealth(&world) - 2 * usd(margin);
    assert!((-10..=0).contains(&gained), "{gained}");
}
