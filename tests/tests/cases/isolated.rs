//! An isolated account from its funding to its end: what was put there is what can be lost, and the
//! owner's main account does not change by a bit.

use super::world;
use plimsoll::constants::EVERYTHING;
use plimsoll_tests::prelude::*;

/// Alice's main account; her isolated one is account 0.
const MAIN: u16 = 1;

/// Alice's main account holds dollars, SOL and a position; 400 dollars of it move to an isolated account
/// that goes long 20 SOL. Returns the main account as it stands then.
fn isolated() -> (World<BankChain>, Option<solana_account::Account>) {
    let mut world = world();
    let main = world.alice().account(MAIN).deposits(usdc(5_000));
    main.deposits(sol(3)).longs(btc(0.05)).done();
    world.alice().uses(ModelKind::Isolated).done();
    world.tick();
    let main = world.alice().account(MAIN);
    main.transfers(usdc(400), 0).done();
    world.alice().longs(sol(20)).done();
    world.keeper().opens_account().done();
    let main = world.chain.account(&world.account_key("alice", MAIN));
    (world, main)
}

fn assert_untouched(world: &World<BankChain>, main: &Option<solana_account::Account>) {
    let now = world.chain.account(&world.account_key("alice", MAIN));
    assert_eq!(now, *main, "the main account has changed");
}

#[test]
fn what_is_lost_there_is_what_was_put_there() {
    let (mut world, main) = isolated();
    let bank = world.bank(USDC).deposits;
    // A call, a liquidation of a part, and one of the rest, below water.
    world.price(SOL, 142.0);
    world.call_margin("alice");
    assert_ne!(world.account("alice").called_at, 0);
    assert_untouched(&world, &main);
    world.price(SOL, 139.0);
    let legs = [position_leg(SOL)];
    world.keeper().liquidates("alice", &legs).done();
    let left = world.position("alice", SOL).base;
    assert!(0 < left && left < 20_000_000_000, "{left}");
    assert_untouched(&world, &main);
    world.price(SOL, 100.0);
    assert_eq!(world.assess("alice").state, 4, "bankrupt");
    world.keeper().liquidates("alice", &legs).done();
    assert_eq!(world.position("alice", SOL).base, 0);
    world.tick();
    world.settle("alice");
    assert_eq!(world.held("alice", USDC), 0);
    assert_ne!(world.account("alice").pool_debt_shares, 0);
    world.keeper().settles_bad_debt("alice").done();
    assert_eq!(world.account("alice").pool_debt_shares, 0);
    assert_untouched(&world, &main);
    // 400 dollars are gone from the bank, and not an atom more.
    assert_eq!(world.bank(USDC).deposits, bank - usdc(400).atoms);
    world.tick();
    let main = world.alice().account(MAIN);
    main.withdraws(usdc(4_000)).done();
}

#[test]
fn what_is_won_there_comes_back() {
    let (mut world, main) = isolated();
    world.price(SOL, 170.0);
    world.alice().shorts(sol(20)).done();
    world.tick();
    world.settle("alice");
    assert_untouched(&world, &main);
    let won = world.held("alice", USDC) - 400_000_000;
    assert!(won > 380_000_000, "{won}");
    let before = world.bank(USDC).deposits;
    world.alice().transfers(usdc_atoms(EVERYTHING), MAIN).done();
    assert_eq!(world.bank(USDC).deposits, before);
    let key = world.account_key("alice", MAIN);
    let quote = world.margin_account(&key).balances[0].amount;
    assert_eq!(quote, 4_600_000_000 + 400_000_000 + won);
    world.alice().closes_account().done();
}

/// An isolated account that is in distress is not helped by what the main one has: only its owner can.
#[test]
fn nobody_but_the_owner_reaches_from_one_into_the_other() {
    let (mut world, main) = isolated();
    world.price(SOL, 138.0);
    assert_eq!(world.assess("alice").state, 3, "liquidatable");
    let steal = |world: &World<BankChain>| {
        let accounts = ax::Transfer {
            owner: key_of("mallory"),
            ..world.transfer_accounts("alice", MAIN, 0)
        };
        let amount = usdc(300).atoms;
        call(accounts, ix::Transfer { amount })
    };
    let attack = steal(&world);
    let mallory = world.mallory().does(&[attack]);
    mallory.refused_with(PlimsollError::NotOwner);
    assert_untouched(&world, &main);
    let alice = world.alice().account(MAIN);
    alice.transfers(usdc(300), 0).done();
    assert_eq!(world.assess("alice").state, 0, "healthy");
}
