//! The only way from accounts to the engine's health, and the gate every gated instruction ends in.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::{AccountView, AssetView, BookView, BALANCES, POSITIONS};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::gate::{meets_initial, worsens_nothing, Refusal};
use plimsoll_engine::health::{assess, assess_into, Health, Purpose};
use plimsoll_engine::index::Index;
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::units::Base;

use crate::constants::{EMA_BREAKER_PPM, PPM};
use crate::error::{OrRefuse, PlimsollError};
use crate::events::{CallCleared, LiquidationOpened, MarginCalled};
use crate::state::{AgeLimit, BookAt, MarginAccount, RiskBook};

/// How an instruction relates to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gating {
    /// Ends in the gate.
    Gated,
    /// Does not; the reason stands beside it.
    Exempt,
}

/// Every instruction of the program: gated or exempt, and why. A test asserts that this table names
/// exactly the instructions of the IDL.
pub const GATE_TABLE: &[(&str, Gating, &str)] = &[
    ("accept_code_authority", Gating::Exempt, "touches no margin account"),
    ("announce_change", Gating::Exempt, "touches no margin account"),
    ("announce_upgrade", Gating::Exempt, "touches no margin account"),
    ("apply_change", Gating::Exempt, "touches no margin account"),
    ("apply_upgrade", Gating::Exempt, "touches no margin account"),
    ("assess", Gating::Exempt, "reads only"),
    (
        "call_margin",
        Gating::Exempt,
        "records an observation; moves nothing",
    ),
    ("cancel_change", Gating::Exempt, "touches no margin account"),
    (
        "cancel_order",
        Gating::Exempt,
        "a lapse is charged whatever the health, or nobody could end it; a resting order reserves nothing",
    ),
    ("cancel_upgrade", Gating::Exempt, "touches no margin account"),
    (
        "close_account",
        Gating::Exempt,
        "only an empty account closes",
    ),
    ("close_buffer", Gating::Exempt, "touches no margin account"),
    ("collect_fees", Gating::Exempt, "takes fees that no account owns"),
    (
        "create_exchange",
        Gating::Exempt,
        "touches no margin account",
    ),
    (
        "deleverage",
        Gating::Exempt,
        "writes no margin account; closes winners' positions at the impact price",
    ),
    (
        "deposit",
        Gating::Exempt,
        "a pure deposit by the owner lowers both shortages",
    ),
    ("execute_order", Gating::Gated, "changes a position"),
    (
        "fund_insurance",
        Gating::Exempt,
        "touches no margin account",
    ),
    ("hand_over_code", Gating::Exempt, "touches no margin account"),
    ("launch", Gating::Exempt, "touches no margin account"),
    (
        "liquidate",
        Gating::Gated,
        "the keeper's account, when it buys collateral",
    ),
    ("list_asset", Gating::Exempt, "touches no margin account"),
    ("list_bank", Gating::Exempt, "touches no margin account"),
    ("list_market", Gating::Exempt, "touches no margin account"),
    ("list_scenario", Gating::Exempt, "touches no margin account"),
    ("open_account", Gating::Exempt, "the account is empty"),
    (
        "place_order",
        Gating::Gated,
        "a market order reserves the requirement of the position it asks for",
    ),
    ("pool_execute", Gating::Exempt, "touches no margin account"),
    ("pool_price", Gating::Exempt, "touches no margin account"),
    (
        "pool_request",
        Gating::Exempt,
        "paid by a wallet; touches no margin account",
    ),
    ("propose_code_authority", Gating::Exempt, "touches no margin account"),
    ("refresh", Gating::Exempt, "touches no margin account"),
    (
        "set_delegate",
        Gating::Exempt,
        "moves nothing; what the delegate orders passes the gate",
    ),
    (
        "set_lending",
        Gating::Gated,
        "a deposit counts as lent at the index of the last sync",
    ),
    (
        "set_model",
        Gating::Gated,
        "changes the requirement: initial is met under both models",
    ),
    (
        "settle",
        Gating::Exempt,
        "turns results into quote at the price they already count at",
    ),
    (
        "settle_bad_debt",
        Gating::Gated,
        "the keeper's account, when it sells to insurance",
    ),
    (
        "swap_begin",
        Gating::Exempt,
        "the gate stands at its end, which it finds",
    ),
    (
        "swap_end",
        Gating::Gated,
        "one token has taken another's place, borrowed perhaps",
    ),
    ("sync", Gating::Exempt, "touches no margin account"),
    ("tighten", Gating::Exempt, "touches no margin account"),
    (
        "transfer",
        Gating::Gated,
        "takes quote away from the account that pays",
    ),
    ("withdraw", Gating::Gated, "takes collateral away"),
];

/// Health of an account against the book at `now`.
#[inline(never)]
pub fn health_of<A: AccountView>(
    book: &RiskBook,
    account: &A,
    now: i64,
    limit: AgeLimit,
    purpose: Purpose,
) -> Result<Health> {
    assess(&BookAt { book, now, limit }, account, purpose).or_refuse()
}

/// The same, leaving the sums of the account's legs in `sums`, which are empty before.
#[inline(never)]
pub fn health_into<A: AccountView>(
    at: &BookAt<'_>,
    account: &A,
    sums: &mut Sums,
) -> Result<Health> {
    assess_into(at, account, Purpose::Trade, sums).or_refuse()
}

/// Health by the ages at which risk may grow, on the heap: handlers hold two of them.
#[inline(never)]
pub fn strict_health(book: &RiskBook, account: &MarginAccount, now: i64) -> Result<Box<Health>> {
    let health = health_of(book, account, now, AgeLimit::Risk, Purpose::Trade)?;
    Ok(Box::new(health))
}

/// The gate for a change of balances alone.
pub fn pass_balance_gate(before: &Health, after: &Health) -> Result<()> {
    let change = Change {
        before: Base::ZERO,
        after: Base::ZERO,
        breaker: false,
    };
    pass_gate(after, &change, || Ok(*before))?.map_err(|refusal| error!(refusal))
}

/// A change of one position, as the gate judges it.
pub struct Change {
    /// Size before.
    pub before: Base,
    /// Size afterwards.
    pub after: Base,
    /// The breaker of the changed asset is active: only the second clause is open.
    pub breaker: bool,
}

/// The gate. `before` is computed only if the first clause does not pass.
pub fn pass_gate(
    after: &Health,
    change: &Change,
    before: impl FnOnce() -> Result<Health>,
) -> Result<core::result::Result<(), PlimsollError>> {
    if !change.breaker && meets_initial(after) {
        return Ok(Ok(()));
    }
    let refusal = worsens_nothing(
        &before()?,
        after,
        change.before,
        change.after,
        change.breaker,
    );
    Ok(match refusal.or_refuse()? {
        None => Ok(()),
        Some(refusal) => Err(refusal.into()),
    })
}

/// The gate for outflows and for a change of model: only the first clause, and the breaker closes it.
pub fn pass_outflow_gate(after: &Health, breaker: bool) -> Result<()> {
    require!(!breaker, PlimsollError::BreakerActive);
    if !meets_initial(after) {
        return Err(error!(PlimsollError::BelowInitial)
            .with_values((after.initial.requirement.0, after.initial.equity.0)));
    }
    Ok(())
}

/// The breakers of F-14 for one asset: |P/EMA − 1| above 10%, or confidence above its maximum.
pub fn breaker_active(asset: &AssetView, max_confidence: Fixed) -> Result<bool> {
    let limit = Fixed::ratio(EMA_BREAKER_PPM, PPM);
    Ok(asset.band.diverges_from_ema(limit).or_refuse()?
        || asset.band.wider_than(max_confidence).or_refuse()?)
}

/// Refuses if the price of `slot` is missing or older than `most` seconds.
pub fn require_fresh(book: &RiskBook, slot: u8, now: i64, most: i64) -> Result<()> {
    let asset = book.listed_asset(slot)?;
    require!(asset.spot > 0, PlimsollError::PriceMissing);
    let age = asset.age(now);
    if age > most {
        return Err(stale(slot, age, most));
    }
    Ok(())
}

/// `PriceStale`, naming the asset, its age and the limit.
#[cold]
#[inline(never)]
pub fn stale(slot: u8, age: i64, most: i64) -> Error {
    let limit = format!("asset {slot}: at most {most} s");
    error!(PlimsollError::PriceStale).with_values((limit, format!("{age} s")))
}

/// Every slot whose price the account's health rests on: the quote's, balances', positions'.
pub fn held_slots<'a, A: AccountView>(
    book: &RiskBook,
    account: &'a A,
) -> impl Iterator<Item = u8> + 'a {
    let balances = (0..BALANCES).filter_map(|index| account.balance(index));
    let positions = (0..POSITIONS).filter_map(|index| account.position(index));
    core::iter::once(book.quote_slot)
        .chain(balances.map(|holding| holding.slot))
        .chain(positions.map(|open| open.slot))
}

/// Refuses if a price that the account's health rests on is older than `most` seconds.
pub fn require_all_fresh<A: AccountView>(
    book: &RiskBook,
    account: &A,
    now: i64,
    most: i64,
) -> Result<()> {
    held_slots(book, account).try_for_each(|slot| require_fresh(book, slot, now, most))
}

/// Records an observation of `health` on the account and tells what changed.
pub fn observe(
    account: &mut MarginAccount,
    key: Pubkey,
    book: &RiskBook,
    health: &Health,
    now: i64,
) -> Result<()> {
    let before = account.episode();
    let (call, target) = (Fixed(book.call_level), Fixed(book.target_level));
    let after = before.observed(health, call, target, now).or_refuse()?;
    if after == before {
        return Ok(());
    }
    account.set_episode(&after);
    if before.called_at == 0 && after.called_at != 0 {
        emit!(MarginCalled {
            account: key,
            amount: after.call_amount,
            at: now
        });
    }
    if after.liquidatable_since != 0 && after.liquidatable_since != before.liquidatable_since {
        emit!(LiquidationOpened {
            account: key,
            shortage: after.first_shortage,
            at: now
        });
    }
    if before.called_at != 0 && after.called_at == 0 {
        emit!(CallCleared {
            account: key,
            at: now
        });
    }
    Ok(())
}

/// Atoms owed per share of debt in the asset in `slot` at `now`.
pub fn borrow_index(book: &RiskBook, slot: u8, now: i64) -> Result<Index> {
    let at = BookAt {
        book,
        now,
        limit: AgeLimit::Other,
    };
    at.borrow_index(slot).or_refuse()
}

/// The engine's view of a listed asset.
pub fn asset_of(book: &BookAt<'_>, slot: u8) -> Result<AssetView> {
    book.book.listed_asset(slot)?;
    book.asset(slot).or_refuse()
}

impl From<Refusal> for PlimsollError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ShortageGrown => Self::ShortageGrown,
            Refusal::SignChanged => Self::SignChanged,
            Refusal::GrownWhileLiquidatable => Self::GrownWhileLiquidatable,
            Refusal::Breaker => Self::BreakerActive,
        }
    }
}
