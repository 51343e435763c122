//! Trades at worked prices (F-10).

use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::trade::{apply, execute, fee_ceil, MarketTerms};
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
