//! The run on a terminal: one table per question.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table, TableComponent};

use super::crash::Asset;
use super::depeg;
use super::format;
use super::record::{GroupRow, RunRecord};

/// Groups, balances and the verdict on the vaults as plain text, without
/// colours, at most 100 columns wide.
pub fn render_table(record: &RunRecord) -> String {
    let parameters = &record.parameters;
    let depeg = record.depeg.as_ref().map(depeg::table::render);
    let depeg = depeg.map_or_else(String::new, |text| format!("\n{text}"));
    format!(
        "{} ({}), {} traders, seed {}\n\n{}\n\n{}\n\n{}\n\n{}\n\n{}\n{depeg}",
        parameters.title,
        parameters.crash,
        parameters.traders,
        parameters.seed,
        prices(record),
        groups(record),
        balances(record),
        compute(record),
        verdict(record),
    )
}

fn prices(record: &RunRecord) -> Table {
    let mut table = table(&["asset", "first", "low", "last", "to low", "closed"], 1);
    let series = record.prices.iter().filter(|s| s.asset != Asset::Usdc);
    for series in series {
        let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
            continue;
        };
        let low = series.low();
        let name = match series.is_synthetic() {
            true => format!("{} (synthetic)", series.asset.symbol()),
            false => series.asset.symbol().to_owned(),
        };
        let own = record
            .liquidations
            .iter()
            .filter(|l| l.asset == series.asset);
        table.add_row([
            name,
            format::price(first.price),
            format::price(low),
            format::price(last.price),
            format::percent_change(first.price, low),
            format::usd(own.map(|l| l.notional).sum()),
        ]);
    }
    table
}

fn groups(record: &RunRecord) -> Table {
    let head = [
        "strategy",
        "traders",
        "before",
        "after",
        "change",
        "calls",
        "liquidations",
        "fees",
    ];
    let mut table = table(&head, 1);
    for group in &record.groups {
        table.add_row(group_cells(group));
    }
    table
}

fn group_cells(group: &GroupRow) -> [String; 8] {
    [
        group.name.clone(),
        group.traders.to_string(),
        format::usd(group.equity_before),
        format::usd(group.equity_after),
        format::percent_change(group.equity_before, group.equity_after),
        group.margin_calls.to_string(),
        group.liquidations.to_string(),
        format::usd(group.fees),
    ]
}

fn balances(record: &RunRecord) -> Table {
    let totals = &record.totals;
    let mut table = table(&["", "before", "after", "change"], 1);
    let lines = [
        ("pool", totals.pool_before, totals.pool_after),
        (
            "insurance fund",
            totals.insurance_before,
            totals.insurance_after,
        ),
        ("keepers", 0, totals.keeper_income),
    ];
    for (name, before, after) in lines {
        table.add_row([
            name.to_owned(),
            format::usd(before),
            format::usd(after),
            format::usd_change(after - before),
        ]);
    }
    for share in &totals.bad_debt {
        table.add_row([
            format!("bad debt, {}", share.bearer),
            String::new(),
            String::new(),
            format::usd(share.amount),
        ]);
    }
    table
}

fn compute(record: &RunRecord) -> Table {
    let mut table = table(&["instruction", "count", "units, median", "units, most"], 1);
    for used in &record.compute {
        table.add_row([
            used.instruction.clone(),
            format::thousands(used.count),
            format::thousands(used.median),
            format::thousands(used.max),
        ]);
    }
    table
}

fn verdict(record: &RunRecord) -> String {
    let conservation = &record.conservation;
    let checks = format::count(conservation.checks as usize, "check", "checks");
    if conservation.holds() {
        format!("Conserved: in {checks} every ledger and vault added up to the atom.")
    } else {
        format!(
            "NOT CONSERVED: {} of {checks} found a ledger that does not add up.",
            format::thousands(conservation.failures)
        )
    }
}

/// An empty table whose columns from `figures` on are aligned right.
pub(super) fn table(head: &[&str], figures: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_header(head);
    table.remove_style(TableComponent::HorizontalLines);
    table.remove_style(TableComponent::MiddleIntersections);
    for column in table.column_iter_mut().skip(figures) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
