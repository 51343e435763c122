//! The head of the page: what happened in one paragraph and eight figures.

use std::collections::BTreeSet;

use super::super::format;
use super::super::record::{PriceSeries, RunRecord};
use super::{charts, escape};

/// Heading and opening paragraph.
pub(super) fn header(record: &RunRecord) -> String {
    let parameters = &record.parameters;
    format!(
        "<header>\n<p class=\"eyebrow\">Plimsoll crash replay {} · {} traders · seed {}</p>\n\
         <h1>{}</h1>\n<p class=\"lead\">{} {} {} {}</p>\n</header>",
        escape(&parameters.crash),
        format::thousands(u64::from(parameters.traders)),
        parameters.seed,
        escape(&parameters.title),
        market(record),
        traders(record),
        losses(record),
        lenders(record),
    )
}

/// The key figures.
pub(super) fn tiles(record: &RunRecord) -> String {
    let totals = &record.totals;
    let (called, liquidated) = (called_traders(record), liquidated_traders(record));
    let share = |part: usize| {
        format!(
            "of {} traders",
            part.max(record.parameters.traders as usize)
        )
    };
    let bad_debt = totals.bad_debt_total();
    let (deepest, path) = charts::shown(record)
        .min_by(|a, b| fall(a).total_cmp(&fall(b)))
        .map_or_else(Default::default, |s| (percent(fall(s)), fall_path(s)));
    let all = [
        ("Deepest fall", deepest, path),
        ("Called", called.to_string(), share(called)),
        ("Liquidated", liquidated.to_string(), share(liquidated)),
        (
            "Notional closed",
            format::usd(notional(record)),
            format!("in {}", liquidation_count(record)),
        ),
        ("Bad debt", format::usd(bad_debt), bearers(record)),
        (
            "Keeper income",
            format::usd(totals.keeper_income),
            "liquidation and order fees".to_owned(),
        ),
        (
            "Insurance fund",
            format::usd_change(totals.insurance_after - totals.insurance_before),
            format!("now {}", format::usd(totals.insurance_after)),
        ),
        (
            "Pool",
            format::usd_change(totals.pool_after - totals.pool_before),
            format!(
                "{}, now {}",
                format::percent_change(totals.pool_before, totals.pool_after),
                format::usd(totals.pool_after)
            ),
        ),
    ];
    let tile = |(name, value, note): &(&str, String, String)| {
        format!(
            "<div class=\"tile\"><dt>{name}</dt><dd>{value}</dd><p>{}</p></div>",
            escape(note)
        )
    };
    let all: Vec<String> = all.iter().map(tile).collect();
    format!("<dl class=\"tiles\">\n{}\n</dl>", all.join("\n"))
}

fn market(record: &RunRecord) -> String {
    let falls: Vec<String> = charts::shown(record)
        .map(|s| {
            let note = if s.is_synthetic() { " (synthetic)" } else { "" };
            format!("{} {}{note}", s.asset.symbol(), percent(fall(s).abs()))
        })
        .collect();
    let Ok(span) = charts::span(record) else {
        return String::new();
    };
    format!(
        "Between {} on {} and {} on {} UTC prices fell from start to low: {}.",
        format::clock(span.start),
        format::day(span.start),
        format::clock(span.end),
        format::date(span.end),
        listed(&falls)
    )
}

fn traders(record: &RunRecord) -> String {
    let equity: i64 = record.groups.iter().map(|g| g.equity_before).sum();
    let fees: i64 = record
        .liquidations
        .iter()
        .map(|l| l.fee_keeper + l.fee_insurance)
        .sum();
    let liquidated = liquidated_traders(record);
    let outcome = if liquidated == 0 {
        "none was liquidated".to_owned()
    } else {
        format!(
            "{} liquidated, {} closing {} of notional for {} in fees",
            was_were(liquidated),
            liquidation_count(record),
            format::usd(notional(record)),
            format::usd(fees)
        )
    };
    format!(
        "{} went in with {} of equity; {} called and {outcome}.",
        format::count(record.parameters.traders as usize, "trader", "traders"),
        format::usd(equity),
        was_were(called_traders(record)),
    )
}

fn losses(record: &RunRecord) -> String {
    let total = record.totals.bad_debt_total();
    if total == 0 {
        return "No account lost more than it held.".to_owned();
    }
    let shares: Vec<String> = record
        .totals
        .bad_debt
        .iter()
        .filter(|share| share.amount != 0)
        .map(|share| format!("{} {}", escape(&share.bearer), format::usd(share.amount)))
        .collect();
    format!(
        "Accounts left {} they could not pay, borne by: {}.",
        format::usd(total),
        listed(&shares)
    )
}

fn lenders(record: &RunRecord) -> String {
    let totals = &record.totals;
    format!(
        "The pool went from {} to {}, the insurance fund from {} to {}.",
        format::usd(totals.pool_before),
        format::usd(totals.pool_after),
        format::usd(totals.insurance_before),
        format::usd(totals.insurance_after)
    )
}

fn bearers(record: &RunRecord) -> String {
    let names: Vec<&str> = record
        .totals
        .bad_debt
        .iter()
        .filter(|share| share.amount != 0)
        .map(|share| share.bearer.as_str())
        .collect();
    if names.is_empty() {
        "nobody bore a loss for another".to_owned()
    } else {
        format!("borne by {}", names.join(", "))
    }
}

fn called_traders(record: &RunRecord) -> usize {
    let names: BTreeSet<&str> = record
        .margin_calls
        .iter()
        .map(|c| c.trader.as_str())
        .collect();
    names.len()
}

fn liquidated_traders(record: &RunRecord) -> usize {
    let names: BTreeSet<&str> = record
        .liquidations
        .iter()
        .map(|l| l.trader.as_str())
        .collect();
    names.len()
}

/// Instructions as the groups count them; without groups, legs.
fn liquidation_count(record: &RunRecord) -> String {
    let instructions: u32 = record.groups.iter().map(|g| g.liquidations).sum();
    if instructions > 0 {
        format::count(instructions as usize, "liquidation", "liquidations")
    } else {
        format::count(record.liquidations.len(), "leg", "legs")
    }
}

fn notional(record: &RunRecord) -> i64 {
    record.liquidations.iter().map(|l| l.notional).sum()
}

/// From the first price to the lowest, as a fraction; never positive.
fn fall(series: &PriceSeries) -> f64 {
    let first = series.points.first().map_or(1, |p| p.price.max(1));
    series.low() as f64 / first as f64 - 1.0
}

fn fall_path(series: &PriceSeries) -> String {
    let first = series.points.first().map_or(0, |p| p.price);
    let note = if series.is_synthetic() {
        ", synthetic"
    } else {
        ""
    };
    format!(
        "{}, {} to {}{note}",
        series.asset.symbol(),
        format::price(first),
        format::price(series.low())
    )
}

fn percent(fraction: f64) -> String {
    format!("{}%", format::decimal(fraction * 100.0, 1))
}

fn was_were(number: usize) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} {verb}", format::thousands(number as u64))
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
