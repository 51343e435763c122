//! `pool_deposit`: shares, slippage, and whose markets. What a share is worth is in `pool_value`.

use super::{anchor, world, world_with};
use plimsoll::events::PoolDeposited;
use plimsoll::state::RiskBook;
use plimsoll_engine::pool::{DEAD_SHARES, FIRST_DEPOSIT};
use plimsoll_tests::prelude::*;
use solana_instruction::AccountMeta;

/// What SPL Token says when there is too little.
const INSUFFICIENT_FUNDS: u32 = 1;

/// Launched, and nobody is in the pool.
fn empty() -> World<BankChain> {
    world_with(|spec| spec.pool_deposit = 0)
}

#[test]
fn the_first_deposit_leaves_dead_shares_behind() {
    let mut world = empty();
    let told = world
        .bob()
        .joins_pool(FIRST_DEPOSIT)
        .done()
        .event::<PoolDeposited>();
    let minted = FIRST_DEPOSIT - DEAD_SHARES;
    assert_eq!((told.pool, told.provider), (world.keys.pool, key_of("bob")));
    assert_eq!(
        (told.amount, told.shares, told.net_asset_value),
        (FIRST_DEPOSIT, minted, 0)
    );
    let pool = world.pool();
    assert_eq!((pool.cash, pool.shares), (FIRST_DEPOSIT, FIRST_DEPOSIT));
    assert_eq!(
        (world.shares("bob"), world.share_supply()),
        (minted, minted)
    );
    assert_eq!(world.tokens("bob", USDC), 0);
}

#[test]
fn the_first_deposit_is_a_thousand_dollars_to_the_atom() {
    let mut world = empty();
    for amount in [1, DEAD_SHARES, FIRST_DEPOSIT - 1] {
        world
            .bob()
            .joins_pool(amount)
            .refused_with(PlimsollError::DepositTooSmall);
    }
    world.bob().joins_pool(FIRST_DEPOSIT).done();
    // From now on any amount that buys a share.
    world.bob().joins_pool(1).done();
}

#[test]
fn without_trades_a_share_stays_what_was_paid_for_it() {
    let mut world = world();
    world.bob().joins_pool(usdc(77).atoms).done();
    world.carol().joins_pool(1).done();
    assert_eq!(
        (world.shares("bob"), world.shares("carol")),
        (77_000_000, 1)
    );
}

#[test]
fn nothing_is_no_deposit() {
    for mut world in [world(), empty()] {
        world
            .bob()
            .joins_pool(0)
            .refused_with(PlimsollError::ZeroAmount);
    }
}

#[test]
fn the_least_number_of_shares_is_kept_to_the_share() {
    let mut world = world();
    world
        .bob()
        .joins_pool_for(1_000, 1_001)
        .refused_with(PlimsollError::Slippage);
    world.bob().joins_pool_for(1_000, 1_000).done();
    let mut world = empty();
    world
        .bob()
        .joins_pool_for(FIRST_DEPOSIT, FIRST_DEPOSIT - DEAD_SHARES + 1)
        .refused_with(PlimsollError::Slippage);
    world
        .bob()
        .joins_pool_for(FIRST_DEPOSIT, FIRST_DEPOSIT - DEAD_SHARES)
        .done();
}

#[test]
fn nobody_pays_more_than_he_has() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.open_shares("bob");
    let join = joins(&world, world.all_markets(false), 11);
    world
        .bob()
        .does(&[join])
        .refused_with_code(INSUFFICIENT_FUNDS, "too little");
}

/// Bob joins with markets of the test's choice.
fn joins(
    world: &World<BankChain>,
    markets: Vec<AccountMeta>,
    amount: u64,
) -> solana_instruction::Instruction {
    let args = ix::PoolDeposit {
        amount,
        least_shares: 0,
    };
    call_with(world.pool_deposit_accounts("bob"), args, markets)
}

#[test]
fn every_market_is_given_once_and_in_order() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.open_shares("bob");
    let all = world.all_markets(false);
    let (sol, btc, eth) = (all[0].clone(), all[1].clone(), all[2].clone());
    let foreign = world.forge_of_another_book(&sol.pubkey, 0);
    let wrong = [
        vec![],
        vec![sol.clone(), btc.clone()],
        vec![btc.clone(), eth.clone()],
        vec![sol.clone(), eth.clone(), btc.clone()],
        vec![sol.clone(), sol.clone(), eth.clone()],
        vec![sol.clone(), btc.clone(), eth.clone(), eth.clone()],
        vec![sol.clone(), btc.clone(), eth.clone(), sol.clone()],
        vec![meta(foreign, false), btc.clone(), eth.clone()],
    ];
    for markets in wrong {
        let join = joins(&world, markets, 1);
        world
            .bob()
            .does(&[join])
            .refused_with(PlimsollError::WrongMarkets);
    }
    let bank = meta(world.asset(SOL).bank, false);
    let join = joins(&world, vec![bank, btc, eth], 1);
    world
        .bob()
        .does(&[join])
        .refused_with_code(anchor::WRONG_TYPE, "a bank is no market");
    let wallet = meta(key_of("bob"), false);
    let join = joins(&world, vec![wallet; 3], 1);
    world
        .bob()
        .does(&[join])
        .refused_with_code(anchor::WRONG_OWNER, "a wallet is no market");
}

#[test]
fn the_shares_go_where_the_provider_says() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.open_shares("carol");
    let accounts = ax::PoolDeposit {
        shares: world.shares_key("carol"),
        ..world.pool_deposit_accounts("bob")
    };
    let args = ix::PoolDeposit {
        amount: 10,
        least_shares: 10,
    };
    let markets = world.all_markets(false);
    world
        .bob()
        .does(&[call_with(accounts, args, markets)])
        .done();
    assert_eq!(world.shares("carol"), 10);
}

#[test]
fn nobody_pays_with_the_tokens_of_another() {
    let mut world = world();
    world.fund("alice", USDC, 10);
    world.open_shares("mallory");
    let args = || ix::PoolDeposit {
        amount: 1,
        least_shares: 0,
    };
    let accounts = ax::PoolDeposit {
        source: world.token_key("alice", USDC),
        ..world.pool_deposit_accounts("mallory")
    };
    let mut join = call_with(accounts, args(), world.all_markets(false));
    world
        .mallory()
        .does(&[join.clone()])
        .refused_with(PlimsollError::WrongTokenOwner);
    join.accounts[0] = meta(key_of("alice"), false);
    world
        .mallory()
        .does(&[join])
        .refused_with_code(anchor::NOT_SIGNER, "the provider must sign");
}

/// A world in which Bob could join.
fn ready() -> World<BankChain> {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.fund("bob", SOL, 10);
    world.fund("mallory", USDC, 10);
    world.open_shares("bob");
    world
}

fn is_refused(world: &mut World<BankChain>, accounts: ax::PoolDeposit, error: PlimsollError) {
    let args = ix::PoolDeposit {
        amount: 1,
        least_shares: 0,
    };
    let join = call_with(accounts, args, world.all_markets(false));
    world.bob().does(&[join]).refused_with(error);
}

#[test]
fn pool_and_shares_belong_together() {
    let mut world = ready();
    let pool = world.forge_of_another_book(&world.keys.pool.clone(), 0);
    let lp_mint = world.forge(&world.keys.lp_mint.clone(), |_| {});
    let shares = world.token_key("mallory", USDC);
    let good = || world.pool_deposit_accounts("bob");
    let attacks = [
        (ax::PoolDeposit { pool, ..good() }, PlimsollError::WrongPool),
        (
            ax::PoolDeposit { lp_mint, ..good() },
            PlimsollError::WrongPool,
        ),
        (
            ax::PoolDeposit { shares, ..good() },
            PlimsollError::WrongMint,
        ),
    ];
    for (accounts, error) in attacks {
        is_refused(&mut world, accounts, error);
    }
}

#[test]
fn bank_vault_and_mint_belong_together() {
    let mut world = ready();
    let foreign = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let sol = world.asset(SOL).clone();
    let (quote_bank, vault, mint) = (sol.bank, sol.vault, sol.mint);
    let wallet = world.token_key("mallory", USDC);
    let source = world.token_key("bob", SOL);
    let good = || world.pool_deposit_accounts("bob");
    let of_another_book = ax::PoolDeposit {
        quote_bank: foreign,
        ..good()
    };
    let to_a_wallet = ax::PoolDeposit {
        vault: wallet,
        ..good()
    };
    let attacks = [
        (of_another_book, PlimsollError::WrongBank),
        (
            ax::PoolDeposit {
                quote_bank,
                ..good()
            },
            PlimsollError::WrongBank,
        ),
        (to_a_wallet, PlimsollError::WrongVault),
        (
            ax::PoolDeposit { vault, ..good() },
            PlimsollError::WrongVault,
        ),
        (ax::PoolDeposit { mint, ..good() }, PlimsollError::WrongMint),
        (
            ax::PoolDeposit { source, ..good() },
            PlimsollError::WrongMint,
        ),
    ];
    for (accounts, error) in attacks {
        is_refused(&mut world, accounts, error);
    }
}

#[test]
fn a_book_that_is_not_launched_takes_nothing() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.open_shares("bob");
    // There is no pool before launch, so the flag is taken back by hand.
    let key = world.keys.book;
    let mut book = world.chain.account(&key).expect("the book exists");
    book.data[8 + std::mem::offset_of!(RiskBook, launched)] = 0;
    world.chain.set_account(key, book);
    let join = joins(&world, world.all_markets(false), 1);
    world
        .bob()
        .does(&[join])
        .refused_with(PlimsollError::NotLaunched);
}
