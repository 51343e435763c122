//! Events of orders.

use anchor_lang::prelude::*;

/// An order was placed. Fields as in [`crate::state::Order`].
#[event]
#[derive(Debug)]
pub struct OrderPlaced {
    /// The order.
    pub order: Pubkey,
    /// The account.
    pub account: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Kind: 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Extent: 0 the size, 1 at most what is held, 2 all that is held.
    pub extent: u8,
    /// Signed size.
    pub size: i64,
    /// Limit for the whole size, quote atoms.
    pub limit_quote: u64,
    /// Trigger for the whole size, quote atoms; 0 without one.
    pub trigger_quote: u64,
    /// The instant that determines the update, or before which none will do.
    pub execute_at: i64,
    /// Last second at which it can execute.
    pub expires_at: i64,
    /// The other order of a pair, zero if none.
    pub partner: Pubkey,
    /// Lamports for the keeper.
    pub keeper_fee: u64,
}

/// An order was executed.
#[event]
#[derive(Debug)]
pub struct OrderExecuted {
    /// The order.
    pub order: Pubkey,
    /// The account.
    pub account: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Kind: 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Signed size that was executed.
    pub size: i64,
    /// Signed size of the position afterwards.
    pub position: i64,
    /// Quote atoms paid or received.
    pub notional: u64,
    /// Taker fee in quote atoms.
    pub fee: u64,
    /// Profit that what it closed has brought since it was opened, quote atoms, before fee and funding.
    pub realised: i64,
    /// Funding paid with it, quote atoms, negative for received.
    pub funding: i64,
    /// Publish time of the update it executed on.
    pub publish_time: i64,
    /// The keeper.
    pub keeper: Pubkey,
}

/// An order was closed without a trade, its keeper paid: a market order by margin, a cap, the limit, a
/// breaker, or because there was nothing to reduce; either kind for want of margin or of a place.
#[event]
#[derive(Debug)]
pub struct OrderRefused {
    /// The order.
    pub order: Pubkey,
    /// The account.
    pub account: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Kind: 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Signed size that was asked for.
    pub size: i64,
    /// Code of the error that refused it.
    pub code: u32,
    /// The keeper.
    pub keeper: Pubkey,
}

/// A market order lapsed.
#[event]
#[derive(Debug)]
pub struct OrderLapsed {
    /// The order.
    pub order: Pubkey,
    /// The account.
    pub account: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Signed size that was asked for.
    pub size: i64,
    /// Penalty to the pool in quote atoms.
    pub penalty: u64,
    /// Who removed it.
    pub keeper: Pubkey,
}

/// A resting order was removed, its keeper fee and rent returned to who paid them.
#[event]
#[derive(Debug)]
pub struct OrderCancelled {
    /// The order.
    pub order: Pubkey,
    /// The account.
    pub account: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Kind: 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// Signed size that was asked for.
    pub size: i64,
    /// The other order of the pair, which stands alone now if it still exists; zero if none.
    pub partner: Pubkey,
    /// 0 if it was not wanted; else the code of the error that execution would meet.
    pub reason: u32,
    /// Who removed it.
    pub by: Pubkey,
}
