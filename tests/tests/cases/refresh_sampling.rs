//! `refresh`: what prices make of volatility, ramps, rates and correlations (F-2, F-3, F-4, F-6).

use super::world_with;
use core::mem::{offset_of, size_of};
use plimsoll::events::{ModelRefused, PriceAccepted, RiskSampled};
use plimsoll::state::{AssetModel, AssetSlot, RiskBook};
use plimsoll_engine::correlation::{pair_index, Pair, LEAST_SAMPLES};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::volatility::Variance;
use plimsoll_tests::prelude::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn measured() -> World<BankChain> {
    world_with(|spec| spec.measured())
}

fn slot(world: &World<BankChain>, slot: u8) -> AssetSlot {
    world.book().assets[usize::from(slot)]
}

fn model(world: &World<BankChain>, slot: u8) -> AssetModel {
    world.book().models[usize::from(slot)]
}

fn pair(world: &World<BankChain>, a: u8, b: u8) -> Pair {
    world.book().pairs[pair_index(a, b).expect("a pair")].pair()
}

fn float(fixed: i64) -> f64 {
    fixed as f64 / Fixed::ONE.0 as f64
}

/// SOL publishes so many seconds later, and the book takes it.
fn later(world: &mut World<BankChain>, seconds: i64, price: impl Into<Report>) -> Receipt {
    world.advance(seconds);
    world.publish(SOL, price);
    refreshed(world)
}

fn refreshed(world: &mut World<BankChain>) -> Receipt {
    world.refresh_slots(&[SOL]).expect("refreshed")
}

/// Two hours have turned at 150 dollars: a return of nothing has entered.
fn sampled() -> World<BankChain> {
    let mut world = measured();
    later(&mut world, HOUR, 150.0);
    later(&mut world, HOUR, 150.0);
    assert_eq!(model(&world, SOL).samples, 1);
    world
}

/// The deviation per √hour of the volatility, blended with stress, by its definition.
fn blended(model: &AssetModel) -> f64 {
    let variance = |raw: u64| raw as f64 / Variance::MAX.0 as f64;
    let fast = variance(model.fast_variance).max(variance(model.slow_variance));
    let blend = 0.75 * fast + 0.25 * variance(model.variance_stress);
    blend.max(variance(model.variance_floor)).sqrt()
}

#[test]
fn an_hour_turns_and_its_sample_enters() {
    let mut world = measured();
    let first = world.now().div_euclid(HOUR);
    let before = model(&world, SOL);
    assert_eq!((before.samples, before.sample_price), (0, 0));
    // The hour in which the world was made ends: a price to compare with, and no return yet.
    let receipt = later(&mut world, HOUR, 153.0);
    assert!(receipt.events::<RiskSampled>().is_empty());
    assert_eq!(model(&world, SOL).sample_hour, first);
    // Within the hour nothing more.
    let receipt = later(&mut world, 60, 153.0);
    assert!(receipt.events::<RiskSampled>().is_empty());
    assert_eq!(model(&world, SOL).samples, 0);

    let told = later(&mut world, HOUR, 160.0).event::<RiskSampled>();
    assert_eq!((told.book, told.slot), (world.keys.book, SOL));
    assert_eq!((told.hour, told.hours), (first + 1, 1));
    let change = (153.0f64 / 150.0).ln();
    assert!((float(told.deviation) - change).abs() < 1e-9);
    let after = model(&world, SOL);
    let entered = |before: u64, half_life: f64| {
        let left = (-1.0 / half_life).exp2();
        before as f64 * left + change.powi(2) * Variance::MAX.0 as f64 * (1.0 - left)
    };
    assert_eq!(before.measured_variance, 0);
    // Without a start the rounding of the decay to 2^-32 weighs more.
    for (now, expected, most) in [
        (
            after.fast_variance,
            entered(before.fast_variance, 24.0),
            1e-8,
        ),
        (
            after.slow_variance,
            entered(before.slow_variance, 168.0),
            1e-8,
        ),
        (after.measured_variance, entered(0, 168.0), 1e-7),
    ] {
        assert!(
            (now as f64 / expected - 1.0).abs() < most,
            "{now} {expected}"
        );
    }
    // The targets are those of the new variance, and told.
    let deviation = blended(&after);
    assert!((float(told.target_deviation) / deviation - 1.0).abs() < 1e-9);
    let m = 3.1 * deviation * 2.0;
    assert!((float(told.maintenance_long) + (-m).exp_m1()).abs() < 1e-9);
    assert!((float(told.maintenance_short) - m.exp_m1()).abs() < 1e-9);
    let m = m * 2f64.sqrt();
    assert!((float(told.initial_long) + (-m).exp_m1()).abs() < 1e-9);
    assert!((float(told.initial_short) - m.exp_m1()).abs() < 1e-9);
    // What the asset needs now is no longer a quarter more for want of samples.
    let asset = slot(&world, SOL);
    assert_eq!(asset.initial_long, told.initial_long);
    let measured = after.measured_variance as f64 / Variance::MAX.0 as f64;
    assert!((float(after.measured_deviation) / measured.sqrt() - 1.0).abs() < 1e-9);
}

#[test]
fn an_hours_sample_is_the_mean_of_its_last_ten_minutes() {
    let mut world = measured();
    let into = world.now().rem_euclid(HOUR);
    later(&mut world, HOUR - into + 3_000, 150.0);
    later(&mut world, 300, 160.0);
    later(&mut world, 150, 170.0);
    later(&mut world, HOUR, 150.0);
    let unit = model(&world, SOL).last_price as f64 / 150.0;
    let mean = (300.0 * 150.0 + 150.0 * 160.0 + 150.0 * 170.0) / 600.0;
    let sample = model(&world, SOL).sample_price as f64 / unit;
    assert!((sample / mean - 1.0).abs() < 1e-9, "{sample} {mean}");
}

#[test]
fn a_crash_raises_the_target_at_once_and_maintenance_by_its_ramp() {
    let mut world = sampled();
    let before = slot(&world, SOL);
    later(&mut world, HOUR, 105.0);
    // The hour of the crash is over.
    let told = later(&mut world, HOUR, 105.0).event::<RiskSampled>();
    let known = slot(&world, SOL);
    assert!(float(told.deviation) < -0.09, "clamped at eight deviations");
    assert!(told.maintenance_long as f64 > 1.25 * before.maintenance_long as f64);
    assert_eq!(known.initial_long, told.initial_long, "initial at once");
    assert_eq!(known.initial_short, told.initial_short);
    // A target that this instant brought has not begun to bind.
    assert!(known.maintenance_long <= before.maintenance_long);
    let (start, impact) = (known.maintenance_long as f64, known.size_impact as f64);
    for hours in 1..=4 {
        // No new price: the clock alone moves the ramps.
        world.advance(HOUR);
        let receipt = refreshed(&mut world);
        assert!(receipt.events::<PriceAccepted>().is_empty());
        let factor = 1.5f64.powf(f64::from(hours) / 24.0);
        let now = slot(&world, SOL);
        assert!((now.maintenance_long as f64 / start / factor - 1.0).abs() < 1e-6);
        assert!((now.size_impact as f64 / impact / factor - 1.0).abs() < 1e-6);
    }
    world.advance(DAY);
    refreshed(&mut world);
    let settled = slot(&world, SOL);
    assert_eq!(settled.maintenance_long, told.maintenance_long);
    assert_eq!(settled.maintenance_short, told.maintenance_short);
}

#[test]
fn the_ramp_depends_on_the_clock_and_not_on_who_calls_how_often() {
    let after = |steps: i64| {
        let mut world = sampled();
        later(&mut world, HOUR, 105.0);
        later(&mut world, HOUR, 105.0);
        for _ in 0..steps {
            world.advance(6 * HOUR / steps);
            refreshed(&mut world);
        }
        slot(&world, SOL)
    };
    let (once, often) = (after(1), after(72));
    for (a, b) in [
        (once.maintenance_long, often.maintenance_long),
        (once.maintenance_short, often.maintenance_short),
    ] {
        assert!((a as f64 / b as f64 - 1.0).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn a_gap_of_three_hours_enters_as_one_sample() {
    let mut world = sampled();
    let before = model(&world, SOL);
    later(&mut world, 3 * HOUR, 156.0);
    let told = later(&mut world, HOUR, 156.0).event::<RiskSampled>();
    assert_eq!((told.hour, told.hours), (before.sample_hour + 4, 3));
    let change = (156.0f64 / 150.0).ln() / 3f64.sqrt();
    assert!((float(told.deviation) - change).abs() < 1e-8);
    // The hour before the gap had its own sample, of no return; the gap counts once.
    assert_eq!(model(&world, SOL).samples, before.samples + 2);
}

#[test]
fn six_hours_without_samples_ask_for_a_quarter_more() {
    let mut world = sampled();
    let fresh = slot(&world, SOL);
    let end = (model(&world, SOL).sample_hour + 1) * HOUR;
    world.advance(end + 6 * HOUR - world.now());
    refreshed(&mut world);
    let held = slot(&world, SOL);
    assert_eq!(held.initial_long, fresh.initial_long, "not yet");
    world.advance(1);
    refreshed(&mut world);
    let stale = slot(&world, SOL);
    for (stale, fresh) in [
        (stale.initial_long, fresh.initial_long),
        (stale.initial_short, fresh.initial_short),
    ] {
        assert!((stale as f64 / fresh as f64 - 1.25).abs() < 1e-12);
    }
    assert!(stale.maintenance_long <= held.maintenance_long);
    // The next hours bring everything back.
    later(&mut world, HOUR, 150.0);
    later(&mut world, HOUR, 150.0);
    let back = slot(&world, SOL);
    assert_eq!(back.initial_long, model(&world, SOL).target_initial_long);
}

#[test]
fn a_wide_price_is_stored_and_does_not_enter() {
    let mut world = sampled();
    let before = model(&world, SOL);
    let receipt = later(&mut world, HOUR, Report::at(90.0).conf(0.95));
    assert_eq!(receipt.events::<PriceAccepted>().len(), 1);
    assert!(receipt.events::<RiskSampled>().is_empty());
    assert_eq!(slot(&world, SOL).publish_time, world.now());
    let after = model(&world, SOL);
    assert_eq!(after.last_time, before.last_time);
    assert_eq!(after.last_price, before.last_price);
    // One per cent exactly is not wide.
    later(&mut world, 10, Report::at(90.0).conf(0.9));
    assert_eq!(model(&world, SOL).last_time, world.now());
}

#[test]
fn a_price_beyond_the_units_range_is_stored_and_does_not_enter() {
    let mut world = sampled();
    let before = model(&world, SOL);
    for price in [0.0001, 400_000_000.0] {
        let receipt = later(&mut world, 60, price);
        assert_eq!(receipt.events::<PriceAccepted>().len(), 1);
        assert!(receipt.events::<ModelRefused>().is_empty());
        assert_eq!(model(&world, SOL).last_price, before.last_price);
    }
    assert_eq!(slot(&world, SOL).publish_time, world.now());
}

#[test]
fn what_the_model_cannot_take_keeps_no_price_from_the_book() {
    let mut world = sampled();
    // A model as no instruction writes it: a target of nothing.
    let key = world.keys.book;
    let mut account = world.chain.account(&key).expect("the book");
    let models = 8 + offset_of!(RiskBook, models) + size_of::<AssetModel>() * usize::from(SOL);
    let at = models + offset_of!(AssetModel, target_deviation);
    account.data[at..at + 8].fill(0);
    world.chain.set_account(key, account);
    assert_eq!(model(&world, SOL).target_deviation, 0);
    let receipt = later(&mut world, 60, 151.0);
    assert_eq!(receipt.events::<PriceAccepted>().len(), 1);
    let refused = receipt.event::<ModelRefused>();
    assert_eq!(refused.slot, SOL);
    assert_eq!(refused.code, u32::from(PlimsollError::MathOverflow));
    assert_eq!(slot(&world, SOL).publish_time, world.now());
}

#[test]
fn nobody_lowers_a_rate_by_calling_often() {
    let mut world = sampled();
    later(&mut world, HOUR, 105.0);
    later(&mut world, HOUR, 105.0);
    world.advance(DAY);
    refreshed(&mut world);
    let (before, targets) = (slot(&world, SOL), model(&world, SOL));
    // A later hour has calmed down; the way back is the ramp's.
    for price in [105.0, 105.0] {
        later(&mut world, HOUR, price);
    }
    assert!(model(&world, SOL).target_maintenance_long < targets.target_maintenance_long);
    let (start, from) = (slot(&world, SOL), world.now());
    for second in 1..=60 {
        later(&mut world, 1, if second % 2 == 0 { 105.0 } else { 104.0 });
    }
    let after = slot(&world, SOL);
    let days = (world.now() - from) as f64 / DAY as f64;
    let least = start.maintenance_long as f64 * 0.9f64.powf(days);
    assert!(after.maintenance_long as f64 >= least - 2.0);
    assert_eq!(after.initial_long, start.initial_long);
    assert!(after.maintenance_long <= before.maintenance_long);
}

#[test]
fn two_assets_are_correlated_after_168_common_hours() {
    let mut world = measured();
    let start = (100_000.0, 4_000.0, 150.0);
    let turn = |world: &mut World<BankChain>, hour: i32| {
        // Up and down by one per cent, SOL against the others.
        let up = if hour % 2 == 0 { 1.01 } else { 1.0 };
        world.advance(HOUR);
        world.prices(&[
            (BTC, Report::at(start.0 * up)),
            (ETH, Report::at(start.1 * up)),
            (SOL, Report::at(start.2 * (2.01 - up))),
        ]);
    };
    for hour in 0..i32::from(LEAST_SAMPLES) {
        turn(&mut world, hour);
    }
    let before = pair(&world, BTC, ETH);
    assert_eq!(before.samples, LEAST_SAMPLES - 1);
    assert_eq!((before.used(true), before.used(false)), (400, -400));
    turn(&mut world, 1);
    let known = pair(&world, BTC, ETH);
    assert_eq!(known.samples, LEAST_SAMPLES);
    assert!(known.in_force > 9_900, "{known:?}");
    assert!(known.used(false) > 270 && known.used(true) >= 380);
    let against = pair(&world, BTC, SOL);
    assert_eq!(against.samples, LEAST_SAMPLES);
    assert!(
        against.in_force < -9_900 && against.used(false) < -390,
        "{against:?}"
    );
    // A quote token that never moved has no deviation to divide by, and no hedge with it counts.
    let quote = pair(&world, USDC, BTC);
    assert_eq!((quote.samples, quote.covariance), (LEAST_SAMPLES, 0));
    assert_eq!(model(&world, USDC).measured_deviation, 0);
    assert_eq!((quote.in_force, quote.used(false)), (-10_000, -400));
    // An asset alone adds nothing to its pairs.
    later(&mut world, HOUR, 150.0);
    later(&mut world, HOUR, 150.0);
    assert_eq!(pair(&world, BTC, SOL).samples, LEAST_SAMPLES);
}
