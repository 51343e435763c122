//! Liquidation instructions.

pub mod deleverage;
pub mod liquidate;
pub mod settle_bad_debt;

pub use self::{deleverage::*, liquidate::*, settle_bad_debt::*};
