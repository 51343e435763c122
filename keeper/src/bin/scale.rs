//! `cargo run --release -p plimsoll-keeper --bin scale`: what a keeper's book costs at a thousand, ten thousand and
//! a hundred thousand accounts.

use std::time::{Duration, Instant};

use plimsoll::state::listed;
use plimsoll_keeper::book::World;
use plimsoll_keeper::synthetic::{band, Exchange, SOL};
use plimsoll_keeper::watch::Watch;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const NOW: i64 = 1_790_000_000;
const PACE: (u64, i64) = (u64::MAX, 60);
const TICKS: usize = 200;

/// Resident memory of this process, megabytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1_024
}

fn set(world: &mut World, dollars: f64, now: i64) {
    for asset in &mut world.book.assets {
        if asset.listed & listed::ASSET != 0 {
            asset.publish_time = now;
        }
    }
    if let Some(asset) = world.book.assets.get_mut(usize::from(SOL)) {
        let _ = asset.set_band(&band(dollars, asset.decimals));
    }
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    let place = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(place).copied().unwrap_or_default()
}

fn measure(count: u64) {
    let before = memory();
    let mut world = {
        let mut exchange = Exchange::new(NOW);
        exchange.populate(count, 7);
        exchange.into_world()
    };
    let mut watch = Watch::default();
    let began = Instant::now();
    let restless = watch.look(&world, NOW, &[], PACE).len();
    let whole = began.elapsed();
    let mut random = StdRng::seed_from_u64(1);
    let (mut price, mut now) = (150.0, NOW);
    let (mut ticks, mut looked) = (Vec::new(), 0);
    for tick in 0..TICKS {
        price *= 1.0 + random.random_range(-0.001..0.001);
        // Two and a half ticks a second, as Pyth publishes.
        now = NOW + i64::try_from(tick * 2 / 5).unwrap_or(0);
        set(&mut world, price, now);
        let began = Instant::now();
        watch.look(&world, now, &[], PACE);
        ticks.push(began.elapsed());
        looked += watch.looked;
    }
    ticks.sort_unstable();
    set(&mut world, price * 0.95, now);
    let began = Instant::now();
    let fallen = watch.look(&world, now, &[], PACE).len();
    let leap = began.elapsed();
    println!(
        "| {count:>7} | {whole:>9.1?} | {:>9.1?} | {:>9.1?} | {:>9.1?} | {:>6} | {leap:>9.1?} | {restless:>6} | {fallen:>6} | {:>4} MB |",
        at(&ticks, 50),
        at(&ticks, 95),
        at(&ticks, 100),
        looked / TICKS,
        memory().saturating_sub(before),
    );
}

fn main() {
    println!("| accounts | all | tick, median | 95% | worst | looked at | fall of 5% | restless | then | memory |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for count in [1_000, 10_000, 100_000] {
        measure(count);
    }
}
