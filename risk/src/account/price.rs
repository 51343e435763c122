//! Other prices than the book's, and the price of one asset at which an account becomes liquidatable.
//!
//! A price is a count of units of the asset's own mantissa, so that the price found is exact: the
//! account is not liquidatable at it and is one unit further. Everything in a band moves by the same
//! factor, against the account where it has to be rounded; rates, correlations and scenarios in force
//! stay as they are. Beyond 2^63 units a mantissa is shifted, and a unit is as many times larger.

use anyhow::{Context, Result};
use plimsoll::state::BookAt;
use plimsoll_engine::exposure::{AccountView, AssetView, BookView, WithAsset};
use plimsoll_engine::fixed::{mul_div_ceil, mul_div_floor, Fixed};
use plimsoll_engine::health::{assess, Purpose};
use plimsoll_engine::index::Index;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::requirement::AssetRisk;
use plimsoll_engine::side::Side;
use plimsoll_engine::{EngineError, Result as Engine};

/// Bits of a mantissa.
const MANTISSA_BITS: u32 = 63;
/// Prices up to so many times the present one are looked at.
pub const MOST_RISE: u32 = 64;
/// First steps of a search: a whole number that divides the way down.
const STEPS: u128 = 64;

/// The band with its spot at `units` of the present mantissa.
///
/// # Errors
/// A price of zero, or one that no mantissa holds.
pub fn moved(band: &PriceBand, units: u128) -> Engine<PriceBand> {
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

/// A book in which some prices are others.
pub struct Moved<'a> {
    /// The book underneath.
    pub at: BookAt<'a>,
    /// By slot.
    pub bands: Vec<(u8, PriceBand)>,
}

impl BookView for Moved<'_> {
    fn asset(&self, slot: u8) -> Engine<AssetView> {
        let asset = self.at.asset(slot)?;
        let band = self.bands.iter().find(|(other, _)| *other == slot);
        Ok(AssetView {
            band: band.map_or(asset.band, |(_, band)| *band),
            ..asset
        })
    }

    fn quote_slot(&self) -> u8 {
        self.at.quote_slot()
    }

    fn borrow_index(&self, slot: u8) -> Engine<Index> {
        self.at.borrow_index(slot)
    }

    fn deposit_index(&self, slot: u8) -> Engine<(Index, Fixed)> {
        self.at.deposit_index(slot)
    }

    fn side(&self, slot: u8, short: bool) -> Engine<Side> {
        self.at.side(slot, short)
    }

    fn risk(&self, slot: u8) -> Engine<AssetRisk> {
        self.at.risk(slot)
    }

    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        self.at.less(a, b, opposite)
    }

    fn scenarios(&self) -> usize {
        self.at.scenarios()
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.at.shock(scenario, slot)
    }

    fn scenario_weights(&self) -> (Fixed, Fixed) {
        self.at.scenario_weights()
    }

    fn now(&self) -> i64 {
        self.at.now()
    }
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
) -> Engine<bool> {
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
    let spot = u128::from(book.asset(slot).map_err(refused)?.band.spot);
    if spot == 0 || is_liquidatable(book, account, slot, spot).map_err(refused)? {
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
        if is_liquidatable(book, account, slot, middle).map_err(refused)? {
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

/// Dollars of a whole token at `units`, for display.
pub fn dollars(band: &PriceBand, decimals: u8, units: u128) -> f64 {
    let atoms = 10f64.powi(i32::from(decimals));
    units as f64 * atoms / 2f64.powi(band.shift as i32) / 1e6
}

/// An engine's refusal as an error of this crate.
pub fn refused(error: EngineError) -> anyhow::Error {
    anyhow::anyhow!("the engine refuses: {error:?}")
}

/// `units` moved by `parts` of a million.
///
/// # Errors
/// A move to nothing or below.
pub fn by_parts(units: u64, parts: i64) -> Result<u128> {
    let million = 1_000_000i64;
    let factor = million.checked_add(parts).filter(|factor| *factor > 0);
    let factor = factor.context("expected a move above -100%")?;
    Ok(u128::from(units) * u128::from(factor.unsigned_abs()) / 1_000_000)
}
