//! The portfolio model: Hull's two assets, the measured hedges, each term of the maximum on its own.

use plimsoll_engine::correlation::shortfall;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::portfolio::Binding;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, Both, Leg, ModelKind, Rule, Sums};
use plimsoll_engine::side::Side;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::{requirement, scenario_losses, Drawing, Place, Requirement, Totals};
use plimsoll_engine::{EngineError, Result};

use crate::USD;

/// Assets by slot with one rate each; initial is 1.4 times maintenance.
struct Market {
    rates: Vec<f64>,
    /// ρ̂ in 400ths, for one direction and for opposite ones.
    coefficients: (i64, i64),
    scenarios: Vec<Vec<i16>>,
}

impl Market {
    /// With the haircut of a measured correlation in hundredths; `i8::MIN` is unknown.
    fn of(rates: &[f64], correlation: i8) -> Self {
        let rho = i64::from(correlation);
        let coefficients = match correlation {
            i8::MIN => (400, -400),
            0.. => ((4 * rho).max(380), (3 * rho).min(280)),
            _ => (380, 4 * rho),
        };
        Self {
            rates: rates.to_vec(),
            coefficients,
            scenarios: vec![],
        }
    }

    fn with(mut self, scenario: &[i16]) -> Self {
        self.scenarios.push(scenario.to_vec());
        self
    }

    fn needs(&self, exposures: &[i64]) -> Requirement {
        self.needs_closing(exposures, 0)
    }

    fn needs_closing(&self, exposures: &[i64], closing: i64) -> Requirement {
        let legs = (0u8..).zip(exposures);
        let mut sums = sums(&legs.map(|(slot, x)| (slot, *x)).collect::<Vec<_>>());
        sums.closing = closing as u64;
        portfolio(self, &sums)
    }
}

fn sums(legs: &[(u8, i64)]) -> Sums {
    let mut sums = Sums::default();
    for (slot, exposure) in legs {
        sums.add(&Leg::of(*slot, *exposure)).unwrap();
    }
    sums
}

fn portfolio(market: &Market, sums: &Sums) -> Requirement {
    let rule = Rule {
        model: ModelKind::Portfolio,
        ..Rule::default()
    };
    requirement(market, rule, &mut sums.clone()).unwrap()
}

impl BookView for Market {
    fn asset(&self, _: u8) -> Result<AssetView> {
        Err(EngineError::LegNotHeld)
    }

    fn side(&self, _: u8, _: bool) -> Result<Side> {
        Ok(Side::default())
    }

    fn quote_slot(&self) -> u8 {
        0
    }

    fn borrow_index(&self, _slot: u8) -> Result<plimsoll_engine::index::Index> {
        Ok(plimsoll_engine::index::Index::START)
    }

    fn risk(&self, slot: u8) -> Result<AssetRisk> {
        let rate = self.rates.get(usize::from(slot));
        let rate = rate.ok_or(EngineError::LegNotHeld)?;
        let part = |factor: f64| Fixed((rate * factor * Fixed::ONE.0 as f64).round() as i64);
        Ok(AssetRisk {
            rates: Rates {
                maintenance_long: part(1.0),
                maintenance_short: part(1.0),
                initial_long: part(1.4),
                initial_short: part(1.4),
            },
            size: SizeTerms::NONE,
        })
    }

    fn less(&self, _: u8, _: u8, opposite: bool) -> u64 {
        let (same, other) = self.coefficients;
        shortfall(if opposite { other } else { same }, opposite)
    }

    fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.scenarios[scenario][usize::from(slot)]
    }
}

fn maintenance(needed: &Requirement) -> f64 {
    needed.maintenance.0 as f64 / 1e6
}

fn near(needed: &Requirement, dollars: f64) {
    let got = maintenance(needed);
    assert!((got - dollars).abs() < 3e-6, "{got} for {dollars}");
}

/// Hull, Options, Futures and Other Derivatives: 10 million at 2% a day and 5 million at 1%,
/// correlation 0.3, 99%, 10 days. The source rounds.
#[test]
fn hulls_two_asset_value_at_risk_is_reproduced() {
    let ten_days = 2.33 * 10f64.sqrt();
    let mut market = Market::of(&[0.02 * ten_days, 0.01 * ten_days], 30);
    market.coefficients = (120, 120);
    let million = 1_000_000 * USD;
    let close = |got: f64, wanted: f64| assert!((got / wanted - 1.0).abs() < 0.002, "{got}");
    close(maintenance(&market.needs(&[10 * million])), 1_473_621.0);
    close(maintenance(&market.needs(&[0, 5 * million])), 368_405.0);
    close(
        maintenance(&market.needs(&[10 * million, 5 * million])),
        1_622_657.0,
    );
}

/// Measured correlations and what equal and opposite risks then need of their gross sum.
#[test]
fn measured_hedges_need_what_was_measured() {
    for (correlation, of_gross) in [(85, 0.43), (66, 0.502), (61, 0.521), (100, 0.387)] {
        let market = Market::of(&[0.1, 0.1], correlation);
        let needed = maintenance(&market.needs(&[1_000 * USD, -1_000 * USD])) / 200.0;
        assert!((needed - of_gross).abs() < 0.005, "{correlation}: {needed}");
        let reversed = maintenance(&market.needs(&[-1_000 * USD, 1_000 * USD])) / 200.0;
        assert_eq!(needed, reversed);
    }
}

/// Before enough is known, and in one direction at ρ = 1, nothing is netted across assets.
#[test]
fn the_unknown_is_summed_in_full() {
    for (correlation, second) in [(i8::MIN, -500), (i8::MIN, 500), (100, 500), (-100, -500)] {
        let market = Market::of(&[0.1, 0.2], correlation);
        near(&market.needs(&[1_000 * USD, second * USD]), 200.0);
    }
}

/// Long and short of one asset are one exposure; 15% of the gross sum remains, or what closing costs.
#[test]
fn one_asset_is_netted_down_to_the_floors() {
    let market = Market::of(&[0.1], 0);
    let hedged = |closing: i64| {
        let mut sums = sums(&[(0, 1_000 * USD), (0, -1_000 * USD)]);
        sums.closing = closing as u64;
        portfolio(&market, &sums)
    };
    let floor = hedged(0);
    near(&floor, 30.0);
    assert_eq!(floor.binding_maintenance, Binding::GrossFloor);
    let closing = hedged(40 * USD);
    near(&closing, 40.0);
    assert_eq!(closing.binding_maintenance, Binding::ClosingCost);
    let all = hedged(440 * USD);
    near(&all, 200.0);
    assert_eq!(all.binding_maintenance, Binding::Gross);
}

/// The worst scenario counts by its weight, and at most what one direction needs.
#[test]
fn the_worst_scenario_binds_for_a_hedge_that_comes_apart() {
    let hedged = [1_000 * USD, -1_000 * USD];
    let market = Market::of(&[0.1, 0.1], 100)
        .with(&[1_000, -500])
        .with(&[-2_000, 1_000]);
    // 300 of loss: 30% is 90, more than the form's 77.5.
    let needed = market.needs(&hedged);
    near(&needed, 90.0);
    assert_eq!(needed.worst_scenario, Some(1));
    assert_eq!(needed.binding_maintenance, Binding::Scenario);
    // 1.25 times 90 and 37.5% of 300 are both 112.5, below the initial form's 140 in one direction.
    assert!((needed.initial.0 as f64 / 1e6 - 112.5).abs() < 4e-6);
    let apart = Market::of(&[0.1, 0.1], 100).with(&[-3_000, 3_000]);
    near(&apart.needs(&hedged), 100.0);
    // A scenario in which the account gains asks for nothing.
    let gain = Market::of(&[0.1, 0.1], 100).with(&[3_000, -3_000]);
    let plain = Market::of(&[0.1, 0.1], 100);
    let (gain, plain) = (gain.needs(&hedged), plain.needs(&hedged));
    assert_eq!(gain, plain);
    assert_eq!(
        (gain.worst_scenario, gain.binding_maintenance),
        (None, Binding::Form)
    );
}

/// What every scenario would bring, for the account to be shown.
#[test]
fn every_scenario_has_its_loss() {
    let market = Market::of(&[0.1, 0.1], 100)
        .with(&[1_000, -500])
        .with(&[-2_000, 1_000]);
    let losses = scenario_losses(&market, &sums(&[(0, 1_000 * USD), (1, -400 * USD)])).unwrap();
    assert_eq!(losses[..3], [-120 * USD, 240 * USD, 0]);
}

#[test]
fn initial_is_at_least_one_and_a_quarter_of_maintenance() {
    // The form needs 7.75 of maintenance and scenario 10; 14 is what one direction needs initially.
    let hedged = [1_000 * USD, -1_000 * USD];
    let market = Market::of(&[0.01, 0.01], 100).with(&[-10_000, 10_000]);
    let needed = market.needs(&hedged);
    near(&needed, 10.0);
    assert!((needed.initial.0 - 14 * USD).abs() <= 2);
    let market = Market::of(&[0.01, 0.01], 100);
    let needed = market.needs_closing(&hedged, 20 * USD);
    assert_eq!(needed.initial.0, needed.maintenance.0 / 4 * 5);
    assert_eq!(needed.binding_initial, Binding::Maintenance);
}

/// A profile multiplies what is needed initially and never lowers it below 1.25 of maintenance (F-9).
#[test]
fn a_profile_multiplies_the_initial_requirement() {
    let market = Market::of(&[0.1], 0);
    let sums = sums(&[(0, 1_000 * USD)]);
    for (profile, initial) in [(90, 126.0), (100, 140.0), (150, 210.0), (50, 125.0)] {
        let rule = Rule {
            model: ModelKind::Standard,
            profile: Fixed::ratio(profile, 100),
        };
        let needed = requirement(&market, rule, &mut sums.clone()).unwrap();
        near(&needed, 100.0);
        assert!(
            (needed.initial.0 as f64 / 1e6 - initial).abs() < 3e-6,
            "{needed:?}"
        );
    }
}

/// A leg that stands apart is added to whatever the model says of the rest.
#[test]
fn what_cannot_be_priced_hedges_nothing() {
    let market = Market::of(&[0.1, 0.1], 100);
    let mut sums = sums(&[(0, 1_000 * USD)]);
    let apart = Leg::apart_ceil(1, -1_000 * USD, &market.risk(1).unwrap()).unwrap();
    sums.add(&apart).unwrap();
    let needed = portfolio(&market, &sums);
    near(&needed, 200.0);
    assert!((needed.gross.maintenance as i64 - 200 * USD).abs() <= 2);
}

/// 32 assets of ten billion dollars each: magnitudes are shifted, and a single one stays exact.
#[test]
fn the_largest_books_are_totalled() {
    let market = Market::of(&[0.5; 32], 100);
    let each = 10_000_000_000 * USD;
    assert_eq!(market.needs(&[each]).maintenance.0, each / 2);
    assert_eq!(market.needs(&[each; 32]).maintenance.0, 16 * each);
    let alternating: Vec<i64> = (0..32)
        .map(|i| if i % 2 == 0 { each } else { -each })
        .collect();
    let half = market.needs(&alternating).maintenance.0;
    assert!(half < 10 * each && half > each);
    let outside = Sums::default().add(&Leg::of(32, USD));
    assert_eq!(outside, Err(EngineError::LegNotHeld));
}

#[test]
fn nothing_needs_nothing() {
    let market = Market::of(&[0.1], 0).with(&[-9_999]);
    let needed = portfolio(&market, &Sums::default());
    assert_eq!((needed.maintenance.0, needed.initial.0), (0, 0));
}

/// While a liquidation is sized, assets change again and again: each total is that of the account as it is
/// then, whatever was totalled before.
#[test]
fn a_total_is_of_what_is_drawn_last() {
    let market = Market::of(&[0.01, 0.10, 0.15, 0.20], 60)
        .with(&[0, -4_000, -5_000, -6_000])
        .with(&[0, 2_000, 2_500, 3_000]);
    let rule = Rule {
        model: ModelKind::Portfolio,
        ..Rule::default()
    };
    let thousand = 1_000 * USD;
    let mut held = [5 * thousand, 10 * thousand, -7 * thousand, 3 * thousand];
    let legs = |held: &[i64; 4]| sums(&(0u8..).zip(held.iter().copied()).collect::<Vec<_>>());
    let mut before = legs(&held);
    let gross = requirement(&market, rule, &mut before).unwrap().gross;
    let mut places = [Place::of(0), Place::of(1), Place::of(2)];
    let totals = Totals::of(&market, rule, gross, &before, &mut places).unwrap();
    let mut drawing = Drawing::of(&mut places);
    drawing.restore();
    // Each asset changes after the others were totalled; one turns, one goes, one comes back.
    let changes = [
        (0, 2 * thousand),
        (1, 4 * thousand),
        (2, 0),
        (0, -thousand),
        (1, -4 * thousand),
        (2, 6 * thousand),
        (2, -thousand),
        (1, 0),
        (0, 0),
    ];
    for (place, exposure) in changes {
        totals
            .redraw(&mut drawing, place, held[place], exposure)
            .unwrap();
        held[place] = exposure;
        let expected = portfolio(&market, &legs(&held));
        let total = totals.total(&mut drawing, Both::default(), 0).unwrap();
        assert_eq!(total, expected, "{held:?}");
        let maintenance = totals.maintenance(&mut drawing, Both::default(), 0);
        assert_eq!(maintenance, Ok(expected.maintenance), "{held:?}");
    }
}

/// Exposures are shifted for the account as it was: what is drawn beyond twice of that does not fit.
#[test]
fn what_is_drawn_must_fit_the_account() {
    let market = Market::of(&[0.01, 0.10], 60);
    let rule = Rule {
        model: ModelKind::Portfolio,
        ..Rule::default()
    };
    let huge = 1_000_000_000 * USD;
    let mut before = sums(&[(0, USD), (1, huge)]);
    let gross = requirement(&market, rule, &mut before).unwrap().gross;
    let drawn = |exposure| {
        let mut places = [Place::of(0), Place::of(1)];
        let totals = Totals::of(&market, rule, gross, &before, &mut places).unwrap();
        let mut drawing = Drawing::of(&mut places);
        drawing.restore();
        totals.redraw(&mut drawing, 1, huge, exposure).unwrap();
        totals.total(&mut drawing, Both::default(), 0)
    };
    assert_eq!(drawn(huge), Ok(portfolio(&market, &before)));
    assert!(drawn(huge / 2).is_ok() && drawn(2 * huge).is_ok());
    assert_eq!(drawn(4 * huge), Err(EngineError::Overflow));
}

/// 3/16 of 1,000, and 0.30 of a loss of 625 of it: where two of the model's amounts are equal, the one that
/// stands first in the maximum is what binds, and the gross sum only where they are beyond it.
#[test]
fn of_equal_amounts_the_first_one_binds() {
    let thousand = 1_000 * USD;
    let market = Market::of(&[0.1875, 0.1875], 95).with(&[-6_250, -6_250]);
    let one = market.needs(&[thousand]);
    near(&one, 187.5);
    assert_eq!(one.binding_maintenance, Binding::Form);
    // Both together: 375 in the scenario, in one direction, and gross; a little less by the form.
    let both = market.needs(&[thousand, thousand]);
    near(&both, 375.0);
    assert_eq!(both.binding_maintenance, Binding::Scenario);
}
