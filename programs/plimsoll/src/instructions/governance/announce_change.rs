//! `announce_change`: the authority says what will change, and from when on anybody may apply it.
//!
//! * the authority of the exchange signs;
//! * it can be applied once its notice is over, and its application can begin until 7 days later;
//! * it counts for the parameters as they are now: once they are changed otherwise, it is void.
//!
//! Bounds are checked when it is applied: what is refused then changes nothing.

use anchor_lang::prelude::*;

use crate::changes::term;
use crate::constants::{CHANGE_SEED, NOTICE_BOUNDS};
use crate::error::PlimsollError;
use crate::events::ChangeAnnounced;
use crate::instructions::within;
use crate::state::{Exchange, ParameterChange, Patch};

/// Periods of notice in seconds; each within its bounds in code.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notices {
    /// Of what may loosen: listings, oracles, caps, margins, the authority. At least 72 h.
    pub loosening: u32,
    /// Of the pool's terms, the guardian, and ends of tightenings. At least 24 h.
    pub other: u32,
}

impl Notices {
    /// Refuses periods outside their bounds in code.
    pub fn validate(&self) -> Result<()> {
        let (loosening, other, most) = NOTICE_BOUNDS;
        within(loosening, self.loosening, most)?;
        within(other, self.other, most)
    }
}

/// Accounts of `announce_change`.
#[derive(Accounts)]
#[instruction(id: u64, patch: Patch)]
pub struct AnnounceChange<'info> {
    /// Authority of the exchange.
    pub authority: Signer<'info>,
    /// Pays the rent, and gets it back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(constraint = exchange.authority == authority.key() @ PlimsollError::NotAuthority)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The change.
    #[account(
        init,
        payer = payer,
        space = ParameterChange::space(&patch),
        seeds = [CHANGE_SEED, exchange.key().as_ref(), &id.to_le_bytes()],
        bump,
    )]
    pub change: Box<Account<'info, ParameterChange>>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Announces `patch` as change `id`.
#[inline(never)]
pub fn handle_announce_change(ctx: Context<AnnounceChange>, id: u64, patch: Patch) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = ctx.accounts;
    let exchange = &accounts.exchange;

    let (earliest, latest) = term(exchange, &patch, now)?;
    let version = exchange.version(patch.version())?;

    accounts.change.set_inner(ParameterChange {
        exchange: exchange.key(),
        payer: accounts.payer.key(),
        id,
        announced_at: now,
        earliest,
        latest,
        moved_at: 0,
        grown: 0,
        version,
        bump: ctx.bumps.change,
        patch,
        from: Vec::new(),
    });

    emit!(ChangeAnnounced {
        exchange: exchange.key(),
        change: accounts.change.key(),
        earliest,
        latest,
        patch: accounts.change.patch.clone(),
    });
    accounts.change.invariant()
}
