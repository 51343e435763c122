//! The keeper against a node, which needs `npm ci` in `cluster/` and `cargo xtask build`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use plimsoll_keeper::book::World;
use plimsoll_keeper::feed::{read, News, ALL};
use plimsoll_keeper::keep::{Keeper, Mode};
use plimsoll_keeper::observe::Pulse;
use plimsoll_keeper::open::open;
use plimsoll_keeper::synthetic::{Exchange, SOL};
use support::{Desk, Node, Tape};
use tokio::sync::mpsc;

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

#[tokio::test(flavor = "multi_thread")]
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

#[tokio::test(flavor = "multi_thread")]
async fn the_winning_side_is_reduced_before_the_pool_is_empty() {
    let (node, tape) = (Node::start(), Tape::start().await);
    node.deploy().await;
    let mut exchange = Exchange::new(node.rpc.clock().await.unwrap());
    exchange.pool.cash = 2_500_000_000;
    let winner = exchange.open(100, 1_000);
    exchange.trade(&winner, SOL, 4_000.0);
    // The pool owes 2,000 of its 2,500 dollars: more than three quarters.
    exchange.price(SOL, 225.0);
    let mut desk = Desk::new(&node, &tape, &mut exchange).await;
    desk.config.duties.publish = false;
    node.put(&exchange).await;

    let once = Mode {
        once: true,
        dry: false,
    };
    let keeper = Keeper::new(desk.config.clone(), once, Pulse::default())
        .await
        .unwrap();
    keeper.run(std::future::pending()).await.unwrap();
    let after = look(&node, &exchange).await;
    let [before, after] =
        [&exchange.markets, &after.markets].map(|markets| markets[&SOL].long_base);
    assert!(after < before, "reduced from {before} to {after}");
}
