//! Lending: what a bank owes to those who lend and is owed by those who borrow (F-11).
//!
//! Both sides are counted in shares of an index that never falls but for a loss. The
//! index of debts grows by time; that of lent deposits only by interest that debts were charged, so that
//! no deposit earns what nobody owes. Every change of the totals first charges what time has added.
//!
//! What always holds (INV-30): claims + reserve + absorbed ≤ cash + owed, claims and owed rounded down.
//! Each operation loses at most one atom to rounding, never in favour of the account.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_div_ceil, Fixed};
use crate::index::Index;

/// Yearly rate by utilisation: two straight lines that meet at the kink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// Rate where nothing is borrowed.
    pub at_zero: Fixed,
    /// Utilisation at which the lines meet, between 0 and 1.
    pub kink: Fixed,
    /// Rate there.
    pub at_kink: Fixed,
    /// Rate where everything is borrowed.
    pub at_full: Fixed,
}

impl Curve {
    /// 0 ≤ rate at zero ≤ at the kink ≤ at full ≤ `most`, 0 < kink < 1.
    pub fn is_sound(&self, most: Fixed) -> bool {
        self.kink > Fixed::ZERO
            && self.kink < Fixed::ONE
            && self.at_zero >= Fixed::ZERO
            && self.at_zero <= self.at_kink
            && self.at_kink <= self.at_full
            && self.at_full <= most
    }

    /// The yearly rate at a utilisation of 0 to 1, rounded up.
    ///
    /// # Errors
    /// `DivisionByZero` for a curve that is not sound.
    pub fn rate_ceil(&self, utilisation: Fixed) -> Result<Fixed> {
        let utilisation = utilisation.max(Fixed::ZERO).min(Fixed::ONE);
        if utilisation <= self.kink {
            return line_ceil(self.at_zero, self.at_kink, utilisation, self.kink);
        }
        line_ceil(
            self.at_kink,
            self.at_full,
            utilisation.minus(self.kink)?,
            Fixed::ONE.minus(self.kink)?,
        )
    }
}

/// `from` + (`to` − `from`) · `part` / `whole`, rounded up.
fn line_ceil(from: Fixed, to: Fixed, part: Fixed, whole: Fixed) -> Result<Fixed> {
    let rise = to.minus(from)?.0.unsigned_abs();
    let risen = mul_div_ceil(rise, part.0.unsigned_abs(), whole.0.unsigned_abs())?;
    from.plus(Fixed(
        i64::try_from(risen).map_err(|_| EngineError::Overflow)?,
    ))
}

/// The lending side of a bank, in atoms of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lending {
    /// Atoms in the vault that belong to those who lend.
    pub cash: u64,
    /// Shares of lent deposits.
    pub shares: u64,
    /// Shares of debts.
    pub debt_shares: u64,
    /// Interest that belongs to insurance and is not in the vault's insurance yet.
    pub reserve: u64,
    /// Losses recorded and not taken yet: a lender who leaves before bears his part.
    pub pending_loss: u64,
    /// What lenders who left have borne of losses not taken yet.
    pub absorbed: u64,
    /// Atoms owed per share of debt.
    pub borrow_index: Index,
    /// Atoms claimed per share of a lent deposit.
    pub deposit_index: Index,
}

/// An index below this part of where it started has lost 99%.
const CLOSED_BELOW: u64 = 100;

/// Who bore a debt that nobody will pay, in atoms, beside what was covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenOff {
    /// What was owed.
    pub owed: u64,
    /// What insurance lost of the interest that is owed to it.
    pub insurance: u64,
    /// What lenders who left before had borne of it.
    pub leavers: u64,
    /// What the remaining lenders lost together.
    pub lenders: u64,
}

/// What a lender takes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redeemed {
    /// Shares given up.
    pub shares: u64,
    /// Atoms paid.
    pub atoms: u64,
}

impl Lending {
    /// An empty bank.
    pub const EMPTY: Self = Self {
        cash: 0,
        shares: 0,
        debt_shares: 0,
        reserve: 0,
        pending_loss: 0,
        absorbed: 0,
        borrow_index: Index::START,
        deposit_index: Index::START,
    };

    /// Atoms owed by all borrowers together, rounded down.
    pub fn owed_floor(&self) -> Result<u64> {
        self.borrow_index.atoms_floor(self.debt_shares)
    }

    /// Atoms claimed by all lenders together, rounded down, before pending losses.
    pub fn claims_floor(&self) -> Result<u64> {
        self.deposit_index.atoms_floor(self.shares)
    }

    /// INV-30: whether everything claimed is in the vault or owed.
    pub fn is_backed(&self) -> Result<bool> {
        let claimed =
            u128::from(self.claims_floor()?) + u128::from(self.reserve) + u128::from(self.absorbed);
        Ok(claimed <= u128::from(self.cash) + u128::from(self.owed_floor()?))
    }

    /// Share of the lent deposits that is borrowed, 0 to 1, rounded up; 1 where debts stand against
    /// nothing.
    pub fn utilisation_ceil(&self) -> Result<Fixed> {
        ratio_ceil(
            self.borrow_index.atoms_ceil(self.debt_shares)?,
            self.claims_floor()?,
        )
    }

    /// Share of a lender's claim that pending losses take, 0 to 1, rounded up.
    pub fn pending_share_ceil(&self) -> Result<Fixed> {
        ratio_ceil(self.pending_loss, self.claims_floor()?)
    }

    /// Charges what debts have grown to at `index`: insurance gets its share, rounded up, lenders the
    /// rest by their index, rounded down; what that rounding leaves is insurance's.
    ///
    /// The index of deposits never outgrows that of debts: interest on what is owed against insurance's own
    /// part is insurance's, or a single share left behind could earn it all and drive its index to the end.
    pub fn accrue(&mut self, index: Index, reserve_share: Fixed) -> Result<()> {
        if index <= self.borrow_index {
            return Ok(());
        }
        let before = self.owed_floor()?;
        let most = self.deposit_index.in_step_floor(self.borrow_index, index)?;
        self.borrow_index = index;
        let charged = self.owed_floor()?.saturating_sub(before);
        let kept = reserve_share.of_ceil(charged)?.min(charged);
        let gain = self.deposit_index.gain_floor(charged - kept, self.shares);
        let gain = gain.min(most);
        let given = gain.atoms_ceil(self.shares)?;
        self.deposit_index = self.deposit_index.plus(gain);
        self.reserve = add(self.reserve, charged.saturating_sub(given))?;
        Ok(())
    }

    /// Takes `atoms` from a lender; returns his shares, rounded down.
    ///
    /// # Errors
    /// `LossPending` while a recorded loss waits: a newcomer would bear it; `BankClosed` where losses have
    /// taken nearly everything.
    pub fn lend(&mut self, atoms: u64) -> Result<u64> {
        if self.pending_loss > 0 {
            return Err(EngineError::LossPending);
        }
        self.lend_anyway(atoms)
    }

    /// The same while a loss waits, of which the lender then bears his part.
    ///
    /// # Errors
    /// `BankClosed` where losses have taken nearly everything.
    pub fn lend_anyway(&mut self, atoms: u64) -> Result<u64> {
        if self.is_closed() {
            return Err(EngineError::BankClosed);
        }
        let shares = self.deposit_index.shares_floor(atoms)?;
        self.cash = add(self.cash, atoms)?;
        self.shares = add(self.shares, shares)?;
        Ok(shares)
    }

    /// Pays a lender exactly `atoms`; his shares are rounded up and cover his part of pending losses.
    ///
    /// # Errors
    /// `LenderCash` where less is in the vault; `InsufficientShares` where more than `held` are needed.
    pub fn redeem(&mut self, atoms: u64, held: u64) -> Result<Redeemed> {
        let claims = self.claims_floor()?;
        let free = claims.saturating_sub(self.pending_loss);
        if atoms > free {
            return Err(EngineError::InsufficientShares);
        }
        let claim = if self.pending_loss == 0 {
            atoms
        } else {
            mul_div_ceil(atoms, claims, free)?
        };
        let shares = self.deposit_index.shares_ceil(claim)?;
        if shares > held {
            return Err(EngineError::InsufficientShares);
        }
        self.pay(shares, claim, atoms)
    }

    /// Pays a lender everything for his `shares`: atoms rounded down, less his part of pending losses.
    ///
    /// # Errors
    /// `LenderCash` where less is in the vault.
    pub fn redeem_all(&mut self, shares: u64) -> Result<Redeemed> {
        let claim = self.deposit_index.atoms_floor(shares)?;
        self.pay(shares, claim, self.worth_floor(shares)?)
    }

    /// Atoms that `shares` would be paid now, rounded down.
    pub fn worth_floor(&self, shares: u64) -> Result<u64> {
        let claim = self.deposit_index.atoms_floor(shares)?;
        Ok(claim.saturating_sub(self.pending_part_ceil(claim)?))
    }

    /// What pending losses take of a claim, rounded up.
    fn pending_part_ceil(&self, claim: u64) -> Result<u64> {
        if self.pending_loss == 0 || claim == 0 {
            return Ok(0);
        }
        let claims = self.claims_floor()?.max(1);
        Ok(mul_div_ceil(claim, self.pending_loss, claims)?.min(claim))
    }

    fn pay(&mut self, shares: u64, claim: u64, atoms: u64) -> Result<Redeemed> {
        let cash = self
            .cash
            .checked_sub(atoms)
            .ok_or(EngineError::LenderCash)?;
        let borne = claim.saturating_sub(atoms).min(self.pending_loss);
        self.cash = cash;
        self.shares = sub(self.shares, shares)?;
        self.pending_loss = sub(self.pending_loss, borne)?;
        self.absorbed = add(self.absorbed, borne)?;
        Ok(Redeemed { shares, atoms })
    }

    /// Pays `atoms` to a borrower; returns the shares he owes, rounded up.
    ///
    /// # Errors
    /// `LenderCash` where less is in the vault, `BankClosed` as [`Self::lend`].
    pub fn borrow(&mut self, atoms: u64) -> Result<u64> {
        if self.is_closed() {
            return Err(EngineError::BankClosed);
        }
        let cash = self
            .cash
            .checked_sub(atoms)
            .ok_or(EngineError::LenderCash)?;
        let shares = self.borrow_index.shares_ceil(atoms)?;
        self.cash = cash;
        self.debt_shares = add(self.debt_shares, shares)?;
        Ok(shares)
    }

    /// Takes up to `atoms` for a debt of `owed` shares; all of it is cancelled by what it owes rounded
    /// up, less of it by what is paid rounded down.
    pub fn repay(&mut self, atoms: u64, owed: u64) -> Result<Redeemed> {
        let whole = self.borrow_index.atoms_ceil(owed)?;
        let (shares, atoms) = if atoms >= whole {
            (owed, whole)
        } else {
            (self.borrow_index.shares_floor(atoms)?, atoms)
        };
        self.cash = add(self.cash, atoms)?;
        self.debt_shares = sub(self.debt_shares, shares)?;
        Ok(Redeemed { shares, atoms })
    }

    /// Records that a debt which stood for a loss to come of `before` atoms stands for one of `after`.
    ///
    /// What lenders who left have borne of a loss that does not come is insurance's.
    pub fn record(&mut self, before: u64, after: u64) -> Result<()> {
        if after >= before {
            self.pending_loss = add(self.pending_loss, after - before)?;
            return Ok(());
        }
        let freed = self.forget(before - after);
        self.reserve = add(self.reserve, freed)?;
        Ok(())
    }

    /// Takes `loss` from what is recorded, pending first; returns what of it leavers had borne.
    fn forget(&mut self, loss: u64) -> u64 {
        let pending = loss.min(self.pending_loss);
        self.pending_loss -= pending;
        let freed = (loss - pending).min(self.absorbed);
        self.absorbed -= freed;
        freed
    }

    /// Ends a debt of `shares` that nobody will pay, of which `covered` atoms came into the lenders' cash
    /// and `recorded` atoms were a loss to come: the rest is borne by insurance's interest, then by what
    /// leavers have borne, then by all lenders by their index.
    ///
    /// # Errors
    /// `Overflow` for more shares than are owed.
    pub fn write_off(&mut self, shares: u64, covered: u64, recorded: u64) -> Result<WrittenOff> {
        let owed = self.borrow_index.atoms_ceil(shares)?;
        self.debt_shares = sub(self.debt_shares, shares)?;
        self.cash = add(self.cash, covered)?;
        let mut loss = owed.saturating_sub(covered);
        let insurance = loss.min(self.reserve);
        self.reserve -= insurance;
        loss -= insurance;
        let borne = self.absorbed.min(recorded).min(loss);
        self.absorbed -= borne;
        let freed = self.forget(recorded - borne);
        self.reserve = add(self.reserve, freed)?;
        let before = self.claims_floor()?;
        let backing = add(self.cash, self.owed_floor()?)?
            .saturating_sub(self.reserve)
            .saturating_sub(self.absorbed);
        if backing < before {
            self.deposit_index = Index(0).gain_floor(backing, self.shares);
        }
        Ok(WrittenOff {
            owed,
            insurance,
            leavers: borne,
            lenders: before.saturating_sub(self.claims_floor()?),
        })
    }

    /// Turns a lender's `shares` into a claim of insurance, worth what they are.
    pub fn give_to_reserve(&mut self, shares: u64) -> Result<()> {
        let claim = self.deposit_index.atoms_floor(shares)?;
        self.shares = sub(self.shares, shares)?;
        self.reserve = add(self.reserve, claim)?;
        Ok(())
    }

    /// Whether losses have taken 99% of what lenders ever had: nobody lends or borrows here any more.
    pub fn is_closed(&self) -> bool {
        self.deposit_index.0 < Index::START.0 / CLOSED_BELOW
    }

    /// Moves what is in the vault of insurance's interest out of the lenders' cash; returns it.
    pub fn collect_reserve(&mut self) -> u64 {
        let paid = self.reserve.min(self.cash);
        self.reserve -= paid;
        self.cash -= paid;
        paid
    }
}

/// Atoms that `shares` of a lent deposit are worth at `index`, rounded down, of which `loss` is taken by
/// pending losses, rounded up.
#[inline]
pub fn lent_atoms_floor(shares: u64, index: Index, loss: Fixed) -> Result<u64> {
    let claim = index.atoms_floor(shares)?;
    if loss == Fixed::ZERO {
        return Ok(claim);
    }
    Ok(claim.saturating_sub(loss.of_ceil(claim)?))
}

/// `part` / `whole` as a fraction of at most 1, rounded up; 1 for a part of nothing, 0 for no part.
fn ratio_ceil(part: u64, whole: u64) -> Result<Fixed> {
    if part == 0 {
        return Ok(Fixed::ZERO);
    }
    if part >= whole {
        return Ok(Fixed::ONE);
    }
    let ratio = mul_div_ceil(part, Fixed::ONE.0.unsigned_abs(), whole)?;
    i64::try_from(ratio)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}

fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(EngineError::Overflow)
}

fn sub(a: u64, b: u64) -> Result<u64> {
    a.checked_sub(b).ok_or(EngineError::Overflow)
}
