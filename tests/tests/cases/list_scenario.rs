//! `list_scenario`.

use super::{anchor, world_with};
use plimsoll::constants::{ASSET_SLOTS, SCENARIOS};
use plimsoll::events::ScenarioListed;
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::prelude::*;
use plimsoll_tests::scenarios;

fn unlaunched() -> World<BankChain> {
    world_with(|spec| spec.launch = false)
}

fn lists(world: &mut World<BankChain>, shocks: Vec<i16>) -> Actor<'_, BankChain> {
    let list = call(world.list_scenario_accounts(), ix::ListScenario { shocks });
    world.actor("authority").does(&[list])
}

#[test]
fn a_scenario_takes_the_next_place_and_moves_the_slots_it_names() {
    let mut world = unlaunched();
    let told = lists(&mut world, vec![0, -7_914, -5_276]).done();
    let told = told.event::<ScenarioListed>();
    assert_eq!((told.book, told.index), (world.keys.book, 0));
    let told = lists(&mut world, vec![-800])
        .done()
        .event::<ScenarioListed>();
    assert_eq!(told.index, 1);
    let book = world.book();
    assert_eq!(book.scenario_count, 2);
    assert_eq!(book.scenarios[0][..3], [0, -7_914, -5_276]);
    assert_eq!(book.scenarios[0][3..], [0; 29]);
    assert_eq!(book.scenarios[1][..2], [-800, 0]);
    assert_eq!(book.scenarios[2], [0; ASSET_SLOTS]);
}

#[test]
fn the_defaults_are_fifteen_and_their_weights_those_of_the_exchange() {
    let world = world_with(|spec| {
        spec.measured();
        spec.launch = false;
    });
    let book = world.book();
    assert_eq!(book.scenario_count, 15);
    for (listed, given) in book.scenarios.iter().zip(scenarios::defaults()) {
        assert_eq!(listed[..given.len()], given);
    }
    assert_eq!(
        book.scenario_weight_maintenance,
        Fixed::ratio(300_000, 1_000_000).0
    );
    assert_eq!(
        book.scenario_weight_initial,
        Fixed::ratio(375_000, 1_000_000).0
    );
}

#[test]
fn a_seventeenth_finds_no_place() {
    let mut world = unlaunched();
    for place in 0..SCENARIOS {
        lists(&mut world, vec![0, place as i16]).done();
    }
    lists(&mut world, vec![0, 1]).refused_with(PlimsollError::ScenariosFull);
    assert_eq!(world.book().scenarios[15][1], 15);
}

#[test]
fn moves_lie_within_their_bounds() {
    let mut world = unlaunched();
    lists(&mut world, vec![-10_000, 30_000]).done();
    lists(&mut world, vec![1; ASSET_SLOTS]).done();
    for shocks in [
        vec![],
        vec![1; 33],
        vec![-10_001],
        vec![0, 30_001],
        vec![i16::MIN],
    ] {
        lists(&mut world, shocks).refused_with(PlimsollError::ParameterOutOfBounds);
    }
    assert_eq!(world.book().scenario_count, 2);
}

#[test]
fn only_the_authority_lists_and_only_before_launch() {
    let mut world = unlaunched();
    let accounts = ax::ListScenario {
        authority: key_of("mallory"),
        ..world.list_scenario_accounts()
    };
    let list = call(accounts, ix::ListScenario { shocks: vec![1] });
    world
        .mallory()
        .does(&[list])
        .refused_with(PlimsollError::NotAuthority);
    let args = ix::ListScenario { shocks: vec![1] };
    let mut unsigned = call(world.list_scenario_accounts(), args);
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the authority must sign");
    lists(&mut super::world(), vec![1]).refused_with(PlimsollError::AlreadyLaunched);
    assert_eq!(world.book().scenario_count, 0);
}

#[test]
fn exchange_and_book_belong_together() {
    let mut world = unlaunched();
    let keys = world.keys;
    let book = world.forge(&keys.book, |_| {});
    let exchange = world.forge(&keys.exchange, |_| {});
    for (exchange, book) in [(keys.exchange, book), (exchange, keys.book)] {
        let accounts = ax::ListScenario {
            exchange,
            book,
            ..world.list_scenario_accounts()
        };
        let list = call(accounts, ix::ListScenario { shocks: vec![1] });
        world
            .actor("authority")
            .does(&[list])
            .refused_with(PlimsollError::WrongBook);
    }
}
