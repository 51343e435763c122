//! The crash demonstration.
//!
//! A crash's figures ([`crash`]) become a price path ([`path`]); the driver
//! lets the program measure four calm weeks ([`history`]), feeds the path to
//! it and writes down what happened ([`record`]) and what the risk model made
//! of it ([`risk`]), and what the pool stood against ([`pool`]); the record is told twice, as a page ([`report`]) and as a
//! table in the terminal ([`table`]).
//!
//! Beside it, on an exchange of its own, the same crash strikes those who hold
//! tokens on credit ([`spot`]) while a staking token leaves its peg ([`depeg`]).
//!
//! Units everywhere: prices are integers of 1e-8 USD (Pyth's exponent −8),
//! amounts are integers of 1e-6 USD, times are unix seconds in UTC. Floating
//! point is used to invent points between recorded prices and to draw; no
//! figure of the record is computed with it.

mod closing;
pub use plimsoll_crash::{crash, path};
pub mod depeg;
pub mod driver;
mod format;
pub mod history;
mod keeper;
mod measuring;
pub mod pool;
pub mod record;
pub mod report;
pub mod risk;
pub mod spot;
pub mod table;
pub mod traders;
