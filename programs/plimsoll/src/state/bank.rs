//! A bank: one token, its vault and the ledgers that share it.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::lending::{Curve, Lending};
use plimsoll_engine::outflow::Outflow;

use super::assert_layout;
use crate::constants::OUTFLOW_WINDOW;
use crate::error::{checked, OrRefuse, PlimsollError};

/// PDA `["bank", book, slot]`.
///
/// The vault holds deposits + lenders' cash + insurance + protocol fees, and for the quote token the
/// pool's cash. Only the lenders' cash is ever lent.
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
    /// Deposits that are not lent, in atoms: the sum of all accounts' balances of that kind.
    pub deposits: u64,
    /// Insurance fund in this token, in atoms.
    pub insurance: u64,
    /// Protocol fees not collected yet, in atoms.
    pub protocol_fees: u64,
    /// Largest total of deposits, lent and not, in atoms.
    pub deposit_cap: u64,
    /// Atoms in the vault that belong to those who lend.
    pub lent_cash: u64,
    /// Shares of lent deposits, the sum of all accounts' balances of that kind.
    pub lent_shares: u64,
    /// Shares of debts, the sum of all accounts' balances of that kind.
    pub debt_shares: u64,
    /// Interest that belongs to insurance and is still owed or among the lenders' cash, in atoms.
    pub reserve: u64,
    /// Losses recorded and not taken yet, in atoms.
    pub pending_loss: u64,
    /// What lenders who left have borne of losses not taken yet, in atoms.
    pub absorbed: u64,
    /// Atoms owed per share of debt in 2^-58 when interest was last charged.
    pub borrow_index: u64,
    /// Atoms claimed per share of a lent deposit in 2^-58.
    pub deposit_index: u64,
    /// Largest total of debts, in atoms.
    pub borrow_cap: u64,
    /// Yearly rate where nothing is borrowed. Fixed.
    pub rate_at_zero: i64,
    /// Utilisation at which the two lines of the rate meet. Fixed.
    pub kink: i64,
    /// Yearly rate there. Fixed.
    pub rate_at_kink: i64,
    /// Yearly rate where everything is borrowed. Fixed.
    pub rate_at_full: i64,
    /// Largest share of lent deposits that a new debt may lead to. Fixed.
    pub utilisation_cap: i64,
    /// Insurance's share of interest. Fixed.
    pub reserve_share: i64,
    /// Largest net outflow in a window, in atoms.
    pub outflow_limit: u64,
    /// Net outflow that counts, in atoms, as of `outflow_time`.
    pub outflow_level: u64,
    /// Unix seconds of the last deposit or withdrawal.
    pub outflow_time: i64,
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
assert_layout!(Bank, 96 + 22 * 8 + 8);

impl Bank {
    /// INV-03: the ledgers of a bank add up without overflow. INV-30: what lenders and insurance claim
    /// is in the vault or owed.
    pub fn invariant(&self) -> Result<()> {
        self.ledgers()?;
        let backed = self.lending().is_backed().or_refuse()?;
        require!(backed, PlimsollError::BankInvariant);
        Ok(())
    }

    /// Atoms of the vault: deposits + lenders' cash + insurance + protocol fees, without the pool's cash.
    pub fn ledgers(&self) -> Result<u64> {
        self.deposits
            .checked_add(self.lent_cash)
            .and_then(|sum| sum.checked_add(self.insurance))
            .and_then(|sum| sum.checked_add(self.protocol_fees))
            .ok_or_else(|| error!(PlimsollError::MathOverflow))
    }

    /// The lending side as the engine takes it.
    pub fn lending(&self) -> Lending {
        Lending {
            cash: self.lent_cash,
            shares: self.lent_shares,
            debt_shares: self.debt_shares,
            reserve: self.reserve,
            pending_loss: self.pending_loss,
            absorbed: self.absorbed,
            borrow_index: Index(self.borrow_index),
            deposit_index: Index(self.deposit_index),
        }
    }

    /// Writes the lending side.
    pub fn set_lending(&mut self, lending: &Lending) {
        self.lent_cash = lending.cash;
        self.lent_shares = lending.shares;
        self.debt_shares = lending.debt_shares;
        self.reserve = lending.reserve;
        self.pending_loss = lending.pending_loss;
        self.absorbed = lending.absorbed;
        self.borrow_index = lending.borrow_index.0;
        self.deposit_index = lending.deposit_index.0;
    }

    /// The lending side with interest charged up to a borrow index of the book.
    pub fn accrued(&self, borrow_index: Index) -> Result<Lending> {
        let mut lending = self.lending();
        lending
            .accrue(borrow_index, Fixed(self.reserve_share))
            .or_refuse()?;
        Ok(lending)
    }

    /// Deposits, lent and not, in atoms.
    pub fn all_deposits(&self) -> Result<u64> {
        let claims = self.lending().claims_floor().or_refuse()?;
        checked(self.deposits.checked_add(claims))
    }

    /// Refuses where debts pass the bank's limits.
    ///
    /// # Errors
    /// `BorrowCap` and `UtilisationCap`, naming limit and what there would be.
    pub fn require_borrowable(&self) -> Result<()> {
        let lending = self.lending();
        let owed = lending.owed_floor().or_refuse()?;
        require_gte!(self.borrow_cap, owed, PlimsollError::BorrowCap);
        let utilisation = lending.utilisation_ceil().or_refuse()?.0;
        require_gte!(
            self.utilisation_cap,
            utilisation,
            PlimsollError::UtilisationCap
        );
        Ok(())
    }

    /// The rate by utilisation.
    pub fn curve(&self) -> Curve {
        Curve {
            at_zero: Fixed(self.rate_at_zero),
            kink: Fixed(self.kink),
            at_kink: Fixed(self.rate_at_kink),
            at_full: Fixed(self.rate_at_full),
        }
    }

    /// Counts what leaves the vault.
    ///
    /// # Errors
    /// `OutflowLimit`, naming limit and what would have left.
    pub fn count_outflow(&mut self, atoms: u64, now: i64) -> Result<()> {
        let level = self.outflow(now).or_refuse()?;
        let after = checked(level.checked_add(atoms))?;
        require_gte!(self.outflow_limit, after, PlimsollError::OutflowLimit);
        self.outflow_level = after;
        self.outflow_time = now;
        Ok(())
    }

    /// Counts what enters the vault against what left.
    pub fn count_inflow(&mut self, atoms: u64, now: i64) -> Result<()> {
        self.outflow_level = self.outflow(now).or_refuse()?.saturating_sub(atoms);
        self.outflow_time = now;
        Ok(())
    }

    fn outflow(&self, now: i64) -> plimsoll_engine::Result<u64> {
        let outflow = Outflow {
            level: self.outflow_level,
            time: self.outflow_time,
        };
        outflow.at_ceil(now, self.outflow_limit, OUTFLOW_WINDOW)
    }
}
