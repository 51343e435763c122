//! The lesser of market and redemption in numbers that can be checked by hand.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::redemption::{capped_floor, redemption_rate_floor};
use plimsoll_engine::EngineError;

const SIX_FIFTHS: Fixed = Fixed(Fixed::ONE.0 / 5 * 6);

/// A price in dollars with a confidence and a mean, for a token of nine decimals.
fn band(price: u64, confidence: u64, ema: u64) -> PriceBand {
    let feed = OraclePrice {
        price,
        confidence,
        ema,
        exponent: 0,
    };
    PriceBand::new(feed, 9).unwrap()
}

/// Dollars per token of spot, initial asset, initial debt, debt in maintenance, confidence and EMA, to
/// the nearest.
fn dollars(band: &PriceBand) -> [u64; 6] {
    [
        band.spot,
        band.asset_initial,
        band.liability_initial,
        band.liability_maintenance,
        band.confidence,
        band.ema,
    ]
    .map(|mantissa| (band.value_floor(1_000_000_000, mantissa).unwrap() + 500_000) / 1_000_000)
}

/// SOL at 150 ± 5 and a token that redeems for 1.2 of it: 180, initially 174.
fn capped(token: PriceBand) -> plimsoll_engine::Result<PriceBand> {
    capped_floor(&token, &band(150, 5, 150), SIX_FIFTHS)
}

#[test]
fn below_redemption_the_market_counts() {
    let token = band(160, 2, 165);
    assert_eq!(capped(token), Ok(token));
}

#[test]
fn above_redemption_the_redemption_counts_and_debts_stay() {
    let pumped = capped(band(200, 2, 190)).unwrap();
    assert_eq!(dollars(&pumped), [180, 174, 202, 202, 2, 190]);
    // The shift changes: 300 dollars have 63 bits at one less than 180.
    let pumped = capped(band(300, 2, 310)).unwrap();
    assert_eq!(dollars(&pumped), [180, 174, 310, 302, 2, 310]);
}

/// The initial price of an asset is capped by the underlying's own, whatever becomes of the spot.
#[test]
fn a_wide_underlying_lowers_what_counts_initially() {
    let token = band(170, 1, 170);
    let capped = capped_floor(&token, &band(150, 15, 150), SIX_FIFTHS).unwrap();
    assert_eq!(dollars(&capped), [170, 162, 171, 171, 1, 170]);
    let worthless = capped_floor(&token, &band(150, 150, 150), SIX_FIFTHS).unwrap();
    assert_eq!(dollars(&worthless)[..2], [170, 0]);
}

#[test]
fn a_market_at_exactly_the_redemption_is_the_market() {
    let token = band(150, 1, 150);
    let capped = capped_floor(&token, &band(150, 0, 150), Fixed::ONE).unwrap();
    assert_eq!(capped, token);
}

#[test]
fn a_market_beyond_four_times_the_redemption_is_refused() {
    assert!(capped(band(358, 2, 350)).is_ok());
    assert_eq!(capped(band(720, 2, 700)), Err(EngineError::PriceOutOfRange));
}

#[test]
fn nothing_is_capped_by_what_is_no_price_and_no_rate() {
    let (token, under) = (band(180, 2, 180), band(150, 5, 150));
    let unpriced = PriceBand { spot: 0, ..under };
    for (underlying, rate) in [
        (unpriced, SIX_FIFTHS),
        (under, Fixed::ZERO),
        (under, Fixed(-1)),
        (under, Fixed(i64::MIN)),
    ] {
        let outcome = capped_floor(&token, &underlying, rate);
        assert_eq!(outcome, Err(EngineError::PriceOutOfRange));
    }
}

#[test]
fn a_rate_is_what_is_held_over_the_supply() {
    assert_eq!(redemption_rate_floor(12, 10), Ok(Fixed::ratio(12, 10)));
    assert_eq!(redemption_rate_floor(u64::MAX, u64::MAX), Ok(Fixed::ONE));
    assert_eq!(
        redemption_rate_floor(1, 0),
        Err(EngineError::DivisionByZero)
    );
    for (held, supply) in [(0, 1), (1, u64::MAX), (u64::MAX, 1), (32_768, 1)] {
        let outcome = redemption_rate_floor(held, supply);
        assert_eq!(outcome, Err(EngineError::PriceOutOfRange));
    }
}

/// The least rate there is keeps all digits of the underlying.
#[test]
fn the_least_rate_loses_no_digit() {
    let underlying = band(150, 5, 150);
    let token = PriceBand {
        spot: underlying.spot + 8,
        asset_initial: underlying.spot,
        liability_initial: underlying.spot + 9,
        liability_maintenance: underlying.spot + 9,
        confidence: 1,
        ema: underlying.spot + 8,
        shift: underlying.shift + 48,
    };
    let capped = capped_floor(&token, &underlying, Fixed(1)).unwrap();
    let expected = PriceBand {
        spot: underlying.spot,
        asset_initial: underlying.asset_initial,
        ..token
    };
    assert_eq!(capped, expected);
}
