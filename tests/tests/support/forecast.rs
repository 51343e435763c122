//! What a liquidation must leave behind: every account it may write, byte for byte, computed from the
//! engine's plan before it is sent.

use std::collections::BTreeMap;

use plimsoll::events::Liquidated;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::state::{AgeLimit, Bank, MarginAccount, Market};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{level_ceil, Purpose};
use plimsoll_engine::liquidation::{Plan, Taken};
use plimsoll_engine::trade::{apply, Execution};
use plimsoll_engine::units::{Base, Usd};
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;

/// The accounts as they must be afterwards.
pub struct Forecast {
    /// The plan.
    pub plan: Plan,
    /// What it takes of each leg.
    pub taken: Vec<Taken>,
    /// Reward of the keeper for closing a bankrupt account.
    pub reward: u64,
    name: String,
    keeper_name: String,
    account: Box<MarginAccount>,
    keeper: Box<MarginAccount>,
    markets: BTreeMap<u8, Box<Market>>,
    quote_bank: Box<Bank>,
}

/// What liquidating these legs of account 0 of `name` by account 0 of `keeper` now must do.
pub fn forecast<C: Chain>(
    world: &World<C>,
    name: &str,
    keeper: &str,
    legs: &[LiquidationLeg],
) -> plimsoll_engine::Result<Forecast> {
    let (plan, taken) = world.plan(name, legs)?;
    let mut all = Forecast {
        plan,
        taken,
        reward: 0,
        name: name.to_owned(),
        keeper_name: keeper.to_owned(),
        account: world.account(name),
        keeper: world.account(keeper),
        markets: BTreeMap::new(),
        quote_bank: world.bank(USDC),
    };
    all.observe(world);
    let mut usual_fee = 0;
    let mut first_market = None;
    for (leg, done) in legs.iter().zip(all.taken.clone()) {
        if leg.kind == leg_kind::POSITION {
            first_market.get_or_insert(leg.slot);
            let market = world.market(leg.slot);
            usual_fee += Fixed(market.liquidation_fee).of_floor(done.notional)?;
            all.markets.insert(leg.slot, market);
            all.close(leg.slot, &done, world.now())?;
        } else {
            all.sell(leg.slot, &done);
        }
    }
    if let Some(slot) = first_market {
        all.pay(slot, world.book().bankrupt_reward.min(usual_fee));
    }
    Ok(all)
}

impl Forecast {
    /// The observation that every liquidation begins with, and what it counts.
    fn observe<C: Chain>(&mut self, world: &World<C>) {
        let (book, now) = (world.book(), world.now());
        let before = health(&book, &self.account, now, AgeLimit::Other, Purpose::Trade);
        let (call, target) = (Fixed(book.call_level), Fixed(book.target_level));
        let episode = self.account.episode();
        let mut episode = episode
            .observed(&before, call, target, now)
            .expect("it can be observed");
        if episode.last_liquidation == 0 {
            let profile = self.account.profile().liquidated(now);
            self.account.set_profile(&profile.expect("a profile"));
        }
        episode.liquidated += self.plan.improvement().expect("a plan");
        episode.last_liquidation = now;
        episode.moment = self.plan.moment;
        self.account.set_episode(&episode);
    }

    fn close(&mut self, slot: u8, done: &Taken, now: i64) -> plimsoll_engine::Result<()> {
        if done.size == 0 {
            return Ok(());
        }
        let mut places = self.account.positions.iter_mut();
        let place = places
            .find(|place| place.base != 0 && place.slot == slot)
            .expect("the position is held");
        let before = place.position();
        let size = i64::try_from(done.size).expect("a size") * -before.base.0.signum();
        let execution = Execution {
            size: Base(size),
            mantissa: done.mantissa,
            notional: done.notional,
        };
        let after = apply(&before, &execution)?.position;
        place.set(slot, &after);
        let market = self.markets.get_mut(&slot).expect("the market is known");
        market.count_liquidated(done.size, now);
        let sums = market.sums().moved(&before, &after)?;
        market.set_sums(&sums);
        Ok(())
    }

    fn sell(&mut self, slot: u8, done: &Taken) {
        let (size, notional) = (signed(done.size), signed(done.notional));
        let insurance = signed(done.insurance);
        if size == 0 {
            return;
        }
        let sold = self.account.balance_place(slot, USDC).expect("a place");
        let left = self.account.balances[sold].amount - size;
        self.account.set_balance(sold, slot, left).expect("a place");
        self.account.balances[0].amount += notional;
        let bought = self.keeper.balance_place(slot, USDC).expect("a place");
        let held = self.keeper.balances[bought].amount + size;
        self.keeper
            .set_balance(bought, slot, held)
            .expect("a place");
        self.keeper.balances[0].amount -= notional + insurance;
        self.quote_bank.deposits -= done.insurance;
        self.quote_bank.insurance += done.insurance;
    }

    /// Fee and reward go through the market of the first position leg.
    fn pay(&mut self, slot: u8, reward: u64) {
        let plan = &self.plan;
        assert_eq!(plan.fee, plan.fee_keeper + plan.fee_insurance);
        let market = self.markets.get_mut(&slot).expect("the market is known");
        self.account.credit -= signed(plan.fee);
        self.keeper.credit += signed(plan.fee_keeper);
        market.claims -= signed(plan.fee_insurance);
        market.accrued_insurance += signed(plan.fee_insurance);
        let open = self.account.positions.iter().any(|place| place.base != 0);
        let holds = self.account.balances[1..]
            .iter()
            .any(|balance| balance.amount != 0);
        let bankrupt = plan.before.equity <= Usd::ZERO;
        if bankrupt && !open && !holds && self.account.rewarded == 0 {
            self.reward = reward;
            self.account.rewarded = 1;
            self.keeper.credit += signed(reward);
            market.claims += signed(reward);
            market.accrued_insurance -= signed(reward);
        }
    }

    /// The world is as forecast, and the event says so.
    pub fn assert_came_true<C: Chain>(&self, world: &World<C>, receipt: &Receipt) {
        assert_same("account", &*self.account, &*world.account(&self.name));
        let keeper = world.account(&self.keeper_name);
        assert_same("keeper's account", &*self.keeper, &*keeper);
        for (slot, market) in &self.markets {
            assert_same("market", &**market, &*world.market(*slot));
        }
        assert_same("quote bank", &*self.quote_bank, &*world.bank(USDC));
        assert_eq!(world.health(&self.name).maintenance, self.plan.after);
        self.assert_told(&receipt.event::<Liquidated>());
    }

    fn assert_told(&self, told: &Liquidated) {
        let plan = &self.plan;
        let fees = (told.fee, told.fee_keeper, told.fee_insurance);
        assert_eq!(fees, (plan.fee, plan.fee_keeper, plan.fee_insurance));
        assert_eq!(told.reward, self.reward);
        let shortage = |view: plimsoll_engine::health::View| view.shortage().expect("it fits").0;
        assert_eq!(told.shortage_before, shortage(plan.before));
        assert_eq!(told.shortage_after, shortage(plan.after));
        assert_eq!(told.equity_after, plan.after.equity.0);
        for (leg, done) in told.legs.iter().zip(&self.taken) {
            let said = (leg.size, leg.notional, leg.insurance);
            assert_eq!(said, (done.size, done.notional, done.insurance));
        }
    }

    /// E_m minus the target afterwards: how far the liquidation went too far, if it is positive.
    pub fn beyond_target<C: Chain>(&self, world: &World<C>) -> i64 {
        let plan = &self.plan;
        let level = Fixed(world.book().target_level);
        let target = level_ceil(plan.after.requirement, plan.initial_requirement, level);
        plan.after.equity.0 - target.expect("a level").0
    }
}

fn assert_same<T: bytemuck::Pod + std::fmt::Debug>(what: &str, expected: &T, found: &T) {
    if bytemuck::bytes_of(expected) != bytemuck::bytes_of(found) {
        panic!("{what}: expected {expected:#?}\nfound {found:#?}");
    }
}

fn signed(atoms: u64) -> i64 {
    i64::try_from(atoms).expect("an amount")
}
