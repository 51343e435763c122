//! `assess`: the health of an account as return data, from two accounts.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::AccountView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::portfolio::SCENARIOS;
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::total::scenario_losses;

use crate::error::{OrRefuse, PlimsollError};
use crate::health_gate::health_into;
use crate::state::{AgeLimit, BookAt, MarginAccount, RiskBook};

/// Version of [`HealthReport`].
pub const HEALTH_REPORT_VERSION: u8 = 2;
/// [`HealthReport::worst_scenario`]: no scenario loses, or the model has none.
pub const NO_SCENARIO: u8 = u8::MAX;

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
    /// Margin model: 0 Standard, 1 Portfolio, 2 Isolated.
    pub model: u8,
    /// What determines R_i: 0 the gross sum, 1 the quadratic form, 2 the gross floor, 3 the cost of
    /// closing, 4 the worst scenario, 5 maintenance times 1.25, 6 the net legs of
    /// one direction, which the worst scenario exceeds.
    pub binding_initial: u8,
    /// What determines R_m, in the same numbers.
    pub binding_maintenance: u8,
    /// The scenario with the largest loss under the portfolio model, or [`NO_SCENARIO`].
    pub worst_scenario: u8,
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
    /// The gross sum of the legs' initial requirements: what Standard asks for.
    pub gross_initial: u64,
    /// The same of maintenance.
    pub gross_maintenance: u64,
    /// Multiplier of R_i by the account's profile, in 2^-48 (F-9).
    pub profile: i64,
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
    /// Loss in each scenario of the book; negative is a gain. Legs without a price are left out.
    pub scenario_losses: [i64; SCENARIOS],
    /// Layout of this report: [`HEALTH_REPORT_VERSION`]. Last, because the runtime cuts zeros off the
    /// end of return data and this is never zero.
    pub version: u8,
}

impl HealthReport {
    /// Of an account at `now`, with the ages for reading; the same on chain and off.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn of(book: &RiskBook, account: &MarginAccount, now: i64) -> Result<Self> {
        let limit = AgeLimit::Other;
        let at = BookAt { book, now, limit };
        let mut sums = Sums::default();
        let health = health_into(&at, account, &mut sums)?;
        let call_level = Fixed(book.call_level);
        let state = health.state(call_level).or_refuse()?;
        let profile = account.profile_multiplier(now).or_refuse()?;
        Ok(Self {
            state: state.code(),
            model: account.model,
            binding_initial: health.binding_initial.code(),
            binding_maintenance: health.binding_maintenance.code(),
            worst_scenario: health.worst_scenario.unwrap_or(NO_SCENARIO),
            oldest_slot: health.oldest_slot,
            oldest_age: health.oldest_age,
            initial_equity: health.initial.equity.0,
            initial_requirement: health.initial.requirement.0,
            maintenance_equity: health.maintenance.equity.0,
            maintenance_requirement: health.maintenance.requirement.0,
            gross_initial: health.gross.initial,
            gross_maintenance: health.gross.maintenance,
            profile: profile.0,
            call_level: health.level_ceil(call_level).or_refuse()?.0,
            target_level: health.level_ceil(Fixed(book.target_level)).or_refuse()?.0,
            pending_requirement: account.pending_requirement,
            called_at: account.called_at,
            liquidatable_since: account.liquidatable_since,
            scenario_losses: scenario_losses(&at, &sums).or_refuse()?,
            version: HEALTH_REPORT_VERSION,
        })
    }
}

/// Assesses the account.
#[inline(never)]
pub fn handle_assess(ctx: Context<Assess>) -> Result<HealthReport> {
    let book = ctx.accounts.book.load()?;
    let account = ctx.accounts.account.load()?;
    account.require_no_swap()?;
    HealthReport::of(&book, &account, Clock::get()?.unix_timestamp)
}
