//! `plimsoll-deploy`: see docs/runbook-deploy.md.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{anyhow, bail, ensure, Context, Result};
use clap::Parser;
use plimsoll_migrations::chain::{Chain, SOL};
use plimsoll_migrations::params::{Cluster, Params};
use plimsoll_migrations::program::{buffer_key, deployed, preload, Deployed};
use plimsoll_migrations::site::Site;
use plimsoll_migrations::steps::{run, Summary};
use solana_keypair::{read_keypair_file, Keypair};
use solana_signer::Signer;

/// The key of the local program, which is in the repository and protects nothing.
const LOCAL_PROGRAM: &str = "E5ECNgKF2S71DBefFt7FsPSvWX4F2YNAR7ALmLrtMnsQ";

/// Deploys Plimsoll to a cluster and makes an exchange, or goes on where it stopped.
#[derive(Parser)]
#[command(name = "plimsoll-deploy")]
struct Options {
    /// The cluster's JSON-RPC.
    #[arg(long, default_value = "http://127.0.0.1:8899")]
    url: String,
    /// The file of parameters.
    #[arg(long, default_value = "migrations/params/localnet.json")]
    params: PathBuf,
    /// Who pays, may replace the code until it is handed over, and becomes authority of the exchange.
    #[arg(long)]
    keypair: PathBuf,
    /// The key of the program's address, for its first deployment.
    #[arg(long)]
    program_keypair: Option<PathBuf>,
    /// The program's code.
    #[arg(long, default_value = "target/deploy/plimsoll.so")]
    program: PathBuf,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// On a local cluster, ask first for so much SOL if there is less.
    #[arg(long, value_name = "SOL")]
    airdrop: Option<u64>,
    /// On a local node that lets accounts be set, put the code into the buffer at once.
    #[arg(long)]
    preload: bool,
    /// Write the addresses of what stands to this file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Do not wait for what only needs time.
    #[arg(long)]
    no_wait: bool,
    /// Priority fee, micro-lamports a compute unit.
    #[arg(long, default_value_t = 0)]
    priority_fee: u64,
    /// Transactions sent at once while the code is written.
    #[arg(long, default_value_t = 8)]
    parallel: usize,
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
    let payer = keypair(&options.keypair)?;
    let program = options
        .program_keypair
        .as_deref()
        .map(keypair)
        .transpose()?;
    let code = std::fs::read(&options.program).with_context(|| {
        format!(
            "cannot read the program's code in {}: `cargo xtask build` writes it",
            options.program.display()
        )
    })?;
    let chain = Chain::new(&options.url, payer, options.priority_fee)?;
    require_same_cluster(&chain, &params)?;
    require_own_id(params.cluster, program.as_ref())?;
    if let Some(amount) = options.airdrop {
        airdrop(&chain, params.cluster, amount)?;
    }
    if options.preload && !options.dry_run && deployed(&chain)? == Deployed::Nothing {
        let is_local = params.cluster == Cluster::Localnet;
        ensure!(is_local, "expected a local cluster for --preload");
        preload(&chain, &buffer_key(&chain.authority(), &code)?, &code)?;
    }
    println!("cluster   {}", options.url);
    println!("authority {}", chain.authority());
    let site = Site {
        chain,
        params,
        code,
        program,
        parallel: options.parallel,
        wait: !options.no_wait,
    };
    let summary = run(&site, options.dry_run)?;
    if let Some(path) = &options.out {
        write_addresses(&site, path)?;
    }
    tell(&site, options.dry_run, summary)
}

fn keypair(path: &Path) -> Result<Keypair> {
    read_keypair_file(path)
        .map_err(|error| anyhow!("expected a keypair in {}: {error}", path.display()))
}

fn require_same_cluster(chain: &Chain, params: &Params) -> Result<()> {
    let (found, expected) = (chain.cluster()?, params.cluster);
    ensure!(
        found == expected,
        "the parameters are for {expected:?}, the cluster is {found:?}"
    );
    Ok(())
}

/// The binary knows its own address; and the local one's key is anybody's.
fn require_own_id(cluster: Cluster, program: Option<&Keypair>) -> Result<()> {
    if cluster != Cluster::Localnet && plimsoll::ID.to_string() == LOCAL_PROGRAM {
        bail!(
            "this is built for {LOCAL_PROGRAM}, whose key is in the repository: build it for an address of your \
             own before it goes to a public cluster (docs/runbook-deploy.md)"
        );
    }
    let Some(program) = program else {
        return Ok(());
    };
    ensure!(
        program.pubkey() == plimsoll::ID,
        "expected the key of {}, which the program is built for, found that of {}",
        plimsoll::ID,
        program.pubkey()
    );
    Ok(())
}

fn airdrop(chain: &Chain, cluster: Cluster, amount: u64) -> Result<()> {
    ensure!(
        cluster == Cluster::Localnet,
        "expected a local cluster for --airdrop, found {cluster:?}"
    );
    let (payer, lamports) = (chain.authority(), amount.saturating_mul(SOL));
    if chain.balance()? >= lamports {
        return Ok(());
    }
    let asked = chain.rpc.request_airdrop(&payer, lamports);
    asked.context("the cluster gives no SOL")?;
    for _ in 0..100 {
        if chain.balance()? >= lamports {
            return Ok(());
        }
        sleep(Duration::from_millis(100));
    }
    bail!("expected {amount} SOL in {payer} within 10 s of asking for them, found less")
}

/// Addresses for whoever uses the exchange; where there is none yet, nothing is written.
fn write_addresses(site: &Site, path: &Path) -> Result<()> {
    let Some((exchange, found)) = site.exchange()? else {
        return Ok(());
    };
    let mut mints = serde_json::Map::new();
    for (slot, asset) in site.params.slots().zip(&site.params.assets) {
        if asset.bank.is_some() {
            let (mint, _) = site.mint(slot)?;
            mints.insert(asset.symbol.clone(), mint.to_string().into());
        }
    }
    let addresses = serde_json::json!({
        "program": plimsoll::ID.to_string(),
        "authority": site.chain.authority().to_string(),
        "exchange": exchange.to_string(),
        "book": found.book.to_string(),
        "mints": mints,
    });
    let text = serde_json::to_string_pretty(&addresses)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn tell(site: &Site, dry: bool, summary: Summary) -> Result<()> {
    let Summary {
        done,
        made,
        waiting,
        differ,
    } = summary;
    if let Some((exchange, found)) = site.exchange()? {
        println!("exchange  {exchange}");
        println!("book      {}", found.book);
    }
    match (dry, made) {
        (_, 0) => println!("nothing to do: {done} steps are done"),
        (true, _) => println!("dry run: {made} steps to do, {done} are done"),
        (false, _) => println!("{made} steps done now, {waiting} of them wait; {done} were done"),
    }
    ensure!(
        differ == 0,
        "{differ} steps differ from the parameters: what stands is changed by announcements, not by a set-up"
    );
    Ok(())
}
