//! `liquidate`: deposits move to the keeper's account at a discount.

use super::brink::{above_zero, deposit_until};
use super::forecast::forecast;
use super::liquidate_debt::expected_discount;
use super::world_with;
use plimsoll::events::Liquidated;
use plimsoll_tests::params::fix_long;
use plimsoll_tests::prelude::*;

/// Alice holds 60 SOL and no quote, is long 0.3 BTC at 100,000, and BTC has fallen.
fn story(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        change(spec);
    });
    world.alice().deposits(sol(60)).longs(btc(0.3)).done();
    world
}

fn fallen() -> World<BankChain> {
    let mut world = story(|_| {});
    world.keeper().deposits(usdc(20_000)).done();
    world.price(BTC, 75_000.0);
    world
}

fn sells(world: &mut World<BankChain>) -> Liquidated {
    let legs = [collateral_leg(SOL)];
    let expected = forecast(world, "alice", "keeper", &legs).expect("there is a plan");
    let receipt = world.keeper().liquidates("alice", &legs).done();
    expected.assert_came_true(world, &receipt);
    let told: Liquidated = receipt.event();
    assert!(told.shortage_after < told.shortage_before);
    told
}

#[test]
fn shares_move_between_the_accounts_and_no_token_moves() {
    let mut world = fallen();
    let before = world.snapshot();
    let deposits = world.bank(SOL).deposits;
    let told = sells(&mut world);
    let size = told.legs[0].size as i64;
    assert_eq!(world.held("alice", SOL), 60_000_000_000 - size);
    assert_eq!(world.held("keeper", SOL), size);
    assert_eq!(world.bank(SOL).deposits, deposits);
    assert_eq!(told.fee, 0, "a fee is for positions");
    let mut expected = vec![
        format!("account {}", world.account_key("alice", 0)),
        format!("account {}", world.account_key("keeper", 0)),
        "bank USDC".to_owned(),
    ];
    expected.sort();
    assert_eq!(world.changed_since(&before), expected);
}

#[test]
fn the_keeper_pays_less_than_the_price_by_his_part_of_the_discount() {
    let mut world = fallen();
    let insurance = world.bank(USDC).insurance;
    let ratio = {
        let view = world.health("alice").maintenance;
        view.equity.0 as f64 / view.requirement.0 as f64
    };
    assert!(ratio < 1.0 && ratio > 0.0, "{ratio}");
    let told = sells(&mut world);
    let leg = &told.legs[0];
    let value = leg.size as f64 / 1e9 * 150e6;
    // SOL: 1.5% at a health ratio of 1, 6% at 0.7 and below.
    let rate = 0.015 + 0.045 * ((1.0 - ratio) / 0.3).min(1.0);
    let given = value - leg.notional as f64;
    assert!((given - value * rate).abs() < 5.0, "{given} at {rate}");
    // 30% of it is insurance's.
    assert!((leg.insurance as f64 - given * 0.3).abs() < 2.0);
    assert_eq!(world.bank(USDC).insurance, insurance + leg.insurance);
    let paid = 20_000_000_000 - world.held("keeper", USDC);
    assert_eq!(paid as u64, leg.notional + leg.insurance);
    assert_eq!(world.held("alice", USDC) as u64, leg.notional);
}

#[test]
fn the_discount_is_at_most_nine_tenths_of_what_the_requirement_falls_by() {
    let mut world = story(|spec| {
        let params = spec.params(SOL);
        fix_long(params, 40_000, 60_000);
        spec.market(SOL).max_skew /= 4;
    });
    world.keeper().deposits(usdc(20_000)).done();
    world.price(BTC, 72_500.0);
    let (_, taken) = world.plan("alice", &[collateral_leg(SOL)]).unwrap();
    let size = taken[0].size;
    let (given, value) = expected_discount(&world, SOL, size, size as i64);
    let told = sells(&mut world);
    assert!((value - told.legs[0].notional).abs_diff(given) <= 1);
    let rate = given as f64 / value as f64;
    // 4% of what is sold, and what is needed for owing quote.
    assert!(rate > 0.9 * 0.04 && rate < 0.9 * 0.044, "{rate}");
}

#[test]
fn a_bankrupt_account_still_sells_at_the_discount() {
    let mut world = fallen();
    world.price(BTC, 60_000.0);
    let told = sells(&mut world);
    assert_eq!(told.legs[0].size, 60_000_000_000, "everything goes");
    let value = 9_000_000_000;
    assert_eq!(value - told.legs[0].notional, value * 6 / 100);
    assert_eq!((told.fee, told.reward), (0, 0));
}

#[test]
fn position_and_collateral_go_together_and_the_reward_is_paid() {
    let mut world = fallen();
    world.price(BTC, 65_000.0);
    let exact = deposit_until(&world, "alice", above_zero);
    world.alice().deposits(usdc_atoms(exact)).done();
    let legs = [position_leg(BTC), collateral_leg(SOL)];
    let expected = forecast(&world, "alice", "keeper", &legs).unwrap();
    assert_eq!(expected.reward, usdc(5).atoms);
    let receipt = world.keeper().liquidates("alice", &legs).done();
    expected.assert_came_true(&world, &receipt);
    assert_eq!(world.held("alice", SOL), 0);
    assert_eq!(world.position("alice", BTC).base, 0);
}

#[test]
fn no_reward_is_paid_while_collateral_is_left() {
    let mut world = fallen();
    world.price(BTC, 65_000.0);
    let legs = [position_leg(BTC)];
    let expected = forecast(&world, "alice", "keeper", &legs).unwrap();
    assert_eq!(expected.reward, 0);
    let receipt = world.keeper().liquidates("alice", &legs).done();
    expected.assert_came_true(&world, &receipt);
    assert_eq!(world.position("alice", BTC).base, 0);
    assert_eq!(world.account("alice").rewarded, 0);
}

#[test]
fn legs_of_both_kinds_in_either_order_find_their_markets() {
    for swapped in [false, true] {
        let mut world = fallen();
        let mut legs = [position_leg(BTC), collateral_leg(SOL)];
        if swapped {
            legs.reverse();
        }
        let expected = forecast(&world, "alice", "keeper", &legs).unwrap();
        let receipt = world.keeper().liquidates("alice", &legs).done();
        expected.assert_came_true(&world, &receipt);
        assert!(expected.taken.iter().all(|done| done.size > 0));
    }
}

#[test]
fn deposit_caps_that_are_reached_stop_no_liquidation() {
    let mut world = story(|spec| {
        spec.bank(SOL).deposit_cap = sol(60).atoms;
        spec.bank(USDC).deposit_cap = usdc(20_000).atoms;
    });
    world.keeper().deposits(usdc(20_000)).done();
    world
        .bob()
        .deposits(sol_atoms(1))
        .refused_with(PlimsollError::DepositCap);
    world.price(BTC, 75_000.0);
    sells(&mut world);
}

#[test]
fn a_frozen_vault_stops_no_liquidation() {
    let mut world = fallen();
    for slot in [SOL, USDC] {
        let vault = world.asset(slot).vault;
        let mut account = world.chain.account(&vault).unwrap();
        // State of an SPL token account: 2 is frozen.
        account.data[108] = 2;
        world.chain.set_account(vault, account);
    }
    sells(&mut world);
    assert!(world.alice().withdraws(sol(1)).outcome().is_err());
}

#[test]
fn a_keeper_without_enough_quote_is_told_so() {
    for quote in [0, 1_000_000] {
        let mut world = story(|_| {});
        world.keeper().deposits(eth(10)).done();
        if quote > 0 {
            world.keeper().deposits(usdc_atoms(quote)).done();
        }
        world.price(BTC, 75_000.0);
        world
            .keeper()
            .liquidates("alice", &[collateral_leg(SOL)])
            .refused_with(PlimsollError::KeeperQuoteShort);
    }
}

#[test]
fn the_keeper_needs_exactly_what_the_collateral_costs() {
    let mut world = fallen();
    let legs = [collateral_leg(SOL)];
    let (_, taken) = world.plan("alice", &legs).unwrap();
    let price = taken[0].notional + taken[0].insurance;
    world
        .keeper()
        .withdraws(usdc_atoms(20_000_000_000 - price + 1))
        .liquidates("alice", &legs)
        .refused_with(PlimsollError::KeeperQuoteShort);
    // He may end without any quote.
    world.keeper().deposits(usdc_atoms(1)).done();
    sells(&mut world);
    assert_eq!(world.held("keeper", USDC), 0);
}

#[test]
fn a_keeper_without_a_free_place_is_told_so_and_can_still_close_positions() {
    let mut world = story(|spec| spec.fill_up_to(20));
    let mut keeper = world.keeper().deposits(usdc(20_000));
    for slot in 4..19 {
        keeper = keeper.deposits(plimsoll_tests::amounts::Amount { slot, atoms: 1 });
    }
    keeper.done();
    world.price(BTC, 75_000.0);
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::KeeperNoFreeBalance);
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC)])
        .done();
}

#[test]
fn a_full_keeper_who_holds_the_asset_already_needs_no_place() {
    let mut world = story(|spec| spec.fill_up_to(20));
    let mut keeper = world.keeper().deposits(usdc(20_000)).deposits(sol(1));
    for slot in 4..18 {
        keeper = keeper.deposits(plimsoll_tests::amounts::Amount { slot, atoms: 1 });
    }
    keeper.done();
    world.price(BTC, 75_000.0);
    let told = sells(&mut world);
    assert_eq!(
        world.held("keeper", SOL) as u64,
        told.legs[0].size + 1_000_000_000
    );
}

#[test]
fn a_keeper_with_a_pending_order_buys_nothing() {
    let mut world = fallen();
    world.keeper().asks_long(eth(0.1)).done();
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::OrderPending);
}

#[test]
fn the_keeper_passes_his_own_gate() {
    let mut world = fallen();
    // Initial of 400 SOL is 7,560 dollars; the collateral would add some 500.
    world
        .actor("brave")
        .deposits(usdc(7_900))
        .longs(sol(400))
        .done();
    world.price(BTC, 74_999.0);
    assert_eq!(world.assess("brave").state, 0);
    world
        .actor("brave")
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::ShortageGrown);
    // Closing a position costs him nothing, so nothing is asked of him.
    world
        .actor("brave")
        .liquidates("alice", &[position_leg(BTC)])
        .done();
}

#[test]
fn a_keeper_whose_shortage_does_not_grow_may_be_strained() {
    let mut world = story(|_| {});
    world.keeper().deposits(usdc(20_000)).longs(eth(40)).done();
    // A keeper with a loss that leaves him strained may sell risk, but a purchase adds to it.
    world.prices(&[(BTC, 75_000.0.into()), (ETH, 3_880.0.into())]);
    assert_eq!(world.assess("keeper").state, 1);
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::ShortageGrown);
}

#[test]
fn collateral_needs_the_quote_bank_and_no_other() {
    let mut world = fallen();
    let account = world.account_key("alice", 0);
    let legs = vec![collateral_leg(SOL)];
    let quote_bank = world.quote().bank;
    let foreign = world.forge_of_another_book(&quote_bank, 0);
    let sol_bank = world.asset(SOL).bank;
    for (quote_bank, error) in [
        (None, PlimsollError::QuoteBankMissing),
        (Some(sol_bank), PlimsollError::WrongBank),
        (Some(foreign), PlimsollError::WrongBank),
    ] {
        let accounts = ax::Liquidate {
            quote_bank,
            ..world.liquidate_accounts("keeper", account)
        };
        let legs = legs.clone();
        world
            .keeper()
            .does(&[call(accounts, ix::Liquidate { legs })])
            .refused_with(error);
    }
}
