//! Funding at worked numbers (F-10).

use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::{gain_per_second, FundingIndex};
use plimsoll_engine::position::Position;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::units::{Base, Quote, Usd};

use crate::support::{asset, calm, Account, Book, QUOTE};
use crate::{SOL, USD};

const DAY: i64 = 86_400;

/// A price in dollars of a token of nine decimals.
fn band(dollars: u64) -> PriceBand {
    asset(calm(dollars * 100_000_000), 9, 1_000).band
}

/// The index after a day at a skew of so many of 1,000 tokens, at 100% a day.
fn after_a_day(band: &PriceBand, skew: i64) -> FundingIndex {
    let index = FundingIndex::beginning_at(band);
    let inverse = HalfReciprocal::new(1_000_000_000_000).unwrap();
    let skew = Base(skew * 1_000_000_000);
    let gain = gain_per_second(band, skew, inverse, Fixed::ONE, index.shift).unwrap();
    index.after(gain, DAY)
}

fn near(quote: Quote, dollars: f64) {
    let off = (quote.0 as f64 / 1e6 - dollars).abs();
    assert!(
        off <= dollars.abs() * 1e-6 + 2e-6,
        "{quote:?} is not {dollars}"
    );
}

/// 100 of 1,000 is a tenth of the scale: at 100% a day and 150 dollars a token pays 15 dollars.
#[test]
fn a_day_at_a_tenth_of_the_scale() {
    let index = after_a_day(&band(150), 100);
    near(index.paid_ceil(Base(10_000_000_000)).unwrap(), 150.0);
    near(index.paid_ceil(Base(-4_000_000_000)).unwrap(), -60.0);
    let other = after_a_day(&band(150), -100);
    near(other.paid_ceil(Base(10_000_000_000)).unwrap(), -150.0);
}

/// Beyond the scale nothing more is paid.
#[test]
fn the_rate_ends_at_the_scale() {
    assert_eq!(
        after_a_day(&band(150), 1_000),
        after_a_day(&band(150), 5_000)
    );
    near(
        after_a_day(&band(150), 5_000)
            .paid_ceil(Base(1_000_000_000))
            .unwrap(),
        150.0,
    );
}

/// From a ten-thousandth of a dollar to a hundred thousand, and with the price ten-thousand-fold since.
#[test]
fn prices_of_every_size() {
    for cents in [1u64, 15_000, 10_000_000] {
        let band = asset(calm(cents * 1_000_000), 9, 1_000).band;
        let owed = after_a_day(&band, 100)
            .paid_ceil(Base(1_000_000_000_000))
            .unwrap();
        near(owed, cents as f64 * 10.0 * 0.1);
    }
    let begun = FundingIndex::beginning_at(&band(1));
    let inverse = HalfReciprocal::new(1_000_000_000_000).unwrap();
    let skew = Base(100_000_000_000);
    let gain = gain_per_second(&band(10_000), skew, inverse, Fixed::ONE, begun.shift).unwrap();
    near(
        begun
            .after(gain, DAY)
            .paid_ceil(Base(1_000_000_000))
            .unwrap(),
        1_000.0,
    );
}

/// Time does not run backwards, and the ends of the range are no error.
#[test]
fn the_index_stops_at_its_ends() {
    let index = FundingIndex {
        units: 5,
        shift: 40,
    };
    assert_eq!(index.after(1 << 20, -10), index);
    assert_eq!(index.after(i64::MAX, i64::MAX).units, 5 + (i64::MAX >> 8));
    let high = FundingIndex {
        units: i64::MAX - 1,
        shift: 40,
    };
    assert_eq!(high.after(1 << 40, DAY).units, i64::MAX);
    assert_eq!(high.after((1 << 40) - 1, DAY).units, i64::MAX);
    // Either of gain and time alone is more than 63 bits of both have room for.
    for (gain, seconds) in [(1 << 45, 1 << 22), (1 << 39, 1 << 30)] {
        assert_eq!(index.after(gain, seconds).units, 5 + (i64::MAX >> 8));
        assert_eq!(index.after(-gain, seconds).units, 5 + (i64::MIN >> 8));
    }
    assert_eq!(FundingIndex::NONE.after(0, DAY), FundingIndex::NONE);
}

/// What is due is taken at every change, rounded up, and once.
#[test]
fn what_is_due_moves_to_the_unsettled_result() {
    let index = FundingIndex { units: 3, shift: 1 };
    let long = Position::opened(Base(5), Quote(100));
    // 5 · 1.5 = 7.5
    let funded = long.funded(&index).unwrap();
    assert_eq!((funded.unsettled, funded.funding), (Quote(-8), Quote(8)));
    assert_eq!(funded.funded(&index), Ok(funded));
    let short = Position::opened(Base(-5), Quote(-100))
        .funded(&index)
        .unwrap();
    assert_eq!((short.unsettled, short.funding), (Quote(7), Quote(-7)));
}

/// 10 SOL at 100 with 15 dollars due: both views have 15 dollars less.
#[test]
fn health_counts_what_is_due_as_paid() {
    let account = Account::default()
        .holds(QUOTE, 500 * USD)
        .has_opened(1, 10 * SOL, 1_000 * USD);
    let equity_at = |funding: FundingIndex| {
        let mut sol = asset(calm(10_000_000_000), 8, 1_000);
        sol.funding = funding;
        let book = Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol);
        let health = book.health_of(&account);
        (health.initial.equity, health.maintenance.equity)
    };
    assert_eq!(
        equity_at(FundingIndex::NONE),
        (Usd(500 * USD), Usd(500 * USD))
    );
    // 1.50 dollars a SOL of 10^8 atoms: 3/200 of an atom of quote a base atom.
    let index = FundingIndex {
        units: (3 << 40) / 200,
        shift: 40,
    };
    assert_eq!(equity_at(index), (Usd(485 * USD), Usd(485 * USD)));
}
