//! How near many accounts are to their line.

use plimsoll::health_gate::health_into;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, RiskBook};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::requirement::Sums;
use serde::Serialize;

use crate::explain::margin_ratio;
use crate::legs::legs;
use crate::view::text;

/// Where an account stands; money in micro-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// 0 healthy, 1 strained, 2 called, 3 liquidatable, 4 bankrupt.
    pub state: u8,
    /// 0 Standard, 1 Portfolio, 2 Isolated.
    pub model: u8,
    /// Maintenance equity.
    #[serde(with = "text")]
    pub equity: i64,
    /// Maintenance requirement.
    #[serde(with = "text")]
    pub requirement: i64,
    /// Equity over requirement; none without a requirement.
    pub margin_ratio: Option<f64>,
    /// When the account was called, 0 if it is not.
    #[serde(with = "text")]
    pub called_at: i64,
    /// When it was first observed as liquidatable, 0 if it was not.
    #[serde(with = "text")]
    pub liquidatable_since: i64,
    /// The leg of the largest exposure.
    pub largest: Option<Largest>,
}

/// A leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Largest {
    /// Slot of the book.
    pub slot: u8,
    /// `deposit`, `debt`, `long`, `short`, `claim` or `quote`.
    pub kind: &'static str,
    /// Signed exposure at spot.
    #[serde(with = "text")]
    pub exposure: i64,
}

/// Where an account stands at `now`, with the ages for reading.
///
/// # Errors
/// Those of the engine.
pub fn standing(
    book: &RiskBook,
    account: &MarginAccount,
    now: i64,
) -> anchor_lang::Result<Standing> {
    let limit = AgeLimit::Other;
    let at = BookAt { book, now, limit };
    let mut sums = Sums::default();
    let health = health_into(&at, account, &mut sums)?;
    let rest = || -> plimsoll_engine::Result<_> {
        let legs = legs(&at, account, (&health, &sums))?;
        let largest = legs.iter().max_by_key(|leg| leg.exposure.unsigned_abs());
        let largest = largest.map(|leg| Largest {
            slot: leg.slot,
            kind: leg.kind,
            exposure: leg.exposure,
        });
        Ok((health.state(Fixed(book.call_level))?, largest))
    };
    let (state, largest) = rest().map_err(plimsoll::error::PlimsollError::from)?;
    Ok(Standing {
        state: state.code(),
        model: account.model,
        equity: health.maintenance.equity.0,
        requirement: health.maintenance.requirement.0,
        margin_ratio: margin_ratio(&health.maintenance),
        called_at: account.called_at,
        liquidatable_since: account.liquidatable_since,
        largest,
    })
}
