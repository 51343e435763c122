//! A change of parameters that was announced.

use anchor_lang::prelude::*;

use crate::instructions::{
    AssetParams, BankParams, ExchangeParams, MarketParams, Notices, PoolParams,
};

/// PDA `["change", exchange, id]`.
#[account]
#[derive(Debug)]
pub struct ParameterChange {
    /// The exchange.
    pub exchange: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// Id chosen by the authority; part of the seeds.
    pub id: u64,
    /// Unix seconds of the announcement.
    pub announced_at: i64,
    /// First instant at which it can be applied, unix seconds.
    pub earliest: i64,
    /// Last instant at which its application can begin, unix seconds.
    pub latest: i64,
    /// Instant up to which what it raises has grown, unix seconds; 0 before it is applied.
    pub moved_at: i64,
    /// Seconds for which it has grown.
    pub grown: u64,
    /// Version of what it changes: as announced, later its own.
    pub version: u32,
    /// Bump of the PDA.
    pub bump: u8,
    /// What it changes.
    pub patch: Patch,
    /// What it raises as it was before, in the order in which it is written; empty before it is applied.
    pub from: Vec<u64>,
}

/// What an announced change puts in place: always a group of parameters as a whole.
///
/// The shortest is the first: a new account is read once while it is all zeros.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Ends halts of assets and what a tightening put on their initial rates.
    EndTightening {
        /// Bit by slot.
        slots: u32,
    },
    /// Parameters of the exchange.
    Exchange(ExchangeParams),
    /// Periods of notice.
    Notices(Notices),
    /// Who may tighten.
    Guardian(Pubkey),
    /// Who may announce; applied with his signature only.
    Authority(Pubkey),
    /// Parameters of the pool.
    Pool(PoolParams),
    /// A new asset in the next slot.
    ListAsset {
        /// The slot.
        slot: u8,
        /// Its parameters.
        params: AssetParams,
    },
    /// A new bank; carried out by `list_bank`.
    ListBank {
        /// Slot of its asset.
        slot: u8,
        /// Its token.
        mint: Pubkey,
        /// Its parameters.
        params: BankParams,
    },
    /// A new market; carried out by `list_market`.
    ListMarket {
        /// Slot of its asset.
        slot: u8,
        /// Its parameters.
        params: MarketParams,
    },
    /// A stress scenario, another one or the next.
    Scenario {
        /// Its place.
        index: u8,
        /// Moves by slot, basis points; slots beyond do not move.
        shocks: Vec<i16>,
    },
    /// Oracle, limits and model of an asset.
    Asset {
        /// Its slot.
        slot: u8,
        /// All of its parameters; decimals, stake pool and underlying are for good.
        params: AssetParams,
    },
    /// Caps, limits and rates of a bank.
    Bank {
        /// Slot of its asset.
        slot: u8,
        /// All of its parameters; whether it is the quote's is for good.
        params: BankParams,
    },
    /// Sizes, fees and terms of a market.
    Market {
        /// Slot of its asset.
        slot: u8,
        /// All of its parameters; its scale does not fall.
        params: MarketParams,
    },
}

/// Bytes of an account but for patch and what it raises.
const HEAD: usize = 8 + 32 + 32 + 8 + 4 * 8 + 8 + 4 + 1 + 4;

impl ParameterChange {
    /// Bytes of the account of a patch.
    pub fn space(patch: &Patch) -> usize {
        let length = borsh::object_length(patch).unwrap_or(0);
        HEAD.saturating_add(length)
            .saturating_add(patch.raises().saturating_mul(8))
    }

    /// INV-47: a change can be applied from some instant on, to a later one.
    pub fn invariant(&self) -> Result<()> {
        require_gte!(
            self.latest,
            self.earliest,
            crate::error::PlimsollError::ChangeInvariant
        );
        Ok(())
    }
}
