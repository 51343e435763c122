//! What the risk model did in the crashes, as the record and the page tell it.

use plimsoll_engine::requirement::ModelKind;
use plimsoll_tests::demo::crash::{find, Asset};
use plimsoll_tests::demo::driver::Run;
use plimsoll_tests::demo::history::{calm, CORRELATIONS, HOURS};
use plimsoll_tests::demo::record::RunRecord;
use plimsoll_tests::demo::report::render_html;
use plimsoll_tests::demo::risk::{Compared, ComparedAccount, Growth, RateSample};

use crate::crashes::{all, record_of};
use crate::sample::sample;

/// What the ramp may add to 1.5 by rounding, in the unit of the record (F-4: within 1e-6).
const ROUNDING: i64 = 200;

fn compared(record: &RunRecord, what: Compared) -> &ComparedAccount {
    record.risk.compared(what).expect("an account is compared")
}

#[test]
fn the_page_shows_the_rate_in_force_its_target_and_both_requirements() {
    let record = record_of("2021-05-19");
    let page = render_html(record).expect("a page");
    for text in [
        "The line follows the market",
        "maintenance rate in force",
        "its target",
        "Maintenance rate of SOL in force and its target",
        "Maintenance rate of BTC in force and its target",
        "Maintenance rate of ETH in force and its target",
        "A hedge is charged as a hedge",
        "Maintenance requirements in USD",
        "the hedge under Portfolio needed",
        "the same hedge under Standard",
        "the unhedged account",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for what in Compared::ALL {
        assert!(page.contains(what.name()), "{what:?}");
        let account = compared(record, what);
        assert!(account.samples.len() > record.prices[0].points.len());
    }
    assert!(!page.contains("NaN"));
}

#[test]
fn a_page_without_rates_leaves_the_section_out() {
    let page = render_html(&sample("2021-05-19")).expect("a page");
    assert!(!page.contains("The line follows the market"));
    assert!(!page.contains("A hedge is charged as a hedge"));
}

#[test]
fn no_rate_in_force_grows_by_more_than_a_half_in_a_day_though_its_target_does() {
    let mut targets_that_did = 0;
    for (name, record) in all() {
        for series in &record.risk.rates {
            let bound = Growth { from: 2, to: 3 };
            let growth = series.largest_growth(0, |sample| sample.maintenance);
            let rounded = Growth {
                from: growth.from,
                to: growth.to - ROUNDING,
            };
            assert!(
                !rounded.exceeds(bound),
                "{name} {:?}: {growth:?}",
                series.asset
            );
            let target = series.largest_growth(0, |sample| sample.target);
            targets_that_did += u32::from(target.exceeds(bound));
        }
    }
    assert!(targets_that_did >= 10, "{targets_that_did} of 15");
}

#[test]
fn a_crash_raises_the_targets_at_once_and_the_rates_in_force_after_them() {
    let record = record_of("2021-05-19");
    let start = record.prices[0].points[0].time;
    for series in &record.risk.rates {
        let before = *series.at(start).expect("a sample");
        let low = series
            .since(start)
            .find(|s| s.target > before.target * 3 / 2);
        let low = low.expect("the target grows by more than a half");
        assert!(low.maintenance < before.maintenance * 3 / 2, "{series:?}");
        let rising = |pair: &[RateSample]| pair[1].maintenance >= pair[0].maintenance;
        let after: Vec<RateSample> = series.since(low.time).copied().collect();
        assert!(after.windows(2).all(rising), "{:?}", series.asset);
        assert!(after.iter().all(|s| s.initial >= s.maintenance * 5 / 4));
    }
}

#[test]
fn a_hedge_needs_less_under_portfolio_than_under_standard_throughout() {
    for (name, record) in all() {
        let portfolio = compared(record, Compared::HedgedPortfolio);
        let standard = compared(record, Compared::HedgedStandard);
        assert_eq!(portfolio.samples.len(), standard.samples.len(), "{name}");
        for (hedge, gross) in portfolio.samples.iter().zip(&standard.samples) {
            assert_eq!((hedge.time, hedge.notional), (gross.time, gross.notional));
            assert!(hedge.maintenance < gross.maintenance, "{name} {hedge:?}");
            assert!(hedge.initial < gross.initial, "{name} {hedge:?}");
            assert_eq!(gross.binding_maintenance, 0, "Standard is the gross sum");
        }
        assert_eq!(portfolio.liquidations, 0, "{name}");
    }
}

#[test]
fn a_hedge_needs_less_than_the_same_legs_unhedged_throughout() {
    for (name, record) in all() {
        let hedged = &compared(record, Compared::HedgedPortfolio).samples;
        let unhedged = &compared(record, Compared::Unhedged).samples;
        for (hedged, unhedged) in hedged.iter().zip(unhedged) {
            assert_eq!(hedged.notional, unhedged.notional, "{name}: same gross");
            assert!(hedged.maintenance < unhedged.maintenance, "{name}");
            assert!(hedged.initial < unhedged.initial, "{name}");
        }
    }
}

#[test]
fn the_book_has_measured_every_pair_and_every_asset_when_the_crash_begins() {
    let crash = find("2021-05-19").expect("a crash");
    let mut run = Run::prepare(&crash, Vec::new(), 4, 1).expect("an exchange");
    let book = run.world.book();
    for slot in 1..4 {
        let model = &book.models[slot];
        assert_eq!(
            model.samples as usize,
            HOURS - 1,
            "an hour each, and the first has no return"
        );
        assert_eq!(model.last_time, run.world.now());
    }
    run.open().expect("the compared accounts open");
    for known in &run.record.risk.correlation[600..] {
        assert!(known.samples > 168 && known.in_force > 5_000, "{known:?}");
    }
    for account in &run.record.risk.compared {
        let model = match account.what {
            Compared::HedgedStandard => ModelKind::Standard,
            _ => ModelKind::Portfolio,
        };
        assert_eq!(run.world.account(&account.name).model, model.code());
    }
    assert_eq!(run.record.parameters.orders_refused, 0);
}

#[test]
fn the_calm_before_is_as_wild_and_as_correlated_as_it_says_and_ends_at_the_first_prices() {
    let crash = find("2025-10-10").expect("a crash");
    let yearly = |asset| match asset {
        Asset::Sol => 1.1,
        Asset::Btc => 0.6,
        _ => 0.75,
    };
    let hours = calm(&crash, 1, yearly);
    assert_eq!(hours.len(), HOURS + 1);
    let last: Vec<i64> = hours[HOURS].iter().map(|(_, price)| *price).collect();
    let first: Vec<i64> = crash.series.iter().map(|series| series.start).collect();
    assert_eq!(last, first);
    assert_eq!(
        hours,
        calm(&crash, 1, yearly),
        "the same seed, the same walk"
    );
    assert_ne!(hours, calm(&crash, 2, yearly));

    let returns = |asset: Asset| -> Vec<f64> {
        let price = |hour: &Vec<(Asset, i64)>| {
            let own = hour.iter().find(|(of, _)| *of == asset);
            own.map(|(_, price)| *price as f64).expect("every asset")
        };
        let pairs = hours.windows(2);
        pairs
            .map(|two| (price(&two[1]) / price(&two[0])).ln())
            .collect()
    };
    let mean =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
    let [btc, eth, sol] = [Asset::Btc, Asset::Eth, Asset::Sol].map(returns);
    let pairs = [(&btc, &eth), (&btc, &sol), (&eth, &sol)];
    for ((a, b), expected) in pairs.into_iter().zip(CORRELATIONS) {
        let measured = mean(a, b) / (mean(a, a) * mean(b, b)).sqrt();
        assert!(
            (measured - expected).abs() < 0.08,
            "{measured} for {expected}"
        );
    }
    for (returns, expected) in [(&btc, 0.6), (&eth, 0.75), (&sol, 1.1)] {
        let deviation = (mean(returns, returns) * 8_760.0).sqrt();
        assert!((deviation / expected - 1.0).abs() < 0.1, "{deviation}");
    }
}
