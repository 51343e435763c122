//! `set_model`.

use super::{anchor, world};
use plimsoll::events::ModelChanged;
use plimsoll_engine::portfolio::Binding;
use plimsoll_tests::prelude::*;

/// Alice has 2,000 dollars, 20 SOL, and is short 20 SOL.
fn hedged() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(2_000)).deposits(sol(20)).done();
    world.alice().shorts(sol(20)).done();
    world.tick();
    world
}

#[test]
fn a_hedge_is_charged_as_a_hedge() {
    let mut world = hedged();
    let gross = world.assess("alice");
    let receipt = world.alice().uses(ModelKind::Portfolio).done();
    let net = world.assess("alice");
    assert_eq!((gross.model, net.model), (0, 1));
    // Spot against the perpetual of the same asset leaves the floor.
    let told = (net.binding_maintenance, net.binding_initial);
    let expected = (Binding::ClosingCost.code(), Binding::Maintenance.code());
    assert_eq!(told, expected);
    assert!(net.maintenance_requirement * 10 < gross.maintenance_requirement * 6);
    assert_eq!(net.gross_maintenance, gross.gross_maintenance);
    assert_eq!(net.gross_initial, gross.gross_initial);
    let event = receipt.event::<ModelChanged>();
    assert_eq!((event.before, event.after), (0, 1));
    assert_eq!(event.initial_requirement, net.initial_requirement);
}

#[test]
fn what_nothing_depends_on_needs_no_price() {
    let mut world = world();
    world.alice().deposits(usdc(5)).deposits(sol(1)).done();
    world.advance(100_000);
    world.alice().uses(ModelKind::Portfolio).done();
    let accounts = world.set_model_accounts("alice", 0);
    let same = call(accounts, ix::SetModel { model: 1 });
    let alice = world.alice().does(&[same]);
    alice.refused_with(PlimsollError::UnknownModel);
    let accounts = world.set_model_accounts("alice", 0);
    let none = call(accounts, ix::SetModel { model: 3 });
    let alice = world.alice().does(&[none]);
    alice.refused_with(PlimsollError::UnknownModel);
}

#[test]
fn initial_is_met_under_both_models() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).deposits(sol(2)).done();
    world.alice().shorts(sol(20)).done();
    world.tick();
    world.alice().uses(ModelKind::Portfolio).done();
    // What is left covers the net exposure, and not both legs; quote that leaves needs less, too.
    let health = world.health("alice");
    let spare = health.initial.equity.0 - health.gross.initial as i64;
    world.tick();
    let rest = usdc_atoms(spare.unsigned_abs() + 10_000_000);
    world.alice().withdraws(rest).done();
    let alice = world.alice().uses(ModelKind::Standard);
    alice.refused_with(PlimsollError::BelowInitial);
    world.alice().deposits(usdc(20)).done();
    world.alice().uses(ModelKind::Standard).done();
    // Nor does a model that asks for less help who is strained under the one he has.
    world.price(SOL, 154.0);
    let health = world.health("alice");
    assert!(!health.initial.is_met() && health.maintenance.is_met());
    let alice = world.alice().uses(ModelKind::Portfolio);
    alice.refused_with(PlimsollError::BelowInitial);
}

#[test]
fn it_waits_for_orders_calls_and_episodes() {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).done();
    let order = world.alice().asks_long(sol(50)).order();
    let alice = world.alice().uses(ModelKind::Portfolio);
    alice.refused_with(PlimsollError::OrderPending);
    world.reach(&order);
    world.keeper().executes(&order).done();
    world.price(SOL, 144.0);
    world.call_margin("alice");
    let alice = world.alice().deposits(usdc(100));
    let alice = alice.uses(ModelKind::Portfolio);
    alice.refused_with(PlimsollError::ModelWhileCalled);
}

#[test]
fn the_prices_it_rests_on_are_fresh() {
    let mut world = hedged();
    world.advance(21);
    let alice = world.alice().uses(ModelKind::Portfolio);
    alice.refused_with(PlimsollError::PriceStale);
}

#[test]
fn only_the_owner_chooses() {
    let mut world = hedged();
    let accounts = ax::SetModel {
        owner: key_of("mallory"),
        ..world.set_model_accounts("alice", 0)
    };
    let attack = call(accounts, ix::SetModel { model: 1 });
    let mallory = world.mallory().does(&[attack]);
    mallory.refused_with(PlimsollError::NotOwner);
    let mut unsigned = call(
        world.set_model_accounts("alice", 0),
        ix::SetModel { model: 1 },
    );
    unsigned.accounts[0].is_signer = false;
    let mallory = world.mallory().does(&[unsigned]);
    mallory.refused_with_code(anchor::NOT_SIGNER, "an unsigned owner");
}

#[test]
fn an_isolated_account_holds_quote_and_one_position() {
    let mut world = world();
    world.alice().uses(ModelKind::Isolated).done();
    let alice = world.alice().deposits(usdc(1_000)).deposits(sol(1));
    alice.refused_with(PlimsollError::IsolatedHoldings);
    world.alice().longs(sol(10)).done();
    let alice = world.alice().trades(Ask::long(btc(0.01)));
    alice.refused_with(PlimsollError::IsolatedHoldings);
    world.alice().longs(sol(1)).shorts(sol(11)).done();
    // What was lost on the first position is settled before the second.
    world.tick();
    world.settle("alice");
    world.alice().longs(btc(0.01)).done();
    assert_eq!(world.assess("alice").model, 2);
}

#[test]
fn who_holds_more_cannot_become_isolated() {
    let mut world = hedged();
    let alice = world.alice().uses(ModelKind::Isolated);
    alice.refused_with(PlimsollError::IsolatedHoldings);
    world.tick();
    let alice = world.alice().longs(sol(20)).longs(btc(0.01));
    alice.done();
    world.tick();
    world.settle("alice");
    world.alice().withdraws(sol(20)).done();
    world.alice().uses(ModelKind::Isolated).done();
}
