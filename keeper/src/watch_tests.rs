//! The watch misses nobody: compared with looking at everybody, over prices that wander and leap.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::synthetic::{band, Exchange};

const NOW: i64 = 1_790_000_000;
const PACE: (u64, i64) = (u64::MAX, 60);
const PRICES: [f64; 8] = [1.0, 150.0, 100_000.0, 4_000.0, 10.0, 2.0, 30.0, 0.5];

/// What [`Watch::look`] must find: everybody who is not calm.
fn by_everybody(world: &World, now: i64) -> Vec<Place> {
    let holders = world.accounts.iter();
    let restless = holders.filter(|(_, holder)| !is_calm(world, &holder.account, now, PACE.0));
    restless.map(|(place, _)| place).collect()
}

#[test]
fn nobody_who_crosses_is_missed_whatever_moves() {
    let (mut looked, mut looks, mut found) = (0, 0, 0);
    for seed in 0..6 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut exchange = Exchange::new(NOW);
        exchange.populate(250, seed);
        let mut world = exchange.world();
        let (mut watch, mut now, mut prices) = (Watch::default(), NOW, PRICES);
        for step in 0..150 {
            let slot = random.random_range(0..8usize);
            let largest = match (slot, random.random_range(0..20)) {
                (0, _) => 0.001,
                (_, 0) => 0.10,
                _ => 0.01,
            };
            prices[slot] *= 1.0 + random.random_range(-largest..largest);
            let decimals = world.book.assets[slot].decimals;
            let mut new = band(prices[slot], decimals);
            if random.random_bool(0.2) {
                new.confidence *= random.random_range(1..12);
                new.liability_maintenance = new.spot + new.confidence;
            }
            let asset = &mut world.book.assets[slot];
            asset.set_band(&new).unwrap();
            asset.publish_time = now;
            match random.random_range(0..30) {
                0 => asset.maintenance_long += asset.maintenance_long / 30,
                1 => asset.size_slope += asset.size_slope / 20,
                2 => asset.funding_gain = random.random_range(-2_000_000..2_000_000),
                3 => world.book.scenarios[0][slot] -= 100,
                4 => asset.borrow_gain *= 2,
                _ => {}
            }
            now += i64::from(random.random_range(0..3u8));
            let fresh = random.random_bool(0.95);
            for other in &mut world.book.assets[..8] {
                if fresh {
                    other.publish_time = now;
                }
            }
            let mut restless = watch.look(&world, now, &[], PACE);
            restless.sort_unstable();
            assert_eq!(
                restless,
                by_everybody(&world, now),
                "seed {seed}, step {step}"
            );
            if step > 0 {
                (looked, looks) = (looked + watch.looked, looks + 250);
                found += restless.len();
            }
        }
    }
    assert!(
        found > 0 && looked * 2 < looks,
        "{looked} of {looks} looked at, {found} found"
    );
}

#[test]
fn everybody_is_looked_at_in_his_turn() {
    let mut exchange = Exchange::new(NOW);
    exchange.populate(120, 1);
    let world = exchange.world();
    let mut watch = Watch::default();
    watch.look(&world, NOW, &[], PACE);
    let restless = watch.restless.len();
    watch.look(&world, NOW + 1, &[], PACE);
    assert!(
        watch.looked <= restless + 2,
        "a sixtieth of 120, found {}",
        watch.looked
    );
    watch.look(&world, NOW + 61, &[], PACE);
    assert_eq!(watch.looked, 120);
}

#[test]
fn a_price_that_grows_old_is_noticed_without_news() {
    let mut exchange = Exchange::new(NOW);
    let key = exchange.open(1, 1_000);
    exchange.trade(&key, crate::synthetic::SOL, 3_000.0);
    let world = exchange.world();
    let mut watch = Watch::default();
    watch.look(&world, NOW, &[], PACE);
    watch.look(&world, NOW + 1, &[], PACE);
    let before = watch.columns[1].mark.live;
    watch.look(&world, NOW + 100, &[], (u64::MAX, i64::MAX));
    assert!(before && !watch.columns[1].mark.live);
    assert_eq!(watch.looked, 1);
}
