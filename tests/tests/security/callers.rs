//! Other programs: what they can call, what of the program's answers they can forge, and how a reader
//! tells.

use std::slice::from_ref;

use anchor_lang::{AnchorSerialize, Event};
use plimsoll::events::{Deposited, PriceAccepted};
use plimsoll::instructions::HealthReport;
use plimsoll_tests::logs::{events_of, is_truncated};
use plimsoll_tests::prelude::*;
use plimsoll_venue::Request;
use solana_transaction::{InstructionError, TransactionError};

use crate::idl::idl;
use crate::stages::stage;

/// Instructions that no program can call, and why.
const TOP_LEVEL_ONLY: &[(&str, &str)] = &[
    ("swap_begin", "its end has to be in sight"),
    (
        "swap_end",
        "the account is closed to programs while it swaps",
    ),
];

/// Alice has a health and some tokens more, and there is a venue.
fn with_venue() -> World<LiteChain> {
    let mut world = World::new(LiteChain::with_venue());
    world.alice().deposits(usdc(1_000)).longs(sol(20)).done();
    world.fund("alice", USDC, 1_000_000);
    world
}

fn assess_of_alice(world: &World<LiteChain>) -> solana_instruction::Instruction {
    let account = world.account_key("alice", 0);
    call(world.assess_accounts(account), ix::Assess {})
}

/// What Alice's deposit of everything would have logged.
fn forged_deposit(world: &World<LiteChain>) -> Vec<u8> {
    let event = Deposited {
        account: world.account_key("alice", 0),
        slot: SOL,
        amount: 1_000_000_000_000,
        repaid: 0,
    };
    event.data()
}

#[test]
fn programs_can_call_everything_but_the_two_ends_of_a_swap() {
    for instruction in idl().instructions {
        let name = instruction.name;
        let mut stage = stage(&name).expect("every instruction has a stage");
        stage.world.chain.add_venue();
        let called = through_venue(&stage.call);
        let outcome = stage.send(called);
        match TOP_LEVEL_ONLY.iter().find(|known| known.0 == name) {
            None => drop(outcome.unwrap_or_else(|why| panic!("{name}: {why}"))),
            Some((_, why)) => {
                let failure = outcome.expect_err(why);
                let code = u32::from(PlimsollError::SwapInstructions);
                assert_eq!(failure.code, Some(code), "{name}: {failure}");
            }
        }
    }
}

/// The integers are the same to the last, and the return data names who returned it.
#[test]
fn a_program_reads_the_health_that_everybody_reads() {
    let mut world = with_venue();
    let assess = assess_of_alice(&world);
    for price in [150.0, 146.0, 140.0, 90.0] {
        world.price(SOL, price);
        let direct = world.send(from_ref(&assess), &[]).expect("it is assessed");
        assert_eq!(direct.returned_by, plimsoll::ID);
        let called = world
            .send(&[relayed_by_venue(&assess)], &[])
            .expect("it is read");
        assert_eq!(called.return_data, direct.return_data, "at {price} dollars");
        assert_eq!(called.returned_by, plimsoll_venue::ID);
    }
}

/// Any program returns any bytes; under its own name.
#[test]
fn a_forged_report_names_its_forger() {
    let mut world = with_venue();
    let mut report: HealthReport = world.assess("alice");
    report.initial_equity = i64::MAX;
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).expect("a report");
    let forge = venue_does(Request::Return(&bytes));
    let alone = world.send(from_ref(&forge), &[]).expect("nobody stops it");
    assert_eq!(
        (alone.returned_by, &alone.return_data),
        (plimsoll_venue::ID, &bytes)
    );
    let assess = assess_of_alice(&world);
    let behind = world
        .send(&[assess.clone(), forge.clone()], &[])
        .expect("nor then");
    assert_eq!(behind.returned_by, plimsoll_venue::ID);
    let before = world.send(&[forge, assess], &[]).expect("nor then");
    assert_eq!(before.returned_by, plimsoll::ID);
    assert_ne!(before.return_data, bytes);
}

/// Who lets somebody else call `assess` for him gets what the program returned, for an account that the
/// other chose: the report has to be asked for where it comes from.
#[test]
fn a_report_by_way_of_another_program_is_not_accepted() {
    let mut world = with_venue();
    let by_another = through_venue(&assess_of_alice(&world));
    let direct = world
        .send(from_ref(&by_another), &[])
        .expect("anybody may ask");
    assert_eq!(
        direct.returned_by,
        plimsoll::ID,
        "although the venue was asked"
    );
    let failure = world
        .send(&[relayed_by_venue(&by_another)], &[])
        .expect_err("it reads the name");
    let refused = InstructionError::IncorrectProgramId;
    assert_eq!(
        failure.error,
        TransactionError::InstructionError(1, refused)
    );
}

/// A top-level program, and one that calls this one in between, log an event's very bytes.
#[test]
fn a_forged_event_is_not_taken_for_the_programs() {
    let mut world = with_venue();
    let forged = forged_deposit(&world);
    let (says, data) = (&[][..], &forged[..]);
    let forge = venue_does(Request::Log { says, data });
    let accounts = world.deposit_accounts("alice", 0, USDC);
    let deposit = call(accounts, ix::Deposit { amount: 7 });
    let all = [
        forge.clone(),
        deposit.clone(),
        forge.clone(),
        through_venue(&deposit),
        forge,
    ];
    let receipt = world
        .send(&all, &["alice"])
        .expect("a program logs what it likes");
    let line = |line: &&String| line.starts_with("Program data: ");
    assert_eq!(
        receipt.logs.iter().filter(line).count(),
        5,
        "{:#?}",
        receipt.logs
    );
    let found: Vec<u64> = receipt
        .events::<Deposited>()
        .iter()
        .map(|it| it.amount)
        .collect();
    assert_eq!(found, [7, 7], "one at the top, one from within the venue");
    let of_the_venue = events_of::<Deposited>(&plimsoll_venue::ID, &receipt.logs);
    assert_eq!(of_the_venue.len(), 3);
}

/// What a program says begins with `Program log:`, even if it says what the runtime would.
#[test]
fn words_of_the_runtime_in_a_programs_mouth_change_nothing() {
    let mut world = with_venue();
    let forged = forged_deposit(&world);
    let id = plimsoll::ID;
    let texts = [
        format!("Program {id} invoke [1]"),
        format!("{id} invoke [2]"),
        format!("\nProgram {id} invoke [2]"),
        "invoke [2]".to_owned(),
        "success".to_owned(),
        format!("Program {} success", plimsoll_venue::ID),
    ];
    for text in &texts {
        let (says, data) = (text.as_bytes(), &forged[..]);
        let log = venue_does(Request::Log { says, data });
        let receipt = world.send(&[log], &[]).expect("it may say so");
        let said = receipt
            .logs
            .iter()
            .any(|line| line.ends_with(text.as_str()));
        assert!(said, "{:#?}", receipt.logs);
        assert!(
            receipt.events::<Deposited>().is_empty(),
            "{text:?} deceives"
        );
    }
}

/// A program can fill the log. What it says afterwards is not read, nor what this program says: who needs
/// to know reads the accounts.
#[test]
fn a_log_that_was_cut_off_is_read_to_the_cut_and_says_so() {
    let mut world = with_venue();
    let accounts = world.deposit_accounts("alice", 0, USDC);
    let deposit = call(accounts, ix::Deposit { amount: 7 });
    let fill = venue_does(Request::Fill(9_500));
    let all = [deposit.clone(), fill, deposit.clone(), deposit];
    let before = world.held("alice", USDC);
    let receipt = world
        .send(&all, &["alice"])
        .expect("a program may fill the log");
    assert!(is_truncated(&receipt.logs), "{:#?}", receipt.logs.len());
    assert!(receipt.events::<Deposited>().len() < 3);
    assert_eq!(world.held("alice", USDC), before + 21);
    // Lines shorter than the ones that are missing may follow the cut, here a forger's, whose beginning
    // was too long.
    let data = |event: &PriceAccepted| {
        use anchor_lang::__private::base64::{engine::general_purpose::STANDARD, Engine};
        format!("Program data: {}", STANDARD.encode(event.data()))
    };
    let event = |publish_time| PriceAccepted {
        book: world.keys.book,
        slot: SOL,
        publish_time,
    };
    let logs = [
        format!("Program {} invoke [1]", plimsoll::ID),
        data(&event(1)),
        "Log truncated".to_owned(),
        data(&event(2)),
    ];
    let found = events_of::<PriceAccepted>(&plimsoll::ID, &logs);
    let times: Vec<i64> = found.iter().map(|it| it.publish_time).collect();
    assert_eq!(times, [1]);
}
