//! `call_margin`: the states and what is recorded of them.

use super::brink::*;
use super::world_with;
use plimsoll::events::{CallCleared, LiquidationOpened, MarginCalled};
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::prelude::*;

const HEALTHY: u8 = 0;
const STRAINED: u8 = 1;
const CALLED: u8 = 2;
const LIQUIDATABLE: u8 = 3;
const BANKRUPT: u8 = 4;

/// Alice has 1,000 dollars, is long 50 SOL at 150, and SOL is worth so much now.
fn fallen_to(price: f64) -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, price);
    world
}

/// She has deposited so much that the surplus is `offset` micro-dollars.
fn brought_to(
    world: &mut World<BankChain>,
    surplus: impl Fn(&plimsoll_engine::health::Health) -> i64,
    offset: i64,
) {
    let exact = deposit_until(world, "alice", &surplus);
    let atoms = exact.checked_add_signed(offset).expect("a deposit");
    world.alice().deposits(usdc_atoms(atoms)).done();
    assert_eq!(surplus(&world.health("alice")), offset);
}

#[test]
fn every_state_begins_exactly_at_its_boundary() {
    let mut world = fallen_to(129.0);
    type Surplus = Box<dyn Fn(&plimsoll_engine::health::Health) -> i64>;
    let call_level: Surplus = Box::new(above_call_level(&world));
    let boundaries: [(Surplus, u8, u8); 4] = [
        (Box::new(above_zero), BANKRUPT, LIQUIDATABLE),
        (Box::new(above_maintenance), LIQUIDATABLE, CALLED),
        (call_level, CALLED, STRAINED),
        (Box::new(above_initial), STRAINED, HEALTHY),
    ];
    for (surplus, below, from) in boundaries {
        brought_to(&mut world, &surplus, -1);
        assert_eq!(world.assess("alice").state, below);
        world.alice().deposits(usdc_atoms(1)).done();
        assert_eq!(surplus(&world.health("alice")), 0);
        assert_eq!(world.assess("alice").state, from);
        world.alice().deposits(usdc_atoms(1)).done();
        assert_eq!(world.assess("alice").state, from);
    }
}

#[test]
fn the_report_says_what_the_engine_says() {
    let mut world = fallen_to(141.0);
    world.call_margin("alice");
    let (report, health) = (world.assess("alice"), world.health("alice"));
    let book = world.book();
    let level = |fraction| health.level_ceil(Fixed(fraction)).unwrap().0;
    assert_eq!(report.initial_equity, health.initial.equity.0);
    assert_eq!(report.initial_requirement, health.initial.requirement.0);
    assert_eq!(report.maintenance_equity, health.maintenance.equity.0);
    assert_eq!(
        report.maintenance_requirement,
        health.maintenance.requirement.0
    );
    assert_eq!(report.call_level, level(book.call_level));
    assert_eq!(report.target_level, level(book.target_level));
    assert_eq!(report.called_at, world.now());
}

#[test]
fn a_call_is_recorded_once_with_what_initial_lacks() {
    let mut world = fallen_to(144.0);
    assert_eq!(world.assess("alice").state, CALLED);
    let lacking = -above_initial(&world.health("alice"));
    let (before, now) = (world.snapshot(), world.now());
    let told = world.call_margin("alice").event::<MarginCalled>();
    assert_eq!(
        (told.amount, told.at),
        (u64::try_from(lacking).unwrap(), now)
    );
    let key = world.account_key("alice", 0);
    assert_eq!(told.account, key);
    assert_eq!(world.changed_since(&before), [format!("account {key}")]);
    let account = world.account("alice");
    assert_eq!(
        (account.called_at, account.call_amount),
        (now, lacking.unsigned_abs())
    );
    assert_eq!(account.liquidatable_since, 0);

    world.advance(7);
    let before = world.snapshot();
    let again = world.keeper().calls_margin("alice").done();
    assert!(again.events::<MarginCalled>().is_empty());
    assert!(world.changed_since(&before).is_empty());
}

#[test]
fn nobody_is_called_at_the_call_level_and_everybody_below_it() {
    for (offset, called) in [(-1, true), (0, false)] {
        let mut world = fallen_to(140.0);
        let level = above_call_level(&world);
        brought_to(&mut world, level, offset);
        world.call_margin("alice");
        assert_eq!(world.account("alice").called_at != 0, called, "{offset}");
    }
}

#[test]
fn no_episode_begins_at_maintenance_and_one_does_below_it() {
    for (offset, opened) in [(-1, true), (0, false)] {
        let mut world = fallen_to(140.0);
        brought_to(&mut world, above_maintenance, offset);
        let receipt = world.call_margin("alice");
        let events = receipt.events::<LiquidationOpened>();
        assert_eq!(events.len(), usize::from(opened), "{offset}");
        assert_eq!(receipt.events::<MarginCalled>().len(), 1);
        let account = world.account("alice");
        assert_eq!(account.liquidatable_since != 0, opened);
        if opened {
            let health = world.health("alice");
            let target = health.level_ceil(Fixed(world.book().target_level)).unwrap();
            let lacking = target.0 - health.maintenance.equity.0;
            assert_eq!(account.first_shortage, lacking.unsigned_abs());
            assert_eq!(events[0].shortage, lacking.unsigned_abs());
        }
    }
}

#[test]
fn a_deposit_that_reaches_initial_clears_the_call_and_one_atom_less_does_not() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    let exact = deposit_until(&world, "alice", above_initial);
    let receipt = world.alice().deposits(usdc_atoms(exact - 1)).done();
    assert!(receipt.events::<CallCleared>().is_empty());
    let account = world.account("alice");
    assert!(account.called_at != 0 && account.liquidatable_since != 0);
    let receipt = world.alice().deposits(usdc_atoms(1)).done();
    assert_eq!(receipt.event::<CallCleared>().at, world.now());
    let account = world.account("alice");
    assert_eq!(account.episode(), Default::default());
}

#[test]
fn a_deposit_clears_nothing_where_prices_are_too_old_to_tell() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    world.advance(91);
    world.alice().deposits(usdc(5_000)).done();
    assert!(world.account("alice").called_at != 0);
    world.tick();
    let receipt = world.call_margin("alice");
    assert_eq!(receipt.events::<CallCleared>().len(), 1);
}

#[test]
fn a_price_that_reaches_initial_clears_at_the_next_observation() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    world.price(SOL, 150.0);
    assert!(world.account("alice").called_at != 0, "nobody has looked");
    let receipt = world.call_margin("alice");
    receipt.event::<CallCleared>();
    assert_eq!(world.account("alice").episode(), Default::default());
}

#[test]
fn two_observations_600_seconds_apart_above_the_call_level_clear_a_call() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    let level = above_call_level(&world);
    brought_to(&mut world, level, 0);
    assert_eq!(world.account("alice").above_since, world.now());
    let first = world.now();
    for (after, cleared) in [(0, false), (599, false), (600, true)] {
        world.chain.set_clock(first + after);
        world.publish_all();
        world.refresh();
        let receipt = world.call_margin("alice");
        assert_eq!(receipt.events::<CallCleared>().len(), usize::from(cleared));
    }
    assert_eq!(world.account("alice").episode(), Default::default());
    assert_eq!(world.assess("alice").state, STRAINED);
}

#[test]
fn falling_below_the_call_level_in_between_starts_the_600_seconds_anew() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    world.price(SOL, 146.0);
    assert_eq!(world.assess("alice").state, STRAINED);
    world.call_margin("alice");
    world.advance(300);
    world.price(SOL, 140.0);
    world.call_margin("alice");
    assert_eq!(world.account("alice").above_since, 0);
    world.advance(300);
    world.price(SOL, 146.0);
    let receipt = world.call_margin("alice");
    assert!(receipt.events::<CallCleared>().is_empty());
    world.advance(600);
    world.tick();
    world.call_margin("alice").event::<CallCleared>();
}

#[test]
fn an_episode_has_expired_after_900_seconds_and_the_next_observation_opens_another() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    let first = world.account("alice");
    world.chain.set_clock(first.liquidatable_since + 900);
    world.prices(&[(SOL, 139.0.into())]);
    assert_eq!(world.now(), first.liquidatable_since + 900);
    let receipt = world.call_margin("alice");
    assert!(receipt.events::<LiquidationOpened>().is_empty());
    world.advance(1);
    let receipt = world.call_margin("alice");
    let told = receipt.event::<LiquidationOpened>();
    assert!(receipt.events::<MarginCalled>().is_empty(), "still called");
    let second = world.account("alice");
    assert_eq!(second.liquidatable_since, world.now());
    assert!(second.first_shortage > first.first_shortage);
    assert_eq!(told.shortage, second.first_shortage);
    assert_eq!(
        (second.called_at, second.call_amount),
        (first.called_at, first.call_amount)
    );
}

#[test]
fn the_900_seconds_count_from_the_last_liquidation() {
    let mut world = fallen_to(140.0);
    world.call_margin("alice");
    let opened = world.account("alice").liquidatable_since;
    world.advance(500);
    world.tick();
    let legs = [plimsoll::instructions::LiquidationLeg {
        most: 1_000_000_000,
        ..position_leg(SOL)
    }];
    world.keeper().liquidates("alice", &legs).done();
    let last = world.now();
    assert_eq!(world.account("alice").last_liquidation, last);
    world.chain.set_clock(last + 900);
    world.tick();
    world.call_margin("alice");
    assert_eq!(world.account("alice").liquidatable_since, opened);
    world.chain.set_clock(last + 901);
    world.tick();
    world.call_margin("alice").event::<LiquidationOpened>();
    let account = world.account("alice");
    assert_eq!((account.liquidated, account.last_liquidation), (0, 0));
}

#[test]
fn a_call_stands_in_nobodys_way() {
    let mut world = fallen_to(144.0);
    world.tick();
    let order = world.alice().asks_short(sol(10)).order();
    world.mallory().calls_margin("alice").done();
    assert!(world.account("alice").called_at != 0, "an order is pending");
    world.keeper().executes(&order).done();
    assert_eq!(world.position("alice", SOL).base, 40_000_000_000);
}

#[test]
fn a_position_keeps_its_last_price_for_a_day_and_is_then_marked_against_its_owner() {
    let mut world = fallen_to(150.0);
    let published = world.asset(SOL).feed.publish_time;
    world.chain.set_clock(published + 86_400);
    let receipt = world.call_margin("alice");
    assert!(receipt.events::<MarginCalled>().is_empty());
    assert_eq!(world.assess("alice").state, STRAINED);
    world.advance(1);
    let receipt = world.call_margin("alice");
    receipt.event::<MarginCalled>();
    receipt.event::<LiquidationOpened>();
    assert_eq!(world.assess("alice").state, LIQUIDATABLE);
}

#[test]
fn an_account_of_another_book_is_not_judged_by_this_one() {
    let mut world = fallen_to(140.0);
    let account = world.account_key("alice", 0);
    let account = world.forge_of_another_book(&account, 32);
    let accounts = world.call_margin_accounts(account);
    world
        .mallory()
        .does(&[call(accounts, ix::CallMargin {})])
        .refused_with(PlimsollError::WrongAccountBook);
}
