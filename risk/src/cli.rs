//! The command line.

use crate::account::simulate::{simulate, Changes};
use crate::account::{self, explain::explain, text, Subject};
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
    /// Explain the health of a margin account: what it holds, needs, and would be liquidated at.
    Explain(account::Options),
    /// Show an account before and after changes that are not made.
    Simulate(Simulation),
}

#[derive(clap::Args)]
struct Simulation {
    #[command(flatten)]
    options: account::Options,
    #[command(flatten)]
    changes: Changes,
    /// Print only the price of each asset alone at which the changed account becomes liquidatable.
    #[arg(long)]
    until_liquidation: bool,
}

impl Arguments {
    /// Does what was asked; false if it was done and an acceptance line does not hold.
    ///
    /// # Errors
    /// What could not be read, computed or written, and where.
    pub fn run(&self) -> Result<bool> {
        match &self.command {
            Command::Backtest(options) => backtest::command(options),
            Command::Explain(options) => {
                let subject = Subject::read(options)?;
                let explained = explain(&subject, &subject.at(), &*subject.account)?;
                if options.json {
                    print_json(&account::Document::of(&subject, &explained))?;
                } else {
                    print!("{}", text::explanation(&subject, &explained));
                }
                Ok(true)
            }
            Command::Simulate(simulation) => simulation.run().map(|()| true),
        }
    }
}

impl Simulation {
    fn run(&self) -> Result<()> {
        let subject = Subject::read(&self.options)?;
        let simulated = simulate(&subject, &self.changes)?;
        let (json, prices) = (self.options.json, &simulated.after.prices);
        match (json, self.until_liquidation) {
            (true, true) => print_json(&account::Document::of(&subject, prices))?,
            (true, false) => print_json(&account::Document::of(&subject, &simulated))?,
            (false, true) => print!("{}", text::prices(prices)),
            (false, false) => print!("{}", text::simulation(&subject, &simulated)),
        }
        Ok(())
    }
}

fn print_json(document: &impl serde::Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(document)?);
    Ok(())
}
