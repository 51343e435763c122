//! Where a set-up takes place, and what stands there so far.

use anyhow::{Context, Result};
use plimsoll::state::{Bank, Exchange, Market, Pool, RiskBook};
use plimsoll_client::{address, decode, decode_borsh, Venue};
use solana_address::Address;
use solana_keypair::Keypair;

use crate::chain::Chain;
use crate::params::Params;
use crate::tokens::test_mint;

/// A set-up: a cluster, what is to stand there, and what of it does.
pub struct Site {
    /// The cluster.
    pub chain: Chain,
    /// What is to stand there.
    pub params: Params,
    /// The program's code.
    pub code: Vec<u8>,
    /// The program's key, which a first deployment needs.
    pub program: Option<Keypair>,
    /// Transactions that are sent at once while the code is written.
    pub parallel: usize,
    /// Whether a step that only needs time is waited for.
    pub wait: bool,
}

impl Site {
    /// The exchange, if it exists.
    ///
    /// # Errors
    /// The cluster does not answer, or another account is there.
    pub fn exchange(&self) -> Result<Option<(Address, Box<Exchange>)>> {
        let key = address::exchange(&self.chain.authority(), self.params.exchange.id);
        let account = self.chain.account(&key)?;
        let exchange = account
            .map(|account| decode_borsh(&account.data))
            .transpose();
        let exchange = exchange.with_context(|| format!("exchange {key}"))?;
        Ok(exchange.map(|exchange| (key, exchange)))
    }

    /// The book of the exchange, if it exists.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub fn book(&self) -> Result<Option<(Address, Box<RiskBook>)>> {
        let Some((_, exchange)) = self.exchange()? else {
            return Ok(None);
        };
        let book = self.zero_copy::<RiskBook>(&exchange.book)?;
        Ok(book.map(|book| (exchange.book, book)))
    }

    /// The bank of a slot, if it exists.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub fn bank(&self, slot: u8) -> Result<Option<Box<Bank>>> {
        self.of_book(|book| address::bank(book, slot))
    }

    /// The market of a slot, if it exists.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub fn market(&self, slot: u8) -> Result<Option<Box<Market>>> {
        self.of_book(|book| address::market(book, slot))
    }

    /// The pool, if it exists.
    ///
    /// # Errors
    /// As [`Self::exchange`].
    pub fn pool(&self) -> Result<Option<Box<Pool>>> {
        self.of_book(address::pool)
    }

    fn of_book<T: bytemuck::Pod + anchor_lang::Discriminator>(
        &self,
        key: impl Fn(&Address) -> Address,
    ) -> Result<Option<Box<T>>> {
        match self.exchange()? {
            Some((_, exchange)) => self.zero_copy(&key(&exchange.book)),
            None => Ok(None),
        }
    }

    fn zero_copy<T: bytemuck::Pod + anchor_lang::Discriminator>(
        &self,
        key: &Address,
    ) -> Result<Option<Box<T>>> {
        let account = self.chain.account(key)?;
        let decoded = account.map(|account| decode(&account.data)).transpose();
        decoded.with_context(|| format!("account {key}"))
    }

    /// Mint of the bank in a slot: as named, or the test token.
    ///
    /// # Errors
    /// No bank in the slot.
    pub fn mint(&self, slot: u8) -> Result<(Address, bool)> {
        let asset = self.params.asset(slot)?;
        let bank = asset.bank.as_ref();
        let bank = bank.with_context(|| format!("expected a bank of {}", asset.symbol))?;
        Ok(match bank.mint {
            Some(mint) => (mint, false),
            None => (test_mint(&self.chain.authority(), &asset.symbol)?, true),
        })
    }

    /// Addresses of the exchange, as far as it stands.
    ///
    /// # Errors
    /// As [`Self::exchange`]; there is no exchange.
    pub fn venue(&self) -> Result<Venue> {
        let book = self.book()?;
        let (key, book) = book.context("expected an exchange, found none")?;
        let mut tokens = std::collections::BTreeMap::new();
        for slot in self.params.slots() {
            if let Some(bank) = self.bank(slot)? {
                let mint = self.chain.account(&bank.mint)?;
                let mint = mint.with_context(|| format!("expected mint {}", bank.mint))?;
                tokens.insert(address::bank(&key, slot), (bank.mint, mint.owner));
            }
        }
        Ok(Venue::of(key, &book, |bank| tokens.get(bank).copied()))
    }
}
