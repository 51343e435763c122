//! Properties of the engine, each named after what must hold and citing its rule F-nn.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod btc_eth;
mod correlation;
mod gate;
mod health;
mod hedges;
mod lending;
mod liquidation;
mod market_histories;
mod math;
mod measured;
mod order;
mod pool;
mod portfolio;
mod profile;
mod ramp;
mod redemption;
mod reductions;
mod rounding;
mod settlement;
mod size;
mod splitting;
mod trading;
mod volatility;
mod world;

use proptest::test_runner::Config;

/// Cases of a central property.
const CENTRAL: u32 = 10_000;
/// Cases of a property whose every case is itself a long story.
const STORIES: u32 = 2_000;

/// At most so many cases as PROPTEST_CASES says, where it is set: mutation runs want few.
fn cases(count: u32) -> Config {
    let limit = std::env::var("PROPTEST_CASES").ok();
    let limit = limit.map_or(count, |limit| limit.parse().unwrap());
    Config::with_cases(count.min(limit))
}
