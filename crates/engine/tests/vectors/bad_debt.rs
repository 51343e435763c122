//! Who bears what an account cannot pay, and what insurance buys for them (F-13).

use plimsoll_engine::bad_debt::{purchase, Liabilities, Purchase};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::position::Position;
use plimsoll_engine::price::{OraclePrice, PriceBand, Quality};
use plimsoll_engine::units::{Base, Quote};

use crate::support::{asset, calm, index, Account, Book, QUOTE};
use crate::{usdc, SOL, USD};

/// USDC at 1 and SOL at 100 ± 1, 12.5% maintenance; a share of debt owes 1.5 atoms.
fn book() -> Book {
    let sol = OraclePrice {
        confidence: 100_000_000,
        ..calm(10_000_000_000)
    };
    let mut book = Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(asset(sol, 8, 1_250));
    book.index = index(3, 2);
    book
}

fn owed(account: &Account) -> Liabilities {
    Liabilities::of_ceil(&book(), account).unwrap()
}

/// Total within a micro-dollar for each value that is rounded up.
fn worth(liabilities: &Liabilities, dollars: i64) {
    let total = i64::try_from(liabilities.total).unwrap();
    assert!(
        (0..=2).contains(&(total - dollars * USD)),
        "{total} is not {dollars} dollars"
    );
}

/// 2 shares owe 3 SOL, worth 101 each; a deposit is no debt.
#[test]
fn each_loan_is_owed_in_its_place_with_interest() {
    let account = Account::default()
        .holds(QUOTE, 500 * USD)
        .holds(1, -2 * SOL);
    let found = owed(&account);
    assert_eq!(&found.loans[..3], &[0, 3 * SOL as u64, 0]);
    assert_eq!(found.pool, 0);
    worth(&found, 303);
}

/// Lost 40 and 10 settled before, 20 shares of debt at 1.5, less a claim of 5.
#[test]
fn what_positions_lost_is_owed_to_the_pool() {
    let mut account = Account::default().has_opened(1, SOL, 140 * USD);
    account.positions[0].position.unsettled = usdc(-10);
    account.debt_shares = 20 * USD as u64;
    account.credit = usdc(5);
    let found = owed(&account);
    assert_eq!(found.loans, [0; 16]);
    assert!(found.pool.abs_diff(75 * USD as u64) <= 1, "{found:?}");
    worth(&found, 75);
}

/// 60 won and unsettled pay for 40 lost and for 15 of debt; with 5 more lost nothing is left over.
#[test]
fn what_positions_won_pays_the_pool_first() {
    let of = |lost: i64| {
        let mut account = Account::default().has_opened(1, SOL, (100 + lost) * USD);
        account.debt_shares = 10 * USD as u64;
        // Only a result is left of another position.
        account = account.has_opened(1, 0, 0);
        account.positions[1].position.unsettled = usdc(60);
        owed(&account)
    };
    assert_eq!((of(40).pool, of(40).total), (0, 0));
    assert!(of(50).pool.abs_diff(5 * USD as u64) <= 1);
    worth(&of(50), 5);
}

/// A position whose price has expired is worth a further 12.5% less.
#[test]
fn an_expired_position_is_owed_at_its_worse_price() {
    let mut book = book();
    book.assets[1].quality = Quality::Expired;
    let account = Account::default().has_opened(1, SOL, 100 * USD);
    let found = Liabilities::of_ceil(&book, &account).unwrap();
    assert!(found.pool.abs_diff(12_500_000) <= 1, "{found:?}");
}

#[test]
fn every_creditor_bears_the_same_share_of_a_shortfall() {
    let owed = Liabilities {
        total: 300,
        ..owed(&Account::default())
    };
    assert_eq!(owed.unpaid_ceil(9, 100), Ok(3));
    // A third of ten, rounded against who does not pay.
    assert_eq!(owed.unpaid_ceil(10, 100), Ok(4));
    assert_eq!(owed.unpaid_ceil(10, 0), Ok(0));
    assert_eq!(owed.unpaid_ceil(10, 299), Ok(10));
    for shortfall in [300, 301, u64::MAX] {
        assert_eq!(owed.unpaid_ceil(10, shortfall), Ok(10));
    }
}

fn band(price: u64, decimals: u8) -> PriceBand {
    asset(calm(price), decimals, 0).band
}

/// 2 SOL at 100 and a premium of 1%: 202 and an atom.
#[test]
fn insurance_buys_what_lenders_miss_as_far_as_it_goes() {
    let (sol, quote) = (band(10_000_000_000, 8), band(100_000_000, 6));
    let need = 2 * SOL as u64;
    let buys = |need, insurance| {
        purchase(&sol, &quote, Fixed::ratio(1, 100).next(), need, insurance).unwrap()
    };
    let whole = buys(need, u64::MAX);
    assert_eq!(whole.atoms, need);
    assert!(whole.cost.abs_diff(202_000_001) <= 1, "{whole:?}");
    assert_eq!(buys(need, whole.cost), whole);
    // One atom of quote less, and a half.
    for insurance in [whole.cost - 1, whole.cost / 2] {
        let part = buys(need, insurance);
        assert!(
            part.cost <= insurance && insurance - part.cost <= 4,
            "{part:?}"
        );
        let exact = (insurance as f64 - 1.0) / 202e6 * need as f64;
        let less = exact - part.atoms as f64;
        assert!((0.0..4.0).contains(&less), "{part:?} {exact}");
    }
    for insurance in [0, 1, 2] {
        assert_eq!(buys(need, insurance), Purchase::default());
    }
    assert_eq!(buys(0, 0), Purchase::default());
    assert_eq!(buys(0, 1_000), Purchase::default());
}

/// With a quote token at half a dollar a purchase costs twice as many of its atoms.
#[test]
fn a_purchase_is_paid_at_the_quotes_own_price() {
    let bought = purchase(
        &band(10_000_000_000, 8),
        &band(50_000_000, 6),
        Fixed::ZERO,
        SOL as u64,
        u64::MAX,
    );
    let cost = bought.unwrap().cost;
    assert!((200_000_000..=200_000_002).contains(&cost), "{cost}");
}

/// What was settled of a position stays its result when nothing is open any more.
#[test]
fn a_result_without_a_position_is_owed_or_claimed_as_it_is() {
    let left = |unsettled| {
        let mut account = Account::default().has_opened(1, 0, 0);
        account.positions[0].position = Position {
            base: Base::ZERO,
            unsettled: Quote(unsettled),
            ..Position::default()
        };
        let found = owed(&account);
        (found.pool, found.total)
    };
    assert_eq!(left(7), (0, 0));
    assert_eq!(left(-7), (7, 7));
}
