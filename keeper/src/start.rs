//! What has to be there before a keeper can begin, each with its sentence where it is not; and what ends one.

use std::time::Duration;

use anyhow::{bail, Context, Result};
use solana_keypair::{read_keypair_file, Keypair};
use solana_signer::Signer;
use tokio::time::sleep;

use crate::act::SIGNATURE;
use crate::book::World;
use crate::chain::Rpc;
use crate::config::Config;

/// The key that signs.
///
/// # Errors
/// A file that is no key.
pub fn key(config: &Config) -> Result<Keypair> {
    let path = &config.keeper.key;
    let key = read_keypair_file(path);
    key.map_err(|error| anyhow::anyhow!("keeper.key: {path} is no key: {error}"))
}

/// What the source of prices asks for; none where the configuration names no variable.
///
/// # Errors
/// The variable is not set.
pub fn secret(config: &Config) -> Result<Option<String>> {
    let variable = &config.prices.key_variable;
    if variable.is_empty() {
        return Ok(None);
    }
    let secret = std::env::var(variable);
    secret
        .map(Some)
        .with_context(|| format!("prices.key_variable: {variable} is not set"))
}

/// The node, with the program on it.
///
/// # Errors
/// No node, or one without the program.
pub async fn node(config: &Config) -> Result<Rpc> {
    let rpc = Rpc::new(&config.node.rpc, Duration::from_secs(config.node.timeout))?;
    let program = rpc.account(&plimsoll::ID).await?;
    if !program.is_some_and(|program| program.executable) {
        bail!(
            "the cluster at {} has no program {}",
            config.node.rpc,
            plimsoll::ID
        );
    }
    Ok(rpc)
}

/// That the key can pay for a transaction which keeps so many lamports in new accounts.
///
/// # Errors
/// It cannot.
pub async fn payer(rpc: &Rpc, key: &Keypair, kept: u64) -> Result<()> {
    let me = key.pubkey();
    let held = rpc.account(&me).await?.map_or(0, |held| held.lamports);
    // Nobody may be left with less than an empty account's rent.
    let least = rpc.rent(0).await?.saturating_add(kept);
    let least = least.saturating_add(SIGNATURE);
    if held < least {
        bail!("keeper.key: expected at least {least} lamports in {me}, found {held}");
    }
    Ok(())
}

/// The exchange as its book alone tells it.
///
/// # Errors
/// No book at the address.
pub async fn exchange(config: &Config, rpc: &Rpc) -> Result<World> {
    let key = config.book()?;
    let held = rpc.account(&key).await?;
    let held = held.filter(|held| held.owner == plimsoll::ID);
    let held = held.with_context(|| format!("exchange.book: there is no risk book at {key}"))?;
    World::of(key, &held.data)
}

/// Ends at the first SIGINT or SIGTERM.
pub async fn signal() {
    use tokio::signal::unix::{signal, SignalKind};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => sleep(Duration::MAX).await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
