//! A liquid-staking token is worth the lesser of market and redemption, at whatever prices and rates.

use core::cmp::Ordering;

use proptest::prelude::*;

use plimsoll_engine::fixed::{Fixed, FRACTION_BITS};
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::redemption::{capped_floor, redemption_rate_floor};
use plimsoll_engine::EngineError;

use crate::world::{feed, magnitude};
use crate::{cases, CENTRAL};

/// A price as an exact number: the first over 2^ the second.
#[derive(Clone, Copy, Debug)]
struct Price(u128, u32);

impl Price {
    fn of(mantissa: u64, band: &PriceBand) -> Self {
        Self(mantissa.into(), band.shift)
    }

    /// A price of the underlying times the rate, exactly.
    fn redeemed(mantissa: u64, underlying: &PriceBand, rate: Fixed) -> Self {
        let product = u128::from(mantissa) * u128::from(rate.0 as u64);
        Self(product, underlying.shift + FRACTION_BITS)
    }

    /// Where 128 bits do not hold both at one shift, the longer number is the larger.
    fn compare(self, other: Self) -> Ordering {
        let bits = |price: Self| i64::from(128 - price.0.leading_zeros()) - i64::from(price.1);
        if self.0 == 0 || other.0 == 0 || bits(self) != bits(other) {
            return match (self.0, other.0) {
                (0, 0) => Ordering::Equal,
                (0, _) => Ordering::Less,
                (_, 0) => Ordering::Greater,
                _ => bits(self).cmp(&bits(other)),
            };
        }
        let top = |price: Self| price.0 << price.0.leading_zeros();
        top(self).cmp(&top(other))
    }

    fn at_most(self, other: Self) -> bool {
        self.compare(other) != Ordering::Greater
    }

    fn lesser(self, other: Self) -> Self {
        if self.at_most(other) {
            self
        } else {
            other
        }
    }

    /// Larger by one part in 2^60.
    fn a_little_more(self) -> Self {
        let top = self.0 << self.0.leading_zeros() >> 1;
        let shift = self.1 + self.0.leading_zeros() - 1;
        Self(top + (top >> 60), shift)
    }
}

/// A token's band, that of its underlying, and a rate: the market pays from a half to twice of what the
/// token redeems for, mostly, and anything at all sometimes.
fn staked() -> impl Strategy<Value = (PriceBand, PriceBand, Fixed)> {
    let market =
        prop_oneof![8 => 0.5..2.0f64, 1 => 0.999_999..1.000_001f64, 1 => magnitude(1e-6, 1e6)];
    let rate = magnitude(1e-6, 3e4);
    let widths = (0..=100u64, 8_000..=12_000u64);
    (feed(1e-4, 1e5), rate, market, widths, 0..=12u8).prop_filter_map(
        "both can be priced",
        |(underlying, rate, market, (wide, mean), decimals)| {
            let price = (underlying.price as f64 * rate * market) as u64;
            let part = |of: u64| (u128::from(price) * u128::from(of) / 10_000) as u64;
            let token = OraclePrice {
                price,
                confidence: part(wide),
                ema: part(mean),
                ..underlying
            };
            let band = PriceBand::new(token, decimals).ok()?;
            let underlying = PriceBand::new(underlying, decimals).ok()?;
            let rate = Fixed((rate * 2f64.powi(48)) as i64);
            Some((band, underlying, rate))
        },
    )
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// No asset price exceeds either of the two, and the spot is the smaller but for 63 bits.
    #[test]
    fn what_counts_as_an_asset_is_the_lesser_of_market_and_redemption((band, underlying, rate) in staked()) {
        let Ok(capped) = capped_floor(&band, &underlying, rate) else { return Ok(()) };
        for (now, own, under) in [
            (capped.spot, band.spot, underlying.spot),
            (capped.asset_initial, band.asset_initial, underlying.asset_initial),
        ] {
            let now = Price::of(now, &capped);
            prop_assert!(now.at_most(Price::of(own, &band)));
            prop_assert!(now.at_most(Price::redeemed(under, &underlying, rate)));
        }
        let smaller = Price::of(band.spot, &band).lesser(Price::redeemed(underlying.spot, &underlying, rate));
        prop_assert!(smaller.at_most(Price::of(capped.spot, &capped).a_little_more()));
    }

    /// A capped band is a band like any other: normalised, and in order.
    #[test]
    fn a_capped_band_is_in_order((band, underlying, rate) in staked()) {
        let Ok(capped) = capped_floor(&band, &underlying, rate) else { return Ok(()) };
        prop_assert!((1 << 62..1 << 63).contains(&capped.spot));
        prop_assert!(capped.asset_initial <= capped.spot);
        prop_assert!(capped.spot <= capped.liability_maintenance);
        prop_assert!(capped.liability_maintenance <= capped.liability_initial);
    }

    /// What is owed, the confidence and the mean are the feed's to the last bit.
    #[test]
    fn what_is_owed_is_not_capped((band, underlying, rate) in staked()) {
        let Ok(capped) = capped_floor(&band, &underlying, rate) else { return Ok(()) };
        for (now, own) in [
            (capped.liability_initial, band.liability_initial),
            (capped.liability_maintenance, band.liability_maintenance),
            (capped.confidence, band.confidence),
            (capped.ema, band.ema),
        ] {
            prop_assert_eq!(Price::of(now, &capped).compare(Price::of(own, &band)), Ordering::Equal);
        }
    }

    /// A band is refused only where the market pays more than twice what the token redeems for.
    #[test]
    fn only_a_price_far_above_redemption_is_refused((band, underlying, rate) in staked()) {
        if capped_floor(&band, &underlying, rate).is_err() {
            let twice = Price::redeemed(underlying.spot, &underlying, rate);
            let twice = Price(twice.0, twice.1 - 1);
            prop_assert!(twice.at_most(Price::of(band.liability_initial, &band)));
        }
    }

    /// More atoms of the underlying never make a token worth less.
    #[test]
    fn a_higher_rate_is_never_worth_less((band, underlying, rate) in staked(), more in 0.0..1.0f64) {
        let higher = Fixed(rate.0.saturating_add((rate.0 as f64 * more) as i64));
        let (Ok(low), Ok(high)) = (capped_floor(&band, &underlying, rate), capped_floor(&band, &underlying, higher)) else {
            return Ok(());
        };
        prop_assert!(Price::of(low.spot, &low).at_most(Price::of(high.spot, &high)));
        prop_assert!(Price::of(low.asset_initial, &low).at_most(Price::of(high.asset_initial, &high)));
    }

    /// A token never redeems for more than its share of the pool, nor for less than 2^-48 below it.
    #[test]
    fn a_rate_is_the_share_rounded_down(held: u64, supply: u64) {
        let exact = (u128::from(held) << FRACTION_BITS).checked_div(u128::from(supply));
        let fits = exact.and_then(|rate| i64::try_from(rate).ok()).filter(|rate| *rate > 0);
        match (redemption_rate_floor(held, supply), fits) {
            (Ok(rate), Some(exact)) => prop_assert_eq!(rate.0, exact),
            (Err(EngineError::DivisionByZero), None) => prop_assert_eq!(supply, 0),
            (Err(EngineError::PriceOutOfRange), None) => prop_assert!(supply > 0),
            (other, exact) => prop_assert!(false, "{:?} for {:?}", other, exact),
        }
    }
}
