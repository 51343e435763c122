//! Rules side by side: exceptions, growth within a day, and mean cost.

use super::super::rules::Rule;
use super::super::walk::Side;
use super::super::Study;
use super::frame::{described, text, Area};
use super::{color, EXCEPTION, GRID, INK, MUTED, PAPER};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

const NAMES: i32 = 190;
const COLUMN: i32 = 300;
const BAR: i32 = 200;
const ROW: i32 = 30;
const TOP: i32 = 58;

/// One column of bars.
struct Column<'c> {
    title: &'c str,
    value: &'c dyn Fn(Rule) -> f64,
    label: &'c dyn Fn(f64) -> String,
    /// A limit to be marked, where the rule has one.
    limit: &'c dyn Fn(Rule) -> Option<f64>,
}

/// Every rule, for longs.
pub fn rules(study: &Study) -> Result<String> {
    let percent = |value: f64| format!("{:.2}%", value * 100.0);
    let columns = [
        Column {
            title: "exceptions, long (mark: what the rule allows)",
            value: &|rule| study.coverage(rule, Side::Long).rate(),
            label: &percent,
            limit: &|rule| Some(rule.level()),
        },
        Column {
            title: "largest growth within a day",
            value: &|rule| study.cost(rule, Side::Long).growth_day.factor,
            label: &|value| format!("{value:.2}×"),
            limit: &|rule| (rule == Rule::InForce).then_some(1.5),
        },
        Column {
            title: "mean requirement",
            value: &|rule| study.cost(rule, Side::Long).mean,
            label: &percent,
            limit: &|_| None,
        },
    ];
    let rows = i32::try_from(Rule::ALL.len())?;
    let height = u32::try_from(TOP + rows * ROW + 16)?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1_120, height)).into_drawing_area();
        area.fill(&PAPER)?;
        let title = format!("{}, {}", study.series.asset, study.horizon_name());
        area.draw(&Text::new(title, (20, 22), text(13.5, INK, HPos::Left)))?;
        for (y, rule) in rows_of() {
            let style = text(12.0, INK, HPos::Right);
            area.draw(&Text::new(rule.name(), (NAMES - 12, y), style))?;
        }
        for (x, column) in (0..).map(|i| NAMES + i * COLUMN).zip(&columns) {
            draw(&area, x, column)?;
        }
        area.present()?;
    }
    let bars = &study.series.bars;
    let what = format!("Margin rules on {} compared", study.series.asset);
    Ok(described(
        &svg,
        &what,
        study.series.end(0),
        study.series.end(bars.len() - 1),
    ))
}

fn rows_of() -> impl Iterator<Item = (i32, Rule)> {
    (0..).map(|i| TOP + i * ROW + ROW / 2).zip(Rule::ALL)
}

fn draw(area: &Area<'_>, x: i32, column: &Column<'_>) -> Result<()> {
    let title = text(12.0, MUTED, HPos::Left);
    area.draw(&Text::new(column.title.to_owned(), (x, 44), title))?;
    let most = Rule::ALL
        .into_iter()
        .map(|rule| (column.value)(rule).max((column.limit)(rule).unwrap_or(0.0)))
        .fold(f64::MIN_POSITIVE, f64::max);
    let length = |value: f64| (value / most * f64::from(BAR)) as i32;
    for (y, rule) in rows_of() {
        let value = (column.value)(rule);
        let limit = (column.limit)(rule);
        let full = [(x, y - 8), (x + BAR, y + 8)];
        area.draw(&Rectangle::new(full, GRID.mix(0.45).filled()))?;
        let bar = [(x, y - 8), (x + length(value).max(1), y + 8)];
        area.draw(&Rectangle::new(bar, color(rule).filled()))?;
        if let Some(limit) = limit {
            let at = x + length(limit);
            let mark = vec![(at, y - 11), (at, y + 11)];
            area.draw(&PathElement::new(mark, EXCEPTION.stroke_width(2)))?;
        }
        let style = text(12.0, INK, HPos::Left);
        area.draw(&Text::new((column.label)(value), (x + BAR + 8, y), style))?;
    }
    Ok(())
}
