//! A local node that lives as long as its value: `node.mjs` at free ports.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use anyhow::{bail, Context, Result};

/// A running node, stopped when it is dropped.
pub struct Node {
    child: Child,
    /// Its JSON-RPC.
    pub url: String,
    /// Its web socket.
    pub socket: String,
}

impl Node {
    /// Starts a node at ports that are free; it needs `npm ci` in `cluster/`.
    ///
    /// # Errors
    /// Node is not installed, or the script ends before it is ready; the script says why.
    pub fn start() -> Result<Self> {
        let (rpc, socket) = (free_port()?, free_port()?);
        let mut child = Command::new("node")
            .args(["node.mjs", "--with-stdin"])
            .args(["--rpc-port", &rpc.to_string()])
            .args(["--ws-port", &socket.to_string()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start Node")?;
        let output = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if !line.contains("ready") {
            bail!("expected the node to say that it is ready, it said {line:?}");
        }
        Ok(Self {
            child,
            url: format!("http://127.0.0.1:{rpc}"),
            socket: format!("ws://127.0.0.1:{socket}"),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port of this machine that nobody listens at now.
///
/// # Errors
/// None can be had.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
