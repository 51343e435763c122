//! Deployment to a local cluster, by keys that are in the repository and protect nothing.

use std::path::PathBuf;
use std::process::Command;

use crate::project;

/// The key of who deploys, lists, mints test tokens and keeps.
pub fn authority() -> PathBuf {
    project::root().join("cluster/localnet-keypair.json")
}

/// A local cluster and the program that goes there.
pub struct Local {
    /// Its JSON-RPC.
    pub url: String,
    /// The binary.
    pub program: PathBuf,
    /// The file of addresses that a set-up writes.
    pub addresses: PathBuf,
}

impl Local {
    /// `plimsoll-deploy` for this cluster: deploys the program and sets the exchange up, or finds both there.
    pub fn command(&self, more: &[&str]) -> Command {
        let root = project::root();
        let mut command = project::binary("plimsoll-deploy");
        command
            .args(["--url", &self.url])
            .arg("--params")
            .arg(root.join("migrations/params/localnet.json"))
            .arg("--keypair")
            .arg(authority())
            .arg("--program-keypair")
            .arg(root.join("programs/plimsoll/plimsoll-localnet-keypair.json"))
            .arg("--program")
            .arg(&self.program)
            .arg("--out")
            .arg(&self.addresses)
            .args(more);
        command
    }
}
