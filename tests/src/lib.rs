//! The domain language of the integration tests.

pub mod demo;
