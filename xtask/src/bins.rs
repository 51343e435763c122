//! Commands that run on the real binary in an embedded chain: the demo, the soak and the bench live in the
//! integration crate; the task builds what they load and hands their arguments on.

use crate::{build, project, run};
use anyhow::Result;
use std::time::Instant;

/// Arguments handed on.
#[derive(clap::Args)]
pub struct Options {
    /// See `--help` of the command itself.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Options {
    /// These arguments.
    pub fn of(arguments: &[&str]) -> Self {
        Self {
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        }
    }
}

/// The program that swaps of the soak trade at.
const VENUE: &str = "plimsoll-venue";

/// Builds the venue, too, and walks.
///
/// # Errors
/// As [`command`].
pub fn soak(options: &Options) -> Result<()> {
    build::program(VENUE)?;
    command("soak", options)
}

/// Builds the program, then runs binary `name` of the integration crate on it.
///
/// # Errors
/// When the build or the command fails.
pub fn command(name: &str, options: &Options) -> Result<()> {
    let started = Instant::now();
    build::program(project::PROGRAM)?;
    let route = build::Route::choose().name();
    run::step(name, || {
        run::show(
            run::cargo()
                .args([
                    "run",
                    "--quiet",
                    "--package",
                    "plimsoll-tests",
                    "--bin",
                    name,
                    "--",
                ])
                .args(&options.arguments)
                .env("PLIMSOLL_BUILD_ROUTE", route)
                .current_dir(project::root()),
        )
    })?;
    eprintln!(
        "  ok  {name} with all set-up ({:.1} s)",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}
