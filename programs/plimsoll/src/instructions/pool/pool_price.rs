//! `pool_price`: anyone records determined prices in a request, as many as a transaction holds.
//!
//! * each update is the determined one: previous publish time < t ≤ publish time. It is read directly,
//!   a push feed's from the book;
//! * a price once recorded stands: the slot is passed over.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::events::PoolPriced;
use crate::oracle;
use crate::state::{oracle_kind, DeterminedPrice, PoolRequest, RiskBook};

/// Accounts of `pool_price`; remaining accounts: one price account per slot.
#[derive(Accounts)]
pub struct PricePool<'info> {
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The request.
    #[account(
        mut,
        constraint = request.load()?.book == book.key() @ PlimsollError::WrongRequest,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
}

/// Records the prices of `slots`.
#[inline(never)]
pub fn handle_pool_price<'info>(
    ctx: Context<'info, PricePool<'info>>,
    slots: Vec<u8>,
) -> Result<()> {
    let accounts = ctx.accounts;
    let book = accounts.book.load()?;
    let mut request = accounts.request.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    let given = ctx.remaining_accounts;

    require_eq!(given.len(), slots.len(), PlimsollError::PriceAccountCount);
    for (slot, price) in slots.into_iter().zip(given) {
        let asset = book.listed_asset(slot)?;
        let place = usize::from(slot);
        if request.prices[place].is_recorded() {
            continue;
        }
        let (band, previous, publish_time) = if asset.oracle_kind == oracle_kind::PUSH {
            require!(asset.spot > 0, PlimsollError::PriceMissing);
            (
                asset.band(),
                asset.previous_publish_time,
                asset.publish_time,
            )
        } else {
            let update = oracle::read(price, asset, now)?;
            (
                update.band,
                update.previous_publish_time,
                update.publish_time,
            )
        };
        oracle::require_determined(request.execute_at, previous, publish_time)?;
        request.prices[place] = DeterminedPrice::of(&band);
        emit!(PoolPriced {
            request: accounts.request.key(),
            slot,
            publish_time,
        });
    }
    request.invariant()
}
