//! Explanations as text: aligned tables, no wider than the terminal.

use super::explain::{Edge, Explanation, PriceLine, ViewLine};
use super::simulate::Simulation;
use super::Subject;
use comfy_table::{presets, Cell, CellAlignment, ContentArrangement, Table};

/// An explanation.
pub fn explanation(subject: &Subject, e: &Explanation) -> String {
    let mut text = heading(subject);
    text.push_str(&format!("{}\n\n", summary(e)));
    text.push_str(&views(e));
    text.push_str(&section("Legs, each standing alone", legs(subject, e)));
    text.push_str(&section("Net exposure", nets(e)));
    text.push_str(&section(
        "Rates in force → target: maintenance long, short; initial long, short",
        rates(e),
    ));
    if !e.scenarios.is_empty() {
        text.push_str(&section("Stress", stress(e)));
    }
    text.push_str(&prices(&e.prices));
    text
}

/// Before and after.
pub fn simulation(subject: &Subject, simulated: &Simulation) -> String {
    let (before, after) = (&simulated.before, &simulated.after);
    let mut table = table(&["", "before", "after"], 1);
    let mut row = |name: &str, of: &dyn Fn(&Explanation) -> String| {
        table.add_row(vec![cell(name), right(of(before)), right(of(after))]);
    };
    row("state", &|e| e.state.to_owned());
    row("model", &|e| e.model.to_owned());
    row("initial equity", &|e| usd(e.initial.equity));
    row("initial requirement", &|e| usd(e.initial.requirement));
    row("maintenance equity", &|e| usd(e.maintenance.equity));
    row("maintenance requirement", &|e| {
        usd(e.maintenance.requirement)
    });
    row("margin ratio", &|e| ratio(e.margin_ratio));
    row("initial determined by", &|e| e.initial.binds.to_owned());
    row("maintenance determined by", &|e| {
        e.maintenance.binds.to_owned()
    });
    row("worst scenario", &|e| {
        let worst = e.scenarios.iter().max_by_key(|s| s.loss);
        worst.map_or_else(none, |s| format!("#{}, {}", s.scenario, usd(s.loss)))
    });
    let mut slots: Vec<_> = before.prices.iter().chain(&after.prices).collect();
    slots.sort_by_key(|line| line.slot);
    slots.dedup_by_key(|line| line.slot);
    for line in slots {
        let of = |e: &Explanation, pick: fn(&PriceLine) -> String| {
            let found = e.prices.iter().find(|p| p.slot == line.slot);
            found.map_or_else(none, pick)
        };
        let asset = &line.asset;
        row(&format!("{asset} price"), &|e| of(e, |p| price(p.price)));
        row(&format!("{asset} liquidates below"), &|e| of(e, below));
        row(&format!("{asset} liquidates above"), &|e| of(e, above));
    }
    format!(
        "{}{}\n\nTrades are at the oracle's price, without impact, spread and fee.\n",
        heading(subject),
        table.trim_fmt()
    )
}

/// Liquidation prices alone.
pub fn prices(lines: &[PriceLine]) -> String {
    let mut table = table(&["asset", "price", "liquidated below", "or above"], 1);
    for line in lines {
        table.add_row(vec![
            cell(&line.asset),
            right(price(line.price)),
            right(below(line)),
            right(above(line)),
        ]);
    }
    let title = "Liquidation prices, each asset alone: distance, and in deviations of a day";
    section(title, table)
}

fn heading(subject: &Subject) -> String {
    let address = subject.address.as_deref().unwrap_or("from a file");
    let mut text = format!(
        "Account {address}, owner {}\nBook {}, at {} ({} UTC; time {})\n",
        subject.account.owner,
        subject.account.book,
        subject.now,
        crate::backtest::data::utc(subject.now),
        subject.clock
    );
    for note in &subject.notes {
        text.push_str(&format!("Note: {note}\n"));
    }
    text.push('\n');
    text
}

fn summary(e: &Explanation) -> String {
    let mut text = format!(
        "{}, model {}, margin ratio {} (equity over requirement; liquidatable below 1)\n\
         Called below {}; a liquidation goes up to {}; initial × {:.2} by profile\n\
         Oldest price: {}, {} s",
        e.state.to_uppercase(),
        e.model,
        ratio(e.margin_ratio),
        usd(e.call_level),
        usd(e.target_level),
        e.profile,
        e.oldest_price.0,
        e.oldest_price.1
    );
    if let Some(worst) = e.worst_scenario {
        text.push_str(&format!("; worst scenario: #{worst}"));
    }
    text
}

fn views(e: &Explanation) -> String {
    let headers = [
        "",
        "equity",
        "requirement",
        "free",
        "gross sum",
        "determined by",
    ];
    let mut table = table(&headers, 1);
    for (name, view) in [("initial", &e.initial), ("maintenance", &e.maintenance)] {
        let ViewLine {
            equity,
            requirement,
            gross,
            binds,
        } = view;
        table.add_row(vec![
            cell(name),
            right(usd(*equity)),
            right(usd(*requirement)),
            right(usd(equity.saturating_sub(*requirement))),
            right(unsigned(*gross)),
            cell(binds),
        ]);
    }
    format!("{}\n", table.trim_fmt())
}

fn legs(subject: &Subject, e: &Explanation) -> Table {
    let headers = [
        "asset",
        "leg",
        "size",
        "value",
        "exposure",
        "maintenance",
        "initial",
        "share",
    ];
    let mut table = table(&headers, 2);
    for leg in &e.legs {
        let decimals = subject.book.assets.get(usize::from(leg.slot));
        table.add_row(vec![
            cell(&leg.asset),
            cell(leg.kind),
            right(tokens(leg.atoms, decimals.map_or(0, |a| a.decimals))),
            right(usd(leg.value)),
            right(usd(leg.exposure)),
            right(unsigned(leg.maintenance)),
            right(unsigned(leg.initial)),
            right(format!("{:.1}%", leg.share * 100.0)),
        ]);
    }
    table
}

fn nets(e: &Explanation) -> Table {
    let headers = ["asset", "long", "short", "net", "maintenance", "initial"];
    let mut table = table(&headers, 1);
    for net in &e.nets {
        table.add_row(vec![
            cell(&net.asset),
            right(unsigned(net.long)),
            right(unsigned(net.short)),
            right(usd(net.net)),
            right(unsigned(net.maintenance)),
            right(unsigned(net.initial)),
        ]);
    }
    table
}

fn rates(e: &Explanation) -> Table {
    let headers = [
        "asset", "m. long", "m. short", "i. long", "i. short", "σ day", "age",
    ];
    let mut table = table(&headers, 1);
    for line in &e.rates {
        let mut row = vec![cell(&line.asset)];
        for (in_force, target) in line.in_force.iter().zip(line.target) {
            let (now, then) = (in_force * 100.0, target * 100.0);
            row.push(right(format!("{now:.2} → {then:.2}%")));
        }
        row.push(right(format!("{:.2}%", line.daily_deviation * 100.0)));
        row.push(right(format!("{} s", line.age)));
        table.add_row(row);
    }
    table
}

fn stress(e: &Explanation) -> Table {
    let mut table = table(&["scenario", "moves", "loss", "equity after"], 2);
    for line in &e.scenarios {
        let moves: Vec<String> = line
            .moves
            .iter()
            .filter(|(_, bps)| *bps != 0)
            .map(|(asset, bps)| format!("{asset} {:+.1}%", f64::from(*bps) / 100.0))
            .collect();
        table.add_row(vec![
            cell(&format!("#{}", line.scenario)),
            cell(&moves.join(", ")),
            right(usd(line.loss)),
            right(usd(line.equity_after)),
        ]);
    }
    table
}

/// A table whose first columns are text and whose others are numbers.
fn table(headers: &[&str], texts: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headers.iter().enumerate().map(|(i, header)| {
            let alignment = if i < texts || *header == "determined by" {
                CellAlignment::Left
            } else {
                CellAlignment::Right
            };
            Cell::new(header).set_alignment(alignment)
        }));
    table
}

fn section(title: &str, table: Table) -> String {
    format!("\n{title}\n{}\n", table.trim_fmt())
}

fn cell(text: &str) -> Cell {
    Cell::new(text)
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn none() -> String {
    "–".to_owned()
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(none, |ratio| format!("{ratio:.4}"))
}

fn below(line: &PriceLine) -> String {
    edge(line.below.as_ref(), line.liquidatable)
}

fn above(line: &PriceLine) -> String {
    edge(line.above.as_ref(), line.liquidatable)
}

fn edge(edge: Option<&Edge>, liquidatable: bool) -> String {
    if liquidatable {
        return "now".to_owned();
    }
    edge.map_or_else(none, |edge| {
        let sigma = edge.days_sigma.map(|s| format!(", {s:+.1} σ"));
        let sigma = sigma.unwrap_or_default();
        format!(
            "{} ({:+.1}%{sigma})",
            price(edge.price),
            edge.distance * 100.0
        )
    })
}

/// A price with six significant digits.
fn price(value: f64) -> String {
    let digits = 5 - (value.abs().max(1e-12).log10().floor() as i32).clamp(-12, 3);
    format!("{value:.*}", usize::try_from(digits).unwrap_or(0))
}

/// Micro-dollars as dollars and cents, grouped, towards minus infinity: nobody is shown a cent more.
pub fn usd(micro: i64) -> String {
    let cents = micro.div_euclid(10_000);
    let sign = if cents < 0 { "-" } else { "" };
    let magnitude = cents.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(magnitude / 100), magnitude % 100)
}

/// The same of what is needed: upwards.
fn unsigned(micro: u64) -> String {
    let cents = micro.div_ceil(10_000);
    format!("{}.{:02}", grouped(cents / 100), cents % 100)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Atoms as whole tokens, without zeros at the end.
fn tokens(atoms: i64, decimals: u8) -> String {
    let unit = 10u64.checked_pow(u32::from(decimals)).unwrap_or(u64::MAX);
    let magnitude = atoms.unsigned_abs();
    let places = usize::from(decimals);
    let sign = if atoms < 0 { "-" } else { "" };
    let part = format!("{:0>places$}", magnitude % unit);
    let part = part.trim_end_matches('0');
    let whole = grouped(magnitude / unit);
    if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_rounded_against_its_owner() {
        assert_eq!(usd(1_234_567_899_999), "1,234,567.89");
        assert_eq!(usd(-1), "-0.01");
        assert_eq!(unsigned(1), "0.01");
        assert_eq!(tokens(-1_500_000_000, 9), "-1.5");
        assert_eq!(tokens(1_000_000, 6), "1");
        assert_eq!(tokens(7, 0), "7");
        assert_eq!(price(0.000123456), "0.000123456");
        assert_eq!(price(98_765.432), "98765.43");
    }
}
