//! `liquidate`: how much may be taken within the first minute of an episode.

use super::brink::*;
use super::world_with;
use plimsoll::events::{Liquidated, LiquidationOpened, MarginCalled};
use plimsoll_engine::health::Health;
use plimsoll_tests::prelude::*;

/// Alice has 10,000 dollars, is long 500 SOL at 150, and SOL is worth so much now.
fn fallen_to(price: f64) -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(10_000)).longs(sol(500)).done();
    world.keeper().opens_account().done();
    world.price(SOL, price);
    world
}

/// What one liquidation removes of the shortage.
fn removed(world: &mut World<BankChain>) -> u64 {
    let receipt = world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    let told: Liquidated = receipt.event();
    u64::try_from(told.shortage_before - told.shortage_after).expect("it fell")
}

/// Whether the throttle bound the liquidation: a tenth of the shortage first recorded, not more.
fn is_throttled(world: &mut World<BankChain>) -> bool {
    let removed = removed(world);
    let allowed = world.account("alice").first_shortage / 10;
    // A step is 500 SOL / 65,536, and removes less than a dime.
    let close = allowed.saturating_sub(100_000);
    assert!(removed >= close, "{removed} of {allowed}");
    removed <= allowed
}

#[test]
fn a_tenth_of_the_first_shortage_may_go_at_once() {
    let mut world = fallen_to(142.0);
    assert!(is_throttled(&mut world));
    let account = world.account("alice");
    let liquidated = account.liquidated;
    assert_eq!(account.last_liquidation, world.now());
    // What is left of the tenth is less than a step.
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::Throttled);
    assert_eq!(world.account("alice").liquidated, liquidated);
}

#[test]
fn smaller_legs_do_not_add_up_to_more() {
    let mut world = fallen_to(142.0);
    let mut total = 0;
    let mut calls = 0;
    loop {
        let leg = plimsoll::instructions::LiquidationLeg {
            most: 10_000_000_000,
            ..position_leg(SOL)
        };
        match world.keeper().liquidates("alice", &[leg]).outcome() {
            Ok(receipt) => {
                let told: Liquidated = receipt.event();
                total += told.shortage_before - told.shortage_after;
                calls += 1;
            }
            Err(failure) => {
                assert_eq!(failure.code, Some(PlimsollError::Throttled.into()));
                break;
            }
        }
    }
    let account = world.account("alice");
    assert_eq!(account.liquidated, total.unsigned_abs());
    assert!(account.liquidated <= account.first_shortage / 10);
    assert!(calls > 1);
}

#[test]
fn a_liquidation_that_nobody_announced_opens_the_episode_itself() {
    let mut world = fallen_to(142.0);
    let receipt = world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    receipt.event::<MarginCalled>();
    let opened: LiquidationOpened = receipt.event();
    let account = world.account("alice");
    assert_eq!(account.liquidatable_since, world.now());
    assert_eq!(account.first_shortage, opened.shortage);
}

#[test]
fn everything_may_go_after_60_seconds_and_not_before() {
    for (seconds, throttled) in [(59, true), (60, false)] {
        let mut world = fallen_to(142.0);
        world.call_margin("alice");
        let opened = world.account("alice").liquidatable_since;
        world.chain.set_clock(opened + seconds);
        world.publish_all();
        world.refresh();
        assert_eq!(is_throttled(&mut world), throttled, "{seconds}");
        assert_eq!(world.account("alice").liquidatable_since, opened);
    }
}

#[test]
fn an_expired_episode_throttles_anew() {
    let mut world = fallen_to(142.0);
    world.call_margin("alice");
    world.advance(901);
    world.tick();
    assert!(is_throttled(&mut world));
}

/// The surplus that is zero where so many micro-dollars of the shortage are left.
fn short_of(micro: i64) -> impl Fn(&Health) -> i64 {
    move |health| above_maintenance(health) + micro
}

#[test]
fn a_shortage_of_50_dollars_is_throttled_and_a_micro_dollar_less_is_not() {
    for (less, throttled) in [(0, true), (1, false)] {
        let mut world = fallen_to(140.0);
        let exact = deposit_until(&world, "alice", short_of(50_000_000));
        world.alice().deposits(usdc_atoms(exact + less)).done();
        let left = 50_000_000 - less as i64;
        assert_eq!(above_maintenance(&world.health("alice")), -left);
        assert_eq!(is_throttled(&mut world), throttled, "{less}");
    }
}

/// E_m − ⌈R_m/2⌉.
fn above_half(health: &Health) -> i64 {
    let view = health.maintenance;
    view.equity.0 - (view.requirement.0 + 1) / 2
}

#[test]
fn half_of_the_requirement_is_throttled_and_a_micro_dollar_less_is_not() {
    for (less, throttled) in [(0, true), (1, false)] {
        let mut world = fallen_to(133.0);
        let exact = deposit_until(&world, "alice", above_half);
        world.alice().deposits(usdc_atoms(exact - less)).done();
        assert_eq!(above_half(&world.health("alice")), -(less as i64));
        assert_eq!(is_throttled(&mut world), throttled, "{less}");
    }
}

#[test]
fn the_episode_ends_with_the_health_that_ended_it() {
    let mut world = fallen_to(142.0);
    world.call_margin("alice");
    world.advance(60);
    world.tick();
    removed(&mut world);
    // Liquidation leads to the target, not to initial: the call stands until somebody looks again.
    assert!(world.account("alice").called_at != 0);
    world.call_margin("alice");
    assert!(world.account("alice").above_since != 0);
    world.advance(600);
    world.tick();
    world.call_margin("alice");
    assert_eq!(world.account("alice").episode(), Default::default());
}
