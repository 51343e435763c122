//! Profiles of any history, at any time (F-9).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::profile::{
    Profile, FULL_VOLUME, LEAST_MULTIPLIER, MOST_MULTIPLIER, STRIKE_ONE,
};

use crate::{cases, CENTRAL};

const HOUR: i64 = 3_600;
const MONTH: i64 = 720 * HOUR;
const NOW: i64 = 1_700_000_000;

fn volume() -> impl Strategy<Value = u64> {
    prop_oneof![
        1 => Just(0), 4 => 0..=2 * FULL_VOLUME, 1 => any::<u64>(), 1 => 0..=1_000_000u64
    ]
}

fn strikes() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(0), 4 => 0..=6 * STRIKE_ONE, 1 => any::<u32>(), 1 => 0..=1_000u32]
}

fn profile() -> impl Strategy<Value = Profile> {
    (volume(), strikes()).prop_map(|(volume, strikes)| Profile {
        volume,
        strikes,
        time: NOW,
    })
}

fn wait() -> impl Strategy<Value = i64> {
    prop_oneof![2 => 0..=2 * HOUR, 3 => 0..=4 * MONTH, 1 => 0..=100 * MONTH]
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX), 3 => NOW - MONTH..=NOW + 70 * MONTH
    ]
}

fn multiplier(profile: &Profile, now: i64) -> Fixed {
    profile.multiplier(now).unwrap()
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Whatever anybody recorded, and whenever, clocks that run backwards included: nothing is refused,
    /// nothing panics, and the multiplier is between 0.9 and 1.5.
    #[test]
    fn a_multiplier_is_between_nine_tenths_and_one_and_a_half(
        volume in volume(), strikes in strikes(), time in any_time(),
        story in vec((any_time(), proptest::option::of(volume())), 0..20), now in any_time(),
    ) {
        let mut profile = Profile { volume, strikes, time };
        for (time, trade) in story {
            let before = profile;
            profile = match trade {
                Some(notional) => profile.traded(notional, time),
                None => profile.liquidated(time),
            }.unwrap();
            prop_assert!(profile.time >= before.time && profile.time <= time.max(before.time));
        }
        let multiplier = multiplier(&profile, now);
        prop_assert!((LEAST_MULTIPLIER..=MOST_MULTIPLIER).contains(&multiplier));
    }

    /// More strikes never lower it, more volume never raises it, at any later time.
    #[test]
    fn strikes_raise_and_volume_lowers(
        profile in profile(), other in profile(), wait in wait(),
    ) {
        let now = NOW + wait;
        let struck = Profile { strikes: profile.strikes.max(other.strikes), ..profile };
        prop_assert!(multiplier(&struck, now) >= multiplier(&profile, now));
        let traded = Profile { volume: profile.volume.max(other.volume), ..profile };
        prop_assert!(multiplier(&traded, now) <= multiplier(&profile, now));
        // And so do what records them.
        let now = multiplier(&profile, NOW);
        prop_assert!(multiplier(&profile.liquidated(NOW).unwrap(), NOW) >= now);
        prop_assert!(multiplier(&profile.traded(other.volume, NOW).unwrap(), NOW) <= now);
    }

    /// It is the formula on decayed figures in double precision, never less.
    #[test]
    fn a_multiplier_is_its_formula_rounded_up(profile in profile(), wait in wait()) {
        let left = (-((wait / HOUR) as f64) / 720.0).exp2();
        let strikes = f64::from(profile.strikes) / f64::from(STRIKE_ONE) * left;
        let volume = profile.volume as f64 / FULL_VOLUME as f64 * left;
        let exact = (1.0 + 0.1 * strikes - 0.1 * volume.min(1.0)).clamp(0.9, 1.5);
        let got = multiplier(&profile, NOW + wait).0 as f64 / Fixed::ONE.0 as f64;
        prop_assert!(got >= exact - 1e-14, "{} {}", got, exact);
        prop_assert!(got <= exact + 1e-8, "{} {}", got, exact);
    }

    /// Time alone moves it towards 1, where the volume is no more than what earns the whole discount.
    /// (Beyond that the discount outlasts the strikes for a while, and the multiplier can pass through 1
    /// from above.)
    #[test]
    fn time_alone_moves_it_towards_one(profile in profile(), first in wait(), more in wait()) {
        let profile = Profile { volume: profile.volume.min(FULL_VOLUME), ..profile };
        let away = |now| multiplier(&profile, now).0 - Fixed::ONE.0;
        let (early, late) = (away(NOW + first), away(NOW + first + more));
        // What rounding a strike up by one of 2^24 adds, now or later.
        let rounding = (Fixed::ONE.0 >> 24) / 10 + 2;
        if early >= 0 {
            prop_assert!(late <= early + rounding && late >= -rounding, "{} {}", early, late);
        } else {
            prop_assert!(late >= early - rounding && late <= rounding, "{} {}", early, late);
        }
        prop_assert_eq!(away(NOW + 65 * MONTH), 0);
    }

    /// Recording nothing as often as anybody likes, for months, changes nothing noticeable: less than a
    /// hundred-thousandth of the multiplier, and against the account.
    #[test]
    fn calling_often_gains_and_loses_nothing_noticeable(
        profile in profile(), waits in vec(prop_oneof![3 => 1..=2 * HOUR, 1 => 1..=48 * HOUR], 1..150),
    ) {
        let (mut often, mut now) = (profile, NOW);
        for wait in waits {
            now += wait;
            often = often.traded(0, now).unwrap();
        }
        let (often, once) = (multiplier(&often, now), multiplier(&profile, now));
        prop_assert!(often.0 >= once.0 - 4);
        prop_assert!(often.0 <= once.0 + Fixed::ratio(1, 100_000).0);
    }
}
