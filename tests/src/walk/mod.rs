//! The random walk: thousands of steps of every instruction, by honest and hostile people, with moving
//! prices and faults, and every invariant that can be asked of a state or a change asserted after each
//! transaction.
//!
//! [`draw::steps_of`] makes the steps of a seed; [`Stage`] is the world of a seed; [`Stage::walk`] takes
//! steps in a copy of it and stops at the first [`Violation`]; [`shrink`](shrink::shrink) leaves out
//! whatever the violation does not need. `docs/soak.md` says what is asserted and how to replay.

mod absurd;
mod act;
mod attacks;
mod crank;
pub mod draw;
mod faults;
mod governance;
mod leaving;
mod orders;
mod owner;
mod pool;
pub mod rules;
pub mod shrink;
mod stage;
pub mod step;
pub mod tally;

pub use stage::{Stage, KEEPERS, PEOPLE};

use crate::chain::LiteChain;
use crate::orders::PlacedOrder;
use crate::pool::Filed;
use crate::world::World;
use solana_address::Address;
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;
use step::Step;
use tally::Tally;

/// Steps of one seed.
pub const STEPS: usize = 400;
/// Walks that shortening a story may take.
const ATTEMPTS: usize = 1_500;

/// What must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Number of the invariant, or what else was broken.
    pub rule: String,
    /// What was found.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// Ends the walk.
pub fn violated(rule: &str, what: impl Into<String>) -> ! {
    std::panic::panic_any(Violation {
        rule: rule.to_owned(),
        what: what.into(),
    })
}

/// What a feed would say now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedNow {
    /// Dollars.
    pub price: f64,
    /// Dollars.
    pub ema: f64,
    /// The confidence is many times the usual one.
    pub wide: bool,
    /// It says nothing.
    pub dark: bool,
}

/// An update that was published, kept in an account of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub previous: i64,
    pub time: i64,
    pub key: Address,
}

/// A walk under way.
pub struct Walk {
    /// The world.
    pub world: World<LiteChain>,
    /// What has happened.
    pub tally: Tally,
    /// What happened, a line each: only where it is asked for.
    pub lines: Vec<String>,
    pub(crate) telling: bool,
    pub(crate) feeds: Vec<FeedNow>,
    pub(crate) kept: Vec<Vec<Kept>>,
    pub(crate) filed: Vec<Filed>,
    pub(crate) executed: Vec<PlacedOrder>,
}

/// How a walk ended.
pub struct Ended {
    /// What has happened.
    pub tally: Tally,
    /// What happened, a line each.
    pub lines: Vec<String>,
    /// The step that broke something, and what.
    pub violation: Option<(usize, Violation)>,
}

impl Stage {
    /// Takes steps in a copy of the stage.
    pub fn walk(&self, steps: &[Step]) -> Ended {
        self.walk_with(steps, false, |_, _| {})
    }

    /// The same and tells every step; `after` is called after each, with its number.
    pub fn walk_with(
        &self,
        steps: &[Step],
        telling: bool,
        mut after: impl FnMut(&mut Walk, usize),
    ) -> Ended {
        let mut walk = self.begin(telling);
        for (number, step) in steps.iter().enumerate() {
            let done = quietly(|| {
                walk.take(step);
                after(&mut walk, number);
            });
            walk.tally.steps += 1;
            if let Err(violation) = done {
                walk.say(format!("    -> {violation}"));
                return Ended {
                    tally: walk.tally,
                    lines: walk.lines,
                    violation: Some((number, violation)),
                };
            }
        }
        let left = quietly(|| walk.everybody_leaves()).err();
        if let Some(violation) = &left {
            walk.say(format!("    -> {violation}"));
        }
        Ended {
            tally: walk.tally,
            lines: walk.lines,
            violation: left.map(|violation| (steps.len().saturating_sub(1), violation)),
        }
    }
}

/// The violation of a walk told in the fewest steps, with what replays it.
pub fn story(stage: &Stage, seed: u64, steps: &[Step], ended: &Ended) -> String {
    let Some((at, violation)) = &ended.violation else {
        return String::new();
    };
    let breaks = |some: &[Step]| {
        let again = stage.walk(some).violation;
        again.is_some_and(|(_, found)| found.rule == violation.rule)
    };
    let taken = &steps[..=*at];
    let fewest = shrink::shrink(taken, ATTEMPTS, breaks);
    let told = stage.walk_with(&fewest, true, |_, _| {});
    let steps: Vec<String> = fewest.iter().map(|step| format!("  {step:?}")).collect();
    format!(
        "{violation}\n\nseed {seed}, step {at}; {} of {} steps are enough:\n  {}\n\nthe steps:\n{}\n\nreplay: cargo xtask soak --seed {seed} --seeds 1 --steps {}\n",
        fewest.len(),
        taken.len(),
        told.lines.join("\n  "),
        steps.join("\n"),
        at + 1,
    )
}

impl Walk {
    /// Adds a line to the story.
    pub(crate) fn say(&mut self, line: String) {
        if self.telling {
            self.lines.push(line);
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Waits(seconds) => self.waits(seconds),
            Step::Moves {
                slot,
                ppm,
                followed,
            } => self.moves(slot, ppm, followed),
            Step::Widens(slot, on) => self.widens(slot, on),
            Step::Darkens(slot, on) => self.darkens(slot, on),
            Step::Redeems(more) => self.redeems(more),
            Step::PoolAges => self.pool_ages(),
            Step::FreezesVault(slot, on) => self.freezes_vault(slot, on),
            Step::FreezesWallet(who, slot, on) => self.freezes_wallet(who, slot, on),
            Step::Drains(left) => self.drains(left),
            Step::BearsAnything => self.bears_anything(),
            Step::Keeps => self.keeps(),
            Step::Refreshes(slots) => self.refreshes(slots),
            Step::Syncs => self.syncs(),
            Step::Deposits(who, slot, much) => self.deposits(who, slot, much),
            Step::Withdraws(who, slot, much, borrow) => self.withdraws(who, slot, much, borrow),
            Step::Transfers(who, out, much) => self.transfers(who, out, much),
            Step::Chooses(who, second, model) => self.chooses(who, second, model),
            Step::Lends(who, slot, lend) => self.lends(who, slot, lend),
            Step::Names(who, daily) => self.names(who, daily),
            Step::Opens(who) => self.opens(who),
            Step::Closes(who) => self.closes(who),
            Step::Swaps {
                who,
                pays,
                receives,
                much,
                worse,
            } => self.swaps(who, (pays, receives), much, worse),
            Step::Trades {
                who,
                slot,
                buys,
                wish,
                second,
                by_delegate,
                at_once,
                drift,
            } => {
                let asker = orders::Asker {
                    who,
                    second,
                    by_delegate,
                };
                self.trades(asker, slot, buys, wish, at_once.then_some(drift));
            }
            Step::Executes(pick) => self.executes(pick),
            Step::Cancels(pick, by_owner) => self.cancels(pick, by_owner),
            Step::Asks(who, joins, much) => self.asks_pool(who, joins, much),
            Step::Ends(pick, waits) => self.ends_request(pick, waits),
            Step::Settles(pick) => self.settles(pick),
            Step::Calls(pick) => self.calls(pick),
            Step::Liquidates {
                pick,
                legs,
                part,
                keeper,
            } => self.liquidates(pick, legs, part, keeper),
            Step::SettlesBadDebt(pick, keeper) => self.settles_bad_debt(pick, keeper),
            Step::Finishes(pick) => self.finishes(pick),
            Step::Deleverages(slot) => self.deleverages(slot),
            Step::Assesses(pick) => self.assesses(pick),
            Step::Insures(much) => self.insures(much),
            Step::Announces(kind, pick, part) => self.announces(kind, pick, part),
            Step::Applies(pick, waits) => self.applies(pick, waits),
            Step::Revokes(pick, guardian) => self.revokes(pick, guardian),
            Step::Tightens(kind, pick, part) => self.tightens(kind, pick, part),
            Step::Collects(pick) => self.collects(pick),
            Step::Attacks(who, attack) => self.attacks(who, attack),
        }
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}
static HOOK: Once = Once::new();

/// Runs something; a panic, whosever, is a violation, and nothing is printed about it.
fn quietly(run: impl FnOnce()) -> Result<(), Violation> {
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let done = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(false);
    done.map_err(|payload| match payload.downcast::<Violation>() {
        Ok(violation) => *violation,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned().or_else(|| {
                payload
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
            });
            let what = text.unwrap_or_default();
            let first = what.split([':', '[']).next().unwrap_or_default().trim();
            Violation {
                rule: format!("panic ({first})"),
                what,
            }
        }
    })
}
