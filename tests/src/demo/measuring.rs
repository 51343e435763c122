//! Lets the book measure four calm weeks, and writes down what the risk model does.

use plimsoll::state::RiskBook;
use plimsoll_engine::correlation::pair_index;
use plimsoll_engine::fixed::{Fixed, FRACTION_BITS};

use super::driver::{asset_of, slot_of, Run};
use super::history::{self, Hour};
use super::risk::{
    Compared, ComparedAccount, CorrelationSample, RateSample, RateSeries, RequirementSample,
};
use crate::chain::Chain;
use crate::params::{BTC, ETH, SOL};
use crate::pyth::Report;

/// Seconds between two publications of the history.
pub(super) const HOUR: i64 = 3_600;
/// Usual confidence of the history, in parts of the price.
const CALM_CONF: i64 = 2_000;

impl Run {
    /// One publication of every asset per hour, through `refresh`; the first was published when the
    /// exchange was made.
    pub(super) fn live_through(&mut self, hours: &[Hour]) {
        let start = self.world.spec.start;
        for (number, hour) in (0..).zip(hours).skip(1) {
            self.world.chain.set_clock(start + number * HOUR);
            let reports: Vec<(u8, Report)> = hour
                .iter()
                .map(|(asset, price)| {
                    let report = Report {
                        price: *price,
                        conf: Some((price / CALM_CONF).unsigned_abs()),
                        ema: None,
                    };
                    (slot_of(*asset), report)
                })
                .collect();
            self.world.prices(&reports);
            self.measure();
        }
        self.world.sync();
        self.record.risk.history_hours = history::HOURS as u64;
    }

    /// Writes down rates, deviations and the correlation as the book has them.
    pub(super) fn measure(&mut self) {
        let book = self.world.book();
        let risk = &mut self.record.risk;
        for slot in [SOL, BTC, ETH] {
            let asset = asset_of(slot);
            let sample = rate_sample(&book, slot);
            match risk.rates.iter_mut().find(|series| series.asset == asset) {
                Some(series) => series.samples.push(sample),
                None => risk.rates.push(RateSeries {
                    asset,
                    samples: vec![sample],
                }),
            }
        }
        let place = pair_index(BTC, ETH).map(|index| book.pairs[index]);
        if let Ok(pair) = place {
            risk.correlation.push(CorrelationSample {
                time: book.models[usize::from(BTC)].ramp_time,
                in_force: pair.in_force,
                samples: pair.samples,
            });
        }
    }

    /// Begins to follow the compared accounts, which are open.
    pub(super) fn follow_compared(&mut self) {
        for trader in &self.traders {
            if let Some(what) = trader.compared() {
                self.record.risk.compared.push(ComparedAccount {
                    name: trader.name.clone(),
                    what,
                    samples: Vec::new(),
                    liquidations: 0,
                });
            }
        }
        self.record
            .risk
            .compared
            .sort_by_key(|account| Compared::ALL.iter().position(|what| *what == account.what));
    }

    /// Writes down what `assess` says of the compared accounts.
    pub(super) fn compare(&mut self, time: i64) {
        for index in 0..self.record.risk.compared.len() {
            let name = self.record.risk.compared[index].name.clone();
            let report = self.world.assess(&name);
            let sample = RequirementSample {
                time,
                notional: self.notional_of(&name),
                equity: report.maintenance_equity,
                maintenance: report.maintenance_requirement,
                initial: report.initial_requirement,
                binding_maintenance: report.binding_maintenance,
                binding_initial: report.binding_initial,
            };
            self.record.risk.compared[index].samples.push(sample);
        }
    }

    /// Gross notional of somebody's positions at the book's price, micro-dollars.
    fn notional_of(&self, name: &str) -> i64 {
        let book = self.world.book();
        let account = self.world.account(name);
        let open = account.positions.iter().filter(|place| place.base != 0);
        let values = open.filter_map(|place| {
            let asset = book.listed_asset(place.slot).ok()?;
            let value = asset
                .band()
                .value_floor(place.base.unsigned_abs(), asset.spot);
            i64::try_from(value.ok()?).ok()
        });
        values.sum()
    }
}

fn rate_sample(book: &RiskBook, slot: u8) -> RateSample {
    let (asset, model) = (
        &book.assets[usize::from(slot)],
        &book.models[usize::from(slot)],
    );
    let volatility = model.measured().volatility;
    let deviation = |variance: plimsoll_engine::volatility::Variance| {
        billionths(variance.deviation_ceil().unwrap_or(Fixed::ZERO))
    };
    RateSample {
        time: model.ramp_time,
        maintenance: billionths(asset.rates().maintenance_long),
        target: billionths(Fixed(model.target_maintenance_long)),
        initial: billionths(asset.rates().initial_long),
        fast: deviation(volatility.fast),
        slow: deviation(volatility.slow),
    }
}

fn billionths(fraction: Fixed) -> i64 {
    let scaled = (i128::from(fraction.0) * 1_000_000_000) >> FRACTION_BITS;
    i64::try_from(scaled).unwrap_or(i64::MAX)
}
