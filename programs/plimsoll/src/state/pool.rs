//! The pool: counterparty of all markets.

use anchor_lang::prelude::*;
use plimsoll_engine::pool::PoolLedger;
use plimsoll_engine::units::Quote;

use super::assert_layout;
use crate::error::PlimsollError;

/// PDA `["pool", book]`. Its cash lies in the quote bank's vault.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct Pool {
    /// The risk book.
    pub book: Pubkey,
    /// Mint of the pool's shares, `["lp", pool]`.
    pub lp_mint: Pubkey,
    /// Quote atoms in the vault that belong to the pool.
    pub cash: u64,
    /// Shares including the dead ones; the mint's supply is this minus the dead shares.
    pub shares: u64,
    /// Debt of accounts to the pool, in shares of the quote borrow index.
    pub debt_shares: u64,
    /// Claims left after settlement minus credits already paid, quote atoms; see `Market::claims`.
    pub claims: i64,
    /// Losses recorded and not covered yet, quote atoms.
    pub pending_loss: u64,
    /// Bump of the PDA.
    pub bump: u8,
    /// Bump of the mint.
    pub lp_mint_bump: u8,
    /// Named padding.
    pub padding: [u8; 6],
}
assert_layout!(Pool, 64 + 5 * 8 + 8);

impl Pool {
    /// The ledger as the engine takes it.
    pub fn ledger(&self) -> PoolLedger {
        PoolLedger {
            cash: self.cash,
            debt_shares: self.debt_shares,
            claims: Quote(self.claims),
            pending_loss: self.pending_loss,
        }
    }

    /// Cash that claims may be paid from, quote atoms.
    pub fn payable(&self) -> u64 {
        self.cash.saturating_sub(self.pending_loss)
    }

    /// INV-05: shares exist only with the dead ones among them.
    pub fn invariant(&self) -> Result<()> {
        require!(
            self.shares == 0 || self.shares >= plimsoll_engine::pool::DEAD_SHARES,
            PlimsollError::PoolInvariant
        );
        Ok(())
    }
}
