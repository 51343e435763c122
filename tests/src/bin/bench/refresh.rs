//! `refresh`: prices within an hour, and an hour that turns with more or fewer pairs.

use anchor_lang::prelude::AccountMeta;
use plimsoll::{accounts as metas, instruction as data};
use plimsoll_tests::stake_pool::{StakePool, SPL};

use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

/// First slot with a market.
const FIRST: u8 = 16;
const HOUR: i64 = 3_600;
/// The liquid-staking token, where there is one.
const STAKED: u8 = FIRST;

/// So many prices of an hour that goes on, every ramp moving.
pub fn prices(size: usize) -> Case {
    let last = FIRST + u8::try_from(size).expect("at most 16");
    refresh("refresh", healthy(size), (FIRST..last).collect())
}

/// One price that completes an hour which so many others have sampled; and one as old as the book's.
pub fn of_the_model() -> Vec<Case> {
    let mut old = healthy(1);
    old.book.assets[usize::from(FIRST)].publish_time = NOW;
    vec![
        refresh("refresh (no new price)", old, vec![FIRST]),
        refresh("refresh (staked, market)", staked(1.02), vec![STAKED]),
        refresh("refresh (staked, redemption)", staked(0.98), vec![STAKED]),
        refresh("refresh (last minutes)", in_the_window(), vec![FIRST]),
        refresh("refresh (sample, 0 pairs)", sampling(0), vec![FIRST]),
        refresh("refresh (sample, 15 pairs)", sampling(15), vec![FIRST]),
        refresh("refresh (sample, 31 pairs)", sampling(31), vec![FIRST]),
    ]
}

/// A liquid-staking token whose feed says what that of the first slot says, redeemed for so much of the
/// asset behind that.
fn staked(rate: f64) -> Fixture {
    let mut fixture = healthy(2);
    let model = &mut fixture.book.models[usize::from(STAKED)];
    model.stake_pool = stake_pool_key();
    model.stake_program = SPL;
    model.underlying = STAKED + 1;
    let pool = StakePool::redeeming(rate).account();
    fixture.accounts.push((stake_pool_key(), pool));
    fixture
}

/// Both the last price and the new one are of the last ten minutes of one hour, the one before this:
/// a price that is as old is no worse for that.
fn in_the_window() -> Fixture {
    let mut fixture = healthy(1);
    let turn = NOW.div_euclid(HOUR) * HOUR;
    let (asset, model) = (
        &mut fixture.book.assets[usize::from(FIRST)],
        &mut fixture.book.models[usize::from(FIRST)],
    );
    asset.publish_time = turn - 200;
    model.last_time = turn - 200;
    model.sample_hour -= 1;
    model.window_seconds = 300;
    model.window_low = model.last_price * 300;
    model.window_observations = 5;
    for (address, account) in &mut fixture.accounts {
        if *address == price_key(FIRST) {
            *account = pull_update(FIRST, turn - 100, turn - 101);
        }
    }
    fixture
}

/// The asset's last price is of the hour before, a window of five observations behind it; `others` have
/// sampled that hour.
fn sampling(others: usize) -> Fixture {
    let mut fixture = healthy(1);
    let (last, sampled) = (NOW.div_euclid(HOUR) * HOUR - 60, NOW.div_euclid(HOUR) - 1);
    let mut left = others;
    for (model, slot) in fixture.book.models.iter_mut().zip(0..) {
        if slot == FIRST {
            model.last_time = last;
            model.sample_hour = sampled - 1;
            model.window_seconds = 480;
            model.window_low = model.last_price * 480;
            model.window_observations = 5;
        } else if left > 0 {
            left -= 1;
        } else {
            model.sample_hour = sampled - 1;
        }
    }
    fixture
}

fn refresh(name: &'static str, fixture: Fixture, slots: Vec<u8>) -> Case {
    let mut read = Vec::new();
    for slot in &slots {
        read.push(price_key(*slot));
        if fixture.book.models[usize::from(*slot)].is_liquid_staking() {
            read.push(stake_pool_key());
        }
    }
    let read = read.into_iter();
    let read = read
        .map(|key| AccountMeta::new_readonly(key, false))
        .collect();
    let accounts = metas::Refresh {
        book: fixture.book_key,
    };
    let call = data::Refresh { slots };
    case(name, fixture, accounts, read, call, &[KEEPER])
}
