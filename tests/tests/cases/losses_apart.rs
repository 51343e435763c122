//! Losses end where they arose: those of positions never reach a deposit, those of loans never a claim.

use super::settle_bad_debt::{bytes, leave_insurance};
use super::world_with;
use plimsoll::events::{BadDebtSettled, Liquidated};
use plimsoll::instructions::LiquidationLeg;
use plimsoll_tests::prelude::*;

/// Dora deposits, Lena lends, Tom is long ETH: none of them has to do with what Alice does.
fn bystanders(world: &mut World<BankChain>) {
    let dora = world.actor("dora").deposits(sol(100));
    dora.deposits(usdc(5_000)).done();
    let lena = world.actor("lena").deposits(sol(600)).lends(SOL);
    lena.deposits(usdc(20_000)).lends(USDC).done();
    let tom = world.actor("tom").deposits(usdc(20_000));
    tom.longs(eth(2)).done();
}

#[test]
fn a_loss_of_positions_leaves_every_deposit_lender_and_other_market_as_they_were() {
    let mut world = world_with(|spec| spec.frictionless());
    bystanders(&mut world);
    world.alice().deposits(usdc(1_000)).longs(btc(0.1)).done();
    world.keeper().opens_account().done();
    world.price(BTC, 70_000.0);
    leave_insurance(&mut world, 0);
    world.sync();
    let names = ["dora", "lena", "tom"];
    let before = names.map(|name| bytes(&world, name));
    let (quote, pool) = (world.bank(USDC), world.pool());
    let snapshot = world.snapshot();
    let legs = [position_leg(BTC)];
    world.keeper().liquidates("alice", &legs).done();
    world.settle("alice");
    let receipt = world.carol().settles_bad_debt("alice").done();
    let loss = &receipt.event::<BadDebtSettled>().borne[0];
    assert!(loss.owed > usdc(1_500).atoms, "{loss:?}");
    assert_eq!((loss.insurance, loss.bought, loss.lenders), (0, 0, 0));
    assert_eq!(names.map(|name| bytes(&world, name)), before);
    // Alice's own dollars are all that left the quote bank's deposits; lenders' cash and shares stayed.
    let after = world.bank(USDC);
    assert_eq!(after.deposits, quote.deposits - usdc(1_000).atoms);
    assert_eq!(after.lending(), quote.lending());
    assert_eq!(world.pool().cash, pool.cash + usdc(1_000).atoms);
    assert_eq!(world.pool().debt_shares, 0);
    let changed = world.changed_since(&snapshot);
    for untouched in [
        "bank SOL",
        "bank BTC",
        "bank ETH",
        "market ETH",
        "market SOL",
    ] {
        assert!(!changed.contains(&untouched.to_owned()), "{untouched}");
    }
    let dora = world.actor("dora").withdraws(sol(100));
    dora.withdraws(usdc(5_000)).done();
    world.actor("lena").withdraws(usdc(19_999)).done();
}

#[test]
fn a_loss_of_a_jitosol_loan_leaves_traders_claims_and_the_pool_as_they_were() {
    let mut world = world_with(|spec| {
        spec.with_liquid_staking();
        spec.frictionless();
    });
    bystanders(&mut world);
    let nora = world.actor("nora").deposits(jitosol(600));
    nora.lends(JITOSOL).done();
    world.sync();
    let alice = world.alice().deposits(usdc(10_000));
    alice.borrows(jitosol(40)).done();
    world.keeper().deposits(usdc(50_000)).done();
    // Tom wins, and what he has won is a claim on the pool.
    world.price(ETH, 4_800.0);
    world.price(JITOSOL, 330.0);
    leave_insurance(&mut world, 0);
    // What her dollars pay for at 7% more than the market's price, to the last few of them.
    while world.held("alice", USDC) as u64 > usdc(45).atoms {
        let left = world.held("alice", USDC) as f64 / 1e6;
        let leg = LiquidationLeg {
            most: jitosol(left / (330.0 * 1.071)).atoms,
            ..debt_leg(JITOSOL)
        };
        world.keeper().liquidates("alice", &[leg]).done();
    }
    world.keeper().deposits(jitosol(30)).done();
    world.tick();
    world.sync();
    let names = ["dora", "lena", "tom"];
    let before = names.map(|name| bytes(&world, name));
    let pool = world.pool();
    let market = world.market(ETH);
    leave_insurance(&mut world, 0);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &receipt.event::<BadDebtSettled>().borne[0];
    assert!(loss.lenders > 0, "{loss:?}");
    assert_eq!(names.map(|name| bytes(&world, name)), before);
    assert_eq!(
        bytemuck::bytes_of(&*world.pool()),
        bytemuck::bytes_of(&*pool)
    );
    assert_eq!(
        bytemuck::bytes_of(&*world.market(ETH)),
        bytemuck::bytes_of(&*market)
    );
    let (held, result) = (world.held("tom", USDC), world.position("tom", ETH));
    assert_eq!(result.unsettled, 0);
    world.settle("tom");
    assert!(world.held("tom", USDC) > held, "he is paid what he won");
    assert_eq!(world.account("tom").credit, 0);
}

#[test]
fn a_debt_is_taken_over_at_what_the_market_asks_and_not_at_what_redeeming_pays() {
    let mut world = world_with(|spec| {
        spec.with_liquid_staking();
        spec.frictionless();
    });
    let nora = world.actor("nora").deposits(jitosol(600));
    nora.lends(JITOSOL).done();
    world.sync();
    let alice = world.alice().deposits(usdc(10_000));
    alice.borrows(jitosol(40)).done();
    world.keeper().deposits(usdc(50_000)).done();
    // Redeeming pays 180.
    world.price(JITOSOL, 240.0);
    world.advance(61);
    world.tick();
    let legs = [debt_leg(JITOSOL)];
    let told = world.keeper().liquidates("alice", &legs).done();
    let leg = &told.event::<Liquidated>().legs[0];
    let price = leg.notional as f64 / 1e6 / (leg.size as f64 / 1e9);
    assert!(price > 240.0 * 1.02 && price < 240.0 * 1.071, "{price}");
}
