//! Health at worked numbers and exactly at its boundaries.

use plimsoll_engine::exposure::{BookView, Changed, Holding, SkewMark, WithAsset};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::gate::{meets_initial, worsens_nothing, Refusal};
use plimsoll_engine::health::{assess, Health, Purpose, State};
use plimsoll_engine::price::OraclePrice;
use plimsoll_engine::units::{Base, Quote, Usd};

use crate::support::{asset, calm, Account, Book, QUOTE};
use crate::{usdc, SOL, USD};

const HALFWAY: Fixed = Fixed::ratio(1, 2);

/// USDC at 1 without risk, SOL at 100 with 12.5% maintenance and 25% initial.
fn book() -> Book {
    Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol(calm(10_000_000_000)))
}

fn sol(feed: OraclePrice) -> plimsoll_engine::exposure::AssetView {
    let mut sol = asset(feed, 8, 0);
    let eighth = Fixed::ratio(1, 8);
    sol.risk.rates.maintenance_long = eighth;
    sol.risk.rates.maintenance_short = eighth;
    sol.risk.rates.initial_long = Fixed::ratio(1, 4);
    sol.risk.rates.initial_short = Fixed::ratio(1, 4);
    sol
}

/// Long 10 SOL at cost: R_m = 125, R_i = 250, equity is the deposit.
fn with_equity(micro_dollars: i64) -> Health {
    let account = Account::default().has_opened(1, 10 * SOL, 1_000 * USD);
    book().health_of(&account.holds(QUOTE, micro_dollars))
}

fn state(health: Health) -> State {
    health.state(HALFWAY).unwrap()
}

#[test]
fn states_change_exactly_at_their_boundaries() {
    let at = with_equity(125 * USD);
    assert_eq!(at.maintenance.requirement, Usd(125 * USD));
    assert_eq!(at.initial.requirement, Usd(250 * USD));
    assert_eq!(state(with_equity(250 * USD)), State::Healthy);
    assert_eq!(state(with_equity(250 * USD - 1)), State::Strained);
    // The call level lies halfway: 187.50.
    assert_eq!(state(with_equity(187_500_000)), State::Strained);
    assert_eq!(state(with_equity(187_499_999)), State::Called);
    assert_eq!(state(at), State::Called);
    assert_eq!(state(with_equity(125 * USD - 1)), State::Liquidatable);
    assert_eq!(state(with_equity(0)), State::Liquidatable);
    assert_eq!(state(with_equity(-1)), State::Bankrupt);
}

#[test]
fn an_account_with_nothing_is_healthy() {
    let health = book().health_of(&Account::default());
    assert_eq!(state(health), State::Healthy);
    assert_eq!(health.maintenance.requirement, Usd::ZERO);
}

#[test]
fn the_gate_admits_equality_and_refuses_one_unit_less() {
    assert!(meets_initial(&with_equity(250 * USD)));
    assert!(!meets_initial(&with_equity(250 * USD - 1)));
    let (before, after) = (with_equity(200 * USD), with_equity(200 * USD - 1));
    let held = Base(10 * SOL);
    let judged = |before, after, then, breaker| {
        worsens_nothing(before, after, held, Base(then), breaker).unwrap()
    };
    assert_eq!(judged(&before, &before, 10 * SOL, false), None);
    assert_eq!(
        judged(&before, &after, 10 * SOL, false),
        Some(Refusal::ShortageGrown)
    );
    assert_eq!(
        judged(&before, &after, 10 * SOL, true),
        Some(Refusal::Breaker)
    );
    assert_eq!(
        judged(&before, &before, -1, false),
        Some(Refusal::SignChanged)
    );
    assert_eq!(judged(&before, &before, 11 * SOL, false), None);
    let under = with_equity(100 * USD);
    assert_eq!(
        judged(&under, &under, 11 * SOL, false),
        Some(Refusal::GrownWhileLiquidatable)
    );
    assert_eq!(judged(&under, &under, 0, false), None);
}

/// A deposit of 10 SOL and a debt of 4 SOL at 100 ± 1 with a mean of 87.50: 875 or 1,000 for the one,
/// 404 for the other.
#[test]
fn balances_are_valued_at_their_side_of_the_band() {
    let feed = OraclePrice {
        confidence: 100_000_000,
        ema: 8_750_000_000,
        ..calm(10_000_000_000)
    };
    let book = Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol(feed));
    let rich = book.health_of(&Account::default().holds(1, 10 * SOL));
    assert_eq!(
        (rich.initial.equity, rich.maintenance.equity),
        (Usd(875 * USD), Usd(1_000 * USD))
    );
    assert_eq!(
        (rich.initial.requirement, rich.maintenance.requirement),
        (Usd(250 * USD), Usd(125 * USD))
    );
    let poor = book.health_of(&Account::default().holds(1, -4 * SOL));
    let owed = |equity: Usd| (equity.0 + 404 * USD).abs() <= 1;
    assert!(
        owed(poor.initial.equity) && owed(poor.maintenance.equity),
        "{poor:?}"
    );
    assert_eq!(poor.maintenance.requirement, Usd(50 * USD));
}

#[test]
fn profit_is_weighted_for_trades_and_nothing_for_outflows() {
    let mut book = book();
    book.assets[1].profit_weight = HALFWAY;
    let account = Account::default()
        .has_opened(1, 10 * SOL, 900 * USD)
        .holds(QUOTE, 50 * USD);
    let trade = book.health_of(&account);
    assert_eq!(
        (trade.initial.equity, trade.maintenance.equity),
        (Usd(100 * USD), Usd(150 * USD))
    );
    let outflow = assess(&book, &account, Purpose::Outflow).unwrap();
    assert_eq!(outflow.initial.equity, Usd(50 * USD));
    // A loss counts in full everywhere, and a profit of one position pays for no loss of another.
    let loss = Account::default()
        .has_opened(1, 10 * SOL, 1_100 * USD)
        .holds(QUOTE, 50 * USD);
    assert_eq!(
        assess(&book, &loss, Purpose::Outflow)
            .unwrap()
            .initial
            .equity,
        Usd(-50 * USD)
    );
}

#[test]
fn a_skewed_market_marks_the_side_that_leans_out() {
    let mut book = book();
    book.assets[1].mark = SkewMark {
        long_discount: Fixed::ZERO,
        short_premium: Fixed::ratio(1, 64),
    };
    let long = book.health_of(&Account::default().has_opened(1, 10 * SOL, 1_000 * USD));
    assert_eq!(long.initial.equity, Usd::ZERO);
    let short = book.health_of(&Account::default().has_opened(1, -10 * SOL, -1_000 * USD));
    assert_eq!(
        (short.initial.equity, short.maintenance.equity),
        (Usd(-15_625_000), Usd::ZERO)
    );
}

/// 100 − 30 owed to the pool at an index of 1.5 + 20 of claims, which do not count initially.
#[test]
fn claims_and_debts_join_the_quote_leg() {
    let mut book = book();
    book.index = crate::support::index(3, 2);
    let mut account = Account::default().holds(QUOTE, 100 * USD);
    account.debt_shares = 20_000_000;
    account.credit = usdc(20);
    let health = book.health_of(&account);
    assert_eq!(
        (health.initial.equity, health.maintenance.equity),
        (Usd(70 * USD), Usd(90 * USD))
    );
    account.credit = usdc(-20);
    assert_eq!(book.health_of(&account).initial.equity, Usd(50 * USD));
}

#[test]
fn overlays_show_what_is_not_written_yet() {
    let book = book();
    let account = Account::default()
        .has_opened(1, 10 * SOL, 1_000 * USD)
        .holds(QUOTE, 300 * USD);
    let fallen = WithAsset {
        book: &book,
        slot: 1,
        asset: sol(calm(8_750_000_000)),
    };
    assert_eq!(
        assess(&fallen, &account, Purpose::Trade)
            .unwrap()
            .maintenance
            .equity,
        Usd(175 * USD)
    );
    assert_eq!(fallen.asset(QUOTE), book.asset(QUOTE));
    let mut changed = Changed::of(&account);
    changed.balances[0] = Some((0, Holding::of(QUOTE, Base(250 * USD))));
    changed.credit = Quote(USD);
    let health = assess(&book, &changed, Purpose::Trade).unwrap();
    assert_eq!(
        (health.initial.equity, health.maintenance.equity),
        (Usd(250 * USD), Usd(251 * USD))
    );
}
