//! Worked numbers: every figure here can be checked by hand or against exact arithmetic.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod bad_debt;
mod correlation;
mod episode;
mod fixed;
mod funding;
mod health;
mod ledgers;
mod lending;
mod liquidation;
mod math;
mod measured;
mod model_rates;
mod order;
mod portfolio;
mod price;
mod profile;
mod ramp;
mod redemption;
mod side;
mod size;
mod sizing;
mod stock;
mod trade;
mod unpriceable;
mod views;
mod volatility;

use plimsoll_engine::units::Quote;

/// One dollar in micro-dollars, and one unit of the quote token in atoms.
const USD: i64 = 1_000_000;
/// One SOL in atoms. It has eight decimals here, so that at 100 dollars an atom is one micro-dollar
/// exactly and boundaries can be met to the unit.
const SOL: i64 = 100_000_000;

fn usdc(units: i64) -> Quote {
    Quote(units * USD)
}
