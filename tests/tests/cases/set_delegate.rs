//! `set_delegate`: who orders for somebody else, how much of it, and what he cannot do to him.

use super::{world, world_with};
use plimsoll::events::DelegateSet;
use plimsoll_tests::prelude::*;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Alice has 2,000 dollars, and Bob orders for her what is worth `daily` dollars a day. SOL is at 150.
fn delegated(daily: f64) -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(2_000)).done();
    world.alice().delegates_to("bob", usdc(daily)).done();
    world
}

/// The order of Alice's that waits is executed, and prices are fresh again.
fn execute(world: &mut World<BankChain>) {
    let order = world.pending_order("alice");
    world.keeper().executes(&order).done();
    world.tick();
}

/// The refusal names these two.
fn names(failure: &Failure, left: u64, needed: u64) {
    for line in [format!("Left: {left}"), format!("Right: {needed}")] {
        let named = failure.logs.iter().any(|log| log.ends_with(&line));
        assert!(named, "{line:?} not in {:#?}", failure.logs);
    }
}

#[test]
fn a_delegate_orders_for_the_owner_and_pays_for_it() {
    let mut world = world();
    world.alice().deposits(usdc(2_000)).done();
    let receipt = world.alice().delegates_to("bob", usdc(10_000)).done();
    let told = receipt.event::<DelegateSet>();
    assert_eq!(told.account, world.account_key("alice", 0));
    assert_eq!(told.delegate, key_of("bob"));
    assert_eq!(told.daily_notional, usdc(10_000).atoms);

    let before = (world.lamports("alice"), world.lamports("bob"));
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
    let order = world.pending_order("alice");
    assert_eq!(order.payer, key_of("bob"));
    execute(&mut world);
    assert_eq!(world.position("alice", SOL).base, 10_000_000_000);
    // Rent comes back to who paid it, the keeper's fee does not.
    assert_eq!(world.lamports("alice"), before.0);
    assert_eq!(world.lamports("bob"), before.1 - order.keeper_fee);
}

#[test]
fn he_orders_what_is_left_of_the_day_and_not_an_atom_more() {
    let mut world = delegated(1_500.0);
    world.bob().asks_for("alice", Ask::long(sol(4))).done();
    assert_eq!(world.account("alice").delegate_used, usdc(600).atoms);
    execute(&mut world);
    let (left, since) = {
        let account = world.account("alice");
        let back = usdc(1_500).atoms * (world.now() - account.delegate_time) as u64 / DAY as u64;
        (usdc(900).atoms + back, account.delegate_time)
    };
    assert!(world.now() > since && left < usdc(901).atoms);
    // An atom of SOL is worth less than one of USDC, and counts as a whole one.
    let (most, more) = (left / 150 * 1_000, left / 150 * 1_000 + 1_000);
    let bob = world.bob();
    let refusal = bob
        .asks_for("alice", Ask::short(sol_atoms(more)))
        .refused_with(PlimsollError::DelegateLimit);
    names(&refusal, left, (more * 150).div_ceil(1_000));
    world
        .bob()
        .asks_for("alice", Ask::short(sol_atoms(most)))
        .done();
}

#[test]
fn closing_counts_like_opening_and_a_sale_like_a_purchase() {
    let mut world = delegated(3_000.0);
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
    execute(&mut world);
    world.bob().asks_for("alice", Ask::short(sol(10))).done();
    let used = world.account("alice").delegate_used;
    let day = usdc(3_000).atoms;
    assert!((day - usdc(1).atoms..=day).contains(&used), "{used}");
}

#[test]
fn what_the_owner_orders_counts_for_nobody() {
    let mut world = delegated(1_500.0);
    world.alice().longs(sol(30)).shorts(sol(30)).done();
    world.tick();
    assert_eq!(world.account("alice").delegate_used, 0);
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
    execute(&mut world);
    world.alice().longs(sol(30)).done();
}

#[test]
fn the_day_comes_back_evenly() {
    let mut world = delegated(1_500.0);
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
    let start = world.now();
    execute(&mut world);
    // After a third of a day a third is there.
    world.advance(start + DAY / 3 - world.now() - 1);
    world.tick();
    world.sync_when_due(SOL);
    let third = Ask::short(sol(10.0 / 3.0 + 0.01));
    let bob = world.bob().asks_for("alice", third);
    bob.refused_with(PlimsollError::DelegateLimit);
    let third = Ask::short(sol(10.0 / 3.0 - 0.01));
    world.bob().asks_for("alice", third).done();
    execute(&mut world);
    // After a day without an order all of it, and no more than that however long he waits.
    world.advance(10 * DAY);
    world.tick();
    world.sync_when_due(SOL);
    let bob = world.bob().asks_for("alice", Ask::long(sol(10.01)));
    bob.refused_with(PlimsollError::DelegateLimit);
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
}

#[test]
fn a_new_limit_or_another_delegate_adds_nothing_to_the_day() {
    let mut world = delegated(1_500.0);
    world.bob().asks_for("alice", Ask::long(sol(10))).done();
    execute(&mut world);
    world.alice().delegates_to("carol", usdc(1_500)).done();
    let carol = world.carol().asks_for("alice", Ask::long(sol(1)));
    carol.refused_with(PlimsollError::DelegateLimit);
    world.alice().delegates_to("carol", usdc(1_700)).done();
    world.carol().asks_for("alice", Ask::long(sol(1))).done();
    execute(&mut world);
    // A smaller limit is smaller from this moment on.
    world.alice().delegates_to("carol", usdc(100)).done();
    let carol = world.carol().asks_for("alice", Ask::long(sol(0.1)));
    carol.refused_with(PlimsollError::DelegateLimit);
    world.advance(DAY);
    world.tick();
    world.sync_when_due(SOL);
    let order = Ask::long(sol(0.5));
    world.carol().asks_for("alice", order).done();
}

#[test]
fn who_is_no_longer_delegate_orders_nothing_and_what_he_ordered_stays() {
    let mut world = delegated(1_500.0);
    let bob = world.mallory().asks_for("alice", Ask::long(sol(1)));
    bob.refused_with(PlimsollError::NotTrader);
    world.bob().asks_for("alice", Ask::long(sol(2))).done();
    // It can be taken back at any time, also while his order waits.
    world.alice().revokes_delegate().done();
    execute(&mut world);
    assert_eq!(world.position("alice", SOL).base, 2_000_000_000);
    let bob = world.bob().asks_for("alice", Ask::short(sol(2)));
    bob.refused_with(PlimsollError::NotTrader);
    world.alice().shorts(sol(2)).done();
}

#[test]
fn he_places_no_resting_order_and_cancels_his_owners_until_he_is_dismissed() {
    let mut world = delegated(1_500.0);
    // A price of his own could give the account away.
    for order in [
        Ask::short(sol(1)).at(sol_atoms(1)),
        Ask::short(sol(1)).stop(usdc(200)),
    ] {
        let bob = world.bob().asks_for("alice", order);
        bob.refused_with(PlimsollError::NotOwner);
    }
    let order = world.alice().places(Ask::long(sol(1)).at(usdc(100)));
    world.bob().cancels(&order).done();
    assert!(world.order(&order.key).is_none());
    let order = world.alice().places(Ask::long(sol(1)).at(usdc(100)));
    world.alice().revokes_delegate().done();
    let bob = world.bob().cancels(&order);
    bob.refused_with(PlimsollError::OrderAlive);
}

#[test]
fn what_an_order_would_execute_counts_whatever_size_it_names() {
    let mut world = delegated(1_500.0);
    world.alice().longs(sol(20)).done();
    let all = Ask::short(sol_atoms(1)).close();
    let bob = world.bob().asks_for("alice", all);
    bob.refused_with(PlimsollError::DelegateLimit);
    world.alice().shorts(sol(11)).done();
    let all = Ask::short(sol_atoms(1)).close();
    world.bob().asks_for("alice", all).done();
    execute(&mut world);
    assert_eq!(world.position("alice", SOL).base, 0);
}

#[test]
fn he_holds_up_a_withdrawal_by_one_order_after_his_dismissal_and_no_more() {
    let mut world = delegated(1_500.0);
    world
        .bob()
        .asks_for("alice", Ask::long(sol_atoms(1)))
        .done();
    execute(&mut world);
    world
        .bob()
        .asks_for("alice", Ask::long(sol_atoms(1)))
        .done();
    let alice = world.alice().withdraws(usdc(1));
    alice.refused_with(PlimsollError::OrderPending);
    world.alice().revokes_delegate().done();
    let order = world.pending_order("alice");
    world.advance(order.execute_at + 61 - world.now());
    world.keeper().cancels(&order).done();
    let bob = world.bob().asks_for("alice", Ask::long(sol_atoms(1)));
    bob.refused_with(PlimsollError::NotTrader);
    world.tick();
    world.alice().withdraws(usdc(1)).done();
}

#[test]
fn only_the_owner_names_a_delegate() {
    let mut world = delegated(1_500.0);
    let set = |world: &World<BankChain>, signer: &str| {
        let accounts = ax::SetDelegate {
            owner: key_of(signer),
            ..world.set_delegate_accounts("alice", 0)
        };
        let args = ix::SetDelegate {
            delegate: key_of(signer),
            daily_notional: u64::MAX,
        };
        call(accounts, args)
    };
    // Neither the delegate himself, for more than he was given, nor anybody else.
    let attack = set(&world, "bob");
    let bob = world.bob().does(&[attack]);
    bob.refused_with(PlimsollError::NotOwner);
    let attack = set(&world, "mallory");
    let mallory = world.mallory().does(&[attack]);
    mallory.refused_with(PlimsollError::NotOwner);
    let mut unsigned = set(&world, "alice");
    unsigned.accounts[0].is_signer = false;
    let mallory = world.mallory().does(&[unsigned]);
    mallory.refused_with_code(super::anchor::NOT_SIGNER, "an unsigned owner");
}

/// Mallory moves the price with his own account, has Alice buy at the top, moves it down, and has her
/// sell at the bottom; what she has lost by it, and the limit of his day, both in micro-dollars.
fn squeeze(world: &mut World<BankChain>, most: f64, size: f64) {
    world.mallory().longs(sol(most - size)).done();
    let ask = Ask::long(sol(size));
    world.mallory().asks_for("alice", ask).done();
    execute(world);
    world.mallory().shorts(sol(2.0 * most - size)).done();
    world.tick();
    let ask = Ask::short(sol(size));
    world.mallory().asks_for("alice", ask).done();
    execute(world);
    world.mallory().longs(sol(most)).done();
    world.tick();
    assert_eq!(world.position("alice", SOL).base, 0);
}

#[test]
fn what_he_can_drain_in_a_day_is_twice_the_largest_impact_of_his_limit() {
    let mut world = world_with(|spec| spec.frictionless());
    let market = world.market(SOL);
    let (most, scale) = (market.max_skew as f64 / 1e9, market.scale as f64 / 1e9);
    let daily = 60_000.0;
    world.alice().deposits(usdc(50_000)).done();
    world.mallory().deposits(usdc(2_000_000)).done();
    world.alice().delegates_to("mallory", usdc(daily)).done();
    let (alice, mallory) = (world.health("alice"), world.health("mallory"));
    let start = world.now();

    // Once with all of his day, and once more when nearly all of it is back.
    let size = daily / 150.0 / 2.0;
    squeeze(&mut world, most, size - 0.5);
    world.advance(start + DAY - 200 - world.now());
    world.tick();
    squeeze(&mut world, most, size - 1.5);
    assert!(world.now() - start <= DAY, "within a day");

    let wealth = |world: &World<BankChain>, name: &str| world.health(name).maintenance.equity.0;
    let lost = alice.maintenance.equity.0 - wealth(&world, "alice");
    let won = wealth(&world, "mallory") - mallory.maintenance.equity.0;
    let bound = usd(2.0 * daily * most / scale);
    assert!(lost <= bound, "{lost} of {bound}");
    // The attack is as strong as the bound: nothing but the size of the orders itself is missing.
    assert!(lost > bound / 100 * 97, "{lost} of {bound}");
    assert!(won <= lost, "{won} of {lost}");
}
