//! Where things are, inside the checkout and outside it.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package of Plimsoll's program.
pub const PROGRAM: &str = "plimsoll";

/// The root of the checkout.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// The folder of programs ready to be loaded into the virtual machine.
pub fn deploy() -> PathBuf {
    root().join("target/deploy")
}

/// A binary of the workspace that a step before has built.
pub fn binary(name: &str) -> Command {
    let mut command = Command::new(root().join("target/debug").join(name));
    command.current_dir(root());
    command
}

/// The folder for everything that is prepared once for all checkouts: `PLIMSOLL_CACHE`, otherwise
/// `~/.cache/plimsoll`.
pub fn cache() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("PLIMSOLL_CACHE") {
        return Ok(PathBuf::from(folder));
    }
    let home = env::var_os("HOME")
        .context("neither PLIMSOLL_CACHE nor HOME is set; set PLIMSOLL_CACHE to a folder")?;
    Ok(Path::new(&home).join(".cache/plimsoll"))
}
