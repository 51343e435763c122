//! An order: a market order that waits for the update that determines its price, or a resting order that
//! waits for its condition.

use anchor_lang::prelude::*;
use plimsoll_engine::order::{Extent, OrderKind, OrderTerms};
use plimsoll_engine::units::Base;

use crate::error::PlimsollError;

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
    /// The resting order of the same account and market of which only this or that executes; zero if
    /// none.
    pub partner: Pubkey,
    /// Id chosen by the trader; part of the seeds.
    pub id: u64,
    /// Generation of the margin account when the order was placed.
    pub generation: u64,
    /// Signed size in base atoms: positive buys.
    pub size: i64,
    /// Most quote atoms a buy may pay, least a sale may receive, for the whole size; a limit order's own
    /// price.
    pub limit_quote: u64,
    /// What the whole size is worth at the oracle price that triggers, quote atoms; 0 without a trigger.
    pub trigger_quote: u64,
    /// Market order: notional at the book's price when placed, quote atoms; the penalty of a lapse is on
    /// this. Resting: the notional at its own price.
    pub notional: u64,
    /// Unix seconds when placed.
    pub placed_at: i64,
    /// The instant t. A market order executes on the update with previous publish time < t ≤ publish
    /// time, a resting order on none published before t.
    pub execute_at: i64,
    /// Last of the unix seconds at which it can execute.
    pub expires_at: i64,
    /// Lamports for the keeper.
    pub keeper_fee: u64,
    /// Asset slot of the market.
    pub slot: u8,
    /// Kind: 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Extent: 0 the size, 1 at most what is held, 2 all that is held.
    pub extent: u8,
    /// Bump of the PDA.
    pub bump: u8,
}

impl Order {
    /// As the engine takes it.
    ///
    /// # Errors
    /// `ZeroAmount`; `OrderTerms` for numbers that mean nothing, or terms that do not go together.
    pub fn terms(&self) -> Result<OrderTerms> {
        require!(self.size != 0, PlimsollError::ZeroAmount);
        let known = OrderKind::from_code(self.kind).zip(Extent::from_code(self.extent));
        let terms = known.map(|(kind, extent)| OrderTerms {
            kind,
            extent,
            size: Base(self.size),
            limit: self.limit_quote,
            trigger: self.trigger_quote,
        });
        terms.filter(OrderTerms::is_sound).ok_or_else(|| {
            error!(PlimsollError::OrderTerms).with_values((self.limit_quote, self.trigger_quote))
        })
    }

    /// Whether it waits for a condition, and not for one determined update.
    pub fn is_resting(&self) -> bool {
        self.kind != OrderKind::Market.code()
    }

    /// Whether its time is over at `now`.
    pub fn has_lapsed(&self, now: i64) -> bool {
        now > self.expires_at
    }

    /// INV-06: an order has a size, its terms go together, and its instant lies after its placement.
    pub fn invariant(&self) -> Result<()> {
        self.terms()?;
        require_gt!(
            self.execute_at,
            self.placed_at,
            PlimsollError::OrderInvariant
        );
        Ok(())
    }
}
