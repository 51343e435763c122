//! `plimsoll-keeper`: keeps an exchange.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use plimsoll_keeper::config::{Config, DOCUMENTED};
use plimsoll_keeper::keep::{Keeper, Mode};
use plimsoll_keeper::observe::{log, serve, Pulse};
use plimsoll_keeper::open::open;
use plimsoll_keeper::start::signal;

/// Keeps a Plimsoll exchange: prices, margin calls, liquidations, orders, the pool.
#[derive(Parser)]
#[command(name = "plimsoll-keeper", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Keeps until it is stopped.
    Run {
        /// The configuration.
        #[arg(long, default_value = "keeper.toml")]
        config: PathBuf,
        /// Do what is to be done now, and stop.
        #[arg(long)]
        once: bool,
        /// Simulate and tell, but send nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Opens the margin account that earns the keeper's fees, if it is not open.
    Open {
        /// The configuration.
        #[arg(long, default_value = "keeper.toml")]
        config: PathBuf,
    },
    /// Prints every option with its default.
    Config,
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Run {
            config,
            once,
            dry_run,
        } => {
            let config = Config::read(&config)?;
            log(&config.observe);
            let pulse = Pulse::default();
            let mode = Mode { once, dry: dry_run };
            let keeper = Keeper::new(config.clone(), mode, pulse.clone()).await?;
            serve(&config.observe, pulse).await?;
            tracing::info!(account = %keeper.account(), "keeping");
            keeper.run(signal()).await
        }
        Command::Open { config } => {
            let config = Config::read(&config)?;
            log(&config.observe);
            println!("{}", open(&config).await?);
            Ok(())
        }
        Command::Config => {
            print!("{DOCUMENTED}");
            Ok(())
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
