//! Recorded prices: any CSV with a column of times and one of prices.
//!
//! Columns are found by name, without regard to case: `time`, `timestamp`, `date`, `open time` or
//! `datetime`; `close`, `price` or `adj close`, the first of these that there is. Times are unix
//! seconds, unix milliseconds, or ISO 8601 dates and instants; without an offset they are UTC.
//!
//! The time of a bar is when it begins, as exchanges write it, so that its close is known one
//! interval later. The interval is the median distance of the times; a missing bar is a gap, which is
//! counted and never filled.

use anyhow::{bail, ensure, Context, Result};
use jiff::{civil, tz::TimeZone, Timestamp};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

const TIME_COLUMNS: [&str; 6] = [
    "time",
    "timestamp",
    "date",
    "open time",
    "open_time",
    "datetime",
];
const PRICE_COLUMNS: [&str; 4] = ["close", "price", "adj close", "adj_close"];
/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// When it begins, unix seconds.
    pub begin: i64,
    /// Its last price, USD.
    pub close: f64,
}

/// Bars that are missing between others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Places where bars are missing.
    pub places: usize,
    /// Bars missing there altogether.
    pub bars: i64,
}

/// The recorded prices of one asset.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name of the asset.
    pub asset: String,
    /// Name of the file, without its folder.
    pub file: String,
    /// Where the prices come from, as the user says.
    pub source: String,
    /// Seconds from one bar to the next.
    pub interval: i64,
    /// In order of time, each in an interval of its own.
    pub bars: Vec<Bar>,
    /// What is missing.
    pub gaps: Gaps,
}

impl Series {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, the line, what was expected and what stands there.
    pub fn read(path: &Path, asset: &str, source: &str) -> Result<Self> {
        let file =
            std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let name = path
            .file_name()
            .map_or_else(|| path.display().to_string(), |n| n.display().to_string());
        Self::parse(file, &name, asset, source)
    }

    fn parse(input: impl Read, file: &str, asset: &str, source: &str) -> Result<Self> {
        let bars = bars(input, file)?;
        ensure!(
            bars.len() >= 2,
            "{file}: expected at least 2 bars, got {}",
            bars.len()
        );
        let interval = median_interval(&bars);
        let mut gaps = Gaps::default();
        for pair in bars.windows(2) {
            let slots = pair[1].begin.div_euclid(interval) - pair[0].begin.div_euclid(interval);
            ensure!(
                slots >= 1,
                "{file}: expected bars {interval} s apart (the median), got two within one interval \
                 at {}",
                utc(pair[1].begin)
            );
            if slots > 1 {
                gaps.places += 1;
                gaps.bars += slots - 1;
            }
        }
        Ok(Self {
            asset: asset.to_owned(),
            file: file.to_owned(),
            source: source.to_owned(),
            interval,
            bars,
            gaps,
        })
    }

    /// When the close of a bar is known, unix seconds.
    pub fn end(&self, bar: usize) -> i64 {
        self.bars
            .get(bar)
            .map_or(0, |b| b.begin.saturating_add(self.interval))
    }

    /// Whether no bar is missing between two.
    pub fn is_whole(&self, first: usize, last: usize) -> bool {
        let slots = (last - first) as i64;
        self.end(last) - self.end(first) == slots * self.interval
    }
}

/// Series of one interval on the times that all of them have, for what looks at several assets at
/// once.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Seconds from one bar to the next.
    pub interval: i64,
    /// Beginnings of the common bars, unix seconds, in order.
    pub times: Vec<i64>,
    /// Closes by asset in the order given, each as long as `times`; USD.
    pub closes: Vec<Vec<f64>>,
}

impl Panel {
    /// Aligns series; none of them is changed.
    ///
    /// # Errors
    /// No series, or series of different intervals.
    pub fn aligned(series: &[&Series]) -> Result<Self> {
        let interval = series.first().context("no series to align")?.interval;
        let mut rows: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for one in series {
            ensure!(
                one.interval == interval,
                "{}: expected bars of {interval} s like those before, got {} s",
                one.file,
                one.interval
            );
            for bar in &one.bars {
                let slot = bar.begin.div_euclid(interval) * interval;
                rows.entry(slot).or_default().push(bar.close);
            }
        }
        // A row that misses an asset is shorter, whichever it misses.
        rows.retain(|_, closes| closes.len() == series.len());
        let closes = (0..series.len())
            .map(|i| rows.values().map(|row| row[i]).collect())
            .collect();
        Ok(Self {
            interval,
            times: rows.into_keys().collect(),
            closes,
        })
    }
}

/// An instant as `2021-05-19 13:00`, UTC.
pub fn utc(time: i64) -> String {
    written(time, "%Y-%m-%d %H:%M")
}

/// A day as `2021-05-19`, UTC.
pub fn day(time: i64) -> String {
    written(time, "%Y-%m-%d")
}

fn written(time: i64, format: &str) -> String {
    Timestamp::from_second(time).map_or_else(
        |_| time.to_string(),
        |instant| instant.strftime(format).to_string(),
    )
}

fn bars(input: impl Read, file: &str) -> Result<Vec<Bar>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let header = reader
        .headers()
        .with_context(|| format!("{file}, line 1: no header"))?
        .clone();
    let time = column(&header, &TIME_COLUMNS, file)?;
    let price = column(&header, &PRICE_COLUMNS, file)?;
    let mut bars: Vec<Bar> = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("{file}: not a CSV"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let at = || format!("{file}, line {line}");
        let begin = parse_time(record.get(time).unwrap_or("")).with_context(at)?;
        let close = parse_price(record.get(price).unwrap_or("")).with_context(at)?;
        if let Some(last) = bars.last() {
            ensure!(
                begin > last.begin,
                "{}: expected a time after {}, got {}",
                at(),
                utc(last.begin),
                utc(begin)
            );
        }
        bars.push(Bar { begin, close });
    }
    Ok(bars)
}

fn column(header: &csv::StringRecord, names: &[&str], file: &str) -> Result<usize> {
    let found = names.iter().find_map(|name| {
        header
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
    });
    found.with_context(|| {
        let got: Vec<&str> = header.iter().collect();
        format!(
            "{file}, line 1: expected one of the columns {}, got {}",
            names.join(", "),
            got.join(", ")
        )
    })
}

fn parse_price(text: &str) -> Result<f64> {
    match text.parse::<f64>() {
        Ok(price) if price.is_finite() && price > 0.0 => Ok(price),
        _ => bail!("expected a price above 0, got `{text}`"),
    }
}

fn parse_time(text: &str) -> Result<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(if number.abs() >= FIRST_MILLISECONDS {
            number.div_euclid(1_000)
        } else {
            number
        });
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_second());
    }
    let local = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(|day| day.at(0, 0, 0, 0)));
    let instant = local
        .and_then(|local| local.to_zoned(TimeZone::UTC))
        .ok()
        .with_context(|| {
            format!("expected unix seconds, unix milliseconds or an ISO date, got `{text}`")
        })?;
    Ok(instant.timestamp().as_second())
}

fn median_interval(bars: &[Bar]) -> i64 {
    let mut distances: Vec<i64> = bars.windows(2).map(|p| p[1].begin - p[0].begin).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Series> {
        Series::parse(text.as_bytes(), "prices.csv", "SOL", "")
    }

    fn error(text: &str) -> String {
        format!("{:#}", parse(text).unwrap_err())
    }

    #[test]
    fn seconds_milliseconds_and_iso_name_the_same_bars() {
        let texts = [
            "time,open,close\n1621382400,1,40\n1621468800,1,41\n",
            "Open Time,Close\n1621382400000,40\n1621468800000,41\n",
            "Date,Open,Close,Adj Close\n2021-05-19,1,40,9\n2021-05-20,1,41,9\n",
            "DATE,PRICE\n2021-05-19 00:00:00+00:00,40\n2021-05-20T00:00:00Z,41\n",
            "timestamp,Adj Close\n2021-05-19 00:00:00,40\n2021-05-20 02:00:00+02:00,41\n",
        ];
        for text in texts {
            let series = parse(text).unwrap();
            assert_eq!(series.interval, 86_400, "{text}");
            let begin = 1_621_382_400;
            assert_eq!(series.bars[0], Bar { begin, close: 40.0 }, "{text}");
            assert_eq!(series.bars[1].begin, begin + 86_400, "{text}");
            assert_eq!(series.bars[1].close, 41.0, "{text}");
        }
    }

    #[test]
    fn gaps_are_counted_and_the_interval_is_the_median() {
        let series = parse("time,close\n0,1\n3600,1\n7200,1\n18000,1\n21600,1\n").unwrap();
        assert_eq!(series.interval, 3_600);
        assert_eq!(series.gaps, Gaps { places: 1, bars: 2 });
        assert_eq!(series.end(0), 3_600);
        assert!(series.is_whole(0, 2) && !series.is_whole(1, 3));
    }

    #[test]
    fn errors_name_file_line_expected_and_actual() {
        let text = error("when,close\n1,2\n");
        assert!(text.contains("prices.csv, line 1"), "{text}");
        assert!(text.contains("timestamp") && text.contains("when, close"));
        let text = error("time,close\n0,1\n3600,zero\n");
        assert!(text.contains("prices.csv, line 3") && text.contains("`zero`"));
        let text = error("time,close\n0,1\nyesterday,2\n");
        assert!(text.contains("line 3") && text.contains("`yesterday`"));
        let text = error("time,close\n7200,1\n3600,2\n");
        assert!(text.contains("line 3") && text.contains("1970-01-01 02:00"));
        assert!(error("time,close\n0,-1\n").contains("`-1`"));
        assert!(error("time,close\n0,1\n").contains("at least 2 bars"));
        assert!(error("time,close\n0,1\n3600,1\n7200,1\n7300,1\n").contains("within one interval"));
    }

    #[test]
    fn a_panel_keeps_the_common_times_only() {
        let a = parse("time,close\n0,1\n3600,2\n7200,3\n").unwrap();
        let b = parse("time,close\n3600,20\n7200,30\n10800,40\n").unwrap();
        let panel = Panel::aligned(&[&a, &b]).unwrap();
        assert_eq!(panel.times, [3_600, 7_200]);
        assert_eq!(panel.closes, [vec![2.0, 3.0], vec![20.0, 30.0]]);
        let daily = parse("time,close\n0,1\n86400,2\n").unwrap();
        assert!(Panel::aligned(&[&a, &daily]).is_err());
    }
}
