//! `withdraw`.

use super::{anchor, world, world_with};
use plimsoll::state::{AgeLimit, MarginAccount};
use plimsoll_engine::health::Purpose;
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;

#[test]
fn a_balance_becomes_tokens_again() {
    let mut world = world();
    let receipt = world.alice().deposits(sol(5)).withdraws(sol(2)).done();
    assert_eq!(world.held("alice", SOL), 3_000_000_000);
    assert_eq!(world.tokens("alice", SOL), 2_000_000_000);
    assert_eq!(world.bank(SOL).deposits, 3_000_000_000);
    let told = receipt.event::<plimsoll::events::Withdrawn>();
    assert_eq!((told.slot, told.amount), (SOL, 2_000_000_000));
    world.alice().withdraws(sol(3)).done();
    let account = world.account("alice");
    assert!(account
        .balances
        .iter()
        .all(|each| each.amount == 0 && each.slot == USDC));
}

#[test]
fn tokens_go_where_the_owner_says() {
    let mut world = world();
    world.alice().deposits(usdc(5)).done();
    world.fund("bob", USDC, 0);
    let destination = world.token_key("bob", USDC);
    let accounts = ax::Withdraw {
        destination,
        ..world.withdraw_accounts("alice", 0, USDC)
    };
    world
        .alice()
        .does(&[call(
            accounts,
            ix::Withdraw {
                amount: 7,
                borrow: false,
            },
        )])
        .done();
    assert_eq!(world.tokens("bob", USDC), 7);
}

#[test]
fn without_debt_and_position_no_price_is_needed() {
    let mut world = world();
    world.alice().deposits(sol(5)).deposits(usdc(5)).done();
    world.advance(1_000_000);
    world.alice().withdraws(sol(5)).withdraws(usdc(5)).done();
}

#[test]
fn nobody_withdraws_more_than_he_holds() {
    let mut world = world();
    world.bob().deposits(usdc(100)).deposits(sol(100)).done();
    let alice = world.alice().deposits(usdc(1));
    alice
        .withdraws(usdc_atoms(1_000_001))
        .refused_with(PlimsollError::InsufficientBalance);
    world
        .alice()
        .withdraws(sol_atoms(1))
        .refused_with(PlimsollError::InsufficientBalance);
    world
        .alice()
        .withdraws(usdc_atoms(u64::MAX - 1))
        .refused_with(PlimsollError::InsufficientBalance);
    world
        .alice()
        .withdraws(usdc_atoms(0))
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn nothing_is_withdrawn_while_an_order_is_pending() {
    let mut world = world();
    let alice = world.alice().deposits(usdc(1_000)).asks_long(sol(1));
    alice
        .withdraws(usdc_atoms(1))
        .refused_with(PlimsollError::OrderPending);
}

/// The account with `atoms` of quote fewer.
fn less(account: &MarginAccount, atoms: i64) -> MarginAccount {
    let mut changed = *account;
    changed.balances[0].amount -= atoms;
    changed
}

#[test]
fn initial_may_be_met_exactly_and_not_by_a_micro_dollar_less() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(30)).done();
    world.tick();
    let (book, account, now) = (world.book(), world.account("alice"), world.now());
    let surplus = |atoms: i64| {
        let left = less(&account, atoms);
        let view = health(&book, &left, now, AgeLimit::Risk, Purpose::Outflow).initial;
        view.equity.0 - view.requirement.0
    };
    let (mut most, mut too_much) = (0, 1_000_000_000);
    while too_much - most > 1 {
        let middle = (most + too_much) / 2;
        if surplus(middle) >= 0 {
            most = middle;
        } else {
            too_much = middle;
        }
    }
    assert_eq!((surplus(most), surplus(most + 1)), (0, -1));
    let most = most.unsigned_abs();
    world
        .alice()
        .withdraws(usdc_atoms(most + 1))
        .refused_with(PlimsollError::BelowInitial);
    world.alice().withdraws(usdc_atoms(most)).done();
    let key = world.account_key("alice", 0);
    let view = world
        .health_as(&key, AgeLimit::Risk, Purpose::Outflow)
        .initial;
    assert_eq!(view.equity, view.requirement);
    world
        .alice()
        .withdraws(usdc_atoms(1))
        .refused_with(PlimsollError::BelowInitial);
}

#[test]
fn profit_that_is_not_settled_cannot_be_withdrawn() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 160.0);
    let report = world.assess("alice");
    assert!(
        report.initial_equity > report.initial_requirement + usd(200),
        "{report:?}"
    );
    world
        .alice()
        .withdraws(usdc(100))
        .refused_with(PlimsollError::BelowInitial);
    world.settle("alice");
    world.alice().withdraws(usdc(100)).done();
}

#[test]
fn with_a_position_every_price_is_at_most_twenty_seconds_old() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(1_000))
        .deposits(btc(0.01))
        .longs(sol(1))
        .done();
    world.tick();
    world.advance(20);
    world.alice().withdraws(usdc_atoms(1)).done();
    world.advance(1);
    world
        .alice()
        .withdraws(usdc_atoms(1))
        .refused_with(PlimsollError::PriceStale);
    for slot in [USDC, SOL] {
        let report = world.asset(slot).feed.report;
        world.publish(slot, report);
    }
    world.refresh_slots(&[USDC, SOL]).expect("refreshed");
    world
        .alice()
        .withdraws(usdc_atoms(1))
        .refused_with(PlimsollError::PriceStale);
    let report = world.asset(BTC).feed.report;
    world.publish(BTC, report);
    world.refresh_slots(&[BTC]).expect("refreshed");
    world.alice().withdraws(usdc_atoms(1)).done();
}

#[test]
fn results_of_trading_are_quote_whose_price_is_fresh_too() {
    let mut world = world();
    world.alice().deposits(sol(100)).longs(btc(0.01)).done();
    world.tick();
    world.advance(21);
    for slot in [SOL, BTC] {
        let report = world.asset(slot).feed.report;
        world.publish(slot, report);
    }
    world.refresh_slots(&[SOL, BTC]).expect("refreshed");
    assert_eq!(world.held("alice", USDC), 0);
    world
        .alice()
        .withdraws(sol(1))
        .refused_with(PlimsollError::PriceStale);
    world.tick();
    world.alice().withdraws(sol(1)).done();
}

#[test]
fn a_breaker_of_the_token_closes_the_way_out() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(10_000))
        .deposits(sol(10))
        .longs(btc(0.01))
        .done();
    world.price(SOL, Report::at(150.0).ema(136.0));
    world
        .alice()
        .withdraws(sol(1))
        .refused_with(PlimsollError::BreakerActive);
    world.alice().withdraws(usdc(1)).done();
    world.price(SOL, Report::at(150.0).conf(1.6));
    world
        .alice()
        .withdraws(sol(1))
        .refused_with(PlimsollError::BreakerActive);
    world.price(SOL, Report::at(150.0).conf(1.49));
    world.alice().withdraws(sol(1)).done();
}

#[test]
fn only_the_owner_withdraws() {
    let mut world = world();
    world.alice().deposits(usdc(10)).done();
    world.fund("mallory", USDC, 0);
    let account = world.account_key("alice", 0);
    let accounts = ax::Withdraw {
        account,
        ..world.withdraw_accounts("mallory", 0, USDC)
    };
    let withdraw = call(
        accounts,
        ix::Withdraw {
            amount: 1,
            borrow: false,
        },
    );
    world
        .mallory()
        .does(&[withdraw])
        .refused_with(PlimsollError::NotOwner);

    let destination = world.token_key("mallory", USDC);
    let accounts = ax::Withdraw {
        destination,
        ..world.withdraw_accounts("alice", 0, USDC)
    };
    let mut withdraw = call(
        accounts,
        ix::Withdraw {
            amount: 1,
            borrow: false,
        },
    );
    withdraw.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[withdraw])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn bank_vault_and_mint_belong_together() {
    let mut world = world();
    world.alice().deposits(usdc(10)).deposits(sol(10)).done();
    world.bob().deposits(usdc(10)).deposits(sol(10)).done();
    let good = || world.withdraw_accounts("alice", 0, USDC);
    let (quote, sol) = (world.quote().clone(), world.asset(SOL).clone());
    let attacks = [
        (
            ax::Withdraw {
                vault: sol.vault,
                ..good()
            },
            PlimsollError::WrongVault,
        ),
        (
            ax::Withdraw {
                mint: sol.mint,
                ..good()
            },
            PlimsollError::WrongMint,
        ),
        (
            ax::Withdraw {
                bank: sol.bank,
                ..good()
            },
            PlimsollError::WrongVault,
        ),
        (
            ax::Withdraw {
                destination: world.token_key("alice", SOL),
                ..good()
            },
            PlimsollError::WrongMint,
        ),
    ];
    for (accounts, error) in attacks {
        let withdraw = call(
            accounts,
            ix::Withdraw {
                amount: 1,
                borrow: false,
            },
        );
        world.alice().does(&[withdraw]).refused_with(error);
    }
    let to_itself = ax::Withdraw {
        destination: quote.vault,
        ..world.withdraw_accounts("alice", 0, USDC)
    };
    let withdraw = call(
        to_itself,
        ix::Withdraw {
            amount: 1,
            borrow: false,
        },
    );
    world
        .alice()
        .does(&[withdraw])
        .refused_with_code(anchor::DUPLICATE, "vault named twice");
}

#[test]
fn account_and_bank_are_of_the_book() {
    let mut world = world();
    world.alice().deposits(usdc(10)).done();
    let account = world.forge_of_another_book(&world.account_key("alice", 0), 32);
    let accounts = ax::Withdraw {
        account,
        ..world.withdraw_accounts("alice", 0, USDC)
    };
    let withdraw = call(
        accounts,
        ix::Withdraw {
            amount: 1,
            borrow: false,
        },
    );
    world
        .alice()
        .does(&[withdraw])
        .refused_with(PlimsollError::WrongAccountBook);

    let bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let accounts = ax::Withdraw {
        bank,
        ..world.withdraw_accounts("alice", 0, USDC)
    };
    let withdraw = call(
        accounts,
        ix::Withdraw {
            amount: 1,
            borrow: false,
        },
    );
    world
        .alice()
        .does(&[withdraw])
        .refused_with(PlimsollError::WrongBank);
}
