//! `pool_request`: what is taken, where it waits, and whose accounts.

use super::{anchor, world};
use anchor_spl::token::ID as TOKEN_PROGRAM;
use plimsoll::events::PoolRequested;
use plimsoll::instructions::RequestParams;
use plimsoll::state::{request_kind, RiskBook};
use plimsoll_tests::prelude::*;
use plimsoll_tests::tokens::token_account;
use solana_address::Address;

/// What SPL Token says when there is too little.
const INSUFFICIENT_FUNDS: u32 = 1;

fn deposit(id: u64, amount: u64) -> RequestParams {
    RequestParams {
        id,
        kind: request_kind::DEPOSIT,
        amount,
        least: 0,
        keeper_fee: 50_000,
    }
}

fn withdrawal(id: u64, amount: u64) -> RequestParams {
    RequestParams {
        kind: request_kind::WITHDRAWAL,
        ..deposit(id, amount)
    }
}

#[test]
fn quote_waits_in_the_vault_and_is_not_the_pools_yet() {
    let mut world = world();
    let before = world.pool();
    let vault = world.token_amount(&world.asset(USDC).vault);
    let told = world
        .bob()
        .requests_deposit_for(500, 490)
        .done()
        .event::<PoolRequested>();
    let request = *world.pool_request(&told.request).expect("it waits");
    let pool = world.pool();
    assert_eq!((pool.cash, pool.shares), (before.cash, before.shares));
    assert_eq!((pool.requested_quote, pool.requested_shares), (500, 0));
    assert_eq!(world.token_amount(&world.asset(USDC).vault), vault + 500);
    assert_eq!((world.tokens("bob", USDC), world.shares("bob")), (0, 0));
    assert_eq!(
        (request.kind, request.amount, request.least),
        (request_kind::DEPOSIT, 500, 490)
    );
    assert_eq!(
        (request.provider, request.payer),
        (key_of("bob"), key_of("bob"))
    );
    assert_eq!(request.quote_account, world.token_key("bob", USDC));
    assert_eq!(request.shares_account, world.shares_key("bob"));
    assert_eq!(told.execute_at, request.execute_at);
    assert_eq!(
        (told.provider, told.kind, told.amount),
        (key_of("bob"), request_kind::DEPOSIT, 500)
    );
}

#[test]
fn shares_that_wait_bear_what_the_pool_wins_and_loses() {
    let mut world = world();
    world.bob().joins_pool(1_000).done();
    let before = world.pool();
    world.bob().requests_withdrawal_for(400, 399).done();
    let pool = world.pool();
    assert_eq!(pool.shares, before.shares, "they are still shares");
    assert_eq!(pool.requested_shares, 400);
    assert_eq!(world.shares("bob"), 600, "but in no wallet");
}

#[test]
fn the_instant_lies_a_cool_down_behind_everything_known() {
    let mut world = world();
    world.advance(5);
    let now = world.now();
    let filed = world.bob().requests_deposit(1).filed();
    assert_eq!(filed.execute_at, now + 60);
    // A price from the future is known too.
    world.publish_at(SOL, 150.0, now + 8);
    world.refresh_slots(&[SOL]).expect("refreshed");
    let filed = world.bob().requests_deposit(1).filed();
    assert_eq!(filed.execute_at, now + 68);
}

#[test]
fn the_keepers_fee_is_held_in_lamports() {
    let mut world = world();
    let params = RequestParams {
        keeper_fee: 70_000,
        ..deposit(5, 1)
    };
    world.fund("bob", USDC, 1);
    let filed = world.bob().requests_with(params).filed();
    let bytes = world
        .chain
        .account(&filed.key)
        .expect("it waits")
        .data
        .len();
    let rent = world.chain.rent(bytes);
    assert_eq!(world.lamports_of(&filed.key), rent + 70_000);
    let stingy = RequestParams {
        keeper_fee: 49_999,
        ..deposit(6, 1)
    };
    world.fund("bob", USDC, 1);
    world
        .bob()
        .requests_with(stingy)
        .refused_with(PlimsollError::KeeperFeeTooSmall);
}

#[test]
fn nothing_is_no_request() {
    let mut world = world();
    for params in [deposit(1, 0), withdrawal(2, 0)] {
        world
            .bob()
            .requests_with(params)
            .refused_with(PlimsollError::ZeroAmount);
    }
}

#[test]
fn there_are_two_kinds() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    let params = RequestParams {
        kind: 2,
        ..deposit(1, 10)
    };
    world
        .bob()
        .requests_with(params)
        .refused_with(PlimsollError::WrongRequest);
}

#[test]
fn nobody_asks_with_more_than_he_has() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.open_shares("bob");
    world
        .bob()
        .requests_with(deposit(1, 11))
        .refused_with_code(INSUFFICIENT_FUNDS, "too little quote");
    world.bob().requests_with(deposit(2, 10)).done();
    world.carol().joins_pool(100).done();
    world
        .carol()
        .requests_with(withdrawal(3, 101))
        .refused_with_code(INSUFFICIENT_FUNDS, "too few shares");
    world.carol().requests_with(withdrawal(4, 100)).done();
}

#[test]
fn several_requests_wait_beside_each_other() {
    let mut world = world();
    world.bob().joins_pool(1_000).done();
    for amount in [100, 200, 300] {
        world.bob().requests_deposit(amount).done();
        world.bob().requests_withdrawal(amount).done();
    }
    let pool = world.pool();
    assert_eq!((pool.requested_quote, pool.requested_shares), (600, 600));
}

/// A world in which Bob has quote and shares, and Mallory too.
fn ready() -> World<BankChain> {
    let mut world = world();
    for name in ["bob", "mallory"] {
        world.actor(name).joins_pool(1_000).done();
        world.fund(name, USDC, 1_000);
    }
    world
}

fn is_refused(world: &mut World<BankChain>, accounts: ax::RequestPool, code: u32) {
    for kind in [request_kind::DEPOSIT, request_kind::WITHDRAWAL] {
        let params = RequestParams {
            kind,
            ..deposit(77, 10)
        };
        let accounts = ax::RequestPool { ..accounts };
        let request = call(accounts, ix::PoolRequest { params });
        world
            .bob()
            .does(&[request])
            .refused_with_code(code, "another's account");
    }
}

#[test]
fn nobody_asks_with_the_tokens_of_another() {
    let mut world = ready();
    let good = || world.pool_request_accounts("bob", 77);
    let quote_account = world.token_key("mallory", USDC);
    let shares_account = world.shares_key("mallory");
    let attacks = [
        ax::RequestPool {
            quote_account,
            ..good()
        },
        ax::RequestPool {
            shares_account,
            ..good()
        },
    ];
    for accounts in attacks {
        is_refused(&mut world, accounts, anchor::TOKEN_OWNER);
    }
    let mut request = call(
        world.pool_request_accounts("bob", 77),
        ix::PoolRequest {
            params: deposit(77, 10),
        },
    );
    request.accounts[0].is_signer = false;
    request.accounts[1].pubkey = key_of("mallory");
    world
        .mallory()
        .does(&[request])
        .refused_with_code(anchor::NOT_SIGNER, "the provider must sign");
}

/// Who could close the account that is paid could take a request back.
#[test]
fn only_accounts_that_anybody_can_open_again_are_paid() {
    let mut world = ready();
    let elsewhere = Address::new_from_array([77; 32]);
    let rent = world.chain.rent(165);
    let mint = world.asset(USDC).mint;
    let account = token_account(&mint, &key_of("bob"), 1_000, rent);
    world.chain.set_account(elsewhere, account);
    let accounts = ax::RequestPool {
        quote_account: elsewhere,
        ..world.pool_request_accounts("bob", 77)
    };
    is_refused(&mut world, accounts, anchor::ASSOCIATED);
}

#[test]
fn pool_bank_vault_and_mints_belong_together() {
    let mut world = ready();
    let other_pool = world.forge_of_another_book(&world.keys.pool.clone(), 0);
    let other_bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let lp_mint = world.forge(&world.keys.lp_mint.clone(), |_| {});
    let sol = world.asset(SOL).clone();
    let wallet = world.token_key("mallory", USDC);
    let good = || world.pool_request_accounts("bob", 77);
    let attacks = [
        (
            ax::RequestPool {
                pool: other_pool,
                ..good()
            },
            anchor::SEEDS,
        ),
        (
            ax::RequestPool { lp_mint, ..good() },
            u32::from(PlimsollError::WrongPool),
        ),
        (
            ax::RequestPool {
                quote_bank: other_bank,
                ..good()
            },
            u32::from(PlimsollError::WrongBank),
        ),
        (
            ax::RequestPool {
                quote_bank: sol.bank,
                ..good()
            },
            u32::from(PlimsollError::WrongBank),
        ),
        (
            ax::RequestPool {
                vault: wallet,
                ..good()
            },
            u32::from(PlimsollError::WrongVault),
        ),
        (
            ax::RequestPool {
                vault: sol.vault,
                ..good()
            },
            u32::from(PlimsollError::WrongVault),
        ),
        (
            ax::RequestPool {
                mint: sol.mint,
                ..good()
            },
            u32::from(PlimsollError::WrongMint),
        ),
    ];
    for (accounts, error) in attacks {
        is_refused(&mut world, accounts, error);
    }
    let good = world.pool_request_accounts("bob", 77);
    assert_eq!(good.token_program, TOKEN_PROGRAM);
}

#[test]
fn a_book_that_is_not_launched_takes_nothing() {
    let mut world = ready();
    // There is no pool before launch, so the flag is taken back by hand.
    let key = world.keys.book;
    let mut book = world.chain.account(&key).expect("the book exists");
    book.data[8 + std::mem::offset_of!(RiskBook, launched)] = 0;
    world.chain.set_account(key, book);
    let code = u32::from(PlimsollError::NotLaunched);
    let accounts = world.pool_request_accounts("bob", 77);
    is_refused(&mut world, accounts, code);
}
