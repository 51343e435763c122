//! The keeper's judgement of an account is the program's, byte for byte, on the bytes of one and the same slot.

use std::ops::RangeInclusive;

use anchor_lang::AnchorSerialize;
use base64::prelude::{Engine, BASE64_STANDARD};
use futures_util::{stream, StreamExt};
use plimsoll::state::{MarginAccount, RiskBook};
use plimsoll_client::{decode, health, Venue};
use plimsoll_keeper::chain::{held, Rpc};
use serde_json::{json, Value};
use solana_address::Address;
use solana_hash::Hash;
use solana_message::Message;
use solana_transaction::Transaction;

/// Simulations at one time.
const AT_ONCE: usize = 8;

/// What the node says of an account: `assess`, and the bytes it read.
async fn assessed(rpc: &Rpc, venue: &Venue, payer: Address, account: Address) -> Value {
    let mut assess = venue.assess(account);
    // The node returns what a transaction may write, though this one writes nothing.
    for meta in &mut assess.accounts {
        meta.is_writable = true;
    }
    let message = Message::new_with_blockhash(&[assess], Some(&payer), &Hash::default());
    let bytes = bincode::serialize(&Transaction::new_unsigned(message)).unwrap();
    let keys = [venue.book, account].map(|key| key.to_string());
    let config = json!({
        "encoding": "base64",
        "commitment": "confirmed",
        "sigVerify": false,
        "replaceRecentBlockhash": true,
        "accounts": {"encoding": "base64", "addresses": keys},
    });
    let params = json!([BASE64_STANDARD.encode(bytes), config]);
    let answer = rpc.call("simulateTransaction", params).await.unwrap();
    let answer = answer["value"].clone();
    assert!(answer["err"].is_null(), "{account}: {answer}");
    answer
}

/// Compares with what the keeper makes of the same bytes at the second of the simulation, one of `seconds`.
fn compare(key: Address, answer: &Value, mut seconds: RangeInclusive<i64>) {
    let [book, account] =
        [0, 1].map(|place| held(&answer["accounts"][place]).expect("an account").data);
    let book = decode::<RiskBook>(&book).unwrap();
    let account = decode::<MarginAccount>(&account).unwrap();
    let said = answer["returnData"]["data"][0].as_str().expect("a report");
    let said = BASE64_STANDARD.decode(said).unwrap();

    let agrees = seconds.clone().any(|now| {
        let predicted = health::report(&book, &account, now).unwrap();
        let mut bytes = Vec::new();
        predicted.serialize(&mut bytes).unwrap();
        // What the keeper decides by.
        let found = health::health(&book, &account, now).unwrap();
        let views =
            [found.initial, found.maintenance].map(|view| (view.equity.0, view.requirement.0));
        let initial = (predicted.initial_equity, predicted.initial_requirement);
        let maintenance = (
            predicted.maintenance_equity,
            predicted.maintenance_requirement,
        );
        assert_eq!(views, [initial, maintenance], "{key}");
        bytes == said
    });
    let predicted = seconds
        .next()
        .map(|now| health::report(&book, &account, now));
    assert!(
        agrees,
        "{key} at {seconds:?}: {predicted:?}, and not {said:?}"
    );
}

/// Compares all accounts.
pub async fn check(rpc: &Rpc, venue: &Venue, payer: Address, accounts: &[Address]) {
    let accounts = stream::iter(accounts.iter().copied());
    let compared = accounts.for_each_concurrent(AT_ONCE, |account| async move {
        let before = rpc.clock().await.unwrap();
        let answer = assessed(rpc, venue, payer, account).await;
        compare(account, &answer, before..=rpc.clock().await.unwrap());
    });
    compared.await;
}
