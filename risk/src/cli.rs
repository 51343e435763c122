//! The command line.

use crate::backtest;
use anyhow::Result;
use clap::{Parser, Subcommand};

/// Plimsoll's margin model, measured.
#[derive(Parser)]
#[command(name = "plimsoll-risk")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare margin rules on recorded prices and write a report with charts.
    Backtest(backtest::Options),
}

impl Arguments {
    /// Does what was asked; false if it was done and an acceptance line does not hold.
    ///
    /// # Errors
    /// What could not be read, computed or written, and where.
    pub fn run(&self) -> Result<bool> {
        match &self.command {
            Command::Backtest(options) => backtest::command(options),
        }
    }
}
