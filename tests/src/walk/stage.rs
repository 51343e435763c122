//! The world of a seed before its first step.

use super::tally::Tally;
use super::{FeedNow, Walk};
use crate::amounts::{btc, eth, jitosol, sol, usdc};
use crate::chain::LiteChain;
use crate::params::{Spec, BTC, ETH, JITOSOL, SOL, USDC};
use crate::world::{wallet, World};
use solana_address::Address;
use solana_signer::Signer;

/// Who takes part: traders, lenders, liquidity providers, keepers, and one who means harm.
pub const PEOPLE: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "lena", "liz", "keeper", "kim", "mallory",
];
/// Who works for fees.
pub const KEEPERS: [&str; 2] = ["keeper", "kim"];

/// The world of a seed; walks are taken in copies of it.
pub struct Stage {
    world: World<LiteChain>,
}

impl Stage {
    /// The stage of a seed: rates fixed or measured.
    pub fn of(seed: u64) -> Self {
        let mut world = World::with(LiteChain::with_venue(), |spec| shape(spec, seed));
        world.open_venue();
        for name in PEOPLE {
            world.actor(name).opens_account().done();
            for slot in [USDC, SOL, BTC, ETH, JITOSOL] {
                world.fund(name, slot, 0);
            }
            world.open_shares(name);
        }
        for name in &PEOPLE[..5] {
            world.actor(name).deposits(usdc(10_000)).done();
            world.actor(name).account(1).opens_account().done();
        }
        let lena = world.actor("lena").deposits(usdc(200_000)).lends(USDC);
        let lena = lena.deposits(sol(2_000)).lends(SOL);
        let lena = lena.deposits(btc(3)).lends(BTC);
        let lena = lena.deposits(eth(60)).lends(ETH);
        lena.deposits(jitosol(1_500)).lends(JITOSOL).done();
        let liz = world.actor("liz").deposits(usdc(30_000)).lends(USDC);
        liz.deposits(sol(300)).lends(SOL).done();
        for name in KEEPERS {
            let keeper = world.actor(name).deposits(usdc(150_000));
            keeper.deposits(sol(200)).done();
        }
        // Counted by the walk itself.
        world.checks.conservation = false;
        Self { world }
    }

    pub(super) fn begin(&self, telling: bool) -> Walk {
        let world = self.world.clone();
        let said = |slot: usize| {
            let report = world.assets[slot].feed.report;
            report.price as f64 / 1e8
        };
        let feeds = (0..world.assets.len()).map(|slot| FeedNow {
            price: said(slot),
            ema: said(slot),
            wide: false,
            dark: false,
        });
        Walk {
            feeds: feeds.collect(),
            kept: vec![Vec::new(); world.assets.len()],
            tally: Tally::default(),
            lines: Vec::new(),
            telling,
            filed: Vec::new(),
            executed: Vec::new(),
            world,
        }
    }
}

/// A pool and insurance that a few storms can empty.
fn shape(spec: &mut Spec, seed: u64) {
    spec.with_liquid_staking();
    if seed % 2 == 1 {
        spec.measured();
    }
    spec.exchange.insurance_target = usdc(2_000).atoms;
    spec.insurance = usdc(2_000).atoms;
    spec.pool_deposit = usdc([40_000, 100_000, 500_000][(seed / 2 % 3) as usize]).atoms;
}

impl Walk {
    /// Somebody's name.
    pub(super) fn name(&self, who: u8) -> &'static str {
        PEOPLE[usize::from(who) % PEOPLE.len()]
    }

    /// An asset.
    pub(super) fn slot(&self, slot: u8) -> u8 {
        slot % self.world.assets.len() as u8
    }

    /// A market.
    pub(super) fn market_slot(&self, slot: u8) -> u8 {
        [SOL, BTC, ETH][usize::from(slot) % 3]
    }

    /// Whose account it is, and which: for the story.
    pub(super) fn whose(&self, key: &Address) -> String {
        let owner = self.world.margin_account(key).owner;
        let named = PEOPLE.iter().find(|name| wallet(name).pubkey() == owner);
        let id = self.world.margin_account(key).id;
        let name = named.copied().unwrap_or("somebody");
        if id == 0 {
            name.to_owned()
        } else {
            format!("{name} ({id})")
        }
    }

    /// Atoms worth so many dollars at what the feed would say now.
    pub(super) fn atoms_for(&self, slot: u8, dollars: f64) -> u64 {
        let decimals = self.world.asset(slot).decimals;
        let price = self.feeds[usize::from(slot)].price;
        (dollars / price * 10f64.powi(i32::from(decimals))) as u64
    }

    /// "3.2 SOL".
    pub(super) fn amount(&self, slot: u8, atoms: i64) -> String {
        let asset = self.world.asset(slot);
        let units = atoms as f64 / 10f64.powi(i32::from(asset.decimals));
        format!("{units} {}", asset.symbol)
    }
}
