//! Settlement: results of trading become quote tokens, or a debt to the pool.

use crate::error::Result;
use crate::index::Index;
use crate::position::Position;
use crate::price::PriceBand;
use crate::units::Quote;

/// A position with its profit realised at the spot price: cost := value. Its entry stays.
pub fn realised_floor(position: &Position, band: &PriceBand) -> Result<Position> {
    let profit = position.unrealised_floor(band)?;
    Ok(Position {
        cost: position.cost.plus(profit)?,
        unsettled: position.unsettled.plus(profit)?,
        ..*position
    })
}

/// What settles an account's net result, and from what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Σ unsettled of all positions plus credit: positive is a claim on the pool.
    pub result: Quote,
    /// Debt to the pool in shares.
    pub debt_shares: u64,
    /// What the account's quote deposit can pay now, in atoms.
    pub deposit: u64,
    /// Cash of the pool that may be paid out: cash − pending losses, in atoms.
    pub payable: u64,
}

/// The outcome of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Quote moving from the pool to the account's deposit; negative moves the other way.
    pub to_account: Quote,
    /// Debt shares afterwards.
    pub debt_shares: u64,
    /// What remains of a claim, never negative.
    pub claim_left: Quote,
}

/// Settles: a claim first cancels debt to the pool, then is paid from cash; a negative result and
/// debt are paid from the deposit as far as it goes; what remains is debt to the pool.
pub fn settle(ledger: &Ledger, index: Index) -> Result<Settled> {
    let owed = Quote::from_magnitude(index.atoms_ceil(ledger.debt_shares)?)?;
    let net = ledger.result.minus(owed)?;
    if net.0 >= 0 {
        let paid = net.magnitude().min(ledger.payable);
        let paid = Quote::from_magnitude(paid)?;
        return Ok(Settled {
            to_account: paid,
            debt_shares: 0,
            claim_left: net.minus(paid)?,
        });
    }
    let paid = net.magnitude().min(ledger.deposit);
    let left = net.magnitude().saturating_sub(paid);
    let debt_shares = remaining_shares(ledger, left, owed, index)?;
    Ok(Settled {
        to_account: Quote::from_magnitude(paid)?.negated()?,
        debt_shares,
        claim_left: Quote::ZERO,
    })
}

/// Shares that owe `left` atoms: of an existing debt only what was really paid is cancelled, rounded
/// down, so that rounding never lowers a debt.
fn remaining_shares(ledger: &Ledger, left: u64, owed: Quote, index: Index) -> Result<u64> {
    if left == 0 {
        return Ok(0);
    }
    let before = owed.magnitude();
    if left <= before {
        let cancelled = index.shares_floor(before - left)?;
        return Ok(ledger.debt_shares.saturating_sub(cancelled));
    }
    let added = index.shares_ceil(left - before)?;
    ledger
        .debt_shares
        .checked_add(added)
        .ok_or(crate::EngineError::Overflow)
}
