//! `cargo xtask test`: set-up, checks, and every test on the binary that would be deployed.

use crate::{bins, build, check, clients, live, project, run};
use anyhow::Result;
use std::time::Instant;

/// Fixes the cases that property tests draw.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";
/// Programs that only tests load.
const TEST_PROGRAMS: [&str; 2] = ["plimsoll-sbf-builtins-svm-test", "plimsoll-venue"];

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Only tests, without format, lints and generated files.
    #[arg(long)]
    skip_checks: bool,
    /// Only tests whose name contains this.
    filter: Option<String>,
}

/// Runs everything.
///
/// # Errors
/// The first step that fails.
pub fn command(options: &Options) -> Result<()> {
    let started = Instant::now();
    build::program(project::PROGRAM)?;
    for package in TEST_PROGRAMS {
        build::program(package)?;
    }
    if !options.skip_checks {
        check::command()?;
    }
    run::npm_ci(&project::root().join("cluster"), "install the local node")?;
    run::step("tests", || {
        let mut command = run::cargo();
        command
            .args(["test", "--workspace", "--no-fail-fast"])
            .current_dir(project::root());
        // Every run tries the same cases; a plain `cargo test` explores others.
        if std::env::var_os(PROPERTY_SEED).is_none() {
            command.env(PROPERTY_SEED, "1");
        }
        if let Some(filter) = &options.filter {
            command.arg(filter);
        }
        run::show(&mut command)
    })?;
    if options.filter.is_none() {
        clients::test()?;
        live::command()?;
        bins::command("bench", &bins::Options::of(&["--check"]))?;
    }
    eprintln!(
        "  ok  everything ({:.0} s)",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}
