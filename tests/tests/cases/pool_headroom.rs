//! Headroom: how much stress orders may add to the pool, and who gives it back.

use super::world_with;
use plimsoll_tests::prelude::*;

/// A pool with so many dollars, without friction; Alice and Bob with enough behind them.
fn pool_of(dollars: u64) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.pool_deposit = usdc(1).atoms * dollars;
    });
    world.alice().deposits(usdc(500_000)).done();
    world.bob().deposits(usdc(500_000)).done();
    world
}

fn headroom(world: &World<BankChain>, slot: u8) -> (u64, u64) {
    let market = world.market(slot);
    (market.headroom, market.headroom_granted)
}

/// Stress in atoms of so many dollars of net longs in SOL.
fn stress_of(world: &World<BankChain>, dollars: f64) -> f64 {
    let rate = world.book().assets[1].initial_short as f64 / (1u64 << 48) as f64;
    dollars * 1e6 * rate
}

#[test]
fn without_a_deposit_nobody_opens_anything() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    world.alice().deposits(usdc(50_000)).done();
    world.tick();
    world.sync();
    for ask in [Ask::long(sol(0.01)), Ask::short(sol(0.01))] {
        world
            .alice()
            .trades(ask)
            .refused_with(PlimsollError::Headroom);
    }
    world.bob().joins_pool(usdc(30_000).atoms).pool_executed();
    world.alice().longs(sol(0.01)).done();
}

#[test]
fn a_deposit_grants_each_market_an_equal_part_of_it() {
    let world = pool_of(30_000);
    let third = usdc(10_000).atoms;
    for slot in [SOL, BTC, ETH] {
        assert_eq!(headroom(&world, slot), (third, third));
    }
}

#[test]
fn an_order_uses_the_stress_it_adds_and_the_next_has_what_is_left() {
    let mut world = pool_of(30_000);
    let granted = usdc(10_000).atoms;
    world.alice().longs(sol(100)).done();
    let used = granted - headroom(&world, SOL).0;
    let expected = stress_of(&world, 15_000.0);
    assert!((used as f64 - expected).abs() < 2.0, "{used} {expected}");
    assert_eq!(headroom(&world, ETH).0, granted, "each market has its own");
    let most = (granted as f64 / stress_of(&world, 150.0)) as u64;
    world
        .bob()
        .trades(Ask::long(sol((most - 99) as f64)))
        .refused_with(PlimsollError::Headroom);
    world.bob().longs(sol((most - 101) as f64)).done();
    assert!(headroom(&world, SOL).0 < usdc(60).atoms);
    // What the next asks for it brings along: the other side.
    world.bob().deposits(usdc(1)).done();
    world.actor("dora").deposits(usdc(500_000)).done();
    world.actor("dora").shorts(sol(100)).done();
    let (left, _) = headroom(&world, SOL);
    assert!((left as f64 - expected).abs() < usdc(60).atoms as f64);
}

#[test]
fn a_reduction_gives_back_at_most_what_was_granted() {
    let mut world = pool_of(30_000);
    let granted = usdc(10_000).atoms;
    world.alice().longs(sol(100)).done();
    world.alice().shorts(sol(40)).done();
    let used = granted - headroom(&world, SOL).0;
    let expected = stress_of(&world, 9_000.0);
    assert!((used as f64 - expected).abs() < 3.0, "{used} {expected}");
    // Granted anew with 60 open: closing them raises nothing beyond the grant.
    world.tick();
    world.sync();
    let (left, granted) = headroom(&world, SOL);
    assert_eq!(left, granted);
    world.alice().shorts(sol(60)).done();
    assert_eq!(headroom(&world, SOL), (granted, granted));
}

#[test]
fn through_zero_the_stress_of_the_other_side_counts() {
    let mut world = pool_of(30_000);
    let granted = usdc(10_000).atoms;
    world.alice().longs(sol(100)).done();
    world.bob().shorts(sol(160)).done();
    let rate = world.book().assets[1].initial_long as f64 / (1u64 << 48) as f64;
    let used = granted - headroom(&world, SOL).0;
    let expected = 60.0 * 150.0 * 1e6 * rate;
    assert!((used as f64 - expected).abs() < 3.0, "{used} {expected}");
}

#[test]
fn sync_divides_what_the_pool_has_beyond_its_stress() {
    let mut world = pool_of(30_000);
    world.alice().longs(sol(100)).done();
    world.price(SOL, 140.0);
    world.sync();
    let (left, granted) = headroom(&world, SOL);
    assert_eq!((left, granted), headroom(&world, ETH));
    let market = world.market(SOL);
    let won = (market.long_cost as f64) - 14_000e6;
    let potential = 140.0 * 1e6 * 100.0 * 100.0 / (2.0 * (market.scale as f64 / 1e9));
    let free = 30_000e6 + won - potential - stress_of(&world, 14_000.0);
    assert!((left as f64 - free / 3.0).abs() < 10.0, "{left} {free}");
}

#[test]
fn sync_grants_only_with_every_market_and_fresh_prices() {
    let mut world = pool_of(30_000);
    world.alice().longs(sol(100)).done();
    let used = headroom(&world, SOL);
    let markets = world.all_markets(true);
    let (sol_market, btc_market, eth_market) =
        (markets[0].clone(), markets[1].clone(), markets[2].clone());
    let sync =
        |world: &World<BankChain>, given| call_with(world.sync_accounts(), ix::Sync {}, given);
    for given in [
        vec![sol_market.clone()],
        vec![sol_market.clone(), btc_market.clone()],
        vec![sol_market.clone(), sol_market.clone(), eth_market.clone()],
    ] {
        let sync = sync(&world, given);
        world.mallory().does(&[sync]).done();
        assert_eq!(headroom(&world, SOL), used);
    }
    let whole = sync(&world, vec![eth_market, sol_market, btc_market]);
    world.advance(21);
    world.mallory().does(std::slice::from_ref(&whole)).done();
    assert_eq!(headroom(&world, SOL), used, "the price of SOL is old");
    world.tick();
    world.mallory().does(&[whole]).done();
    assert!(headroom(&world, SOL).0 < used.1);
    assert_ne!(headroom(&world, SOL), used);
}

#[test]
fn a_pool_that_lost_too_much_grants_nothing() {
    let mut world = pool_of(30_000);
    world.alice().longs(sol(400)).done();
    world.price(SOL, 230.0);
    world.sync();
    assert_eq!(headroom(&world, SOL), (0, 0));
    world
        .bob()
        .trades(Ask::long(eth(0.1)))
        .refused_with(PlimsollError::Headroom);
    // Whoever reduces is let through.
    world.alice().shorts(sol(10)).done();
    assert_eq!(headroom(&world, SOL), (0, 0));
}

#[test]
fn an_order_that_waited_while_headroom_went_is_closed_as_refused() {
    let mut world = pool_of(30_000);
    let most = (usdc(10_000).atoms as f64 / stress_of(&world, 150.0)) as u64;
    let part = sol((most * 2 / 3) as f64);
    let first = world.alice().asks_long(part).order();
    let second = world.bob().asks_long(part).order();
    world.keeper().executes(&first).done();
    world
        .keeper()
        .executes(&second)
        .order_refused_with(PlimsollError::Headroom);
}

#[test]
fn liquidations_need_no_headroom() {
    let mut world = pool_of(30_000);
    world.actor("dora").deposits(usdc(2_500)).done();
    world.actor("dora").shorts(sol(100)).done();
    world.alice().longs(sol(300)).done();
    world.price(SOL, 168.0);
    // Closing her short raises the skew, of which the pool already has too much.
    world.bear_no_stress();
    let skew = world.market(SOL).skew().expect("a skew").0;
    world
        .keeper()
        .deposits(usdc(100))
        .liquidates("dora", &[position_leg(SOL)])
        .done();
    assert!(world.market(SOL).skew().expect("a skew").0 > skew);
}

#[test]
fn a_withdrawal_takes_the_headroom_with_it() {
    let mut world = world_with(|spec| {
        spec.pool_deposit = usdc(30_000).atoms;
        spec.pool.outflow_ppm = 1_000_000;
    });
    world
        .actor("lp")
        .leaves_pool(usdc(15_000).atoms)
        .pool_executed();
    let half = usdc(5_000).atoms;
    assert_eq!(headroom(&world, SOL), (half, half));
}
