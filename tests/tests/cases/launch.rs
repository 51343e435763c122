//! `launch`.

use super::{anchor, world, world_with};
use plimsoll::constants::{LP_MINT_SEED, POOL_SEED};
use plimsoll::events::Launched;
use plimsoll::instructions::PoolParams;
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::conservation::findings;
use plimsoll_tests::prelude::*;
use plimsoll_tests::world::pda;

/// What the system program says of an account that exists.
const IN_USE: u32 = 0;

/// Listed and not launched, with so much in the insurance fund.
fn listed(insurance: u64) -> World<BankChain> {
    world_with(|spec| (spec.insurance, spec.launch) = (insurance, false))
}

/// The same with what the target asks for.
fn insured() -> World<BankChain> {
    listed(usdc(100_000).atoms)
}

/// The authority launches with accounts of the test's choice.
fn launches(world: &mut World<BankChain>, accounts: ax::Launch) -> Actor<'_, BankChain> {
    let launch = call(
        accounts,
        ix::Launch {
            params: world.spec.pool,
        },
    );
    world.actor("authority").does(&[launch])
}

#[test]
fn launch_opens_the_exchange_and_creates_the_pool() {
    let mut world = insured();
    let accounts = world.launch_accounts();
    let told = launches(&mut world, accounts).done().event::<Launched>();
    assert_eq!(
        (told.exchange, told.pool),
        (world.keys.exchange, world.keys.pool)
    );
    assert!(world.exchange().launched);
    assert_eq!(world.book().launched, 1);
    let pool = world.pool();
    assert_eq!(
        (pool.book, pool.lp_mint),
        (world.keys.book, world.keys.lp_mint)
    );
    assert_eq!((pool.cash, pool.shares, pool.debt_shares), (0, 0, 0));
    assert_eq!((pool.claims, pool.pending_loss), (0, 0));
    assert_eq!(findings(&world), Vec::<String>::new());
}

#[test]
fn who_leaves_the_pool_waits_at_most_twelve_hours() {
    let mut world = insured();
    let params = |cool_down, outflow_window, outflow_ppm| PoolParams {
        cool_down,
        outflow_window,
        outflow_ppm,
    };
    let hour = 3_600;
    let refused = [
        params(59, hour, 250_000),
        params(6 * hour + 1, hour, 250_000),
        params(60, 599, 250_000),
        params(60, 12 * hour + 1, 250_000),
        // Each within its bounds, and together a second too long.
        params(hour + 1, 11 * hour, 250_000),
        params(60, hour, 9_999),
        params(60, hour, 1_000_001),
    ];
    for params in refused {
        let launch = call(world.launch_accounts(), ix::Launch { params });
        world
            .actor("authority")
            .does(&[launch])
            .refused_with(PlimsollError::ParameterOutOfBounds);
    }
    let params = params(hour, 11 * hour, 10_000);
    let launch = call(world.launch_accounts(), ix::Launch { params });
    world.actor("authority").does(&[launch]).done();
    let pool = world.pool();
    assert_eq!((pool.cool_down, pool.outflow_window), (hour, 11 * hour));
    assert_eq!(pool.outflow_share, Fixed::ratio(10_000, 1_000_000).0);
}

#[test]
fn shares_are_minted_by_the_pool_and_frozen_by_nobody() {
    let world = world();
    let mint = world
        .chain
        .account(&world.keys.lp_mint)
        .expect("the mint exists");
    assert_eq!(mint.data[..4], [1, 0, 0, 0], "it has a mint authority");
    assert_eq!(mint.data[4..36], world.keys.pool.to_bytes());
    assert_eq!(mint.data[44], 6);
    assert_eq!(mint.data[46..50], [0; 4], "it has no freeze authority");
}

#[test]
fn the_insurance_target_is_met_to_the_atom() {
    let mut world = listed(usdc(100_000).atoms - 1);
    let accounts = world.launch_accounts();
    launches(&mut world, accounts).refused_with(PlimsollError::InsuranceBelowTarget);
    assert!(world.chain.account(&world.keys.pool).is_none());
    assert!(world.chain.account(&world.keys.lp_mint).is_none());
    world.bob().funds_insurance(1).done();
    let accounts = world.launch_accounts();
    launches(&mut world, accounts).done();
}

#[test]
fn tokens_sent_to_the_vault_are_no_insurance() {
    let mut world = listed(usdc(100_000).atoms - 1);
    let vault = world.asset(USDC).vault;
    let mut account = world.chain.account(&vault).expect("the vault exists");
    account.data[64..72].copy_from_slice(&usdc(200_000).atoms.to_le_bytes());
    world.chain.set_account(vault, account);
    let accounts = world.launch_accounts();
    launches(&mut world, accounts).refused_with(PlimsollError::InsuranceBelowTarget);
}

#[test]
fn an_exchange_is_launched_once() {
    let mut world = world();
    let accounts = world.launch_accounts();
    // The program creates accounts before it looks at anything else.
    launches(&mut world, accounts).refused_with_code(IN_USE, "the pool exists");
}

#[test]
fn only_the_authority_launches() {
    let mut world = insured();
    let accounts = ax::Launch {
        authority: key_of("mallory"),
        ..world.launch_accounts()
    };
    let params = world.spec.pool;
    world
        .mallory()
        .does(&[call(accounts, ix::Launch { params })])
        .refused_with(PlimsollError::NotAuthority);
    let mut unsigned = world.launch_instruction();
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the authority must sign");
}

#[test]
fn the_fund_looked_at_is_the_quote_banks() {
    let mut world = insured();
    let rich = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    for quote_bank in [world.asset(SOL).bank, rich] {
        let accounts = ax::Launch {
            quote_bank,
            ..world.launch_accounts()
        };
        launches(&mut world, accounts).refused_with(PlimsollError::WrongBank);
    }
}

#[test]
fn without_a_quote_token_nothing_is_launched() {
    let mut world = world_with(|spec| {
        spec.asset(USDC).bank = None;
        spec.exchange.insurance_target = 0;
        (spec.insurance, spec.launch) = (0, false);
    });
    let accounts = ax::Launch {
        quote_bank: world.asset(SOL).bank,
        ..world.launch_accounts()
    };
    launches(&mut world, accounts).refused_with(PlimsollError::WrongBank);
}

#[test]
fn exchange_and_book_belong_together() {
    let mut world = insured();
    let exchange = world.forge(&world.keys.exchange.clone(), |_| {});
    let accounts = ax::Launch {
        exchange,
        ..world.launch_accounts()
    };
    launches(&mut world, accounts).refused_with(PlimsollError::WrongBook);

    let book = world.forge(&world.keys.book.clone(), |_| {});
    let pool = pda(&[POOL_SEED, book.as_ref()]);
    let accounts = ax::Launch {
        book,
        pool,
        lp_mint: pda(&[LP_MINT_SEED, pool.as_ref()]),
        ..world.launch_accounts()
    };
    launches(&mut world, accounts).refused_with(PlimsollError::WrongBook);
}

#[test]
fn pool_and_shares_stand_at_their_own_addresses() {
    let mut world = insured();
    let elsewhere = pda(&[b"elsewhere"]);
    let wrong_pool = ax::Launch {
        pool: elsewhere,
        ..world.launch_accounts()
    };
    let wrong_mint = ax::Launch {
        lp_mint: elsewhere,
        ..world.launch_accounts()
    };
    for accounts in [wrong_pool, wrong_mint] {
        launches(&mut world, accounts).refused_with_code(anchor::SEEDS, "another address");
    }
}

#[test]
fn before_launch_nobody_opens_an_account_or_joins_the_pool() {
    let mut world = insured();
    world.tick();
    world
        .alice()
        .opens_account()
        .refused_with(PlimsollError::NotLaunched);
    world
        .alice()
        .joins_pool(usdc(1_000).atoms)
        .refused_with_code(anchor::WRONG_OWNER, "there is no pool");
}

#[test]
fn lamports_sent_ahead_to_its_addresses_stop_no_launch() {
    let mut world = insured();
    let keys = world.keys;
    for key in [keys.pool, keys.lp_mint] {
        world.chain.airdrop(&key, 1_000_000);
    }
    let accounts = world.launch_accounts();
    launches(&mut world, accounts).done();
    assert_eq!(world.pool().lp_mint, keys.lp_mint);
}
