//! `swap_begin`.

use super::{anchor, market_world, market_world_with};
use plimsoll_tests::prelude::*;
use solana_instruction::Instruction;

/// Alice has 1,000 USDC in account 0 and an empty account 1; her wallet has token accounts.
fn alices_world() -> World<BankChain> {
    let mut world = market_world();
    world.alice().account(1).opens_account().done();
    world.alice().deposits(usdc(1_000)).done();
    world.fund("alice", SOL, 0);
    world.tick();
    world
}

/// Everything Alice has, out and in again without a trade between.
fn there_and_back(world: &World<BankChain>) -> [Instruction; 2] {
    [
        world.begin_instruction("alice", 0, usdc(1_000), false),
        world.end_instruction("alice", 0, USDC, 0),
    ]
}

#[test]
fn tokens_leave_without_a_margin_check() {
    let mut world = alices_world();
    // More than the account could ever carry, for as long as one transaction lasts.
    let all = [
        world.sync_banks_instruction(),
        world.begin_instruction("alice", 0, usdc(50_000), true),
        world.end_instruction("alice", 0, USDC, 0),
    ];
    let receipt = world.alice().does(&all).done();
    let told = receipt.event::<plimsoll::events::SwapBegun>();
    assert_eq!((told.slot, told.amount), (USDC, 50_000_000_000));
    assert_eq!(told.borrowed, 49_000_000_000);
    let told = receipt.event::<plimsoll::events::SwapEnded>();
    assert_eq!((told.slot, told.amount), (USDC, 50_000_000_000));
    // Shares are rounded against the owner: an atom, however short the loan.
    assert_eq!(told.repaid, 49_000_000_001);
    assert_eq!(world.held("alice", USDC), 999_999_999);
    assert_eq!(world.tokens("alice", USDC), 0);
}

#[test]
fn a_beginning_needs_exactly_one_end_of_its_account() {
    let mut world = alices_world();
    world.bob().deposits(usdc(10)).done();
    let [begin, end] = there_and_back(&world);
    let of_account_1 = world.end_instruction("alice", 1, USDC, 0);
    let of_bob = world.end_instruction("bob", 0, USDC, 0);
    // The end's bytes, sent to another program.
    let elsewhere = Instruction {
        program_id: plimsoll_venue::ID,
        ..end.clone()
    };
    let attempts: [&[Instruction]; 7] = [
        std::slice::from_ref(&begin),
        &[begin.clone(), of_account_1],
        &[begin.clone(), of_bob],
        &[begin.clone(), elsewhere],
        &[begin.clone(), through_venue(&end)],
        &[begin.clone(), end.clone(), end.clone()],
        &[begin.clone(), end.clone(), through_venue(&end), end.clone()],
    ];
    for instructions in attempts {
        let alice = world.actor("alice");
        let bob = wallet("bob");
        let failure = alice
            .does_with(instructions, &[&bob])
            .refused_with(PlimsollError::SwapInstructions);
        assert_eq!(failure.instruction, Some(0));
    }
    world.alice().does(&[begin, end]).done();
}

#[test]
fn a_beginning_is_not_nested_in_another() {
    let mut world = alices_world();
    let [begin, end] = there_and_back(&world);
    let sol = world.begin_instruction("alice", 0, sol(1), true);
    for attempt in [
        [begin.clone(), begin.clone(), end.clone()],
        [begin.clone(), sol, end.clone()],
        // Nor does one follow in the same transaction: it would want an end of its own.
        [begin.clone(), end.clone(), begin.clone()],
    ] {
        let alice = world.alice().does(&attempt);
        alice.refused_with(PlimsollError::SwapInstructions);
    }
    // Called, the second one is not even looked for, and meets the flag.
    let called = through_venue(&begin);
    let alice = world.alice().does(&[begin, called, end]);
    let failure = alice.refused_with(PlimsollError::SwapOpen);
    assert_eq!(failure.instruction, Some(1));
}

/// The instructions sysvar names the top-level instruction in which a called one runs. Who looked there
/// alone would take the caller's place in the transaction for the call's, and an end that follows for
/// its own.
#[test]
fn a_beginning_is_not_called_by_a_program() {
    let mut world = alices_world();
    let [begin, end] = there_and_back(&world);
    let called = through_venue(&begin);
    let alice = world.alice().does(&[called.clone(), end.clone()]);
    let failure = alice.refused_with(PlimsollError::SwapInstructions);
    assert_eq!(failure.instruction, Some(0));

    // Not behind a beginning of another account that is what it should be either.
    let of_account_1 = [
        world.begin_instruction("alice", 1, usdc(100), true),
        world.end_instruction("alice", 1, USDC, 0),
    ];
    let [other_begin, other_end] = of_account_1;
    let sync = world.sync_banks_instruction();
    let all = [sync, other_begin, called, other_end, end];
    let alice = world.alice().does(&all);
    let failure = alice.refused_with(PlimsollError::SwapInstructions);
    assert_eq!(failure.instruction, Some(2));
}

#[test]
fn two_accounts_swap_in_one_transaction() {
    let mut world = alices_world();
    world.alice().account(1).deposits(usdc(500)).done();
    let [begin, end] = there_and_back(&world);
    let all = [
        begin,
        world.begin_instruction("alice", 1, usdc(500), false),
        world.venue_instruction("alice", usdc(300), sol(2)),
        world.end_instruction("alice", 1, SOL, 0),
        end,
    ];
    world.alice().does(&all).done();
    assert_eq!(world.held("alice", USDC), 1_200_000_000);
    let other = world.margin_account(&world.account_key("alice", 1));
    assert_eq!(other.balances[1].amount, 2_000_000_000);
}

#[test]
fn it_borrows_only_if_asked_to_and_within_the_limits_of_the_bank() {
    let mut world = alices_world();
    let attempt = |world: &World<BankChain>, amount, borrow| {
        [
            world.begin_instruction("alice", 0, amount, borrow),
            world.end_instruction("alice", 0, USDC, 0),
        ]
    };
    let more = attempt(&world, usdc(1_001), false);
    let alice = world.alice().does(&more);
    alice.refused_with(PlimsollError::InsufficientBalance);
    // Lena lends 100,000, of which three fifths can be owed.
    let sync = world.sync_banks_instruction();
    let [begin, end] = attempt(&world, usdc(61_001), true);
    let alice = world.alice().does(&[sync.clone(), begin, end]);
    alice.refused_with(PlimsollError::UtilisationCap);
    world.advance(11);
    let [begin, end] = attempt(&world, usdc(2_000), true);
    let alice = world.alice().does(&[begin.clone(), end.clone()]);
    alice.refused_with(PlimsollError::BankNotSynced);
    world.alice().does(&[sync, begin, end]).done();
    let nothing = attempt(&world, usdc_atoms(0), true);
    let alice = world.alice().does(&nothing);
    alice.refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn what_leaves_counts_as_outflow_until_it_comes_back() {
    let mut world = market_world_with(|spec| spec.bank(USDC).outflow_limit = usdc(400).atoms);
    world.alice().deposits(usdc(1_000)).done();
    world.tick();
    let swap = |world: &World<BankChain>, amount| {
        [
            world.begin_instruction("alice", 0, amount, false),
            world.end_instruction("alice", 0, USDC, 0),
        ]
    };
    let too_much = swap(&world, usdc(401));
    let alice = world.alice().does(&too_much);
    alice.refused_with(PlimsollError::OutflowLimit);
    for _ in 0..3 {
        let all = swap(&world, usdc(400));
        world.alice().does(&all).done();
    }
}

#[test]
fn it_waits_for_the_order() {
    let mut world = alices_world();
    world.alice().asks_long(sol(1)).order();
    let all = there_and_back(&world);
    let alice = world.alice().does(&all);
    alice.refused_with(PlimsollError::OrderPending);
}

#[test]
fn only_the_owner_begins() {
    let mut world = alices_world();
    world.fund("mallory", USDC, 0);
    let [begin, end] = there_and_back(&world);
    let accounts = ax::SwapBegin {
        account: world.account_key("alice", 0),
        ..world.swap_begin_accounts("mallory", 0, USDC)
    };
    let args = ix::SwapBegin {
        amount: 1,
        borrow: false,
    };
    let hers = ax::SwapEnd {
        account: world.account_key("alice", 0),
        ..world.swap_end_accounts("mallory", 0, USDC)
    };
    let attack = [call(accounts, args), call(hers, ix::SwapEnd { keep: 0 })];
    let mallory = world.mallory().does(&attack);
    mallory.refused_with(PlimsollError::NotOwner);
    let (mut begin, mut end) = (begin, end);
    begin.accounts[0].is_signer = false;
    end.accounts[0].is_signer = false;
    let mallory = world.mallory().does(&[begin, end]);
    mallory.refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

/// An account with the bytes of the sysvar is not the sysvar.
#[test]
fn the_transaction_is_read_from_the_sysvar_itself() {
    let mut world = alices_world();
    let [begin, end] = there_and_back(&world);
    let accounts = ax::SwapBegin {
        instructions: world.keys.book,
        ..world.swap_begin_accounts("alice", 0, USDC)
    };
    let forged = Instruction {
        accounts: anchor_lang::ToAccountMetas::to_account_metas(&accounts, None),
        ..begin
    };
    let alice = world.alice().does(&[forged, end]);
    alice.refused_with_code(anchor::ADDRESS, "the sysvar has one address");
}

/// As many accounts as the routes of an aggregator have: they are read once each, and fit the heap.
#[test]
fn a_long_way_between_costs_little() {
    let mut world = alices_world();
    let [begin, end] = there_and_back(&world);
    let short = world.alice().does(&[begin.clone(), end.clone()]).done();
    // Transfers of nothing that are given forty accounts more than they look at.
    let key = key_of("alice");
    let mut hop = solana_system_interface::instruction::transfer(&key, &key, 0);
    let mint = meta(world.asset(SOL).mint, false);
    hop.accounts.extend(std::iter::repeat_n(mint, 40));
    let [begin, end] = there_and_back(&world);
    let all = [begin, hop.clone(), hop.clone(), hop.clone(), hop, end];
    let long = world.alice().does(&all).done();
    let more = long.compute_units - short.compute_units;
    assert!(more < 15_000, "{more} units for 168 accounts");
}
