//! `plimsoll-cluster`: prices, a faucet and the web app at one port.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{anyhow, Context, Result};
use axum::Router;
use clap::Parser;
use plimsoll_cluster::clock::Clock;
use plimsoll_cluster::faucet::Faucet;
use plimsoll_cluster::hermes::{Hermes, FACTOR};
use plimsoll_cluster::site::{self, Site};
use plimsoll_cluster::tape::{Tape, KEPT_SECONDS};
use plimsoll_migrations::chain::Chain;
use plimsoll_migrations::params::Params;
use solana_keypair::read_keypair_file;
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

/// Prices as Pyth's Hermes gives them, of a tape, a faucet and the web app, for local clusters.
#[derive(Parser)]
#[command(name = "plimsoll-cluster")]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8901")]
    listen: String,
    /// The parameters that name the feeds and the test tokens.
    #[arg(long, default_value = "migrations/params/localnet.json")]
    params: PathBuf,
    /// The cluster's JSON-RPC, for the faucet.
    #[arg(long, default_value = "http://127.0.0.1:8899")]
    url: String,
    /// Who made the test tokens; without it there is no faucet.
    #[arg(long)]
    keypair: Option<PathBuf>,
    /// Web socket of the cluster, told to the web app; one port above the JSON-RPC unless told.
    #[arg(long)]
    ws: Option<String>,
    /// Folder of the built web app, served at /.
    #[arg(long)]
    app: Option<PathBuf>,
    /// The file of addresses that the set-up wrote, told to the web app.
    #[arg(long, default_value = "target/localnet/addresses.json")]
    addresses: PathBuf,
    /// Seconds between publications.
    #[arg(long, default_value_t = 1)]
    interval: i64,
    /// Seed of idle prices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin with this crash: 2020-03-12, 2021-05-19, 2022-11-08, 2024-08-05 or 2025-10-10.
    #[arg(long)]
    crash: Option<String>,
    /// Times as fast as it was.
    #[arg(long, default_value_t = FACTOR)]
    factor: u32,
}

fn main() -> ExitCode {
    match command(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(options: &Options) -> Result<()> {
    let params = Params::read(&options.params)?;
    // It has idled as long as a tape remembers, so that a chart begins with a past.
    let clock = Clock::of(&options.url);
    let mut tape = Tape::new(clock.now() - KEPT_SECONDS, options.interval, options.seed)?;
    tape.advance(clock.now());
    if let Some(name) = &options.crash {
        tape.begin(name, options.factor, options.seed)?;
    }
    let feeds: Vec<_> = params
        .assets
        .iter()
        .map(|asset| (asset.symbol.clone(), asset.oracle.feed_id))
        .collect();
    let mut router = Hermes::new((tape, clock), &feeds).router();
    if let Some(path) = &options.keypair {
        let maker = read_keypair_file(path)
            .map_err(|error| anyhow!("expected a keypair in {}: {error}", path.display()))?;
        let chain = Chain::new(&options.url, maker, 0)?;
        router = router.merge(Faucet::new(chain, &params)?.router());
    }
    let ws = options.ws.clone();
    let site = Site {
        app: options.app.as_deref(),
        addresses: options.addresses.clone(),
        rpc: &options.url,
        ws: &ws.unwrap_or_else(|| site::web_socket(&options.url)),
    };
    let router = router.merge(site::router(&site, &params)?);
    serve(&options.listen, router.layer(CorsLayer::permissive()))
}

#[tokio::main]
async fn serve(listen: &str, router: Router) -> Result<()> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("cannot listen at {listen}"))?;
    println!("prices and faucet ready: http://{}", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(stopped())
        .await
        .context("serving")
}

async fn stopped() {
    use tokio::signal::unix::{signal, SignalKind};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}
