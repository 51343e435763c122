//! The command from a CSV to its report.
// Tests may unwrap: a panic is how they fail.
#![allow(clippy::unwrap_used)]

use clap::Parser;
use plimsoll_risk::cli::Arguments;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// An hourly walk with a crash of 30% in its middle, the same every time.
fn prices(path: &Path, bars: u32) {
    let mut text = "Open time,Close\n".to_owned();
    let (mut state, mut price) = (1u64, 100.0f64);
    for i in 0..bars {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let step = (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5;
        price *= (0.03 * step).exp();
        if i == bars / 2 {
            price *= 0.7;
        }
        let time = 1_600_000_000_000i64 / 3_600_000 * 3_600_000 + i64::from(i) * 3_600_000;
        text.push_str(&format!("{time},{price:.6}\n"));
    }
    fs::write(path, text).unwrap();
}

fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let all = ["plimsoll-risk", "backtest"].into_iter();
    Arguments::try_parse_from(all.chain(arguments.iter().copied()))?.run()
}

#[test]
fn a_report_is_written_with_its_charts_and_without_paths() {
    let folder = folder("report");
    let csv = folder.join("made.csv");
    prices(&csv, 3_000);
    let report = folder.join("out/backtest.md");
    let (csv, report) = (csv.to_str().unwrap(), report.to_str().unwrap());
    run(&[
        "--data", csv, "--asset", "SOL", "--source", "made up", "--report", report,
    ])
    .unwrap();
    let text = fs::read_to_string(report).unwrap();
    assert!(
        text.contains("`made.csv` | made up | 3,000 | 2020-09-13"),
        "{text}"
    );
    assert!(
        !text.contains(folder.to_str().unwrap()),
        "a path is in the report"
    );
    assert!(text.contains("**holds** | SOL 1h: the rule in force grows by at most 1.5"));
    for kind in ["history", "crash", "rules"] {
        let name = format!("images/backtest-sol-1h-{kind}.svg");
        assert!(text.contains(&format!("]({name})")), "{name}");
        let svg = fs::read_to_string(folder.join("out").join(&name)).unwrap();
        assert!(svg.starts_with("<svg role=\"img\" aria-label=") && svg.ends_with("</svg>\n"));
    }
}

/// A price that stands still and falls by a tenth every ten days: each fall is an exception, more than
/// one window in a hundred, and far too rare for the means to remember.
#[test]
fn a_run_with_too_many_exceptions_fails() {
    let folder = folder("fails");
    let csv = folder.join("made.csv");
    let mut text = "time,price\n".to_owned();
    for i in 0..5_000 {
        let price = 1_000.0 * 0.9f64.powi(i / 240) + f64::from(i % 2) * 0.01;
        text.push_str(&format!("{},{price}\n", i64::from(i) * 3_600 + 3_600));
    }
    fs::write(&csv, text).unwrap();
    let report = folder.join("backtest.md");
    let (csv, path) = (csv.to_str().unwrap(), report.to_str().unwrap());
    let sets = ["--set", "X=100,100,100"];
    let data = ["--data", csv, "--asset", "X", "--report", path];
    assert!(!run(&[data.as_slice(), &sets].concat()).unwrap());
    let text = fs::read_to_string(&report).unwrap();
    assert!(text.contains("**FAILS** | X 1h: at most 1% of long windows"));
    assert!(text.contains("**holds** | X 1h: the rule in force grows by at most 1.5"));
}

#[test]
fn the_same_prices_give_the_same_report() {
    let folder = folder("twice");
    let csv = folder.join("made.csv");
    prices(&csv, 1_000);
    let reports = ["a", "b"].map(|name| {
        let report = folder.join(name).join("backtest.md");
        let (csv, path) = (csv.to_str().unwrap(), report.to_str().unwrap());
        run(&["--data", csv, "--asset", "ETH", "--report", path]).unwrap();
        fs::read_to_string(report).unwrap()
    });
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn refusals_say_what_was_expected() {
    let folder = folder("refusals");
    let csv = folder.join("made.csv");
    prices(&csv, 1_000);
    let csv = csv.to_str().unwrap();
    let report = folder.join("r.md");
    let report = report.to_str().unwrap();
    let error = |arguments: &[&str]| format!("{:#}", run(arguments).unwrap_err());
    let text = error(&["--data", csv, "--asset", "DOGE", "--report", report]);
    assert!(text.contains("--set DOGE="), "{text}");
    let text = error(&[
        "--data", csv, "--asset", "SOL", "--asset", "BTC", "--report", report,
    ]);
    assert!(
        text.contains("one --asset for each of 1 --data, got 2"),
        "{text}"
    );
    let text = error(&["--data", "absent.csv", "--asset", "SOL", "--report", report]);
    assert!(text.contains("cannot open absent.csv"), "{text}");
    let text = error(&["--data", csv, "--asset", "SOL", "--horizon", "4m"]);
    assert!(text.contains("expected hours or days"), "{text}");
    assert!(!Path::new(report).exists());
}

#[test]
fn series_of_one_interval_are_judged_as_books() {
    let folder = folder("books");
    let report = folder.join("backtest.md");
    let mut arguments = vec!["--report".to_owned(), report.to_str().unwrap().to_owned()];
    for asset in ["BTC", "ETH", "SOL"] {
        let csv = folder.join(format!("{asset}.csv"));
        prices(&csv, 1_500);
        arguments.extend(["--data", csv.to_str().unwrap(), "--asset", asset].map(str::to_owned));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&arguments).unwrap();
    let text = fs::read_to_string(report).unwrap();
    let row = |name: &str| {
        let rows = text.split("### What a hedge saves").nth(1).unwrap();
        let row = rows.lines().find(|line| line.starts_with(name)).unwrap();
        let haircut = row.split('|').nth(4).unwrap();
        haircut.trim()[..4].parse::<f64>().unwrap()
    };
    // The same prices thrice: ρ is nearly 1, of which a hedge counts 0.70, and of one direction all.
    let same = row("| long BTC + ETH + SOL |");
    assert!((0.98..=1.0).contains(&same), "{same}");
    let opposite = row("| BTC − ETH |");
    assert!((0.38..0.42).contains(&opposite), "{opposite}");
    assert!(folder
        .join("images/backtest-portfolio-1h-benefit.svg")
        .exists());
}
