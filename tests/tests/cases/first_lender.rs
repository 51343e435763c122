//! Being the first, being tiny, sending tokens unasked, or coming between two syncs: none of it takes
//! anything from a lender.

use super::{world, world_with};
use plimsoll_engine::index::Index;
use plimsoll_tests::prelude::*;

const DAY: i64 = 86_400;
const SHARES: i64 = 1_024;

#[test]
fn tokens_sent_before_somebody_lends_change_no_share() {
    let mut world = world();
    world.mallory().deposits(sol_atoms(1)).lends(SOL).done();
    world.mallory().donates(sol(1_000)).done();
    world.alice().deposits(sol(5)).lends(SOL).done();
    assert_eq!(world.held("alice", SOL), 5_000_000_000 * SHARES);
    assert_eq!(world.atoms("alice", SOL), 5_000_000_000);
    assert_eq!(world.bank(SOL).deposit_index, Index::START.0);
    world.alice().stops_lending(SOL).withdraws(sol(5)).done();
    assert_eq!(world.tokens("alice", SOL), 5_000_000_000);
    // Nobody gets what was sent, not even who sent it.
    world.mallory().withdraws(sol_atoms(u64::MAX)).done();
    assert_eq!(world.tokens("mallory", SOL), 1);
    assert_eq!(
        world.token_amount(&world.asset(SOL).vault),
        1_000_000_000_000
    );
}

#[test]
fn tokens_sent_afterwards_are_nobodys() {
    let mut world = world();
    world.mallory().deposits(sol_atoms(1)).lends(SOL).done();
    world.alice().deposits(sol_atoms(1_999)).lends(SOL).done();
    world.mallory().donates(sol(1_000)).done();
    world.keeper().syncs_banks().done();
    assert_eq!(world.atoms("alice", SOL), 1_999);
    assert_eq!(world.atoms("mallory", SOL), 1);
    // They are no cash of lenders either: nobody borrows them.
    world.bob().deposits(usdc(10_000)).done();
    world
        .bob()
        .borrows(sol(1))
        .refused_with(PlimsollError::LenderCash);
}

#[test]
fn an_atom_lent_and_taken_back_a_hundred_times_gains_nothing() {
    let mut world = world();
    world.bob().deposits(sol(1_000)).lends(SOL).done();
    world
        .carol()
        .deposits(usdc(1_000_000))
        .borrows(sol(700))
        .done();
    world.advance(200 * DAY);
    world.tick();
    world.keeper().syncs_banks().done();
    let (lent, index) = (world.atoms("bob", SOL), world.bank(SOL).deposit_index);
    world.mallory().deposits(sol_atoms(101)).done();
    for _ in 0..100 {
        let held = world.held("mallory", SOL);
        world.mallory().lends(SOL).stops_lending(SOL).done();
        let now = world.held("mallory", SOL);
        assert!((held - 1..=held).contains(&now), "{held} became {now}");
    }
    assert_eq!(world.held("mallory", SOL), 1, "a hundred times an atom");
    assert_eq!(world.bank(SOL).deposit_index, index);
    assert_eq!(world.atoms("bob", SOL), lent);
    // Less than an atom's worth of shares is never given.
    world.mallory().lends(SOL).stops_lending(SOL).outcome().ok();
    assert!(world.held("mallory", SOL) <= 1);
}

/// The first lender borrows from himself, lets insurance earn, repays all but that, and leaves a share
/// behind. The interest on the rest is insurance's, or his share would drive the index to its end.
#[test]
fn a_share_left_behind_does_not_spoil_the_bank() {
    let mut world = world_with(|spec| spec.bank(SOL).utilisation_cap_ppm = 1_000_000);
    world.mallory().deposits(sol(1_000)).lends(SOL).done();
    let partner = world.actor("partner").deposits(usdc(1_000_000));
    partner.borrows(sol(1_000)).done();
    world.keeper().syncs_banks().done();
    world.advance(30 * DAY);
    world.tick();
    world.keeper().syncs_banks().done();
    let owed = world.atoms("partner", SOL).unsigned_abs();
    let earned = world.bank(SOL).reserve;
    assert!(earned > 7_000_000_000, "a tenth of 90% for a month");
    world
        .actor("partner")
        .deposits(sol_atoms(owed - earned))
        .done();
    let cash = world.bank(SOL).lent_cash;
    let most = world.atoms("mallory", SOL).unsigned_abs();
    world.mallory().withdraws(sol_atoms(cash.min(most))).done();
    let bank = world.bank(SOL);
    assert!(bank.lent_shares < 4_096 && bank.debt_shares > 0, "{bank:?}");

    for _ in 0..30 {
        world.advance(DAY);
        world.tick();
        world.keeper().syncs_banks().done();
    }
    let bank = world.bank(SOL);
    assert!(bank.deposit_index <= bank.borrow_index, "{bank:?}");
    world.alice().deposits(sol(5)).lends(SOL).done();
    assert!(world.atoms("alice", SOL) >= 4_999_999_999);
    world.actor("partner").deposits(sol(10)).done();
    world.alice().stops_lending(SOL).done();
    assert!(world.held("alice", SOL) >= 4_999_999_999);
}

#[test]
fn a_billion_between_two_syncs_earns_nothing_that_no_borrower_paid() {
    let mut world = world_with(|spec| {
        let bank = spec.bank(USDC);
        (bank.deposit_cap, bank.outflow_limit) = (u64::MAX / 2, u64::MAX / 2);
        (bank.rate_at_zero_ppm, bank.rate_at_kink_ppm) = (900_000, 900_000);
        bank.utilisation_cap_ppm = 1_000_000;
    });
    world.bob().deposits(usdc(1_000)).lends(USDC).done();
    world.carol().deposits(btc(1)).borrows(usdc(1_000)).done();
    world.keeper().syncs_banks().done();
    world.advance(DAY);
    world.tick();
    // A day of 90% on a thousand dollars is Bob's and insurance's, whoever comes now.
    let whale = usdc(1e9);
    let alice = world.alice().deposits(whale);
    alice.lends(USDC).done();
    let owed_before = world.atoms("carol", USDC);
    let bobs = world.atoms("bob", USDC);
    assert!((bobs - 1_002_219_178).abs() < 3, "{bobs}");
    assert!((0..=1).contains(&(whale.atoms as i64 - world.atoms("alice", USDC))));

    world.advance(DAY);
    world.tick();
    world.keeper().syncs_banks().done();
    let paid = owed_before - world.atoms("carol", USDC);
    assert!((1_000..3_000_000).contains(&paid), "{paid}");
    let earned = world.atoms("alice", USDC) - whale.atoms as i64;
    // Of what Carol paid in the second day, at most nine tenths by her share of the bank.
    assert!(earned <= paid * 9 / 10 + 1, "{earned} of {paid}");
    assert!(
        world.atoms("bob", USDC) >= bobs,
        "what he had earned stays his"
    );
}
