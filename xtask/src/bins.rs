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

/// How long to soak and from where.
#[derive(clap::Args)]
pub struct Soak {
    /// How long, in whole minutes.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// The first seed of the walk, and the seed of the spoiled bytes.
    #[arg(long, default_value_t = 1_000)]
    seed: u64,
    /// Handed to the walk: `--seeds N --steps N`. With them nothing but the walk runs.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    walk: Vec<String>,
}

/// Walks, and at the same time gives the program and the engine bytes that nobody meant.
///
/// # Errors
/// When a build fails, or either finds something.
pub fn soak(options: &Soak) -> Result<()> {
    build::program(VENUE)?;
    let (minutes, seed) = (options.minutes.to_string(), options.seed.to_string());
    let mut arguments = vec!["--minutes".to_owned(), minutes.clone()];
    arguments.extend(["--seed".to_owned(), seed.clone()]);
    arguments.extend(options.walk.iter().cloned());
    let walk = Options { arguments };
    if !options.walk.is_empty() {
        return command("soak", &walk);
    }
    // Both load it: it is there before either begins.
    build::program(project::PROGRAM)?;
    let fuzz = || {
        let mut fuzz = run::cargo();
        fuzz.args(["test", "--quiet", "--package", "plimsoll-tests"])
            .args(["--test", "fuzz", "--", "--nocapture"])
            .env("SOAK_MINUTES", &minutes)
            .env("SOAK_SEED", &seed)
            .current_dir(project::root());
        run::step("spoiled bytes", || run::show(&mut fuzz))
    };
    run::show(
        run::cargo()
            .args(["test", "--quiet", "--package", "plimsoll-tests"])
            .args(["--test", "fuzz", "--no-run"])
            .current_dir(project::root()),
    )?;
    let (walked, fuzzed) = std::thread::scope(|scope| {
        let fuzz = scope.spawn(fuzz);
        let walked = command("soak", &walk);
        (walked, fuzz.join())
    });
    walked?;
    fuzzed.map_err(|_| anyhow::anyhow!("the spoiled bytes ended in a panic"))?
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
