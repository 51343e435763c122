//! A deposit into the pool or a withdrawal from it, waiting for prices nobody knows yet.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::AssetView;
use plimsoll_engine::price::PriceBand;

use super::assert_layout;
use crate::constants::ASSET_SLOTS;
use crate::error::PlimsollError;

/// What is requested.
pub mod request_kind {
    /// Quote for shares.
    pub const DEPOSIT: u8 = 0;
    /// Shares for quote.
    pub const WITHDRAWAL: u8 = 1;
}

/// PDA `["request", pool, provider, id]`. Holds the keeper's fee in lamports above its rent; the tokens
/// are in the pool's ledgers.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct PoolRequest {
    /// The risk book, and by it the pool.
    pub book: Pubkey,
    /// Who asked.
    pub provider: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// The provider's associated account of the quote token: quote goes there, whatever happens.
    pub quote_account: Pubkey,
    /// The provider's associated account of the pool's shares: shares go there, whatever happens.
    pub shares_account: Pubkey,
    /// Id chosen by the provider; part of the seeds.
    pub id: u64,
    /// Quote atoms to be deposited, or shares to be withdrawn.
    pub amount: u64,
    /// Least shares, or least quote atoms, to be received for it.
    pub least: u64,
    /// The instant t: each market counts at the update with previous publish time < t ≤ publish time.
    pub execute_at: i64,
    /// Lamports for the keeper.
    pub keeper_fee: u64,
    /// See [`request_kind`].
    pub kind: u8,
    /// Bump of the PDA.
    pub bump: u8,
    /// Named padding.
    pub padding: [u8; 6],
    /// The determined price of each slot, once it is recorded.
    pub prices: [DeterminedPrice; ASSET_SLOTS],
}
assert_layout!(PoolRequest, 160 + 5 * 8 + 8 + 32 * ASSET_SLOTS);

/// What of a determined update decides the value of a market.
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct DeterminedPrice {
    /// Mantissa of the price; 0: not recorded.
    pub spot: u64,
    /// Mantissa of the lower end of the band.
    pub asset_initial: u64,
    /// Mantissa of the upper end of the band.
    pub liability_initial: u64,
    /// Right shift of the mantissas.
    pub shift: u32,
    /// Named padding.
    pub padding: [u8; 4],
}
assert_layout!(DeterminedPrice, 32);

impl DeterminedPrice {
    /// What of `band` is kept.
    pub fn of(band: &PriceBand) -> Self {
        Self {
            spot: band.spot,
            asset_initial: band.asset_initial,
            liability_initial: band.liability_initial,
            shift: band.shift,
            padding: [0; 4],
        }
    }

    /// Whether there is one.
    pub fn is_recorded(&self) -> bool {
        self.spot > 0
    }

    /// `asset` at this price.
    pub fn applied(&self, asset: AssetView) -> AssetView {
        AssetView {
            band: PriceBand {
                spot: self.spot,
                asset_initial: self.asset_initial,
                liability_initial: self.liability_initial,
                shift: self.shift,
                ..asset.band
            },
            ..asset
        }
    }
}

impl PoolRequest {
    /// INV-50: a request has an amount, a known kind and an instant.
    pub fn invariant(&self) -> Result<()> {
        require!(self.amount > 0, PlimsollError::ZeroAmount);
        require_gte!(
            request_kind::WITHDRAWAL,
            self.kind,
            PlimsollError::WrongRequest
        );
        require_gt!(self.execute_at, 0, PlimsollError::WrongRequest);
        Ok(())
    }
}
