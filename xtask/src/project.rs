//! Where things are, inside the checkout and outside it.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

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
