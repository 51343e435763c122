//! Balances as they move from one account to another, in part and in whole.

use plimsoll_engine::exposure::Holding;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::units::Base;

use crate::support::{asset, calm, index, Book};

/// A lent share is 1.5 atoms less a quarter, a share of debt 2.5.
fn book() -> Book {
    let mut book = Book::quoted_in(asset(calm(100_000_000), 6, 0));
    (book.lent, book.loss) = (index(3, 2), Fixed::ratio(1, 4));
    book.owed = Some(index(5, 2));
    book
}

fn of(amount: i64, lent: bool) -> Stock {
    let holding = Holding {
        slot: 1,
        amount: Base(amount),
        lent,
    };
    Stock::of(&holding, &book()).unwrap()
}

#[test]
fn a_balance_is_atoms_or_shares_of_what_it_is() {
    let (atoms, lent, owed) = (of(10, false), of(10, true), of(-10, false));
    assert_eq!(atoms, Stock::Atoms(10));
    assert_eq!([atoms, lent, owed].map(|stock| stock.amount()), [10; 3]);
    assert_eq!(
        [atoms, lent, owed].map(|stock| stock.is_owed()),
        [false, false, true]
    );
    // 10; 15 less 3.75 rounded up; 25.
    let worth = [atoms, lent, owed].map(|stock| stock.atoms().unwrap());
    assert_eq!(worth, [10, 11, 25]);
    // Nothing is a deposit of nothing.
    assert_eq!(of(0, false), Stock::Atoms(0));
}

#[test]
fn a_part_is_rounded_down_and_the_whole_is_everything() {
    let (atoms, lent, owed) = (of(10, false), of(10, true), of(-10, false));
    assert_eq!((atoms.part(4, 10), atoms.left(4)), (Ok(4), Ok(6)));
    // 4 of 11 atoms are 3 of 10 shares; the other 7 are 10.5 less 2.625 rounded up.
    assert_eq!((lent.part(4, 11), lent.left(3)), (Ok(3), Ok(7)));
    // 6 of 25 atoms are 2 of 10 shares; the other 8 owe 20.
    assert_eq!((owed.part(6, 25), owed.left(2)), (Ok(2), Ok(20)));
    for (stock, whole) in [(atoms, 10), (lent, 11), (owed, 25)] {
        assert_eq!(stock.part(whole, whole), Ok(10));
        assert_eq!(stock.left(10), Ok(0));
    }
}
