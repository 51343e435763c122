//! A local cluster as one value: a node, an exchange on it, prices with a faucet, a keeper.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{ensure, Context, Result};
use serde_json::Value;

use crate::deploy::{self, Local};
use crate::processes::Processes;
use crate::{build, project, run};

/// The crash that a cluster can begin with.
pub const CRASH: &str = "2025-10-10";
/// The package of the keeper, and what it is called among the processes.
const KEEPER: (&str, &str) = ("plimsoll-keeper", "the keeper");

/// What is wanted of a cluster.
pub struct Wish {
    /// The JSON-RPC to take instead of starting a node.
    pub url: Option<String>,
    /// The first of its ports, see [`Ports`].
    pub port: u16,
    /// Where its addresses and the keeper's configuration are written.
    pub folder: PathBuf,
    /// Whether the tape begins with [`CRASH`].
    pub crash: bool,
    /// Folder of the built web app that is served.
    pub app: Option<PathBuf>,
    /// Whether a keeper is started.
    pub keeper: bool,
    /// What of the keeper's log is printed, as RUST_LOG has it.
    pub log: &'static str,
}

/// Four ports in a row.
#[derive(Clone, Copy)]
struct Ports {
    rpc: u16,
    socket: u16,
    prices: u16,
    metrics: u16,
}

impl Ports {
    fn from(first: u16) -> Result<Self> {
        let at = |offset: u16| first.checked_add(offset);
        let ports = at(1).zip(at(2)).zip(at(3));
        let ((socket, prices), metrics) = ports
            .with_context(|| format!("expected a port with three more above it, found {first}"))?;
        Ok(Self {
            rpc: first,
            socket,
            prices,
            metrics,
        })
    }

    /// Refuses where somebody listens already; a cluster that is there brings its own first two.
    fn require_free(&self, own_node: bool) -> Result<()> {
        let all = [self.rpc, self.socket, self.prices, self.metrics];
        let needed = if own_node { &all[..] } else { &all[2..] };
        for port in needed {
            ensure!(
                is_free(*port),
                "port {port} is taken: does another cluster run? --port chooses others"
            );
        }
        Ok(())
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// The first of four ports in a row that nobody listens at, below those that the system gives away.
///
/// # Errors
/// None are left.
pub fn free_ports() -> Result<u16> {
    let mut firsts = (20_000..32_000).step_by(4);
    let found = firsts.find(|first: &u16| (*first..first + 4).all(is_free));
    found.context("expected four free ports in a row between 20000 and 32000, found none")
}

/// A running cluster; it ends when this is dropped.
pub struct Cluster {
    /// Its JSON-RPC.
    pub url: String,
    /// Prices and faucet.
    pub prices: String,
    /// The keeper's metrics; none without a keeper.
    pub metrics: Option<String>,
    /// The file of addresses.
    pub addresses: PathBuf,
    /// Where its files are.
    pub folder: PathBuf,
    log: &'static str,
    /// Brings the first deposit into the pool to its end.
    set_up: Child,
    processes: Processes,
}

impl Cluster {
    /// Builds what is missing and starts everything. The pool's first deposit is left to [`Self::has_pool`].
    ///
    /// # Errors
    /// The first step that fails.
    pub fn start(wish: &Wish) -> Result<Self> {
        let ports = Ports::from(wish.port)?;
        ports.require_free(wish.url.is_none())?;
        let program = build::program(project::PROGRAM)?;
        run::step("build what runs beside it", || build_binaries(wish.keeper))?;
        fs::create_dir_all(&wish.folder)
            .with_context(|| format!("cannot make {}", wish.folder.display()))?;

        let mut processes = Processes::new()?;
        if wish.url.is_none() {
            run::npm_ci(&project::root().join("cluster"), "install the local node")?;
            run::step("start the node", || start_node(&mut processes, ports))?;
        }
        let own = || format!("http://127.0.0.1:{}", ports.rpc);
        let local = Local {
            url: wish.url.clone().unwrap_or_else(own),
            program,
            addresses: wish.folder.join("addresses.json"),
        };
        run::step("deploy and set up", || {
            let mut how = vec!["--airdrop", "1000", "--no-wait"];
            // The node takes twenty minutes for the loader's writes.
            how.extend(wish.url.is_none().then_some("--preload"));
            run::show(&mut local.command(&how))
        })?;
        let prices = format!("127.0.0.1:{}", ports.prices);
        run::step("start prices and faucet", || {
            start_prices(&mut processes, &prices, &local, wish)
        })?;
        // The first deposit waits for its cool-down, which nobody has to watch.
        let set_up = local.command(&[]).stdout(Stdio::null()).spawn();
        let mut cluster = Self {
            url: local.url,
            prices: format!("http://{prices}"),
            metrics: wish.keeper.then(|| format!("127.0.0.1:{}", ports.metrics)),
            addresses: local.addresses,
            folder: wish.folder.clone(),
            log: wish.log,
            set_up: set_up.context("cannot start the end of the set-up")?,
            processes,
        };
        if wish.keeper {
            run::step("start the keeper", || cluster.keep_all_but(&[]))?;
        }
        Ok(cluster)
    }

    /// An address of the set-up: `program`, `exchange` or `book`.
    ///
    /// # Errors
    /// The file of addresses cannot be read or does not have it.
    pub fn address(&self, name: &str) -> Result<String> {
        let file = self.addresses.display();
        let text = fs::read_to_string(&self.addresses);
        let text = text.with_context(|| format!("cannot read {file}"))?;
        let addresses: Value = serde_json::from_str(&text)?;
        let address = addresses[name].as_str();
        let address = address.with_context(|| format!("expected {name} in {file}"))?;
        Ok(address.to_owned())
    }

    /// Waits until the pool has its first deposit, from which on orders are executed.
    ///
    /// # Errors
    /// The set-up did not come to its end; it said why.
    pub fn has_pool(&mut self) -> Result<()> {
        let status = self.set_up.wait()?;
        ensure!(status.success(), "the set-up ended with {status}");
        Ok(())
    }

    /// Starts the keeper, or starts it again, and tells it never to touch the margin accounts of these owners.
    ///
    /// # Errors
    /// It does not start.
    pub fn keep_all_but(&mut self, owners: &[&str]) -> Result<()> {
        let (package, name) = KEEPER;
        let metrics = self.metrics.as_ref();
        let metrics = metrics.context("expected a cluster with a keeper")?;
        let file = self.folder.join("keeper.toml");
        let (url, prices, book, log) = (&self.url, &self.prices, self.address("book")?, self.log);
        let key = deploy::authority();
        let key = key.display();
        let text = format!(
            "[node]\nrpc = \"{url}\"\n\n[exchange]\nbook = \"{book}\"\n\n[keeper]\nkey = \"{key}\"\n\n\
             [policy]\ndeny = {owners:?}\n\n[prices]\nsource = \"{prices}\"\nposter = \"local\"\n\n\
             [observe]\nlisten = \"{metrics}\"\nlog = \"{log}\"\n"
        );
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        self.processes.stop(name);
        let keeper = |what: &str| {
            let mut command = project::binary(package);
            command.args([what, "--config"]).arg(&file);
            command
        };
        // It earns into a margin account of its own.
        run::show(&mut keeper("open"))?;
        self.processes.start(name, &mut keeper("run"))
    }

    /// Until somebody asks to stop.
    ///
    /// # Errors
    /// A part that ends by itself.
    pub fn run(&mut self) -> Result<()> {
        self.processes.run()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Ended already, or of no use without the node.
        drop(self.set_up.kill());
        drop(self.set_up.wait());
    }
}

fn build_binaries(keeper: bool) -> Result<()> {
    let mut command = run::cargo();
    command.args(["build", "--quiet", "--bins"]);
    command.args(["--package", "plimsoll-migrations"]);
    command.args(["--package", "plimsoll-cluster"]);
    if keeper {
        command.args(["--package", KEEPER.0]);
    }
    run::show(command.current_dir(project::root()))
}

fn start_node(processes: &mut Processes, ports: Ports) -> Result<()> {
    let mut command = Command::new("node");
    command
        .args(["node.mjs", "--with-stdin"])
        .args(["--rpc-port", &ports.rpc.to_string()])
        .args(["--ws-port", &ports.socket.to_string()])
        .current_dir(project::root().join("cluster"));
    processes.start_until("the node", &mut command, "ready")
}

fn start_prices(processes: &mut Processes, listen: &str, local: &Local, wish: &Wish) -> Result<()> {
    let mut command = project::binary("plimsoll-cluster");
    command.args(["--listen", listen, "--url", &local.url]);
    command.arg("--keypair").arg(deploy::authority());
    command.arg("--addresses").arg(&local.addresses);
    if let Some(app) = &wish.app {
        command.arg("--app").arg(app);
    }
    if wish.crash {
        command.args(["--crash", CRASH]);
    }
    processes.start_until("prices and faucet", &mut command, "ready")
}
