//! The sections of the page below its head.

use anyhow::Result;

use super::super::format;
use super::super::record::{
    AccountSeries, BadDebtShare, Conservation, ConservationLine, EventKind, GroupRow, RunRecord,
    Totals,
};
use super::palette::{self, Ink};
use super::{charts, escape};

/// Accounts drawn.
const MOST_ACCOUNTS: usize = 6;
/// Events written out below an account's chart.
const MOST_EVENTS: usize = 6;

/// All prices on one scale above the notional closed.
pub(super) fn market(record: &RunRecord) -> Result<String> {
    Ok(format!(
        "<section>\n<h2>The market</h2>\n\
         <p class=\"note\">Prices as published to the program, the first price being 100. \
         Below, on the same clock, the notional closed by liquidations, in USD.</p>\n\
         <figure class=\"card\">{}{}</figure>\n</section>",
        charts::indexed(record)?,
        charts::liquidated_over_time(record)?
    ))
}

/// One card per asset with its liquidations.
pub(super) fn liquidations(record: &RunRecord) -> Result<String> {
    let mut cards = Vec::new();
    for series in charts::shown(record) {
        let own = record
            .liquidations
            .iter()
            .filter(|l| l.asset == series.asset);
        let (legs, notional) = own.fold((0, 0), |(n, sum), l| (n + 1, sum + l.notional));
        cards.push(format!(
            "<figure class=\"card\"><div class=\"head\"><h3>{}</h3><span>{}{}, {}</span></div>{}</figure>",
            series.asset.symbol(),
            if series.is_synthetic() { "synthetic; " } else { "" },
            format::count(legs, "leg", "legs"),
            format::usd(notional),
            charts::asset(record, series)?
        ));
    }
    let legend = legend(&[
        (
            "dot",
            palette::WATER,
            "liquidation; the area is the notional",
        ),
        (
            "dot",
            palette::MUTED,
            "price printed by an exchange; the line between is synthetic",
        ),
    ]);
    Ok(format!(
        "<section>\n<h2>Where positions were closed</h2>\n\
         <p class=\"note\">Price in USD. Legs closed on the same update are one dot.</p>\n\
         {legend}<div class=\"row three\">{}</div>\n</section>",
        cards.join("\n")
    ))
}

/// Sample accounts against their requirements.
pub(super) fn accounts(record: &RunRecord) -> Result<String> {
    let sampled = || record.accounts.iter().filter(|a| !a.samples.is_empty());
    if sampled().next().is_none() {
        return Ok(String::new());
    }
    let cards = sampled()
        .take(MOST_ACCOUNTS)
        .map(|account| account_card(record, account))
        .collect::<Result<Vec<_>>>()?;
    let legend = legend(&[
        ("", palette::EQUITY, "equity"),
        ("area", palette::WATER, "maintenance requirement"),
        ("dashed", palette::INITIAL, "initial requirement"),
        ("ring", palette::EQUITY, "opened"),
        ("triangle", palette::CALL, "margin call"),
        ("dot", palette::WATER, "liquidation"),
        ("dot", palette::INK, "bankruptcy"),
    ]);
    Ok(format!(
        "<section>\n<h2>Accounts at their line</h2>\n\
         <p class=\"note\">Equity in USD against the two requirements, both of which follow the \
         market. An account may be liquidated only while its equity is below the red \
         line.</p>\n{legend}<div class=\"row two\">{}</div>\n</section>",
        cards.join("\n")
    ))
}

fn account_card(record: &RunRecord, account: &AccountSeries) -> Result<String> {
    let written = if account.events.len() > MOST_EVENTS {
        MOST_EVENTS - 1
    } else {
        MOST_EVENTS
    };
    let mut events: Vec<String> = account
        .events
        .iter()
        .take(written)
        .map(|event| {
            let what = match event.kind {
                EventKind::Opened => "opened",
                EventKind::Called => "called, short of",
                EventKind::Liquidated => "liquidated",
                EventKind::Bankrupt => "bankrupt, left",
            };
            format!(
                "<li>{} {what} {}</li>",
                format::stamp(event.time),
                format::usd(event.amount)
            )
        })
        .collect();
    let more = account.events.len().saturating_sub(written);
    if more > 0 {
        events.push(format!("<li>and {more} more</li>"));
    }
    Ok(format!(
        "<figure class=\"card\"><div class=\"head\"><h3>{}</h3><span>{}, {}× at opening</span></div>\
         {}<ul class=\"events\">{}</ul></figure>",
        escape(&account.name),
        escape(&account.group),
        format::decimal(account.leverage, 1),
        charts::account(record, account)?,
        events.join("")
    ))
}

/// Traders by strategy.
pub(super) fn groups(record: &RunRecord) -> String {
    let rows: Vec<String> = record.groups.iter().map(|g| group_row(g, "")).collect();
    let total = record.groups.iter().fold(
        GroupRow {
            name: "All".to_owned(),
            ..GroupRow::default()
        },
        |sum, g| GroupRow {
            name: sum.name,
            traders: sum.traders + g.traders,
            equity_before: sum.equity_before + g.equity_before,
            equity_after: sum.equity_after + g.equity_after,
            margin_calls: sum.margin_calls + g.margin_calls,
            liquidations: sum.liquidations + g.liquidations,
            traders_liquidated: sum.traders_liquidated + g.traders_liquidated,
            fees: sum.fees + g.fees,
        },
    );
    let head = "<th>Strategy</th><th class=\"number\">Traders</th>\
        <th class=\"number\">Equity before</th><th class=\"number\">Equity after</th>\
        <th class=\"number\">Change</th><th class=\"number\">Margin calls</th>\
        <th class=\"number\">Liquidations</th><th class=\"number\">Traders liquidated</th>\
        <th class=\"number\">Liquidation fees</th>";
    format!(
        "<section>\n<h2>Traders by strategy</h2>\n<p class=\"note\">Equity at the first and the \
         last published price.</p>\n<div class=\"card\">{}</div>\n</section>",
        table(head, &[rows, vec![group_row(&total, "total")]].concat())
    )
}

fn group_row(group: &GroupRow, class: &str) -> String {
    let change = group.equity_after - group.equity_before;
    let cells = [
        format::thousands(u64::from(group.traders)),
        format::usd(group.equity_before),
        format::usd(group.equity_after),
        format!(
            "<span class=\"{}\">{}</span>",
            tone(change),
            format::percent_change(group.equity_before, group.equity_after)
        ),
        quiet_zero(u64::from(group.margin_calls)),
        quiet_zero(u64::from(group.liquidations)),
        quiet_zero(u64::from(group.traders_liquidated)),
        format::usd(group.fees),
    ];
    row(class, &[escape(&group.name)], &cells)
}

/// Who paid whom, and what the pool and the fund were left with.
pub(super) fn money(record: &RunRecord) -> String {
    let totals = &record.totals;
    let flows: Vec<String> = record
        .flows
        .iter()
        .map(|flow| {
            let texts = [&flow.from, &flow.to, &flow.purpose].map(|text| escape(text));
            row("", &texts, &[format::usd(flow.amount)])
        })
        .collect();
    let balance = |name: &str, before: i64, after: i64| {
        let change = format!(
            "<span class=\"{}\">{}</span>",
            tone(after - before),
            format::usd_change(after - before)
        );
        row(
            "",
            &[name.to_owned()],
            &[format::usd(before), format::usd(after), change],
        )
    };
    let mut balances = vec![
        balance("Pool", totals.pool_before, totals.pool_after),
        balance(
            "Insurance fund",
            totals.insurance_before,
            totals.insurance_after,
        ),
        balance("Keepers", 0, totals.keeper_income),
    ];
    balances.extend(bad_debt(totals));
    format!(
        "<section>\n<h2>Who paid, who bore</h2>\n<div class=\"row two\">\
         <div class=\"card\"><h3>Flows</h3>{}</div>\
         <div class=\"card\"><h3>Balances</h3>{}</div></div>\n</section>",
        table(
            "<th>From</th><th>To</th><th>For</th><th class=\"number\">Amount</th>",
            &flows
        ),
        table(
            "<th></th><th class=\"number\">Before</th><th class=\"number\">After</th>\
             <th class=\"number\">Change</th>",
            &balances
        ),
    )
}

/// One row per bearer, or one that says there was none.
fn bad_debt(totals: &Totals) -> Vec<String> {
    let wide = |text: &str, figure: &str| {
        format!("<tr><td colspan=\"3\">{text}</td><td class=\"number\">{figure}</td></tr>")
    };
    if totals.bad_debt.is_empty() {
        return vec![wide("Bad debt", "<span class=\"quiet\">none</span>")];
    }
    let share = |share: &BadDebtShare| {
        let amount = format!("<span class=\"bad\">{}</span>", format::usd(share.amount));
        wide(
            &format!("Bad debt, borne by {}", escape(&share.bearer)),
            &amount,
        )
    };
    totals.bad_debt.iter().map(share).collect()
}

/// What it cost to compute and whether the vaults add up.
pub(super) fn machinery(record: &RunRecord) -> String {
    let compute: Vec<String> = record
        .compute
        .iter()
        .map(|used| {
            let name = format!("<code>{}</code>", escape(&used.instruction));
            row(
                "",
                &[name],
                &[used.count, used.median, used.max].map(format::thousands),
            )
        })
        .collect();
    let lines: Vec<String> = record.conservation.lines.iter().map(vault_row).collect();
    format!(
        "<section>\n<h2>Inside the program</h2>\n<p class=\"note\">{} sent to the program.</p>\n\
         <div class=\"row two\"><div class=\"card\"><h3>Compute units</h3>{}</div>\
         <div class=\"card\"><h3>Vaults against claims</h3>{}{}</div></div>\n</section>",
        format::count(
            record.parameters.transactions as usize,
            "transaction",
            "transactions"
        ),
        table(
            "<th>Instruction</th><th class=\"number\">Calls</th><th class=\"number\">Median</th>\
             <th class=\"number\">Most</th>",
            &compute
        ),
        verdict(&record.conservation),
        table(
            "<th>Atoms of</th><th class=\"number\">In the vault</th>\
             <th class=\"number\">Claimed</th><th class=\"number\">Left over</th>",
            &lines
        ),
    )
}

fn vault_row(line: &ConservationLine) -> String {
    let surplus = if line.vault_total >= line.claims_total {
        format::thousands(line.vault_total - line.claims_total)
    } else {
        let missing = format::thousands(line.claims_total - line.vault_total);
        format!("<span class=\"bad\">\u{2212}{missing}</span>")
    };
    let cells = [
        format::thousands(line.vault_total),
        format::thousands(line.claims_total),
        surplus,
    ];
    row("", &[escape(&line.token)], &cells)
}

fn verdict(conservation: &Conservation) -> String {
    let checks = format::count(conservation.checks as usize, "check", "checks");
    if conservation.holds() {
        format!(
            "<p class=\"verdict\"><strong class=\"good\">Conserved.</strong> In {checks} \
             every ledger added up to the atom.</p>"
        )
    } else {
        format!(
            "<p class=\"verdict\"><strong class=\"bad\">Not conserved.</strong> {} of {checks} \
             found a vault short.</p>",
            format::thousands(conservation.failures)
        )
    }
}

/// Which prices are recorded, and the driver's remarks.
pub(super) fn footer(record: &RunRecord) -> String {
    let parameters = &record.parameters;
    let minutes = parameters.step_seconds / 60;
    let mut notes = vec![format!(
        "Each recorded step lasts {minutes} minutes and is cut into {} publications: one touches \
         the step's low, the last ends at its last price. All others are synthetic, drawn from \
         seed {}.",
        parameters.substeps, parameters.seed
    )];
    notes.extend(
        record
            .prices
            .iter()
            .map(|series| format!("{}: {}.", series.asset.symbol(), escape(&series.provenance))),
    );
    notes.push("Confidence and moving average of the prices are synthetic throughout.".to_owned());
    if parameters.orders_refused > 0 {
        notes.push(format!(
            "{} refused at the opening, by margin or by a market's cap.",
            format::count(
                parameters.orders_refused as usize,
                "order was",
                "orders were"
            )
        ));
    }
    notes.extend(parameters.notes.iter().map(|note| escape(note)));
    let notes: Vec<String> = notes
        .iter()
        .map(|note| format!("<li>{note}</li>"))
        .collect();
    format!(
        "<footer>Prices, times in UTC, amounts in USD\n<ul>{}</ul>\n</footer>",
        notes.join("\n")
    )
}

pub(super) fn legend(entries: &[(&str, Ink, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(shape, ink, text)| {
            let style = match *shape {
                "dot" => format!("background:{}", ink.css()),
                "triangle" => format!("border-bottom-color:{}", ink.css()),
                "area" => {
                    let color = ink.css();
                    format!("border-color:{color};background:color-mix(in srgb,{color} 14%,transparent)")
                }
                _ => format!("border-color:{}", ink.css()),
            };
            format!("<li><span class=\"key {shape}\" style=\"{style}\"></span>{text}</li>")
        })
        .collect();
    format!("<ul class=\"legend\">{}</ul>\n", entries.join(""))
}

pub(super) fn table(head: &str, rows: &[String]) -> String {
    format!(
        "<table><thead><tr>{head}</tr></thead><tbody>{}</tbody></table>",
        rows.join("\n")
    )
}

/// A row of texts, then of figures. Both are HTML already.
pub(super) fn row(class: &str, texts: &[String], figures: &[String]) -> String {
    let texts: String = texts.iter().map(|t| format!("<td>{t}</td>")).collect();
    let figures: String = figures
        .iter()
        .map(|f| format!("<td class=\"number\">{f}</td>"))
        .collect();
    format!("<tr class=\"{class}\">{texts}{figures}</tr>")
}

const fn tone(change: i64) -> &'static str {
    match change {
        i64::MIN..=-1 => "bad",
        0 => "quiet",
        1.. => "good",
    }
}

fn quiet_zero(number: u64) -> String {
    if number == 0 {
        "<span class=\"quiet\">0</span>".to_owned()
    } else {
        format::thousands(number)
    }
}
