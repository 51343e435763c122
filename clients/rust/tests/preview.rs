//! Previews: what they say is what the program's functions do, and refusals are the program's.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{account, bank, book, market, NOW, SOL, USDC};
use plimsoll::error::PlimsollError;
use plimsoll::state::{Bank, MarginAccount, Market, RiskBook};
use plimsoll_client::preview::{Action, Order, Subject};
use plimsoll_client::price::{move_asset, picodollars_floor};
use plimsoll_client::view::view;

const SOL_ATOMS: i64 = 1_000_000_000;
const DOLLAR: u64 = 1_000_000;
const PICODOLLARS: u128 = 1_000_000_000_000;

struct Scene {
    book: Box<RiskBook>,
    account: Box<MarginAccount>,
    market: Box<Market>,
    quote: Box<Bank>,
}

fn scene() -> Scene {
    Scene {
        book: book(),
        account: account(1),
        market: market(),
        quote: bank(USDC),
    }
}

impl Scene {
    fn subject(&self) -> Subject<'_> {
        Subject {
            book: &self.book,
            account: &self.account,
            now: NOW,
        }
    }
}

#[test]
fn a_purchase_pays_more_than_spot_and_a_fee_and_raises_the_requirement() {
    let scene = scene();
    let action = Action::Trade(&scene.market, Order::market(10 * SOL_ATOMS));
    let preview = scene.subject().preview(action).unwrap();
    let (trade, after) = (preview.trade.unwrap(), preview.after.unwrap());
    assert_eq!(trade.size, 10 * SOL_ATOMS);
    assert!(trade.price > 150 * PICODOLLARS && trade.price < 155 * PICODOLLARS);
    assert!(trade.notional > 1_500 * DOLLAR && trade.notional < 1_550 * DOLLAR);
    // Five hundredths of a percent, rounded up.
    assert_eq!(trade.fee.unsigned_abs(), trade.notional.div_ceil(2_000));
    assert!(after.initial_requirement > preview.before.initial_requirement);
    assert!(after.maintenance_equity < preview.before.maintenance_equity);
    assert_eq!(preview.refusal, None);
}

#[test]
fn closing_everything_leaves_no_position() {
    let scene = scene();
    let action = Action::Trade(&scene.market, Order::market(-200 * SOL_ATOMS));
    let preview = scene.subject().preview(action).unwrap();
    let trade = preview.trade.unwrap();
    // They cost 30,000 dollars. Whoever leaves the crowded side is paid above spot for it.
    let cost = 30_000 * DOLLAR;
    assert!(trade.notional > cost);
    assert_eq!(trade.realised.unsigned_abs(), trade.notional - cost);
    assert!(
        preview.after.unwrap().maintenance_requirement < preview.before.maintenance_requirement
    );
}

#[test]
fn too_large_a_purchase_is_refused_with_the_programs_code() {
    let scene = scene();
    let action = Action::Trade(&scene.market, Order::market(5_000 * SOL_ATOMS));
    let preview = scene.subject().preview(action).unwrap();
    let code = 6_000 + PlimsollError::ShortageGrown as u32;
    assert_eq!((preview.refusal, preview.after), (Some(code), None));
}

#[test]
fn the_most_that_can_be_bought_passes_and_one_atom_more_does_not() {
    let scene = scene();
    let buy = |size: u64| Order::market(i64::try_from(size).unwrap());
    let most = scene
        .subject()
        .most(|size| Action::Trade(&scene.market, buy(size)));
    let refusal = |size| {
        let action = Action::Trade(&scene.market, buy(size));
        scene.subject().preview(action).unwrap().refusal
    };
    assert!(most > 0);
    assert_eq!(refusal(most), None);
    assert!(refusal(most + 1).is_some());
}

#[test]
fn the_most_that_can_be_withdrawn_leaves_initial_just_met() {
    let scene = scene();
    let most = scene
        .subject()
        .most(|atoms| Action::Withdraw(&scene.quote, atoms, false));
    let preview = |atoms| {
        let action = Action::Withdraw(&scene.quote, atoms, false);
        scene.subject().preview(action).unwrap()
    };
    let after = preview(most).after.unwrap();
    assert!(after.initial_equity >= after.initial_requirement);
    let code = 6_000 + PlimsollError::BelowInitial as u32;
    assert_eq!(preview(most + 1).refusal, Some(code));
    assert_eq!(preview(most).payment.unwrap().withdrawn, most);
}

#[test]
fn beyond_the_deposit_nothing_leaves_unless_it_may_be_borrowed() {
    let scene = scene();
    let sol = bank(SOL);
    let atoms = 6 * SOL_ATOMS.unsigned_abs();
    let refused = scene
        .subject()
        .preview(Action::Withdraw(&sol, atoms, false))
        .unwrap();
    let code = 6_000 + PlimsollError::InsufficientBalance as u32;
    assert_eq!(refused.refusal, Some(code));
    let lent = scene
        .subject()
        .preview(Action::Withdraw(&sol, atoms, true))
        .unwrap();
    let payment = lent.payment.unwrap();
    assert_eq!(
        (payment.withdrawn, payment.borrowed),
        (5 * atoms / 6, atoms / 6)
    );
}

#[test]
fn a_deposit_raises_both_equities_by_no_more_than_itself() {
    let scene = scene();
    let action = Action::Deposit(&scene.quote, 100 * DOLLAR);
    let preview = scene.subject().preview(action).unwrap();
    let after = preview.after.unwrap();
    let gained = after.maintenance_equity - preview.before.maintenance_equity;
    assert!(gained > 99_000_000 && gained <= 100_000_000, "{gained}");
    assert_eq!(preview.payment.unwrap().deposited, 100 * DOLLAR);
}

#[test]
fn an_old_price_refuses_a_withdrawal() {
    let scene = scene();
    let subject = Subject {
        now: NOW + 60,
        ..scene.subject()
    };
    let preview = subject.preview(Action::Withdraw(&scene.quote, DOLLAR, false));
    let code = 6_000 + PlimsollError::PriceStale as u32;
    assert_eq!(preview.unwrap().refusal, Some(code));
}

#[test]
fn moved_to_its_liquidation_price_an_account_is_liquidatable_one_part_further() {
    let scene = scene();
    let viewed = view(&scene.book, &scene.account, NOW).unwrap();
    let sol = viewed
        .prices
        .iter()
        .find(|price| price.slot == SOL)
        .unwrap();
    assert!(sol.price.abs_diff(150 * PICODOLLARS) < 1_000);
    let below = sol.below.unwrap();
    let at = |parts| {
        let mut book = scene.book.clone();
        move_asset(&mut book.assets[usize::from(SOL)], parts).unwrap();
        view(&book, &scene.account, NOW).unwrap().report.state
    };
    // Parts of a million, one to either side.
    let parts = i64::try_from(below * 1_000_000 / sol.price).unwrap() - 1_000_000;
    assert!(at(parts + 2) < 3, "above its price it is not liquidatable");
    assert!(at(parts - 2) >= 3, "below its price it is");
}

#[test]
fn a_view_names_every_leg_and_says_what_assess_says() {
    let scene = scene();
    let viewed = view(&scene.book, &scene.account, NOW).unwrap();
    let report = plimsoll_client::health::report(&scene.book, &scene.account, NOW).unwrap();
    assert_eq!(viewed.report, report);
    let kinds: Vec<_> = viewed.balances.iter().map(|leg| leg.kind).collect();
    assert_eq!(kinds, ["deposit", "quote"]);
    let positions: Vec<_> = viewed.positions.iter().map(|it| it.leg.kind).collect();
    assert_eq!(positions, ["long", "short"]);
    let value: i64 = viewed.balances.iter().map(|leg| leg.value).sum();
    assert_eq!(value, report.maintenance_equity);
}

#[test]
fn prices_are_shown_without_losing_digits() {
    // A micro-dollar an atom, in a mantissa of 62 bits, is a million dollars of a token of twelve decimals.
    assert_eq!(
        picodollars_floor(1 << 62, 62, 12),
        Some(1_000_000_000_000_000_000)
    );
    // Beyond 63 bits the unit is dropped bit by bit.
    assert_eq!(picodollars_floor(1 << 70, 70, 6), Some(PICODOLLARS));
    assert_eq!(picodollars_floor(0, 40, 6), Some(0));
}
