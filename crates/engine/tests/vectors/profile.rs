//! The profile: its discount, its strikes, its half-life of thirty days, all by hand.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::profile::{
    Profile, FULL_VOLUME, LEAST_MULTIPLIER, MOST_MULTIPLIER, STRIKE_ONE,
};

const HOUR: i64 = 3_600;
const MONTH: i64 = 720 * HOUR;
const NOW: i64 = 1_700_000_000;

fn volume(volume: u64) -> Profile {
    Profile::default().traded(volume, NOW).unwrap()
}

fn struck(times: u32) -> Profile {
    let mut profile = Profile::default();
    for _ in 0..times {
        profile = profile.liquidated(NOW).unwrap();
    }
    profile
}

fn at(profile: Profile, now: i64) -> f64 {
    profile.multiplier(now).unwrap().0 as f64 / Fixed::ONE.0 as f64
}

#[test]
fn without_a_history_the_multiplier_is_one() {
    for now in [0, NOW, i64::MIN, i64::MAX] {
        assert_eq!(Profile::default().multiplier(now), Ok(Fixed::ONE));
    }
    let empty = Profile {
        time: NOW,
        ..Profile::default()
    };
    assert_eq!(empty.multiplier(NOW + MONTH), Ok(Fixed::ONE));
}

/// 0.10 of 10,000,000 USD, in proportion below and no more above.
#[test]
fn volume_earns_up_to_a_tenth() {
    let full = Fixed(Fixed::ONE.0 - Fixed::ratio(1, 10).0);
    assert_eq!(volume(FULL_VOLUME).multiplier(NOW), Ok(full));
    assert_eq!(full, LEAST_MULTIPLIER);
    assert_eq!(volume(100 * FULL_VOLUME).multiplier(NOW), Ok(full));
    assert!(volume(FULL_VOLUME - 1_000_000).multiplier(NOW).unwrap() > full);
    for (dollars, multiplier) in [(5_000_000, 0.95), (2_500_000, 0.975), (100, 0.999_999)] {
        let got = at(volume(dollars * 1_000_000), NOW);
        assert!((got - multiplier).abs() < 1e-14, "{dollars}: {got}");
        assert!(got >= multiplier - 1e-15, "{dollars}: {got}");
    }
    // The volumes of several trades add up.
    let twice = volume(FULL_VOLUME / 4).traded(FULL_VOLUME / 4, NOW + 59);
    assert!((at(twice.unwrap(), NOW) - 0.95).abs() < 1e-14);
}

/// 0.10 each, five at most.
#[test]
fn a_strike_costs_a_tenth() {
    for (strikes, tenths) in [(1, 11), (2, 12), (4, 14), (5, 15), (6, 15), (300, 15)] {
        let up = (i64::from(tenths) * Fixed::ONE.0 + 9) / 10;
        let multiplier = struck(strikes).multiplier(NOW).unwrap();
        assert_eq!(
            multiplier,
            Fixed(up).min(MOST_MULTIPLIER),
            "{strikes} strikes"
        );
    }
    assert_eq!(struck(300).strikes, u32::MAX);
    // A strike and the whole discount cancel out, to the unit that both are rounded by.
    let both = struck(1).traded(FULL_VOLUME, NOW).unwrap();
    assert_eq!(both.multiplier(NOW), Ok(Fixed(Fixed::ONE.0 + 1)));
}

/// Half after 30 days, a quarter after 60: 1.05 and 1.025, 0.95 and 0.975.
#[test]
fn both_halve_in_thirty_days() {
    for (months, part) in [(0, 1.0), (1, 0.5), (2, 0.25), (10, 1.0 / 1_024.0)] {
        let now = NOW + months * MONTH;
        let strike = at(struck(1), now);
        assert!((strike - 1.0 - 0.1 * part).abs() < 1e-8, "{strike}");
        assert!(strike >= 1.0 + 0.1 * part, "{strike}");
        let discount = at(volume(FULL_VOLUME), now);
        assert!((discount - 1.0 + 0.1 * part).abs() < 1e-13, "{discount}");
        assert!(discount >= 1.0 - 0.1 * part, "{discount}");
    }
    // 2^(−1/720) = 0.999037775 after an hour, nothing before it.
    assert_eq!(at(struck(1), NOW + HOUR - 1), at(struck(1), NOW));
    assert!((at(struck(1), NOW + HOUR) - 1.099_903_777_5).abs() < 1e-8);
    let next = struck(1).liquidated(NOW + MONTH).unwrap();
    assert_eq!(
        (next.strikes, next.time),
        (STRIKE_ONE * 3 / 2 + 1, NOW + MONTH)
    );
}

/// What is left of an hour is not lost: trades every 59 minutes decay like hourly ones.
#[test]
fn time_is_used_by_whole_hours() {
    let first = volume(1_000_000);
    assert_eq!(first.time, NOW);
    let again = first.traded(0, NOW + HOUR + 1_800).unwrap();
    assert_eq!(again.time, NOW + HOUR);
    let more = again.traded(0, NOW + 2 * HOUR).unwrap();
    assert_eq!(more.time, NOW + 2 * HOUR);
    // 1,000,000 · 2^(−1/360) = 998,076.47, less one or two roundings.
    assert!((998_075..=998_076).contains(&more.volume), "{more:?}");
}

#[test]
fn after_64_half_lives_nothing_is_left() {
    let both = struck(300).traded(u64::MAX, NOW).unwrap();
    let late = both.traded(0, NOW + 64 * MONTH + 5).unwrap();
    let empty = Profile {
        time: NOW + 64 * MONTH,
        ..Profile::default()
    };
    assert_eq!(late, empty);
    assert_eq!(both.multiplier(i64::MAX), Ok(Fixed::ONE));
}

#[test]
fn time_that_does_not_rise_decays_nothing() {
    let both = struck(2).traded(FULL_VOLUME / 2, NOW).unwrap();
    for now in [NOW, NOW - 1, NOW - MONTH, i64::MIN] {
        assert_eq!(both.traded(0, now), Ok(both));
        assert_eq!(both.multiplier(now), both.multiplier(NOW));
    }
}
