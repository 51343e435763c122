//! Health at a glance: where an account stands between nothing and its line.

use plimsoll::health_gate::health_into;
use plimsoll::instructions::HealthReport;
use plimsoll::state::{MarginAccount, RiskBook};
use plimsoll_engine::requirement::Sums;
use serde::Serialize;

use crate::health::reading;
use crate::legs::legs;
use crate::view::text;

/// Parts of a whole.
const MILLION: u128 = 1_000_000;

/// Health in parts of a million: equity above the maintenance requirement over equity, 0 on the line and
/// below it, a million where nothing is required. Rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// Where the account stands.
    pub health: u32,
    /// Where it would stand at its call level.
    pub call: u32,
    /// Where it would stand with just the initial equity that it needs: it stands further right if and only
    /// if `free` is above zero.
    pub initial: u32,
    /// Positions' exposures, each by its size, over maintenance equity, in parts of a million, rounded down;
    /// none without equity.
    #[serde(with = "text::option")]
    pub leverage: Option<u64>,
    /// Initial equity beyond requirement and pending order, micro-dollars; negative is missing.
    #[serde(with = "text")]
    pub free: i64,
}

/// The bar of an account whose report is at hand.
///
/// # Errors
/// Those of the engine.
pub fn bar(
    book: &RiskBook,
    account: &MarginAccount,
    report: &HealthReport,
    now: i64,
) -> anchor_lang::Result<Bar> {
    let (equity, line) = (report.maintenance_equity, report.maintenance_requirement);
    let spoken_for = i64::try_from(report.pending_requirement).unwrap_or(i64::MAX);
    let free = report
        .initial_equity
        .saturating_sub(report.initial_requirement)
        .saturating_sub(spoken_for);
    Ok(Bar {
        health: if line == 0 && equity >= 0 {
            1_000_000
        } else {
            above(equity, line)
        },
        call: above(report.call_level, line),
        initial: above(equity.saturating_sub(free), line),
        leverage: leverage(book, account, equity, now)?,
        free,
    })
}

/// What of `level` lies above `line`, in parts of a million.
fn above(level: i64, line: i64) -> u32 {
    let part = u128::from(level.saturating_sub(line).max(0).unsigned_abs()) * MILLION;
    let whole = u128::from(level.max(0).unsigned_abs());
    u32::try_from(part.checked_div(whole).unwrap_or(0)).unwrap_or(0)
}

/// Σ of positions' exposures over `equity`.
fn leverage(
    book: &RiskBook,
    account: &MarginAccount,
    equity: i64,
    now: i64,
) -> anchor_lang::Result<Option<u64>> {
    let at = reading(book, now);
    let mut sums = Sums::default();
    let health = health_into(&at, account, &mut sums)?;
    let legs = legs(&at, account, (&health, &sums));
    let legs = legs.map_err(plimsoll::error::PlimsollError::from)?;
    let positions = legs
        .iter()
        .filter(|leg| matches!(leg.kind, "long" | "short"));
    let exposures = positions.map(|leg| u128::from(leg.exposure.unsigned_abs()));
    let whole = u128::from(equity.max(0).unsigned_abs());
    let parts = exposures
        .sum::<u128>()
        .saturating_mul(MILLION)
        .checked_div(whole);
    Ok(parts.map(|parts| u64::try_from(parts).unwrap_or(u64::MAX)))
}
