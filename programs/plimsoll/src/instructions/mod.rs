//! One file per instruction: requirements, accounts, handler.
//!
//! Every handler reads, validates, computes, writes, moves tokens and emits in this order, and ends
//! with the invariant of each account it changed.

pub mod account;
pub mod code;
pub mod crank;
pub mod exchange;
pub mod governance;
pub mod liquidation;
pub mod pool;
pub mod trade;
pub mod view;

pub use self::{
    account::*, code::*, crank::*, exchange::*, governance::*, liquidation::*, pool::*, trade::*,
    view::*,
};
