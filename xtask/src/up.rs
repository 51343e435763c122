//! `cargo xtask up`: everything that a user of an exchange needs, on this machine.

use std::path::PathBuf;

use anyhow::Result;

use crate::cluster::{Cluster, Wish, CRASH};
use crate::{app, project};

/// The usual port of JSON-RPC.
const PORT: u16 = 8899;

/// Options of `cargo xtask up`.
#[derive(clap::Args)]
pub struct Options {
    /// Use the cluster behind this JSON-RPC instead of starting a node.
    #[arg(long)]
    url: Option<String>,
    /// The first of four ports: JSON-RPC, web socket, prices and faucet, the keeper's metrics.
    #[arg(long, default_value_t = PORT)]
    port: u16,
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
    let mut cluster = Cluster::start(&Wish {
        url: options.url.clone(),
        port: options.port,
        folder: folder(options.port),
        crash: options.crash,
        app: Some(app::build()?),
        keeper: !options.no_keeper,
        log: "info",
    })?;
    tell(&cluster)?;
    cluster.run()
}

/// Where the files of a cluster are: two of them can run beside each other.
fn folder(port: u16) -> PathBuf {
    let usual = project::root().join("target/localnet");
    match port {
        PORT => usual,
        other => usual.join(other.to_string()),
    }
}

fn tell(cluster: &Cluster) -> Result<()> {
    let prices = &cluster.prices;
    println!("\nPlimsoll runs until Ctrl-C.\n");
    println!("  web app    {prices}");
    println!("  JSON-RPC   {}", cluster.url);
    for name in ["program", "exchange", "book"] {
        println!("  {name:<10} {}", cluster.address(name)?);
    }
    println!("  addresses  {}", cluster.addresses.display());
    println!("  prices     {prices}/healthz");
    println!("  crash      curl -X POST '{prices}/crash?name={CRASH}&factor=60'");
    println!("  one price  curl -X POST '{prices}/move?symbol=SOL&percent=-12&seconds=5'");
    println!("  faucet     curl -X POST '{prices}/faucet?to=ADDRESS'");
    match &cluster.metrics {
        Some(metrics) => println!("  keeper     http://{metrics}/metrics"),
        None => println!("  keeper     none: the book gets no prices"),
    }
    println!(
        "\nThe pool takes its first deposit a minute from now; orders are executed from then on.\n"
    );
    Ok(())
}
