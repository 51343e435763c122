//! Prices into the book: asks the source, posts what is new, refreshes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use plimsoll::state::oracle_kind;
use plimsoll_client::{Feed, Venue};
use tokio::sync::watch;
use tokio::time::{interval, MissedTickBehavior};

use crate::act::{Outcome, Sender};
use crate::post::Slot;
use crate::prices::FeedId;

/// Assets in one transaction: where an hour turns, one costs twenty thousand units.
const BATCH: usize = 16;

/// Publishes for ever; `published` has the publish time of each asset's price in the book.
pub async fn publish(
    sender: Arc<Sender>,
    venue: watch::Receiver<Arc<Venue>>,
    published: watch::Receiver<BTreeMap<u8, i64>>,
    pace: Duration,
) {
    let mut tick = interval(pace);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = BTreeMap::new();
    loop {
        tick.tick().await;
        let (venue, times) = (venue.borrow().clone(), published.borrow().clone());
        if let Err(error) = step(&sender, &venue, &times, &mut sent).await {
            metrics::counter!("plimsoll_keeper_prices_total", "outcome" => "failed").increment(1);
            tracing::warn!(error = format!("{error:#}"), "prices are not published");
        }
    }
}

async fn step(
    sender: &Sender,
    venue: &Venue,
    times: &BTreeMap<u8, i64>,
    sent: &mut BTreeMap<u8, i64>,
) -> Result<()> {
    if sender.poster.is_none() {
        return Ok(());
    }
    let pulled = venue
        .listings
        .iter()
        .filter(|listing| listing.feed.kind == oracle_kind::PULL);
    let pulled: Vec<(u8, Feed)> = pulled.map(|listing| (listing.slot, listing.feed)).collect();
    let ids: Vec<FeedId> = pulled.iter().map(|(_, feed)| feed.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let published = sender.source.newest(&ids).await?;
    let is_new = |(slot, feed): &(u8, Feed)| {
        let known = times.get(slot).max(sent.get(slot)).copied().unwrap_or(0);
        let update = published.of(&feed.id).ok()?;
        (update.publish_time > known).then_some((*slot, *feed, update.publish_time))
    };
    let fresh: Vec<(u8, Feed, i64)> = pulled.iter().filter_map(is_new).collect();
    let feeds: Vec<Feed> = fresh.iter().map(|(_, feed, _)| *feed).collect();
    let posted = sender
        .post((&published, &feeds), Slot::Newest, u64::MAX)
        .await?;
    let due = fresh.iter().zip(posted.accounts);
    let due: Vec<_> = due
        .map(|((slot, _, time), price)| (*slot, price, *time))
        .collect();
    for batch in due.chunks(BATCH) {
        let prices: Vec<_> = batch
            .iter()
            .map(|(slot, price, _)| (*slot, *price))
            .collect();
        let outcome = sender
            .transact(vec![venue.refresh(&prices)?], u64::MAX)
            .await;
        metrics::counter!("plimsoll_keeper_prices_total", "outcome" => outcome.name())
            .increment(u64::try_from(batch.len()).unwrap_or(0));
        match outcome {
            Outcome::Done { .. } => sent.extend(batch.iter().map(|(slot, _, time)| (*slot, *time))),
            other => tracing::warn!(?other, "a refresh was not done"),
        }
    }
    Ok(())
}
