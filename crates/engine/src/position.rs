//! A perpetual position: size, cost, and what trading it has earned so far.
//!
//! Signs: `base` and `cost` are positive for a long (paid) and negative for a short (received). The
//! unrealised profit at price P is `base × P − cost`. `unsettled` is profit already realised against
//! the pool and not yet paid in the quote token; funding is taken from it at every change.

use crate::error::Result;
use crate::funding::FundingIndex;
use crate::price::PriceBand;
use crate::units::{Base, Quote};

/// One position, as an account keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Size; zero when only a claim is left.
    pub base: Base,
    /// Quote paid (positive) or received (negative) for `base`.
    pub cost: Quote,
    /// Realised result not yet settled.
    pub unsettled: Quote,
    /// Quote paid (positive) or received (negative) for `base` when it was opened: what `cost` was before
    /// settlements wrote it anew. The entry price is entry/base.
    pub entry: Quote,
    /// Funding that `base` would have paid since the market began, up to the last change.
    pub funding: Quote,
    /// Epoch of its side in which it was last changed: see [`crate::side`].
    pub epoch: u32,
}

impl Position {
    /// Just opened, in a market without funding.
    pub const fn opened(base: Base, cost: Quote) -> Self {
        Self {
            base,
            cost,
            unsettled: Quote::ZERO,
            entry: cost,
            funding: Quote::ZERO,
            epoch: 0,
        }
    }

    /// Signed value at the spot price, rounded towards minus infinity.
    #[inline]
    pub fn value_floor(&self, band: &PriceBand) -> Result<i64> {
        signed_value_floor(self.base, band, band.spot)
    }

    /// Unrealised profit at the spot price in quote atoms, rounded towards minus infinity.
    pub fn unrealised_floor(&self, band: &PriceBand) -> Result<Quote> {
        Quote(self.value_floor(band)?).minus(self.cost)
    }

    /// Funding due since the last change: positive is to be paid, rounded up.
    #[inline]
    pub fn due_ceil(&self, index: &FundingIndex) -> Result<Quote> {
        index.paid_ceil(self.base)?.minus(self.funding)
    }

    /// The position with funding up to `index` taken from its unsettled result (F-10).
    #[inline(never)]
    pub fn funded(&self, index: &FundingIndex) -> Result<Self> {
        self.charged(self.due_ceil(index)?)
    }

    /// The position with `due` of funding taken from its unsettled result.
    #[inline]
    pub fn charged(&self, due: Quote) -> Result<Self> {
        if due == Quote::ZERO {
            return Ok(*self);
        }
        Ok(Self {
            unsettled: self.unsettled.minus(due)?,
            funding: self.funding.plus(due)?,
            ..*self
        })
    }

    /// Nothing is held and nothing is owed.
    pub fn is_empty(&self) -> bool {
        let epoch = self.epoch;
        *self
            == Self {
                epoch,
                ..Self::default()
            }
    }
}

/// Signed micro-dollars of `base` at `mantissa`, rounded towards minus infinity: against a long's
/// value and against a short's debt alike.
#[inline]
pub fn signed_value_floor(base: Base, band: &PriceBand, mantissa: u64) -> Result<i64> {
    if base.0 >= 0 {
        Ok(Quote::from_magnitude(band.value_floor(base.magnitude(), mantissa)?)?.0)
    } else {
        Ok(
            Quote::from_magnitude(band.value_ceil(base.magnitude(), mantissa)?)?
                .negated()?
                .0,
        )
    }
}
