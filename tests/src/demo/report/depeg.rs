//! The section on the depeg: spot traders on credit, and who bore what they could not pay.

use anyhow::Result;

use super::super::depeg::record::{DepegRecord, Holder, Loss};
use super::super::depeg::table::{amount, change, kind};
use super::super::format;
use super::super::record::RunRecord;
use super::sections::{legend, row, table};
use super::{depeg_charts, escape, palette};

/// Charts and tables; nothing where no depeg was run.
pub(super) fn section(record: &RunRecord) -> Result<String> {
    let Some(depeg) = &record.depeg else {
        return Ok(String::new());
    };
    let legend = legend(&[
        ("", palette::SOL, "JitoSOL on its market"),
        ("dashed", palette::MUTED, "what its stake pool redeems"),
        ("area", palette::EQUITY, "what the book counts"),
        ("area", palette::CALL, "the keeper is away"),
        ("dot", palette::WATER, "a loss taken from lenders"),
    ]);
    let chart = |title: &str, unit: &str, drawn: String| {
        format!(
            "<figure class=\"card\"><div class=\"head\"><h3>{title}</h3><span>{unit}</span></div>\
             {drawn}</figure>"
        )
    };
    Ok(format!(
        "<section>\n<h2>A staking token leaves its peg</h2>\n<p class=\"note\">{}</p>\n{legend}\
         <div class=\"row two\">{}{}</div>\n\
         <div class=\"card below\"><h3>Who bore the loans\u{2019} losses</h3>{}{}</div>\n\
         <div class=\"card below\"><h3>Spot traders on credit</h3>{}</div>\n\
         <div class=\"card below\"><h3>Deposits</h3>{}</div>\n</section>",
        story(depeg),
        chart("JitoSOL", "USD", depeg_charts::prices(depeg)?),
        chart(
            "USDC\u{2019}s deposit index",
            "100 at the start",
            depeg_charts::index(depeg)?
        ),
        losses(depeg),
        verdict(depeg),
        traders(depeg),
        deposits(depeg),
    ))
}

fn story(depeg: &DepegRecord) -> String {
    let total = |part: fn(&Loss) -> u64| format::usd(depeg.total(part));
    format!(
        "A second exchange with rates fixed as listed, through the same prices: traders hold tokens \
         they bought with borrowed ones. On purpose its quote insurance begins with {}, JitoSOL falls \
         {}% below redemption within the hour from {} and recovers by half, and the keeper is away for \
         {} minutes. When he is back he records each shortfall, sells what there is, and settles what \
         is left: {} of unpaid loans, of which insurance bore {} in the token itself and {} by buying \
         it, interest not yet collected {}, those who left once losses were recorded {}, and those who \
         stayed {}.",
        format::usd(depeg.insurance.start as i64),
        format::decimal(depeg.deepest() * 100.0, 0),
        format::stamp(depeg.breaks),
        (depeg.keeper_back - depeg.breaks) / 60,
        total(|loss| loss.owed),
        total(|loss| loss.own),
        total(|loss| loss.bought),
        total(|loss| loss.reserve),
        total(|loss| loss.leavers),
        total(|loss| loss.lenders),
    )
}

fn losses(depeg: &DepegRecord) -> String {
    let figure = |text: String, amount: u64| match amount {
        0 => "<span class=\"quiet\">\u{2013}</span>".to_owned(),
        _ => text,
    };
    let mut rows: Vec<String> = depeg
        .losses
        .iter()
        .map(|loss| {
            let parts = [
                loss.owed,
                loss.own,
                loss.bought,
                loss.reserve,
                loss.leavers,
                loss.lenders,
            ];
            let parts = parts.map(|atoms| figure(format::usd(loss.usd(atoms)), atoms));
            let left = format::usd(loss.insurance_left as i64);
            let texts = [
                format::stamp(loss.time),
                escape(&loss.trader),
                depeg
                    .groups
                    .get(loss.group)
                    .map_or_else(String::new, |g| escape(&g.name)),
            ];
            row("", &texts, &[parts.as_slice(), &[left]].concat())
        })
        .collect();
    let total = |part: fn(&Loss) -> u64| format::usd(depeg.total(part));
    let all = [
        total(|loss| loss.owed),
        total(|loss| loss.own),
        total(|loss| loss.bought),
        total(|loss| loss.reserve),
        total(|loss| loss.leavers),
        total(|loss| loss.lenders),
        String::new(),
    ];
    let texts = ["All".to_owned(), String::new(), String::new()];
    rows.push(row("total", &texts, &all));
    table(
        "<th>Settled</th><th>Whose</th><th>Strategy</th>\
         <th class=\"number\">Unpaid</th><th class=\"number\">1. Insurance<br>in the token</th>\
         <th class=\"number\">2. Bought by<br>the quote\u{2019}s</th>\
         <th class=\"number\">3. Interest<br>not collected</th>\
         <th class=\"number\">4. Lenders<br>who left</th>\
         <th class=\"number\">5. Lenders<br>by index</th>\
         <th class=\"number\">The quote\u{2019}s<br>insurance left</th>",
        &rows,
    )
}

fn verdict(depeg: &DepegRecord) -> String {
    let checks = format::thousands(depeg.conservation.checks);
    if depeg.holds() {
        format!(
            "<p class=\"verdict\"><strong class=\"good\">Borne as designed.</strong> No settlement \
             changed a perpetual trader\u{2019}s account, a market or the pool, deposits that are not \
             lent are the same to the bit, and in {checks} checks every ledger added up.</p>"
        )
    } else {
        "<p class=\"verdict\"><strong class=\"bad\">A loss went where it does not belong.</strong></p>"
            .to_owned()
    }
}

fn traders(depeg: &DepegRecord) -> String {
    let rows: Vec<String> = depeg
        .groups
        .iter()
        .map(|group| {
            let figures = [
                group.traders.to_string(),
                format!("{}×", format::decimal(group.leverage, 1)),
                format::usd(group.owed),
                format::usd(group.equity_before),
                format::usd(group.equity_after),
                group.margin_calls.to_string(),
                group.liquidations.to_string(),
                format::usd(group.bad_debt),
            ];
            row("", &[escape(&group.name)], &figures)
        })
        .collect();
    table(
        "<th>Strategy</th><th class=\"number\">Traders</th><th class=\"number\">Leverage</th>\
         <th class=\"number\">Owed at first</th><th class=\"number\">Equity before</th>\
         <th class=\"number\">Equity after</th><th class=\"number\">Calls</th>\
         <th class=\"number\">Liquidations</th><th class=\"number\">Unpaid</th>",
        &rows,
    )
}

fn deposits(depeg: &DepegRecord) -> String {
    let line = |holder: &Holder| {
        let tone = if holder.identical { "good" } else { "" };
        let texts = [escape(&holder.name), escape(&holder.token), kind(holder)];
        let figures = [
            amount(holder, holder.before),
            amount(holder, holder.after),
            format!("<span class=\"{tone}\">{}</span>", change(holder)),
        ];
        row("", &texts, &figures)
    };
    let all = depeg.lenders.iter().chain(&depeg.unlent);
    let rows: Vec<String> = all.map(line).collect();
    table(
        "<th>Whose</th><th>Token</th><th></th><th class=\"number\">Before</th>\
         <th class=\"number\">After, with interest</th><th class=\"number\">Change</th>",
        &rows,
    )
}
