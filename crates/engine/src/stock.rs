//! A balance as it moves from one account to another: what part of it is worth so many atoms.

use crate::error::Result;
use crate::exposure::{BookView, Holding};
use crate::fixed::{mul_div_floor, Fixed};
use crate::index::Index;
use crate::lending::lent_atoms_floor;

/// A deposit or a debt: its amount as the account keeps it and what that is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// A deposit in atoms.
    Atoms(u64),
    /// A lent deposit.
    Lent {
        /// Shares.
        shares: u64,
        /// Atoms a share.
        index: Index,
        /// Part that pending losses take.
        loss: Fixed,
    },
    /// A debt.
    Owed {
        /// Shares.
        shares: u64,
        /// Atoms a share.
        index: Index,
    },
}

impl Stock {
    /// Of a balance at the indices of the book.
    pub fn of<B: BookView>(holding: &Holding, book: &B) -> Result<Self> {
        let magnitude = holding.amount.magnitude();
        if holding.amount.0 < 0 {
            let index = book.borrow_index(holding.slot)?;
            return Ok(Self::Owed {
                shares: magnitude,
                index,
            });
        }
        if !holding.lent {
            return Ok(Self::Atoms(magnitude));
        }
        let (index, loss) = book.deposit_index(holding.slot)?;
        Ok(Self::Lent {
            shares: magnitude,
            index,
            loss,
        })
    }

    /// Whether it is a debt.
    pub fn is_owed(&self) -> bool {
        matches!(self, Self::Owed { .. })
    }

    /// The amount as the account keeps it.
    pub fn amount(&self) -> u64 {
        match self {
            Self::Atoms(atoms) => *atoms,
            Self::Lent { shares, .. } | Self::Owed { shares, .. } => *shares,
        }
    }

    /// Atoms: a deposit rounded down, a debt up.
    pub fn atoms(&self) -> Result<u64> {
        match self {
            Self::Atoms(atoms) => Ok(*atoms),
            Self::Lent {
                shares,
                index,
                loss,
            } => lent_atoms_floor(*shares, *index, *loss),
            Self::Owed { shares, index } => index.atoms_ceil(*shares),
        }
    }

    /// The amount that `atoms` of all `whole` atoms are, rounded down, and all of it for all of them: what
    /// leaves with it is worth that many atoms at most.
    pub fn part(&self, atoms: u64, whole: u64) -> Result<u64> {
        if atoms >= whole {
            return Ok(self.amount());
        }
        match self {
            Self::Atoms(_) => Ok(atoms),
            Self::Lent { shares, .. } | Self::Owed { shares, .. } => {
                mul_div_floor(*shares, atoms, whole)
            }
        }
    }

    /// What is left after an amount was taken, in atoms.
    pub fn left(&self, amount: u64) -> Result<u64> {
        match *self {
            Self::Atoms(atoms) => Ok(atoms.saturating_sub(amount)),
            Self::Lent {
                shares,
                index,
                loss,
            } => lent_atoms_floor(shares.saturating_sub(amount), index, loss),
            Self::Owed { shares, index } => index.atoms_ceil(shares.saturating_sub(amount)),
        }
    }
}
