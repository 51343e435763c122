//! `transfer`: quote between two margin accounts of one owner.

use super::{anchor, world, world_with};
use plimsoll::constants::EVERYTHING;
use plimsoll::events::{CallCleared, Transferred};
use plimsoll::state::{AgeLimit, Bank, MarginAccount};
use plimsoll_engine::health::Purpose;
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;
use solana_instruction::Instruction;

/// Alice's second account.
fn second<C: Chain>(world: &World<C>) -> Box<MarginAccount> {
    let key = world.account_key("alice", 1);
    world.margin_account(&key)
}

/// The transfer of a dollar from Alice's account 0 to her account 1, with accounts changed.
fn a_dollar<C: Chain>(
    world: &World<C>,
    change: impl FnOnce(ax::Transfer) -> ax::Transfer,
) -> Instruction {
    let amount = usdc(1).atoms;
    let accounts = change(world.transfer_accounts("alice", 0, 1));
    call(accounts, ix::Transfer { amount })
}

/// Alice has a thousand dollars in her account 0 and an empty account 1.
fn alices_world() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    world.alice().account(1).opens_account().done();
    world
}

#[test]
fn quote_moves_and_no_token_does() {
    let mut world = alices_world();
    let vault = world.token_amount(&world.quote().vault);
    let receipt = world.alice().transfers(usdc(400), 1).done();
    assert_eq!(world.held("alice", USDC), 600_000_000);
    assert_eq!(second(&world).balances[0].amount, 400_000_000);
    assert_eq!(world.bank(USDC).deposits, 1_000_000_000);
    assert_eq!(world.token_amount(&world.quote().vault), vault);
    let told = receipt.event::<Transferred>();
    let keys = [0, 1].map(|id| world.account_key("alice", id));
    assert_eq!((told.from, told.to), (keys[0], keys[1]));
    assert_eq!((told.amount, told.repaid), (400_000_000, 0));
    // And back, all there is.
    let all = usdc_atoms(EVERYTHING);
    world.alice().account(1).transfers(all, 0).done();
    assert_eq!(world.held("alice", USDC), 1_000_000_000);
    let alice = world.alice().account(1).transfers(all, 0);
    alice.refused_with(PlimsollError::ZeroAmount);
}

/// Whatever the two balances are, the accounts and the bank end as by a withdrawal and a deposit of the
/// same tokens, but for the window of outflows.
#[test]
fn it_is_a_withdrawal_and_a_deposit_without_the_tokens() {
    type Setting = fn(&mut World<LiteChain>);
    let settings: [(&str, Setting); 5] = [
        ("from a deposit to nothing", |_| {}),
        ("from a lent deposit", |world| {
            world.alice().lends(USDC).done();
        }),
        ("to a lent deposit", |world| {
            let alice = world.alice().account(1).deposits(usdc(7));
            alice.lends(USDC).done();
        }),
        ("to a loan", |world| {
            let alice = world.alice().account(1).deposits(sol(100));
            alice.borrows(usdc(1_000)).done();
        }),
        ("from a lent deposit to a loan that is less", |world| {
            world.alice().lends(USDC).done();
            let alice = world.alice().account(1).deposits(sol(100));
            alice.borrows(usdc(100)).done();
        }),
    ];
    for (what, set) in settings {
        let mut world = World::new(LiteChain::new());
        world.bob().deposits(usdc(10_000)).lends(USDC).done();
        world
            .carol()
            .deposits(sol(1_000))
            .borrows(usdc(3_000))
            .done();
        world.alice().deposits(usdc(1_000)).done();
        world.alice().account(1).opens_account().done();
        set(&mut world);
        world.advance(1_000_000);
        world.tick();
        let amount = usdc_atoms(345_678_901);
        let mut by_tokens = world.clone();
        by_tokens.alice().withdraws(amount).done();
        by_tokens.alice().account(1).deposits(amount).done();
        world.alice().transfers(amount, 1).done();
        assert_eq!(state(&world), state(&by_tokens), "{what}");
    }
}

/// Both accounts of Alice and the quote bank, without its window.
fn state(world: &World<LiteChain>) -> [Vec<u8>; 3] {
    let account = |id| {
        let key = world.account_key("alice", id);
        bytemuck::bytes_of(&*world.margin_account(&key)).to_vec()
    };
    let bank = Bank {
        outflow_level: 0,
        outflow_time: 0,
        ..*world.bank(USDC)
    };
    [account(0), account(1), bytemuck::bytes_of(&bank).to_vec()]
}

#[test]
fn neither_the_outflow_window_nor_the_deposit_cap_has_a_part_in_it() {
    let mut world = world_with(|spec| spec.bank(USDC).outflow_limit = usdc(10).atoms);
    world.alice().deposits(usdc(1_000)).done();
    let mut bank = world.bank(USDC);
    bank.deposit_cap = usdc(1).atoms;
    let key = world.quote().bank;
    world.write(&key, &*bank);
    let alice = world.alice().withdraws(usdc(11));
    alice.refused_with(PlimsollError::OutflowLimit);
    world.alice().transfers(usdc(1_000), 1).done();
    assert_eq!(world.bank(USDC).outflow_level, 0);
    // Nor does it make room in the window for others.
    world.alice().account(1).withdraws(usdc(10)).done();
    let alice = world.alice().account(1);
    alice.transfers(usdc(500), 0).done();
    let alice = world.alice().withdraws(usdc_atoms(1));
    alice.refused_with(PlimsollError::OutflowLimit);
}

#[test]
fn without_debt_and_position_no_price_is_needed() {
    let mut world = alices_world();
    world.alice().deposits(sol(1)).done();
    world.advance(1_000_000);
    world.alice().transfers(usdc(1_000), 1).done();
}

#[test]
fn initial_may_be_met_exactly_and_not_by_an_atom_less() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(30)).done();
    world.tick();
    let (book, account, now) = (world.book(), world.account("alice"), world.now());
    let surplus = |atoms: u64| {
        let mut left = *account;
        left.balances[0].amount -= i64::try_from(atoms).expect("an amount");
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
    let alice = world.alice().transfers(usdc_atoms(most + 1), 1);
    alice.refused_with(PlimsollError::BelowInitial);
    world.alice().transfers(usdc_atoms(most), 1).done();
    let alice = world.alice().transfers(usdc_atoms(1), 1);
    alice.refused_with(PlimsollError::BelowInitial);
}

/// What an order may do by worsening nothing, a transfer may not.
#[test]
fn who_is_strained_or_has_profit_only_on_paper_moves_nothing() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 149.0);
    assert!(!world.health("alice").initial.is_met());
    let alice = world.alice().transfers(usdc_atoms(1), 1);
    alice.refused_with(PlimsollError::BelowInitial);
    world.price(SOL, 160.0);
    let report = world.assess("alice");
    assert!(report.initial_equity > report.initial_requirement + usd(200));
    let alice = world.alice().transfers(usdc(100), 1);
    alice.refused_with(PlimsollError::BelowInitial);
    world.settle("alice");
    world.alice().transfers(usdc(100), 1).done();
}

#[test]
fn with_a_position_prices_are_at_most_twenty_seconds_old_and_the_quotes_breaker_rests() {
    let mut world = alices_world();
    world.alice().longs(sol(1)).done();
    world.tick();
    world.advance(20);
    world.alice().transfers(usdc(1), 1).done();
    world.advance(1);
    let alice = world.alice().transfers(usdc(1), 1);
    alice.refused_with(PlimsollError::PriceStale);
    world.price(USDC, Report::at(1.0).ema(0.9));
    let alice = world.alice().transfers(usdc(1), 1);
    alice.refused_with(PlimsollError::BreakerActive);
    world.price(USDC, Report::at(1.0));
    world.alice().transfers(usdc(1), 1).done();
    // What the receiving account carries needs no fresh price: it only gains.
    world.alice().account(2).deposits(usdc(100)).done();
    world.advance(1_000);
    world.alice().account(2).transfers(usdc(100), 0).done();
}

#[test]
fn a_loan_of_dollars_is_repaid_first_and_nothing_is_borrowed() {
    let mut world = world();
    world.bob().deposits(usdc(10_000)).lends(USDC).done();
    let alice = world.alice().deposits(sol(100));
    alice.borrows(usdc(1_000)).done();
    world.alice().account(1).deposits(usdc(1_500)).done();
    let alice = world.alice().account(1).transfers(usdc(1_200), 0);
    let told = alice.done().event::<Transferred>();
    // The index has run for a minute: whole shares of a loan are an atom more.
    let owed = 1_000_000_001;
    assert_eq!((told.amount, told.repaid), (1_200_000_000, owed));
    assert_eq!(world.held("alice", USDC) as u64, 1_200_000_000 - owed);
    assert_eq!(world.bank(USDC).debt_shares, 0);
    // More than there is would be a loan, which a transfer never takes.
    let alice = world.alice().transfers(usdc(201), 1);
    alice.refused_with(PlimsollError::InsufficientBalance);
}

#[test]
fn a_lent_deposit_moves_as_far_as_the_bank_has_cash_and_joins_no_loss() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).lends(USDC).done();
    world.bob().deposits(sol(100)).borrows(usdc(590)).done();
    let alice = world.alice().transfers(usdc(500), 1);
    alice.refused_with(PlimsollError::LenderCash);
    world.alice().transfers(usdc(100), 1).done();
    assert!(world.lends("alice", USDC));
    assert_eq!(second(&world).balances[0].lent, 0);
    // Bob's debt has a loss recorded: nothing more is lent, from a transfer neither.
    let mut bob = world.account("bob");
    bob.balances[0].pending_loss = 100;
    let mut bank = world.bank(USDC);
    bank.pending_loss = 100;
    let keys = (world.account_key("bob", 0), world.quote().bank);
    world.write(&keys.0, &*bob);
    world.write(&keys.1, &*bank);
    let alice = world.alice().account(1).transfers(usdc(100), 0);
    alice.refused_with(PlimsollError::LossPending);
}

#[test]
fn it_clears_a_call_of_the_account_that_receives_and_reaches_it_while_an_order_waits() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.alice().account(1).deposits(usdc(1_000)).done();
    world.price(SOL, 144.0);
    world.call_margin("alice");
    assert_ne!(world.account("alice").called_at, 0);
    world.alice().account(1).transfers(usdc(1), 0).done();
    assert_ne!(
        world.account("alice").called_at,
        0,
        "a dollar is too little"
    );
    let alice = world.alice().account(1);
    let receipt = alice.transfers(usdc(500), 0).done();
    receipt.event::<CallCleared>();
    assert_eq!(world.account("alice").called_at, 0);
    world.alice().asks_short(sol(1)).done();
    world.alice().account(1).transfers(usdc(100), 0).done();
    // Out of it nothing goes before the order is done.
    let alice = world.alice().transfers(usdc_atoms(1), 1);
    alice.refused_with(PlimsollError::OrderPending);
}

#[test]
fn nothing_and_more_than_is_held_do_not_move() {
    let mut world = alices_world();
    world.bob().deposits(usdc(100_000)).done();
    let alice = world.alice().transfers(usdc_atoms(0), 1);
    alice.refused_with(PlimsollError::ZeroAmount);
    for atoms in [1_000_000_001, i64::MAX as u64, u64::MAX - 1] {
        let alice = world.alice().transfers(usdc_atoms(atoms), 1);
        alice.refused_with(PlimsollError::InsufficientBalance);
    }
    world.alice().transfers(usdc(1_000), 1).done();
}

#[test]
fn both_accounts_are_the_signers() {
    let mut world = alices_world();
    world.mallory().deposits(usdc(10)).done();
    let hers = world.account_key("alice", 0);
    let his = world.account_key("mallory", 0);
    let mallory = key_of("mallory");
    let attacks = [
        // From hers to his, with her signature, and with his.
        a_dollar(&world, |all| ax::Transfer { to: his, ..all }),
        a_dollar(&world, |all| ax::Transfer {
            owner: mallory,
            from: hers,
            to: his,
            ..all
        }),
        // From hers to her other one: nobody moves it but she.
        a_dollar(&world, |all| ax::Transfer {
            owner: mallory,
            ..all
        }),
        // From his to hers: a deposit is its owner's as well.
        a_dollar(&world, |all| ax::Transfer {
            owner: mallory,
            from: his,
            to: hers,
            ..all
        }),
    ];
    let [to_his, others @ ..] = attacks;
    let alice = world.alice().does(&[to_his]);
    alice.refused_with(PlimsollError::NotOwner);
    for attack in others {
        let mallory = world.mallory().does(&[attack]);
        mallory.refused_with(PlimsollError::NotOwner);
    }
    let mut unsigned = a_dollar(&world, |all| all);
    unsigned.accounts[0].is_signer = false;
    let mallory = world.mallory().does(&[unsigned]);
    mallory.refused_with_code(anchor::NOT_SIGNER, "an unsigned owner");
    // Her delegate orders, and moves nothing.
    world.alice().delegates_to("mallory", usdc(1e6)).done();
    let attack = a_dollar(&world, |all| ax::Transfer {
        owner: key_of("mallory"),
        ..all
    });
    let mallory = world.mallory().does(&[attack]);
    mallory.refused_with(PlimsollError::NotOwner);
}

#[test]
fn an_account_pays_nothing_to_itself() {
    let mut world = alices_world();
    let from = world.account_key("alice", 0);
    let attack = a_dollar(&world, |all| ax::Transfer { to: from, ..all });
    let alice = world.alice().does(&[attack]);
    alice.refused_with(PlimsollError::SelfTransfer);
}

#[test]
fn accounts_and_bank_are_of_the_book_and_the_bank_is_the_quotes() {
    let mut world = alices_world();
    let (from, to) = (world.account_key("alice", 0), world.account_key("alice", 1));
    let elsewhere = world.forge_of_another_book(&from, 32);
    let attack = a_dollar(&world, |all| ax::Transfer {
        from: elsewhere,
        ..all
    });
    let alice = world.alice().does(&[attack]);
    alice.refused_with(PlimsollError::WrongAccountBook);
    let elsewhere = world.forge_of_another_book(&to, 32);
    let attack = a_dollar(&world, |all| ax::Transfer {
        to: elsewhere,
        ..all
    });
    let alice = world.alice().does(&[attack]);
    alice.refused_with(PlimsollError::WrongAccountBook);
    let (quote, sol) = (world.quote().bank, world.asset(SOL).bank);
    let forged = world.forge_of_another_book(&quote, 0);
    for quote_bank in [sol, forged] {
        let attack = a_dollar(&world, |all| ax::Transfer { quote_bank, ..all });
        let alice = world.alice().does(&[attack]);
        alice.refused_with(PlimsollError::WrongBank);
    }
}
