//! Events of the pool.

use anchor_lang::prelude::*;

/// A deposit into the pool or a withdrawal from it was requested.
#[event]
#[derive(Debug)]
pub struct PoolRequested {
    /// The request.
    pub request: Pubkey,
    /// Who asked.
    pub provider: Pubkey,
    /// 0 deposit, 1 withdrawal.
    pub kind: u8,
    /// Quote atoms, or shares.
    pub amount: u64,
    /// The instant that determines its prices, unix seconds.
    pub execute_at: i64,
}

/// The determined price of a market was recorded in a request.
#[event]
#[derive(Debug)]
pub struct PoolPriced {
    /// The request.
    pub request: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Unix seconds.
    pub publish_time: i64,
}

/// A request was executed.
#[event]
#[derive(Debug)]
pub struct PoolExecuted {
    /// The request.
    pub request: Pubkey,
    /// Who asked.
    pub provider: Pubkey,
    /// 0 deposit, 1 withdrawal.
    pub kind: u8,
    /// Quote atoms deposited or withdrawn.
    pub quote: u64,
    /// Shares minted or burnt.
    pub shares: u64,
    /// Net asset value it was executed at, before it, quote atoms.
    pub net_asset_value: i64,
    /// Who executed it.
    pub keeper: Pubkey,
}

/// A request ended without execution; what it held went back.
#[event]
#[derive(Debug)]
pub struct PoolRefused {
    /// The request.
    pub request: Pubkey,
    /// Who asked.
    pub provider: Pubkey,
    /// Number of the error that refused it; 0: it had lapsed.
    pub code: u32,
    /// Who ended it.
    pub keeper: Pubkey,
}

/// A side of a market was reduced: the one event of a loss that traders bear.
#[event]
#[derive(Debug)]
pub struct Deleveraged {
    /// The risk book.
    pub book: Pubkey,
    /// Asset slot of the market.
    pub slot: u8,
    /// Signed size that was closed: negative for longs.
    pub size: i64,
    /// What it was closed for, quote atoms.
    pub notional: u64,
    /// Epoch of the side afterwards.
    pub epoch: u32,
    /// What insurance paid the pool, quote atoms.
    pub insurance: u64,
    /// What is taken from the profits of the epoch that ended, quote atoms.
    pub lost: u64,
    /// What nobody has paid yet, quote atoms.
    pub missing: u64,
}
