//! Tables of decisions: what is known, and what is to be done.

use plimsoll::constants::REQUEST_WINDOW;
use plimsoll::state::{DeterminedPrice, Order, ParameterChange, Patch, PoolRequest};

use super::*;
use crate::config::Config;
use crate::synthetic::{wallet, Exchange, BTC, SOL};

const NOW: i64 = 1_790_000_000;
const KEEPER: u64 = 1;
const TRADER: u64 = 2;

struct Stage {
    exchange: Exchange,
    rules: Rules,
    trader: Address,
}

impl Stage {
    /// A keeper with 100,000 dollars, and a trader with 1,000.
    fn new() -> Self {
        let mut exchange = Exchange::new(NOW);
        let account = exchange.open(KEEPER, 100_000);
        let trader = exchange.open(TRADER, 1_000);
        let config = Config::default();
        let lists = config.policy.lists().unwrap();
        let rules = Rules {
            duties: config.duties,
            policy: config.policy,
            lists,
            own: config.own,
            account,
            change_pace: 3_600,
        };
        Self {
            exchange,
            rules,
            trader,
        }
    }

    /// A trader who is long SOL for 8 times what he has, and a price of it.
    fn long_at(price: f64) -> Self {
        let mut stage = Self::new();
        let trader = stage.trader;
        stage.exchange.trade(&trader, SOL, 7_000.0);
        stage.exchange.price(SOL, price);
        stage
    }

    fn actions(&self) -> Vec<Action> {
        let world = self.exchange.world();
        for_account(&world, &self.rules, &self.trader, self.exchange.now)
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.actions().iter().map(Action::kind).collect()
    }

    fn account(&mut self) -> &mut MarginAccount {
        self.exchange.accounts.get_mut(&self.trader).unwrap()
    }
}

#[test]
fn each_state_has_its_action() {
    // 1,000 dollars against 7,000 at 9.1% maintenance and 12.6% initial.
    let table: [(f64, &[&str]); 6] = [
        (150.0, &[]),
        (147.5, &[]),
        (142.5, &["call_margin"]),
        (140.0, &["liquidate"]),
        (132.0, &["liquidate"]),
        (100.0, &["liquidate"]),
    ];
    for (price, expected) in table {
        assert_eq!(Stage::long_at(price).kinds(), expected, "at {price}");
    }
}

#[test]
fn a_call_is_recorded_once_and_lifted_when_it_is_over() {
    let mut stage = Stage::long_at(142.5);
    stage.account().called_at = NOW - 100;
    assert!(stage.kinds().is_empty(), "it stands already");
    stage.exchange.price(SOL, 150.0);
    assert_eq!(stage.kinds(), ["call_margin"], "initial is met again");
}

#[test]
fn what_the_throttle_leaves_nothing_of_begins_its_clock_or_waits() {
    let mut stage = Stage::long_at(140.0);
    let account = stage.account();
    (account.called_at, account.liquidatable_since) = (NOW - 5, NOW - 5);
    (account.first_shortage, account.liquidated) = (500_000_000, 50_000_000);
    account.last_liquidation = NOW - 1;
    assert!(stage.kinds().is_empty(), "a tenth is taken");
    stage.exchange.advance(60);
    assert_eq!(
        stage.kinds(),
        ["liquidate"],
        "after a minute there is no limit"
    );
}

#[test]
fn positions_come_first_and_need_no_capital() {
    let mut stage = Stage::new();
    let trader = stage.trader;
    stage.exchange.trade(&trader, SOL, 4_000.0);
    stage.exchange.trade(&trader, BTC, 4_000.0);
    stage.exchange.hold(&trader, SOL, 200.0);
    stage.exchange.price(SOL, 125.0);
    let keeper = stage.rules.account;
    stage.exchange.accounts.get_mut(&keeper).unwrap().balances[0].amount = 0;
    let actions = stage.actions();
    let [Action::Liquidate { legs, .. }] = &actions[..] else {
        panic!("expected one liquidation, found {actions:?}");
    };
    assert!(
        legs.iter().all(|leg| leg.kind == leg_kind::POSITION),
        "{legs:?}"
    );
}

#[test]
fn collateral_is_bought_where_there_is_no_position_and_room_for_it() {
    let mut stage = Stage::new();
    let trader = stage.trader;
    stage.account().balances[0].amount = 0;
    stage.exchange.hold(&trader, SOL, 1_000.0);
    stage.exchange.hold(&trader, BTC, -800.0);
    stage.exchange.price(SOL, 137.0);
    let actions = stage.actions();
    assert_eq!(stage.kinds(), ["liquidate"], "{actions:?}");
    let keeper = stage.rules.account;
    for (why, change) in [
        (
            "not with nothing",
            (|own, _| own.balances[0].amount = 0) as fn(&mut MarginAccount, &mut Own),
        ),
        ("not while an order is pending", |own, _| {
            own.pending_order = wallet(1, 1)
        }),
        ("not if it is not wanted", |_, own| own.capital = false),
    ] {
        let mut rules = stage.rules.own.clone();
        let mut account = stage.exchange.accounts[&keeper].clone();
        change(&mut account, &mut rules);
        let mut other = Stage::new();
        other.exchange.book = stage.exchange.book.clone();
        other.exchange.accounts = stage.exchange.accounts.clone();
        other.exchange.accounts.insert(keeper, account);
        other.rules.own = rules;
        assert!(!other.kinds().contains(&"liquidate"), "{why}");
    }
}

#[test]
fn one_purchase_costs_no_more_than_its_part_of_the_deposit() {
    let mut stage = Stage::new();
    let (trader, keeper) = (stage.trader, stage.rules.account);
    stage.account().balances[0].amount = 0;
    stage.exchange.hold(&trader, SOL, 1_000.0);
    stage.exchange.hold(&trader, BTC, -960.0);
    stage.exchange.accounts.get_mut(&keeper).unwrap().balances[0].amount = 400_000_000;
    let actions = stage.actions();
    let Some(Action::Liquidate { legs, .. }) =
        actions.iter().find(|action| action.kind() == "liquidate")
    else {
        panic!("expected a liquidation, found {actions:?}");
    };
    let bands = legs.iter().map(|leg| {
        let band = stage.exchange.book.assets[usize::from(leg.slot)].band();
        band.value_floor(leg.most, band.spot).unwrap()
    });
    assert!(
        bands.sum::<u64>() <= 100_000_000,
        "a quarter of 400 dollars: {legs:?}"
    );
}

#[test]
fn nobody_is_touched_whom_the_lists_leave_out() {
    let owner = wallet(5, TRADER);
    let mut stage = Stage::long_at(140.0);
    stage.rules.lists.deny = vec![owner];
    assert!(stage.kinds().is_empty());
    stage.rules.lists.deny.clear();
    stage.rules.lists.allow = Some(vec![wallet(5, 77)]);
    assert!(stage.kinds().is_empty());
    stage.rules.lists.allow = Some(vec![stage.trader]);
    assert_eq!(stage.kinds(), ["liquidate"]);
}

#[test]
fn what_brings_too_little_is_left_to_others() {
    let mut stage = Stage::long_at(140.0);
    stage.rules.policy.least_profit = i64::MAX;
    assert_eq!(
        stage.kinds(),
        ["call_margin"],
        "its clock begins nevertheless"
    );
}

#[test]
fn the_keepers_own_account_is_never_liquidated_by_itself() {
    let mut stage = Stage::long_at(140.0);
    stage.rules.account = stage.trader;
    assert_eq!(stage.kinds(), ["call_margin"]);
}

#[test]
fn a_swap_that_is_open_is_left_alone() {
    let mut stage = Stage::long_at(140.0);
    stage.account().swapping = 1;
    assert!(stage.kinds().is_empty());
}

#[test]
fn a_price_too_old_to_trade_at_stops_the_liquidation_and_not_the_call() {
    let mut stage = Stage::long_at(140.0);
    stage.exchange.now += ACTION_AGE + 1;
    assert_eq!(stage.kinds(), ["call_margin"]);
}

#[test]
fn a_debt_is_taken_over_for_no_more_than_the_account_has_and_gets() {
    for (quote, collateral, debt) in [
        (200, 1_200.0, -1_300.0),
        (900, 300.0, -1_130.0),
        (1_000, 0.0, -960.0),
    ] {
        let mut stage = Stage::new();
        let trader = stage.trader;
        stage.account().balances[0].amount = quote * 1_000_000;
        if collateral > 0.0 {
            stage.exchange.hold(&trader, SOL, collateral);
        }
        stage.exchange.hold(&trader, BTC, debt);
        let world = stage.exchange.world();
        let account = world.accounts.get(&trader).unwrap();
        let found = stage.actions();
        let legs = found.iter().find_map(|action| match action {
            Action::Liquidate { legs, .. } => Some(legs),
            _ => None,
        });
        let legs = legs.unwrap_or_else(|| panic!("{quote}: {found:?}"));
        let plan = plan(&world.book, |slot| world.market(slot), account, legs, NOW).unwrap();
        let mut left = quote * 1_000_000;
        for (leg, taken) in legs.iter().zip(&plan.taken) {
            let notional = i64::try_from(taken.notional).unwrap();
            left += if leg.kind == leg_kind::DEBT {
                -notional
            } else {
                notional
            };
            assert!(left >= 0, "{quote}, {collateral}, {debt}: {legs:?}");
        }
    }
}

#[test]
fn a_bankrupt_account_is_recorded_settled_and_ended() {
    let mut stage = Stage::new();
    let trader = stage.trader;
    stage.account().balances[0].amount = 0;
    stage.exchange.hold(&trader, BTC, -800.0);
    assert_eq!(
        stage.kinds(),
        ["settle_bad_debt", "call_margin"],
        "nothing is left but the debt"
    );
    stage.account().credit = -5;
    stage.account().balances[1].pending_loss = 3;
    assert_eq!(
        stage.kinds(),
        ["call_margin", "settle_end"],
        "a claim stands between it and its end"
    );
    stage.account().credit = 0;
    assert!(
        stage.kinds().contains(&"settle_bad_debt"),
        "spent: it can be ended"
    );
    stage.account().pending_order = wallet(1, 1);
    assert!(
        !stage.kinds().contains(&"settle_bad_debt"),
        "not while an order is pending"
    );
}

#[test]
fn a_recovered_account_loses_what_was_recorded() {
    let mut stage = Stage::new();
    let trader = stage.trader;
    stage.exchange.hold(&trader, BTC, -100.0);
    stage.account().balances[1].pending_loss = 3;
    assert_eq!(stage.kinds(), ["settle_bad_debt"]);
}

#[test]
fn duties_that_are_off_are_not_done() {
    let mut stage = Stage::long_at(140.0);
    stage.rules.duties.liquidate = false;
    assert_eq!(stage.kinds(), ["call_margin"]);
    stage.rules.duties.call_margin = false;
    assert!(stage.kinds().is_empty());
}

fn order(stage: &Stage, kind: u8, trigger_quote: u64, limit_quote: u64) -> Order {
    Order {
        book: stage.exchange.key,
        account: stage.trader,
        payer: wallet(1, 1),
        partner: Address::default(),
        id: 1,
        generation: 1,
        size: -10_000_000_000,
        limit_quote,
        trigger_quote,
        notional: 1_500_000_000,
        placed_at: NOW - 30,
        execute_at: NOW - 10,
        expires_at: NOW + 50,
        keeper_fee: 100_000,
        slot: SOL,
        kind,
        extent: 0,
        bump: 0,
    }
}

fn for_one(stage: &Stage, order: &Order, now: i64) -> Option<Action> {
    let world = stage.exchange.world();
    for_order(&world, &stage.rules, (&wallet(4, 1), order), now)
}

#[test]
fn a_market_order_executes_on_its_update_and_is_removed_when_it_has_lapsed() {
    let stage = Stage::new();
    let order = order(&stage, 0, 0, 0);
    assert!(
        for_one(&stage, &order, NOW - 11).is_none(),
        "its instant is to come"
    );
    let due = for_one(&stage, &order, NOW - 10);
    let Some(Action::Execute { price, .. }) = due else {
        panic!("expected an execution, found {due:?}");
    };
    assert_eq!(price, Price::Determined(NOW - 10));
    assert!(matches!(
        for_one(&stage, &order, NOW + 51),
        Some(Action::Cancel { .. })
    ));
    let unpaid = Order {
        keeper_fee: 0,
        ..order
    };
    let mut stage = stage;
    stage.rules.policy.least_lamports = 1;
    assert!(for_one(&stage, &unpaid, NOW).is_none());
}

#[test]
fn a_resting_order_executes_where_its_condition_holds() {
    // A stop of 10 SOL; the worth of the size that triggers.
    let stop = |dollars: u64| (2, dollars * 1_000_000, 1);
    let limit = |dollars: u64| (1, 0, dollars * 1_000_000);
    let table = [
        (stop(1_499), false, "the price is above the stop"),
        (stop(1_501), true, "the price has reached the stop"),
        (limit(1_400), true, "a sale at more than its limit"),
        (limit(1_600), false, "a sale below its limit"),
    ];
    let stage = Stage::new();
    for ((kind, trigger, limit), executes, why) in table {
        let order = order(&stage, kind, trigger, limit);
        let found = for_one(&stage, &order, NOW);
        assert_eq!(
            matches!(
                found,
                Some(Action::Execute {
                    price: Price::Newest,
                    ..
                })
            ),
            executes,
            "{why}"
        );
    }
}

#[test]
fn a_resting_order_that_can_never_execute_is_removed() {
    let stage = Stage::new();
    let orphan = Order {
        partner: wallet(4, 9),
        ..order(&stage, 2, 1_000_000_000, 1)
    };
    assert!(matches!(
        for_one(&stage, &orphan, NOW),
        Some(Action::Cancel { .. })
    ));
    let idle = Order {
        extent: 1,
        ..order(&stage, 2, 1_000_000_000, 1)
    };
    assert!(matches!(
        for_one(&stage, &idle, NOW),
        Some(Action::Cancel { .. })
    ));
    let stranger = Order {
        generation: 2,
        ..order(&stage, 2, 1_000_000_000, 1)
    };
    assert!(
        for_one(&stage, &stranger, NOW).is_none(),
        "the account was opened anew"
    );
}

#[test]
fn a_request_is_priced_and_then_ended() {
    let mut stage = Stage::new();
    let trader = stage.trader;
    stage.exchange.trade(&trader, SOL, 100.0);
    let world = stage.exchange.world();
    let mut request: PoolRequest = bytemuck::Zeroable::zeroed();
    request.execute_at = NOW;
    let of = |request: &PoolRequest, now| {
        for_request(&world, &stage.rules, (&wallet(4, 1), request), now)
    };
    assert!(of(&request, NOW - 1).is_none());
    let found = of(&request, NOW);
    let Some(Action::PriceRequest { slots, .. }) = found else {
        panic!("expected prices, found {found:?}");
    };
    assert_eq!(slots, [SOL], "of markets with open interest");
    request.prices[usize::from(SOL)] = DeterminedPrice::of(&world.book.assets[1].band());
    assert!(matches!(of(&request, NOW), Some(Action::EndRequest { .. })));
    request.prices[usize::from(SOL)] = bytemuck::Zeroable::zeroed();
    assert!(
        matches!(
            of(&request, NOW + REQUEST_WINDOW + 1),
            Some(Action::EndRequest { .. })
        ),
        "lapsed"
    );
}

#[test]
fn a_change_is_applied_while_it_is_due_and_grows_on() {
    let stage = Stage::new();
    let mut change = ParameterChange {
        exchange: wallet(8, 1),
        payer: wallet(1, 1),
        id: 1,
        announced_at: 0,
        earliest: NOW,
        latest: NOW + 10,
        moved_at: 0,
        grown: 0,
        version: 0,
        bump: 0,
        patch: Patch::EndTightening { slots: 1 },
        from: Vec::new(),
    };
    let of = |change: &ParameterChange, now| {
        for_change(&stage.rules, (&wallet(4, 1), change), now).is_some()
    };
    assert_eq!(
        [NOW - 1, NOW, NOW + 10, NOW + 11].map(|now| of(&change, now)),
        [false, true, true, false]
    );
    change.moved_at = NOW;
    assert_eq!(
        [NOW + 20, NOW + 3_600].map(|now| of(&change, now)),
        [false, true]
    );
    change.patch = Patch::Authority(wallet(1, 1));
    assert!(!of(&change, NOW + 3_600), "only who gets it can sign");
}
