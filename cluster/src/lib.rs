//! A local cluster: its node ([`node`]), what it has in place of the world outside, which is prices ([`tape`],
//! spoken by [`hermes`] and [`history`]) and tokens ([`faucet`]), and the web app that shows it ([`site`]).

pub mod clock;
pub mod faucet;
pub mod hermes;
pub mod history;
pub mod node;
pub mod site;
pub mod tape;
