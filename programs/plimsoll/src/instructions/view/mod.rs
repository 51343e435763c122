//! View instructions.

pub mod assess;

pub use self::assess::*;
