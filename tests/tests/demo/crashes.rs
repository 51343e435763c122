//! Every crash through the real binary.

use std::sync::LazyLock;

use plimsoll_tests::demo::crash::{find, NAMES};
use plimsoll_tests::demo::driver::Run;
use plimsoll_tests::demo::record::RunRecord;
use plimsoll_tests::demo::traders::traders;

/// Every crash once, replayed by whichever test asks first.
static ALL: LazyLock<Vec<RunRecord>> =
    LazyLock::new(|| NAMES.iter().map(|name| replayed(name)).collect());

/// Every crash with 24 traders and the compared accounts, run to its end.
pub fn all() -> impl Iterator<Item = (&'static str, &'static RunRecord)> {
    NAMES.into_iter().zip(ALL.iter())
}

/// One of [`all`].
pub fn record_of(crash: &str) -> &'static RunRecord {
    let mut all = all();
    all.find(|(name, _)| *name == crash).expect("a crash").1
}

fn replayed(crash: &str) -> RunRecord {
    let crash = find(crash).expect("a crash");
    let mut run = Run::prepare(&crash, traders(24, 1), 4, 1).expect("an exchange");
    run.open().expect("traders open");
    for point in 0..run.points() {
        run.step(point).expect("a publication");
    }
    run.finish().expect("a record")
}

#[test]
fn every_crash_runs_to_its_end_conserved_and_says_who_bore_bad_debt() {
    for (name, record) in all() {
        assert!(
            record.conservation.holds(),
            "{name}: {:?}",
            record.conservation
        );
        assert!(!record.liquidations.is_empty(), "{name} liquidated nobody");
        assert!(!record.margin_calls.is_empty(), "{name} called nobody");
        assert_eq!(record.parameters.orders_refused, 0, "{name}");
        let negative: i64 = record
            .groups
            .iter()
            .map(|group| group.equity_after.min(0))
            .sum();
        let reported = record.totals.bad_debt_total();
        assert!(
            reported >= -negative,
            "{name}: {negative} lost, {reported} reported"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let [once, again] = [(); 2]
        .map(|()| serde_json::to_string(&replayed("2025-10-10")).expect("a record can be written"));
    assert_eq!(once, again);
}
