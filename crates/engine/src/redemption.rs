//! Liquid-staking tokens: worth what the market pays or what they redeem for, whichever is less.
//!
//! A holder who wants the underlying waits for it, so a market price below redemption is a loss he
//! would take today; one above redemption is what a thin market says and nobody owes.

use core::cmp::Ordering;

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_floor, mul_shift_floor, mul_wide, Fixed, FRACTION_BITS};
use crate::price::{PriceBand, SPOT_BITS};

/// Atoms of the underlying that an atom of the token redeems for, rounded down: what a stake pool
/// holds in atoms of the underlying over the supply of its token.
///
/// # Errors
/// `DivisionByZero` for a supply of zero; `PriceOutOfRange` for a rate of zero or above 32,768.
pub fn redemption_rate_floor(held: u64, supply: u64) -> Result<Fixed> {
    let rate = match mul_div_floor(held, Fixed::ONE.0.unsigned_abs(), supply) {
        Err(EngineError::Overflow) => return Err(EngineError::PriceOutOfRange),
        other => other?,
    };
    match i64::try_from(rate) {
        Ok(rate) if rate > 0 => Ok(Fixed(rate)),
        _ => Err(EngineError::PriceOutOfRange),
    }
}

/// The band of a token that redeems for `rate` atoms of `underlying` each, tokens of the same decimals.
///
/// What counts as an asset, `spot` and `asset_initial`, is the less of the token's own price and `rate`
/// times the same price of the underlying, rounded down to 63 bits. What is owed, the confidence and the
/// EMA stay those of the token's own feed. Where the spot is a new one, so is the shift of all prices.
///
/// # Errors
/// `PriceOutOfRange` for a rate that is not positive, an underlying without a price, and a token whose
/// own prices do not fit beside its redemption value: they always fit up to twice of it, from four times
/// on never.
pub fn capped_floor(band: &PriceBand, underlying: &PriceBand, rate: Fixed) -> Result<PriceBand> {
    let redeemed = Redeemed::of_floor(underlying, rate)?;
    // A spot has 63 bits: the larger shift is the lower price.
    let order = band.shift.cmp(&redeemed.shift);
    let order = order.then(redeemed.spot.cmp(&band.spot));
    if order != Ordering::Less {
        let room = band.shift.saturating_sub(redeemed.shift);
        let most = raised(redeemed.asset_initial, room).unwrap_or(u64::MAX);
        return Ok(PriceBand {
            asset_initial: band.asset_initial.min(most),
            ..*band
        });
    }
    let rise = redeemed.shift.saturating_sub(band.shift);
    let own = |mantissa| raised(mantissa, rise).ok_or(EngineError::PriceOutOfRange);
    Ok(PriceBand {
        spot: redeemed.spot,
        asset_initial: own(band.asset_initial)?.min(redeemed.asset_initial),
        liability_initial: own(band.liability_initial)?,
        liability_maintenance: own(band.liability_maintenance)?,
        confidence: own(band.confidence)?,
        ema: own(band.ema)?,
        shift: redeemed.shift,
    })
}

/// What a token redeems for at two prices of its underlying, in micro-dollars per atom.
struct Redeemed {
    /// At the spot, in [2^62, 2^63).
    spot: u64,
    /// At the initial price of an asset, at most `spot`.
    asset_initial: u64,
    /// Right shift of both.
    shift: u32,
}

impl Redeemed {
    fn of_floor(underlying: &PriceBand, rate: Fixed) -> Result<Self> {
        let spot = underlying.spot;
        if spot.leading_zeros() != u64::BITS - SPOT_BITS || rate <= Fixed::ZERO {
            return Err(EngineError::PriceOutOfRange);
        }
        let rate = rate.0.unsigned_abs();
        let (high, low) = mul_wide(spot, rate);
        let bits = match high {
            0 => u64::BITS - low.leading_zeros(),
            _ => 2 * u64::BITS - high.leading_zeros(),
        };
        // At least 0: the spot alone has 63 bits.
        let surplus = bits.saturating_sub(SPOT_BITS);
        let shift = (underlying.shift + FRACTION_BITS).checked_sub(surplus);
        Ok(Self {
            spot: mul_shift_floor(spot, rate, surplus)?,
            asset_initial: mul_shift_floor(underlying.asset_initial, rate, surplus)?,
            shift: shift.ok_or(EngineError::PriceOutOfRange)?,
        })
    }
}

/// `mantissa · 2^by`; nothing where it does not fit.
fn raised(mantissa: u64, by: u32) -> Option<u64> {
    if mantissa == 0 {
        return Some(0);
    }
    (by <= mantissa.leading_zeros()).then(|| mantissa << by)
}
