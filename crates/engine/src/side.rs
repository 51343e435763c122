//! One side of a market that is reduced as a whole (deleveraging, F-13).
//!
//! A reduction closes the same part of every position of a side at one price. No position is touched: the
//! side says what part of what was opened is still open, and what closing the rest has paid per base atom
//! that was opened. An account keeps what it opened (*as kept*); everything else is worked out with the
//! position as it stands (*as held*).
//!
//! When next to nothing would be left, everything is closed and an epoch ends. Positions kept in it have a
//! result and no size; of that, where it is a profit, a loss that nobody else can bear takes a share.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_ceil, mul_div_floor, mul_shift_ceil, mul_shift_floor, Fixed};
use crate::funding::FundingIndex;
use crate::position::Position;
use crate::units::{Base, Quote};

const PART_BITS: u32 = 63;
const WHOLE: u64 = 1 << PART_BITS;
/// An epoch ends where less than this of what was opened would be left: a 1,024th.
const LEAST_OPEN: u64 = WHOLE >> 10;

/// Where a side stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Part of what was opened in the epoch that is closed again, in 2^-63, below 1.
    pub closed: u64,
    /// What reductions of the epoch have paid per base atom opened, less funding, quote atoms in the unit of
    /// the funding index.
    pub cash: i64,
    /// The same at the end of the epoch before.
    pub last_cash: i64,
    /// Share that a loss has taken of profits of the epoch before, 0 to 1.
    pub last_loss: Fixed,
    /// Counts complete reductions.
    pub epoch: u32,
}

/// A side after a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// The side.
    pub side: Side,
    /// Base atoms that are still open, rounded up.
    pub left: u64,
}

impl Side {
    /// A position as it stands, from what is kept of it. One of the epoch before has no size, and its result
    /// in cost and funding.
    ///
    /// # Errors
    /// `StaleEpoch` for a position of an older epoch.
    #[inline]
    pub fn open_floor(&self, kept: &Position, unit: &FundingIndex) -> Result<Position> {
        if self.leaves_as_kept(kept) || kept.base.0 == 0 {
            return Ok(*kept);
        }
        self.reduced_floor(kept, unit)
    }

    /// Whether no reduction has changed a position of this side since it was kept.
    #[inline]
    pub fn leaves_as_kept(&self, kept: &Position) -> bool {
        self.is_whole() && kept.epoch == self.epoch
    }

    /// Base atoms of a position of this side that are still open.
    ///
    /// # Errors
    /// As [`Self::open_floor`].
    pub fn size_floor(&self, kept: &Position) -> Result<u64> {
        let (open, _) = self.part_and_cash(kept)?;
        mul_shift_floor(kept.base.magnitude(), open, PART_BITS)
    }

    /// Whether nothing of what was opened in the epoch is closed again.
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.closed == 0 && self.cash == 0
    }

    #[cold]
    #[inline(never)]
    fn reduced_floor(&self, kept: &Position, unit: &FundingIndex) -> Result<Position> {
        let (open, cash) = self.part_and_cash(kept)?;
        let part = |amount: i64| -> Result<i64> {
            let part = mul_shift_floor(amount.unsigned_abs(), open, PART_BITS)?;
            let part = Quote::from_magnitude(part)?.0;
            Ok(if amount < 0 { -part } else { part })
        };
        Ok(Position {
            base: Base(part(kept.base.0)?),
            cost: kept.cost.minus(paid_floor(kept.base, cash, unit.shift)?)?,
            entry: Quote(part(kept.entry.0)?),
            epoch: self.epoch,
            ..*kept
        })
    }

    /// The part of a position that is open, and what reductions have paid per atom of it.
    fn part_and_cash(&self, kept: &Position) -> Result<(u64, i64)> {
        if kept.epoch == self.epoch {
            Ok((self.open_part(), self.cash))
        } else if kept.epoch.wrapping_add(1) == self.epoch {
            Ok((0, self.last_cash))
        } else {
            Err(EngineError::StaleEpoch)
        }
    }

    /// A position as its account has it: as it stands, or the claim that is left of it.
    ///
    /// # Errors
    /// As [`Self::open_floor`].
    #[inline]
    pub fn held_floor(&self, kept: &Position, unit: &FundingIndex) -> Result<Position> {
        let open = self.open_floor(kept, unit)?;
        if open.base.0 != 0 || kept.base.0 == 0 {
            return Ok(open);
        }
        Ok(Position {
            unsettled: self.claim_floor(kept, &open)?,
            ..Position::default()
        })
    }

    /// The result of a position without size, its share of a loss taken off.
    fn claim_floor(&self, kept: &Position, open: &Position) -> Result<Quote> {
        let result = open.unsettled.minus(open.cost)?.plus(open.funding)?;
        if result.0 <= 0 || kept.epoch == self.epoch {
            return Ok(result);
        }
        let lost = self.last_loss.of_ceil(result.magnitude())?;
        result.minus(Quote::from_magnitude(lost)?)
    }

    /// What a loss takes of a position, zero but for a profit of the epoch before.
    pub fn cut_ceil(&self, kept: &Position, unit: &FundingIndex) -> Result<Quote> {
        let open = self.open_floor(kept, unit)?;
        if open.base.0 != 0 || kept.base.0 == 0 {
            return Ok(Quote::ZERO);
        }
        let result = open.unsettled.minus(open.cost)?.plus(open.funding)?;
        result.minus(self.claim_floor(kept, &open)?)
    }

    /// What an account keeps of a position as it stands: [`Self::open_floor`] gives it back, its entry but
    /// for rounding.
    ///
    /// # Errors
    /// `Overflow` for a size beyond 2^53 on a side of which little is left open.
    pub fn kept(&self, open: &Position, unit: &FundingIndex) -> Result<Position> {
        let epoch = if open.base.0 == 0 { 0 } else { self.epoch };
        if self.is_whole() || open.base.0 == 0 {
            return Ok(Position { epoch, ..*open });
        }
        let part = self.open_part();
        let base = Base::from_magnitude(mul_div_ceil(open.base.magnitude(), WHOLE, part)?)?;
        let base = if open.base.0 < 0 {
            base.negated()?
        } else {
            base
        };
        let entry = Quote::from_magnitude(mul_div_floor(open.entry.magnitude(), WHOLE, part)?)?;
        Ok(Position {
            base,
            cost: open.cost.plus(paid_floor(base, self.cash, unit.shift)?)?,
            entry: if open.entry.0 < 0 {
                entry.negated()?
            } else {
                entry
            },
            epoch,
            ..*open
        })
    }

    /// Closes `size` of `base` atoms of the side at `price`, in the unit of the funding index, at which the
    /// index stands. All of it where next to nothing would be left: then the epoch ends, with `loss` as the
    /// share of its profits that nobody can pay.
    ///
    /// # Errors
    /// `ZeroSize` for a size of nothing or above the base.
    pub fn reduced(
        &self,
        size: u64,
        base: u64,
        price: i64,
        index: &FundingIndex,
    ) -> Result<Reduced> {
        if size == 0 || size > base {
            return Err(EngineError::ZeroSize);
        }
        let open = self.open_part();
        let after = mul_div_floor(open, base - size, base)?;
        let ends = after < LEAST_OPEN;
        let after = if ends { 0 } else { after };
        let net = Quote(price).minus(Quote(index.units))?;
        let gained = mul_shift_floor(open - after, net.magnitude(), PART_BITS)?;
        let gained = Quote::from_magnitude(gained)?;
        let cash = if net.0 < 0 {
            Quote(self.cash).minus(gained)?
        } else {
            Quote(self.cash).plus(gained)?
        };
        if ends {
            let side = Self {
                last_cash: cash.0,
                epoch: self.epoch.wrapping_add(1),
                ..Self::default()
            };
            return Ok(Reduced { side, left: 0 });
        }
        let side = Self {
            closed: WHOLE - after,
            cash: cash.0,
            ..*self
        };
        let left = mul_div_ceil(base, after, open)?;
        Ok(Reduced { side, left })
    }

    /// Part of what was opened that is still open.
    fn open_part(&self) -> u64 {
        WHOLE - self.closed.min(WHOLE - 1)
    }
}

/// base · cash, rounded down.
fn paid_floor(base: Base, cash: i64, shift: u32) -> Result<Quote> {
    let (size, cash_size) = (base.magnitude(), cash.unsigned_abs());
    if (base.0 < 0) == (cash < 0) {
        Quote::from_magnitude(mul_shift_floor(size, cash_size, shift)?)
    } else {
        Quote::from_magnitude(mul_shift_ceil(size, cash_size, shift)?)?.negated()
    }
}

/// A price as a mantissa of a band, in the unit of a funding index, rounded down; 2^62 at most.
pub fn price_in_units_floor(mantissa: u64, band_shift: u32, unit: &FundingIndex) -> Result<i64> {
    let down = band_shift.checked_sub(unit.shift);
    let down = down.ok_or(EngineError::PriceOutOfRange)?;
    Ok(Quote::from_magnitude(mul_shift_floor(mantissa, 1, down)?)?.0)
}
