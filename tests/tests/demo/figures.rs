//! The crashes' data are what the tables say and derive consistently.

use plimsoll_tests::demo::crash::{find, Asset, Crash, Provenance, NAMES, PRICE_SCALE};

fn series(crash: &Crash, asset: Asset) -> &plimsoll_tests::demo::crash::Series {
    crash
        .series
        .iter()
        .find(|s| s.asset == asset)
        .expect("every crash has SOL, BTC and ETH")
}

#[test]
fn every_crash_has_three_series_of_equal_length_with_bounding_lows() {
    for name in NAMES {
        let crash = find(name).unwrap();
        assert_eq!(crash.name, name);
        for asset in [Asset::Sol, Asset::Btc, Asset::Eth] {
            let series = series(&crash, asset);
            assert_eq!(series.steps.len(), crash.series[0].steps.len(), "{name}");
            let mut open = series.start;
            for step in &series.steps {
                assert!(
                    0 < step.low && step.low <= step.last,
                    "{name} {asset:?} {step:?}"
                );
                assert!(step.low <= open, "{name} {asset:?} {step:?}");
                open = step.last;
            }
        }
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    let error = find("1929-10-24").unwrap_err().to_string();
    assert!(error.contains("1929-10-24") && error.contains("2021-05-19"));
}

#[test]
fn recorded_prices_are_exact() {
    let crash = find("2021-05-19").unwrap();
    let sol = series(&crash, Asset::Sol);
    assert_eq!(sol.start, 53_4900_0000);
    assert_eq!(sol.steps[5].low, 26_5000_0000);
    assert_eq!(
        series(&crash, Asset::Btc).steps[5].low,
        28_688 * PRICE_SCALE
    );
}

#[test]
fn sol_of_2020_is_synthetic_and_falls_by_the_power_of_its_beta() {
    let crash = find("2020-03-12").unwrap();
    let (sol, btc) = (series(&crash, Asset::Sol), series(&crash, Asset::Btc));
    assert!(matches!(sol.provenance, Provenance::Synthetic(_)));
    let low = |i: usize| sol.steps[i].low as f64 / sol.start as f64;
    let expected = (btc.steps[11].low as f64 / btc.start as f64).powf(1.5);
    assert!((low(11) - expected).abs() < 1e-3);
}

#[test]
fn the_day_of_2024_meets_its_first_low_and_last() {
    let crash = find("2024-08-05").unwrap();
    for (asset, first, low, last) in [
        (Asset::Btc, 58_110, 49_121, 53_991),
        (Asset::Eth, 2_686, 2_122, 2_417),
    ] {
        let series = series(&crash, asset);
        assert!(matches!(series.provenance, Provenance::Synthetic(_)));
        assert_eq!(series.steps[2].last, first * PRICE_SCALE);
        assert_eq!(
            series.steps.iter().map(|s| s.low).min(),
            Some(low * PRICE_SCALE)
        );
        assert_eq!(
            series.steps.last().map(|s| s.last),
            Some(last * PRICE_SCALE)
        );
    }
}
