//! Project tasks. `cargo xtask --help` lists them.

mod build;
mod idl;
mod project;
mod run;
mod setup;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Plimsoll's project tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prepare this machine for building the program with package registries alone.
    Setup,
    /// Build a program for Solana's virtual machine into target/deploy.
    Build(build::Options),
    /// Write the program's interface description to idl/plimsoll.json.
    Idl(idl::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup => setup::command(),
        Command::Build(options) => build::command(&options),
        Command::Idl(options) => idl::command(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
