//! Axes, legends, and lines of more points than there are pixels.

use super::super::data::{day, utc};
use super::{GRID, INK, MUTED};
use anyhow::Result;
use jiff::{civil, tz::TimeZone, Timestamp};
use plotters::coord::combinators::WithKeyPoints;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordi64;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// Where a chart draws.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A chart of values over time.
pub type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<WithKeyPoints<RangedCoordi64>, Marked>>;

/// A value axis with lines where it is told.
pub struct Marked {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Ranged for Marked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        low + (f64::from(high - low) * part).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// The library divides the size of a font by this when it writes SVG.
const SVG_FONT_DIVISOR: f64 = 1.24;
const DAY: i64 = 86_400;

/// Sans serif text; `size` in pixels as a browser shows it.
pub fn text(size: f64, color: RGBColor, across: HPos) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", size * SVG_FONT_DIVISOR).into_font());
    style.color = color.to_backend_color();
    style.pos(Pos::new(across, VPos::Center))
}

/// Axes of one panel.
pub struct Frame<'f> {
    /// Unix seconds.
    pub time: Range<i64>,
    /// Values.
    pub value: Range<f64>,
    /// Values with a line and a label.
    pub marks: Vec<f64>,
    /// Written beside a mark.
    pub label: &'f dyn Fn(&f64) -> String,
    /// Above the panel.
    pub title: &'f str,
    /// Entries of the legend, right of the title.
    pub legend: &'f [Entry],
}

/// How a legend shows what it names.
#[derive(Clone, Copy)]
pub enum Mark {
    /// A line.
    Line,
    /// A filled dot.
    Dot,
    /// A ring.
    Ring,
    /// A block.
    Block,
}

/// One entry of a legend.
pub struct Entry {
    /// What it is.
    pub name: String,
    /// As it is drawn.
    pub mark: Mark,
    /// In this colour.
    pub color: RGBColor,
}

impl Entry {
    /// An entry.
    pub fn new(name: &str, mark: Mark, color: RGBColor) -> Self {
        Self {
            name: name.to_owned(),
            mark,
            color,
        }
    }
}

/// Draws the frame into `area`.
pub fn panel<'a, 'b>(area: &'a Area<'b>, frame: &Frame<'_>) -> Result<Chart<'a, 'b>> {
    let times = time_marks(&frame.time);
    let yearly = frame.time.end - frame.time.start > 400 * DAY;
    let label = move |time: &i64| {
        let day = day(*time);
        if yearly {
            day[..4].to_owned()
        } else {
            day
        }
    };
    let mut chart = ChartBuilder::on(area)
        .margin_top(34)
        .margin_right(24)
        .margin_bottom(6)
        .x_label_area_size(26)
        .y_label_area_size(64)
        .build_cartesian_2d(
            frame.time.clone().with_key_points(times),
            Marked {
                range: frame.value.clone(),
                marks: frame.marks.clone(),
            },
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .x_label_formatter(&label)
        .y_label_formatter(frame.label)
        .set_all_tick_mark_size(4)
        .label_style(text(12.0, MUTED, HPos::Left))
        .draw()?;
    area.draw(&Text::new(
        frame.title.to_owned(),
        (64, 17),
        text(13.5, INK, HPos::Left),
    ))?;
    legend(area, frame.legend)?;
    Ok(chart)
}

/// Entries from the right edge leftwards, in their order.
fn legend(area: &Area<'_>, entries: &[Entry]) -> Result<()> {
    let mut x = i32::try_from(area.dim_in_pixel().0)? - 24;
    for entry in entries.iter().rev() {
        x -= width(&entry.name);
        let style = text(12.0, INK, HPos::Left);
        area.draw(&Text::new(entry.name.clone(), (x, 17), style))?;
        let color = entry.color;
        match entry.mark {
            Mark::Line => {
                let line = vec![(x - 26, 17), (x - 7, 17)];
                area.draw(&PathElement::new(line, color.stroke_width(3)))?;
            }
            Mark::Dot => area.draw(&Circle::new((x - 12, 17), 4, color.filled()))?,
            Mark::Ring => area.draw(&Circle::new((x - 12, 17), 3, color.stroke_width(1)))?,
            Mark::Block => {
                let block = [(x - 18, 11), (x - 8, 23)];
                area.draw(&Rectangle::new(block, color.filled()))?;
            }
        }
        x -= 48;
    }
    Ok(())
}

/// About how wide a browser's sans serif of twelve pixels draws `text`.
fn width(text: &str) -> i32 {
    let tenths = |letter| match letter {
        'i' | 'l' | 't' | 'f' | 'j' | ',' | '.' | ' ' => 34,
        'm' | 'w' | 'M' | 'W' | '%' => 102,
        'A'..='Z' => 82,
        _ => 65,
    };
    text.chars().map(tenths).sum::<i32>() / 10
}

/// Beginnings of years, or days evenly spaced, inside a range.
fn time_marks(range: &Range<i64>) -> Vec<i64> {
    let length = range.end - range.start;
    if length > 400 * DAY {
        return years(range);
    }
    let step = (length / DAY / 8).max(1) * DAY;
    let first = range.start.div_euclid(DAY) * DAY + DAY;
    // The last label is as wide to its right as to its left.
    let last = range.end - length / 25;
    (0..)
        .map(|i| first + i * step)
        .take_while(|&time| time <= last)
        .collect()
}

fn years(range: &Range<i64>) -> Vec<i64> {
    let year_of =
        |time| Timestamp::from_second(time).map_or(1970, |t| t.to_zoned(TimeZone::UTC).year());
    (year_of(range.start)..=year_of(range.end))
        .filter_map(|year| {
            let day = civil::Date::new(year, 1, 1).ok()?;
            let start = day.to_zoned(TimeZone::UTC).ok()?;
            Some(start.timestamp().as_second())
        })
        .filter(|time| range.contains(time))
        .collect()
}

/// Round values from zero to `most`, five or so.
pub fn round_marks(most: f64) -> Vec<f64> {
    let rough = most / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&step| step >= rough)
        .unwrap_or(rough);
    (0..=5)
        .map(|i| f64::from(i) * step)
        .take_while(|&mark| mark <= most)
        .collect()
}

/// A line through the least and the largest value of each of `buckets` stretches, in their order.
pub fn thinned(points: &[(i64, f64)], buckets: usize) -> Vec<(i64, f64)> {
    let size = points.len().div_ceil(buckets.max(1)).max(1);
    if size <= 2 {
        return points.to_vec();
    }
    let mut line = Vec::with_capacity(2 * buckets);
    for stretch in points.chunks(size) {
        let by_value = |a: &&(i64, f64), b: &&(i64, f64)| a.1.total_cmp(&b.1);
        let ends = (
            stretch.iter().min_by(by_value),
            stretch.iter().max_by(by_value),
        );
        if let (Some(&low), Some(&high)) = ends {
            line.push(if low.0 <= high.0 { low } else { high });
            line.push(if low.0 <= high.0 { high } else { low });
        }
    }
    line
}

/// Percent without needless digits.
pub fn percent(value: &f64) -> String {
    format!("{}%", (value * 1_000.0).round() / 10.0)
}

/// Gives the file a title for those who cannot see it.
pub fn described(svg: &str, what: &str, first: i64, last: i64) -> String {
    let opening = format!(
        "<svg role=\"img\" aria-label=\"{what}, {} to {} UTC\" ",
        utc(first),
        utc(last)
    );
    svg.replacen("<svg ", &opening, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_line_keeps_its_extremes() {
        let points: Vec<(i64, f64)> = (0..1_000)
            .map(|i| (i, f64::from((i % 97) as i32)))
            .collect();
        let line = thinned(&points, 20);
        assert!(line.len() <= 40);
        assert!(line.iter().any(|p| p.1 == 96.0) && line.iter().any(|p| p.1 == 0.0));
        assert!(line.windows(2).all(|p| p[0].0 <= p[1].0));
        assert_eq!(thinned(&points[..30], 20), points[..30]);
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(round_marks(0.29).len(), 3);
        assert_eq!(years(&(1_577_836_799..1_640_995_201)).len(), 3);
    }
}
