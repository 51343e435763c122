//! The portfolio model: Hull's two assets, the measured hedges, each term of the maximum on its own.

use plimsoll_engine::correlation::Pair;
use plimsoll_engine::portfolio::{Portfolio, RiskView};
use plimsoll_engine::requirement::{Leg, Model};
use plimsoll_engine::{EngineError, Result};

use crate::USD;

/// Assets by slot with one rate each; initial is 1.4 times maintenance.
struct Market {
    rates: Vec<f64>,
    correlation: i8,
    /// ρ̂ in 400ths where the haircut is not wanted.
    raw: Option<i64>,
    scenarios: Vec<Vec<i16>>,
}

impl Market {
    fn of(rates: &[f64], correlation: i8) -> Self {
        Self {
            rates: rates.to_vec(),
            correlation,
            raw: None,
            scenarios: vec![],
        }
    }

    fn with(mut self, scenario: &[i16]) -> Self {
        self.scenarios.push(scenario.to_vec());
        self
    }

    fn leg(&self, slot: u8, exposure: i64) -> Leg {
        self.standalone(slot, exposure).unwrap()
    }

    fn holding(&self, exposures: &[i64]) -> Portfolio<'_, Self> {
        let mut portfolio = Portfolio::new(self);
        for (slot, exposure) in (0u8..).zip(exposures) {
            portfolio.add(&self.leg(slot, *exposure)).unwrap();
        }
        portfolio
    }
}

/// The pair with a correlation of so many hundredths in force; `i8::MIN`: never observed.
fn pair(hundredths: i8) -> Pair {
    match hundredths {
        i8::MIN => Pair::default(),
        known => Pair::default().holding(i16::from(known) * 100),
    }
}

impl RiskView for Market {
    fn standalone(&self, slot: u8, exposure: i64) -> Result<Leg> {
        let rate = self
            .rates
            .get(usize::from(slot))
            .ok_or(EngineError::LegNotHeld)?;
        let part = |factor: f64| (exposure.unsigned_abs() as f64 * rate * factor).round() as u64;
        Ok(Leg {
            slot,
            exposure,
            maintenance: part(1.0),
            initial: part(1.4),
        })
    }

    fn correlation(&self, _: u8, _: u8) -> Result<Pair> {
        Ok(pair(self.correlation))
    }

    fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    fn shock(&self, scenario: usize, slot: u8) -> Result<i16> {
        Ok(self.scenarios[scenario][usize::from(slot)])
    }

    fn coefficient(&self, a: u8, b: u8, same: bool) -> Result<i64> {
        match self.raw {
            Some(raw) => Ok(raw),
            None => Ok(self.correlation(a, b)?.used(same)),
        }
    }
}

fn maintenance(portfolio: &Portfolio<'_, Market>) -> f64 {
    portfolio.maintenance().unwrap().0 as f64 / 1e6
}

/// Hull, Options, Futures and Other Derivatives: 10 million at 2% a day and 5 million at 1%,
/// correlation 0.3, 99%, 10 days. The source rounds.
#[test]
fn hulls_two_asset_value_at_risk_is_reproduced() {
    let ten_days = 2.33 * 10f64.sqrt();
    let mut market = Market::of(&[0.02 * ten_days, 0.01 * ten_days], 30);
    market.raw = Some(120);
    let million = 1_000_000 * USD;
    let close = |got: f64, wanted: f64| assert!((got / wanted - 1.0).abs() < 0.002, "{got}");
    close(maintenance(&market.holding(&[10 * million])), 1_473_621.0);
    close(maintenance(&market.holding(&[0, 5 * million])), 368_405.0);
    close(
        maintenance(&market.holding(&[10 * million, 5 * million])),
        1_622_657.0,
    );
}

/// Measured correlations and what equal and opposite risks then need of their gross sum.
#[test]
fn measured_hedges_need_what_was_measured() {
    for (correlation, of_gross) in [(85, 0.43), (66, 0.502), (61, 0.521), (100, 0.387)] {
        let market = Market::of(&[0.1, 0.1], correlation);
        let needed = maintenance(&market.holding(&[1_000 * USD, -1_000 * USD])) / 200.0;
        assert!((needed - of_gross).abs() < 0.005, "{correlation}: {needed}");
        let reversed = maintenance(&market.holding(&[-1_000 * USD, 1_000 * USD])) / 200.0;
        assert_eq!(needed, reversed);
    }
}

/// Before enough is known, and in one direction at ρ = 1, nothing is netted across assets.
#[test]
fn the_unknown_is_summed_in_full() {
    for (correlation, second) in [(i8::MIN, -500), (i8::MIN, 500), (100, 500), (-100, -500)] {
        let market = Market::of(&[0.1, 0.2], correlation);
        let needed = maintenance(&market.holding(&[1_000 * USD, second * USD]));
        assert_eq!(needed, 200.0, "{correlation} {second}");
    }
}

/// Long and short of one asset are one exposure; 15% of the gross sum remains.
#[test]
fn one_asset_is_netted_down_to_the_gross_floor() {
    let market = Market::of(&[0.1], 0);
    let mut portfolio = market.holding(&[1_000 * USD]);
    portfolio.add(&market.leg(0, -1_000 * USD)).unwrap();
    assert!((maintenance(&portfolio) - 30.0).abs() < 1.5e-6);
    // Closing both would cost 40 dollars.
    portfolio.add_closing_cost(40_000_000).unwrap();
    assert_eq!(maintenance(&portfolio), 40.0);
    // Never more than the gross sum.
    portfolio.add_closing_cost(400_000_000).unwrap();
    assert_eq!(maintenance(&portfolio), 200.0);
    portfolio.take_closing_cost(440_000_000).unwrap();
    assert_eq!(portfolio.take_closing_cost(1), Err(EngineError::Overflow));
}

/// The worst scenario counts by its weight, and at most what one direction needs.
#[test]
fn the_worst_scenario_binds_for_a_hedge_that_comes_apart() {
    let hedged = [1_000 * USD, -1_000 * USD];
    let market = Market::of(&[0.1, 0.1], 100)
        .with(&[1_000, -500])
        .with(&[-2_000, 1_000]);
    // 300 of loss: 30% is 90, more than the form's 77.5.
    assert!((maintenance(&market.holding(&hedged)) - 90.0).abs() < 1.5e-6);
    // 37.5% of 300 is 112.5, below the initial form's 140 in one direction.
    let initial = market.holding(&hedged).initial().unwrap().0;
    assert!((initial as f64 / 1e6 - 112.5).abs() < 2.5e-6);
    let apart = Market::of(&[0.1, 0.1], 100).with(&[-3_000, 3_000]);
    assert_eq!(maintenance(&apart.holding(&hedged)), 100.0);
    // A scenario in which the account gains asks for nothing.
    let gain = Market::of(&[0.1, 0.1], 100).with(&[3_000, -3_000]);
    let plain = Market::of(&[0.1, 0.1], 100);
    assert_eq!(
        maintenance(&gain.holding(&hedged)),
        maintenance(&plain.holding(&hedged))
    );
}

#[test]
fn initial_is_at_least_one_and_a_quarter_of_maintenance() {
    // The form needs 7.75 of maintenance and scenario 10; initial 10.85 without the rule.
    let market = Market::of(&[0.01, 0.01], 100).with(&[-10_000, 10_000]);
    let portfolio = market.holding(&[1_000 * USD, -1_000 * USD]);
    assert_eq!(maintenance(&portfolio), 10.0);
    assert_eq!(portfolio.initial().unwrap().0, 14 * USD);
    let market = Market {
        scenarios: vec![],
        ..market
    };
    let mut portfolio = market.holding(&[1_000 * USD, -1_000 * USD]);
    portfolio.add_closing_cost(20 * 1_000_000).unwrap();
    assert_eq!(portfolio.initial().unwrap().0, 25 * USD);
}

/// 32 assets of ten billion dollars each: magnitudes are shifted, and a single one stays exact.
#[test]
fn the_largest_books_are_totalled() {
    let market = Market::of(&[0.5; 32], 100);
    let each = 10_000_000_000 * USD;
    let one = market.holding(&[each]);
    assert_eq!(one.maintenance().unwrap().0, each / 2);
    let all = market.holding(&[each; 32]);
    assert_eq!(all.maintenance().unwrap().0, 16 * each);
    let alternating: Vec<i64> = (0..32)
        .map(|i| if i % 2 == 0 { each } else { -each })
        .collect();
    let half = market.holding(&alternating).maintenance().unwrap().0;
    assert!(half < 10 * each && half > each);
    let mut outside = Portfolio::new(&market);
    let leg = Leg {
        slot: 32,
        ..market.leg(0, USD)
    };
    assert_eq!(outside.add(&leg), Err(EngineError::LegNotHeld));
}

#[test]
fn nothing_needs_nothing() {
    let market = Market::of(&[0.1], 0).with(&[-9_999]);
    assert_eq!(maintenance(&Portfolio::new(&market)), 0.0);
    assert_eq!(Portfolio::new(&market).initial().unwrap().0, 0);
}
