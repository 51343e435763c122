//! The web app: built, checked, and held to the size of its first load.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{ensure, Context, Result};
use serde_json::{Map, Value};

use crate::{clients, project, run, setup};

/// Bytes of compressed JavaScript that a first load may fetch; the engine is apart.
const FIRST_LOAD: u64 = 500_000;
/// Where the build says which file needs which.
const MANIFEST: &str = ".vite/manifest.json";
/// The page in it.
const PAGE: &str = "index.html";
/// What names the browser of the tests, and which it is otherwise.
const BROWSER: (&str, &str) = ("CHROMIUM", "/usr/bin/chromium");

/// Options of `cargo xtask app`.
#[derive(clap::Args)]
pub struct Options {
    /// Also run the tests that need no cluster.
    #[arg(long)]
    check: bool,
}

/// `cargo xtask app`: compiles the engine for browsers, and builds the app into app/dist.
///
/// # Errors
/// A tool is missing, the types do not fit, a test fails, the first load is too large.
pub fn command(options: &Options) -> Result<()> {
    let built = build()?;
    if options.check {
        run::step("test the app's units", || {
            run::show(&mut tests(&["--project", "units"]))
        })?;
    }
    println!("{}", built.display());
    Ok(())
}

/// Builds the app; returns its folder.
///
/// # Errors
/// As [`command`].
pub fn build() -> Result<PathBuf> {
    clients::package()?;
    run::npm_ci(&folder(), "install the packages of the app")?;
    run::step("build the app", || {
        let mut npm = Command::new("npm");
        run::output(npm.args(["run", "build"]).current_dir(folder()))?;
        Ok(())
    })?;
    let built = folder().join("dist");
    let size = first_load(&built)?;
    ensure!(
        size <= FIRST_LOAD,
        "expected a first load of at most {FIRST_LOAD} bytes of compressed JavaScript, found {size}"
    );
    eprintln!("  ok  first load: {size} bytes of compressed JavaScript");
    Ok(built)
}

/// Runs every test of the app in a browser, on the cluster whose web app is at `url`.
///
/// # Errors
/// There is no browser, or a test fails.
pub fn test_at(url: &str) -> Result<()> {
    browser()?;
    run::show(tests(&[]).env("PLIMSOLL_APP", url))
}

fn tests(arguments: &[&str]) -> Command {
    let mut command = Command::new("npx");
    command
        .args(["playwright", "test"])
        .args(arguments)
        .current_dir(folder());
    command
}

fn folder() -> PathBuf {
    project::root().join("app")
}

/// Compressed bytes of the page's JavaScript and of the first screen's, which is fetched with it.
fn first_load(built: &Path) -> Result<u64> {
    let file = built.join(MANIFEST);
    let text = fs::read_to_string(&file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let manifest: Map<String, Value> = serde_json::from_str(&text)?;
    let mut wanted = BTreeSet::new();
    need(&manifest, PAGE, &mut wanted)?;
    need(
        &manifest,
        "src/features/portfolio/PortfolioScreen.tsx",
        &mut wanted,
    )?;
    let sizes = wanted.iter().map(|file| compressed(&built.join(file)));
    sizes.sum()
}

/// Adds the files of an entry and of what it imports.
fn need(manifest: &Map<String, Value>, key: &str, files: &mut BTreeSet<String>) -> Result<()> {
    let entry = manifest
        .get(key)
        .with_context(|| format!("expected {key} in {MANIFEST}"))?;
    let file = entry["file"].as_str().context("an entry without a file")?;
    if !files.insert(file.to_owned()) {
        return Ok(());
    }
    let imports = entry["imports"].as_array().cloned().unwrap_or_default();
    for import in imports.iter().filter_map(Value::as_str) {
        need(manifest, import, files)?;
    }
    Ok(())
}

/// Sees to it that there is a browser.
fn browser() -> Result<()> {
    let (variable, usual) = BROWSER;
    if let Ok(named) = env::var(variable) {
        let found = Path::new(&named).is_file();
        ensure!(found, "expected Chromium at {named}, as {variable} says");
        return Ok(());
    }
    if Path::new(usual).is_file() {
        return Ok(());
    }
    run::step("install Chromium", || {
        let otherwise = format!("on another system name a Chromium in {variable}");
        setup::install_named(&["chromium", "fonts-liberation"], &otherwise)
    })
}

/// Bytes of a file as a server sends it.
fn compressed(file: &Path) -> Result<u64> {
    let mut gzip = Command::new("gzip");
    let output = gzip.args(["--best", "--stdout"]).arg(file).output();
    let output = output.context("gzip is needed")?;
    ensure!(
        output.status.success(),
        "gzip could not read {}",
        file.display()
    );
    Ok(u64::try_from(output.stdout.len())?)
}
