//! What a hedge saves: by book, and over time.

use super::super::portfolio::{Judged, PortfolioStudy, RateSource, Variant};
use super::super::span;
use super::frame::{described, panel, percent, text, thinned, Area, Entry, Frame, Mark};
use super::{EXCEPTION, GRID, INK, MUTED, PAPER};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

const NAMES: i32 = 190;
const LENGTH: i32 = 640;
const ROW: i32 = 22;
const GAP: i32 = 14;
const TOP: i32 = 88;
const BUCKETS: usize = 500;

const RAW: RGBColor = RGBColor(0xD9, 0x8A, 0x12);
const HAIRCUT: RGBColor = RGBColor(0x6F, 0xB2, 0xA4);
const FOUR_HOURS: RGBColor = RGBColor(0x9D, 0xB4, 0xC9);
const PROGRAM: RGBColor = RGBColor(0x1D, 0x4E, 0x79);
/// Bars of one book, from above.
const BARS: [(Variant, RGBColor, &str); 4] = [
    (Variant::new(RateSource::InForce, true, false), RAW, "raw ρ"),
    (
        Variant::new(RateSource::InForce, false, false),
        HAIRCUT,
        "haircut",
    ),
    (Variant::PROGRAM, PROGRAM, "haircut, scenarios"),
    (
        Variant::new(RateSource::FourHours, false, true),
        FOUR_HOURS,
        "the same over four hours",
    ),
];

/// Mean requirement over gross by book, with its range.
pub fn benefit(study: &PortfolioStudy) -> Result<String> {
    let block = ROW * BARS.len() as i32 + GAP;
    let rows = i32::try_from(study.books.len())?;
    let height = u32::try_from(TOP + rows * block + 12)?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1_120, height)).into_drawing_area();
        area.fill(&PAPER)?;
        heading(study, &area, TOP + rows * block)?;
        for (y, book) in (0..).map(|i| TOP + i * block).zip(&study.books) {
            let middle = y + ROW * BARS.len() as i32 / 2;
            let style = text(12.0, INK, HPos::Right);
            area.draw(&Text::new(book.name, (NAMES - 14, middle), style))?;
            for (y, (variant, color, _)) in (0..).map(|i| y + i * ROW).zip(BARS) {
                bar(&area, y, book.of(variant), color, book.losses.len())?;
            }
        }
        area.present()?;
    }
    described_by(study, &svg, "Requirement of books over their gross sum")
}

fn heading(study: &PortfolioStudy, area: &Area<'_>, bottom: i32) -> Result<()> {
    let ahead = span(study.interval * study.horizon as i64);
    let title =
        format!("requirement over gross, {ahead} ahead: mean, and whiskers from least to largest");
    area.draw(&Text::new(title, (20, 22), text(13.5, INK, HPos::Left)))?;
    let mut x = NAMES;
    for (_, color, name) in BARS {
        area.draw(&Rectangle::new([(x, 42), (x + 10, 52)], color.filled()))?;
        area.draw(&Text::new(name, (x + 16, 47), text(12.0, INK, HPos::Left)))?;
        x += 60 + 7 * i32::try_from(name.chars().count())?;
    }
    let title = "exceptions";
    let at = (NAMES + LENGTH + 100, 74);
    area.draw(&Text::new(title, at, text(12.0, MUTED, HPos::Left)))?;
    for tenths in [0, 25, 50, 75, 100] {
        let x = NAMES + LENGTH * tenths / 100;
        let line = vec![(x, TOP - 6), (x, bottom - GAP + 4)];
        area.draw(&PathElement::new(line, GRID.stroke_width(1)))?;
        let label = format!("{tenths}%");
        let at = (x, TOP - 14);
        area.draw(&Text::new(label, at, text(11.0, MUTED, HPos::Center)))?;
    }
    Ok(())
}

fn bar(area: &Area<'_>, y: i32, judged: &Judged, color: RGBColor, windows: usize) -> Result<()> {
    let [mean, least, most] = judged.benefit();
    let x = |part: f64| NAMES + (part * f64::from(LENGTH)) as i32;
    let middle = y + ROW / 2;
    let body = [(NAMES, y + 4), (x(mean), y + ROW - 4)];
    area.draw(&Rectangle::new(body, color.filled()))?;
    let whisker = INK.stroke_width(1);
    for line in [
        vec![(x(least), middle), (x(most), middle)],
        vec![(x(least), middle - 4), (x(least), middle + 5)],
        vec![(x(most), middle - 4), (x(most), middle + 5)],
    ] {
        // Paper beneath, or it drowns in a dark bar.
        area.draw(&PathElement::new(line.clone(), PAPER.stroke_width(3)))?;
        area.draw(&PathElement::new(line, whisker))?;
    }
    let style = text(12.0, INK, HPos::Left);
    let label = format!("{:.0}%", mean * 100.0);
    area.draw(&Text::new(
        label,
        (NAMES + LENGTH + 24, middle),
        style.clone(),
    ))?;
    if judged.variant.rates == RateSource::FourHours {
        return Ok(());
    }
    let rate = judged.exceptions as f64 / windows.max(1) as f64;
    let label = format!("{} ({:.2}%)", judged.exceptions, rate * 100.0);
    let at = (NAMES + LENGTH + 100, middle);
    let style = if rate > 0.01 {
        text(12.0, EXCEPTION, HPos::Left)
    } else {
        style
    };
    area.draw(&Text::new(label, at, style))?;
    Ok(())
}

const LINES: [RGBColor; 5] = [
    RGBColor(0x8A, 0x94, 0x9E),
    RGBColor(0x1D, 0x4E, 0x79),
    RGBColor(0xD9, 0x8A, 0x12),
    RGBColor(0x6F, 0xB2, 0xA4),
    RGBColor(0x6B, 0x4F, 0xBB),
];

/// Requirement over gross over time, as the program asks.
pub fn benefit_history(study: &PortfolioStudy) -> Result<String> {
    let (first, last) = ends(study);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1_120, 380)).into_drawing_area();
        area.fill(&PAPER)?;
        let colored = || study.books.iter().zip(LINES);
        let legend: Vec<Entry> = colored()
            .map(|(book, color)| Entry::new(book.name, Mark::Line, color))
            .collect();
        let mut chart = panel(
            &area,
            &Frame {
                time: first..last,
                value: 0.0..1.05,
                marks: vec![0.0, 0.25, 0.5, 0.75, 1.0],
                label: &percent,
                title: "requirement over gross",
                legend: &legend,
            },
        )?;
        for (book, color) in colored() {
            let parts = &book.of(Variant::PROGRAM).over_gross;
            let points: Vec<_> = study
                .times
                .iter()
                .copied()
                .zip(parts.iter().copied())
                .collect();
            let line = thinned(&points, BUCKETS);
            chart.draw_series(LineSeries::new(line, color.stroke_width(2)))?;
        }
        area.present()?;
    }
    described_by(
        study,
        &svg,
        "Requirement of books over their gross sum in time",
    )
}

fn ends(study: &PortfolioStudy) -> (i64, i64) {
    let first = study.times.first().copied().unwrap_or(0);
    (first, study.times.last().copied().unwrap_or(first + 1))
}

fn described_by(study: &PortfolioStudy, svg: &str, what: &str) -> Result<String> {
    let (first, last) = ends(study);
    Ok(described(svg, what, first, last))
}
