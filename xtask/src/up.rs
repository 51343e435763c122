//! `cargo xtask up`: everything that a user of an exchange needs, on this machine.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::processes::Processes;
use crate::{build, deploy, project, run};

/// JSON-RPC of the local node.
const LOCAL: &str = "http://127.0.0.1:8899";
/// Prices and faucet.
const PRICES: &str = "127.0.0.1:8901";
/// The keeper's metrics.
const METRICS: &str = "127.0.0.1:9464";
/// The crash that `--crash` plays.
const CRASH: &str = "2025-10-10";
/// The package of the keeper.
const KEEPER: &str = "plimsoll-keeper";

/// Options of `cargo xtask up`.
#[derive(clap::Args)]
pub struct Options {
    /// Use the cluster behind this JSON-RPC instead of starting a node.
    #[arg(long)]
    url: Option<String>,
    /// Play the crash of 2025-10-10 at once, an hour in a minute.
    #[arg(long)]
    crash: bool,
    /// Start no keeper.
    #[arg(long)]
    no_keeper: bool,
}

/// Starts everything and waits for Ctrl-C.
///
/// # Errors
/// The first step that fails; a part that ends by itself.
pub fn command(options: &Options) -> Result<()> {
    let program = build::program(project::PROGRAM)?;
    let keeper = !options.no_keeper;
    let mut packages = vec!["plimsoll-migrations", "plimsoll-cluster"];
    packages.extend(keeper.then_some(KEEPER));
    run::step("build what runs beside it", || build_binaries(&packages))?;

    let mut processes = Processes::new()?;
    let url = options.url.clone().unwrap_or_else(|| LOCAL.to_owned());
    if options.url.is_none() {
        run::npm_ci(&project::root().join("cluster"), "install the node")?;
        run::step("start the node", || start_node(&mut processes))?;
    }
    let local = deploy::Local {
        url: &url,
        program: &program,
    };
    run::step("deploy and set up", || {
        let mut how = vec!["--airdrop", "1000", "--no-wait"];
        // The node takes ten minutes for the loader's writes.
        how.extend(options.url.is_none().then_some("--preload"));
        local.deploy(&how)
    })?;
    if processes.is_stopped() {
        return Ok(());
    }
    run::step("start prices and faucet", || {
        let mut command = binary("plimsoll-cluster");
        command.args(["--listen", PRICES, "--url", &url]);
        command.arg("--keypair").arg(deploy::authority());
        if options.crash {
            command.args(["--crash", CRASH]);
        }
        processes.start_until("prices and faucet", &mut command, "ready")
    })?;
    let addresses = addresses()?;
    if keeper {
        run::step("start the keeper", || {
            start_keeper(&mut processes, &url, &addresses)
        })?;
    }
    tell(&url, &addresses, keeper);
    // The first deposit into the pool waits for its cool-down, which nobody has to watch.
    let mut finish = local.command(&[]);
    let finish = finish.stdout(std::process::Stdio::null()).spawn();
    let mut finish = finish.context("cannot start the end of the set-up")?;
    let outcome = processes.run();
    let _ = finish.kill();
    let _ = finish.wait();
    outcome
}

/// A binary that the step before has built.
pub fn binary(name: &str) -> Command {
    let mut command = Command::new(project::root().join("target/debug").join(name));
    command.current_dir(project::root());
    command
}

fn build_binaries(packages: &[&str]) -> Result<()> {
    let mut command = run::cargo();
    command.args(["build", "--quiet", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    run::show(command.current_dir(project::root()))
}

fn start_node(processes: &mut Processes) -> Result<()> {
    let mut command = Command::new("node");
    command
        .args(["node.mjs", "--with-stdin"])
        .current_dir(project::root().join("cluster"));
    processes.start_until("the node", &mut command, "ready")
}

/// What the set-up wrote.
fn addresses() -> Result<Value> {
    let text = fs::read_to_string(deploy::addresses())?;
    Ok(serde_json::from_str(&text)?)
}

fn start_keeper(processes: &mut Processes, url: &str, addresses: &Value) -> Result<()> {
    let file = keeper_config(url, addresses)?;
    let mut command = binary(KEEPER);
    command.args(["run", "--config"]).arg(&file);
    // It earns into a margin account of its own.
    run::show(binary(KEEPER).args(["open", "--config"]).arg(&file))?;
    processes.start("the keeper", &mut command)
}

/// What a local keeper does otherwise than a keeper does by default.
fn keeper_config(url: &str, addresses: &Value) -> Result<PathBuf> {
    let websocket = url.replacen("http", "ws", 1).replace(":8899", ":8900");
    let book = addresses["book"].as_str().unwrap_or_default();
    let key = deploy::authority();
    let text = format!(
        "[node]\nrpc = \"{url}\"\nwebsocket = \"{websocket}\"\n\n[exchange]\nbook = \"{book}\"\n\n\
         [keeper]\nkey = \"{}\"\n\n[prices]\nsource = \"http://{PRICES}\"\nposter = \"local\"\n\n\
         [observe]\nlisten = \"{METRICS}\"\n",
        key.display()
    );
    let file = deploy::folder().join("keeper.toml");
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn tell(url: &str, addresses: &Value, keeper: bool) {
    let word = |key: &str| addresses[key].as_str().unwrap_or("?").to_owned();
    println!("\nPlimsoll runs until Ctrl-C.\n");
    println!("  JSON-RPC   {url}");
    println!("  program    {}", word("program"));
    println!("  exchange   {}", word("exchange"));
    println!("  book       {}", word("book"));
    println!("  addresses  {}", deploy::addresses().display());
    println!("  prices     http://{PRICES}/healthz");
    println!("  crash      curl -X POST 'http://{PRICES}/crash?name={CRASH}&factor=60'");
    println!("  faucet     curl -X POST 'http://{PRICES}/faucet?to=ADDRESS'");
    if keeper {
        println!("  keeper     http://{METRICS}/metrics");
    } else {
        println!("  keeper     none: the book gets no prices");
    }
    println!(
        "\nThe pool takes its first deposit a minute from now; orders are executed from then on.\n"
    );
}
