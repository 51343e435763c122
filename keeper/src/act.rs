//! From what was decided to what the chain did: build, simulate, price, send, confirm.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use plimsoll::error::PlimsollError;
use plimsoll_client::refusal::refusal;
use plimsoll_client::{Feed, OrderKeys, Venue};
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout, Instant};

use crate::book::World;
use crate::chain::{Refusal, Rpc, RpcError};
use crate::config::Fees;
use crate::decide::{Action, Price};
use crate::post::{Posted, Poster, Slot};
use crate::prices::{FeedId, Source};

/// Most units a transaction may use.
const MOST_UNITS: u32 = 1_400_000;
/// Seconds for which a blockhash is used; it lives about thirty.
const HASH_LIFE: Duration = Duration::from_secs(5);
/// Between two questions whether a transaction is confirmed.
const POLL: Duration = Duration::from_millis(150);
/// Transactions after which a limit comes again.
const TURNS: u32 = 1_000;
/// What a signature costs, lamports.
pub const SIGNATURE: u64 = 5_000;
/// Anchor's error for an account that is not there any more.
const NOT_INITIALIZED: u32 = 3_012;
/// Anchor's error for an account that belongs to somebody else by now.
const WRONG_OWNER: u32 = 3_007;

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, for so many lamports.
    Done {
        /// Its signature.
        signature: String,
        /// What it cost.
        lamports: u64,
    },
    /// A dry run: it would have been done.
    Would,
    /// There was nothing to do any more: somebody was faster.
    Outrun(String),
    /// It costs more than it brings.
    Unprofitable(u64),
    /// Refused for another reason.
    Refused(String),
    /// Sent and not heard of again.
    Lost,
    /// Not even tried: no answer, no price.
    Failed(String),
}

impl Outcome {
    /// Its name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Would => "would",
            Self::Outrun(_) => "outrun",
            Self::Unprofitable(_) => "unprofitable",
            Self::Refused(_) => "refused",
            Self::Lost => "lost",
            Self::Failed(_) => "failed",
        }
    }
}

/// Whether a refusal means that the task is done, by whomever.
fn is_outrun(code: u32) -> bool {
    use PlimsollError::{
        AccountHealthy, LegNotHeld, NoShortfall, NotTheLargest, NothingToDeleverage, OrderLapsed,
        PoolBearsIt, Throttled, WrongOrder, WrongRequest,
    };
    let reasons = [
        AccountHealthy,
        LegNotHeld,
        NoShortfall,
        NothingToDeleverage,
        NotTheLargest,
        OrderLapsed,
        PoolBearsIt,
        Throttled,
        WrongOrder,
        WrongRequest,
    ];
    [NOT_INITIALIZED, WRONG_OWNER].contains(&code)
        || reasons.into_iter().any(|reason| u32::from(reason) == code)
}

fn refused(refused: &Refusal) -> Outcome {
    let known = refused.code.and_then(refusal);
    let text = known.map_or_else(|| refused.text.clone(), ToString::to_string);
    match refused.code {
        Some(code) if is_outrun(code) => Outcome::Outrun(text),
        _ => Outcome::Refused(text),
    }
}

/// The instruction of an action, or what has to be posted before there is one.
pub enum Task {
    /// Ready to be sent.
    Ready(Vec<Instruction>),
    /// An order that waits for its update.
    Order(OrderKeys, Price, Feed),
    /// A request that waits for the updates of an instant.
    Request(Address, i64, Vec<(u8, Feed)>),
}

/// What is sent for a task, and the prices that were posted for it alone.
struct Prepared {
    instructions: Vec<Instruction>,
    feeds: Vec<Feed>,
    posted: Posted,
}

impl Prepared {
    fn only(instructions: Vec<Instruction>) -> Self {
        Self {
            instructions,
            feeds: Vec::new(),
            posted: Posted::default(),
        }
    }
}

/// Builds an action against what is known.
///
/// # Errors
/// What the action is done to is not known any more, or the exchange lacks an account.
pub fn build(world: &World, (me, own): (Address, Address), action: &Action) -> Result<Task> {
    let venue = &world.venue;
    let of = |key: &Address| world.accounts.get(key).context("the account is gone");
    let feed = |slot: u8| {
        let listing = venue.listing(slot).context("the asset is not listed")?;
        anyhow::Ok(listing.feed)
    };
    let instruction = match action {
        Action::CallMargin { account } => venue.call_margin(*account),
        Action::Liquidate { account, legs, .. } => {
            venue.liquidate(me, (own, *account), legs.clone())?
        }
        Action::Settle { account, .. } => venue.settle(*account, of(account)?)?,
        Action::SettleBadDebt { account, sells } => {
            let seller = sells.then_some(own);
            venue.settle_bad_debt(me, seller, (*account, of(account)?))?
        }
        Action::Execute { order, price } => {
            let known = world.orders.get(order).context("the order is gone")?;
            let keys = OrderKeys::of(*order, known);
            let feed = feed(known.slot)?;
            match price {
                Price::Book => venue.execute_order(me, &keys, feed.account)?,
                _ => return Ok(Task::Order(keys, *price, feed)),
            }
        }
        Action::Cancel { order } => {
            let known = world.orders.get(order).context("the order is gone")?;
            venue.cancel_order(me, &OrderKeys::of(*order, known))?
        }
        Action::PriceRequest { request, slots } => {
            let known = world.requests.get(request).context("the request is gone")?;
            let feeds = slots.iter().map(|slot| Ok((*slot, feed(*slot)?)));
            let feeds = feeds.collect::<Result<Vec<_>>>()?;
            return Ok(Task::Request(*request, known.execute_at, feeds));
        }
        Action::EndRequest { request } => {
            let known = world.requests.get(request).context("the request is gone")?;
            venue.pool_execute(me, (*request, known))?
        }
        Action::Deleverage { slot } => venue.deleverage(*slot)?,
        Action::Sync => venue.sync()?,
        Action::Apply { change } => {
            let known = world.changes.get(change).context("the change is gone")?;
            venue.apply_change(me, known)?
        }
    };
    Ok(Task::Ready(vec![instruction]))
}

/// Signs, pays and sends.
pub struct Sender {
    /// The node.
    pub rpc: Rpc,
    /// Who signs and pays.
    pub key: Keypair,
    /// What is paid for being early.
    pub fees: Fees,
    /// Where prices come from.
    pub source: Source,
    /// How updates reach the chain; none: they do not.
    pub poster: Option<Poster>,
    /// Simulate only.
    pub dry: bool,
    /// Seconds after which what is not confirmed is lost.
    pub patience: Duration,
    /// A hash to sign with, and since when.
    pub hash: Mutex<Option<(Hash, Instant)>>,
    /// Counts transactions.
    pub count: AtomicU32,
}

impl Sender {
    /// Does a task that may cost `most` lamports, posting the prices it waits for.
    pub async fn run(&self, venue: &Arc<Venue>, task: Task, most: u64) -> Outcome {
        let prepared = match self.prepared(venue, task, most).await {
            Ok(prepared) => prepared,
            Err(error) => return Outcome::Failed(format!("{error:#}")),
        };
        let Prepared {
            instructions,
            feeds,
            posted,
        } = prepared;
        let left = most.saturating_sub(posted.lamports);
        let outcome = self.transact(instructions, left).await;
        self.reclaim(&feeds, &posted.accounts).await;
        match outcome {
            Outcome::Done {
                signature,
                lamports,
            } => Outcome::Done {
                signature,
                lamports: lamports.saturating_add(posted.lamports),
            },
            other => other,
        }
    }

    async fn prepared(&self, venue: &Venue, task: Task, most: u64) -> Result<Prepared> {
        let me = self.key.pubkey();
        match task {
            Task::Ready(instructions) => Ok(Prepared::only(instructions)),
            Task::Order(keys, Price::Determined(instant), feed) => {
                let published = self.source.determined(&[feed.id], instant).await?;
                let posted = self.post((&published, &[feed]), Slot::Single, most).await?;
                let price = posted.accounts.first().context("no update")?;
                Ok(Prepared {
                    instructions: vec![venue.execute_order(me, &keys, *price)?],
                    feeds: vec![feed],
                    posted,
                })
            }
            Task::Order(keys, _, feed) => {
                let price = self.newest(&feed.id)?;
                Ok(Prepared::only(vec![venue.execute_order(me, &keys, price)?]))
            }
            Task::Request(request, instant, feeds) => {
                let (slots, feeds): (Vec<u8>, Vec<Feed>) = feeds.into_iter().unzip();
                let ids: Vec<FeedId> = feeds.iter().map(|feed| feed.id).collect();
                let published = self.source.determined(&ids, instant).await?;
                let posted = self.post((&published, &feeds), Slot::Single, most).await?;
                let prices: Vec<_> = slots.into_iter().zip(posted.accounts.clone()).collect();
                Ok(Prepared {
                    instructions: vec![venue.pool_price(request, &prices)],
                    feeds,
                    posted,
                })
            }
        }
    }

    /// Simulates, sets limit and fee, sends and waits.
    pub async fn transact(&self, instructions: Vec<Instruction>, most: u64) -> Outcome {
        self.transact_with(instructions, &[], most).await
    }

    /// The same, signed by others too.
    pub async fn transact_with(
        &self,
        instructions: Vec<Instruction>,
        others: &[&Keypair],
        most: u64,
    ) -> Outcome {
        match self.attempt(instructions, others, most).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn attempt(
        &self,
        instructions: Vec<Instruction>,
        others: &[&Keypair],
        most: u64,
    ) -> Result<Outcome, RpcError> {
        let hash = self.blockhash().await?;
        let trial = self.signed((&instructions, others), (MOST_UNITS, 0), hash);
        let simulated = self.rpc.simulate(&trial).await?;
        if let Some(why) = &simulated.refused {
            return Ok(refused(why));
        }
        let units = limit(
            simulated.units,
            self.fees.headroom,
            self.count.fetch_add(1, Ordering::Relaxed),
        );
        let paid = self.rpc.recent_fees(&written(&instructions)).await;
        let price = price(&self.fees, paid.unwrap_or_default(), units);
        let lamports = cost(
            units,
            price,
            u64::try_from(others.len())
                .unwrap_or(u64::MAX)
                .saturating_add(1),
        );
        if lamports > most {
            return Ok(Outcome::Unprofitable(lamports));
        }
        if self.dry {
            return Ok(Outcome::Would);
        }
        let transaction = self.signed((&instructions, others), (units, price), hash);
        let signature = match self.rpc.send(&transaction).await {
            // The chain has it from an attempt that seemed to fail: what became of it is known there.
            Err(error) if error.is_repeated() => first_signature(&transaction),
            sent => sent?,
        };
        Ok(
            match timeout(self.patience, self.confirmed(&signature)).await {
                Ok(Ok(())) => Outcome::Done {
                    signature,
                    lamports,
                },
                Ok(Err(why)) => refused(&why),
                Err(_) => Outcome::Lost,
            },
        )
    }

    async fn confirmed(&self, signature: &str) -> Result<(), Refusal> {
        loop {
            if let Ok(Some(status)) = self.rpc.status(signature).await {
                return status;
            }
            sleep(POLL).await;
        }
    }

    async fn blockhash(&self) -> Result<Hash, RpcError> {
        let mut known = self.hash.lock().await;
        if let Some((hash, since)) = *known {
            if since.elapsed() < HASH_LIFE {
                return Ok(hash);
            }
        }
        let hash = self.rpc.blockhash().await?;
        *known = Some((hash, Instant::now()));
        Ok(hash)
    }

    fn signed(
        &self,
        (instructions, others): (&[Instruction], &[&Keypair]),
        (units, price): (u32, u64),
        hash: Hash,
    ) -> Transaction {
        let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(units)];
        // Without a word on the price it is 0.
        all.extend((price > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(price)));
        all.extend_from_slice(instructions);
        let message = Message::new(&all, Some(&self.key.pubkey()));
        let signers = [&[&self.key], others].concat();
        Transaction::new(&signers, message, hash)
    }
}

fn written(instructions: &[Instruction]) -> Vec<Address> {
    let metas = instructions
        .iter()
        .flat_map(|instruction| &instruction.accounts);
    let mut keys: Vec<Address> = metas
        .filter(|meta| meta.is_writable)
        .map(|meta| meta.pubkey)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Units to ask for where a simulation used `used`, in transaction number `count`.
///
/// Two transactions of the same instructions and hash are one to the chain. So limits are whole turns less the
/// place in the turn: no two of [`TURNS`] in a row are alike, whatever they use.
fn limit(used: u32, headroom: u32, count: u32) -> u32 {
    let more = u64::from(used).saturating_mul(u64::from(headroom)) / 100;
    let turns = u64::from(used)
        .saturating_add(more)
        .div_ceil(TURNS.into())
        .saturating_add(1);
    let whole = u32::try_from(turns.saturating_mul(TURNS.into())).unwrap_or(MOST_UNITS);
    let place = count.checked_rem(TURNS).unwrap_or(0);
    whole.min(MOST_UNITS).saturating_sub(place)
}

/// What a transaction is known by: its payer's signature.
fn first_signature(transaction: &Transaction) -> String {
    let first = transaction.signatures.first();
    first.map(ToString::to_string).unwrap_or_default()
}

/// Micro-lamports a unit: the percentile of what was paid, within the bounds, and not above the most that one
/// transaction may cost.
fn price(fees: &Fees, mut paid: Vec<u64>, units: u32) -> u64 {
    paid.sort_unstable();
    let last = paid.len().saturating_sub(1);
    let at = last.saturating_mul(usize::from(fees.percentile)) / 100;
    let usual = paid.get(at).copied().unwrap_or(0);
    let most = fees.most_lamports.saturating_mul(1_000_000) / u64::from(units.max(1));
    usual.clamp(fees.least, fees.most).min(most)
}

/// Lamports of a transaction with so many signatures.
fn cost(units: u32, price: u64, signatures: u64) -> u64 {
    let priority = price.saturating_mul(units.into()).div_ceil(1_000_000);
    signatures
        .saturating_mul(SIGNATURE)
        .saturating_add(priority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_priority_fee_follows_the_market_within_its_bounds() {
        let fees = Fees {
            percentile: 50,
            least: 10,
            most: 1_000,
            most_lamports: 100,
            headroom: 15,
        };
        let of = |paid: &[u64], units| price(&fees, paid.to_vec(), units);
        assert_eq!(of(&[], 1_000), 10, "nobody paid");
        assert_eq!(of(&[300, 100, 200], 1_000), 200);
        assert_eq!(of(&[9_000, 9_000], 1_000), 1_000, "the cap");
        assert_eq!(of(&[9_000], 1_000_000), 100, "the cap of one transaction");
    }

    #[test]
    fn the_limit_is_what_was_used_and_some_more() {
        assert_eq!(limit(100_000, 15, 0), 116_000);
        assert_eq!(limit(1_390_000, 15, 0), MOST_UNITS);
    }

    #[test]
    fn no_two_transactions_of_a_turn_are_alike() {
        let used = [99_999, 100_000, 100_001, 101_000, 1_390_000];
        let limits: std::collections::BTreeSet<u32> = (0..TURNS)
            .map(|count| limit(used[count as usize % used.len()], 15, count))
            .collect();
        assert_eq!(limits.len(), TURNS as usize);
        assert!(limits.into_iter().all(|limit| limit >= 115_000));
    }

    #[test]
    fn somebody_was_faster_is_no_failure() {
        let with = |code: u32| {
            let text = String::new();
            refused(&Refusal {
                code: Some(code),
                text,
            })
            .name()
        };
        for reason in [
            PlimsollError::AccountHealthy,
            PlimsollError::Throttled,
            PlimsollError::PoolBearsIt,
        ] {
            assert_eq!(with(reason.into()), "outrun", "{reason:?}");
        }
        assert_eq!(with(NOT_INITIALIZED), "outrun");
        assert_eq!(with(PlimsollError::PriceStale.into()), "refused");
        assert_eq!(with(u32::MAX), "refused");
    }

    #[test]
    fn what_a_transaction_costs_is_rounded_up() {
        assert_eq!(cost(1, 1, 1), SIGNATURE + 1);
        assert_eq!(cost(200_000, 50, 1), SIGNATURE + 10);
        assert!(cost(u32::MAX, Config::default().fees.most, 1) > SIGNATURE);
    }
}
