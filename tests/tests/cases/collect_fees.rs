//! `collect_fees`: the protocol's fees, and nothing else, by the authority's word.

use super::world;
use plimsoll::events::FeesCollected;
use plimsoll_tests::prelude::*;

/// Traders have paid fees, and a `sync` has put the protocol's part into the bank.
fn with_fees() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(10_000)).longs(sol(50)).done();
    world.alice().shorts(sol(50)).done();
    world.settle("alice");
    world.sync();
    assert!(world.bank(USDC).protocol_fees > 0);
    world
}

#[test]
fn the_authority_gets_what_the_protocol_earned_to_the_atom() {
    let mut world = with_fees();
    let bank = world.bank(USDC);
    let told = world.actor("authority").collects_fees(USDC).done();
    assert_eq!(told.event::<FeesCollected>().amount, bank.protocol_fees);
    assert_eq!(world.tokens("authority", USDC), bank.protocol_fees);
    let after = world.bank(USDC);
    assert_eq!(after.protocol_fees, 0);
    let rest = |bank: &plimsoll::state::Bank| (bank.deposits, bank.insurance, bank.lent_cash);
    assert_eq!(rest(&after), rest(&bank));
}

#[test]
fn where_there_are_none_nothing_is_paid() {
    let mut world = with_fees();
    let authority = world.actor("authority").collects_fees(SOL);
    authority.refused_with(PlimsollError::ZeroAmount);
    world.actor("authority").collects_fees(USDC).done();
    let authority = world.actor("authority").collects_fees(USDC);
    authority.refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn nobody_else_collects() {
    let mut world = with_fees();
    for name in ["mallory", "guardian"] {
        let other = world.actor(name).collects_fees(USDC);
        other.refused_with(PlimsollError::NotAuthority);
    }
}
