//! The command line and the engine for browsers explain an account alike.
// Tests may unwrap: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod common;

use common::{account, book, data, files, NAMES, NOW};
use serde_json::{json, Value};
use std::process::Command;

/// The result of `plimsoll-risk explain --json` on files.
fn told(model: u8) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (account, book) = files(folder.path(), model);
    let mut tool = Command::new(env!("CARGO_BIN_EXE_plimsoll-risk"));
    tool.arg("explain").arg("--account").arg(account);
    tool.arg("--book").arg(book).arg("--json");
    tool.args(["--now", &NOW.to_string(), "--names", NAMES]);
    let output = tool.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["result"].clone()
}

/// What the engine for browsers answers about the same bytes.
fn answered(model: u8) -> Value {
    let accounts = [data(&*book()), data(&*account(model))];
    let names: Vec<(u8, &str)> = NAMES
        .split(',')
        .map(|name| name.split_once('=').unwrap())
        .map(|(name, slot)| (slot.parse().unwrap(), name))
        .collect();
    let head = json!({
        "ask": "explain", "now": NOW.to_string(), "names": names,
        "lengths": accounts.iter().map(Vec::len).collect::<Vec<_>>(),
    });
    let head = head.to_string().into_bytes();
    let mut request = u32::try_from(head.len()).unwrap().to_le_bytes().to_vec();
    request.extend(head);
    request.extend(accounts.concat());
    serde_json::from_slice::<Value>(&plimsoll_wasm::answer(&request)).unwrap()["ok"].clone()
}

/// Where the two differ; a whole number may be text on the right.
fn differences(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys());
            for key in keys.collect::<std::collections::BTreeSet<_>>() {
                let of = |side: &serde_json::Map<String, Value>| {
                    side.get(key).cloned().unwrap_or("missing".into())
                };
                differences(&format!("{path}.{key}"), &of(left), &of(right), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{at}]"), left, right, found);
            }
        }
        (Value::Number(number), Value::String(text)) if number.to_string() == *text => {}
        (left, right) if left == right => {}
        (left, right) => found.push(format!("{path}: {left} and {right}")),
    }
}

#[test]
fn browser_and_command_line_explain_an_account_alike() {
    for model in [0, 1] {
        let (told, answered) = (told(model), answered(model));
        let mut found = Vec::new();
        differences("", &told, &answered, &mut found);
        assert!(found.is_empty(), "{found:#?}");
        assert!(
            told["scenarios"].as_array().unwrap().len() == 2 && told["legs"][1]["asset"] == "SOL"
        );
    }
}

#[test]
fn a_difference_of_one_is_found() {
    let (told, mut answered) = (told(1), answered(1));
    let equity = answered["maintenance"]["equity"].as_str().unwrap();
    let other = equity.parse::<i64>().unwrap() + 1;
    answered["maintenance"]["equity"] = other.to_string().into();
    let mut found = Vec::new();
    differences("", &told, &answered, &mut found);
    assert_eq!(found.len(), 1, "{found:#?}");
}
