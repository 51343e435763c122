//! Everything the keeper knows of an exchange: its accounts, decoded, each as new as the newest it was told.

use std::collections::{BTreeMap, HashMap};

use anyhow::{bail, Context, Result};
use plimsoll::state::{
    listed, Bank, MarginAccount, Market, Order, ParameterChange, Pool, PoolRequest, RiskBook,
};
use plimsoll_client::{decode, Account, Venue};
use solana_address::Address;

/// Place of a margin account among [`Holders`]; places are taken again.
pub type Place = usize;

/// A margin account and its address.
#[derive(Debug)]
pub struct Holder {
    /// Its address.
    pub key: Address,
    /// What it holds.
    pub account: Box<MarginAccount>,
}

/// The margin accounts, each at a place that does not change while it exists.
#[derive(Debug, Default)]
pub struct Holders {
    places: Vec<Option<Holder>>,
    free: Vec<Place>,
    of: HashMap<Address, Place>,
}

impl Holders {
    /// The account at a place.
    pub fn at(&self, place: Place) -> Option<&Holder> {
        self.places.get(place)?.as_ref()
    }

    /// The account of an address.
    pub fn get(&self, key: &Address) -> Option<&MarginAccount> {
        self.at(self.place_of(key)?).map(|holder| &*holder.account)
    }

    /// The place of an address.
    pub fn place_of(&self, key: &Address) -> Option<Place> {
        self.of.get(key).copied()
    }

    /// Every account with its place.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &Holder)> {
        let places = self.places.iter().enumerate();
        places.filter_map(|(place, holder)| Some((place, holder.as_ref()?)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// One above the highest place ever taken.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Puts an account in its place.
    pub fn put(&mut self, key: Address, account: Box<MarginAccount>) -> Place {
        let place = self.place_of(&key).unwrap_or_else(|| {
            self.free.pop().unwrap_or_else(|| {
                self.places.push(None);
                self.places.len().saturating_sub(1)
            })
        });
        self.of.insert(key, place);
        if let Some(at) = self.places.get_mut(place) {
            *at = Some(Holder { key, account });
        }
        place
    }

    /// Forgets an account.
    pub fn remove(&mut self, key: &Address) -> Option<Place> {
        let place = self.of.remove(key)?;
        if let Some(at) = self.places.get_mut(place) {
            *at = None;
        }
        self.free.push(place);
        Some(place)
    }
}

/// What an account that arrived has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The risk book.
    Book,
    /// The margin account at a place, new, changed or gone.
    Account(Place),
    /// Anything else of the exchange.
    Other,
    /// Nothing: older than what is known, of another exchange, or no account of the program.
    None,
}

/// An exchange as it is known.
#[derive(Debug)]
pub struct World {
    /// Its addresses.
    pub venue: Venue,
    /// Its risk book.
    pub book: Box<RiskBook>,
    /// Markets by slot.
    pub markets: BTreeMap<u8, Box<Market>>,
    /// Banks by slot.
    pub banks: BTreeMap<u8, Box<Bank>>,
    /// The pool.
    pub pool: Option<Box<Pool>>,
    /// Margin accounts.
    pub accounts: Holders,
    /// Orders.
    pub orders: BTreeMap<Address, Box<Order>>,
    /// Requests to the pool.
    pub requests: BTreeMap<Address, Box<PoolRequest>>,
    /// Announced changes.
    pub changes: BTreeMap<Address, Box<ParameterChange>>,
    token_programs: BTreeMap<Address, Address>,
    seen: HashMap<Address, u64>,
}

impl World {
    /// Of the book at `key`, of which `data` are the bytes.
    ///
    /// # Errors
    /// Bytes that are no risk book.
    pub fn of(key: Address, data: &[u8]) -> Result<Self> {
        let book: Box<RiskBook> =
            decode(data).with_context(|| format!("exchange.book: {key} is no risk book"))?;
        if book.asset_count == 0 {
            bail!("exchange.book: {key} lists no asset yet");
        }
        let mut world = Self {
            venue: Venue::of(key, &book, |_| None),
            book,
            markets: BTreeMap::new(),
            banks: BTreeMap::new(),
            pool: None,
            accounts: Holders::default(),
            orders: BTreeMap::new(),
            requests: BTreeMap::new(),
            changes: BTreeMap::new(),
            token_programs: BTreeMap::new(),
            seen: HashMap::new(),
        };
        world.name();
        Ok(world)
    }

    /// Mints of the banks whose token program is not known yet.
    pub fn unknown_mints(&self) -> Vec<Address> {
        let mints = self.banks.values().map(|bank| bank.mint);
        mints
            .filter(|mint| !self.token_programs.contains_key(mint))
            .collect()
    }

    /// Learns the program of a mint.
    pub fn learn_mint(&mut self, mint: Address, program: Address) {
        self.token_programs.insert(mint, program);
        self.name();
    }

    /// The market in `slot`.
    pub fn market(&self, slot: u8) -> Option<&Market> {
        self.markets.get(&slot).map(|market| &**market)
    }

    /// Takes an account that was told to have changed, when the newest slot told was `slot`. What is told comes
    /// in order.
    pub fn hear(&mut self, key: Address, data: &[u8], slot: u64) -> Change {
        let seen = self.seen.entry(key).or_default();
        *seen = slot.max(*seen);
        self.take(key, data)
    }

    /// Takes an account of a reading as of `slot`, unless something was told of it since.
    pub fn read(&mut self, key: Address, data: &[u8], slot: u64) -> Change {
        match self.seen.get(&key) {
            Some(seen) if *seen >= slot => Change::None,
            _ => self.take(key, data),
        }
    }

    fn take(&mut self, key: Address, data: &[u8]) -> Change {
        let Ok(account) = Account::of(data) else {
            // Whoever closes an account leaves its address, and somebody else's bytes or none.
            return self.forget(&key);
        };
        self.put(key, account)
    }

    /// Forgets an account that is gone.
    pub fn forget(&mut self, key: &Address) -> Change {
        if let Some(place) = self.accounts.remove(key) {
            return Change::Account(place);
        }
        let known = self.orders.remove(key).is_some()
            || self.requests.remove(key).is_some()
            || self.changes.remove(key).is_some();
        if known {
            Change::Other
        } else {
            Change::None
        }
    }

    /// Forgets an account that a reading as of `slot` does not have, unless it is newer.
    pub fn forget_before(&mut self, key: &Address, slot: u64) -> Change {
        match self.seen.get(key) {
            Some(seen) if *seen >= slot => Change::None,
            _ => self.forget(key),
        }
    }

    fn put(&mut self, key: Address, account: Account) -> Change {
        let mine = self.venue.book;
        match account {
            Account::RiskBook(book) if key == mine => {
                let listings = |book: &RiskBook| {
                    let bits = book.assets.iter().map(|asset| {
                        asset.listed & (listed::ASSET | listed::BANK | listed::MARKET)
                    });
                    (book.quote_slot, bits.collect::<Vec<_>>())
                };
                let renamed = listings(&book) != listings(&self.book);
                self.book = book;
                if renamed {
                    self.name();
                }
                return Change::Book;
            }
            Account::MarginAccount(account) if account.book == mine => {
                return Change::Account(self.accounts.put(key, account));
            }
            Account::Market(market) if market.book == mine => {
                self.markets.insert(market.slot, market);
            }
            Account::Bank(bank) if bank.book == mine => {
                let new = self.banks.insert(bank.slot, bank).is_none();
                if new {
                    self.name();
                }
            }
            Account::Pool(pool) if pool.book == mine => self.pool = Some(pool),
            Account::Order(order) if order.book == mine => {
                self.orders.insert(key, order);
            }
            Account::PoolRequest(request) if request.book == mine => {
                self.requests.insert(key, request);
            }
            Account::ParameterChange(change) if change.exchange == self.venue.exchange => {
                self.changes.insert(key, change);
            }
            _ => return Change::None,
        }
        Change::Other
    }

    /// Finds the addresses anew.
    fn name(&mut self) {
        let tokens: BTreeMap<Address, (Address, Address)> = self
            .banks
            .iter()
            .filter_map(|(slot, bank)| {
                let program = self.token_programs.get(&bank.mint)?;
                let key = plimsoll_client::address::bank(&self.venue.book, *slot);
                Some((key, (bank.mint, *program)))
            })
            .collect();
        self.venue = Venue::of(self.venue.book, &self.book, |bank| {
            tokens.get(bank).copied()
        });
    }
}
