//! Liquidation instructions.

pub mod liquidate;
pub mod settle_bad_debt;

pub use self::{liquidate::*, settle_bad_debt::*};
