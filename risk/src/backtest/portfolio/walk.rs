//! The walk of several assets and their pairs, and the book that the engine reads after a bar.

use super::super::data::{Bar, Gaps, Panel, Series};
use super::super::model::{engine, Model};
use super::super::parameters::Source;
use super::{RateSource, Variant};
use anyhow::{Context, Result};
use plimsoll_engine::correlation::{shortfall, Pair, COEFFICIENT_ONE, CORRELATION_ONE};
use plimsoll_engine::error::EngineError;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::Measured;
use plimsoll_engine::model_rates::VALUE_AT_RISK;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, ModelKind, Rule, Sums};
use plimsoll_engine::side::Side;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::{requirement, Requirement};
use plimsoll_engine::volatility::{Sample, HOUR_SECONDS};

/// One asset on its way.
struct Walked {
    model: Model,
    state: Measured,
    sample: Option<Sample>,
}

/// All assets of a panel and their pairs.
pub struct Walker {
    assets: Vec<Walked>,
    /// Lower triangle, see [`place`].
    pairs: Vec<Pair>,
    /// Calendar hours of a bar.
    hours: u32,
}

/// Place of a pair in a lower triangle.
fn place(a: usize, b: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    high * (high.max(1) - 1) / 2 + low
}

impl Walker {
    /// Nothing has been observed yet.
    ///
    /// # Errors
    /// An asset without parameters, or prices out of range.
    pub fn new(names: &[String], panel: &Panel, known: &Source, horizon: usize) -> Result<Self> {
        let mut assets = Vec::new();
        for (name, closes) in names.iter().zip(&panel.closes) {
            let series = Series {
                asset: name.clone(),
                file: format!("the panel's {name}"),
                source: String::new(),
                interval: panel.interval,
                bars: panel
                    .times
                    .iter()
                    .zip(closes)
                    .map(|(&begin, &close)| Bar { begin, close })
                    .collect(),
                gaps: Gaps::default(),
            };
            assets.push(Walked {
                model: Model::new(&series, known.of(name)?, horizon)?,
                state: Measured::default(),
                sample: None,
            });
        }
        Ok(Self {
            pairs: vec![Pair::default(); assets.len() * assets.len().saturating_sub(1) / 2],
            assets,
            hours: u32::try_from(panel.interval / HOUR_SECONDS)?.max(1),
        })
    }

    /// Lets a bar of every asset enter, and then the pairs.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn step(&mut self, panel: &Panel, bar: usize) -> Result<()> {
        for (asset, closes) in self.assets.iter_mut().zip(&panel.closes) {
            (asset.state, asset.sample) = asset.model.observe(closes[bar], panel.times[bar])?;
        }
        let hours = self.hours;
        let on_calendar = |sample: Sample| Sample {
            hours: sample.hours.saturating_mul(hours),
            ..sample
        };
        for b in 1..self.assets.len() {
            for a in 0..b {
                let (one, other) = (&self.assets[a], &self.assets[b]);
                if let (Some(first), Some(second)) = (one.sample, other.sample) {
                    engine(self.pairs[place(a, b)].observe(
                        &on_calendar(first),
                        &on_calendar(second),
                        one.measured()?,
                        other.measured()?,
                    ))?;
                }
            }
        }
        Ok(())
    }

    /// ρ as measured, in ten-thousandths, in the order of [`place`].
    ///
    /// # Errors
    /// Before there are enough common samples.
    pub fn measured_correlations(&self) -> Result<Vec<i16>> {
        let mut all = Vec::with_capacity(self.pairs.len());
        for b in 1..self.assets.len() {
            for a in 0..b {
                let (one, other) = (self.assets[a].measured()?, self.assets[b].measured()?);
                let rho = engine(self.pairs[place(a, b)].target(one, other))?;
                all.push(rho.context("a pair without common samples")?);
            }
        }
        Ok(all)
    }

    /// The book as it stands.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn day<'a>(&'a self, moves: &'a [Vec<i16>]) -> Result<Day<'a>> {
        let both = |[long, short]: [Fixed; 2]| Rates {
            maintenance_long: long,
            maintenance_short: short,
            initial_long: long,
            initial_short: short,
        };
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for asset in &self.assets {
            let (model, state) = (&asset.model, &asset.state);
            let fast = engine(state.volatility.fast.deviation_ceil())?;
            let deviation = state.targets.deviation;
            rates[0].push(both(model.rates(VALUE_AT_RISK, fast)?));
            rates[1].push(model.in_force(state)?);
            rates[2].push(both(model.rates_of_four_hours(VALUE_AT_RISK, deviation)?));
        }
        Ok(Day {
            rates,
            pairs: &self.pairs,
            raw: self.measured_correlations()?,
            moves,
        })
    }
}

impl Walked {
    fn measured(&self) -> Result<Fixed> {
        engine(self.state.volatility.measured.deviation_ceil())
    }
}

/// What all variants of one bar read.
pub struct Day<'a> {
    /// In the order of [`RateSource`], by slot.
    rates: [Vec<Rates>; 3],
    pairs: &'a [Pair],
    raw: Vec<i16>,
    moves: &'a [Vec<i16>],
}

impl Day<'_> {
    /// The portfolio requirement of an account's sums.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn requirement(&self, variant: Variant, sums: &Sums) -> Result<Requirement> {
        let rule = Rule {
            model: ModelKind::Portfolio,
            ..Rule::default()
        };
        engine(requirement(
            &Asked { day: self, variant },
            rule,
            &mut sums.clone(),
        ))
    }
}

/// A book of rates and correlations without prices: requirements read nothing else.
struct Asked<'a> {
    day: &'a Day<'a>,
    variant: Variant,
}

impl BookView for Asked<'_> {
    fn asset(&self, _slot: u8) -> plimsoll_engine::Result<AssetView> {
        Err(EngineError::PriceOutOfRange)
    }

    fn side(&self, _slot: u8, _short: bool) -> plimsoll_engine::Result<Side> {
        Ok(Side::default())
    }

    fn quote_slot(&self) -> u8 {
        u8::MAX
    }

    fn borrow_index(&self, _slot: u8) -> plimsoll_engine::Result<plimsoll_engine::index::Index> {
        Ok(plimsoll_engine::index::Index::START)
    }

    fn risk(&self, slot: u8) -> plimsoll_engine::Result<AssetRisk> {
        let source = match self.variant.rates {
            RateSource::Plain => 0,
            RateSource::InForce => 1,
            RateSource::FourHours => 2,
        };
        let rates = self.day.rates[source].get(usize::from(slot));
        Ok(AssetRisk {
            rates: *rates.ok_or(EngineError::LegNotHeld)?,
            size: SizeTerms::NONE,
        })
    }

    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        let at = place(usize::from(a), usize::from(b));
        if self.variant.raw {
            let rho = self.day.raw.get(at).copied().map_or(0, i64::from);
            // To the nearest 400th, whichever direction.
            let nearest = (rho * COEFFICIENT_ONE + 5_000).div_euclid(i64::from(CORRELATION_ONE));
            return shortfall(nearest, opposite);
        }
        let pair = self.day.pairs.get(at).copied().unwrap_or_default();
        shortfall(pair.used(!opposite), opposite)
    }

    fn scenarios(&self) -> usize {
        if self.variant.stress {
            self.day.moves.first().map_or(0, Vec::len)
        } else {
            0
        }
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        let moves = self.day.moves.get(usize::from(slot));
        moves.and_then(|m| m.get(scenario)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_fill_a_triangle() {
        let places: Vec<usize> = [(1, 0), (2, 0), (2, 1), (3, 0)]
            .map(|(a, b)| place(a, b))
            .into();
        assert_eq!(places, [0, 1, 2, 3]);
        assert_eq!(place(0, 2), place(2, 0));
    }
}
