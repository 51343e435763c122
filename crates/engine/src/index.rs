//! The index that turns shares into atoms, for debts and for lent deposits.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_ceil, mul_div_floor, mul_shift_ceil, mul_shift_floor};

const FRACTION_BITS: u32 = 58;

/// Atoms per share in 2^-58, below 32.
///
/// It starts at 2^-10, so that a share is a thousandth of an atom and rounding to whole shares loses no
/// atom before the index has grown a thousandfold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub u64);

impl Index {
    /// Where every index starts: 1,024 shares an atom.
    pub const START: Self = Self(1 << (FRACTION_BITS - 10));
    /// Where every index stops.
    pub const MOST: Self = Self(i64::MAX as u64);
    const ONE: u64 = 1 << FRACTION_BITS;

    /// Atoms that `shares` are worth, rounded down.
    #[inline]
    pub fn atoms_floor(self, shares: u64) -> Result<u64> {
        mul_shift_floor(shares, self.0, FRACTION_BITS)
    }

    /// Atoms that `shares` are worth, rounded up.
    #[inline]
    pub fn atoms_ceil(self, shares: u64) -> Result<u64> {
        mul_shift_ceil(shares, self.0, FRACTION_BITS)
    }

    /// Shares that are worth `atoms`, rounded down; `DivisionByZero` for an index of zero.
    pub fn shares_floor(self, atoms: u64) -> Result<u64> {
        mul_div_floor(atoms, Self::ONE, self.0)
    }

    /// Shares that are worth `atoms`, rounded up; `DivisionByZero` for an index of zero.
    pub fn shares_ceil(self, atoms: u64) -> Result<u64> {
        mul_div_ceil(atoms, Self::ONE, self.0)
    }

    /// What the index gains per share where `atoms` are spread over `shares`, rounded down; nothing for
    /// no share, and never beyond [`Index::MOST`].
    pub fn gain_floor(self, atoms: u64, shares: u64) -> Self {
        let most = Self::MOST.0.saturating_sub(self.0);
        match mul_div_floor(atoms, Self::ONE, shares) {
            Ok(gain) => Self(gain.min(most)),
            Err(EngineError::DivisionByZero) => Self(0),
            Err(_) => Self(most),
        }
    }

    /// What the index gains if it grows by as much of itself as another from `before` to `after`, rounded
    /// down.
    pub fn in_step_floor(self, before: Self, after: Self) -> Result<Self> {
        let grown = after.0.saturating_sub(before.0);
        mul_div_floor(self.0, grown, before.0).map(Self)
    }

    /// The sum, [`Index::MOST`] at most.
    #[inline]
    pub fn plus(self, gain: Self) -> Self {
        Self(self.0.saturating_add(gain.0).min(Self::MOST.0))
    }
}
