//! Prices: one mantissa per side of the band, one shift for all of them.
//!
//! A band holds the four prices that health needs, each as micro-dollars per atom:
//! `value = (amount × mantissa) >> shift`. The spot mantissa lies in [2^62, 2^63), so a value has a
//! relative error far below 1e-9 for tokens of 0 to 12 decimals and prices from 1e-9 to 1e9 USD.
//!
//! | side | price | who uses it |
//! |---|---|---|
//! | `spot` | P | exposure, maintenance value of assets, marks |
//! | `asset_initial` | min(P − conf, EMA) | assets in the initial view |
//! | `liability_initial` | max(P + conf, EMA) | debts in the initial view |
//! | `liability_maintenance` | P + conf | debts in the maintenance view |

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_ceil, mul_shift_floor, Fixed};

/// Largest number of token decimals a price can be normalised for.
pub const MAX_DECIMALS: u8 = 12;
/// Smallest exponent of a feed.
pub const MIN_EXPONENT: i32 = -12;
/// Largest exponent of a feed.
pub const MAX_EXPONENT: i32 = 0;
/// After this many seconds without an accepted price an asset is worth nothing even in the
/// maintenance view.
pub const EXPIRY_SECONDS: i64 = 86_400;

/// Bits of a spot mantissa.
pub(crate) const SPOT_BITS: u32 = 63;
const USD_DECIMALS: i32 = 6;
/// Binary digits of the reciprocal of a mantissa in [2^62, 2^64): at most 2^63.
const INVERSE_BITS: u32 = 125;

/// What a feed reports, in units of 10^exponent dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OraclePrice {
    /// Price of one whole token, above zero.
    pub price: u64,
    /// Half width of the confidence interval.
    pub confidence: u64,
    /// Exponentially weighted mean of the price.
    pub ema: u64,
    /// Decimal exponent, [`MIN_EXPONENT`] to [`MAX_EXPONENT`].
    pub exponent: i32,
}

/// Four prices of one asset in micro-dollars per atom. See the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBand {
    /// P, in [2^62, 2^63).
    pub spot: u64,
    /// min(P − conf, EMA).
    pub asset_initial: u64,
    /// max(P + conf, EMA); an EMA above twice the spot counts as twice the spot.
    pub liability_initial: u64,
    /// P + conf.
    pub liability_maintenance: u64,
    /// Confidence.
    pub confidence: u64,
    /// EMA, at most twice the spot.
    pub ema: u64,
    /// Right shift after the product with an amount.
    pub shift: u32,
}

impl PriceBand {
    /// Normalises a feed's price for a token of `decimals`.
    ///
    /// # Errors
    /// `DecimalsOutOfRange`; `PriceOutOfRange` for a price of zero, an exponent outside the range, or
    /// a price above 2^63.
    pub fn new(feed: OraclePrice, decimals: u8) -> Result<Self> {
        if decimals > MAX_DECIMALS {
            return Err(EngineError::DecimalsOutOfRange);
        }
        if feed.price == 0
            || feed.price > i64::MAX.unsigned_abs()
            || !(MIN_EXPONENT..=MAX_EXPONENT).contains(&feed.exponent)
        {
            return Err(EngineError::PriceOutOfRange);
        }
        let scale = Scale::new(
            feed.price,
            feed.exponent + USD_DECIMALS - i32::from(decimals),
        )?;
        let spot = scale.mantissa(feed.price)?;
        let cap = spot.saturating_mul(2).saturating_sub(1);
        let confidence = scale.mantissa(feed.confidence.min(feed.price))?;
        let ema = scale
            .mantissa(feed.ema.min(feed.price.saturating_mul(2)))?
            .min(cap);
        let above = spot.saturating_add(confidence);
        Ok(Self {
            spot,
            asset_initial: spot.saturating_sub(confidence).min(ema),
            liability_initial: above.max(ema),
            liability_maintenance: above,
            confidence,
            ema,
            shift: scale.shift,
        })
    }

    /// Micro-dollars of `atoms` at a mantissa of this band, rounded down.
    #[inline]
    pub fn value_floor(&self, atoms: u64, mantissa: u64) -> Result<u64> {
        mul_shift_floor(atoms, mantissa, self.shift)
    }

    /// Micro-dollars of `atoms` at a mantissa of this band, rounded up.
    #[inline]
    pub fn value_ceil(&self, atoms: u64, mantissa: u64) -> Result<u64> {
        mul_shift_ceil(atoms, mantissa, self.shift)
    }

    /// The market's price of what is owed: P, but for a token whose P is what it redeems for, where that is
    /// less.
    #[inline]
    pub fn owed(&self) -> u64 {
        let market = self.liability_maintenance.saturating_sub(self.confidence);
        market.max(self.spot)
    }

    /// The reciprocal of a mantissa of this band, for amounts from values.
    ///
    /// # Errors
    /// `PriceOutOfRange` for a mantissa below 2^62, which the spot never is.
    pub fn inverse_floor(&self, mantissa: u64) -> Result<AtomsPerUsd> {
        if mantissa < 1 << (SPOT_BITS - 1) {
            return Err(EngineError::PriceOutOfRange);
        }
        let inverse = (1u128 << INVERSE_BITS) / u128::from(mantissa);
        let mantissa = u64::try_from(inverse).map_err(|_| EngineError::PriceOutOfRange)?;
        let shift = INVERSE_BITS
            .checked_sub(self.shift)
            .ok_or(EngineError::PriceOutOfRange)?;
        Ok(AtomsPerUsd { mantissa, shift })
    }

    /// |P − EMA| as a fraction of the EMA is above `limit`; a limit given in decimals is met at
    /// equality (F-14).
    pub fn diverges_from_ema(&self, limit: Fixed) -> Result<bool> {
        Ok(self.spot.abs_diff(self.ema) > limit.next().of_ceil(self.ema)?)
    }

    /// The confidence is above `limit` of the spot price; a limit given in decimals is met at equality
    /// (F-14).
    pub fn wider_than(&self, limit: Fixed) -> Result<bool> {
        Ok(self.confidence > limit.next().of_ceil(self.spot)?)
    }
}

/// The unit in which prices of one asset are compared over time: one that never changes, where the
/// shift of mantissas does. The first price fixes it at 43 significant bits, so that prices may rise
/// and fall by 2^20 from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceUnit {
    /// Shift of the first price.
    pub shift: u32,
}

impl PriceUnit {
    const HEADROOM: u32 = 20;

    /// A spot mantissa with its shift in this unit, truncated: at least 23 significant bits. Nothing
    /// for a price outside the range.
    pub fn price_of(self, spot: u64, shift: u32) -> Option<u64> {
        let down = (Self::HEADROOM + shift).checked_sub(self.shift)?;
        (down <= 2 * Self::HEADROOM).then(|| spot >> down)
    }
}

/// Atoms per micro-dollar: the reciprocal of a price, kept so that an amount costs one multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtomsPerUsd {
    mantissa: u64,
    shift: u32,
}

impl AtomsPerUsd {
    /// Atoms that `value` micro-dollars buy, rounded down; never more than the exact quotient, and
    /// less by at most one atom in 2^61.
    #[inline]
    pub fn atoms_floor(&self, value: u64) -> Result<u64> {
        mul_shift_floor(value, self.mantissa, self.shift)
    }
}

/// The common factor that turns a feed's integers into mantissas.
struct Scale {
    left: u32,
    right: u32,
    multiplier: u64,
    divisor: u64,
    shift: u32,
}

impl Scale {
    /// Chosen so that `price` becomes a mantissa in [2^62, 2^63).
    fn new(price: u64, decimal_exponent: i32) -> Result<Self> {
        let power = 10u64
            .checked_pow(decimal_exponent.unsigned_abs())
            .ok_or(EngineError::PriceOutOfRange)?;
        let (multiplier, divisor) = if decimal_exponent < 0 {
            (1, power)
        } else {
            (power, 1)
        };
        let exact = u128::from(price) * u128::from(multiplier);
        // Bits of the quotient when the dividend is shifted to the top.
        let room = exact.leading_zeros();
        let quotient = (exact << room) / u128::from(divisor);
        let surplus = (128 - quotient.leading_zeros()).saturating_sub(SPOT_BITS);
        let (left, right) = (room, surplus);
        let shift = i64::from(left) - i64::from(right);
        let shift = u32::try_from(shift).map_err(|_| EngineError::PriceOutOfRange)?;
        Ok(Self {
            left,
            right,
            multiplier,
            divisor,
            shift,
        })
    }

    fn mantissa(&self, amount: u64) -> Result<u64> {
        let exact = u128::from(amount) * u128::from(self.multiplier);
        if exact.leading_zeros() < self.left {
            // At most twice the price: one bit more than the price itself has.
            let half = (exact << (self.left - 1)) / u128::from(self.divisor);
            return u64::try_from(half >> (self.right - 1))
                .map_err(|_| EngineError::PriceOutOfRange);
        }
        let scaled = (exact << self.left) / u128::from(self.divisor);
        u64::try_from(scaled >> self.right).map_err(|_| EngineError::PriceOutOfRange)
    }
}

/// How far an asset's price may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// Fresh and narrow.
    Live,
    /// Stale or wide: the initial view counts assets as nothing and debts at the price moved against
    /// the account; the maintenance view keeps the last accepted price.
    Unpriceable,
    /// No accepted price for [`EXPIRY_SECONDS`]: the maintenance view too counts assets as nothing.
    Expired,
}

/// The quality of a price of `age` seconds when the initial view accepts up to `max_age`.
///
/// `too_wide` is confidence above twice the asset's maximum (F-14).
pub fn quality(age: i64, max_age: i64, too_wide: bool) -> Quality {
    if age > EXPIRY_SECONDS {
        Quality::Expired
    } else if age > max_age || too_wide {
        Quality::Unpriceable
    } else {
        Quality::Live
    }
}
