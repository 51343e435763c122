//! The depeg on a terminal.

use comfy_table::Table;

use super::super::format;
use super::super::table::table;
use super::record::{DepegRecord, Holder, Loss};

/// Spot traders, losses by bearer and deposits as plain text.
pub fn render(record: &DepegRecord) -> String {
    format!(
        "{}\n\n{}\n\nWho bore the loans' losses, in this order: insurance in the token, what quote insurance bought,\n\
         interest not collected yet, lenders who left meanwhile, all others by their index;\n\
         USD at the price of the settlement\n{}\n{}\n\n{}\n",
        opening(record),
        traders(record),
        losses(record),
        verdict(record),
        deposits(record),
    )
}

/// What was done on purpose.
pub fn opening(record: &DepegRecord) -> String {
    format!(
        "Depeg: from {} JitoSOL falls {:.0}% below redemption in an hour, and half of it recovers;\n\
         the keeper is away until {}; insurance starts with {}.",
        format::stamp(record.breaks),
        record.deepest() * 100.0,
        format::clock(record.keeper_back),
        format::usd(record.insurance.start as i64),
    )
}

fn traders(record: &DepegRecord) -> Table {
    let head = [
        "spot, on credit",
        "traders",
        "owed",
        "before",
        "after",
        "calls",
        "liquidations",
        "unpaid",
    ];
    let mut table = table(&head, 1);
    for row in &record.groups {
        table.add_row([
            row.name.clone(),
            row.traders.to_string(),
            format::usd(row.owed),
            format::usd(row.equity_before),
            format::usd(row.equity_after),
            row.margin_calls.to_string(),
            row.liquidations.to_string(),
            format::usd(row.bad_debt),
        ]);
    }
    table
}

fn losses(record: &DepegRecord) -> Table {
    let head = [
        "settled",
        "whose",
        "owed",
        "unpaid",
        "insurance",
        "bought",
        "interest",
        "leavers",
        "lenders",
    ];
    let mut table = table(&head, 3);
    for loss in &record.losses {
        let usd = |atoms| format::usd(loss.usd(atoms));
        table.add_row([
            format::stamp(loss.time),
            loss.trader.clone(),
            loss.token.clone(),
            usd(loss.owed),
            usd(loss.own),
            usd(loss.bought),
            usd(loss.reserve),
            usd(loss.leavers),
            usd(loss.lenders),
        ]);
    }
    let total = |part: fn(&Loss) -> u64| format::usd(record.total(part));
    table.add_row([
        "all".to_owned(),
        String::new(),
        String::new(),
        total(|loss| loss.owed),
        total(|loss| loss.own),
        total(|loss| loss.bought),
        total(|loss| loss.reserve),
        total(|loss| loss.leavers),
        total(|loss| loss.lenders),
    ]);
    table
}

fn deposits(record: &DepegRecord) -> Table {
    let mut table = table(&["deposit", "", "before", "after", "change"], 2);
    for holder in record.lenders.iter().chain(&record.unlent) {
        table.add_row([
            format!("{}, {}", holder.name, holder.token),
            kind(holder),
            amount(holder, holder.before),
            amount(holder, holder.after),
            change(holder),
        ]);
    }
    table
}

/// Whole tokens, with cents.
pub fn amount(holder: &Holder, atoms: i64) -> String {
    format::decimal(atoms as f64 / 10f64.powi(i32::from(holder.decimals)), 2)
}

/// Whether it is lent, or until when it was.
pub fn kind(holder: &Holder) -> String {
    match (holder.identical, holder.left) {
        (true, _) => "not lent".to_owned(),
        (false, Some(time)) => format!("lent, left {}", format::clock(time)),
        (false, None) => "lent".to_owned(),
    }
}

/// In percent, or that nothing has changed at all.
pub fn change(holder: &Holder) -> String {
    if holder.identical {
        return "to the bit the same".to_owned();
    }
    let part = holder.after as f64 / holder.before.max(1) as f64 - 1.0;
    format!("{}%", format::decimal(part * 100.0, 3))
}

/// Whether the loans' losses stayed where they belong.
pub fn verdict(record: &DepegRecord) -> String {
    let settled = format::count(record.losses.len(), "debt", "debts");
    if record.holds() {
        format!(
            "{settled} settled; quote insurance fell to {} and nothing of a perpetual trader, a \
             market,\nthe pool or a deposit that is not lent changed. Conserved in {} checks.",
            format::usd(record.insurance.least as i64),
            format::thousands(record.conservation.checks)
        )
    } else {
        format!("{settled} settled, but A LOSS WENT WHERE IT DOES NOT BELONG.")
    }
}
