//! Prepares a Debian 12 machine for the registry build route: a compiler and its library sources
//! from Debian, LLVM from PyPI, the linker from crates.io, and from these a standard library and
//! a target specification for Solana's virtual machine.
//!
//! Two folders in the cache hold the results, each named by a hash of everything that went into
//! it and complete once its stamp exists: the linker, which takes minutes to build, and the
//! sources, which take seconds. A change to one does not touch the other.

use crate::{project, run};
use anyhow::{bail, ensure, Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's compiler; rustup's stays first in the path.
const RUSTC: &str = "/usr/bin/rustc";
const STAMP: &str = "complete";

/// What a build needs of the prepared machine.
pub struct Toolchain {
    /// The compiler.
    pub rustc: PathBuf,
    /// The folder of the linker.
    pub linker_folder: PathBuf,
    /// The edited standard library, named as cargo wants it.
    pub library: PathBuf,
    /// The target specification.
    pub target: PathBuf,
    /// Distinguishes target folders: cargo does not notice edits to the standard library.
    pub key: String,
}

#[derive(Deserialize)]
struct Versions {
    recipe: u32,
    debian_packages: Vec<String>,
    rustc_release: String,
    llvm_release: String,
    wheels: Vec<String>,
    wheel_prefix: String,
    linker: String,
    linker_version: String,
    linker_features: String,
}

#[derive(Deserialize)]
struct StandardLibrary {
    edits: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    why: String,
    files: Vec<String>,
    find: String,
    replace: String,
    times: usize,
}

#[derive(Deserialize)]
struct Target {
    base: String,
    name: String,
    set: Map<String, Value>,
    remove: Vec<String>,
}

/// `cargo xtask setup`.
pub fn command() -> Result<()> {
    let toolchain = prepare()?;
    eprintln!(
        "compiler  {}",
        run::output(Command::new(&toolchain.rustc).arg("--version"))?.trim()
    );
    eprintln!("linker    {}", toolchain.linker_folder.display());
    eprintln!("library   {}", toolchain.library.display());
    eprintln!("target    {}", toolchain.target.display());
    Ok(())
}

/// Prepares what is not prepared yet and returns where it is; quick when all of it is there.
pub fn prepare() -> Result<Toolchain> {
    let inputs = project::root().join("toolchain");
    let versions: Versions = read(&inputs.join("versions.json"))?;
    let cache = project::cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    // Two tasks at once would otherwise prepare into the same folders.
    let lock = File::create(cache.join("lock"))?;
    lock.lock().context("cannot lock the cache folder")?;

    let rustc = compiler(&versions)?;
    let linker_folder = linker(&versions, &cache)?;
    let (sources, key, target) = sources(&versions, &cache, &inputs, &rustc)?;
    Ok(Toolchain {
        rustc: PathBuf::from(RUSTC),
        linker_folder,
        library: sources.join("library"),
        target,
        key,
    })
}

/// Installs the Debian packages and returns the compiler's description of itself.
fn compiler(versions: &Versions) -> Result<String> {
    let missing: Vec<&String> = versions
        .debian_packages
        .iter()
        .filter(|package| !installed(package))
        .collect();
    if !missing.is_empty() {
        run::step("install Debian packages", || install(&missing))?;
    }
    let described = run::output(Command::new(RUSTC).arg("-vV"))
        .context("Debian's compiler is missing although its package is installed")?;
    let release = field(&described, "release: ");
    ensure!(
        release.starts_with(&format!("{}.", versions.rustc_release)),
        "expected {RUSTC} to be release {}, it is {release}; another release passes 128-bit \
         values differently, so toolchain/versions.json has to be tried anew with it",
        versions.rustc_release
    );
    Ok(described)
}

fn installed(package: &str) -> bool {
    run::output(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

fn install(packages: &[&String]) -> Result<()> {
    let names: Vec<&str> = packages.iter().map(|name| name.as_str()).collect();
    install_named(
        &names,
        "on another system install Solana's platform tools, `cargo xtask build` uses them when `cargo \
         build-sbf` works",
    )
}

/// Installs Debian packages; `otherwise` says what to do where there are none.
///
/// # Errors
/// Another system, somebody who is not root, or what `apt-get` says.
pub fn install_named(names: &[&str], otherwise: &str) -> Result<()> {
    ensure!(
        run::succeeds(Command::new("apt-get").arg("--version")),
        "this needs Debian 12 and its packages {}; {otherwise}",
        names.join(" ")
    );
    let user = run::output(Command::new("id").arg("-u"))?;
    ensure!(
        user.trim() == "0",
        "only root may install packages; run `apt-get install {}` as root and repeat",
        names.join(" ")
    );
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run::output(apt().arg("update"))?;
    run::output(
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(names),
    )?;
    Ok(())
}

/// Builds the linker with a static LLVM and returns the folder it is in.
fn linker(versions: &Versions, cache: &Path) -> Result<PathBuf> {
    let key = hash(&[
        &versions.recipe.to_string(),
        &versions.wheels.join(" "),
        &versions.linker,
        &versions.linker_version,
        &versions.linker_features,
    ]);
    let folder = cache.join(format!("linker-{key}"));
    let binaries = folder.join("bin");
    if folder.join(STAMP).exists() {
        return Ok(binaries);
    }
    begin(&folder)?;
    let wheels = folder.join("wheels");
    let llvm = folder.join("llvm");
    run::step("download LLVM", || download(&versions.wheels, &wheels))?;
    let prefix = llvm.join(&versions.wheel_prefix);
    run::step("unpack LLVM", || {
        unpack(&wheels, &llvm, &prefix, &versions.llvm_release)
    })?;
    run::step("build the linker (minutes)", || {
        let build = run::cargo()
            .args([
                "install",
                &versions.linker,
                "--version",
                &versions.linker_version,
            ])
            .args([
                "--locked",
                "--no-default-features",
                "--features",
                &versions.linker_features,
            ])
            .arg("--root")
            .arg(&folder)
            .env("LLVM_PREFIX", &prefix)
            .env("CARGO_TARGET_DIR", folder.join("build"))
            .current_dir(&folder)
            .status()?;
        ensure!(
            build.success(),
            "cargo install of {} ended with {build}",
            versions.linker
        );
        let printed = run::output(Command::new(binaries.join(&versions.linker)).arg("--version"))?;
        ensure!(
            printed.contains(&versions.llvm_release),
            "expected the linker to report LLVM {}, it reports {printed}",
            versions.llvm_release
        );
        Ok(())
    })?;
    for leftover in ["wheels", "llvm", "build"] {
        fs::remove_dir_all(folder.join(leftover))?;
    }
    File::create(folder.join(STAMP))?;
    Ok(binaries)
}

fn download(wheels: &[String], folder: &Path) -> Result<()> {
    if !run::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        install(&[&"python3-pip".to_owned()])?;
    }
    run::output(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--dest",
            ])
            .arg(folder)
            .args(wheels),
    )
    .context("the wheels exist for x86-64 Linux; other machines need Solana's platform tools")?;
    Ok(())
}

fn unpack(wheels: &Path, folder: &Path, prefix: &Path, release: &str) -> Result<()> {
    for wheel in fs::read_dir(wheels)? {
        let extract = ["-m", "zipfile", "-e"];
        run::output(
            Command::new("python3")
                .args(extract)
                .arg(wheel?.path())
                .arg(folder),
        )?;
    }
    let config = prefix.join("bin/llvm-config");
    // Python's zipfile drops permissions.
    run::output(Command::new("chmod").arg("+x").arg(&config))?;
    let printed = run::output(Command::new(&config).args(["--version", "--targets-built"]))?;
    ensure!(
        printed.contains(release) && printed.contains("BPF"),
        "expected llvm-config to report {release} with target BPF, it reports {printed}"
    );
    Ok(())
}

/// Makes the edited standard library and the target specification; returns their folder, its key
/// and the specification's path.
fn sources(
    versions: &Versions,
    cache: &Path,
    inputs: &Path,
    rustc: &str,
) -> Result<(PathBuf, String, PathBuf)> {
    let edits_file = inputs.join("std-edits.json");
    let target_file = inputs.join("target-edits.json");
    let key = hash(&[
        &versions.recipe.to_string(),
        &fs::read_to_string(&edits_file)?,
        &fs::read_to_string(&target_file)?,
        rustc,
    ]);
    let target: Target = read(&target_file)?;
    let folder = cache.join(format!("sources-{key}"));
    let specification = folder.join(format!("{}.json", target.name));
    if !folder.join(STAMP).exists() {
        begin(&folder)?;
        run::step("copy and edit the standard library", || {
            let standard: StandardLibrary = read(&edits_file)?;
            let sysroot = run::output(Command::new(RUSTC).args(["--print", "sysroot"]))?;
            let original = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
            run::output(Command::new("cp").args(["-rL"]).arg(&original).arg(&folder))?;
            standard
                .edits
                .iter()
                .try_for_each(|edit| apply(edit, &folder.join("library")))
        })?;
        run::step("write the target specification", || {
            specify(&target, &specification)
        })?;
        File::create(folder.join(STAMP))?;
    }
    Ok((folder, key, specification))
}

fn apply(edit: &Edit, library: &Path) -> Result<()> {
    for name in &edit.files {
        let file = library.join(name);
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let found = text.matches(&edit.find).count();
        ensure!(
            found == edit.times,
            "expected {} occurrences of {:?} in {name}, found {found}; this library is not the \
             one toolchain/std-edits.json was written for (the edit's reason: {})",
            edit.times,
            edit.find,
            edit.why
        );
        fs::write(&file, text.replace(&edit.find, &edit.replace))?;
    }
    Ok(())
}

fn specify(target: &Target, file: &Path) -> Result<()> {
    let printed = run::output(
        Command::new(RUSTC)
            .args([
                "-Z",
                "unstable-options",
                "--print",
                "target-spec-json",
                "--target",
            ])
            .arg(&target.base)
            .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    let mut specification: Map<String, Value> = serde_json::from_str(&printed)?;
    for name in &target.remove {
        if specification.remove(name).is_none() {
            bail!(
                "expected {name} in the specification of {}, it is absent",
                target.base
            );
        }
    }
    specification.extend(target.set.clone());
    fs::write(file, serde_json::to_string_pretty(&specification)?)?;
    Ok(())
}

/// An empty folder, without what an interrupted run may have left.
fn begin(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot understand {}", file.display()))
}

fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn field<'a>(text: &'a str, label: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(label))
        .unwrap_or("unknown")
}
