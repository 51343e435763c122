//! What waits for a price or for its time: orders, requests to the pool, announced changes.

use plimsoll::constants::REQUEST_WINDOW;
use plimsoll::state::{oracle_kind, MarginAccount, Order, ParameterChange, Patch, PoolRequest};
use plimsoll_engine::exposure::{AccountView, BookView, POSITIONS};
use plimsoll_engine::trade::execute;
use plimsoll_engine::units::Base;
use solana_address::Address;

use super::{at, is_tradable, Action, Price, Rules};
use crate::book::World;

/// What an order needs. Market orders name the instant that determines their price; of resting orders it is
/// asked whether they would execute at the price in the book.
pub fn for_order(
    world: &World,
    rules: &Rules,
    (key, order): (&Address, &Order),
    now: i64,
) -> Option<Action> {
    let account = world.accounts.get(&order.account)?;
    let known = account.generation == order.generation && account.swapping == 0;
    if !known || !rules.lists.admits(&order.account, &account.owner) {
        return None;
    }
    let paid = i64::try_from(order.keeper_fee).unwrap_or(i64::MAX);
    let worth = paid >= rules.policy.least_lamports;
    if order.has_lapsed(now) {
        let cancel = rules.duties.cancel && worth;
        return cancel.then_some(Action::Cancel { order: *key });
    }
    let partner = (order.partner != Address::default()).then_some(order.partner);
    let other = partner.and_then(|partner| world.orders.get(&partner));
    let orphan = partner.is_some() && other.is_none();
    let terms = order.terms().ok()?;
    let asset = world.book.listed_asset(order.slot).ok()?;
    let pushed = asset.oracle_kind == oracle_kind::PUSH;
    if !order.is_resting() {
        let due = rules.duties.orders && worth && now >= order.execute_at;
        let price = match pushed {
            true => {
                let determined = asset.previous_publish_time < order.execute_at
                    && order.execute_at <= asset.publish_time;
                determined.then_some(Price::Book)?
            }
            false => Price::Determined(order.execute_at),
        };
        return due.then_some(Action::Execute { order: *key, price });
    }
    let held = held_in(world, account, order.slot, now)?;
    let size = terms.size_for(held).ok()?;
    if orphan || size == Base::ZERO {
        return rules
            .duties
            .cancel
            .then_some(Action::Cancel { order: *key });
    }
    if !rules.duties.orders || !worth || account.pending_order != Address::default() {
        return None;
    }
    let first = other.map_or(order.execute_at, |other| {
        order.execute_at.max(other.execute_at)
    });
    if asset.publish_time < first || !is_tradable(world, order.slot, now) {
        return None;
    }
    let band = asset.band();
    if !terms.is_triggered(&band).ok()? {
        return None;
    }
    let market = world.market(order.slot)?;
    let execution = execute(&market.terms().ok()?, &band, size).ok()?;
    terms.at_own_price(&execution).ok()??;
    let price = if pushed { Price::Book } else { Price::Newest };
    Some(Action::Execute { order: *key, price })
}

/// Base atoms of the position in `slot` as it stands.
fn held_in(world: &World, account: &MarginAccount, slot: u8, now: i64) -> Option<Base> {
    let book = at(world, now);
    for place in 0..POSITIONS {
        if let Some(open) = account.position(place).filter(|open| open.slot == slot) {
            let asset = book.asset(slot).ok()?;
            return Some(book.held(&open, &asset.funding).ok()?.base);
        }
    }
    Some(Base::ZERO)
}

/// What a request to the pool needs.
pub fn for_request(
    world: &World,
    rules: &Rules,
    (key, request): (&Address, &PoolRequest),
    now: i64,
) -> Option<Action> {
    let paid = i64::try_from(request.keeper_fee).unwrap_or(i64::MAX);
    let worth = paid >= rules.policy.least_lamports;
    if !rules.duties.pool || !worth || now < request.execute_at {
        return None;
    }
    let lapsed = now > request.execute_at.saturating_add(REQUEST_WINDOW);
    let missing = world.markets.iter().filter(|(slot, market)| {
        let price = request.prices.get(usize::from(**slot));
        market.open_interest() > 0 && !price.is_some_and(|price| price.is_recorded())
    });
    let slots: Vec<u8> = missing.map(|(slot, _)| *slot).collect();
    Some(if lapsed || slots.is_empty() {
        Action::EndRequest { request: *key }
    } else {
        Action::PriceRequest {
            request: *key,
            slots,
        }
    })
}

/// Whether an announced change can be applied, or grows on.
pub fn for_change(
    rules: &Rules,
    (key, change): (&Address, &ParameterChange),
    now: i64,
) -> Option<Action> {
    let others = matches!(
        change.patch,
        Patch::Authority(_) | Patch::ListBank { .. } | Patch::ListMarket { .. }
    );
    let due = if change.moved_at == 0 {
        (change.earliest..=change.latest).contains(&now)
    } else {
        now.saturating_sub(change.moved_at) >= rules.change_pace
    };
    (rules.duties.changes && !others && due).then_some(Action::Apply { change: *key })
}
