//! `list_asset`.

use super::{anchor, world, world_with};
use plimsoll::events::AssetListed;
use plimsoll::instructions::AssetParams;
use plimsoll::state::{listed, oracle_kind};
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::{PUSH_PROGRAM, RECEIVER_SECOND};
use solana_address::Address;

/// Four assets are listed, nothing is launched.
fn unlaunched() -> World<BankChain> {
    world_with(|spec| spec.launch = false)
}

/// SOL's parameters with a change.
fn params(world: &World<BankChain>, change: impl FnOnce(&mut AssetParams)) -> AssetParams {
    let mut params = world.spec.assets[usize::from(SOL)].params.clone();
    change(&mut params);
    params
}

/// The authority lists one more asset.
fn lists<'w>(
    world: &'w mut World<BankChain>,
    change: impl FnOnce(&mut AssetParams),
) -> Actor<'w, BankChain> {
    let params = params(world, change);
    let list = call(world.list_asset_accounts(), ix::ListAsset { params });
    world.actor("authority").does(&[list])
}

type Change = fn(&mut AssetParams);

fn all_are_refused(changes: &[Change], error: fn() -> PlimsollError) {
    let mut world = unlaunched();
    for change in changes {
        lists(&mut world, change).refused_with(error());
        assert_eq!(world.book().asset_count, 4);
    }
}

fn all_are_listed(changes: &[Change]) {
    let mut world = unlaunched();
    for (change, count) in changes.iter().zip(5..) {
        lists(&mut world, change).done();
        assert_eq!(world.book().asset_count, count);
    }
}

#[test]
fn an_asset_takes_the_next_slot_with_what_was_given() {
    let mut world = unlaunched();
    let receipt = lists(&mut world, |params| params.feed_id = [5; 32]).done();
    let told = receipt.event::<AssetListed>();
    assert_eq!(
        (told.book, told.slot, told.feed_id),
        (world.keys.book, 4, [5; 32])
    );
    let (book, given) = (world.book(), params(&world, |_| {}));
    let asset = book.listed_asset(4).expect("it is listed");
    let fixed = |ppm| Fixed::ratio(ppm, 1_000_000).0;
    assert_eq!(asset.listed, listed::ASSET);
    assert_eq!(
        (asset.feed_id, asset.oracle_kind),
        ([5; 32], oracle_kind::PULL)
    );
    assert_eq!(asset.oracle_program, given.oracle_program);
    assert_eq!(asset.oracle_account, Address::default());
    assert_eq!(asset.max_confidence, fixed(given.max_confidence_ppm));
    assert_eq!(asset.maintenance_long, fixed(given.maintenance_long_ppm));
    assert_eq!(asset.maintenance_short, fixed(given.maintenance_short_ppm));
    assert_eq!(asset.initial_long, fixed(given.initial_long_ppm));
    assert_eq!(asset.initial_short, fixed(given.initial_short_ppm));
    assert_eq!(asset.discount_least, fixed(given.discount_least_ppm));
    assert_eq!(asset.discount_most, fixed(given.discount_most_ppm));
    assert_eq!((asset.max_age_risk, asset.max_age_other), (75, 90));
    assert_eq!((asset.decimals, asset.min_signatures), (9, 0));
    assert_eq!(asset.borrow_index, Fixed::ONE.0);
    assert_eq!((asset.spot, asset.publish_time), (0, 0), "no price yet");
}

#[test]
fn listing_touches_no_other_asset() {
    let mut world = unlaunched();
    let before = world.book();
    lists(&mut world, |_| {}).done();
    let after = world.book();
    for slot in 0..4 {
        assert_eq!(
            bytemuck::bytes_of(&before.assets[slot]),
            bytemuck::bytes_of(&after.assets[slot])
        );
    }
    assert_eq!(after.quote_slot, before.quote_slot);
}

#[test]
fn a_thirty_third_asset_finds_no_slot() {
    let mut world = world_with(|spec| {
        spec.fill_up_to(32);
        for asset in &mut spec.assets[1..] {
            (asset.bank, asset.market) = (None, None);
        }
        spec.launch = false;
    });
    assert_eq!(world.book().asset_count, 32);
    lists(&mut world, |_| {}).refused_with(PlimsollError::BookFull);
}

#[test]
fn limits_may_lie_on_their_bounds() {
    all_are_listed(&[
        |params| params.decimals = 0,
        |params| params.decimals = 12,
        |params| params.max_confidence_ppm = 1,
        |params| params.max_confidence_ppm = 50_000,
        |params| (params.max_age_risk, params.max_age_other) = (60, 60),
        |params| (params.max_age_risk, params.max_age_other) = (600, 600),
        |params| (params.discount_least_ppm, params.discount_most_ppm) = (0, 0),
        |params| (params.discount_least_ppm, params.discount_most_ppm) = (200_000, 200_000),
        |params| params.min_signatures = u8::MAX,
    ]);
}

#[test]
fn no_limit_lies_outside_its_bounds() {
    all_are_refused(
        &[
            |params| params.max_confidence_ppm = 0,
            |params| params.max_confidence_ppm = 50_001,
            |params| params.max_age_risk = 59,
            |params| (params.max_age_risk, params.max_age_other) = (91, 90),
            |params| params.max_age_other = 601,
            |params| params.max_age_other = u32::MAX,
            |params| (params.discount_least_ppm, params.discount_most_ppm) = (10_001, 10_000),
            |params| params.discount_most_ppm = 200_001,
        ],
        || PlimsollError::ParameterOutOfBounds,
    );
    all_are_refused(
        &[
            |params| params.decimals = 13,
            |params| params.decimals = u8::MAX,
        ],
        || PlimsollError::DecimalsOutOfRange,
    );
}

#[test]
fn either_receiver_and_any_push_program_may_be_listed() {
    all_are_listed(&[
        |params| params.oracle_program = RECEIVER_SECOND,
        |params| {
            params.oracle_kind = oracle_kind::PUSH;
            params.oracle_program = PUSH_PROGRAM;
            params.oracle_account = Address::new_from_array([3; 32]);
        },
    ]);
}

#[test]
fn a_feed_is_named_as_its_kind_asks() {
    all_are_refused(
        &[
            |params| params.oracle_kind = 0,
            |params| params.oracle_kind = 3,
            |params| params.oracle_program = PUSH_PROGRAM,
            |params| params.oracle_program = Address::default(),
            |params| params.oracle_account = Address::new_from_array([3; 32]),
            |params| {
                params.oracle_kind = oracle_kind::PUSH;
                params.oracle_program = PUSH_PROGRAM;
            },
            |params| {
                params.oracle_kind = oracle_kind::PUSH;
                params.oracle_program = Address::default();
                params.oracle_account = Address::new_from_array([3; 32]);
            },
        ],
        || PlimsollError::ParameterOutOfBounds,
    );
}

#[test]
fn rates_may_lie_on_their_bounds() {
    all_are_listed(&[
        |params| (params.maintenance_long_ppm, params.initial_long_ppm) = (80_000, 100_000),
        |params| (params.maintenance_long_ppm, params.initial_long_ppm) = (800_000, 1_000_000),
        |params| (params.maintenance_long_ppm, params.initial_long_ppm) = (1, 2),
        |params| (params.maintenance_short_ppm, params.initial_short_ppm) = (80_000, 100_000),
        |params| (params.maintenance_short_ppm, params.initial_short_ppm) = (1_600_000, 2_000_000),
        |params| (params.maintenance_long_ppm, params.initial_long_ppm) = (91_004, 113_755),
    ]);
}

#[test]
fn exactly_a_quarter_more_stays_a_quarter_more_on_chain() {
    let mut world = unlaunched();
    lists(&mut world, |params| {
        (params.maintenance_long_ppm, params.initial_long_ppm) = (91_004, 113_755);
    })
    .done();
    let asset = world.book().assets[4];
    let rates = asset.rates();
    assert!(rates.are_sound().expect("it can be computed"));
    let (least, given) = (asset.maintenance_long, Fixed::ratio(113_755, 1_000_000).0);
    assert!(asset.initial_long * 4 >= least * 5 && asset.initial_long - given <= 2);
}

#[test]
fn no_rate_is_unsound() {
    all_are_refused(
        &[
            |params| params.maintenance_long_ppm = 0,
            |params| params.maintenance_short_ppm = 0,
            |params| params.initial_long_ppm = 113_749,
            |params| params.initial_short_ppm = 125_124,
            |params| (params.maintenance_long_ppm, params.initial_long_ppm) = (1, 1),
            |params| params.initial_long_ppm = 1_000_001,
            |params| params.initial_short_ppm = 2_000_001,
            |params| params.initial_long_ppm = u32::MAX,
            |params| params.initial_short_ppm = u32::MAX,
            |params| params.maintenance_long_ppm = u32::MAX,
            |params| {
                (params.maintenance_short_ppm, params.initial_short_ppm) = (u32::MAX, u32::MAX);
            },
        ],
        || PlimsollError::RatesUnsound,
    );
}

#[test]
fn only_the_authority_lists() {
    let mut world = unlaunched();
    let params = params(&world, |_| {});
    let accounts = ax::ListAsset {
        authority: key_of("mallory"),
        ..world.list_asset_accounts()
    };
    let list = call(
        accounts,
        ix::ListAsset {
            params: params.clone(),
        },
    );
    world
        .mallory()
        .does(&[list])
        .refused_with(PlimsollError::NotAuthority);
    let mut unsigned = call(world.list_asset_accounts(), ix::ListAsset { params });
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the authority must sign");
}

#[test]
fn nothing_is_listed_after_launch() {
    lists(&mut world(), |_| {}).refused_with(PlimsollError::AlreadyLaunched);
}

#[test]
fn exchange_and_book_belong_together() {
    let mut world = unlaunched();
    let params = params(&world, |_| {});
    let keys = world.keys;
    // A copy of the book, an exchange of another name, a book bound to another exchange.
    let book = world.forge(&keys.book, |_| {});
    let exchange = world.forge(&keys.exchange, |_| {});
    for (exchange, book) in [(keys.exchange, book), (exchange, keys.book)] {
        let accounts = ax::ListAsset {
            exchange,
            book,
            ..world.list_asset_accounts()
        };
        let list = call(
            accounts,
            ix::ListAsset {
                params: params.clone(),
            },
        );
        world
            .actor("authority")
            .does(&[list])
            .refused_with(PlimsollError::WrongBook);
    }
    let accounts = ax::ListAsset {
        exchange: keys.book,
        ..world.list_asset_accounts()
    };
    let list = call(accounts, ix::ListAsset { params });
    world
        .actor("authority")
        .does(&[list])
        .refused_with_code(anchor::WRONG_TYPE, "a book is no exchange");
}
