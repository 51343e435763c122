//! Funding of a perpetual market: what longs pay shorts and the pool per unit of base (F-10).
//!
//! One index a market says what a long of one base atom would have paid since the market began; a short
//! receives the same. A position keeps what it would have paid up to its last change; the difference is
//! due, rounded up. The pool is everybody's counterparty: it gets what the larger side pays more than the
//! smaller receives, and all roundings.

use crate::error::Result;
use crate::fixed::{mul_shift_ceil, mul_shift_floor, Fixed, HalfReciprocal};
use crate::price::{PriceBand, SPOT_BITS};
use crate::units::{Base, Quote};

/// Bits of a price in the index's unit when funding begins: a second at 0.1% a day is some ten thousand
/// units, and the price can grow ten-thousand-fold.
const PRICE_BITS: u32 = 40;
/// Fraction bits of [`gain_per_second`].
const GAIN_BITS: u32 = 8;
/// Where a price in units stops to raise the gain.
const MOST_PRICE: u64 = i64::MAX as u64;
const DAY_SECONDS: u64 = 86_400;

/// Quote atoms per base atom that a long has paid since the market began, negative for received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FundingIndex {
    /// The index in 2^-`shift`.
    pub units: i64,
    /// Its fraction bits, for good.
    pub shift: u32,
}

impl FundingIndex {
    /// Of a market without funding.
    pub const NONE: Self = Self { units: 0, shift: 0 };

    /// Zero, in a unit in which `band`'s price has [`PRICE_BITS`] bits.
    pub fn beginning_at(band: &PriceBand) -> Self {
        Self {
            units: 0,
            shift: band.shift.saturating_sub(SPOT_BITS - PRICE_BITS),
        }
    }

    /// The index after `seconds` at a constant [`gain_per_second`], rounded down; linear between two writes
    /// of the book. It stops at the ends of its range rather than stop every instruction.
    #[inline(never)]
    pub fn after(self, gain: i64, seconds: i64) -> Self {
        if gain == 0 || seconds <= 0 {
            return self;
        }
        // 63 bits; and half of the range is far beyond any price.
        let fits = gain.unsigned_abs() < 1 << 40 && seconds < 1 << 23;
        if !fits || self.units.unsigned_abs() > 1 << 62 {
            return self.far_after(gain, seconds);
        }
        let gained = gain.wrapping_mul(seconds) >> GAIN_BITS;
        Self {
            units: self.units.wrapping_add(gained),
            ..self
        }
    }

    #[cold]
    #[inline(never)]
    fn far_after(self, gain: i64, seconds: i64) -> Self {
        let gained = gain.saturating_mul(seconds) >> GAIN_BITS;
        Self {
            units: self.units.saturating_add(gained),
            ..self
        }
    }

    /// What a position of `base` opened at index zero would have paid, rounded up: against who pays and who
    /// receives alike.
    ///
    /// # Errors
    /// `Overflow` beyond 2^63 quote atoms.
    #[inline]
    pub fn paid_ceil(&self, base: Base) -> Result<Quote> {
        // Most markets have none, most of the time.
        if self.units == 0 || base.0 == 0 {
            return Ok(Quote::ZERO);
        }
        let (size, units) = (base.magnitude(), self.units.unsigned_abs());
        if (base.0 > 0) == (self.units > 0) {
            Quote::from_magnitude(mul_shift_ceil(size, units, self.shift)?)
        } else {
            Quote::from_magnitude(mul_shift_floor(size, units, self.shift)?)?.negated()
        }
    }

    /// The same rounded down: what is taken as paid by a position that begins now.
    ///
    /// # Errors
    /// As [`Self::paid_ceil`].
    pub fn paid_floor(&self, base: Base) -> Result<Quote> {
        self.paid_ceil(base.negated()?)?.negated()
    }
}

/// What the index gains a second in 2^-8 units, towards zero: P · clamp(skew/scale, ±1) · `daily`/86,400.
///
/// Longs pay while the skew is long.
///
/// # Errors
/// `Overflow` for rates beyond those of a listed market.
///
/// Source: F-10.
pub fn gain_per_second(
    band: &PriceBand,
    skew: Base,
    inverse: HalfReciprocal,
    daily: Fixed,
    shift: u32,
) -> Result<i64> {
    let doubled = skew.magnitude().saturating_mul(2);
    let share = inverse.fraction_floor(doubled).unwrap_or(Fixed::ONE);
    let share = share.min(Fixed::ONE);
    let down = band.shift.saturating_sub(shift);
    let price = mul_shift_floor(band.spot, 1 << GAIN_BITS, down).unwrap_or(MOST_PRICE);
    let price = price.min(MOST_PRICE);
    let daily = daily.of_floor(share.of_floor(price)?)?;
    let gain = Quote::from_magnitude(daily / DAY_SECONDS)?.0;
    Ok(if skew.0 < 0 { -gain } else { gain })
}
