//! The exchange of the crash: deployed and set up as a user does it, its tokens deposited, lent and borrowed by
//! the program's own instructions.
//!
//! Only how one large deposit is divided among the accounts, and the positions they hold, is written by the
//! node's request to set an account: the node takes some six transactions a second, and they would take minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{stream, StreamExt};
use plimsoll::constants::ACCOUNT_SEED;
use plimsoll::instructions::{OrderParams, RequestParams};
use plimsoll::state::{request_kind, Patch};
use plimsoll_client::{address, call, Venue};
use plimsoll_keeper::act::{Outcome, Sender};
use plimsoll_keeper::book::World;
use plimsoll_keeper::config::Config;
use plimsoll_keeper::feed::{read, News, ALL};
use plimsoll_keeper::post::Poster;
use plimsoll_keeper::prices::{FeedId, Source};
use plimsoll_keeper::publish::publish;
use plimsoll_keeper::synthetic::Exchange;
use plimsoll_migrations::chain::Chain;
use plimsoll_migrations::params::Params;
use plimsoll_migrations::site::Site;
use plimsoll_migrations::steps::run;
use plimsoll_migrations::tokens::{mint_to, open};
use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::{read_keypair_file, Keypair};
use solana_signer::Signer;
use tokio::sync::{mpsc, watch, Mutex as Lock};
use tokio::task::JoinHandle;
use tokio::time::{sleep, Instant};

use crate::shapes::{Shape, BEFORE, BTC, ETH, QUOTE, SOL};
use crate::support::{Node, Tape};

/// Number of the account that lends, and of the one whose deposit is divided.
const LENDER: u16 = 1_000;
const FUNDER: u16 = 1_001;
/// Seconds between two publications where nothing moves.
const PACE: i64 = 4;
/// Number of the change that waits to be applied.
pub const CHANGE: u64 = 7;
/// What it makes of the pool's outflow, parts per million.
pub const OUTFLOW: u32 = 200_000;
/// Seconds of notice of it.
const NOTICE: i64 = 24 * 3_600;
/// Dollars of each token that are lent.
const LENT: f64 = 500_000.0;
/// Transactions on their way at one time.
const AT_ONCE: usize = 8;
/// Lamports that execute an order or a request.
const KEEPER_FEE: u64 = 50_000;

/// The exchange, and who acts there beside the keepers.
pub struct Stage {
    pub node: Node,
    pub tape: Tape,
    pub venue: Venue,
    /// Owner of every margin account.
    pub trader: Sender,
    /// Authority of the exchange and maker of its tokens.
    pub authority: Sender,
    quotes: Arc<Mutex<Quotes>>,
}

/// What the tape says.
struct Quotes {
    tape: Tape,
    feeds: Vec<(u8, FeedId)>,
    /// Dollars by slot.
    dollars: [f64; 4],
    /// When it said so last, unix seconds.
    said: i64,
}

impl Quotes {
    fn say(&mut self, now: i64) {
        for (slot, feed) in &self.feeds {
            self.tape.say(*feed, self.dollars[usize::from(*slot)], now);
        }
        self.said = now;
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn authority_key() -> Keypair {
    read_keypair_file(root().join("cluster/localnet-keypair.json")).unwrap()
}

impl Stage {
    /// Set up, launched, with a pool, a change that is due, and a tape that runs.
    pub async fn set_up() -> Self {
        let (node, tape) = (Node::start(), Tape::start().await);
        node.deploy().await;
        let authority = sender(&node, &tape, authority_key(), false).await;
        let site = blocking(node.url.clone(), site).await;
        let site = blocking(site, |site| {
            run(&site, false).unwrap();
            site
        });
        let site = site.await;
        travel(&node, 61).await;
        let site = blocking(site, |site| {
            run(&site, false).unwrap();
            site
        });
        let (venue, pool) = blocking(site.await, |site| {
            (site.venue().unwrap(), site.params.pool_params())
        })
        .await;
        let me = authority.key.pubkey();
        let announce = plimsoll::accounts::AnnounceChange {
            authority: me,
            payer: me,
            exchange: venue.exchange,
            change: address::change(&venue.exchange, CHANGE),
            system_program: solana_sdk_ids::system_program::ID,
        };
        let mut params = pool;
        params.outflow_ppm = OUTFLOW;
        let patch = Patch::Pool(params);
        let announce = call(
            announce,
            plimsoll::instruction::AnnounceChange { id: CHANGE, patch },
            [],
        );
        must(&authority, vec![announce]).await;
        travel(&node, NOTICE + 5).await;
        // Hashes of a day ago are of no use.
        let authority = sender(&node, &tape, authority_key(), false).await;
        let trader = sender(&node, &tape, Keypair::new(), false).await;
        let listings = venue.listings.iter();
        let quotes = Quotes {
            tape: tape.clone(),
            feeds: listings.map(|each| (each.slot, each.feed.id)).collect(),
            dollars: BEFORE,
            said: 0,
        };
        let stage = Self {
            node,
            tape,
            venue,
            quotes: Arc::new(Mutex::new(quotes)),
            trader,
            authority,
        };
        stage.keep_fresh();
        stage
    }

    /// Keeps prices fresh.
    fn keep_fresh(&self) {
        let (quotes, rpc) = (self.quotes.clone(), self.node.rpc.clone());
        tokio::spawn(async move {
            loop {
                if let Ok(now) = rpc.clock().await {
                    let mut quotes = quotes.lock().unwrap();
                    if now >= quotes.said + PACE {
                        quotes.say(now);
                    }
                }
                sleep(Duration::from_millis(300)).await;
            }
        });
    }

    /// Publishes prices in dollars at once; the time they have.
    pub async fn say(&self, dollars: [f64; 4]) -> i64 {
        loop {
            let now = self.node.rpc.clock().await.unwrap();
            {
                let mut quotes = self.quotes.lock().unwrap();
                quotes.dollars = dollars;
                if now > quotes.said {
                    quotes.say(now);
                    return now;
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Somebody who brings prices to the book while the keepers do not, until he is told to stop.
    pub async fn other_poster(&self) -> JoinHandle<()> {
        let poster = sender(&self.node, &self.tape, Keypair::new(), true).await;
        let venue = watch::channel(Arc::new(self.venue.clone())).1;
        let published = watch::channel(Default::default()).1;
        let pace = Duration::from_millis(200);
        tokio::spawn(publish(Arc::new(poster), venue, published, pace))
    }

    /// The margin account of a number.
    pub fn account(&self, id: u16) -> Address {
        self.venue.margin_account(&self.trader.key.pubkey(), id)
    }

    /// Dollars of an asset in atoms, at the prices before the crash.
    pub fn atoms(&self, slot: u8, dollars: f64) -> i64 {
        let decimals = self.venue.listing(slot).unwrap().decimals;
        let tokens = dollars / BEFORE[usize::from(slot)];
        (tokens * 10f64.powi(decimals.into())).round() as i64
    }

    /// Gives tokens to whoever it is, so many dollars of each.
    pub async fn give(&self, owner: &Address, gifts: &[(u8, f64)]) {
        let maker = self.authority.key.pubkey();
        for (slot, dollars) in gifts {
            let mint = self.venue.listing(*slot).unwrap().bank.unwrap().mint;
            let atoms = self.atoms(*slot, *dollars).unsigned_abs();
            let mint = mint_to(&maker, owner, &mint, atoms).unwrap();
            must(&self.authority, mint.to_vec()).await;
        }
    }

    /// Deposits what all shapes hold together, and as much for those who borrow.
    async fn deposit(&self, shapes: &[Shape]) {
        let me = self.trader.key.pubkey();
        for account in [LENDER, FUNDER] {
            must(&self.trader, vec![self.venue.open_account(me, me, account)]).await;
        }
        for slot in [QUOTE, SOL, BTC, ETH] {
            let deposits = shapes.iter().flat_map(|shape| &shape.deposits);
            let held = deposits.filter(|(held, _)| *held == slot);
            let dollars = held.map(|(_, dollars)| dollars).sum::<f64>() + 1_000.0;
            self.give(&me, &[(slot, dollars + LENT)]).await;
            let deposit = |account, dollars| {
                let atoms = self.atoms(slot, dollars).unsigned_abs();
                self.venue.deposit(me, account, slot, atoms).unwrap()
            };
            let lend = self.venue.set_lending(me, LENDER, slot, true).unwrap();
            let sync = self.venue.sync().unwrap();
            let all = vec![deposit(FUNDER, dollars), deposit(LENDER, LENT), sync, lend];
            must(&self.trader, all).await;
        }
    }

    /// Divides the deposit among the shapes' accounts and gives them their positions.
    pub async fn fill(&self, shapes: &[Shape]) {
        self.deposit(shapes).await;
        let world = self.world().await;
        let (me, funder) = (self.trader.key.pubkey(), self.account(FUNDER));
        let mut exchange = Exchange {
            key: self.venue.book,
            now: world.book.newest_publish_time,
            book: world.book,
            markets: world.markets,
            banks: world.banks,
            pool: world.pool.unwrap(),
            accounts: BTreeMap::new(),
        };
        let mut left = world.accounts.get(&funder).copied().unwrap();
        for shape in shapes {
            let key = self.account(shape.id);
            exchange.open_for((key, me), 0);
            let account = exchange.accounts.get_mut(&key).unwrap();
            (account.id, account.model) = (shape.id, shape.model);
            account.bump = Address::find_program_address(
                &[
                    ACCOUNT_SEED,
                    self.venue.book.as_ref(),
                    me.as_ref(),
                    &shape.id.to_le_bytes(),
                ],
                &plimsoll::ID,
            )
            .1;
            for (slot, dollars) in &shape.deposits {
                let atoms = self.atoms(*slot, *dollars);
                let place = account.balance_place(*slot, QUOTE).unwrap();
                (account.balances[place].slot, account.balances[place].amount) = (*slot, atoms);
                let place = left.balance_place(*slot, QUOTE).unwrap();
                left.balances[place].amount -= atoms;
            }
            for (slot, dollars) in &shape.positions {
                exchange.trade(&key, *slot, *dollars);
            }
        }
        exchange.accounts.insert(funder, Box::new(left));
        let written: Vec<Address> = exchange.accounts.keys().copied().collect();
        let markets = exchange.markets.keys();
        let markets = markets.map(|slot| address::market(&exchange.key, *slot));
        let written: BTreeSet<Address> = written.into_iter().chain(markets).collect();
        for (key, data) in exchange.bytes() {
            if written.contains(&key) {
                self.node
                    .rpc
                    .set_account(&key, &plimsoll::ID, &data)
                    .await
                    .unwrap();
            }
        }
    }

    /// What the chain has now.
    pub async fn world(&self) -> World {
        let (news, mut told) = mpsc::unbounded_channel();
        let keys = (self.venue.book, self.venue.exchange);
        read(&self.node.rpc, keys, &ALL, &news).await;
        drop(news);
        let held = self
            .node
            .rpc
            .account(&self.venue.book)
            .await
            .unwrap()
            .unwrap();
        let mut world = World::of(self.venue.book, &held.data).unwrap();
        while let Some(told) = told.recv().await {
            match told {
                News::Group(_, _, accounts) => {
                    for (key, data) in accounts {
                        world.read(key, &data, u64::MAX);
                    }
                }
                News::Failed(why) => panic!("{why}"),
                _ => {}
            }
        }
        world
    }

    /// Borrows what shapes owe and takes it away.
    pub async fn borrow(&self, shapes: &[Shape]) {
        let me = self.trader.key.pubkey();
        let borrow = |shape: &'_ Shape| {
            let shape = shape.clone();
            async move {
                if let Some((slot, dollars)) = shape.debt {
                    let amount = (self.atoms(slot, dollars).unsigned_abs(), true);
                    let withdraw = self.venue.withdraw(me, shape.id, slot, amount).unwrap();
                    must(&self.trader, vec![self.venue.sync().unwrap(), withdraw]).await;
                }
            }
        };
        stream::iter(shapes)
            .for_each_concurrent(AT_ONCE, borrow)
            .await;
    }

    /// A market order.
    pub fn order(&self, id: u64, slot: u8, dollars: f64) -> OrderParams {
        OrderParams {
            id,
            size: self.atoms(slot, dollars),
            limit_quote: 0,
            trigger_quote: 0,
            expires_at: 0,
            partner: Address::default(),
            keeper_fee: KEEPER_FEE,
            kind: 0,
            extent: 0,
        }
    }

    /// Places an order; its address.
    pub async fn place(&self, account: u16, slot: u8, params: OrderParams) -> Address {
        let (me, key) = (self.trader.key.pubkey(), self.account(account));
        let place = self.venue.place_order(me, key, slot, params).unwrap();
        must(&self.trader, vec![place]).await;
        address::order(&key, params.id)
    }

    /// Asks the pool to take so many dollars; the request, and where its shares go.
    pub async fn provide(&self, dollars: f64) -> (Address, Address) {
        let me = self.trader.key.pubkey();
        self.give(&me, &[(QUOTE, dollars)]).await;
        let params = RequestParams {
            id: 1,
            kind: request_kind::DEPOSIT,
            amount: self.atoms(QUOTE, dollars).unsigned_abs(),
            least: 1,
            keeper_fee: KEEPER_FEE,
        };
        let shares = open(&me, &me, &self.venue.lp_mint);
        let ask = self.venue.pool_request(me, params).unwrap();
        must(&self.trader, vec![shares, ask]).await;
        let request = address::pool_request(&self.venue.pool, &me, params.id);
        (
            request,
            address::token_account(&me, &self.venue.lp_mint, &address::TOKEN),
        )
    }

    /// Waits until an account is gone.
    pub async fn gone(&self, key: &Address, patience: Duration) {
        let began = Instant::now();
        while self
            .node
            .rpc
            .account(key)
            .await
            .unwrap()
            .is_some_and(|held| held.owner == plimsoll::ID)
        {
            assert!(
                began.elapsed() < patience,
                "{key} still stands after {patience:?}"
            );
            sleep(Duration::from_millis(300)).await;
        }
    }
}

/// Quote atoms that an order of so many dollars may miss by a part of them.
pub fn limit(dollars: f64, part: f64) -> u64 {
    let worst = dollars.abs() * (1.0 + part * dollars.signum());
    (worst * 1e6).round() as u64
}

fn site(url: String) -> Site {
    let chain = Chain::new(&url, authority_key(), 0).unwrap();
    let mut params = Params::read(&root().join("migrations/params/localnet.json")).unwrap();
    // The node wrote the code by itself: there is no loader's authority to hand over.
    params.hand_over_code = false;
    let code = std::fs::read(root().join("target/deploy/plimsoll.so")).unwrap();
    Site {
        chain,
        params,
        code,
        program: None,
        parallel: 1,
        wait: false,
    }
}

/// The client of a set-up blocks.
async fn blocking<A: Send + 'static, T: Send + 'static>(
    value: A,
    work: impl FnOnce(A) -> T + Send + 'static,
) -> T {
    tokio::task::spawn_blocking(move || work(value))
        .await
        .unwrap()
}

/// Moves the chain's clock.
async fn travel(node: &Node, seconds: i64) {
    let to = (node.rpc.clock().await.unwrap() + seconds) * 1_000;
    let params = json!([{ "absoluteTimestamp": to }]);
    node.rpc.call("surfnet_timeTravel", params).await.unwrap();
}

/// Somebody with a thousand SOL who can send.
pub async fn sender(node: &Node, tape: &Tape, key: Keypair, posts: bool) -> Sender {
    let me = key.pubkey();
    let params = json!([me.to_string(), 1_000_000_000_000u64]);
    node.rpc.call("requestAirdrop", params).await.unwrap();
    let rpc = node.rpc.clone();
    Sender {
        poster: posts.then_some(Poster::Local),
        source: Source::new(&tape.url, None, Duration::from_secs(5)).unwrap(),
        rpc,
        key,
        fees: Config::default().fees,
        dry: false,
        patience: Duration::from_secs(20),
        hash: Lock::default(),
        count: AtomicU32::new(0),
    }
}

/// Sends; what the chain refuses is tried again while prices and banks become fresh.
pub async fn must(sender: &Sender, instructions: Vec<Instruction>) {
    let mut last = None;
    for _ in 0..20 {
        match sender.transact(instructions.clone(), u64::MAX).await {
            Outcome::Done { .. } => return,
            other => last = Some(other),
        }
        sleep(Duration::from_millis(700)).await;
    }
    panic!("not done: {last:?}");
}
