//! Axes: times on whole hours of UTC, values on round figures.

use std::ops::Range;

use plotters::prelude::*;

use super::super::format;
use super::palette::Ink;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The library divides the size of a font by this when it writes SVG.
const SVG_FONT_DIVISOR: f64 = 1.24;

/// Sans serif text of the charts; `size` in pixels as the browser shows it.
pub(super) fn label_font(size: f64, ink: Ink) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", size * SVG_FONT_DIVISOR).into_font());
    style.color = ink.color().to_backend_color();
    style
}

/// Whole hours inside `span`, at most `most` of them, evenly spaced.
pub(super) fn hours(span: &Range<i64>, most: usize) -> Vec<i64> {
    let fits = |step: i64| ((span.end - span.start) / step) as usize <= most;
    let step = [1, 2, 3, 4, 6, 12, 24]
        .into_iter()
        .map(|hours| hours * HOUR)
        .find(|&step| fits(step))
        .unwrap_or(2 * DAY);
    let first = span.start + (step - span.start.rem_euclid(step)) % step;
    (0..)
        .map(|i| first + i * step)
        .take_while(|&time| time <= span.end)
        .collect()
}

/// The hour, or the day at midnight.
pub(super) fn hour_label(time: i64) -> String {
    if time.rem_euclid(DAY) == 0 {
        format::day(time)
    } else {
        format::clock(time)
    }
}

/// A range that holds all `values` with a margin on both sides, or `None`
/// without values.
pub(super) fn padded(values: impl Iterator<Item = f64>, margin: f64) -> Option<Range<f64>> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low > high {
        return None;
    }
    let pad = ((high - low) * margin).max(high.abs() * 1e-6).max(1e-6);
    Some(low - pad..high + pad)
}
