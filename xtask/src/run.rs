//! Running commands: one line when a step begins, one when it ends, and errors that name the
//! step.

use anyhow::{bail, Context, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Variables of the surrounding cargo, or of the user, that would change what an inner cargo
/// builds.
const INHERITED: [&str; 9] = [
    "RUSTUP_TOOLCHAIN",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_MANIFEST_DIR",
];

/// Announces a step, runs it, and reports how long it took.
///
/// # Errors
/// What `work` returns, with the step's name in front.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("  ... {name}");
    let started = Instant::now();
    let result = work().with_context(|| format!("step \"{name}\" failed"))?;
    eprintln!("  ok  {name} ({:.1} s)", started.elapsed().as_secs_f32());
    Ok(result)
}

/// A cargo that does not inherit choices of the one this task runs under.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for variable in INHERITED {
        command.env_remove(variable);
    }
    // Registry versions newer than the compiler allows are passed over.
    command.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
    command
}

/// Runs a command with its output on this terminal.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn show(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("expected `{line}` to succeed, it ended with {status}");
    }
    Ok(())
}

/// Runs a command quietly and returns what it wrote to standard output.
///
/// # Errors
/// When it cannot be started or does not succeed; the error carries both its outputs.
pub fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "expected `{line}` to succeed, it ended with {}\n{stdout}{stderr}",
            output.status
        );
    }
    Ok(stdout)
}

/// Installs the packages that the lock file of a folder names, unless they are.
///
/// # Errors
/// There is no npm, or a package cannot be had.
pub fn npm_ci(folder: &Path, name: &str) -> Result<()> {
    let written = |path: &str| {
        let file = fs::metadata(folder.join(path));
        file.and_then(|file| file.modified()).ok()
    };
    let installed = written("node_modules/.package-lock.json");
    if installed.is_some() && installed >= written("package-lock.json") {
        return Ok(());
    }
    step(name, || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]);
        output(npm.current_dir(folder)).context("Node 20 with npm is needed")?;
        Ok(())
    })
}

/// Whether a command exists and succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
