//! Deployment and set-up on the local node, as a user runs them: without network, by the binary.
//!
//! The node needs `npm ci` in cluster/ and the program `cargo xtask build`, as every test on the binary does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use plimsoll_client::address;
use plimsoll_cluster::node::{free_port, Node};
use plimsoll_migrations::program::{buffer_key, deployed, preload, Deployed};
use plimsoll_migrations::{chain::Chain, params::Params, site::Site};
use solana_keypair::{read_keypair_file, write_keypair_file, Keypair};
use solana_rpc_client_api::request::RpcRequest;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Moves the cluster's clock.
fn wait_seconds(chain: &Chain, seconds: u64) {
    let now = clock(chain);
    let to = (now + seconds) * 1_000;
    let request = RpcRequest::Custom {
        method: "surfnet_timeTravel",
    };
    let params = serde_json::json!([{ "absoluteTimestamp": to }]);
    let _: serde_json::Value = chain.rpc.send(request, params).unwrap();
}

fn clock(chain: &Chain) -> u64 {
    let clock = chain
        .account(&solana_sdk_ids::sysvar::clock::ID)
        .unwrap()
        .unwrap();
    u64::from_le_bytes(clock.data[32..40].try_into().unwrap())
}

fn authority() -> PathBuf {
    root().join("cluster/localnet-keypair.json")
}

fn program_key() -> PathBuf {
    root().join("programs/plimsoll/plimsoll-localnet-keypair.json")
}

/// `plimsoll-deploy` with the local parameters and these options.
fn deploy(url: &str, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll-deploy"));
    command
        .args(["--url", url])
        .args(options)
        .current_dir(root());
    if !options.contains(&"--keypair") {
        command.arg("--keypair").arg(authority());
    }
    if !options.contains(&"--program-keypair") {
        command.arg("--program-keypair").arg(program_key());
    }
    command
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

fn must(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The command fails with one line on standard error that contains these words.
fn refuses(command: &mut Command, words: &str) {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success(),
        "expected a refusal: {}",
        said(&output)
    );
    assert!(error.contains(words), "expected {words:?} in {error:?}");
    assert_eq!(error.trim().lines().count(), 1, "{error}");
}

/// How long a chunk may take to arrive.
const ARRIVES: Duration = Duration::from_secs(30);
/// Bytes of the code that the test leaves to be written: the node takes up to half a second for a chunk.
const HOLE: std::ops::Range<usize> = 1_000_000..1_030_000;

/// Starts a deployment of which all but the hole is written, and kills it once some of that has arrived. The line
/// of progress it began with.
fn kill_in_the_middle(site: &Site, url: &str) -> String {
    let key = buffer_key(&site.chain.authority(), &site.code).unwrap();
    let mut begun = site.code.clone();
    begun[HOLE].fill(0);
    preload(&site.chain, &key, &begun).unwrap();
    let held = || site.chain.account(&key).unwrap().unwrap().data;
    let before = held();

    // One by one, so that little is on its way when it is killed.
    let mut command = deploy(url, &["--parallel", "1"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let progress = lines
        .map_while(Result::ok)
        .filter(|line| line.ends_with("chunks"));
    let begun = progress.take(1).last().expect("progress");
    let since = Instant::now();
    while held() == before {
        assert!(since.elapsed() < ARRIVES, "nothing is written");
        sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    begun
}

#[test]
fn a_set_up_goes_on_where_it_was_killed_and_is_done_once() {
    let node = Node::start().unwrap();
    let url = node.url.as_str();
    let chain = Chain::new(url, read_keypair_file(authority()).unwrap(), 0).unwrap();
    let site = Site {
        chain,
        params: Params::read(&root().join("migrations/params/localnet.json")).unwrap(),
        code: std::fs::read(root().join("target/deploy/plimsoll.so")).unwrap(),
        program: None,
        parallel: 1,
        wait: false,
    };

    refuses(&mut deploy(url, &[]), "SOL in");
    let plan = must(&mut deploy(url, &["--dry-run", "--airdrop", "1000"]));
    assert!(
        plan.contains("dry run: 35 steps to do, 0 are done"),
        "{plan}"
    );
    assert_eq!(deployed(&site.chain).unwrap(), Deployed::Nothing);

    let begun = kill_in_the_middle(&site, url);
    assert_eq!(deployed(&site.chain).unwrap(), Deployed::Nothing);
    let first = must(&mut deploy(url, &["--no-wait"]));
    assert!(first.contains("begun before"), "{first}");
    let resumed = first.lines().find(|line| line.ends_with("chunks"));
    assert!(resumed > Some(&begun), "{resumed:?} after {begun}");
    let written = first.matches("chunks").count();
    assert!(written > 1, "it was killed too late: {begun}, {resumed:?}");
    assert!(
        first.contains("35 steps done now, 1 of them wait"),
        "{first}"
    );

    wait_seconds(&site.chain, 61);
    let second = must(&mut deploy(url, &[]));
    assert!(second.contains("1 steps done now"), "{second}");
    let third = must(&mut deploy(url, &[]));
    assert!(
        third.contains("nothing to do: 35 steps are done"),
        "{third}"
    );

    stands_as_the_file_says(&site);
    refuses_what_differs(&site, url);
}

fn stands_as_the_file_says(site: &Site) {
    let (_, exchange) = site.exchange().unwrap().unwrap();
    assert!(exchange.launched);
    let (_, book) = site.book().unwrap().unwrap();
    assert_eq!((book.asset_count, book.scenario_count), (4, 14));
    assert_eq!(site.pool().unwrap().unwrap().cash, 10_000_000_000_000);
    assert_eq!(site.bank(0).unwrap().unwrap().insurance, 100_000_000_000);
    let Deployed::Code { bytes, authority } = deployed(&site.chain).unwrap() else {
        panic!("a program");
    };
    assert_eq!(authority, Some(address::code()));
    assert!(bytes.starts_with(&site.code));
}

fn refuses_what_differs(site: &Site, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("params.json");
    let text = std::fs::read_to_string(root().join("migrations/params/localnet.json")).unwrap();

    let other = text.replacen("\"value\": 700000", "\"value\": 600000", 1);
    std::fs::write(&file, other).unwrap();
    let output = deploy(url, &["--params", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let (said, kept) = (said(&output), site.book().unwrap().unwrap().1.keeper_share);
    assert!(
        said.contains(&format!("keeper_share is {kept}, expected")),
        "{said}"
    );
    assert!(
        said.contains("1 steps differ from the parameters"),
        "{said}"
    );

    let bare = text.replacen(", \"why\": \"the creator's first\"", "", 1);
    std::fs::write(&file, bare).unwrap();
    let mut command = deploy(url, &["--params", file.to_str().unwrap()]);
    refuses(
        &mut command,
        "expected a \"why\" beside the value of /exchange/id",
    );

    let wrong = folder.path().join("key.json");
    write_keypair_file(&Keypair::new(), &wrong).unwrap();
    let mut command = deploy(url, &["--program-keypair", wrong.to_str().unwrap()]);
    refuses(&mut command, "which the program is built for");
    std::fs::write(&wrong, "[1, 2, 3]").unwrap();
    let mut command = deploy(url, &["--keypair", wrong.to_str().unwrap()]);
    refuses(&mut command, "expected a keypair in");
    let mut command = deploy(url, &["--params", "migrations/params/mainnet.json"]);
    refuses(
        &mut command,
        "the parameters are for Mainnet, the cluster is Localnet",
    );
    let nobody = format!("http://127.0.0.1:{}", free_port().unwrap());
    refuses(&mut deploy(&nobody, &[]), "nobody answers");
    let changed = folder.path().join("plimsoll.so");
    let mut code = site.code.clone();
    code[1_000] ^= 1;
    std::fs::write(&changed, code).unwrap();
    let output = deploy(url, &["--program", changed.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = self::said(&output);
    assert!(
        said.contains("it was handed over: new code is announced"),
        "{said}"
    );
}
