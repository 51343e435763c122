//! Crank instructions.

pub mod call_margin;
pub mod refresh;
pub mod settle;
pub mod sync;

#[allow(
    ambiguous_glob_reexports,
    reason = "every handler is named handle and called by its path"
)]
pub use self::{call_margin::*, refresh::*, settle::*, sync::*};
