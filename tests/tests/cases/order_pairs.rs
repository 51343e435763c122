//! Two orders of which one executes.

use plimsoll::events::OrderCancelled;
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// Alice, long 10 SOL at 150, sells at 160 or at 140.
fn pair() -> (World<LiteChain>, PlacedOrder, PlacedOrder) {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(20)).done();
    let profit = world.alice().places(profit(1).paired_with(2));
    let stop = world.alice().places(stop(2).paired_with(1));
    (world, profit, stop)
}

fn profit(id: u64) -> Ask {
    Ask::short(sol(10)).take_profit(usdc(1_600)).reduce().id(id)
}

fn stop(id: u64) -> Ask {
    Ask::short(sol(10)).stop(usdc(1_400)).reduce().id(id)
}

/// SOL at this price, so long after the order's instant.
fn publish(world: &mut World<LiteChain>, order: &PlacedOrder, later: i64, dollars: i64) -> Address {
    let time = order.execute_at + later;
    if world.now() < time {
        world.chain.set_clock(time);
    }
    let update = PriceUpdate {
        price: dollars * 100_000_000,
        ema: dollars * 100_000_000,
        publish_time: time,
        previous_publish_time: time - 1,
        ..world.update(SOL)
    };
    world.post(&update)
}

#[test]
fn when_one_has_executed_the_other_cannot_though_both_conditions_were_met() {
    let (mut world, profit, stop) = pair();
    let high = publish(&mut world, &stop, 0, 160);
    let low = publish(&mut world, &stop, 1, 140);
    world.keeper().executes_on(&profit, high).done();
    world
        .keeper()
        .executes_on(&stop, low)
        .refused_with(PlimsollError::PartnerGone);
    assert_eq!(world.position("alice", SOL).base, 10_000_000_000);
    let told = world.keeper().cancels(&stop).done();
    let told = told.event::<OrderCancelled>();
    assert_eq!(told.reason, u32::from(PlimsollError::PartnerGone));
    assert_eq!(told.partner, profit.key);
    assert_eq!(world.account("alice").open_orders, 0);
}

#[test]
fn both_in_one_transaction_are_one_too_many() {
    let (mut world, profit, stop) = pair();
    let high = publish(&mut world, &stop, 0, 160);
    let low = publish(&mut world, &stop, 1, 140);
    world.meet("keeper");
    let both = [
        call(
            world.execute_accounts("keeper", &profit, high),
            ix::ExecuteOrder {},
        ),
        call(
            world.execute_accounts("keeper", &stop, low),
            ix::ExecuteOrder {},
        ),
    ];
    world
        .keeper()
        .does(&both)
        .refused_with(PlimsollError::PartnerGone);
    assert_eq!(world.position("alice", SOL).base, 20_000_000_000);
}

#[test]
fn when_one_is_cancelled_the_other_goes_on_alone() {
    let (mut world, profit, stop) = pair();
    world.alice().cancels(&profit).done();
    let alone = PlacedOrder {
        partner: None,
        ..stop
    };
    let left = world.order(&stop.key).expect("the stop stands");
    assert_eq!(left.partner, Address::default());
    let low = publish(&mut world, &stop, 0, 140);
    world.keeper().executes_on(&alone, low).done();
}

#[test]
fn an_end_by_time_frees_the_other_too() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(20)).done();
    let until = world.now() + 100;
    let first = profit(1).paired_with(2).until(until);
    let profit = world.alice().places(first);
    let stop = world.alice().places(stop(2).paired_with(1));
    world.chain.set_clock(until + 1);
    world.tick();
    world.keeper().cancels(&profit).done();
    world
        .keeper()
        .cancels(&PlacedOrder {
            partner: None,
            ..stop
        })
        .refused_with(PlimsollError::OrderAlive);
}

#[test]
fn half_a_pair_is_none_and_anybody_removes_it() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(20)).done();
    let lone = world.alice().places(stop(2).paired_with(1));
    let low = publish(&mut world, &lone, 0, 140);
    world
        .keeper()
        .executes_on(&lone, low)
        .refused_with(PlimsollError::PartnerGone);
    world.keeper().cancels(&lone).done();
}

/// Whoever completes a pair late would choose, with prices in view, when its first half can execute.
#[test]
fn a_pair_executes_on_no_update_before_the_later_of_its_instants() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(20)).done();
    let first = world.alice().places(stop(2).paired_with(1));
    let known = publish(&mut world, &first, 5, 140);
    let late = world.alice().places(profit(1).paired_with(2));
    world
        .alice()
        .executes_on(&first, known)
        .refused_with(PlimsollError::UpdateBeforeOrder);
    // Nor by being freed at once.
    let mut fork = world.clone();
    fork.alice().cancels(&late).done();
    let alone = PlacedOrder {
        partner: None,
        ..first
    };
    fork.alice()
        .executes_on(&alone, known)
        .refused_with(PlimsollError::UpdateBeforeOrder);
    let next = publish(&mut world, &late, 0, 140);
    world.keeper().executes_on(&first, next).done();
}

#[test]
fn the_partner_is_shown_and_is_the_one_named() {
    let (mut world, profit, stop) = pair();
    let third = world.alice().places(self::profit(3));
    let low = publish(&mut world, &third, 0, 140);
    for given in [None, Some(third.key), Some(third.account)] {
        let shown = PlacedOrder {
            partner: given,
            ..stop
        };
        world
            .keeper()
            .executes_on(&shown, low)
            .refused_with(PlimsollError::WrongPartner);
        world
            .keeper()
            .cancels(&shown)
            .refused_with(PlimsollError::WrongPartner);
    }
    world.keeper().executes_on(&stop, low).done();
    world.keeper().cancels(&profit).done();
}

#[test]
fn a_partner_names_back_and_is_of_the_same_account_and_market() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(3_000)).longs(sol(20)).done();
    let bitcoin = Ask::long(btc(0.01)).at(usdc(900));
    world.alice().places(bitcoin.id(1).paired_with(2));
    let stop_of_two = world.alice().places(stop(2).paired_with(1));
    world.alice().places(profit(3));
    let one_sided = world.alice().places(stop(4).paired_with(3));
    let low = publish(&mut world, &one_sided, 0, 140);
    for half in [stop_of_two, one_sided] {
        world
            .keeper()
            .executes_on(&half, low)
            .refused_with(PlimsollError::PartnerGone);
    }
}

#[test]
fn whatever_is_named_the_owner_can_cancel() {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(2_000)).longs(sol(20)).done();
    let account = world.account_key("alice", 0);
    for named in [
        account,
        world.asset(SOL).market,
        key_of("alice"),
        world.keys.book,
    ] {
        let key = world.order_key(&account, 50);
        let params = plimsoll::instructions::OrderParams {
            id: 50,
            size: -1_000_000_000,
            limit_quote: usdc(160).atoms,
            partner: named,
            kind: 1,
            ..market_order(-1, 100_000)
        };
        world.watch_order(key);
        let accounts = world.place_accounts("alice", 0, SOL, 50);
        let place = call(accounts, ix::PlaceOrder { params });
        world.alice().does(&[place]).done();
        let order = world.order(&key).expect("it exists");
        let order = PlacedOrder::new(key, &order);
        world.alice().cancels(&order).done();
    }
}
