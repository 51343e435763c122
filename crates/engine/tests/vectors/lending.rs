//! A bank's lending side at worked numbers (F-11, F-13): indices stand where they began, 1,024 shares an
//! atom.

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::lending::{Curve, Lending, Redeemed, WrittenOff};
use plimsoll_engine::EngineError;

/// Shares of so many atoms.
const fn shares(atoms: u64) -> u64 {
    atoms * 1_024
}

/// 100 atoms are lent, 60 of them are borrowed.
fn bank() -> Lending {
    Lending {
        cash: 40,
        shares: shares(100),
        debt_shares: shares(60),
        ..Lending::EMPTY
    }
}

#[test]
fn a_curve_rises_over_a_kink_between_nothing_and_everything() {
    let of = |at_zero, kink, at_kink, at_full| Curve {
        at_zero: Fixed(at_zero),
        kink: Fixed(kink),
        at_kink: Fixed(at_kink),
        at_full: Fixed(at_full),
    };
    let one = Fixed::ONE.0;
    for sound in [
        of(1, one / 2, 2, 3),
        of(0, 1, 0, 0),
        of(9, one - 1, 9, 9),
        of(0, one / 2, 9, 9),
    ] {
        assert!(sound.is_sound(Fixed(9)), "{sound:?}");
    }
    for unsound in [
        of(1, 0, 2, 3),
        of(1, one, 2, 3),
        of(-1, one / 2, 2, 3),
        of(3, one / 2, 2, 3),
        of(1, one / 2, 4, 3),
        of(1, one / 2, 2, 10),
    ] {
        assert!(!unsound.is_sound(Fixed(9)), "{unsound:?}");
    }
}

/// INV-30, one atom either way.
#[test]
fn a_bank_is_backed_to_the_atom() {
    let backed = |lending: Lending| lending.is_backed().unwrap();
    assert!(backed(bank()));
    assert!(!backed(Lending { cash: 39, ..bank() }));
    assert!(!backed(Lending {
        reserve: 1,
        ..bank()
    }));
    assert!(!backed(Lending {
        absorbed: 1,
        ..bank()
    }));
    assert!(backed(Lending {
        cash: 42,
        reserve: 1,
        absorbed: 1,
        ..bank()
    }));
}

#[test]
fn utilisation_is_what_is_borrowed_of_what_is_lent() {
    let of = |debt, lent| {
        let lending = Lending {
            shares: shares(lent),
            debt_shares: shares(debt),
            ..Lending::EMPTY
        };
        lending.utilisation_ceil().unwrap()
    };
    assert_eq!(of(60, 100), Fixed::ratio(6, 10).next());
    assert_eq!(of(25, 100), Fixed::ratio(1, 4));
    assert_eq!(of(0, 100), Fixed::ZERO);
    assert_eq!(of(100, 100), Fixed::ONE);
    // Debts against nothing.
    assert_eq!(of(1, 0), Fixed::ONE);
}

/// 20 of 100 are lost to come: every lender's claim is worth four fifths, whoever leaves first.
#[test]
fn who_leaves_bears_his_part_of_a_loss_to_come() {
    let mut lending = Lending {
        cash: 100,
        debt_shares: 0,
        ..bank()
    };
    lending.record(0, 20).unwrap();
    assert_eq!(lending.pending_share_ceil(), Ok(Fixed::ratio(1, 5).next()));
    assert_eq!(lending.worth_floor(shares(50)), Ok(40));
    assert_eq!(lending.lend(1), Err(EngineError::LossPending));
    let refused = EngineError::InsufficientShares;
    assert_eq!(lending.redeem(81, u64::MAX), Err(refused));
    assert_eq!(lending.redeem(40, shares(50) - 1), Err(refused));
    let left = lending.redeem(40, shares(50)).unwrap();
    assert_eq!(
        left,
        Redeemed {
            shares: shares(50),
            atoms: 40
        }
    );
    let after = Lending {
        cash: 60,
        shares: shares(50),
        pending_loss: 10,
        absorbed: 10,
        ..Lending::EMPTY
    };
    assert_eq!(lending, after);
    assert_eq!(lending.redeem_all(shares(50)).unwrap().atoms, 40);
}

#[test]
fn a_debt_is_repaid_in_part_and_in_whole() {
    let mut lending = bank();
    let part = lending.repay(20, shares(60)).unwrap();
    assert_eq!((part.shares, part.atoms), (shares(20), 20));
    assert_eq!((lending.cash, lending.owed_floor()), (60, Ok(40)));
    // What is offered beyond the debt is not taken.
    let rest = lending.repay(1_000, shares(40)).unwrap();
    assert_eq!((rest.shares, rest.atoms), (shares(40), 40));
    assert_eq!((lending.cash, lending.debt_shares), (100, 0));
}

/// A loss of 30 to come, of which leavers have borne 10, comes down to 5: 20 are forgotten for those who
/// stay, and 5 that leavers had borne are insurance's.
#[test]
fn a_loss_that_does_not_come_is_first_forgotten_for_who_stays() {
    let mut lending = Lending {
        pending_loss: 20,
        absorbed: 10,
        ..bank()
    };
    lending.record(30, 5).unwrap();
    let found = (lending.pending_loss, lending.absorbed, lending.reserve);
    assert_eq!(found, (0, 5, 5));
    lending.record(5, 5).unwrap();
    lending.record(5, 7).unwrap();
    assert_eq!((lending.pending_loss, lending.absorbed), (2, 5));
    lending.record(7, 6).unwrap();
    assert_eq!((lending.pending_loss, lending.absorbed), (1, 5));
}

/// Of 63 owed 10 are covered: insurance loses its interest of 3, leavers had borne 2, and those who stay
/// lose half of their 96.
#[test]
fn an_unpaid_debt_is_borne_in_its_order() {
    let mut lending = Lending {
        cash: 38,
        shares: shares(96),
        debt_shares: shares(63),
        reserve: 3,
        pending_loss: 23,
        absorbed: 2,
        ..Lending::EMPTY
    };
    let written = lending.write_off(shares(63), 10, 25).unwrap();
    assert_eq!(
        written,
        WrittenOff {
            owed: 63,
            insurance: 3,
            leavers: 2,
            lenders: 48
        }
    );
    let found = (lending.cash, lending.reserve, lending.debt_shares);
    assert_eq!(found, (48, 0, 0));
    assert_eq!((lending.pending_loss, lending.absorbed), (0, 0));
    assert_eq!(lending.claims_floor(), Ok(48));
}

/// 43 of 50 are covered, insurance loses 3 and leavers 4 of the 15 they bore; the rest of what they bore,
/// and 9 to come, are for another debt of which 20 are recorded. Who stays loses not a fraction of an atom.
#[test]
fn where_others_bear_it_all_the_lenders_index_stands() {
    let mut lending = Lending {
        cash: 50,
        shares: shares(82) + 500,
        debt_shares: shares(50),
        reserve: 3,
        pending_loss: 30,
        absorbed: 15,
        ..Lending::EMPTY
    };
    let written = lending.write_off(shares(50), 43, 25).unwrap();
    assert_eq!(
        written,
        WrittenOff {
            owed: 50,
            insurance: 3,
            leavers: 4,
            lenders: 0
        }
    );
    assert_eq!((lending.pending_loss, lending.absorbed), (9, 11));
    assert_eq!(lending.deposit_index, Index::START);
}

#[test]
fn insurance_takes_over_what_lenders_give_up_and_collects_what_is_there() {
    let mut lending = bank();
    lending.give_to_reserve(shares(55)).unwrap();
    assert_eq!((lending.shares, lending.reserve), (shares(45), 55));
    assert!(lending.is_backed().unwrap());
    assert_eq!(lending.collect_reserve(), 40);
    assert_eq!((lending.cash, lending.reserve), (0, 15));
    lending.cash = 100;
    assert_eq!(lending.collect_reserve(), 15);
    assert_eq!((lending.cash, lending.reserve), (85, 0));
}

/// A hundredth of where it began is the last index at which anybody lends or borrows.
#[test]
fn a_bank_closes_when_99_percent_are_lost() {
    let at = |index| Lending {
        deposit_index: Index(index),
        ..bank()
    };
    let last = Index::START.0 / 100;
    assert!(!at(Index::START.0).is_closed() && !at(last).is_closed());
    assert!(at(last - 1).is_closed());
    assert!(at(last).lend(10).is_ok() && at(last).borrow(10).is_ok());
    let closed = Err(EngineError::BankClosed);
    assert_eq!(at(last - 1).lend(10), closed);
    assert_eq!(at(last - 1).lend_anyway(10), closed);
    assert_eq!(at(last - 1).borrow(10), closed);
}
