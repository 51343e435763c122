//! The section on the risk model: the rate in force and its target, and what a hedge is worth.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::format;
use super::super::record::RunRecord;
use super::super::risk::{
    binding_name, Compared, ComparedAccount, RateSeries, RequirementSample, RiskRecord,
};
use super::charts::span;
use super::palette;
use super::risk_charts::{self, ink, share, Measure};
use super::sections::{legend, row, table};
use super::summary::listed;

const HOURS_A_YEAR: f64 = 8_760.0;

/// Charts, sentences and tables; nothing where no rates were recorded.
pub(super) fn section(record: &RunRecord) -> Result<String> {
    let risk = &record.risk;
    if risk.rates.is_empty() {
        return Ok(String::new());
    }
    let start = span(record)?.start;
    Ok(format!("{}\n{}", rates(record, start)?, hedges(record)?))
}

fn rates(record: &RunRecord, start: i64) -> Result<String> {
    let risk = &record.risk;
    let mut cards = Vec::new();
    for series in &risk.rates {
        let at_most = most(series, start, |sample| sample.maintenance);
        let before = series.at(start).map_or(0, |sample| sample.maintenance);
        cards.push(format!(
            "<figure class=\"card\"><div class=\"head\"><h3>{}</h3><span>{} to {}</span></div>{}</figure>",
            series.asset.symbol(),
            percent(before),
            percent(at_most),
            risk_charts::rates(record, series)?
        ));
    }
    let legend = legend(&[
        ("", palette::INK, "maintenance rate in force, for longs"),
        ("dashed", palette::MUTED, "its target"),
    ]);
    let rows: Vec<String> = risk.rates.iter().map(|s| rate_row(s, start)).collect();
    let head = "<th>Maintenance rate, longs</th><th class=\"number\">Before</th>\
        <th class=\"number\">Most in force</th><th class=\"number\">Most as target</th>\
        <th class=\"number\">Growth in 24 h</th><th class=\"number\">Target\u{2019}s growth</th>\
        <th class=\"number\">Initial, before \u{2192} most</th>\
        <th class=\"number\">Deviation a year, before \u{2192} most</th>";
    Ok(format!(
        "<section>\n<h2>The line follows the market</h2>\n<p class=\"note\">{}</p>\n\
         {legend}<div class=\"row three\">{}</div>\n\
         <div class=\"card below\">{}</div>\n</section>",
        rates_text(risk, start),
        cards.join("\n"),
        table(head, &rows)
    ))
}

fn rates_text(risk: &RiskRecord, start: i64) -> String {
    let growth = |value| {
        let all = risk.rates.iter();
        all.map(|s| s.largest_growth(start, value).factor())
            .fold(1.0, f64::max)
    };
    format!(
        "Rates are measured on chain: each full hour of prices moves the target, and the rate in \
         force follows it by at most a half in 24 hours, so that the target is the notice. Within \
         24 hours the largest growth in force was {} times, that of a target {} times. {}",
        format::decimal(growth(|s| s.maintenance), 2),
        format::decimal(growth(|s| s.target), 2),
        correlation_text(risk, start),
    )
}

fn correlation_text(risk: &RiskRecord, start: i64) -> String {
    let known = || risk.correlation.iter().filter(|s| s.samples >= 168);
    let (Some(first), Some(last)) = (
        known().rfind(|s| s.time <= start).or(known().next()),
        known().next_back(),
    ) else {
        return String::new();
    };
    let rho = |value: i16| format::decimal(f64::from(value) / 10_000.0, 2);
    format!(
        "The correlation of BTC and ETH in force went from {} to {}.",
        rho(first.in_force),
        rho(last.in_force)
    )
}

fn rate_row(series: &RateSeries, start: i64) -> String {
    let before = series.at(start).copied().unwrap_or_default();
    let most = |value| most(series, start, value);
    let growth = |value| {
        let growth = series.largest_growth(start, value);
        format!("{}×", format::decimal(growth.factor(), 2))
    };
    let yearly = |billionths: i64| {
        let deviation = billionths as f64 / 1e7 * HOURS_A_YEAR.sqrt();
        format!("{}%", format::decimal(deviation, 0))
    };
    row(
        "",
        &[series.asset.symbol().to_owned()],
        &[
            percent(before.maintenance),
            percent(most(|s| s.maintenance)),
            percent(most(|s| s.target)),
            growth(|s| s.maintenance),
            growth(|s| s.target),
            arrow(&percent(before.initial), &percent(most(|s| s.initial))),
            arrow(
                &yearly(before.fast.max(before.slow)),
                &yearly(most(|s| s.fast.max(s.slow))),
            ),
        ],
    )
}

fn most(series: &RateSeries, start: i64, value: fn(&super::super::risk::RateSample) -> i64) -> i64 {
    series.since(start).map(value).max().unwrap_or(0)
}

fn hedges(record: &RunRecord) -> Result<String> {
    let accounts = &record.risk.compared;
    if accounts.iter().all(|account| account.samples.is_empty()) {
        return Ok(String::new());
    }
    let keys: Vec<(&str, palette::Ink, &str)> = accounts
        .iter()
        .map(|account| ("", ink(account.what), account.what.name()))
        .collect();
    let rows: Vec<String> = accounts.iter().filter_map(account_row).collect();
    let head = "<th>Account</th><th>Maintenance bound by</th><th>Initial bound by</th>\
        <th class=\"number\">Equity, before \u{2192} after</th>\
        <th class=\"number\">Maintenance, before \u{2192} most</th>\
        <th class=\"number\">Initial, before \u{2192} most</th>\
        <th class=\"number\">Liquidated</th>";
    let chart = |title: &str, unit: &str, measure| -> Result<String> {
        Ok(format!(
            "<figure class=\"card\"><div class=\"head\"><h3>{title}</h3><span>{unit}</span></div>\
             {}</figure>",
            risk_charts::requirements(record, measure)?
        ))
    };
    Ok(format!(
        "<section>\n<h2>A hedge is charged as a hedge</h2>\n<p class=\"note\">{}</p>\n{}\
         <div class=\"row three\">{}{}{}</div>\n<div class=\"card below\">{}</div>\n</section>",
        hedges_text(record),
        legend(&keys),
        chart("Maintenance requirement", "USD", Measure::Dollars)?,
        chart(
            "Maintenance requirement",
            "of gross notional",
            Measure::Maintenance
        )?,
        chart("Initial requirement", "of gross notional", Measure::Initial)?,
        table(head, &rows)
    ))
}

fn hedges_text(record: &RunRecord) -> String {
    let opening =
        "Three accounts with the same deposit and the same gross notional in BTC and ETH: \
        two are long BTC against short ETH, one is long both.";
    let hedge = record.risk.compared(Compared::HedgedPortfolio);
    let sentences: Vec<String> = record
        .risk
        .compared
        .iter()
        .filter_map(account_text)
        .collect();
    format!(
        "{opening} Of its gross notional, as maintenance before the crash and at most, {}. The \
         hedge\u{2019}s maintenance under Portfolio was bound by: {}.",
        listed(&sentences),
        hedge.map_or_else(String::new, |account| {
            bound(account, |sample| sample.binding_maintenance)
        })
    )
}

/// What one account needed, as a part of a sentence.
fn account_text(account: &ComparedAccount) -> Option<String> {
    let (before, _) = ends(account)?;
    let who = match account.what {
        Compared::HedgedPortfolio => "the hedge under Portfolio needed",
        Compared::HedgedStandard => "the same hedge under Standard",
        Compared::Unhedged => "the unhedged account",
    };
    Some(format!(
        "{who} {} and {}",
        fraction(share(before, before.maintenance)),
        fraction(most_share(account)),
    ))
}

fn account_row(account: &ComparedAccount) -> Option<String> {
    let (before, after) = ends(account)?;
    let times = match account.liquidations {
        0 => "<span class=\"quiet\">never</span>".to_owned(),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let change = |value: fn(&RequirementSample) -> i64| {
        let most = account.samples.iter().map(value).max().unwrap_or(0);
        arrow(&format::usd(value(before)), &format::usd(most))
    };
    Some(row(
        "",
        &[
            account.what.name().to_owned(),
            bound(account, |sample| sample.binding_maintenance),
            bound(account, |sample| sample.binding_initial),
        ],
        &[
            arrow(&format::usd(before.equity), &format::usd(after.equity)),
            change(|sample| sample.maintenance),
            change(|sample| sample.initial),
            times,
        ],
    ))
}

/// What determined a requirement while positions were open, the most frequent first.
fn bound(account: &ComparedAccount, code: fn(&RequirementSample) -> u8) -> String {
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for sample in account.samples.iter().filter(|s| s.notional > 0) {
        *counts.entry(code(sample)).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    let mut counts: Vec<(u8, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [(only, _)] => binding_name(*only).to_owned(),
        several => {
            let part = |(code, count): &(u8, usize)| {
                let part = *count as f64 / total as f64 * 100.0;
                format!("{} {}%", binding_name(*code), format::decimal(part, 0))
            };
            several.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

fn ends(account: &ComparedAccount) -> Option<(&RequirementSample, &RequirementSample)> {
    account.samples.first().zip(account.samples.last())
}

fn most_share(account: &ComparedAccount) -> f64 {
    let shares = account.samples.iter().map(|s| share(s, s.maintenance));
    shares.fold(0.0, f64::max)
}

/// 1e-9 as percent.
fn percent(billionths: i64) -> String {
    fraction(billionths as f64 / 1e9)
}

fn fraction(part: f64) -> String {
    format!("{}%", format::decimal(part * 100.0, 1))
}

fn arrow(from: &str, to: &str) -> String {
    format!("{from} \u{2192} {to}")
}
