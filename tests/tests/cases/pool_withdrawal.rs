//! `pool_execute` of a withdrawal: what is paid, and what the pool keeps.

use super::world_with;
use plimsoll::events::PoolRefused;
use plimsoll_engine::pool::DEAD_SHARES;
use plimsoll_tests::prelude::*;

/// A pool of 100,000 that Lena has, without friction, and Alice with a deposit.
fn pool_of(atoms: u64) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.pool_deposit = atoms;
        spec.pool.outflow_ppm = 1_000_000;
    });
    world.alice().deposits(usdc(50_000)).done();
    world
}

#[test]
fn a_withdrawal_is_paid_its_part_rounded_down() {
    let mut world = pool_of(usdc(100_000).atoms);
    world.alice().longs(sol(100)).done();
    world.price(SOL, 140.0);
    let before = world.pool();
    let told = world.actor("lp").leaves_pool(1_000_000_007).pool_executed();
    let value = u128::try_from(told.net_asset_value).expect("positive");
    // Alice lost about 1,000.
    assert!(
        (100_950_000_000..101_050_000_000).contains(&value),
        "{told:?}"
    );
    let exact = 1_000_000_007 * value / u128::from(before.shares);
    assert_eq!(u128::from(told.quote), exact);
    let pool = world.pool();
    assert_eq!(
        (pool.cash, pool.shares),
        (before.cash - told.quote, before.shares - 1_000_000_007)
    );
    assert_eq!(pool.requested_shares, 0);
    assert_eq!(world.tokens("lp", USDC), told.quote);
}

#[test]
fn against_net_longs_the_upper_end_counts_and_against_shorts_the_lower() {
    for (long, end) in [(true, 151.0), (false, 149.0)] {
        let mut world = pool_of(usdc(100_000).atoms);
        let alice = world.alice();
        if long {
            alice.longs(sol(100)).done();
        } else {
            alice.shorts(sol(100)).done();
        }
        world.price(SOL, Report::at(150.0).conf(1.0));
        let told = world.actor("lp").leaves_pool(1_000_000).pool_executed();
        let market = world.market(SOL);
        let skew = if long { 100.0 } else { -100.0 };
        let cost = (market.long_cost + market.short_cost) as f64 / 1e6;
        let potential = 150.0 * 100.0 * 100.0 / (2.0 * (market.scale as f64 / 1e9));
        let value = 100_000.0 - (skew * end - cost) - potential;
        let difference = told.net_asset_value as f64 / 1e6 - value;
        assert!(difference.abs() < 1e-4, "{told:?}, expected {value}");
    }
}

/// The stress of 100 SOL at 150: the initial rate of shorts, where the book has no scenario.
fn stress(world: &World<BankChain>) -> f64 {
    let rate = world.book().assets[1].initial_short as f64 / (1u64 << 48) as f64;
    100.0 * 150.0 * rate
}

#[test]
fn the_pool_keeps_in_hand_what_its_stress_may_cost() {
    let mut world = pool_of(usdc(20_000).atoms);
    world.alice().longs(sol(100)).done();
    let stress = stress(&world);
    assert!((1_000.0..10_000.0).contains(&stress), "{stress}");
    let shares = world.shares("lp");
    // All but the stress, give or take a dollar: the potential of the skew counts too.
    let free = ((19_990.0 - stress) * 1e6) as u64;
    let refused = world.actor("lp").leaves_pool(free + 15_000_000);
    refused.pool_refused_with(PlimsollError::PoolStress);
    assert_eq!(world.shares("lp"), shares, "they are his again");
    assert_eq!(
        (world.tokens("lp", USDC), world.pool().requested_shares),
        (0, 0)
    );
    world.actor("lp").leaves_pool(free).pool_executed();
    // Without the position everything but the dead shares may go.
    world.alice().shorts(sol(100)).done();
    world.settle("alice");
    world.sync();
    world.advance(6 * 3_600);
    let rest = world.shares("lp");
    world.actor("lp").leaves_pool(rest).pool_executed();
    let pool = world.pool();
    assert_eq!(pool.shares, DEAD_SHARES);
    assert!(pool.cash > 0);
}

#[test]
fn the_worst_scenario_is_stress_where_it_is_worse_than_the_rate() {
    for (rise, refused) in [(1_000, false), (20_000, true)] {
        let mut world = world_with(|spec| {
            spec.pool_deposit = usdc(20_000).atoms;
            spec.pool.outflow_ppm = 1_000_000;
            // SOL, in basis points; a fall costs a pool nothing that is short.
            spec.scenarios = vec![vec![0, -9_000], vec![0, rise]];
        });
        world.alice().deposits(usdc(50_000)).done();
        world.bear_any_stress();
        world.alice().longs(sol(50)).done();
        let told = world.actor("lp").leaves_pool(usdc(10_000).atoms);
        if refused {
            // 50 · 150 · 200% = 15,000 stay.
            told.pool_refused_with(PlimsollError::PoolStress);
        } else {
            told.pool_executed();
        }
    }
}

#[test]
fn debts_of_traders_are_worth_something_but_pay_nobody() {
    let mut world = pool_of(usdc(20_000).atoms);
    // Alice loses 20,000 more than she has in quote and owes it to the pool.
    world.bob().deposits(usdc(1_000)).deposits(eth(10)).done();
    world.bob().longs(sol(100)).done();
    world.price(SOL, 100.0);
    world.settle("bob");
    assert!(world.pool().debt_shares > 0);
    world.bob().shorts(sol(100)).done();
    world.settle("bob");
    let pool = world.pool();
    let shares = world.shares("lp");
    let told = world.actor("lp").leaves_pool(shares);
    told.pool_refused_with(PlimsollError::PoolStress);
    // A share is worth more than the cash behind it.
    let part = shares / 2;
    let told = world.actor("lp").leaves_pool(part).pool_executed();
    assert!(told.quote > pool.cash / 2, "{told:?}");
}

#[test]
fn only_so_much_leaves_in_a_window() {
    let mut world = world_with(|spec| {
        spec.pool_deposit = usdc(100_000).atoms;
        spec.pool.outflow_ppm = 250_000;
        spec.pool.outflow_window = 6 * 3_600;
    });
    let quarter = usdc(25_000).atoms;
    let told = world.actor("lp").leaves_pool(quarter + 1).done();
    let told = told.event::<PoolRefused>();
    assert_eq!(told.code, u32::from(PlimsollError::OutflowLimit));
    world.actor("lp").leaves_pool(quarter).pool_executed();
    // A quarter of what is left, drained for the minute of the next cool-down.
    let next = world.actor("lp").leaves_pool(usdc(1_000).atoms).done();
    assert_eq!(
        next.event::<PoolRefused>().code,
        u32::from(PlimsollError::OutflowLimit)
    );
    world.advance(6 * 3_600);
    let all = world.pool().shares;
    let told = world.actor("lp").leaves_pool(all / 4).pool_executed();
    assert_eq!(told.shares, usdc(18_750).atoms);
}

#[test]
fn less_than_an_atom_is_no_withdrawal() {
    let mut world = pool_of(usdc(20_000).atoms);
    world.alice().longs(sol(100)).done();
    world.price(SOL, 160.0);
    // A share is worth less than an atom.
    world
        .actor("lp")
        .leaves_pool(1)
        .pool_refused_with(PlimsollError::ZeroAmount);
    world.actor("lp").leaves_pool(20).pool_executed();
}

#[test]
fn what_traders_have_lost_and_not_paid_yet_is_not_paid_out() {
    let mut world = pool_of(usdc(100_000).atoms);
    world.alice().longs(sol(100)).done();
    world.price(SOL, 80.0);
    world.alice().shorts(sol(100)).done();
    // Her 7,000 are the pool's and still hers to pay.
    let shares = world.shares("lp");
    let refused = world.actor("lp").leaves_pool(shares);
    refused.pool_refused_with(PlimsollError::PoolStress);
    assert_eq!(world.shares("lp"), shares);
    world.settle("alice");
    let told = world.actor("lp").leaves_pool(shares).pool_executed();
    assert!(told.quote > usdc(106_000).atoms, "{told:?}");
}
