//! Price normalisation against exact arithmetic of any length.

use std::cmp::Ordering;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::price::{quality, OraclePrice, PriceBand, PriceUnit, Quality, EXPIRY_SECONDS};
use plimsoll_engine::EngineError;

/// A natural number of any length, least significant limb first.
#[derive(Clone, Debug)]
struct Natural(Vec<u32>);

impl Natural {
    fn of(value: u64) -> Self {
        Self(vec![value as u32, (value >> 32) as u32])
    }

    fn times(mut self, factor: u32) -> Self {
        let mut carry = 0u64;
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        self.0.push(carry as u32);
        self
    }

    fn times_power(self, base: u32, exponent: u32) -> Self {
        (0..exponent).fold(self, |product, _| product.times(base))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let limbs = self.0.len().max(other.0.len());
        let limb = |number: &Self, place: usize| number.0.get(place).copied().unwrap_or(0);
        let ordered = (0..limbs)
            .rev()
            .map(|place| limb(self, place).cmp(&limb(other, place)));
        ordered.fold(Ordering::Equal, Ordering::then)
    }
}

/// `mantissa / 2^shift` is `price × 10^exponent` dollars per token in micro-dollars per atom, rounded
/// down in the last bit of the mantissa.
fn is_exact(mantissa: u64, shift: u32, price: u64, exponent: i32, decimals: u8) {
    let power = exponent + 6 - i32::from(decimals);
    let (up, down) = (power.max(0).unsigned_abs(), power.min(0).unsigned_abs());
    let exact = Natural::of(price).times_power(10, up).times_power(2, shift);
    let low = Natural::of(mantissa).times_power(10, down);
    let high = Natural::of(mantissa + 1).times_power(10, down);
    assert_ne!(
        low.compare(&exact),
        Ordering::Greater,
        "{price}e{exponent}, {decimals}"
    );
    assert_eq!(
        high.compare(&exact),
        Ordering::Greater,
        "{price}e{exponent}, {decimals}"
    );
}

fn feed(price: u64, exponent: i32) -> OraclePrice {
    OraclePrice {
        price,
        confidence: price / 100,
        ema: price / 8 * 9,
        exponent,
    }
}

/// Prices from 1e-9 to 1e9 dollars and 0 to 12 decimals: the mantissa has 63 bits and is exact to the
/// last of them, a relative error below 2.2e-19.
#[test]
fn a_price_is_exact_to_63_bits() {
    for exponent in -12..=0 {
        for digits in 0..=18 {
            for lead in [1, 3, 7, 9] {
                let price = lead * 10u64.pow(digits) + u64::from(digits);
                let dollars = price as f64 * 10f64.powi(exponent);
                if !(1e-9..=1e9).contains(&dollars) {
                    continue;
                }
                for decimals in 0..=12 {
                    let band = PriceBand::new(feed(price, exponent), decimals).unwrap();
                    assert!((1 << 62..1 << 63).contains(&band.spot));
                    is_exact(band.spot, band.shift, price, exponent, decimals);
                    is_exact(band.ema, band.shift, price / 8 * 9, exponent, decimals);
                }
            }
        }
    }
}

/// Values agree with `amount × price` within one micro-dollar and a part in 1e9.
#[test]
fn a_value_is_amount_times_price_within_a_billionth() {
    for decimals in 0..=12u8 {
        for price_exponent in -9..=9 {
            let dollars = 10f64.powi(price_exponent) * 1.234_567;
            let price = (dollars * 1e12).round().min(9e18);
            let exponent = if dollars > 1e6 { -3 } else { -12 };
            let price = if exponent == -3 {
                (dollars * 1e3).round()
            } else {
                price
            };
            let band = PriceBand::new(feed(price as u64, exponent), decimals).unwrap();
            for size in [1u64, 999, 123_456_789, 1 << 40, 1 << 60] {
                let exact = size as f64 * price * 10f64.powi(exponent + 6 - i32::from(decimals));
                if exact > 9e18 {
                    assert!(exact < 2e19 || band.value_floor(size, band.spot).is_err());
                    continue;
                }
                let room = 1.0 + exact * 1e-9;
                let down = band.value_floor(size, band.spot).unwrap() as f64;
                let up = band.value_ceil(size, band.spot).unwrap() as f64;
                assert!(
                    (down - exact).abs() <= room && (up - exact).abs() <= room,
                    "{exact}"
                );
            }
        }
    }
}

/// One dollar a token of six decimals is one micro-dollar an atom, exactly.
#[test]
fn a_dollar_is_a_million_micro_dollars() {
    let band = PriceBand::new(feed(100_000_000, -8), 6).unwrap();
    assert_eq!((band.spot, band.shift), (1 << 62, 62));
    assert_eq!(band.value_floor(1_000_000, band.spot), Ok(1_000_000));
    assert_eq!(
        band.inverse_floor(band.spot)
            .unwrap()
            .atoms_floor(1_000_000),
        Ok(1_000_000)
    );
}

/// The four sides of a band at 100 ± 1 with the mean below and above.
#[test]
fn each_side_of_the_band_is_the_worse_of_two() {
    let at = |ema: u64| {
        let feed = OraclePrice {
            price: 100,
            confidence: 1,
            ema,
            exponent: 0,
        };
        let band = PriceBand::new(feed, 6).unwrap();
        let value = |mantissa| band.value_floor(1_000_000_000, mantissa).unwrap() / 10_000_000;
        [
            value(band.spot),
            value(band.asset_initial),
            value(band.liability_initial),
            value(band.liability_maintenance),
        ]
        .map(|hundredths| (hundredths + 1) / 100)
    };
    assert_eq!(at(100), [100, 99, 101, 101]);
    assert_eq!(at(95), [100, 95, 101, 101]);
    assert_eq!(at(110), [100, 99, 110, 101]);
    // A mean beyond twice the price counts as twice the price.
    assert_eq!(at(1_000), [100, 99, 200, 101]);
}

#[test]
fn a_confidence_above_the_price_leaves_an_asset_nothing() {
    let wide = OraclePrice {
        price: 100,
        confidence: 1_000,
        ema: 100,
        exponent: 0,
    };
    let band = PriceBand::new(wide, 6).unwrap();
    assert_eq!((band.asset_initial, band.confidence), (0, band.spot));
    assert!(band.wider_than(Fixed::ratio(9, 10)).unwrap());
}

#[test]
fn prices_out_of_range_are_refused() {
    let refused = |price, exponent, decimals| {
        let feed = OraclePrice {
            price,
            confidence: 0,
            ema: price,
            exponent,
        };
        PriceBand::new(feed, decimals).unwrap_err()
    };
    assert_eq!(refused(0, -8, 6), EngineError::PriceOutOfRange);
    assert_eq!(refused(u64::MAX, -8, 6), EngineError::PriceOutOfRange);
    assert_eq!(refused(1, -13, 6), EngineError::PriceOutOfRange);
    assert_eq!(refused(1, 1, 6), EngineError::PriceOutOfRange);
    assert_eq!(refused(1, -8, 13), EngineError::DecimalsOutOfRange);
    // More than 2^63 micro-dollars an atom.
    assert_eq!(refused(i64::MAX as u64, 0, 0), EngineError::PriceOutOfRange);
}

/// F-14: |P/EMA − 1| > 10% and confidence/P > limit, equality is neither.
#[test]
fn breakers_open_above_their_limit() {
    let at = |ema, confidence| {
        let feed = OraclePrice {
            price: 1 << 20,
            confidence,
            ema,
            exponent: 0,
        };
        PriceBand::new(feed, 6).unwrap()
    };
    let quarter = Fixed::ratio(1, 4);
    let mean = (1 << 20) / 5 * 4;
    assert!(!at(1 << 20, 0).diverges_from_ema(quarter).unwrap());
    assert!(at(mean - 8, 0).diverges_from_ema(quarter).unwrap());
    assert!(!at(1 << 20, 1 << 18).wider_than(quarter).unwrap());
    assert!(at(1 << 20, (1 << 18) + 1).wider_than(quarter).unwrap());
}

#[test]
fn quality_falls_with_age() {
    assert_eq!(quality(75, 75, false), Quality::Live);
    assert_eq!(quality(76, 75, false), Quality::Unpriceable);
    assert_eq!(quality(0, 75, true), Quality::Unpriceable);
    assert_eq!(quality(EXPIRY_SECONDS, 75, true), Quality::Unpriceable);
    assert_eq!(quality(EXPIRY_SECONDS + 1, 75, false), Quality::Expired);
    assert_eq!(quality(-10, 75, false), Quality::Live);
}

/// From 2^-20 to 2^20 times the first price, and no further; wherever the mantissa's shift jumps, the
/// unit does not.
#[test]
fn prices_in_their_unit_move_as_prices_do() {
    let first = 15_000_000_000u64;
    let band = |price| {
        let feed = OraclePrice {
            price,
            confidence: 0,
            ema: price,
            exponent: -12,
        };
        PriceBand::new(feed, 9).unwrap()
    };
    let unit = PriceUnit {
        shift: band(first).shift,
    };
    let price_of = |price| {
        let band = band(price);
        unit.price_of(band.spot, band.shift)
    };
    let start = price_of(first).unwrap();
    assert_eq!(64 - start.leading_zeros(), 43);
    for price in [first / 1_000_000, first / 3, first * 2, first * 1_000_000] {
        let ratio = price_of(price).unwrap() as f64 / start as f64;
        let error = ratio / (price as f64 / first as f64) - 1.0;
        assert!(error.abs() < 1.3e-7, "{price}: {error:e}");
    }
    assert_eq!(price_of(first << 21), None);
    assert_eq!(price_of(first >> 21), None);
}

/// The last digit that a limit leaves is within it, the next is not.
#[test]
fn a_price_diverges_beyond_its_limit() {
    let limit = Fixed::ratio(1, 10);
    let ema = 1 << 62;
    let most = limit.next().of_ceil(ema).unwrap();
    let at = |spot| {
        let band = PriceBand::new(feed(100, 0), 0).unwrap();
        let diverges = PriceBand { spot, ema, ..band }.diverges_from_ema(limit);
        diverges.unwrap()
    };
    assert!(!at(ema + most) && !at(ema - most));
    assert!(at(ema + most + 1) && at(ema - most - 1));
}

/// Likewise a confidence.
#[test]
fn a_price_is_wide_beyond_its_limit() {
    let limit = Fixed::ratio(1, 100);
    let band = PriceBand::new(feed(100, 0), 0).unwrap();
    let most = limit.next().of_ceil(band.spot).unwrap();
    let at = |confidence| {
        let wide = PriceBand { confidence, ..band }.wider_than(limit);
        wide.unwrap()
    };
    assert!(!at(most) && at(most + 1));
}

#[test]
fn a_mantissa_below_62_bits_has_no_reciprocal() {
    let band = PriceBand::new(feed(100, 0), 0).unwrap();
    assert!(band.inverse_floor(1 << 62).is_ok());
    let refused = band.inverse_floor((1 << 62) - 1);
    assert_eq!(refused, Err(EngineError::PriceOutOfRange));
}
