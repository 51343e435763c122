//! The pool: counterparty of all markets, and what a share of it is worth.

use crate::error::{EngineError, Result};
use crate::exposure::AssetView;
use crate::fixed::HalfReciprocal;
use crate::index::Index;
use crate::position::signed_value_floor;
use crate::shares::bought_shares_floor;
use crate::trade::MarketSums;
use crate::units::{Base, Quote};

/// The first deposit is at least this many quote atoms.
pub const FIRST_DEPOSIT: u64 = 1_000_000_000;
/// Shares of the first deposit that belong to nobody, so that a share's price cannot be inflated.
pub const DEAD_SHARES: u64 = 1_000_000;

/// Which end of the band a value is taken at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The pool looks richest: against a depositor.
    High,
    /// The pool looks poorest: against a withdrawal.
    Low,
}

/// The pool's own ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolLedger {
    /// Quote atoms in the vault that belong to the pool.
    pub cash: u64,
    /// Debt of accounts to the pool in shares of the borrow index.
    pub debt_shares: u64,
    /// Claims already paid that the markets' sums still contain, negative of them.
    pub claims: Quote,
    /// Losses recorded and not yet covered.
    pub pending_loss: u64,
}

/// What one market owes its traders and the fund ledgers, as the pool sees it.
///
/// Claims + net unrealised profit at the band end − funding due + accrued fees + P·skew²/(2·scale).
pub fn market_liability(
    sums: &MarketSums,
    accrued: Quote,
    asset: &AssetView,
    inverse: HalfReciprocal,
    side: Side,
) -> Result<Quote> {
    let skew = sums.skew()?;
    let band = &asset.band;
    let low_price = (skew.0 >= 0) == (side == Side::High);
    let mantissa = if low_price {
        band.asset_initial
    } else {
        band.liability_initial
    };
    let value = Quote(signed_value_floor(skew, band, mantissa)?);
    let unrealised = value.minus(sums.long_cost)?.minus(sums.short_cost)?;
    let potential = skew_potential_floor(skew, asset, inverse)?;
    let due = asset.funding.paid_ceil(skew)?.minus(sums.funding)?;
    let owed = sums.claims.plus(unrealised)?.minus(due)?;
    owed.plus(accrued)?.plus(potential)
}

/// P·skew²/(2·scale): what closing the skew returns to the traders, rounded down.
fn skew_potential_floor(skew: Base, asset: &AssetView, inverse: HalfReciprocal) -> Result<Quote> {
    let value = asset.band.value_floor(skew.magnitude(), asset.band.spot)?;
    Quote::from_magnitude(inverse.fraction_floor(skew.magnitude())?.of_floor(value)?)
}

/// Net asset value: cash + debt of accounts − liabilities − pending losses, in quote atoms.
///
/// `liabilities` is the sum of [`market_liability`] over all markets.
pub fn net_asset_value(ledger: &PoolLedger, index: Index, liabilities: Quote) -> Result<Quote> {
    let debt = Quote::from_magnitude(index.atoms_ceil(ledger.debt_shares)?)?;
    Quote::from_magnitude(ledger.cash)?
        .plus(debt)?
        .minus(ledger.claims)?
        .minus(liabilities)?
        .minus(Quote::from_magnitude(ledger.pending_loss)?)
}

/// A deposit into the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDeposit {
    /// Shares the depositor receives.
    pub minted: u64,
    /// All shares afterwards, dead shares included.
    pub total_shares: u64,
}

/// Shares for `atoms`, rounded down; the first deposit leaves [`DEAD_SHARES`] behind.
///
/// # Errors
/// `DepositTooSmall` below [`FIRST_DEPOSIT`] for the first or for less than one share,
/// `PoolInsolvent` at a net asset value of zero or less, for the first below zero.
pub fn deposit_floor(atoms: u64, total_shares: u64, value: Quote) -> Result<PoolDeposit> {
    if total_shares == 0 {
        if value.0 < 0 {
            return Err(EngineError::PoolInsolvent);
        }
        if atoms < FIRST_DEPOSIT {
            return Err(EngineError::DepositTooSmall);
        }
        return Ok(PoolDeposit {
            minted: atoms - DEAD_SHARES,
            total_shares: atoms,
        });
    }
    if value.0 <= 0 {
        return Err(EngineError::PoolInsolvent);
    }
    let minted = bought_shares_floor(atoms, total_shares, value.magnitude())?;
    let total_shares = total_shares
        .checked_add(minted)
        .ok_or(EngineError::Overflow)?;
    Ok(PoolDeposit {
        minted,
        total_shares,
    })
}
