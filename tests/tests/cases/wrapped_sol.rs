//! SOL as a client moves it: wrapped and unwrapped in the transaction that deposits or withdraws.

use plimsoll_tests::prelude::*;

fn there_and_back<C: Chain>(chain: C) {
    let mut world = World::with(chain, |spec| spec.asset(SOL).token = Token::WrappedSol);
    world.alice().opens_account().done();
    let purse = world.lamports("alice");
    let tokens = world.token_key("alice", SOL);

    world.alice().wraps_and_deposits(sol(5)).done();
    assert_eq!(world.held("alice", SOL), 5_000_000_000);
    assert_eq!(world.lamports("alice"), purse - 5_000_000_000);
    assert!(world.chain.account(&tokens).is_none(), "nothing is left");

    world.alice().withdraws_and_unwraps(sol(2)).done();
    assert_eq!(world.held("alice", SOL), 3_000_000_000);
    assert_eq!(world.lamports("alice"), purse - 3_000_000_000);
    assert!(world.chain.account(&tokens).is_none(), "nothing is left");

    world.alice().withdraws_and_unwraps(sol(3)).done();
    assert_eq!(world.lamports("alice"), purse, "to the lamport");
}

#[test]
fn lamports_become_a_balance_and_lamports_again() {
    there_and_back(BankChain::new());
}

#[test]
fn lamports_become_a_balance_and_lamports_again_in_litesvm() {
    there_and_back(LiteChain::new());
}

#[test]
fn the_vault_holds_its_lamports_as_tokens() {
    let mut world = super::world_with(|spec| spec.asset(SOL).token = Token::WrappedSol);
    let vault = world.asset(SOL).vault;
    let rent = world.lamports_of(&vault);
    world.alice().wraps_and_deposits(sol(5)).done();
    assert_eq!(world.token_amount(&vault), 5_000_000_000);
    assert_eq!(world.lamports_of(&vault), rent + 5_000_000_000);
}

#[test]
fn wrapped_before_it_is_deposited_like_any_token() {
    let mut world = super::world_with(|spec| spec.asset(SOL).token = Token::WrappedSol);
    world.alice().deposits(sol(5)).withdraws(sol(5)).done();
    assert_eq!(world.tokens("alice", SOL), 5_000_000_000);
}

#[test]
fn nobody_wraps_more_lamports_than_he_has() {
    let mut world = super::world_with(|spec| spec.asset(SOL).token = Token::WrappedSol);
    world.alice().opens_account().done();
    let purse = world.lamports("alice");
    world.alice().wraps_and_deposits(sol_atoms(purse)).refused();
}
