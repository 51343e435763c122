//! How updates reach the chain.

use anyhow::{bail, Context, Result};
use plimsoll_client::Feed;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::act::{Outcome, Sender};
use crate::prices::{FeedId, Published, Update};
use crate::receiver::{at_once, in_parts, price_key, reclaim, space, Deployment, Signed, Step};

/// How updates reach the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poster {
    /// By a test node's own request to set an account.
    Local,
    /// By transactions with Pyth's receiver program.
    Receiver,
}

/// Which account an update is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The feed's account of the newest update, written again and again.
    Newest,
    /// One account for one update.
    Single,
}

/// What was posted.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// Accounts of the feeds asked for, in their order.
    pub accounts: Vec<Address>,
    /// What it cost besides rent.
    pub lamports: u64,
}

impl Sender {
    /// Where the newest update of a feed is posted to.
    ///
    /// # Errors
    /// Nothing is posted by this keeper.
    pub fn newest(&self, feed: &FeedId) -> Result<Address> {
        match self.poster()? {
            Poster::Local => Ok(self.place(feed, None)),
            Poster::Receiver => Ok(price_key(&self.key, feed, None)?.pubkey()),
        }
    }

    /// Posts updates of feeds for at most so many lamports.
    ///
    /// # Errors
    /// Nothing is posted by this keeper, the source did not publish what is needed, a transaction was refused.
    pub async fn post(
        &self,
        (published, feeds): (&Published, &[Feed]),
        slot: Slot,
        most: u64,
    ) -> Result<Posted> {
        if self.dry {
            bail!("a dry run posts no prices");
        }
        let updates = feeds.iter().map(|feed| published.of(&feed.id));
        let updates = updates.collect::<Result<Vec<_>>>()?;
        match self.poster()? {
            Poster::Local => self.set(feeds, &updates, slot).await,
            Poster::Receiver => {
                self.receive((published, feeds), &updates, (slot, most))
                    .await
            }
        }
    }

    /// Gives back the rent of accounts that were posted for one use.
    pub async fn reclaim(&self, feeds: &[Feed], accounts: &[Address]) {
        if self.poster != Some(Poster::Receiver) || accounts.is_empty() {
            return;
        }
        let me = self.key.pubkey();
        let back = feeds.iter().zip(accounts);
        let back = back.map(|(feed, price)| reclaim(&me, feed.program, *price));
        let outcome = self.transact(back.collect(), u64::MAX).await;
        if !matches!(outcome, Outcome::Done { .. }) {
            tracing::warn!(?outcome, "the rent of a price account was not given back");
        }
    }

    fn poster(&self) -> Result<Poster> {
        self.poster.context("no poster: prices are left to others")
    }

    /// A place that no other keeper writes to.
    fn place(&self, feed: &FeedId, publish_time: Option<i64>) -> Address {
        let me = self.key.pubkey();
        let time = publish_time.unwrap_or_default().to_le_bytes();
        Address::find_program_address(&[b"price", me.as_ref(), feed, &time], &plimsoll::ID).0
    }

    async fn set(&self, feeds: &[Feed], updates: &[&Update], slot: Slot) -> Result<Posted> {
        let me = self.key.pubkey();
        let mut posted = Posted::default();
        for (feed, update) in feeds.iter().zip(updates) {
            let key = self.place(&feed.id, time(update, slot));
            let data = update.account(&me);
            self.rpc.set_account(&key, &feed.program, &data).await?;
            posted.accounts.push(key);
        }
        Ok(posted)
    }

    async fn receive(
        &self,
        (published, feeds): (&Published, &[Feed]),
        updates: &[&Update],
        (slot, most): (Slot, u64),
    ) -> Result<Posted> {
        let keys = feeds.iter().zip(updates);
        let keys = keys.map(|(feed, update)| price_key(&self.key, &feed.id, time(update, slot)));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let accounts = keys.iter().map(Signer::pubkey).collect();
        let mut left: Vec<(&Feed, Keypair)> = feeds.iter().zip(keys).collect();
        let mut lamports = 0u64;
        while let Some((first, _)) = left.first() {
            let (program, id) = (first.program, first.id);
            let mut signed = published.signed.iter();
            let signed = signed.find(|signed| signed.has(&id));
            let signed = signed.context("the source gives no signed update of a feed")?;
            let (these, others) = left
                .into_iter()
                .partition(|(feed, _)| feed.program == program && signed.has(&feed.id));
            left = others;
            let rest = most.saturating_sub(lamports);
            let paid = self
                .send_signed(&self.deployment(program).await?, signed, these, rest)
                .await?;
            lamports = lamports.saturating_add(paid);
        }
        Ok(Posted { accounts, lamports })
    }

    async fn deployment(&self, receiver: Address) -> Result<Deployment> {
        let key = Deployment::configuration(&receiver)?;
        let held = self.rpc.account(&key).await?;
        let held = held.with_context(|| format!("the cluster has no receiver {receiver}"))?;
        Deployment::of(receiver, &held.data)
    }

    async fn send_signed(
        &self,
        deployment: &Deployment,
        signed: &Signed,
        wanted: Vec<(&Feed, Keypair)>,
        most: u64,
    ) -> Result<u64> {
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(feed, key)| (feed.id, key))
            .collect();
        let steps = match at_once(&self.key, deployment, signed, &wanted)? {
            Some(steps) => steps,
            None => {
                let rent = self.rpc.rent(space(signed)).await?;
                in_parts(&self.key, deployment, signed, (&wanted, rent))?
            }
        };
        let least = steps.iter().map(Step::fee).fold(0u64, u64::saturating_add);
        if least > most {
            bail!("posting costs at least {least} lamports, expected at most {most}");
        }
        let mut paid = 0u64;
        for Step {
            instructions,
            signers,
        } in steps
        {
            let others: Vec<&Keypair> = signers.iter().collect();
            match self.transact_with(instructions, &others, most).await {
                Outcome::Done { lamports, .. } => paid = paid.saturating_add(lamports),
                other => bail!("a price was not posted: {other:?}"),
            }
        }
        Ok(paid)
    }
}

fn time(update: &Update, slot: Slot) -> Option<i64> {
    (slot == Slot::Single).then_some(update.publish_time)
}
