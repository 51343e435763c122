//! What a local cluster has in place of the world outside: prices ([`tape`], spoken by [`hermes`]) and tokens
//! ([`faucet`]).

pub mod faucet;
pub mod hermes;
pub mod tape;
