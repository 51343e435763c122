//! `deposit`.

use super::{anchor, world, world_with};
use plimsoll_tests::prelude::*;

/// What SPL Token says when there is too little.
const INSUFFICIENT_FUNDS: u32 = 1;

/// The first line of the specification, told on either machine.
fn a_deposit_becomes_a_balance<C: Chain>(chain: C) {
    let mut world = World::new(chain);
    let receipt = world.alice().deposits(usdc(1_000)).done();
    assert_eq!(world.held("alice", USDC), 1_000_000_000);
    assert_eq!(world.bank(USDC).deposits, 1_000_000_000);
    assert_eq!(world.tokens("alice", USDC), 0);
    let told = receipt.event::<plimsoll::events::Deposited>();
    assert_eq!((told.slot, told.amount), (USDC, 1_000_000_000));
    assert_eq!(told.account, world.account_key("alice", 0));
}

#[test]
fn a_deposit_becomes_a_balance_in_the_bank() {
    a_deposit_becomes_a_balance(BankChain::new());
}

#[test]
fn a_deposit_becomes_a_balance_in_litesvm() {
    a_deposit_becomes_a_balance(LiteChain::new());
}

#[test]
fn deposits_of_one_token_share_a_place() {
    let mut world = world();
    world
        .alice()
        .deposits(sol(1))
        .deposits(btc(0.1))
        .deposits(sol(2))
        .done();
    assert_eq!(world.held("alice", SOL), 3_000_000_000);
    let account = world.account("alice");
    let taken: Vec<u8> = account
        .balances
        .iter()
        .filter(|each| each.amount != 0)
        .map(|each| each.slot)
        .collect();
    assert_eq!(taken, [SOL, BTC]);
}

#[test]
fn a_deposit_needs_no_price() {
    let mut world = world();
    world.advance(1_000_000);
    world.alice().deposits(sol(1)).done();
}

#[test]
fn a_deposit_is_welcome_while_an_order_is_pending() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(1_000))
        .asks_long(sol(1))
        .deposits(usdc(1))
        .done();
    assert_eq!(world.held("alice", USDC), 1_001_000_000);
}

#[test]
fn a_deposit_clears_a_margin_call_when_initial_is_met() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 144.0);
    world.call_margin("alice");
    assert_ne!(
        world.account("alice").called_at,
        0,
        "{:?}",
        world.health("alice")
    );
    world.alice().deposits(usdc(1)).done();
    assert_ne!(
        world.account("alice").called_at,
        0,
        "a dollar is not enough"
    );
    let receipt = world.alice().deposits(usdc(500)).done();
    assert_eq!(world.account("alice").called_at, 0);
    receipt.event::<plimsoll::events::CallCleared>();
}

#[test]
fn nothing_is_no_deposit() {
    world()
        .alice()
        .deposits(usdc_atoms(0))
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn nobody_deposits_more_than_he_has() {
    let mut world = world();
    world.alice().opens_account().done();
    world.fund("alice", USDC, 10);
    let deposit = call(
        world.deposit_accounts("alice", 0, USDC),
        ix::Deposit { amount: 11 },
    );
    world
        .alice()
        .does(&[deposit])
        .refused_with_code(INSUFFICIENT_FUNDS, "too little");
}

#[test]
fn the_cap_of_the_bank_holds_to_the_atom() {
    let mut world = world_with(|spec| spec.bank(SOL).deposit_cap = 5_000_000_000);
    world.bob().deposits(sol(3)).done();
    world
        .alice()
        .deposits(sol_atoms(2_000_000_001))
        .refused_with(PlimsollError::DepositCap);
    world.alice().deposits(sol(2)).done();
}

#[test]
fn a_seventeenth_balance_finds_no_place() {
    let mut world = world_with(|spec| spec.fill_up_to(17));
    for slot in 1..16 {
        world.alice().deposits(Amount { slot, atoms: 1_000 }).done();
    }
    world
        .alice()
        .deposits(Amount { slot: 16, atoms: 1 })
        .refused_with(PlimsollError::NoFreeBalance);
    world
        .alice()
        .deposits(usdc(1))
        .deposits(Amount { slot: 15, atoms: 1 })
        .done();
}

#[test]
fn only_the_owner_deposits() {
    let mut world = world();
    world.alice().opens_account().done();
    world.fund("mallory", USDC, 100);
    let account = world.account_key("alice", 0);
    let accounts = ax::Deposit {
        account,
        ..world.deposit_accounts("mallory", 0, USDC)
    };
    let deposit = call(accounts, ix::Deposit { amount: 1 });
    world
        .mallory()
        .does(&[deposit])
        .refused_with(PlimsollError::NotOwner);
}

#[test]
fn nobody_deposits_the_tokens_of_another() {
    let mut world = world();
    world.mallory().opens_account().done();
    world.fund("alice", USDC, 100);
    let source = world.token_key("alice", USDC);
    let accounts = ax::Deposit {
        source,
        ..world.deposit_accounts("mallory", 0, USDC)
    };
    let mut deposit = call(accounts, ix::Deposit { amount: 1 });
    world
        .mallory()
        .does(&[deposit.clone()])
        .refused_with(PlimsollError::WrongTokenOwner);
    deposit.accounts[0] = meta(key_of("alice"), false);
    world
        .mallory()
        .does(&[deposit])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn bank_vault_and_mint_belong_together() {
    let mut world = world();
    world.alice().deposits(usdc(1)).deposits(sol(1)).done();
    world.fund("alice", USDC, 100);
    let good = || world.deposit_accounts("alice", 0, USDC);
    let sol = world.asset(SOL).clone();
    let wrong_vault = ax::Deposit {
        vault: sol.vault,
        ..good()
    };
    let wrong_mint = ax::Deposit {
        mint: sol.mint,
        ..good()
    };
    let wrong_bank = ax::Deposit {
        bank: sol.bank,
        ..good()
    };
    let wrong_source = ax::Deposit {
        source: world.token_key("alice", SOL),
        ..good()
    };
    for (accounts, error) in [
        (wrong_vault, PlimsollError::WrongVault),
        (wrong_mint, PlimsollError::WrongMint),
        (wrong_bank, PlimsollError::WrongVault),
        (wrong_source, PlimsollError::WrongMint),
    ] {
        let deposit = call(accounts, ix::Deposit { amount: 1 });
        world.alice().does(&[deposit]).refused_with(error);
    }
}

/// Tokens that stay with a friend, credited as if the bank had them.
#[test]
fn a_token_account_of_the_same_token_is_no_vault() {
    let mut world = world();
    world.alice().deposits(usdc(1)).done();
    for name in ["alice", "mallory"] {
        world.fund(name, USDC, 100);
    }
    let accounts = ax::Deposit {
        vault: world.token_key("mallory", USDC),
        ..world.deposit_accounts("alice", 0, USDC)
    };
    let deposit = call(accounts, ix::Deposit { amount: 1 });
    world
        .alice()
        .does(&[deposit])
        .refused_with(PlimsollError::WrongVault);
}

#[test]
fn account_and_bank_are_of_the_book() {
    let mut world = world();
    world.alice().deposits(usdc(1)).done();
    world.fund("alice", USDC, 100);
    let account = world.forge_of_another_book(&world.account_key("alice", 0), 32);
    let accounts = ax::Deposit {
        account,
        ..world.deposit_accounts("alice", 0, USDC)
    };
    let deposit = call(accounts, ix::Deposit { amount: 1 });
    world
        .alice()
        .does(&[deposit])
        .refused_with(PlimsollError::WrongAccountBook);

    let bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let accounts = ax::Deposit {
        bank,
        ..world.deposit_accounts("alice", 0, USDC)
    };
    let deposit = call(accounts, ix::Deposit { amount: 1 });
    world
        .alice()
        .does(&[deposit])
        .refused_with(PlimsollError::WrongBank);
}
