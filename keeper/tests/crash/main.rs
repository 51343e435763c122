//! Two keepers bring two hundred accounts through a crash, on a local node and in real time: needs `npm ci` in
//! `cluster/` and `cargo xtask build`. It is alone in its binary, for it measures seconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod agreement;
mod desk;
mod ledgers;
mod record;
mod relay;
mod shapes;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use plimsoll::state::MarginAccount;
use plimsoll_client::{address, health};
use plimsoll_keeper::book::World;
use solana_address::Address;
use solana_signer::Signer;
use tokio::time::sleep;

use desk::{Desk, TOKENS};
use record::{Fall, Recorder, LIQUIDATABLE};
use shapes::{shapes, Shape, BEFORE, BTC, COUNT, ETH, QUOTE, SOL};
use stage::{limit, Stage, CHANGE, OUTFLOW};

/// From the price that makes an account liquidatable to its first accepted call.
const FIRST_CALL: Duration = Duration::from_secs(3);
/// From there until it is not liquidatable any more: after 60 s nothing is throttled.
const TARGET: Duration = Duration::from_secs(65);
/// What a keeper has to find its way back, before those count.
const RETURN: Duration = Duration::from_secs(2);
/// How long both keepers are without a node.
const OUTAGE: Duration = Duration::from_secs(20);
/// An account that is closed by its stop, and one whose limit order lapses.
const STOPPED: u16 = 300;
const WAITING: u16 = 301;
/// An account that buys at market.
const BUYING: u16 = 302;

/// The crash: SOL, BTC and ETH as parts of their prices before, step by step.
const FALL: [[f64; 3]; 4] = [
    [0.960, 0.98, 0.970],
    [0.930, 0.96, 0.945],
    [0.905, 0.95, 0.930],
    [0.885, 0.94, 0.920],
];
/// While nobody keeps, SOL goes through zero of the boldest accounts at once.
const UNSEEN: [[f64; 3]; 2] = [[0.80, 0.94, 0.92], [0.78, 0.93, 0.91]];
/// BTC recovers and takes its shorts, while the others fall on.
const REBOUND: [[f64; 3]; 4] = [
    [0.77, 0.98, 0.88],
    [0.76, 1.04, 0.85],
    [0.75, 1.07, 0.83],
    [0.74, 1.09, 0.82],
];
/// From a step to the comparison of reports, and the next step.
const PAUSE: Duration = Duration::from_secs(4);

struct Crash {
    stage: Stage,
    recorder: Recorder,
    keys: Vec<Address>,
    began: Instant,
}

impl Crash {
    fn say(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// Publishes prices, waits until the book has them, and compares every account's report with the program's.
    async fn step(&self, parts: [f64; 3]) {
        let mut prices = BEFORE;
        for (price, part) in prices.iter_mut().skip(1).zip(parts) {
            *price *= part;
        }
        let said = self.stage.say(prices).await;
        self.until(
            "the book has the prices",
            Duration::from_secs(10),
            |world| {
                let listed = world.book.assets.iter().take(BEFORE.len());
                listed
                    .map(|asset| asset.publish_time)
                    .all(|time| time >= said)
            },
        )
        .await;
        // The keepers answer before anybody else asks the node for much.
        sleep(PAUSE).await;
        let shown = Instant::now();
        self.agree().await;
        let open = self.open().len();
        self.say(&format!(
            "prices {parts:?}: {open} liquidatable; all reports agree, compared in {:.1?}",
            shown.elapsed()
        ));
    }

    async fn agree(&self) {
        let payer = self.stage.trader.key.pubkey();
        agreement::check(&self.stage.node.rpc, &self.stage.venue, payer, &self.keys).await;
    }

    /// Accounts that are liquidatable now.
    fn open(&self) -> Vec<Address> {
        let record = self.recorder.look();
        let falls = record.falls.iter();
        let open = falls.filter(|(_, falls)| falls.iter().any(|fall| fall.over.is_none()));
        open.map(|(key, _)| *key).collect()
    }

    async fn until(&self, what: &str, patience: Duration, is: impl Fn(&World) -> bool) {
        let began = Instant::now();
        while !is(&self.recorder.look().world) {
            assert!(
                began.elapsed() < patience,
                "not within {patience:?}: {what}"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Positions and balances but quote, which settlement changes.
fn legs(account: &MarginAccount) -> Vec<(u8, i64)> {
    let positions = account
        .positions
        .iter()
        .map(|place| (place.slot, place.base));
    let balances = account.balances.iter().skip(1);
    positions
        .chain(balances.map(|held| (held.slot, held.amount)))
        .collect()
}

fn cast() -> Vec<Shape> {
    let beside = |id, positions| Shape {
        id,
        model: 0,
        deposits: vec![(QUOTE, 5_000.0)],
        debt: None,
        positions,
    };
    let mut all = shapes();
    all.push(beside(STOPPED, vec![(SOL, 10_000.0)]));
    all.push(beside(WAITING, vec![]));
    all.push(beside(BUYING, vec![]));
    all
}

/// The exchange with two running keepers and every position open.
async fn before_the_crash(desks: &mut Vec<Desk>) -> Crash {
    let began = Instant::now();
    let stage = Stage::set_up().await;
    println!(
        "{:>6.1} s  the exchange stands",
        began.elapsed().as_secs_f64()
    );
    let all = cast();
    let keys: Vec<Address> = all.iter().map(|shape| stage.account(shape.id)).collect();
    for _ in 0..2 {
        desks.push(Desk::new(&stage).await);
    }
    println!(
        "{:>6.1} s  two keepers have accounts",
        began.elapsed().as_secs_f64()
    );
    let poster = stage.other_poster().await;
    while stage.world().await.book.assets[usize::from(SOL)].spot == 0 {
        sleep(Duration::from_millis(300)).await;
    }
    stage.fill(&all).await;
    println!(
        "{:>6.1} s  {} accounts are filled",
        began.elapsed().as_secs_f64(),
        all.len()
    );
    stage.borrow(&all).await;
    let (rpc, socket) = (stage.node.rpc.clone(), stage.node.socket.clone());
    let world = stage.world().await;
    let recorder = Recorder::start(rpc, socket, world, keys.iter().copied().collect());
    desks.iter_mut().for_each(Desk::run);
    poster.abort();
    let crash = Crash {
        stage,
        recorder,
        keys,
        began,
    };
    crash.say("debts are taken, two keepers run");
    crash
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_keepers_bring_two_hundred_accounts_through_a_crash() {
    let mut desks = Vec::new();
    let crash = before_the_crash(&mut desks).await;
    let stage = &crash.stage;
    let change = address::change(&stage.venue.exchange, CHANGE);
    stage.gone(&change, Duration::from_secs(20)).await;
    let now = stage.node.rpc.clock().await.unwrap();
    let stop = plimsoll::instructions::OrderParams {
        kind: 2,
        extent: 2,
        trigger_quote: limit(10_000.0, -0.03),
        limit_quote: limit(10_000.0, -0.2),
        ..stage.order(10, SOL, -10_000.0)
    };
    let stop = stage.place(STOPPED, SOL, stop).await;
    let lapsing = plimsoll::instructions::OrderParams {
        kind: 1,
        limit_quote: limit(5_000.0, -0.5),
        expires_at: now + 30,
        ..stage.order(11, SOL, 5_000.0)
    };
    let lapsing = stage.place(WAITING, SOL, lapsing).await;
    let buying = plimsoll::instructions::OrderParams {
        limit_quote: limit(5_000.0, 0.05),
        ..stage.order(12, SOL, 5_000.0)
    };
    let buying = stage.place(BUYING, SOL, buying).await;
    let (request, shares) = stage.provide(50_000.0).await;
    crash.agree().await;
    assert!(crash.open().is_empty(), "all are sound before the crash");
    let before = crash.stage.world().await;
    crash.say("all are sound, all reports agree");

    for parts in FALL {
        crash.step(parts).await;
    }
    let cut = Instant::now();
    for desk in &mut desks {
        desk.cut().await;
    }
    crash.say("both keepers are cut off");
    let other = stage.other_poster().await;
    for parts in UNSEEN {
        crash.step(parts).await;
    }
    sleep(OUTAGE.saturating_sub(cut.elapsed())).await;
    other.abort();
    for desk in &mut desks {
        desk.restore().await;
    }
    let restored = Instant::now();
    crash.say("both keepers are back");
    sleep(Duration::from_secs(6)).await;
    for parts in REBOUND {
        crash.step(parts).await;
    }
    let last = Instant::now();
    while !crash.open().is_empty() && last.elapsed() < TARGET + FIRST_CALL {
        sleep(Duration::from_millis(500)).await;
    }
    stage.gone(&request, Duration::from_secs(30)).await;
    stage.gone(&stop, Duration::from_secs(1)).await;
    stage.gone(&lapsing, Duration::from_secs(1)).await;
    stage.gone(&buying, Duration::from_secs(1)).await;
    crash.agree().await;
    crash.say("it is over");

    let mut counts = Vec::new();
    for (number, desk) in desks.iter().enumerate() {
        let actions = desk.actions().await;
        for ((kind, outcome), count) in &actions {
            println!("keeper {number}: {kind} {outcome} {count}");
        }
        counts.push(actions);
    }
    for desk in &mut desks {
        assert!(
            desk.stop(),
            "a keeper that is told to stop ends well:\n{}",
            desk.log()
        );
    }
    crash.say("both keepers have stopped");
    told_in_time(&crash, (cut, restored));
    none_is_left_and_none_was_wronged(&crash, &before).await;
    collateral_and_debts_changed_hands(&crash, &desks).await;
    every_duty_was_done(&counts);
    let held = stage.node.rpc.account(&shares).await.unwrap().unwrap();
    let received = u64::from_le_bytes(held.data[64..72].try_into().unwrap());
    assert!(received > 0, "the pool took the deposit");
}

/// From when the time of a fall counts: what fell unseen, or too late to be answered before the cut, counts from
/// the keepers' return.
fn counts_from(fall: &Fall, (cut, restored): (Instant, Instant)) -> Instant {
    let seen = fall.fell > restored + RETURN || fall.called.is_some_and(|called| called < cut);
    if seen {
        fall.fell
    } else {
        fall.fell.max(restored + RETURN)
    }
}

fn told_in_time(crash: &Crash, outage: (Instant, Instant)) {
    let record = crash.recorder.look();
    assert_eq!(record.hole, None, "every change was told");
    let (mut calls, mut spans) = (Vec::new(), Vec::new());
    let mut late = Vec::new();
    for (key, falls) in record.falls.iter().filter(|(_, falls)| !falls.is_empty()) {
        let place = crash.keys.iter().position(|known| known == key).unwrap();
        let first = falls.first().unwrap();
        let Some(called) = first.called else {
            late.push(format!("{place}: never called, {first:?}"));
            continue;
        };
        let call = called.saturating_duration_since(counts_from(first, outage));
        calls.push(call);
        if call > FIRST_CALL {
            late.push(format!("{place}: first call after {call:?}"));
        }
        for fall in falls {
            let from = counts_from(fall, outage);
            let span = fall.over.map(|over| over.saturating_duration_since(from));
            spans.extend(span);
            if span.is_none_or(|span| span > TARGET) {
                late.push(format!("{place}: liquidatable for {span:?}"));
            }
        }
    }
    calls.sort_unstable();
    spans.sort_unstable();
    let unseen = record.falls.values().flatten();
    let unseen = unseen
        .filter(|fall| fall.fell > outage.0 && fall.fell < outage.1)
        .count();
    let bankrupt = record
        .falls
        .values()
        .filter(|falls| falls.iter().any(|fall| fall.bankrupt));
    println!(
        "{} of {COUNT} were liquidatable, {unseen} fell unseen, {} were bankrupt; first call median {:?}, worst {:?}; \
         liquidatable for {:?} in the median, {:?} at worst",
        calls.len(),
        bankrupt.count(),
        calls.get(calls.len() / 2),
        calls.last(),
        spans.get(spans.len() / 2),
        spans.last(),
    );
    assert!(late.is_empty(), "{}", late.join("\n"));
    assert!(
        calls.len() > 50 && calls.len() < usize::from(COUNT) - 20,
        "some fall and some do not"
    );
    assert!(unseen > 5, "accounts fall while nobody keeps");
}

async fn none_is_left_and_none_was_wronged(crash: &Crash, before: &World) {
    let after = crash.stage.world().await;
    let (rpc, now) = (
        &crash.stage.node.rpc,
        crash.stage.node.rpc.clock().await.unwrap(),
    );
    let findings = ledgers::findings(rpc, &after).await;
    assert!(
        findings.is_empty(),
        "not conserved:\n  {}",
        findings.join("\n  ")
    );
    let pool = after.pool.as_ref().unwrap();
    let outflow = plimsoll_engine::fixed::Fixed::ratio(OUTFLOW, 1_000_000);
    assert_eq!(
        pool.outflow_share, outflow.0,
        "the announced change was applied"
    );
    let record = crash.recorder.look();
    assert_eq!(
        record.wronged,
        BTreeSet::new(),
        "a sound account was liquidated"
    );
    for (place, key) in crash.keys.iter().enumerate() {
        let account = after.accounts.get(key).unwrap();
        let report = health::report(&after.book, account, now).unwrap();
        assert!(report.state < LIQUIDATABLE, "{place} is left: {report:?}");
        let lost = account.balances.iter().any(|held| held.pending_loss > 0);
        assert!(
            !lost && account.pool_pending_loss == 0,
            "{place}: a loss is recorded and not settled"
        );
        let fell = record.falls.get(key).is_some_and(|falls| !falls.is_empty());
        let trades = [STOPPED, BUYING].map(|id| crash.stage.account(id));
        if !fell && !trades.contains(key) {
            let known = before.accounts.get(key).unwrap();
            assert_eq!(
                legs(known),
                legs(account),
                "{place} was sound and was touched"
            );
            assert_eq!(account.last_liquidation, 0, "{place}");
        }
    }
    let stopped = after.accounts.get(&crash.stage.account(STOPPED)).unwrap();
    assert!(
        stopped.positions.iter().all(|place| place.base == 0),
        "its stop closed it"
    );
    let bought = after.accounts.get(&crash.stage.account(BUYING)).unwrap();
    assert!(bought.positions[0].base > 0, "its order was executed");
}

/// The keepers began with quote and with the token that is borrowed.
async fn collateral_and_debts_changed_hands(crash: &Crash, desks: &[Desk]) {
    let world = crash.stage.world().await;
    let own = desks
        .iter()
        .map(|desk| world.accounts.get(&desk.account).unwrap());
    let held: Vec<(u8, i64)> = own
        .flat_map(|own| own.balances.iter().skip(1))
        .map(|held| (held.slot, held.amount))
        .collect();
    let collateral = |(slot, amount): &(u8, i64)| [SOL, ETH].contains(slot) && *amount > 0;
    assert!(
        held.iter().any(collateral),
        "they bought collateral: {held:?}"
    );
    let tokens = crash.stage.atoms(BTC, TOKENS) * i64::try_from(desks.len()).unwrap();
    let left = held.iter().filter(|(slot, _)| *slot == BTC);
    let left: i64 = left.map(|(_, amount)| amount).sum();
    assert!(left < tokens, "they took over debts: {held:?}");
}

fn every_duty_was_done(counts: &[std::collections::BTreeMap<(String, String), u64>]) {
    let of = |kind: &str, outcome: &str| -> Vec<u64> {
        let key = (kind.to_owned(), outcome.to_owned());
        counts
            .iter()
            .map(|counts| counts.get(&key).copied().unwrap_or(0))
            .collect()
    };
    let liquidations = of("liquidate", "done");
    assert!(
        liquidations.iter().all(|count| *count > 0),
        "both keepers liquidate: {liquidations:?}"
    );
    let outrun: u64 = of("liquidate", "outrun").iter().sum();
    assert!(outrun > 0, "they compete, and who is second knows it");
    // In the middle of the other's call a plan can miss its quote.
    let refused: u64 = of("liquidate", "refused").iter().sum();
    assert!(
        refused * 5 <= outrun,
        "somebody was faster is no error: {refused} and {outrun}"
    );
    let duties = [
        "call_margin",
        "settle",
        "settle_end",
        "settle_bad_debt",
        "execute_order",
        "cancel_order",
        "pool_price",
        "pool_execute",
        "sync",
        "apply_change",
    ];
    for kind in duties {
        assert!(
            of(kind, "done").iter().sum::<u64>() > 0,
            "nobody did {kind}"
        );
    }
}
