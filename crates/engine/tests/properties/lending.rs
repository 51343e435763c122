//! Lending: whatever anybody does, in whatever order, what is claimed is there or owed (INV-30).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::{gain_per_second_ceil, index_at, YEAR_SECONDS};
use plimsoll_engine::lending::{lent_atoms_floor, Curve, Lending};
use plimsoll_engine::outflow::Outflow;
use plimsoll_engine::EngineError;

use crate::world::bps;
use crate::{cases, CENTRAL};

const PEOPLE: usize = 4;
const TEN_YEARS: i64 = 10 * YEAR_SECONDS as i64;

/// Somebody does something with a bank after some time.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Lends(u64),
    Redeems(u64),
    RedeemsAll,
    Borrows(u64),
    Repays(u64),
    RepaysAll,
    Syncs,
    RecordsLoss(u64),
    Releases,
    WritesOff,
}

fn deed() -> impl Strategy<Value = Deed> {
    let atoms = || prop_oneof![1..10u64, 1..1_000_000_000u64, 1..1_000_000_000_000_000u64];
    prop_oneof![
        4 => atoms().prop_map(Deed::Lends),
        2 => atoms().prop_map(Deed::Redeems),
        1 => Just(Deed::RedeemsAll),
        4 => atoms().prop_map(Deed::Borrows),
        2 => atoms().prop_map(Deed::Repays),
        1 => Just(Deed::RepaysAll),
        2 => Just(Deed::Syncs),
        1 => atoms().prop_map(Deed::RecordsLoss),
        1 => Just(Deed::Releases),
        1 => Just(Deed::WritesOff),
    ]
}

fn curve() -> impl Strategy<Value = Curve> {
    (bps(0..=200), 1..9_999u32, bps(0..=1_000), bps(0..=8_000)).prop_map(
        |(at_zero, kink, more, most)| {
            let at_kink = at_zero.plus(more).unwrap();
            let at_full = at_kink.plus(most).unwrap();
            Curve {
                at_zero,
                kink: Fixed::from_bps(kink),
                at_kink,
                at_full,
            }
        },
    )
}

/// A bank, its people, and the part of the book that concerns it.
struct Story {
    lending: Lending,
    lent: [u64; PEOPLE],
    owed: [u64; PEOPLE],
    recorded: u64,
    index: Index,
    gain: Index,
    time: i64,
    curve: Curve,
    reserve_share: Fixed,
}

impl Story {
    fn new(curve: Curve, reserve_share: Fixed) -> Self {
        Self {
            lending: Lending::EMPTY,
            lent: [0; PEOPLE],
            owed: [0; PEOPLE],
            recorded: 0,
            index: Index::START,
            gain: gain_per_second_ceil(Index::START, curve.at_zero).unwrap(),
            time: 0,
            curve,
            reserve_share,
        }
    }

    fn index_now(&self, now: i64) -> Index {
        index_at(self.index, self.gain, now - self.time)
    }

    /// Does a deed; refusals change nothing. Returns atoms that entered the vault less those that left.
    fn does(&mut self, who: usize, deed: Deed, now: i64) -> i128 {
        let index = self.index_now(now);
        let mut next = self.lending;
        next.accrue(index, self.reserve_share).unwrap();
        let (lent, owed) = (self.lent[who], self.owed[who]);
        let moved = match deed {
            Deed::Lends(atoms) => next.lend(atoms).map(|shares| {
                self.lent[who] += shares;
                i128::from(atoms)
            }),
            Deed::Redeems(atoms) => next.redeem(atoms, lent).map(|out| {
                self.lent[who] -= out.shares;
                assert_eq!(out.atoms, atoms);
                -i128::from(atoms)
            }),
            Deed::RedeemsAll => next.redeem_all(lent).map(|out| {
                self.lent[who] -= out.shares;
                -i128::from(out.atoms)
            }),
            Deed::Borrows(atoms) => next.borrow(atoms).map(|shares| {
                self.owed[who] += shares;
                -i128::from(atoms)
            }),
            Deed::Repays(atoms) => next.repay(atoms, owed).map(|paid| {
                self.owed[who] -= paid.shares;
                i128::from(paid.atoms)
            }),
            Deed::RepaysAll => next.repay(u64::MAX, owed).map(|paid| {
                self.owed[who] -= paid.shares;
                i128::from(paid.atoms)
            }),
            Deed::Syncs => {
                let rate = self
                    .curve
                    .rate_ceil(next.utilisation_ceil().unwrap())
                    .unwrap();
                self.gain = gain_per_second_ceil(index, rate).unwrap();
                (self.index, self.time) = (index, now);
                Ok(-i128::from(next.collect_reserve()))
            }
            Deed::RecordsLoss(atoms) => {
                let free = next
                    .claims_floor()
                    .unwrap()
                    .saturating_sub(next.pending_loss);
                let loss = atoms.min(free / 2);
                next.record(self.recorded, self.recorded + loss).unwrap();
                self.recorded += loss;
                Ok(0)
            }
            Deed::Releases => {
                next.record(self.recorded, 0).unwrap();
                self.recorded = 0;
                Ok(0)
            }
            Deed::WritesOff => {
                let covered = next.borrow_index.atoms_ceil(owed).unwrap() / 3;
                next.write_off(owed, covered, self.recorded).unwrap();
                (self.owed[who], self.recorded) = (0, 0);
                Ok(i128::from(covered))
            }
        };
        match moved {
            Ok(moved) => {
                self.lending = next;
                moved
            }
            Err(why) => {
                let known = [
                    EngineError::LenderCash,
                    EngineError::InsufficientShares,
                    EngineError::LossPending,
                    EngineError::BankClosed,
                    EngineError::Overflow,
                ];
                assert!(known.contains(&why), "{why:?}");
                0
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// INV-30, with gaps of up to ten years and losses: claims, reserve and what leavers bore are in the vault or
    /// owed; shares add up; the cash is what came in less what went out; indices never fall.
    #[test]
    fn what_is_claimed_is_in_the_vault_or_owed(
        curve in curve(),
        reserve_share in bps(0..=5_000),
        deeds in vec((0..PEOPLE, deed(), prop_oneof![0..100i64, 0..10_000_000i64, 0..TEN_YEARS / 8]), 1..60),
    ) {
        let mut story = Story::new(curve, reserve_share);
        let (mut now, mut cash) = (0i64, 0i128);
        for (who, deed, gap) in deeds {
            now = (now + gap).min(TEN_YEARS);
            let before = story.lending;
            cash += story.does(who, deed, now);
            let after = story.lending;
            prop_assert!(after.is_backed().unwrap(), "{deed:?}: {after:?}");
            prop_assert_eq!(i128::from(after.cash), cash);
            prop_assert_eq!(after.shares, story.lent.iter().sum::<u64>());
            prop_assert_eq!(after.debt_shares, story.owed.iter().sum::<u64>());
            prop_assert_eq!(after.pending_loss + after.absorbed, story.recorded);
            prop_assert!(after.borrow_index >= before.borrow_index);
            let may_fall = matches!(deed, Deed::WritesOff);
            prop_assert!(may_fall || after.deposit_index >= before.deposit_index);
            // d'/d ≤ b'/b.
            let step = |deposit: Index, borrow: Index| u128::from(deposit.0) * u128::from(borrow.0);
            prop_assert!(
                step(after.deposit_index, before.borrow_index)
                    <= step(before.deposit_index, after.borrow_index)
            );
        }
    }

    /// One operation loses its author at most one atom, and never wins him one.
    #[test]
    fn an_operation_rounds_by_at_most_one_atom(
        grown in 1..=1_000u64,
        atoms in 1..1_000_000_000_000u64,
        part in 1..=1_000_000_000_000u64,
    ) {
        let index = Index(Index::START.0 * grown);
        let mut bank = Lending { borrow_index: index, deposit_index: index, ..Lending::EMPTY };
        let shares = bank.lend(atoms).unwrap();
        let worth = |shares| lent_atoms_floor(shares, index, Fixed::ZERO).unwrap();
        prop_assert!((atoms - 1..=atoms).contains(&worth(shares)));
        let part = part.min(worth(shares));
        let out = bank.redeem(part, shares).unwrap();
        let left = worth(shares - out.shares);
        prop_assert!(left + part <= worth(shares) && left + part + 1 >= worth(shares));

        bank.lend(atoms).unwrap();
        let debt = bank.borrow(part).unwrap();
        let owed = |shares| index.atoms_ceil(shares).unwrap();
        prop_assert!((part..=part + 1).contains(&owed(debt)));
        let paid = bank.repay(part / 2, debt).unwrap();
        let rest = owed(debt - paid.shares);
        prop_assert!(rest + paid.atoms >= owed(debt) && rest + paid.atoms <= owed(debt) + 1);
        prop_assert!(bank.is_backed().unwrap());
    }

    /// A billion that comes between two syncs at the highest rate earns nothing that no borrower paid,
    /// and of what they paid only from when it came.
    #[test]
    fn a_deposit_between_two_syncs_earns_only_from_then_on(
        lent in 1_000_000..1_000_000_000_000u64,
        used in 1..=100u64,
        before in 0..10_000i64,
        after in 0..10_000i64,
    ) {
        const BILLION: u64 = 1_000_000_000_000_000;
        let rate = Fixed::ratio(9, 10);
        let mut bank = Lending::EMPTY;
        let early = bank.lend(lent).unwrap();
        let borrowed = (lent / 100 * used).max(1);
        bank.borrow(borrowed).unwrap();
        let gain = gain_per_second_ceil(Index::START, rate).unwrap();
        bank.accrue(index_at(Index::START, gain, before), Fixed::ZERO).unwrap();
        let earlier = bank.deposit_index.atoms_floor(early).unwrap();
        let late = bank.lend(BILLION).unwrap();
        bank.accrue(index_at(Index::START, gain, before + after), Fixed::ZERO).unwrap();
        let claims = |shares| bank.deposit_index.atoms_floor(shares).unwrap();
        let charged = bank.owed_floor().unwrap() - borrowed;
        prop_assert!(claims(early) + claims(late) <= lent + BILLION + charged);
        prop_assert!(claims(early) >= earlier, "what was earned before stays");
        let share = |since: u64| u128::from(since) * u128::from(BILLION) / u128::from(lent + BILLION);
        let since = bank.owed_floor().unwrap()
            - index_at(Index::START, gain, before).atoms_floor(bank.debt_shares).unwrap();
        prop_assert!(u128::from(claims(late).saturating_sub(BILLION)) <= share(since) + 1);
    }

    /// Who leaves while a loss is pending bears his part, and no more than his part is left to the others.
    #[test]
    fn who_leaves_bears_his_part(
        first in 1_000..1_000_000_000u64,
        second in 1_000..1_000_000_000u64,
        loss in 0..=99u64,
    ) {
        let mut bank = Lending::EMPTY;
        let leaver = bank.lend(first).unwrap();
        let stayer = bank.lend(second).unwrap();
        bank.pending_loss = (first + second) / 100 * loss;
        let share = bank.pending_share_ceil().unwrap();
        let worth = lent_atoms_floor(stayer, bank.deposit_index, share).unwrap();
        let out = bank.redeem_all(leaver).unwrap();
        let due = u128::from(first) * u128::from((first + second) / 100 * loss) / u128::from(first + second);
        prop_assert!(u128::from(first - out.atoms) >= due && u128::from(first - out.atoms) <= due + 2);
        let later = lent_atoms_floor(stayer, bank.deposit_index, bank.pending_share_ceil().unwrap()).unwrap();
        prop_assert!(later.abs_diff(worth) <= 2, "{worth} before, {later} after");
        prop_assert_eq!(bank.lend(1), if bank.pending_loss > 0 { Err(EngineError::LossPending) } else { Ok(1_024) });
        prop_assert!(bank.is_backed().unwrap());
    }

    /// A debt that nobody pays costs insurance's interest first, then leavers' part, then lenders, to the
    /// atom; those who lend nothing are not in it.
    #[test]
    fn a_loss_is_borne_in_order(
        lent in 1_000..1_000_000_000_000u64,
        used in 1..=100u64,
        reserve in 0..1_000_000u64,
        covered in 0..=100u64,
    ) {
        let mut bank = Lending::EMPTY;
        bank.lend(lent).unwrap();
        let debt = bank.borrow((lent / 100 * used).max(1)).unwrap();
        let owed = bank.borrow_index.atoms_ceil(debt).unwrap();
        let reserve = reserve.min(bank.cash);
        bank.reserve = reserve;
        bank.cash += reserve;
        let covered = owed / 100 * covered;
        bank.record(0, owed).unwrap();
        let lost = bank.write_off(debt, covered, owed).unwrap();
        prop_assert_eq!(lost.owed, owed);
        prop_assert_eq!(lost.insurance, reserve.min(owed - covered));
        let rest = owed - covered - lost.insurance;
        prop_assert!(lost.lenders >= rest && lost.lenders <= rest + 1, "{} of {rest}", lost.lenders);
        prop_assert_eq!((bank.pending_loss, bank.absorbed, bank.debt_shares), (0, 0, 0));
        prop_assert!(bank.is_backed().unwrap());
    }

    /// A lender who borrows all of a new bank himself, waits, repays all but what insurance earned and leaves
    /// a share behind does not get the interest on the rest: the index stays of use to who comes later.
    #[test]
    fn a_share_left_behind_does_not_drive_the_index_away(
        lent in 1_000_000..1_000_000_000_000u64,
        left in 1..=2_048u64,
        months in vec(1..30i64, 1..24),
    ) {
        const MONTH: i64 = 2_592_000;
        let (rate, insurance) = (Fixed::ratio(9, 10), Fixed::ratio(1, 10));
        let mut index = Index::START;
        let mut pass = |bank: &mut Lending, seconds| {
            index = index_at(index, gain_per_second_ceil(index, rate).unwrap(), seconds);
            bank.accrue(index, insurance).unwrap();
        };
        let mut bank = Lending::EMPTY;
        let shares = bank.lend(lent).unwrap();
        let owed = bank.borrow(lent).unwrap();
        pass(&mut bank, MONTH);
        let earned = bank.reserve;
        let whole = bank.borrow_index.atoms_ceil(owed).unwrap();
        bank.repay(whole - earned - 1, owed).unwrap();
        let out = bank.redeem(lent.min(bank.cash), shares).unwrap();
        let rest = shares - out.shares;
        let gone = bank.deposit_index.atoms_floor(rest.saturating_sub(left)).unwrap().min(bank.cash);
        bank.redeem(gone, rest).unwrap();
        for days in months {
            pass(&mut bank, days * MONTH / 30);
        }
        let grown = |index: Index| index.0 as f64 / Index::START.0 as f64;
        prop_assert!(grown(bank.deposit_index) <= grown(bank.borrow_index), "{bank:?}");
        prop_assert!(bank.is_backed().unwrap());
        let victim = bank.lend(1_000_000_000).unwrap();
        prop_assert!(bank.deposit_index.atoms_floor(victim).unwrap() >= 999_999_999);
    }

    /// The rate never falls as utilisation rises and meets its three points.
    #[test]
    fn the_rate_rises_with_utilisation(curve in curve(), a in bps(0..=10_000), b in bps(0..=10_000)) {
        prop_assert!(curve.is_sound(Fixed::ONE));
        let rate = |utilisation| curve.rate_ceil(utilisation).unwrap();
        prop_assert!(rate(a.min(b)) <= rate(a.max(b)));
        prop_assert_eq!(rate(Fixed::ZERO), curve.at_zero);
        prop_assert_eq!(rate(curve.kink), curve.at_kink);
        prop_assert_eq!(rate(Fixed::ONE), curve.at_full);
    }

    /// In any window at most twice the limit leaves, and never more than the limit at once.
    #[test]
    fn a_window_lets_out_twice_its_limit_at_most(
        limit in 1..1_000_000u64,
        tries in vec((0..2_000i64, 1..1_000_000u64), 1..100),
    ) {
        const WINDOW: u64 = 3_600;
        let mut outflow = Outflow::default();
        let (mut now, mut left) = (1_000_000i64, Vec::new());
        for (gap, atoms) in tries {
            now += gap;
            let level = outflow.at_ceil(now, limit, WINDOW).unwrap();
            if level + atoms <= limit {
                outflow = Outflow { level: level + atoms, time: now };
                left.push((now, atoms));
            }
            let recent = left.iter().filter(|(time, _)| now - time < WINDOW as i64);
            prop_assert!(recent.map(|(_, atoms)| atoms).sum::<u64>() <= 2 * limit);
        }
    }
}
