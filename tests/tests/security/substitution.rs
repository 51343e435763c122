//! Every account of every instruction is replaced by every wrong one. Each time the call fails, with
//! the error that the fixture names, and changes nothing; afterwards the valid call succeeds.
//!
//! After a change that was meant, write the fixture anew with `WRITE_FIXTURES=1` and read its diff.

use std::collections::BTreeMap;

use plimsoll_tests::prelude::*;

use crate::idl::{idl, Instruction};
use crate::stages::{stage, Stage};
use crate::wrong;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/substitutions.txt");

/// Replacements that are no attack, and why: instruction, account, kinds ("any" for all), reason.
const ADMITTED: &[(&str, &str, &[&str], &str)] = &[
    (
        "assess",
        "account",
        &["bob's account"],
        "anybody reads any account",
    ),
    (
        "call_margin",
        "account",
        &["bob's account"],
        "anybody observes any account",
    ),
    (
        "settle",
        "account",
        &["bob's account"],
        "anybody settles any account",
    ),
    (
        "refresh",
        "book",
        &["another exchange's"],
        "that book lists the same feed",
    ),
    ("cancel_order", "keeper", &["mallory, signed"], "any keeper"),
    (
        "execute_order",
        "keeper",
        &["mallory, signed"],
        "any keeper",
    ),
    ("pool_execute", "keeper", &["mallory, signed"], "any keeper"),
    (
        "pool_request",
        "payer",
        &["mallory, signed"],
        "anybody pays who signs",
    ),
    (
        "pool_request",
        "provider",
        &["unsigned"],
        "provider and payer are one",
    ),
    (
        "pool_request",
        "payer",
        &["unsigned"],
        "provider and payer are one",
    ),
    (
        "cancel_order",
        "partner",
        &["read only"],
        "the order has none",
    ),
    (
        "execute_order of a pair",
        "keeper",
        &["mallory, signed"],
        "any keeper",
    ),
    (
        "close_account",
        "account",
        &["another exchange's", "alice's account"],
        "his account there is his too",
    ),
    (
        "close_account",
        "receiver",
        &["any"],
        "the owner says where the rent goes",
    ),
    (
        "set_delegate",
        "account",
        &["another exchange's"],
        "his account there is his too",
    ),
    (
        "set_lending",
        "bank",
        &["the quote bank"],
        "the owner says which deposit is lent",
    ),
    (
        "withdraw",
        "destination",
        &["bob's tokens"],
        "the owner says where the tokens go",
    ),
    (
        "swap_begin",
        "destination",
        &["bob's tokens"],
        "the owner says where the tokens go",
    ),
    (
        "open_account",
        "payer",
        &["mallory, signed"],
        "anybody pays who signs",
    ),
    (
        "place_order",
        "payer",
        &["mallory, signed"],
        "anybody pays who signs",
    ),
    (
        "announce_upgrade",
        "receiver",
        &["a wallet", "nothing"],
        "the authority says where the lamports go",
    ),
    (
        "announce_upgrade",
        "buffer",
        &["another buffer"],
        "the authority says which code is announced",
    ),
    (
        "close_buffer",
        "buffer",
        &["another buffer"],
        "the authority says which buffer is closed",
    ),
    (
        "close_buffer",
        "receiver",
        &["any"],
        "the authority says where the lamports go",
    ),
    (
        "hand_over_code",
        "payer",
        &["mallory, signed"],
        "anybody pays who signs",
    ),
    // One key of a transaction has one set of flags: it signs or is written elsewhere in it.
    (
        "create_exchange",
        "book",
        &["read only", "unsigned"],
        "it signs its creation",
    ),
    (
        "create_exchange",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "launch",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "announce_change",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "announce_change",
        "payer",
        &["mallory, signed"],
        "anybody pays who signs",
    ),
    (
        "apply_change",
        "applier",
        &["mallory, signed"],
        "anybody applies",
    ),
    ("apply_change", "payer", &["read only"], "the fee payer"),
    (
        "apply_change",
        "change",
        &["another change"],
        "whoever applies says which",
    ),
    (
        "apply_change",
        "pool",
        &["read only", "the pool"],
        "it is not of the change",
    ),
    (
        "apply_change",
        "bank",
        &["read only", "the quote bank", "another bank"],
        "it is not of the change",
    ),
    (
        "apply_change of a bank",
        "applier",
        &["mallory, signed"],
        "anybody applies",
    ),
    (
        "apply_change of a bank",
        "payer",
        &["read only"],
        "the fee payer",
    ),
    (
        "apply_change of a bank",
        "change",
        &["another change"],
        "whoever applies says which",
    ),
    (
        "apply_change of a bank",
        "pool",
        &["read only", "the pool"],
        "it is not of the change",
    ),
    (
        "apply_change of a bank",
        "market",
        &["read only", "another market"],
        "it is not of the change",
    ),
    ("cancel_change", "payer", &["read only"], "the fee payer"),
    (
        "cancel_change",
        "change",
        &["another change"],
        "the authority says which",
    ),
    (
        "tighten",
        "bank",
        &["the quote bank", "another bank"],
        "who tightens says which",
    ),
    (
        "tighten",
        "market",
        &["read only", "another market"],
        "it is not of this",
    ),
    (
        "tighten of a market",
        "market",
        &["another market"],
        "who tightens says which",
    ),
    (
        "tighten of a market",
        "bank",
        &["read only", "the quote bank", "another bank"],
        "it is not of this",
    ),
    (
        "collect_fees",
        "destination",
        &["bob's tokens"],
        "the authority says where the fees go",
    ),
    ("list_bank", "change", &["read only"], "there is none"),
    ("list_bank", "change_payer", &["read only"], "there is none"),
    ("list_market", "change", &["read only"], "there is none"),
    (
        "list_market",
        "change_payer",
        &["read only"],
        "there is none",
    ),
    (
        "list_bank after launch",
        "authority",
        &["mallory, signed"],
        "anybody lists what was announced",
    ),
    (
        "list_bank after launch",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "list_bank after launch",
        "change_payer",
        &["read only"],
        "the fee payer",
    ),
    (
        "list_market after launch",
        "authority",
        &["mallory, signed"],
        "anybody lists what was announced",
    ),
    (
        "list_market after launch",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "list_market after launch",
        "change_payer",
        &["read only"],
        "the fee payer",
    ),
    (
        "list_bank",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "list_market",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "open_account",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "hand_over_code",
        "payer",
        &["read only", "unsigned"],
        "the fee payer",
    ),
    (
        "place_order",
        "trader",
        &["unsigned"],
        "trader and payer are one",
    ),
    (
        "place_order",
        "payer",
        &["unsigned"],
        "trader and payer are one",
    ),
    (
        "cancel_order of a pair",
        "keeper",
        &["read only"],
        "owner and payer are one",
    ),
    (
        "cancel_order of a pair",
        "payer",
        &["read only"],
        "owner and payer are one",
    ),
    (
        "swap_begin",
        "owner",
        &["unsigned"],
        "he signs the end, which has to be there",
    ),
    ("swap_begin", "account", &["read only"], "the end writes it"),
    (
        "swap_end",
        "owner",
        &["unsigned"],
        "he signs the beginning, which has to be there",
    ),
    (
        "swap_end",
        "account",
        &["read only"],
        "the beginning writes it",
    ),
];

/// Calls that are also tried, of the instruction they begin with: with accounts that are optional.
const MORE: &[&str] = &[
    "execute_order of a pair",
    "cancel_order of a pair",
    "list_bank after launch",
    "list_market after launch",
    "apply_change of a bank",
    "tighten of a market",
];

/// The outcome of a replacement that should have been refused.
const SUCCEEDED: &str = "succeeded";

/// What happened, by "instruction account: kind".
type Outcomes = BTreeMap<String, String>;

#[test]
fn no_account_of_any_instruction_can_be_replaced_by_a_wrong_one() {
    let mut outcomes = Outcomes::new();
    let instructions = idl().instructions;
    let more = MORE.iter().map(|call| {
        let called = |each: &&Instruction| call.split(' ').next() == Some(each.name.as_str());
        let instruction = instructions.iter().find(called);
        Instruction {
            name: (*call).to_owned(),
            ..instruction.expect("it is of the interface").clone()
        }
    });
    let more: Vec<Instruction> = more.collect();
    for instruction in instructions.into_iter().chain(more) {
        let Some(mut stage) = stage(&instruction.name) else {
            panic!(
                "no scenario for {}: write one in stages.rs",
                instruction.name
            );
        };
        attack(&mut stage, &instruction, &mut outcomes);
        let call = stage.call.clone();
        if let Err(failure) = stage.send(call) {
            panic!("{} is not valid: {failure}", instruction.name);
        }
    }
    let attacks = outcomes.iter().filter(|(_, outcome)| *outcome == SUCCEEDED);
    let attacks: Vec<&String> = attacks.map(|(what, _)| what).collect();
    assert!(attacks.is_empty(), "these succeeded: {attacks:#?}");
    let lines = outcomes
        .iter()
        .map(|(what, error)| format!("{what} -> {error}\n"));
    let found: String = lines.collect();
    if std::env::var_os("WRITE_FIXTURES").is_some() {
        std::fs::write(FIXTURE, &found).expect("the fixture can be written");
    }
    let expected = std::fs::read_to_string(FIXTURE).unwrap_or_default();
    for (left, right) in expected.lines().zip(found.lines()) {
        assert_eq!(left, right, "expected on the left");
    }
    assert_eq!(expected.lines().count(), found.lines().count());
}

fn attack(stage: &mut Stage, instruction: &Instruction, outcomes: &mut Outcomes) {
    let name = &instruction.name;
    for (index, named) in instruction.accounts.iter().enumerate() {
        let right = stage.call.accounts[index].clone();
        for wrong in wrong::all(stage, named, &right) {
            let (account, kind) = (named.name.as_str(), wrong.kind.as_str());
            let what = format!("{name} {account}: {kind}");
            let mut call = stage.call.clone();
            call.accounts[index] = wrong.meta;
            let world = stage.world.clone();
            match stage.send(call) {
                Err(failure) => {
                    outcomes.insert(what, reason(&failure));
                }
                Ok(_) => {
                    stage.world = world;
                    let outcome = match admitted(name, account, kind) {
                        Some(reason) => format!("admitted: {reason}"),
                        None => SUCCEEDED.to_owned(),
                    };
                    outcomes.insert(what, outcome);
                }
            }
        }
    }
}

/// Why a replacement is no attack, if it is none.
fn admitted(instruction: &str, account: &str, kind: &str) -> Option<&'static str> {
    let known = |each: &&(&str, &str, &[&str], &'static str)| {
        (each.0, each.1) == (instruction, account)
            && each.2.iter().any(|one| *one == "any" || *one == kind)
    };
    ADMITTED.iter().find(known).map(|each| each.3)
}

/// The error's name, and the account the framework blames where it does.
fn reason(failure: &Failure) -> String {
    let named = failure.logs.iter().rev().find_map(|line| {
        let (_, rest) = line.split_once("Error Code: ")?;
        Some(rest.split('.').next()?.to_owned())
    });
    named.unwrap_or_else(|| {
        let text = format!("{:?}", failure.error);
        let inner = text.strip_prefix("InstructionError(").unwrap_or(&text);
        let inner = inner.split_once(", ").map_or(inner, |(_, rest)| rest);
        inner.trim_end_matches(')').to_owned()
    })
}
