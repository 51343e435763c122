//! Hints are for refusals that exist, and are one sentence each.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use plimsoll_client::refusal::{refusal, refusals};
use std::collections::{BTreeMap, BTreeSet};

fn hints() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../../hints.json")).unwrap()
}

#[test]
fn every_hint_is_of_a_refusal_of_the_program() {
    let known: BTreeSet<_> = refusals().values().map(|it| it.name.clone()).collect();
    let unknown: Vec<_> = hints()
        .into_keys()
        .filter(|it| !known.contains(it))
        .collect();
    assert!(unknown.is_empty(), "no such refusal: {unknown:?}");
}

#[test]
fn a_hint_is_one_short_sentence() {
    for (name, hint) in hints() {
        let whole = hint.starts_with(char::is_uppercase) && hint.ends_with('.');
        assert!(whole && hint.len() <= 100, "{name}: {hint}");
        assert!(!hint.contains(". "), "{name}: {hint}");
    }
}

#[test]
fn a_refusal_reads_as_name_code_message_and_what_to_do() {
    let text = refusal(6_500).unwrap().to_string();
    assert_eq!(
        text,
        "BelowInitial (6500): Initial equity would be below the initial requirement. Deposit collateral, \
         choose a smaller amount, or close positions first."
    );
}
