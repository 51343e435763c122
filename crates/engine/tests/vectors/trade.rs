//! Trades at worked prices (F-10).

use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::trade::{apply, execute, fee_ceil, MarketSums, MarketTerms};
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::EngineError;

use crate::support::{asset, calm};
use crate::{usdc, SOL, USD};

/// SOL at 100 with a scale of 1,000 SOL.
fn terms(skew: i64, spread_bps: u32) -> MarketTerms {
    MarketTerms {
        skew: Base(skew * SOL),
        inverse: HalfReciprocal::new(1_000 * SOL as u64).unwrap(),
        spread: Fixed::from_bps(spread_bps),
    }
}

fn price_of(terms: &MarketTerms, size: i64) -> i64 {
    let band = asset(calm(10_000_000_000), 8, 1_000).band;
    execute(terms, &band, Base(size * SOL)).unwrap().notional as i64
}

/// Within the atom by which each of up to two trades is rounded against the taker.
fn about(notional: i64, exact: i64) {
    let off = notional - exact;
    assert!((-2..=2).contains(&off), "{notional} instead of {exact}");
}

#[test]
fn ten_sol_move_a_market_of_a_thousand_by_half_a_percent_on_average() {
    about(price_of(&terms(0, 0), 10), 1_005 * USD);
    about(price_of(&terms(0, 0), -10), 995 * USD);
    // From +100: (100 + 110)/2,000 = 10.5%.
    about(price_of(&terms(100, 0), 10), 1_105 * USD);
    // Selling into a long skew gains: (100 + 90)/2,000 = 9.5%.
    about(price_of(&terms(100, 0), -10), 1_095 * USD);
    // Through zero: (5 − 5)/2,000.
    about(price_of(&terms(5, 0), -10), 1_000 * USD);
    about(price_of(&terms(-5, 10), 10), 1_001 * USD);
}

#[test]
fn the_worse_of_spread_and_confidence_is_charged() {
    let feed = plimsoll_engine::price::OraclePrice {
        confidence: 20_000_000,
        ..calm(10_000_000_000)
    };
    let band = asset(feed, 8, 1_000).band;
    let buys = |spread| {
        execute(&terms(0, spread), &band, Base(SOL))
            .unwrap()
            .notional as i64
    };
    // Impact 0.05%, confidence 0.2%.
    about(buys(10), 100_250_000);
    about(buys(30), 100_350_000);
}

#[test]
fn a_price_at_or_below_zero_is_refused() {
    let band = asset(calm(10_000_000_000), 8, 1_000).band;
    let sell = |size: i64| execute(&terms(0, 0), &band, Base(size * SOL)).map(|done| done.notional);
    assert!(sell(-1_999).is_ok());
    assert_eq!(sell(-2_000), Err(EngineError::PriceOutOfRange));
    assert_eq!(sell(0), Err(EngineError::ZeroSize));
    // A margin of the whole price leaves nothing, to the last digit of the price.
    let whole = MarketTerms {
        inverse: HalfReciprocal::new(u64::MAX).unwrap(),
        skew: Base(-1),
        ..terms(0, 10_000)
    };
    let sale = execute(&whole, &band, Base(-1));
    assert_eq!(sale, Err(EngineError::PriceOutOfRange));
    let left = PriceBand {
        confidence: band.spot - 1,
        ..band
    };
    let deep = MarketTerms {
        spread: Fixed::ZERO,
        skew: Base(1),
        ..whole
    };
    assert_eq!(execute(&deep, &left, Base(-2)).unwrap().mantissa, 1);
    let none = PriceBand {
        confidence: band.spot,
        ..band
    };
    let sale = execute(&deep, &none, Base(-2));
    assert_eq!(sale, Err(EngineError::PriceOutOfRange));
}

#[test]
fn a_position_is_opened_cut_and_turned() {
    let band = asset(calm(10_000_000_000), 8, 1_000).band;
    let deep = MarketTerms {
        inverse: HalfReciprocal::new(u64::MAX).unwrap(),
        ..terms(0, 0)
    };
    let trade = |held: &Position, sol: i64| {
        let done = execute(&deep, &band, Base(sol * SOL)).unwrap();
        apply(held, &done, &FundingIndex::NONE).unwrap()
    };
    let entry = Position::opened(Base(10 * SOL), usdc(900));
    let cut = trade(&entry, -4);
    about(cut.realised.0, 40 * USD);
    assert_eq!(
        (cut.position.base, cut.position.cost),
        (Base(6 * SOL), usdc(540))
    );
    let turned = trade(&cut.position, -10);
    about(turned.realised.0, 60 * USD);
    assert_eq!(turned.position.base, Base(-4 * SOL));
    about(turned.position.cost.0, -400 * USD);
    about(turned.position.unsettled.0, 100 * USD);
}

/// A third of a cost of 100 atoms: 34 for the long that closes, 33 for the short.
#[test]
fn shares_of_a_cost_are_rounded_against_the_account() {
    let band = asset(calm(100_000_000), 6, 1_000).band;
    let deep = MarketTerms {
        inverse: HalfReciprocal::new(u64::MAX).unwrap(),
        ..terms(0, 0)
    };
    let closes_one = |base: i64, cost: i64| {
        let held = Position::opened(Base(base), Quote(cost));
        let done = execute(&deep, &band, Base(-base.signum())).unwrap();
        apply(&held, &done, &FundingIndex::NONE)
            .unwrap()
            .position
            .cost
            .0
    };
    assert_eq!(closes_one(3, 100), 66);
    assert_eq!(closes_one(-3, -100), -67);
}

#[test]
fn a_fee_is_rounded_up() {
    assert_eq!(fee_ceil(1, Fixed::from_bps(1)), Ok(Quote(1)));
    assert_eq!(fee_ceil(0, Fixed::from_bps(1)), Ok(Quote(0)));
}

/// Each atom has paid 1.5. What is left of a position was charged rounded up; what is opened begins rounded
/// down, so that it pays no more than its time.
#[test]
fn funding_begins_where_a_position_is_opened_and_goes_on_where_it_is_cut() {
    let band = asset(calm(100_000_000), 6, 1_000).band;
    let deep = MarketTerms {
        inverse: HalfReciprocal::new(u64::MAX).unwrap(),
        ..terms(0, 0)
    };
    let index = FundingIndex { units: 3, shift: 1 };
    let begun = |held: i64, size: i64| {
        let mut position = Position::opened(Base(held), Quote(held * 100));
        // What was paid up to now.
        position.funding = index.paid_ceil(Base(held)).unwrap();
        let done = execute(&deep, &band, Base(size)).unwrap();
        let traded = apply(&position, &done, &index).unwrap();
        assert_eq!(traded.funding, Quote::ZERO);
        traded.position.funding.0
    };
    // Opened: 7.5 of 5 atoms, either way.
    assert_eq!((begun(0, 5), begun(0, -5)), (7, -8));
    // Cut from 5 to 3: 4.5.
    assert_eq!((begun(5, -2), begun(-5, 2)), (5, -4));
    // Raised from 5 to 7: 10.5.
    assert_eq!((begun(5, 2), begun(-5, -2)), (10, -11));
    // Turned from 5 to 3 the other way.
    assert_eq!((begun(5, -8), begun(-5, 8)), (-5, 4));
    assert_eq!((begun(5, -5), begun(-5, 5)), (0, 0));
}

/// Sides without positions have no size; they have no cost once the epoch before has none either, and
/// nothing is owed in funding once nobody is left anywhere.
#[test]
fn what_rounding_leaves_is_forgotten_with_the_last_position() {
    let full = MarketSums {
        long_base: 1,
        short_base: 2,
        long_cost: Quote(3),
        short_cost: Quote(4),
        claims: Quote(5),
        funding: Quote(6),
    };
    let left = |open, stale| {
        let mut sums = full;
        sums.forget_rounding(open, stale);
        assert_eq!(sums.claims, full.claims);
        let bases = [sums.long_base, sums.short_base];
        let costs = [sums.long_cost.0, sums.short_cost.0];
        (bases, costs, sums.funding.0)
    };
    assert_eq!(left([1, 1], [0, 0]), ([1, 2], [3, 4], 6));
    assert_eq!(left([0, 1], [0, 0]), ([0, 2], [0, 4], 6));
    assert_eq!(left([1, 0], [0, 0]), ([1, 0], [3, 0], 6));
    assert_eq!(left([0, 0], [1, 0]), ([0, 0], [3, 0], 6));
    assert_eq!(left([0, 0], [0, 1]), ([0, 0], [0, 4], 6));
    assert_eq!(left([1, 1], [1, 1]), ([1, 2], [3, 4], 6));
    assert_eq!(left([0, 0], [0, 0]), ([0, 0], [0, 0], 0));
}
