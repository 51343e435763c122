//! Project tasks. `cargo xtask --help` lists them.

mod app;
mod bins;
mod build;
mod check;
mod clients;
mod cluster;
mod deploy;
mod idl;
mod live;
mod processes;
mod project;
mod run;
mod setup;
mod test;
mod up;

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
    /// Write the TypeScript client, compile the engine for browsers, test both.
    Clients(clients::Options),
    /// Build the web app, or check it.
    App(app::Options),
    /// Check format, lints, conventions and generated files.
    Check,
    /// Set up, check, and run every test on the binary that would be deployed.
    Test(test::Options),
    /// Run a local cluster with an exchange, prices, a faucet and a keeper, until Ctrl-C.
    Up(up::Options),
    /// Run on a local cluster of its own what needs one: the examples of both clients.
    Live,
    /// Replay a recorded crash against the program on an embedded chain and write a report.
    Demo(bins::Options),
    /// Walk at random through every instruction, and spoil the bytes of every account, for as long as told.
    Soak(bins::Soak),
    /// Measure compute units, bytes and accounts of every instruction.
    Bench(bins::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup => setup::command(),
        Command::Build(options) => build::command(&options),
        Command::Idl(options) => idl::command(&options),
        Command::Clients(options) => clients::command(&options),
        Command::App(options) => app::command(&options),
        Command::Check => check::command(),
        Command::Test(options) => test::command(&options),
        Command::Up(options) => up::command(&options),
        Command::Live => live::command(),
        Command::Demo(options) => bins::command("demo", &options),
        Command::Soak(options) => bins::soak(&options),
        Command::Bench(options) => bins::command("bench", &options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
