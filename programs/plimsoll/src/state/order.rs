//! A market order waiting for the update that determines its price.

use anchor_lang::prelude::*;

/// PDA `["order", account, id]`. Holds the keeper's fee in lamports above its rent.
#[account]
#[derive(InitSpace, Debug)]
pub struct Order {
    /// The risk book.
    pub book: Pubkey,
    /// The margin account.
    pub account: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// Id chosen by the trader; part of the seeds.
    pub id: u64,
    /// Generation of the margin account when the order was placed.
    pub generation: u64,
    /// Signed size in base atoms: positive buys.
    pub size: i64,
    /// Most quote atoms a buy may pay, least a sale may receive, for the whole size.
    pub limit_quote: u64,
    /// Notional at the book's price when placed, quote atoms; the penalty of a lapse is on this.
    pub notional: u64,
    /// Unix seconds when placed.
    pub placed_at: i64,
    /// The instant t: it executes on the update with previous publish time < t ≤ publish time.
    pub execute_at: i64,
    /// Lamports for the keeper.
    pub keeper_fee: u64,
    /// Asset slot of the market.
    pub slot: u8,
    /// Bump of the PDA.
    pub bump: u8,
}

impl Order {
    /// INV-06: an order has a size and its instant lies after its placement.
    pub fn invariant(&self) -> Result<()> {
        require!(self.size != 0, crate::error::PlimsollError::ZeroAmount);
        require_gt!(
            self.execute_at,
            self.placed_at,
            crate::error::PlimsollError::OrderInvariant
        );
        Ok(())
    }
}
