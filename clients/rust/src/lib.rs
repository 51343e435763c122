//! What a program off chain needs to use a Plimsoll exchange: addresses, accounts from bytes, instructions,
//! the engine on those accounts, and what an error means. It speaks to no network: whoever uses it brings
//! bytes and takes instructions.

pub mod address;
pub mod bank;
pub mod bar;
pub mod book;
pub mod change;
pub mod decode;
pub mod explain;
pub mod health;
mod instructions;
pub mod legs;
pub mod plan;
pub mod pool;
pub mod preview;
pub mod price;
pub mod refusal;
mod search;
pub mod standing;
pub mod venue;
pub mod view;

pub use self::decode::{decode, decode_borsh, Account, DecodeError};
pub use self::instructions::{call, Missing, OrderKeys};
pub use self::venue::{BankKeys, Feed, Listing, Venue};
