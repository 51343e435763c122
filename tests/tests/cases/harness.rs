//! The test language itself: what it claims to check it checks, and both machines agree.

use core::mem::offset_of;

use super::world;
use plimsoll::state::MarginAccount;
use plimsoll_tests::conservation::findings;
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::{PUSH_BYTES, UPDATE_BYTES};

#[test]
fn a_pull_update_has_every_field_where_pyth_puts_it() {
    let update = PriceUpdate {
        conf: 3,
        exponent: -7,
        ema: 4,
        ema_conf: 5,
        posted_slot: 6,
        ..PriceUpdate::new([8; 32], 2, 3, 101, 100)
    };
    let full = update.data();
    assert_eq!(full.len(), UPDATE_BYTES);
    assert_eq!(full[..8], [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd]);
    assert_eq!(full[40], 1);
    let partial = PriceUpdate {
        verification: Verification::Partial(5),
        ..update
    }
    .data();
    assert_eq!(partial.len(), UPDATE_BYTES);
    assert_eq!(partial[40..42], [0, 5]);
    for (data, shift) in [(full, 0), (partial, 1)] {
        let number =
            |at: usize| i64::from_le_bytes(data[at + shift..at + shift + 8].try_into().unwrap());
        assert_eq!(data[41 + shift..73 + shift], [8; 32]);
        assert_eq!((number(73), number(81)), (2, 3));
        assert_eq!(data[89 + shift..93 + shift], (-7i32).to_le_bytes());
        assert_eq!((number(93), number(101)), (101, 100));
        assert_eq!((number(109), number(117)), (4, 5));
    }
}

#[test]
fn pyths_own_library_reads_a_push_account() {
    let push = PushPrice {
        conf: 3,
        ema: 4,
        ..PushPrice::new(2, 3, 101)
    };
    let account = push.account();
    assert_eq!(account.data.len(), PUSH_BYTES);
    // The library asks for bytes aligned to eight.
    let words: Vec<u64> = account
        .data
        .chunks(8)
        .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
        .collect();
    let read: &pyth_sdk_solana::state::SolanaPriceAccount =
        pyth_sdk_solana::state::load_price_account(bytemuck::cast_slice(&words)).unwrap();
    assert_eq!(
        (read.agg.price, read.agg.conf, read.ema_price.val),
        (2, 3, 4)
    );
    assert_eq!((read.expo, read.timestamp), (-8, 101));
    assert_eq!(
        read.agg.status,
        pyth_sdk_solana::state::PriceStatus::Trading
    );
}

#[test]
fn a_missing_atom_is_found_in_every_ledger() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    assert_eq!(findings(&world), Vec::<String>::new());
    let quote = world.quote().clone();
    let (market, account) = (world.asset(SOL).market, world.account_key("alice", 0));
    // Offsets behind the discriminator of a field that a ledger is about.
    let spots = [
        (quote.bank, 8 + 96, "deposits USDC"),
        (quote.bank, 8 + 104, "vault USDC"),
        (quote.vault, 64, "vault USDC"),
        (world.keys.pool, 8 + 64, "vault USDC"),
        (world.keys.pool, 8 + 72, "pool shares"),
        (world.keys.pool, 8 + 80, "debt shares"),
        (world.keys.pool, 8 + 88, "claims"),
        (market, 8 + 32, "long base SOL"),
        (market, 8 + 40, "short base SOL"),
        (market, 8 + 48, "long cost SOL"),
        (market, 8 + 64, "claims"),
        (
            account,
            8 + offset_of!(MarginAccount, pending_requirement),
            "a requirement is reserved for no order",
        ),
        (account, 8 + offset_of!(MarginAccount, credit), "claims"),
        (
            account,
            8 + offset_of!(MarginAccount, pool_debt_shares),
            "debt shares",
        ),
    ];
    for (key, at, expected) in spots {
        let good = world.chain.account(&key).expect("it exists");
        let mut bad = good.clone();
        bad.data[at] ^= 1;
        world.chain.set_account(key, bad);
        let found = findings(&world).join("\n");
        assert!(
            found.contains(expected),
            "byte {at} of {key}: {expected:?} not in {found:?}"
        );
        world.chain.set_account(key, good);
    }
    assert_eq!(findings(&world), Vec::<String>::new());
}

#[test]
#[should_panic(expected = "alice was refused")]
fn a_refusal_nobody_asked_about_panics() {
    let _ = world().alice().opens_account().withdraws(usdc(1));
}

#[test]
fn the_same_transaction_can_be_sent_twice() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(1))
        .deposits(usdc(1))
        .deposits(usdc(1))
        .done();
    assert_eq!(world.held("alice", USDC), 3_000_000);
}

/// A little of everything, and every account of the exchange afterwards.
fn story<C: Chain>(chain: C) -> Vec<(String, Vec<u8>)> {
    let mut world = World::new(chain);
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world
        .bob()
        .deposits(btc(1))
        .shorts(btc(0.5))
        .shorts(eth(3))
        .done();
    world.price(SOL, 141.0);
    world.sync();
    world
        .keeper()
        .deposits(usdc(100))
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    for name in ["alice", "bob", "keeper"] {
        world.settle(name);
    }
    world.actor("late").joins_pool(usdc(77).atoms).done();
    let after = world.snapshot();
    let kinds = [
        "book", "pool", "bank", "vault", "market", "account", "lp mint",
    ];
    let labels = world.changed_since(&Default::default()).into_iter();
    labels
        .filter(|label| kinds.iter().any(|kind| label.starts_with(kind)))
        .map(|label| {
            (
                label.clone(),
                after.get(&label).expect("it exists").data.clone(),
            )
        })
        .collect()
}

#[test]
fn both_machines_tell_the_same_story() {
    let (bank, lite) = (story(BankChain::new()), story(LiteChain::new()));
    assert_eq!(bank.len(), lite.len());
    for ((label, mut in_bank), (_, mut in_lite)) in bank.into_iter().zip(lite) {
        if label.starts_with("account") {
            // The chain's slot, in which the account was opened, is the machine's own.
            let generation = 8 + offset_of!(MarginAccount, generation);
            in_bank[generation..generation + 8].fill(0);
            in_lite[generation..generation + 8].fill(0);
        }
        assert_eq!(in_bank, in_lite, "{label}");
    }
}
