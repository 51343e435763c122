//! What the tests of the TypeScript client read: accounts at random with every field as this side reads it,
//! and requests to the engine with its answers.
//!
//!     cargo run -p plimsoll-wasm --example fixtures -- FOLDER
#![allow(
    clippy::unwrap_used,
    reason = "a tool of the tests: a panic is how it fails"
)]

#[path = "../../../clients/rust/tests/common/mod.rs"]
mod common;

use anchor_lang::{AccountDeserialize, AccountSerialize, Discriminator};
use common::{
    account, bank, book, change, data, exchange, market, markets, packed, pool, NOW, SOL, USDC,
};
use core::fmt::Debug;
use plimsoll::state::{
    Bank, Code, Exchange, MarginAccount, Market, Order, ParameterChange, Pool, PoolRequest,
    RiskBook,
};
use plimsoll_client::{decode, decode_borsh};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::{json, Value};
use std::fs;
use std::path::Path;

const SEED: u64 = 7;
/// Accounts of each kind.
const EACH: usize = 20;
/// Kinds of patches.
const PATCHES: u8 = 13;
/// Bytes of a change before its patch.
const PATCH_AT: usize = 8 + 32 + 32 + 8 + 4 * 8 + 8 + 4 + 1;

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let mut random = StdRng::seed_from_u64(SEED);
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, values: &[Value]| {
        let text = serde_json::to_string(values).unwrap();
        fs::write(Path::new(&folder).join(name), text).unwrap();
    };
    write("accounts.json", &accounts(&mut random));
    write("requests.json", &requests(&mut random));
}

fn accounts(random: &mut StdRng) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..EACH {
        all.push(plain::<Bank>(random));
        all.push(plain::<MarginAccount>(random));
        all.push(plain::<Market>(random));
        all.push(plain::<Pool>(random));
        all.push(borsh::<Code>(random, None));
        all.push(borsh::<Exchange>(random, None));
        all.push(borsh::<Order>(random, None));
        all.push(plain::<PoolRequest>(random));
    }
    all.push(plain::<RiskBook>(random));
    all.push(plain::<RiskBook>(random));
    all.extend((0..PATCHES).map(|patch| borsh::<ParameterChange>(random, Some(patch))));
    all
}

/// Bytes, and the fields as the program's own type prints them.
fn described<T: Debug>(bytes: &[u8], account: &T) -> Value {
    let path = core::any::type_name::<T>();
    let kind = path.rsplit("::").next().unwrap();
    json!({ "kind": kind, "bytes": hex::encode(bytes), "fields": format!("{account:?}") })
}

fn plain<T: bytemuck::Pod + Discriminator + Debug>(random: &mut StdRng) -> Value {
    let mut bytes = T::DISCRIMINATOR.to_vec();
    bytes.resize(8 + size_of::<T>(), 0);
    random.fill_bytes(&mut bytes[8..]);
    described(&bytes, &*decode::<T>(&bytes).unwrap())
}

/// An account in borsh: bytes are drawn until they mean something, many of them 0 and 1.
fn borsh<T>(random: &mut StdRng, patch: Option<u8>) -> Value
where
    T: AccountDeserialize + AccountSerialize + Discriminator + Debug,
{
    loop {
        let mut bytes = T::DISCRIMINATOR.to_vec();
        bytes.extend((0..2_000).map(|_| match random.random_range(0..10u8) {
            0..=5 => 0,
            6..=8 => 1,
            _ => random.random(),
        }));
        if let Some(patch) = patch {
            bytes[PATCH_AT] = patch;
        }
        if let Ok(account) = decode_borsh::<T>(&bytes) {
            let mut bytes = Vec::new();
            account.try_serialize(&mut bytes).unwrap();
            return described(&bytes, &*account);
        }
    }
}

/// Requests about accounts at random in a sound book, with the answers of this side.
fn requests(random: &mut StdRng) -> Vec<Value> {
    let (book, market, quote, sol) = (
        data(&*book()),
        data(&*market()),
        data(&*bank(USDC)),
        data(&*bank(SOL)),
    );
    let pool = data(&*pool());
    let markets: Vec<Vec<u8>> = markets().iter().map(data).collect();
    let mut all = Vec::new();
    for turn in 0..EACH {
        let account = drawn(random, u8::try_from(turn % 2).unwrap());
        let size = random.random_range(-500_000_000_000i64..500_000_000_000);
        let atoms = random.random_range(1..20_000_000_000u64).to_string();
        let order = json!({
            "kind": 0, "extent": 0, "size": size.to_string(), "triggerQuote": "0",
            "limitQuote": if size > 0 { u64::MAX.to_string() } else { "0".to_owned() },
        });
        let moves = json!([[1, random.random_range(-300_000..300_000)]]);
        let trade = json!({ "kind": "trade", "order": order });
        let pay = json!({ "kind": "withdraw", "amount": atoms, "borrow": false });
        let borrow = json!({ "kind": "withdraw", "amount": atoms, "borrow": true });
        let give = json!({ "kind": "deposit", "amount": atoms });
        let transfer = json!({ "kind": "transfer", "amount": atoms });
        let other = drawn(random, 0);
        let model = json!({ "kind": "model", "model": turn % 3 });
        let alone = json!({ "ask": "isolated", "order": order, "collateral": "5000000000" });
        let names = json!([[0, "USDC"], [SOL, "SOL"]]);
        let mut ask = |head: Value, others: &[&[u8]]| {
            let accounts = [&[&*book, &*account], others].concat();
            all.push(asked(head, &accounts));
        };
        ask(json!({ "ask": "view" }), &[]);
        ask(json!({ "ask": "view", "moves": moves }), &[]);
        ask(json!({ "ask": "explain" }), &[]);
        ask(
            json!({ "ask": "explain", "names": names, "moves": moves }),
            &[],
        );
        ask(json!({ "ask": "preview", "action": trade }), &[&market]);
        ask(json!({ "ask": "preview", "action": pay }), &[&quote]);
        ask(json!({ "ask": "preview", "action": borrow }), &[&sol]);
        ask(json!({ "ask": "preview", "action": give }), &[&sol]);
        ask(json!({ "ask": "preview", "action": transfer }), &[&quote]);
        ask(
            json!({ "ask": "preview", "action": transfer }),
            &[&quote, &other],
        );
        ask(json!({ "ask": "preview", "action": model }), &[]);
        ask(json!({ "ask": "most", "action": trade }), &[&market]);
        ask(json!({ "ask": "most", "action": pay }), &[&quote]);
        ask(json!({ "ask": "most", "action": transfer }), &[&quote]);
        ask(json!({ "ask": "least", "action": trade }), &[&market]);
        ask(json!({ "ask": "least", "action": give }), &[&quote]);
        ask(
            json!({ "ask": "mostLevered", "action": trade, "leverage": "5000000" }),
            &[&market],
        );
        ask(alone, &[&market]);
        ask(json!({ "ask": "standings" }), &[&other]);
        let shares = random.random_range(1..4_000_000_000_000u64).to_string();
        for deposit in [true, false] {
            let request = json!({ "deposit": deposit, "amount": shares });
            let head = json!({ "ask": "poolRequest", "request": request });
            all.push(asked(head, &of_pool(&book, &pool, &markets)));
        }
    }
    let packed = [packed(&exchange()), packed(&change())];
    for (head, accounts) in [
        (json!({ "ask": "book" }), vec![&*book]),
        (json!({ "ask": "bank" }), vec![&book, &sol]),
        (
            json!({ "ask": "changes" }),
            vec![&book, &packed[0], &packed[1]],
        ),
        (json!({ "ask": "pool" }), of_pool(&book, &pool, &markets)),
        // Without one market it cannot be valued, and says why.
        (
            json!({ "ask": "pool" }),
            of_pool(&book, &pool, &markets[1..]),
        ),
    ] {
        all.push(asked(head, &accounts));
    }
    // A refusal to answer is an answer too.
    all.push(asked(json!({ "ask": "view" }), &[&book]));
    all.push(asked(json!({ "ask": "view" }), &[&book[..9], &book]));
    all
}

fn of_pool<'a>(book: &'a [u8], pool: &'a [u8], markets: &'a [Vec<u8>]) -> Vec<&'a [u8]> {
    let markets = markets.iter().map(Vec::as_slice);
    [book, pool].into_iter().chain(markets).collect()
}

fn asked(mut head: Value, accounts: &[&[u8]]) -> Value {
    head["now"] = json!(NOW.to_string());
    head["lengths"] = accounts.iter().map(|account| account.len()).collect();
    let head = head.to_string().into_bytes();
    let mut request = u32::try_from(head.len()).unwrap().to_le_bytes().to_vec();
    request.extend_from_slice(&head);
    accounts
        .iter()
        .for_each(|account| request.extend_from_slice(account));
    let answer = String::from_utf8(plimsoll_wasm::answer(&request)).unwrap();
    json!({ "request": hex::encode(&request), "answer": answer })
}

fn drawn(random: &mut StdRng, model: u8) -> Vec<u8> {
    let mut account = account(model);
    account
        .set_balance(0, USDC, random.random_range(0..60_000_000_000))
        .unwrap();
    for place in &mut account.positions[..2] {
        let size = random.random_range(-2.0..2.0);
        let scaled = |whole: i64| (whole as f64 * size) as i64;
        (place.base, place.cost) = (scaled(place.base), scaled(place.cost));
        place.entry = place.cost;
        place.unsettled = random.random_range(-1_000_000_000..1_000_000_000);
    }
    data(&*account)
}
