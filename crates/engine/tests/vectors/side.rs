//! Sides that are reduced as a whole, at worked numbers (F-13): prices are whole atoms of quote an atom of
//! the asset, in a unit of ten binary digits.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::side::{price_in_units_floor, Reduced, Side};
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::EngineError;

const UNIT: FundingIndex = FundingIndex {
    units: 0,
    shift: 10,
};

const fn at(price: i64) -> i64 {
    price << 10
}

/// 1,000 atoms bought at 100, or sold.
fn bought() -> Position {
    Position::opened(Base(1_000), Quote(100_000))
}

fn sold() -> Position {
    Position::opened(Base(-1_000), Quote(-100_000))
}

/// A side of 1,000 of which half was closed at a price.
fn half_closed_at(price: i64) -> Side {
    let reduced = Side::default().reduced(500, 1_000, at(price), &UNIT);
    let Reduced { side, left } = reduced.unwrap();
    assert_eq!(left, 500);
    side
}

/// A side whose first epoch ended at a price, with a loss that took a share of its profits.
fn ended_at(price: i64, loss: Fixed) -> Side {
    let reduced = Side::default().reduced(1_000, 1_000, at(price), &UNIT);
    let Reduced { side, left } = reduced.unwrap();
    assert_eq!((left, side.epoch, side.is_whole()), (0, 1, true));
    Side {
        last_loss: loss,
        ..side
    }
}

#[test]
fn half_a_side_is_half_of_every_position() {
    let side = half_closed_at(120);
    assert!(Side::default().is_whole() && !side.is_whole());
    assert_eq!(side.cash, at(60));
    let held = |kept: &Position| side.held_floor(kept, &UNIT).unwrap();
    // Half of 1,000 was sold at 120.
    let long = Position {
        base: Base(500),
        cost: Quote(100_000 - 60_000),
        entry: Quote(50_000),
        ..bought()
    };
    assert_eq!(held(&bought()), long);
    // Half was bought back at 120.
    let short = Position {
        base: Base(-500),
        cost: Quote(-100_000 + 60_000),
        entry: Quote(-50_000),
        ..sold()
    };
    assert_eq!(held(&sold()), short);
    for (open, kept) in [(long, bought()), (short, sold())] {
        assert_eq!(side.kept(&open, &UNIT), Ok(kept));
        assert_eq!(side.cut_ceil(&kept, &UNIT), Ok(Quote::ZERO));
    }
    assert_eq!(side.size_floor(&bought()), Ok(500));
    let odd = Position::opened(Base(-1_001), Quote(0));
    assert_eq!(side.size_floor(&odd), Ok(500));
    assert_eq!(Side::default().size_floor(&odd), Ok(1_001));
}

/// Half of the half that is left, at 80: another 20 an atom that was opened.
#[test]
fn reductions_add_up() {
    let twice = half_closed_at(120)
        .reduced(250, 500, at(80), &UNIT)
        .unwrap();
    assert_eq!((twice.left, twice.side.cash), (250, at(80)));
    assert_eq!(twice.side.size_floor(&bought()), Ok(250));
}

/// Where the price is what longs have paid in funding, closing them pays nothing and still closes them;
/// below that it costs them.
#[test]
fn what_was_paid_in_funding_is_not_paid_again() {
    let index = FundingIndex {
        units: at(30),
        ..UNIT
    };
    let closed_at = |price| {
        let reduced = Side::default().reduced(500, 1_000, at(price), &index);
        reduced.unwrap().side
    };
    assert_eq!(closed_at(120).cash, at(45));
    let free = closed_at(30);
    assert_eq!((free.cash, free.is_whole()), (0, false));
    assert_eq!(free.held_floor(&bought(), &UNIT).unwrap().base, Base(500));
    let costly = closed_at(20);
    assert_eq!(costly.cash, at(-5));
    let cost = |kept| costly.held_floor(&kept, &UNIT).unwrap().cost;
    assert_eq!(cost(bought()), Quote(100_000 + 5_000));
    assert_eq!(cost(sold()), Quote(-100_000 - 5_000));
}

/// A 1,024th may stay open, less may not.
#[test]
fn an_epoch_ends_where_next_to_nothing_is_left() {
    let reduced = |size| {
        let reduced = Side::default().reduced(size, 4_096, at(100), &UNIT);
        let Reduced { side, left } = reduced.unwrap();
        (left, side.epoch, side.cash, side.last_cash)
    };
    let (left, epoch, cash, last) = reduced(4_092);
    assert_eq!((left, epoch, last), (4, 0, 0));
    assert_eq!(cash, at(100) - at(100) / 1_024);
    assert_eq!(reduced(4_093), (0, 1, 0, at(100)));
    for size in [0, 4_097] {
        let refused = Side::default().reduced(size, 4_096, at(100), &UNIT);
        assert_eq!(refused, Err(EngineError::ZeroSize));
    }
}

/// Bought at 100 and closed at 120: 20,000 won, of which a loss of a quarter takes 5,000. Sold and closed
/// at 120: lost, and no loss takes a part of that.
#[test]
fn of_an_ended_epoch_a_claim_is_left_and_a_loss_takes_its_share_of_profits() {
    let side = ended_at(120, Fixed::ratio(1, 4));
    let claim = |kept: &Position| side.held_floor(kept, &UNIT).unwrap();
    let left = |unsettled| Position {
        unsettled: Quote(unsettled),
        ..Position::default()
    };
    assert_eq!(claim(&bought()), left(15_000));
    assert_eq!(side.cut_ceil(&bought(), &UNIT), Ok(Quote(5_000)));
    assert_eq!(claim(&sold()), left(-20_000));
    assert_eq!(side.cut_ceil(&sold(), &UNIT), Ok(Quote::ZERO));
    assert_eq!(side.size_floor(&bought()), Ok(0));
    let open = side.open_floor(&bought(), &UNIT).unwrap();
    assert_eq!(
        (open.base, open.cost, open.epoch),
        (Base(0), Quote(-20_000), 1)
    );
}

/// What was settled of a position that is closed is no profit of any epoch.
#[test]
fn a_result_without_size_bears_no_loss() {
    let side = ended_at(120, Fixed::ratio(1, 4));
    let result = Position {
        unsettled: Quote(100),
        ..Position::default()
    };
    assert_eq!(side.held_floor(&result, &UNIT), Ok(result));
    assert_eq!(side.cut_ceil(&result, &UNIT), Ok(Quote::ZERO));
}

/// One atom, half of which is closed, has no size any more: its result stays whole, the epoch runs.
#[test]
fn an_atom_that_is_rounded_away_leaves_its_result() {
    let side = Side {
        last_loss: Fixed::ONE,
        ..half_closed_at(120)
    };
    let atom = Position::opened(Base(1), Quote(50));
    let left = side.held_floor(&atom, &UNIT).unwrap();
    assert_eq!((left.base, left.unsettled), (Base(0), Quote(10)));
    assert_eq!(side.cut_ceil(&atom, &UNIT), Ok(Quote::ZERO));
}

#[test]
fn a_position_of_an_older_epoch_must_have_been_settled() {
    let side = Side {
        epoch: 2,
        ..Side::default()
    };
    assert_eq!(
        side.held_floor(&bought(), &UNIT),
        Err(EngineError::StaleEpoch)
    );
    assert_eq!(side.size_floor(&bought()), Err(EngineError::StaleEpoch));
    // A position that is opened now belongs to the epoch that runs, one of nothing to none.
    let kept = side.kept(&bought(), &UNIT).unwrap();
    assert_eq!(kept.epoch, 2);
    assert_eq!(side.held_floor(&kept, &UNIT), Ok(kept));
    assert_eq!(side.kept(&Position::default(), &UNIT).unwrap().epoch, 0);
    // Also where some of that epoch was closed before.
    let reduced = side.reduced(500, 1_000, at(120), &UNIT).unwrap().side;
    let kept = reduced.kept(&bought(), &UNIT).unwrap();
    assert_eq!((kept.base, kept.epoch), (Base(2_000), 2));
}

#[test]
fn a_price_in_units_is_cut_to_its_digits() {
    let unit = FundingIndex { units: 0, shift: 7 };
    assert_eq!(price_in_units_floor(0b1011, 9, &unit), Ok(0b10));
    assert_eq!(price_in_units_floor(0b1011, 7, &unit), Ok(0b1011));
    let refused = price_in_units_floor(1, 6, &unit);
    assert_eq!(refused, Err(EngineError::PriceOutOfRange));
}
