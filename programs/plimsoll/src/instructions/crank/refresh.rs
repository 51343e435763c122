//! `refresh`: prices from Pyth into the book and its risk model. Anyone, also before launch.
//!
//! * one price account is given per slot, in the order of the slots;
//! * a price that is refused, or a slot without an asset, is an event and the rest of the batch goes
//!   on;
//! * a price not newer than the stored one is passed over in silence;
//! * a wide price is stored: its width makes the asset unpriceable;
//! * a stored price that is not wide enters the risk model; where that completes an hour the model's
//!   targets and the correlations are new;
//! * the ramps of each asset whose price account is good move to now, with a new price or without;
//! * what the model refuses is an event; the price stays.

use anchor_lang::prelude::*;

use crate::error::{OrRefuse, PlimsollError};
use crate::events::{ModelRefused, PriceAccepted, PriceRefused, RiskSampled};
use crate::oracle::{self, Update};
use crate::risk_model::advance;
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
            Ok(accepted) => {
                if let Some(publish_time) = accepted {
                    book.count_write();
                    emit!(PriceAccepted {
                        book: key,
                        slot: *slot,
                        publish_time
                    });
                }
                model_one(&mut book, key, *slot, accepted.is_some(), now)?;
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
    store(asset, &update)?;
    book.newest_publish_time = book.newest_publish_time.max(update.publish_time);
    Ok(Some(update.publish_time))
}

/// Takes the model of one asset to `now`, with the price just stored or without, and tells what came of
/// it.
#[inline(never)]
fn model_one(book: &mut RiskBook, key: Pubkey, slot: u8, is_new: bool, now: i64) -> Result<()> {
    match advance(book, slot, is_new, now) {
        Ok(None) => {}
        Ok(Some(sample)) => {
            let model = book.listed_model(slot)?;
            emit!(RiskSampled {
                book: key,
                slot,
                hour: sample.hour,
                hours: sample.hours,
                deviation: sample.deviation.0,
                target_deviation: model.target_deviation,
                maintenance_long: model.target_maintenance_long,
                maintenance_short: model.target_maintenance_short,
                initial_long: model.target_initial_long,
                initial_short: model.target_initial_short,
            });
        }
        Err(cause) => {
            emit!(ModelRefused {
                book: key,
                slot,
                code: oracle::code_of(&cause)
            });
        }
    }
    Ok(())
}

fn store(asset: &mut AssetSlot, update: &Update) -> Result<()> {
    asset.set_band(&update.band).or_refuse()?;
    asset.publish_time = update.publish_time;
    asset.previous_publish_time = update.previous_publish_time;
    Ok(())
}
