//! `refresh`: batches. What a price account must be is in `oracle`.

use super::{anchor, world, world_with};
use anchor_lang::error::ErrorCode;
use plimsoll::events::{PriceAccepted, PriceRefused};
use plimsoll::state::AssetSlot;
use plimsoll_tests::prelude::*;
use solana_instruction::{AccountMeta, Instruction};

const NOT_MUTABLE: u32 = ErrorCode::ConstraintMut as u32;

fn slot(world: &World<BankChain>, slot: u8) -> AssetSlot {
    world.book().assets[usize::from(slot)]
}

fn refresh(world: &World<BankChain>, slots: &[u8], accounts: Vec<AccountMeta>) -> Instruction {
    let args = ix::Refresh {
        slots: slots.to_vec(),
    };
    call_with(world.refresh_accounts(), args, accounts)
}

#[test]
fn a_price_is_written_with_its_band_and_times() {
    let mut world = world();
    world.advance(100);
    let (now, before) = (world.now(), slot(&world, SOL));
    let update = PriceUpdate {
        price: 15_100_000_000,
        conf: 20_000_000,
        ema: 15_200_000_000,
        publish_time: now - 3,
        previous_publish_time: now - 5,
        ..world.update(SOL)
    };
    let price = world.post(&update);
    let receipt = world.refresh_from(SOL, price).expect("refreshed");
    let told = receipt.event::<PriceAccepted>();
    assert_eq!(
        (told.book, told.slot, told.publish_time),
        (world.keys.book, SOL, now - 3)
    );
    let after = slot(&world, SOL);
    assert_eq!(
        (after.publish_time, after.previous_publish_time),
        (now - 3, now - 5)
    );
    assert_eq!(world.book().newest_publish_time, now - 3);
    // Micro-dollars per whole SOL of each mantissa.
    let dollars = |mantissa| {
        after
            .band()
            .value_floor(1_000_000_000, mantissa)
            .expect("small")
    };
    for (mantissa, expected) in [
        (after.spot, 151_000_000),
        (after.liability_maintenance, 151_200_000),
        (after.liability_initial, 152_000_000),
        (after.asset_initial, 150_800_000),
        (after.ema, 152_000_000),
        (after.confidence, 200_000),
    ] {
        assert!(dollars(mantissa).abs_diff(expected) <= 1, "{expected}");
    }
    assert_eq!(after.maintenance_long, before.maintenance_long);
}

#[test]
fn only_the_prices_of_the_slots_named_change() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let before = world.book();
    world.refresh_slots(&[SOL, ETH]).expect("refreshed");
    let after = world.book();
    let changed = |at: u8| {
        let at = usize::from(at);
        bytemuck::bytes_of(&before.assets[at]) != bytemuck::bytes_of(&after.assets[at])
    };
    assert_eq!(
        [USDC, SOL, BTC, ETH].map(changed),
        [false, true, false, true]
    );
}

#[test]
fn anyone_refreshes_and_before_launch_as_well() {
    let mut world = world_with(|spec| spec.launch = false);
    world.advance(5);
    world.publish_all();
    let all = refresh(&world, &[USDC, SOL], world.feed_accounts(&[USDC, SOL]));
    let receipt = world.mallory().does(&[all]).done();
    assert_eq!(receipt.events::<PriceAccepted>().len(), 2);
}

#[test]
fn one_bad_price_skips_its_asset_alone() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let bad = PriceUpdate {
        price: -1,
        ..world.update(BTC)
    };
    let bad = world.post(&bad);
    let mut accounts = world.feed_accounts(&[USDC, SOL, BTC, ETH]);
    accounts[2] = meta(bad, false);
    let before = slot(&world, BTC).publish_time;
    let batch = refresh(&world, &[USDC, SOL, BTC, ETH], accounts);
    let receipt = world.keeper().does(&[batch]).done();
    let refused = receipt.event::<PriceRefused>();
    assert_eq!(refused.slot, BTC);
    assert_eq!(refused.code, u32::from(PlimsollError::OraclePriceSign));
    let accepted: Vec<u8> = receipt
        .events::<PriceAccepted>()
        .iter()
        .map(|told| told.slot)
        .collect();
    assert_eq!(accepted, [USDC, SOL, ETH]);
    assert_eq!(slot(&world, BTC).publish_time, before);
}

#[test]
fn a_slot_without_an_asset_is_told_and_the_rest_goes_on() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    for unknown in [4, 31, 32, 255] {
        world.advance(1);
        world.publish_all();
        let accounts = world.feed_accounts(&[SOL, SOL]);
        let batch = refresh(&world, &[unknown, SOL], accounts);
        let receipt = world.keeper().does(&[batch]).done();
        let refused = receipt.event::<PriceRefused>();
        assert_eq!(refused.slot, unknown);
        assert_eq!(refused.code, u32::from(PlimsollError::UnknownAsset));
        assert_eq!(receipt.event::<PriceAccepted>().slot, SOL);
    }
}

#[test]
fn accounts_of_other_slots_refuse_each_other() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let crossed = refresh(&world, &[SOL, BTC], world.feed_accounts(&[BTC, SOL]));
    let receipt = world.keeper().does(&[crossed]).done();
    let codes: Vec<u32> = receipt
        .events::<PriceRefused>()
        .iter()
        .map(|told| told.code)
        .collect();
    assert_eq!(codes, [u32::from(PlimsollError::OracleFeed); 2]);
}

#[test]
fn the_same_slot_twice_is_written_once() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let twice = refresh(&world, &[SOL, SOL], world.feed_accounts(&[SOL, SOL]));
    let receipt = world.keeper().does(&[twice]).done();
    assert_eq!(receipt.events::<PriceAccepted>().len(), 1);
    assert!(receipt.events::<PriceRefused>().is_empty());
}

#[test]
fn an_older_update_after_a_newer_one_in_the_same_batch_is_passed_over() {
    let mut world = world();
    world.advance(5);
    let newer = PriceUpdate {
        publish_time: world.now(),
        ..world.update(SOL)
    };
    let older = PriceUpdate {
        publish_time: world.now() - 1,
        price: 1,
        ..world.update(SOL)
    };
    let accounts = [newer, older].map(|update| meta(world.post(&update), false));
    let batch = refresh(&world, &[SOL, SOL], accounts.to_vec());
    world.keeper().does(&[batch]).done();
    assert_eq!(slot(&world, SOL).publish_time, world.now());
}

#[test]
fn nothing_to_do_is_done() {
    let mut world = world();
    let nothing = refresh(&world, &[], vec![]);
    world.meet("keeper");
    let before = world.snapshot();
    world.keeper().does(&[nothing]).done();
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
}

#[test]
fn every_slot_comes_with_one_account() {
    let mut world = world();
    world.advance(5);
    world.publish_all();
    let wrong: [(&[u8], &[u8]); 4] = [
        (&[SOL], &[]),
        (&[], &[SOL]),
        (&[SOL, BTC], &[SOL]),
        (&[SOL], &[SOL, BTC]),
    ];
    for (slots, accounts) in wrong {
        let batch = refresh(&world, slots, world.feed_accounts(accounts));
        world
            .keeper()
            .does(&[batch])
            .refused_with(PlimsollError::PriceAccountCount);
    }
}

#[test]
fn the_newest_publish_time_of_the_book_never_falls() {
    let mut world = world();
    world.advance(20);
    let now = world.now();
    world.publish_at(SOL, 150.0, now + 5);
    world.refresh_slots(&[SOL]).expect("refreshed");
    assert_eq!(world.book().newest_publish_time, now + 5);
    world.publish_at(BTC, 100_000.0, now);
    world.refresh_slots(&[BTC]).expect("refreshed");
    assert_eq!(slot(&world, BTC).publish_time, now);
    assert_eq!(world.book().newest_publish_time, now + 5);
}

#[test]
fn it_takes_a_book_that_can_be_written() {
    let mut world = world();
    let batch = |book| {
        let args = ix::Refresh { slots: vec![SOL] };
        call_with(ax::Refresh { book }, args, world.feed_accounts(&[SOL]))
    };
    let bank = batch(world.asset(SOL).bank);
    let mut read_only = batch(world.keys.book);
    read_only.accounts[0].is_writable = false;
    world
        .keeper()
        .does(&[bank])
        .refused_with_code(anchor::WRONG_TYPE, "a bank is no book");
    world
        .keeper()
        .does(&[read_only])
        .refused_with_code(NOT_MUTABLE, "the book is written");
}
