//! The gate: the one rule by which a change of an account is admitted.
//!
//! A change passes if the initial view is met afterwards, or if neither shortage has grown, both
//! measured on the same book and prices. There is no other notion of "reduce": closing one leg of a
//! hedge is a risk increase when it raises a shortage.

use crate::error::Result;
use crate::health::Health;
use crate::units::Base;

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// E_i < R_i afterwards and a shortage has grown.
    ShortageGrown,
    /// A position would change sign by the second clause.
    SignChanged,
    /// |base| would grow while E_m < R_m.
    GrownWhileLiquidatable,
    /// The breaker of the asset is active and a shortage has grown (F-14).
    Breaker,
}

/// The first clause alone: E_i ≥ R_i.
pub fn meets_initial(after: &Health) -> bool {
    after.initial.is_met()
}

/// The second clause for one changed position.
///
/// `breaker` says that the first clause was closed by a breaker of the changed asset.
pub fn worsens_nothing(
    before: &Health,
    after: &Health,
    base_before: Base,
    base_after: Base,
    breaker: bool,
) -> Result<Option<Refusal>> {
    let grown = after.initial.shortage()? > before.initial.shortage()?
        || after.maintenance.shortage()? > before.maintenance.shortage()?;
    if grown {
        return Ok(Some(if breaker {
            Refusal::Breaker
        } else {
            Refusal::ShortageGrown
        }));
    }
    if base_before.0.signum() * base_after.0.signum() < 0 {
        return Ok(Some(Refusal::SignChanged));
    }
    if !before.maintenance.is_met() && base_after.magnitude() > base_before.magnitude() {
        return Ok(Some(Refusal::GrownWhileLiquidatable));
    }
    Ok(None)
}
