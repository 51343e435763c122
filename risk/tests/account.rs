//! `explain` and `simulate`, in memory and from the command line.
// Tests may unwrap: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod common;

use clap::Parser;
use common::{account, book, book_key, cli_json, data, files, BTC, ETH, NAMES, NOW, SOL};
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, RiskBook};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::health::{assess, assess_into, Health, Purpose};
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::total::scenario_losses;
use plimsoll_risk::account::price::{is_liquidatable, liquidation_units, tick, Moved, Way};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

fn at(book: &RiskBook) -> BookAt<'_> {
    BookAt {
        book,
        now: NOW,
        limit: AgeLimit::Other,
    }
}

fn tool(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll-risk"))
        .args(arguments)
        .output()
        .unwrap()
}

fn of_files(command: &str, folder: &Path, model: u8, more: &[&str]) -> Output {
    let (account, book) = files(folder, model);
    let (account, book) = (account.to_str().unwrap(), book.to_str().unwrap());
    let now = NOW.to_string();
    let mut arguments = vec![command, "--account", account, "--book", book, "--now", &now];
    arguments.extend(["--names", NAMES]);
    arguments.extend(more);
    tool(&arguments)
}

fn json(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["result"].clone()
}

fn check_health(explained: &Value, health: &Health) {
    for (name, view, gross) in [
        ("initial", &health.initial, health.gross.initial),
        ("maintenance", &health.maintenance, health.gross.maintenance),
    ] {
        assert_eq!(explained[name]["equity"], view.equity.0, "{name}");
        assert_eq!(explained[name]["requirement"], view.requirement.0, "{name}");
        assert_eq!(explained[name]["gross"], gross, "{name}");
    }
}

#[test]
fn explained_numbers_are_the_engines() {
    let folder = tempfile::tempdir().unwrap();
    for model in [0, 1] {
        let explained = json(&of_files("explain", folder.path(), model, &["--json"]));
        let (book, account) = (book(), account(model));
        let mut sums = Sums::default();
        let health = assess_into(&at(&book), &*account, Purpose::Trade, &mut sums).unwrap();
        check_health(&explained, &health);
        let state = health.state(plimsoll_engine::fixed::Fixed(book.call_level));
        let state = format!("{:?}", state.unwrap()).to_lowercase();
        assert_eq!(explained["state"], state);
        let losses = scenario_losses(&at(&book), &sums).unwrap();
        for (line, loss) in explained["scenarios"]
            .as_array()
            .unwrap()
            .iter()
            .zip(losses)
        {
            assert_eq!(line["loss"], loss);
            assert_eq!(line["equity_after"], health.maintenance.equity.0 - loss);
        }
        let legs = explained["legs"].as_array().unwrap();
        let value = |kind: &str| -> i64 {
            let of_kind = legs.iter().filter(|leg| leg["kind"] == kind);
            of_kind.map(|leg| leg["value"].as_i64().unwrap()).sum()
        };
        assert_eq!(
            value("deposit") + value("quote"),
            health.maintenance.equity.0
        );
        let net = &explained["nets"].as_array().unwrap()[1];
        assert_eq!(
            (&net["asset"], &net["slot"]),
            (&Value::from("SOL"), &Value::from(SOL))
        );
        assert_eq!(net["net"], sums.sides[usize::from(SOL)].net().unwrap());
    }
}

#[test]
fn at_a_liquidation_price_the_account_stands_and_one_unit_beyond_it_does_not() {
    let book = book();
    for model in [0, 1] {
        let account = account(model);
        let at = at(&book);
        for (slot, way, found) in [
            (SOL, Way::Down, true),
            (SOL, Way::Up, false),
            (ETH, Way::Up, true),
            (ETH, Way::Down, false),
            (BTC, Way::Down, false),
        ] {
            let units = liquidation_units(&at, &*account, slot, way).unwrap();
            assert_eq!(units.is_some(), found, "{slot} {way:?} {model}");
            let Some(units) = units else { continue };
            let beyond = match way {
                Way::Down => units - 1,
                Way::Up => units + tick(units),
            };
            assert!(!is_liquidatable(&at, &*account, slot, units).unwrap());
            assert!(is_liquidatable(&at, &*account, slot, beyond).unwrap());
        }
    }
}

#[test]
fn a_price_beyond_the_mantissa_is_found_on_its_coarser_grid() {
    let (mut book, mut account) = (book(), account(0));
    // 100 short SOL against much equity: liquidatable at several times the price.
    account.positions[1] = bytemuck::Zeroable::zeroed();
    account.set_balance(0, 0, 90_000_000_000).unwrap();
    (account.positions[0].base, account.positions[0].cost) = (-100_000_000_000, -15_000_000_000);
    book.assets[usize::from(SOL)].size_slope = 0;
    let at = at(&book);
    let spot = u128::from(at.asset(SOL).unwrap().band.spot);
    let units = liquidation_units(&at, &*account, SOL, Way::Up)
        .unwrap()
        .unwrap();
    assert!(units > 3 * spot && tick(units) > 1, "{units}");
    assert!(!is_liquidatable(&at, &*account, SOL, units).unwrap());
    assert!(is_liquidatable(&at, &*account, SOL, units + tick(units)).unwrap());
}

#[test]
fn what_is_liquidatable_already_has_no_price() {
    let (book, mut account) = (book(), account(0));
    account.set_balance(0, 0, 1_000_000).unwrap();
    for way in [Way::Down, Way::Up] {
        assert_eq!(
            liquidation_units(&at(&book), &*account, SOL, way).unwrap(),
            None
        );
    }
}

#[test]
fn an_asset_without_a_price_is_explained_too() {
    let folder = tempfile::tempdir().unwrap();
    let (account_file, book_file) = files(folder.path(), 0);
    let mut book = book();
    let sol = &mut book.assets[usize::from(SOL)];
    (sol.spot, sol.asset_initial, sol.liability_initial) = (0, 0, 0);
    (sol.liability_maintenance, sol.confidence, sol.ema) = (0, 0, 0);
    sol.publish_time = 0;
    fs::write(&book_file, cli_json(&book_key(), &data(&*book))).unwrap();
    let (account_file, book_file) = (account_file.to_str().unwrap(), book_file.to_str().unwrap());
    let now = NOW.to_string();
    let arguments = [
        "--account",
        account_file,
        "--book",
        book_file,
        "--now",
        &now,
        "--json",
    ];
    let all: Vec<&str> = ["explain"].into_iter().chain(arguments).collect();
    let health = assess(&at(&book), &*account(0), Purpose::Trade).unwrap();
    check_health(&json(&tool(&all)), &health);
}

#[test]
fn text_has_every_section_and_fits() {
    let folder = tempfile::tempdir().unwrap();
    let output = of_files("explain", folder.path(), 1, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "HEALTHY",
        "Portfolio",
        "Legs",
        "Net exposure",
        "Rates in force",
        "Stress",
        "SOL",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("time as given"), "{text}");
}

#[test]
fn a_simulation_equals_the_engine_on_the_changed_account() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [
        "--move",
        "SOL=-10%",
        "--open",
        "SOL=+50",
        "--deposit",
        "USDC=1000.5",
    ];
    let more = ["--withdraw", "SOL=2", "--model", "portfolio", "--json"];
    let all: Vec<&str> = changes.into_iter().chain(more).collect();
    let simulated = json(&of_files("simulate", folder.path(), 0, &all));
    let (book, before) = (book(), account(0));
    check_health(
        &simulated["before"],
        &assess(&at(&book), &*before, Purpose::Trade).unwrap(),
    );
    let mut after: MarginAccount = *before;
    after.model = 1;
    after.set_balance(0, 0, 7_000_500_000).unwrap();
    after.set_balance(1, SOL, 3_000_000_000).unwrap();
    after.positions[0].base += 50_000_000_000;
    let band = at(&book).asset(SOL).unwrap().band;
    let paid = band.value_ceil(50_000_000_000, band.spot).unwrap();
    after.positions[0].cost += i64::try_from(paid).unwrap();
    let units = u128::from(band.spot) * 900_000 / 1_000_000;
    let moved = plimsoll_risk::account::price::moved(&band, units).unwrap();
    let view = Moved {
        at: at(&book),
        bands: vec![(SOL, moved)],
    };
    let health = assess(&view, &after, Purpose::Trade).unwrap();
    check_health(&simulated["after"], &health);
    assert_eq!(simulated["after"]["model"], "Portfolio");
}

#[test]
fn until_liquidation_prints_prices_alone() {
    let folder = tempfile::tempdir().unwrap();
    let output = of_files("simulate", folder.path(), 0, &["--until-liquidation"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Liquidation prices") && !text.contains("before"),
        "{text}"
    );
    let prices = json(&of_files(
        "simulate",
        folder.path(),
        0,
        &["--until-liquidation", "--json"],
    ));
    assert_eq!(prices.as_array().unwrap().len(), 2);
    let both = of_files("simulate", folder.path(), 0, &["--move", "ETH=5%"]);
    let text = String::from_utf8(both.stdout).unwrap();
    assert!(
        text.contains("before") && text.contains("ETH liquidates above"),
        "{text}"
    );
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn impossible_changes_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (change, reason) in [
        (["--withdraw", "SOL=6"], "holds 5000000000 atoms"),
        (["--withdraw", "SOL=0.0000000001"], "at most 9 decimals"),
        (["--move", "SOL=-100%"], "above -100%"),
        (["--move", "DOGE=1%"], "--names DOGE=SLOT"),
        (["--open", "SOL=0"], "other than 0"),
        (["--model", "isolated"], "could not be like this"),
    ] {
        let text = refusal(&of_files("simulate", folder.path(), 0, &change));
        assert!(text.contains(reason), "{reason} in {text}");
    }
}

#[test]
fn files_of_something_else_are_refused_with_expected_and_actual() {
    let folder = tempfile::tempdir().unwrap();
    let (account_file, book_file) = files(folder.path(), 0);
    let wrong = folder.path().join("wrong");
    let run = |account: &Path, book: &Path| {
        let paths = (account.to_str().unwrap(), book.to_str().unwrap());
        refusal(&tool(&["explain", "--account", paths.0, "--book", paths.1]))
    };
    let text = run(&book_file, &book_file);
    assert!(
        text.contains("expected a margin account with discriminator"),
        "{text}"
    );
    fs::write(&wrong, &data(&*account(0))[..500]).unwrap();
    let text = run(&wrong, &book_file);
    assert!(text.contains("bytes, got 500"), "{text}");
    fs::write(&wrong, "").unwrap();
    assert!(run(&wrong, &book_file).contains("got no data"));
    let other = anchor_lang::prelude::Pubkey::new_from_array([8; 32]);
    fs::write(&wrong, cli_json(&other, &data(&*book()))).unwrap();
    let text = run(&account_file, &wrong);
    let expected = format!("expected the account's book {}, got {other}", book_key());
    assert!(text.contains(&expected), "{text}");
    let foreign =
        cli_json(&book_key(), &data(&*book())).replace(&plimsoll::ID.to_string(), "Other");
    fs::write(&wrong, foreign).unwrap();
    assert!(run(&account_file, &wrong).contains("got an account of Other"));
    fs::write(&wrong, "{\"result\":{\"value\":null}}").unwrap();
    assert!(run(&wrong, &book_file).contains("there is no such account"));
    assert!(run(Path::new("missing"), &book_file).contains("cannot read missing"));
}

/// Answers each method from a list, once per connection.
fn node(answers: Vec<(&'static str, String)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (method, result) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4_096];
            while !String::from_utf8_lossy(&request).contains(method) {
                let read = stream.read(&mut part).unwrap();
                assert!(read > 0, "expected {method}");
                request.extend_from_slice(&part[..read]);
            }
            let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,{result}}}");
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            write!(
                stream,
                "{head}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    url
}

fn found(data: &[u8]) -> String {
    let value: Value = serde_json::from_str(&cli_json(&book_key(), data)).unwrap();
    format!(
        "\"result\":{{\"context\":{{\"slot\":5}},\"value\":{}}}",
        value["account"]
    )
}

#[test]
fn a_cluster_is_asked_for_account_book_and_time() {
    let url = node(vec![
        ("getAccountInfo", found(&data(&*account(0)))),
        ("getAccountInfo", found(&data(&*book()))),
        ("getBlockTime", format!("\"result\":{NOW}")),
    ]);
    let address = anchor_lang::prelude::Pubkey::new_from_array([4; 32]).to_string();
    let output = tool(&["explain", "--rpc", &url, "--account", &address, "--json"]);
    let health = assess(&at(&book()), &*account(0), Purpose::Trade).unwrap();
    check_health(&json(&output), &health);
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&whole["clock"], &whole["now"]),
        (&"of the cluster".into(), &NOW.into())
    );
}

#[test]
fn a_node_that_refuses_or_is_not_there_is_named() {
    let error = "\"error\":{\"code\":-32602,\"message\":\"Invalid param\"}".to_owned();
    let url = node(vec![("getAccountInfo", error)]);
    let text = refusal(&tool(&["explain", "--rpc", &url, "--account", "x"]));
    assert!(
        text.contains("refuses: Invalid param") && text.contains(&url),
        "{text}"
    );
    let text = refusal(&tool(&[
        "explain",
        "--rpc",
        "http://127.0.0.1:1",
        "--account",
        "x",
    ]));
    assert!(text.contains("no answer from http://127.0.0.1:1"), "{text}");
}

#[test]
fn either_files_or_a_cluster() {
    let parsed = |arguments: &[&str]| {
        let all = ["plimsoll-risk", "explain"]
            .iter()
            .chain(arguments)
            .copied();
        plimsoll_risk::cli::Arguments::try_parse_from(all).is_ok()
    };
    assert!(!parsed(&["--account", "a"]));
    assert!(!parsed(&["--account", "a", "--book", "b", "--rpc", "u"]));
    assert!(
        parsed(&["--account", "a", "--book", "b"]) && parsed(&["--account", "a", "--rpc", "u"])
    );
}
