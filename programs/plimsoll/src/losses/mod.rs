//! Bad debt: recording what is going to be lost, and taking it.

pub mod record;
pub mod take;
