//! Orders: what no size, price or holding can make them do.

use proptest::prelude::*;

use plimsoll_engine::order::{Extent, OrderKind, OrderTerms};
use plimsoll_engine::trade::Execution;
use plimsoll_engine::units::Base;

use crate::cases;

fn any_terms() -> impl Strategy<Value = OrderTerms> {
    let kind = prop_oneof![
        Just(OrderKind::Market),
        Just(OrderKind::Limit),
        Just(OrderKind::Stop),
        Just(OrderKind::TakeProfit)
    ];
    let extent = prop_oneof![
        Just(Extent::Size),
        Just(Extent::Reduce),
        Just(Extent::Close)
    ];
    (kind, extent, any_amount(), any_amount(), any::<i64>()).prop_filter_map(
        "sound terms",
        |(kind, extent, limit, trigger, size)| {
            let waits = matches!(kind, OrderKind::Stop | OrderKind::TakeProfit);
            let terms = OrderTerms {
                kind,
                extent,
                size: Base(size),
                limit,
                trigger: if waits { trigger } else { 0 },
            };
            (terms.is_sound() && size != i64::MIN).then_some(terms)
        },
    )
}

/// Of any magnitude, and the ends.
fn any_amount() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => (any::<u64>(), 0..64u32).prop_map(|(amount, shift)| amount >> shift),
        1 => Just(0),
        1 => Just(u64::MAX)
    ]
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn a_reducing_order_moves_towards_zero_and_not_past_it(
        terms in any_terms(),
        held in -i64::MAX..i64::MAX,
    ) {
        let size = terms.size_for(Base(held)).unwrap();
        if terms.extent == Extent::Size {
            prop_assert_eq!(size, terms.size);
        } else {
            let after = held.checked_add(size.0).unwrap();
            prop_assert!(after.unsigned_abs() <= held.unsigned_abs());
            prop_assert!(after == 0 || after.signum() == held.signum());
            prop_assert!(size.0 == 0 || size.0.signum() == terms.size.0.signum());
        }
        if terms.extent == Extent::Reduce {
            prop_assert!(size.magnitude() <= terms.size.magnitude());
        }
    }

    /// Exact in 128 bits and by cross-multiplication: a part costs in proportion.
    #[test]
    fn nobody_executes_beyond_the_limit_or_better_than_the_own_price(
        terms in any_terms(),
        executed in 1..i64::MAX,
        notional in any_amount().prop_map(|amount| amount >> 1),
    ) {
        let buys = terms.size.0 > 0;
        let size = if buys { executed } else { -executed };
        let execution = Execution { size: Base(size), mantissa: 0, notional };
        let Some(found) = terms.at_own_price(&execution).unwrap() else {
            return Ok(());
        };
        prop_assert_eq!(found.size, execution.size);
        let worse_or_equal = |one: u128, other: u128| if buys { one >= other } else { one <= other };
        prop_assert!(worse_or_equal(found.notional.into(), notional.into()));
        let whole = u128::from(terms.size.magnitude());
        let per_whole = |amount: u64| u128::from(amount) * executed as u128;
        let own = match terms.kind {
            OrderKind::Market => None,
            OrderKind::Limit => Some(terms.limit),
            OrderKind::Stop | OrderKind::TakeProfit => Some(terms.trigger),
        };
        let paid = u128::from(found.notional) * whole;
        if let Some(own) = own {
            // What leaves 64 bits is more than there is to pay: the trade is refused as too large.
            let own = per_whole(own).min(u128::from(u64::MAX) * whole);
            prop_assert!(worse_or_equal(paid, own));
        }
        // Within the limit, but for less than an atom of rounding.
        let limit = per_whole(terms.limit);
        let none = terms.limit == u64::MAX;
        let within = if buys { paid < limit + whole } else { paid + whole > limit };
        prop_assert!(none || within);
    }
}
