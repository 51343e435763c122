//! A local cluster: its node ([`node`]), and what it has in place of the world outside: prices ([`tape`],
//! spoken by [`hermes`]) and tokens ([`faucet`]).

pub mod faucet;
pub mod hermes;
pub mod node;
pub mod tape;
