//! Announced changes of parameters, and when they bite.

use anchor_lang::prelude::Pubkey;
use plimsoll::changes::{require_due, require_valid};
use plimsoll::error::PlimsollError;
use plimsoll::state::{Exchange, ParameterChange, Patch};
use serde::Serialize;

use crate::refusal::code_of;
use crate::view::text;

/// An announced change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeLine {
    /// Id chosen by the authority.
    #[serde(with = "text")]
    pub id: u64,
    /// What it changes, like `Scenario` or `ListBank`.
    pub kind: &'static str,
    /// Slot of the asset that it concerns alone, or number of the scenario.
    pub place: Option<u8>,
    /// When it was announced, unix seconds.
    #[serde(with = "text")]
    pub announced_at: i64,
    /// From when it can be applied, unix seconds.
    #[serde(with = "text")]
    pub earliest: i64,
    /// Until when that can begin, unix seconds.
    #[serde(with = "text")]
    pub latest: i64,
    /// `waiting`, `due`, `growing` (applied, and what it raises is on its way), `lapsed`, or `void` because
    /// what it changes has changed since.
    pub status: &'static str,
}

/// Views a change of the exchange at `key`.
pub fn change_view(
    exchange: &Exchange,
    key: Pubkey,
    change: &ParameterChange,
    now: i64,
) -> ChangeLine {
    let (kind, place) = named(&change.patch);
    ChangeLine {
        id: change.id,
        kind,
        place,
        announced_at: change.announced_at,
        earliest: change.earliest,
        latest: change.latest,
        status: status(exchange, key, change, now),
    }
}

fn status(exchange: &Exchange, key: Pubkey, change: &ParameterChange, now: i64) -> &'static str {
    if require_valid(exchange, key, change).is_err() {
        return "void";
    }
    if change.moved_at > 0 {
        return "growing";
    }
    match require_due(change, now) {
        Ok(()) => "due",
        Err(refusal) if code_of(&refusal) == Some(PlimsollError::ChangeNotDue.into()) => "waiting",
        Err(_) => "lapsed",
    }
}

const fn named(patch: &Patch) -> (&'static str, Option<u8>) {
    match patch {
        Patch::EndTightening { .. } => ("EndTightening", None),
        Patch::Exchange(_) => ("Exchange", None),
        Patch::Notices(_) => ("Notices", None),
        Patch::Guardian(_) => ("Guardian", None),
        Patch::Authority(_) => ("Authority", None),
        Patch::Pool(_) => ("Pool", None),
        Patch::ListAsset { slot, .. } => ("ListAsset", Some(*slot)),
        Patch::ListBank { slot, .. } => ("ListBank", Some(*slot)),
        Patch::ListMarket { slot, .. } => ("ListMarket", Some(*slot)),
        Patch::Scenario { index, .. } => ("Scenario", Some(*index)),
        Patch::Asset { slot, .. } => ("Asset", Some(*slot)),
        Patch::Bank { slot, .. } => ("Bank", Some(*slot)),
        Patch::Market { slot, .. } => ("Market", Some(*slot)),
    }
}
