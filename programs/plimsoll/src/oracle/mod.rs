//! Prices from outside. Nothing beyond this folder knows the layout of a price account or of a stake pool.
//!
//! Both kinds of feed end in the same [`Update`]: read by the adapter of the asset's kind, judged
//! here. Width and age are not judged: what they forbid differs by instruction, so callers decide.

pub mod pyth_pull;
pub mod pyth_push;
pub mod stake_pool;

use anchor_lang::error::Error;
use anchor_lang::prelude::*;
use plimsoll_engine::price::{OraclePrice, PriceBand, MAX_EXPONENT, MIN_EXPONENT};

use crate::constants::FUTURE_TOLERANCE;
use crate::error::{OrRefuse, PlimsollError};
use crate::state::{oracle_kind, AssetSlot};

/// An update that passed every check of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// As reported, in 10^exponent dollars per whole token.
    pub price: OraclePrice,
    /// Unix seconds; at most [`FUTURE_TOLERANCE`] ahead of the clock.
    pub publish_time: i64,
    /// Unix seconds. Pull: the update's own. Push: of the price the book accepted before.
    pub previous_publish_time: i64,
    /// The price normalised to the asset's decimals.
    pub band: PriceBand,
}

/// What an adapter found in an account, not judged yet.
struct Report {
    /// In 10^`exponent` dollars; any sign.
    price: i64,
    /// Half width of the confidence interval, same unit.
    confidence: u64,
    /// Exponentially weighted mean, same unit; any sign.
    ema: i64,
    /// Decimal exponent.
    exponent: i32,
    /// Unix seconds.
    publish_time: i64,
    /// Unix seconds.
    previous_publish_time: i64,
}

/// Reads the price of `asset` from `account` at `now` (unix seconds).
///
/// # Errors
/// The error of the first check that fails: owner program, then those of the adapter, then
/// `OraclePriceSign`, `OracleExponent`, `OracleFuture`, `PriceOutOfRange`.
#[inline(never)]
pub fn read(account: &AccountInfo<'_>, asset: &AssetSlot, now: i64) -> Result<Update> {
    require_keys_eq!(
        asset.oracle_program,
        *account.owner,
        PlimsollError::OracleOwner
    );
    let data = account
        .try_borrow_data()
        .map_err(|_| error!(PlimsollError::OracleData))?;
    let report = match asset.oracle_kind {
        oracle_kind::PULL => pyth_pull::report(&data, asset)?,
        oracle_kind::PUSH => pyth_push::report(account.key, &data, asset)?,
        unknown => {
            return Err(error!(PlimsollError::OracleData).with_values((oracle_kind::PULL, unknown)))
        }
    };
    judge(&report, asset.decimals, now)
}

/// The number of an error, as events carry it. Errors of the runtime without a number count as
/// unreadable data.
pub fn code_of(error: &Error) -> u32 {
    match error {
        Error::AnchorError(cause) => cause.error_code_number,
        Error::ProgramError(cause) => match cause.program_error {
            ProgramError::Custom(code) => code,
            _ => PlimsollError::OracleData.into(),
        },
    }
}

/// The checks that both kinds share.
fn judge(report: &Report, decimals: u8, now: i64) -> Result<Update> {
    let price = OraclePrice {
        price: positive(report.price)?,
        confidence: not_negative(report.confidence)?,
        ema: positive(report.ema)?,
        exponent: report.exponent,
    };
    let in_range = report.exponent.clamp(MIN_EXPONENT, MAX_EXPONENT);
    require_eq!(in_range, report.exponent, PlimsollError::OracleExponent);
    let latest = now.saturating_add(FUTURE_TOLERANCE);
    require_gte!(latest, report.publish_time, PlimsollError::OracleFuture);
    Ok(Update {
        price,
        publish_time: report.publish_time,
        previous_publish_time: report.previous_publish_time,
        band: PriceBand::new(price, decimals).or_refuse()?,
    })
}

/// Refuses any update but the one that the instant `at` determines: the first published at or after it.
pub fn require_determined(at: i64, previous: i64, publish: i64) -> Result<()> {
    if previous < at && at <= publish {
        return Ok(());
    }
    Err(error!(PlimsollError::NotDeterminedUpdate).with_values((at, publish)))
}

fn positive(price: i64) -> Result<u64> {
    require_gt!(price, 0, PlimsollError::OraclePriceSign);
    Ok(price.unsigned_abs())
}

/// A confidence with the sign bit set was computed as a negative number.
fn not_negative(confidence: u64) -> Result<u64> {
    require_gte!(
        i64::MAX.unsigned_abs(),
        confidence,
        PlimsollError::OraclePriceSign
    );
    Ok(confidence)
}

/// `N` bytes at `offset`, or `OracleData` where the account ends before them.
#[inline(always)] // Several a price; a call each costs refresh 200 units.
fn bytes<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N]> {
    data.get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or_else(|| error!(PlimsollError::OracleData).with_values((offset, data.len())))
}

/// The byte at `offset`.
fn byte(data: &[u8], offset: usize) -> Result<u8> {
    let [value] = bytes(data, offset)?;
    Ok(value)
}
