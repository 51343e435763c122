//! The risk engine of Plimsoll.
//!
//! Every amount of money of the exchange is computed here and nowhere else; the program, the
//! keeper, the simulator and the browser call these functions and get the same integers. The crate
//! knows no chain, no clock, no log and no key: time and state come in as arguments.
//!
//! # Units
//! | quantity | type | unit |
//! |---|---|---|
//! | value | [`units::Usd`] | micro-dollars, signed |
//! | quote amount | [`units::Quote`] | atoms of the quote token, of which 1,000,000 are one unit |
//! | size of an asset | [`units::Base`] | atoms of that asset, long positive, short negative |
//! | price | mantissa and shift, see [`price::PriceBand`] | micro-dollars per atom |
//! | fraction, rate | [`fixed::Fixed`] | 2^-48 |
//! | index: atoms per share | [`index::Index`] | 2^-58 |
//! | time | `i64` | unix seconds |
//!
//! # Rounding
//! Always against the account and named in the function: `_floor` or `_ceil`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(test)]
extern crate std;

pub mod bad_debt;
pub mod correlation;
pub mod episode;
pub mod error;
pub mod exposure;
pub mod fixed;
pub mod funding;
pub mod gate;
pub mod health;
pub mod index;
pub mod interest;
pub mod lending;
pub mod liquidation;
pub mod math;
pub mod measured;
pub mod model_rates;
pub mod order;
pub mod outflow;
pub mod pool;
pub mod portfolio;
pub mod position;
pub mod price;
pub mod profile;
pub mod ramp;
pub mod rates;
pub mod redemption;
pub mod requirement;
pub mod settlement;
pub mod shares;
pub mod side;
pub mod size;
pub mod stock;
pub mod total;
pub mod trade;
pub mod units;
pub mod volatility;

pub use error::{EngineError, Result};
