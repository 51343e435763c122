//! Measures the margin model on recorded prices, and explains what it asks of an account.
//!
//! `plimsoll-risk backtest` walks a series of prices through the engine bar by bar, asks after each
//! bar what a position would have had to hold, and counts how often the following move was larger. It
//! compares the rule in force with simpler ones, tests the counts, and writes a report with charts.
//! `explain` and `simulate` read a margin account and its book, from files or a cluster; see [`account`].
//!
//! # What is computed where
//! Every variance, rate, ramp and health comes from `plimsoll-engine`, in integers; this crate has no
//! margin arithmetic of its own. Floating point stands in statistics, charts and displayed figures, and
//! in the two rules that are nobody's margin model here: historical simulation and fixed rates, both for
//! comparison.
//!
//! # Data
//! Recorded prices are not part of the project. A backtest takes the path of any CSV that has a column
//! of times and one of prices; see [`backtest::data`].
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests may unwrap: a panic is how they fail.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
pub mod backtest;
pub mod cli;
pub mod scenarios;
