//! The random walk, bounded: seeds that every run takes, every rule after every transaction, and enough of
//! everything. `cargo xtask soak` walks on.

mod planted;

use plimsoll_tests::walk::draw::steps_of;
use plimsoll_tests::walk::rules::RULES;
use plimsoll_tests::walk::tally::{Tally, NOT_WALKED, WALKED};
use plimsoll_tests::walk::{story, Stage, STEPS};
use std::collections::BTreeSet;

/// The first seed and how many.
const SEEDS: std::ops::Range<u64> = 1..49;

/// What must have come about in a run that tests something.
const ENOUGH: [(&str, u64); 14] = [
    ("liquidations", 60),
    ("shortfalls recorded", 30),
    ("bad debts settled", 12),
    ("losses of lenders", 1),
    ("losses of the pool", 1),
    ("deleveragings", 2),
    ("deleveragings that cost winners", 1),
    ("orders executed", 250),
    ("orders refused", 10),
    ("orders lapsed", 10),
    ("orders cancelled", 30),
    ("pool requests executed", 30),
    ("pool requests returned", 10),
    ("positions of an ended epoch settled", 1),
];

#[test]
fn whatever_happens_every_invariant_holds() {
    let mut all = Tally::default();
    for seed in SEEDS {
        let stage = Stage::of(seed);
        let steps = steps_of(seed, STEPS);
        let ended = stage.walk(&steps);
        assert!(
            ended.violation.is_none(),
            "{}",
            story(&stage, seed, &steps, &ended)
        );
        all.add(&ended.tally);
        all.seeds += 1;
    }
    println!("{}", all.table());
    for (what, least) in ENOUGH {
        assert!(
            all.times(what) >= least,
            "{what}: {} of {least}",
            all.times(what)
        );
    }
    for name in WALKED {
        assert!(all.accepted.contains_key(name), "{name} was never accepted");
    }
    for name in RULES {
        assert!(all.checks.contains_key(name), "{name} was never asserted");
    }
    assert!(all.faults.len() >= 9, "{:?}", all.faults);
    assert!(all.attacks.len() >= 12, "{:?}", all.attacks);
}

#[test]
fn the_walk_knows_every_instruction() {
    let idl = include_str!("../../../idl/plimsoll.json");
    let idl: serde_json::Value = serde_json::from_str(idl).expect("the IDL is readable");
    let listed = idl["instructions"].as_array().expect("a list").iter();
    let listed: BTreeSet<&str> = listed.filter_map(|each| each["name"].as_str()).collect();
    let before = NOT_WALKED.iter().map(|(name, _)| *name);
    let known: BTreeSet<&str> = WALKED.into_iter().chain(before).collect();
    assert_eq!(known, listed);
}
