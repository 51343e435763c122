//! What hedges and sizes come to in numbers: no step at the edge of a size, spot against its perpetual,
//! and BTC against ETH from the first sample on (F-5, F-6, F-8).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::portfolio::{Binding, GROSS_FLOOR};
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::requirement;

use crate::portfolio::{exposure, held, market, rule, sized, sums, Held, Market, ROUNDING};
use crate::{cases, CENTRAL};

/// Terms whose edge of size lies between 400,000 and 160 million dollars.
fn with_an_edge() -> impl Strategy<Value = SizeTerms> {
    let exponents = (11.0..13.0f64, 12.0..16.0f64);
    (500..=1_000u32, 100..=1_500u32, exponents).prop_map(|(beta, day, (n0, volume))| {
        let amount = |exponent: f64| 10f64.powf(exponent) as u64;
        let (beta, day) = (Fixed::from_bps(beta), Fixed::from_bps(day));
        SizeTerms::new(beta, amount(n0), day, amount(volume)).unwrap()
    })
}

fn of(fraction: Fixed, amount: f64) -> f64 {
    fraction.0 as f64 / Fixed::ONE.0 as f64 * amount
}

/// The most that a standalone requirement moves when its exposure goes from `n` to `n + more` across the
/// edge: twice its own rate on what is added, and a billionth of the whole for the 32 bits of the root.
fn most_moved(market: &Market, slot: usize, n: f64, more: f64) -> f64 {
    let rates = &market.rates[slot];
    let rate = rates.initial_long.max(rates.initial_short);
    let terms = market.terms[slot].factors_ceil(n as u64).unwrap();
    let (_, liquidity) = terms.unwrap_or((Fixed::ONE, Fixed::ZERO));
    let whole = rate.plus(liquidity).unwrap();
    of(whole, 2.0 * more + n / 1e9)
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// No step at the edge of a size: an exposure a little above the free one asks for at most twice its
    /// rate on that little more, and a billionth of the whole.
    #[test]
    fn the_standard_model_has_no_step_where_size_begins(
        mut market in market(6, sized()), held in held(5), terms in with_an_edge(),
        long: bool, below in 0..=1_000_000i64, above in 1..=1_000_000i64,
    ) {
        market.terms[5] = terms;
        let edge = terms.free as i64;
        let sign = if long { 1 } else { -1 };
        let with = |x: i64| {
            let mut held = held.clone();
            held.push((5, sign * x));
            market.gross(&held)
        };
        let ((under_m, under_i), (over_m, over_i)) = (with(edge - below), with(edge + above));
        let most = most_moved(&market, 5, edge as f64, (below + above) as f64) as i64 + ROUNDING;
        prop_assert!((0..=most).contains(&(over_m - under_m)), "{under_m} {over_m}: {most}");
        prop_assert!((0..=most).contains(&(over_i - under_i)), "{under_i} {over_i}: {most}");
    }

    /// The same of the portfolio model: seven times that, because where the form binds it is at least
    /// 0.15 of the gross sum, and what the scenarios say of the little itself.
    #[test]
    fn the_portfolio_model_has_no_step_where_size_begins(
        mut market in market(6, sized()), held in held(5), terms in with_an_edge(),
        long: bool, below in 0..=1_000_000i64, above in 1..=1_000_000i64,
    ) {
        market.terms[5] = terms;
        let edge = terms.free as i64;
        let sign = if long { 1 } else { -1 };
        let with = |x: i64| {
            let mut held = held.clone();
            held.push((5, sign * x));
            (market.needs(&held), sums(&held, 0).exposure().unwrap())
        };
        let (((under_m, under_i), _), ((over_m, over_i), exposure)) =
            (with(edge - below), with(edge + above));
        let more = (below + above) as f64;
        let moved = most_moved(&market, 5, edge as f64, more);
        // Every asset's magnitude is rounded up to a unit of the shift.
        let shifted = 64 * (exposure >> 46) as i64;
        let most = (7.0 * moved + 0.3 * more) as i64 + shifted + ROUNDING;
        prop_assert!((over_m - under_m).abs() <= most, "{under_m} {over_m}: {most}");
        prop_assert!((over_i - under_i).abs() <= 5 * most / 4 + 2, "{under_i} {over_i}: {most}");
    }

    /// Spot against the perpetual of the same asset needs the floor, whatever the size, the rates, the
    /// correlations and the scenarios: 15% of the gross sum or the cost of closing, at most the gross sum.
    #[test]
    fn a_delta_neutral_book_needs_the_floor(
        market in market(6, sized()), pairs in vec((0..6u8, exposure()), 1..=8),
        closing in prop_oneof![1 => Just(0u64), 1 => 0..=1_000_000_000_000u64],
    ) {
        let mut net: Vec<Held> = vec![];
        for (slot, exposure) in &pairs {
            net.extend([(*slot, *exposure), (*slot, -exposure)]);
        }
        let mut by_asset = [0u64; 6];
        for (slot, exposure) in &pairs {
            by_asset[usize::from(*slot)] += exposure.unsigned_abs();
        }
        let gross = |view: fn(&plimsoll_engine::rates::Rates) -> (Fixed, Fixed)| {
            let each = market.rates.iter().zip(by_asset).map(|(rates, exposure)| {
                let (long, short) = view(rates);
                long.of_ceil(exposure).unwrap() + short.of_ceil(exposure).unwrap()
            });
            each.sum::<u64>()
        };
        let gross_m = gross(|rates| (rates.maintenance_long, rates.maintenance_short));
        let gross_i = gross(|rates| (rates.initial_long, rates.initial_short));
        let floor = |gross: u64| GROSS_FLOOR.of_ceil(gross).unwrap().max(closing).min(gross) as i64;
        let needed = requirement(&market, rule(ModelKind::Portfolio), &mut sums(&net, closing)).unwrap();
        prop_assert_eq!((needed.gross.maintenance, needed.gross.initial), (gross_m, gross_i));
        let maintenance = floor(gross_m);
        prop_assert_eq!(needed.maintenance.0, maintenance);
        let least = (maintenance * 5 + 3) / 4;
        prop_assert_eq!(needed.initial.0, floor(gross_i).max(least));
        prop_assert_eq!(needed.worst_scenario, None);
        prop_assert!(matches!(
            needed.binding_maintenance,
            Binding::GrossFloor | Binding::ClosingCost | Binding::Gross
        ));
    }

    /// What is not quite neutral needs the floor or its difference standing alone, whichever is more.
    #[test]
    fn a_nearly_neutral_asset_needs_the_floor_or_its_difference(
        market in market(1, sized()), exposure in exposure(), part in 0.9..1.1f64,
    ) {
        let hedge = -(exposure as f64 * part) as i64;
        let held = [(0, exposure), (0, hedge)];
        let needed = requirement(&market, rule(ModelKind::Portfolio), &mut sums(&held, 0)).unwrap();
        let alone = match exposure + hedge {
            0 => 0,
            net => market.alone((0, net)),
        };
        let floor = GROSS_FLOOR.of_ceil(needed.gross.maintenance).unwrap();
        prop_assert_eq!(needed.maintenance.0.unsigned_abs(), floor.max(alone));
    }
}
