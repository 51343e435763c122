//! One account per file: every field with meaning, unit and sentinel.
//!
//! Zero-copy accounts hold only integers of at most 64 bits and byte arrays: 128-bit integers align to
//! 16 on some build routes and to 8 on others. Fractions are [`plimsoll_engine::fixed::Fixed`] raw
//! values, 2^-48.

mod asset_model;
mod bank;
mod book;
mod book_at;
mod code;
mod exchange;
mod holdings;
mod margin_account;
mod market;
mod order;
mod parameter_change;
mod pool;
mod pool_request;

pub use asset_model::*;
pub use bank::*;
pub use book::*;
pub use book_at::*;
pub use code::*;
pub use exchange::*;
pub use holdings::*;
pub use margin_account::*;
pub use market::*;
pub use order::*;
pub use parameter_change::*;
pub use pool::*;
pub use pool_request::*;

/// Asserts the layout rules of a zero-copy type at compile time: alignment 8 and the stated size.
macro_rules! assert_layout {
    ($type:ty, $size:expr) => {
        const _: () = assert!(core::mem::align_of::<$type>() == 8);
        const _: () = assert!(core::mem::size_of::<$type>() == $size);
    };
}
pub(crate) use assert_layout;
