//! The pool: counterparty of all markets, and what a share of it is worth.

use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::fixed::{mul_div_floor, Fixed, HalfReciprocal};
use crate::funding::FundingIndex;
use crate::index::Index;
use crate::position::signed_value_floor;
use crate::price::PriceBand;
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
/// Claims + net unrealised profit at the band end − funding due + accrued fees + P·skew²/(2·scale); rounded
/// down at [`Side::High`], up at [`Side::Low`].
pub fn market_liability(
    sums: &MarketSums,
    accrued: Quote,
    asset: &AssetView,
    inverse: HalfReciprocal,
    side: Side,
) -> Result<Quote> {
    let fixed = fixed_liability(sums, accrued, &asset.funding, side)?;
    fixed.plus(priced_liability(sums.skew()?, asset, inverse, side)?)
}

/// The part of [`market_liability`] that no price changes: claims − costs − funding due + accrued fees.
pub fn fixed_liability(
    sums: &MarketSums,
    accrued: Quote,
    funding: &FundingIndex,
    side: Side,
) -> Result<Quote> {
    let skew = sums.skew()?;
    let paid = match side {
        Side::High => funding.paid_ceil(skew)?,
        Side::Low => funding.paid_floor(skew)?,
    };
    let costs = sums.long_cost.plus(sums.short_cost)?;
    let due = paid.minus(sums.funding)?;
    sums.claims.minus(costs)?.minus(due)?.plus(accrued)
}

/// The rest of it: the value of the net skew at the band end + P·skew²/(2·scale).
pub fn priced_liability(
    skew: Base,
    asset: &AssetView,
    inverse: HalfReciprocal,
    side: Side,
) -> Result<Quote> {
    let band = &asset.band;
    let low_price = (skew.0 >= 0) == (side == Side::High);
    let mantissa = if low_price {
        band.asset_initial
    } else {
        band.liability_initial
    };
    let value = match side {
        Side::High => Quote(signed_value_floor(skew, band, mantissa)?),
        Side::Low => Quote(signed_value_floor(skew.negated()?, band, mantissa)?).negated()?,
    };
    value.plus(skew_potential(skew, asset, inverse, side)?)
}

/// P·skew²/(2·scale): what closing the skew returns to the traders; rounded as the liability is.
fn skew_potential(
    skew: Base,
    asset: &AssetView,
    inverse: HalfReciprocal,
    side: Side,
) -> Result<Quote> {
    let (size, band) = (skew.magnitude(), &asset.band);
    let atoms = match side {
        Side::High => {
            let value = band.value_floor(size, band.spot)?;
            inverse.fraction_floor(size)?.of_floor(value)?
        }
        Side::Low => {
            let value = band.value_ceil(size, band.spot)?;
            inverse.fraction_ceil(size)?.of_ceil(value)?
        }
    };
    Quote::from_magnitude(atoms)
}

/// Net asset value: cash + debt of accounts with interest − liabilities − pending losses, in quote atoms.
///
/// `liabilities` is the sum of [`market_liability`] over all markets. Debt counts in full, rounded up at
/// [`Side::High`] and down at [`Side::Low`]: what of it nobody will pay is a pending loss.
pub fn net_asset_value(
    ledger: &PoolLedger,
    index: Index,
    liabilities: Quote,
    side: Side,
) -> Result<Quote> {
    let debt = match side {
        Side::High => index.atoms_ceil(ledger.debt_shares)?,
        Side::Low => index.atoms_floor(ledger.debt_shares)?,
    };
    value_without_debt(ledger, liabilities)?.plus(Quote::from_magnitude(debt)?)
}

/// [`net_asset_value`] without the debt of accounts: what the pool has in hand.
pub fn value_without_debt(ledger: &PoolLedger, liabilities: Quote) -> Result<Quote> {
    Quote::from_magnitude(ledger.cash)?
        .minus(ledger.claims)?
        .minus(liabilities)?
        .minus(Quote::from_magnitude(ledger.pending_loss)?)
}

/// What the pool has in hand beyond its stress, in quote atoms; 0 where it falls short, and no more than its
/// cash: what traders have lost and not paid yet pays nobody.
///
/// `liabilities` at [`Side::Low`], `stress` the sum of [`stress_ceil`] over all markets.
pub fn free_value(ledger: &PoolLedger, liabilities: Quote, stress: u64) -> Result<u64> {
    let free = value_without_debt(ledger, liabilities)?.minus(Quote::from_magnitude(stress)?)?;
    let cash = ledger.cash.saturating_sub(ledger.pending_loss);
    Ok(free.positive_part().magnitude().min(cash))
}

/// What the pool loses on a market's net exposure in the worst case, in quote atoms, rounded up:
/// |skew| · P · the largest move against the pool in any scenario, at least the initial rate.
///
/// Markets do not offset each other: a sum of these is at least the loss in any one scenario, and
/// reducing one market's skew can never raise it. The change of P·skew²/(2·scale) is left out.
pub fn stress_ceil<B: BookView>(book: &B, slot: u8, band: &PriceBand, skew: Base) -> Result<u64> {
    if skew.0 == 0 {
        return Ok(0);
    }
    // Where traders are net long the pool is short: it loses when the price rises.
    let rises = skew.0 > 0;
    let rates = book.risk(slot)?.rates;
    let least = if rises {
        rates.initial_short
    } else {
        rates.initial_long
    };
    let mut worst = 0;
    for scenario in 0..book.scenarios() {
        let shock = i32::from(book.shock(scenario, slot));
        worst = worst.max(if rises { shock } else { -shock });
    }
    let worst = Fixed::from_bps(worst.unsigned_abs()).max(least);
    worst.of_ceil(band.value_ceil(skew.magnitude(), band.spot)?)
}

/// How much stress orders in one market may still add, in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// What is left of it.
    pub left: u64,
    /// What it was when it was granted.
    pub granted: u64,
}

impl Headroom {
    /// Headroom after the market's stress went from `before` to `after`: more of it is taken off, less of
    /// it given back up to what was granted. None where there is too little.
    pub fn after(self, before: u64, after: u64) -> Option<Self> {
        let left = if after > before {
            self.left.checked_sub(after - before)?
        } else {
            self.left.saturating_add(before - after).min(self.granted)
        };
        Some(Self { left, ..self })
    }
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

/// Quote atoms for `shares` of `total_shares`, rounded down.
///
/// # Errors
/// `PoolInsolvent` at a net asset value of zero or less.
pub fn withdrawal_floor(shares: u64, total_shares: u64, value: Quote) -> Result<u64> {
    if value.0 <= 0 {
        return Err(EngineError::PoolInsolvent);
    }
    mul_div_floor(value.magnitude(), shares, total_shares)
}
