//! The page's charts, drawn as SVG by the plotters library.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result};
use plotters::coord::combinators::WithKeyPoints;
use plotters::coord::types::{RangedCoordf64, RangedCoordi64};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::super::crash::Asset;
use super::super::format;
use super::super::record::{AccountSeries, EventKind, PriceSeries, RunRecord};
use super::axis::{hour_label, hours, label_font, padded};
use super::palette;

pub(super) type Axes = Cartesian2d<WithKeyPoints<RangedCoordi64>, RangedCoordf64>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Axes>;
pub(super) type Area<'b> = DrawingArea<SVGBackend<'b>, Shift>;

/// Radius in pixels of the largest liquidation.
const LARGEST_DOT: f64 = 13.0;
/// Radius in pixels below which a dot could be missed.
const SMALLEST_DOT: f64 = 2.5;

/// Size, margins and axes of one chart.
pub(super) struct Frame<'f> {
    /// Pixels.
    pub(super) size: (u32, u32),
    /// Pixels kept free on the right, for labels at the ends of lines.
    pub(super) right: u32,
    /// Pixels for the labels of the value axis.
    pub(super) left: u32,
    pub(super) time: Range<i64>,
    pub(super) hours: usize,
    pub(super) value: Range<f64>,
    pub(super) values: usize,
    pub(super) time_labels: bool,
    pub(super) value_label: &'f dyn Fn(&f64) -> String,
}

/// Draws a frame, lets `draw` fill it, and returns the SVG element described
/// to those who cannot see it by `alt`.
pub(super) fn chart(
    frame: &Frame<'_>,
    alt: &str,
    draw: impl FnOnce(&mut Chart<'_, '_>, &Area<'_>) -> Result<()>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, frame.size).into_drawing_area();
        let time_keys = hours(&frame.time, frame.hours);
        let mut context = ChartBuilder::on(&area)
            .margin_top(10)
            .margin_right(frame.right)
            .x_label_area_size(if frame.time_labels { 26 } else { 6 })
            .y_label_area_size(frame.left)
            .build_cartesian_2d(
                frame.time.clone().with_key_points(time_keys),
                frame.value.clone(),
            )?;
        let time_label = |time: &i64| {
            if frame.time_labels {
                hour_label(*time)
            } else {
                String::new()
            }
        };
        context
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(palette::RULE.color())
            .light_line_style(TRANSPARENT)
            .axis_style(palette::RULE.color())
            .x_labels(frame.hours)
            .y_labels(frame.values)
            .x_label_formatter(&time_label)
            .y_label_formatter(frame.value_label)
            .set_all_tick_mark_size(4)
            .label_style(label_font(11.5, palette::MUTED))
            .draw()?;
        draw(&mut context, &area)?;
        area.present()?;
    }
    Ok(accessible(&svg, alt))
}

/// Gives the element a role and a description.
fn accessible(svg: &str, alt: &str) -> String {
    let opening = format!("<svg role=\"img\" aria-label=\"{}\" ", super::escape(alt));
    svg.replacen("<svg ", &opening, 1)
}

/// First to last published time of the run.
pub(super) fn span(record: &RunRecord) -> Result<Range<i64>> {
    let times = || {
        record
            .prices
            .iter()
            .flat_map(|series| &series.points)
            .map(|p| p.time)
    };
    let first = times().min().context("the record has no prices")?;
    let last = times().max().context("the record has no prices")?;
    Ok(first..last.max(first + 1))
}

/// Series the charts show: the quote token stands still.
pub(super) fn shown(record: &RunRecord) -> impl Iterator<Item = &PriceSeries> {
    record
        .prices
        .iter()
        .filter(|series| series.asset != Asset::Usdc && !series.points.is_empty())
}

/// All assets on one scale, 100 at the start.
pub(super) fn indexed(record: &RunRecord) -> Result<String> {
    let lines: Vec<(Asset, Vec<(i64, f64)>)> = shown(record)
        .map(|series| {
            let base = series.points[0].price.max(1) as f64;
            let index = |price: i64| price as f64 / base * 100.0;
            let points = series.points.iter().map(|p| (p.time, index(p.price)));
            (series.asset, points.collect())
        })
        .collect();
    let values = lines.iter().flat_map(|(_, points)| points).map(|p| p.1);
    let frame = Frame {
        size: (1120, 340),
        right: 96,
        left: 48,
        time: span(record)?,
        hours: 13,
        value: padded(values, 0.05).context("the record has no prices")?,
        values: 6,
        time_labels: true,
        value_label: &|value| format::decimal(*value, 0),
    };
    let ends: Vec<(Asset, f64)> = lines
        .iter()
        .filter_map(|(asset, points)| Some((*asset, points.last()?.1)))
        .collect();
    chart(
        &frame,
        "Prices indexed to 100 at the start",
        |chart, area| {
            for (asset, points) in &lines {
                let style = palette::of(*asset).color().stroke_width(2);
                chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
            }
            label_ends(chart, area, frame.time.end, &ends)
        },
    )
}

/// Writes each asset's name and index beside the end of its line, moving
/// labels apart that would overlap.
fn label_ends(
    chart: &Chart<'_, '_>,
    area: &Area<'_>,
    time: i64,
    ends: &[(Asset, f64)],
) -> Result<()> {
    const LINE_HEIGHT: i32 = 17;
    let mut labels: Vec<(i32, i32, Asset, f64)> = ends
        .iter()
        .map(|&(asset, value)| {
            let (x, y) = chart.backend_coord(&(time, value));
            (y, x, asset, value)
        })
        .collect();
    labels.sort_by_key(|label| label.0);
    let middle = labels.iter().map(|l| l.0).sum::<i32>() / labels.len().max(1) as i32;
    let mut free = i32::MIN;
    let mut shift = 0;
    for label in &mut labels {
        label.0 = label.0.max(free);
        free = label.0 + LINE_HEIGHT;
        shift += label.0;
    }
    // Keep the group centred where the lines end.
    let shift = shift / labels.len().max(1) as i32 - middle;
    for (y, x, asset, value) in labels {
        let text = format!("{} {}", asset.symbol(), format::decimal(value, 1));
        let style = label_font(13.0, palette::of(asset));
        area.draw(&Text::new(text, (x + 10, y - shift - 7), style))?;
    }
    Ok(())
}

/// Notional closed per published time, on the time axis of [`indexed`].
pub(super) fn liquidated_over_time(record: &RunRecord) -> Result<String> {
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    for liquidation in &record.liquidations {
        *sums.entry(liquidation.time).or_default() += liquidation.notional;
    }
    let most = sums.values().copied().max().unwrap_or(1).max(1) as f64;
    let frame = Frame {
        size: (1120, 110),
        right: 96,
        left: 48,
        time: span(record)?,
        hours: 13,
        value: 0.0..most * 1.05,
        values: 4,
        time_labels: false,
        value_label: &|value| format::usd_short(*value),
    };
    chart(&frame, "Notional liquidated over time", |chart, _| {
        let style = palette::WATER.color().stroke_width(3);
        chart.draw_series(
            sums.iter().map(|(&time, &sum)| {
                PathElement::new(vec![(time, 0.0), (time, sum as f64)], style)
            }),
        )?;
        Ok(())
    })
}

/// One asset in USD with a dot for every price at which positions were
/// liquidated, its area in proportion to the notional.
pub(super) fn asset(record: &RunRecord, series: &PriceSeries) -> Result<String> {
    let dots = liquidation_dots(record);
    let most = dots.values().copied().max().unwrap_or(1).max(1) as f64;
    let usd = |e8: i64| e8 as f64 / 1e8;
    let values = series.points.iter().map(|p| usd(p.price));
    let value = padded(values, 0.08).context("a series has no points")?;
    let places = if value.end - value.start < 10.0 { 1 } else { 0 };
    let frame = Frame {
        size: (360, 240),
        right: 12,
        left: 56,
        time: span(record)?,
        hours: 4,
        value,
        values: 7,
        time_labels: true,
        value_label: &|value| format::decimal(*value, places),
    };
    let symbol = series.asset.symbol();
    chart(
        &frame,
        &format!("{symbol} in USD with liquidations"),
        |chart, _| {
            let line = palette::of(series.asset).color();
            let points = series.points.iter().map(|p| (p.time, usd(p.price)));
            chart.draw_series(LineSeries::new(points, line.stroke_width(1)))?;
            let recorded = series.points.iter().filter(|p| !p.synthetic);
            chart.draw_series(
                recorded.map(|p| Circle::new((p.time, usd(p.price)), 2, line.filled())),
            )?;
            let own = dots
                .iter()
                .filter(|((asset, ..), _)| *asset == series.asset);
            chart.draw_series(own.flat_map(|(&(_, time, price), &notional)| {
                let radius = LARGEST_DOT * (notional as f64 / most).max(0.0).sqrt();
                let radius = radius.max(SMALLEST_DOT).round() as i32;
                let red = palette::WATER.color();
                let place = (time, usd(price));
                [
                    Circle::new(place, radius, red.mix(0.28).filled()),
                    Circle::new(place, radius, red.stroke_width(1)),
                ]
            }))?;
            Ok(())
        },
    )
}

/// Notional by asset, time and price: what closed in one update is one dot.
fn liquidation_dots(record: &RunRecord) -> BTreeMap<(Asset, i64, i64), i64> {
    let mut dots = BTreeMap::new();
    for l in &record.liquidations {
        *dots.entry((l.asset, l.time, l.price)).or_default() += l.notional;
    }
    dots
}

/// Equity of one account above (or below) its requirements.
pub(super) fn account(record: &RunRecord, account: &AccountSeries) -> Result<String> {
    let values = account
        .samples
        .iter()
        .flat_map(|s| [s.equity, s.maintenance, s.initial, 0])
        .map(|value| value as f64);
    let frame = Frame {
        size: (548, 250),
        right: 14,
        left: 52,
        time: span(record)?,
        hours: 7,
        value: padded(values, 0.06).context("an account has no samples")?,
        values: 5,
        time_labels: true,
        value_label: &|value| format::usd_short(*value),
    };
    let alt = format!("Equity and requirements of {}", account.name);
    chart(&frame, &alt, |chart, _| {
        let water = palette::WATER.color();
        let line = |of: fn(&super::super::record::HealthSample) -> i64| {
            account.samples.iter().map(move |s| (s.time, of(s) as f64))
        };
        chart.draw_series(
            AreaSeries::new(line(|s| s.maintenance), 0.0, water.mix(0.14))
                .border_style(water.stroke_width(1)),
        )?;
        let initial = palette::INITIAL.color().stroke_width(1);
        chart.draw_series(DashedLineSeries::new(line(|s| s.initial), 5, 4, initial))?;
        let equity = palette::EQUITY.color().stroke_width(2);
        chart.draw_series(LineSeries::new(line(|s| s.equity), equity))?;
        mark_events(chart, account)
    })
}

/// Marks the account's events on its equity line.
fn mark_events(chart: &mut Chart<'_, '_>, account: &AccountSeries) -> Result<()> {
    let equity_at = |time: i64| {
        let upto = account.samples.iter().take_while(|s| s.time <= time).last();
        upto.or(account.samples.first()).map_or(0, |s| s.equity) as f64
    };
    let card = palette::CARD.color();
    for event in &account.events {
        let place = (event.time, equity_at(event.time));
        match event.kind {
            EventKind::Opened => {
                let ink = palette::EQUITY.color();
                chart.draw_series([
                    Circle::new(place, 4, card.filled()),
                    Circle::new(place, 4, ink.stroke_width(2)),
                ])?;
            }
            EventKind::Called => {
                let ink = palette::CALL.color();
                chart.draw_series([
                    TriangleMarker::new(place, 8, card.filled()),
                    TriangleMarker::new(place, 6, ink.filled()),
                ])?;
            }
            EventKind::Liquidated | EventKind::Bankrupt => {
                let ink = if event.kind == EventKind::Bankrupt {
                    palette::INK.color()
                } else {
                    palette::WATER.color()
                };
                chart.draw_series([
                    Circle::new(place, 5, card.filled()),
                    Circle::new(place, 4, ink.filled()),
                ])?;
            }
        }
    }
    Ok(())
}
