//! The program's own code: who may announce new code, and what is announced.

use anchor_lang::prelude::*;

use crate::constants::{CODE_NOTICE, CODE_WINDOW};
use crate::error::{checked, PlimsollError};

/// PDA `["code"]`, one for the program. From `hand_over_code` on it is the program's upgrade authority:
/// the loader takes new code from it and from nobody else.
#[account]
#[derive(InitSpace, Debug)]
pub struct Code {
    /// Who may announce new code.
    pub authority: Pubkey,
    /// Who may take over from him; the zero key for nobody.
    pub pending: Pubkey,
    /// The buffer with the announced code; the zero key if none is announced.
    pub buffer: Pubkey,
    /// Who gets the lamports that the buffer holds; the zero key if none is announced.
    pub receiver: Pubkey,
    /// First second at which the announced code can be applied, unix seconds; 0 if none is announced.
    pub earliest: i64,
    /// Last second at which it can; 0 if none is announced.
    pub latest: i64,
    /// Bump of the PDA.
    pub bump: u8,
}

impl Code {
    /// Announces the code in `buffer` at `now`, unix seconds. Fails with `UpgradeAnnounced` if there is
    /// an announcement, lapsed or not.
    pub fn announce(&mut self, buffer: Pubkey, receiver: Pubkey, now: i64) -> Result<()> {
        require_keys_eq!(
            self.buffer,
            Pubkey::default(),
            PlimsollError::UpgradeAnnounced
        );
        self.buffer = buffer;
        self.receiver = receiver;
        self.earliest = checked(now.checked_add(CODE_NOTICE))?;
        self.latest = checked(self.earliest.checked_add(CODE_WINDOW))?;
        Ok(())
    }

    /// The announced buffer. Fails with `NoUpgradeAnnounced`.
    pub fn announced(&self) -> Result<Pubkey> {
        require_keys_neq!(
            self.buffer,
            Pubkey::default(),
            PlimsollError::NoUpgradeAnnounced
        );
        Ok(self.buffer)
    }

    /// Refuses outside `earliest` to `latest`, both included: `UpgradeNotDue`, `UpgradeLapsed`.
    pub fn require_due(&self, now: i64) -> Result<()> {
        require_gte!(now, self.earliest, PlimsollError::UpgradeNotDue);
        require_gte!(self.latest, now, PlimsollError::UpgradeLapsed);
        Ok(())
    }

    /// Forgets the announcement.
    pub fn clear(&mut self) {
        self.buffer = Pubkey::default();
        self.receiver = Pubkey::default();
        (self.earliest, self.latest) = (0, 0);
    }

    /// INV-60: there is an authority, and an announcement is whole or none.
    pub fn invariant(&self) -> Result<()> {
        require_keys_neq!(
            self.authority,
            Pubkey::default(),
            PlimsollError::CodeInvariant
        );
        let none = (self.earliest, self.latest) == (0, 0);
        let whole = self.earliest.checked_add(CODE_WINDOW) == Some(self.latest);
        let announced = self.buffer != Pubkey::default();
        require!(
            if announced { whole } else { none },
            PlimsollError::CodeInvariant
        );
        let received = self.receiver != Pubkey::default();
        require_eq!(announced, received, PlimsollError::CodeInvariant);
        Ok(())
    }
}
