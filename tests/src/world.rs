//! A world: one exchange on one chain, with everybody in it.

use crate::chain::{Chain, Failure, Receipt};
use crate::code::code_key;
use crate::conservation::assert_conserved;
use crate::params::{hash, Spec};
use crate::pyth::Report;
use crate::stake_pool::StakePool;
use crate::tokens::{add_supply, add_tokens, token_account, Token};
use anchor_spl::associated_token::{
    get_associated_token_address, get_associated_token_address_with_program_id,
};
use plimsoll::constants::{ACCOUNT_SEED, ORDER_SEED};
use plimsoll::state::Patch;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::collections::{BTreeMap, BTreeSet};

/// Lamports a wallet starts with.
pub const POCKET_MONEY: u64 = 100_000_000_000;

/// Addresses of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Exchange.
    pub exchange: Address,
    /// Risk book.
    pub book: Address,
    /// Pool.
    pub pool: Address,
    /// Mint of the pool's shares.
    pub lp_mint: Address,
}

/// One listed asset.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Slot of the book.
    pub slot: u8,
    /// Name in messages.
    pub symbol: String,
    /// Decimals.
    pub decimals: u8,
    /// Mint.
    pub mint: Address,
    /// Whose token it is.
    pub token: Token,
    /// Bank, listed or not.
    pub bank: Address,
    /// Its vault.
    pub vault: Address,
    /// Market, listed or not.
    pub market: Address,
    /// Whether there is a bank.
    pub has_bank: bool,
    /// Whether there is a market.
    pub has_market: bool,
    /// Its price feed.
    pub feed: Feed,
    /// Of a liquid-staking token its stake pool: where, and what stands there.
    pub stake_pool: Option<(Address, StakePool)>,
}

/// A price feed and what it said last.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Feed id.
    pub id: [u8; 32],
    /// Owner program of its accounts.
    pub program: Address,
    /// The account it is published in.
    pub account: Address,
    /// Whether it is a push feed.
    pub is_push: bool,
    /// Usual confidence in parts per million.
    pub conf_ppm: u64,
    /// What it said last.
    pub report: Report,
    /// When; 0 before the first.
    pub publish_time: i64,
}

/// Checks after every transaction; turn them off where millions are sent.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// After a success: [`assert_conserved`].
    pub conservation: bool,
    /// After a failure: no account of the world has changed.
    pub nothing_changed: bool,
}

/// One exchange on one chain. A clone of a world on a chain that can be cloned is a fork.
#[derive(Clone)]
pub struct World<C: Chain> {
    /// The chain.
    pub chain: C,
    /// Addresses of the exchange.
    pub keys: Keys,
    /// Assets by slot.
    pub assets: Vec<Asset>,
    /// Checks after every transaction.
    pub checks: Checks,
    /// What the world was made of.
    pub spec: Spec,
    /// Margin accounts ever opened.
    pub(crate) accounts: Vec<Address>,
    /// Orders ever placed.
    pub(crate) orders: Vec<Address>,
    /// Pool requests ever filed.
    pub(crate) requests: Vec<Address>,
    /// Changes ever announced.
    pub(crate) announced: Vec<(u64, Patch)>,
    /// Wallets' token accounts.
    pub(crate) token_accounts: BTreeSet<Address>,
    /// Wallets whose lamports are watched.
    pub(crate) wallets: BTreeMap<Address, String>,
    /// Atoms sent to vaults unasked, by vault: they belong to no ledger.
    pub(crate) donated: BTreeMap<Address, u64>,
    pub(crate) next_order: u64,
    pub(crate) posted: u64,
    pub(crate) ready: bool,
    /// What has been sent.
    pub tally: Tally,
}

/// What a world has been through.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Transactions that succeeded.
    pub transactions: u64,
    /// Times that conservation was checked.
    pub conservation_checks: u64,
    /// Compute units by instruction, in the order they were used.
    pub units: BTreeMap<String, Vec<u64>>,
}

impl Tally {
    /// Counts a transaction; its instructions and their units stand in the logs.
    fn count(&mut self, receipt: &Receipt) {
        self.transactions += 1;
        let consumed = format!("Program {} consumed ", plimsoll::ID);
        let mut name = None;
        for line in &receipt.logs {
            if let Some(found) = line.strip_prefix("Program log: Instruction: ") {
                // Instructions of called programs follow; the first is ours.
                name.get_or_insert_with(|| found.to_owned());
            } else if let Some(rest) = line.strip_prefix(&consumed) {
                let units = rest.split(' ').next().and_then(|units| units.parse().ok());
                if let (Some(name), Some(units)) = (name.take(), units) {
                    self.units.entry(name).or_default().push(units);
                }
            }
        }
    }
}

/// The wallet of a name: the same in every world.
pub fn wallet(name: &str) -> Keypair {
    Keypair::new_from_array(hash(&format!("plimsoll wallet {name}")))
}

impl<C: Chain> World<C> {
    /// The default world: see [`crate::params`].
    pub fn new(chain: C) -> Self {
        Self::with(chain, |_| {})
    }

    /// The default world with changes.
    pub fn with(chain: C, change: impl FnOnce(&mut Spec)) -> Self {
        let mut spec = Spec::default();
        change(&mut spec);
        Self::from_spec(chain, spec)
    }

    /// The asset in `slot`.
    pub fn asset(&self, slot: u8) -> &Asset {
        &self.assets[usize::from(slot)]
    }

    /// The same, to be changed.
    pub fn asset_mut(&mut self, slot: u8) -> &mut Asset {
        &mut self.assets[usize::from(slot)]
    }

    /// The asset that is the quote.
    pub fn quote(&self) -> &Asset {
        self.asset(crate::params::USDC)
    }

    /// Address of account `id` of `name`.
    pub fn account_key(&self, name: &str, id: u16) -> Address {
        let owner = wallet(name).pubkey();
        let book = self.keys.book;
        pda(&[
            ACCOUNT_SEED,
            book.as_ref(),
            owner.as_ref(),
            &id.to_le_bytes(),
        ])
    }

    /// Address of order `id` of an account.
    pub fn order_key(&self, account: &Address, id: u64) -> Address {
        pda(&[ORDER_SEED, account.as_ref(), &id.to_le_bytes()])
    }

    /// Address of a wallet's token account.
    pub fn token_key(&self, name: &str, slot: u8) -> Address {
        let asset = self.asset(slot);
        let (owner, program) = (wallet(name).pubkey(), asset.token.program());
        get_associated_token_address_with_program_id(&owner, &asset.mint, &program)
    }

    /// Address of a wallet's pool shares.
    pub fn shares_key(&self, name: &str) -> Address {
        get_associated_token_address(&wallet(name).pubkey(), &self.keys.lp_mint)
    }

    /// Makes sure that the wallet has lamports, and watches it.
    pub fn meet(&mut self, name: &str) {
        let key = wallet(name).pubkey();
        if self.wallets.insert(key, name.to_string()).is_none() {
            self.chain.airdrop(&key, POCKET_MONEY);
        }
    }

    /// Gives a wallet tokens out of thin air.
    pub fn fund(&mut self, name: &str, slot: u8, atoms: u64) {
        self.meet(name);
        let (key, owner) = (self.token_key(name, slot), wallet(name).pubkey());
        self.mint_to(key, slot, &owner, atoms);
    }

    /// Makes tokens of an asset exist in a token account of anybody's.
    pub(crate) fn mint_to(&mut self, key: Address, slot: u8, owner: &Address, atoms: u64) {
        let Asset { mint, token, .. } = self.asset(slot).clone();
        let mut account = self.chain.account(&key).unwrap_or_else(|| {
            let rent = |bytes| self.chain.rent(bytes);
            token.account(&mint, owner, 0, rent)
        });
        add_tokens(&mut account, atoms);
        self.chain.set_account(key, account);
        let mut account = self.chain.account(&mint).expect("the mint exists");
        add_supply(&mut account, atoms);
        self.chain.set_account(mint, account);
        self.token_accounts.insert(key);
    }

    /// Makes sure that the wallet has at least so many tokens.
    pub fn fund_up_to(&mut self, name: &str, slot: u8, atoms: u64) {
        let held = self.tokens(name, slot);
        if held < atoms || !self.token_accounts.contains(&self.token_key(name, slot)) {
            self.fund(name, slot, atoms.saturating_sub(held));
        }
    }

    /// An empty token account for the wallet's pool shares.
    pub fn open_shares(&mut self, name: &str) {
        self.meet(name);
        let (key, mint) = (self.shares_key(name), self.keys.lp_mint);
        if self.chain.account(&key).is_none() {
            let rent = self.chain.rent(165);
            let account = token_account(&mint, &wallet(name).pubkey(), 0, rent);
            self.chain.set_account(key, account);
            self.token_accounts.insert(key);
        }
    }

    /// Sends instructions signed by the named wallets. Afterwards, on success everything is
    /// conserved, on failure nothing has changed.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        names: &[&str],
    ) -> Result<Receipt, Failure> {
        let keypairs: Vec<Keypair> = names.iter().map(|name| wallet(name)).collect();
        let keypairs: Vec<&Keypair> = keypairs.iter().collect();
        self.send_signed(instructions, &keypairs)
    }

    /// [`Self::send`] with keypairs.
    pub fn send_signed(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let before = self.checks.nothing_changed.then(|| self.snapshot());
        let payer = wallet("fee payer");
        let outcome = self.chain.send(instructions, signers, &payer);
        if let Ok(receipt) = &outcome {
            self.tally.count(receipt);
        }
        match (&outcome, before) {
            (Ok(_), _) if self.checks.conservation && self.ready => {
                self.tally.conservation_checks += 1;
                assert_conserved(self);
            }
            (Err(failure), Some(before)) => {
                let changed = self.changed_since(&before);
                assert!(
                    changed.is_empty(),
                    "a refusal changed {changed:?}: {failure}"
                );
            }
            _ => {}
        }
        outcome
    }

    /// Everything the world watches, by label: program and token accounts whole, wallets' lamports.
    /// The fee payer, who also pays rents, is not watched.
    pub fn snapshot(&self) -> Snapshot {
        let mut all = BTreeMap::new();
        for (label, key) in self.watched() {
            all.insert(label, self.chain.account(&key));
        }
        Snapshot(all)
    }

    /// Labels of what has changed since.
    pub fn changed_since(&self, before: &Snapshot) -> Vec<String> {
        let after = self.snapshot();
        let labels: BTreeSet<&String> = before.0.keys().chain(after.0.keys()).collect();
        let changed =
            |label: &&String| before.0.get(*label).cloned().flatten() != after.get(label).cloned();
        labels.into_iter().filter(changed).cloned().collect()
    }

    fn watched(&self) -> Vec<(String, Address)> {
        let keys = &self.keys;
        let mut all: Vec<(String, Address)> = vec![
            ("exchange".into(), keys.exchange),
            ("book".into(), keys.book),
            ("pool".into(), keys.pool),
            ("lp mint".into(), keys.lp_mint),
            ("code".into(), code_key()),
        ];
        for asset in &self.assets {
            let symbol = &asset.symbol;
            if asset.has_bank {
                all.push((format!("bank {symbol}"), asset.bank));
                all.push((format!("vault {symbol}"), asset.vault));
                all.push((format!("mint {symbol}"), asset.mint));
            }
            if asset.has_market {
                all.push((format!("market {symbol}"), asset.market));
            }
        }
        let listed = |kind: &'static str| move |key: &Address| (format!("{kind} {key}"), *key);
        all.extend(self.accounts.iter().map(listed("account")));
        all.extend(self.orders.iter().map(listed("order")));
        all.extend(self.requests.iter().map(listed("request")));
        all.extend(self.token_accounts.iter().map(listed("tokens")));
        all.extend(
            self.wallets
                .iter()
                .map(|(key, name)| (format!("wallet {name}"), *key)),
        );
        all
    }

    /// Moves the clock; prices grow old.
    pub fn advance(&mut self, seconds: i64) {
        let now = self.chain.now();
        self.chain.set_clock(now + seconds);
    }

    /// Unix seconds of the clock.
    pub fn now(&self) -> i64 {
        self.chain.now()
    }
}

/// What a world looked like.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(BTreeMap<String, Option<Account>>);

impl Snapshot {
    /// The account with a label, if it existed.
    pub fn get(&self, label: &str) -> Option<&Account> {
        self.0.get(label).and_then(Option::as_ref)
    }
}

/// A program address of the exchange.
pub fn pda(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &plimsoll::ID).0
}
