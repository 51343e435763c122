//! Other prices than the book's, and the price of one asset at which an account becomes liquidatable.
//!
//! A price is a count of units of the asset's own mantissa, so that the price found is exact: the
//! account is not liquidatable at it and is one unit further. Everything in a band moves by the same
//! factor, against the account where it has to be rounded; rates, correlations and scenarios in force
//! stay as they are. Beyond 2^63 units a mantissa is shifted, and a unit is as many times larger.

use plimsoll::state::AssetSlot;
use plimsoll_engine::exposure::{AccountView, BookView, WithAsset};
use plimsoll_engine::fixed::{mul_div_ceil, mul_div_floor};
use plimsoll_engine::health::{assess, Purpose};
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::{EngineError, Result};

/// Bits of a mantissa.
const MANTISSA_BITS: u32 = 63;
/// Prices up to so many times the present one are looked at.
pub const MOST_RISE: u32 = 64;
/// First steps of a search: a whole number that divides the way down.
const STEPS: u128 = 64;
/// Parts that a whole move has.
const MILLION: i64 = 1_000_000;

/// The band with its spot at `units` of the present mantissa.
///
/// # Errors
/// A price of zero, or one that no mantissa holds.
pub fn moved(band: &PriceBand, units: u128) -> Result<PriceBand> {
    let excess = (128 - units.leading_zeros()).saturating_sub(MANTISSA_BITS);
    let spot = u64::try_from(units >> excess).map_err(|_| EngineError::PriceOutOfRange)?;
    let shift = band.shift.checked_sub(excess);
    if spot == 0 || band.spot == 0 {
        return Err(EngineError::PriceOutOfRange);
    }
    let down = |mantissa| mul_div_floor(mantissa, spot, band.spot);
    let up = |mantissa| mul_div_ceil(mantissa, spot, band.spot);
    Ok(PriceBand {
        spot,
        asset_initial: down(band.asset_initial)?,
        liability_initial: up(band.liability_initial)?,
        liability_maintenance: up(band.liability_maintenance)?,
        confidence: up(band.confidence)?,
        ema: down(band.ema)?,
        shift: shift.ok_or(EngineError::PriceOutOfRange)?,
    })
}

/// `units` moved by `parts` of a million, rounded down.
///
/// # Errors
/// `PriceOutOfRange` for a move to nothing or below.
pub fn by_parts(units: u64, parts: i64) -> Result<u128> {
    let factor = MILLION.checked_add(parts).filter(|factor| *factor > 0);
    let factor = factor.ok_or(EngineError::PriceOutOfRange)?;
    Ok(u128::from(units) * u128::from(factor.unsigned_abs()) / u128::from(MILLION.unsigned_abs()))
}

/// Moves the price of an asset in a copy of its book by `parts` of a million.
///
/// # Errors
/// As [`moved`] and [`by_parts`].
pub fn move_asset(asset: &mut AssetSlot, parts: i64) -> Result<()> {
    let band = moved(&asset.band(), by_parts(asset.spot, parts)?)?;
    asset.spot = band.spot;
    asset.asset_initial = band.asset_initial;
    asset.liability_initial = band.liability_initial;
    asset.liability_maintenance = band.liability_maintenance;
    asset.confidence = band.confidence;
    asset.ema = band.ema;
    asset.price_shift = band.shift;
    Ok(())
}

/// Which way a price moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It falls.
    Down,
    /// It rises.
    Up,
}

/// Whether the account is liquidatable with the asset at `units`, others fixed.
///
/// # Errors
/// What the engine refuses.
pub fn is_liquidatable<B: BookView, A: AccountView>(
    book: &B,
    account: &A,
    slot: u8,
    units: u128,
) -> Result<bool> {
    let mut asset = book.asset(slot)?;
    asset.band = moved(&asset.band, units)?;
    let changed = WithAsset { book, slot, asset };
    Ok(!assess(&changed, account, Purpose::Trade)?
        .maintenance
        .is_met())
}

/// The last price of the asset, in units, at which the account is not liquidatable, if the next one in
/// this way makes it so; none where no price does up to [`MOST_RISE`] times the present, or where it is
/// liquidatable already.
///
/// The way is searched in steps first, so that an account that is liquidatable between two prices only
/// is found unless it is so within one step.
///
/// # Errors
/// What the engine refuses at the present price.
pub fn liquidation_units<B: BookView, A: AccountView>(
    book: &B,
    account: &A,
    slot: u8,
    way: Way,
) -> Result<Option<u128>> {
    let spot = u128::from(book.asset(slot)?.band.spot);
    if spot == 0 || is_liquidatable(book, account, slot, spot)? {
        return Ok(None);
    }
    let mut sound = spot;
    for step in 1..=STEPS {
        let next = match way {
            Way::Down => (spot - spot * step / STEPS).max(1),
            Way::Up => spot + spot * u128::from(MOST_RISE - 1) * step * step / (STEPS * STEPS),
        };
        let next = next - next % tick(next);
        // What the engine cannot compute is no price that can be told.
        let Ok(liquidatable) = is_liquidatable(book, account, slot, next) else {
            return Ok(None);
        };
        if liquidatable {
            return bisected(book, account, slot, (sound, next)).map(Some);
        }
        sound = next;
    }
    Ok(None)
}

/// The last sound price between a sound one and a liquidatable one.
fn bisected<B: BookView, A: AccountView>(
    book: &B,
    account: &A,
    slot: u8,
    (mut sound, mut beyond): (u128, u128),
) -> Result<u128> {
    loop {
        let (low, high) = (sound.min(beyond), sound.max(beyond));
        if high - low <= tick(low) {
            break;
        }
        let middle = low + (high - low) / 2;
        // On the grid, so that each price is a mantissa.
        let middle = (middle - middle % tick(middle)).max(low + tick(low));
        if is_liquidatable(book, account, slot, middle)? {
            beyond = middle;
        } else {
            sound = middle;
        }
    }
    Ok(sound)
}

/// What the smallest step of a price is around `units`.
pub fn tick(units: u128) -> u128 {
    1 << (128 - units.leading_zeros()).saturating_sub(MANTISSA_BITS)
}

/// A price in 10⁻¹² dollars of a whole token, rounded down: for display. Zero for an unlisted asset;
/// `None` beyond 128 bits.
pub fn picodollars_floor(units: u128, shift: u32, decimals: u8) -> Option<u128> {
    // Micro-dollars an atom are units / 2^shift. Ten to the six takes them to 10⁻¹² dollars.
    let atoms = 10u128.checked_pow(u32::from(decimals).checked_add(6)?)?;
    // Room for the factor: the bits dropped are below a part in 2^63.
    let excess = (128 - units.leading_zeros()).saturating_sub(MANTISSA_BITS);
    let scaled = (units >> excess).checked_mul(atoms)?;
    match shift.checked_sub(excess) {
        Some(right) => Some(scaled.checked_shr(right).unwrap_or(0)),
        None => scaled.checked_shl(excess.checked_sub(shift)?),
    }
}

/// Dollars of a whole token at `units`, for display.
pub fn dollars(band: &PriceBand, decimals: u8, units: u128) -> f64 {
    let atoms = 10f64.powi(i32::from(decimals));
    units as f64 * atoms / 2f64.powi(band.shift as i32) / 1e6
}
