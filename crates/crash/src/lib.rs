//! Five recorded crashes ([`crash`]) and a price path through each one's figures ([`path`]).
//!
//! Prices are integers of 1e-8 USD (Pyth's exponent −8), times are unix seconds in UTC. Floating point is
//! used to invent points between recorded prices, never for what was recorded.

pub mod crash;
pub mod path;
