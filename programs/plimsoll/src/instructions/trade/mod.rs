//! Trade instructions.

pub mod cancel_order;
pub mod execute_order;
pub mod place_order;

pub use self::{cancel_order::*, execute_order::*, place_order::*};
