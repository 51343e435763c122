//! The TypeScript client: generated from the interface description, and the engine compiled for browsers.

use crate::{project, run};
use anyhow::{ensure, Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of browsers.
const TARGET: &str = "wasm32-unknown-unknown";
/// The package of the engine for browsers.
const ENGINE: &str = "plimsoll-wasm";

/// Options of `cargo xtask clients`.
#[derive(clap::Args)]
pub struct Options {
    /// Write nothing; fail when the client does not match the interface description.
    #[arg(long, conflicts_with_all = ["wasm", "test"])]
    check: bool,
    /// Compile the engine into clients/ts/wasm as well.
    #[arg(long)]
    wasm: bool,
    /// Compile the engine and run the client's tests.
    #[arg(long)]
    test: bool,
}

/// `cargo xtask clients`.
///
/// # Errors
/// When a tool is missing, a step fails, or the client does not match.
pub fn command(options: &Options) -> Result<()> {
    if options.check {
        return check();
    }
    install()?;
    run::step("generate the TypeScript client", || generate(&generated()))?;
    if options.wasm || options.test {
        run::step("compile the engine for browsers", wasm)?;
    }
    if options.test {
        run::step("test the TypeScript client", test)?;
    }
    Ok(())
}

/// Fails when the committed client is not what would be generated.
///
/// # Errors
/// The first file that differs.
pub fn check() -> Result<()> {
    install()?;
    let fresh = project::root().join("target/clients");
    run::step("generate the TypeScript client", || generate(&fresh))?;
    let (present, expected) = (tree(&generated())?, tree(&fresh)?);
    for path in present.keys().chain(expected.keys()) {
        ensure!(
            present.get(path) == expected.get(path),
            "clients/ts/src/generated/{} does not match the interface description; run `cargo xtask clients` \
             and commit it",
            path.display()
        );
    }
    Ok(())
}

fn folder() -> PathBuf {
    project::root().join("clients/ts")
}

fn generated() -> PathBuf {
    folder().join("src/generated")
}

/// The packages that the lock file names, once.
fn install() -> Result<()> {
    let written = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let lock = written(folder().join("package-lock.json"));
    let installed = written(folder().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    run::step("install the packages of the TypeScript client", || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]);
        run::output(npm.current_dir(folder())).context("Node 20 with npm is needed")?;
        Ok(())
    })
}

fn generate(to: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.arg("generate.mjs").arg(to).current_dir(folder());
    run::output(&mut node)?;
    Ok(())
}

/// Files below a folder by their path in it.
fn tree(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let (mut files, mut pending) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else {
            files.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
        }
    }
    Ok(files)
}

fn wasm() -> Result<()> {
    let target = project::root().join("target/wasm");
    let mut cargo = run::cargo();
    cargo
        .args(["build", "--quiet", "--profile", "wasm"])
        .args(["--package", ENGINE, "--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(project::root());
    run::show(&mut cargo)
        .with_context(|| format!("if the target is missing: rustup target add {TARGET}"))?;
    let built = target.join(TARGET).join("wasm/plimsoll_wasm.wasm");
    let folder = folder().join("wasm");
    fs::create_dir_all(&folder)?;
    fs::copy(built, folder.join("plimsoll.wasm"))?;
    Ok(())
}

fn test() -> Result<()> {
    let fixtures = folder().join("test/fixtures");
    let mut cargo = run::cargo();
    cargo
        .args(["run", "--quiet", "--package", ENGINE])
        .args(["--example", "fixtures", "--"])
        .arg(&fixtures)
        .current_dir(project::root());
    run::show(&mut cargo)?;
    let mut npm = Command::new("npm");
    run::show(npm.arg("test").current_dir(folder()))
}
