//! Assets that cannot be priced.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::View;
use plimsoll_engine::price::Quality;
use plimsoll_engine::units::Usd;

use crate::support::{asset, calm, Account, Book, QUOTE};
use crate::{SOL, USD};

/// (E_i, R_i, E_m, R_m) of an account whose SOL, at 100 with 12.5% and 25%, has this quality.
fn assessed(account: &Account, quality: Quality) -> [i64; 4] {
    let mut sol = asset(calm(10_000_000_000), 8, 1_250);
    sol.risk.rates.initial_long = Fixed::ratio(1, 4);
    sol.risk.rates.initial_short = Fixed::ratio(1, 4);
    sol.quality = quality;
    let book = Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol);
    let health = book.health_of(account);
    let pair = |view: View| {
        [view.equity, view.requirement].map(|Usd(value)| (value + USD / 2).div_euclid(USD))
    };
    let ([ei, ri], [em, rm]) = (pair(health.initial), pair(health.maintenance));
    [ei, ri, em, rm]
}

#[test]
fn a_stale_deposit_counts_nothing_initially_and_after_a_day_nothing_at_all() {
    let account = Account::default().holds(1, 10 * SOL);
    assert_eq!(assessed(&account, Quality::Live), [1_000, 250, 1_000, 125]);
    // R_i keeps ⌈1.25 R_m⌉.
    assert_eq!(
        assessed(&account, Quality::Unpriceable),
        [0, 156, 1_000, 125]
    );
    assert_eq!(assessed(&account, Quality::Expired), [0, 0, 0, 0]);
}

#[test]
fn a_stale_debt_is_owed_at_the_price_moved_by_the_initial_rate() {
    let account = Account::default().holds(1, -10 * SOL);
    assert_eq!(
        assessed(&account, Quality::Live),
        [-1_000, 250, -1_000, 125]
    );
    assert_eq!(
        assessed(&account, Quality::Unpriceable),
        [-1_250, 250, -1_000, 125]
    );
    assert_eq!(
        assessed(&account, Quality::Expired),
        [-1_250, 250, -1_000, 125]
    );
}

#[test]
fn a_stale_position_is_marked_against_the_account() {
    let long = Account::default()
        .has_opened(1, 10 * SOL, 1_000 * USD)
        .holds(QUOTE, 400 * USD);
    let short = Account::default()
        .has_opened(1, -10 * SOL, -1_000 * USD)
        .holds(QUOTE, 400 * USD);
    for account in [long, short] {
        assert_eq!(assessed(&account, Quality::Live), [400, 250, 400, 125]);
        assert_eq!(
            assessed(&account, Quality::Unpriceable),
            [150, 250, 400, 125]
        );
        assert_eq!(assessed(&account, Quality::Expired), [150, 250, 275, 125]);
    }
}
