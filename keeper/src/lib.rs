//! A keeper of a Plimsoll exchange: it knows every account, asks the engine what each needs, and does it.
//!
//! What is decided is a pure function of what is known; margins are the engine's alone.

pub mod book;
pub mod config;
pub mod decide;
pub mod synthetic;
