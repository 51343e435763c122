//! Faults planted by hand: a walk that does not find them, or does not make the story short, tests nothing.

use plimsoll_tests::params::USDC;
use plimsoll_tests::walk::draw::steps_of;
use plimsoll_tests::walk::shrink::shrink;
use plimsoll_tests::walk::step::Step;
use plimsoll_tests::walk::{Ended, Stage};

/// Steps of the walk that is to be made short.
const STEPS: usize = 200;

/// A walk in which a ledger loses an atom whenever somebody lends SOL or BTC after insurance was drained.
fn flawed(stage: &Stage, steps: &[Step]) -> Ended {
    let mut drained = false;
    let mut lent = 0;
    stage.walk_with(steps, true, |walk, at| {
        drained |= matches!(steps[at], Step::Drains(_));
        let lends = walk.tally.accepted.get("set_lending").copied().unwrap_or(0);
        if drained && lends > lent {
            let mut bank = walk.world.bank(USDC);
            bank.deposits -= 1;
            let key = walk.world.asset(USDC).bank;
            walk.world.write(&key, &*bank);
        }
        lent = lends;
    })
}

#[test]
fn a_ledger_that_loses_an_atom_is_found_and_told_in_a_handful_of_steps() {
    let stage = Stage::of(4);
    let steps: Vec<Step> = (0..40)
        .flat_map(|seed| steps_of(seed, STEPS))
        .take(40 * STEPS)
        .collect();
    // The first stretch of the steps in which it shows.
    let found = steps.chunks(STEPS).find_map(|some| {
        let ended = flawed(&stage, some);
        ended.violation.map(|(at, violation)| (some, at, violation))
    });
    let (some, at, violation) = found.expect("it shows");
    assert_eq!(violation.rule, "INV-10", "{violation}");
    let breaks = |steps: &[Step]| {
        let again = flawed(&stage, steps).violation;
        again.is_some_and(|(_, again)| again.rule == violation.rule)
    };
    let fewest = shrink(&some[..=at], 1_000, breaks);
    let told = flawed(&stage, &fewest);
    println!("{}", told.lines.join("\n"));
    // Insurance drained, a deposit lent, and whatever the next transaction is.
    assert!(
        fewest.len() <= 5,
        "{} of {at} steps: {fewest:?}",
        fewest.len()
    );
    assert!(fewest.iter().any(|step| matches!(step, Step::Drains(_))));
    assert!(told.violation.is_some());
}

#[test]
fn what_is_left_cannot_be_made_shorter() {
    let asked = std::cell::Cell::new(0);
    let steps: Vec<u32> = (0..200).collect();
    let fewest = shrink(&steps, 1_000, |some| {
        asked.set(asked.get() + 1);
        [17, 18, 150].iter().all(|needed| some.contains(needed))
    });
    assert_eq!(fewest, [17, 18, 150]);
    assert!(asked.get() < 100, "{}", asked.get());
}
