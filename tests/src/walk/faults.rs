//! What markets, feeds and issuers do.

use super::{Kept, Walk};
use crate::chain::Chain;
use crate::params::{JITOSOL, SOL, USDC};
use crate::pyth::{PriceUpdate, Report};
use solana_address::Address;

/// Where a token account says in what state it is, and the two states.
const STATE_AT: usize = 108;
const FROZEN: u8 = 2;
const LIVE: u8 = 1;
/// Seconds in which an EMA forgets most of what was.
const EMA_SECONDS: f64 = 3_600.0;
/// Confidence of a feed that is too wide for anything, parts of its price.
const WIDE: f64 = 0.03;
/// Updates of a feed that keepers still have.
const KEPT: usize = 40;

impl Walk {
    pub(super) fn waits(&mut self, seconds: u32) {
        self.world.advance(i64::from(seconds));
        if seconds > 3_600 {
            self.tally.fault("time jumps");
        }
        self.say(format!("{seconds} s pass"));
    }

    pub(super) fn moves(&mut self, slot: u8, ppm: i32, followed: bool) {
        let slot = match self.slot(slot) {
            // The quote leaves its peg by no more than a few per cent.
            USDC => {
                let feed = &mut self.feeds[usize::from(USDC)];
                feed.price = (feed.price * (1.0 + f64::from(ppm) / 1e7)).clamp(0.93, 1.03);
                USDC
            }
            slot => {
                self.multiply(slot, 1.0 + f64::from(ppm) / 1e6);
                slot
            }
        };
        if slot == SOL {
            self.multiply(JITOSOL, 1.0 + f64::from(ppm) / 1e6);
        }
        for slot in [slot, if slot == SOL { JITOSOL } else { slot }] {
            let feed = &mut self.feeds[usize::from(slot)];
            if followed {
                feed.ema = feed.price;
            }
        }
        if ppm.abs() >= 200_000 {
            self.tally.fault("price jumps");
        }
        let (symbol, price) = (
            &self.world.asset(slot).symbol,
            self.feeds[usize::from(slot)].price,
        );
        let mean = if followed { "" } else { ", its mean does not" };
        self.say(format!("{symbol} moves to {price}{mean}"));
    }

    fn multiply(&mut self, slot: u8, factor: f64) {
        // Within a hundredfold of where it started: prices may not leave what can be represented.
        let start = self.world.spec.assets[usize::from(slot)].price;
        let feed = &mut self.feeds[usize::from(slot)];
        feed.price = (feed.price * factor).clamp(start / 20.0, start * 20.0);
    }

    /// The price of one asset moves a little.
    pub(super) fn drifts(&mut self, slot: u8, ppm: i32) {
        self.multiply(slot, 1.0 + f64::from(ppm) / 1e6);
    }

    pub(super) fn widens(&mut self, slot: u8, on: bool) {
        let slot = self.slot(slot);
        self.feeds[usize::from(slot)].wide = on;
        if on {
            self.tally.fault("wide confidence");
        }
        let symbol = &self.world.asset(slot).symbol;
        let now = if on { "becomes wide" } else { "is narrow" };
        self.say(format!("the confidence of {symbol} {now}"));
    }

    pub(super) fn darkens(&mut self, slot: u8, on: bool) {
        let slot = self.slot(slot);
        self.feeds[usize::from(slot)].dark = on;
        if on {
            self.tally.fault("silent feeds");
        }
        let symbol = &self.world.asset(slot).symbol;
        let now = if on { "falls silent" } else { "speaks" };
        self.say(format!("the feed of {symbol} {now}"));
    }

    pub(super) fn redeems(&mut self, more: i16) {
        let rate = 1.2 * (1.0 + f64::from(more) / 1_000.0);
        self.world.redeems(JITOSOL, rate);
        self.tally.fault("redemption rates");
        self.say(format!("the stake pool redeems for {rate}"));
    }

    pub(super) fn pool_ages(&mut self) {
        let epoch = self.world.chain.epoch() + 2;
        self.world.chain.set_epoch(epoch);
        self.tally.fault("old stake pool");
        self.say("two epochs pass for the stake pool".into());
    }

    pub(super) fn freezes_vault(&mut self, slot: u8, on: bool) {
        let slot = self.slot(slot);
        let vault = self.world.asset(slot).vault;
        self.set_frozen(vault, on);
        let (symbol, now) = (&self.world.asset(slot).symbol, frozen(on));
        self.say(format!("the vault of {symbol} is {now}"));
    }

    pub(super) fn freezes_wallet(&mut self, who: u8, slot: u8, on: bool) {
        let (name, slot) = (self.name(who), self.slot(slot));
        self.set_frozen(self.world.token_key(name, slot), on);
        let symbol = &self.world.asset(slot).symbol;
        self.say(format!("{name}'s {symbol} are {}", frozen(on)));
    }

    pub(super) fn set_frozen(&mut self, key: Address, on: bool) {
        let mut account = self.world.chain.account(&key).expect("a token account");
        account.data[STATE_AT] = if on { FROZEN } else { LIVE };
        self.world.chain.set_account(key, account);
        if on {
            self.tally.fault("frozen token accounts");
        }
    }

    pub(super) fn drains(&mut self, left: u16) {
        let mut bank = self.world.bank(USDC);
        let keeps = (u128::from(bank.insurance) * u128::from(left) / 1_000) as u64;
        bank.protocol_fees += bank.insurance - keeps;
        bank.insurance = keeps;
        let key = self.world.asset(USDC).bank;
        self.world.write(&key, &*bank);
        self.tally.fault("drained insurance");
        self.say(format!(
            "insurance is left with {}",
            self.amount(USDC, keeps as i64)
        ));
    }

    pub(super) fn bears_anything(&mut self) {
        self.world.bear_any_stress();
        self.tally.fault("headroom by hand");
        self.say("the pool is to bear anything until the next grant".into());
    }

    /// Live feeds publish now; keepers keep what they said.
    pub(super) fn publishes(&mut self) {
        let times = self
            .world
            .assets
            .iter()
            .map(|asset| asset.feed.publish_time);
        let newest = times.max().unwrap_or(0);
        if newest >= self.world.now() {
            self.world.chain.set_clock(newest + 1);
        }
        let now = self.world.now();
        for slot in self.live() {
            let previous = self.world.asset(slot).feed.publish_time;
            let feed = &mut self.feeds[usize::from(slot)];
            let part = 1.0 - (-((now - previous) as f64) / EMA_SECONDS).exp();
            feed.ema += (feed.price - feed.ema) * part;
            let mut report = Report::at(feed.price).ema(feed.ema);
            if feed.wide {
                report = report.conf(feed.price * WIDE);
            }
            self.world.publish_at(slot, report, now);
            let update = PriceUpdate {
                previous_publish_time: previous,
                ..self.world.update(slot)
            };
            let key = self.world.post(&update);
            let kept = &mut self.kept[usize::from(slot)];
            kept.push(Kept {
                previous,
                time: now,
                key,
            });
            if kept.len() > KEPT {
                kept.remove(0);
            }
        }
    }

    /// Slots whose feed speaks.
    pub(super) fn live(&self) -> Vec<u8> {
        let slots = 0..self.world.assets.len() as u8;
        slots
            .filter(|slot| !self.feeds[usize::from(*slot)].dark)
            .collect()
    }

    /// The update that an instant determines, if somebody has it.
    pub(super) fn determined(&self, slot: u8, instant: i64) -> Option<Kept> {
        let mut kept = self.kept[usize::from(slot)].iter();
        kept.find(|kept| kept.previous < instant && instant <= kept.time)
            .copied()
    }
}

fn frozen(on: bool) -> &'static str {
    if on {
        "frozen"
    } else {
        "thawed"
    }
}
