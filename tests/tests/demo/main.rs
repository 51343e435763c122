//! The demonstration's parts that do not touch the chain.

mod figures;
mod page;
mod path;
mod sample;
