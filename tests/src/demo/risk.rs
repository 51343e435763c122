//! What the risk model did in a run: rates in force and their targets, and what hedged and unhedged
//! accounts of the same gross size needed. Written down from the book and from `assess`.

use plimsoll_engine::requirement::ModelKind;
use serde::Serialize;

use super::crash::Asset;

/// What the anti-procyclical ramp promises its rates within (F-4), in seconds.
pub const DAY: i64 = 86_400;

/// The risk model through a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RiskRecord {
    /// Hours of synthetic prices before the crash; their samples stand in the series too.
    pub history_hours: u64,
    /// One series per asset with a market.
    pub rates: Vec<RateSeries>,
    /// Correlation of BTC and ETH, in order of time.
    pub correlation: Vec<CorrelationSample>,
    /// Accounts of the same gross size, hedged and not.
    pub compared: Vec<ComparedAccount>,
}

/// The rates of one asset.
#[derive(Clone, Debug, Serialize)]
pub struct RateSeries {
    /// Whose rates.
    pub asset: Asset,
    /// In order of time.
    pub samples: Vec<RateSample>,
}

/// The rates of a long at one time, in 1e-9.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct RateSample {
    /// When the ramps stood there, unix seconds UTC.
    pub time: i64,
    /// Maintenance rate in force.
    pub maintenance: i64,
    /// Where the maintenance rate is going.
    pub target: i64,
    /// Initial rate in force.
    pub initial: i64,
    /// Measured deviation per √hour of half-life 24 samples.
    pub fast: i64,
    /// Measured deviation per √hour of half-life 168 samples.
    pub slow: i64,
}

/// A correlation at one time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CorrelationSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// In force, 1e-4; without meaning while fewer than 168 samples are common.
    pub in_force: i16,
    /// Common samples.
    pub samples: u16,
}

/// What an account's requirement is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Long one asset and short another, under the portfolio model.
    HedgedPortfolio,
    /// The same, under the standard model.
    HedgedStandard,
    /// Long both, under the portfolio model.
    Unhedged,
}

impl Compared {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::HedgedPortfolio, Self::HedgedStandard, Self::Unhedged];

    /// Name in texts and legends.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HedgedPortfolio => "hedged, Portfolio",
            Self::HedgedStandard => "hedged, Standard",
            Self::Unhedged => "unhedged, Portfolio",
        }
    }

    /// The model it uses.
    pub const fn model(self) -> ModelKind {
        match self {
            Self::HedgedStandard => ModelKind::Standard,
            Self::HedgedPortfolio | Self::Unhedged => ModelKind::Portfolio,
        }
    }
}

/// One of the compared accounts through the run.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedAccount {
    /// The trader's name.
    pub name: String,
    /// What it is to show.
    pub what: Compared,
    /// In order of time; the first is before the crash.
    pub samples: Vec<RequirementSample>,
    /// How often it was liquidated.
    pub liquidations: u32,
}

/// What `assess` said of an account, in 1e-6 USD.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct RequirementSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// Gross notional of the positions at the book's price.
    pub notional: i64,
    /// Equity of the maintenance view.
    pub equity: i64,
    /// Maintenance requirement.
    pub maintenance: i64,
    /// Initial requirement.
    pub initial: i64,
    /// What determined the maintenance requirement: the engine's number.
    pub binding_maintenance: u8,
    /// What determined the initial requirement: the engine's number.
    pub binding_initial: u8,
}

impl RiskRecord {
    /// A compared account, if it was recorded.
    pub fn compared(&self, what: Compared) -> Option<&ComparedAccount> {
        self.compared.iter().find(|account| account.what == what)
    }
}

impl RateSeries {
    /// The sample in force at the beginning of a time, or the first after it.
    pub fn at(&self, time: i64) -> Option<&RateSample> {
        let before = self.samples.iter().rev().find(|s| s.time <= time);
        before.or(self.samples.first())
    }

    /// Samples from `time` on.
    pub fn since(&self, time: i64) -> impl Iterator<Item = &RateSample> + Clone {
        self.samples
            .iter()
            .filter(move |sample| sample.time >= time)
    }

    /// Largest growth within a day of what `value` reads, among samples from `time` on.
    pub fn largest_growth(&self, time: i64, value: fn(&RateSample) -> i64) -> Growth {
        let mut largest = Growth { from: 1, to: 1 };
        for (index, later) in self.samples.iter().enumerate() {
            let earlier = self.samples[..index].iter().rev();
            let day = earlier.take_while(|s| s.time >= time && later.time - s.time <= DAY);
            for sample in day {
                let growth = Growth {
                    from: value(sample),
                    to: value(later),
                };
                if growth.exceeds(largest) {
                    largest = growth;
                }
            }
        }
        largest
    }
}

/// From a value to a later one, both above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The earlier value.
    pub from: i64,
    /// The later value.
    pub to: i64,
}

impl Growth {
    /// Whether this is more than another growth, exactly.
    pub fn exceeds(self, other: Self) -> bool {
        i128::from(self.to) * i128::from(other.from) > i128::from(other.to) * i128::from(self.from)
    }

    /// To be shown.
    pub fn factor(self) -> f64 {
        self.to as f64 / self.from.max(1) as f64
    }
}

/// The component of the portfolio model behind an engine's number, in words.
pub const fn binding_name(code: u8) -> &'static str {
    match code {
        0 => "gross sum",
        1 => "correlated sum",
        2 => "15% of the gross sum",
        3 => "cost of closing",
        4 => "worst stress scenario",
        5 => "1.25 \u{d7} maintenance",
        6 => "sum of one direction",
        _ => "unknown",
    }
}
