//! Builds a program for Solana's virtual machine: with `cargo build-sbf` where that is installed,
//! otherwise from package registries alone.

use crate::{project, run, setup};
use anyhow::{ensure, Context, Result};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// Chooses the registry route although `cargo build-sbf` is installed, when set to `registry`.
const ROUTE: &str = "PLIMSOLL_SBF_ROUTE";

/// cpu v4 would emit byte swaps and jump tables indirect jumps, both of which the linker refuses;
/// an ordinary abort would pull the panic hook's 8-bit atomics.
const RUSTFLAGS: [&str; 10] = [
    "-Clinker=sbpf-linker",
    "-Ctarget-cpu=v3",
    "-Ctarget-feature=+allows-misaligned-mem-access",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Cjump-tables=no",
    "-Clink-arg=--arch=v3",
    "-Clink-arg=--llvm-args=--bpf-stack-size=4096",
    "-Clink-arg=--llvm-args=--disable-movsx",
    "-Clink-arg=--llvm-args=--disable-ldsx",
];

/// Options of `cargo xtask build`.
#[derive(clap::Args)]
pub struct Options {
    /// The package to build.
    #[arg(long, default_value = project::PROGRAM)]
    package: String,
}

/// The two ways to a binary; numbers measured on one do not hold for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `cargo build-sbf` and its platform tools.
    PlatformTools,
    /// Debian's compiler, LLVM from PyPI, a linker from crates.io.
    Registry,
}

impl Route {
    /// The route this machine takes.
    pub fn choose() -> Self {
        let forced = env::var_os(ROUTE).is_some_and(|value| value == "registry");
        if !forced && run::succeeds(run::cargo().args(["build-sbf", "--version"])) {
            Self::PlatformTools
        } else {
            Self::Registry
        }
    }

    /// The route's name in reports and snapshots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlatformTools => "platform-tools",
            Self::Registry => "registry",
        }
    }
}

/// `cargo xtask build`.
pub fn command(options: &Options) -> Result<()> {
    let binary = program(&options.package)?;
    println!("{}", binary.display());
    Ok(())
}

/// Builds the package and returns the path of its binary in target/deploy.
///
/// # Errors
/// When the machine cannot be prepared, the package does not compile or link, or the result is
/// not an ELF file.
pub fn program(package: &str) -> Result<PathBuf> {
    let route = Route::choose();
    let binary = run::step(
        &format!("build {package} ({})", route.name()),
        || match route {
            Route::PlatformTools => with_platform_tools(package),
            Route::Registry => from_registries(package),
        },
    )?;
    let bytes = fs::read(&binary)
        .with_context(|| format!("expected the build to write {}", binary.display()))?;
    ensure!(
        bytes.starts_with(b"\x7fELF"),
        "{} is not an ELF file",
        binary.display()
    );
    eprintln!("  ok  {} bytes in {}", bytes.len(), binary.display());
    Ok(binary)
}

fn with_platform_tools(package: &str) -> Result<PathBuf> {
    let deploy = project::deploy();
    run::show(
        run::cargo()
            .args(["build-sbf", "--arch", "v3", "--manifest-path"])
            .arg(manifest(package)?)
            .arg("--sbf-out-dir")
            .arg(&deploy)
            .current_dir(project::root()),
    )?;
    Ok(deploy.join(file_name(package, "")))
}

/// The manifest of a package of this workspace.
fn manifest(package: &str) -> Result<PathBuf> {
    let text = run::output(
        run::cargo()
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--offline",
            ])
            .current_dir(project::root()),
    )?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let found = packages.iter().find(|each| each["name"] == package);
    let path = found.and_then(|each| each["manifest_path"].as_str());
    path.map(PathBuf::from)
        .with_context(|| format!("no package {package} in this workspace"))
}

fn from_registries(package: &str) -> Result<PathBuf> {
    let toolchain = setup::prepare()?;
    // Apart from the host's, so that neither build makes the other stale.
    let output = project::root().join("target/sbf").join(&toolchain.key);
    let mut path = OsString::from(&toolchain.linker_folder);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    run::show(
        run::cargo()
            .args([
                "build",
                "--release",
                "-Zbuild-std=std,panic_abort",
                "-Zjson-target-spec",
            ])
            .arg("--target")
            .arg(&toolchain.target)
            .args(["--package", package])
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &toolchain.library)
            .env("RUSTFLAGS", RUSTFLAGS.join(" "))
            .env("CARGO_TARGET_DIR", &output)
            .env("PATH", path)
            .current_dir(project::root()),
    )?;
    // The linker writes target/deploy only when it runs; a fresh build must restore it too.
    let target = toolchain
        .target
        .file_stem()
        .context("the target specification has no name")?;
    let built = output
        .join(target)
        .join("release")
        .join(file_name(package, "lib"));
    let deploy = project::deploy();
    fs::create_dir_all(&deploy)?;
    let binary = deploy.join(file_name(package, ""));
    fs::copy(&built, &binary)
        .with_context(|| format!("expected the linker to write {}", built.display()))?;
    Ok(binary)
}

fn file_name(package: &str, prefix: &str) -> String {
    format!("{prefix}{}.so", package.replace('-', "_"))
}
