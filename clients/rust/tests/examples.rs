//! The examples in both languages, run as a reader of the README runs them, on the cluster that `cargo xtask live`
//! starts: each says what it did, and the chain says the same.
//!
//! `PLIMSOLL_RPC`, `PLIMSOLL_PRICES` and `PLIMSOLL_BOOK` name the cluster; `PLIMSOLL_KEYS` is the folder in which
//! the first test leaves its keys for the second. Between both the keeper is told to leave alone the owners whom
//! the file `bold` there names, so that nobody is faster than the examples.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use plimsoll::state::{MarginAccount, Order, RiskBook};
use plimsoll_client::health::report;
use plimsoll_client::{address, decode, decode_borsh};
use plimsoll_engine::order::{Extent, OrderKind};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::{read_keypair_file, write_keypair_file, Keypair};
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;

/// The market that the examples trade in.
const SOL: u8 = 1;
/// State of a health report from which on anyone may liquidate.
const LIQUIDATABLE: u8 = 3;
/// How long a keeper may take for what is due.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, Debug)]
enum Language {
    Rust,
    TypeScript,
}

const LANGUAGES: [Language; 2] = [Language::Rust, Language::TypeScript];

/// The cluster.
struct Live {
    rpc: RpcClient,
    url: String,
    prices: String,
    book: Address,
    keys: PathBuf,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("expected {name}: run `cargo xtask live`"))
}

impl Live {
    fn read() -> Self {
        let url = variable("PLIMSOLL_RPC");
        Self {
            rpc: RpcClient::new_with_commitment(url.clone(), CommitmentConfig::confirmed()),
            url,
            prices: variable("PLIMSOLL_PRICES"),
            book: variable("PLIMSOLL_BOOK").parse().unwrap(),
            keys: variable("PLIMSOLL_KEYS").into(),
        }
    }

    fn post(&self, request: &str) {
        let client = reqwest::blocking::Client::new();
        let answer = client.post(format!("{}/{request}", self.prices)).send();
        let answer = answer.unwrap();
        let status = answer.status();
        assert!(
            status.is_success(),
            "{request}: {status}, {}",
            answer.text().unwrap()
        );
    }

    fn bytes(&self, key: &Address) -> Vec<u8> {
        self.rpc.get_account_data(key).unwrap()
    }

    fn book(&self) -> Box<RiskBook> {
        decode(&self.bytes(&self.book)).unwrap()
    }
}

/// Somebody with a key of their own, whom the faucet filled, working in one language.
struct Person<'a> {
    live: &'a Live,
    language: Language,
    name: &'static str,
    key: Keypair,
}

impl<'a> Person<'a> {
    fn file(live: &Live, language: Language, name: &str) -> PathBuf {
        live.keys.join(format!("{name}-{language:?}.json"))
    }

    fn new(live: &'a Live, language: Language, name: &'static str) -> Self {
        let key = Keypair::new();
        write_keypair_file(&key, Self::file(live, language, name)).unwrap();
        live.post(&format!("faucet?to={}", key.pubkey()));
        Self {
            live,
            language,
            name,
            key,
        }
    }

    /// Who was there in an earlier test.
    fn known(live: &'a Live, language: Language, name: &'static str) -> Self {
        let key = read_keypair_file(Self::file(live, language, name)).unwrap();
        Self {
            live,
            language,
            name,
            key,
        }
    }

    fn account_key(&self) -> Address {
        address::margin_account(&self.live.book, &self.key.pubkey(), 0)
    }

    fn account(&self) -> Box<MarginAccount> {
        decode(&self.live.bytes(&self.account_key())).unwrap()
    }

    /// Atoms held in the market.
    fn position(&self) -> i64 {
        self.account().size_in(SOL).0
    }

    fn report(&self) -> plimsoll::instructions::HealthReport {
        let rpc = &self.live.rpc;
        let now = rpc.get_block_time(rpc.get_slot().unwrap()).unwrap();
        report(&self.live.book(), &self.account(), now).unwrap()
    }

    /// Runs an example, which must succeed; what it says.
    fn runs(&self, example: &str, more: &[&str]) -> String {
        let mut command = example_of(self.language, example);
        command
            .args(["--url", &self.live.url])
            .args(["--book", &self.live.book.to_string()])
            .arg("--key")
            .arg(Self::file(self.live, self.language, self.name))
            .args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{} {example}: {said}{error}",
            self.describe()
        );
        println!("{} ran {example}:\n{said}", self.describe());
        said
    }

    fn describe(&self) -> String {
        format!("{} in {:?}", self.name, self.language)
    }
}

/// The command of an example, which is called `open_position` in Rust and `open-position` in TypeScript.
fn example_of(language: Language, example: &str) -> Command {
    match language {
        Language::Rust => {
            // Beside the folder of this test's own binary.
            let deps = std::env::current_exe().unwrap();
            let target = deps.parent().and_then(Path::parent).unwrap();
            Command::new(target.join("examples").join(example.replace('-', "_")))
        }
        Language::TypeScript => {
            let ts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ts/build/examples");
            let mut node = Command::new("node");
            node.arg(ts.join(format!("{example}.js")));
            node
        }
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < PATIENCE,
            "expected within {PATIENCE:?}: {what}"
        );
        sleep(Duration::from_secs(1));
    }
}

#[test]
fn positions_open_stops_stand_and_liquidity_is_provided() {
    let live = Live::read();
    // One falls below the line with the first move of prices, the other with the second.
    let bold = [(Language::Rust, "98"), (Language::TypeScript, "60")];
    let bold = bold.map(|(language, percent)| (Person::new(&live, language, "bold"), percent));
    let owners = bold
        .each_ref()
        .map(|(bold, _)| bold.key.pubkey().to_string());
    std::fs::write(live.keys.join("bold"), owners.join("\n")).unwrap();
    scope(|threads| {
        for language in LANGUAGES {
            let live = &live;
            threads.spawn(move || trades_behind_a_stop(&Person::new(live, language, "trader")));
            threads.spawn(move || provides(&Person::new(live, language, "provider")));
        }
        for (bold, percent) in &bold {
            threads.spawn(move || {
                bold.runs("open-position", &["--percent", percent]);
                assert!(bold.position() > 0);
            });
        }
    });
}

fn trades_behind_a_stop(trader: &Person) {
    let said = trader.runs("open-position", &[]);
    let held = trader.position();
    assert!(held > 0, "{said}");
    assert!(said.contains(&format!("buying {held} atoms")), "{said}");
    let quote = trader.live.book().quote_slot;
    let deposited = trader
        .account()
        .balances
        .iter()
        .any(|balance| balance.slot == quote);
    assert!(deposited, "{said}");

    let said = trader.runs("place-stop", &[]);
    let order = said.split_whitespace().nth(1).unwrap().parse().unwrap();
    let order: Box<Order> = decode_borsh(&trader.live.bytes(&order)).unwrap();
    assert_eq!((order.account, order.slot), (trader.account_key(), SOL));
    assert_eq!(
        (order.kind, order.extent),
        (OrderKind::Stop.code(), Extent::Close.code())
    );
    assert_eq!(order.size, -held);
    assert!(order.limit_quote < order.trigger_quote);
    assert_eq!(trader.account().open_orders, 1);
}

fn provides(provider: &Person) {
    let live = provider.live;
    let owner = provider.key.pubkey();
    let said = provider.runs("provide-liquidity", &[]);
    let pool = address::pool(&live.book);
    let shares = address::token_account(&owner, &address::lp_mint(&pool), &address::TOKEN);
    let held = live.rpc.get_token_account_balance(&shares).unwrap();
    assert!(held.amount.parse::<u64>().unwrap() > 0, "{said}");
    assert!(
        said.contains(&format!("holding {} shares", held.ui_amount_string)),
        "{said}"
    );
}

#[test]
fn whatever_is_wrong_is_said_in_one_sentence() {
    let live = Live::read();
    let book = live.book.to_string();
    for language in LANGUAGES {
        let beginner = Person::new(&live, language, "beginner");
        let own = Person::file(&live, language, "beginner");
        let nobody = Keypair::new().pubkey().to_string();
        let broken = live.keys.join(format!("broken-{language:?}.json"));
        std::fs::write(&broken, "[1, 2, 3]").unwrap();
        let refuses = |example: &str, url: &str, book: &str, key: &Path, words: &str| {
            let mut command = example_of(language, example);
            command.args(["--url", url, "--book", book, "--key"]);
            let output = command.arg(key).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(
                !output.status.success(),
                "{} {example}",
                beginner.describe()
            );
            assert!(said.contains(words), "expected {words:?} in {said:?}");
            let one = said.starts_with("error: ") && said.trim().lines().count() == 1;
            assert!(one, "{said}");
        };
        let url = live.url.as_str();
        refuses("place-stop", url, &book, &broken, "broken");
        refuses("place-stop", url, &book, Path::new("/nowhere"), "/nowhere");
        refuses("place-stop", url, &nobody, &own, &nobody);
        refuses("place-stop", url, &book, &own, "expected a margin account");
        refuses(
            "place-stop",
            "http://127.0.0.1:9",
            &book,
            &own,
            "127.0.0.1:9",
        );
    }
}

#[test]
fn whoever_falls_below_the_line_is_liquidated_and_a_stop_saves_who_placed_it() {
    let live = Live::read();
    for language in LANGUAGES {
        let bold = Person::known(&live, language, "bold");
        let before = bold.position();
        assert!(bold.report().state < LIQUIDATABLE, "{}", bold.describe());
        live.post("move?symbol=SOL&percent=-12&seconds=3");
        eventually("below the maintenance margin", || {
            bold.report().state >= LIQUIDATABLE
        });

        let liquidator = Person::new(&live, language, "liquidator");
        let said = liquidator.runs("liquidate", &[]);
        assert!(said.contains(&bold.account_key().to_string()), "{said}");
        assert!(!said.contains("\n0 liquidated"), "{said}");
        let after = bold.position();
        assert!((0..before).contains(&after), "{after} of {before}");
        // Nothing was deposited: what is there is the fee.
        assert!(liquidator.report().maintenance_equity > 0, "{said}");
    }
    for language in LANGUAGES {
        let trader = Person::known(&live, language, "trader");
        eventually("a stop closes the position", || trader.position() == 0);
        assert_eq!(trader.account().open_orders, 0);
        assert!(trader.report().maintenance_equity > 0);
    }
}
