//! `pool_price`: only the determined update counts, and what is recorded stands.

use super::anchor;
use plimsoll::events::PoolPriced;
use plimsoll_tests::prelude::*;

/// The default world on a chain that can be forked.
fn world() -> World<LiteChain> {
    World::new(LiteChain::new())
}

/// Alice is long SOL; Bob asked to join, and the instant has come.
fn due(mut world: World<LiteChain>) -> (World<LiteChain>, Filed) {
    world.alice().deposits(usdc(50_000)).longs(sol(100)).done();
    let filed = world.bob().requests_deposit(usdc(1_000).atoms).filed();
    world.chain.set_clock(filed.execute_at);
    (world, filed)
}

fn spot(world: &World<LiteChain>, filed: &Filed, slot: u8) -> u64 {
    let request = world.pool_request(&filed.key).expect("it waits");
    request.prices[usize::from(slot)].spot
}

#[test]
fn the_determined_update_is_recorded_by_anybody() {
    let (mut world, filed) = due(world());
    world.publish_all();
    world.refresh();
    let told = world.mallory().prices(&filed).done().event::<PoolPriced>();
    assert_eq!(
        (told.request, told.slot, told.publish_time),
        (filed.key, SOL, filed.execute_at)
    );
    let (request, book) = (
        world.pool_request(&filed.key).expect("it waits"),
        world.book(),
    );
    let (price, asset) = (&request.prices[1], &book.assets[1]);
    assert_eq!(
        (price.spot, price.asset_initial, price.liability_initial),
        (asset.spot, asset.asset_initial, asset.liability_initial)
    );
    assert_eq!(price.shift, asset.price_shift);
    assert_eq!(spot(&world, &filed, ETH), 0);
}

#[test]
fn an_update_before_the_instant_is_not_the_one() {
    let (mut world, filed) = due(world());
    let price = world.price_instruction(&filed, &[SOL]);
    world
        .keeper()
        .does(&[price])
        .refused_with(PlimsollError::NotDeterminedUpdate);
    // Nor one that is a second early.
    world.publish_at(SOL, 150.0, filed.execute_at - 1);
    let price = world.price_instruction(&filed, &[SOL]);
    world
        .keeper()
        .does(&[price])
        .refused_with(PlimsollError::NotDeterminedUpdate);
}

#[test]
fn an_update_that_has_another_before_it_is_not_the_one() {
    let (mut world, filed) = due(world());
    for (publish, previous, determined) in [
        (filed.execute_at + 1, filed.execute_at, false),
        (filed.execute_at + 1, filed.execute_at - 1, true),
        (filed.execute_at, filed.execute_at - 1, true),
    ] {
        let mut fork = world.clone();
        let update = PriceUpdate {
            publish_time: publish,
            previous_publish_time: previous,
            ..fork.update(SOL)
        };
        let key = fork.post(&update);
        let price = fork.price_from(&filed, &[SOL], vec![meta(key, false)]);
        let actor = fork.keeper().does(&[price]);
        if determined {
            actor.done();
        } else {
            actor.refused_with(PlimsollError::NotDeterminedUpdate);
        }
    }
    world.publish_all();
}

#[test]
fn a_recorded_price_stands() {
    let (mut world, filed) = due(world());
    world.publish_all();
    world.keeper().prices(&filed).done();
    let first = spot(&world, &filed, SOL);
    // Another update that claims the instant, and one that does not, change nothing and refuse nothing.
    for time in [filed.execute_at, filed.execute_at + 1] {
        world.publish_at(SOL, 170.0, time);
        let receipt = world.mallory().prices(&filed).done();
        assert!(receipt.events::<PoolPriced>().is_empty());
        assert_eq!(spot(&world, &filed, SOL), first);
    }
}

#[test]
fn markets_are_priced_in_as_many_steps_as_wanted() {
    let (mut world, filed) = due(world());
    world.publish_all();
    for slots in [vec![ETH], vec![SOL, ETH], vec![], vec![BTC]] {
        let price = world.price_instruction(&filed, &slots);
        world.keeper().does(&[price]).done();
    }
    for slot in [SOL, BTC, ETH] {
        assert!(spot(&world, &filed, slot) > 0);
    }
}

#[test]
fn each_slot_needs_its_own_feed() {
    let (mut world, filed) = due(world());
    world.publish_all();
    let (sol, eth) = (world.asset(SOL).feed.account, world.asset(ETH).feed.account);
    for feeds in [vec![], vec![sol, eth]] {
        let feeds = feeds.into_iter().map(|key| meta(key, false)).collect();
        let price = world.price_from(&filed, &[SOL], feeds);
        world
            .keeper()
            .does(&[price])
            .refused_with(PlimsollError::PriceAccountCount);
    }
    let price = world.price_from(&filed, &[SOL], vec![meta(eth, false)]);
    world
        .keeper()
        .does(&[price])
        .refused_with(PlimsollError::OracleFeed);
    let price = world.price_from(&filed, &[99], vec![meta(sol, false)]);
    world
        .keeper()
        .does(&[price])
        .refused_with(PlimsollError::UnknownAsset);
}

#[test]
fn a_push_feed_takes_the_books_first_price_after_the_instant() {
    let (mut world, filed) = due(World::with(LiteChain::new(), |spec| spec.push_feeds()));
    let price = world.price_instruction(&filed, &[SOL]);
    world
        .keeper()
        .does(std::slice::from_ref(&price))
        .refused_with(PlimsollError::NotDeterminedUpdate);
    world.publish(SOL, 153.0);
    world.refresh();
    let mut late = world.clone();
    world.keeper().does(std::slice::from_ref(&price)).done();
    assert_eq!(spot(&world, &filed, SOL), world.book().assets[1].spot);
    // The book keeps one price: the next takes the determined one away.
    late.advance(1);
    late.publish(SOL, 154.0);
    late.refresh();
    late.keeper()
        .does(&[price])
        .refused_with(PlimsollError::NotDeterminedUpdate);
}

#[test]
fn a_request_to_another_pool_is_not_priced_by_this_book() {
    let (mut world, filed) = due(world());
    world.publish_all();
    let foreign = world.forge_of_another_book(&filed.key, 0);
    let price = call_with(
        ax::PricePool {
            request: foreign,
            ..world.pool_price_accounts(&filed)
        },
        ix::PoolPrice { slots: vec![SOL] },
        vec![meta(world.asset(SOL).feed.account, false)],
    );
    world
        .keeper()
        .does(&[price])
        .refused_with(PlimsollError::WrongRequest);
    let accounts = ax::PricePool {
        request: world.keys.pool,
        ..world.pool_price_accounts(&filed)
    };
    let price = call(accounts, ix::PoolPrice { slots: vec![] });
    world
        .keeper()
        .does(&[price])
        .refused_with_code(anchor::WRONG_TYPE, "a pool is no request");
}
