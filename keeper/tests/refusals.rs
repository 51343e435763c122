//! Whatever is wrong is one clear sentence and a code that is not zero.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let keeper = env!("CARGO_BIN_EXE_plimsoll-keeper");
    Command::new(keeper).args(arguments).output().unwrap()
}

fn with(config: &str) -> (bool, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config).unwrap();
    let output = run(&["run", "--once", "--config", &file.path().to_string_lossy()]);
    (
        output.status.success(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

const BOOK: &str = "[exchange]\nbook = \"11111111111111111111111111111112\"\n";

fn key() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    solana_keypair::write_keypair_file(&solana_keypair::Keypair::new(), file.path()).unwrap();
    file
}

fn refuses(config: &str, sentence: &str) {
    let (success, said) = with(config);
    assert!(!success, "{config}");
    let lines: Vec<_> = said.trim().lines().collect();
    assert!(
        said.contains(sentence),
        "expected \"{sentence}\", found:\n{said}"
    );
    assert!(
        lines
            .iter()
            .filter(|line| line.starts_with("error: "))
            .count()
            == 1,
        "{said}"
    );
}

#[test]
fn a_wrong_configuration() {
    refuses(&format!("{BOOK}[policy]\nleast_proft = 1\n"), "least_proft");
    refuses("", "exchange.book is missing");
    refuses("[exchange\n", "is wrong");
    let output = run(&["run", "--config", "/nowhere/keeper.toml"]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr)
        .unwrap()
        .contains("cannot be read"));
}

#[test]
fn a_wrong_key() {
    refuses(
        &format!("{BOOK}[keeper]\nkey = \"/nowhere/key.json\"\n"),
        "keeper.key: /nowhere/key.json is no key",
    );
}

#[test]
fn a_node_that_does_not_answer() {
    let key = key();
    let config = format!(
        "{BOOK}[keeper]\nkey = {:?}\n[node]\nrpc = \"http://127.0.0.1:9\"\n",
        key.path()
    );
    refuses(&config, "the node at http://127.0.0.1:9 does not answer");
}

#[test]
fn the_documented_configuration_is_printed() {
    let output = run(&["config"]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        plimsoll_keeper::config::DOCUMENTED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_the_program_a_key_without_lamports_and_an_address_without_a_book() {
    let node = support::Node::start();
    let empty = key();
    let config = |key: &tempfile::NamedTempFile| {
        let (path, url) = (key.path(), &node.url);
        format!("{BOOK}[keeper]\nkey = {path:?}\n[node]\nrpc = {url:?}\n")
    };
    let refused = async |config: String, sentence: &'static str| {
        let run = tokio::task::spawn_blocking(move || refuses(&config, sentence));
        run.await.unwrap();
    };
    refused(config(&empty), "has no program").await;
    node.deploy().await;
    refused(config(&empty), "found 0").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    solana_keypair::write_keypair_file(&node.wallet().await, file.path()).unwrap();
    refused(config(&file), "there is no risk book").await;
}
