//! `refresh` of a liquid-staking token: what its market pays or what its stake pool redeems, whichever is
//! less. JitoSOL redeems for 1.2 SOL of 150 dollars each: 180 dollars.

use super::world_with;
use plimsoll::events::{PriceAccepted, PriceRefused, RiskSampled};
use plimsoll::state::{listed, AssetModel, AssetSlot};
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::params::hash;
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::PUSH_PROGRAM;
use plimsoll_tests::stake_pool::{LEAST_BYTES, SANCTUM_MULTI, SANCTUM_SINGLE, VALIDATOR_LIST};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

const HOUR: i64 = 3_600;

/// JitoSOL is listed, and no price has a confidence worth naming.
fn world() -> World<BankChain> {
    world_with(|spec| {
        spec.with_liquid_staking();
        spec.frictionless();
    })
}

/// The same; Alice holds 10 JitoSOL and Bob 10,000 dollars.
fn inhabited() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(jitosol(10)).done();
    world.bob().deposits(usdc(10_000)).done();
    world.tick();
    world
}

fn slot(world: &World<BankChain>, slot: u8) -> AssetSlot {
    world.book().assets[usize::from(slot)]
}

fn model(world: &World<BankChain>) -> AssetModel {
    world.book().models[usize::from(JITOSOL)]
}

/// Dollars per JitoSOL that a price of the book means.
fn dollars(world: &World<BankChain>, side: fn(&AssetSlot) -> u64) -> f64 {
    let asset = slot(world, JITOSOL);
    let value = asset.band().value_floor(1_000_000_000, side(&asset));
    value.expect("small") as f64 / 1e6
}

fn is_worth(world: &World<BankChain>, expected: f64) {
    let spot = dollars(world, |asset| asset.spot);
    assert!((spot - expected).abs() < 2e-6, "{spot} for {expected}");
}

/// JitoSOL alone publishes a second later, and the book is offered it.
fn offered(world: &mut World<BankChain>, report: impl Into<Report>) -> Receipt {
    world.advance(1);
    world.publish(JITOSOL, report);
    world.refresh_slots(&[JITOSOL]).expect("no batch fails")
}

fn is_refused(world: &mut World<BankChain>, error: PlimsollError) {
    let before = (slot(world, JITOSOL), model(world));
    let told = offered(world, 181.0).event::<PriceRefused>();
    assert_eq!((told.book, told.slot), (world.keys.book, JITOSOL));
    assert_eq!(told.code, u32::from(error));
    let after = (slot(world, JITOSOL), model(world));
    assert_eq!(bytes_of(&before), bytes_of(&after), "the old price stays");
}

fn bytes_of(both: &(AssetSlot, AssetModel)) -> (&[u8], &[u8]) {
    (bytemuck::bytes_of(&both.0), bytemuck::bytes_of(&both.1))
}

fn is_accepted(world: &mut World<BankChain>) {
    let told = offered(world, 181.0).event::<PriceAccepted>();
    assert_eq!((told.slot, told.publish_time), (JITOSOL, world.now()));
}

fn refresh(world: &World<BankChain>, slots: &[u8], accounts: Vec<AccountMeta>) -> Instruction {
    let args = ix::Refresh {
        slots: slots.to_vec(),
    };
    call_with(world.refresh_accounts(), args, accounts)
}

#[test]
fn a_token_that_trades_at_redemption_is_worth_that() {
    let mut world = inhabited();
    is_worth(&world, 180.0);
    let health = world.assess("alice");
    assert!(health.maintenance_equity.abs_diff(usd(1_800)) <= 1);
    assert!(health.initial_equity.abs_diff(usd(1_800)) <= 1);
    // 9.555% and 13.23%: 5% of themselves more than SOL's.
    assert!(health.maintenance_requirement.abs_diff(usd(171.99)) <= 1);
    assert!(health.initial_requirement.abs_diff(usd(238.14)) <= 1);
}

#[test]
fn below_redemption_it_is_worth_what_the_market_pays() {
    let mut world = inhabited();
    // A tenth below what the pool redeems.
    world.price(JITOSOL, 162.0);
    is_worth(&world, 162.0);
    let health = world.assess("alice");
    assert!(health.maintenance_equity.abs_diff(usd(1_620)) <= 1);
    assert!(health.initial_equity.abs_diff(usd(1_620)) <= 1);
}

#[test]
fn a_pumped_market_lifts_no_collateral() {
    let mut world = inhabited();
    for pumped in [181.0, 198.0, 250.0, 359.0] {
        world.price(JITOSOL, pumped);
        is_worth(&world, 180.0);
        let health = world.assess("alice");
        assert!(health.maintenance_equity.abs_diff(usd(1_800)) <= 1);
        assert!(health.initial_equity.abs_diff(usd(1_800)) <= 1);
        assert!(health.maintenance_requirement.abs_diff(usd(171.99)) <= 1);
    }
    // Nor does it let anybody take out more than before.
    world.alice().longs(sol(40)).done();
    world.price(JITOSOL, Report::at(250.0).ema(180.0));
    world
        .alice()
        .withdraws(jitosol(6))
        .refused_with(PlimsollError::BelowInitial);
}

#[test]
fn it_falls_with_its_underlying_however_its_own_market_lags() {
    let mut world = inhabited();
    world.price(SOL, 120.0);
    is_worth(&world, 144.0);
    assert!(
        world
            .assess("alice")
            .maintenance_equity
            .abs_diff(usd(1_440))
            <= 1
    );
}

#[test]
fn it_falls_when_its_pool_redeems_less() {
    let mut world = inhabited();
    world.redeems(JITOSOL, 1.1);
    world.tick();
    is_worth(&world, 165.0);
    world.redeems(JITOSOL, 1.3);
    world.tick();
    is_worth(&world, 180.0);
}

#[test]
fn what_is_owed_in_it_is_owed_at_the_markets_price() {
    let mut world = inhabited();
    world.alice().lends(JITOSOL).done();
    world.bob().borrows(jitosol(5)).done();
    world.tick();
    let before = world.assess("bob");
    // Half as much again: five JitoSOL cost 450 dollars more than they redeem for.
    world.price(JITOSOL, 270.0);
    is_worth(&world, 180.0);
    let after = world.assess("bob");
    let (initial, maintenance) = (
        before.initial_equity - after.initial_equity,
        before.maintenance_equity - after.maintenance_equity,
    );
    assert!(initial.abs_diff(usd(450)) < 100, "{initial}");
    assert!(maintenance.abs_diff(usd(450)) < 100, "{maintenance}");
    // A wide report or a high mean raises the debt as with any asset.
    world.price(JITOSOL, Report::at(270.0).conf(2.0).ema(280.0));
    for (side, expected) in [
        ((|asset| asset.spot) as fn(&AssetSlot) -> u64, 180.0),
        (|asset| asset.asset_initial, 180.0),
        (|asset| asset.liability_initial, 280.0),
        (|asset| asset.liability_maintenance, 272.0),
        (|asset| asset.confidence, 2.0),
        (|asset| asset.ema, 280.0),
    ] {
        let found = dollars(&world, side);
        assert!((found - expected).abs() < 2e-6, "{found} for {expected}");
    }
}

#[test]
fn initially_it_is_worth_the_less_of_both_initial_prices() {
    let mut world = inhabited();
    let initially = |world: &World<BankChain>| dollars(world, |asset| asset.asset_initial);
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 2e-6, "{found}");
    // Of its own feed.
    world.price(JITOSOL, Report::at(180.0).conf(2.0));
    near(initially(&world), 178.0);
    world.price(JITOSOL, Report::at(180.0).ema(170.0));
    near(initially(&world), 170.0);
    // Of its underlying's: 1.2 times 148.6, and the width of SOL does not make it unpriceable.
    world.prices(&[
        (JITOSOL, Report::at(180.0)),
        (SOL, Report::at(150.0).conf(1.4)),
    ]);
    near(initially(&world), 178.32);
    world.price(SOL, Report::at(150.0).conf(20.0));
    near(initially(&world), 156.0);
    is_worth(&world, 180.0);
    assert!(!slot(&world, JITOSOL).has(listed::WIDE));
}

#[test]
fn breakers_compare_what_it_counts_for_with_its_own_feed() {
    let mut world = inhabited();
    let withdraws = |world: &mut World<BankChain>, report: Report| {
        world.price(JITOSOL, report);
        let outcome = world.alice().longs(sol(1)).withdraws(jitosol(1)).outcome();
        outcome.map_err(|failure| failure.code)
    };
    let breaker = Some(u32::from(PlimsollError::BreakerActive));
    // A sudden pump neither lifts nor stops; one that has lasted stops.
    assert!(withdraws(&mut world, Report::at(210.0).ema(180.0)).is_ok());
    let outcome = withdraws(&mut world, Report::at(210.0).ema(205.0));
    assert_eq!(outcome.expect_err("12% above"), breaker);
    // 2.7 dollars are 1.5% of 180 and less of 210.
    let outcome = withdraws(&mut world, Report::at(210.0).conf(2.71).ema(180.0));
    assert_eq!(outcome.expect_err("too wide"), breaker);
    assert!(withdraws(&mut world, Report::at(210.0).conf(2.69).ema(180.0)).is_ok());
    // A depeg away from the mean stops as with any asset.
    let outcome = withdraws(&mut world, Report::at(162.0).ema(181.0));
    assert_eq!(outcome.expect_err("10.5% below"), breaker);
}

#[test]
fn a_market_beyond_twice_its_redemption_may_be_refused_and_beyond_four_times_is() {
    let mut world = world();
    world.price(JITOSOL, 359.0);
    is_worth(&world, 180.0);
    let told = offered(&mut world, 721.0).event::<PriceRefused>();
    assert_eq!(told.code, u32::from(PlimsollError::PriceOutOfRange));
    is_worth(&world, 180.0);
}

#[test]
fn the_book_keeps_the_rate_and_its_epoch() {
    let mut world = world();
    world.chain.set_epoch(700);
    world.redeems(JITOSOL, 1.25);
    assert!(offered(&mut world, 200.0)
        .events::<PriceRefused>()
        .is_empty());
    let kept = model(&world);
    assert_eq!(
        (kept.redemption_rate, kept.redemption_epoch),
        (Fixed::ratio(5, 4).0, 700)
    );
    is_worth(&world, 187.5);
    // A price that is passed over brings no rate either.
    world.redeems(JITOSOL, 1.3);
    world.refresh_slots(&[JITOSOL]).expect("nothing is new");
    assert_eq!(model(&world).redemption_rate, kept.redemption_rate);
}

#[test]
fn a_rate_of_this_epoch_or_the_last_is_fresh() {
    let mut world = world();
    for epoch in [0, 1, 2, 850] {
        world.chain.set_epoch(epoch);
        for updated in [epoch.saturating_sub(1), epoch] {
            let pool = world.stake_pool(JITOSOL);
            let epoch = updated;
            world.publish_pool(JITOSOL, StakePool { epoch, ..pool });
            is_accepted(&mut world);
            assert_eq!(model(&world).redemption_epoch, updated);
        }
    }
    for epoch in [0, 1, 2, 848] {
        let pool = world.stake_pool(JITOSOL);
        world.publish_pool(JITOSOL, StakePool { epoch, ..pool });
        is_refused(&mut world, PlimsollError::RedemptionStale);
    }
}

#[test]
fn without_a_fresh_rate_its_price_ages_as_that_of_a_dead_feed() {
    let mut world = inhabited();
    world.chain.set_epoch(2);
    let expected = |world: &mut World<BankChain>, initial: i64, maintenance: i64| {
        let health = world.assess("alice");
        assert!(health.initial_equity.abs_diff(initial) <= 1);
        assert!(health.maintenance_equity.abs_diff(maintenance) <= 1);
    };
    world.advance(90);
    world.tick();
    expected(&mut world, usd(1_800), usd(1_800));
    world.advance(1);
    world.tick();
    expected(&mut world, 0, usd(1_800));
    world.redeems(JITOSOL, 1.2);
    world.tick();
    expected(&mut world, usd(1_800), usd(1_800));
}

/// Each as a pool that is none, from the one that is listed.
fn all_are_refused(changes: &[fn(&mut StakePool)]) {
    let mut world = world();
    let good = world.stake_pool(JITOSOL);
    for change in changes {
        let mut broken = good;
        change(&mut broken);
        world.publish_pool(JITOSOL, broken);
        is_refused(&mut world, PlimsollError::StakePool);
    }
    world.publish_pool(JITOSOL, good);
    is_accepted(&mut world);
}

#[test]
fn the_pools_program_is_the_listed_one() {
    all_are_refused(&[
        |pool| pool.owner = SANCTUM_SINGLE,
        |pool| pool.owner = SANCTUM_MULTI,
        |pool| pool.owner = PUSH_PROGRAM,
        |pool| pool.owner = plimsoll::ID,
        |pool| pool.owner = Address::default(),
    ]);
}

#[test]
fn the_account_is_a_stake_pool() {
    all_are_refused(&[
        |pool| pool.kind = 0,
        |pool| pool.kind = VALIDATOR_LIST,
        |pool| pool.kind = u8::MAX,
        |pool| pool.bytes = 0,
        |pool| pool.bytes = 1,
        |pool| pool.bytes = LEAST_BYTES - 1,
    ]);
    let mut world = world();
    let pool = world.stake_pool(JITOSOL);
    let bytes = LEAST_BYTES;
    world.publish_pool(JITOSOL, StakePool { bytes, ..pool });
    is_accepted(&mut world);
}

#[test]
fn a_pool_without_tokens_or_lamports_redeems_nothing() {
    all_are_refused(&[
        |pool| pool.supply = 0,
        |pool| pool.held = 0,
        |pool| (pool.held, pool.supply) = (0, 0),
        // Less than 2^-48 and more than 2^15 of SOL.
        |pool| (pool.held, pool.supply) = (1, u64::MAX),
        |pool| (pool.held, pool.supply) = (u64::MAX, 1),
    ]);
}

#[test]
fn another_pool_of_the_same_program_is_not_its_pool() {
    let mut world = world();
    let elsewhere = Address::new_from_array(hash("a richer pool"));
    let richer = StakePool::redeeming(1.5);
    world.chain.set_account(elsewhere, richer.account());
    world.advance(1);
    world.publish(JITOSOL, 225.0);
    let price = world.feed_accounts(&[JITOSOL])[0].clone();
    for pool in [elsewhere, key_of("mallory"), world.keys.book, price.pubkey] {
        let accounts = vec![price.clone(), meta(pool, false)];
        let batch = refresh(&world, &[JITOSOL], accounts);
        let receipt = world.keeper().does(&[batch]).done();
        let told = receipt.event::<PriceRefused>();
        assert_eq!(told.code, u32::from(PlimsollError::StakePool));
        is_worth(&world, 180.0);
    }
}

#[test]
fn a_pool_that_is_gone_redeems_nothing() {
    let mut world = world();
    let (key, _) = world.asset(JITOSOL).stake_pool.expect("it has one");
    world.chain.set_account(key, Account::default());
    is_refused(&mut world, PlimsollError::StakePool);
}

#[test]
fn the_underlyings_price_is_at_most_as_old_as_it_may_be_elsewhere() {
    let mut world = world();
    // 89 seconds and one more: the limit of SOL.
    world.advance(89);
    is_accepted(&mut world);
    is_refused(&mut world, PlimsollError::PriceStale);
    world.advance(100_000);
    is_refused(&mut world, PlimsollError::PriceStale);
    // In one batch with its underlying, before or behind it.
    world.tick();
    is_accepted(&mut world);
    world.advance(200);
    world.publish_all();
    let receipt = world.refresh_slots(&[JITOSOL, SOL]).expect("refreshed");
    assert_eq!(receipt.event::<PriceRefused>().slot, JITOSOL);
    let receipt = world.refresh_slots(&[SOL, JITOSOL]).expect("refreshed");
    assert_eq!(receipt.event::<PriceAccepted>().slot, JITOSOL);
}

#[test]
fn an_underlying_without_a_price_values_nothing() {
    let mut world = world_with(|spec| {
        spec.with_liquid_staking();
        spec.launch = false;
    });
    let lists = |world: &mut World<BankChain>, params| {
        let list = call(world.list_asset_accounts(), ix::ListAsset { params });
        world.actor("authority").does(&[list]).done();
    };
    let (mut other_sol, mut staked) = (
        world.spec.params(SOL).clone(),
        world.spec.params(JITOSOL).clone(),
    );
    other_sol.feed_id = hash("a feed that never spoke");
    staked.underlying = 5;
    lists(&mut world, other_sol);
    lists(&mut world, staked);
    let batch = refresh(&world, &[6], world.feed_accounts(&[JITOSOL]));
    let told = world.keeper().does(&[batch]).done().event::<PriceRefused>();
    assert_eq!(
        (told.slot, told.code),
        (6, u32::from(PlimsollError::PriceMissing))
    );
    assert_eq!(slot(&world, 6).spot, 0);
}

#[test]
fn a_broken_pool_stops_no_other_slot() {
    let mut world = world();
    let pool = world.stake_pool(JITOSOL);
    world.publish_pool(JITOSOL, StakePool { supply: 0, ..pool });
    world.advance(5);
    world.publish_all();
    let slots = [USDC, JITOSOL, SOL, BTC];
    let receipt = world.refresh_slots(&slots).expect("refreshed");
    assert_eq!(receipt.event::<PriceRefused>().slot, JITOSOL);
    let accepted: Vec<u8> = receipt
        .events::<PriceAccepted>()
        .iter()
        .map(|told| told.slot)
        .collect();
    assert_eq!(accepted, [USDC, SOL, BTC]);
}

#[test]
fn its_slot_comes_with_two_accounts() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let feed = |slot: u8| world.feed_accounts(&[slot])[0].clone();
    let pool = world.stake_pool_account(JITOSOL).expect("it has a pool");
    let (jitosol, sol) = (feed(JITOSOL), feed(SOL));
    let wrong: [(&[u8], Vec<AccountMeta>); 6] = [
        (&[JITOSOL], vec![]),
        (&[JITOSOL], vec![jitosol.clone()]),
        (
            &[JITOSOL],
            vec![jitosol.clone(), pool.clone(), pool.clone()],
        ),
        (&[JITOSOL, SOL], vec![jitosol.clone(), sol.clone()]),
        (&[SOL, JITOSOL], vec![sol.clone(), jitosol.clone()]),
        (&[SOL], vec![sol.clone(), pool.clone()]),
    ];
    for (slots, accounts) in wrong {
        let batch = refresh(&world, slots, accounts);
        world
            .keeper()
            .does(&[batch])
            .refused_with(PlimsollError::PriceAccountCount);
    }
    // The right number in the wrong order is refused slot by slot.
    let crossed = refresh(&world, &[JITOSOL, SOL], vec![pool, jitosol, sol]);
    let receipt = world.keeper().does(&[crossed]).done();
    let told = receipt.event::<PriceRefused>();
    assert_eq!(
        (told.slot, told.code),
        (JITOSOL, u32::from(PlimsollError::OracleOwner))
    );
    assert_eq!(receipt.event::<PriceAccepted>().slot, SOL);
}

#[test]
fn the_same_token_twice_brings_its_pool_twice() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let slots = [JITOSOL, JITOSOL];
    let receipt = world.refresh_slots(&slots).expect("refreshed");
    assert_eq!(receipt.events::<PriceAccepted>().len(), 1);
}

/// Hours of the risk model with a market that pays these prices at the end of each.
fn sampled(prices: [f64; 3]) -> (AssetModel, usize) {
    let mut world = world_with(|spec| {
        spec.measured();
        spec.with_liquid_staking();
        spec.frictionless();
    });
    let mut samples = 0;
    for price in prices {
        world.advance(HOUR);
        world.asset_mut(JITOSOL).feed.report = Report::at(price);
        world.publish_all();
        let receipt = world.refresh_slots(&[SOL, JITOSOL]).expect("refreshed");
        let told = receipt.events::<RiskSampled>();
        samples += told.iter().filter(|told| told.slot == JITOSOL).count();
    }
    (model(&world), samples)
}

#[test]
fn its_volatility_is_that_of_what_it_counts_for() {
    let (calm, samples) = sampled([180.0; 3]);
    assert_eq!(samples, 2);
    let (pumped, _) = sampled([180.0, 240.0, 300.0]);
    assert_eq!(pumped.measured(), calm.measured(), "a pump raises no rate");
    let (depegged, _) = sampled([180.0, 162.0, 150.0]);
    assert!(depegged.measured_variance > calm.measured_variance);
    assert!(depegged.fast_variance > calm.fast_variance);
}

#[test]
fn a_depeg_can_be_liquidated_at_the_markets_price() {
    let mut world = inhabited();
    world.alice().longs(sol(70)).done();
    world.keeper().deposits(usdc(20_000)).done();
    // SOL falls by 5%, JitoSOL by a quarter.
    world.prices(&[(SOL, Report::at(142.5)), (JITOSOL, Report::at(135.0))]);
    assert!(world.assess("alice").state >= 3);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL), collateral_leg(JITOSOL)])
        .done();
    assert!(world.held("alice", JITOSOL) < 10_000_000_000);
}
