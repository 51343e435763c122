//! Liquidation instructions.

pub mod liquidate;

pub use self::liquidate::*;
