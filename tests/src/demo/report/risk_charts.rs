//! Charts of the risk model: rates against their targets, requirements against each other.

use anyhow::{Context, Result};
use plotters::prelude::*;

use super::super::format;
use super::super::record::RunRecord;
use super::super::risk::{Compared, RateSample, RateSeries, RequirementSample};
use super::axis::padded;
use super::charts::{chart, span, Frame};
use super::palette::{self, Ink};

/// What a requirement is shown in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Maintenance in USD.
    Dollars,
    /// Maintenance in parts of the gross notional.
    Maintenance,
    /// Initial in parts of the gross notional.
    Initial,
}

/// One asset's maintenance rate in force and where it is going.
pub(super) fn rates(record: &RunRecord, series: &RateSeries) -> Result<String> {
    let time = span(record)?;
    // The sample before the first price stands at its time.
    let first = series.at(time.start).map(|sample| RateSample {
        time: time.start,
        ..*sample
    });
    let samples: Vec<RateSample> = first
        .into_iter()
        .chain(series.since(time.start + 1).copied())
        .map(|sample| RateSample {
            time: sample.time.min(time.end),
            ..sample
        })
        .collect();
    let percent = |billionths: i64| billionths as f64 / 1e7;
    let values = samples.iter().flat_map(|s| [s.maintenance, s.target]);
    let frame = Frame {
        size: (360, 240),
        right: 12,
        left: 48,
        time,
        hours: 4,
        value: padded(values.map(percent), 0.08).context("an asset has no rates")?,
        values: 6,
        time_labels: true,
        value_label: &|value| format!("{}%", format::decimal(*value, 1)),
    };
    let symbol = series.asset.symbol();
    let alt = format!("Maintenance rate of {symbol} in force and its target");
    chart(&frame, &alt, |chart, _| {
        let ink = palette::of(series.asset).color();
        let target = samples.iter().map(|s| (s.time, percent(s.target)));
        chart.draw_series(DashedLineSeries::new(
            steps(target),
            5,
            4,
            palette::MUTED.color().stroke_width(1),
        ))?;
        let force = samples.iter().map(|s| (s.time, percent(s.maintenance)));
        chart.draw_series(LineSeries::new(force, ink.stroke_width(2)))?;
        Ok(())
    })
}

/// A value holds until the next one.
pub(super) fn steps(points: impl Iterator<Item = (i64, f64)>) -> std::vec::IntoIter<(i64, f64)> {
    let mut all: Vec<(i64, f64)> = Vec::new();
    for (time, value) in points {
        if let Some(&(_, before)) = all.last() {
            all.push((time, before));
        }
        all.push((time, value));
    }
    all.into_iter()
}

/// The colour of a compared account.
pub(super) const fn ink(what: Compared) -> Ink {
    match what {
        Compared::HedgedPortfolio => palette::EQUITY,
        Compared::HedgedStandard => palette::CALL,
        Compared::Unhedged => palette::WATER,
    }
}

/// Requirements of the compared accounts.
pub(super) fn requirements(record: &RunRecord, measure: Measure) -> Result<String> {
    let read = |sample: &RequirementSample| match measure {
        Measure::Dollars => sample.maintenance as f64,
        Measure::Maintenance => share(sample, sample.maintenance) * 100.0,
        Measure::Initial => share(sample, sample.initial) * 100.0,
    };
    let accounts = &record.risk.compared;
    let values = accounts.iter().flat_map(|a| &a.samples).map(read);
    let label: &dyn Fn(&f64) -> String = match measure {
        Measure::Dollars => &|value| format::usd_short(*value),
        _ => &|value| format!("{}%", format::decimal(*value, 0)),
    };
    let frame = Frame {
        size: (360, 260),
        right: 12,
        left: 48,
        time: span(record)?,
        hours: 4,
        value: padded(values.chain([0.0]), 0.06).context("no account is compared")?,
        values: 6,
        time_labels: true,
        value_label: label,
    };
    let alt = match measure {
        Measure::Dollars => "Maintenance requirements in USD",
        Measure::Maintenance => "Maintenance requirements in percent of the gross notional",
        Measure::Initial => "Initial requirements in percent of the gross notional",
    };
    chart(&frame, alt, |chart, _| {
        for account in accounts {
            let points = account.samples.iter().map(|s| (s.time, read(s)));
            let style = ink(account.what).color().stroke_width(2);
            chart.draw_series(LineSeries::new(points, style))?;
        }
        Ok(())
    })
}

/// A requirement over the gross notional; 0 without positions.
pub(super) fn share(sample: &RequirementSample, requirement: i64) -> f64 {
    if sample.notional == 0 {
        return 0.0;
    }
    requirement as f64 / sample.notional as f64
}
