//! A keeper as an operator runs it: a process with a key, a configuration and a margin account.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Command, Stdio};

use plimsoll_cluster::node::free_port;
use solana_address::Address;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::relay::Relay;
use crate::shapes::{BTC, QUOTE};
use crate::stage::{must, sender, Stage};

/// Dollars with which a keeper buys collateral and takes over debts.
const CAPITAL: f64 = 200_000.0;
/// The node takes one transaction after the other, some eight a second: more at one time only wait longer.
const IN_FLIGHT: usize = 6;
/// Dollars of the token that is borrowed: insurance buys it from who delivers it, to end a loan.
pub const TOKENS: f64 = 20_000.0;

/// A keeper and the doors between it and the node.
pub struct Desk {
    /// Its margin account.
    pub account: Address,
    files: tempfile::TempDir,
    metrics: String,
    rpc: Relay,
    socket: Relay,
    process: Option<Child>,
}

fn keeper(command: &str, files: &tempfile::TempDir) -> Command {
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_plimsoll-keeper"));
    let config = files.path().join("keeper.toml");
    keeper.args([command, "--config"]).arg(config);
    keeper.env("RUST_LOG", "info").stdout(Stdio::null());
    keeper
}

impl Desk {
    /// With a margin account that holds some quote, not running yet.
    pub async fn new(stage: &Stage) -> Self {
        let (rpc, socket) = (
            Relay::before(&stage.node.url).await,
            Relay::before(&stage.node.socket).await,
        );
        let files = tempfile::tempdir().unwrap();
        let (path, key) = (files.path().join("key.json"), Keypair::new());
        write_keypair_file(&key, &path).unwrap();
        let me = key.pubkey();
        let metrics = format!("127.0.0.1:{}", free_port().unwrap());
        let config = format!(
            "[node]\nrpc = \"{}\"\nwebsocket = \"{}\"\n[exchange]\nbook = \"{}\"\n\
             [keeper]\nkey = {path:?}\nin_flight = {IN_FLIGHT}\n[prices]\nsource = \"{}\"\n[observe]\nlisten = \"{metrics}\"\n",
            rpc.url("http"),
            socket.url("ws"),
            stage.venue.book,
            stage.tape.url,
        );
        std::fs::write(files.path().join("keeper.toml"), config).unwrap();

        let sender = sender(&stage.node, &stage.tape, key, false).await;
        assert!(keeper("open", &files)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success());
        for (slot, dollars) in [(QUOTE, CAPITAL), (BTC, TOKENS)] {
            stage.give(&me, &[(slot, dollars)]).await;
            let atoms = stage.atoms(slot, dollars).unsigned_abs();
            let deposit = stage.venue.deposit(me, 0, slot, atoms).unwrap();
            must(&sender, vec![deposit]).await;
        }
        Self {
            account: stage.venue.margin_account(&me, 0),
            files,
            metrics: format!("http://{metrics}/metrics"),
            rpc,
            socket,
            process: None,
        }
    }

    /// Starts it; its log is a file.
    pub fn run(&mut self) {
        let log = File::create(self.files.path().join("log")).unwrap();
        let child = keeper("run", &self.files).stderr(log).spawn().unwrap();
        self.process = Some(child);
    }

    /// Cuts it off from the node.
    pub async fn cut(&mut self) {
        self.rpc.shut().await;
        self.socket.shut().await;
    }

    /// Gives it the node back.
    pub async fn restore(&mut self) {
        self.rpc.open().await;
        self.socket.open().await;
    }

    /// How often each kind of action ended in each way.
    pub async fn actions(&self) -> BTreeMap<(String, String), u64> {
        let text = reqwest::get(&self.metrics)
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let lines = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("plimsoll_keeper_actions_total{kind=\"")?;
            let (kind, rest) = rest.split_once("\",outcome=\"")?;
            let (outcome, count) = rest.split_once("\"} ")?;
            Some(((kind.to_owned(), outcome.to_owned()), count.parse().ok()?))
        });
        lines.collect()
    }

    /// Stops it as an operator does, and returns whether it ended well.
    pub fn stop(&mut self) -> bool {
        let Some(mut process) = self.process.take() else {
            return false;
        };
        let pid = process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        told.success() && process.wait().unwrap().success()
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
