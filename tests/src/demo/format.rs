//! Numbers and times as people read them. All times are UTC.

use time::OffsetDateTime;

/// Stands before negative figures.
const MINUS: &str = "\u{2212}";

/// Digits in groups of three.
pub(super) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A decimal with grouped digits and so many places after the point.
pub(super) fn decimal(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    let negative = value < 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    let sign = if negative { MINUS } else { "" };
    if rest.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest}")
    }
}

/// 1e-6 USD as USD; cents only below 10 USD, so that columns line up.
pub(super) fn usd(micro: i64) -> String {
    let value = micro as f64 / 1e6;
    let cents = micro != 0 && value.abs() < 10.0;
    let text = decimal(value.abs(), if cents { 2 } else { 0 });
    if micro < 0 {
        format!("{MINUS}${text}")
    } else {
        format!("${text}")
    }
}

/// As [`usd`], with a plus sign before gains.
pub(super) fn usd_change(micro: i64) -> String {
    if micro > 0 {
        format!("+{}", usd(micro))
    } else {
        usd(micro)
    }
}

/// 1e-6 USD on an axis: 950, 12.5k, 3.2M.
pub(super) fn usd_short(micro: f64) -> String {
    let value = micro / 1e6;
    let (scaled, unit) = match value.abs() {
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e3 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = decimal(scaled, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

/// A price of 1e-8 USD with as many places as its size deserves.
pub(super) fn price(e8: i64) -> String {
    let value = e8 as f64 / 1e8;
    decimal(value, if value.abs() < 1_000.0 { 2 } else { 0 })
}

/// Change from `before` to `after` in percent, signed; a dash without a base.
pub(super) fn percent_change(before: i64, after: i64) -> String {
    if before <= 0 {
        return "\u{2013}".to_owned();
    }
    let change = (after as f64 / before as f64 - 1.0) * 100.0;
    let text = decimal(change, 1);
    if change >= 0.05 {
        format!("+{text}%")
    } else {
        format!("{text}%")
    }
}

/// `1 call`, `2 calls`.
pub(super) fn count(number: usize, singular: &str, plural: &str) -> String {
    let noun = if number == 1 { singular } else { plural };
    format!("{} {noun}", thousands(number as u64))
}

/// `12:10`
pub(super) fn clock(time: i64) -> String {
    instant(time).map_or_else(String::new, |t| {
        format!("{:02}:{:02}", t.hour(), t.minute())
    })
}

/// `19 May`
pub(super) fn day(time: i64) -> String {
    instant(time).map_or_else(String::new, |t| {
        let month = t.month().to_string();
        format!("{} {}", t.day(), month.get(..3).unwrap_or(&month))
    })
}

/// `19 May 12:10`
pub(super) fn stamp(time: i64) -> String {
    format!("{} {}", day(time), clock(time))
}

/// `19 May 2021`
pub(super) fn date(time: i64) -> String {
    let year = instant(time).map_or_else(String::new, |t| t.year().to_string());
    format!("{} {year}", day(time))
}

fn instant(time: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time).ok()
}
