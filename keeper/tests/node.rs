//! The keeper against a node: `cargo test -p plimsoll-keeper --test node -- --ignored`, after `npm ci` in
//! `cluster/` and `cargo xtask build`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use plimsoll::state::MarginAccount;
use plimsoll_client::{decode, health};
use plimsoll_keeper::book::World;
use plimsoll_keeper::feed::{read, News, ALL};
use plimsoll_keeper::keep::{Keeper, Mode};
use plimsoll_keeper::observe::Pulse;
use plimsoll_keeper::open::open;
use plimsoll_keeper::synthetic::{Exchange, SOL};
use solana_address::Address;
use support::{Desk, Node, Tape};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

const LIQUIDATABLE: u8 = 3;

/// What the chain has now.
async fn look(node: &Node, exchange: &Exchange) -> World {
    let (news, mut told) = mpsc::unbounded_channel();
    read(
        &node.rpc,
        (exchange.key, exchange.book.exchange),
        &ALL,
        &news,
    )
    .await;
    drop(news);
    let mut world = exchange.world();
    while let Some(news) = told.recv().await {
        match news {
            News::Group(_, _, accounts) => {
                for (key, data) in accounts {
                    world.read(key, &data, u64::MAX);
                }
            }
            News::Failed(why) => panic!("{why}"),
            _ => {}
        }
    }
    world
}

fn states(world: &World, now: i64) -> BTreeMap<Address, u8> {
    let holders = world.accounts.iter();
    let state = |account: &MarginAccount| health::report(&world.book, account, now).unwrap().state;
    holders
        .map(|(_, holder)| (holder.key, state(&holder.account)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the local node"]
async fn a_fall_is_answered_account_by_account() {
    const COUNT: u64 = 24;
    plimsoll_keeper::observe::log(&plimsoll_keeper::config::Config::default().observe);
    let (node, tape) = (Node::start(), Tape::start().await);
    node.deploy().await;
    let start = node.rpc.clock().await.unwrap();
    let mut exchange = Exchange::new(start);
    for seed in 0..COUNT {
        let key = exchange.open(100 + seed, 1_000);
        // From 2 to 8 times the deposit: some survive the fall and some do not.
        exchange.trade(&key, SOL, 2_000.0 + 250.0 * seed as f64);
    }
    let desk = Desk::new(&node, &tape, &mut exchange).await;
    node.put(&exchange).await;
    let feeds: Vec<(u8, [u8; 32], f64)> = plimsoll_keeper::decide::pulled(&exchange.world())
        .into_iter()
        .map(|(slot, feed)| (slot, feed, dollars(slot)))
        .collect();
    let say = |sol: f64, now: i64| {
        for (slot, feed, price) in &feeds {
            tape.say(*feed, if *slot == SOL { sol } else { *price }, now);
        }
    };
    say(150.0, start);

    let keeper = Keeper::new(desk.config.clone(), Mode::default(), Pulse::default())
        .await
        .unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(keeper.run(async {
        let _ = stopped.await;
    }));
    sleep(Duration::from_secs(3)).await;
    let before = look(&node, &exchange).await;
    let healthy = states(&before, node.rpc.clock().await.unwrap());
    assert!(
        healthy.values().all(|state| *state < LIQUIDATABLE),
        "all are sound before the fall"
    );

    let fell = Instant::now();
    let mut first: BTreeMap<Address, Duration> = BTreeMap::new();
    let mut meant = BTreeSet::new();
    // The node has been seen to stop for good while accounts were set: no more prices than freshness asks for.
    let mut said = 0;
    let finished = loop {
        let now = node.rpc.clock().await.unwrap();
        if now - said >= 8 {
            say(138.0, now);
            said = now;
        }
        let world = look(&node, &exchange).await;
        let states = states(&world, now);
        meant.extend(
            states
                .iter()
                .filter(|(_, state)| **state >= LIQUIDATABLE)
                .map(|(key, _)| *key),
        );
        for (_, holder) in world.accounts.iter() {
            if holder.account.last_liquidation != 0 {
                first.entry(holder.key).or_insert_with(|| fell.elapsed());
                meant.insert(holder.key);
            }
        }
        let left = states
            .values()
            .filter(|state| **state >= LIQUIDATABLE)
            .count();
        if !meant.is_empty() && left == 0 && fell.elapsed() > Duration::from_secs(4) {
            break fell.elapsed();
        }
        assert!(
            fell.elapsed() < Duration::from_secs(90),
            "{left} are still below maintenance"
        );
        sleep(Duration::from_secs(1)).await;
    };
    let _ = stop.send(());
    running.await.unwrap().unwrap();
    let slowest = first.values().max().copied().unwrap_or_default();
    println!(
        "{} of {COUNT} liquidated, first calls within {slowest:?}, all above after {finished:?}",
        first.len()
    );
    assert!(first.len() > 4 && (first.len() as u64) < COUNT, "{first:?}");
    assert!(slowest <= Duration::from_secs(5), "{first:?}");
    // Who was sound at the new price was not touched.
    let after = look(&node, &exchange).await;
    for (_, holder) in after
        .accounts
        .iter()
        .filter(|(_, holder)| holder.key != desk.account)
    {
        let known = before.accounts.get(&holder.key).unwrap();
        let same = bytemuck::bytes_of(known) == bytemuck::bytes_of(&*holder.account);
        let called = holder.account.called_at != 0;
        assert!(
            same || called || first.contains_key(&holder.key),
            "{} was touched",
            holder.key
        );
    }
    let own: Box<MarginAccount> =
        decode(&node.rpc.account(&desk.account).await.unwrap().unwrap().data).unwrap();
    // A fee is a credit until it is settled.
    let earned = own.credit + own.balances[0].amount - 50_000_000_000;
    assert!(earned > 0, "the keeper was paid, found {earned}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the local node"]
async fn the_account_is_opened_once_and_a_dry_run_changes_nothing() {
    let (node, tape) = (Node::start(), Tape::start().await);
    node.deploy().await;
    let mut exchange = Exchange::new(node.rpc.clock().await.unwrap());
    let key = exchange.open(100, 1_000);
    exchange.trade(&key, SOL, 8_000.0);
    exchange.price(SOL, 135.0);
    let desk = Desk::new(&node, &tape, &mut exchange).await;
    let own = exchange.accounts.remove(&desk.account).unwrap();
    exchange.banks.get_mut(&0).unwrap().deposits -= own.balances[0].amount.unsigned_abs();
    node.put(&exchange).await;

    let said = open(&desk.config).await.unwrap();
    assert_eq!(said, format!("{} is open", desk.account));
    let again = open(&desk.config).await.unwrap();
    assert_eq!(again, format!("{} is open already", desk.account));

    let before = look(&node, &exchange).await;
    let mode = Mode {
        once: true,
        dry: true,
    };
    let keeper = Keeper::new(desk.config.clone(), mode, Pulse::default())
        .await
        .unwrap();
    keeper.run(std::future::pending()).await.unwrap();
    let after = look(&node, &exchange).await;
    for (_, holder) in before.accounts.iter() {
        let known = after.accounts.get(&holder.key).unwrap();
        assert_eq!(
            bytemuck::bytes_of(known),
            bytemuck::bytes_of(&*holder.account)
        );
    }
    assert_eq!(
        before.book.sequence, after.book.sequence,
        "nothing was sent"
    );
}

fn dollars(slot: u8) -> f64 {
    [1.0, 150.0, 100_000.0, 4_000.0, 10.0, 2.0, 30.0, 0.5][usize::from(slot)]
}
