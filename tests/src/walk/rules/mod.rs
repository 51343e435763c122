//! What must be true after every accepted transaction, by subject: each rule names its number in
//! docs/invariants.md and is counted each time that it is asserted.

mod bystanders;
mod health;
mod indices;
mod ledgers;
mod model;
mod pool;

use super::act::Act;
use super::violated;
use crate::chain::{LiteChain, Receipt};
use crate::world::World;
use plimsoll::state::{Bank, MarginAccount, Market, Pool, RiskBook};
use solana_address::Address;
use std::collections::BTreeMap;

/// Rules that every walk must have asserted.
pub const RULES: [&str; 17] = [
    "INV-01 to 07, 20, 30",
    "INV-06",
    "INV-10 to 16, 31, 34, 38, 40, 45",
    "INV-17",
    "INV-18",
    "INV-21",
    "INV-22",
    "INV-25",
    "INV-27",
    "INV-29",
    "INV-30",
    "INV-32",
    "INV-39",
    "INV-41",
    "INV-44",
    "liquidations",
    "refusals change nothing",
];

/// How often each rule was asserted.
pub(super) type Checks = BTreeMap<&'static str, u64>;

/// Every account of the program, decoded.
pub(super) struct Sight {
    pub now: i64,
    pub book: Box<RiskBook>,
    pub accounts: BTreeMap<Address, Box<MarginAccount>>,
    pub banks: BTreeMap<u8, Box<Bank>>,
    pub markets: BTreeMap<u8, Box<Market>>,
    pub pool: Box<Pool>,
}

impl Sight {
    pub fn of(world: &World<LiteChain>) -> Self {
        let assets = &world.assets;
        let banks = assets.iter().filter(|asset| asset.has_bank);
        let markets = assets.iter().filter(|asset| asset.has_market);
        Self {
            now: world.now(),
            book: world.book(),
            accounts: world.open_margin_accounts().into_iter().collect(),
            banks: banks
                .map(|asset| (asset.slot, world.bank(asset.slot)))
                .collect(),
            markets: markets
                .map(|asset| (asset.slot, world.market(asset.slot)))
                .collect(),
            pool: world.pool(),
        }
    }
}

/// An accepted transaction, and what stood before and after it.
pub(super) struct Transition<'a> {
    pub act: &'a Act,
    pub before: &'a Sight,
    pub after: &'a Sight,
    pub receipt: &'a Receipt,
}

/// Asserts every rule.
pub(super) fn check(world: &World<LiteChain>, seen: &Transition<'_>, checks: &mut Checks) {
    ledgers::check(world, seen, checks);
    bystanders::check(seen, checks);
    indices::check(seen, checks);
    model::check(seen, checks);
    health::check(seen, checks);
    pool::check(seen, checks);
}

/// Counts a rule and asserts it.
fn rule(checks: &mut Checks, name: &'static str, holds: bool, what: impl FnOnce() -> String) {
    *checks.entry(name).or_default() += 1;
    if !holds {
        violated(name, what());
    }
}
