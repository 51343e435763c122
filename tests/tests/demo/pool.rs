//! What the pool was worth in the crashes and what it stood against, as record and page tell it.

use plimsoll_tests::demo::report::render_html;

use crate::crashes::{all, record_of};
use crate::sample::sample;

#[test]
fn the_page_shows_the_pools_value_and_every_markets_open_interest() {
    let record = record_of("2021-05-19");
    let page = render_html(record).expect("a page");
    for text in [
        "The other side of every trade",
        "Net asset value of the pool in USD",
        "Open interest and skew of SOL in USD",
        "Open interest and skew of BTC in USD",
        "Open interest and skew of ETH in USD",
        "Funding a day in percent",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("NaN"));
}

#[test]
fn a_page_without_samples_leaves_the_section_out() {
    let page = render_html(&sample("2021-05-19")).expect("a page");
    assert!(!page.contains("The other side of every trade"));
}

/// The line begins and ends where the balances do: settling everybody afterwards moves what is owed to
/// cash and makes nobody richer, but for the rounding of debts.
#[test]
fn the_pools_value_is_sampled_from_what_it_was_to_what_it_became() {
    for (name, record) in all() {
        let (values, totals) = (&record.pool.values, &record.totals);
        let (first, last) = (values[0].value, values[values.len() - 1].value);
        assert_eq!(first, totals.pool_before, "{name}");
        assert!(
            (last - totals.pool_after).abs() < 1_000_000,
            "{name}: {last} and {}",
            totals.pool_after
        );
        let points = record.prices[0].points.len();
        assert_eq!(values.len(), points + 1, "{name}");
        let times: Vec<i64> = values.iter().map(|sample| sample.time).collect();
        assert!(times.is_sorted(), "{name}");
        for series in &record.pool.markets {
            let own: Vec<i64> = series.samples.iter().map(|each| each.time).collect();
            assert_eq!(own, times, "{name} {:?}", series.asset);
        }
    }
}

/// Open interest is what the traders opened, and liquidations take it away: at the price of the moment no
/// side ends with more than it had, times what the price has gained.
#[test]
fn no_side_grows_but_by_its_price_and_orders_left_no_skew_beyond_the_cap() {
    for (name, record) in all() {
        for (series, prices) in record.pool.markets.iter().zip(&record.prices) {
            assert_eq!(series.asset, prices.asset);
            let (first, last) = (series.samples[0], series.samples[series.samples.len() - 1]);
            assert!(first.long > 0, "{name}: nobody is long {:?}", series.asset);
            let price = |point: usize| prices.points[point].price as f64;
            let gain = price(prices.points.len() - 1) / price(0) * 1.001;
            assert!(last.long as f64 <= first.long as f64 * gain, "{name}");
            assert!(last.short as f64 <= first.short as f64 * gain, "{name}");
            assert!(first.skew().abs() <= first.most_skew, "{name}");
        }
    }
}

/// While longs are the larger side they pay, at most what the largest skew costs: 100% a day times its part
/// of the scale, a few hundredths.
#[test]
fn funding_follows_the_skew() {
    for (name, record) in all() {
        for series in &record.pool.markets {
            let (mut with, mut against) = (0, 0);
            for pair in series.samples.windows(2) {
                let rate = pair[1].funding_rate;
                assert!(rate.abs() < 50_000_000, "{name}: {rate}");
                // The rate is that of the last sync: the skew then or now.
                if pair[0].skew().signum() == pair[1].skew().signum() && rate != 0 {
                    let same = rate.signum() == pair[1].skew().signum();
                    *if same { &mut with } else { &mut against } += 1;
                }
            }
            assert!(
                with > 10 && against * 10 < with,
                "{name}: {with} and {against}"
            );
        }
    }
}
