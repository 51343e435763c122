//! `assess`.

use super::{anchor, world};
use plimsoll::instructions::{HEALTH_REPORT_VERSION, NO_SCENARIO};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::portfolio::Binding;
use plimsoll_tests::prelude::*;

/// Alice has 1,000 dollars and is long 50 SOL.
fn leveraged() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world
}

/// What the program says of Alice is what the engine says, to the micro-dollar.
fn agrees_with_the_engine(world: &mut World<BankChain>) {
    let (report, health, book) = (world.assess("alice"), world.health("alice"), world.book());
    assert_eq!(
        (report.initial_equity, report.initial_requirement),
        (health.initial.equity.0, health.initial.requirement.0)
    );
    assert_eq!(
        (report.maintenance_equity, report.maintenance_requirement),
        (
            health.maintenance.equity.0,
            health.maintenance.requirement.0
        )
    );
    assert_eq!(
        (report.gross_initial, report.gross_maintenance),
        (health.gross.initial, health.gross.maintenance)
    );
    assert_eq!(
        (report.binding_initial, report.binding_maintenance),
        (
            health.binding_initial.code(),
            health.binding_maintenance.code()
        )
    );
    let level = |fraction| health.level_ceil(Fixed(fraction)).expect("small").0;
    assert_eq!(report.call_level, level(book.call_level));
    assert_eq!(report.target_level, level(book.target_level));
    let state = health.state(Fixed(book.call_level)).expect("small");
    assert_eq!(report.state, state.code());
    assert_eq!(
        (report.oldest_age, report.oldest_slot),
        (health.oldest_age, health.oldest_slot)
    );
}

#[test]
fn the_program_and_the_engine_agree_in_every_state() {
    let mut world = leveraged();
    for (price, state) in [(150.0, 0), (146.0, 1), (144.0, 2), (140.0, 3), (128.0, 4)] {
        world.price(SOL, price);
        assert_eq!(world.assess("alice").state, state, "at {price} dollars");
        agrees_with_the_engine(&mut world);
    }
}

#[test]
fn they_agree_on_many_balances_and_positions() {
    let mut world = leveraged();
    world
        .alice()
        .deposits(btc(0.1))
        .deposits(eth(1.5))
        .shorts(btc(0.2))
        .longs(eth(2))
        .done();
    world.sync();
    agrees_with_the_engine(&mut world);
    world.prices(&[
        (SOL, Report::at(152.0).conf(1.0).ema(149.0)),
        (USDC, Report::at(0.998)),
    ]);
    agrees_with_the_engine(&mut world);
    world.advance(91);
    agrees_with_the_engine(&mut world);
    world.advance(86_400);
    agrees_with_the_engine(&mut world);
}

#[test]
fn an_empty_account_is_healthy() {
    let mut world = world();
    world.alice().opens_account().done();
    let report = world.assess("alice");
    assert_eq!((report.version, report.state), (HEALTH_REPORT_VERSION, 0));
    assert_eq!((report.model, report.worst_scenario), (0, NO_SCENARIO));
    assert_eq!(report.binding_maintenance, Binding::Gross.code());
    assert_eq!(report.profile, Fixed::ONE.0);
    assert_eq!((report.initial_equity, report.initial_requirement), (0, 0));
    assert_eq!((report.oldest_age, report.pending_requirement), (0, 0));
    agrees_with_the_engine(&mut world);
}

#[test]
fn the_oldest_price_is_named() {
    let mut world = leveraged();
    world.alice().deposits(btc(0.1)).done();
    world.tick();
    world.advance(30);
    for slot in [USDC, SOL] {
        world.publish(slot, if slot == SOL { 150.0 } else { 1.0 });
        world.refresh_slots(&[slot]).expect("refreshed");
    }
    world.advance(7);
    let report = world.assess("alice");
    assert_eq!((report.oldest_slot, report.oldest_age), (BTC, 37));
}

#[test]
fn it_reads_with_the_wider_age_limit() {
    let mut world = leveraged();
    world.tick();
    let fresh = world.assess("alice");
    world.advance(90);
    assert_eq!(world.assess("alice").initial_equity, fresh.initial_equity);
    world.advance(1);
    let stale = world.assess("alice");
    assert!(stale.initial_equity < fresh.initial_equity);
    assert_eq!(stale.maintenance_equity, fresh.maintenance_equity);
}

#[test]
fn what_stands_against_the_account_is_told() {
    let mut world = leveraged();
    world.price(SOL, 140.0);
    let report = world.assess("alice");
    assert_eq!(
        (report.called_at, report.liquidatable_since),
        (0, 0),
        "nobody recorded it"
    );
    world.call_margin("alice");
    let (report, now) = (world.assess("alice"), world.now());
    assert_eq!((report.called_at, report.liquidatable_since), (now, now));

    world.bob().deposits(usdc(1_000)).asks_long(sol(10)).done();
    let report = world.assess("bob");
    // 12.6% of 1,400 dollars, and less on quote.
    assert_eq!(
        report.pending_requirement,
        world.account("bob").pending_requirement
    );
    assert!((usdc(170).atoms..usdc(177).atoms).contains(&report.pending_requirement));
}

#[test]
fn nothing_changes_and_nobody_signs() {
    let mut world = leveraged();
    let before = world.snapshot();
    let account = world.account_key("alice", 0);
    let assess = call(world.assess_accounts(account), ix::Assess {});
    assert!(assess
        .accounts
        .iter()
        .all(|each| !each.is_signer && !each.is_writable));
    let receipt = world.send(&[assess], &[]).expect("assessed");
    assert!(receipt.return_data.len() <= 512);
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
}

#[test]
fn the_account_is_of_the_book() {
    let mut world = leveraged();
    let account = world.account_key("alice", 0);
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let foreign = world.forge_of_another_book(&account, 32);
    let good = || world.assess_accounts(account);
    for accounts in [
        ax::Assess { book, ..good() },
        ax::Assess {
            account: foreign,
            ..good()
        },
    ] {
        let assess = call(accounts, ix::Assess {});
        world
            .mallory()
            .does(&[assess])
            .refused_with(PlimsollError::WrongAccountBook);
    }
    let swapped = ax::Assess {
        book: account,
        account: world.keys.book,
    };
    let assess = call(swapped, ix::Assess {});
    world
        .mallory()
        .does(&[assess])
        .refused_with_code(anchor::WRONG_TYPE, "an account is no book");
}
