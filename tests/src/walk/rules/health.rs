//! The gate, liquidations, settlements and requirements: INV-17, INV-18, INV-27.

use super::{rule, Checks, Sight, Transition};
use crate::engine_view::health as health_of;
use plimsoll::constants::QUOTE_BALANCE;
use plimsoll::instructions::leg_kind;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount};
use plimsoll_engine::exposure::{AssetView, BookView, SkewMark, WithAsset};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::gate::{meets_initial, worsens_nothing};
use plimsoll_engine::health::{assess, Health, Purpose, View};
use plimsoll_engine::price::Quality;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::units::Base;
use solana_address::Address;

/// Micro-dollars by which a settlement may round, and as many for each place.
const ROUNDING: i64 = 40;

pub(super) fn check(seen: &Transition<'_>, checks: &mut Checks) {
    check_requirements(seen, checks);
    match seen.act.name {
        "withdraw" | "transfer" | "swap_end" => check_outflow(seen, checks),
        "set_model" => check_model(seen, checks),
        "set_lending" | "settle_bad_debt" => check_balance_gate(seen, checks),
        "deposit" => check_deposit(seen, checks),
        "execute_order" => check_trade(seen, checks),
        "liquidate" => {
            if exchanges(seen) {
                check_balance_gate(seen, checks);
            }
            check_liquidation(seen, checks);
        }
        "settle" => check_settlement(seen, checks),
        "deleverage" => check_reduction(seen, checks),
        _ => {}
    }
}

/// Health of an account at the book as it is afterwards, and the clock then.
fn at(seen: &Transition<'_>, account: &MarginAccount, limit: AgeLimit, purpose: Purpose) -> Health {
    health_of(&seen.after.book, account, seen.after.now, limit, purpose)
}

fn both<'a>(seen: &'a Transition<'_>, key: Option<Address>) -> Option<[&'a MarginAccount; 2]> {
    let key = key?;
    let of = |sight: &'a Sight| sight.accounts.get(&key).map(|account| &**account);
    Some([of(seen.before)?, of(seen.after)?])
}

fn check_outflow(seen: &Transition<'_>, checks: &mut Checks) {
    let Some([_, after]) = both(seen, seen.act.gated) else {
        return;
    };
    let health = at(seen, after, AgeLimit::Risk, Purpose::Outflow);
    rule(
        checks,
        "INV-18",
        after.is_plain() || meets_initial(&health),
        || format!("{} left {:?}", seen.act.name, health.initial),
    );
}

fn check_model(seen: &Transition<'_>, checks: &mut Checks) {
    let Some([_, after]) = both(seen, seen.act.gated) else {
        return;
    };
    let health = at(seen, after, AgeLimit::Risk, Purpose::Trade);
    rule(
        checks,
        "INV-18",
        after.is_plain() || meets_initial(&health),
        || format!("a model left {:?}", health.initial),
    );
}

fn check_balance_gate(seen: &Transition<'_>, checks: &mut Checks) {
    let Some([before, after]) = both(seen, seen.act.gated) else {
        return;
    };
    // What a keeper is paid for positions is his whatever else he takes over; as a claim it counts nothing
    // initially, and is charged its requirement.
    let mut before = *before;
    let told = seen.receipt.events::<plimsoll::events::Liquidated>();
    before.credit += told
        .iter()
        .map(|told| (told.fee_keeper + told.reward) as i64)
        .sum::<i64>();
    let before = &before;
    // Without debt, claim and position nobody is owed anything that a shortage could endanger.
    let plain = before.is_plain() && after.is_plain();
    let [before, after] = [before, after].map(|it| at(seen, it, AgeLimit::Risk, Purpose::Trade));
    let passes = plain || meets_initial(&after) || !worse(&before, &after);
    rule(checks, "INV-18", passes, || {
        format!(
            "{} took {:?} to {:?}",
            seen.act.name, before.initial, after.initial
        )
    });
}

/// Whether a liquidation moves more to the keeper than a fee.
fn exchanges(seen: &Transition<'_>) -> bool {
    let told = seen.receipt.events::<plimsoll::events::Liquidated>();
    let mut legs = told.iter().flat_map(|told| &told.legs);
    legs.any(|leg| leg.kind != leg_kind::POSITION)
}

fn worse(before: &Health, after: &Health) -> bool {
    let refusal = worsens_nothing(before, after, Base::ZERO, Base::ZERO, false);
    refusal.expect("shortages fit").is_some()
}

/// Units by which rounding may raise the requirement of a deposit that is worth less than one: up where the
/// exposure is charged, and up again where the charges are added.
const ROUNDED: i64 = 2;

/// A deposit makes no shortage larger; of what cannot be priced it counts nothing initially, and may.
fn check_deposit(seen: &Transition<'_>, checks: &mut Checks) {
    let (Some([before, after]), Some(slot)) = (both(seen, seen.act.gated), seen.act.slot) else {
        return;
    };
    let book = BookAt {
        book: &seen.after.book,
        now: seen.after.now,
        limit: AgeLimit::Other,
    };
    let live = book
        .asset(slot)
        .is_ok_and(|asset| asset.quality == Quality::Live);
    let [before, after] = [before, after].map(|it| at(seen, it, AgeLimit::Other, Purpose::Trade));
    let shortage = |view: &View| view.shortage().expect("it fits").0;
    let grown = |was: &View, is: &View| shortage(is) > shortage(was) + ROUNDED;
    let worse = grown(&before.maintenance, &after.maintenance)
        || (live && grown(&before.initial, &after.initial));
    rule(checks, "INV-18", !worse, || {
        format!("a deposit took {before:?} to {after:?}")
    });
}

/// A trade whose price the book has: measured as the program has measured it, at the market's own skew.
fn check_trade(seen: &Transition<'_>, checks: &mut Checks) {
    let (Some([before, after]), Some(slot)) = (both(seen, seen.act.gated), seen.act.slot) else {
        return;
    };
    let position = |account: &MarginAccount| account.size_in(slot);
    let executed = seen.receipt.events::<plimsoll::events::OrderExecuted>();
    let Some(told) = executed.first() else {
        return;
    };
    let listed = &seen.after.book.assets[usize::from(slot)];
    if listed.publish_time < told.publish_time {
        return;
    }
    let measured = |account: &MarginAccount, sight: &Sight| {
        let book = BookAt {
            book: &seen.after.book,
            now: seen.after.now,
            limit: AgeLimit::Risk,
        };
        let asset = book.asset(slot).expect("it is listed");
        let market = &sight.markets[&slot];
        let skew = market.skew().expect("a skew");
        let asset = AssetView {
            mark: own_mark(skew, market.inverse().fraction_ceil(2 * skew.magnitude())),
            ..asset
        };
        let book = WithAsset {
            book: &book,
            slot,
            asset,
        };
        assess(&book, account, Purpose::Trade).expect("health can be computed")
    };
    let health = [measured(before, seen.before), measured(after, seen.after)];
    let [held, holds] = [position(before), position(after)];
    let refusal = worsens_nothing(&health[0], &health[1], held, holds, false);
    let passes = meets_initial(&health[1]) || refusal == Ok(None);
    rule(checks, "INV-18", passes, || {
        format!(
            "a trade took {:?} to {:?}: {refusal:?}",
            health[0], health[1]
        )
    });
}

fn own_mark(skew: Base, fraction: plimsoll_engine::Result<Fixed>) -> SkewMark {
    let fraction = fraction.expect("a fraction");
    if skew.0 >= 0 {
        SkewMark {
            long_discount: Fixed::ZERO,
            short_premium: fraction,
        }
    } else {
        SkewMark {
            long_discount: fraction,
            short_premium: Fixed::ZERO,
        }
    }
}

/// Nobody who meets his margin is liquidated; who is, has less of a shortage or no position left.
fn check_liquidation(seen: &Transition<'_>, checks: &mut Checks) {
    let Some([before, after]) = both(seen, seen.act.subject) else {
        return;
    };
    let open = after.positions.iter().any(|place| place.base != 0);
    let had = before.positions.iter().any(|place| place.base != 0);
    let [was, is] = [before, after].map(|it| at(seen, it, AgeLimit::Other, Purpose::Trade));
    rule(checks, "liquidations", !was.maintenance.is_met(), || {
        format!("liquidated although {:?}", was.maintenance)
    });
    let [was, is] = [was, is].map(|health| health.maintenance.shortage().expect("it fits"));
    rule(checks, "liquidations", is < was || (had && !open), || {
        format!("a liquidation took the shortage from {was:?} to {is:?}")
    });
}

/// A settlement turns results into quote at what they already count.
fn check_settlement(seen: &Transition<'_>, checks: &mut Checks) {
    let Some([before, after]) = both(seen, seen.act.subject) else {
        return;
    };
    let quote = &seen.after.book.assets[usize::from(seen.after.book.quote_slot)];
    // Lent deposits and loans move at an index that is newer than the book's.
    let indexed = |account: &MarginAccount| {
        let held = &account.balances[QUOTE_BALANCE];
        held.lent == 1 || held.amount < 0
    };
    if quote.confidence > 0 || indexed(before) || indexed(after) {
        return;
    }
    let [was, is] = [before, after].map(|it| at(seen, it, AgeLimit::Other, Purpose::Trade));
    let moved = is.maintenance.equity.0 - was.maintenance.equity.0;
    rule(checks, "INV-17", moved.abs() <= ROUNDING, || {
        format!("a settlement moved equity by {moved} micro-dollars")
    });
}

/// A reduction leaves everybody's equity who is not on the side that it reduces.
fn check_reduction(seen: &Transition<'_>, checks: &mut Checks) {
    let told = seen.receipt.events::<plimsoll::events::Deleveraged>();
    let [told] = told.as_slice() else {
        return;
    };
    for (key, account) in &seen.before.accounts {
        let mut places = account.positions.iter();
        // What is closed of longs is sold.
        let reduced = |size: i64| size != 0 && (size > 0) == (told.size < 0);
        if places.any(|place| place.slot == told.slot && reduced(place.base)) {
            continue;
        }
        let of = |sight: &Sight| {
            let limit = AgeLimit::Other;
            let health = health_of(&sight.book, account, sight.now, limit, Purpose::Trade);
            health.maintenance.equity
        };
        let (was, is) = (of(seen.before), of(seen.after));
        rule(checks, "INV-44", was == is, || {
            format!("{told:?} took the equity of {key} from {was:?} to {is:?}")
        });
    }
}

/// The portfolio model asks for at most the gross sum and for at least 0.15 of it.
fn check_requirements(seen: &Transition<'_>, checks: &mut Checks) {
    for (key, account) in &seen.after.accounts {
        if account.model != ModelKind::Portfolio.code() {
            continue;
        }
        let health = at(seen, account, AgeLimit::Other, Purpose::Trade);
        let (asked, gross) = (health.maintenance.requirement.0, health.gross.maintenance);
        let gross = gross as f64;
        let holds = asked as f64 <= gross + 1.0 && asked as f64 >= 0.15 * gross - 1.0;
        rule(checks, "INV-27", holds, || {
            format!("{key} needs {asked} of {gross}")
        });
    }
}
