//! Attacks on the price of a push feed. `execute_order` takes its price from the book, so what
//! `refresh` refuses no order executes on.

use super::world_with;
use plimsoll::events::{OrderExecuted, PriceAccepted, PriceRefused};
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::{PUSH_BYTES, RECEIVER};
use solana_address::Address;

/// Alice's order for 50 SOL waits, and the clock shows its instant.
fn waiting() -> (World<BankChain>, PlacedOrder) {
    let mut world = world_with(|spec| spec.push_feeds());
    let order = world
        .alice()
        .deposits(usdc(2_000))
        .asks_long(sol(50))
        .order();
    world.chain.set_clock(order.execute_at);
    (world, order)
}

/// What the feed says at the order's instant.
fn determined(world: &World<BankChain>, order: &PlacedOrder) -> PushPrice {
    PushPrice {
        timestamp: order.execute_at,
        ..world.push_price(SOL)
    }
}

/// The feed's own account says this.
fn says(world: &mut World<BankChain>, price: &PushPrice) -> Address {
    let key = world.asset(SOL).feed.account;
    world.chain.set_account(key, price.account());
    key
}

fn is_refused(
    world: &mut World<BankChain>,
    order: &PlacedOrder,
    account: Address,
    error: PlimsollError,
) {
    let before = world.snapshot();
    let receipt = world.refresh_from(SOL, account).expect("never reverts");
    let told = receipt.event::<PriceRefused>();
    assert_eq!((told.slot, told.code), (SOL, u32::from(error)));
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
    world
        .keeper()
        .executes_on(order, account)
        .refused_with(PlimsollError::NotDeterminedUpdate);
}

fn is_taken(world: &mut World<BankChain>, order: &PlacedOrder, price: &PushPrice) {
    let account = says(world, price);
    let receipt = world.refresh_from(SOL, account).expect("refreshed");
    assert_eq!(
        receipt.event::<PriceAccepted>().publish_time,
        price.timestamp
    );
    let executed = world.keeper().executes_on(order, account).done();
    assert_eq!(
        executed.event::<OrderExecuted>().publish_time,
        price.timestamp
    );
}

type Change = fn(PushPrice) -> PushPrice;

/// None of the changed prices is taken, and then the unchanged one is.
fn are_refused(attacks: &[Change], error: fn() -> PlimsollError) {
    let (mut world, order) = waiting();
    world.meet("keeper");
    for attack in attacks {
        let price = attack(determined(&world, &order));
        let account = says(&mut world, &price);
        is_refused(&mut world, &order, account, error());
    }
    let good = determined(&world, &order);
    is_taken(&mut world, &order, &good);
}

#[test]
fn of_another_program() {
    are_refused(
        &[
            |price| PushPrice {
                owner: key_of("mallory"),
                ..price
            },
            |price| PushPrice {
                owner: RECEIVER,
                ..price
            },
            |price| PushPrice {
                owner: plimsoll::ID,
                ..price
            },
        ],
        || PlimsollError::OracleOwner,
    );
}

#[test]
fn of_another_magic_version_type_or_length() {
    are_refused(
        &[
            |price| PushPrice { magic: 0, ..price },
            |price| PushPrice {
                magic: price.magic + 1,
                ..price
            },
            |price| PushPrice {
                version: 1,
                ..price
            },
            |price| PushPrice {
                version: 3,
                ..price
            },
            |price| PushPrice { kind: 0, ..price },
            |price| PushPrice { kind: 2, ..price },
            |price| PushPrice { kind: 4, ..price },
            |price| PushPrice { bytes: 0, ..price },
            |price| PushPrice {
                bytes: 224,
                ..price
            },
            |price| PushPrice {
                bytes: PUSH_BYTES - 1,
                ..price
            },
        ],
        || PlimsollError::OracleData,
    );
}

#[test]
fn of_a_feed_that_is_not_trading() {
    are_refused(
        &[
            |price| PushPrice { status: 0, ..price },
            |price| PushPrice { status: 2, ..price },
            |price| PushPrice { status: 3, ..price },
            |price| PushPrice { status: 4, ..price },
            |price| PushPrice {
                status: 255,
                ..price
            },
        ],
        || PlimsollError::OracleStatus,
    );
}

#[test]
fn of_a_price_that_is_none() {
    are_refused(
        &[
            |price| PushPrice { price: 0, ..price },
            |price| PushPrice { price: -1, ..price },
            |price| PushPrice {
                price: i64::MIN,
                ..price
            },
            |price| PushPrice { ema: 0, ..price },
            |price| PushPrice { ema: -1, ..price },
            |price| PushPrice {
                conf: 1 << 63,
                ..price
            },
        ],
        || PlimsollError::OraclePriceSign,
    );
}

#[test]
fn with_an_exponent_out_of_range() {
    are_refused(
        &[
            |price| PushPrice {
                exponent: 1,
                ..price
            },
            |price| PushPrice {
                exponent: -13,
                ..price
            },
            |price| PushPrice {
                exponent: i32::MIN,
                ..price
            },
        ],
        || PlimsollError::OracleExponent,
    );
}

#[test]
fn from_more_than_ten_seconds_ahead() {
    are_refused(
        &[
            |price| PushPrice {
                timestamp: price.timestamp + 11,
                ..price
            },
            |price| PushPrice {
                timestamp: i64::MAX,
                ..price
            },
        ],
        || PlimsollError::OracleFuture,
    );
    let (mut world, order) = waiting();
    let ahead = PushPrice {
        timestamp: order.execute_at + 10,
        ..determined(&world, &order)
    };
    is_taken(&mut world, &order, &ahead);
}

#[test]
fn of_another_address_than_the_pinned_one() {
    let (mut world, order) = waiting();
    world.meet("keeper");
    let good = determined(&world, &order);
    says(&mut world, &good);
    let elsewhere = world.forge(&world.asset(SOL).feed.account.clone(), |_| {});
    let bitcoin = world.publish(BTC, 100_000.0);
    for account in [elsewhere, bitcoin] {
        is_refused(&mut world, &order, account, PlimsollError::OracleAccount);
    }
    is_taken(&mut world, &order, &good);
}

#[test]
fn a_pull_update_in_the_pinned_account_is_no_push_price() {
    let (mut world, order) = waiting();
    world.meet("keeper");
    let key = world.asset(SOL).feed.account;
    let cases = [
        (134, PlimsollError::OracleData),
        (PUSH_BYTES, PlimsollError::OracleStatus),
    ];
    for (bytes, error) in cases {
        let update = PriceUpdate {
            publish_time: order.execute_at,
            bytes,
            ..world.update(SOL)
        };
        world.chain.set_account(key, update.account());
        is_refused(&mut world, &order, key, error);
    }
}

#[test]
fn a_price_offered_again_does_nothing_and_succeeds() {
    let (mut world, order) = waiting();
    let good = determined(&world, &order);
    let account = says(&mut world, &good);
    world.refresh_from(SOL, account).expect("refreshed");
    let before = world.snapshot();
    let same_time = PushPrice { price: 1, ..good };
    let older = PushPrice {
        timestamp: good.timestamp - 1,
        ..same_time
    };
    for replayed in [good, same_time, older] {
        let account = says(&mut world, &replayed);
        let receipt = world.refresh_from(SOL, account).expect("it succeeds");
        assert!(receipt.events::<PriceAccepted>().is_empty());
        assert!(receipt.events::<PriceRefused>().is_empty());
        assert_eq!(world.changed_since(&before), Vec::<String>::new());
    }
}

#[test]
fn the_account_offered_with_an_order_prices_nothing() {
    let (mut world, order) = waiting();
    let good = determined(&world, &order);
    let account = says(&mut world, &good);
    world.refresh_from(SOL, account).expect("refreshed");
    let cheap = PriceUpdate {
        price: 1,
        publish_time: order.execute_at,
        ..world.update(SOL)
    };
    let cheap = world.post(&cheap);
    let told = world.keeper().executes_on(&order, cheap).done();
    assert!(told.event::<OrderExecuted>().notional > usdc(7_500).atoms);
}
