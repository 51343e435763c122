//! A bank: one token, its vault and the ledgers that share it.

use anchor_lang::prelude::*;

use super::assert_layout;
use crate::error::PlimsollError;

/// PDA `["bank", book, slot]`.
///
/// The vault holds deposits + insurance + protocol fees, and for the quote token the pool's cash.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct Bank {
    /// The risk book.
    pub book: Pubkey,
    /// The token.
    pub mint: Pubkey,
    /// The token account `["vault", bank]`, its authority is this bank.
    pub vault: Pubkey,
    /// Deposits that are not lent, in atoms: the sum of all accounts' balances.
    pub deposits: u64,
    /// Insurance fund in this token, in atoms.
    pub insurance: u64,
    /// Protocol fees not collected yet, in atoms.
    pub protocol_fees: u64,
    /// Largest total of deposits, in atoms.
    pub deposit_cap: u64,
    /// Asset slot of the book.
    pub slot: u8,
    /// Decimals of the token.
    pub decimals: u8,
    /// Bump of the PDA.
    pub bump: u8,
    /// Bump of the vault.
    pub vault_bump: u8,
    /// Named padding.
    pub padding: [u8; 4],
}
assert_layout!(Bank, 96 + 32 + 8);

impl Bank {
    /// INV-03: the ledgers of a bank add up without overflow.
    pub fn invariant(&self) -> Result<()> {
        self.ledgers()?;
        Ok(())
    }

    /// Deposits + insurance + protocol fees, in atoms.
    pub fn ledgers(&self) -> Result<u64> {
        self.deposits
            .checked_add(self.insurance)
            .and_then(|sum| sum.checked_add(self.protocol_fees))
            .ok_or_else(|| error!(PlimsollError::MathOverflow))
    }
}
