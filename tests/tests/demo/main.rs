//! The demonstration: its parts, and every crash through the program.

mod crashes;
mod figures;
mod page;
mod path;
mod risk;
mod sample;
