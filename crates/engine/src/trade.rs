//! Execution against the pool: impact price, change of a position, change of the market's sums.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_ceil, mul_div_floor, Fixed, HalfReciprocal};
use crate::funding::FundingIndex;
use crate::position::Position;
use crate::price::PriceBand;
use crate::units::{Base, Quote};

/// What of a market decides an execution price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketTerms {
    /// Long minus short open interest in base atoms.
    pub skew: Base,
    /// Reciprocal of the market's scale.
    pub inverse: HalfReciprocal,
    /// Half spread as a fraction of the price.
    pub spread: Fixed,
}

/// A trade as it would be executed: nothing is written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Signed size: positive buys.
    pub size: Base,
    /// Execution price as a mantissa of the band.
    pub mantissa: u64,
    /// Quote paid (buy) or received (sell), in quote atoms, rounded against the taker.
    pub notional: u64,
}

/// Price of trading `size` against the pool (F-10).
///
/// P · (1 + (skew_before + skew_after)/(2 · scale)), then the worse of half spread and confidence
/// against the taker; every rounding is against the taker.
pub fn execute(terms: &MarketTerms, band: &PriceBand, size: Base) -> Result<Execution> {
    if size.0 == 0 {
        return Err(EngineError::ZeroSize);
    }
    execute_at_margin(terms, band, size, margin_ceil(terms, band)?)
}

/// [`execute`] with the margin of [`margin_ceil`], which does not depend on the size.
#[inline]
pub fn execute_at_margin(
    terms: &MarketTerms,
    band: &PriceBand,
    size: Base,
    margin: u64,
) -> Result<Execution> {
    let mantissa = execution_mantissa(terms, band, size, margin)?;
    let notional = if size.0 > 0 {
        band.value_ceil(size.magnitude(), mantissa)?
    } else {
        band.value_floor(size.magnitude(), mantissa)?
    };
    Ok(Execution {
        size,
        mantissa,
        notional,
    })
}

/// The worse of half spread and confidence as a mantissa of `band`, rounded up.
#[inline]
pub fn margin_ceil(terms: &MarketTerms, band: &PriceBand) -> Result<u64> {
    Ok(terms.spread.of_ceil(band.spot)?.max(band.confidence))
}

/// The execution price of `size` as a mantissa of `band`, rounded against the taker.
#[inline]
fn execution_mantissa(
    terms: &MarketTerms,
    band: &PriceBand,
    size: Base,
    margin: u64,
) -> Result<u64> {
    let skew_after = terms.skew.plus(size)?;
    let sum = terms.skew.plus(skew_after)?;
    let buys = size.0 > 0;
    let raises = sum.0 > 0;
    // A higher price is worse for a buyer, a lower one for a seller.
    let impact = if buys == raises {
        terms
            .inverse
            .fraction_ceil(sum.magnitude())?
            .of_ceil(band.spot)?
    } else {
        terms
            .inverse
            .fraction_floor(sum.magnitude())?
            .of_floor(band.spot)?
    };
    let moved = if raises {
        band.spot.checked_add(impact)
    } else {
        band.spot.checked_sub(impact)
    };
    let moved = moved.ok_or(EngineError::PriceOutOfRange)?;
    let price = if buys {
        moved.checked_add(margin)
    } else {
        moved.checked_sub(margin)
    };
    match price {
        Some(mantissa) if mantissa > 0 => Ok(mantissa),
        _ => Err(EngineError::PriceOutOfRange),
    }
}

/// A position after a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    /// The new position; realised profit and funding are in `unsettled`.
    pub position: Position,
    /// Profit that the part that closed has brought since it was opened, settled or not, without fees and
    /// funding.
    pub realised: Quote,
    /// Funding paid, negative for received.
    pub funding: Quote,
}

/// Applies an execution to a position at a funding index.
///
/// Funding is taken first, rounded up. The part against the position closes at its share of the cost, rounded so that
/// the realised profit is never too high; a remainder opens on the other side.
pub fn apply(position: &Position, execution: &Execution, index: &FundingIndex) -> Result<Traded> {
    let funding = position.due_ceil(index)?;
    let position = position.charged(funding)?;
    let size = execution.size;
    let flow = signed_notional(execution)?;
    let base = position.base.plus(size)?;
    let reduces = base.0.signum() * position.base.0.signum() > 0
        && base.magnitude() < position.base.magnitude();
    // What is left of a position was charged rounded up just now.
    let begun = if reduces {
        index.paid_ceil(base)?
    } else {
        index.paid_floor(base)?
    };
    let mut traded = Traded {
        position: Position {
            base,
            funding: begun,
            ..position
        },
        realised: Quote::ZERO,
        funding,
    };
    let after = &mut traded.position;
    let mut opening = flow;
    if position.base.0.signum() * size.0.signum() < 0 {
        let closed = position.base.magnitude().min(size.magnitude());
        let share = |total| part_of(total, closed, position.base.magnitude());
        let (cost, entry) = (share(position.cost)?, share(position.entry)?);
        let closing = part_of(flow, closed, size.magnitude())?;
        opening = flow.minus(closing)?;
        let received = Quote::ZERO.minus(closing)?;
        after.unsettled = after.unsettled.plus(received.minus(cost)?)?;
        after.cost = after.cost.minus(cost)?;
        after.entry = after.entry.minus(entry)?;
        traded.realised = received.minus(entry)?;
    }
    after.cost = after.cost.plus(opening)?;
    after.entry = after.entry.plus(opening)?;
    Ok(traded)
}

/// +notional for a buy, −notional for a sale.
fn signed_notional(execution: &Execution) -> Result<Quote> {
    let notional = Quote::from_magnitude(execution.notional)?;
    if execution.size.0 > 0 {
        Ok(notional)
    } else {
        notional.negated()
    }
}

/// `total · part/whole`, rounded up: of a cost less profit, of what is received less.
fn part_of(total: Quote, part: u64, whole: u64) -> Result<Quote> {
    if part == whole {
        return Ok(total);
    }
    let up = total.0 > 0;
    let share = if up {
        mul_div_ceil(total.magnitude(), part, whole)?
    } else {
        mul_div_floor(total.magnitude(), part, whole)?
    };
    signed(share, up)
}

fn signed(magnitude: u64, positive: bool) -> Result<Quote> {
    let quote = Quote::from_magnitude(magnitude)?;
    if positive {
        Ok(quote)
    } else {
        quote.negated()
    }
}

/// Open interest and cost sums of a market, which the pool's net asset value is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketSums {
    /// Σ base of longs.
    pub long_base: u64,
    /// Σ |base| of shorts.
    pub short_base: u64,
    /// Σ cost of longs.
    pub long_cost: Quote,
    /// Σ cost of shorts.
    pub short_cost: Quote,
    /// Σ unsettled of positions and of the credits that arose in this market.
    pub claims: Quote,
    /// Σ funding of positions: see [`Position::funding`].
    pub funding: Quote,
}

impl MarketSums {
    /// Long minus short open interest.
    pub fn skew(&self) -> Result<Base> {
        Base::from_magnitude(self.long_base)?.minus(Base::from_magnitude(self.short_base)?)
    }

    /// Drops what rounding has left of sides without positions: `open` of the epochs that run, `stale` of
    /// those before, longs first.
    pub fn forget_rounding(&mut self, open: [u32; 2], stale: [u32; 2]) {
        let [longs, shorts] = open;
        if longs == 0 {
            self.long_base = 0;
        }
        if shorts == 0 {
            self.short_base = 0;
        }
        if longs == 0 && stale[0] == 0 {
            self.long_cost = Quote::ZERO;
        }
        if shorts == 0 && stale[1] == 0 {
            self.short_cost = Quote::ZERO;
        }
        if open == [0, 0] && stale == [0, 0] {
            self.funding = Quote::ZERO;
        }
    }

    /// The sums after a position changed from `before` to `after`.
    pub fn moved(&self, before: &Position, after: &Position) -> Result<Self> {
        self.moved_from(before.base.0 < 0, before, after)
    }

    /// The same where `before` is said to be short or long: one of which a reduction has left no size still
    /// has its cost on its side.
    pub fn moved_from(&self, short: bool, before: &Position, after: &Position) -> Result<Self> {
        let mut sums = *self;
        sums.take(short, before)?;
        sums.put(after)?;
        Ok(sums)
    }

    fn take(&mut self, short: bool, position: &Position) -> Result<()> {
        let size = position.base.magnitude();
        if !short {
            self.long_base = self
                .long_base
                .checked_sub(size)
                .ok_or(EngineError::Overflow)?;
            self.long_cost = self.long_cost.minus(position.cost)?;
        } else {
            self.short_base = self
                .short_base
                .checked_sub(size)
                .ok_or(EngineError::Overflow)?;
            self.short_cost = self.short_cost.minus(position.cost)?;
        }
        self.claims = self.claims.minus(position.unsettled)?;
        self.funding = self.funding.minus(position.funding)?;
        Ok(())
    }

    fn put(&mut self, position: &Position) -> Result<()> {
        let size = position.base.magnitude();
        if position.base.0 >= 0 {
            self.long_base = self
                .long_base
                .checked_add(size)
                .ok_or(EngineError::Overflow)?;
            self.long_cost = self.long_cost.plus(position.cost)?;
        } else {
            self.short_base = self
                .short_base
                .checked_add(size)
                .ok_or(EngineError::Overflow)?;
            self.short_cost = self.short_cost.plus(position.cost)?;
        }
        self.claims = self.claims.plus(position.unsettled)?;
        self.funding = self.funding.plus(position.funding)?;
        Ok(())
    }
}

/// A fee on a notional, rounded up.
pub fn fee_ceil(notional: u64, rate: Fixed) -> Result<Quote> {
    Quote::from_magnitude(rate.of_ceil(notional)?)
}
