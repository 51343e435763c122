//! `tighten`: guardian or authority makes the exchange stricter at once; nothing here can loosen.
//!
//! * guardian or authority signs;
//! * halts stop what would raise a shortage by an asset, and borrowing it, until an announced change ends them;
//!   nobody who lowers his shortages is stopped, nor a deposit, a repayment, a settlement or a liquidation;
//! * withdrawals wait at most 24 h in any 7 days, however often they are held;
//! * caps only fall, and announcements that would put others in place are void with that;
//! * initial rates are raised to at most twice what they are.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;

use crate::changes::{bank_version, market_version, slots_of};
use crate::constants::{HOLD_BUDGET, HOLD_PERIOD, PPM};
use crate::error::{checked, PlimsollError};
use crate::events::Tightened;
use crate::instructions::create_exchange::{fixed_of_ppm, within};
use crate::risk_model::advance;
use crate::state::{listed, Bank, Exchange, Market, RiskBook};

/// What gets stricter.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum Tightening {
    /// No shortage grows by the assets in `slots`, a bit each, and nobody borrows them.
    Halt {
        /// Bit by slot.
        slots: u32,
    },
    /// Nobody withdraws for so many seconds from now on.
    HoldWithdrawals {
        /// How long, seconds.
        seconds: u32,
    },
    /// Caps of the bank given, none above what it is.
    BankCaps {
        /// Largest total of deposits, atoms.
        deposit_cap: u64,
        /// Largest total of debts, atoms.
        borrow_cap: u64,
    },
    /// Caps of the market given, none above what it is.
    MarketCaps {
        /// Largest |skew| that an order may reach, base atoms.
        max_skew: u64,
        /// Largest open interest of a side that an order may reach, base atoms.
        max_open_interest: u64,
    },
    /// Initial rates of an asset.
    Initial {
        /// Its slot.
        slot: u8,
        /// By what they are multiplied, parts per million: at least what it is, at most twice the whole.
        multiplier_ppm: u32,
    },
}

/// Accounts of `tighten`; bank and market only where their caps fall.
#[derive(Accounts)]
pub struct Tighten<'info> {
    /// Guardian or authority of the exchange.
    pub guardian: Signer<'info>,
    /// The exchange.
    #[account(
        mut,
        constraint = exchange.may_tighten(guardian.key()) @ PlimsollError::NotGuardian,
    )]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book.
    #[account(mut, address = exchange.book @ PlimsollError::WrongBook)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The bank whose caps fall.
    #[account(mut, constraint = bank.load()?.book == book.key() @ PlimsollError::WrongBank)]
    pub bank: Option<AccountLoader<'info, Bank>>,
    /// The market whose caps fall.
    #[account(mut, constraint = market.load()?.book == book.key() @ PlimsollError::WrongMarket)]
    pub market: Option<AccountLoader<'info, Market>>,
}

/// Tightens.
#[inline(never)]
pub fn handle_tighten(ctx: Context<Tighten>, tightening: Tightening) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = ctx.accounts;
    let mut book = accounts.book.load_mut()?;

    match &tightening {
        Tightening::Halt { slots } => halt(&mut book, *slots)?,
        Tightening::HoldWithdrawals { seconds } => {
            book.withdrawals_held_until = accounts.exchange.hold(*seconds, now)?;
        }
        Tightening::BankCaps {
            deposit_cap,
            borrow_cap,
        } => {
            let bank = accounts.bank.as_ref();
            let mut bank = bank.ok_or(PlimsollError::WrongBank)?.load_mut()?;
            bank.deposit_cap = lower(bank.deposit_cap, *deposit_cap)?;
            bank.borrow_cap = lower(bank.borrow_cap, *borrow_cap)?;
            accounts.exchange.count(bank_version(bank.slot))?;
            bank.invariant()?;
        }
        Tightening::MarketCaps {
            max_skew,
            max_open_interest,
        } => {
            let market = accounts.market.as_ref();
            let mut market = market.ok_or(PlimsollError::WrongMarket)?.load_mut()?;
            market.max_skew = lower(market.max_skew, *max_skew)?;
            market.max_open_interest = lower(market.max_open_interest, *max_open_interest)?;
            accounts.exchange.count(market_version(market.slot))?;
            market.invariant()?;
        }
        Tightening::Initial {
            slot,
            multiplier_ppm,
        } => raise_initial(&mut book, *slot, *multiplier_ppm, now)?,
    }
    book.count_write();

    emit!(Tightened {
        exchange: accounts.exchange.key(),
        signer: accounts.guardian.key(),
        tightening
    });
    accounts.exchange.invariant()?;
    book.invariant()
}

fn halt(book: &mut RiskBook, slots: u32) -> Result<()> {
    for slot in slots_of(slots) {
        book.listed_asset_mut(slot)?.listed |= listed::HALTED;
    }
    Ok(())
}

/// A cap that does not rise.
fn lower(current: u64, cap: u64) -> Result<u64> {
    require_gte!(current, cap, PlimsollError::NotTighter);
    Ok(cap)
}

fn raise_initial(book: &mut RiskBook, slot: u8, multiplier_ppm: u32, now: i64) -> Result<()> {
    let twice = checked(PPM.checked_mul(2))?;
    within(PPM, multiplier_ppm, twice)?;
    let (_, model) = book.asset_with_model_mut(slot)?;
    let multiplier = fixed_of_ppm(multiplier_ppm);
    let current = model.tightened.max(Fixed::ONE.0);
    require_gte!(multiplier, current, PlimsollError::NotTighter);
    model.tightened = multiplier;
    advance(book, slot, false, now)?;
    Ok(())
}

impl Exchange {
    /// Whether somebody may tighten.
    pub fn may_tighten(&self, signer: Pubkey) -> bool {
        signer == self.guardian || signer == self.authority
    }

    /// Holds withdrawals for `seconds` from `now` on; until when.
    ///
    /// The budget is whole again 7 days after the last hold ended, and not before: so no 7 days have more of
    /// it than the budget.
    ///
    /// # Errors
    /// `NotTighter` where a hold lasts longer already, `HoldBudget`.
    pub fn hold(&mut self, seconds: u32, now: i64) -> Result<i64> {
        let until = checked(now.checked_add(i64::from(seconds)))?;
        require_gt!(until, self.held_until.max(now), PlimsollError::NotTighter);
        if now.saturating_sub(self.held_until) >= HOLD_PERIOD {
            self.held_seconds = 0;
        }
        let more = until.saturating_sub(self.held_until.max(now));
        let held = i64::from(self.held_seconds).saturating_add(more);
        require_gte!(HOLD_BUDGET, held, PlimsollError::HoldBudget);
        self.held_seconds = u32::try_from(held).map_err(|_| error!(PlimsollError::HoldBudget))?;
        self.held_until = until;
        Ok(until)
    }
}
