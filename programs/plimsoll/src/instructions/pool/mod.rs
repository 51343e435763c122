//! Pool instructions.

pub mod pool_execute;
pub mod pool_price;
pub mod pool_request;

pub use self::{pool_execute::*, pool_price::*, pool_request::*};
