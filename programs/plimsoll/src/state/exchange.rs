//! The exchange: who may change what. Hot instructions never load it.

use anchor_lang::prelude::*;

use crate::error::{checked, PlimsollError};
use crate::instructions::Notices;

/// Groups of parameters that are changed as a whole, see [`crate::changes`].
pub const VERSIONS: usize = 120;

/// PDA `["exchange", creator, id]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Exchange {
    /// Who created it; part of the seeds.
    pub creator: Pubkey,
    /// Id chosen by the creator; part of the seeds.
    pub id: u64,
    /// Who may list and launch, and later announce changes.
    pub authority: Pubkey,
    /// Who may tighten.
    pub guardian: Pubkey,
    /// The risk book bound to this exchange.
    pub book: Pubkey,
    /// Periods of notice.
    pub notices: Notices,
    /// Until when withdrawals are held, or were, unix seconds.
    pub held_until: i64,
    /// Seconds of the budget of holds that are used.
    pub held_seconds: u32,
    /// How often each group of parameters has changed.
    pub versions: [u32; VERSIONS],
    /// True after `launch`; never false again.
    pub launched: bool,
    /// Bump of the PDA.
    pub bump: u8,
}

impl Exchange {
    /// INV-01: an exchange is bound to a book and has an authority.
    pub fn invariant(&self) -> Result<()> {
        require_keys_neq!(self.book, Pubkey::default(), PlimsollError::ExchangeUnbound);
        require_keys_neq!(
            self.authority,
            Pubkey::default(),
            PlimsollError::ExchangeUnbound
        );
        Ok(())
    }

    /// How often a group of parameters has changed.
    ///
    /// # Errors
    /// `ParameterOutOfBounds` for a group that does not exist.
    pub fn version(&self, group: usize) -> Result<u32> {
        let version = self.versions.get(group).copied();
        version.ok_or_else(|| error!(PlimsollError::ParameterOutOfBounds))
    }

    /// Counts a change of every group: whatever was announced is void.
    pub fn count_all(&mut self) -> Result<()> {
        (0..VERSIONS).try_for_each(|group| self.count(group))
    }

    /// Counts a change of a group of parameters.
    ///
    /// # Errors
    /// As [`Self::version`].
    pub fn count(&mut self, group: usize) -> Result<()> {
        let version = self.versions.get_mut(group);
        let version = version.ok_or_else(|| error!(PlimsollError::ParameterOutOfBounds))?;
        *version = checked(version.checked_add(1))?;
        Ok(())
    }
}
