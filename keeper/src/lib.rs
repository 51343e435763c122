//! A keeper of a Plimsoll exchange: it knows every account, asks the engine what each needs, and does it.
//!
//! ```text
//! chain ──► feed ──► book ──► watch ──► decide ──► act ──► chain
//!                                                   ▲
//! source of prices ─────────── prices, publish ─────┘
//! ```
//! What is decided is a pure function of what is known; margins are the engine's alone.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")
)]

pub mod act;
pub mod book;
pub mod chain;
pub mod config;
pub mod decide;
pub mod feed;
pub mod keep;
pub mod memory;
pub mod observe;
pub mod open;
pub mod post;
pub mod prices;
pub mod publish;
pub mod rebalance;
pub mod receiver;
pub mod start;
pub mod synthetic;
pub mod watch;
