//! Pyth pull updates: `PriceUpdateV2` of the receiver program, in any account.
//!
//! Read by offset: the receiver's own type fixes one owner program at compile time, and two are
//! valid. Offsets are those of a fully verified update; a partially verified one has one byte more
//! before the feed id.

use anchor_lang::prelude::*;

use super::{byte, bytes, Report};
use crate::error::PlimsollError;
use crate::state::AssetSlot;

/// The receiver program of the first deployment.
pub const RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The receiver program of the second deployment.
pub const RECEIVER_SECOND: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");

const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Bytes of an update; an account may be longer, never shorter.
const LENGTH: usize = 134;

const VERIFICATION: usize = 40;
const SIGNATURES: usize = 41;
const FEED_ID: usize = 41;
const PRICE: usize = 73;
const CONFIDENCE: usize = 81;
const EXPONENT: usize = 89;
const PUBLISH_TIME: usize = 93;
const PREVIOUS_PUBLISH_TIME: usize = 101;
const EMA: usize = 109;

const PARTIAL: u8 = 0;
const FULL: u8 = 1;

/// Whether updates of `program` may be listed.
pub fn is_receiver(program: &Pubkey) -> bool {
    *program == RECEIVER || *program == RECEIVER_SECOND
}

/// The update in `data` if it is one of the asset's feed, verified as the asset asks.
///
/// # Errors
/// `OracleData`, `OracleVerification`, `OracleFeed`.
pub(super) fn report(data: &[u8], asset: &AssetSlot) -> Result<Report> {
    require_gte!(data.len(), LENGTH, PlimsollError::OracleData);
    require!(
        bytes::<8>(data, 0)? == DISCRIMINATOR,
        PlimsollError::OracleData
    );
    let message = message(data, asset.min_signatures)?;
    require_feed(asset.feed_id, bytes(message, FEED_ID)?)?;
    Ok(Report {
        price: i64::from_le_bytes(bytes(message, PRICE)?),
        confidence: u64::from_le_bytes(bytes(message, CONFIDENCE)?),
        ema: i64::from_le_bytes(bytes(message, EMA)?),
        exponent: i32::from_le_bytes(bytes(message, EXPONENT)?),
        publish_time: i64::from_le_bytes(bytes(message, PUBLISH_TIME)?),
        previous_publish_time: i64::from_le_bytes(bytes(message, PREVIOUS_PUBLISH_TIME)?),
    })
}

/// The bytes in which the offsets above hold, after the verification level was found sufficient.
/// `min_signatures` of 0 accepts full verification only.
fn message(data: &[u8], min_signatures: u8) -> Result<&[u8]> {
    match byte(data, VERIFICATION)? {
        FULL => Ok(data),
        PARTIAL => {
            let signatures = byte(data, SIGNATURES)?;
            if min_signatures == 0 || signatures < min_signatures {
                return Err(error!(PlimsollError::OracleVerification)
                    .with_values((min_signatures, signatures)));
            }
            data.get(1..)
                .ok_or_else(|| error!(PlimsollError::OracleData))
        }
        unknown => Err(error!(PlimsollError::OracleData).with_values((FULL, unknown))),
    }
}

fn require_feed(expected: [u8; 32], actual: [u8; 32]) -> Result<()> {
    let (expected, actual) = (Pubkey::from(expected), Pubkey::from(actual));
    require_keys_eq!(expected, actual, PlimsollError::OracleFeed);
    Ok(())
}
