//! Collateral of Token-2022, moved by the real program: plain, with a fee, frozen, paused.

use super::world_with;
use anchor_spl::token_2022::spl_token_2022::error::TokenError;
use anchor_spl::token_2022::spl_token_2022::extension::pausable::instruction::{pause, resume};
use anchor_spl::token_2022::spl_token_2022::instruction::{freeze_account, thaw_account};
use anchor_spl::token_2022::ID as TOKEN_2022;
use plimsoll::events::{Deposited, Liquidated, Withdrawn};
use plimsoll_tests::prelude::*;
use solana_clock::Clock;

const FROZEN: u32 = TokenError::AccountFrozen as u32;
const PAUSED: u32 = TokenError::MintPaused as u32;

/// One in a hundred, without a largest fee.
fn one_percent() -> Extension {
    Extension::transfer_fee(100, u64::MAX)
}

/// BTC is a token of Token-2022 with these extensions.
fn extended(extensions: Vec<Extension>) -> impl FnOnce(&mut Spec) {
    move |spec| spec.asset(BTC).token = Token::Token2022(extensions)
}

fn btc_atoms(atoms: u64) -> Amount {
    Amount { slot: BTC, atoms }
}

fn there_and_back<C: Chain>(chain: C) {
    let mut world = World::with(chain, extended(Vec::new()));
    let receipt = world.alice().deposits(btc(2)).done();
    assert_eq!(receipt.event::<Deposited>().amount, 200_000_000);
    assert_eq!(world.held("alice", BTC), 200_000_000);
    assert_eq!(world.bank(BTC).deposits, 200_000_000);
    world.alice().withdraws(btc(0.5)).done();
    assert_eq!(world.held("alice", BTC), 150_000_000);
    assert_eq!(world.tokens("alice", BTC), 50_000_000);
    let vault = world.asset(BTC).vault;
    let owner = world.chain.account(&vault).expect("the vault exists").owner;
    assert_eq!(owner, TOKEN_2022);
}

#[test]
fn a_plain_token_is_deposited_and_withdrawn() {
    there_and_back(BankChain::new());
}

#[test]
fn a_plain_token_is_deposited_and_withdrawn_in_litesvm() {
    there_and_back(LiteChain::new());
}

fn received<C: Chain>(chain: C) {
    let mut world = World::with(chain, extended(vec![one_percent()]));
    let receipt = world.alice().deposits(btc(1)).done();
    assert_eq!(receipt.event::<Deposited>().amount, 99_000_000);
    assert_eq!(world.held("alice", BTC), 99_000_000);
    assert_eq!(world.bank(BTC).deposits, 99_000_000);
    assert_eq!(world.token_amount(&world.asset(BTC).vault), 99_000_000);
    // The fee of a withdrawal is borne by who receives it.
    let receipt = world.alice().withdraws(btc(0.5)).done();
    assert_eq!(receipt.event::<Withdrawn>().amount, 50_000_000);
    assert_eq!(world.held("alice", BTC), 49_000_000);
    assert_eq!(world.tokens("alice", BTC), 49_500_000);
}

#[test]
fn of_a_token_with_a_fee_what_arrives_counts() {
    received(BankChain::new());
}

#[test]
fn of_a_token_with_a_fee_what_arrives_counts_in_litesvm() {
    received(LiteChain::new());
}

#[test]
fn fees_are_rounded_as_the_token_program_rounds_them() {
    let mut world = world_with(extended(vec![Extension::transfer_fee(37, 2_000)]));
    world.alice().opens_account().done();
    // 37 in ten thousand, upwards, and 2,000 at most.
    for (sent, fee) in [
        (2, 1),
        (10_000, 37),
        (10_001, 38),
        (540_541, 2_000),
        (9_999_999, 2_000),
    ] {
        let before = world.held("alice", BTC);
        let receipt = world.alice().deposits(btc_atoms(sent)).done();
        let told = receipt.event::<Deposited>().amount;
        assert_eq!(told, sent - fee);
        assert_eq!(world.held("alice", BTC) - before, told as i64);
    }
}

#[test]
fn a_deposit_that_is_all_fee_is_none() {
    let mut world = world_with(extended(vec![one_percent()]));
    world
        .alice()
        .deposits(btc_atoms(1))
        .refused_with(PlimsollError::ZeroAmount);
    world.alice().deposits(btc_atoms(2)).done();
    assert_eq!(world.held("alice", BTC), 1);

    let whole = Extension::transfer_fee(10_000, u64::MAX);
    let mut world = world_with(extended(vec![whole]));
    world
        .alice()
        .deposits(btc(1))
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn the_fee_is_the_one_of_the_epoch() {
    let fee = Extension::changing_fee([(0, 100, u64::MAX), (7, 500, u64::MAX)]);
    let mut world = World::with(LiteChain::new(), extended(vec![fee]));
    let mut held = 0;
    for (epoch, received) in [(6, 99_000_000), (7, 95_000_000), (8, 95_000_000)] {
        let svm = world.chain.svm();
        let clock = Clock {
            epoch,
            ..svm.get_sysvar()
        };
        svm.set_sysvar(&clock);
        world.alice().deposits(btc(1)).done();
        held += received;
        assert_eq!(world.held("alice", BTC), held, "epoch {epoch}");
    }
}

#[test]
fn the_cap_of_the_bank_counts_what_arrives() {
    let mut world = world_with(|spec| {
        extended(vec![one_percent()])(spec);
        spec.bank(BTC).deposit_cap = 99_000_000;
    });
    world
        .alice()
        .deposits(btc_atoms(100_000_002))
        .refused_with(PlimsollError::DepositCap);
    world.alice().deposits(btc(1)).done();
}

#[test]
fn a_debt_is_repaid_by_what_arrives() {
    let mut world = world_with(extended(vec![one_percent()]));
    world.bob().deposits(btc(10)).lends(BTC).done();
    world.alice().deposits(usdc(100_000)).done();
    world.tick();
    world.alice().borrows(btc(0.1)).done();
    assert_eq!(world.tokens("alice", BTC), 9_900_000, "less a fee");
    let receipt = world.alice().deposits(btc(0.1)).done();
    let told = receipt.event::<Deposited>();
    assert_eq!((told.amount, told.repaid), (9_900_000, 9_900_000));
    assert!(world.held("alice", BTC) < 0, "the fee is still owed");
}

#[test]
fn the_program_is_the_mints() {
    let mut world = world_with(extended(Vec::new()));
    world.alice().deposits(btc(1)).deposits(sol(1)).done();
    for (slot, program) in [(BTC, anchor_spl::token::ID), (SOL, TOKEN_2022)] {
        world.fund("alice", slot, 100);
        let accounts = ax::Deposit {
            token_program: program,
            ..world.deposit_accounts("alice", 0, slot)
        };
        let deposit = call(accounts, ix::Deposit { amount: 1 });
        world
            .alice()
            .does(&[deposit])
            .refused_with(PlimsollError::WrongMint);
        let accounts = ax::Withdraw {
            token_program: program,
            ..world.withdraw_accounts("alice", 0, slot)
        };
        let args = ix::Withdraw {
            amount: 1,
            borrow: false,
        };
        world
            .alice()
            .does(&[call(accounts, args)])
            .refused_with(PlimsollError::WrongMint);
    }
}

/// ETH is a token with a fee that its issuer can freeze and pause. Alice holds it and SOL, is long 0.3
/// BTC, and BTC has fallen; Bob holds some of it without anything else.
fn fallen() -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.asset(ETH).token = Token::Token2022(vec![one_percent(), Extension::pausable()]);
    });
    world.alice().deposits(sol(30)).deposits(eth(1.2)).done();
    world.alice().longs(btc(0.3)).done();
    world.bob().deposits(eth(1)).done();
    world.keeper().deposits(usdc(20_000)).done();
    world.price(BTC, 75_000.0);
    world
}

/// The issuer stops the token in every way he has.
fn stop(world: &mut World<BankChain>) {
    let issuer = key_of("issuer");
    let asset = world.asset(ETH).clone();
    let freeze = freeze_account(&TOKEN_2022, &asset.vault, &asset.mint, &issuer, &[]);
    let pause = pause(&TOKEN_2022, &asset.mint, &issuer, &[]);
    let stop = [freeze.expect("Token-2022"), pause.expect("Token-2022")];
    world.actor("issuer").does(&stop).done();
}

/// The keeper buys one collateral and no token moves.
fn sells(world: &mut World<BankChain>, slot: u8) -> u64 {
    let before = world.snapshot();
    let receipt = world
        .keeper()
        .liquidates("alice", &[collateral_leg(slot)])
        .done();
    let told: Liquidated = receipt.event();
    assert!(told.shortage_after < told.shortage_before);
    let changed = world.changed_since(&before);
    let moved = |label: &String| label.starts_with("tokens") || label.starts_with("vault");
    assert!(!changed.iter().any(moved), "{changed:?}");
    told.legs[0].size
}

#[test]
fn a_stopped_token_is_in_the_way_of_no_other_collateral() {
    let mut world = fallen();
    stop(&mut world);
    let bought = sells(&mut world, SOL);
    world.keeper().withdraws(sol_atoms(bought)).done();
    assert_eq!(world.tokens("keeper", SOL), bought);
}

#[test]
fn a_stopped_token_is_sold_itself_and_comes_out_when_it_moves_again() {
    let mut world = fallen();
    stop(&mut world);
    let atoms = sells(&mut world, ETH);
    assert_eq!(world.held("keeper", ETH).unsigned_abs(), atoms, "no fee");
    let bought = Amount { slot: ETH, atoms };
    world
        .keeper()
        .withdraws(bought)
        .refused_with_code(FROZEN, "the vault is frozen");

    let issuer = key_of("issuer");
    let asset = world.asset(ETH).clone();
    let thaw = thaw_account(&TOKEN_2022, &asset.vault, &asset.mint, &issuer, &[]);
    let thaw = thaw.expect("Token-2022");
    world.actor("issuer").does(&[thaw]).done();
    world
        .keeper()
        .withdraws(bought)
        .refused_with_code(PAUSED, "transfers are paused");
    let resume = resume(&TOKEN_2022, &asset.mint, &issuer, &[]).expect("Token-2022");
    world.actor("issuer").does(&[resume]).done();
    world.keeper().withdraws(bought).done();
    let fee = atoms.div_ceil(100);
    assert_eq!(world.tokens("keeper", ETH), atoms - fee);
}

#[test]
fn a_stopped_token_goes_neither_in_nor_out_and_all_else_does() {
    let mut world = fallen();
    stop(&mut world);
    world
        .bob()
        .withdraws(eth(0.5))
        .refused_with_code(FROZEN, "the vault is frozen");
    world
        .bob()
        .deposits(eth(0.5))
        .refused_with_code(PAUSED, "transfers are paused");
    world.bob().deposits(sol(1)).withdraws(sol(1)).done();
    // It still counts: who holds it may trade on it, and is rid of positions like anybody.
    world.bob().longs(btc(0.01)).done();
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC), collateral_leg(SOL)])
        .done();
}
