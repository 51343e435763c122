//! Those who join the pool and leave it.

use super::act::Act;
use super::step::Much;
use super::Walk;
use crate::accounts::call;
use crate::chain::Chain;
use crate::params::USDC;
use crate::pool::Filed;
use plimsoll::instruction as ix;
use plimsoll::state::request_kind;

/// Who has the first shares.
const FIRST: &str = "lp";

impl Walk {
    pub(super) fn asks_pool(&mut self, who: u8, joins: bool, much: Much) {
        let name = if !joins && who.is_multiple_of(2) {
            FIRST
        } else {
            self.name(who)
        };
        let shares = self.world.shares(name);
        let wallet = self.world.tokens(name, USDC);
        let (kind, amount) = if joins {
            (request_kind::DEPOSIT, self.atoms_of(USDC, much, wallet))
        } else {
            // Dollars are shares here, about.
            (request_kind::WITHDRAWAL, self.atoms_of(USDC, much, shares))
        };
        self.world.fund_up_to(name, USDC, 0);
        self.world.open_shares(name);
        if joins && amount < u64::MAX {
            self.world.fund_up_to(name, USDC, amount);
        }
        let params = self.request_params(kind, amount);
        let verb = if joins { "join" } else { "leave" };
        let said = format!("{name} asks to {verb} the pool with {amount}");
        let act = Act::of("pool_request");
        // The token program's own refusals are as good as any.
        let there = if joins {
            self.world.tokens(name, USDC)
        } else {
            shares
        };
        let act = if amount > there { act.hostile() } else { act };
        let done = self.attempt(&act, &said, |world| {
            world.actor(name).requests_with(params).outcome()
        });
        if done.is_ok() {
            let key = self.world.request_key(name, params.id);
            let request = self.world.pool_request(&key).expect("it was filed");
            self.filed.push(Filed {
                key,
                name: name.to_owned(),
                payer: request.payer,
                execute_at: request.execute_at,
            });
        }
    }

    pub(super) fn ends_request(&mut self, pick: u8, waits: bool) {
        let world = &self.world;
        self.filed
            .retain(|filed| world.pool_request(&filed.key).is_some());
        let Some(at) = usize::from(pick).checked_rem(self.filed.len()) else {
            return;
        };
        let filed = self.filed[at].clone();
        if waits && self.world.now() < filed.execute_at {
            self.world.chain.set_clock(filed.execute_at);
        }
        self.freshens();
        self.prices_request(&filed);
        let said = format!("a keeper ends {}'s request", filed.name);
        let _ = self.attempt(&Act::of("pool_execute"), &said, |world| {
            let end = world.end_request("keeper", &filed);
            world.send(&[end], &["keeper"])
        });
    }

    fn prices_request(&mut self, filed: &Filed) {
        for slot in self.world.traded_slots() {
            let Some(kept) = self.determined(slot, filed.execute_at) else {
                continue;
            };
            let symbol = &self.world.asset(slot).symbol;
            let said = format!("{symbol} is priced for {}'s request", filed.name);
            let _ = self.attempt(&Act::of("pool_price"), &said, |world| {
                let feeds = vec![crate::accounts::meta(kept.key, false)];
                let price = world.price_from(filed, &[slot], feeds);
                world.send(&[price], &[])
            });
        }
    }

    /// A wallet pays into insurance what its instruction says, however much.
    pub(super) fn insures_blindly(&mut self, name: &'static str, amount: u64) {
        let said = format!("{name} pays {amount} into insurance");
        let act = Act::of("fund_insurance").hostile();
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.fund_insurance_accounts(name);
            world.send(&[call(accounts, ix::FundInsurance { amount })], &[name])
        });
    }
}
