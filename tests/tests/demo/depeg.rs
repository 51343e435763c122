//! The depeg: who bears the losses of loans, and who does not.

use std::sync::LazyLock;

use plimsoll_tests::demo::crash::{find, NAMES};
use plimsoll_tests::demo::depeg::path::Moments;
use plimsoll_tests::demo::depeg::record::DepegRecord;
use plimsoll_tests::demo::depeg::replay;
use plimsoll_tests::demo::report::render_html;
use plimsoll_tests::demo::spot::SPOT_GROUPS;
use plimsoll_tests::demo::table::render_table;

use crate::sample::sample;

/// Every crash's depeg once, replayed by whichever test asks first.
static ALL: LazyLock<Vec<DepegRecord>> =
    LazyLock::new(|| NAMES.iter().map(|name| replayed(name)).collect());

fn all() -> impl Iterator<Item = (&'static str, &'static DepegRecord)> {
    NAMES.into_iter().zip(ALL.iter())
}

fn replayed(crash: &str) -> DepegRecord {
    replay(&find(crash).expect("a crash"), 12, 1).expect("a depeg")
}

#[test]
fn it_runs_to_its_end_conserved_in_every_crash() {
    for (name, record) in all() {
        assert!(record.conservation.holds(), "{name}");
        assert!(record.holds(), "{name}");
        assert_eq!(record.groups.len(), SPOT_GROUPS.len());
        let borrowed = record.groups.iter().all(|group| group.owed > 0);
        assert!(borrowed, "{name}: {:?}", record.groups);
        assert!(record.sold > 0 && !record.shortfalls.is_empty(), "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_depeg() {
    let text = |record: &DepegRecord| serde_json::to_string(record).expect("it can be written");
    let (name, record) = all().next().expect("a crash");
    assert_eq!(text(record), text(&replayed(name)));
}

#[test]
fn insurance_is_drained() {
    for (name, record) in all() {
        assert_eq!(record.insurance.least, 0, "{name}");
        assert!(record.total(|loss| loss.own) > 0, "{name}");
        assert!(record.total(|loss| loss.bought) > 0, "{name}");
    }
}

/// Nobody bears anything before those who come first have nothing left. What a purchase leaves of quote
/// insurance is rounding.
#[test]
fn lenders_bear_nothing_while_quote_insurance_is_left() {
    for (name, record) in all() {
        for loss in &record.losses {
            assert!(
                loss.leavers + loss.lenders == 0 || loss.insurance_left <= 2,
                "{name}: {loss:?}"
            );
        }
    }
}

/// The index falls by what the event says, to the atom, and all parts are the debt but for the atoms that
/// rounding in favour of lenders leaves.
#[test]
fn lenders_bear_exactly_what_the_events_say() {
    for (name, record) in all() {
        let mut borne = 0;
        for loss in &record.losses {
            let fell = loss.claims_before - loss.claims_after;
            assert_eq!(fell, loss.lenders, "{name}: {loss:?}");
            let parts = loss.own + loss.bought + loss.reserve + loss.leavers + loss.lenders;
            let rest = loss.owed.checked_sub(parts);
            assert!(rest.is_some_and(|rest| rest <= 8), "{name}: {loss:?}");
            borne += loss.lenders;
        }
        assert!(borne > 0, "{name}");
    }
}

#[test]
fn lenders_of_a_token_lose_the_same_share_and_who_left_lost_his() {
    for (name, record) in all() {
        let share = |at: usize| {
            let holder = &record.lenders[at];
            holder.after as f64 / holder.before as f64 - 1.0
        };
        assert!((share(0) - share(1)).abs() < 1e-9, "{name}");
        let left = &record.lenders[2];
        assert!(
            left.left.is_some_and(|time| time >= record.breaks),
            "{name}"
        );
        assert!(share(0) < 0.0 && share(2) < 0.0 && share(3) < 0.0, "{name}");
        let lost = (left.before - left.after).unsigned_abs();
        let borne: u64 = record.losses.iter().map(|loss| loss.leavers).sum();
        assert!(borne > 0, "{name}");
        // He may have lost by the index before he left, and insurance keeps what it turns out not to need;
        // the interest he had earned by then is not in it.
        assert!(borne < lost + lost / 100, "{name}: {borne} of {lost}");
    }
}

#[test]
fn deposits_that_are_not_lent_are_the_same_to_the_bit() {
    for (name, record) in all() {
        assert_eq!(record.unlent.len(), 2);
        for holder in &record.unlent {
            assert!(holder.identical, "{name}: {holder:?}");
            assert_eq!(holder.before, holder.after, "{name}");
        }
    }
}

#[test]
fn a_loans_loss_touches_no_perpetual_trader_no_market_and_not_the_pool() {
    for (name, record) in all() {
        assert_eq!(record.spilled, 0, "{name}");
    }
}

#[test]
fn the_book_counts_the_lesser_of_market_and_redemption() {
    for (name, record) in all() {
        for sample in &record.samples {
            let lesser = sample.market.min(sample.redemption);
            // Micro-dollars and the price's own tick.
            assert!(
                sample.counted.abs_diff(lesser) <= 10_100,
                "{name}: {sample:?}"
            );
        }
        assert!((record.deepest() - 0.3).abs() < 0.01, "{name}");
    }
}

#[test]
fn the_market_falls_within_the_hour_and_recovers_by_half() {
    let moments = Moments::within(&(0..=24).map(|hour| hour * 3_600).collect::<Vec<_>>());
    assert_eq!((moments.opens, moments.breaks), (4 * 3_600, 6 * 3_600));
    let part = |after: i64| (moments.part(moments.breaks + after) * 1e6).round() as i64;
    assert_eq!((part(-60), part(0)), (1_000_000, 1_000_000));
    assert_eq!((part(1_800), part(3_600)), (850_000, 700_000));
    assert_eq!((part(4 * 3_600), part(9 * 3_600)), (850_000, 850_000));
}

#[test]
fn page_and_table_tell_it_and_leave_it_out_where_there_is_none() {
    let mut record = sample("2021-05-19");
    assert!(!render_html(&record).unwrap().contains("leaves its peg"));
    assert!(!render_table(&record).contains("Depeg"));
    record.depeg = all()
        .find(|(name, _)| *name == "2021-05-19")
        .map(|(_, d)| d.clone());
    let (html, text) = (render_html(&record).unwrap(), render_table(&record));
    assert!(html.contains("<h2>A staking token leaves its peg</h2>"));
    assert!(html.contains("Borne as designed.") && !html.contains("NaN"));
    let depeg = record.depeg.as_mut().expect("a depeg");
    for loss in &depeg.losses {
        assert!(html.contains(&loss.trader) && text.contains(&loss.trader));
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
    depeg.spilled = 1;
    assert!(render_html(&record).unwrap().contains("does not belong"));
    assert!(render_table(&record).contains("DOES NOT BELONG"));
}
