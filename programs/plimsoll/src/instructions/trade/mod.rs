//! Trade instructions.

pub mod cancel_order;
pub mod execute_order;
pub mod place_order;

#[allow(
    ambiguous_glob_reexports,
    reason = "every handler is named handle and called by its path"
)]
pub use self::{cancel_order::*, execute_order::*, place_order::*};
