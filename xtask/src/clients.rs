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

/// What it offers to JavaScript besides its memory.
const EXPORTS: [&str; 2] = ["room", "ask"];
/// Bytes of its stack.
const STACK: usize = 1 << 20;

/// Options of `cargo xtask clients`.
#[derive(clap::Args)]
pub struct Options {
    /// Write nothing; fail when the client does not match the interface description.
    #[arg(long, conflicts_with_all = ["wasm", "test"])]
    check: bool,
    /// Compile the engine into clients/ts/wasm as well.
    #[arg(long)]
    wasm: bool,
    /// Compile the engine, and run the client's tests.
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
    if options.test {
        return test();
    }
    if options.wasm {
        run::step("compile the engine for browsers", wasm)?;
    }
    Ok(())
}

/// Compiles the engine for browsers, draws what the tests read, and runs them.
///
/// # Errors
/// The first step that fails.
pub fn test() -> Result<()> {
    install()?;
    run::step("compile the engine for browsers", wasm)?;
    run::step("test the TypeScript client", tests)
}

/// Compiles the engine for browsers, and the client with its examples.
///
/// # Errors
/// The first step that fails.
pub fn build() -> Result<()> {
    install()?;
    run::step("compile the engine for browsers", wasm)?;
    run::step("compile the TypeScript client", || {
        let mut npx = Command::new("npx");
        npx.args(["tsc", "-p", "tsconfig.test.json"]);
        run::show(npx.current_dir(folder()))
    })
}

/// Compiles the engine, and the client as a package of others imports it.
///
/// # Errors
/// The first step that fails.
pub fn package() -> Result<()> {
    install()?;
    run::step("compile the engine for browsers", wasm)?;
    run::step("compile the TypeScript client", || {
        let mut npm = Command::new("npm");
        run::output(npm.args(["run", "build"]).current_dir(folder()))?;
        Ok(())
    })
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

fn install() -> Result<()> {
    run::npm_ci(&folder(), "install the packages of the TypeScript client")
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

/// The standard library for browsers, which rustup brings once.
fn prepare() -> Result<()> {
    let mut list = Command::new("rustup");
    let installed = run::output(list.args(["target", "list", "--installed"]))?;
    if installed.lines().any(|target| target.trim() == TARGET) {
        return Ok(());
    }
    run::step("install the standard library for browsers", || {
        run::output(Command::new("rustup").args(["target", "add", TARGET]))?;
        Ok(())
    })
}

fn wasm() -> Result<()> {
    prepare()?;
    let target = project::root().join("target/wasm");
    let mut cargo = run::cargo();
    // A static library, because a dynamic one would keep what libraries export for browsers.
    cargo
        .args(["rustc", "--quiet", "--profile", "wasm", "--lib"])
        .args(["--crate-type", "staticlib", "--package", ENGINE])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(project::root());
    run::show(&mut cargo)?;
    let library = target.join(TARGET).join("wasm/libplimsoll_wasm.a");
    let linked = target.join("plimsoll.wasm");
    let mut linker = Command::new(linker()?);
    linker
        .args(["-flavor", "wasm", "--no-entry", "--gc-sections"])
        .args(["--strip-all", "-O3", "--stack-first", "-z"])
        .arg(format!("stack-size={STACK}"))
        .args(EXPORTS.map(|name| format!("--export={name}")))
        .arg(library)
        .arg("-o")
        .arg(&linked);
    run::output(&mut linker)?;
    let folder = folder().join("wasm");
    fs::create_dir_all(&folder)?;
    let module = without_custom_sections(&fs::read(linked)?).context("no module was linked")?;
    fs::write(folder.join("plimsoll.wasm"), module)?;
    Ok(())
}

/// The linker of the Rust toolchain.
fn linker() -> Result<PathBuf> {
    let rustc = |arguments: &[&str]| run::output(Command::new("rustc").args(arguments));
    let sysroot = rustc(&["--print", "sysroot"])?;
    let version = rustc(&["--version", "--verbose"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("expected rustc to name its host")?;
    let root = Path::new(sysroot.trim()).join("lib/rustlib").join(host);
    Ok(root.join("bin/rust-lld"))
}

/// A module without its sections of kind 0, which no engine runs: half of it, left by wasm-bindgen.
fn without_custom_sections(module: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = module.split_at_checked(8)?;
    let mut kept = head.to_vec();
    while let Some(kind) = rest.first() {
        // The length in LEB128, then so many bytes.
        let (mut length, mut at) = (0usize, 1);
        loop {
            let byte = *rest.get(at)?;
            length |= usize::from(byte & 0x7f).checked_shl(u32::try_from(at - 1).ok()? * 7)?;
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, after) = rest.split_at_checked(at.checked_add(length)?)?;
        if *kind != 0 {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    Some(kept)
}

fn tests() -> Result<()> {
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
