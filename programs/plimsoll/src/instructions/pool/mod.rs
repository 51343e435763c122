//! Pool instructions.

pub mod pool_deposit;

pub use self::pool_deposit::*;
