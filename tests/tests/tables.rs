//! Tables that must not drift from the program: the gate's, the write sets, the error codes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plimsoll::health_gate::{Gating, GATE_TABLE};
use serde_json::Value;

/// For each gated instruction a case that fails by the gate alone: file and test.
const GATE_CASES: &[(&str, &str, &str)] = &[
    (
        "execute_order",
        "execute_order_gate",
        "initial_may_be_met_exactly_and_not_by_a_micro_dollar_less",
    ),
    (
        "liquidate",
        "liquidate_collateral",
        "the_keeper_passes_his_own_gate",
    ),
    (
        "place_order",
        "place_order",
        "the_margin_for_it_must_be_there",
    ),
    (
        "set_lending",
        "set_lending",
        "who_is_strained_loses_nothing_by_beginning_to_lend",
    ),
    ("set_model", "set_model", "initial_is_met_under_both_models"),
    (
        "settle_bad_debt",
        "settle_bad_debt",
        "the_keeper_passes_his_gate_with_what_he_sells",
    ),
    (
        "swap_end",
        "swap_end",
        "a_swap_that_leaves_too_little_never_happened",
    ),
    (
        "transfer",
        "transfer",
        "initial_may_be_met_exactly_and_not_by_an_atom_less",
    ),
    (
        "withdraw",
        "withdraw",
        "initial_may_be_met_exactly_and_not_by_a_micro_dollar_less",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

fn idl() -> Value {
    serde_json::from_str(&read("idl/plimsoll.json")).expect("the IDL is readable")
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|each| each["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn the_gate_table_names_every_instruction_once_and_no_other() {
    let table: Vec<String> = GATE_TABLE.iter().map(|row| row.0.to_owned()).collect();
    let mut instructions = names(&idl()["instructions"]);
    instructions.sort();
    assert_eq!(table, instructions);
    for (name, _, reason) in GATE_TABLE {
        assert!(!reason.is_empty(), "{name} needs a reason");
    }
}

#[test]
fn every_gated_instruction_has_a_case_that_fails_by_the_gate_alone() {
    let gated: BTreeSet<&str> = GATE_TABLE
        .iter()
        .filter(|row| row.1 == Gating::Gated)
        .map(|row| row.0)
        .collect();
    let shown: BTreeSet<&str> = GATE_CASES.iter().map(|case| case.0).collect();
    assert_eq!(gated, shown);
    for (instruction, file, test) in GATE_CASES {
        let text = read(&format!("tests/tests/cases/{file}.rs"));
        assert!(
            text.contains(&format!("fn {test}()")),
            "{instruction}: no test {test} in {file}"
        );
    }
}

/// The write sets of docs/architecture.md are the writable flags of the IDL.
#[test]
fn the_write_sets_are_those_of_the_idl() {
    let text = read("docs/architecture.md");
    let idl = idl();
    for instruction in idl["instructions"].as_array().expect("a list") {
        let name = instruction["name"].as_str().expect("a name");
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")))
            .unwrap_or_else(|| panic!("no write set of {name} in docs/architecture.md"));
        let cell = row.split('|').nth(2).expect("a second column");
        let words: BTreeSet<&str> = cell
            .split(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .collect();
        for account in instruction["accounts"].as_array().expect("a list") {
            let account_name = account["name"].as_str().expect("a name");
            let writable = account["writable"].as_bool().unwrap_or(false);
            assert_eq!(
                words.contains(account_name),
                writable,
                "{name}: {account_name} is written by one of document and IDL only"
            );
        }
    }
}

/// A code, once released, never changes its meaning.
#[test]
fn error_codes_are_pinned() {
    let idl = idl();
    let errors = idl["errors"].as_array().expect("a list");
    let found: String = errors
        .iter()
        .map(|error| {
            format!(
                "{} {}\n",
                error["code"],
                error["name"].as_str().expect("a name")
            )
        })
        .collect();
    let file = root().join("tests/fixtures/error_codes.txt");
    if std::env::var_os("WRITE_FIXTURES").is_some() {
        std::fs::write(&file, &found).expect("the fixture can be written");
    }
    assert_eq!(read("tests/fixtures/error_codes.txt"), found);
}
