//! Account instructions.

pub mod close_account;
pub mod deposit;
pub mod open_account;
pub mod withdraw;

#[allow(
    ambiguous_glob_reexports,
    reason = "every handler is named handle and called by its path"
)]
pub use self::{close_account::*, deposit::*, open_account::*, withdraw::*};
