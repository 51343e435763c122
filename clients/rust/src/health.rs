//! The engine on decoded accounts: the integers of the program, off chain.

use plimsoll::instructions::HealthReport;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, RiskBook};
use plimsoll_engine::health::{assess, Health, Purpose};

/// What `assess` would return at `now`.
///
/// # Errors
/// Those of the engine.
pub fn report(
    book: &RiskBook,
    account: &MarginAccount,
    now: i64,
) -> anchor_lang::Result<HealthReport> {
    HealthReport::of(book, account, now)
}

/// Health with the ages for reading.
///
/// # Errors
/// Those of the engine.
pub fn health(
    book: &RiskBook,
    account: &MarginAccount,
    now: i64,
) -> plimsoll_engine::Result<Health> {
    assess(&reading(book, now), account, Purpose::Trade)
}

/// The book at `now` with the ages for reading.
pub const fn reading(book: &RiskBook, now: i64) -> BookAt<'_> {
    let limit = AgeLimit::Other;
    BookAt { book, now, limit }
}
