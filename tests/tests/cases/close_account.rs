//! `close_account`.

use super::{anchor, world};
use plimsoll_tests::prelude::*;

#[test]
fn an_empty_account_closes_and_its_rent_goes_where_the_owner_says() {
    let mut world = world();
    world.alice().deposits(usdc(10)).withdraws(usdc(10)).done();
    world.meet("bob");
    let key = world.account_key("alice", 0);
    let (rent, before) = (world.lamports_of(&key), world.lamports("bob"));
    let accounts = ax::CloseAccount {
        receiver: key_of("bob"),
        ..world.close_accounts("alice", 0)
    };
    world
        .alice()
        .does(&[call(accounts, ix::CloseAccount {})])
        .done();
    assert!(world.chain.account(&key).is_none());
    assert_eq!(world.lamports("bob"), before + rent);
}

#[test]
fn a_closed_account_can_be_opened_again_and_is_empty() {
    let mut world = world();
    world
        .alice()
        .deposits(sol(3))
        .withdraws(sol(3))
        .closes_account()
        .opens_account()
        .done();
    assert_eq!(world.held("alice", SOL), 0);
}

#[test]
fn an_account_with_a_deposit_stays() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc_atoms(1))
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
    world
        .bob()
        .deposits(sol_atoms(1))
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
}

#[test]
fn an_account_with_a_position_stays() {
    let mut world = world();
    let alice = world.alice().deposits(usdc(1_000)).longs(sol(1));
    alice
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
}

#[test]
fn an_account_with_a_claim_and_nothing_else_stays() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 141.0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    let earned = world.account("keeper").credit;
    assert!(earned > 0, "the keeper's fee is a claim: {earned}");
    world
        .keeper()
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
    world.settle("keeper");
    assert_eq!(world.held("keeper", USDC), earned);
    world
        .keeper()
        .withdraws(usdc_atoms(earned.unsigned_abs()))
        .closes_account()
        .done();
}

#[test]
fn an_account_with_a_pending_order_stays() {
    let mut world = world();
    let alice = world.alice().deposits(usdc(1_000)).asks_long(sol(1));
    alice
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
}

#[test]
fn an_account_with_a_resting_order_stays_until_it_is_cancelled() {
    let mut world = world();
    let limit = Ask::long(sol(1)).at(usdc(140));
    let order = world.alice().opens_account().places(limit);
    world
        .alice()
        .closes_account()
        .refused_with(PlimsollError::OrdersOpen);
    world.alice().cancels(&order).closes_account().done();
}

#[test]
fn only_the_owner_closes() {
    let mut world = world();
    world.alice().opens_account().done();
    let accounts = ax::CloseAccount {
        owner: key_of("mallory"),
        receiver: key_of("mallory"),
        ..world.close_accounts("alice", 0)
    };
    let close = call(accounts, ix::CloseAccount {});
    world
        .mallory()
        .does(&[close])
        .refused_with(PlimsollError::NotOwner);

    let mut unsigned = call(world.close_accounts("alice", 0), ix::CloseAccount {});
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn nothing_but_a_margin_account_closes() {
    let mut world = world();
    world.alice().opens_account().done();
    let accounts = ax::CloseAccount {
        account: world.quote().bank,
        ..world.close_accounts("alice", 0)
    };
    let close = call(accounts, ix::CloseAccount {});
    world
        .alice()
        .does(&[close])
        .refused_with_code(anchor::WRONG_TYPE, "a bank is no account");
}
