//! `assess`: the health of an account as return data, from two accounts.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::Purpose;

use crate::error::{OrRefuse, PlimsollError};
use crate::health_gate::health_of;
use crate::state::{AgeLimit, MarginAccount, RiskBook};

/// Version of [`HealthReport`].
pub const HEALTH_REPORT_VERSION: u8 = 1;
/// [`HealthReport::binding`]: the gross sum of the legs.
pub const BINDING_GROSS: u8 = 0;

/// Accounts of `assess`.
#[derive(Accounts)]
pub struct Assess<'info> {
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account, read only.
    #[account(constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook)]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Health of an account. Values in micro-dollars, times in unix seconds.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// 0 healthy, 1 strained, 2 called, 3 liquidatable, 4 bankrupt.
    pub state: u8,
    /// Margin model: 0 Standard.
    pub model: u8,
    /// What determines the requirement: [`BINDING_GROSS`].
    pub binding: u8,
    /// Slot of the oldest price used.
    pub oldest_slot: u8,
    /// Its age in seconds.
    pub oldest_age: u32,
    /// E_i.
    pub initial_equity: i64,
    /// R_i.
    pub initial_requirement: i64,
    /// E_m.
    pub maintenance_equity: i64,
    /// R_m.
    pub maintenance_requirement: i64,
    /// Equity below which the account is called.
    pub call_level: i64,
    /// Equity up to which a liquidation may go.
    pub target_level: i64,
    /// What the pending order adds to R_i; already spoken for.
    pub pending_requirement: u64,
    /// When the account was called, 0 if it is not.
    pub called_at: i64,
    /// When E_m < R_m was first observed, 0 if it was not.
    pub liquidatable_since: i64,
    /// Layout of this report: [`HEALTH_REPORT_VERSION`]. Last, because the runtime cuts zeros off the
    /// end of return data and this is never zero.
    pub version: u8,
}

/// Assesses the account with the ages for reading.
#[inline(never)]
pub fn handle_assess(ctx: Context<Assess>) -> Result<HealthReport> {
    let book = ctx.accounts.book.load()?;
    let account = ctx.accounts.account.load()?;
    let now = Clock::get()?.unix_timestamp;
    let health = health_of(&book, &*account, now, AgeLimit::Other, Purpose::Trade)?;
    let call_level = Fixed(book.call_level);
    let state = health.state(call_level).or_refuse()?;
    Ok(HealthReport {
        state: state.code(),
        model: 0,
        binding: BINDING_GROSS,
        oldest_slot: health.oldest_slot,
        oldest_age: health.oldest_age,
        initial_equity: health.initial.equity.0,
        initial_requirement: health.initial.requirement.0,
        maintenance_equity: health.maintenance.equity.0,
        maintenance_requirement: health.maintenance.requirement.0,
        call_level: health.level_ceil(call_level).or_refuse()?.0,
        target_level: health.level_ceil(Fixed(book.target_level)).or_refuse()?.0,
        pending_requirement: account.pending_requirement,
        called_at: account.called_at,
        liquidatable_since: account.liquidatable_since,
        version: HEALTH_REPORT_VERSION,
    })
}
