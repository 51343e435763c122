//! `swap_end`, and swaps as a whole.

use super::{anchor, market_world, market_world_with};
use plimsoll::events::{CallCleared, SwapBegun, SwapEnded};
use plimsoll::instructions::OrderParams;
use plimsoll_tests::prelude::*;
use solana_instruction::Instruction;

/// Bytes that a transaction may have.
const PACKET: usize = 1_232;

/// Alice has 1,000 USDC.
fn alices_world() -> World<BankChain> {
    let mut world = market_world();
    world.alice().deposits(usdc(1_000)).done();
    world.fund("alice", SOL, 0);
    world.tick();
    world
}

/// Alice has swapped 5,000 USDC, of which she borrowed 4,000, for their worth of SOL.
fn leveraged() -> World<BankChain> {
    let mut world = alices_world();
    world.alice().swaps(usdc(5_000), sol(33.333333)).done();
    world.tick();
    world
}

#[test]
fn a_thousand_dollars_buy_five_thousand_of_sol() {
    let mut world = alices_world();
    let receipt = world.alice().swaps(usdc(5_000), sol(33.333333)).done();
    let begun = receipt.event::<SwapBegun>();
    assert_eq!(
        (begun.amount, begun.borrowed),
        (5_000_000_000, 4_000_000_000)
    );
    let ended = receipt.event::<SwapEnded>();
    assert_eq!(
        (ended.slot, ended.amount, ended.repaid),
        (SOL, 33_333_333_000, 0)
    );
    assert!(receipt.bytes <= PACKET, "{} bytes", receipt.bytes);

    assert_eq!(world.held("alice", SOL), 33_333_333_000);
    assert!(world.held("alice", USDC) < 0, "she owes");
    assert_eq!(world.tokens("alice", SOL), 0);
    let report = world.assess("alice");
    assert!(report.initial_equity >= report.initial_requirement);
    // Five times what is her own, to the confidence of the price.
    let assets = 5 * report.maintenance_equity;
    assert!((assets - usd(5_000)).abs() < usd(20), "{report:?}");
}

#[test]
fn a_swap_that_leaves_too_little_never_happened() {
    let mut world = alices_world();
    // 30 SOL are 4,500 dollars: 500 are left, and 586 would be needed.
    let alice = world.alice().swaps(usdc(5_000), sol(30));
    let failure = alice.refused_with(PlimsollError::BelowInitial);
    assert_eq!(failure.instruction, Some(3));
    assert_eq!(world.held("alice", USDC), 1_000_000_000);
    assert_eq!(
        (world.tokens("alice", SOL), world.held("alice", SOL)),
        (0, 0)
    );
    // Nor does it help to sink with all of it: nothing at all comes back.
    let all = [
        world.sync_banks_instruction(),
        world.begin_instruction("alice", 0, usdc(5_000), true),
        world.end_instruction("alice", 0, SOL, 0),
    ];
    let alice = world.alice().does(&all);
    alice.refused_with(PlimsollError::BelowInitial);
}

#[test]
fn an_end_needs_a_beginning_before_it() {
    let mut world = alices_world();
    world.fund("alice", USDC, 10);
    let begin = world.begin_instruction("alice", 0, usdc(10), false);
    let end = world.end_instruction("alice", 0, USDC, 0);
    for attempt in [vec![end.clone()], vec![end.clone(), begin.clone()]] {
        let alice = world.alice().does(&attempt);
        let failure = alice.refused_with(PlimsollError::NoSwap);
        assert_eq!(failure.instruction, Some(0));
    }
    // A swap that has ended has ended.
    world.alice().does(&[begin, end.clone()]).done();
    let alice = world.alice().does(&[end]);
    alice.refused_with(PlimsollError::NoSwap);
}

/// The venue has the owner's signature, and the accounts of the end.
#[test]
fn an_end_is_not_called_by_a_program() {
    let mut world = alices_world();
    let begin = world.begin_instruction("alice", 0, usdc(10), false);
    let end = world.end_instruction("alice", 0, USDC, 0);
    let all = [begin, through_venue(&end), end.clone()];
    let alice = world.alice().does(&all);
    let failure = alice.refused_with(PlimsollError::SwapInstructions);
    assert_eq!(failure.instruction, Some(1));
    let alice = world.alice().does(&[through_venue(&end)]);
    alice.refused_with(PlimsollError::SwapInstructions);
}

/// What Alice could have Plimsoll do with her account, and the venue on her behalf. A market order is not
/// among it: an account that waits for one begins no swap.
fn everything_else(
    world: &World<BankChain>,
    stop: &PlacedOrder,
) -> Vec<(&'static str, Instruction)> {
    let price = world.asset(SOL).feed.account;
    let account = world.account_key("alice", 0);
    let bobs = world.account_key("bob", 0);
    let amount = 1_000_000;
    let deposit = ix::Deposit { amount };
    let withdraw = ix::Withdraw {
        amount,
        borrow: true,
    };
    let params = OrderParams {
        id: 99,
        ..market_order(1_000_000_000, 50_000)
    };
    let legs = || ix::Liquidate {
        legs: vec![position_leg(SOL)],
    };
    let markets = || vec![meta(world.asset(SOL).market, true)];
    let of_alice = world.liquidate_accounts("keeper", account);
    let by_alice = world.liquidate_accounts("alice", bobs);
    vec![
        (
            "deposit",
            call(world.deposit_accounts("alice", 0, USDC), deposit),
        ),
        (
            "withdraw",
            call(world.withdraw_accounts("alice", 0, USDC), withdraw),
        ),
        (
            "set_lending",
            call(
                world.set_lending_accounts("alice", 0, USDC),
                ix::SetLending { lend: true },
            ),
        ),
        (
            "set_model",
            call(
                world.set_model_accounts("alice", 0),
                ix::SetModel { model: 1 },
            ),
        ),
        (
            "close_account",
            call(world.close_accounts("alice", 0), ix::CloseAccount {}),
        ),
        (
            "place_order",
            call(
                world.place_accounts("alice", 0, SOL, 99),
                ix::PlaceOrder { params },
            ),
        ),
        (
            "execute_order",
            call(
                world.execute_accounts("keeper", stop, price),
                ix::ExecuteOrder {},
            ),
        ),
        (
            "cancel_order",
            call(world.cancel_accounts("alice", stop), ix::CancelOrder {}),
        ),
        (
            "settle",
            call(world.settle_accounts(account), ix::Settle {}),
        ),
        (
            "call_margin",
            call(world.call_margin_accounts(account), ix::CallMargin {}),
        ),
        ("liquidate her", call_with(of_alice, legs(), markets())),
        ("liquidate for her", call_with(by_alice, legs(), markets())),
        (
            "assess",
            call(world.assess_accounts(account), ix::Assess {}),
        ),
        (
            "swap_begin",
            world.begin_instruction("alice", 0, usdc(1), true),
        ),
    ]
}

#[test]
fn nothing_else_takes_the_account_while_it_swaps() {
    let mut world = alices_world();
    world.bob().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().deposits(usdc(1_000)).done();
    world.fund("alice", USDC, 1_000_000);
    let stop = world.alice().places(Ask::short(sol(1)).stop(usdc(200)));
    world.chain.set_clock(stop.execute_at);
    world.price(SOL, 130.0);
    let begin = world.begin_instruction("alice", 0, usdc(1_000), false);
    let end = world.end_instruction("alice", 0, USDC, 0);
    for (what, instruction) in everything_else(&world, &stop) {
        for between in [through_venue(&instruction), instruction] {
            let all = [
                world.sync_banks_instruction(),
                begin.clone(),
                between,
                end.clone(),
            ];
            let others = [&wallet("keeper")];
            let outcome = world.alice().does_with(&all, &others).outcome();
            let failure = outcome.expect_err(what);
            let expected = if failure.instruction == Some(1) {
                // A beginning that follows at the top is found by the first.
                assert_eq!(what, "swap_begin");
                PlimsollError::SwapInstructions
            } else {
                PlimsollError::SwapOpen
            };
            let code = u32::from(expected);
            assert_eq!(failure.code, Some(code), "{what}: {failure}");
        }
    }
    world.alice().does(&[begin, end]).done();
}

#[test]
fn the_book_is_not_written_during_a_swap() {
    let mut world = alices_world();
    world.advance(5);
    let account = world.publish(SOL, 151.0);
    let refresh = call_with(
        world.refresh_accounts(),
        ix::Refresh { slots: vec![SOL] },
        vec![meta(account, false)],
    );
    let sync = world.sync_banks_instruction();
    let [begin, venue, end] = world.swap_instructions("alice", usdc(5_000), sol(33.333333));
    for write in [&refresh, &sync] {
        for between in [write.clone(), through_venue(write)] {
            let all = [
                sync.clone(),
                begin.clone(),
                venue.clone(),
                between,
                end.clone(),
            ];
            let alice = world.alice().does(&all);
            let failure = alice.refused_with(PlimsollError::SwapBookChanged);
            assert_eq!(failure.instruction, Some(4));
        }
    }
    // Before and after it anybody may.
    let all = [refresh.clone(), sync.clone(), begin, venue, end, sync];
    world.alice().does(&all).done();
    // Nothing was accepted by a refresh that brings what the book has.
    let [begin, venue, end] = world.swap_instructions("alice", sol(1), usdc(150));
    world.alice().does(&[begin, refresh, venue, end]).done();
}

#[test]
fn all_that_the_wallet_does_not_keep_is_deposited() {
    let mut world = alices_world();
    world.fund("alice", SOL, 700);
    let begin = || world.begin_instruction("alice", 0, usdc(150), false);
    let venue = || world.venue_instruction("alice", usdc(150), sol(1));
    let end = |keep| world.end_instruction("alice", 0, SOL, keep);
    let (first, second) = ([begin(), venue(), end(700)], [begin(), venue(), end(0)]);
    // More is kept than there is: nothing comes in.
    let third = [begin(), venue(), end(u64::MAX)];
    world.alice().does(&first).done();
    assert_eq!(world.tokens("alice", SOL), 700);
    assert_eq!(world.held("alice", SOL), 1_000_000_000);
    world.alice().does(&second).done();
    assert_eq!(world.tokens("alice", SOL), 0);
    assert_eq!(world.held("alice", SOL), 2_000_000_700);
    let receipt = world.alice().does(&third).done();
    assert_eq!(receipt.event::<SwapEnded>().amount, 0);
    assert_eq!(world.tokens("alice", SOL), 1_000_000_000);
    assert_eq!(world.held("alice", SOL), 2_000_000_700);
    assert_eq!(world.held("alice", USDC), 550_000_000);
}

#[test]
fn a_debt_is_repaid_first() {
    let mut world = leveraged();
    let receipt = world.alice().swaps(sol(33.333333), usdc(5_000)).done();
    let ended = receipt.event::<SwapEnded>();
    assert_eq!(ended.amount, 5_000_000_000);
    // A few seconds of interest, against the owner to the atom.
    assert!((4_000_000_000..4_000_100_000).contains(&ended.repaid));
    let left = world.held("alice", USDC).unsigned_abs();
    assert_eq!(left, ended.amount - ended.repaid);
    assert!(world.account("alice").is_plain());
}

#[test]
fn what_nothing_depends_on_needs_no_price() {
    let mut world = alices_world();
    world.advance(1_000_000);
    world.alice().swaps(usdc(600), sol(4)).done();
    world.price(SOL, Report::at(150.0).ema(130.0));
    world.alice().swaps(usdc(300), sol(2)).done();
    assert_eq!(world.held("alice", SOL), 6_000_000_000);
}

#[test]
fn with_a_debt_every_price_is_at_most_twenty_seconds_old() {
    let mut world = leveraged();
    let swap = |world: &mut World<BankChain>| world.alice().swaps(sol(3), usdc(450)).outcome();
    world.advance(20);
    swap(&mut world).expect("fresh enough");
    world.advance(1);
    let failure = swap(&mut world).expect_err("too old");
    assert_eq!(failure.code, Some(PlimsollError::PriceStale.into()));
    // The token that left altogether is asked about like those that are held.
    let report = world.asset(USDC).feed.report;
    world.publish(USDC, report);
    world.refresh_slots(&[USDC]).expect("refreshed");
    world.alice().deposits(btc(0.1)).done();
    let report = world.asset(BTC).feed.report;
    world.publish(BTC, report);
    world.refresh_slots(&[BTC]).expect("refreshed");
    let held = world.held("alice", SOL).unsigned_abs();
    let alice = world.alice().swaps(sol_atoms(held), usdc(100));
    alice.refused_with(PlimsollError::PriceStale);
    world.tick();
    world.alice().swaps(sol_atoms(held), usdc(100)).done();
}

#[test]
fn a_breaker_of_either_token_refuses_the_swap() {
    let mut world = leveraged();
    world
        .alice()
        .deposits(usdc_atoms(1))
        .deposits(btc(0.1))
        .done();
    for report in [Report::at(150.0).ema(136.0), Report::at(150.0).conf(1.6)] {
        world.price(SOL, report);
        let alice = world.alice().swaps(sol(1), usdc(150));
        alice.refused_with(PlimsollError::BreakerActive);
        let alice = world.alice().swaps(usdc(150), sol(1));
        alice.refused_with(PlimsollError::BreakerActive);
        // Tokens without one are none of its business.
        world.alice().swaps(btc(0.001), usdc(100)).done();
    }
    world.price(SOL, 150.0);
    world.alice().swaps(sol(1), usdc(150)).done();
}

/// Below maintenance a swap is still open to the owner: it is judged by where it leads.
#[test]
fn who_is_called_swaps_his_way_out() {
    let mut world = leveraged();
    world.price(SOL, 130.0);
    world.call_margin("alice");
    assert_ne!(world.account("alice").liquidatable_since, 0);
    // Half of it is not enough, and the second clause of the gate is not asked.
    let alice = world.alice().swaps(sol(10), usdc(1_300));
    alice.refused_with(PlimsollError::BelowInitial);
    let receipt = world.alice().swaps(sol(32), usdc(4_160)).done();
    receipt.event::<CallCleared>();
    let account = world.account("alice");
    assert_eq!((account.called_at, account.liquidatable_since), (0, 0));
}

#[test]
fn the_cap_of_the_bank_binds() {
    let mut world = market_world_with(|spec| spec.bank(SOL).deposit_cap = sol(1_010).atoms);
    world.alice().deposits(usdc(3_000)).done();
    world.tick();
    let alice = world.alice().swaps(usdc(3_000), sol(11));
    alice.refused_with(PlimsollError::DepositCap);
    world.alice().swaps(usdc(3_000), sol(10)).done();
}

#[test]
fn an_isolated_account_holds_nothing_but_quote() {
    let mut world = alices_world();
    world.alice().uses(ModelKind::Isolated).done();
    let alice = world.alice().swaps(usdc(150), sol(1));
    alice.refused_with(PlimsollError::IsolatedHoldings);
    let alice = world.alice().swaps(usdc(1_001), usdc(1_001));
    alice.refused_with(PlimsollError::IsolatedBorrow);
}

#[test]
fn only_the_owner_ends_with_tokens_of_his() {
    let mut world = alices_world();
    world.fund("mallory", USDC, 1_000);
    world.fund("bob", USDC, 1_000);
    let begin = world.begin_instruction("alice", 0, usdc(10), false);
    let accounts = world.swap_end_accounts("alice", 0, USDC);
    let good = || world.swap_end_accounts("alice", 0, USDC);
    let attacks = [
        (
            ax::SwapEnd {
                owner: key_of("mallory"),
                source: world.token_key("mallory", USDC),
                ..good()
            },
            PlimsollError::NotOwner,
        ),
        (
            ax::SwapEnd {
                source: world.token_key("bob", USDC),
                ..good()
            },
            PlimsollError::WrongTokenOwner,
        ),
        (
            ax::SwapEnd {
                source: world.token_key("alice", SOL),
                ..good()
            },
            PlimsollError::WrongMint,
        ),
    ];
    for (accounts, error) in attacks {
        let end = call(accounts, ix::SwapEnd { keep: 0 });
        let mallory = wallet("mallory");
        let alice = world.alice();
        let alice = alice.does_with(&[begin.clone(), end], &[&mallory]);
        alice.refused_with(error);
    }
    let mut unsigned = call(accounts, ix::SwapEnd { keep: 0 });
    unsigned.accounts[0].is_signer = false;
    let mallory = world.mallory().does(&[unsigned]);
    mallory.refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}
