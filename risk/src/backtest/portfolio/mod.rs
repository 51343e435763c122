//! Coverage and benefit of the portfolio model (F-5, F-6): several series of one interval walked
//! together, a few books of equal sides, and the requirement of each after every bar.
//!
//! Each asset takes the step of [`super::model`]; pairs see the samples that two assets take of the same
//! bar. ρ in force is ramped on calendar time, as rates are: a sample of a day counts 24 hours there. The
//! requirement is the engine's; this module gives it a book and an account's sums.

mod walk;

use super::data::Panel;
use super::model::engine;
use super::parameters::Source;
use super::statistics::{kupiec, mean, Ratio};
use super::walk::WARM_UP;
use crate::scenarios;
use anyhow::Result;
use plimsoll_engine::correlation::CORRELATION_ONE;
use plimsoll_engine::portfolio::Binding;
use plimsoll_engine::requirement::{Leg, Sums};
use walk::{Day, Walker};

/// Share of windows that may exceed a requirement.
const LEVEL: f64 = 0.01;
/// A side of weight one: a million dollars in micro-dollars.
const UNIT: i64 = 1_000_000_000_000;

/// Books that are judged, by the weights of their assets. The pairs stand both ways: scenarios are not
/// symmetric.
const BOOKS: [(&str, &[(&str, i64)]); 8] = [
    (
        "long BTC + ETH + SOL",
        &[("BTC", 1), ("ETH", 1), ("SOL", 1)],
    ),
    ("BTC − ETH", &[("BTC", 1), ("ETH", -1)]),
    ("ETH − SOL", &[("ETH", 1), ("SOL", -1)]),
    ("BTC − SOL", &[("BTC", 1), ("SOL", -1)]),
    ("BTC + ETH − 2 SOL", &[("BTC", 1), ("ETH", 1), ("SOL", -2)]),
    ("ETH − BTC", &[("ETH", 1), ("BTC", -1)]),
    ("SOL − ETH", &[("SOL", 1), ("ETH", -1)]),
    ("SOL − BTC", &[("SOL", 1), ("BTC", -1)]),
];

/// Where the rates of a requirement come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateSource {
    /// The fast mean alone, 99%.
    Plain,
    /// The rule in force.
    InForce,
    /// The blended target over the program's four hours, whatever the horizon: for what a hedge saves
    /// there, not for coverage.
    FourHours,
}

/// One way to ask for a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Rates.
    pub rates: RateSource,
    /// ρ as measured, without ramp and haircut.
    pub raw: bool,
    /// With the default stress scenarios.
    pub stress: bool,
}

impl Variant {
    /// All that are computed.
    pub const ALL: [Self; 12] = [
        Self::new(RateSource::Plain, true, false),
        Self::new(RateSource::Plain, false, false),
        Self::new(RateSource::Plain, true, true),
        Self::new(RateSource::Plain, false, true),
        Self::new(RateSource::InForce, true, false),
        Self::new(RateSource::InForce, false, false),
        Self::new(RateSource::InForce, true, true),
        Self::PROGRAM,
        Self::new(RateSource::FourHours, true, false),
        Self::new(RateSource::FourHours, false, false),
        Self::new(RateSource::FourHours, true, true),
        Self::new(RateSource::FourHours, false, true),
    ];
    /// What the program does, over the horizon of the windows.
    pub const PROGRAM: Self = Self::new(RateSource::InForce, false, true);

    /// One of them.
    pub const fn new(rates: RateSource, raw: bool, stress: bool) -> Self {
        Self { rates, raw, stress }
    }
}

/// How a variant did on one book.
pub struct Judged {
    /// Which.
    pub variant: Variant,
    /// Requirement over the gross sum, by window.
    pub over_gross: Vec<f64>,
    /// Requirement over the book's notional, by window.
    pub over_notional: Vec<f64>,
    /// Windows whose loss was larger.
    pub exceptions: usize,
    /// Windows whose loss exceeded the gross sum.
    pub gross_exceptions: usize,
    /// Against 1%.
    pub kupiec: Ratio,
    /// Windows in which the worst scenario determines the requirement.
    pub by_scenario: usize,
}

impl Judged {
    /// Mean, least and largest requirement over gross.
    pub fn benefit(&self) -> [f64; 3] {
        let fold =
            |start, pick: fn(f64, f64) -> f64| self.over_gross.iter().copied().fold(start, pick);
        [
            mean(&self.over_gross),
            fold(f64::INFINITY, f64::min),
            fold(0.0, f64::max),
        ]
    }
}

/// One book.
pub struct BookStudy {
    /// Its name.
    pub name: &'static str,
    /// By variant, in the order of [`Variant::ALL`].
    pub judged: Vec<Judged>,
    /// Loss over notional, by window.
    pub losses: Vec<f64>,
}

impl BookStudy {
    /// How a variant did.
    pub fn of(&self, variant: Variant) -> &Judged {
        let at = self.judged.iter().position(|j| j.variant == variant);
        // Every variant was judged.
        &self.judged[at.unwrap_or(0)]
    }

    /// Windows whose loss exceeds a fixed part of the notional, as a gross sum of fixed rates asks.
    pub fn beyond(&self, rate: f64) -> usize {
        self.losses.iter().filter(|loss| **loss > rate).count()
    }
}

/// All books of one panel.
pub struct PortfolioStudy {
    /// Names of the assets.
    pub assets: Vec<String>,
    /// Seconds from one bar to the next.
    pub interval: i64,
    /// Bars of the horizon.
    pub horizon: usize,
    /// Ends of the bars at which windows begin, unix seconds.
    pub times: Vec<i64>,
    /// The books whose assets are all here.
    pub books: Vec<BookStudy>,
    /// ρ of every pair over the windows: names, then mean, least and largest of the measured one.
    pub correlations: Vec<(String, [f64; 3])>,
}

impl PortfolioStudy {
    /// Walks a panel; nothing where it has assets without scenarios, or too few bars.
    ///
    /// # Errors
    /// What the engine refuses, and an asset without parameters.
    pub fn of(
        names: &[String],
        panel: &Panel,
        known: &Source,
        horizon: i64,
    ) -> Result<Option<Self>> {
        let horizon = usize::try_from((horizon / panel.interval).max(1))?;
        let moves: Option<Vec<_>> = names.iter().map(|n| scenarios::moves_of(n)).collect();
        let books: Vec<_> = BOOKS
            .iter()
            .filter_map(|book| weights(book, names))
            .collect();
        let (Some(moves), false) = (moves, books.is_empty()) else {
            return Ok(None);
        };
        if panel.times.len() <= WARM_UP + horizon {
            return Ok(None);
        }
        let mut study = Self {
            assets: names.to_vec(),
            interval: panel.interval,
            horizon,
            times: Vec::new(),
            books: books
                .iter()
                .map(|(name, _)| BookStudy::empty(name))
                .collect(),
            correlations: Vec::new(),
        };
        let mut rhos: Vec<Vec<f64>> = vec![Vec::new(); names.len() * (names.len() - 1) / 2];
        let mut walker = Walker::new(names, panel, known, horizon)?;
        for bar in 0..panel.times.len() - horizon {
            walker.step(panel, bar)?;
            if bar < WARM_UP || !(bar - WARM_UP).is_multiple_of(horizon) {
                continue;
            }
            study.times.push(panel.times[bar] + panel.interval);
            for (rho, measured) in rhos.iter_mut().zip(walker.measured_correlations()?) {
                rho.push(f64::from(measured) / f64::from(CORRELATION_ONE));
            }
            let day = walker.day(&moves)?;
            for (book, (_, weights)) in study.books.iter_mut().zip(&books) {
                let loss = loss(panel, bar, horizon, weights);
                book.window(&day, weights, loss)?;
            }
        }
        for book in &mut study.books {
            book.finish()?;
        }
        study.correlations = pair_names(names)
            .zip(rhos.iter().map(|r| summary(r)))
            .collect();
        Ok(Some(study))
    }
}

fn summary(values: &[f64]) -> [f64; 3] {
    let fold = |start, pick: fn(f64, f64) -> f64| values.iter().copied().fold(start, pick);
    [mean(values), fold(1.0, f64::min), fold(-1.0, f64::max)]
}

/// In the order of [`place`].
fn pair_names(names: &[String]) -> impl Iterator<Item = String> + '_ {
    (1..names.len()).flat_map(move |b| (0..b).map(move |a| format!("{}–{}", names[a], names[b])))
}

/// Weights by asset, if all assets of the book are there.
fn weights<'b>(book: &(&'b str, &[(&str, i64)]), names: &[String]) -> Option<(&'b str, Vec<i64>)> {
    let mut weights = vec![0; names.len()];
    for (asset, weight) in book.1 {
        let slot = names.iter().position(|name| name == asset)?;
        weights[slot] = *weight;
    }
    Some((book.0, weights))
}

/// Loss over the horizon, as a part of the notional.
fn loss(panel: &Panel, bar: usize, horizon: usize, weights: &[i64]) -> f64 {
    let notional: i64 = weights.iter().map(|w| w.abs()).sum();
    let gain: f64 = panel
        .closes
        .iter()
        .zip(weights)
        .map(|(closes, weight)| (closes[bar + horizon] / closes[bar] - 1.0) * *weight as f64)
        .sum();
    -gain / notional as f64
}

impl BookStudy {
    fn empty(name: &'static str) -> Self {
        let judged = |variant| Judged {
            variant,
            over_gross: Vec::new(),
            over_notional: Vec::new(),
            exceptions: 0,
            gross_exceptions: 0,
            kupiec: Ratio {
                statistic: 0.0,
                p: 1.0,
            },
            by_scenario: 0,
        };
        Self {
            name,
            judged: Variant::ALL.map(judged).into(),
            losses: Vec::new(),
        }
    }

    /// Asks every variant.
    fn window(&mut self, day: &Day<'_>, weights: &[i64], loss: f64) -> Result<()> {
        let mut sums = Sums::default();
        let mut notional = 0;
        for (slot, weight) in (0u8..).zip(weights) {
            engine(sums.add(&Leg::of(slot, weight * UNIT)))?;
            notional += (weight * UNIT).abs();
        }
        for judged in &mut self.judged {
            let needed = day.requirement(judged.variant, &sums)?;
            let over_notional = needed.maintenance.0 as f64 / notional as f64;
            let gross = needed.gross.maintenance as f64 / notional as f64;
            judged.over_notional.push(over_notional);
            judged.over_gross.push(over_notional / gross);
            judged.exceptions += usize::from(loss > over_notional);
            judged.gross_exceptions += usize::from(loss > gross);
            let by_scenario = matches!(
                needed.binding_maintenance,
                Binding::Scenario | Binding::Directional
            );
            judged.by_scenario += usize::from(by_scenario);
        }
        self.losses.push(loss);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        for judged in &mut self.judged {
            let (windows, exceptions) = (self.losses.len() as u64, judged.exceptions as u64);
            judged.kupiec = kupiec(windows, exceptions, LEVEL)?;
        }
        Ok(())
    }
}

/// Mean of the requirement in force over notional under the gross sum, as a part.
pub fn standard_cost(book: &BookStudy) -> f64 {
    let judged = book.of(Variant::PROGRAM);
    let gross: Vec<f64> = judged
        .over_notional
        .iter()
        .zip(&judged.over_gross)
        .map(|(needed, part)| needed / part)
        .collect();
    mean(&gross)
}
