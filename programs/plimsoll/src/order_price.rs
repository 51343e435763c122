//! Which price an order executes at, and which its health is measured at.
//!
//! A market order has its one determined update, whatever the book has learnt since. A resting order has
//! the newer of the update and the book's price. Push feeds have the book's price alone.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::AssetView;

use crate::constants::ACTION_AGE;
use crate::error::{OrRefuse, PlimsollError};
use crate::fill::book_asset;
use crate::health_gate::stale;
use crate::oracle;
use crate::state::{oracle_kind, AssetSlot, BookAt, Order};

/// The asset at the price of the execution and at the newest known price.
pub struct Priced {
    /// What the trade is executed at.
    pub execution: AssetView,
    /// What health is measured at.
    pub health: AssetView,
    /// Publish time of the former, unix seconds.
    pub publish_time: i64,
}

/// The prices for `order`, given the price account `price`. `first` is the first publish time that will do
/// for a resting order.
///
/// # Errors
/// Those of the oracle; market orders: `NotDeterminedUpdate`; resting orders: `UpdateBeforeOrder`,
/// `PriceStale`, `PriceWide`.
#[inline(never)]
pub fn priced(price: &AccountInfo, order: &Order, first: i64, at: &BookAt<'_>) -> Result<Priced> {
    let asset = at.book.listed_asset(order.slot)?;
    let given = if asset.oracle_kind == oracle_kind::PUSH {
        stored(asset, order.slot, at)?
    } else {
        posted(asset, price, at)?
    };
    let overtaken = given.publish_time < asset.publish_time;
    if !order.is_resting() {
        let (previous, publish_time) = (given.previous_publish_time, given.publish_time);
        oracle::require_determined(order.execute_at, previous, publish_time)?;
        let health = if overtaken {
            book_asset(at, order.slot)?
        } else {
            given.view
        };
        return Ok(Priced {
            execution: given.view,
            health,
            publish_time: given.publish_time,
        });
    }
    // Not an error: who refreshes the book must not be able to stop an order by it.
    let newest = if overtaken {
        stored(asset, order.slot, at)?
    } else {
        given
    };
    let publish_time = newest.publish_time;
    require_gte!(publish_time, first, PlimsollError::UpdateBeforeOrder);
    let age = at.now.saturating_sub(publish_time);
    if age > ACTION_AGE {
        return Err(stale(order.slot, age, ACTION_AGE));
    }
    let wide = asset.is_too_wide(&newest.view.band).or_refuse()?;
    require!(!wide, PlimsollError::PriceWide);
    Ok(Priced {
        execution: newest.view,
        health: newest.view,
        publish_time,
    })
}

/// A price of the asset and its publish times.
struct Seen {
    view: AssetView,
    publish_time: i64,
    previous_publish_time: i64,
}

/// The price in the account given.
fn posted(asset: &AssetSlot, price: &AccountInfo, at: &BookAt<'_>) -> Result<Seen> {
    let update = oracle::read(price, asset, at.now)?;
    let age = at.now.saturating_sub(update.publish_time).max(0);
    let wide = asset.is_too_wide(&update.band).or_refuse()?;
    Ok(Seen {
        view: asset.view(
            update.band,
            wide,
            (age, i64::from(asset.max_age_risk)),
            at.now,
        ),
        publish_time: update.publish_time,
        previous_publish_time: update.previous_publish_time,
    })
}

/// The price in the book.
fn stored(asset: &AssetSlot, slot: u8, at: &BookAt<'_>) -> Result<Seen> {
    Ok(Seen {
        view: book_asset(at, slot)?,
        publish_time: asset.publish_time,
        previous_publish_time: asset.previous_publish_time,
    })
}
