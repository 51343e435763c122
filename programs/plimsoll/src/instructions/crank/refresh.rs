//! `refresh`: prices from Pyth into the book and its risk model. Anyone, also before launch.
//!
//! * one price account is given per slot, in the order of the slots; behind that of a liquid-staking
//!   token its stake pool;
//! * a price that is refused, or a slot without an asset, is an event and the rest of the batch goes
//!   on;
//! * a price not newer than the stored one is passed over in silence;
//! * what counts as an asset of a liquid-staking token is at most what it redeems for, by a rate that is
//!   as fresh as its own rule asks and the book's price of the underlying; without both its price is
//!   refused;
//! * a wide price is stored: its width makes the asset unpriceable;
//! * a stored price that is not wide enters the risk model; where that completes an hour the model's
//!   targets and the correlations are new;
//! * the ramps of each asset whose price account is good move to now, with a new price or without;
//! * what the model refuses is an event; the price stays.

use anchor_lang::prelude::*;
use plimsoll_engine::redemption::capped_floor;

use crate::error::{OrRefuse, PlimsollError};
use crate::events::{ModelRefused, PriceAccepted, PriceRefused, RiskSampled};
use crate::oracle::{self, stake_pool, Update};
use crate::risk_model::advance;
use crate::state::{AssetModel, AssetSlot, RiskBook};

/// Accounts of `refresh`; remaining accounts: of each slot a price account, and of a liquid-staking token
/// its stake pool.
#[derive(Accounts)]
pub struct Refresh<'info> {
    /// The risk book.
    #[account(mut)]
    pub book: AccountLoader<'info, RiskBook>,
}

/// What a slot's price is read from.
struct Sources<'a, 'info> {
    price: &'a AccountInfo<'info>,
    /// Of a liquid-staking token.
    stake_pool: Option<&'a AccountInfo<'info>>,
}

/// Writes the prices of `slots`.
#[inline(never)]
pub fn handle_refresh<'info>(ctx: Context<'info, Refresh<'info>>, slots: Vec<u8>) -> Result<()> {
    let key = ctx.accounts.book.key();
    let mut book = ctx.accounts.book.load_mut()?;
    let clock = Clock::get()?;
    let mut accounts = ctx.remaining_accounts.iter();

    for slot in &slots {
        let sources = next_sources(&book, *slot, &mut accounts)?;
        match refresh_one(&mut book, *slot, &sources, &clock) {
            Ok(accepted) => {
                if let Some(publish_time) = accepted {
                    book.count_write();
                    emit!(PriceAccepted {
                        book: key,
                        slot: *slot,
                        publish_time
                    });
                }
                let now = clock.unix_timestamp;
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
    require!(accounts.next().is_none(), PlimsollError::PriceAccountCount);
    book.invariant()
}

/// The accounts of a slot, which follow those of the slot before.
fn next_sources<'a, 'info>(
    book: &RiskBook,
    slot: u8,
    accounts: &mut impl Iterator<Item = &'a AccountInfo<'info>>,
) -> Result<Sources<'a, 'info>> {
    let mut next = || {
        let account = accounts.next();
        account.ok_or_else(|| error!(PlimsollError::PriceAccountCount))
    };
    let price = next()?;
    // A slot without an asset names no stake pool.
    let model = book.models.get(usize::from(slot));
    let is_liquid_staking = model.is_some_and(AssetModel::is_liquid_staking);
    let stake_pool = if is_liquid_staking {
        Some(next()?)
    } else {
        None
    };
    Ok(Sources { price, stake_pool })
}

/// Reads and stores one price; its publish time, or nothing where the book has one as new.
#[inline(never)]
fn refresh_one(
    book: &mut RiskBook,
    slot: u8,
    sources: &Sources<'_, '_>,
    clock: &Clock,
) -> Result<Option<i64>> {
    let asset = book.listed_asset_mut(slot)?;
    let mut update = oracle::read(sources.price, asset, clock.unix_timestamp)?;
    if update.publish_time <= asset.publish_time {
        return Ok(None);
    }
    if let Some(stake_pool) = sources.stake_pool {
        cap(book, slot, stake_pool, clock, &mut update)?;
    }
    store(book.listed_asset_mut(slot)?, &update)?;
    book.newest_publish_time = book.newest_publish_time.max(update.publish_time);
    Ok(Some(update.publish_time))
}

/// Caps the update of a liquid-staking token by what it redeems for, and keeps the rate.
///
/// The underlying may be wide: its width lowers what counts initially, and a cap raises nothing.
#[inline(never)]
fn cap(
    book: &mut RiskBook,
    slot: u8,
    account: &AccountInfo<'_>,
    clock: &Clock,
    update: &mut Update,
) -> Result<()> {
    let model = book.listed_model(slot)?;
    let redemption = stake_pool::read(account, model, clock.epoch)?;
    let underlying = book.listed_asset(model.underlying)?;
    require_gt!(underlying.spot, 0, PlimsollError::PriceMissing);
    require_gte!(
        i64::from(underlying.max_age_other),
        underlying.age(clock.unix_timestamp),
        PlimsollError::PriceStale
    );
    update.band = capped_floor(&update.band, &underlying.band(), redemption.rate).or_refuse()?;
    let (_, model) = book.asset_with_model_mut(slot)?;
    model.redemption_rate = redemption.rate.0;
    model.redemption_epoch = redemption.epoch;
    Ok(())
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
