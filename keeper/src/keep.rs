//! The keeper's loop: news in, decisions out, one transaction for each, until it is told to stop.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::AtomicU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use plimsoll_client::{address, Venue};
use solana_address::Address;
use solana_signer::Signer;
use tokio::sync::{mpsc, watch, Mutex};
use tokio::time::{interval, timeout, Instant, MissedTickBehavior};

use crate::act::{build, Outcome, Sender};
use crate::book::{Change, Place, World};
use crate::config::{self, Config};
use crate::decide::{self, Action, Rules};
use crate::feed::{self, Group, News, ALL, SMALL};
use crate::memory::Memory;
use crate::observe::Pulse;
use crate::post::Poster;
use crate::prices::Source;
use crate::publish;
use crate::rebalance;
use crate::start::{exchange, key, node, payer, secret};
use crate::watch::Watch;

/// Between two looks at what is known.
const STEP: Duration = Duration::from_millis(100);
/// Longest wait for what is under way when the keeper stops.
const FAREWELL: Duration = Duration::from_secs(20);

/// How it is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// Do what is to be done now and stop.
    pub once: bool,
    /// Send nothing.
    pub dry: bool,
}

/// A keeper that is ready.
pub struct Keeper {
    config: Config,
    rules: Rules,
    sender: Arc<Sender>,
    world: World,
    mode: Mode,
    pulse: Pulse,
    memory: Memory,
    watch: Watch,
    changed: BTreeSet<Place>,
    whole: bool,
    now: i64,
    synced_at: i64,
    deleveraged_at: i64,
    rebalanced: Option<Instant>,
    rebalancing: Arc<Mutex<()>>,
    venue: watch::Sender<Arc<Venue>>,
    published: watch::Sender<BTreeMap<u8, i64>>,
}

impl Keeper {
    /// Checks everything that can be wrong, and reads the book.
    ///
    /// # Errors
    /// One sentence for each: the key, the node, the program, the key's lamports, the book.
    pub async fn new(config: Config, mode: Mode, pulse: Pulse) -> Result<Self> {
        let key = key(&config)?;
        let rpc = node(&config).await?;
        if !mode.dry {
            payer(&rpc, &key, 0).await?;
        }
        let world = exchange(&config, &rpc).await?;
        let me = key.pubkey();
        let account = address::margin_account(&world.venue.book, &me, config.keeper.account);
        let timeout = Duration::from_secs(config.node.timeout);
        let poster = match config.prices.poster {
            config::Poster::Local => Some(Poster::Local),
            config::Poster::Receiver => Some(Poster::Receiver),
            config::Poster::None => None,
        };
        let sender = Sender {
            source: Source::new(&config.prices.source, secret(&config)?, timeout)?,
            rpc,
            key,
            fees: config.fees.clone(),
            poster,
            dry: mode.dry,
            patience: Duration::from_secs(config.pace.confirm),
            hash: Mutex::new(None),
            count: AtomicU32::new(0),
        };
        let rules = Rules {
            duties: config.duties.clone(),
            policy: config.policy.clone(),
            lists: config.policy.lists()?,
            own: config.own.clone(),
            account,
            change_pace: 3_600,
        };
        Ok(Self {
            venue: watch::channel(Arc::new(world.venue.clone())).0,
            published: watch::channel(BTreeMap::new()).0,
            config,
            rules,
            sender: Arc::new(sender),
            world,
            mode,
            pulse,
            memory: Memory::default(),
            watch: Watch::default(),
            changed: BTreeSet::new(),
            whole: false,
            now: 0,
            synced_at: 0,
            deleveraged_at: 0,
            rebalanced: None,
            rebalancing: Arc::default(),
        })
    }

    /// The keeper's margin account.
    pub fn account(&self) -> Address {
        self.rules.account
    }

    /// Keeps until `stop` ends; what is under way then is waited for.
    ///
    /// # Errors
    /// Those of a single run that never learns what there is.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<()> {
        let (news, mut told) = mpsc::unbounded_channel();
        let (done, mut ended) = mpsc::unbounded_channel::<(Action, Outcome)>();
        let rpc = self.sender.rpc.clone();
        let mut tasks = vec![
            tokio::spawn(feed::clock(rpc.clone(), news.clone())),
            tokio::spawn(feed::stream(self.config.websocket(), news.clone())),
        ];
        if self.config.duties.publish && self.sender.poster.is_some() && !self.mode.dry {
            let pace = Duration::from_millis(self.config.pace.prices);
            let (venue, published) = (self.venue.subscribe(), self.published.subscribe());
            tasks.push(tokio::spawn(publish::publish(
                self.sender.clone(),
                venue,
                published,
                pace,
            )));
        }
        let mut step = interval(STEP);
        step.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut complete = interval(Duration::from_secs(self.config.node.resync));
        let mut small = interval(Duration::from_secs(self.config.node.resync_small));
        tokio::pin!(stop);
        let mut ever = false;
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(told) = told.recv() => self.hear(told, &news),
                Some((action, outcome)) = ended.recv() => self.conclude(&action, &outcome),
                _ = complete.tick() => self.read(&ALL, &news),
                _ = small.tick() => self.read(&SMALL, &news),
                _ = step.tick() => {
                    if self.whole && self.now > 0 {
                        self.learn().await;
                        self.act(&done);
                        self.rebalance();
                        ever = true;
                    }
                    if self.mode.once && ever && self.memory.running() == 0 {
                        break;
                    }
                }
            }
        }
        tracing::info!(under_way = self.memory.running(), "stopping");
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        let farewell = async {
            while self.memory.running() > 0 {
                let Some((action, outcome)) = ended.recv().await else {
                    break;
                };
                self.conclude(&action, &outcome);
            }
        };
        if timeout(FAREWELL, farewell).await.is_err() {
            tracing::warn!("what is under way is left to itself");
        }
        Ok(())
    }

    fn read(&self, groups: &'static [Group], news: &mpsc::UnboundedSender<News>) {
        let (rpc, news) = (self.sender.rpc.clone(), news.clone());
        let keys = (self.world.venue.book, self.world.venue.exchange);
        tokio::spawn(async move { feed::read(&rpc, keys, groups, &news).await });
    }

    fn hear(&mut self, told: News, news: &mpsc::UnboundedSender<News>) {
        match told {
            News::Connected => {
                metrics::gauge!("plimsoll_keeper_connected").set(1);
                tracing::info!("the stream runs; reading all accounts");
                self.read(&ALL, news);
            }
            News::Disconnected(why) => {
                metrics::gauge!("plimsoll_keeper_connected").set(0);
                metrics::counter!("plimsoll_keeper_disconnections_total").increment(1);
                tracing::warn!(why, "the stream is gone");
            }
            News::Group(group, slot, accounts) => self.put_group(group, slot, &accounts),
            News::Complete => {
                self.whole = true;
                self.pulse.beat();
            }
            News::Failed(why) => tracing::warn!(why, "accounts cannot be read"),
            News::Changed(slot, (key, data)) => {
                let change = self.world.hear(key, &data, slot);
                self.note(change);
                self.pulse.beat();
            }
            News::Clock(now) => {
                self.now = self.now.max(now);
                metrics::gauge!("plimsoll_keeper_clock").set(now as f64);
            }
        }
    }

    fn note(&mut self, change: Change) {
        match change {
            Change::Account(place) => {
                self.changed.insert(place);
            }
            Change::Book | Change::Other | Change::None => {}
        }
    }

    fn put_group(&mut self, group: Group, slot: u64, accounts: &[feed::Bytes]) {
        let there: BTreeSet<Address> = accounts.iter().map(|(key, _)| *key).collect();
        for (key, data) in accounts {
            let change = self.world.read(*key, data, slot);
            self.note(change);
        }
        let known: Vec<Address> = match group {
            Group::Orders => self.world.orders.keys().copied().collect(),
            Group::Requests => self.world.requests.keys().copied().collect(),
            Group::Changes => self.world.changes.keys().copied().collect(),
            Group::Accounts => self
                .world
                .accounts
                .iter()
                .map(|(_, holder)| holder.key)
                .collect(),
            _ => Vec::new(),
        };
        for key in known.iter().filter(|key| !there.contains(key)) {
            let change = self.world.forget_before(key, slot);
            self.note(change);
        }
    }

    /// Learns the programs of new tokens, and tells the publisher what there is.
    async fn learn(&mut self) {
        for mint in self.world.unknown_mints() {
            match self.sender.rpc.account(&mint).await {
                Ok(Some(held)) => self.world.learn_mint(mint, held.owner),
                // A test exchange may have no mints: what moves tokens is refused then.
                Ok(None) => self.world.learn_mint(mint, address::TOKEN),
                Err(error) => tracing::warn!(%error, "a token cannot be read"),
            }
        }
        if **self.venue.borrow() != self.world.venue {
            self.venue.send_replace(Arc::new(self.world.venue.clone()));
        }
        let assets = (0u8..).zip(&self.world.book.assets);
        let assets = assets.take(usize::from(self.world.book.asset_count));
        let times = assets
            .map(|(slot, asset)| (slot, asset.publish_time))
            .collect();
        self.published.send_replace(times);
    }

    /// Everything there is to do now.
    fn actions(&mut self) -> Vec<Action> {
        let (world, rules, now) = (&self.world, &self.rules, self.now);
        let began = Instant::now();
        let changed: Vec<Place> = core::mem::take(&mut self.changed).into_iter().collect();
        let pace = (self.config.policy.settle_above, self.config.pace.sweep);
        let restless = self.watch.look(world, now, &changed, pace);
        let holders = restless
            .iter()
            .filter_map(|place| world.accounts.at(*place));
        let mut actions: Vec<Action> = holders
            .flat_map(|holder| decide::for_account(world, rules, &holder.key, now))
            .collect();
        actions.extend(
            world
                .orders
                .iter()
                .filter_map(|(key, order)| decide::for_order(world, rules, (key, order), now)),
        );
        actions.extend(
            world.requests.iter().filter_map(|(key, request)| {
                decide::for_request(world, rules, (key, request), now)
            }),
        );
        actions.extend(
            world
                .changes
                .iter()
                .filter_map(|(key, change)| decide::for_change(rules, (key, change), now)),
        );
        if rules.duties.sync && now.saturating_sub(self.synced_at) >= self.config.pace.sync {
            self.synced_at = now;
            actions.push(Action::Sync);
        }
        if now.saturating_sub(self.deleveraged_at) >= self.config.pace.deleverage {
            self.deleveraged_at = now;
            actions.extend(decide::deleverage(world, rules));
        }
        metrics::histogram!("plimsoll_keeper_look_seconds").record(began.elapsed().as_secs_f64());
        metrics::gauge!("plimsoll_keeper_accounts").set(world.accounts.len() as f64);
        metrics::gauge!("plimsoll_keeper_restless").set(restless.len() as f64);
        actions
    }

    fn act(&mut self, done: &mpsc::UnboundedSender<(Action, Outcome)>) {
        let instant = Instant::now();
        let mut actions = self.actions();
        actions.sort_by_key(|action| !action.is_urgent());
        let places = self.config.keeper.in_flight;
        for action in actions {
            // Half of the places are kept free for what is urgent.
            let parts = if action.is_urgent() { 1 } else { 2 };
            if self.memory.running() >= places.div_ceil(parts) {
                break;
            }
            if !self.memory.admits(&action, instant) {
                continue;
            }
            let me = (self.sender.key.pubkey(), self.rules.account);
            let task = match build(&self.world, me, &action) {
                Ok(task) => task,
                Err(error) => {
                    let outcome = Outcome::Failed(format!("{error:#}"));
                    self.conclude(&action, &outcome);
                    continue;
                }
            };
            self.memory.begin(&action);
            let (sender, done) = (self.sender.clone(), done.clone());
            let (venue, most) = (self.venue.borrow().clone(), self.worth(&action));
            tokio::spawn(async move {
                let outcome = sender.run(&venue, task, most).await;
                let _ = done.send((action, outcome));
            });
        }
        self.memory.sweep(
            instant,
            Duration::from_secs(self.config.keeper.longest_wait),
        );
    }

    /// Calls the operator's command where the keeper's account holds much that is not quote; one call at a time.
    fn rebalance(&mut self) {
        let options = &self.config.rebalance;
        let every = Duration::from_secs(options.every);
        let early = self.rebalanced.is_some_and(|last| last.elapsed() < every);
        if options.command.is_empty() || early || self.mode.dry {
            return;
        }
        let Some(own) = self.world.accounts.get(&self.rules.account) else {
            return;
        };
        let (balances, worth) = rebalance::seized(&self.world, own, self.now);
        let Ok(alone) = self.rebalancing.clone().try_lock_owned() else {
            return;
        };
        if worth < options.above {
            return;
        }
        self.rebalanced = Some(Instant::now());
        let command = options.command.clone();
        tokio::spawn(async move {
            let outcome = match rebalance::call(&command, &balances).await {
                Ok(()) => "done",
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "seized collateral was not sold"
                    );
                    "failed"
                }
            };
            metrics::counter!("plimsoll_keeper_rebalances_total", "outcome" => outcome)
                .increment(1);
            drop(alone);
        });
    }

    /// Most lamports an action may cost.
    fn worth(&self, action: &Action) -> u64 {
        let policy = &self.config.policy;
        let paid = |lamports: u64| {
            let lamports = i64::try_from(lamports).unwrap_or(i64::MAX);
            lamports
                .saturating_sub(policy.least_lamports)
                .max(0)
                .unsigned_abs()
        };
        match action {
            Action::Liquidate { profit, .. } => {
                let spare = profit
                    .saturating_sub(policy.least_profit)
                    .max(0)
                    .unsigned_abs();
                let lamports = u128::from(spare).saturating_mul(1_000_000_000);
                let lamports = lamports
                    .checked_div(policy.sol_price.into())
                    .unwrap_or(u128::MAX);
                u64::try_from(lamports).unwrap_or(u64::MAX)
            }
            Action::Execute { order, .. } => {
                let order = self.world.orders.get(order);
                paid(order.map_or(0, |order| order.keeper_fee))
            }
            Action::EndRequest { request } => {
                let request = self.world.requests.get(request);
                paid(request.map_or(0, |request| request.keeper_fee))
            }
            _ => u64::MAX,
        }
    }

    fn conclude(&mut self, action: &Action, outcome: &Outcome) {
        let kind = action.kind();
        let subject = action.subject().map(|subject| subject.to_string());
        metrics::counter!("plimsoll_keeper_actions_total", "kind" => kind, "outcome" => outcome.name())
            .increment(1);
        let instant = Instant::now();
        let longest = Duration::from_secs(self.config.keeper.longest_wait);
        match outcome {
            Outcome::Done {
                signature,
                lamports,
            } => {
                metrics::counter!("plimsoll_keeper_lamports_total").increment(*lamports);
                tracing::info!(kind, subject, signature, lamports, "done");
                self.rest(action, instant);
                self.forget(action);
            }
            Outcome::Would => {
                tracing::info!(kind, subject, "would be done");
                self.memory.rest(action, instant, longest);
            }
            Outcome::Outrun(why) => {
                tracing::debug!(kind, subject, why, "nothing left to do");
                self.rest(action, instant);
                self.forget(action);
            }
            Outcome::Unprofitable(_) | Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Lost => {
                tracing::warn!(kind, subject, ?outcome, "not done");
                self.memory.fail(action, instant, longest);
            }
        }
    }

    /// How long a task rests that is done: until its effect is told, or as long as its pace says.
    fn rest(&mut self, action: &Action, instant: Instant) {
        let seconds = |seconds: i64| Duration::from_secs(seconds.max(0).unsigned_abs());
        let pause = match action {
            Action::Settle { ends: false, .. } => seconds(self.config.pace.settle),
            // What the pool cannot pay yet it may pay later.
            Action::Settle { ends: true, .. } => seconds(self.config.pace.deleverage),
            Action::Deleverage { .. } => seconds(self.config.pace.deleverage),
            _ => Duration::from_millis(500),
        };
        self.memory.rest(action, instant, pause);
    }

    /// Forgets what is gone by now, or is read again soon: no stream tells it.
    fn forget(&mut self, action: &Action) {
        match action {
            Action::Execute { order: key, .. }
            | Action::Cancel { order: key }
            | Action::EndRequest { request: key }
            | Action::Apply { change: key } => {
                self.world.forget(key);
            }
            _ => {}
        }
    }
}
