//! `list_asset`.

use super::{anchor, world, world_with};
use plimsoll::events::AssetListed;
use plimsoll::instructions::AssetParams;
use plimsoll::state::{listed, oracle_kind};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::Measured;
use plimsoll_engine::size::size_slope_ceil;
use plimsoll_engine::volatility::Variance;
use plimsoll_tests::params::{fix_long, fix_short};
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::{PUSH_PROGRAM, RECEIVER_SECOND};
use plimsoll_tests::stake_pool::{SANCTUM_MULTI, SANCTUM_SINGLE, SPL};
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
    assert_eq!(asset.maintenance_long, fixed(given.floor.maintenance_long));
    assert_eq!(
        asset.maintenance_short,
        fixed(given.floor.maintenance_short)
    );
    assert_eq!(asset.initial_long, fixed(given.floor.initial_long));
    assert_eq!(asset.initial_short, fixed(given.floor.initial_short));
    assert_eq!(asset.discount_least, fixed(given.discount_least_ppm));
    assert_eq!(asset.discount_most, fixed(given.discount_most_ppm));
    assert_eq!((asset.max_age_risk, asset.max_age_other), (75, 90));
    assert_eq!((asset.decimals, asset.min_signatures), (9, 0));
    assert_eq!(asset.borrow_index, plimsoll_engine::index::Index::START.0);
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

/// A liquid-staking token of SOL.
fn staked(params: &mut AssetParams) {
    params.stake_pool = Address::new_from_array([4; 32]);
    params.stake_program = SPL;
    params.underlying = SOL;
}

#[test]
fn a_liquid_staking_token_names_pool_program_and_underlying() {
    let mut world = unlaunched();
    for (program, slot) in [SPL, SANCTUM_SINGLE, SANCTUM_MULTI].into_iter().zip(4..) {
        lists(&mut world, |params| {
            staked(params);
            params.stake_program = program;
        })
        .done();
        let model = world.book().models[slot];
        assert!(model.is_liquid_staking());
        assert_eq!(model.stake_pool, Address::new_from_array([4; 32]));
        assert_eq!((model.stake_program, model.underlying), (program, SOL));
        assert_eq!((model.redemption_rate, model.redemption_epoch), (0, 0));
    }
    assert!(!world.book().models[usize::from(SOL)].is_liquid_staking());
}

#[test]
fn a_stake_pool_is_of_a_known_program_and_an_underlying_of_the_same_decimals() {
    all_are_refused(
        &[
            |params| {
                staked(params);
                params.stake_program = Address::default();
            },
            |params| {
                staked(params);
                params.stake_program = PUSH_PROGRAM;
            },
            |params| {
                staked(params);
                params.decimals = 8;
            },
            |params| {
                staked(params);
                params.underlying = BTC;
            },
            // Without a pool nothing of one is named.
            |params| params.stake_program = SPL,
            |params| params.underlying = SOL,
        ],
        || PlimsollError::ParameterOutOfBounds,
    );
    all_are_refused(
        &[
            |params| {
                staked(params);
                params.underlying = 4;
            },
            |params| {
                staked(params);
                params.underlying = u8::MAX;
            },
        ],
        || PlimsollError::UnknownAsset,
    );
}

#[test]
fn no_liquid_staking_token_underlies_another() {
    let mut world = unlaunched();
    lists(&mut world, staked).done();
    lists(&mut world, |params| {
        staked(params);
        params.underlying = 4;
    })
    .refused_with(PlimsollError::ParameterOutOfBounds);
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
        |params| fix_long(params, 80_000, 100_000),
        |params| fix_long(params, 800_000, 1_000_000),
        |params| fix_long(params, 1, 2),
        |params| fix_short(params, 80_000, 100_000),
        |params| fix_short(params, 1_600_000, 2_000_000),
        |params| fix_long(params, 91_004, 113_755),
    ]);
}

#[test]
fn exactly_a_quarter_more_stays_a_quarter_more_on_chain() {
    let mut world = unlaunched();
    lists(&mut world, |params| {
        fix_long(params, 91_004, 113_755);
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
            |params| fix_long(params, 0, 126_000),
            |params| fix_short(params, 0, 144_100),
            |params| fix_long(params, 91_000, 113_749),
            |params| fix_short(params, 100_100, 125_124),
            |params| fix_long(params, 1, 1),
            |params| fix_long(params, 91_000, 1_000_001),
            |params| fix_short(params, 100_100, 2_000_001),
            |params| fix_long(params, 91_000, u32::MAX),
            |params| fix_short(params, 100_100, u32::MAX),
            |params| fix_long(params, u32::MAX, 126_000),
            |params| {
                fix_short(params, u32::MAX, u32::MAX);
            },
        ],
        || PlimsollError::RatesUnsound,
    );
}

/// The measured rates of SOL, 0.5% to 60%.
fn measured(params: &mut AssetParams) {
    let mut spec = Spec::default();
    spec.measured();
    *params = AssetParams {
        feed_id: [6; 32],
        ..spec.params(SOL).clone()
    };
}

#[test]
fn measured_rates_begin_where_the_start_variance_puts_them() {
    let mut world = unlaunched();
    lists(&mut world, measured).done();
    let (book, given) = (world.book(), params(&world, measured));
    let (asset, model) = (book.assets[4], book.models[4]);
    let terms = model.terms();
    assert_eq!(terms.floor, Variance::from_yearly_bps(8_000));
    assert_eq!(terms.stress, Variance::from_yearly_bps(22_000));
    let fixed = |ppm| Fixed::ratio(ppm, 1_000_000);
    assert_eq!(terms.bounds.floor.maintenance_long, fixed(5_000));
    assert_eq!(terms.bounds.cap.maintenance_short, fixed(1_200_000));
    assert_eq!(terms.bounds.cap.initial_long, fixed(750_000));
    let start = Variance::from_yearly_bps(11_000);
    let expected = Measured::starting(&terms, start, world.now()).expect("sound terms");
    assert_eq!(model.measured(), expected);
    // sigma² = 0.75 · 110%² + 0.25 · 220%²; 3.1 times its root over four hours.
    let yearly = (0.75 * 1.1f64.powi(2) + 0.25 * 2.2f64.powi(2)).sqrt();
    let m = 3.1 * yearly / 8_760f64.sqrt() * 2.0;
    let float = |raw: i64| raw as f64 / Fixed::ONE.0 as f64;
    assert!((float(asset.maintenance_long) + (-m).exp_m1()).abs() < 1e-12);
    assert!((float(asset.maintenance_short) - m.exp_m1()).abs() < 1e-12);
    // Nothing has been sampled yet, so initial rates are a quarter more.
    let m = m * 2f64.sqrt();
    assert!((float(asset.initial_long) + 1.25 * (-m).exp_m1()).abs() < 1e-12);
    let (slope, free) = size_slope_ceil(fixed(100_000), given.size_n0).expect("there is an n0");
    assert_eq!((asset.size_slope, asset.size_free), (slope, free));
    // 0.7 · sigma of a day over the root of 2e15 micro-dollars.
    let impact = 0.7 * yearly / 365f64.sqrt() / 2e15f64.sqrt() * 2f64.powi(64);
    assert!((asset.size_impact as f64 / impact - 1.0).abs() < 1e-8);
    assert_eq!(asset.deposit_share, Fixed::ONE.0);
}

#[test]
fn fixed_rates_are_those_given_whatever_is_measured() {
    let mut world = unlaunched();
    lists(&mut world, |params| params.volatility_start_bps = 100_000).done();
    let given = params(&world, |_| {});
    let asset = world.book().assets[4];
    assert_eq!(
        asset.initial_long,
        Fixed::ratio(given.cap.initial_long, 1_000_000).0
    );
    assert_eq!((asset.size_slope, asset.size_impact), (0, 0));
    assert_eq!(asset.size_free, u64::MAX);
}

#[test]
fn the_model_may_lie_on_its_bounds() {
    all_are_listed(&[
        |params| params.volatility_floor_bps = 1,
        |params| {
            params.volatility_floor_bps = 100_000;
            params.volatility_stress_bps = 100_000;
            params.volatility_start_bps = 100_000;
        },
        |params| (params.volatility_stress_bps, params.volatility_start_bps) = (8_000, 8_000),
        |params| (params.size_beta_ppm, params.size_n0) = (1_000_000, 1_000_000),
        |params| (params.size_beta_ppm, params.size_n0) = (0, 0),
        |params| params.daily_volume = u64::MAX,
        |params| params.cap = params.floor,
    ]);
}

#[test]
fn no_part_of_the_model_lies_outside_its_bounds() {
    all_are_refused(
        &[
            |params| params.volatility_floor_bps = 0,
            |params| params.volatility_stress_bps = 7_999,
            |params| params.volatility_start_bps = 7_999,
            |params| params.volatility_stress_bps = 100_001,
            |params| params.volatility_start_bps = 100_001,
            |params| params.size_beta_ppm = 1_000_001,
            |params| (params.size_beta_ppm, params.size_n0) = (1, 0),
        ],
        || PlimsollError::ParameterOutOfBounds,
    );
    all_are_refused(
        &[
            |params| params.floor.maintenance_long = params.cap.maintenance_long + 1,
            |params| params.cap.initial_short = params.floor.initial_short - 1,
            |params| params.cap.maintenance_long = 800_001,
            |params| params.cap.maintenance_short = 1_600_001,
            |params| params.floor.initial_long = 113_749,
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
