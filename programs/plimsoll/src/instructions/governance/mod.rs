//! Instructions of authority and guardian after launch, and of whoever applies what was announced.

pub mod announce_change;
pub mod apply_change;
pub mod cancel_change;
pub mod collect_fees;
pub mod tighten;

pub use self::{
    announce_change::*, apply_change::*, cancel_change::*, collect_fees::*, tighten::*,
};
