//! The page and the table say what the record says.

use plimsoll_tests::demo::record::{ComputeUse, RunRecord};
use plimsoll_tests::demo::report::render_html;
use plimsoll_tests::demo::table::render_table;

use crate::sample::sample;

#[test]
fn the_page_needs_nothing_but_itself() {
    let html = render_html(&sample("2021-05-19")).unwrap();
    for foreign in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    let addresses = html.matches("http").count();
    let namespaces = html.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    assert_eq!(addresses, namespaces);
}

#[test]
fn the_page_has_every_section_and_account() {
    let record = sample("2021-05-19");
    let html = render_html(&record).unwrap();
    for heading in [
        "The market",
        "Where positions were closed",
        "Traders by strategy",
    ] {
        assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    for account in &record.accounts {
        assert!(html.contains(&format!("<h3>{}</h3>", account.name)));
    }
    assert_eq!(html.matches("<svg").count(), 5 + record.accounts.len());
    assert!(!html.contains("NaN"));
}

#[test]
fn names_from_outside_are_escaped() {
    let mut record = sample("2021-05-19");
    record.accounts[0].name = "<b>&\"".to_owned();
    let html = render_html(&record).unwrap();
    assert!(html.contains("<h3>&lt;b&gt;&amp;&quot;</h3>"));
    assert!(!html.contains("<b>&\""));
}

#[test]
fn a_short_vault_is_said_on_page_and_table() {
    let mut record = sample("2021-05-19");
    record.conservation.failures = 1;
    assert!(render_html(&record).unwrap().contains("Not conserved."));
    assert!(render_table(&record).contains("NOT CONSERVED"));
}

#[test]
fn a_run_without_events_renders() {
    let mut record = sample("2024-08-05");
    record.liquidations.clear();
    record.margin_calls.clear();
    record.accounts.clear();
    record.groups.clear();
    record.flows.clear();
    record.totals.bad_debt.clear();
    let html = render_html(&record).unwrap();
    assert!(html.contains("none was liquidated"));
    assert!(!html.contains("NaN"));
}

#[test]
fn a_run_without_prices_is_an_error() {
    assert!(render_html(&RunRecord::default()).is_err());
}

#[test]
fn the_table_names_groups_and_verdict() {
    let record = sample("2021-05-19");
    let text = render_table(&record);
    for group in &record.groups {
        assert!(text.contains(&group.name));
    }
    assert!(text.contains("Conserved"));
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
}

#[test]
fn compute_units_are_summed_up() {
    let used = ComputeUse::from_samples("liquidate", &[30, 10, 20, 40]);
    assert_eq!((used.count, used.median, used.max), (4, 20, 40));
    let unused = ComputeUse::from_samples("liquidate", &[]);
    assert_eq!((unused.count, unused.median, unused.max), (0, 0, 0));
}
