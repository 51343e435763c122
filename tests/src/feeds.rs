//! What the world's price feeds say, and when.

use crate::accounts::{call, call_with};
use crate::chain::{Chain, Failure, Receipt};
use crate::params::hash;
use crate::pyth::{PriceUpdate, PushPrice, Report};
use crate::world::World;
use plimsoll::instruction as ix;
use solana_address::Address;

/// Slots one `refresh` takes.
const BATCH: usize = 16;

impl<C: Chain> World<C> {
    /// The price of one asset changes: every feed publishes now, the others what they said last, and
    /// the book is refreshed. If the feeds have already published at this instant, a second passes.
    pub fn price(&mut self, slot: u8, report: impl Into<Report>) {
        self.prices(&[(slot, report.into())]);
    }

    /// [`Self::price`] for several assets at once.
    pub fn prices(&mut self, reports: &[(u8, Report)]) {
        for (slot, report) in reports {
            self.assets[usize::from(*slot)].feed.report = *report;
        }
        self.tick();
    }

    /// Every feed publishes now what it said last, and the book is refreshed.
    pub fn tick(&mut self) {
        let newest = self
            .assets
            .iter()
            .map(|asset| asset.feed.publish_time)
            .max();
        if newest.is_some_and(|newest| newest >= self.now()) {
            self.chain.set_clock(newest.unwrap_or_default() + 1);
        }
        self.publish_all();
        self.refresh();
    }

    /// Every feed publishes at the clock's instant what it said last; the book is not refreshed.
    pub fn publish_all(&mut self) {
        let now = self.now();
        for slot in 0..self.assets.len() as u8 {
            if self.asset(slot).feed.publish_time < now {
                let report = self.asset(slot).feed.report;
                self.publish_at(slot, report, now);
            }
        }
    }

    /// One feed alone publishes now; the book is not refreshed.
    pub fn publish(&mut self, slot: u8, report: impl Into<Report>) -> Address {
        let now = self.now();
        self.publish_at(slot, report, now)
    }

    /// One feed alone publishes at an instant of one's choice, into its own account. The update's
    /// previous publish time is that of the feed's last one.
    pub fn publish_at(&mut self, slot: u8, report: impl Into<Report>, time: i64) -> Address {
        let previous = self.asset(slot).feed.publish_time;
        let feed = &mut self.assets[usize::from(slot)].feed;
        feed.report = report.into();
        feed.publish_time = time;
        let account = if feed.is_push {
            self.push_price(slot).account()
        } else {
            let update = self.update(slot);
            PriceUpdate {
                previous_publish_time: previous,
                ..update
            }
            .account()
        };
        let key = self.asset(slot).feed.account;
        self.chain.set_account(key, account);
        key
    }

    /// What the feed said last as a pull update, to be changed and posted. Its previous publish time
    /// is a second before its publish time.
    pub fn update(&self, slot: u8) -> PriceUpdate {
        let feed = &self.asset(slot).feed;
        let report = feed.report;
        let conf = report
            .conf
            .unwrap_or_else(|| usual_conf(report.price, feed.conf_ppm));
        let time = feed.publish_time;
        PriceUpdate {
            receiver: feed.program,
            ema: report.ema.unwrap_or(report.price),
            ..PriceUpdate::new(feed.id, report.price, conf, time, time - 1)
        }
    }

    /// What the feed said last as a push price, to be changed.
    pub fn push_price(&self, slot: u8) -> PushPrice {
        let feed = &self.asset(slot).feed;
        let report = feed.report;
        let conf = report
            .conf
            .unwrap_or_else(|| usual_conf(report.price, feed.conf_ppm));
        PushPrice {
            owner: feed.program,
            ema: report.ema.unwrap_or(report.price),
            ..PushPrice::new(report.price, conf, feed.publish_time)
        }
    }

    /// Posts an update into an account of its own.
    pub fn post(&mut self, update: &PriceUpdate) -> Address {
        self.posted += 1;
        let key = Address::new_from_array(hash(&format!("posted update {}", self.posted)));
        self.chain.set_account(key, update.account());
        key
    }

    /// Refreshes every asset of the book from its feed's account.
    pub fn refresh(&mut self) {
        let slots: Vec<u8> = (0..self.assets.len() as u8).collect();
        for batch in slots.chunks(BATCH) {
            if let Err(failure) = self.refresh_slots(batch) {
                panic!("refresh: {failure}");
            }
        }
    }

    /// Refreshes some assets.
    pub fn refresh_slots(&mut self, slots: &[u8]) -> Result<Receipt, Failure> {
        let feeds = self.feed_accounts(slots);
        let args = ix::Refresh {
            slots: slots.to_vec(),
        };
        let instruction = call_with(self.refresh_accounts(), args, feeds);
        self.send(&[instruction], &[])
    }

    /// Refreshes one asset from an account of one's choice.
    pub fn refresh_from(&mut self, slot: u8, price: Address) -> Result<Receipt, Failure> {
        let mut instruction = call(self.refresh_accounts(), ix::Refresh { slots: vec![slot] });
        instruction
            .accounts
            .push(crate::accounts::meta(price, false));
        instruction.accounts.extend(self.stake_pool_account(slot));
        self.send(&[instruction], &[])
    }
}

fn usual_conf(price: i64, ppm: u64) -> u64 {
    (u128::from(price.unsigned_abs()) * u128::from(ppm) / 1_000_000) as u64
}
