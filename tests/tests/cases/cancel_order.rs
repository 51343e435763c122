//! `cancel_order`.

use super::world;
use plimsoll::events::OrderLapsed;
use plimsoll_tests::prelude::*;

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

#[test]
fn a_market_order_cannot_be_cancelled_before_it_lapses() {
    let (mut world, order) = waiting();
    world
        .alice()
        .cancels(&order)
        .refused_with(PlimsollError::OrderNotLapsed);
    world.chain.set_clock(order.execute_at);
    world
        .alice()
        .cancels(&order)
        .refused_with(PlimsollError::OrderNotLapsed);
    world.chain.set_clock(order.execute_at + 60);
    world
        .alice()
        .cancels(&order)
        .refused_with(PlimsollError::OrderNotLapsed);
    world.chain.set_clock(order.execute_at + 61);
    world.alice().cancels(&order).done();
}

#[test]
fn a_lapse_costs_ten_basis_points_and_pays_who_removes_it() {
    let (mut world, order) = waiting();
    let owned = world.lamports("alice") + world.lamports_of(&order.key);
    world.chain.set_clock(order.execute_at + 61);
    world.meet("keeper");
    let before = world.lamports("keeper");
    let receipt = world.keeper().cancels(&order).done();
    let penalty = order.notional.div_ceil(1_000);
    let told = receipt.event::<OrderLapsed>();
    assert_eq!(
        (told.penalty, told.slot, told.size, told.keeper),
        (penalty, SOL, order.size, key_of("keeper"))
    );
    let account = world.account("alice");
    assert_eq!(account.credit, -i64::try_from(penalty).unwrap());
    assert_eq!(
        (account.pending_order, account.pending_requirement),
        Default::default()
    );
    assert_eq!(world.lamports("keeper"), before + order.keeper_fee);
    assert_eq!(world.lamports("alice"), owned - order.keeper_fee);
    assert!(world.order(&order.key).is_none());
}

#[test]
fn the_penalty_ends_in_the_pool() {
    let (mut world, order) = waiting();
    let cash = world.pool().cash;
    world.chain.set_clock(order.execute_at + 61);
    world.keeper().cancels(&order).done();
    world.settle("alice");
    let penalty = order.notional.div_ceil(1_000);
    assert_eq!(world.pool().cash, cash + penalty);
    assert_eq!(
        world.held("alice", USDC).unsigned_abs(),
        usdc(1_000).atoms - penalty
    );
}

#[test]
fn a_lapse_needs_no_price_and_no_margin() {
    let (mut world, order) = waiting();
    world.price(SOL, 1.0);
    world.advance(1_000_000);
    world.keeper().cancels(&order).done();
}

#[test]
fn afterwards_the_account_is_free_again() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 61);
    world.keeper().cancels(&order).done();
    world.tick();
    world.alice().withdraws(usdc(1)).longs(sol(10)).done();
}

#[test]
fn a_lapse_happens_once() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 61);
    world.keeper().cancels(&order).done();
    world.keeper().cancels(&order).refused();
}

#[test]
fn an_order_takes_its_own_account_market_and_payer_along() {
    let (mut world, order) = waiting();
    let other = world.bob().deposits(usdc(1_000)).asks_long(sol(1)).order();
    world.chain.set_clock(order.execute_at + 61);
    let good = || world.cancel_accounts("keeper", &order);
    let btc = world.asset(BTC).market;
    let attacks = [
        (
            ax::CancelOrder {
                account: other.account,
                ..good()
            },
            PlimsollError::WrongOrder,
        ),
        (
            ax::CancelOrder {
                order: other.key,
                ..good()
            },
            PlimsollError::WrongOrder,
        ),
        (
            ax::CancelOrder {
                market: btc,
                ..good()
            },
            PlimsollError::WrongMarket,
        ),
        (
            ax::CancelOrder {
                payer: key_of("mallory"),
                ..good()
            },
            PlimsollError::WrongRentRecipient,
        ),
    ];
    world.meet("mallory");
    for (accounts, error) in attacks {
        world
            .keeper()
            .does(&[call(accounts, ix::CancelOrder {})])
            .refused_with(error);
    }
}

#[test]
fn an_order_of_an_earlier_generation_is_worthless() {
    let (mut world, order) = waiting();
    world.chain.set_clock(order.execute_at + 61);
    let mut account = world
        .chain
        .account(&order.account)
        .expect("alice's account");
    let generation = 8 + core::mem::offset_of!(plimsoll::state::MarginAccount, generation);
    account.data[generation] ^= 1;
    world.chain.set_account(order.account, account);
    world
        .keeper()
        .cancels(&order)
        .refused_with(PlimsollError::WrongOrder);
}
