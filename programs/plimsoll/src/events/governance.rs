//! Events of announced changes, tightenings and collected fees.

use anchor_lang::prelude::*;

use crate::instructions::Tightening;
use crate::state::Patch;

/// A change was announced.
#[event]
#[derive(Debug)]
pub struct ChangeAnnounced {
    /// The exchange.
    pub exchange: Pubkey,
    /// The change.
    pub change: Pubkey,
    /// First instant at which it can be applied, unix seconds.
    pub earliest: i64,
    /// Last instant at which its application can begin, unix seconds.
    pub latest: i64,
    /// What it will put in place.
    pub patch: Patch,
}

/// A change was put in place, or what it raises has grown on.
#[event]
#[derive(Debug)]
pub struct ChangeApplied {
    /// The exchange.
    pub exchange: Pubkey,
    /// The change.
    pub change: Pubkey,
    /// Whether all of it is in place.
    pub is_complete: bool,
}

/// A change was cancelled, or removed because it could not be applied any more.
#[event]
#[derive(Debug)]
pub struct ChangeCancelled {
    /// The exchange.
    pub exchange: Pubkey,
    /// The change.
    pub change: Pubkey,
    /// Who did it.
    pub signer: Pubkey,
}

/// The exchange became stricter.
#[event]
#[derive(Debug)]
pub struct Tightened {
    /// The exchange.
    pub exchange: Pubkey,
    /// Guardian or authority.
    pub signer: Pubkey,
    /// How.
    pub tightening: Tightening,
}

/// Fees of the protocol were paid out.
#[event]
#[derive(Debug)]
pub struct FeesCollected {
    /// The bank.
    pub bank: Pubkey,
    /// Where they went.
    pub destination: Pubkey,
    /// Atoms.
    pub amount: u64,
}
