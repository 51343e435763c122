//! `refresh`: prices from Pyth into the book. Anyone, also before launch.
//!
//! * one price account is given per slot, in the order of the slots;
//! * a price that is refused, or a slot without an asset, is an event and the rest of the batch goes
//!   on;
//! * a price not newer than the stored one is passed over in silence;
//! * a wide price is stored: its width makes the asset unpriceable.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::{PriceAccepted, PriceRefused};
use crate::oracle::{self, Update};
use crate::state::{AssetSlot, RiskBook};

/// Accounts of `refresh`; remaining accounts: one price account per slot.
#[derive(Accounts)]
pub struct Refresh<'info> {
    /// The risk book.
    #[account(mut)]
    pub book: AccountLoader<'info, RiskBook>,
}

/// Writes the prices of `slots`.
#[inline(never)]
pub fn handle_refresh<'info>(ctx: Context<'info, Refresh<'info>>, slots: Vec<u8>) -> Result<()> {
    let key = ctx.accounts.book.key();
    let mut book = ctx.accounts.book.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    require_eq!(
        slots.len(),
        ctx.remaining_accounts.len(),
        PlimsollError::PriceAccountCount
    );

    for (slot, account) in slots.iter().zip(ctx.remaining_accounts) {
        match refresh_one(&mut book, *slot, account, now) {
            Ok(None) => {}
            Ok(Some(publish_time)) => {
                emit!(PriceAccepted {
                    book: key,
                    slot: *slot,
                    publish_time
                });
            }
            Err(cause) => {
                emit!(PriceRefused {
                    book: key,
                    slot: *slot,
                    code: oracle::code_of(&cause)
                });
            }
        }
    }
    book.invariant()
}

/// Reads and stores one price; its publish time, or nothing where the book has one as new.
#[inline(never)]
fn refresh_one(
    book: &mut RiskBook,
    slot: u8,
    account: &AccountInfo<'_>,
    now: i64,
) -> Result<Option<i64>> {
    let asset = book.listed_asset_mut(slot)?;
    let update = oracle::read(account, asset, now)?;
    if update.publish_time <= asset.publish_time {
        return Ok(None);
    }
    store(asset, &update);
    book.newest_publish_time = book.newest_publish_time.max(update.publish_time);
    Ok(Some(update.publish_time))
}

fn store(asset: &mut AssetSlot, update: &Update) {
    let band = &update.band;
    asset.spot = band.spot;
    asset.asset_initial = band.asset_initial;
    asset.liability_initial = band.liability_initial;
    asset.liability_maintenance = band.liability_maintenance;
    asset.confidence = band.confidence;
    asset.ema = band.ema;
    asset.price_shift = band.shift;
    asset.publish_time = update.publish_time;
    asset.previous_publish_time = update.previous_publish_time;
}
