//! `deposit`.

use plimsoll_tests::prelude::*;

/// The first line of the specification, told on either machine.
fn a_deposit_becomes_a_balance<C: Chain>(chain: C) {
    let mut world = World::new(chain);
    let before = world.tokens("alice", USDC);
    world.alice().deposits(usdc(1_000)).done();
    assert_eq!(before, 0);
    assert_eq!(world.held("alice", USDC), 1_000_000_000);
    assert_eq!(world.bank(USDC).deposits, 1_000_000_000);
    assert_eq!(world.tokens("alice", USDC), 0);
}

#[test]
fn a_deposit_becomes_a_balance_in_the_bank() {
    a_deposit_becomes_a_balance(BankChain::new());
}

#[test]
fn a_deposit_becomes_a_balance_in_litesvm() {
    a_deposit_becomes_a_balance(LiteChain::new());
}
