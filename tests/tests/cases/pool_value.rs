//! `pool_execute`: what a share is worth, and that nobody can make it worth something else.

use super::{world, world_with};
use anchor_spl::token::ID as TOKEN_PROGRAM;
use plimsoll::events::PoolExecuted;
use plimsoll_engine::pool::{DEAD_SHARES, FIRST_DEPOSIT};
use plimsoll_tests::prelude::*;
use solana_instruction::{AccountMeta, Instruction};

/// A pool of a million, so that traders' results can be seen in it, and no funding, which would follow the
/// clock.
fn small_pool() -> World<BankChain> {
    world_with(|spec| {
        spec.pool_deposit = usdc(1_000_000).atoms;
        spec.market(SOL).daily_funding_ppm = 0;
    })
}

/// Alice is long and Bob short, both with enough behind them.
fn traded(long: Amount, short: Amount) -> World<BankChain> {
    let mut world = small_pool();
    world.alice().deposits(usdc(50_000)).done();
    world.bob().deposits(usdc(50_000)).done();
    if long.atoms > 0 {
        world.alice().longs(long).done();
    }
    if short.atoms > 0 {
        world.bob().shorts(short).done();
    }
    world.tick();
    world
}

/// The pool's value in dollars by the book of rules, SOL's skew valued at `end`.
fn value(world: &World<BankChain>, spot: f64, end: f64) -> f64 {
    let (pool, market) = (world.pool(), world.market(SOL));
    let dollars = |atoms: i64| atoms as f64 / 1e6;
    let tokens = |atoms: u64| atoms as f64 / 1e9;
    let skew = tokens(market.long_base) - tokens(market.short_base);
    let unrealised = skew * end - dollars(market.long_cost) - dollars(market.short_cost);
    let fees = dollars(market.accrued_insurance) + dollars(market.accrued_protocol);
    let potential = spot * skew * skew / (2.0 * tokens(market.scale));
    let liability = dollars(market.claims) + unrealised + fees + potential;
    pool.cash as f64 / 1e6 - dollars(pool.claims) - liability
}

/// Carol joins; value and shares must be what they should be.
fn carol_joins_at(world: &mut World<BankChain>, spot: f64, end: f64) -> PoolExecuted {
    let (expected, shares) = (value(world, spot, end), world.pool().shares);
    let amount = usdc(12_345).atoms;
    let told = world.carol().joins_pool(amount).pool_executed();
    let difference = told.net_asset_value as f64 / 1e6 - expected;
    assert!(difference.abs() < 5e-6, "{told:?}, expected {expected}");
    let exact = u128::from(amount) * u128::from(shares)
        / u128::try_from(told.net_asset_value).expect("positive");
    assert_eq!(u128::from(told.shares), exact);
    assert_eq!(world.pool().shares, shares + told.shares);
    told
}

#[test]
fn against_net_longs_the_lower_end_of_the_band_counts() {
    let mut world = traded(sol(300), sol(100));
    // 4 bps of confidence.
    carol_joins_at(&mut world, 150.0, 150.0 * 0.9996);
}

#[test]
fn against_net_shorts_the_upper_end_of_the_band_counts() {
    let mut world = traded(sol(100), sol(300));
    carol_joins_at(&mut world, 150.0, 150.0 * 1.0004);
}

#[test]
fn an_average_far_from_the_price_is_an_end_of_the_band_too() {
    let mut world = traded(sol(300), sol(0));
    world.price(SOL, Report::at(150.0).ema(145.0));
    carol_joins_at(&mut world, 150.0, 145.0);
    let mut world = traded(sol(0), sol(300));
    world.price(SOL, Report::at(150.0).ema(155.0));
    carol_joins_at(&mut world, 150.0, 155.0);
}

#[test]
fn open_interest_of_equal_sides_is_worth_the_same_at_every_price() {
    let mut world = traded(sol(100), sol(100));
    let first = carol_joins_at(&mut world, 150.0, 150.0).net_asset_value;
    let cash = i64::try_from(usdc(12_345).atoms).expect("small");
    world.price(SOL, 190.0);
    let second = carol_joins_at(&mut world, 190.0, 190.0).net_asset_value;
    assert_eq!(second, first + cash);
}

#[test]
fn what_traders_win_the_pool_loses_and_the_reverse() {
    let mut at_160 = traded(sol(300), sol(100));
    at_160.price(SOL, 160.0);
    let dear = carol_joins_at(&mut at_160, 160.0, 160.0 * 0.9996);
    let mut at_140 = traded(sol(300), sol(100));
    at_140.price(SOL, 140.0);
    let cheap = carol_joins_at(&mut at_140, 140.0, 140.0 * 0.9996);
    assert!(dear.net_asset_value < cheap.net_asset_value - 3_990_000_000);
    assert!(dear.shares > cheap.shares);
}

#[test]
fn settlement_changes_nothing_but_who_holds_the_cash() {
    let mut world = traded(sol(300), sol(100));
    world.price(SOL, 160.0);
    let before = value(&world, 160.0, 160.0 * 0.9996);
    world.settle("alice");
    world.settle("bob");
    world.sync();
    let after = value(&world, 160.0, 160.0 * 0.9996);
    assert!((before - after).abs() < 5e-6, "{before} {after}");
    carol_joins_at(&mut world, 160.0, 160.0 * 0.9996);
}

#[test]
fn funding_that_traders_owe_is_the_pools() {
    let mut world = world_with(|spec| spec.pool_deposit = usdc(1_000_000).atoms);
    world
        .alice()
        .deposits(usdc(500_000))
        .longs(sol(1_000))
        .done();
    world.bob().deposits(usdc(500_000)).shorts(sol(300)).done();
    world.sync();
    world.advance(30 * 86_400);
    world.tick();
    let price = world.asset(SOL).feed.report.price as f64 / 1e8;
    let without = value(&world, price, price * 0.9996);
    let told = world.carol().joins_pool(usdc(12_345).atoms).pool_executed();
    let index = world.book().assets[usize::from(SOL)].funding(world.now());
    let due = |name: &str| {
        let position = world.position(name, SOL).position();
        position.due_ceil(&index).unwrap().0 as f64 / 1e6
    };
    let owed = due("alice") + due("bob");
    assert!(due("alice") > 4_000.0 && due("bob") < -1_000.0, "{owed}");
    let difference = told.net_asset_value as f64 / 1e6 - without - owed;
    assert!(difference.abs() < 5e-6, "{told:?}, {without} and {owed}");
}

#[test]
fn debts_of_accounts_are_the_pools_with_interest() {
    let mut world = small_pool();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 120.0);
    world.settle("alice");
    // A thousandth of an atom each.
    let owed = world.pool().debt_shares as f64 / 1_024e6;
    assert!(
        (owed - 500.0).abs() < 10.0,
        "1,500 lost, 1,000 paid: {owed}"
    );
    // Carol waits for the last minute of it.
    world.advance(73 * 24 * 3600 - 60);
    world.tick();
    // A fifth of a year at 8%.
    let expected = value(&world, 120.0, 120.0 * 0.9996) + owed * 1.016;
    let told = world.carol().joins_pool(usdc(1).atoms).pool_executed();
    let difference = told.net_asset_value as f64 / 1e6 - expected;
    assert!(difference.abs() < 2e-4, "{told:?}, expected {expected}");
}

#[test]
fn a_pool_that_owes_more_than_it_has_takes_no_money() {
    let mut world = world_with(|spec| spec.pool_deposit = FIRST_DEPOSIT);
    world.bear_any_stress();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.price(SOL, 175.0);
    world
        .carol()
        .joins_pool(usdc(1_000_000).atoms)
        .pool_refused_with(PlimsollError::PoolInsolvent);
    world.price(SOL, 160.0);
    world.carol().joins_pool(usdc(1_000).atoms).done();
    assert!(
        world.shares("carol") > usdc(1_900).atoms,
        "half of it was lost"
    );
}

#[test]
fn a_pool_whose_shares_could_not_be_counted_takes_no_money() {
    let mut world = world();
    let (mut pool, mut bank) = (world.pool(), world.bank(USDC));
    // All but an atom of it is lost; who has it is of no matter here.
    bank.protocol_fees += pool.cash - 1;
    pool.cash = 1;
    let (pool_key, bank_key) = (world.keys.pool, world.asset(USDC).bank);
    world.write(&pool_key, &*pool);
    world.write(&bank_key, &*bank);
    // Each atom buys as many as there are. The first of these has a number, but not beside those of others.
    let most = u64::MAX / pool.shares;
    for amount in [most, most + 1] {
        world
            .carol()
            .joins_pool(amount)
            .pool_refused_with(PlimsollError::PoolInsolvent);
        assert_eq!(world.tokens("carol", USDC), amount, "it went back");
    }
    world.carol().joins_pool(most - 1).pool_executed();
}

#[test]
fn not_even_the_first_money() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    world.bear_any_stress();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.price(SOL, 151.0);
    world
        .carol()
        .joins_pool(FIRST_DEPOSIT)
        .pool_refused_with(PlimsollError::PoolInsolvent);
    world.price(SOL, 149.0);
    world.carol().joins_pool(FIRST_DEPOSIT).done();
}

#[test]
fn less_than_a_share_is_no_deposit() {
    let mut world = world_with(|spec| spec.pool_deposit = FIRST_DEPOSIT);
    world.bear_any_stress();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.price(SOL, 140.0);
    // A share is worth a dollar and a half.
    world
        .carol()
        .joins_pool(1)
        .pool_refused_with(PlimsollError::DepositTooSmall);
    world.carol().joins_pool(2).done();
    assert_eq!(world.shares("carol"), 1);
}

/// Tokens from a wallet straight into the vault of the quote token.
fn donates(world: &mut World<BankChain>, name: &str, atoms: u64) {
    world.fund(name, USDC, atoms);
    world.checks.conservation = false;
    let mut data = vec![3];
    data.extend(atoms.to_le_bytes());
    let transfer = Instruction {
        program_id: TOKEN_PROGRAM,
        accounts: vec![
            AccountMeta::new(world.token_key(name, USDC), false),
            AccountMeta::new(world.asset(USDC).vault, false),
            AccountMeta::new_readonly(key_of(name), true),
        ],
        data,
    };
    world.actor(name).does(&[transfer]).done();
}

#[test]
fn a_gift_to_the_vault_changes_no_share() {
    let mut world = world();
    donates(&mut world, "mallory", usdc(1_000_000).atoms);
    let told = world.carol().joins_pool(usdc(1_000).atoms).pool_executed();
    assert_eq!(told.net_asset_value.unsigned_abs(), usdc(10_000_000).atoms);
    assert_eq!(told.shares, usdc(1_000).atoms);
}

#[test]
fn the_first_depositor_cannot_inflate_a_share() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    donates(&mut world, "mallory", usdc(500).atoms);
    world.mallory().joins_pool(FIRST_DEPOSIT).done();
    assert_eq!(world.shares("mallory"), FIRST_DEPOSIT - DEAD_SHARES);
    donates(&mut world, "mallory", usdc(1_000_000).atoms);
    world.carol().joins_pool(1).done();
    world.carol().joins_pool(usdc(999).atoms).done();
    assert_eq!(world.shares("carol"), usdc(999).atoms + 1);
}
