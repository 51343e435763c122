//! The report: one HTML page that needs nothing but itself.

mod axis;
mod charts;
mod depeg;
mod depeg_charts;
mod palette;
mod pool;
mod risk;
mod risk_charts;
mod sections;
mod summary;

use anyhow::Result;

use super::record::RunRecord;

const STYLE: &str = include_str!("report/style.css");

/// Renders the whole page: style sheet and charts are inside, nothing is
/// fetched, there is no script.
///
/// # Errors
/// When the record has no prices, an account in it no samples, or a chart
/// cannot be drawn.
pub fn render_html(record: &RunRecord) -> Result<String> {
    let sections = [
        summary::header(record),
        summary::tiles(record),
        sections::market(record)?,
        risk::section(record)?,
        sections::liquidations(record)?,
        pool::section(record)?,
        sections::accounts(record)?,
        sections::groups(record),
        sections::money(record),
        depeg::section(record)?,
        sections::machinery(record),
        sections::footer(record),
    ];
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Plimsoll crash replay {}</title>\n<style>\n{}\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(&record.parameters.crash),
        palette::style_sheet(),
        sections.join("\n"),
    ))
}

/// Text for an element or a quoted attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
