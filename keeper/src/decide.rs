//! What should be done, as a pure function of what is known, the rules and the time.
//!
//! Nothing here sends, waits or remembers: who calls leaves out what is under way or failed a moment ago.

use plimsoll::constants::ACTION_AGE;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::losses::take::is_spent;
use plimsoll::state::{listed, oracle_kind, AgeLimit, BookAt, MarginAccount};
use plimsoll_client::health::health;
use plimsoll_client::plan::plan;
use plimsoll_engine::exposure::{AccountView, BookView, Holding, BALANCES, POSITIONS};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::Health;
use plimsoll_engine::liquidation::MAX_LEGS;
use plimsoll_engine::price::Quality;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::units::Base;
use solana_address::Address;

use crate::book::World;
use crate::config::{Duties, Lists, Own, Policy};

mod waiting;

pub use waiting::{for_change, for_order, for_request};

/// What the keeper may do, and what for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Its duties.
    pub duties: Duties,
    /// What is worth doing.
    pub policy: Policy,
    /// Whom it looks after.
    pub lists: Lists,
    /// What its own account may be used for.
    pub own: Own,
    /// Its own margin account.
    pub account: Address,
    /// Seconds between two applications of a change that grows.
    pub change_pace: i64,
}

/// Which price an order executes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// The first update published at or after this instant.
    Determined(i64),
    /// The newest there is.
    Newest,
    /// That in the book: a push feed's.
    Book,
}

/// One thing to do; one transaction, where no price has to be posted before it.
#[derive(Clone, Debug)]
#[allow(
    missing_docs,
    reason = "each is an instruction and what it is called with"
)]
pub enum Action {
    CallMargin {
        account: Address,
    },
    Liquidate {
        account: Address,
        legs: Vec<LiquidationLeg>,
        /// Expected, before the transaction's cost, micro-dollars.
        profit: i64,
    },
    Settle {
        account: Address,
        /// Whether it stands between a bankrupt account and its end.
        ends: bool,
    },
    SettleBadDebt {
        account: Address,
        /// Whether the keeper's account holds what insurance would buy.
        sells: bool,
    },
    Execute {
        order: Address,
        price: Price,
    },
    Cancel {
        order: Address,
    },
    PriceRequest {
        request: Address,
        slots: Vec<u8>,
    },
    EndRequest {
        request: Address,
    },
    Deleverage {
        slot: u8,
    },
    Sync,
    Apply {
        change: Address,
    },
}

impl Action {
    /// Its kind, as metrics and back-off name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CallMargin { .. } => "call_margin",
            Self::Liquidate { .. } => "liquidate",
            // Not the same task: an end does not wait for the pace of settlements.
            Self::Settle { ends: true, .. } => "settle_end",
            Self::Settle { .. } => "settle",
            Self::SettleBadDebt { .. } => "settle_bad_debt",
            Self::Execute { .. } => "execute_order",
            Self::Cancel { .. } => "cancel_order",
            Self::PriceRequest { .. } => "pool_price",
            Self::EndRequest { .. } => "pool_execute",
            Self::Deleverage { .. } => "deleverage",
            Self::Sync => "sync",
            Self::Apply { .. } => "apply_change",
        }
    }

    /// Whether seconds count: what cannot wait for a place among the transactions on their way.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::Liquidate { .. } | Self::Execute { .. })
    }

    /// What it is done to, if not to all; two actions of one kind on one subject are the same task.
    pub fn subject(&self) -> Option<Address> {
        Some(match self {
            Self::CallMargin { account }
            | Self::Liquidate { account, .. }
            | Self::Settle { account, .. }
            | Self::SettleBadDebt { account, .. } => *account,
            Self::Execute { order, .. } | Self::Cancel { order } => *order,
            Self::PriceRequest { request, .. } | Self::EndRequest { request } => *request,
            Self::Apply { change } => *change,
            Self::Deleverage { slot } => Address::new_from_array([*slot; 32]),
            Self::Sync => return None,
        })
    }
}

fn at(world: &World, now: i64) -> BookAt<'_> {
    BookAt {
        book: &world.book,
        now,
        limit: AgeLimit::Other,
    }
}

/// What a margin account needs.
pub fn for_account(world: &World, rules: &Rules, key: &Address, now: i64) -> Vec<Action> {
    let Some(account) = world.accounts.get(key) else {
        return Vec::new();
    };
    let admitted = rules.lists.admits(key, &account.owner);
    if account.swapping != 0 || !admitted {
        return Vec::new();
    }
    let Ok(found) = health(&world.book, account, now) else {
        // A position of an epoch long ended can be read again once it is settled.
        let settle = rules.duties.settle.then_some(Action::Settle {
            account: *key,
            ends: false,
        });
        return settle.into_iter().collect();
    };
    let mut actions = Vec::new();
    actions.extend(loss(world, rules, key, account, &found, now));
    let liquidation = liquidation(world, rules, key, account, &found, now);
    if let Some(action) = liquidation {
        actions.push(action);
    } else if rules.duties.call_margin && changes_call(world, account, &found, now) {
        actions.push(Action::CallMargin { account: *key });
    }
    actions.extend(settlement(world, rules, key, account, &found, now));
    actions
}

/// Whether an observation would change what stands against the account.
fn changes_call(world: &World, account: &MarginAccount, found: &Health, now: i64) -> bool {
    let levels = (Fixed(world.book.call_level), Fixed(world.book.target_level));
    let episode = account.episode();
    let observed = episode.observed(found, levels.0, levels.1, now);
    observed.is_ok_and(|observed| observed != episode)
}

fn liquidation(
    world: &World,
    rules: &Rules,
    key: &Address,
    account: &MarginAccount,
    found: &Health,
    now: i64,
) -> Option<Action> {
    if !rules.duties.liquidate || found.maintenance.is_met() || *key == rules.account {
        return None;
    }
    let own = world.accounts.get(&rules.account)?;
    if own.swapping != 0 {
        return None;
    }
    let positions = positions(world, account, now);
    let mut choices: Vec<Vec<LiquidationLeg>> = Vec::new();
    choices.extend(positions.first().map(|leg| vec![*leg]));
    if positions.len() > 1 {
        choices.push(positions.clone());
    }
    let best = best(world, rules, account, choices, now);
    let best = best.or_else(|| {
        let choices = exchanges(world, rules, own, account, &positions, now);
        self::best(world, rules, account, choices, now)
    });
    best.map(|(legs, profit)| Action::Liquidate {
        account: *key,
        legs,
        profit,
    })
}

/// The choice that brings most, if one is worth it.
fn best(
    world: &World,
    rules: &Rules,
    account: &MarginAccount,
    choices: Vec<Vec<LiquidationLeg>>,
    now: i64,
) -> Option<(Vec<LiquidationLeg>, i64)> {
    let market = |slot| world.market(slot);
    let worth = choices.into_iter().filter_map(|legs| {
        let planned = plan(&world.book, market, account, &legs, now).ok()?;
        let insurance = planned
            .taken
            .iter()
            .fold(0u64, |sum, leg| sum.saturating_add(leg.insurance));
        let discounts = planned.plan.discounts.saturating_sub(insurance);
        let earned = planned.plan.fee_keeper.saturating_add(discounts);
        let profit = i64::try_from(earned).ok()?;
        let improved = planned.plan.improvement().ok()?;
        Some((profit, improved, legs))
    });
    let best = worth.max_by_key(|(profit, improved, _)| (*profit, *improved))?;
    (best.0 >= rules.policy.least_profit).then_some((best.2, best.0))
}

fn whole(slot: u8, kind: u8) -> LiquidationLeg {
    LiquidationLeg {
        slot,
        kind,
        most: u64::MAX,
    }
}

/// Whether legs of the asset can be liquidated now.
fn is_tradable(world: &World, slot: u8, now: i64) -> bool {
    let asset = world.book.listed_asset(slot);
    let fresh = asset.is_ok_and(|asset| asset.spot > 0 && asset.age(now) <= ACTION_AGE);
    let view = at(world, now).asset(slot);
    fresh && view.is_ok_and(|view| view.quality == Quality::Live)
}

/// The open positions whose price is good enough, that of the largest requirement first.
fn positions(world: &World, account: &MarginAccount, now: i64) -> Vec<LiquidationLeg> {
    let book = at(world, now);
    let mut found: Vec<(u64, LiquidationLeg)> = (0..POSITIONS)
        .filter_map(|place| {
            let open = account.position(place)?;
            if !is_tradable(world, open.slot, now) {
                return None;
            }
            let asset = book.asset(open.slot).ok()?;
            let held = book.held(&open, &asset.funding).ok()?.base;
            if held == Base::ZERO {
                return None;
            }
            let value = asset
                .band
                .value_floor(held.magnitude(), asset.band.spot)
                .ok()?;
            let rates = &asset.risk.rates;
            let rate = if held.0 < 0 {
                rates.maintenance_short
            } else {
                rates.maintenance_long
            };
            Some((
                rate.of_floor(value).ok()?,
                whole(open.slot, leg_kind::POSITION),
            ))
        })
        .collect();
    found.sort_by_key(|(needed, leg)| (core::cmp::Reverse(*needed), leg.slot));
    let legs = found.into_iter().map(|(_, leg)| leg);
    legs.take(MAX_LEGS).collect()
}

/// Choices that need the keeper's own account: each deposit and each debt alone, and everything at once.
fn exchanges(
    world: &World,
    rules: &Rules,
    own: &MarginAccount,
    account: &MarginAccount,
    positions: &[LiquidationLeg],
    now: i64,
) -> Vec<Vec<LiquidationLeg>> {
    let Some(room) = room(world, rules, own, now) else {
        return Vec::new();
    };
    let book = at(world, now);
    let quote = world.book.quote_slot;
    let leg = |slot: u8, kind: u8, worth: u64| {
        let band = book.asset(slot).ok()?.band;
        let most = band
            .inverse_floor(band.spot)
            .ok()?
            .atoms_floor(worth)
            .ok()?;
        (most > 0).then_some(LiquidationLeg { slot, kind, most })
    };
    let held = (0..BALANCES).filter_map(|place| account.balance(place));
    let held = held.filter(|held| held.slot != quote && is_tradable(world, held.slot, now));
    let held = held.filter(|held| own.balance_place(held.slot, quote).is_ok());
    let (debts, deposits): (Vec<_>, Vec<_>) = held.partition(|held| held.amount.0 < 0);
    // A debt is taken over for quote that the account pays: what it has, and what its deposits bring.
    let pays = deposit(world, account, now).unwrap_or(0);
    let bought = |held: &Holding, worth| leg(held.slot, leg_kind::COLLATERAL, worth);
    let taken = |held: &Holding, worth| {
        let worth = discounted(world, held.slot, worth);
        leg(held.slot, leg_kind::DEBT, worth)
    };
    let alone = deposits.iter().filter_map(|held| bought(held, room));
    let alone = alone.chain(debts.iter().filter_map(|held| taken(held, room.min(pays))));
    let mut choices: Vec<Vec<LiquidationLeg>> = alone.map(|leg| vec![leg]).collect();
    // Together they may cost no more than one alone.
    let parts = deposits.len().saturating_add(debts.len());
    let count = |count: usize| u64::try_from(count.max(1)).unwrap_or(u64::MAX);
    let part = room.checked_div(count(parts)).unwrap_or(0);
    let brought = deposits.iter().filter_map(|held| {
        let atoms = Stock::of(held, &book).ok()?.atoms().ok()?;
        let band = book.asset(held.slot).ok()?.band;
        let value = band.value_floor(atoms, band.spot).ok()?;
        Some(discounted(world, held.slot, part.min(value)))
    });
    let affordable = brought.fold(pays, u64::saturating_add);
    let owed = affordable.checked_div(count(debts.len())).unwrap_or(0);
    let legs = deposits.iter().filter_map(|held| bought(held, part));
    let legs = legs.chain(debts.iter().filter_map(|held| taken(held, part.min(owed))));
    let all: Vec<LiquidationLeg> = positions.iter().copied().chain(legs).collect();
    if all.len() > 1 && all.len() > positions.len() {
        choices.push(all.into_iter().take(MAX_LEGS).collect());
    }
    choices
}

/// What is left of a value without the largest discount of an asset.
fn discounted(world: &World, slot: u8, value: u64) -> u64 {
    let asset = world.book.listed_asset(slot);
    let discount = asset.map_or(0, |asset| asset.discount_most);
    let off = Fixed(discount).of_ceil(value).unwrap_or(value);
    value.saturating_sub(off)
}

/// What one purchase may cost, micro-dollars; none where the keeper's account should buy nothing.
fn room(world: &World, rules: &Rules, own: &MarginAccount, now: i64) -> Option<u64> {
    if !rules.own.capital || own.pending_order != Address::default() {
        return None;
    }
    let found = health(&world.book, own, now).ok()?;
    let least =
        i128::from(found.initial.requirement.0).checked_mul(rules.own.least_ratio.into())?;
    if i128::from(found.initial.equity.0).checked_mul(100)? < least {
        return None;
    }
    let held = deposit(world, own, now)?;
    let percent = u128::from(held).checked_mul(rules.own.spend.into())?;
    let room = u64::try_from(percent.checked_div(100)?).ok()?;
    (room > 0).then_some(room)
}

/// Quote atoms of an account's deposit.
fn deposit(world: &World, account: &MarginAccount, now: i64) -> Option<u64> {
    let deposit = account
        .balances
        .first()
        .filter(|balance| balance.amount > 0)?;
    let stock = Stock::of(&deposit.holding(), &at(world, now)).ok()?;
    stock.atoms().ok()
}

/// What becomes of a shortfall.
fn loss(
    world: &World,
    rules: &Rules,
    key: &Address,
    account: &MarginAccount,
    found: &Health,
    now: i64,
) -> Option<Action> {
    if !rules.duties.bad_debt || account.pending_order != Address::default() {
        return None;
    }
    let recorded = account.pool_pending_loss > 0
        || account
            .balances
            .iter()
            .any(|balance| balance.pending_loss > 0);
    let owes =
        account.pool_debt_shares > 0 || account.balances.iter().any(|balance| balance.amount < 0);
    let short = found.maintenance.equity.0 < 0;
    let spent = is_spent(&at(world, now), account).is_ok_and(|spent| spent);
    if !(short && owes && (!recorded || spent)) && (short || !recorded) {
        return None;
    }
    let own = world.accounts.get(&rules.account);
    let sells = own.is_some_and(|own| {
        let debts = account
            .balances
            .iter()
            .skip(1)
            .filter(|debt| debt.amount < 0);
        let holds = |slot| {
            let mut held = own.balances.iter().skip(1);
            held.any(|balance| balance.slot == slot && balance.amount > 0)
        };
        *key != rules.account && spent && debts.map(|debt| debt.slot).any(holds)
    });
    Some(Action::SettleBadDebt {
        account: *key,
        sells,
    })
}

/// Whether an account should be settled: claims stand between a bankrupt one and its end, or are large.
fn settlement(
    world: &World,
    rules: &Rules,
    key: &Address,
    account: &MarginAccount,
    found: &Health,
    now: i64,
) -> Option<Action> {
    if !rules.duties.settle {
        return None;
    }
    let unsettled = account.positions.iter().map(|place| place.unsettled);
    let claims = unsettled.fold(account.credit, i64::saturating_add);
    let open = !positions(world, account, now).is_empty();
    let places = account.positions.iter().any(|place| !place.is_free());
    let ending = found.maintenance.equity.0 < 0 && !open && (account.credit != 0 || places);
    // Claims in the pool's favour are paid or become a debt; those against it need cash.
    let cash = world.pool.as_ref().map_or(0, |pool| pool.payable());
    let payable = claims < 0 || cash > 0;
    let large = claims.unsigned_abs() >= rules.policy.settle_above && payable;
    (ending || large).then_some(Action::Settle {
        account: *key,
        ends: ending,
    })
}

/// The markets that may have to be reduced: which, if any, the program knows.
pub fn deleverage(world: &World, rules: &Rules) -> Vec<Action> {
    let markets = world.markets.iter().filter(|_| rules.duties.deleverage);
    let open = markets.filter(|(_, market)| market.open_interest() > 0);
    open.map(|(slot, _)| Action::Deleverage { slot: *slot })
        .collect()
}

/// Slots of assets of pull feeds, by slot.
pub fn pulled(world: &World) -> Vec<(u8, [u8; 32])> {
    let assets = (0u8..).zip(&world.book.assets);
    let pulled = assets
        .filter(|(_, asset)| asset.has(listed::ASSET) && asset.oracle_kind == oracle_kind::PULL);
    pulled.map(|(slot, asset)| (slot, asset.feed_id)).collect()
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
