//! What the chain told and when: who became liquidatable, who was liquidated, who was done.
//!
//! Both ends of every interval are told by the same stream, so its delay is in neither.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use plimsoll::state::MarginAccount;
use plimsoll_client::health::report;
use plimsoll_keeper::book::{Change, World};
use plimsoll_keeper::chain::Rpc;
use plimsoll_keeper::feed::{read, stream, News, ALL};
use solana_address::Address;
use tokio::sync::mpsc;

/// The first state in which anybody may liquidate.
pub const LIQUIDATABLE: u8 = 3;

/// One time that an account was liquidatable.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    /// When the book that made it so was told.
    pub fell: Instant,
    /// When it was told as liquidated for the first time since.
    pub called: Option<Instant>,
    /// When it was told as not liquidatable any more.
    pub over: Option<Instant>,
    /// Whether it was bankrupt at some time since.
    pub bankrupt: bool,
}

/// What is known of the exchange, and what happened.
pub struct Record {
    /// The exchange.
    pub world: World,
    /// Of each account that ever was liquidatable.
    pub falls: BTreeMap<Address, Vec<Fall>>,
    /// Accounts that were liquidated while the record found them sound.
    pub wronged: BTreeSet<Address>,
    watched: BTreeSet<Address>,
    /// Why something may be missing, if it may.
    pub hole: Option<String>,
    /// Prices that all accounts were judged at.
    spots: Vec<u64>,
}

/// A record that is being written.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Record>>);

fn state(world: &World, account: &MarginAccount) -> u8 {
    // What becomes of a price by getting older is of no account in this test: prices are fresh.
    let now = world.book.newest_publish_time;
    report(&world.book, account, now).unwrap().state
}

impl Record {
    fn judge(&mut self, key: &Address, at: Instant) {
        let Some(account) = self.world.accounts.get(key) else {
            return;
        };
        let state = state(&self.world, account);
        let falls = self.falls.entry(*key).or_default();
        let open = falls.last_mut().filter(|fall| fall.over.is_none());
        match (open, state >= LIQUIDATABLE) {
            (Some(fall), true) => fall.bankrupt |= state > LIQUIDATABLE,
            (Some(fall), false) => fall.over = Some(at),
            (None, true) => falls.push(Fall {
                fell: at,
                called: None,
                over: None,
                bankrupt: state > LIQUIDATABLE,
            }),
            (None, false) => {}
        }
    }

    fn hear(&mut self, at: Instant, slot: u64, key: Address, data: &[u8]) {
        let liquidated = |account: &MarginAccount| (account.last_liquidation, account.liquidated);
        let before = self.world.accounts.get(&key).map(liquidated);
        // Time alone may have made it liquidatable since the last price.
        if self.watched.contains(&key) {
            self.judge(&key, at);
        }
        match self.world.hear(key, data, slot) {
            Change::Book => {
                let assets = self.world.book.assets.iter();
                let spots: Vec<u64> = assets.map(|asset| asset.spot).collect();
                if core::mem::replace(&mut self.spots, spots.clone()) != spots {
                    for key in self.watched.clone() {
                        self.judge(&key, at);
                    }
                }
            }
            Change::Account(_) if self.watched.contains(&key) => {
                let after = self.world.accounts.get(&key).map(liquidated);
                let called = after.is_some_and(|(time, _)| time != 0) && after != before;
                if called {
                    let falls = self.falls.entry(key).or_default();
                    match falls.last_mut().filter(|fall| fall.over.is_none()) {
                        Some(fall) => fall.called = fall.called.or(Some(at)),
                        None => drop(self.wronged.insert(key)),
                    }
                }
                self.judge(&key, at);
            }
            _ => {}
        }
    }
}

impl Recorder {
    /// Begins: everything is read once, and then heard.
    pub fn start(rpc: Rpc, socket: String, world: World, watched: BTreeSet<Address>) -> Self {
        let keys = (world.venue.book, world.venue.exchange);
        let record = Self(Arc::new(Mutex::new(Record {
            world,
            falls: BTreeMap::new(),
            wronged: BTreeSet::new(),
            watched,
            hole: None,
            spots: Vec::new(),
        })));
        let (news, mut told) = mpsc::unbounded_channel();
        let (stamped, stamps) = std::sync::mpsc::channel();
        tokio::spawn(stream(socket, news.clone()));
        tokio::spawn(async move {
            while let Some(told) = told.recv().await {
                if matches!(told, News::Connected) {
                    let (rpc, news) = (rpc.clone(), news.clone());
                    tokio::spawn(async move { read(&rpc, keys, &ALL, &news).await });
                }
                if stamped.send((Instant::now(), told)).is_err() {
                    return;
                }
            }
        });
        let writer = record.clone();
        std::thread::spawn(move || {
            for (at, told) in stamps {
                writer.write(at, told);
            }
        });
        record
    }

    fn write(&self, at: Instant, told: News) {
        let mut record = self.look();
        match told {
            News::Changed(slot, (key, data)) => record.hear(at, slot, key, &data),
            News::Group(_, slot, accounts) => {
                for (key, data) in accounts {
                    record.world.read(key, &data, slot);
                }
            }
            News::Disconnected(why) | News::Failed(why) => record.hole = Some(why),
            News::Connected | News::Complete | News::Clock(_) => {}
        }
    }

    /// The record as it is now.
    pub fn look(&self) -> MutexGuard<'_, Record> {
        self.0.lock().expect("a record that is written")
    }
}
