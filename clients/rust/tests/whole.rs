//! Views of the book, the pool, a bank and announced changes: what the program's functions say, in one place.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{
    account, bank, book, change, exchange, market, markets, pool, quiet_market, ETH, NOW, SOL, USDC,
};
use plimsoll::error::PlimsollError;
use plimsoll::state::{listed, MarginAccount};
use plimsoll_client::bank::bank_view;
use plimsoll_client::book::book_view;
use plimsoll_client::change::change_view;
use plimsoll_client::explain::{unnamed, Explained};
use plimsoll_client::health::{health, reading};
use plimsoll_client::pool::{Asked, PoolAt};
use plimsoll_client::standing::standing;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::Measured;

const DOLLAR: u64 = 1_000_000;
const PICODOLLARS: u128 = 1_000_000_000_000;
const HOUR: i64 = 3_600;

fn code(error: PlimsollError) -> Option<u32> {
    Some(6_000 + error as u32)
}

#[test]
fn a_book_shows_prices_and_what_may_be_done_with_them() {
    let mut book = book();
    let seen = book_view(&book, NOW).unwrap();
    let sol = &seen.assets[usize::from(SOL)];
    assert!(sol.price.abs_diff(150 * PICODOLLARS) < 1_000);
    assert!(sol.confidence > 0 && sol.confidence < PICODOLLARS);
    assert_eq!((sol.age, sol.quality), (5, "live"));
    assert!(sol.fresh && sol.bank && sol.market && !sol.halted && !sol.breaker);
    assert_eq!(seen.scenarios[0], [0, -5_046, -2_982, -5_613]);

    // Half a minute later a price is too old to trade with, a minute after that it counts for nothing.
    let later = |seconds| book_view(&book, NOW + seconds).unwrap().assets[usize::from(SOL)].clone();
    assert_eq!((later(30).fresh, later(30).quality), (false, "live"));
    assert_eq!(later(100).quality, "unpriceable");
    book.assets[usize::from(SOL)].listed |= listed::HALTED;
    assert!(book_view(&book, NOW).unwrap().assets[usize::from(SOL)].halted);
}

#[test]
fn a_ramp_is_seen_to_arrive_when_the_engine_lets_it() {
    let book = book();
    let seen = book_view(&book, NOW).unwrap();
    let risk = &seen.assets[usize::from(SOL)].risk;
    let arrives = risk.arrives.unwrap();
    // From nine tenths of it, at a factor of 1.5 in a day.
    let expected = (10.0f64 / 9.0).ln() / 1.5f64.ln() * 24.0;
    let hours = (arrives - NOW) as f64 / HOUR as f64;
    assert!((hours - expected).abs() < 0.01, "{hours} {expected}");

    let at = |now| -> Measured {
        let mut measured = book.models[usize::from(SOL)].measured();
        measured.stepped(now).unwrap();
        measured
    };
    assert!(at(arrives - 1).levels.maintenance_long < at(arrives).levels.maintenance_long);
    assert_eq!(
        at(arrives + HOUR).levels.maintenance_long,
        at(arrives).levels.maintenance_long
    );
    assert_eq!(risk.ahead[0], risk.target[0]);
    // Where nobody has written the book since, the next to do so brings all of it.
    let late = book_view(&book, NOW + 7 * HOUR).unwrap();
    let risk = &late.assets[usize::from(SOL)].risk;
    assert_eq!(risk.arrives, Some(NOW + 7 * HOUR));
}

#[test]
fn correlations_are_shown_as_they_are_used() {
    let seen = book_view(&book(), NOW).unwrap();
    let pair = |a, b| {
        *seen
            .pairs
            .iter()
            .find(|pair| (pair.a, pair.b) == (a, b))
            .unwrap()
    };
    assert_eq!(seen.pairs.len(), 6);
    // In force 0.66; together at least 0.95, against each other three quarters of it.
    let known = pair(SOL, ETH);
    assert_eq!(
        (known.in_force, known.same, known.opposite),
        (Some(6_600), 9_500, 4_950)
    );
    // Never observed: no hedge counts.
    let unknown = pair(USDC, SOL);
    assert_eq!(
        (unknown.in_force, unknown.same, unknown.opposite),
        (None, 10_000, -10_000)
    );
}

#[test]
fn a_bank_shows_what_lenders_get_and_what_is_left_of_its_limits() {
    let book = book();
    let mut bank = bank(USDC);
    let million = 1_000_000 * DOLLAR;
    let quiet = bank_view(&book, &bank, NOW).unwrap();
    assert_eq!(
        (quiet.deposits, quiet.lent, quiet.owed),
        (2 * million, million, 0)
    );
    assert_eq!(quiet.deposit_rate, 0.0);
    assert_eq!(quiet.outflow_room, million);

    // Half of what is lent is borrowed at 8% a year.
    (bank.lent_cash, bank.debt_shares) = (million / 2, million / 2 * 1_024);
    bank.reserve_share = Fixed::ratio(1, 10).0;
    let seen = bank_view(&book, &bank, NOW).unwrap();
    assert!((seen.borrow_rate - 0.08).abs() < 1e-9 && (seen.utilisation - 0.5).abs() < 1e-9);
    // Half of the deposits earn it, and a tenth of that is insurance's.
    assert!(
        (seen.deposit_rate - 0.036).abs() < 1e-6,
        "{}",
        seen.deposit_rate
    );
    // Nine tenths may be lent out.
    assert!(seen.borrow_room.abs_diff(million * 4 / 10) <= 1);
}

#[test]
fn a_change_waits_is_due_and_lapses_and_another_one_makes_it_void() {
    let (mut exchange, change) = (exchange(), change());
    let key = book().exchange;
    let status = |now| change_view(&exchange, key, &change, now).status;
    assert_eq!(status(NOW), "waiting");
    assert_eq!(status(change.earliest), "due");
    assert_eq!(status(change.latest + 1), "lapsed");
    let seen = change_view(&exchange, key, &change, NOW);
    assert_eq!((seen.kind, seen.place, seen.id), ("Scenario", Some(0), 4));
    let growing = plimsoll::state::ParameterChange {
        moved_at: NOW,
        ..change.clone()
    };
    assert_eq!(change_view(&exchange, key, &growing, NOW).status, "growing");
    exchange.count(change.patch.version()).unwrap();
    assert_eq!(change_view(&exchange, key, &change, NOW).status, "void");
}

#[test]
fn a_share_is_worth_more_to_who_deposits_than_to_who_withdraws() {
    let (book, pool, markets) = (book(), pool(), markets());
    let at = PoolAt {
        book: &book,
        pool: &pool,
        markets: &markets,
        now: NOW,
    };
    let seen = at.view().unwrap();
    let worth = seen.worth.unwrap();
    assert!(worth.low < worth.high && worth.share_low < worth.share_high);
    assert!(worth.free < pool.cash && worth.stress > 0);
    // Longs beyond shorts are 100,000 SOL at 150 dollars: the pool is short of them.
    let sol = seen
        .markets
        .iter()
        .find(|market| market.slot == SOL)
        .unwrap();
    assert!(
        sol.exposure.abs_diff(-15_000_000_000_000) < DOLLAR,
        "{}",
        sol.exposure
    );
    assert_eq!(seen.markets.len(), 4);

    // A deposit and its withdrawal at once lose the difference.
    let ask = |deposit, amount| at.answer(Asked { deposit, amount }).unwrap();
    let shares = ask(true, 1_000 * DOLLAR).received;
    let back = ask(false, shares).received;
    assert!(back < 1_000 * DOLLAR && back > 900 * DOLLAR, "{back}");
}

#[test]
fn requests_that_would_be_refused_say_why() {
    let (book, pool, markets) = (book(), pool(), markets());
    let at = PoolAt {
        book: &book,
        pool: &pool,
        markets: &markets,
        now: NOW,
    };
    let seen = at.view().unwrap();
    let ask = |deposit, amount| at.answer(Asked { deposit, amount }).unwrap();
    assert_eq!(ask(true, 0).refusal, code(PlimsollError::ZeroAmount));
    assert!(seen.outflow_left.abs_diff(pool.shares / 5) <= 1);
    assert_eq!(
        ask(false, seen.outflow_left + 1).refusal,
        code(PlimsollError::OutflowLimit)
    );
    assert!(seen.withdrawable > 0);
    assert_eq!(ask(false, seen.withdrawable).refusal, None);
    assert!(ask(false, seen.withdrawable + 1).refusal.is_some());

    // Old prices value nothing, and the view says so beside what needs no price.
    let old = PoolAt {
        now: NOW + 60,
        ..at
    };
    let seen = old.view().unwrap();
    assert_eq!(
        (seen.worth, seen.refusal),
        (None, code(PlimsollError::PriceStale))
    );
    assert_eq!(seen.cash, pool.cash);
}

#[test]
fn without_one_of_its_markets_a_pool_is_not_valued() {
    let (book, pool) = (book(), pool());
    let markets = [*market(), *quiet_market(ETH)];
    let at = PoolAt {
        book: &book,
        pool: &pool,
        markets: &markets,
        now: NOW,
    };
    assert_eq!(
        at.view().unwrap().refusal,
        code(PlimsollError::WrongMarkets)
    );
}

#[test]
fn where_an_account_stands_is_what_its_health_is() {
    let (book, account) = (book(), account(1));
    let seen = standing(&book, &account, NOW).unwrap();
    let health = health(&book, &account, NOW).unwrap();
    assert_eq!(seen.equity, health.maintenance.equity.0);
    assert_eq!(seen.requirement, health.maintenance.requirement.0);
    let ratio = seen.equity as f64 / seen.requirement as f64;
    assert_eq!(seen.margin_ratio, Some(ratio));
    let largest = seen.largest.unwrap();
    assert_eq!((largest.slot, largest.kind), (SOL, "long"));
}

#[test]
fn an_explanation_calls_assets_as_it_is_told() {
    let (book, account): (_, Box<MarginAccount>) = (book(), account(1));
    let view = reading(&book, NOW);
    let names = |slot: u8| {
        if slot == SOL {
            "SOL".to_owned()
        } else {
            unnamed(&book, slot)
        }
    };
    let explained = Explained {
        view: &view,
        book: &book,
        names: &names,
    };
    let explanation = explained.explain(&*account).unwrap();
    let called: Vec<_> = explanation
        .nets
        .iter()
        .map(|net| net.asset.as_str())
        .collect();
    assert_eq!(called, ["0:00000000", "SOL", "3:00000000"]);
    let sum: i64 = ["deposit", "quote"]
        .iter()
        .flat_map(|kind| explanation.legs.iter().filter(move |leg| leg.kind == *kind))
        .map(|leg| leg.value)
        .sum();
    assert_eq!(sum, explanation.maintenance.equity);
}
