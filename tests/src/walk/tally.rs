//! What a walk, or many, have been through.

use crate::chain::Receipt;
use crate::params::USDC;
use plimsoll::events::{
    BadDebtSettled, Deleveraged, Liquidated, OrderCancelled, OrderExecuted, OrderLapsed,
    OrderRefused, PoolExecuted, PoolRefused, ShortfallRecorded,
};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The program is not an exchange.
const CODE: &str = "moves code and no account of an exchange";

/// Instructions that the walk leaves out, and why.
pub const NOT_WALKED: [(&str, &str); 13] = [
    ("create_exchange", "makes another exchange"),
    ("launch", "one-way: refused once launched"),
    ("list_asset", "refused once launched"),
    ("list_bank", "sets the stage; after launch its cases list"),
    ("list_market", "sets the stage; after launch its cases list"),
    ("list_scenario", "refused once launched"),
    ("accept_code_authority", CODE),
    ("announce_upgrade", CODE),
    ("apply_upgrade", CODE),
    ("cancel_upgrade", CODE),
    ("close_buffer", CODE),
    ("hand_over_code", CODE),
    ("propose_code_authority", CODE),
];

/// Instructions that the walk calls.
pub const WALKED: [&str; 30] = [
    "announce_change",
    "apply_change",
    "assess",
    "call_margin",
    "cancel_change",
    "cancel_order",
    "close_account",
    "collect_fees",
    "deleverage",
    "deposit",
    "execute_order",
    "fund_insurance",
    "liquidate",
    "open_account",
    "place_order",
    "pool_execute",
    "pool_price",
    "pool_request",
    "refresh",
    "set_delegate",
    "set_lending",
    "set_model",
    "settle",
    "settle_bad_debt",
    "swap_begin",
    "swap_end",
    "sync",
    "tighten",
    "transfer",
    "withdraw",
];

/// Counts.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Steps taken.
    pub steps: u64,
    /// Seeds walked.
    pub seeds: u64,
    /// Accepted transactions by instruction.
    pub accepted: BTreeMap<&'static str, u64>,
    /// Refused transactions by error.
    pub refused: BTreeMap<String, u64>,
    /// What came about, by name.
    pub happened: BTreeMap<&'static str, u64>,
    /// Faults by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// Attacks by name, all of them refused or without effect.
    pub attacks: BTreeMap<&'static str, u64>,
    /// Times that each rule was asserted.
    pub checks: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn accept(&mut self, name: &'static str, receipt: &Receipt) {
        *self.accepted.entry(name).or_default() += 1;
        let mut happened = |what, count: usize| {
            if count > 0 {
                *self.happened.entry(what).or_default() += count as u64;
            }
        };
        happened("liquidations", receipt.events::<Liquidated>().len());
        happened("orders executed", receipt.events::<OrderExecuted>().len());
        happened("orders refused", receipt.events::<OrderRefused>().len());
        happened("orders lapsed", receipt.events::<OrderLapsed>().len());
        happened("orders cancelled", receipt.events::<OrderCancelled>().len());
        happened(
            "pool requests executed",
            receipt.events::<PoolExecuted>().len(),
        );
        happened(
            "pool requests returned",
            receipt.events::<PoolRefused>().len(),
        );
        happened(
            "shortfalls recorded",
            receipt.events::<ShortfallRecorded>().len(),
        );
        happened(
            "bad debts settled",
            receipt.events::<BadDebtSettled>().len(),
        );
        let borne = receipt.events::<BadDebtSettled>();
        for told in &borne {
            let unpaid = told
                .borne
                .iter()
                .filter(|loss| loss.owed > loss.insurance + loss.bought);
            let of_lenders = unpaid.clone().filter(|loss| loss.lenders > 0);
            happened("losses of lenders", of_lenders.count());
            let pools = unpaid.filter(|loss| loss.slot == USDC && loss.lenders == 0);
            happened("losses of the pool", pools.count());
        }
        let reduced = receipt.events::<Deleveraged>();
        happened("deleveragings", reduced.len());
        happened(
            "deleveragings that cost winners",
            reduced.iter().filter(|told| told.lost > 0).count(),
        );
    }

    pub(crate) fn refuse(&mut self, error: &str) {
        *self.refused.entry(error.to_owned()).or_default() += 1;
    }

    pub(crate) fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }

    pub(crate) fn attack(&mut self, name: &'static str) {
        *self.attacks.entry(name).or_default() += 1;
    }

    /// How often something happened.
    pub fn times(&self, what: &str) -> u64 {
        self.happened.get(what).copied().unwrap_or(0)
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.seeds += other.seeds;
        for (error, count) in &other.refused {
            *self.refused.entry(error.clone()).or_default() += count;
        }
        let lists = [
            (&mut self.accepted, &other.accepted),
            (&mut self.happened, &other.happened),
            (&mut self.faults, &other.faults),
            (&mut self.attacks, &other.attacks),
            (&mut self.checks, &other.checks),
        ];
        for (own, others) in lists {
            for (name, count) in others {
                *own.entry(name).or_default() += count;
            }
        }
    }

    /// Everything as a table.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let sum = |list: &BTreeMap<&'static str, u64>| list.values().sum::<u64>();
        let refused: u64 = self.refused.values().sum();
        let _ = writeln!(
            text,
            "{} steps from {} seeds; {} transactions accepted, {refused} refused; {} faults, {} attacks, {} checks",
            self.steps,
            self.seeds,
            sum(&self.accepted),
            sum(&self.faults),
            sum(&self.attacks),
            sum(&self.checks),
        );
        let mut part = |title: &str, rows: Vec<(String, u64)>| {
            let _ = writeln!(text, "\n{title}");
            for (name, count) in rows {
                let _ = writeln!(text, "  {count:>10}  {name}");
            }
        };
        let rows = |list: &BTreeMap<&'static str, u64>| {
            list.iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect::<Vec<_>>()
        };
        part("accepted", rows(&self.accepted));
        part("happened", rows(&self.happened));
        let refused = self.refused.iter();
        part(
            "refused",
            refused
                .map(|(name, count)| (name.clone(), *count))
                .collect(),
        );
        part("faults", rows(&self.faults));
        part("attacks", rows(&self.attacks));
        part("asserted", rows(&self.checks));
        text
    }
}
