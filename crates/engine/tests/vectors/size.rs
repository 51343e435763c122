//! Size, liquidity, open interest and concentration: the published examples of Drift and dYdX.

use plimsoll_engine::error::Result;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, Both, Charge, Sides};
use plimsoll_engine::size::{
    concentration_floor, impact_ceil, impact_per_deviation_ceil, open_interest_ceil,
    open_interest_share_ceil, size_slope_ceil, SizeTerms, DAY_ROOT,
};
use plimsoll_engine::EngineError;

use crate::support::{asset, calm};
use crate::USD;

const USDU: u64 = USD as u64;

fn float(x: Fixed) -> f64 {
    x.0 as f64 / Fixed::ONE.0 as f64
}

fn fixed(x: f64) -> Fixed {
    Fixed((x * Fixed::ONE.0 as f64) as i64)
}

fn terms(beta: f64, n0: u64) -> SizeTerms {
    SizeTerms::new(fixed(beta), n0, Fixed::ZERO, USDU).unwrap()
}

fn scaled(base: Fixed, open_interest: u64, low: u64, high: u64) -> Result<Fixed> {
    open_interest_ceil(base, open_interest_share_ceil(open_interest, low, high)?)
}

/// Drift's liability weight max(w, 0.8 w + imf·√n) is w · size(n) with β = imf/w and n0 = 1. The
/// source cuts off after four digits.
#[test]
fn drifts_liability_weights_are_reproduced() {
    for (imf, weight) in [(0.01, 1.1962), (0.1, 4.0422)] {
        let size = terms(imf / 1.1, USDU).size_ceil(1_000 * USDU).unwrap();
        assert!(
            (1.1 * float(size) - weight).abs() < 1e-4,
            "{}",
            1.1 * float(size)
        );
    }
}

#[test]
fn dydx_open_interest_scaling_is_reproduced() {
    let base = Fixed::ratio(20, 100);
    let million = 1_000_000_000_000;
    let one = scaled(base, 1_234_567_000_000, million, 2 * million).unwrap();
    assert!((float(one) - 0.387_653_6).abs() < 1e-9, "{}", float(one));
    let other = scaled(base, 28_123_456_789_123, 25 * million, 60 * million).unwrap();
    assert!(
        (float(other) - 0.271_393_3).abs() < 1e-7,
        "{}",
        float(other)
    );
    // Midway, below and above.
    let at = |open_interest| float(scaled(base, open_interest, 100, 200).unwrap());
    for (open_interest, rate) in [
        (0, 0.2),
        (100, 0.2),
        (150, 0.6),
        (200, 1.0),
        (u64::MAX, 1.0),
    ] {
        assert!((at(open_interest) - rate).abs() < 1e-14);
    }
    let refused = scaled(base, 1, 2, 2);
    assert_eq!(refused, Err(EngineError::DivisionByZero));
}

/// From a cent to the largest exposure, within a billionth, and never below the exact figure.
#[test]
fn size_and_liquidity_are_their_formulas_rounded_up() {
    let n0 = 1_000_000 * USDU;
    let volume = 500_000_000 * USDU;
    let terms = SizeTerms::new(fixed(0.2), n0, fixed(0.045), volume).unwrap();
    for exponent in 0..630 {
        let n = 2f64.powf(f64::from(exponent) / 10.0) as u64;
        let exact = (0.8 + 0.2 * (n as f64 / n0 as f64).sqrt()).max(1.0);
        let size = float(terms.size_ceil(n).unwrap());
        assert!(
            (-1e-13..2e-9).contains(&(size / exact - 1.0)),
            "{n}: {size} for {exact}"
        );
        let exact = 0.7 * 0.045 * (n as f64 / volume as f64).sqrt();
        let liquidity = float(terms.liquidity_ceil(n).unwrap());
        // Of one micro-dollar the root has 31 bits, the fraction only 31 as well.
        let error = liquidity - exact;
        assert!(
            (-1e-14..2e-9 * exact + 1e-13).contains(&error),
            "{n}: {liquidity} for {exact}"
        );
    }
}

/// Continuous where the size begins to count: 0.2/β squared times n0.
#[test]
fn the_curve_has_no_step_where_it_begins() {
    for (beta, n0) in [
        (0.2, 1_000_000),
        (0.05, 30_000),
        (1.0, 77),
        (0.001, 1_000_000),
    ] {
        let terms = terms(beta, n0 * USDU);
        let exact = (0.2 / beta).powi(2) * n0 as f64 * 1e6;
        assert!(
            (terms.free as f64 / exact - 1.0).abs() < 2e-3,
            "{} {exact}",
            terms.free
        );
        assert_eq!(terms.size_ceil(terms.free), Ok(Fixed::ONE));
        let above = terms.size_ceil(terms.free + 1).unwrap();
        assert!(above >= Fixed::ONE && float(above) - 1.0 < 1e-8);
    }
    assert_eq!(terms(0.0, USDU).size_ceil(u64::MAX), Ok(Fixed::ONE));
}

fn alone(exposure: i64, rates: Rates, size: SizeTerms) -> Both {
    let mut sides = Sides::default();
    sides.add(exposure).unwrap();
    let charge = Charge::of_ceil(&sides, &AssetRisk { rates, size }).unwrap();
    assert_eq!((charge.gross, charge.net), (charge.alone, exposure));
    charge.gross
}

/// Below the exposure from which size counts, and without volume to speak of, the rate is all.
#[test]
fn a_small_leg_is_charged_its_rate() {
    let rates = asset(calm(10_000_000_000), 8, 500).risk.rates;
    let terms = terms(0.2, 1_000_000 * USDU);
    for exposure in [0, 1, -1, 7 * USD, -123_456 * USD] {
        let charged = alone(exposure, rates, terms);
        let exact = Fixed::from_bps(500)
            .of_ceil(exposure.unsigned_abs())
            .unwrap();
        assert_eq!(charged.maintenance, exact);
    }
}

/// Size follows the net exposure of the asset: a hedge of the same asset makes it smaller, and each
/// side is still charged in full.
#[test]
fn size_follows_the_net_exposure_of_both_sides() {
    let rates = asset(calm(10_000_000_000), 8, 1_000).risk.rates;
    let million = 1_000_000 * USDU;
    let terms = SizeTerms::new(fixed(0.2), million, fixed(0.05), 100 * million).unwrap();
    let risk = AssetRisk { rates, size: terms };
    let sides = |long, short| Sides {
        long: long * million,
        short: short * million,
    };
    let of = |sides: Sides| Charge::of_ceil(&sides, &risk).unwrap();
    let (open, hedged, flat) = (of(sides(4, 0)), of(sides(4, 3)), of(sides(4, 4)));
    let close = |got: u64, wanted: f64| (got as f64 / 1e6 - wanted).abs() < 0.01;
    assert!(close(open.gross.maintenance, 4e6 * (0.1 * 1.2 + 0.007)));
    assert!(close(hedged.gross.maintenance, 7e6 * (0.1 + 0.0035)));
    assert!(close(hedged.alone.maintenance, 1e6 * (0.1 + 0.0035)));
    assert!(close(flat.gross.maintenance, 8e5));
    assert_eq!((flat.net, flat.alone), (0, Both::default()));
}

/// Four million dollars at 10%, n0 one million, β 0.2: size 1.2; a day's deviation of 5% and a volume
/// of a hundred million: 0.7% more.
#[test]
fn a_large_leg_pays_for_size_and_liquidity() {
    let rates = Rates {
        maintenance_long: Fixed::ratio(1, 10),
        maintenance_short: Fixed::ratio(1, 10),
        initial_long: Fixed::ratio(1, 5),
        initial_short: Fixed::ratio(1, 5),
    };
    let million = 1_000_000 * USDU;
    let terms = SizeTerms::new(fixed(0.2), million, fixed(0.05), 100 * million).unwrap();
    let leg = alone(-4 * 1_000_000 * USD, rates, terms);
    let close = |got: u64, wanted: f64| (got as f64 / 1e6 - wanted).abs() < 0.01;
    assert!(close(leg.maintenance, 4e6 * (0.1 * 1.2 + 0.007)), "{leg:?}");
    assert!(close(leg.initial, 4e6 * (0.2 * 1.2 + 0.007)), "{leg:?}");
    let refused = SizeTerms::new(fixed(0.2), 0, fixed(0.05), million);
    assert_eq!(refused, Err(EngineError::DivisionByZero));
}

#[test]
fn a_deposit_above_the_banks_cap_counts_in_part() {
    assert_eq!(concentration_floor(100, 100), Fixed::ONE);
    assert_eq!(concentration_floor(100, 0), Fixed::ONE);
    assert_eq!(concentration_floor(100, 400), Fixed::ratio(1, 4));
    assert_eq!(concentration_floor(0, 1), Fixed::ZERO);
    assert_eq!(concentration_floor(1, 3), Fixed::ratio(1, 3));
}

/// What a crank stores per unit of deviation, times the deviation in force, is the impact of the whole
/// formula, rounded up once more.
#[test]
fn impact_per_deviation_times_deviation_is_the_impact() {
    for volume in [1_000_000, 2_000_000_000, 20_000_000_000].map(|usd| usd * USDU) {
        let per_deviation = impact_per_deviation_ceil(volume).unwrap();
        for hourly in [0.0001, 0.003, 0.05, 0.9].map(fixed) {
            let daily = fixed(float(hourly) * float(DAY_ROOT));
            let whole = SizeTerms::new(Fixed::ZERO, USDU, daily, volume).unwrap();
            let stored = impact_ceil(per_deviation, hourly).unwrap();
            let error = stored as f64 / whole.impact as f64 - 1.0;
            assert!(error.abs() < 1e-9 + 2.0 / whole.impact as f64, "{error:e}");
        }
    }
    assert_eq!(impact_per_deviation_ceil(0), Ok(0));
    let squared = u128::from(DAY_ROOT.0.unsigned_abs()).pow(2);
    assert!(squared >= 24 << 96 && squared - (24 << 96) < 11 << 48);
}

#[test]
fn without_beta_size_stays_one() {
    assert_eq!(size_slope_ceil(Fixed::ZERO, 0), Ok((0, u64::MAX)));
    let refused = size_slope_ceil(fixed(0.1), 0);
    assert_eq!(refused, Err(EngineError::DivisionByZero));
    let whole = terms(0.1, 2_000_000 * USDU);
    let (slope, free) = size_slope_ceil(fixed(0.1), 2_000_000 * USDU).unwrap();
    assert_eq!((slope, free), (whole.slope, whole.free));
}

/// An asset without rates needs nothing however large, and a factor that does not fit is refused.
#[test]
fn size_multiplies_rates_and_what_does_not_fit_is_an_error() {
    let sides = Sides {
        long: 8_000_000 * USDU,
        short: 0,
    };
    let charged = |rate: i64, impact: u64| {
        let size = SizeTerms {
            impact,
            ..terms(0.2, 1_000_000 * USDU)
        };
        let rate = Fixed(rate);
        let rates = Rates {
            maintenance_long: rate,
            maintenance_short: rate,
            initial_long: rate,
            initial_short: rate,
        };
        Charge::of_ceil(&sides, &AssetRisk { rates, size })
    };
    assert_eq!(
        charged(0, 0).map(|charge| charge.gross),
        Ok(Both::default())
    );
    assert_eq!(
        charged(i64::MAX / 2, u64::MAX / 16).map(|_| ()),
        Err(EngineError::Overflow)
    );
}

/// Without impact a large exposure still pays for its size: 1.2 of 10%.
#[test]
fn size_counts_without_an_impact() {
    let size = terms(0.2, 1_000_000 * USDU);
    let rates = asset(calm(10_000_000_000), 8, 1_000).risk.rates;
    let charge = |dollars: u64| {
        let sides = Sides {
            long: dollars * USDU,
            short: 0,
        };
        let charge = Charge::of_ceil(&sides, &AssetRisk { rates, size });
        charge.unwrap().gross.maintenance as f64 / 1e6
    };
    assert!((charge(4_000_000) - 480_000.0).abs() < 0.01);
    assert!((charge(1_000_000) - 100_000.0).abs() < 0.01);
}

/// The least slope counts a unit, and a steep one all its digits.
#[test]
fn slopes_of_every_size_are_rounded_up() {
    let liquidity = |impact, n| {
        let terms = SizeTerms {
            impact,
            ..SizeTerms::NONE
        };
        terms.liquidity_ceil(n).unwrap()
    };
    for n in [1, 4, 1_000_000] {
        assert_eq!(liquidity(1, n), Fixed(1));
    }
    assert_eq!(liquidity(1, u64::MAX), Fixed(1 << 16));
    assert_eq!(liquidity(1 << 60, 1), Fixed::ratio(1, 16));
    assert_eq!(liquidity(1 << 60, 16), Fixed::ratio(1, 4));
    assert_eq!(liquidity(1 << 20, 4), Fixed(32));
}
