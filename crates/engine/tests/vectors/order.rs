//! Orders: how much, when, at which price.

use plimsoll_engine::order::{Extent, OrderKind, OrderTerms, ANY_PRICE};
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::trade::Execution;
use plimsoll_engine::units::Base;

use crate::support::{asset, calm};
use crate::{SOL, USD};

/// 10 SOL, bought or sold, at amounts in dollars for all of it.
fn terms(kind: OrderKind, sol: i64, limit: u64, trigger: u64) -> OrderTerms {
    let dollars = |amount: u64| amount.saturating_mul(USD as u64);
    OrderTerms {
        kind,
        extent: Extent::Size,
        size: Base(sol * SOL),
        limit: dollars(limit),
        trigger: dollars(trigger),
    }
}

/// SOL at this many hundred-millionths of a dollar.
fn at(price: u64) -> PriceBand {
    asset(calm(price), 8, 1_000).band
}

fn executed(terms: &OrderTerms, size: i64, notional: u64) -> Option<u64> {
    let execution = Execution {
        size: Base(size),
        mantissa: 0,
        notional,
    };
    let found = terms.at_own_price(&execution).unwrap();
    found.map(|execution| execution.notional)
}

#[test]
fn a_reducing_order_never_opens_and_never_flips() {
    let sale = terms(OrderKind::Market, -10, 0, 0);
    let reduce = OrderTerms {
        extent: Extent::Reduce,
        ..sale
    };
    let close = OrderTerms {
        extent: Extent::Close,
        ..sale
    };
    let sizes = |held: i64| {
        let size = |terms: &OrderTerms| terms.size_for(Base(held)).unwrap().0;
        (size(&sale), size(&reduce), size(&close))
    };
    let all = -10 * SOL;
    assert_eq!(sizes(0), (all, 0, 0));
    assert_eq!(sizes(-3 * SOL), (all, 0, 0));
    assert_eq!(sizes(1), (all, -1, -1));
    assert_eq!(sizes(10 * SOL), (all, all, all));
    assert_eq!(sizes(10 * SOL + 1), (all, all, all - 1));
    assert_eq!(sizes(i64::MAX), (all, all, -i64::MAX));
    let buy = OrderTerms {
        size: Base(10 * SOL),
        ..reduce
    };
    assert_eq!(buy.size_for(Base(-3 * SOL)).unwrap(), Base(3 * SOL));
    assert_eq!(buy.size_for(Base(3 * SOL)).unwrap(), Base::ZERO);
    let most = OrderTerms {
        extent: Extent::Close,
        ..buy
    };
    assert!(
        most.size_for(Base(i64::MIN)).is_err(),
        "no such size can be bought"
    );
}

#[test]
fn a_stop_triggers_against_who_holds_and_a_take_profit_for_him() {
    let (ninety, hundred, above) = (9_000_000_000, 10_000_000_000, 10_000_000_001);
    let stop_sale = terms(OrderKind::Stop, -10, 0, 1_000);
    let stop_buy = terms(OrderKind::Stop, 10, 2_000, 1_000);
    let profit_sale = terms(OrderKind::TakeProfit, -10, 0, 1_000);
    let profit_buy = terms(OrderKind::TakeProfit, 10, 2_000, 1_000);
    let reached = |terms: &OrderTerms, price| terms.is_triggered(&at(price)).unwrap();
    for (terms, expected) in [
        (stop_sale, [true, true, false]),
        (profit_buy, [true, true, false]),
        (stop_buy, [false, true, true]),
        (profit_sale, [false, true, true]),
    ] {
        let found = [ninety, hundred, above].map(|price| reached(&terms, price));
        assert_eq!(found, expected, "{terms:?}");
    }
    assert!(reached(&terms(OrderKind::Limit, 10, 1, 0), hundred));
    // Of a token of nine decimals no mantissa is exactly the price.
    let band = asset(calm(16_000_000_000), 9, 1_000).band;
    let size = Base(10 * 10 * SOL);
    for (kind, trigger, expected) in [
        (OrderKind::Stop, 1_600_000_000, true),
        (OrderKind::Stop, 1_600_000_001, false),
        (OrderKind::TakeProfit, 1_600_000_000, true),
        (OrderKind::TakeProfit, 1_599_999_999, false),
    ] {
        let terms = OrderTerms {
            size,
            trigger,
            ..terms(kind, 10, 2_000, 0)
        };
        assert_eq!(terms.is_triggered(&band).unwrap(), expected, "{terms:?}");
    }
}

#[test]
fn an_order_pays_its_own_price_or_the_impact_price_whichever_is_worse() {
    let usd = USD as u64;
    let buy = terms(OrderKind::Limit, 10, 1_000, 0);
    assert_eq!(executed(&buy, 10 * SOL, 990 * usd), Some(1_000 * usd));
    assert_eq!(executed(&buy, 10 * SOL, 1_000 * usd), Some(1_000 * usd));
    assert_eq!(executed(&buy, 10 * SOL, 1_000 * usd + 1), None);
    let sale = terms(OrderKind::Limit, -10, 1_000, 0);
    assert_eq!(executed(&sale, -10 * SOL, 1_010 * usd), Some(1_000 * usd));
    assert_eq!(executed(&sale, -10 * SOL, 1_000 * usd - 1), None);

    let stop = terms(OrderKind::Stop, -10, 900, 1_000);
    assert_eq!(executed(&stop, -10 * SOL, 950 * usd), Some(950 * usd));
    assert_eq!(executed(&stop, -10 * SOL, 1_010 * usd), Some(1_000 * usd));
    assert_eq!(executed(&stop, -10 * SOL, 900 * usd - 1), None);
    let profit = terms(OrderKind::TakeProfit, -10, 900, 1_000);
    assert_eq!(executed(&profit, -10 * SOL, 1_100 * usd), Some(1_000 * usd));
    assert_eq!(executed(&profit, -10 * SOL, 990 * usd), Some(990 * usd));

    let market = terms(OrderKind::Market, 10, 1_000, 0);
    assert_eq!(executed(&market, 10 * SOL, 990 * usd), Some(990 * usd));
}

#[test]
fn amounts_follow_the_executed_size_against_the_taker() {
    let usd = USD as u64;
    let buy = OrderTerms {
        limit: 10,
        ..terms(OrderKind::Limit, 3, 0, 0)
    };
    // A third of 10 atoms.
    assert_eq!(executed(&buy, SOL, 1), Some(4));
    assert_eq!(executed(&buy, SOL, 5), None);
    let sale = OrderTerms {
        size: Base(-3 * SOL),
        ..buy
    };
    assert_eq!(executed(&sale, -SOL, 9), Some(3));
    // More than was named, where all is closed.
    let stop = terms(OrderKind::Stop, -10, 900, 1_000);
    assert_eq!(executed(&stop, -20 * SOL, 1_990 * usd), Some(1_990 * usd));
    assert_eq!(executed(&stop, -20 * SOL, 1_799 * usd), None);
}

#[test]
fn no_limit_stays_none_for_a_part_and_for_more() {
    let buy = OrderTerms {
        limit: ANY_PRICE,
        ..terms(OrderKind::Market, 10, 0, 0)
    };
    assert_eq!(executed(&buy, 1, u64::MAX), Some(u64::MAX));
    assert_eq!(executed(&buy, 20 * SOL, u64::MAX), Some(u64::MAX));
    // A limit that leaves 64 bits is above every notional.
    let wide = OrderTerms {
        limit: ANY_PRICE - 1,
        ..buy
    };
    assert_eq!(executed(&wide, 20 * SOL, u64::MAX), Some(u64::MAX));
}

#[test]
fn terms_go_together() {
    let sound = |kind, sol, limit, trigger| terms(kind, sol, limit, trigger).is_sound();
    assert!(sound(OrderKind::Market, 10, 1_000, 0));
    assert!(!sound(OrderKind::Market, 10, 1_000, 1));
    assert!(!sound(OrderKind::Market, 0, 1_000, 0));
    assert!(sound(OrderKind::Limit, -10, 1_000, 0));
    assert!(!sound(OrderKind::Limit, -10, 0, 0));
    assert!(!sound(OrderKind::Limit, 10, u64::MAX, 0));
    assert!(!sound(OrderKind::Limit, 10, 1_000, 1));
    for kind in [OrderKind::Stop, OrderKind::TakeProfit] {
        assert!(sound(kind, -10, 0, 1_000));
        assert!(sound(kind, -10, 1_000, 1_000));
        assert!(!sound(kind, -10, 1_001, 1_000));
        assert!(sound(kind, 10, u64::MAX, 1_000));
        assert!(!sound(kind, 10, 999, 1_000));
        assert!(!sound(kind, 10, u64::MAX, 0));
        assert!(!sound(kind, 10, u64::MAX, u64::MAX));
    }
}

#[test]
fn kinds_and_extents_keep_their_numbers() {
    for code in 0..=u8::MAX {
        assert_eq!(
            OrderKind::from_code(code).map(OrderKind::code),
            (code < 4).then_some(code)
        );
        assert_eq!(
            Extent::from_code(code).map(Extent::code),
            (code < 3).then_some(code)
        );
    }
}
