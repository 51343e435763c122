//! The price path keeps its promises to the recorded figures.

use plimsoll_tests::demo::crash::{find, Asset, NAMES, PRICE_SCALE};
use plimsoll_tests::demo::path::Replay;

const SUBSTEPS: [u32; 4] = [2, 3, 12, 60];

#[test]
fn every_step_touches_its_low_never_passes_it_and_ends_at_its_last() {
    for name in NAMES {
        let crash = find(name).unwrap();
        for substeps in SUBSTEPS {
            for seed in 0..5 {
                let replay = Replay::new(&crash, substeps, seed).unwrap();
                for series in &crash.series {
                    let path = replay.asset(series.asset).unwrap();
                    assert_eq!(path.points[0].price, series.start);
                    let steps = path.points[1..].chunks(substeps as usize);
                    assert_eq!(steps.len(), series.steps.len());
                    for (points, figures) in steps.zip(&series.steps) {
                        let low = points.iter().map(|p| p.price).min();
                        assert_eq!(low, Some(figures.low), "{name} {series:?}");
                        assert_eq!(points.last().map(|p| p.price), Some(figures.last));
                        assert!(points.iter().all(|p| p.price > 0));
                    }
                }
            }
        }
    }
}

#[test]
fn assets_reach_their_lows_at_the_same_time() {
    let crash = find("2021-05-19").unwrap();
    let replay = Replay::new(&crash, 12, 1).unwrap();
    for step in 0..crash.series[0].steps.len() {
        let range = step * 12 + 1..step * 12 + 12;
        let together = range.clone().filter(|&k| {
            crash.series.iter().all(|series| {
                replay.asset(series.asset).unwrap().points[k].price == series.steps[step].low
            })
        });
        assert!(together.count() >= 1, "step {step}");
    }
}

#[test]
fn the_seed_alone_decides_the_path() {
    let crash = find("2025-10-10").unwrap();
    let path = |seed| Replay::new(&crash, 12, seed).unwrap();
    assert_eq!(path(7), path(7));
    assert_ne!(path(7), path(8));
}

#[test]
fn only_printed_prices_are_marked_as_recorded() {
    let crash = find("2024-08-05").unwrap();
    let replay = Replay::new(&crash, 12, 1).unwrap();
    let recorded = |asset| {
        let path = replay.asset(asset).unwrap();
        path.points.iter().filter(|p| !p.synthetic).count()
    };
    assert_eq!(recorded(Asset::Sol), 1 + 2 * 13);
    assert_eq!(recorded(Asset::Btc), 0);
    assert_eq!(recorded(Asset::Usdc), 0);
}

#[test]
fn times_rise_and_end_with_the_last_step() {
    for name in NAMES {
        let crash = find(name).unwrap();
        let replay = Replay::new(&crash, 7, 1).unwrap();
        assert!(replay.times.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(replay.times[0], crash.start_time);
        let length = crash.series[0].steps.len() as i64 * crash.step_seconds;
        assert_eq!(replay.times.last(), Some(&(crash.start_time + length)));
        for path in &replay.assets {
            assert!(path
                .points
                .iter()
                .map(|p| p.time)
                .eq(replay.times.iter().copied()));
        }
    }
}

#[test]
fn confidence_stays_in_its_band_and_widens_in_the_crash() {
    let crash = find("2021-05-19").unwrap();
    let replay = Replay::new(&crash, 12, 1).unwrap();
    let points = &replay.asset(Asset::Sol).unwrap().points;
    let bps = |k: usize| points[k].conf as f64 / points[k].price as f64 * 1e4;
    for k in 0..points.len() {
        assert!((4.99..=30.01).contains(&bps(k)), "{} bps", bps(k));
    }
    let widest = |range: std::ops::Range<usize>| range.map(bps).fold(0.0, f64::max);
    assert!(widest(61..85) > widest(0..13));
}

#[test]
fn the_moving_average_lags_within_the_prices_it_has_seen() {
    let crash = find("2021-05-19").unwrap();
    let replay = Replay::new(&crash, 12, 1).unwrap();
    for path in &replay.assets {
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for point in &path.points {
            low = low.min(point.price);
            high = high.max(point.price);
            assert!((low - 10_000..=high + 10_000).contains(&point.ema_price));
        }
    }
    let sol = &replay.asset(Asset::Sol).unwrap().points;
    let bottom = sol.iter().min_by_key(|p| p.price).unwrap();
    assert!(bottom.ema_price > bottom.price);
}

#[test]
fn the_quote_token_stands_at_one() {
    let crash = find("2020-03-12").unwrap();
    let replay = Replay::new(&crash, 3, 1).unwrap();
    let usdc = replay.asset(Asset::Usdc).unwrap();
    assert!(usdc
        .points
        .iter()
        .all(|p| p.price == PRICE_SCALE && p.ema_price == PRICE_SCALE));
}

#[test]
fn impossible_cuts_are_refused() {
    let crash = find("2025-10-10").unwrap();
    assert!(Replay::new(&crash, 1, 1).is_err());
    assert!(Replay::new(&crash, 3_601, 1).is_err());
}
