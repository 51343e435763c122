//! The parts of a liquidation: naming legs, writing what the plan took, the keeper's purchase.

pub mod apply;
pub mod keeper;
pub mod legs;
