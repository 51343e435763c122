//! Opening the keeper's margin account.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use anchor_lang::Discriminator;
use anyhow::{bail, Result};
use plimsoll::state::MarginAccount;
use plimsoll_client::address;
use solana_signer::Signer;
use tokio::sync::Mutex;

use crate::act::{Outcome, Sender};
use crate::config::Config;
use crate::prices::Source;
use crate::start::{exchange, key, node, payer};

/// Opens the margin account of the configuration unless it is open; what was done in a sentence.
///
/// # Errors
/// Those of starting a keeper, and a refusal.
pub async fn open(config: &Config) -> Result<String> {
    let key = key(config)?;
    let rpc = node(config).await?;
    let venue = exchange(config, &rpc).await?.venue;
    let me = key.pubkey();
    let id = config.keeper.account;
    let account = address::margin_account(&venue.book, &me, id);
    if rpc.account(&account).await?.is_some() {
        return Ok(format!("{account} is open already"));
    }
    let kept = rpc
        .rent(MarginAccount::DISCRIMINATOR.len() + size_of::<MarginAccount>())
        .await?;
    payer(&rpc, &key, kept).await?;
    let patience = Duration::from_secs(config.pace.confirm);
    let sender = Sender {
        source: Source::new(&config.prices.source, None, patience)?,
        rpc,
        key,
        fees: config.fees.clone(),
        poster: None,
        dry: false,
        patience,
        hash: Mutex::new(None),
        count: AtomicU32::new(0),
    };
    match sender
        .transact(vec![venue.open_account(me, me, id)], u64::MAX)
        .await
    {
        Outcome::Done { .. } => Ok(format!("{account} is open")),
        Outcome::Refused(why) | Outcome::Failed(why) => {
            bail!("the margin account {account} was not opened: {why}")
        }
        other => bail!(
            "the margin account {account} was not opened: {}",
            other.name()
        ),
    }
}
