//! `liquidate`: what it refuses.

use super::{anchor, world_with};
use plimsoll::instructions::LiquidationLeg;
use plimsoll_tests::params::{fix_long, fix_short};
use plimsoll_tests::prelude::*;

/// Alice is long SOL and ETH, short BTC, holds ETH, and is liquidatable.
fn fallen() -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(usdc(1_800))
        .deposits(eth(0.1))
        .longs(sol(50))
        .shorts(btc(0.05))
        .longs(eth(0.6))
        .done();
    world.keeper().deposits(usdc(10_000)).done();
    world.price(SOL, 127.0);
    assert_eq!(world.assess("alice").state, 3);
    world
}

/// Liquidates with these markets, whatever the legs are.
fn with_markets(world: &mut World<BankChain>, legs: &[LiquidationLeg], slots: &[u8]) -> Failure {
    let account = world.account_key("alice", 0);
    let accounts = world.liquidate_accounts("keeper", account);
    let markets = slots
        .iter()
        .map(|slot| meta(world.asset(*slot).market, true))
        .collect();
    let legs = legs.to_vec();
    let instruction = call_with(accounts, ix::Liquidate { legs }, markets);
    world.keeper().does(&[instruction]).refused()
}

fn assert_refused(failure: &Failure, error: PlimsollError) {
    assert_eq!(failure.code, Some(error.into()), "{failure}");
}

#[test]
fn nobody_liquidates_himself() {
    let mut world = fallen();
    let account = world.account_key("alice", 0);
    let accounts = ax::Liquidate {
        keeper_account: account,
        ..world.liquidate_accounts("alice", account)
    };
    let legs = vec![position_leg(SOL)];
    let markets = vec![meta(world.asset(SOL).market, true)];
    world
        .alice()
        .does(&[call_with(accounts, ix::Liquidate { legs }, markets)])
        .refused_with(PlimsollError::SelfLiquidation);
}

#[test]
fn the_fee_goes_to_an_account_of_the_signer_only() {
    let mut world = fallen();
    let account = world.account_key("alice", 0);
    let legs = vec![position_leg(SOL)];
    let markets = vec![meta(world.asset(SOL).market, true)];
    let accounts = ax::Liquidate {
        keeper: key("mallory"),
        ..world.liquidate_accounts("keeper", account)
    };
    let args = || ix::Liquidate { legs: legs.clone() };
    world
        .mallory()
        .does(&[call_with(accounts, args(), markets.clone())])
        .refused_with(PlimsollError::NotOwner);
    let mut unsigned = call_with(world.liquidate_accounts("keeper", account), args(), markets);
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "no signature");
}

fn key(name: &str) -> solana_address::Address {
    wallet(name).pubkey()
}

#[test]
fn both_accounts_are_of_this_book() {
    let mut world = fallen();
    let account = world.account_key("alice", 0);
    let own = world.account_key("keeper", 0);
    let foreign = world.forge_of_another_book(&account, 32);
    let foreign_own = world.forge_of_another_book(&own, 32);
    let right = world.liquidate_accounts("keeper", account);
    let cases = [
        ax::Liquidate {
            account: foreign,
            ..world.liquidate_accounts("keeper", account)
        },
        ax::Liquidate {
            keeper_account: foreign_own,
            ..right
        },
    ];
    for accounts in cases {
        let legs = vec![position_leg(SOL)];
        let markets = vec![meta(world.asset(SOL).market, true)];
        world
            .keeper()
            .does(&[call_with(accounts, ix::Liquidate { legs }, markets)])
            .refused_with(PlimsollError::WrongAccountBook);
    }
}

#[test]
fn the_markets_are_exactly_those_of_the_position_legs_in_their_order() {
    let mut world = fallen();
    let two = [position_leg(SOL), position_leg(BTC)];
    for slots in [
        &[] as &[u8],
        &[SOL],
        &[BTC, SOL],
        &[SOL, SOL],
        &[SOL, ETH],
        &[SOL, BTC, ETH],
        &[SOL, BTC, BTC],
    ] {
        let failure = with_markets(&mut world, &two, slots);
        assert_refused(&failure, PlimsollError::WrongMarkets);
    }
    let collateral = [collateral_leg(ETH)];
    let failure = with_markets(&mut world, &collateral, &[ETH]);
    assert_refused(&failure, PlimsollError::WrongMarkets);
    world.keeper().liquidates("alice", &two).done();
}

#[test]
fn a_market_of_another_book_is_wrong() {
    let mut world = fallen();
    let market = world.asset(SOL).market;
    let foreign = world.forge_of_another_book(&market, 0);
    let account = world.account_key("alice", 0);
    let accounts = world.liquidate_accounts("keeper", account);
    let legs = vec![position_leg(SOL)];
    world
        .keeper()
        .does(&[call_with(
            accounts,
            ix::Liquidate { legs },
            vec![meta(foreign, true)],
        )])
        .refused_with(PlimsollError::WrongMarkets);
}

#[test]
fn a_market_that_cannot_be_written_changes_nothing() {
    let mut world = fallen();
    let account = world.account_key("alice", 0);
    let accounts = world.liquidate_accounts("keeper", account);
    let legs = vec![position_leg(SOL)];
    let markets = vec![meta(world.asset(SOL).market, false)];
    world
        .keeper()
        .does(&[call_with(accounts, ix::Liquidate { legs }, markets)])
        .refused();
}

#[test]
fn a_holding_is_named_once() {
    let mut world = fallen();
    let twice = [position_leg(SOL), position_leg(SOL)];
    let failure = with_markets(&mut world, &twice, &[SOL, SOL]);
    assert_refused(&failure, PlimsollError::LegNotHeld);
    let twice = [collateral_leg(ETH), collateral_leg(ETH)];
    let failure = with_markets(&mut world, &twice, &[]);
    assert_refused(&failure, PlimsollError::LegNotHeld);
    // A position and a deposit in one asset are two holdings.
    world
        .keeper()
        .liquidates("alice", &[position_leg(ETH), collateral_leg(ETH)])
        .done();
}

#[test]
fn a_leg_is_of_a_known_kind_and_held() {
    let mut world = fallen();
    let unknown = LiquidationLeg {
        kind: 3,
        ..position_leg(SOL)
    };
    let failure = with_markets(&mut world, &[unknown], &[]);
    assert_refused(&failure, PlimsollError::LegKind);
    let failure = with_markets(&mut world, &[collateral_leg(USDC)], &[]);
    assert_refused(&failure, PlimsollError::LegKind);
    for leg in [collateral_leg(SOL), collateral_leg(31), collateral_leg(255)] {
        let failure = with_markets(&mut world, &[leg], &[]);
        assert_refused(&failure, PlimsollError::LegNotHeld);
    }
    let nothing = LiquidationLeg {
        most: 0,
        ..position_leg(SOL)
    };
    let failure = with_markets(&mut world, &[nothing], &[SOL]);
    assert_refused(&failure, PlimsollError::LegNotHeld);
    world.bob().deposits(usdc(1_000)).longs(sol(50)).done();
    world.price(SOL, 110.0);
    world
        .keeper()
        .liquidates("bob", &[position_leg(ETH)])
        .refused_with(PlimsollError::LegNotHeld);
}

#[test]
fn between_one_and_sixteen_legs_are_named() {
    let mut world = fallen();
    let failure = with_markets(&mut world, &[], &[]);
    assert_refused(&failure, PlimsollError::LegCount);
    let failure = with_markets(&mut world, &[collateral_leg(ETH); 17], &[]);
    assert_refused(&failure, PlimsollError::LegCount);
    let failure = with_markets(&mut world, &[collateral_leg(ETH); 16], &[]);
    assert_refused(&failure, PlimsollError::LegNotHeld);
}

#[test]
fn a_legs_price_is_at_most_20_seconds_old_and_others_may_be_older() {
    let mut world = fallen();
    let published = world.asset(SOL).feed.publish_time;
    world.chain.set_clock(published + 21);
    let stale = world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::PriceStale);
    assert!(stale.instruction.is_some());
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(ETH)])
        .refused_with(PlimsollError::PriceStale);
    world.chain.set_clock(published + 20);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}

#[test]
fn stale_prices_of_other_holdings_are_in_nobodys_way() {
    let mut world = fallen();
    world.advance(80_000);
    world.publish(SOL, 127.0);
    world.refresh_slots(&[SOL]).expect("refreshed");
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}

#[test]
fn a_leg_is_not_traded_at_a_price_wider_than_twice_its_maximum() {
    let mut world = fallen();
    // SOL's maximum is 1%.
    world.price(SOL, Report::at(127.0).conf(2.55));
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .refused_with(PlimsollError::PriceWide);
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC), position_leg(ETH)])
        .done();
    let mut world = fallen();
    world.price(SOL, Report::at(127.0).conf(2.53));
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}

#[test]
fn a_leg_that_would_not_lower_the_shortage_is_refused() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        let params = spec.params(BTC);
        fix_long(params, 8_000, 20_000);
        fix_short(params, 8_000, 20_000);
        let market = spec.market(BTC);
        (market.liquidation_fee_ppm, market.spread_ppm) = (1_000, 9_000);
        market.max_skew = market.scale / 1_000;
    });
    world
        .alice()
        .deposits(usdc(3_000))
        .longs(sol(50))
        .longs(btc(0.1))
        .done();
    world.keeper().opens_account().done();
    world.price(SOL, 102.0);
    assert_eq!(
        world.assess("alice").state,
        3,
        "{:?}",
        world.health("alice")
    );
    // Selling BTC costs 0.9% and frees 0.8%.
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC)])
        .refused_with(PlimsollError::NotImproved);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
}
