//! `tighten`: guardian and authority make the exchange stricter at once, and hold nobody's funds.

use super::world;
use plimsoll::events::Tightened;
use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;
use plimsoll_tests::governance::HOUR;
use plimsoll_tests::prelude::*;

fn hold(seconds: i64) -> Tightening {
    Tightening::HoldWithdrawals {
        seconds: seconds as u32,
    }
}

fn halt(slots: &[u8]) -> Tightening {
    Tightening::Halt {
        slots: slots.iter().fold(0, |bits, slot| bits | 1 << slot),
    }
}

#[test]
fn guardian_and_authority_tighten_and_nobody_else() {
    let mut world = world();
    for name in ["guardian", "authority"] {
        let told = world.actor(name).tightens(halt(&[SOL])).done();
        let told = told.event::<Tightened>();
        assert_eq!((told.signer, told.tightening), (key_of(name), halt(&[SOL])));
    }
    let mallory = world.mallory().tightens(halt(&[SOL]));
    mallory.refused_with(PlimsollError::NotGuardian);
}

#[test]
fn while_an_asset_is_halted_nobody_opens_or_borrows_and_everybody_reduces_repays_and_leaves() {
    let mut world = world();
    let bob = world.bob().deposits(sol(100)).lends(SOL);
    bob.done();
    world.sync();
    world.alice().deposits(usdc(20_000)).borrows(sol(1)).done();
    world.alice().longs(sol(40)).longs(btc(0.01)).done();
    world.actor("guardian").tightens(halt(&[SOL])).done();
    world.tick();
    world.sync();

    let more = world.alice().asks_long(sol(1));
    more.refused_with(PlimsollError::BreakerActive);
    let borrow = world.alice().borrows(sol(1));
    borrow.refused_with(PlimsollError::AssetHalted);

    world.alice().longs(btc(0.01)).done();
    world.alice().shorts(sol(10)).done();
    world.alice().deposits(sol(1)).done();
    world.alice().withdraws(usdc(100)).done();
    world.settle("alice");
    world.bob().withdraws(sol(50)).done();
}

#[test]
fn a_halt_stands_until_an_announced_change_ends_it() {
    let mut world = world();
    world.alice().deposits(usdc(20_000)).done();
    world.actor("guardian").tightens(halt(&[SOL, BTC])).done();
    world.wait_hours(30 * 24);
    world.sync();
    let alice = world.alice().asks_long(sol(1));
    alice.refused_with(PlimsollError::BreakerActive);
    world.change_with_notice(Patch::EndTightening { slots: 1 << SOL });
    world.sync();
    world.alice().longs(sol(1)).done();
    let alice = world.alice().asks_long(btc(0.01));
    alice.refused_with(PlimsollError::BreakerActive);
}

#[test]
fn withdrawals_are_held_for_a_day_in_any_seven_and_not_a_second_more() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).deposits(sol(1)).done();
    world.bob().deposits(usdc(1_000)).done();
    let guardian = world.actor("guardian").tightens(hold(24 * HOUR + 1));
    guardian.refused_with(PlimsollError::HoldBudget);
    world.actor("guardian").tightens(hold(10 * HOUR)).done();
    let bob = world.bob().withdraws(usdc(1));
    bob.refused_with(PlimsollError::WithdrawalsHeld);
    // Deposits, trades and settlements go on.
    world.alice().deposits(usdc(1)).longs(sol(1)).done();
    world.settle("alice");
    world.alice().shorts(sol(1)).done();

    // It can be made longer, by guardian and authority together no more than a day; never shorter.
    let left = |world: &World<BankChain>| {
        let exchange = world.exchange();
        let held = exchange.held_until.max(world.now()) - world.now();
        (held, 24 * HOUR - i64::from(exchange.held_seconds))
    };
    let (held, budget) = left(&world);
    let shorter = world.actor("guardian").tightens(hold(held));
    shorter.refused_with(PlimsollError::NotTighter);
    let longer = world.actor("authority").tightens(hold(held + budget + 1));
    longer.refused_with(PlimsollError::HoldBudget);
    world
        .actor("authority")
        .tightens(hold(held + 4 * HOUR))
        .done();
    let (held, _) = left(&world);
    world.advance(held - 1);
    let bob = world.bob().withdraws(usdc(1));
    bob.refused_with(PlimsollError::WithdrawalsHeld);
    world.advance(1);
    world.bob().withdraws(usdc(1)).done();
    let (_, budget) = left(&world);
    assert_eq!(budget, 10 * HOUR, "14 hours are used");
    world.actor("guardian").tightens(hold(budget)).done();
    world.advance(budget);
    world.bob().withdraws(usdc(1)).done();

    // Six days and 23 hours after the end the budget is as it was; after seven days it is whole.
    world.advance(7 * 24 * HOUR - 1);
    let early = world.actor("authority").tightens(hold(1));
    early.refused_with(PlimsollError::HoldBudget);
    world.advance(1);
    world.actor("authority").tightens(hold(24 * HOUR)).done();
}

#[test]
fn neither_alone_nor_together_do_they_hold_a_withdrawal_for_more_than_a_day_in_a_week() {
    let mut exchange = world().exchange();
    // Every ten minutes both ask for whatever they can get, for ten weeks.
    let step = 10 * 60;
    let mut held = vec![];
    for number in 0..10 * 7 * 24 * 6 {
        let now = 1_800_000_000 + number * step;
        for seconds in [24 * HOUR, 6 * HOUR, HOUR, step, 1] {
            let mut tried = exchange.clone();
            if tried.hold(seconds as u32, now).is_ok() {
                exchange = tried;
            }
        }
        held.push(exchange.held_until - now);
    }
    let of_a_week = held.windows(7 * 24 * 6);
    let most = of_a_week.map(|week| week.iter().map(|held| (*held).clamp(0, step)).sum::<i64>());
    assert_eq!(most.max(), Some(24 * HOUR));
}

#[test]
fn a_swap_and_a_withdrawal_from_the_pool_wait_too_and_the_request_returns() {
    let mut world = world();
    let shares = world.shares("lp") / 10;
    let filed = world.actor("lp").requests_withdrawal(shares).filed();
    world.reach_request(&filed);
    world.actor("guardian").tightens(hold(24 * HOUR)).done();
    let keeper = world.keeper().prices(&filed).ends(&filed);
    keeper.refused_with(PlimsollError::WithdrawalsHeld);
    world.wait_hours(2);
    world.keeper().ends(&filed).done();
    assert_eq!(
        world.shares("lp") / 10,
        shares,
        "it lapsed, and the shares are back"
    );
}

#[test]
fn caps_fall_and_do_not_rise() {
    let mut world = world();
    let (bank, market) = (world.bank(SOL), world.market(SOL));
    let caps = |deposit_cap, borrow_cap| Tightening::BankCaps {
        deposit_cap,
        borrow_cap,
    };
    let guardian = world
        .actor("guardian")
        .tightens_caps(SOL, caps(bank.deposit_cap + 1, bank.borrow_cap));
    guardian.refused_with(PlimsollError::NotTighter);
    let guardian = world
        .actor("guardian")
        .tightens_caps(SOL, caps(bank.deposit_cap, bank.borrow_cap + 1));
    guardian.refused_with(PlimsollError::NotTighter);
    let lower = caps(sol(10).atoms, 0);
    world.actor("guardian").tightens_caps(SOL, lower).done();
    let alice = world.alice().deposits(sol(11));
    alice.refused_with(PlimsollError::DepositCap);
    world.alice().deposits(sol(10)).done();

    let sizes = |max_skew, max_open_interest| Tightening::MarketCaps {
        max_skew,
        max_open_interest,
    };
    for (skew, interest) in [
        (market.max_skew + 1, market.max_open_interest),
        (market.max_skew, market.max_open_interest + 1),
    ] {
        let wider = world
            .actor("guardian")
            .tightens_caps(SOL, sizes(skew, interest));
        wider.refused_with(PlimsollError::NotTighter);
    }
    world.alice().deposits(usdc(20_000)).longs(sol(5)).done();
    let least = sizes(sol(5).atoms, sol(5).atoms);
    world.actor("guardian").tightens_caps(SOL, least).done();
    let alice = world.alice().asks_long(sol(1));
    alice.refused_with(PlimsollError::MarketCap);
    world.alice().shorts(sol(5)).done();
}

#[test]
fn a_cap_that_fell_makes_announced_caps_void() {
    let mut world = world();
    let mut params = world.bank_params(SOL);
    params.deposit_cap *= 10;
    world
        .actor("authority")
        .announces(Patch::Bank { slot: SOL, params })
        .done();
    let caps = Tightening::BankCaps {
        deposit_cap: sol(1).atoms,
        borrow_cap: 0,
    };
    world.actor("guardian").tightens_caps(SOL, caps).done();
    world.wait_hours(72);
    let carol = world.carol().applies();
    carol.refused_with(PlimsollError::ChangeVoid);
    assert_eq!(world.bank(SOL).deposit_cap, sol(1).atoms);
}

#[test]
fn initial_rates_rise_to_twice_at_most_and_maintenance_stays() {
    let mut world = world();
    let rates = |world: &World<BankChain>| world.book().assets[usize::from(SOL)].rates();
    let before = rates(&world);
    let initial = |multiplier_ppm| Tightening::Initial {
        slot: SOL,
        multiplier_ppm,
    };
    for outside in [999_999, 2_000_001] {
        let guardian = world.actor("guardian").tightens(initial(outside));
        guardian.refused_with(PlimsollError::ParameterOutOfBounds);
    }
    world.actor("guardian").tightens(initial(1_500_000)).done();
    let after = rates(&world);
    let grown = after.initial_long.0 as f64 / before.initial_long.0 as f64;
    assert!((grown - 1.5).abs() < 1e-9, "{grown}");
    assert_eq!(after.maintenance_long, before.maintenance_long);
    let guardian = world.actor("guardian").tightens(initial(1_400_000));
    guardian.refused_with(PlimsollError::NotTighter);
    // Cranks keep it.
    world.wait_hours(1);
    world.sync();
    assert_eq!(rates(&world).initial_long, after.initial_long);
    world.change_with_notice(Patch::EndTightening { slots: 1 << SOL });
    assert_eq!(rates(&world), before);
}

#[test]
fn who_closes_is_not_stopped_by_a_cap_that_fell() {
    let mut world = world();
    world.alice().deposits(usdc(20_000)).longs(sol(40)).done();
    world.bob().deposits(usdc(20_000)).shorts(sol(40)).done();
    let caps = Tightening::MarketCaps {
        max_skew: 0,
        max_open_interest: 0,
    };
    world.actor("guardian").tightens_caps(SOL, caps).done();
    let carol = world.carol().deposits(usdc(1_000)).asks_long(sol(1));
    carol.refused_with(PlimsollError::MarketCap);
    // Her half of the market closed, all of his is skew.
    world.alice().trades(Ask::short(sol(40)).close()).done();
    world.settle("alice");
    assert!(world
        .account("alice")
        .positions
        .iter()
        .all(|place| place.is_free()));
    world.bob().trades(Ask::long(sol(40)).close()).done();
    assert_eq!(world.market(SOL).open_positions, [0, 0]);
}
