//! Pyth push accounts, on local clusters and forks only.
//!
//! The address is pinned when the asset is listed, so it stands for the feed. Status and timestamp
//! are read instead of the SDK's age check, which counts slots and falls back to the previous price.

use core::mem::{offset_of, size_of};

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{load_price_account, PriceInfo, PriceStatus, SolanaPriceAccount};

use super::{byte, Report};
use crate::error::PlimsollError;
use crate::state::AssetSlot;

/// Where the aggregate's status lies.
const STATUS: usize = offset_of!(SolanaPriceAccount, agg) + offset_of!(PriceInfo, status);
/// Number of the status "trading".
const TRADING: u8 = 1;

/// The price in `data` if `address` is the asset's and the feed is trading.
///
/// # Errors
/// `OracleAccount`, `OracleData`, `OracleStatus`.
pub(super) fn report(address: &Pubkey, data: &[u8], asset: &AssetSlot) -> Result<Report> {
    require_keys_eq!(asset.oracle_account, *address, PlimsollError::OracleAccount);
    require_gte!(
        data.len(),
        size_of::<SolanaPriceAccount>(),
        PlimsollError::OracleData
    );
    // The SDK panics on bytes that are not aligned to the type.
    require!(
        data.as_ptr().cast::<u64>().is_aligned(),
        PlimsollError::OracleData
    );
    // Compared as a number first: a number without a meaning must not become the SDK's enum.
    require_eq!(TRADING, byte(data, STATUS)?, PlimsollError::OracleStatus);
    let feed: &SolanaPriceAccount =
        load_price_account(data).map_err(|_| error!(PlimsollError::OracleData))?;
    require!(
        feed.agg.status == PriceStatus::Trading,
        PlimsollError::OracleStatus
    );
    Ok(Report {
        price: feed.agg.price,
        confidence: feed.agg.conf,
        ema: feed.ema_price.val,
        exponent: feed.expo,
        publish_time: feed.timestamp,
        previous_publish_time: asset.publish_time,
    })
}
