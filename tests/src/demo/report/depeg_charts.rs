//! Charts of the depeg: what the staking token is worth by whom, and what lenders have.

use std::ops::Range;

use anyhow::{Context, Result};
use plotters::prelude::*;

use super::super::depeg::record::{DepegRecord, DepegSample};
use super::super::format;
use super::axis::padded;
use super::charts::{chart, Chart, Frame};
use super::palette;
use super::risk_charts::steps;

fn span(record: &DepegRecord) -> Result<Range<i64>> {
    let (first, last) = (record.samples.first(), record.samples.last());
    let (first, last) = first.zip(last).context("the depeg has no samples")?;
    Ok(first.time..last.time.max(first.time + 1))
}

fn frame<'f>(
    time: Range<i64>,
    value: Range<f64>,
    value_label: &'f dyn Fn(&f64) -> String,
) -> Frame<'f> {
    Frame {
        size: (548, 270),
        right: 14,
        left: 56,
        time,
        hours: 7,
        value,
        values: 6,
        time_labels: true,
        value_label,
    }
}

/// JitoSOL at its stake pool, on its market, and in the book; settled losses as dots.
pub(super) fn prices(record: &DepegRecord) -> Result<String> {
    let usd = |e8: i64| e8 as f64 / 1e8;
    let samples = || record.samples.iter();
    let values = samples().flat_map(|each| [usd(each.redemption), usd(each.market)]);
    let value = padded(values, 0.08).context("the depeg has no prices")?;
    let places = usize::from(value.end - value.start < 10.0);
    let label = |value: &f64| format::decimal(*value, places);
    let frame = frame(span(record)?, value.clone(), &label);
    let alt = "JitoSOL in USD: redemption, market, and what the book counts";
    chart(&frame, alt, |chart, _| {
        away(chart, record, &value)?;
        let line = |of: fn(&DepegSample) -> i64| samples().map(move |s| (s.time, usd(of(s))));
        let counted = palette::EQUITY.color().mix(0.3).stroke_width(6);
        chart.draw_series(LineSeries::new(line(|s| s.counted), counted))?;
        let redemption = palette::MUTED.color().stroke_width(1);
        chart.draw_series(DashedLineSeries::new(
            line(|s| s.redemption),
            5,
            4,
            redemption,
        ))?;
        let market = palette::SOL.color().stroke_width(2);
        chart.draw_series(LineSeries::new(line(|s| s.market), market))?;
        Ok(())
    })
}

/// USDC's deposit index, 100 at the start; settlements as dots on it.
pub(super) fn index(record: &DepegRecord) -> Result<String> {
    let base = record.samples.first().map_or(1, |each| each.index.max(1)) as f64;
    let part = |sample: &DepegSample| sample.index as f64 / base * 100.0;
    let value = padded(record.samples.iter().map(part), 0.08).context("there is no index")?;
    let places = if value.end - value.start < 2.0 { 2 } else { 1 };
    let label = |value: &f64| format::decimal(*value, places);
    let frame = frame(span(record)?, value.clone(), &label);
    chart(&frame, "USDC's deposit index", |chart, _| {
        away(chart, record, &value)?;
        let points = record.samples.iter().map(|each| (each.time, part(each)));
        let style = palette::EQUITY.color().stroke_width(2);
        chart.draw_series(LineSeries::new(steps(points), style))?;
        let lost = record.losses.iter();
        let lost = lost.filter(|loss| loss.lenders > 0 && loss.token == "USDC");
        let dots: Vec<(i64, f64)> = lost
            .filter_map(|loss| {
                let mut after = record.samples.iter();
                Some((loss.time, part(after.rfind(|each| each.time <= loss.time)?)))
            })
            .collect();
        chart.draw_series(dots.into_iter().flat_map(|place| {
            [
                Circle::new(place, 5, palette::CARD.color().filled()),
                Circle::new(place, 4, palette::WATER.color().filled()),
            ]
        }))?;
        Ok(())
    })
}

/// Shades the time for which the keeper is away.
fn away(chart: &mut Chart<'_, '_>, record: &DepegRecord, value: &Range<f64>) -> Result<()> {
    let corners = [
        (record.breaks, value.start),
        (record.keeper_back, value.end),
    ];
    let shade = palette::CALL.color().mix(0.14).filled();
    chart.draw_series([Rectangle::new(corners, shade)])?;
    Ok(())
}
