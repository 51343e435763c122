//! Settlement conserves every atom.

use proptest::prelude::*;

use plimsoll_engine::index::Index;
use plimsoll_engine::position::Position;
use plimsoll_engine::settlement::{realised_floor, settle, Ledger};
use plimsoll_engine::units::{Base, Quote};

use crate::world::any_asset;
use crate::{cases, CENTRAL};

const MOST: i64 = 1_000_000_000_000_000;

fn ledger() -> impl Strategy<Value = (Ledger, Index)> {
    let amounts = (
        -MOST..MOST,
        prop_oneof![Just(0), 0..MOST as u64],
        0..MOST as u64,
        0..MOST as u64,
    );
    (amounts, 0..=30_000u32, 0..=10u32).prop_map(
        |((result, debt_shares, deposit, payable), grown, small)| {
            // One case in ten is about single atoms.
            let divisor = if small == 0 { MOST as u64 / 8 } else { 1 };
            let ledger = Ledger {
                result: Quote(result / divisor as i64),
                debt_shares: debt_shares / divisor,
                deposit: deposit / divisor,
                payable: payable / divisor,
            };
            (
                ledger,
                Index(Index::START.0 / 10_000 * u64::from(10_000 + grown)),
            )
        },
    )
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// What the account gains the pool loses. The pool's books are cash, the debt it is owed and the
    /// claims on it; only the debt is rounded, against the account, by less than one share.
    #[test]
    fn settling_moves_every_atom_and_creates_none((ledger, index) in ledger()) {
        let settled = settle(&ledger, index).unwrap();
        let owed = |shares| index.atoms_ceil(shares).unwrap() as i64;
        let account = settled.to_account.0 + settled.claim_left.0 - ledger.result.0
            - (owed(settled.debt_shares) - owed(ledger.debt_shares));
        let pool = -settled.to_account.0 - settled.claim_left.0 + ledger.result.0
            + (owed(settled.debt_shares) - owed(ledger.debt_shares));
        prop_assert_eq!(account + pool, 0);
        prop_assert!(account <= 0 && -account <= owed(1), "the account loses {}", -account);
        if settled.debt_shares == 0 {
            prop_assert_eq!(account, 0);
        }
    }

    /// Nothing is paid that is not there, and nobody owes and claims at once.
    #[test]
    fn settling_pays_only_what_is_there((ledger, index) in ledger()) {
        let settled = settle(&ledger, index).unwrap();
        prop_assert!(settled.to_account.0 <= ledger.payable as i64);
        prop_assert!(-settled.to_account.0 <= ledger.deposit as i64);
        prop_assert!(settled.claim_left.0 >= 0);
        prop_assert!(settled.claim_left.0 == 0 || settled.debt_shares == 0);
        let unpaid = settled.debt_shares > 0;
        prop_assert!(!unpaid || -settled.to_account.0 == ledger.deposit as i64);
        let unclaimed = settled.claim_left.0 > 0;
        prop_assert!(!unclaimed || settled.to_account.0 == ledger.payable as i64);
    }

    /// Settling a second time changes nothing but what has become payable.
    #[test]
    fn settling_twice_is_settling_once((ledger, index) in ledger()) {
        let once = settle(&ledger, index).unwrap();
        let moved = once.to_account.0;
        let rest = Ledger {
            result: once.claim_left,
            debt_shares: once.debt_shares,
            deposit: (ledger.deposit as i64 + moved) as u64,
            payable: (ledger.payable as i64 - moved) as u64,
        };
        let again = settle(&rest, index).unwrap();
        let expected = (Quote::ZERO, once.debt_shares, once.claim_left);
        if once.to_account.0 < 0 && once.debt_shares == 0 || rest.deposit > 0 && once.debt_shares > 0 {
            return Ok(());
        }
        prop_assert_eq!((again.to_account, again.debt_shares, again.claim_left), expected);
    }

    /// Realising at the book's price moves profit, and changes neither equity nor size.
    #[test]
    fn realising_keeps_the_equity((asset, _) in any_asset(), base in -1_000_000..1_000_000i64, cost in 0..1_000_000_000i64, unsettled in -1_000_000..1_000_000i64) {
        let position = Position { unsettled: Quote(unsettled), ..Position::opened(Base(base), Quote(cost * base.signum())) };
        let Ok(realised) = realised_floor(&position, &asset.band) else { return Ok(()) };
        let worth = |held: &Position| held.unrealised_floor(&asset.band).unwrap().plus(held.unsettled).unwrap();
        prop_assert_eq!(worth(&realised), worth(&position));
        prop_assert_eq!(realised.unrealised_floor(&asset.band).unwrap(), Quote::ZERO);
        prop_assert_eq!(realised.base, position.base);
    }
}
