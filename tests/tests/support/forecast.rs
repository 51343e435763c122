//! What a liquidation must leave behind: every account it may write, byte for byte, computed from the
//! engine's plan before it is sent.

use std::collections::BTreeMap;

use plimsoll::events::Liquidated;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::state::{AgeLimit, Bank, BookAt, MarginAccount, Market};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::health::{level_ceil, Purpose};
use plimsoll_engine::index::Index;
use plimsoll_engine::lending::Lending;
use plimsoll_engine::liquidation::{Plan, Taken};
use plimsoll_engine::trade::{apply, Execution};
use plimsoll_engine::units::{Base, Quote, Usd};
use plimsoll_engine::EngineError;
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
    /// The quote's and those of the legs.
    banks: BTreeMap<u8, Box<Bank>>,
    indices: BTreeMap<u8, Index>,
    /// Quote is a deposit that is not lent on both sides.
    plain: bool,
}

/// More cash than any bank has: what is paid from one balance to another needs none.
const ADVANCE: u64 = 1 << 62;

/// What changes hands in quote.
#[derive(Default)]
struct Flow {
    received: u64,
    spent: u64,
    insurance: u64,
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
        banks: BTreeMap::new(),
        indices: BTreeMap::new(),
        plain: true,
    };
    all.open_banks(world, legs);
    let mut flow = Flow::default();
    all.observe(world);
    let mut usual_fee = 0;
    let mut first_market = None;
    for (leg, done) in legs.iter().zip(all.taken.clone()) {
        if leg.kind == leg_kind::POSITION {
            first_market.get_or_insert(leg.slot);
            let market = world.market(leg.slot);
            usual_fee += Fixed(market.liquidation_fee).of_floor(done.notional)?;
            all.markets.insert(leg.slot, market);
            let book = world.book();
            let index = book
                .listed_asset(leg.slot)
                .expect("listed")
                .funding(world.now());
            all.close(leg.slot, &done, &index, world.now())?;
        } else if done.size > 0 {
            flow.insurance += done.insurance;
            if leg.kind == leg_kind::DEBT {
                flow.spent += done.notional;
                all.repay(leg.slot, &done)?;
            } else {
                flow.received += done.notional;
                all.sell(leg.slot, &done)?;
            }
        }
    }
    all.pay_quote(&flow)?;
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

    fn close(
        &mut self,
        slot: u8,
        done: &Taken,
        index: &FundingIndex,
        now: i64,
    ) -> plimsoll_engine::Result<()> {
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
        let traded = apply(&before, &execution, index)?;
        let after = traded.position;
        place.set(slot, &after);
        place.count(traded.realised, traded.funding, Quote::ZERO);
        let market = self.markets.get_mut(&slot).expect("the market is known");
        market.count_liquidated(done.size, now);
        let sums = market.sums().moved(&before, &after)?;
        market.set_sums(&sums);
        market.open_positions[usize::from(before.base.0 < 0)] -= u32::from(after.base.0 == 0);
        Ok(())
    }

    fn open_banks<C: Chain>(&mut self, world: &World<C>, legs: &[LiquidationLeg]) {
        let book = world.book();
        let at = BookAt {
            book: &book,
            now: world.now(),
            limit: AgeLimit::Other,
        };
        let others = legs.iter().filter(|leg| leg.kind != leg_kind::POSITION);
        for slot in others.map(|leg| leg.slot).chain([USDC]) {
            let index = at.borrow_index(slot).expect("an index");
            self.banks.insert(slot, world.bank(slot));
            self.indices.insert(slot, index);
        }
        let is_plain = |account: &MarginAccount| {
            let quote = account.balances[0];
            quote.amount >= 0 && quote.lent == 0
        };
        self.plain = is_plain(&self.account) && is_plain(&self.keeper);
    }

    /// A deposit goes to the keeper as it is kept, if he holds the same kind or nothing.
    fn sell(&mut self, slot: u8, done: &Taken) -> plimsoll_engine::Result<()> {
        let sold = self.account.balance_place(slot, USDC).expect("a place");
        let bought = self.keeper.balance_place(slot, USDC).expect("a place");
        let (given, held) = (self.account.balances[sold], self.keeper.balances[bought]);
        if held.amount == 0 || (held.amount > 0 && held.lent == given.lent) {
            shift(
                &mut self.account,
                sold,
                &mut self.keeper,
                bought,
                signed(done.amount),
            );
            return Ok(());
        }
        let (mut bank, mut lending) = self.advance(slot)?;
        let atoms = match given.lent {
            0 => {
                bank.deposits -= done.amount;
                done.amount
            }
            _ => lending.redeem_all(done.amount)?.atoms,
        };
        set(
            &mut self.account,
            sold,
            slot,
            given.amount - signed(done.amount),
        );
        receive(&mut self.keeper, bought, &mut bank, &mut lending, atoms)?;
        self.close_advance(slot, bank, lending)
    }

    /// A debt goes to the keeper, or is paid from his deposit.
    fn repay(&mut self, slot: u8, done: &Taken) -> plimsoll_engine::Result<()> {
        let owed = self.account.balance_place(slot, USDC).expect("a place");
        let paid = self.keeper.balance_place(slot, USDC).expect("a place");
        let (debt, held) = (self.account.balances[owed], self.keeper.balances[paid]);
        let left = debt.amount + signed(done.amount);
        if held.amount <= 0 {
            if left == 0 && debt.pending_loss > 0 {
                let bank = self.banks.get_mut(&slot).expect("the bank is known");
                let mut lending = bank.lending();
                lending.record(debt.pending_loss, 0)?;
                bank.set_lending(&lending);
                self.account.balances[owed].pending_loss = 0;
            }
            shift(
                &mut self.account,
                owed,
                &mut self.keeper,
                paid,
                -signed(done.amount),
            );
            return Ok(());
        }
        let (mut bank, mut lending) = self.advance(slot)?;
        let cost = self.indices[&slot].atoms_ceil(done.amount)?;
        spend(&mut self.keeper, paid, &mut bank, &mut lending, cost)?;
        lending.cash += cost;
        lending.debt_shares -= done.amount;
        if left == 0 {
            lending.record(debt.pending_loss, 0)?;
            self.account.balances[owed].pending_loss = 0;
        }
        set(&mut self.account, owed, slot, left);
        self.close_advance(slot, bank, lending)
    }

    /// Who pays more pays the difference; of that insurance gets its part first where the account pays.
    fn pay_quote(&mut self, flow: &Flow) -> plimsoll_engine::Result<()> {
        let to_account = flow.received.saturating_sub(flow.spent);
        let from_account = flow.spent.saturating_sub(flow.received);
        let by_account = from_account.min(flow.insurance);
        let by_keeper = flow.insurance - by_account;
        let (mut bank, mut lending) = if self.plain {
            let bank = self.banks[&USDC].clone();
            let mut lending = bank.lending();
            lending.cash += ADVANCE;
            (bank, lending)
        } else {
            self.advance(USDC)?
        };
        let (account, keeper) = (&mut *self.account, &mut *self.keeper);
        if to_account > 0 {
            spend(keeper, 0, &mut bank, &mut lending, to_account)?;
            receive(account, 0, &mut bank, &mut lending, to_account)?;
        }
        if from_account > by_account {
            spend(
                account,
                0,
                &mut bank,
                &mut lending,
                from_account - by_account,
            )?;
            receive(
                keeper,
                0,
                &mut bank,
                &mut lending,
                from_account - by_account,
            )?;
        }
        for (payer, atoms) in [(account, by_account), (keeper, by_keeper)] {
            if atoms == 0 {
                continue;
            }
            let lent = payer.balances[0].lent != 0;
            spend(payer, 0, &mut bank, &mut lending, atoms)?;
            if lent {
                lending.cash += atoms;
                lending.reserve += atoms;
            } else {
                bank.insurance += atoms;
            }
        }
        if flow.received + flow.spent > 0 {
            self.close_advance(USDC, bank, lending)?;
        }
        Ok(())
    }

    fn advance(&self, slot: u8) -> plimsoll_engine::Result<(Box<Bank>, Lending)> {
        let bank = self.banks[&slot].clone();
        let mut lending = bank.lending();
        lending.accrue(self.indices[&slot], Fixed(bank.reserve_share))?;
        lending.cash += ADVANCE;
        Ok((bank, lending))
    }

    fn close_advance(
        &mut self,
        slot: u8,
        mut bank: Box<Bank>,
        mut lending: Lending,
    ) -> plimsoll_engine::Result<()> {
        let cash = lending.cash.checked_sub(ADVANCE);
        lending.cash = cash.ok_or(EngineError::LenderCash)?;
        bank.set_lending(&lending);
        self.banks.insert(slot, bank);
        Ok(())
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
            .any(|balance| balance.amount > 0);
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
        for (slot, bank) in &self.banks {
            assert_same("bank", &**bank, &*world.bank(*slot));
        }
        let (found, planned) = (world.health(&self.name).maintenance, self.plan.after);
        if self.plain {
            assert_eq!(found, planned);
        } else {
            // Shares of a quote loan or of lent quote are worth whole atoms only,
            // and a bank may have earned a little since the book was told.
            let more = found.equity.0 - planned.equity.0;
            assert!(
                (-4..=1_000).contains(&more),
                "{found:?} against {planned:?}"
            );
        }
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

/// An amount moves as it is kept; negative for a debt.
fn shift(from: &mut MarginAccount, out: usize, to: &mut MarginAccount, into: usize, amount: i64) {
    let given = from.balances[out];
    set(from, out, given.slot, given.amount - amount);
    let grown = to.balances[into].amount + amount;
    set(to, into, given.slot, grown);
    to.balances[into].lent = given.lent;
}

/// Takes atoms out of a deposit.
fn spend(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    lending: &mut Lending,
    atoms: u64,
) -> plimsoll_engine::Result<()> {
    let balance = account.balances[place];
    let amount = if balance.lent == 0 {
        if balance.amount < signed(atoms) {
            return Err(EngineError::InsufficientShares);
        }
        bank.deposits -= atoms;
        atoms
    } else {
        lending.redeem(atoms, balance.amount.unsigned_abs())?.shares
    };
    set(account, place, bank.slot, balance.amount - signed(amount));
    Ok(())
}

/// Pays atoms into a balance of any kind.
fn receive(
    account: &mut MarginAccount,
    place: usize,
    bank: &mut Bank,
    lending: &mut Lending,
    atoms: u64,
) -> plimsoll_engine::Result<()> {
    let balance = account.balances[place];
    let amount = if balance.amount < 0 {
        let repaid = lending.repay(atoms, balance.amount.unsigned_abs())?;
        let (owed, rest) = (balance.amount + signed(repaid.shares), atoms - repaid.atoms);
        if owed == 0 {
            lending.record(balance.pending_loss, 0)?;
            account.balances[place].pending_loss = 0;
            bank.deposits += rest;
        }
        owed + if owed == 0 { signed(rest) } else { 0 }
    } else if balance.lent == 0 {
        bank.deposits += atoms;
        balance.amount + signed(atoms)
    } else {
        balance.amount + signed(lending.lend_anyway(atoms)?)
    };
    set(account, place, bank.slot, amount);
    Ok(())
}

fn set(account: &mut MarginAccount, place: usize, slot: u8, amount: i64) {
    account.set_balance(place, slot, amount).expect("a place");
}
