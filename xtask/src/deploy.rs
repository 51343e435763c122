//! Deployment to a local cluster, by keys that are in the repository and protect nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{project, run, up};

/// The folder of what belongs to the local cluster.
pub fn folder() -> PathBuf {
    project::root().join("target/localnet")
}

/// The file of addresses that a set-up writes.
pub fn addresses() -> PathBuf {
    folder().join("addresses.json")
}

/// The key of who deploys, lists, mints test tokens and keeps.
pub fn authority() -> PathBuf {
    project::root().join("cluster/localnet-keypair.json")
}

/// A local cluster and the program that goes there.
pub struct Local<'a> {
    /// Its JSON-RPC.
    pub url: &'a str,
    /// The binary.
    pub program: &'a Path,
}

impl Local<'_> {
    /// `plimsoll-deploy` for this cluster.
    pub fn command(&self, more: &[&str]) -> Command {
        let root = project::root();
        let mut command = up::binary("plimsoll-deploy");
        command
            // The local node has been seen to stop for good when transactions reach it at once.
            .args(["--url", self.url, "--parallel", "1"])
            .arg("--params")
            .arg(root.join("migrations/params/localnet.json"))
            .arg("--keypair")
            .arg(authority())
            .arg("--program-keypair")
            .arg(root.join("programs/plimsoll/plimsoll-localnet-keypair.json"))
            .arg("--program")
            .arg(self.program)
            .arg("--out")
            .arg(addresses())
            .args(more);
        command
    }

    /// Deploys the program and sets the exchange up, or finds both there.
    ///
    /// # Errors
    /// What `plimsoll-deploy` says.
    pub fn deploy(&self, more: &[&str]) -> Result<()> {
        fs::create_dir_all(folder())?;
        run::show(&mut self.command(more))
    }
}
