//! The engine under numbers, books and accounts that the program would never write: a named error or a
//! result, never a panic, and arithmetic exact where 128 bits say what is exact.

use bytemuck::Pod;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, Market, RiskBook};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::{
    mul_div_ceil, mul_div_floor, mul_shift_ceil, mul_shift_floor, mul_wide, Fixed, HalfReciprocal,
};
use plimsoll_engine::health::{assess_into, rule_of, Health, Purpose};
use plimsoll_engine::liquidation::{
    plan, Desk, DiscountCurve, NamedLeg, Prepared, Subject, Taken, Terms,
};
use plimsoll_engine::math;
use plimsoll_engine::order::{Extent, OrderKind, OrderTerms};
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::total::{scenario_losses, Place};
use plimsoll_engine::trade::{execute, Execution, MarketTerms};
use plimsoll_engine::units::Base;
use plimsoll_engine::{EngineError, Result};
use plimsoll_tests::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::budget::Budget;
use crate::mutation::{number, touch};
use crate::stages::stage;

/// Calls `case` with dice of its own for every round of the budget; a panic says which round it was.
fn rounds(what: &str, budget: &Budget, mut case: impl FnMut(&mut ChaCha8Rng)) {
    let mut round = budget.first;
    while budget.has(round) {
        let mut dice = ChaCha8Rng::seed_from_u64(budget.seed);
        dice.set_stream(round);
        let case = std::panic::AssertUnwindSafe(|| case(&mut dice));
        if let Err(why) = std::panic::catch_unwind(case) {
            eprintln!("seed {}, round {round}", budget.seed);
            std::panic::resume_unwind(why);
        }
        round += 1;
    }
    eprintln!("{what}: {} cases", round - budget.first);
}

fn fits(exact: u128) -> Result<u64> {
    u64::try_from(exact).map_err(|_| EngineError::Overflow)
}

/// Against 128 bits, from every edge of the range.
#[test]
fn arithmetic_is_exact_or_says_that_it_does_not_fit() {
    rounds("arithmetic", &Budget::of(50_000), |dice| {
        let [a, b, divisor] = [number(dice), number(dice), number(dice)];
        let shift = dice.random_range(0..140u32);
        let product = u128::from(a) * u128::from(b);
        let (high, low) = mul_wide(a, b);
        assert_eq!(u128::from(high) << 64 | u128::from(low), product);
        let down = product.checked_shr(shift).unwrap_or(0);
        let lost = down.checked_shl(shift).unwrap_or(0) != product;
        assert_eq!(mul_shift_floor(a, b, shift), fits(down));
        assert_eq!(mul_shift_ceil(a, b, shift), fits(down + u128::from(lost)));
        if divisor > 0 {
            let divisor = u128::from(divisor);
            assert_eq!(mul_div_floor(a, b, divisor as u64), fits(product / divisor));
            assert_eq!(
                mul_div_ceil(a, b, divisor as u64),
                fits(product.div_ceil(divisor))
            );
        }
        let fraction = Fixed(b as i64);
        let part = u128::from(a) * u128::from(fraction.0.unsigned_abs());
        assert_eq!(fraction.of_floor(a), fits(part >> 48));
        assert_eq!(fraction.of_ceil(a), fits(part.div_ceil(1 << 48)));
        assert_eq!(math::sqrt_floor(a), a.isqrt());
        assert_eq!(
            u128::from(math::sqrt_wide_floor(a, b)),
            (u128::from(a) << 64 | u128::from(b)).isqrt()
        );
    });
}

/// Where no exact value is at hand, no number breaks it.
#[test]
fn functions_and_prices_take_any_number() {
    rounds("functions", &Budget::of(50_000), |dice| {
        let [a, b, c] = [number(dice), number(dice), number(dice)];
        let x = Fixed(a as i64);
        let _ = (
            math::ln(x),
            math::exp(x),
            math::exp2_minus(x),
            math::ln_ratio(a, b),
        );
        let _ = (
            math::sqrt_fixed_floor(x),
            math::sqrt_fixed_ceil(x),
            math::sqrt_wide_ceil(a, b),
        );
        if let Ok(reciprocal) = HalfReciprocal::new(a) {
            let _ = (reciprocal.fraction_floor(b), reciprocal.fraction_ceil(b));
        }
        let feed = OraclePrice {
            price: a,
            confidence: b,
            ema: c,
            exponent: number(dice) as i32 % 20,
        };
        let Ok(band) = PriceBand::new(feed, dice.random_range(0..20)) else {
            return;
        };
        assert!(band.spot >> 62 == 1, "{feed:?}: {band:?} is not normalised");
        let atoms = number(dice);
        let (down, up) = (
            band.value_floor(atoms, band.spot),
            band.value_ceil(atoms, band.spot),
        );
        if let (Ok(down), Ok(up)) = (down, up) {
            assert!(down <= up && up - down <= 1, "{down} and {up}");
        }
        let limit = Fixed(number(dice) as i64);
        let _ = (band.diverges_from_ema(limit), band.wider_than(limit));
        let _ = band
            .inverse_floor(band.spot)
            .and_then(|per| per.atoms_floor(atoms));
        orders(dice, &band);
    });
}

/// Terms that nobody checked, a market of any skew.
fn orders(dice: &mut ChaCha8Rng, band: &PriceBand) {
    let terms = OrderTerms {
        kind: OrderKind::from_code(dice.random_range(0..4)).expect("four kinds"),
        extent: Extent::from_code(dice.random_range(0..3)).expect("three extents"),
        size: Base(number(dice) as i64),
        limit: number(dice),
        trigger: number(dice),
    };
    let _ = (terms.is_sound(), terms.is_triggered(band));
    let market = MarketTerms {
        skew: Base(number(dice) as i64),
        inverse: HalfReciprocal {
            mantissa: number(dice),
            shift: dice.random_range(0..256),
        },
        spread: Fixed(number(dice) as i64),
    };
    let Ok(size) = terms.size_for(Base(number(dice) as i64)) else {
        return;
    };
    let at_market = execute(&market, band, size);
    let any = Execution {
        size,
        mantissa: number(dice),
        notional: number(dice),
    };
    let _ = terms.at_own_price(&at_market.unwrap_or(any));
}

/// What is spoiled: an account that has every kind of leg, its book and a market.
struct Papers {
    book: Box<RiskBook>,
    account: Box<MarginAccount>,
    market: Box<Market>,
    now: i64,
}

/// Overwrites up to eight places, or now and then everything.
fn spoiled<T: Pod>(dice: &mut ChaCha8Rng, whole: &T) -> Box<T> {
    let mut bytes = bytemuck::bytes_of(whole).to_vec();
    match dice.random_range(0..32) {
        0 => bytes.fill_with(|| dice.random()),
        _ => (0..dice.random_range(0..8)).for_each(|_| {
            touch(dice, &mut bytes);
        }),
    }
    Box::new(bytemuck::pod_read_unaligned(&bytes))
}

#[test]
fn any_bytes_as_book_and_account_have_a_health_or_an_error() {
    let world = stage("liquidate").expect("it has a stage").world;
    let papers = Papers {
        book: world.book(),
        account: world.account("alice"),
        market: world.market(SOL),
        now: world.now(),
    };
    let (mut healths, mut plans, mut errors) = (0, 0, 0);
    rounds("health", &Budget::of(5_000), |dice| {
        let mut account = spoiled(dice, &*papers.account);
        account.model = dice.random_range(0..4);
        let papers = Papers {
            book: spoiled(dice, &*papers.book),
            account,
            market: spoiled(dice, &*papers.market),
            now: papers.now + dice.random_range(-5..100_000) * dice.random_range(0..2),
        };
        match judge(&papers) {
            Ok(planned) => {
                healths += 1;
                plans += u64::from(planned);
            }
            Err(_) => errors += 1,
        }
    });
    // None of the three is out of reach of the dice.
    assert!(
        healths > 0 && plans > 0 && errors > 0,
        "{healths}, {plans}, {errors}"
    );
}

/// Everything that can be asked of two accounts; whether there was a plan.
fn judge(papers: &Papers) -> Result<bool> {
    let Papers { book, account, .. } = papers;
    let at = BookAt {
        book,
        now: papers.now,
        limit: AgeLimit::Other,
    };
    let mut outflow = Sums::default();
    let _ = assess_into(&at, &**account, Purpose::Outflow, &mut outflow);
    let mut sums = Sums::default();
    let health = assess_into(&at, &**account, Purpose::Trade, &mut sums)?;
    let call = Fixed(book.call_level);
    let _ = (
        health.state(call),
        health.level_ceil(call),
        scenario_losses(&at, &sums),
    );
    Ok(planned(papers, &at, &health, &sums).is_ok())
}

/// The plan that sells and closes everything.
fn planned(papers: &Papers, at: &BookAt<'_>, health: &Health, sums: &Sums) -> Result<u32> {
    let Papers { book, account, .. } = papers;
    let target = Fixed(book.target_level);
    let call = Fixed(book.call_level);
    let episode = account.episode().observed(health, call, target, at.now)?;
    let named = legs(papers, at)?;
    let terms = Terms {
        target_level: target,
        keeper_share: Fixed(book.keeper_share),
        budget: episode.budget(health, at.now)?,
        closes_all_positions: true,
        elapsed: episode.elapsed(at.now),
        moment: episode.moment_at(at.now),
    };
    let subject = Subject {
        book: at,
        rule: rule_of(at, &**account)?,
        health,
        sums,
    };
    let desk = Desk {
        taken: &mut vec![Taken::default(); named.len()],
        tried: &mut vec![Taken::default(); named.len()],
        prepared: &mut vec![Prepared::default(); named.len()],
        places: &mut vec![Place::default(); named.len() + 1],
    };
    Ok(plan(&subject, &named, &terms, desk)?.fraction)
}

fn legs(papers: &Papers, at: &BookAt<'_>) -> Result<Vec<NamedLeg>> {
    let Papers {
        account, market, ..
    } = papers;
    let most = u64::MAX;
    let mut named = Vec::new();
    for place in account.positions.iter().filter(|place| !place.is_free()) {
        named.push(NamedLeg::Position {
            slot: place.slot,
            asset: at.asset(place.slot)?,
            terms: market.terms().map_err(|_| EngineError::Overflow)?,
            fee: Fixed(market.liquidation_fee),
            position: place.position(),
            most,
        });
    }
    for balance in account.balances[1..].iter().filter(|held| held.amount != 0) {
        let (slot, asset) = (balance.slot, at.asset(balance.slot)?);
        let listed = at
            .book
            .listed_asset(slot)
            .map_err(|_| EngineError::Overflow)?;
        let discount = DiscountCurve {
            least: Fixed(listed.discount_least),
            most: Fixed(listed.discount_most),
        };
        let stock = Stock::of(&balance.holding(), at)?;
        named.push(match balance.amount < 0 {
            true => NamedLeg::Debt {
                slot,
                asset,
                stock,
                discount,
                most,
            },
            false => NamedLeg::Collateral {
                slot,
                asset,
                stock,
                discount,
                most,
            },
        });
    }
    Ok(named)
}
