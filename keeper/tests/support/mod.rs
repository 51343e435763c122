//! A local node with the program and an exchange on it, and a source of prices.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use plimsoll_client::address;
use plimsoll_keeper::chain::Rpc;
use plimsoll_keeper::config::Config;
use plimsoll_keeper::prices::FeedId;
use plimsoll_keeper::synthetic::Exchange;
use serde_json::{json, Value};
use solana_address::Address;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The node of `cluster/`; it stops with the test.
pub struct Node {
    _node: plimsoll_cluster::node::Node,
    pub url: String,
    pub socket: String,
    pub rpc: Rpc,
}

impl Node {
    /// Started, without the program.
    pub fn start() -> Self {
        let node = plimsoll_cluster::node::Node::start().expect("a node: npm ci in cluster/");
        let (url, socket) = (node.url.clone(), node.socket.clone());
        let rpc = Rpc::new(&url, Duration::from_secs(10)).unwrap();
        Self {
            _node: node,
            url,
            socket,
            rpc,
        }
    }

    /// Puts the program where it belongs.
    pub async fn deploy(&self) {
        let program =
            std::fs::read(root().join("target/deploy/plimsoll.so")).expect("cargo xtask build");
        for (part, bytes) in program.chunks(200_000).enumerate() {
            let params = json!([plimsoll::ID.to_string(), hex::encode(bytes), part * 200_000]);
            self.rpc.call("surfnet_writeProgram", params).await.unwrap();
        }
    }

    /// Puts an exchange on the chain.
    pub async fn put(&self, exchange: &Exchange) {
        for (key, data) in exchange.bytes() {
            self.rpc
                .set_account(&key, &plimsoll::ID, &data)
                .await
                .unwrap();
        }
    }

    /// A key with ten SOL.
    pub async fn wallet(&self) -> Keypair {
        let key = Keypair::new();
        let params = json!([key.pubkey().to_string(), 10_000_000_000u64]);
        self.rpc.call("requestAirdrop", params).await.unwrap();
        key
    }
}

type Prices = Arc<Mutex<BTreeMap<FeedId, Vec<Value>>>>;

/// A source of prices that says what it is told.
#[derive(Clone)]
pub struct Tape {
    prices: Prices,
    pub url: String,
}

impl Tape {
    pub async fn start() -> Self {
        let prices = Prices::default();
        let router = Router::new()
            .route("/v2/updates/price/{which}", get(answer))
            .with_state(prices.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { prices, url }
    }

    /// Publishes a price in dollars.
    pub fn say(&self, feed: FeedId, dollars: f64, now: i64) {
        let mut prices = self.prices.lock().unwrap();
        let told = prices.entry(feed).or_default();
        let previous = told.last().map_or(now - 1, |last| {
            last["price"]["publish_time"].as_i64().unwrap()
        });
        if previous >= now {
            return;
        }
        let price = (dollars * 1e8).round() as u64;
        let number = json!({
            "price": price.to_string(),
            "conf": (price / 2_500).to_string(),
            "expo": -8,
            "publish_time": now,
        });
        told.push(json!({
            "id": hex::encode(feed),
            "price": number,
            "ema_price": number,
            "metadata": {"prev_publish_time": previous, "slot": 1},
        }));
    }
}

async fn answer(State(prices): State<Prices>, Path(which): Path<String>) -> Json<Value> {
    let prices = prices.lock().unwrap();
    let pick = |told: &Vec<Value>| match which.parse::<i64>() {
        Err(_) => told.last().cloned(),
        Ok(instant) => {
            let mut told = told.iter();
            told.find(|update| update["price"]["publish_time"].as_i64().unwrap() >= instant)
                .cloned()
        }
    };
    let parsed: Vec<Value> = prices.values().filter_map(pick).collect();
    Json(json!({ "parsed": parsed }))
}

/// A keeper's key file and configuration, and its margin account in the exchange.
pub struct Desk {
    pub config: Config,
    pub account: Address,
    _files: tempfile::TempDir,
}

impl Desk {
    pub async fn new(node: &Node, tape: &Tape, exchange: &mut Exchange) -> Self {
        let key = node.wallet().await;
        let me = key.pubkey();
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("key.json");
        write_keypair_file(&key, &path).unwrap();
        let account = address::margin_account(&exchange.key, &me, 0);
        exchange.open_for((account, me), 50_000);
        let mut config = Config::default();
        config.node.rpc.clone_from(&node.url);
        config.node.websocket.clone_from(&node.socket);
        config.exchange.book = exchange.key.to_string();
        config.keeper.key = path.to_string_lossy().into_owned();
        config.prices.source.clone_from(&tape.url);
        config.observe.listen.clear();
        Self {
            config,
            account,
            _files: files,
        }
    }
}
