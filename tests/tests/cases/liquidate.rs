//! `liquidate`: positions are closed as far as needed, at the impact price, for the planned fee.

use super::brink::*;
use super::forecast::forecast;
use super::{world, world_with};
use plimsoll::events::Liquidated;
use plimsoll::instructions::LiquidationLeg;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::level_ceil;
use plimsoll_tests::params::fix_long;
use plimsoll_tests::prelude::*;

/// Alice has 1,000 dollars, is long 50 SOL at 150, and SOL is worth so much now.
fn fallen_to(price: f64) -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, price);
    world
}

/// Does what the plan says and checks that it did, to the last byte.
fn liquidates(world: &mut World<BankChain>, legs: &[LiquidationLeg]) -> Liquidated {
    let expected = forecast(world, "alice", "keeper", legs).expect("there is a plan");
    let receipt = world.keeper().liquidates("alice", legs).done();
    expected.assert_came_true(world, &receipt);
    let told: Liquidated = receipt.event();
    let closed = world
        .account("alice")
        .positions
        .iter()
        .all(|place| place.base == 0);
    assert!(closed || told.shortage_after < told.shortage_before);
    assert!(closed || expected.beyond_target(world) <= 0);
    told
}

#[test]
fn at_maintenance_the_account_is_left_alone_and_a_micro_dollar_below_it_is_liquidated() {
    let mut world = fallen_to(140.0);
    let exact = deposit_until(&world, "alice", above_maintenance);
    world.alice().deposits(usdc_atoms(exact - 1)).done();
    let mut below = world;
    let told = liquidates(&mut below, &[position_leg(SOL)]);
    assert_eq!(told.shortage_before, 1);

    let mut world = fallen_to(140.0);
    world.alice().deposits(usdc_atoms(exact)).done();
    assert_eq!(above_maintenance(&world.health("alice")), 0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::AccountHealthy);
}

#[test]
fn only_what_is_needed_is_closed() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 140.0);
    world.call_margin("alice");
    world.advance(60);
    world.tick();
    let before = world.health("alice").maintenance;
    let (plan, _) = world.plan("alice", &[position_leg(SOL)]).unwrap();
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    let left = world.position("alice", SOL).base;
    assert!(0 < left && left < 50_000_000_000, "{left}");
    let health = world.health("alice");
    // The strike raises what is needed initially from now on; the plan knew nothing of it.
    let initial = plan.initial_requirement;
    assert!(health.initial.requirement > initial);
    let level = Fixed(world.book().target_level);
    let target = level_ceil(health.maintenance.requirement, initial, level);
    let target = target.unwrap().0;
    assert!(health.maintenance.is_met());
    assert!(health.maintenance.equity.0 <= target);
    // One step is 50 SOL / 65,536, which frees less than a hundredth of a dollar.
    assert!(target - health.maintenance.equity.0 < 10_000);
    assert!(!health.initial.is_met());
    assert_eq!(told.shortage_before, before.shortage().unwrap().0);
    assert_eq!(world.account("alice").credit, -(told.fee as i64));
}

#[test]
fn nobody_but_the_two_accounts_and_the_market_is_touched() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world
        .bob()
        .deposits(usdc(9_000))
        .shorts(sol(20))
        .longs(eth(1))
        .done();
    world.carol().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 140.0);
    let before = world.snapshot();
    liquidates(&mut world, &[position_leg(SOL)]);
    let mut expected = vec![
        format!("account {}", world.account_key("alice", 0)),
        format!("account {}", world.account_key("keeper", 0)),
        "market SOL".to_owned(),
    ];
    expected.sort();
    assert_eq!(world.changed_since(&before), expected);
}

/// Quote atoms of selling `size` out of `skew` at 140 dollars: P · (1 + (before + after)/(2 · scale)),
/// less the worse of half spread (100 ppm) and confidence (400 ppm).
fn sale_at_140(world: &World<BankChain>, skew: u64, size: u64) -> f64 {
    let scale = world.market(SOL).scale as f64;
    let sum = skew as f64 + (skew - size) as f64;
    let price = 140.0 * (1.0 + sum / (2.0 * scale) - 0.0004);
    size as f64 / 1e9 * price * 1e6
}

#[test]
fn positions_close_at_the_impact_price() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.bob().deposits(usdc(90_000)).longs(sol(3_000)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 140.0);
    let skew = world.market(SOL).long_base;
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    let leg = &told.legs[0];
    let expected = sale_at_140(&world, skew, leg.size);
    let difference = leg.notional as f64 - expected;
    assert!((-2.0..=1.0).contains(&difference), "{difference}");
    // The skew of 3,050 of 700,000 SOL raises the price by 0.43%: the seller gains from it.
    assert!(leg.notional as f64 > leg.size as f64 / 1e3 * 140.0);
}

#[test]
fn a_short_buys_back_at_the_impact_price() {
    let mut world = world();
    world.alice().deposits(usdc(1_100)).shorts(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 160.0);
    let skew = world.market(SOL).short_base as f64;
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    let leg = &told.legs[0];
    let sum = -skew - (skew - leg.size as f64);
    let price = 160.0 * (1.0 + sum / (2.0 * world.market(SOL).scale as f64) + 0.0004);
    let difference = leg.notional as f64 - leg.size as f64 / 1e3 * price;
    assert!((-1.0..=2.0).contains(&difference), "{difference}");
}

#[test]
fn the_fee_is_one_percent_of_what_is_closed_split_between_keeper_and_insurance() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 140.0);
    let accrued = world.market(SOL).accrued_insurance;
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    let closed = told.legs[0].size * 140 / 1_000;
    assert!(told.fee.abs_diff(closed / 100) <= 1);
    assert_eq!(told.fee_keeper, told.fee * 7 / 10);
    assert_eq!(told.fee_insurance, told.fee - told.fee_keeper);
    assert_eq!(world.account("keeper").credit as u64, told.fee_keeper);
    let grown = world.market(SOL).accrued_insurance - accrued;
    assert_eq!(grown as u64, told.fee_insurance);
    assert_eq!(told.reward, 0);
}

#[test]
fn the_fee_is_at_most_half_of_the_fall_of_the_requirement() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        let params = spec.params(SOL);
        fix_long(params, 60_000, 90_000);
        let market = spec.market(SOL);
        (market.liquidation_fee_ppm, market.max_skew) = (45_000, market.scale / 1_000);
    });
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 137.0);
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    // The loss becomes a claim against her, which needs a little of its own.
    let fall = told.legs[0].size * 137 * 6 / 100_000;
    let off = (fall / 2).checked_sub(told.fee).unwrap();
    assert!(off < fall / 100_000, "{} of {}", told.fee, fall / 2);
}

#[test]
fn the_fee_is_at_most_what_is_left() {
    let mut world = fallen_to(129.0);
    let exact = deposit_until(&world, "alice", above_zero);
    world.alice().deposits(usdc_atoms(exact + 7)).done();
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    assert_eq!((told.fee, told.fee_keeper, told.fee_insurance), (7, 4, 3));
    assert_eq!(told.reward, 0);
}

#[test]
fn at_zero_equity_there_is_no_fee_but_a_reward_from_insurance() {
    let mut world = fallen_to(129.0);
    let exact = deposit_until(&world, "alice", above_zero);
    world.alice().deposits(usdc_atoms(exact)).done();
    let accrued = world.market(SOL).accrued_insurance;
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    assert_eq!((told.fee, told.reward), (0, usdc(5).atoms));
    assert_eq!(world.position("alice", SOL).base, 0);
    assert_eq!(world.account("alice").rewarded, 1);
    assert_eq!(world.account("keeper").credit as u64, told.reward);
    let paid = accrued - world.market(SOL).accrued_insurance;
    assert_eq!(paid as u64, told.reward);
    // Insurance pays the pool what it owes at the next sync, and settlement pays the keeper.
    let insurance = world.bank(USDC).insurance;
    world.sync();
    assert_eq!(
        insurance - world.bank(USDC).insurance,
        paid as u64 - accrued as u64
    );
    world.settle("keeper");
    assert_eq!(world.held("keeper", USDC) as u64, told.reward);
}

#[test]
fn the_reward_is_at_most_the_usual_fee() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(5)).longs(sol(0.2)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 120.0);
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    let usual = told.legs[0].notional / 100;
    assert!(told.reward < usdc(5).atoms && told.reward.abs_diff(usual) <= 1);
}

#[test]
fn the_reward_is_paid_once_an_episode() {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(usdc(1_200))
        .longs(sol(50))
        .longs(eth(0.1))
        .done();
    world.keeper().opens_account().done();
    world.price(SOL, 120.0);
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    assert_eq!(told.reward, 0, "a position is left");
    let told = liquidates(&mut world, &[position_leg(ETH)]);
    assert!(told.reward > 0);
    let credit = world.account("keeper").credit;
    assert_eq!(credit as u64, told.reward);
    world
        .keeper()
        .liquidates("alice", &[position_leg(ETH)])
        .refused_with(PlimsollError::LegNotHeld);
}

#[test]
fn several_legs_are_taken_in_one_proportion() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(2_000))
        .longs(sol(50))
        .shorts(btc(0.05))
        .longs(eth(0.6))
        .done();
    world.keeper().opens_account().done();
    world.price(SOL, 128.0);
    let sizes = [50e9, 5e6, 6e7];
    let told = liquidates(
        &mut world,
        &[position_leg(SOL), position_leg(BTC), position_leg(ETH)],
    );
    let parts: Vec<f64> = told
        .legs
        .iter()
        .zip(sizes)
        .map(|(leg, held)| leg.size as f64 / held)
        .collect();
    assert!(parts[0] > 0.0 && parts[0] < 1.0, "{parts:?}");
    assert!(parts.iter().all(|part| (part - parts[0]).abs() < 1e-5));
}

#[test]
fn a_leg_takes_no_more_than_is_named() {
    let mut world = fallen_to(140.0);
    let leg = LiquidationLeg {
        most: 1_234_567_890,
        ..position_leg(SOL)
    };
    let told = liquidates(&mut world, &[leg]);
    assert_eq!(told.legs[0].size, 1_234_567_890);
    assert_eq!(
        world.position("alice", SOL).base,
        50_000_000_000 - 1_234_567_890
    );
}

#[test]
fn a_bankrupt_account_is_closed_altogether() {
    let mut world = fallen_to(128.0);
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    assert_eq!(told.legs[0].size, 50_000_000_000);
    assert!(told.equity_after < 0);
    assert_eq!(told.fee, 0);
    // What the account cannot pay stays a debt to the pool.
    world.settle("alice");
    assert_eq!(world.held("alice", USDC), 0);
    assert!(world.account("alice").pool_debt_shares > 0);
}

#[test]
fn a_remainder_of_dust_goes_with_the_rest() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(11)).longs(sol(0.5)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 138.0);
    assert_eq!(world.assess("alice").state, 3);
    let told = liquidates_to_dust(&mut world);
    assert_eq!(told.legs[0].size, 500_000_000);
    assert!(world.health("alice").initial.is_met());
}

/// Dust is the one thing that may end beyond the target.
fn liquidates_to_dust(world: &mut World<BankChain>) -> Liquidated {
    let legs = [position_leg(SOL)];
    let expected = forecast(world, "alice", "keeper", &legs).expect("there is a plan");
    assert!(expected.beyond_target(world) > 0);
    let receipt = world.keeper().liquidates("alice", &legs).done();
    expected.assert_came_true(world, &receipt);
    receipt.event()
}

#[test]
fn a_pending_order_is_in_nobodys_way() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.keeper().opens_account().done();
    world.tick();
    let order = world.alice().asks_short(sol(10)).order();
    world.price(SOL, 140.0);
    let before = world.account("alice");
    let told = liquidates(&mut world, &[position_leg(SOL)]);
    assert!(told.legs[0].size > 0);
    let after = world.account("alice");
    assert_eq!(after.pending_order, order.key);
    assert_eq!(after.pending_requirement, before.pending_requirement);
    let left = world.position("alice", SOL).base;
    world.keeper().executes(&order).done();
    assert_eq!(world.position("alice", SOL).base, left - 10_000_000_000);
}

#[test]
fn a_keeper_with_a_pending_order_may_close_positions() {
    let mut world = fallen_to(140.0);
    world
        .keeper()
        .deposits(usdc(1_000))
        .asks_long(eth(0.1))
        .done();
    liquidates(&mut world, &[position_leg(SOL)]);
}

#[test]
fn a_keeper_without_any_capital_closes_positions_without_the_quote_bank() {
    let mut world = fallen_to(140.0);
    let account = world.account_key("alice", 0);
    let accounts = ax::Liquidate {
        quote_bank: None,
        ..world.liquidate_accounts("keeper", account)
    };
    let legs = vec![position_leg(SOL)];
    let markets = vec![meta(world.asset(SOL).market, true)];
    let expected = forecast(&world, "alice", "keeper", &legs).unwrap();
    let receipt = world
        .keeper()
        .does(&[call_with(accounts, ix::Liquidate { legs }, markets)])
        .done();
    expected.assert_came_true(&world, &receipt);
    let earned = world.account("keeper").credit;
    assert!(earned > 0);
    world.settle("keeper");
    assert_eq!(world.held("keeper", USDC), earned);
}
