//! The section on the pool: its value, and the open interest it is the other side of.

use anyhow::{Context, Result};
use plotters::prelude::*;

use super::super::format;
use super::super::pool::{MarketSample, MarketSeries, PoolRecord};
use super::super::record::RunRecord;
use super::axis::padded;
use super::charts::{chart, span, Frame};
use super::palette;
use super::risk_charts::steps;
use super::sections::{legend, row, table};

/// The pool's value above, one card per market below; nothing where nothing was sampled.
pub(super) fn section(record: &RunRecord) -> Result<String> {
    let pool = &record.pool;
    if pool.values.is_empty() {
        return Ok(String::new());
    }
    let cards = pool
        .markets
        .iter()
        .map(|series| card(record, series))
        .collect::<Result<Vec<_>>>()?;
    let legend = legend(&[
        ("area", palette::GOOD, "longs"),
        ("area", palette::WATER, "shorts, below zero"),
        ("", palette::INK, "skew: longs less shorts"),
    ]);
    let funded = funding_legend(pool);
    let rows: Vec<String> = pool.markets.iter().filter_map(market_row).collect();
    let head = "<th>Open interest</th><th class=\"number\">Longs, before \u{2192} after</th>\
        <th class=\"number\">Shorts, before \u{2192} after</th>\
        <th class=\"number\">Widest skew</th>\
        <th class=\"number\">Of what orders may leave</th>\
        <th class=\"number\">Funding a long has paid</th>";
    Ok(format!(
        "<section>\n<h2>The other side of every trade</h2>\n<p class=\"note\">{}</p>\n\
         <figure class=\"card\"><div class=\"head\"><h3>Net asset value of the pool</h3>\
         <span>USD; dashed: before the crash</span></div>{}</figure>\n\
         <div class=\"below\">{legend}</div><div class=\"row three\">{}</div>\n\
         <figure class=\"card below\"><div class=\"head\"><h3>Funding a day</h3>\
         <span>percent of a position; above zero longs pay</span></div>{}</figure>\n\
         <div class=\"below\">{funded}</div>\n\
         <div class=\"card below\">{}</div>\n</section>",
        text(pool),
        value(record)?,
        cards.join("\n"),
        funding(record)?,
        table(head, &rows)
    ))
}

fn text(pool: &PoolRecord) -> String {
    let (Some(first), Some(last)) = (pool.values.first(), pool.values.last()) else {
        return String::new();
    };
    let values = || pool.values.iter().map(|sample| sample.value);
    let low = values().min().unwrap_or(0);
    let high = values().max().unwrap_or(0);
    format!(
        "Traders trade with the pool, and it with nobody: what longs and shorts do not owe each \
         other, it owes or is owed. Its value at spot, results of open positions counted and what \
         accounts cannot pay left out, went from {} to {}, between {} and {} on the way. A skew \
         above zero is what the pool is short of.",
        format::usd(first.value),
        format::usd(last.value),
        format::usd(low),
        format::usd(high),
    )
}

/// The pool's value, and as a dashed line what it was.
fn value(record: &RunRecord) -> Result<String> {
    let samples = &record.pool.values;
    let time = span(record)?;
    let before = samples.first().map_or(0.0, |sample| sample.value as f64);
    let values = samples.iter().map(|sample| sample.value as f64);
    let value = padded(values, 0.08).context("the pool has no value")?;
    let frame = Frame {
        size: (1120, 240),
        right: 30,
        left: 60,
        time: time.clone(),
        hours: 13,
        value,
        values: 5,
        time_labels: true,
        value_label: &|value| format::usd_short(*value),
    };
    chart(&frame, "Net asset value of the pool in USD", |chart, _| {
        let quiet = palette::MUTED.color().stroke_width(1);
        let was = [(time.start, before), (time.end, before)];
        chart.draw_series(DashedLineSeries::new(was, 5, 4, quiet))?;
        let points = samples.iter().filter(|sample| sample.time >= time.start);
        let points = points.map(|sample| (sample.time, sample.value as f64));
        let style = palette::EQUITY.color().stroke_width(2);
        chart.draw_series(LineSeries::new(points, style))?;
        Ok(())
    })
}

fn card(record: &RunRecord, series: &MarketSeries) -> Result<String> {
    let last = series.samples.last().copied().unwrap_or_default();
    Ok(format!(
        "<figure class=\"card\"><div class=\"head\"><h3>{}</h3><span>skew {} at the end</span></div>{}</figure>",
        series.asset.symbol(),
        format::usd(last.skew()),
        open_interest(record, series)?
    ))
}

fn funding_legend(pool: &PoolRecord) -> String {
    let lines: Vec<_> = pool
        .markets
        .iter()
        .map(|series| ("", palette::of(series.asset), series.asset.symbol()))
        .collect();
    legend(&lines)
}

/// The rate in force in every market, which holds until the next sync.
fn funding(record: &RunRecord) -> Result<String> {
    let markets = &record.pool.markets;
    let time = span(record)?;
    let percent = |sample: &MarketSample| sample.funding_rate as f64 / 1e7;
    let values = markets.iter().flat_map(|series| &series.samples);
    let frame = Frame {
        size: (1120, 200),
        right: 30,
        left: 60,
        time: time.clone(),
        hours: 13,
        value: padded(values.map(percent).chain([0.0]), 0.08).context("no market has samples")?,
        values: 5,
        time_labels: true,
        value_label: &|value| format!("{}%", format::decimal(*value, 2)),
    };
    chart(&frame, "Funding a day in percent", |chart, _| {
        let quiet = palette::MUTED.color().stroke_width(1);
        chart.draw_series(LineSeries::new([(time.start, 0.0), (time.end, 0.0)], quiet))?;
        for series in markets {
            let samples = series.samples.iter().filter(|s| s.time >= time.start);
            let line = steps(samples.map(|sample| (sample.time, percent(sample))));
            let style = palette::of(series.asset).color().stroke_width(2);
            chart.draw_series(LineSeries::new(line, style))?;
        }
        Ok(())
    })
}

/// What of a market a line shows, 1e-6 USD.
type Side = fn(&MarketSample) -> i64;

/// Longs above zero, shorts below, and the difference as a line.
fn open_interest(record: &RunRecord, series: &MarketSeries) -> Result<String> {
    let time = span(record)?;
    let samples = || series.samples.iter().filter(|s| s.time >= time.start);
    let values = samples().flat_map(|s| [s.long as f64, -(s.short as f64), 0.0]);
    let frame = Frame {
        size: (360, 240),
        right: 12,
        left: 52,
        time: time.clone(),
        hours: 4,
        value: padded(values, 0.08).context("a market has no samples")?,
        values: 6,
        time_labels: true,
        value_label: &|value| format::usd_short(*value),
    };
    let symbol = series.asset.symbol();
    let alt = format!("Open interest and skew of {symbol} in USD");
    chart(&frame, &alt, |chart, _| {
        let line = |of: Side| samples().map(move |s| (s.time, of(s) as f64));
        let sides: [(Side, palette::Ink); 2] =
            [(|s| s.long, palette::GOOD), (|s| -s.short, palette::WATER)];
        for (side, ink) in sides {
            // A side nobody took would be a coloured zero line.
            if samples().all(|s| side(s) == 0) {
                continue;
            }
            let ink = ink.color();
            chart.draw_series(
                AreaSeries::new(line(side), 0.0, ink.mix(0.14)).border_style(ink.stroke_width(1)),
            )?;
        }
        let ink = palette::INK.color().stroke_width(2);
        chart.draw_series(LineSeries::new(line(MarketSample::skew), ink))?;
        Ok(())
    })
}

fn market_row(series: &MarketSeries) -> Option<String> {
    let (first, last) = (series.samples.first()?, series.samples.last()?);
    let widest = series.widest()?;
    let change = |of: Side| {
        format!(
            "{} \u{2192} {}",
            format::usd(of(first)),
            format::usd(of(last))
        )
    };
    let part = widest.skew().abs() as f64 / widest.most_skew.max(1) as f64 * 100.0;
    Some(row(
        "",
        &[series.asset.symbol().to_owned()],
        &[
            change(|sample| sample.long),
            change(|sample| sample.short),
            format!(
                "{}, {}",
                format::usd(widest.skew()),
                format::stamp(widest.time)
            ),
            format!("{}%", format::decimal(part, 0)),
            format!("{}%", format::decimal(last.funding_paid as f64 / 1e7, 3)),
        ],
    ))
}
