//! Reading the world's accounts.

use crate::chain::Chain;
use crate::orders::PlacedOrder;
use crate::params::hash;
use crate::tokens::{amount_of, supply_of};
use crate::world::{wallet, World};
use anchor_lang::{AccountDeserialize, Discriminator};
use bytemuck::Pod;
use plimsoll::state::{
    AgeLimit, Bank, BookAt, Exchange, MarginAccount, Market, Order, Pool, PositionSlot, RiskBook,
};
use plimsoll_engine::exposure::{AccountView, BALANCES};
use solana_address::Address;
use solana_signer::Signer;

impl<C: Chain> World<C> {
    /// A zero-copy account, decoded; none where there is no such account.
    pub fn read<T: Pod + Discriminator>(&self, key: &Address) -> Option<Box<T>> {
        let account = self.chain.account(key)?;
        let body = account.data.strip_prefix(T::DISCRIMINATOR)?;
        assert_eq!(account.owner, plimsoll::ID, "{key} belongs to the program");
        Some(Box::new(bytemuck::pod_read_unaligned(body)))
    }

    /// The exchange.
    pub fn exchange(&self) -> Exchange {
        let account = self
            .chain
            .account(&self.keys.exchange)
            .expect("the exchange exists");
        Exchange::try_deserialize(&mut account.data.as_slice()).expect("an exchange")
    }

    /// The book.
    pub fn book(&self) -> Box<RiskBook> {
        self.read(&self.keys.book).expect("the book exists")
    }

    /// The bank in `slot`.
    pub fn bank(&self, slot: u8) -> Box<Bank> {
        self.read(&self.asset(slot).bank).expect("the bank exists")
    }

    /// The market in `slot`.
    pub fn market(&self, slot: u8) -> Box<Market> {
        self.read(&self.asset(slot).market)
            .expect("the market exists")
    }

    /// The pool.
    pub fn pool(&self) -> Box<Pool> {
        self.read(&self.keys.pool).expect("the pool exists")
    }

    /// A margin account.
    pub fn margin_account(&self, key: &Address) -> Box<MarginAccount> {
        self.read(key).expect("the margin account exists")
    }

    /// Margin account 0 of a wallet.
    pub fn account(&self, name: &str) -> Box<MarginAccount> {
        self.margin_account(&self.account_key(name, 0))
    }

    /// An order, if it still waits.
    pub fn order(&self, key: &Address) -> Option<Order> {
        let account = self.chain.account(key)?;
        Some(Order::try_deserialize(&mut account.data.as_slice()).expect("an order"))
    }

    /// Counts an order that is placed without [`crate::actor::Actor::asks`] among the orders.
    pub fn watch_order(&mut self, key: Address) {
        if !self.orders.contains(&key) {
            self.orders.push(key);
        }
    }

    /// The orders of account 0 of a wallet that exist, in the order they were placed.
    pub fn standing_orders(&self, name: &str) -> Vec<Address> {
        let account = self.account_key(name, 0);
        let of_him = |key: &&Address| {
            self.order(key)
                .is_some_and(|order| order.account == account)
        };
        self.orders.iter().filter(of_him).copied().collect()
    }

    /// The pending order of account 0 of a wallet.
    pub fn pending_order(&self, name: &str) -> PlacedOrder {
        let key = self.account(name).pending_order;
        let order = self.order(&key).expect("an order is pending");
        PlacedOrder::new(key, &order)
    }

    /// What account 0 of a wallet has of an asset, in atoms with interest as health counts it: deposits
    /// rounded down, debts negative and rounded up.
    pub fn atoms(&self, name: &str, slot: u8) -> i64 {
        let (book, account) = (self.book(), self.account(name));
        let at = BookAt {
            book: &book,
            now: self.now(),
            limit: AgeLimit::Other,
        };
        let held = (0..BALANCES).filter_map(|place| account.balance(place));
        held.filter(|holding| holding.slot == slot)
            .map(|holding| holding.atoms_floor(&at).expect("it can be counted"))
            .sum()
    }

    /// Whether account 0 of a wallet lends its deposit of an asset.
    pub fn lends(&self, name: &str, slot: u8) -> bool {
        let account = self.account(name);
        let mut held = account.balances.iter();
        held.any(|balance| balance.slot == slot && balance.amount != 0 && balance.lent == 1)
    }

    /// Amount of an asset that account 0 of a wallet holds: atoms, or shares of a lent deposit, or
    /// negative shares of a debt.
    pub fn held(&self, name: &str, slot: u8) -> i64 {
        let account = self.account(name);
        let mut balances = account.balances.iter();
        balances
            .find(|balance| balance.slot == slot && balance.amount != 0)
            .map_or(0, |balance| balance.amount)
    }

    /// The position of account 0 of a wallet in a market; free places hold zeros.
    pub fn position(&self, name: &str, slot: u8) -> PositionSlot {
        let account = self.account(name);
        let mut places = account.positions.iter();
        places
            .find(|place| !place.is_free() && place.slot == slot)
            .copied()
            .unwrap_or_else(bytemuck::Zeroable::zeroed)
    }

    /// Atoms in a wallet's token account.
    pub fn tokens(&self, name: &str, slot: u8) -> u64 {
        self.token_amount(&self.token_key(name, slot))
    }

    /// Pool shares in a wallet.
    pub fn shares(&self, name: &str) -> u64 {
        self.token_amount(&self.shares_key(name))
    }

    /// Atoms in a token account, 0 where there is none.
    pub fn token_amount(&self, key: &Address) -> u64 {
        self.chain
            .account(key)
            .map_or(0, |account| amount_of(&account))
    }

    /// Pool shares in existence, dead ones not counted.
    pub fn share_supply(&self) -> u64 {
        self.chain
            .account(&self.keys.lp_mint)
            .map_or(0, |account| supply_of(&account))
    }

    /// Lamports of a wallet.
    pub fn lamports(&self, name: &str) -> u64 {
        self.lamports_of(&wallet(name).pubkey())
    }

    /// Lamports of an account.
    pub fn lamports_of(&self, key: &Address) -> u64 {
        self.chain
            .account(key)
            .map_or(0, |account| account.lamports)
    }

    /// Overwrites a zero-copy account: for what no instruction can bring about yet.
    pub fn write<T: Pod + Discriminator>(&mut self, key: &Address, state: &T) {
        let mut account = self.chain.account(key).expect("there is one to overwrite");
        account.data = [T::DISCRIMINATOR, bytemuck::bytes_of(state)].concat();
        self.chain.set_account(*key, account);
    }

    /// A copy of an account under another address, with changed bytes: for attacks.
    pub fn forge(&mut self, key: &Address, change: impl FnOnce(&mut Vec<u8>)) -> Address {
        self.posted += 1;
        let copy = Address::new_from_array(hash(&format!("forged account {}", self.posted)));
        let mut account = self.chain.account(key).expect("there is something to copy");
        change(&mut account.data);
        self.chain.set_account(copy, account);
        copy
    }

    /// A copy of a zero-copy account or an order that claims to belong to another book.
    pub fn forge_of_another_book(&mut self, key: &Address, offset: usize) -> Address {
        self.forge(key, |data| data[8 + offset..40 + offset].fill(9))
    }

    /// Margin accounts opened and not closed, decoded.
    pub fn open_margin_accounts(&self) -> Vec<(Address, Box<MarginAccount>)> {
        let keys = self.accounts.iter();
        keys.filter_map(|key| Some((*key, self.read(key)?)))
            .collect()
    }
}
