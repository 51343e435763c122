//! Price and requirements over time: the whole series, and its worst days.

use super::super::cost::DAY;
use super::super::rules::Rule;
use super::super::walk::{Side, WARM_UP};
use super::super::Study;
use super::frame::{described, panel, percent, round_marks, thinned, Chart, Entry, Frame, Mark};
use super::{color, EXCEPTION, LOSS, MUTED, PAPER, PRICE, SHOWN};
use anyhow::Result;
use plotters::prelude::*;
use std::ops::Range;

const BUCKETS: usize = 500;

/// The whole series: price with the exceptions marked, and what the rules asked of a long.
pub fn history(study: &Study) -> Result<String> {
    let bars = WARM_UP..study.series.bars.len();
    let time = study.series.end(bars.start)..study.series.end(bars.end - 1);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1_120, 640)).into_drawing_area();
        area.fill(&PAPER)?;
        let (above, below) = area.split_vertically(310);
        prices(study, &bars, &time, &above)?;
        requirements(study, &bars, &time, &below, false)?;
        area.present()?;
    }
    let what = format!("Price of {} and margin requirements", study.series.asset);
    Ok(described(&svg, &what, time.start, time.end))
}

/// The days around the largest loss of a long: requirements, and the losses that came.
pub fn crash(study: &Study) -> Result<String> {
    let centre = study.worst_window();
    let bars_a_day = usize::try_from(DAY / study.series.interval.max(1))?.max(1);
    let (before, after) = if bars_a_day > 1 {
        (5 * bars_a_day, 9 * bars_a_day)
    } else {
        (30, 60)
    };
    let first = centre.saturating_sub(before).max(WARM_UP);
    let bars = first..(centre + after).min(study.series.bars.len());
    let time = study.series.end(bars.start)..study.series.end(bars.end - 1);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1_120, 380)).into_drawing_area();
        area.fill(&PAPER)?;
        requirements(study, &bars, &time, &area, true)?;
        area.present()?;
    }
    let what = format!("Requirements and losses of a long {}", study.series.asset);
    Ok(described(&svg, &what, time.start, time.end))
}

fn prices(
    study: &Study,
    bars: &Range<usize>,
    time: &Range<i64>,
    area: &super::frame::Area<'_>,
) -> Result<()> {
    let series = &study.series;
    let points: Vec<(i64, f64)> = bars
        .clone()
        .map(|i| (series.end(i), series.bars[i].close.log10()))
        .collect();
    let low = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let in_force = study.coverage(Rule::InForce, Side::Long);
    let plain = study.coverage(Rule::Plain99, Side::Long);
    let legend = [
        Entry::new("exception of plain EWMA", Mark::Ring, MUTED),
        Entry::new("exception of the rule in force", Mark::Dot, EXCEPTION),
    ];
    let title = format!("{}, USD, logarithmic", series.asset);
    let mut chart = panel(
        area,
        &Frame {
            time: time.clone(),
            value: low - 0.08..high + 0.12,
            marks: price_marks(low - 0.08, high + 0.12),
            label: &|value| price_label(10f64.powf(*value)),
            title: &title,
            legend: &legend,
        },
    )?;
    chart.draw_series(LineSeries::new(
        thinned(&points, BUCKETS),
        PRICE.stroke_width(1),
    ))?;
    let at = |&bar: &usize| (series.end(bar), series.bars[bar].close.log10());
    chart.draw_series(
        plain
            .exceptions
            .iter()
            .map(|bar| Circle::new(at(bar), 3, MUTED.stroke_width(1))),
    )?;
    chart.draw_series(
        in_force
            .exceptions
            .iter()
            .map(|bar| Circle::new(at(bar), 4, EXCEPTION.filled())),
    )?;
    Ok(())
}

fn requirements(
    study: &Study,
    bars: &Range<usize>,
    time: &Range<i64>,
    area: &super::frame::Area<'_>,
    with_losses: bool,
) -> Result<()> {
    let line = |rule| -> Vec<(i64, f64)> {
        let asked = study.walk.of(rule, Side::Long);
        let points: Vec<_> = bars
            .clone()
            .map(|i| (study.series.end(i), asked[i]))
            .collect();
        thinned(&points, BUCKETS)
    };
    let lines = SHOWN.map(|rule| (rule, line(rule)));
    let losses = if with_losses {
        losses(study, bars)
    } else {
        Vec::new()
    };
    let values = lines
        .iter()
        .flat_map(|(_, points)| points.iter().map(|p| p.1));
    let most = values
        .chain(losses.iter().map(|l| l.loss))
        .fold(0.0, f64::max);
    let legend = legend(with_losses);
    let title = format!(
        "Requirement, long {}, {}",
        study.series.asset,
        study.horizon_name()
    );
    let mut chart = panel(
        area,
        &Frame {
            time: time.clone(),
            value: 0.0..most * 1.06,
            marks: round_marks(most * 1.06),
            label: &percent,
            title: &title,
            legend: &legend,
        },
    )?;
    draw_losses(&mut chart, &losses)?;
    for (rule, points) in lines {
        chart.draw_series(LineSeries::new(points, line_style(rule)))?;
    }
    Ok(())
}

/// The target is wide and pale, to be seen where the rule in force lies on it.
fn line_style(rule: Rule) -> ShapeStyle {
    match rule {
        Rule::InForce => color(rule).stroke_width(2),
        Rule::Target => color(rule).mix(0.55).stroke_width(4),
        _ => color(rule).stroke_width(1),
    }
}

fn legend(with_losses: bool) -> Vec<Entry> {
    let rules = SHOWN.map(|rule| Entry::new(&rule.name(), Mark::Line, color(rule)));
    let losses = [
        Entry::new("loss", Mark::Block, LOSS),
        Entry::new("loss beyond the rule in force", Mark::Block, EXCEPTION),
    ];
    let shown = if with_losses { losses.len() } else { 0 };
    rules
        .into_iter()
        .chain(losses.into_iter().take(shown))
        .collect()
}

/// A window with a loss.
struct Loss {
    time: Range<i64>,
    loss: f64,
    beyond: bool,
}

fn losses(study: &Study, bars: &Range<usize>) -> Vec<Loss> {
    let horizon = study.walk.horizon;
    let asked = study.walk.of(Rule::InForce, Side::Long);
    let inside = |i: &&usize| bars.contains(*i) && bars.contains(&(*i + horizon));
    let window = |&i: &usize| {
        let (from, to) = (
            study.series.bars[i].close,
            study.series.bars[i + horizon].close,
        );
        let loss = Side::Long.loss(from, to);
        Loss {
            time: study.series.end(i)..study.series.end(i + horizon),
            loss,
            beyond: loss > asked[i],
        }
    };
    study
        .starts
        .iter()
        .filter(inside)
        .map(window)
        .filter(|l| l.loss > 0.0)
        .collect()
}

fn draw_losses(chart: &mut Chart<'_, '_>, losses: &[Loss]) -> Result<()> {
    chart.draw_series(losses.iter().map(|l| {
        let color = if l.beyond { EXCEPTION } else { LOSS };
        let narrower = (l.time.end - l.time.start) / 10;
        let corners = [
            (l.time.start + narrower, 0.0),
            (l.time.end - narrower, l.loss),
        ];
        Rectangle::new(corners, color.filled())
    }))?;
    Ok(())
}

/// Logarithms of 1, 3, 10, 30 and so on; of 1, 2, 5 where a range is short.
fn price_marks(low: f64, high: f64) -> Vec<f64> {
    let digits: &[f64] = if high - low > 1.6 {
        &[1.0, 3.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    (-9..12)
        .flat_map(|power| digits.iter().map(move |d| d.log10() + f64::from(power)))
        .filter(|mark| (low..high).contains(mark))
        .collect()
}

fn price_label(price: f64) -> String {
    if price >= 1_000.0 {
        format!("{:.0}k", price / 1_000.0)
    } else if price >= 1.0 {
        format!("{price:.0}")
    } else {
        format!("{}", (price * 1e6).round() / 1e6)
    }
}
