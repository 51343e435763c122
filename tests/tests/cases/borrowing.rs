//! Borrowing by `withdraw`, repaying by `deposit` and by `settle`: one balance, a deposit or a debt.

use super::{world, world_with};
use plimsoll::constants::EVERYTHING;
use plimsoll::events::{Deposited, Settled, Withdrawn};
use plimsoll::state::{AgeLimit, MarginAccount};
use plimsoll_engine::health::Purpose;
use plimsoll_engine::index::Index;
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;

const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 24 * HOUR;
/// Shares of an atom before any interest.
const SHARES: i64 = 1_024;

/// The same before any interest: nobody has waited for a deposit into the pool.
fn no_time_has_passed() -> World<BankChain> {
    lenders(|spec| spec.pool_deposit = 0)
}

/// Bob lends a million dollars, 1,000 SOL and 10 bitcoin; Alice has 100,000 dollars' worth of ether.
fn lenders(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = world_with(change);
    let bob = world
        .bob()
        .deposits(usdc(1e6))
        .deposits(sol(1_000))
        .deposits(btc(10));
    bob.lends(USDC).lends(SOL).lends(BTC).done();
    world.alice().deposits(eth(25)).done();
    world
}

/// Withdraws without a sync in the same transaction.
fn takes<'w>(
    world: &'w mut World<BankChain>,
    name: &str,
    amount: Amount,
    borrow: bool,
) -> Actor<'w, BankChain> {
    world.fund_up_to(name, amount.slot, 0);
    let args = ix::Withdraw {
        amount: amount.atoms,
        borrow,
    };
    let withdraw = call(world.withdraw_accounts(name, 0, amount.slot), args);
    world.actor(name).does(&[withdraw])
}

fn names(failure: &Failure, left: u64, right: u64) {
    for line in [format!("Left: {left}"), format!("Right: {right}")] {
        let named = failure.logs.iter().any(|log| log.ends_with(&line));
        assert!(named, "{line:?} not in {:#?}", failure.logs);
    }
}

#[test]
fn nothing_is_borrowed_unless_the_owner_says_so() {
    let mut world = lenders(|_| {});
    world.alice().deposits(sol(4)).done();
    let refused = world.alice().withdraws(sol(10));
    let refused = refused.refused_with(PlimsollError::InsufficientBalance);
    names(&refused, 10_000_000_000, 4_000_000_000);
    // Nor from a deposit that is lent.
    world.alice().lends(SOL).done();
    let refused = world.alice().withdraws(sol(10));
    let refused = refused.refused_with(PlimsollError::InsufficientBalance);
    names(&refused, 10_000_000_000, 4_000_000_000);
}

#[test]
fn what_the_deposit_does_not_cover_is_borrowed() {
    for lent in [false, true] {
        let mut world = no_time_has_passed();
        world.alice().deposits(sol(4)).done();
        if lent {
            world.alice().lends(SOL).done();
        }
        let told = world.alice().borrows(sol(10)).done().event::<Withdrawn>();
        assert_eq!(
            (told.amount, told.borrowed),
            (10_000_000_000, 6_000_000_000)
        );
        assert_eq!(world.tokens("alice", SOL), 10_000_000_000);
        assert_eq!(world.held("alice", SOL), -6_000_000_000 * SHARES);
        assert_eq!(world.atoms("alice", SOL), -6_000_000_000);
        assert!(!world.lends("alice", SOL));
        let bank = world.bank(SOL);
        assert_eq!((bank.deposits, bank.lent_cash), (0, 994_000_000_000));
        // Who says so and has enough borrows nothing.
        world.alice().deposits(btc(1)).done();
        let told = world.alice().borrows(btc(1)).done().event::<Withdrawn>();
        assert_eq!(told.borrowed, 0);
    }
}

#[test]
fn a_second_loan_adds_to_the_first() {
    let mut world = no_time_has_passed();
    world.alice().borrows(sol(10)).borrows(sol(20)).done();
    assert_eq!(world.atoms("alice", SOL), -30_000_000_000);
    let places = world.account("alice").balances;
    assert_eq!(places.iter().filter(|each| each.amount < 0).count(), 1);
}

#[test]
fn a_debt_counts_at_the_price_above_its_confidence_and_needs_margin() {
    let mut world = lenders(|spec| spec.asset(ETH).conf_ppm = 0);
    world.price(SOL, Report::at(150.0).conf(0.3).ema(148.0));
    let before = world.assess("alice");
    world.alice().borrows(sol(100)).done();
    let after = world.assess("alice");
    // 100 SOL at 150.30 dollars in both views; rates for shorts: 10.01% and 14.41%.
    let debt = usd(15_030);
    assert!((before.maintenance_equity - after.maintenance_equity - debt).abs() <= 1);
    assert!((before.initial_equity - after.initial_equity - debt).abs() <= 1);
    let needs = after.maintenance_requirement - before.maintenance_requirement;
    assert!((needs - usd(1_501.5)).abs() <= 2, "{needs}");
    let needs = after.initial_requirement - before.initial_requirement;
    assert!((needs - usd(2_161.5)).abs() <= 2, "{needs}");
    // A mean above the price counts initially.
    world.price(SOL, Report::at(150.0).conf(0.3).ema(152.0));
    let dear = world.assess("alice");
    // A second of interest has passed.
    assert!((dear.maintenance_equity - after.maintenance_equity).abs() < 100);
    assert!((after.initial_equity - dear.initial_equity - usd(170)).abs() < 100);
}

#[test]
fn a_debt_grows_with_every_second_in_health() {
    let mut world = lenders(|_| {});
    world.alice().borrows(sol(100)).done();
    world.advance(YEAR);
    world.tick();
    // Nobody synced: health carries the debt on by itself.
    let owed = world.atoms("alice", SOL);
    assert!((owed + 108_000_000_000).abs() < 20_000, "{owed}");
    assert_eq!(world.assess("alice"), world.report("alice"));
}

#[test]
fn initial_margin_is_met_to_the_micro_dollar() {
    let mut world = lenders(|spec| spec.frictionless());
    world.tick();
    world.keeper().syncs_banks().done();
    let (book, account, now) = (world.book(), world.account("alice"), world.now());
    let index = Index(book.assets[0].borrow_index);
    let surplus = |atoms: u64| {
        let mut after: MarginAccount = *account;
        let shares = index.shares_ceil(atoms).unwrap();
        after.balances[0].amount = -i64::try_from(shares).unwrap();
        let view = health(&book, &after, now, AgeLimit::Risk, Purpose::Outflow).initial;
        view.equity.0 - view.requirement.0
    };
    let (mut most, mut too_much) = (0, 200_000_000_000);
    while too_much - most > 1 {
        let middle = (most + too_much) / 2;
        if surplus(middle) >= 0 {
            most = middle;
        } else {
            too_much = middle;
        }
    }
    // An atom of dollars is a micro-dollar, and a little margin for it.
    assert!((0..=1).contains(&surplus(most)) && surplus(most + 1) < 0);
    let refused = world.alice().borrows(usdc_atoms(most + 1));
    refused.refused_with(PlimsollError::BelowInitial);
    world.alice().borrows(usdc_atoms(most)).done();
    assert_eq!(world.tokens("alice", USDC), most);
    world
        .alice()
        .borrows(usdc_atoms(2))
        .refused_with(PlimsollError::BelowInitial);
}

#[test]
fn the_borrow_cap_holds_to_the_atom() {
    let mut world = lenders(|spec| spec.bank(SOL).borrow_cap = 10_000_000_000);
    let refused = world.alice().borrows(sol_atoms(10_000_000_001));
    names(
        &refused.refused_with(PlimsollError::BorrowCap),
        10_000_000_000,
        10_000_000_001,
    );
    world.alice().borrows(sol(10)).done();
    world
        .alice()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::BorrowCap);
    // Caps bind loans only.
    world.alice().deposits(sol(1)).done();
    world.alice().borrows(sol(1)).done();
}

#[test]
fn sixty_percent_of_lent_dollars_are_borrowed_at_most() {
    let mut world = no_time_has_passed();
    world.alice().deposits(btc(100)).done();
    world
        .alice()
        .borrows(usdc_atoms(600_000_000_001))
        .refused_with(PlimsollError::UtilisationCap);
    world.alice().borrows(usdc_atoms(599_999_999_999)).done();
    world
        .alice()
        .borrows(usdc_atoms(2))
        .refused_with(PlimsollError::UtilisationCap);
}

#[test]
fn eighty_five_percent_of_other_tokens_are_borrowed_at_most() {
    let mut world = no_time_has_passed();
    world.alice().deposits(usdc(1e6)).done();
    world
        .alice()
        .borrows(sol_atoms(850_000_000_001))
        .refused_with(PlimsollError::UtilisationCap);
    world.alice().borrows(sol_atoms(849_999_999_999)).done();
    // Lenders who leave may bring it above; then nothing more is borrowed.
    world.bob().withdraws(sol(10)).done();
    world
        .alice()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::UtilisationCap);
}

#[test]
fn a_loan_is_no_more_than_the_lenders_have_in_the_vault() {
    let mut world = lenders(|_| {});
    world.alice().deposits(usdc(1e6)).done();
    world
        .alice()
        .borrows(sol_atoms(1_000_000_000_001))
        .refused_with(PlimsollError::LenderCash);
}

/// Deposits that nobody lends lie in the same vault.
#[test]
fn deposits_that_are_not_lent_are_never_borrowed() {
    let mut world = world();
    world.bob().deposits(sol(1_000)).deposits(btc(10)).done();
    world.alice().deposits(usdc(100_000)).done();
    world
        .alice()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::LenderCash);
    // Whatever is lent and borrowed beside them, they can leave in full.
    world.carol().deposits(sol(10)).lends(SOL).done();
    world.alice().borrows(sol(8)).done();
    world
        .alice()
        .borrows(sol(3))
        .refused_with(PlimsollError::LenderCash);
    world.carol().withdraws(sol(2)).done();
    world.bob().withdraws(sol(1_000)).done();
    assert_eq!(world.token_amount(&world.asset(SOL).vault), 0);
}

#[test]
fn what_the_pool_and_insurance_have_is_never_borrowed() {
    let mut world = world();
    world.alice().deposits(btc(10)).longs(sol(100)).done();
    world.sync();
    let bank = world.bank(USDC);
    assert!(bank.insurance > 0 && bank.protocol_fees > 0 && world.pool().cash > 0);
    world.bob().deposits(usdc(1_000)).done();
    world
        .alice()
        .borrows(usdc_atoms(1))
        .refused_with(PlimsollError::LenderCash);
}

#[test]
fn who_borrows_does_so_within_ten_seconds_of_a_sync() {
    let mut world = lenders(|_| {});
    world.tick();
    world.keeper().syncs_banks().done();
    world.advance(10);
    takes(&mut world, "alice", sol(1), true).done();
    world.advance(1);
    let refused = takes(&mut world, "alice", sol(1), true);
    names(&refused.refused_with(PlimsollError::BankNotSynced), 10, 11);
    // Who has a deposit needs none.
    world.carol().deposits(sol(1)).done();
    takes(&mut world, "carol", sol(1), true).done();
}

#[test]
fn an_isolated_account_borrows_nothing() {
    let mut world = lenders(|_| {});
    let carol = world
        .carol()
        .uses(ModelKind::Isolated)
        .deposits(usdc(1_000));
    carol
        .borrows(usdc(1_001))
        .refused_with(PlimsollError::IsolatedBorrow);
    world
        .carol()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::IsolatedHoldings);
    world.carol().borrows(usdc(1_000)).done();
}

#[test]
fn an_account_with_a_debt_cannot_be_isolated() {
    let mut world = world();
    world.bob().deposits(usdc(1e6)).lends(USDC).done();
    world.alice().deposits(btc(1)).borrows(usdc(100)).done();
    world
        .alice()
        .uses(ModelKind::Isolated)
        .refused_with(PlimsollError::IsolatedHoldings);
}

#[test]
fn a_breaker_of_the_token_stops_loans() {
    let mut world = lenders(|_| {});
    world.price(SOL, Report::at(150.0).ema(136.0));
    world
        .alice()
        .borrows(sol(1))
        .refused_with(PlimsollError::BreakerActive);
    world.alice().borrows(btc(0.01)).done();
    world.price(SOL, Report::at(150.0).ema(137.0));
    world.alice().borrows(sol(1)).done();
}

#[test]
fn nothing_is_borrowed_while_an_order_is_pending() {
    let mut world = lenders(|_| {});
    world.tick();
    let alice = world.alice().asks_long(sol(1));
    alice
        .borrows(sol(1))
        .refused_with(PlimsollError::OrderPending);
}

#[test]
fn what_leaves_a_bank_is_limited_and_the_limit_drains_in_six_hours() {
    let mut world = lenders(|spec| spec.bank(SOL).outflow_limit = 100_000_000_000);
    world.alice().borrows(sol(70)).done();
    // Deposits that leave count as well.
    world.carol().deposits(sol(30)).done();
    // Her 30 gave room for 30.
    world.carol().withdraws(sol(30)).done();
    let refused = world.alice().borrows(sol_atoms(30_000_000_001));
    names(
        &refused.refused_with(PlimsollError::OutflowLimit),
        100_000_000_000,
        100_000_000_001,
    );
    world.alice().borrows(sol(30)).done();
    world
        .bob()
        .withdraws(sol_atoms(1))
        .refused_with(PlimsollError::OutflowLimit);
    // A sixth is free after an hour.
    world.advance(HOUR);
    world.tick();
    world.bob().withdraws(sol_atoms(16_000_000_000)).done();
    world
        .bob()
        .withdraws(sol(1))
        .refused_with(PlimsollError::OutflowLimit);
    // What comes in gives room at once, repayments too.
    world.alice().deposits(sol(20)).done();
    world.bob().withdraws(sol(20)).done();
    world.advance(6 * HOUR);
    world.tick();
    world.bob().withdraws(sol(100)).done();
    world
        .bob()
        .withdraws(sol_atoms(1))
        .refused_with(PlimsollError::OutflowLimit);
}

#[test]
fn a_deposit_repays_first_and_the_rest_is_not_lent() {
    let mut world = lenders(|_| {});
    world.alice().borrows(sol(10)).done();
    let told = world.alice().deposits(sol(4)).done().event::<Deposited>();
    assert_eq!((told.amount, told.repaid), (4_000_000_000, 4_000_000_000));
    let left = -world.atoms("alice", SOL);
    assert!((6_000_000_000..=6_000_000_100).contains(&left), "{left}");
    let told = world.alice().deposits(sol(10)).done().event::<Deposited>();
    assert_eq!(told.amount, 10_000_000_000);
    assert_eq!(told.repaid, left.unsigned_abs());
    assert_eq!(world.held("alice", SOL), 10_000_000_000 - left);
    assert!(!world.lends("alice", SOL));
    let bank = world.bank(SOL);
    assert_eq!(
        (bank.debt_shares, bank.deposits),
        (0, 10_000_000_000 - left.unsigned_abs())
    );
}

#[test]
fn a_repayment_is_stopped_by_no_cap_no_sync_and_no_price() {
    let mut world = lenders(|spec| spec.bank(SOL).deposit_cap = 1_000_000_000_000);
    world.alice().borrows(sol(10)).done();
    world.advance(YEAR);
    // The bank is above its cap by the interest, was not synced and has no price of this year.
    let told = world.alice().deposits(sol(9)).done().event::<Deposited>();
    assert_eq!(told.repaid, 9_000_000_000);
    let owed = world.atoms("alice", SOL).unsigned_abs();
    let refused = world.alice().deposits(sol_atoms(owed + 1));
    refused.refused_with(PlimsollError::DepositCap);
    world.alice().deposits(sol_atoms(owed)).done();
    assert_eq!(world.held("alice", SOL), 0);
    assert_eq!(world.bank(SOL).debt_shares, 0);
}

#[test]
fn an_account_without_debts_is_free_again() {
    let mut world = lenders(|_| {});
    world.alice().borrows(sol(10)).done();
    world.advance(21);
    world
        .alice()
        .withdraws(eth(1))
        .refused_with(PlimsollError::PriceStale);
    world.alice().deposits(sol(11)).withdraws(eth(25)).done();
}

#[test]
fn everything_is_an_amount_too() {
    let mut world = lenders(|_| {});
    world.carol().deposits(sol_atoms(1_234_567)).done();
    world.carol().withdraws(sol_atoms(EVERYTHING)).done();
    assert_eq!(world.tokens("carol", SOL), 1_234_567);
    // Of a lent deposit with its interest, and no share stays behind.
    world.carol().deposits(sol(5)).lends(SOL).done();
    world.alice().borrows(sol(500)).done();
    world.advance(YEAR);
    world.tick();
    world.carol().borrows(sol_atoms(EVERYTHING)).done();
    // 5 and 5/1,005 of nine tenths of 40 SOL.
    let got = world.tokens("carol", SOL);
    assert!(got.abs_diff(5_179_104_478) < 1_000, "{got}");
    assert_eq!(world.held("carol", SOL), 0);
    world.carol().closes_account().done();
    // Of a debt nothing is everything.
    world
        .alice()
        .borrows(sol_atoms(EVERYTHING))
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn an_account_closes_when_nothing_is_lent_and_nothing_owed() {
    let mut world = lenders(|_| {});
    world.carol().deposits(btc(1)).borrows(usdc(10)).done();
    world.carol().deposits(sol(2)).lends(SOL).done();
    world.advance(YEAR);
    world.tick();
    let close = |world: &mut World<BankChain>| {
        let refused = world.carol().closes_account();
        refused.refused_with(PlimsollError::AccountNotEmpty);
    };
    close(&mut world);
    world
        .carol()
        .deposits(usdc(11))
        .withdraws(usdc_atoms(EVERYTHING))
        .done();
    close(&mut world);
    world.carol().withdraws(btc(1)).done();
    close(&mut world);
    world.carol().withdraws(sol_atoms(EVERYTHING)).done();
    let key = world.account_key("carol", 0);
    let (rent, before) = (world.lamports_of(&key), world.lamports("carol"));
    world.carol().closes_account().done();
    assert!(world.chain.account(&key).is_none());
    assert_eq!(world.lamports("carol"), before + rent);
}

#[test]
fn when_all_have_left_the_ledgers_are_empty_but_for_insurance() {
    let mut world = lenders(|_| {});
    world.alice().borrows(sol(100)).borrows(usdc(10_000)).done();
    world.carol().deposits(btc(1)).borrows(sol(3)).done();
    world.advance(YEAR);
    world.tick();
    for name in ["alice", "carol"] {
        world
            .actor(name)
            .deposits(sol(200))
            .deposits(usdc(20_000))
            .done();
    }
    for name in ["alice", "bob", "carol"] {
        for slot in [USDC, SOL, BTC, ETH] {
            let all = Amount {
                slot,
                atoms: EVERYTHING,
            };
            if world.held(name, slot) != 0 {
                world.actor(name).withdraws(all).done();
            }
        }
        world.actor(name).closes_account().done();
    }
    let insurance = world.bank(SOL).insurance;
    world.keeper().syncs_banks().done();
    for slot in [USDC, SOL, BTC, ETH] {
        let bank = world.bank(slot);
        let ledgers = (bank.deposits, bank.lent_shares, bank.debt_shares);
        assert_eq!(ledgers, (0, 0, 0));
        assert_eq!(bank.reserve, 0);
        assert!(bank.lent_cash <= 4, "{} atoms of rounding", bank.lent_cash);
    }
    // A tenth of 8% of 103 SOL.
    let earned = world.bank(SOL).insurance - insurance;
    assert!(earned.abs_diff(824_000_000) < 10_000, "{earned}");
}

#[test]
fn a_claim_that_is_paid_repays_a_loan_of_dollars_first() {
    let mut world = lenders(|_| {});
    world.alice().borrows(usdc(10_000)).longs(sol(100)).done();
    world.price(SOL, 160.0);
    let (owed, bank, pool) = (world.atoms("alice", USDC), world.bank(USDC), world.pool());
    let told = world.settle("alice").event::<Settled>();
    assert!(told.to_account > 900_000_000, "{told:?}");
    let moved = world.atoms("alice", USDC) - owed;
    assert!(
        (0..=1).contains(&(told.to_account - moved)),
        "{moved} of {told:?}"
    );
    let after = world.bank(USDC);
    let paid = told.to_account.unsigned_abs();
    assert_eq!(after.lent_cash, bank.lent_cash + paid);
    assert_eq!(after.deposits, bank.deposits);
    assert_eq!(world.pool().cash, pool.cash - paid);
    assert!(after.debt_shares < bank.debt_shares);

    // What is left of a claim is a deposit.
    world.alice().deposits(usdc(9_000)).done();
    assert!(world.held("alice", USDC) < 0);
    world.price(SOL, 175.0);
    world.settle("alice");
    let held = world.held("alice", USDC);
    assert!(held > 0 && !world.lends("alice", USDC));
    assert_eq!(world.bank(USDC).deposits, held.unsigned_abs());
}

#[test]
fn a_claim_that_is_paid_to_a_lent_deposit_is_lent() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(2_000))
        .lends(USDC)
        .longs(sol(50))
        .done();
    world.price(SOL, 160.0);
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(world.atoms("alice", USDC), 2_000_000_000 + told.to_account);
    assert!(world.lends("alice", USDC));
    assert_eq!(world.bank(USDC).deposits, 0);
}

#[test]
fn a_loss_is_paid_from_a_lent_deposit_as_far_as_the_bank_has_cash() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(2_000))
        .lends(USDC)
        .longs(sol(50))
        .done();
    // Sixty per cent of what is lent.
    world.bob().deposits(sol(40)).borrows(usdc(1_199)).done();
    world.price(SOL, 130.0);
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(told.to_account, -801_000_000);
    assert_eq!(world.bank(USDC).lent_cash, 0);
    assert!(told.debt_shares > 190_000_000 * SHARES.unsigned_abs());
    assert!(world.lends("alice", USDC));
    // The rest once somebody has repaid.
    world.bob().deposits(usdc(1_199)).done();
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(
        (told.debt_shares, world.account("alice").pool_debt_shares),
        (0, 0)
    );
}

#[test]
fn a_loss_on_top_of_a_loan_of_dollars_is_a_debt_to_the_pool() {
    let mut world = lenders(|_| {});
    world.alice().borrows(usdc(10_000)).longs(sol(100)).done();
    world.price(SOL, 140.0);
    let owed = world.held("alice", USDC);
    let told = world.settle("alice").event::<Settled>();
    assert_eq!(told.to_account, 0);
    assert!(told.debt_shares > 0);
    assert_eq!(
        world.held("alice", USDC),
        owed,
        "the lenders lend nothing for it"
    );
}

#[test]
fn a_called_account_that_repays_is_called_no_more() {
    let mut world = lenders(|_| {});
    world.alice().borrows(sol(500)).done();
    world.price(SOL, 166.0);
    world.call_margin("alice");
    assert_ne!(
        world.account("alice").called_at,
        0,
        "{:?}",
        world.assess("alice")
    );
    world.alice().deposits(sol(200)).done();
    assert_eq!(world.account("alice").called_at, 0);
}
