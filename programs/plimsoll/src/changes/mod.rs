//! Changes with notice: how long it is, what a change stands for, and when it may be applied (F-4).
//!
//! Whatever a change raises that maintenance reads grows by at most the daily factor of the ramps, over as
//! many applications as that takes; everything else is in place with the first one.

mod asset;
mod bank;
mod exchange;
mod market;

use anchor_lang::prelude::*;
use plimsoll_engine::ramp::{raised_floor, LONGEST_STEP_SECONDS};

pub use self::asset::{end_tightening, replace_asset, replace_scenario, slots_of};
pub use self::bank::replace_bank;
pub use self::exchange::{replace_exchange, replace_pool};
pub use self::market::replace_market;

use crate::constants::{ASSET_SLOTS, CHANGE_LIFE, NOTICE_OF_NOTICES, SCENARIOS};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::state::{Exchange, ParameterChange, Patch, VERSIONS};

/// Places of [`Exchange::versions`]: single groups, scenarios, assets, banks, markets.
const FIRST_SCENARIO: usize = 8;
const FIRST_ASSET: usize = FIRST_SCENARIO + SCENARIOS;
const FIRST_BANK: usize = FIRST_ASSET + ASSET_SLOTS;
const FIRST_MARKET: usize = FIRST_BANK + ASSET_SLOTS;
const _: () = assert!(FIRST_MARKET + ASSET_SLOTS == VERSIONS);

/// Version of a bank's parameters.
pub fn bank_version(slot: u8) -> usize {
    FIRST_BANK.saturating_add(usize::from(slot))
}

/// Version of a market's parameters.
pub fn market_version(slot: u8) -> usize {
    FIRST_MARKET.saturating_add(usize::from(slot))
}

impl Patch {
    /// Place of the version of what it changes.
    pub fn version(&self) -> usize {
        match self {
            Self::Exchange(_) => 0,
            Self::Notices(_) => 1,
            Self::Guardian(_) => 2,
            Self::Authority(_) => 3,
            Self::Pool(_) => 4,
            Self::EndTightening { .. } => 5,
            Self::Scenario { index, .. } => FIRST_SCENARIO.saturating_add(usize::from(*index)),
            Self::ListAsset { slot, .. } | Self::Asset { slot, .. } => {
                FIRST_ASSET.saturating_add(usize::from(*slot))
            }
            Self::ListBank { slot, .. } | Self::Bank { slot, .. } => bank_version(*slot),
            Self::ListMarket { slot, .. } | Self::Market { slot, .. } => market_version(*slot),
        }
    }

    /// Seconds of notice.
    pub fn notice(&self, exchange: &Exchange) -> u32 {
        match self {
            Self::Notices(_) => NOTICE_OF_NOTICES,
            Self::Guardian(_) | Self::Pool(_) | Self::EndTightening { .. } => {
                exchange.notices.other
            }
            _ => exchange.notices.loosening,
        }
    }

    /// Whether the guardian may cancel it.
    pub fn guardian_may_cancel(&self) -> bool {
        !matches!(self, Self::Guardian(_) | Self::Authority(_))
    }

    /// How many numbers it raises by a ramp.
    pub fn raises(&self) -> usize {
        match self {
            Self::Exchange(_) | Self::Market { .. } => 1,
            Self::Asset { .. } => 3,
            Self::Scenario { .. } => ASSET_SLOTS,
            _ => 0,
        }
    }
}

/// Refuses a change of another exchange's, or of parameters that have changed since it was announced.
///
/// # Errors
/// `WrongChange`, `ChangeVoid`.
pub fn require_valid(exchange: &Exchange, key: Pubkey, change: &ParameterChange) -> Result<()> {
    require_keys_eq!(change.exchange, key, PlimsollError::WrongChange);
    let version = exchange.version(change.patch.version())?;
    require_eq!(change.version, version, PlimsollError::ChangeVoid);
    Ok(())
}

/// Refuses a change that may not begin at `now`.
///
/// # Errors
/// `ChangeNotDue`, `ChangeLapsed`.
pub fn require_due(change: &ParameterChange, now: i64) -> Result<()> {
    require_gte!(now, change.earliest, PlimsollError::ChangeNotDue);
    require_gte!(change.latest, now, PlimsollError::ChangeLapsed);
    Ok(())
}

/// What may stand for the authority's signature.
pub struct Announced<'a, 'info> {
    /// The change, after launch.
    pub change: Option<&'a Account<'info, ParameterChange>>,
    /// Who paid its rent.
    pub payer: Option<&'a UncheckedAccount<'info>>,
}

/// Lets a listing pass: before launch by the authority, later by anyone with the announcement of exactly
/// this, which is closed with it.
///
/// # Errors
/// `NotAuthority`, `AlreadyLaunched` without an announcement, `WrongChange`, `WrongRentRecipient`, and those of
/// [`require_valid`] and [`require_due`].
pub fn permit<'info>(
    exchange: &mut Account<'info, Exchange>,
    signer: Pubkey,
    announced: &Announced<'_, 'info>,
    patch: &Patch,
    now: i64,
) -> Result<()> {
    if !exchange.launched {
        require_keys_eq!(exchange.authority, signer, PlimsollError::NotAuthority);
        let nothing = announced.change.is_none() && announced.payer.is_none();
        require!(nothing, PlimsollError::WrongChange);
        return Ok(());
    }
    let change = announced.change;
    let change = change.ok_or_else(|| error!(PlimsollError::AlreadyLaunched))?;
    require_valid(exchange, exchange.key(), change)?;
    require_due(change, now)?;
    require!(change.patch == *patch, PlimsollError::WrongChange);
    let payer = announced.payer;
    let payer = payer.ok_or_else(|| error!(PlimsollError::WrongRentRecipient))?;
    require_keys_eq!(change.payer, payer.key(), PlimsollError::WrongRentRecipient);
    exchange.count(patch.version())?;
    change.close(payer.to_account_info())
}

/// When a change announced at `now` can be applied, and until when it can begin.
pub fn term(exchange: &Exchange, patch: &Patch, now: i64) -> Result<(i64, i64)> {
    // Before anybody has anything at stake there is nobody to give notice to.
    let notice = if exchange.launched {
        i64::from(patch.notice(exchange))
    } else {
        0
    };
    let earliest = checked(now.checked_add(notice))?;
    let latest = checked(earliest.checked_add(CHANGE_LIFE))?;
    Ok((earliest, latest))
}

/// What a change raises, on its way.
pub struct Growth {
    seconds: u64,
    begins: bool,
    ramps: bool,
    next: usize,
    /// What it was before, in the order in which it is written.
    pub from: Vec<u64>,
    /// Whether everything is at its target.
    pub is_complete: bool,
}

impl Growth {
    /// Of a change that is applied at `now`; without ramps before launch.
    pub fn of(change: &ParameterChange, launched: bool, now: i64) -> Self {
        let begins = change.moved_at == 0;
        let passed = now.saturating_sub(change.moved_at);
        let passed = passed.clamp(0, LONGEST_STEP_SECONDS).unsigned_abs();
        let seconds = if begins {
            0
        } else {
            change.grown.saturating_add(passed)
        };
        Self {
            seconds,
            begins,
            ramps: launched,
            next: 0,
            from: change.from.clone(),
            is_complete: true,
        }
    }

    /// Of what is put in place whole: before launch nobody has anything at stake.
    pub fn at_once() -> Self {
        Self {
            seconds: 0,
            begins: true,
            ramps: false,
            next: 0,
            from: Vec::new(),
            is_complete: true,
        }
    }

    /// Seconds it has grown for.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Where the next number stands on its way to `target`, that is `current` now.
    ///
    /// Source: F-4.
    pub fn toward(&mut self, current: u64, target: u64) -> Result<u64> {
        if !self.ramps {
            return Ok(target);
        }
        if self.begins {
            self.from.push(current);
        }
        let from = self.from.get(self.next).copied().unwrap_or(current);
        self.next = self.next.saturating_add(1);
        let value = raised_floor(from, target, self.seconds).or_refuse()?;
        self.is_complete &= value == target;
        Ok(value)
    }

    /// The same of a number that is not negative.
    pub fn toward_signed(&mut self, current: i64, target: i64) -> Result<i64> {
        let value = self.toward(current.unsigned_abs(), target.unsigned_abs())?;
        i64::try_from(value).map_err(|_| error!(PlimsollError::MathOverflow))
    }
}
