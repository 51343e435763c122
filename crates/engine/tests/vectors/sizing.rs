//! The search for the part of a liquidation: where it ends, and how many parts it tries (F-12).

use std::cell::Cell;

use plimsoll_engine::error::Result;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::health::{assess_into, rule_of, Purpose};
use plimsoll_engine::index::Index;
use plimsoll_engine::liquidation::{
    plan, Desk, NamedLeg, Plan, Prepared, Subject, Taken, Terms, WHOLE,
};
use plimsoll_engine::position::Position;
use plimsoll_engine::requirement::{Charge, Sides, Sums};
use plimsoll_engine::side::Side;
use plimsoll_engine::total::Place;
use plimsoll_engine::trade::MarketTerms;
use plimsoll_engine::units::{Base, Quote};

use crate::support::{asset, calm, Account, Book, QUOTE};
use crate::{SOL, USD};

/// A book that counts how often the SOL of an account was charged.
struct Counted {
    book: Book,
    charges: Cell<u32>,
}

impl BookView for Counted {
    fn asset(&self, slot: u8) -> Result<AssetView> {
        self.book.asset(slot)
    }

    fn quote_slot(&self) -> u8 {
        QUOTE
    }

    fn borrow_index(&self, slot: u8) -> Result<Index> {
        self.book.borrow_index(slot)
    }

    fn side(&self, slot: u8, short: bool) -> Result<Side> {
        self.book.side(slot, short)
    }

    fn charge(&self, slot: u8, sides: &Sides) -> Result<Charge> {
        if slot != QUOTE {
            self.charges.set(self.charges.get() + 1);
        }
        Charge::of_ceil(sides, &self.risk(slot)?)
    }
}

/// A long in a balanced market, all of it named.
#[derive(Clone, Copy)]
struct Long {
    sol: i64,
    /// Maintenance rate, millionths.
    rate: u32,
    /// Of the market, in SOL.
    scale: u64,
    /// Maintenance equity in micro-dollars.
    equity: i64,
    budget: Option<u64>,
}

/// The plan to maintenance and no further, what it takes, and how many parts were tried.
fn sized(long: Long) -> (Plan, Taken, u32) {
    let mut sol = asset(calm(10_000_000_000), 8, 0);
    let rate = Fixed::ratio(long.rate, 1_000_000);
    sol.risk.rates.maintenance_long = rate;
    sol.risk.rates.initial_long = Fixed(rate.0 / 4 * 5);
    let book = Counted {
        book: Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(sol),
        charges: Cell::new(0),
    };
    let account = Account::default()
        .has_opened(1, long.sol * SOL, long.sol * 100 * USD)
        .holds(QUOTE, long.equity);
    let leg = NamedLeg::Position {
        slot: 1,
        asset: sol,
        terms: MarketTerms {
            skew: Base::ZERO,
            inverse: HalfReciprocal::new(long.scale * SOL as u64).unwrap(),
            spread: Fixed::ZERO,
        },
        fee: Fixed::ZERO,
        position: Position::opened(Base(long.sol * SOL), Quote(long.sol * 100 * USD)),
        most: u64::MAX,
    };
    let terms = Terms {
        target_level: Fixed::ZERO,
        keeper_share: Fixed::ZERO,
        budget: long.budget,
        closes_all_positions: false,
        elapsed: 0,
        moment: None,
    };
    let mut sums = Sums::default();
    let health = assess_into(&book, &account, Purpose::Trade, &mut sums).unwrap();
    let subject = Subject {
        rule: rule_of(&book, &account).unwrap(),
        book: &book,
        health: &health,
        sums: &sums,
    };
    let mut taken = [Taken::default()];
    let desk = Desk {
        taken: &mut taken,
        tried: &mut [Taken::default()],
        prepared: &mut [Prepared::default()],
        places: &mut [Place::default(); 2],
    };
    book.charges.set(0);
    let planned = plan(&subject, &[leg], &terms, desk).unwrap();
    // One charge is that of the account as it is.
    (planned, taken[0], book.charges.get() - 1)
}

/// 100 to 10,000 SOL at 10% in a market of 100,000, short by 1 to 99 hundredths of the requirement, with
/// and without a budget: bisection would try 17 parts each time, this tries 4.5, and 20 where most of a
/// position is more than its market bears.
#[test]
fn the_part_is_found_in_few_trials() {
    let (mut most, mut trials, mut searches) = (0, 0, 0);
    let (shallow, deep) = (100_000, 1_000_000_000);
    for (held, scale) in [
        (100, shallow),
        (1_000, shallow),
        (10_000, shallow),
        (10_000_000, deep),
    ] {
        for short in 1..100 {
            let requirement = held * 10 * USD;
            let equity = requirement - requirement * short / 100;
            for budget in [None, Some((requirement * short / 1_000) as u64)] {
                let (_, _, tried) = sized(Long {
                    sol: held,
                    rate: 100_000,
                    scale,
                    equity,
                    budget,
                });
                most = most.max(tried);
                trials += tried;
                searches += 1;
            }
        }
    }
    assert!(most <= 20, "{most}");
    assert!(trials * 2 <= searches * 9, "{trials} in {searches}");
}

/// In a market as deep as the position is large a part of 1/65,536 frees a little more than it costs, and
/// twice that costs more than it frees: the least step is taken, although it goes beyond the target.
#[test]
fn where_only_the_least_step_helps_it_is_taken() {
    let (plan, taken, _) = sized(Long {
        sol: 1_000_000,
        rate: 10,
        scale: 1_000_000,
        equity: 1_000 * USD - 1,
        budget: None,
    });
    assert_eq!(plan.fraction, 1);
    assert_eq!(
        taken.size,
        (1_000_000 * SOL as u64).div_ceil(u64::from(WHOLE))
    );
    assert!(plan.improvement().unwrap() > 1_000);
}

/// What would be left is dust below 50 dollars, not at 50: of 100 dollars short by half of their
/// requirement, exactly half is closed.
#[test]
fn a_remainder_of_exactly_fifty_dollars_is_not_dust() {
    let at = |equity| {
        let long = Long {
            sol: 1,
            rate: 100_000,
            scale: u64::MAX / SOL as u64,
            equity,
            budget: None,
        };
        sized(long).1.size
    };
    assert_eq!(at(5 * USD), SOL as u64 / 2);
    assert_eq!(at(5 * USD - 1_000), SOL as u64);
}
