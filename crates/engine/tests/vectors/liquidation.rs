//! Liquidations at worked numbers (F-12).

use plimsoll_engine::exposure::{AssetView, Holding};
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::health::View;
use plimsoll_engine::liquidation::{DiscountCurve, NamedLeg, Plan, Taken, Terms};
use plimsoll_engine::position::Position;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::trade::MarketTerms;
use plimsoll_engine::units::{Base, Quote, Usd};
use plimsoll_engine::{EngineError, Result};

use crate::support::{asset, calm, Account, Book, QUOTE};
use crate::{SOL, USD};

/// SOL at 100 with a maintenance rate of 10%.
fn sol() -> AssetView {
    asset(calm(10_000_000_000), 8, 1_000)
}

fn book() -> Book {
    Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol())
}

/// A market too deep to notice.
fn deep() -> MarketTerms {
    MarketTerms {
        skew: Base::ZERO,
        inverse: HalfReciprocal::new(u64::MAX).unwrap(),
        spread: Fixed::ZERO,
    }
}

fn long(sol_held: i64, fee_bps: u32, most: u64) -> NamedLeg {
    NamedLeg::Position {
        slot: 1,
        asset: sol(),
        terms: deep(),
        fee: Fixed::from_bps(fee_bps),
        position: Position::opened(Base(sol_held * SOL), Quote(sol_held * 100 * USD)),
        most,
    }
}

/// To maintenance and no further, half for the keeper.
fn to_maintenance() -> Terms {
    Terms {
        target_level: Fixed::ZERO,
        keeper_share: Fixed::ratio(1, 2),
        budget: None,
        closes_all_positions: false,
        elapsed: 0,
        moment: None,
    }
}

fn planned(equity: i64, held: i64, leg: NamedLeg, terms: &Terms) -> Result<(Plan, Taken)> {
    let account = Account::default().has_opened(1, held * SOL, held * 100 * USD);
    let account = account.holds(QUOTE, equity);
    let (planned, taken) = book().plan(&account, &[leg], terms)?;
    Ok((planned, taken[0]))
}

/// Shortage 10, rate 10%, price 100: 10/(100 · (0.10 − fee)).
fn closes(fee_bps: u32, expected_sol: f64) {
    let leg = long(10, fee_bps, 2 * SOL as u64);
    let (plan, taken) = planned(90 * USD, 10, leg, &to_maintenance()).unwrap();
    let closed = taken.size as f64 / SOL as f64;
    // One step of the bisection is 2 SOL / 65,536.
    assert!(
        (closed - expected_sol).abs() < 3.1e-5,
        "{closed} instead of {expected_sol}"
    );
    assert!(plan.after.equity <= plan.after.requirement);
    assert_eq!(plan.fee_keeper, plan.fee / 2);
    let exact = closed * 100.0 * f64::from(fee_bps) / 10_000.0;
    assert!((plan.fee as f64 / USD as f64 - exact).abs() < 1e-5);
}

#[test]
fn the_closed_form_of_a_partial_close() {
    closes(0, 1.0);
    closes(100, 1.1111);
    // 1% for the keeper and 1% for insurance.
    closes(200, 1.25);
    // A fee above half of the rate counts as half of it.
    closes(500, 2.0);
    // So does one just above it, up to the nine tenths that fees and discounts may take together.
    for fee_bps in [501, 800, 899] {
        let leg = long(10, fee_bps, 2 * SOL as u64);
        let (plan, taken) = planned(90 * USD, 10, leg, &to_maintenance()).unwrap();
        assert!(plan.fee.abs_diff(taken.notional / 20) <= 1, "{plan:?}");
    }
}

#[test]
fn a_fee_is_at_most_half_of_the_fall_and_what_the_account_has() {
    let everything = Terms {
        target_level: Fixed::ONE,
        closes_all_positions: true,
        ..to_maintenance()
    };
    let fee = |equity| {
        planned(equity, 10, long(10, 900, u64::MAX), &everything)
            .unwrap()
            .0
            .fee
    };
    // 100 of requirement would fall; 9% of 1,000 are 90.
    assert_eq!(fee(30 * USD), 30_000_000);
    assert_eq!(fee(1), 1);
    assert_eq!(fee(0), 0);
    assert_eq!(fee(-USD), 0);
}

#[test]
fn whoever_is_not_under_water_is_left_alone() {
    let try_at = |equity| planned(equity, 10, long(10, 0, u64::MAX), &to_maintenance()).map(|_| ());
    assert_eq!(try_at(100 * USD), Err(EngineError::Healthy));
    assert_eq!(try_at(100 * USD - 1), Ok(()));
}

/// One micro-dollar short with ten million at stake: one step is closed, not the account.
#[test]
fn a_shortage_below_one_step_closes_one_step() {
    let terms = Terms {
        closes_all_positions: true,
        ..to_maintenance()
    };
    let held = 100_000;
    let (plan, taken) =
        planned(held * 10 * USD - 1, held, long(held, 0, u64::MAX), &terms).unwrap();
    assert_eq!(plan.fraction, 1);
    assert_eq!(taken.size, (held * SOL) as u64 / 65_536 + 1);
}

/// Naming everything does not open the throttle.
#[test]
fn a_budget_below_one_step_is_throttled_even_for_who_names_everything() {
    let terms = Terms {
        closes_all_positions: true,
        budget: Some(5 * USD as u64),
        ..to_maintenance()
    };
    let held = 100_000;
    let equity = held * 10 * USD - 51 * USD;
    let refused = planned(equity, held, long(held, 0, u64::MAX), &terms);
    assert_eq!(refused.map(|_| ()), Err(EngineError::Throttled));
    let (plan, _) = planned(equity, held, long(held, 0, 10 * SOL as u64), &terms).unwrap();
    let improvement = plan.improvement().unwrap();
    assert!(
        (4_990_000..=5_000_000).contains(&improvement),
        "{improvement}"
    );
    let used_up = Terms {
        budget: Some(0),
        ..terms
    };
    let refused = planned(equity, held, long(held, 0, u64::MAX), &used_up);
    assert_eq!(refused.map(|_| ()), Err(EngineError::Throttled));
}

/// In a balanced market of 1,000 SOL, closing 300 at once costs 15% and frees 10%; closing a third
/// of it costs 5%. The part that helps is taken.
#[test]
fn a_leg_too_large_for_its_market_is_closed_in_part() {
    let mut leg = long(300, 0, u64::MAX);
    if let NamedLeg::Position { terms, .. } = &mut leg {
        terms.inverse = HalfReciprocal::new(1_000 * SOL as u64).unwrap();
    }
    let equity = 500 * USD;
    for closes_all_positions in [false, true] {
        let terms = Terms {
            closes_all_positions,
            ..to_maintenance()
        };
        let (plan, taken) = planned(equity, 300, leg, &terms).unwrap();
        assert_eq!(taken.size, 75 * SOL as u64);
        // 750 of requirement less, 75 · 100 · 3.75% of equity.
        let exact = 750.0 - 281.25;
        assert!((plan.improvement().unwrap() as f64 / USD as f64 - exact).abs() < 0.001);
    }
}

#[test]
fn a_remainder_of_dust_goes_with_the_rest() {
    // Target 0 would be reached at 0.5 of 0.9 SOL; the other 40 USD are dust.
    let (plan, taken) = planned(4_500_000, 1, long(1, 0, u64::MAX), &to_maintenance()).unwrap();
    assert_eq!((plan.fraction, taken.size), (65_536, SOL as u64));
    let (plan, taken) = planned(95 * USD, 10, long(10, 0, u64::MAX), &to_maintenance()).unwrap();
    assert!(plan.fraction < 65_536 && taken.size <= SOL as u64 / 2 + 1_000_000);
}

#[test]
fn legs_must_be_named_and_held() {
    let account = Account::default().has_opened(1, SOL, 100 * USD);
    let terms = to_maintenance();
    let refused = |legs: &[NamedLeg], places: usize| {
        let mut taken = vec![Taken::default(); places];
        let planned = book().plan_into(&account, legs, &terms, &mut taken);
        planned.map(|_| ())
    };
    assert_eq!(refused(&[], 0), Err(EngineError::LegCount));
    assert_eq!(refused(&[long(1, 0, 1)], 2), Err(EngineError::LegCount));
    assert_eq!(
        refused(&[long(1, 0, 1); 17], 17),
        Err(EngineError::LegCount)
    );
    assert_eq!(refused(&[long(1, 0, 0)], 1), Err(EngineError::LegNotHeld));
    assert_eq!(refused(&[long(0, 0, 1)], 1), Err(EngineError::LegNotHeld));
}

fn at_part(curve: &DiscountCurve, view: &View, elapsed: u64) -> Fixed {
    let part = DiscountCurve::part_floor(view, elapsed).unwrap();
    curve.discount_floor(part).unwrap()
}

/// F-12: 1.5% at h = 1 to 6% at 0.7 and below.
#[test]
fn the_discount_widens_as_health_falls() {
    let curve = DiscountCurve {
        least: Fixed::from_bps(150),
        most: Fixed::from_bps(600),
    };
    let at = |equity| {
        let view = View {
            equity: Usd(equity),
            requirement: Usd(1_000),
        };
        at_part(&curve, &view, 0).0 as f64 / Fixed::ONE.0 as f64
    };
    let near = |equity, exact: f64| assert!((at(equity) - exact).abs() < 1e-12, "{}", at(equity));
    near(1_000, 0.015);
    near(1_500, 0.015);
    near(850, 0.0375);
    near(700, 0.06);
    near(300, 0.06);
    near(0, 0.06);
    near(-500, 0.06);
}

/// The wait of an episode adds to the depth of the account, up to the flat part.
#[test]
fn the_discount_widens_as_an_episode_lasts() {
    let curve = DiscountCurve {
        least: Fixed::from_bps(150),
        most: Fixed::from_bps(600),
    };
    let after = |equity, elapsed| {
        let view = View {
            equity: Usd(equity),
            requirement: Usd(1_000),
        };
        at_part(&curve, &view, elapsed).0 as f64 / Fixed::ONE.0 as f64
    };
    for (equity, elapsed, exact) in [
        (1_000, 0, 0.015),
        (1_000, 60, 0.0195),
        (1_000, 300, 0.0375),
        (1_000, 600, 0.06),
        (1_000, 6_000, 0.06),
        (850, 60, 0.042),
        (850, 300, 0.06),
        (700, 1, 0.06),
    ] {
        let found = after(equity, elapsed);
        assert!((found - exact).abs() < 1e-12, "{found} for {exact}");
    }
}

/// 100 SOL as collateral for a debt of 9,060 to the pool: E_m = 940, R_m = 1,000. The keeper buys at
/// a discount that is the smaller of the curve and 0.9 of the 10% by which the requirement falls.
#[test]
fn a_deposit_is_sold_at_its_discount() {
    let mut account = Account::default().holds(1, 100 * SOL);
    account.debt_shares = 9_060_000_000;
    let health = book().health_of(&account);
    assert_eq!(health.maintenance.shortage(), Ok(Usd(60 * USD)));
    let sold_at = |least, most| {
        let leg = NamedLeg::Collateral {
            slot: 1,
            asset: sol(),
            stock: Stock::Atoms(100 * SOL as u64),
            discount: DiscountCurve {
                least: Fixed::from_bps(least),
                most: Fixed::from_bps(most),
            },
            most: 10 * SOL as u64,
        };
        let (plan, taken) = book().plan(&account, &[leg], &to_maintenance()).unwrap();
        (plan, taken[0])
    };
    // Flat 5%: every SOL sold frees 10 and costs 5.
    let (plan, taken) = sold_at(500, 500);
    assert_eq!((taken.size, plan.fee), (10 * SOL as u64, 0));
    let near = |value: u64, exact: i64| (value as i64 - exact).abs() <= 2;
    assert!(
        near(taken.notional, 950 * USD) && near(taken.insurance, 25 * USD),
        "{taken:?}"
    );
    assert!(near(plan.improvement().unwrap(), 50 * USD));
    // 20% would cost more than it frees: 9%.
    let (plan, taken) = sold_at(2_000, 2_000);
    assert!(near(taken.notional, 910 * USD) && near(plan.improvement().unwrap(), 10 * USD));
}

/// As many legs as an account has positions may be named, each on a market of its own.
#[test]
fn sixteen_legs_may_be_named() {
    let mut book = Book::quoted_in(asset(calm(100_000_000), 6, 0));
    let mut account = Account::default().holds(QUOTE, 150 * USD);
    let mut legs = vec![];
    for slot in 1..=16 {
        book = book.listing(sol());
        account = account.has_opened(slot, SOL, 100 * USD);
        let mut leg = long(1, 0, u64::MAX);
        if let NamedLeg::Position { slot: named, .. } = &mut leg {
            *named = slot;
        }
        legs.push(leg);
    }
    let (plan, taken) = book.plan(&account, &legs, &to_maintenance()).unwrap();
    assert!(plan.fraction > 0 && taken.iter().all(|each| each.size > 0));
    let refused = book.plan(
        &account,
        &[legs, vec![long(1, 0, 1)]].concat(),
        &to_maintenance(),
    );
    assert_eq!(refused.map(|_| ()), Err(EngineError::LegCount));
}

/// A debt cannot be sold as a deposit, nor a deposit taken over as a debt.
#[test]
fn a_balance_on_the_wrong_side_is_not_held() {
    let mut account = Account::default().holds(1, 100 * SOL);
    account.debt_shares = 9_060_000_000;
    let curve = DiscountCurve::default();
    let (deposit, debt) = (
        Stock::Atoms(100 * SOL as u64),
        Stock::Owed {
            shares: 100 * SOL as u64,
            index: crate::support::index(1, 1),
        },
    );
    let sold = |stock| NamedLeg::Collateral {
        slot: 1,
        asset: sol(),
        stock,
        discount: curve,
        most: SOL as u64,
    };
    let taken_over = |stock| NamedLeg::Debt {
        slot: 1,
        asset: sol(),
        stock,
        discount: curve,
        most: SOL as u64,
    };
    for leg in [sold(debt), taken_over(deposit)] {
        let refused = book().plan(&account, &[leg], &to_maintenance());
        assert_eq!(refused.map(|_| ()), Err(EngineError::LegNotHeld));
    }
    assert!(book()
        .plan(&account, &[sold(deposit)], &to_maintenance())
        .is_ok());
}

/// 13 shares at 0.6 are 7 atoms, and so are 12: the share that is named for one atom is worth none, and
/// none of it moves.
#[test]
fn a_part_of_less_than_an_atom_stays_where_it_is() {
    let mut book = book();
    book.lent = crate::support::index(6, 10);
    let mut account = Account::default().has_opened(1, 10 * SOL, 1_000 * USD);
    account.balances.push(Holding {
        lent: true,
        ..Holding::of(1, Base(13))
    });
    let account = account.holds(QUOTE, 90 * USD);
    let dust = NamedLeg::Collateral {
        slot: 1,
        asset: sol(),
        stock: Stock::Lent {
            shares: 13,
            index: book.lent,
            loss: Fixed::ZERO,
        },
        discount: DiscountCurve::default(),
        most: 1,
    };
    let legs = [long(10, 0, 2 * SOL as u64), dust];
    let (_, taken) = book.plan(&account, &legs, &to_maintenance()).unwrap();
    assert!(taken[0].size > 0);
    assert_eq!(taken[1], Taken::default());
}
