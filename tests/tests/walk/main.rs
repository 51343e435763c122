//! The random walk, bounded: a few seeds, every rule after every transaction, and enough of everything.

use plimsoll_tests::walk::draw::steps_of;
use plimsoll_tests::walk::tally::Tally;
use plimsoll_tests::walk::{story, Stage};

fn env(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(or)
}

#[test]
fn probe() {
    let first = env("WALK_SEED", 1);
    let seeds = env("WALK_SEEDS", 1);
    let n = env("WALK_STEPS", 400) as usize;
    let t = std::time::Instant::now();
    let mut all = Tally::default();
    for seed in first..first + seeds {
        let stage = Stage::of(seed);
        let steps = steps_of(seed, n);
        let ended = stage.walk(&steps);
        if ended.violation.is_some() {
            println!("{}", story(&stage, seed, &steps, &ended));
        }
        all.add(&ended.tally);
        all.seeds += 1;
    }
    println!("walk {:?}", t.elapsed());
    println!("{}", all.table());
}
