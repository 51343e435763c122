//! Calls and episodes, second by second.

use plimsoll_engine::episode::{Episode, DUST, EXPIRY_SECONDS, RECOVERY_SECONDS, THROTTLE_SECONDS};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{Health, View};
use plimsoll_engine::liquidation::Moment;
use plimsoll_engine::units::Usd;

use crate::USD;

const NOON: i64 = 1_800_000_000;
/// Calls halfway between maintenance and initial, liquidates to a quarter.
const CALL: Fixed = Fixed::ratio(1, 2);
const TARGET: Fixed = Fixed::ratio(1, 4);

/// An account that needs 1,000 for maintenance and 2,000 initially and has this many dollars.
fn with(equity: i64) -> Health {
    let view = |requirement: i64| View {
        equity: Usd(equity * USD),
        requirement: Usd(requirement * USD),
    };
    Health {
        initial: view(2_000),
        maintenance: view(1_000),
        ..Health::default()
    }
}

fn seen(episode: Episode, equity: i64, now: i64) -> Episode {
    episode.observed(&with(equity), CALL, TARGET, now).unwrap()
}

#[test]
fn a_call_stands_from_the_first_observation_below_the_level() {
    let strained = seen(Episode::default(), 1_500, NOON);
    assert_eq!(strained, Episode::default());
    let called = seen(strained, 1_499, NOON + 1);
    assert_eq!(
        (called.called_at, called.call_amount),
        (NOON + 1, 501_000_000)
    );
    assert_eq!(called.liquidatable_since, 0);
    let again = seen(called, 1_300, NOON + 50);
    assert_eq!(again, called);
}

#[test]
fn an_episode_starts_with_the_first_observation_under_water() {
    let at_the_line = seen(Episode::default(), 1_000, NOON);
    assert_eq!(at_the_line.liquidatable_since, 0);
    let under = seen(at_the_line, 999, NOON + 5);
    assert_eq!(
        (under.called_at, under.liquidatable_since),
        (NOON, NOON + 5)
    );
    // From 999 to the target of 1,250.
    assert_eq!((under.first_shortage, under.liquidated), (251_000_000, 0));
    assert_eq!(seen(under, 500, NOON + 100), under);
}

#[test]
fn an_episode_expires_after_a_quarter_of_an_hour_without_a_liquidation() {
    let mut under = seen(Episode::default(), 900, NOON);
    under.liquidated = 7;
    assert_eq!(seen(under, 900, NOON + EXPIRY_SECONDS), under);
    let fresh = seen(under, 800, NOON + EXPIRY_SECONDS + 1);
    assert_eq!(
        (fresh.liquidatable_since, fresh.liquidated),
        (NOON + EXPIRY_SECONDS + 1, 0)
    );
    assert_eq!((fresh.first_shortage, fresh.called_at), (450_000_000, NOON));
    under.last_liquidation = NOON + 300;
    assert_eq!(seen(under, 900, NOON + EXPIRY_SECONDS + 300), under);
    assert_ne!(seen(under, 900, NOON + EXPIRY_SECONDS + 301), under);
}

#[test]
fn two_observations_above_the_call_level_ten_minutes_apart_end_it() {
    let under = seen(Episode::default(), 900, NOON);
    let above = seen(under, 1_600, NOON + 10);
    assert_eq!((above.above_since, above.called_at), (NOON + 10, NOON));
    assert_eq!(seen(above, 1_600, NOON + 10 + RECOVERY_SECONDS - 1), above);
    assert_eq!(
        seen(above, 1_500, NOON + 10 + RECOVERY_SECONDS),
        Episode::default()
    );
}

#[test]
fn a_relapse_between_the_two_observations_starts_the_count_anew() {
    let above = seen(seen(Episode::default(), 900, NOON), 1_600, NOON + 10);
    let relapsed = seen(above, 1_400, NOON + 300);
    assert_eq!(relapsed.above_since, 0);
    let above = seen(relapsed, 1_600, NOON + 700);
    assert_eq!(above.above_since, NOON + 700);
}

#[test]
fn meeting_the_initial_requirement_ends_it_at_once() {
    let under = seen(Episode::default(), 900, NOON);
    assert_eq!(seen(under, 2_000, NOON + 1), Episode::default());
    assert_ne!(seen(under, 1_999, NOON + 1), Episode::default());
}

/// A tenth of the 350 that are missing to the target, for a minute.
#[test]
fn the_first_minute_allows_a_tenth_of_the_first_shortage_in_all() {
    let mut under = seen(Episode::default(), 900, NOON);
    let budget =
        |episode: &Episode, equity, after| episode.budget(&with(equity), NOON + after).unwrap();
    // A tenth as a binary fraction is a hair less than a tenth.
    assert_eq!(budget(&under, 900, 0), Some(34_999_999));
    under.liquidated = 30_000_000;
    assert_eq!(budget(&under, 900, THROTTLE_SECONDS - 1), Some(4_999_999));
    under.liquidated = 40_000_000;
    assert_eq!(budget(&under, 900, 59), Some(0));
    assert_eq!(budget(&under, 900, THROTTLE_SECONDS), None);
}

#[test]
fn small_and_deep_shortages_are_not_throttled() {
    let under = seen(Episode::default(), 900, NOON);
    let is_free = |equity: i64| under.budget(&with(equity), NOON).unwrap().is_none();
    assert_eq!(DUST, Usd(50 * USD));
    assert!(!is_free(950));
    assert!(is_free(951));
    assert!(!is_free(500));
    assert!(is_free(499));
    // Half of an odd requirement: 2 × E_m < R_m decides.
    let mut odd = with(500);
    odd.maintenance.requirement = Usd(1_000 * USD + 1);
    assert_eq!(under.budget(&odd, NOON), Ok(None));
}

/// Called, not liquidatable: the same ten minutes above the level.
#[test]
fn a_call_alone_ends_by_two_observations_as_well() {
    let called = seen(Episode::default(), 1_300, NOON);
    assert_eq!((called.called_at, called.liquidatable_since), (NOON, 0));
    let above = seen(called, 1_600, NOON + 10);
    assert_eq!(above.above_since, NOON + 10);
    assert_eq!(
        seen(above, 1_600, NOON + 10 + RECOVERY_SECONDS),
        Episode::default()
    );
}

#[test]
fn an_episode_lasts_from_its_first_observation() {
    let under = seen(Episode::default(), 900, NOON);
    assert_eq!(Episode::default().elapsed(NOON), 0);
    assert_eq!(under.elapsed(NOON), 0);
    assert_eq!(under.elapsed(NOON + 61), 61);
    assert_eq!(under.elapsed(NOON - 5), 0);
}

/// Liquidations share a moment at one time only, and there is none before the first.
#[test]
fn only_liquidations_at_one_time_share_a_moment() {
    let moment = Moment {
        fees: 7,
        ..Moment::default()
    };
    let mut under = seen(Episode::default(), 900, NOON);
    under.moment = moment;
    assert_eq!(under.moment_at(NOON), None);
    assert_eq!(under.moment_at(0), None);
    under.last_liquidation = NOON + 5;
    assert_eq!(under.moment_at(NOON + 5), Some(moment));
    assert_eq!(under.moment_at(NOON + 6), None);
}
