//! The exchange: who may change what. Hot instructions never load it.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;

/// PDA `["exchange", creator, id]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Exchange {
    /// Who created it; part of the seeds.
    pub creator: Pubkey,
    /// Id chosen by the creator; part of the seeds.
    pub id: u64,
    /// Who may list and launch.
    pub authority: Pubkey,
    /// Who may tighten.
    pub guardian: Pubkey,
    /// The risk book bound to this exchange.
    pub book: Pubkey,
    /// Insurance that must be in the quote bank before launch, in quote atoms.
    pub insurance_target: u64,
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
}
