//! `settle`.

use super::{anchor, world, world_with};
use plimsoll::events::Settled;
use plimsoll_tests::prelude::*;
use solana_address::Address;
use solana_instruction::AccountMeta;

/// Shares of an atom at the start of an index.
const SHARES: u64 = 1_024;
const YEAR: i64 = 365 * 24 * 3600;

/// Alice has so many dollars and is long 50 SOL.
fn long(dollars: u32) -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(dollars)).longs(sol(50)).done();
    world
}

/// Somebody settles Alice with markets of the test's choice.
fn settles(world: &mut World<BankChain>, markets: Vec<AccountMeta>) -> Actor<'_, BankChain> {
    let account = world.account_key("alice", 0);
    let settle = call_with(world.settle_accounts(account), ix::Settle {}, markets);
    world.mallory().does(&[settle])
}

#[test]
fn a_profit_becomes_quote_and_the_position_stays() {
    let mut world = long(2_000);
    world.price(SOL, 160.0);
    let (before, pool, bank) = (world.position("alice", SOL), world.pool(), world.bank(USDC));
    let told = world.settle("alice").event::<Settled>();
    // The value is rounded down.
    let profit = 7_999_999_999 - before.cost + before.unsettled;
    assert!(profit > 480_000_000, "{profit}");
    assert_eq!(told.account, world.account_key("alice", 0));
    assert_eq!(
        (told.to_account, told.claim_left, told.debt_shares),
        (profit, 0, 0)
    );
    assert_eq!(world.held("alice", USDC), 2_000_000_000 + profit);
    assert_eq!(world.pool().cash, pool.cash - profit.unsigned_abs());
    assert_eq!(
        world.bank(USDC).deposits,
        bank.deposits + profit.unsigned_abs()
    );
    let after = world.position("alice", SOL);
    assert_eq!(
        (after.base, after.cost, after.unsettled),
        (before.base, 7_999_999_999, 0)
    );
    assert_eq!(after.fees_paid, before.fees_paid);
}

#[test]
fn a_loss_is_paid_from_the_deposit() {
    let mut world = long(2_000);
    world.price(SOL, 145.0);
    let (before, pool) = (world.position("alice", SOL), world.pool());
    let told = world.settle("alice").event::<Settled>();
    let loss = 7_249_999_999 - before.cost + before.unsettled;
    assert!(loss < -250_000_000, "{loss}");
    assert_eq!((told.to_account, told.debt_shares), (loss, 0));
    assert_eq!(world.held("alice", USDC), 2_000_000_000 + loss);
    assert_eq!(world.pool().cash, pool.cash + loss.unsigned_abs());
}

#[test]
fn health_does_not_notice() {
    for price in [130.0, 145.0, 160.0] {
        let mut world = long(2_000);
        world.price(SOL, price);
        let before = world.health("alice");
        world.settle("alice");
        let after = world.health("alice");
        let moved = after.maintenance.equity.0 - before.maintenance.equity.0;
        assert!(moved.abs() <= 1, "at {price} dollars by {moved}");
        assert_eq!(
            after.maintenance.requirement,
            before.maintenance.requirement
        );
        assert!(after.initial.equity.0 >= before.initial.equity.0 - 1);
    }
}

#[test]
fn settling_twice_settles_once() {
    let mut world = long(2_000);
    world.price(SOL, 160.0);
    world.settle("alice");
    let before = world.snapshot();
    let told = world.settle("alice").event::<Settled>();
    assert_eq!((told.to_account, told.claim_left), (0, 0));
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
}

#[test]
fn what_the_deposit_cannot_pay_is_a_debt_to_the_pool() {
    let mut world = long(1_000);
    world.price(SOL, 120.0);
    let before = world.position("alice", SOL);
    let told = world.settle("alice").event::<Settled>();
    let loss = (6_000_000_000 - before.cost + before.unsettled).unsigned_abs();
    assert_eq!(told.to_account, -1_000_000_000);
    assert_eq!(world.held("alice", USDC), 0);
    // The index is a few seconds of interest above its start.
    let owed = told.debt_shares;
    assert!(
        (loss - 1_000_000_000).abs_diff(owed / SHARES) < 100,
        "{owed} of {loss}"
    );
    assert_eq!(world.account("alice").pool_debt_shares, told.debt_shares);
    assert_eq!(world.pool().debt_shares, told.debt_shares);
}

#[test]
fn a_debt_bears_interest_and_is_paid_from_a_deposit() {
    let mut world = long(1_000);
    world.price(SOL, 120.0);
    world.settle("alice");
    let owed = world.account("alice").pool_debt_shares;
    world.advance(YEAR);
    world.tick();
    world.alice().deposits(usdc(100)).done();
    world.settle("alice");
    let left = world.account("alice").pool_debt_shares;
    let paid = (owed - left) as f64 / SHARES as f64 / 1e6;
    assert!(
        (paid * 1.08 - 100.0).abs() < 0.001,
        "{paid} dollars of the first day were paid with 100"
    );
    world.alice().deposits(usdc(1_000)).done();
    world.settle("alice");
    assert_eq!(
        (
            world.account("alice").pool_debt_shares,
            world.pool().debt_shares
        ),
        (0, 0)
    );
    let rest = 1_000.0 - left as f64 / SHARES as f64 / 1e6 * 1.08;
    let held = world.held("alice", USDC) as f64 / 1e6;
    assert!((held - rest).abs() < 0.001, "{held}, expected {rest}");
}

#[test]
fn a_profit_cancels_a_debt_first() {
    let mut world = long(1_000);
    world.price(SOL, 120.0);
    let owed = world.settle("alice").event::<Settled>().debt_shares;
    world.price(SOL, 125.0);
    let told = world.settle("alice").event::<Settled>();
    // 250 dollars won.
    assert_eq!(told.to_account, 0);
    assert!(((owed - told.debt_shares) / SHARES).abs_diff(250_000_000) < 100);
    world.price(SOL, 135.0);
    let told = world.settle("alice").event::<Settled>();
    assert_eq!((told.debt_shares, world.pool().debt_shares), (0, 0));
    let rest = 750_000_000 - i64::try_from(owed / SHARES).expect("small");
    assert!((told.to_account - rest).abs() < 1_000, "{told:?}");
}

#[test]
fn what_the_pool_cannot_pay_stays_a_claim() {
    let mut world = world_with(|spec| spec.pool_deposit = usdc(1_000).atoms);
    world.bear_any_stress();
    world.bob().deposits(usdc(5_000)).shorts(sol(20)).done();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.price(SOL, 180.0);
    let cash = world.pool().cash;
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(told.to_account.unsigned_abs(), cash);
    assert!(
        (told.claim_left - 490_000_000).abs() < 10_000_000,
        "{told:?}"
    );
    assert_eq!(
        (world.pool().cash, world.account("alice").credit),
        (0, told.claim_left)
    );
    // Bob's losses are the pool's cash again, and then Alice's.
    world.settle("bob");
    let again = world.settle("alice").event::<Settled>();
    assert_eq!((again.to_account, again.claim_left), (told.claim_left, 0));
    assert_eq!(world.account("alice").credit, 0);
}

#[test]
fn deposits_of_others_pay_no_claim() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    world.bear_any_stress();
    world.carol().deposits(usdc(100_000)).done();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.price(SOL, 180.0);
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(told.to_account, 0);
    assert!(told.claim_left > usd(1_400));
    assert_eq!(world.held("carol", USDC), 100_000_000_000);
}

#[test]
fn anyone_settles_also_while_an_order_is_pending() {
    let mut world = long(2_000);
    world.price(SOL, 160.0);
    world.alice().asks_long(sol(1)).done();
    world.mallory().settles("alice").done();
    assert!(world.held("alice", USDC) > 2_480_000_000);
    assert_ne!(world.account("alice").pending_order, Address::default());
}

#[test]
fn an_account_without_anything_settles_to_nothing() {
    let mut world = world();
    world.alice().opens_account().done();
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(
        (told.to_account, told.claim_left, told.debt_shares),
        (0, 0, 0)
    );
}

#[test]
fn a_closed_position_needs_no_price_and_leaves_its_place() {
    let mut world = long(2_000);
    world.alice().shorts(sol(50)).done();
    assert!(
        !world.account("alice").positions[0].is_free(),
        "its result waits"
    );
    world.advance(100_000);
    world.settle("alice");
    assert!(world.account("alice").positions[0].is_free());
    assert!(world.held("alice", USDC) < 2_000_000_000, "fees and spread");
}

#[test]
fn an_open_position_is_settled_at_a_price_of_twenty_seconds() {
    let mut world = long(2_000);
    world.tick();
    let cost = world.position("alice", SOL).cost;
    for age in [21, 90] {
        let now = world.now();
        world.advance(age);
        world.mallory().settles("alice").done();
        assert_eq!(
            world.position("alice", SOL).cost,
            cost,
            "it waits for a price"
        );
        world.chain.set_clock(now);
    }
    world.advance(20);
    world.mallory().settles("alice").done();
    assert_eq!(world.position("alice", SOL).cost, 7_499_999_999);
}

/// Alice's position stays as it is, but what is realised is settled.
fn only_what_is_realised_is_settled(world: &mut World<BankChain>) {
    let (before, held) = (world.position("alice", SOL), world.held("alice", USDC));
    assert!(before.unsettled < 0, "her fee");
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(told.to_account, before.unsettled);
    assert_eq!(world.held("alice", USDC), held + before.unsettled);
    let after = world.position("alice", SOL);
    assert_eq!(
        (after.base, after.cost, after.unsettled),
        (before.base, before.cost, 0)
    );
}

#[test]
fn at_a_price_that_no_longer_counts_a_position_stays_as_it_is() {
    for seconds in [91, 86_400, 1_000_000] {
        let mut world = long(2_000);
        world.price(SOL, 160.0);
        world.advance(seconds);
        only_what_is_realised_is_settled(&mut world);
    }
}

#[test]
fn at_a_price_twice_as_wide_as_its_maximum_a_position_stays_as_it_is() {
    let mut world = long(2_000);
    world.price(SOL, Report::at(160.0).conf(3.21));
    only_what_is_realised_is_settled(&mut world);
    world.price(SOL, Report::at(160.0).conf(3.19));
    world.settle("alice");
    assert_eq!(world.position("alice", SOL).cost, 7_999_999_999);
}

#[test]
fn every_market_of_a_position_is_given_once_and_in_order() {
    let mut world = long(2_000);
    world.alice().shorts(btc(0.01)).done();
    world.tick();
    let all = world.all_markets(true);
    let (sol, btc, eth) = (all[0].clone(), all[1].clone(), all[2].clone());
    let foreign = world.forge_of_another_book(&sol.pubkey, 0);
    let wrong = [
        vec![],
        vec![sol.clone()],
        vec![btc.clone()],
        vec![btc.clone(), sol.clone()],
        vec![sol.clone(), sol.clone()],
        vec![sol.clone(), btc.clone(), eth],
        vec![sol.clone(), btc.clone(), btc.clone()],
        vec![meta(foreign, true), btc.clone()],
    ];
    for markets in wrong {
        settles(&mut world, markets).refused_with(PlimsollError::WrongMarkets);
    }
    let bank = meta(world.asset(SOL).bank, true);
    settles(&mut world, vec![bank, btc.clone()])
        .refused_with_code(anchor::WRONG_TYPE, "a bank is no market");
    let not_mutable = anchor_lang::error::ErrorCode::AccountNotMutable as u32;
    let read_only = world.all_markets(false)[..2].to_vec();
    settles(&mut world, read_only).refused_with_code(not_mutable, "the markets are written");
    settles(&mut world, vec![sol, btc]).done();
}

#[test]
fn account_bank_and_pool_are_of_the_book() {
    let mut world = long(2_000);
    world.tick();
    let account = world.account_key("alice", 0);
    let foreign = world.forge_of_another_book(&account, 32);
    let bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let pool = world.forge_of_another_book(&world.keys.pool.clone(), 0);
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let good = || world.settle_accounts(account);
    let attacks = [
        (
            ax::Settle {
                account: foreign,
                ..good()
            },
            PlimsollError::WrongAccountBook,
        ),
        (
            ax::Settle { book, ..good() },
            PlimsollError::WrongAccountBook,
        ),
        (
            ax::Settle {
                quote_bank: bank,
                ..good()
            },
            PlimsollError::WrongBank,
        ),
        (
            ax::Settle {
                quote_bank: world.asset(SOL).bank,
                ..good()
            },
            PlimsollError::WrongBank,
        ),
        (ax::Settle { pool, ..good() }, PlimsollError::WrongPool),
    ];
    for (accounts, error) in attacks {
        let settle = call_with(accounts, ix::Settle {}, world.markets_of(&account));
        world.mallory().does(&[settle]).refused_with(error);
    }
}
