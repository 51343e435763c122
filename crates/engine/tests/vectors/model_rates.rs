//! Rates from deviations: the published medians of the defaults, the order of the rules, the bounds.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::insurance_multiplier_ceil;
use plimsoll_engine::model_rates::{
    long_loss_ceil, model_rates_ceil, move_ceil, rates_in_force_ceil, short_loss_ceil, RateBounds,
    EXPECTED_SHORTFALL, INITIAL_ROOT, MAINTENANCE_ROOT, VALUE_AT_RISK,
};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{blended_ceil, Variance, Volatility};
use plimsoll_engine::EngineError;

const FLOOR: Rates = Rates {
    maintenance_long: Fixed::from_bps(10),
    maintenance_short: Fixed::from_bps(11),
    initial_long: Fixed::from_bps(13),
    initial_short: Fixed::from_bps(14),
};
const CAP: Rates = Rates {
    maintenance_long: Fixed::from_bps(7_900),
    maintenance_short: Fixed::from_bps(16_000),
    initial_long: Fixed::from_bps(9_900),
    initial_short: Fixed::from_bps(20_000),
};
const BOUNDS: RateBounds = RateBounds {
    floor: FLOOR,
    cap: CAP,
};

fn float(x: Fixed) -> f64 {
    x.0 as f64 / Fixed::ONE.0 as f64
}

fn rates_at(fast: u32, floor: u32, stress: u32) -> Rates {
    let state = Volatility::seeded(Variance::from_yearly_bps(fast));
    let (floor, stress) = (
        Variance::from_yearly_bps(floor),
        Variance::from_yearly_bps(stress),
    );
    let deviation = blended_ceil(&state, floor, stress)
        .deviation_ceil()
        .unwrap();
    model_rates_ceil(VALUE_AT_RISK, deviation, &BOUNDS).unwrap()
}

/// With the measured volatility at its floor the defaults give their smallest rates: between the
/// lowest percentile and the median that were measured on recorded prices (5.0–5.8%, 6.0–7.1%,
/// 7.6–9.1%), and never more than the latter.
#[test]
fn the_defaults_stand_between_their_lowest_and_median_measured_rates() {
    let assets = [
        (4_500, 15_000, 0.050, 0.058),
        (5_500, 18_000, 0.060, 0.071),
        (8_000, 22_000, 0.076, 0.091),
    ];
    for (floor, stress, lowest, median) in assets {
        let rates = rates_at(floor, floor, stress);
        let maintenance = float(rates.maintenance_long);
        assert!((lowest..median).contains(&maintenance), "{maintenance}");
        let annual = (0.75 * f64::from(floor).powi(2) + 0.25 * f64::from(stress).powi(2)).sqrt();
        let m = 3.1 * annual / 10_000.0 / 8_760f64.sqrt() * 2.0;
        assert!((maintenance - (1.0 - (-m).exp())).abs() < 1e-12);
        assert!((float(rates.maintenance_short) - (m.exp() - 1.0)).abs() < 1e-12);
        let m = m * 2f64.sqrt();
        assert!((float(rates.initial_long) - (1.0 - (-m).exp())).abs() < 1e-12);
        assert!((float(rates.initial_short) - (m.exp() - 1.0)).abs() < 1e-12);
    }
}

#[test]
fn expected_shortfall_is_the_larger_move() {
    let deviation = Fixed::ratio(1, 100);
    let at_risk = move_ceil(VALUE_AT_RISK, deviation, MAINTENANCE_ROOT).unwrap();
    let shortfall = move_ceil(EXPECTED_SHORTFALL, deviation, MAINTENANCE_ROOT).unwrap();
    assert!((float(at_risk) - 0.062).abs() < 1e-13);
    assert!((float(shortfall) - 0.068).abs() < 1e-13);
    let squared = u128::from(INITIAL_ROOT.0.unsigned_abs()).pow(2);
    assert!(squared >= 8 << 96 && squared - (8 << 96) < 6 << 48);
}

/// Never below the exact loss, from a stablecoin's move to the largest.
#[test]
fn losses_are_rounded_against_the_account() {
    for step in 0..=100_000i64 {
        let m = Fixed(step * step * 281_474);
        let exact = float(m);
        let long = float(long_loss_ceil(m).unwrap()) + (-exact).exp_m1();
        let short = float(short_loss_ceil(m).unwrap()) - exact.exp_m1();
        // The doubles themselves are off by their last digit.
        let digit = 2.3e-16 * exact.exp();
        assert!(
            (-2.3e-16..=1.5e-14).contains(&long),
            "1 - e^-{exact}: {long:e}"
        );
        assert!(
            short >= -2.0 * digit && short <= 2e-14 * exact.exp() + digit,
            "e^{exact} - 1: {short:e}"
        );
    }
    assert_eq!(
        short_loss_ceil(Fixed(i64::MAX)),
        short_loss_ceil(Fixed::ratio(10, 1))
    );
}

/// Every rate stands at its floor in a calm and at its cap in a catastrophe.
#[test]
fn floor_and_cap_bind() {
    let calm = model_rates_ceil(VALUE_AT_RISK, Fixed(1), &BOUNDS).unwrap();
    let wild = model_rates_ceil(VALUE_AT_RISK, Fixed::ONE, &BOUNDS).unwrap();
    assert_eq!((calm, wild), (FLOOR, CAP));
    // In between neither does.
    let usual = model_rates_ceil(VALUE_AT_RISK, Fixed::ratio(1, 100), &BOUNDS).unwrap();
    let m = 0.062f64;
    assert!((float(usual.maintenance_long) + (-m).exp_m1()).abs() < 1e-13);
    assert!((float(usual.maintenance_short) - m.exp_m1()).abs() < 1e-13);
    // Where they are the same nothing is left to measure.
    let fixed = RateBounds {
        floor: FLOOR,
        cap: FLOOR,
    };
    assert!(fixed.are_fixed() && !BOUNDS.are_fixed());
    for deviation in [Fixed(1), Fixed::ONE] {
        assert_eq!(
            model_rates_ceil(VALUE_AT_RISK, deviation, &fixed),
            Ok(FLOOR)
        );
    }
}

type Change = fn(&mut RateBounds);

#[test]
fn bounds_are_rates_in_order() {
    assert_eq!(BOUNDS.are_sound(), Ok(true));
    let unsound: [Change; 9] = [
        |bounds| bounds.floor.maintenance_long = Fixed::ZERO,
        |bounds| bounds.floor.initial_short = Fixed::from_bps(13),
        |bounds| bounds.cap.initial_long = Fixed::from_bps(9_874),
        |bounds| bounds.cap.initial_short = bounds.cap.initial_short.next(),
        |bounds| bounds.cap.maintenance_long = Fixed::from_bps(7_921),
        |bounds| bounds.cap.maintenance_short = Fixed::from_bps(16_001),
        |bounds| bounds.floor.initial_long = Fixed::from_bps(10_001),
        |bounds| bounds.cap.maintenance_long = Fixed::from_bps(9),
        |bounds| bounds.cap = Rates::default(),
    ];
    for (change, number) in unsound.iter().zip(1..) {
        let mut bounds = BOUNDS;
        change(&mut bounds);
        assert_eq!(bounds.are_sound(), Ok(false), "change {number}");
    }
}

/// 1.25 × maintenance in force is applied after the multiplier, which cannot undercut it.
#[test]
fn the_rule_of_one_and_a_quarter_comes_last() {
    let model = Rates {
        maintenance_long: Fixed::from_bps(500),
        maintenance_short: Fixed::from_bps(500),
        initial_long: Fixed::from_bps(800),
        initial_short: Fixed::from_bps(800),
    };
    let in_force = Fixed::ratio(8, 100);
    let rates = |multiplier| rates_in_force_ceil(&model, in_force, in_force, multiplier).unwrap();
    let quarter_more = float(in_force) * 1.25;
    assert!((float(rates(Fixed::from_bps(9_000)).initial_long) - quarter_more).abs() < 1e-14);
    assert!((float(rates(Fixed::ratio(3, 2)).initial_long) - 0.12).abs() < 1e-13);
    assert!((float(rates(Fixed::ratio(3, 2)).initial_short) - 0.12).abs() < 1e-13);
    // No multiplier asks for more than a long is worth.
    assert_eq!(rates(Fixed::ratio(100, 1)).initial_long, Fixed::ONE);
    assert_eq!(
        rates(Fixed::ratio(100, 1)).initial_short,
        Fixed::ratio(2, 1)
    );
    let above = rates_in_force_ceil(&model, Fixed::from_bps(8_001), in_force, Fixed::ONE);
    assert_eq!(above, Err(EngineError::Overflow));
}

/// Half more with an empty fund, nothing from the target on, in proportion between, rounded up (F-13).
#[test]
fn a_fund_below_its_target_raises_initial_by_half_at_most() {
    let of = |insurance, target| float(insurance_multiplier_ceil(insurance, target).unwrap());
    assert_eq!(of(0, 1_000_000), 1.5);
    assert_eq!(of(500_000, 1_000_000), 1.25);
    assert_eq!(of(1_000_000, 1_000_000), 1.0);
    assert_eq!(of(2_000_000, 1_000_000), 1.0);
    assert_eq!(of(0, 0), 1.0);
    assert_eq!(of(u64::MAX - 1, u64::MAX), 1.0 + 2f64.powi(-48));
}
