//! The domain language of the integration tests.
