//! The pool: how deposits and withdrawals are asked for, waited for, priced and executed.

use crate::accounts::{call, call_with, meta};
use crate::actor::Actor;
use crate::chain::{Chain, Receipt};
use crate::params::USDC;
use crate::world::{pda, wallet, World};
use plimsoll::constants::REQUEST_SEED;
use plimsoll::error::PlimsollError;
use plimsoll::events::{PoolExecuted, PoolRefused};
use plimsoll::instruction as ix;
use plimsoll::instructions::RequestParams;
use plimsoll::state::{request_kind, PoolRequest};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

/// Price accounts in one transaction.
const BATCH: usize = 16;

/// A request that waits, or waited.
#[derive(Clone, Debug)]
pub struct Filed {
    /// Its address.
    pub key: Address,
    /// The provider's name.
    pub name: String,
    /// Who paid its rent.
    pub payer: Address,
    /// The instant that determines its prices.
    pub execute_at: i64,
}

impl<C: Chain> World<C> {
    /// An open request.
    pub fn pool_request(&self, key: &Address) -> Option<Box<PoolRequest>> {
        self.read(key)
    }

    /// Counts a request in conservation from now on, whether it exists or not.
    pub fn watch_request(&mut self, key: Address) {
        if !self.requests.contains(&key) {
            self.requests.push(key);
        }
    }

    /// Address of request `id` of a wallet.
    pub fn request_key(&self, name: &str, id: u64) -> Address {
        let provider = wallet(name).pubkey();
        pda(&[
            REQUEST_SEED,
            self.keys.pool.as_ref(),
            provider.as_ref(),
            &id.to_le_bytes(),
        ])
    }

    /// Gives every market headroom without end, by hand: for stories of a pool that is too small.
    pub fn bear_any_stress(&mut self) {
        self.set_headroom(u64::MAX);
    }

    /// Takes all headroom away, by hand.
    pub fn bear_no_stress(&mut self) {
        self.set_headroom(0);
    }

    fn set_headroom(&mut self, atoms: u64) {
        for asset in self.assets.clone() {
            if asset.has_market {
                let mut market = self.market(asset.slot);
                market.headroom = atoms;
                self.write(&asset.market, &*market);
            }
        }
    }

    /// Slots of the markets with open interest.
    pub fn traded_slots(&self) -> Vec<u8> {
        let markets = self.assets.iter().filter(|asset| asset.has_market);
        markets
            .map(|asset| asset.slot)
            .filter(|slot| self.market(*slot).open_interest() > 0)
            .collect()
    }

    /// Moves the clock to the instant of the request, if that is still to come, makes sure that every feed
    /// has published since, and refreshes the book.
    pub fn reach_request(&mut self, filed: &Filed) {
        if self.now() < filed.execute_at {
            self.chain.set_clock(filed.execute_at);
        }
        self.publish_all();
        self.refresh();
    }

    /// `pool_price` of slots at their feeds' accounts.
    pub fn price_instruction(&self, filed: &Filed, slots: &[u8]) -> Instruction {
        let feeds = slots.iter().map(|slot| self.asset(*slot).feed.account);
        let feeds = feeds.map(|feed| meta(feed, false)).collect();
        self.price_from(filed, slots, feeds)
    }

    /// The same at accounts of the test's choice.
    pub fn price_from(&self, filed: &Filed, slots: &[u8], feeds: Vec<AccountMeta>) -> Instruction {
        let slots = slots.to_vec();
        let accounts = self.pool_price_accounts(filed);
        call_with(accounts, ix::PoolPrice { slots }, feeds)
    }

    /// `pool_execute` by a keeper, with every market.
    pub fn end_request(&self, keeper: &str, filed: &Filed) -> Instruction {
        let accounts = self.pool_execute_accounts(keeper, filed);
        call_with(accounts, ix::PoolExecute {}, self.all_markets(true))
    }
}

impl<C: Chain> Actor<'_, C> {
    /// Asks to pay quote atoms into the pool, from a wallet that is given them.
    pub fn requests_deposit(self, amount: u64) -> Self {
        self.requests_deposit_for(amount, 0)
    }

    /// The same, for at least so many shares.
    pub fn requests_deposit_for(self, amount: u64, least: u64) -> Self {
        let name = self.name.clone();
        self.world.fund_up_to(&name, USDC, amount);
        self.requests(request_kind::DEPOSIT, amount, least)
    }

    /// Asks to take quote out of the pool for shares.
    pub fn requests_withdrawal(self, shares: u64) -> Self {
        self.requests_withdrawal_for(shares, 0)
    }

    /// The same, for at least so much quote.
    pub fn requests_withdrawal_for(self, shares: u64, least: u64) -> Self {
        self.requests(request_kind::WITHDRAWAL, shares, least)
    }

    fn requests(self, kind: u8, amount: u64, least: u64) -> Self {
        let params = RequestParams {
            id: self.world.next_order,
            kind,
            amount,
            least,
            keeper_fee: self.world.spec.exchange.min_keeper_fee,
        };
        self.requests_with(params)
    }

    /// Asks with parameters of the test's choice.
    pub fn requests_with(self, params: RequestParams) -> Self {
        let name = self.name.clone();
        self.world.fund_up_to(&name, USDC, 0);
        self.world.open_shares(&name);
        self.world.next_order = self.world.next_order.max(params.id) + 1;
        let accounts = self.world.pool_request_accounts(&name, params.id);
        self.world.watch_request(accounts.request);
        self.does(&[call(accounts, ix::PoolRequest { params })])
    }

    /// The request he filed last, which must have been accepted.
    pub fn filed(mut self) -> Filed {
        self.must_have_succeeded();
        self.last_filed()
    }

    fn last_filed(&self) -> Filed {
        let key = *self.world.requests.last().expect("a request");
        let request = self.world.pool_request(&key).expect("it waits");
        Filed {
            key,
            name: self.name.clone(),
            payer: request.payer,
            execute_at: request.execute_at,
        }
    }

    /// Pays quote atoms into the pool: asks, waits for the cool-down, records the prices of traded markets
    /// and executes, all himself. The request may be refused at the end.
    pub fn joins_pool(self, amount: u64) -> Self {
        self.joins_pool_for(amount, 0)
    }

    /// The same, for at least so many shares.
    pub fn joins_pool_for(self, amount: u64, least: u64) -> Self {
        self.requests_deposit_for(amount, least).waits_and_ends()
    }

    /// Takes quote out of the pool for shares; see [`Self::joins_pool`].
    pub fn leaves_pool(self, shares: u64) -> Self {
        self.requests_withdrawal(shares).waits_and_ends()
    }

    fn waits_and_ends(self) -> Self {
        if matches!(self.last, Some(Err(_))) {
            return self;
        }
        let filed = self.last_filed();
        self.world.reach_request(&filed);
        self.prices(&filed).ends(&filed)
    }

    /// Records the determined prices of every traded market in a request.
    pub fn prices(self, filed: &Filed) -> Self {
        let slots = self.world.traded_slots();
        slots.chunks(BATCH).fold(self, |actor, slots| {
            let price = actor.world.price_instruction(filed, slots);
            actor.does(&[price])
        })
    }

    /// Executes a request now, or gives back what it holds.
    pub fn ends(self, filed: &Filed) -> Self {
        let end = self.world.end_request(&self.name, filed);
        self.does(&[end])
    }

    /// The last action must have executed a request.
    pub fn pool_executed(self) -> PoolExecuted {
        self.done().event::<PoolExecuted>()
    }

    /// The last action must have closed a request as refused with this error.
    pub fn pool_refused_with(self, error: PlimsollError) -> Receipt {
        let receipt = self.done();
        assert_eq!(receipt.event::<PoolRefused>().code, u32::from(error));
        receipt
    }
}
