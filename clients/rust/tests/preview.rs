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

#[test]
fn a_trade_shows_what_its_impact_costs_and_where_it_would_be_liquidated() {
    let scene = scene();
    let action = Action::Trade(&scene.market, Order::market(10 * SOL_ATOMS));
    let preview = scene.subject().preview(action).unwrap();
    let trade = preview.trade.unwrap();
    let spot = 1_500 * DOLLAR;
    assert!(trade.impact > 0 && trade.impact.unsigned_abs() < 50 * DOLLAR);
    assert!((trade.notional - trade.impact.unsigned_abs()).abs_diff(spot) <= 2);
    let before = view(&scene.book, &scene.account, NOW).unwrap();
    let below = |prices: &[plimsoll_client::view::PriceView]| {
        prices.iter().find(|price| price.slot == SOL).unwrap().below
    };
    // More of the same is liquidated sooner, and nothing but that market is looked at.
    assert!(below(&preview.prices) > below(&before.prices));
    assert_eq!(preview.prices.len(), 1);
}

#[test]
fn the_bar_tells_health_call_and_initial_on_one_scale() {
    let scene = scene();
    let viewed = view(&scene.book, &scene.account, NOW).unwrap();
    let (bar, report) = (viewed.bar, viewed.report);
    let (equity, line) = (report.maintenance_equity, report.maintenance_requirement);
    let parts = (equity - line) * 1_000_000 / equity;
    assert_eq!(i64::from(bar.health), parts);
    assert!(0 < bar.call && bar.call < bar.initial && bar.initial < bar.health);
    assert_eq!(bar.free, report.initial_equity - report.initial_requirement);
    // Without what is free the account would stand on the mark of initial.
    let at_initial = equity - bar.free;
    assert_eq!(
        i64::from(bar.initial),
        (at_initial - line) * 1_000_000 / at_initial
    );
    // 30,000 dollars long and 4,000 short.
    let exposure = 34_000 * 1_000_000_000_000 / equity.unsigned_abs();
    assert!(bar.leverage.unwrap().abs_diff(exposure) < 10);
}

#[test]
fn of_two_models_the_dearer_is_refused_where_it_does_not_fit() {
    let mut scene = scene();
    let switch = |scene: &Scene, model| scene.subject().preview(Action::Model(model)).unwrap();
    let dearer = switch(&scene, 0);
    let after = dearer.after.unwrap();
    assert_eq!((after.model, dearer.refusal), (0, None));
    assert!(after.initial_requirement > dearer.before.initial_requirement);
    assert_eq!(
        after.initial_requirement.unsigned_abs(),
        dearer.before.gross_initial
    );
    let refusal = |preview: plimsoll_client::preview::Preview| preview.refusal.unwrap() - 6_000;
    assert_eq!(
        refusal(switch(&scene, 1)),
        PlimsollError::UnknownModel as u32
    );
    assert_eq!(
        refusal(switch(&scene, 2)),
        PlimsollError::IsolatedHoldings as u32
    );
    scene.account.called_at = NOW;
    assert_eq!(
        refusal(switch(&scene, 0)),
        PlimsollError::ModelWhileCalled as u32
    );
}

#[test]
fn a_transfer_leaves_like_a_withdrawal_and_arrives_like_a_deposit() {
    let scene = scene();
    let mut other = account(0);
    other.set_balance(0, USDC, 0).unwrap();
    let transfer = |atoms| Action::Transfer(&scene.quote, Some(&other), atoms);
    let most = scene.subject().most(transfer);
    let withdrawn = scene
        .subject()
        .most(|atoms| Action::Withdraw(&scene.quote, atoms, false));
    assert_eq!(most, withdrawn);
    let preview = scene.subject().preview(transfer(most)).unwrap();
    let payment = preview.payment.unwrap();
    assert_eq!((payment.withdrawn, payment.deposited), (most, most));
    let before = view(&scene.book, &other, NOW).unwrap().report;
    let gained = preview.receiver.unwrap().maintenance_equity - before.maintenance_equity;
    assert!(gained > 0 && gained.unsigned_abs() <= most + 1);
    let refused = scene.subject().preview(transfer(most + 1)).unwrap();
    assert_eq!(
        refused.refusal,
        Some(6_000 + PlimsollError::BelowInitial as u32)
    );
}

#[test]
fn while_withdrawals_are_held_a_transfer_still_passes() {
    let mut scene = scene();
    scene.book.withdrawals_held_until = NOW + 60;
    let subject = scene.subject();
    let transfer = Action::Transfer(&scene.quote, None, DOLLAR);
    assert_eq!(subject.preview(transfer).unwrap().refusal, None);
    let held = Some(6_000 + PlimsollError::WithdrawalsHeld as u32);
    let withdrawal = Action::Withdraw(&scene.quote, DOLLAR, false);
    assert_eq!(subject.preview(withdrawal).unwrap().refusal, held);
}

#[test]
fn the_least_deposit_that_restores_health_does_and_an_atom_less_does_not() {
    let mut scene = scene();
    scene.account.set_balance(0, USDC, 3_000_000_000).unwrap();
    let state = |action| {
        scene
            .subject()
            .preview(action)
            .unwrap()
            .after
            .unwrap()
            .state
    };
    let give = |atoms| Action::Deposit(&scene.quote, atoms);
    let least = scene.subject().least(give).unwrap().unwrap();
    assert!(least > 0 && state(give(1)) > 0);
    assert_eq!(state(give(least)), 0);
    assert!(state(give(least - 1)) > 0);
    // Selling part of the position does it too.
    let sell =
        |atoms: u64| Action::Trade(&scene.market, Order::market(-i64::try_from(atoms).unwrap()));
    let sold = scene.subject().least(sell).unwrap().unwrap();
    assert!(sold > 0 && sold < 200 * SOL_ATOMS.unsigned_abs());
    assert_eq!((state(sell(sold)), state(sell(sold - 1)) > 0), (0, true));
    // Who is healthy needs nothing, and buying more restores nobody.
    assert_eq!(self::scene().subject().least(give).unwrap(), Some(0));
    let buy =
        |atoms: u64| Action::Trade(&scene.market, Order::market(i64::try_from(atoms).unwrap()));
    assert_eq!(scene.subject().least(buy).unwrap(), None);
}

#[test]
fn an_isolated_account_stands_alone_with_its_collateral() {
    let scene = scene();
    let order = Order::market(10 * SOL_ATOMS);
    let alone = |collateral| {
        let preview = scene.subject().isolated(&scene.market, order, collateral);
        preview.unwrap()
    };
    let preview = alone(500 * DOLLAR);
    assert_eq!(preview.after.unwrap().model, 2);
    let below = preview.prices[0].below.unwrap();
    assert!(
        below > 100 * PICODOLLARS && below < 150 * PICODOLLARS,
        "{below}"
    );
    // More collateral, lower price; too little, refused.
    assert!(alone(800 * DOLLAR).prices[0].below.unwrap() < below);
    assert!(alone(10 * DOLLAR).refusal.is_some());
}

#[test]
fn a_size_for_a_leverage_is_the_largest_that_keeps_to_it() {
    let mut scene = scene();
    scene.account.positions = bytemuck::Zeroable::zeroed();
    let buy =
        |atoms: u64| Action::Trade(&scene.market, Order::market(i64::try_from(atoms).unwrap()));
    let leverage = |atoms| {
        let preview = scene.subject().preview(buy(atoms)).unwrap();
        preview.bar_after.unwrap().leverage.unwrap()
    };
    let size = scene.subject().most_levered(buy, 2_000_000);
    assert!(leverage(size) <= 2_000_000 && leverage(size + 100_000) > 2_000_000);
}
