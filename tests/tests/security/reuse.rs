//! Accounts used a second time.

use plimsoll_tests::prelude::*;

/// Closing an account and sending lamports to its address in one transaction does not bring it back.
#[test]
fn a_closed_account_cannot_be_revived() {
    let mut world = World::new(LiteChain::new());
    world.alice().opens_account().done();
    world.fund("alice", USDC, 50);
    let account = world.account_key("alice", 0);
    let close = call(world.close_accounts("alice", 0), ix::CloseAccount {});
    let pay =
        solana_system_interface::instruction::transfer(&key_of("alice"), &account, 1_000_000_000);
    let deposit = call(
        world.deposit_accounts("alice", 0, USDC),
        ix::Deposit { amount: 50 },
    );
    let outcome = world.send(&[close, pay, deposit], &["alice"]);
    assert!(outcome.is_err(), "a revived account took a deposit");
}

/// What exists is not created again, whoever asks.
#[test]
fn an_account_is_not_opened_twice() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(1)).done();
    let again = call(world.open_accounts("alice", 0), ix::OpenAccount { id: 0 });
    assert!(world.send(&[again], &["alice"]).is_err());
    assert_eq!(world.held("alice", USDC), 1_000_000);
}
