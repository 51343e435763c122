//! What somebody may try with the pool: known profits, chosen moments, shares of one atom.

use plimsoll_engine::pool::{DEAD_SHARES, FIRST_DEPOSIT};
use plimsoll_tests::prelude::*;

/// A pool of a million that everybody may leave at once; Alice is long 1,000 SOL.
fn traded() -> World<LiteChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.pool_deposit = usdc(1_000_000).atoms;
        spec.pool.outflow_ppm = 1_000_000;
    });
    world.alice().deposits(usdc(100_000)).done();
    world.alice().longs(sol(1_000)).done();
    world
}

/// A chain that can be forked.
fn world_with(change: impl FnOnce(&mut Spec)) -> World<LiteChain> {
    World::with(LiteChain::new(), change)
}

const STAKE: u64 = 1_000_000_000_000;

#[test]
fn joining_before_a_profit_that_is_known_gains_nothing() {
    let mut world = traded();
    // SOL has fallen to 140 and the book does not know it: 10,000 for the pool.
    world.publish(SOL, 140.0);
    let told = world.mallory().joins_pool(STAKE).pool_executed();
    assert!(
        told.net_asset_value.unsigned_abs() > usdc(1_009_900).atoms,
        "{told:?}"
    );
    let shares = world.shares("mallory");
    world.mallory().leaves_pool(shares).pool_executed();
    assert!(world.tokens("mallory", USDC) <= STAKE);
}

#[test]
fn leaving_before_a_loss_that_is_known_saves_nothing() {
    let mut world = traded();
    world.mallory().joins_pool(STAKE).pool_executed();
    let shares = world.shares("mallory");
    let before = world.mallory().requests_withdrawal(shares).filed();
    // What was coming comes within the cool-down: 100,000 for Alice.
    world.price(SOL, 250.0);
    world.reach_request(&before);
    world.keeper().prices(&before).done();
    let told = world.keeper().ends(&before).pool_executed();
    assert!(told.quote < STAKE - usdc(49_900).atoms, "{told:?}");
}

/// The request's price is known from t on, its execution is not before: whoever chooses the moment gets the
/// worse of then and now.
#[test]
fn waiting_with_the_execution_gains_nothing() {
    for (later, joins) in [(160.0, true), (140.0, true), (160.0, false), (140.0, false)] {
        let mut world = traded();
        world.mallory().joins_pool(STAKE).pool_executed();
        world.mallory().deposits(usdc(1)).done();
        let shares = world.shares("mallory");
        let actor = world.mallory();
        let filed = if joins {
            actor.requests_deposit(STAKE).filed()
        } else {
            actor.requests_withdrawal(shares / 2).filed()
        };
        world.reach_request(&filed);
        world.keeper().prices(&filed).done();
        let mut at_once = world.clone();
        let first = at_once.keeper().ends(&filed).pool_executed();
        world.advance(600);
        world.price(SOL, later);
        let second = world.mallory().ends(&filed).pool_executed();
        if joins {
            assert!(second.shares <= first.shares, "{later}: {second:?}");
        } else {
            assert!(second.quote <= first.quote, "{later}: {second:?}");
        }
    }
}

/// With the price of t alone, trading afterwards at the price of now would move the value: Mallory would
/// sell her shares at a profit of the pool that does not exist.
#[test]
fn trading_between_the_instant_and_the_execution_moves_nothing() {
    let mut world = traded();
    world.mallory().joins_pool(STAKE).pool_executed();
    let shares = world.shares("mallory");
    let filed = world.mallory().requests_withdrawal(shares).filed();
    world.reach_request(&filed);
    world.keeper().prices(&filed).done();
    world.advance(60);
    world.price(SOL, 165.0);
    let mut without = world.clone();
    world.bob().deposits(usdc(200_000)).done();
    world.bob().longs(sol(3_000)).done();
    without.tick();
    let with = world.mallory().ends(&filed).pool_executed();
    let without = without.mallory().ends(&filed).pool_executed();
    // At 150 the pool would look richer by 3,000 times 15, half of which is hers.
    assert!(with.quote <= without.quote + 1_000, "{with:?} {without:?}");
}

/// The same for who joins: sold at 165 and counted at 150, a position would make the pool look poorer than it
/// is. She pays what a share is worth now.
#[test]
fn trading_between_the_instant_and_the_execution_buys_no_cheaper_share() {
    let mut world = traded();
    let filed = world.mallory().requests_deposit(STAKE).filed();
    world.reach_request(&filed);
    world.keeper().prices(&filed).done();
    world.advance(60);
    world.price(SOL, 165.0);
    world.bob().deposits(usdc(200_000)).done();
    world.bob().shorts(sol(3_000)).done();
    let told = world.mallory().ends(&filed).pool_executed();
    // A million, less the 15,000 that Alice has won.
    let now = usdc(984_950).atoms..usdc(985_050).atoms;
    assert!(
        now.contains(&told.net_asset_value.unsigned_abs()),
        "{told:?}"
    );
}

#[test]
fn an_executor_has_no_other_update_to_choose() {
    let mut world = traded();
    let filed = world.mallory().requests_deposit(STAKE).filed();
    world.chain.set_clock(filed.execute_at + 30);
    let t = filed.execute_at;
    for (publish, previous) in [
        (t - 1, t - 2),
        (t + 2, t + 1),
        (t + 30, t),
        (t - 30, t - 31),
    ] {
        let update = PriceUpdate {
            publish_time: publish,
            previous_publish_time: previous,
            ..world.update(SOL)
        };
        let key = world.post(&update);
        let price = world.price_from(&filed, &[SOL], vec![meta(key, false)]);
        world
            .mallory()
            .does(&[price])
            .refused_with(PlimsollError::NotDeterminedUpdate);
    }
}

#[test]
fn there_and_back_at_one_price_gains_nothing() {
    for amount in [1, 2, 3, 999, 1_000_001, STAKE - 1] {
        let mut world = traded();
        world.mallory().joins_pool(amount).done();
        let shares = world.shares("mallory");
        if shares > 0 {
            world.mallory().leaves_pool(shares).done();
        }
        let held = world.tokens("mallory", USDC);
        assert!(held <= amount, "{amount}: {held}");
    }
}

#[test]
fn shares_of_one_atom_inflate_nothing() {
    let mut world = world_with(|spec| {
        spec.pool_deposit = 0;
        spec.pool.outflow_ppm = 1_000_000;
    });
    world.mallory().joins_pool(FIRST_DEPOSIT).pool_executed();
    // All but the dead shares leave, and a donation is to make the rest dear.
    let all = world.shares("mallory");
    world.mallory().leaves_pool(all).pool_executed();
    assert_eq!(world.pool().shares, DEAD_SHARES);
    world.mallory().donates(usdc(1_000_000)).done();
    world.mallory().joins_pool(1).pool_executed();
    let told = world.carol().joins_pool(usdc(999).atoms).pool_executed();
    assert_eq!(told.shares, usdc(999).atoms);
}

#[test]
fn stress_cannot_be_left_to_the_others() {
    let mut world = traded();
    world.price(SOL, 240.0);
    let shares = world.shares("lp");
    let supply = world.pool().shares;
    let told = world.actor("lp").leaves_pool(shares);
    told.pool_refused_with(PlimsollError::PoolStress);
    assert_eq!((world.shares("lp"), world.pool().shares), (shares, supply));
}
