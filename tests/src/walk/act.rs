//! One transaction of the walk: sent, told, counted, and held against every rule.

use super::rules::{self, Sight, Transition};
use super::{violated, Walk};
use crate::chain::{Failure, LiteChain, Receipt};
use crate::world::World;
use solana_address::Address;
use solana_transaction::{InstructionError, TransactionError};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a transaction is, for the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Act {
    /// Instruction.
    pub name: &'static str,
    /// Margin accounts it may change; `None` where an attack may have named any.
    pub touches: Option<Vec<Address>>,
    /// The account whose gate it passes.
    pub gated: Option<Address>,
    /// The account it liquidates, or whose bad debt it settles.
    pub subject: Option<Address>,
    /// Asset slot of what it trades.
    pub slot: Option<u8>,
    /// It is meant to be refused; by numbers out of range or accounts that do not fit, too.
    pub hostile: bool,
}

impl Act {
    /// An instruction that changes no margin account.
    pub fn of(name: &'static str) -> Self {
        Self {
            name,
            touches: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// One that changes these.
    pub fn on(name: &'static str, keys: &[Address]) -> Self {
        Self {
            touches: Some(keys.to_vec()),
            ..Self::of(name)
        }
    }

    /// With the account that passes the gate.
    pub fn gated(self, key: Address) -> Self {
        Self {
            gated: Some(key),
            ..self
        }
    }

    /// With the account it is about.
    pub fn about(self, key: Address) -> Self {
        Self {
            subject: Some(key),
            ..self
        }
    }

    /// With the market it trades in.
    pub fn trading(self, slot: u8) -> Self {
        Self {
            slot: Some(slot),
            ..self
        }
    }

    /// By somebody who should not succeed.
    pub fn hostile(self) -> Self {
        Self {
            hostile: true,
            ..self
        }
    }
}

/// What came of a transaction.
pub(crate) type Outcome = Result<Receipt, Failure>;

/// Errors that no honest transaction may meet: what they would let through is a bug elsewhere.
const NEVER: [&str; 9] = [
    "MathOverflow",
    "DivisionByZero",
    "ExchangeUnbound",
    "BookInvariant",
    "AccountInvariant",
    "PoolInvariant",
    "MarketInvariant",
    "BankInvariant",
    "OrderInvariant",
];
/// SPL Token's error for a frozen account.
const FROZEN: u32 = 17;

/// Instructions that move tokens: no other may be stopped by a frozen vault or wallet.
const MOVES_TOKENS: [&str; 9] = [
    "collect_fees",
    "deposit",
    "donate",
    "fund_insurance",
    "pool_execute",
    "pool_request",
    "swap_begin",
    "swap_end",
    "withdraw",
];

impl Walk {
    /// Sends, holds against the rules, counts and tells.
    pub(crate) fn attempt(
        &mut self,
        act: &Act,
        said: &str,
        send: impl FnOnce(&mut World<LiteChain>) -> Outcome,
    ) -> Outcome {
        let before = Sight::of(&self.world);
        let outcome = send(&mut self.world);
        match &outcome {
            Ok(receipt) => {
                self.say(format!("{said}: done"));
                self.tally.accept(act.name, receipt);
                let after = Sight::of(&self.world);
                let transition = Transition {
                    act,
                    before: &before,
                    after: &after,
                    receipt,
                };
                rules::check(&self.world, &transition, &mut self.tally.checks);
            }
            Err(failure) => {
                let name = error_name(failure);
                self.say(format!("{said}: refused, {name}"));
                self.tally.refuse(&name);
                // That nothing has changed is asserted where it was sent.
                *self
                    .tally
                    .checks
                    .entry("refusals change nothing")
                    .or_default() += 1;
                require_known(act, failure, &name);
            }
        }
        outcome
    }
}

/// A refusal is by a pinned code, and not by a panic or a check of the program on itself.
fn require_known(act: &Act, failure: &Failure, name: &str) {
    let panicked = failure.logs.iter().any(|line| line.contains("panicked"));
    let broken = match &failure.error {
        TransactionError::InstructionError(_, error) => matches!(
            error,
            InstructionError::ProgramFailedToComplete
                | InstructionError::ComputationalBudgetExceeded
                | InstructionError::UnbalancedInstruction
                | InstructionError::ExternalAccountDataModified
                | InstructionError::ReadonlyDataModified
                | InstructionError::ReadonlyLamportChange
                | InstructionError::AccountBorrowFailed
                | InstructionError::AccountBorrowOutstanding
        ),
        _ => !act.hostile,
    };
    if panicked || broken {
        violated("no panic", format!("{}: {failure}", act.name));
    }
    let ours = failure.code.is_some_and(|code| codes().contains_key(&code));
    let frozen = failure.code == Some(FROZEN);
    if frozen && !MOVES_TOKENS.contains(&act.name) {
        violated(
            "nothing frozen stands in the way",
            format!("{}: {failure}", act.name),
        );
    }
    if !act.hostile && !ours && !frozen {
        violated("pinned codes", format!("{}: {failure}", act.name));
    }
    if !act.hostile && NEVER.contains(&name) {
        violated("no inner check", format!("{}: {failure}", act.name));
    }
}

/// Name of the error of a failure.
pub(crate) fn error_name(failure: &Failure) -> String {
    match failure.code {
        Some(code) => codes()
            .get(&code)
            .cloned()
            .unwrap_or_else(|| format!("code {code}")),
        None => format!("{:?}", failure.error),
    }
}

/// Pinned codes of the program.
fn codes() -> &'static BTreeMap<u32, String> {
    static CODES: OnceLock<BTreeMap<u32, String>> = OnceLock::new();
    CODES.get_or_init(|| {
        let text = include_str!("../../fixtures/error_codes.txt");
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines
            .map(|(code, name)| (code.parse().expect("a number"), name.to_owned()))
            .collect()
    })
}
