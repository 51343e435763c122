//! The rule in force against fixed rates, and what fixed rate would have done as well.

use super::super::coverage::windows;
use super::super::rules::Rule;
use super::super::statistics::quantile;
use super::super::walk::Side;
use super::super::Study;
use super::tables::{grouped, percent};

/// Published fixed maintenance rates of other exchanges, with what they are for. dYdX: the initial rate
/// times the maintenance fraction of a tier, 2% · 60%, 5% · 60% and 10% · 50%. Derive: 6.5 to 6.7%.
pub const PEERS: [(f64, &str); 4] = [
    (0.012, "dYdX large cap"),
    (0.03, "dYdX mid cap"),
    (0.05, "dYdX small cap"),
    (0.065, "Derive perpetuals"),
];

/// One table for all series, longs.
pub fn table(studies: &[Study]) -> String {
    let mut text = "## Against fixed rates\n\n\
        Published maintenance rates of exchanges whose rates do not follow the market, as gross rates: what \
        longs would have lost beyond them over the same windows. *As safe*: the fixed rate with as many \
        exceptions as the rule in force. A fixed rate is meant for the minutes until a liquidation; the \
        hourly row is the fairer one, and daily rows show what a day without a liquidation does.\n\n\
        | series | windows | in force, mean rate | its exceptions "
        .to_owned();
    for (rate, name) in PEERS {
        text.push_str(&format!("| {name}, {:.1}% ", rate * 100.0));
    }
    text.push_str("| as safe, fixed |\n| --- | ---: | ---: | ---: ");
    text.push_str(&"| ---: ".repeat(PEERS.len() + 1));
    text.push_str("|\n");
    for study in studies {
        text.push_str(&row(study));
    }
    text.push('\n');
    text
}

fn row(study: &Study) -> String {
    let in_force = study.coverage(Rule::InForce, Side::Long);
    let bars = &study.series.bars;
    let horizon = study.walk.horizon;
    let starts = windows(&study.series, horizon).unwrap_or_default();
    let mut losses: Vec<f64> = starts
        .iter()
        .map(|&i| Side::Long.loss(bars[i].close, bars[i + horizon].close))
        .collect();
    losses.sort_by(f64::total_cmp);
    let mut text = format!(
        "| {} {}, {} | {} | {} | {} ",
        study.series.asset,
        study.interval_name(),
        study.horizon_name(),
        grouped(in_force.windows),
        percent(study.cost(Rule::InForce, Side::Long).mean),
        count(in_force.exceptions.len(), in_force.windows),
    );
    for (rate, _) in PEERS {
        let beyond = losses.len() - losses.partition_point(|loss| *loss <= rate);
        text.push_str(&format!("| {} ", count(beyond, losses.len())));
    }
    let safe = losses.len().saturating_sub(in_force.exceptions.len() + 1);
    let safe = losses
        .get(safe)
        .copied()
        .unwrap_or_else(|| quantile(&losses, 1.0));
    text.push_str(&format!("| {} |\n", percent(safe)));
    text
}

fn count(exceptions: usize, windows: usize) -> String {
    let rate = exceptions as f64 / windows.max(1) as f64;
    format!("{} ({})", grouped(exceptions), percent(rate))
}
