//! Crank instructions.

pub mod call_margin;
pub mod refresh;
pub mod settle;
pub mod sync;

pub use self::{call_margin::*, refresh::*, settle::*, sync::*};
