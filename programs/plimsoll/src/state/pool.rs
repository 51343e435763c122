//! The pool: counterparty of all markets.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::outflow::Outflow;
use plimsoll_engine::pool::{PoolLedger, DEAD_SHARES};
use plimsoll_engine::units::Quote;

use super::assert_layout;
use crate::error::{checked, OrRefuse, PlimsollError};

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
    /// Quote atoms in the vault that wait in requests to deposit: those who asked own them.
    pub requested_quote: u64,
    /// Shares taken from wallets that wait in requests to withdraw; part of `shares`.
    pub requested_shares: u64,
    /// Largest part of the shares that may be withdrawn at once. Fixed, above 0 to 1.
    pub outflow_share: i64,
    /// Shares withdrawn that still count, as of `outflow_time`.
    pub outflow_level: u64,
    /// Unix seconds of the last withdrawal.
    pub outflow_time: i64,
    /// Seconds in which the largest part drains.
    pub outflow_window: u32,
    /// Seconds between a request and the instant that determines its prices.
    pub cool_down: u32,
    /// Bump of the PDA.
    pub bump: u8,
    /// Bump of the mint.
    pub lp_mint_bump: u8,
    /// Named padding.
    pub padding: [u8; 6],
}
assert_layout!(Pool, 64 + 11 * 8 + 8);

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

    /// Quote atoms of the vault that are not the bank's: the pool's cash and what waits in requests.
    pub fn in_vault(&self) -> Result<u64> {
        checked(self.cash.checked_add(self.requested_quote))
    }

    /// Counts a withdrawal of `shares` while all shares are as many as before it.
    ///
    /// # Errors
    /// `OutflowLimit`, naming limit and what would have left, both in shares.
    pub fn count_outflow(&mut self, shares: u64, now: i64) -> Result<()> {
        let limit = Fixed(self.outflow_share)
            .of_floor(self.shares)
            .or_refuse()?;
        let outflow = Outflow {
            level: self.outflow_level,
            time: self.outflow_time,
        };
        let window = u64::from(self.outflow_window);
        let level = outflow.at_ceil(now, limit, window).or_refuse()?;
        let after = checked(level.checked_add(shares))?;
        require_gte!(limit, after, PlimsollError::OutflowLimit);
        self.outflow_level = after;
        self.outflow_time = now;
        Ok(())
    }

    /// INV-05: shares exist only with the dead ones among them, which wait in no request.
    pub fn invariant(&self) -> Result<()> {
        let living = self.shares.checked_sub(DEAD_SHARES);
        require!(
            self.shares == 0 || living.is_some(),
            PlimsollError::PoolInvariant
        );
        require_gte!(
            living.unwrap_or(0),
            self.requested_shares,
            PlimsollError::PoolInvariant
        );
        Ok(())
    }
}
