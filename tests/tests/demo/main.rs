//! The demonstration: its parts, and every crash through the program.

mod crashes;
mod depeg;
mod figures;
mod page;
mod path;
mod pool;
mod risk;
mod sample;
