//! `set_lending`.

use super::{anchor, world, world_with};
use plimsoll::constants::EVERYTHING;
use plimsoll::events::LendingSet;
use plimsoll_engine::index::Index;
use plimsoll_tests::prelude::*;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// Shares of an atom before any interest.
const SHARES: i64 = 1_024;

/// Somebody sets lending without a sync in the same transaction.
fn sets<'w>(
    world: &'w mut World<BankChain>,
    name: &str,
    slot: u8,
    lend: bool,
) -> Actor<'w, BankChain> {
    let set = call(
        world.set_lending_accounts(name, 0, slot),
        ix::SetLending { lend },
    );
    world.actor(name).does(&[set])
}

/// Bob lends 1,000 SOL, of which Carol has borrowed half.
fn half_borrowed() -> World<BankChain> {
    let mut world = world();
    world.bob().deposits(sol(1_000)).lends(SOL).done();
    world
        .carol()
        .deposits(usdc(1_000_000))
        .borrows(sol(500))
        .done();
    world
}

#[test]
fn lending_moves_a_deposit_to_the_lenders_ledger_and_back() {
    let mut world = world();
    let told = world.alice().deposits(sol(5)).lends(SOL).done();
    let told = told.event::<LendingSet>();
    assert_eq!(
        (told.slot, told.lent, told.amount),
        (SOL, true, 5_000_000_000)
    );
    let bank = world.bank(SOL);
    assert_eq!((bank.deposits, bank.lent_cash), (0, 5_000_000_000));
    assert_eq!(world.held("alice", SOL), 5_000_000_000 * SHARES);
    assert_eq!(world.atoms("alice", SOL), 5_000_000_000);
    assert!(world.lends("alice", SOL));

    let told = world.alice().stops_lending(SOL).done();
    let told = told.event::<LendingSet>();
    assert_eq!((told.lent, told.amount), (false, 5_000_000_000));
    let bank = world.bank(SOL);
    assert_eq!(
        (bank.deposits, bank.lent_cash, bank.lent_shares),
        (5_000_000_000, 0, 0)
    );
    assert_eq!(world.held("alice", SOL), 5_000_000_000);
    assert!(!world.lends("alice", SOL));
}

#[test]
fn what_is_added_to_a_lent_deposit_is_lent() {
    let mut world = world();
    world
        .alice()
        .deposits(sol(5))
        .lends(SOL)
        .deposits(sol(2))
        .done();
    let bank = world.bank(SOL);
    assert_eq!((bank.deposits, bank.lent_cash), (0, 7_000_000_000));
    assert_eq!(world.atoms("alice", SOL), 7_000_000_000);
}

#[test]
fn a_year_of_interest_is_the_lenders_but_for_what_insurance_keeps() {
    let mut world = half_borrowed();
    world.advance(YEAR);
    world.tick();
    world.keeper().syncs_banks().done();
    // 8% of 500 SOL are 40 SOL, of which insurance gets a tenth.
    let (lent, owed) = (world.atoms("bob", SOL), world.atoms("carol", SOL));
    // The gain of a second is rounded up: one millionth of it and a half.
    assert!((owed + 540_000_000_000).abs() < 100_000, "{owed}");
    assert!((lent - 1_036_000_000_000).abs() < 100_000, "{lent}");
    assert!(world.bank(SOL).insurance.abs_diff(4_000_000_000) < 100_000);

    world.carol().deposits(sol(541)).done();
    world.bob().stops_lending(SOL).done();
    assert_eq!(world.held("bob", SOL), lent);
    let bank = world.bank(SOL);
    assert_eq!((bank.lent_shares, bank.debt_shares), (0, 0));
    let dust = bank.lent_cash;
    assert!(dust <= 3, "{dust} atoms are rounding");
    assert!(bank.reserve <= dust);
}

#[test]
fn lenders_take_no_more_than_the_bank_has() {
    let mut world = half_borrowed();
    world
        .bob()
        .stops_lending(SOL)
        .refused_with(PlimsollError::LenderCash);
    world
        .bob()
        .withdraws(sol_atoms(500_000_000_001))
        .refused_with(PlimsollError::LenderCash);
    world
        .bob()
        .withdraws(sol_atoms(EVERYTHING))
        .refused_with(PlimsollError::LenderCash);
    world.bob().withdraws(sol(500)).done();
    assert_eq!(world.bank(SOL).lent_cash, 0);
    world
        .bob()
        .withdraws(sol_atoms(1))
        .refused_with(PlimsollError::LenderCash);
    world.carol().deposits(sol(1)).done();
    world.bob().withdraws(sol(1)).done();
}

#[test]
fn who_begins_does_so_within_ten_seconds_of_a_sync() {
    let mut world = world();
    world.alice().deposits(sol(5)).done();
    world.keeper().syncs_banks().done();
    world.advance(11);
    sets(&mut world, "alice", SOL, true).refused_with(PlimsollError::BankNotSynced);
    world.keeper().syncs_banks().done();
    world.advance(10);
    sets(&mut world, "alice", SOL, true).done();
}

#[test]
fn a_sync_of_the_quote_bank_alone_is_none_of_another() {
    let mut world = world();
    world.alice().deposits(sol(5)).deposits(usdc(5)).done();
    world.advance(11);
    let sync = call(world.sync_accounts(), ix::Sync {});
    world.keeper().does(&[sync]).done();
    sets(&mut world, "alice", SOL, true).refused_with(PlimsollError::BankNotSynced);
    sets(&mut world, "alice", USDC, true).done();
}

#[test]
fn who_ends_needs_neither_a_sync_nor_a_price() {
    let mut world = world();
    world.alice().deposits(sol(5)).lends(SOL).done();
    world.advance(YEAR);
    sets(&mut world, "alice", SOL, false).done();
    assert_eq!(world.held("alice", SOL), 5_000_000_000);
}

#[test]
fn without_a_deposit_there_is_nothing_to_lend() {
    let mut world = half_borrowed();
    world.alice().opens_account().done();
    for name in ["alice", "carol"] {
        world
            .actor(name)
            .lends(SOL)
            .refused_with(PlimsollError::NothingToLend);
        world
            .actor(name)
            .stops_lending(SOL)
            .refused_with(PlimsollError::NothingToLend);
    }
}

/// A client that is late does no harm and needs no error: nothing moves.
#[test]
fn lending_what_is_lent_changes_nothing() {
    let mut world = world();
    world.alice().deposits(sol(5)).lends(SOL).done();
    for lend in [true, false] {
        let before = world.snapshot();
        let told = sets(&mut world, "alice", SOL, lend).done();
        assert_eq!(told.event::<LendingSet>().amount, 0);
        assert_eq!(world.changed_since(&before), Vec::<String>::new());
        world.alice().stops_lending(SOL).done();
    }
}

#[test]
fn a_pending_order_is_executed_first() {
    let mut world = world();
    world.alice().deposits(sol(50)).deposits(usdc(10)).done();
    world.tick();
    let alice = world.alice().asks_long(btc(0.001));
    alice.lends(SOL).refused_with(PlimsollError::OrderPending);
}

#[test]
fn nobody_lends_a_deposit_while_a_loss_is_recorded() {
    let mut world = half_borrowed();
    world.alice().deposits(sol(5)).done();
    // 100 SOL of the 500 that Carol owes are recorded as a loss to come.
    record_loss(&mut world, "carol", 100_000_000_000);
    world
        .alice()
        .lends(SOL)
        .refused_with(PlimsollError::LossPending);
    world
        .bob()
        .deposits(sol(1))
        .refused_with(PlimsollError::LossPending);
    // Bob leaves with 100 SOL and bears a ninth of them besides.
    let before = world.held("bob", SOL);
    world.bob().withdraws(sol(90)).done();
    let bank = world.bank(SOL);
    assert_eq!(before - world.held("bob", SOL), 100_000_000_000 * SHARES);
    assert_eq!(
        (bank.absorbed, bank.pending_loss),
        (10_000_000_000, 90_000_000_000)
    );
}

/// Writes a loss to come of a debt into account and bank, as whoever records losses will.
fn record_loss(world: &mut World<BankChain>, name: &str, atoms: u64) {
    let mut account = world.account(name);
    for balance in &mut account.balances {
        if balance.slot == SOL && balance.amount < 0 {
            balance.pending_loss = atoms;
        }
    }
    let mut bank = world.bank(SOL);
    bank.pending_loss = atoms;
    let (account_key, bank_key) = (world.account_key(name, 0), world.asset(SOL).bank);
    world.write(&account_key, &*account);
    world.write(&bank_key, &*bank);
}

#[test]
fn a_debt_that_is_repaid_leaves_no_loss_to_come() {
    let mut world = half_borrowed();
    record_loss(&mut world, "carol", 100_000_000_000);
    world.bob().withdraws(sol(90)).done();
    world.carol().deposits(sol(499)).done();
    assert!(world.bank(SOL).pending_loss > 0, "a SOL is still owed");
    world.carol().deposits(sol(2)).done();
    let bank = world.bank(SOL);
    assert_eq!((bank.pending_loss, bank.absorbed), (0, 0));
    // What Bob bore stays with insurance.
    assert!(bank.reserve >= 10_000_000_000, "{}", bank.reserve);
}

#[test]
fn a_lent_deposit_counts_by_the_index_of_the_last_sync() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(btc(10)).lends(BTC).done();
    world
        .carol()
        .deposits(usdc(10_000_000))
        .borrows(btc(8))
        .done();
    let before = world.assess("alice").maintenance_equity;
    world.advance(30 * DAY);
    world.tick();
    assert_eq!(world.assess("alice").maintenance_equity, before);
    assert_eq!(world.atoms("alice", BTC), 1_000_000_000);
    world.keeper().syncs_banks().done();
    let atoms = world.atoms("alice", BTC);
    // 8 · 8% · 30/365 · 90%.
    assert!((atoms - 1_004_734_246).abs() < 10, "{atoms}");
    let after = world.assess("alice").maintenance_equity;
    assert!((after - atoms * 1_000).abs() <= 1, "{after}");
    let index = Index(world.bank(BTC).deposit_index);
    let held = world.held("alice", BTC).unsigned_abs();
    assert_eq!(index.atoms_floor(held).unwrap(), atoms.unsigned_abs());
}

/// Alice has a bitcoin and a position that went against her: E_i < R_i. The bank's index is ten seconds
/// ahead of the book's.
fn strained() -> World<BankChain> {
    let mut world = world();
    world.bob().deposits(btc(100)).lends(BTC).done();
    world
        .carol()
        .deposits(usdc(20_000_000))
        .borrows(btc(80))
        .done();
    world.alice().deposits(btc(1)).longs(sol(3_000)).done();
    world.price(SOL, 136.0);
    assert_eq!(world.assess("alice").state, 1, "strained");
    world.sync();
    world.advance(10);
    world
}

/// An atom of bitcoin is a thousand micro-dollars.
#[test]
fn who_is_strained_loses_nothing_by_beginning_to_lend() {
    let mut world = strained();
    sets(&mut world, "alice", BTC, true).refused_with(PlimsollError::ShortageGrown);
    // The same with margin to spare.
    world.alice().deposits(usdc(20_000)).done();
    let before = world.atoms("alice", BTC);
    sets(&mut world, "alice", BTC, true).done();
    let lost = before - world.atoms("alice", BTC);
    assert!((1..=3).contains(&lost), "{lost} atoms until the next sync");
    world.keeper().syncs_banks().done();
    assert!(before - world.atoms("alice", BTC) <= 1);
}

#[test]
fn who_is_strained_may_end_lending() {
    let mut world = world();
    world
        .alice()
        .deposits(btc(1))
        .lends(BTC)
        .longs(sol(3_000))
        .done();
    world.price(SOL, 136.0);
    assert_eq!(world.assess("alice").state, 1, "strained");
    world.alice().stops_lending(BTC).done();
}

#[test]
fn an_isolated_account_may_lend_its_quote() {
    let mut world = world();
    let alice = world.alice().uses(ModelKind::Isolated);
    alice
        .deposits(usdc(2_000))
        .lends(USDC)
        .longs(sol(50))
        .done();
    assert_eq!(world.bank(USDC).lent_cash, 2_000_000_000);
}

#[test]
fn only_the_owner_sets_lending() {
    let mut world = world();
    world.alice().deposits(sol(5)).done();
    world.keeper().syncs_banks().done();
    let account = world.account_key("alice", 0);
    let accounts = ax::SetLending {
        account,
        ..world.set_lending_accounts("mallory", 0, SOL)
    };
    let set = call(accounts, ix::SetLending { lend: true });
    world
        .mallory()
        .does(&[set])
        .refused_with(PlimsollError::NotOwner);
    let accounts = world.set_lending_accounts("alice", 0, SOL);
    let mut set = call(accounts, ix::SetLending { lend: true });
    set.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[set])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn account_and_bank_are_of_the_book() {
    let mut world = world();
    world.alice().deposits(sol(5)).done();
    world.keeper().syncs_banks().done();
    let account = world.forge_of_another_book(&world.account_key("alice", 0), 32);
    let bank = world.forge_of_another_book(&world.asset(SOL).bank.clone(), 0);
    let good = || world.set_lending_accounts("alice", 0, SOL);
    let wrong = [
        (
            ax::SetLending { account, ..good() },
            PlimsollError::WrongAccountBook,
        ),
        (ax::SetLending { bank, ..good() }, PlimsollError::WrongBank),
    ];
    for (accounts, error) in wrong {
        let set = call(accounts, ix::SetLending { lend: true });
        world.alice().does(&[set]).refused_with(error);
    }
}
