//! The only way from tokens of a bank to a balance of an account and back.
//!
//! What comes in repays a debt first and is lent if the balance is. What goes out comes from the deposit;
//! only where the caller says so is the rest borrowed. Totals of the bank and the account's place change
//! together; moving tokens or other ledgers of the vault is the caller's.

use anchor_lang::prelude::*;
use plimsoll_engine::index::Index;
use plimsoll_engine::lending::{Lending, Redeemed};
use plimsoll_engine::EngineError;

use crate::constants::EVERYTHING;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::state::{Balance, Bank, MarginAccount};

/// What a payment into a balance did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaidIn {
    /// Atoms of a debt that were repaid.
    pub repaid: u64,
    /// Atoms that were added to the deposit.
    pub deposited: u64,
}

/// What a payment out of a balance took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaidOut {
    /// Atoms taken from the deposit.
    pub withdrawn: u64,
    /// Atoms borrowed.
    pub borrowed: u64,
}

impl PaidOut {
    /// All atoms.
    pub fn total(&self) -> Result<u64> {
        checked(self.withdrawn.checked_add(self.borrowed))
    }
}

/// Pays `atoms` into the balance in `place`, with interest charged up to `borrow_index`.
///
/// # Errors
/// `LossPending` where it would be lent while a loss of the bank waits.
pub fn pay_in(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    borrow_index: Index,
    atoms: u64,
) -> Result<PaidIn> {
    let balance = *balance_of(account, place, bank.slot)?;
    if balance.amount >= 0 && balance.lent == 0 {
        bank.deposits = checked(bank.deposits.checked_add(atoms))?;
        let amount = checked(balance.amount.checked_add(signed(atoms)?))?;
        account.set_balance(place, bank.slot, amount)?;
        return Ok(PaidIn {
            repaid: 0,
            deposited: atoms,
        });
    }
    let mut lending = bank.accrued(borrow_index)?;
    let (amount, paid) = if balance.amount < 0 {
        let owed = balance.amount.unsigned_abs();
        let repaid = lending.repay(atoms, owed).or_refuse()?;
        let left = checked(atoms.checked_sub(repaid.atoms))?;
        bank.deposits = checked(bank.deposits.checked_add(left))?;
        let owed = checked(signed(owed)?.checked_sub(signed(repaid.shares)?))?;
        let amount = if owed == 0 {
            signed(left)?
        } else {
            checked(owed.checked_neg())?
        };
        let paid = PaidIn {
            repaid: repaid.atoms,
            deposited: left,
        };
        (amount, paid)
    } else {
        let shares = lending.lend(atoms).or_refuse()?;
        let paid = PaidIn {
            repaid: 0,
            deposited: atoms,
        };
        (checked(balance.amount.checked_add(signed(shares)?))?, paid)
    };
    release(account, place, &mut lending, amount)?;
    bank.set_lending(&lending);
    account.set_balance(place, bank.slot, amount)?;
    Ok(paid)
}

/// Takes `atoms` out of the balance in `place`, or [`EVERYTHING`] that is deposited there; what the
/// deposit does not cover is borrowed if `borrow` says so.
///
/// # Errors
/// `InsufficientBalance` for more than is held without borrowing, `LenderCash` where the bank has lent
/// more than it could pay.
pub fn pay_out(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    borrow_index: Index,
    atoms: u64,
    borrow: bool,
) -> Result<PaidOut> {
    let balance = *balance_of(account, place, bank.slot)?;
    let held = balance.amount.max(0).unsigned_abs();
    if balance.lent == 0 && (atoms <= held || atoms == EVERYTHING) {
        let atoms = atoms.min(held);
        bank.deposits = checked(bank.deposits.checked_sub(atoms))?;
        let left = checked(balance.amount.checked_sub(signed(atoms)?))?;
        account.set_balance(place, bank.slot, left)?;
        return Ok(PaidOut {
            withdrawn: atoms,
            borrowed: 0,
        });
    }
    let mut lending = bank.accrued(borrow_index)?;
    let (withdrawn, shares) = if balance.lent == 0 {
        bank.deposits = checked(bank.deposits.checked_sub(held))?;
        (held, held)
    } else {
        let redeemed = redeem(&mut lending, atoms, held, borrow)?;
        (redeemed.atoms, redeemed.shares)
    };
    let mut amount = checked(balance.amount.checked_sub(signed(shares)?))?;
    let borrowed = if atoms == EVERYTHING {
        0
    } else {
        checked(atoms.checked_sub(withdrawn))?
    };
    if borrowed > 0 {
        if !borrow {
            return Err(error!(PlimsollError::InsufficientBalance).with_values((atoms, withdrawn)));
        }
        let shares = lending.borrow(borrowed).or_refuse()?;
        amount = checked(amount.checked_sub(signed(shares)?))?;
    }
    bank.set_lending(&lending);
    account.set_balance(place, bank.slot, amount)?;
    Ok(PaidOut {
        withdrawn,
        borrowed,
    })
}

/// Takes what a lent deposit of `held` shares gives of `atoms`: all of it where that is less and the
/// rest can be borrowed.
fn redeem(lending: &mut Lending, atoms: u64, held: u64, borrow: bool) -> Result<Redeemed> {
    if atoms != EVERYTHING {
        let mut part = *lending;
        match part.redeem(atoms, held) {
            Ok(redeemed) => {
                *lending = part;
                return Ok(redeemed);
            }
            Err(EngineError::InsufficientShares) if borrow => {}
            Err(EngineError::InsufficientShares) => {
                let worth = part.worth_floor(held).or_refuse()?;
                return Err(error!(PlimsollError::InsufficientBalance).with_values((atoms, worth)));
            }
            Err(cause) => return Err(error!(PlimsollError::from(cause))),
        }
    }
    lending.redeem_all(held).or_refuse()
}

/// Atoms that the deposit in `place` can pay now: of a lent one, as far as the bank has cash.
pub fn payable_deposit(
    account: &MarginAccount,
    place: usize,
    bank: &Bank,
    borrow_index: Index,
) -> Result<u64> {
    let balance = balance_of(account, place, bank.slot)?;
    let held = balance.amount.max(0).unsigned_abs();
    if balance.lent == 0 {
        return Ok(held);
    }
    let mut lending = bank.accrued(borrow_index)?;
    let cash = lending.cash;
    lending.cash = checked(cash.checked_add(ADVANCE))?;
    let whole = lending.redeem_all(held).or_refuse()?;
    Ok(whole.atoms.min(cash))
}

/// Begins or ends lending the deposit in `place`; returns the atoms that moved, none where lending is
/// already as asked.
///
/// # Errors
/// `NothingToLend` without a deposit; `LossPending`, `LenderCash` as the engine.
pub fn set_lent(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    borrow_index: Index,
    lend: bool,
) -> Result<u64> {
    let balance = *balance_of(account, place, bank.slot)?;
    require_gt!(balance.amount, 0, PlimsollError::NothingToLend);
    let held = balance.amount.unsigned_abs();
    if lend == (balance.lent != 0) {
        return Ok(0);
    }
    let mut lending = bank.accrued(borrow_index)?;
    let (amount, moved) = if lend {
        let shares = lending.lend(held).or_refuse()?;
        require_gt!(shares, 0, PlimsollError::DepositTooSmall);
        bank.deposits = checked(bank.deposits.checked_sub(held))?;
        (shares, held)
    } else {
        let redeemed = lending.redeem_all(held).or_refuse()?;
        bank.deposits = checked(bank.deposits.checked_add(redeemed.atoms))?;
        (redeemed.atoms, redeemed.atoms)
    };
    bank.set_lending(&lending);
    account.set_balance(place, bank.slot, signed(amount)?)?;
    if let Some(balance) = account.balances.get_mut(place) {
        balance.lent = u8::from(lend && amount > 0);
    }
    Ok(moved)
}

/// What a place of an account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Free,
    /// A deposit in atoms.
    Unlent,
    /// A deposit in shares.
    Lent,
    /// A debt in shares.
    Debt,
}

impl Kind {
    /// Of a balance.
    pub fn of(balance: &Balance) -> Self {
        match (balance.amount, balance.lent) {
            (0, _) => Self::Free,
            (..0, _) => Self::Debt,
            (_, 0) => Self::Unlent,
            _ => Self::Lent,
        }
    }
}

/// Moves an amount of a deposit or of a debt as it is kept; no total of the bank changes.
///
/// # Errors
/// `WrongBank` where the receiving place holds another kind of balance: see [`fits`].
pub fn move_amount(
    (from, from_place): (&mut MarginAccount, usize),
    (to, to_place): (&mut MarginAccount, usize),
    slot: u8,
    amount: u64,
) -> Result<()> {
    let given = *balance_of(from, from_place, slot)?;
    let taken = *balance_of(to, to_place, slot)?;
    require!(fits(&given, &taken), PlimsollError::WrongBank);
    let amount = signed(amount)?;
    let amount = if given.amount < 0 {
        checked(amount.checked_neg())?
    } else {
        amount
    };
    let left = checked(given.amount.checked_sub(amount))?;
    let grown = checked(taken.amount.checked_add(amount))?;
    from.set_balance(from_place, slot, left)?;
    to.set_balance(to_place, slot, grown)?;
    if let Some(balance) = to.balances.get_mut(to_place) {
        balance.lent = given.lent;
    }
    Ok(())
}

/// Whether a balance can be added to another as it is kept.
pub fn fits(given: &Balance, taken: &Balance) -> bool {
    let taken = Kind::of(taken);
    taken == Kind::Free || taken == Kind::of(given)
}

/// What a payment from one account to another is counted in.
#[derive(Clone, Copy, Debug)]
pub enum Payment {
    /// Atoms.
    Atoms(u64),
    /// So much of the paying deposit as it is kept, whatever that gives.
    Given(u64),
    /// So many shares of the debt that is repaid, whatever they cost.
    Repaid(u64),
}

/// More than any bank's cash, lent to a payment while it is under way.
const ADVANCE: u64 = 1 << 62;

/// Pays out of a deposit in one account into a balance of the same bank in another: a debt there is repaid
/// first, and a lent deposit grows by shares, pending losses or not. Returns the atoms.
///
/// Whatever both are, no cash is needed but for a lent deposit that becomes one that is not lent.
///
/// # Errors
/// `InsufficientBalance` for more than the deposit, `LenderCash` for too little of that cash.
pub fn pay_across(
    (from, from_place): (&mut MarginAccount, usize),
    (to, to_place): (&mut MarginAccount, usize),
    bank: &mut Bank,
    borrow_index: Index,
    payment: Payment,
) -> Result<u64> {
    let given = *balance_of(from, from_place, bank.slot)?;
    let taken = *balance_of(to, to_place, bank.slot)?;
    let mut lending = bank.accrued(borrow_index)?;
    lending.cash = checked(lending.cash.checked_add(ADVANCE))?;
    let held = given.amount.max(0).unsigned_abs();
    let wanted = match payment {
        Payment::Atoms(atoms) | Payment::Given(atoms) => atoms,
        Payment::Repaid(shares) => lending.borrow_index.atoms_ceil(shares).or_refuse()?,
    };
    let short = || error!(PlimsollError::InsufficientBalance).with_values((wanted, held));
    let (atoms, amount) = match (Kind::of(&given), payment) {
        (Kind::Unlent, _) if held >= wanted => {
            bank.deposits = checked(bank.deposits.checked_sub(wanted))?;
            (wanted, wanted)
        }
        (Kind::Lent, Payment::Given(shares)) if held >= shares => {
            let redeemed = lending.redeem_all(shares).or_refuse()?;
            (redeemed.atoms, redeemed.shares)
        }
        (Kind::Lent, Payment::Atoms(_) | Payment::Repaid(_)) => {
            let redeemed = lending.redeem(wanted, held).or_refuse()?;
            (redeemed.atoms, redeemed.shares)
        }
        _ => return Err(short()),
    };
    let left = checked(given.amount.checked_sub(signed(amount)?))?;
    let (grown, kept) = match Kind::of(&taken) {
        Kind::Debt => {
            let owed = taken.amount.unsigned_abs();
            let most = match payment {
                Payment::Repaid(shares) => shares.min(owed),
                Payment::Atoms(_) | Payment::Given(_) => owed,
            };
            let repaid = lending.repay(atoms, most).or_refuse()?;
            let kept = checked(atoms.checked_sub(repaid.atoms))?;
            let shares = checked(owed.checked_sub(repaid.shares))?;
            if shares == 0 {
                lending.record(taken.pending_loss, 0).or_refuse()?;
                (signed(kept)?, kept)
            } else {
                (checked(signed(shares)?.checked_neg())?, 0)
            }
        }
        Kind::Lent => {
            let shares = lending.lend_anyway(atoms).or_refuse()?;
            (checked(taken.amount.checked_add(signed(shares)?))?, 0)
        }
        Kind::Free | Kind::Unlent => (checked(taken.amount.checked_add(signed(atoms)?))?, atoms),
    };
    bank.deposits = checked(bank.deposits.checked_add(kept))?;
    lending.cash = lending
        .cash
        .checked_sub(ADVANCE)
        .ok_or_else(|| error!(PlimsollError::LenderCash))?;
    bank.set_lending(&lending);
    from.set_balance(from_place, bank.slot, left)?;
    if grown >= 0 {
        if let Some(balance) = to.balances.get_mut(to_place) {
            balance.pending_loss = 0;
        }
    }
    to.set_balance(to_place, bank.slot, grown)?;
    Ok(atoms)
}

/// Pays `atoms` of a deposit to insurance; of a lent one as a claim on interest, since the cash may be
/// lent out.
///
/// # Errors
/// `InsufficientBalance` for more than the deposit.
pub fn pay_insurance(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    borrow_index: Index,
    atoms: u64,
) -> Result<()> {
    let balance = *balance_of(account, place, bank.slot)?;
    if balance.lent == 0 {
        pay_out(account, place, bank, borrow_index, atoms, false)?;
        bank.insurance = checked(bank.insurance.checked_add(atoms))?;
        return Ok(());
    }
    let mut lending = bank.accrued(borrow_index)?;
    lending.cash = checked(lending.cash.checked_add(atoms))?;
    let redeemed = lending
        .redeem(atoms, balance.amount.unsigned_abs())
        .or_refuse()?;
    lending.reserve = checked(lending.reserve.checked_add(atoms))?;
    bank.set_lending(&lending);
    let left = checked(balance.amount.checked_sub(signed(redeemed.shares)?))?;
    account.set_balance(place, bank.slot, left)
}

/// A debt that is gone leaves no loss to come.
fn release(
    account: &mut MarginAccount,
    place: usize,
    lending: &mut Lending,
    amount: i64,
) -> Result<()> {
    if let Some(balance) = account.balances.get_mut(place) {
        if amount >= 0 && balance.pending_loss > 0 {
            lending.record(balance.pending_loss, 0).or_refuse()?;
            balance.pending_loss = 0;
        }
    }
    Ok(())
}

/// The balance in `place`, which is of `slot` or free.
fn balance_of(account: &MarginAccount, place: usize, slot: u8) -> Result<&Balance> {
    let balance = account.balances.get(place);
    let balance = balance.ok_or_else(|| error!(PlimsollError::NoFreeBalance))?;
    require!(
        balance.amount == 0 || balance.slot == slot,
        PlimsollError::WrongBank
    );
    Ok(balance)
}

fn signed(atoms: u64) -> Result<i64> {
    i64::try_from(atoms).map_err(|_| error!(PlimsollError::MathOverflow))
}
