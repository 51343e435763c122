//! Events of the program's own code.

use anchor_lang::prelude::*;

/// The program's code is under notice from now on.
#[event]
#[derive(Debug)]
pub struct CodeHandedOver {
    /// Who may announce new code.
    pub authority: Pubkey,
}

/// Somebody was proposed to announce new code.
#[event]
#[derive(Debug)]
pub struct CodeAuthorityProposed {
    /// Who may announce it as before.
    pub authority: Pubkey,
    /// Who may take over; the zero key for nobody.
    pub pending: Pubkey,
}

/// Who was proposed took over.
#[event]
#[derive(Debug)]
pub struct CodeAuthorityAccepted {
    /// Who may announce new code now.
    pub authority: Pubkey,
}

/// New code was announced; its bytes stand in the buffer.
#[event]
#[derive(Debug)]
pub struct UpgradeAnnounced {
    /// The buffer, which nobody can write.
    pub buffer: Pubkey,
    /// Who gets the lamports that the buffer holds.
    pub receiver: Pubkey,
    /// First second at which anyone can apply it.
    pub earliest: i64,
    /// Last second at which anyone can.
    pub latest: i64,
}

/// The announced upgrade was withdrawn.
#[event]
#[derive(Debug)]
pub struct UpgradeCancelled {
    /// The buffer.
    pub buffer: Pubkey,
}

/// The program's code was replaced.
#[event]
#[derive(Debug)]
pub struct UpgradeApplied {
    /// The buffer the code came from, gone now.
    pub buffer: Pubkey,
    /// When.
    pub at: i64,
}

/// A buffer was closed.
#[event]
#[derive(Debug)]
pub struct BufferClosed {
    /// The buffer.
    pub buffer: Pubkey,
    /// Who got its lamports.
    pub receiver: Pubkey,
}
