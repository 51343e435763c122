//! Attacks on the price of a pull feed, by `refresh` and by `execute_order`: each is refused with its
//! own error, by both.

use super::world_with;
use plimsoll::events::{OrderExecuted, PriceAccepted, PriceRefused};
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::{PUSH_PROGRAM, RECEIVER, RECEIVER_SECOND};
use solana_address::Address;
use solana_sdk_ids::system_program;

/// Alice's order for 50 SOL waits, and the clock shows its instant.
fn waiting(change: impl FnOnce(&mut Spec)) -> (World<BankChain>, PlacedOrder) {
    let mut world = world_with(change);
    let order = world
        .alice()
        .deposits(usdc(2_000))
        .asks_long(sol(50))
        .order();
    world.chain.set_clock(order.execute_at);
    (world, order)
}

/// The update that determines the order's price, and is news to the book.
fn determined(world: &World<BankChain>, order: &PlacedOrder) -> PriceUpdate {
    PriceUpdate {
        publish_time: order.execute_at,
        previous_publish_time: order.execute_at - 12,
        ..world.update(SOL)
    }
}

type Change = fn(PriceUpdate) -> PriceUpdate;

/// Neither instruction takes any of the changed updates; both take the unchanged one.
fn are_refused(attacks: &[Change], error: fn() -> PlimsollError) {
    let (mut world, order) = waiting(|_| {});
    for attack in attacks {
        let update = attack(determined(&world, &order));
        is_refused(&mut world, &order, &update, error());
    }
    is_taken(world, &order, |update| update);
}

fn is_refused(
    world: &mut World<BankChain>,
    order: &PlacedOrder,
    update: &PriceUpdate,
    error: PlimsollError,
) {
    let price = world.post(update);
    let before = world.snapshot();
    let receipt = world.refresh_from(SOL, price).expect("never reverts");
    let told = receipt.event::<PriceRefused>();
    let expected = u32::from(error);
    assert_eq!((told.slot, told.code), (SOL, expected), "{update:?}");
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
    world.meet("keeper");
    world
        .keeper()
        .executes_on(order, price)
        .refused_with_code(expected, &format!("{update:?}"));
}

/// Both instructions take the update, and the order executes on it.
fn is_taken(mut world: World<BankChain>, order: &PlacedOrder, change: Change) {
    let update = change(determined(&world, order));
    let price = world.post(&update);
    let executed = world.keeper().executes_on(order, price).done();
    assert_eq!(
        executed.event::<OrderExecuted>().publish_time,
        update.publish_time
    );
    let refreshed = world.refresh_from(SOL, price).expect("refreshed");
    assert_eq!(
        refreshed.event::<PriceAccepted>().publish_time,
        update.publish_time
    );
}

#[test]
fn of_another_program() {
    are_refused(
        &[
            |update| PriceUpdate {
                receiver: key_of("mallory"),
                ..update
            },
            |update| PriceUpdate {
                receiver: RECEIVER_SECOND,
                ..update
            },
            |update| PriceUpdate {
                receiver: PUSH_PROGRAM,
                ..update
            },
            |update| PriceUpdate {
                receiver: plimsoll::ID,
                ..update
            },
            |update| PriceUpdate {
                receiver: system_program::ID,
                ..update
            },
        ],
        || PlimsollError::OracleOwner,
    );
}

#[test]
fn each_receiver_where_it_is_listed_and_nowhere_else() {
    for (listed, other) in [(RECEIVER, RECEIVER_SECOND), (RECEIVER_SECOND, RECEIVER)] {
        let (mut world, order) = waiting(|spec| spec.params(SOL).oracle_program = listed);
        let good = determined(&world, &order);
        assert_eq!(good.receiver, listed);
        let bad = PriceUpdate {
            receiver: other,
            ..good
        };
        is_refused(&mut world, &order, &bad, PlimsollError::OracleOwner);
        is_taken(world, &order, |update| update);
    }
}

#[test]
fn of_another_type_or_too_short() {
    are_refused(
        &[
            |update| PriceUpdate {
                discriminator: [0; 8],
                ..update
            },
            |update| PriceUpdate {
                discriminator: [0xff; 8],
                ..update
            },
            |update| PriceUpdate { bytes: 0, ..update },
            |update| PriceUpdate { bytes: 7, ..update },
            |update| PriceUpdate {
                bytes: 41,
                ..update
            },
            |update| PriceUpdate {
                bytes: 133,
                ..update
            },
            |update| PriceUpdate {
                verification: Verification::Unknown(2),
                ..update
            },
            |update| PriceUpdate {
                verification: Verification::Unknown(255),
                ..update
            },
        ],
        || PlimsollError::OracleData,
    );
}

#[test]
fn an_account_may_be_longer_than_the_update() {
    let (world, order) = waiting(|_| {});
    is_taken(world, &order, |update| PriceUpdate {
        bytes: 1_000,
        ..update
    });
}

#[test]
fn of_another_feed() {
    are_refused(
        &[
            |update| PriceUpdate {
                feed_id: [0; 32],
                ..update
            },
            |mut update| {
                update.feed_id[31] ^= 1;
                update
            },
        ],
        || PlimsollError::OracleFeed,
    );
}

#[test]
fn verified_by_some_where_all_are_asked_for() {
    are_refused(
        &[
            |update| PriceUpdate {
                verification: Verification::Partial(0),
                ..update
            },
            |update| PriceUpdate {
                verification: Verification::Partial(5),
                ..update
            },
            |update| PriceUpdate {
                verification: Verification::Partial(13),
                ..update
            },
            |update| PriceUpdate {
                verification: Verification::Partial(255),
                ..update
            },
        ],
        || PlimsollError::OracleVerification,
    );
}

#[test]
fn verified_by_fewer_than_listed() {
    let five = |spec: &mut Spec| spec.params(SOL).min_signatures = 5;
    let (mut world, order) = waiting(five);
    for signatures in [0, 1, 4] {
        let update = PriceUpdate {
            verification: Verification::Partial(signatures),
            ..determined(&world, &order)
        };
        is_refused(
            &mut world,
            &order,
            &update,
            PlimsollError::OracleVerification,
        );
    }
    is_taken(world, &order, |update| PriceUpdate {
        verification: Verification::Partial(5),
        ..update
    });
    let (world, order) = waiting(five);
    is_taken(world, &order, |update| PriceUpdate {
        verification: Verification::Partial(13),
        ..update
    });
    let (world, order) = waiting(five);
    is_taken(world, &order, |update| update);
}

#[test]
fn a_partly_verified_update_is_read_one_byte_further_on() {
    let (mut world, order) = waiting(|spec| spec.params(SOL).min_signatures = 5);
    let other_feed = PriceUpdate {
        verification: Verification::Partial(5),
        feed_id: world.asset(BTC).feed.id,
        ..determined(&world, &order)
    };
    is_refused(&mut world, &order, &other_feed, PlimsollError::OracleFeed);
    let update = PriceUpdate {
        verification: Verification::Partial(5),
        price: 15_300_000_000,
        ..determined(&world, &order)
    };
    let price = world.post(&update);
    world.refresh_from(SOL, price).expect("refreshed");
    let asset = world.book().assets[usize::from(SOL)];
    let dollars = asset.band().value_ceil(1_000_000_000, asset.spot);
    assert_eq!(dollars.expect("small"), 153_000_000);
    assert_eq!(asset.publish_time, order.execute_at);
}

#[test]
fn of_a_price_that_is_none() {
    are_refused(
        &[
            |update| PriceUpdate { price: 0, ..update },
            |update| PriceUpdate {
                price: -1,
                ..update
            },
            |update| PriceUpdate {
                price: i64::MIN,
                ..update
            },
            |update| PriceUpdate { ema: 0, ..update },
            |update| PriceUpdate { ema: -1, ..update },
            |update| PriceUpdate {
                ema: i64::MIN,
                ..update
            },
            |update| PriceUpdate {
                conf: 1 << 63,
                ..update
            },
            |update| PriceUpdate {
                conf: u64::MAX,
                ..update
            },
        ],
        || PlimsollError::OraclePriceSign,
    );
}

#[test]
fn with_an_exponent_out_of_range() {
    are_refused(
        &[
            |update| PriceUpdate {
                exponent: 1,
                ..update
            },
            |update| PriceUpdate {
                exponent: -13,
                ..update
            },
            |update| PriceUpdate {
                exponent: i32::MIN,
                ..update
            },
            |update| PriceUpdate {
                exponent: i32::MAX,
                ..update
            },
        ],
        || PlimsollError::OracleExponent,
    );
}

#[test]
fn every_exponent_in_range_says_the_same_price() {
    for (exponent, price) in [(0, 150), (-1, 1_500), (-12, 150_000_000_000_000)] {
        let (mut world, order) = waiting(|_| {});
        let update = PriceUpdate {
            price,
            ema: price,
            conf: 0,
            exponent,
            ..determined(&world, &order)
        };
        let account = world.post(&update);
        let told = world.keeper().executes_on(&order, account).done();
        let notional = told.event::<OrderExecuted>().notional as f64 / 1e6;
        // A spread of 1 bp, and half of 50 of 700,000 for the impact.
        let expected = 7_500.0 * (1.0001 + 25.0 / 700_000.0);
        assert!(
            (notional - expected).abs() < 1e-5,
            "{notional} at {exponent}"
        );
    }
}

#[test]
fn from_more_than_ten_seconds_ahead() {
    are_refused(
        &[
            |update| PriceUpdate {
                publish_time: update.publish_time + 11,
                ..update
            },
            |update| PriceUpdate {
                publish_time: i64::MAX,
                ..update
            },
        ],
        || PlimsollError::OracleFuture,
    );
    let (world, order) = waiting(|_| {});
    is_taken(world, &order, |update| PriceUpdate {
        publish_time: update.publish_time + 10,
        ..update
    });
}

#[test]
fn a_price_from_ahead_of_the_clock_is_not_old() {
    let (mut world, order) = waiting(|_| {});
    let update = PriceUpdate {
        publish_time: order.execute_at + 10,
        ..determined(&world, &order)
    };
    let price = world.post(&update);
    world.refresh_from(SOL, price).expect("refreshed");
    let asset = world.book().assets[usize::from(SOL)];
    assert_eq!(asset.age(world.now()), 0);
    assert_eq!(asset.age(world.now() + 30), 20);
}

#[test]
fn a_price_larger_than_can_be_held_is_refused() {
    let mut world = world_with(|spec| {
        spec.fill_up_to(5);
        spec.params(4).decimals = 0;
    });
    world.advance(5);
    let update = PriceUpdate {
        price: i64::MAX,
        ema: i64::MAX,
        exponent: 0,
        publish_time: world.now(),
        ..world.update(4)
    };
    let price = world.post(&update);
    let receipt = world.refresh_from(4, price).expect("never reverts");
    let refused = receipt.event::<PriceRefused>();
    assert_eq!(refused.code, u32::from(PlimsollError::PriceOutOfRange));
}

#[test]
fn at_a_price_whose_values_cannot_be_held_nothing_moves() {
    let (mut world, order) = waiting(|_| {});
    let update = PriceUpdate {
        price: i64::MAX,
        ema: i64::MAX,
        exponent: 0,
        ..determined(&world, &order)
    };
    let price = world.post(&update);
    world
        .keeper()
        .executes_on(&order, price)
        .refused_with(PlimsollError::MathOverflow);
    world.keeper().executes(&order).done();
    world.advance(1);
    let update = PriceUpdate {
        publish_time: world.now(),
        ..update
    };
    let price = world.post(&update);
    world.refresh_from(SOL, price).expect("stored");
    world
        .alice()
        .withdraws(usdc(1))
        .refused_with(PlimsollError::MathOverflow);
    world.alice().deposits(usdc(1)).done();
    // The next update heals it.
    world.advance(1);
    world.tick();
    world.alice().withdraws(usdc(1)).done();
}

#[test]
fn an_update_offered_again_does_nothing_and_succeeds() {
    let (mut world, order) = waiting(|_| {});
    let update = determined(&world, &order);
    let price = world.post(&update);
    world.refresh_from(SOL, price).expect("refreshed");
    let before = world.snapshot();
    let other_price_same_time = PriceUpdate { price: 1, ..update };
    let older = PriceUpdate {
        price: 1,
        publish_time: update.publish_time - 1,
        ..update
    };
    let ancient = PriceUpdate {
        publish_time: i64::MIN,
        ..update
    };
    for replayed in [update, other_price_same_time, older, ancient] {
        let price = world.post(&replayed);
        let receipt = world.refresh_from(SOL, price).expect("it succeeds");
        assert!(receipt.events::<PriceAccepted>().is_empty());
        assert!(receipt.events::<PriceRefused>().is_empty());
        assert_eq!(world.changed_since(&before), Vec::<String>::new());
    }
}

#[test]
fn an_order_takes_no_replay() {
    let (mut world, order) = waiting(|_| {});
    let update = determined(&world, &order);
    let price = world.post(&update);
    world.keeper().executes_on(&order, price).done();
    let second = world.alice().asks_long(sol(1)).order();
    world.chain.set_clock(second.execute_at);
    world
        .keeper()
        .executes_on(&second, price)
        .refused_with(PlimsollError::NotDeterminedUpdate);
}

#[test]
fn an_account_that_does_not_exist() {
    let (mut world, order) = waiting(|_| {});
    let nowhere = Address::new_from_array([77; 32]);
    let receipt = world.refresh_from(SOL, nowhere).expect("never reverts");
    let refused = receipt.event::<PriceRefused>();
    assert_eq!(refused.code, u32::from(PlimsollError::OracleOwner));
    world
        .keeper()
        .executes_on(&order, nowhere)
        .refused_with(PlimsollError::OracleOwner);
}
