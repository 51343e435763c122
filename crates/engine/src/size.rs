//! Size, liquidity, open interest and concentration (F-8).
//!
//! A large exposure moves its market when it is closed. Its rate grows with the square root of its
//! size, and a square-root impact is added. Both need one root of the exposure: `refresh` stores the
//! slopes β/√n0 and Y·σ_day/√ADV per asset, and the exposure below which neither size nor root matters.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_ceil, Fixed, FRACTION_BITS};
use crate::math::{root_ceil, sqrt_floor};
use crate::model_rates::product_ceil;

/// Where the curve of size begins: 0.8, rounded up.
pub const SIZE_BASE: Fixed = Fixed::ratio(4, 5).next();
/// Y: impact in daily deviations when a whole day's volume is closed.
pub const IMPACT: Fixed = Fixed::ratio(7, 10);
/// √24, from a deviation per √hour to one of a day, rounded up.
pub const DAY_ROOT: Fixed = Fixed(1_378_940_136_605_772);

/// Binary digits of a slope: a billionth per root of a micro-dollar keeps ten digits.
const SLOPE_BITS: u32 = 64;

/// Binary digits that a product with a slope has more than a fraction.
const LOWER_BITS: u32 = SLOPE_BITS - FRACTION_BITS;
const LOWER: u64 = (1 << LOWER_BITS) - 1;
/// Below this many bits a slope times a root is plain 64-bit arithmetic.
const PLAIN_SLOPE_BITS: u32 = 46;

/// The root of an exposure with 32 significant bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Root {
    /// √(n · 4^scale), rounded up.
    mantissa: u64,
    scale: u32,
}

impl Root {
    #[inline]
    fn of_ceil(n: u64) -> Self {
        let (mantissa, scale) = root_ceil(n);
        Self { mantissa, scale }
    }

    /// slope · √n as a fraction, rounded up.
    #[inline]
    fn times_ceil(self, slope: u64) -> Result<Fixed> {
        if slope >> PLAIN_SLOPE_BITS != 0 {
            return self.times_steep_ceil(slope);
        }
        // Rounding up both quotients rounds up once. A mantissa of up to 2^32 times 16 and 30 bits.
        let low = self.mantissa.wrapping_mul(slope & LOWER);
        let high = self.mantissa.wrapping_mul(slope >> LOWER_BITS);
        let sum = high.wrapping_add(low.wrapping_add(LOWER) >> LOWER_BITS);
        let rest = (1u64 << (self.scale & 63)).wrapping_sub(1);
        to_fixed(sum.wrapping_add(rest) >> (self.scale & 63))
    }

    /// The same for any slope.
    #[cold]
    #[inline(never)]
    fn times_steep_ceil(self, slope: u64) -> Result<Fixed> {
        let shift = LOWER_BITS + self.scale;
        to_fixed(mul_shift_ceil(self.mantissa, slope, shift)?)
    }
}

fn to_fixed(raw: u64) -> Result<Fixed> {
    i64::try_from(raw)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}

/// What `refresh` stores of one asset for the terms of size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeTerms {
    /// β/√n0, n0 in micro-dollars, in 2^-64.
    pub slope: u64,
    /// Y · σ_day / √ADV, ADV in micro-dollars, in 2^-64; may be zero.
    pub impact: u64,
    /// Exposure in micro-dollars up to which size is 1.
    pub free: u64,
}

impl SizeTerms {
    /// No size and no liquidity term.
    pub const NONE: Self = Self {
        slope: 0,
        impact: 0,
        free: u64::MAX,
    };

    /// From β, n0 and ADV in micro-dollars, and σ of a day (F-3's deviation · √24).
    ///
    /// # Errors
    /// `DivisionByZero` for n0 or ADV of zero; `Overflow` for slopes from 1 per root of a micro-dollar.
    ///
    /// Source: F-8.
    pub fn new(beta: Fixed, n0: u64, daily_deviation: Fixed, daily_volume: u64) -> Result<Self> {
        let impact = product_ceil(IMPACT.next(), daily_deviation)?;
        let slope = slope_ceil(beta, n0)?;
        Ok(Self {
            slope,
            impact: slope_ceil(impact, daily_volume)?,
            free: free_floor(slope),
        })
    }

    /// size(n) = max(1, 0.8 + β·√(n/n0)), rounded up; n in micro-dollars.
    ///
    /// Source: F-8.
    pub fn size_ceil(&self, n: u64) -> Result<Fixed> {
        if n <= self.free {
            return Ok(Fixed::ONE);
        }
        self.size_at(Root::of_ceil(n))
    }

    /// liquidity(n) / n = Y · σ_day · √(n/ADV), rounded up; n in micro-dollars.
    ///
    /// Source: F-8.
    pub fn liquidity_ceil(&self, n: u64) -> Result<Fixed> {
        Root::of_ceil(n).times_ceil(self.impact)
    }

    /// size(n) and liquidity(n)/n with one root, both rounded up; none for 1 and 0. n in micro-dollars.
    ///
    /// Source: F-8.
    #[inline(always)]
    pub fn factors_ceil(&self, n: u64) -> Result<Option<(Fixed, Fixed)>> {
        if n == 0 || n <= self.free && self.impact == 0 {
            return Ok(None);
        }
        let root = Root::of_ceil(n);
        let size = if n <= self.free {
            Fixed::ONE
        } else {
            self.size_at(root)?
        };
        Ok(Some((size, root.times_ceil(self.impact)?)))
    }

    #[inline]
    fn size_at(&self, root: Root) -> Result<Fixed> {
        Ok(SIZE_BASE
            .plus(root.times_ceil(self.slope)?)?
            .max(Fixed::ONE))
    }
}

/// factor / √amount in 2^-64, rounded up.
fn slope_ceil(factor: Fixed, amount: u64) -> Result<u64> {
    if amount == 0 {
        return Err(EngineError::DivisionByZero);
    }
    // √(amount · 4^scale) has 32 bits; dividing by its floor rounds up.
    let scale = amount.leading_zeros() / 2;
    let root = sqrt_floor(amount << (2 * scale));
    let factor = u128::from(factor.0.unsigned_abs()) << (SLOPE_BITS - FRACTION_BITS + scale);
    u64::try_from(factor.div_ceil(u128::from(root))).map_err(|_| EngineError::Overflow)
}

/// The largest n with slope · √n ≤ 0.2, or a little less: (0.2/slope)².
pub fn free_floor(slope: u64) -> u64 {
    if slope == 0 {
        return u64::MAX;
    }
    // Two units of rounding in the curve, one in its root.
    let room = Fixed::ONE.0.abs_diff(SIZE_BASE.0).saturating_sub(2);
    let root = (u128::from(room) << (SLOPE_BITS - FRACTION_BITS)) / u128::from(slope);
    u64::try_from(root)
        .ok()
        .and_then(|root| root.checked_mul(root))
        .unwrap_or(u64::MAX)
}

/// β/√n0 in 2^-64, rounded up, and the exposure in micro-dollars up to which size is 1; without β, no
/// exposure grows its rate.
///
/// # Errors
/// `DivisionByZero` for n0 of zero beside a β; `Overflow` from 1 per root of a micro-dollar.
///
/// Source: F-8.
pub fn size_slope_ceil(beta: Fixed, n0: u64) -> Result<(u64, u64)> {
    if beta == Fixed::ZERO {
        return Ok((0, u64::MAX));
    }
    let slope = slope_ceil(beta, n0)?;
    Ok((slope, free_floor(slope)))
}

/// Y · √24 / √ADV in 2^-64, rounded up: the impact that a deviation of 1 per √hour makes. 0 for a
/// volume of zero, which stands for a token that is closed without a market.
///
/// Source: F-8.
pub fn impact_per_deviation_ceil(daily_volume: u64) -> Result<u64> {
    if daily_volume == 0 {
        return Ok(0);
    }
    slope_ceil(product_ceil(IMPACT.next(), DAY_ROOT)?, daily_volume)
}

/// [`SizeTerms::impact`] at a deviation per √hour, rounded up.
///
/// Source: F-8.
pub fn impact_ceil(per_deviation: u64, deviation: Fixed) -> Result<u64> {
    mul_shift_ceil(per_deviation, deviation.0.unsigned_abs(), FRACTION_BITS)
}

/// clamp((open interest − low)/(high − low), 0, 1), rounded up. Amounts in one unit, whichever.
///
/// # Errors
/// `DivisionByZero` unless low < high.
///
/// Source: F-8.
pub fn open_interest_share_ceil(open_interest: u64, low: u64, high: u64) -> Result<Fixed> {
    let span = high.checked_sub(low).filter(|span| *span > 0);
    let span = span.ok_or(EngineError::DivisionByZero)?;
    let above = open_interest.saturating_sub(low).min(span);
    let share = (u128::from(above) << FRACTION_BITS).div_ceil(u128::from(span));
    to_fixed(u64::try_from(share).map_err(|_| EngineError::Overflow)?)
}

/// base + (1 − base) · share, rounded up; for initial rates only. A base above 1 stays.
///
/// Source: F-8, the rule of dYdX.
pub fn open_interest_ceil(base: Fixed, share: Fixed) -> Result<Fixed> {
    if share == Fixed::ZERO {
        return Ok(base);
    }
    let rest = Fixed::ONE.minus(base)?.max(Fixed::ZERO);
    base.plus(product_ceil(rest, share)?)
}

/// min(1, cap/total), rounded down: the share of a deposit's initial value that counts while the bank
/// holds more than its cap. Amounts in one unit, whichever.
///
/// Source: F-8, the rule of Mango.
pub fn concentration_floor(cap: u64, total: u64) -> Fixed {
    if total <= cap {
        return Fixed::ONE;
    }
    let share = (u128::from(cap) << FRACTION_BITS) / u128::from(total);
    i64::try_from(share).map_or(Fixed::ONE, Fixed)
}
