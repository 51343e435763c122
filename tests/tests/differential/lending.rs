//! The lending side of two banks on chain and the engine's beside it: people deposit, lend, borrow, repay,
//! leave and sync in any order, with gaps of up to ten years in all. To the unit: every index, share and
//! ledger is the same, and nothing is claimed that is not there or owed.

use std::collections::BTreeMap;

use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::{gain_per_second_ceil, index_at};
use plimsoll_engine::lending::{Curve, Lending};
use plimsoll_engine::EngineError;
use plimsoll_tests::prelude::*;

use crate::dice::Dice;

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dora"];
const SLOTS: [u8; 2] = [SOL, BTC];
const TEN_YEARS: i64 = 10 * 365 * 86_400;
/// Schedules of one run, and steps of each.
const SCHEDULES: u64 = 6;
const STEPS: usize = 500;

/// What somebody does with his balance in a bank.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Deposits(u64),
    Withdraws(u64),
    Borrows(u64),
    Lends,
    Stops,
    Syncs,
}

impl Deed {
    /// Whether the transaction syncs every bank first.
    fn syncs(self) -> bool {
        !matches!(self, Self::Deposits(_) | Self::Withdraws(_))
    }
}

/// A balance: atoms, shares of a lent deposit, or negative shares of a debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    amount: i64,
    lent: bool,
}

/// A bank, its asset of the book, and everybody's balance.
#[derive(Clone, Copy, Debug)]
struct Beside {
    lending: Lending,
    deposits: u64,
    insurance: u64,
    index: Index,
    gain: Index,
    time: i64,
    held: [Held; NAMES.len()],
    curve: Curve,
    reserve_share: Fixed,
}

/// What a deed moves into the wallet, and how many roundings it takes at most.
type Done = Result<(i128, i128), PlimsollError>;

/// The program's name of an engine's refusal.
fn refusal<T>(outcome: plimsoll_engine::Result<T>) -> Result<T, PlimsollError> {
    outcome.map_err(PlimsollError::from)
}

impl Beside {
    /// As the bank was listed.
    fn new(world: &World<LiteChain>, slot: u8) -> Self {
        let (bank, book) = (world.bank(slot), world.book());
        let asset = &book.assets[usize::from(slot)];
        Self {
            lending: Lending::EMPTY,
            deposits: 0,
            insurance: 0,
            index: Index::START,
            gain: Index(asset.borrow_gain),
            time: asset.index_time,
            held: Default::default(),
            curve: bank.curve(),
            reserve_share: Fixed(bank.reserve_share),
        }
    }

    fn accrue(&mut self, now: i64) {
        let index = index_at(self.index, self.gain, now - self.time);
        self.lending.accrue(index, self.reserve_share).unwrap();
    }

    fn sync(&mut self, now: i64) {
        self.accrue(now);
        self.index = index_at(self.index, self.gain, now - self.time);
        self.insurance += self.lending.collect_reserve();
        let used = self.lending.utilisation_ceil().unwrap();
        let rate = self.curve.rate_ceil(used).unwrap();
        self.gain = gain_per_second_ceil(self.index, rate).unwrap();
        self.time = now;
    }

    fn does(&mut self, who: usize, deed: Deed, now: i64) -> Done {
        let held = self.held[who];
        let shares = held.amount.unsigned_abs();
        match deed {
            Deed::Syncs => Ok((0, 0)),
            Deed::Deposits(atoms) => {
                if held.amount >= 0 && !held.lent {
                    self.deposits += atoms;
                    self.hold(who, held.amount + signed(atoms), false);
                    return Ok((-i128::from(atoms), 0));
                }
                self.accrue(now);
                if held.lent {
                    let more = refusal(self.lending.lend(atoms))?;
                    self.hold(who, held.amount + signed(more), true);
                } else {
                    let paid = refusal(self.lending.repay(atoms, shares))?;
                    let (rest, owed) = (atoms - paid.atoms, shares - paid.shares);
                    self.deposits += rest;
                    self.hold(
                        who,
                        if owed > 0 {
                            -signed(owed)
                        } else {
                            signed(rest)
                        },
                        false,
                    );
                }
                Ok((-i128::from(atoms), 1))
            }
            Deed::Withdraws(atoms) => self.pays_out(who, atoms, false, now),
            Deed::Borrows(atoms) => self.pays_out(who, atoms, true, now),
            Deed::Lends | Deed::Stops if held.amount <= 0 => Err(PlimsollError::NothingToLend),
            Deed::Lends if !held.lent => {
                self.accrue(now);
                let lent = refusal(self.lending.lend(shares))?;
                if lent == 0 {
                    return Err(PlimsollError::DepositTooSmall);
                }
                self.deposits -= shares;
                self.hold(who, signed(lent), true);
                Ok((0, 1))
            }
            Deed::Stops if held.lent => {
                self.accrue(now);
                let out = refusal(self.lending.redeem_all(shares))?;
                self.deposits += out.atoms;
                self.hold(who, signed(out.atoms), false);
                Ok((0, 1))
            }
            Deed::Lends | Deed::Stops => Ok((0, 0)),
        }
    }

    fn pays_out(&mut self, who: usize, atoms: u64, borrow: bool, now: i64) -> Done {
        let held = self.held[who];
        let shares = held.amount.max(0).unsigned_abs();
        let everything = atoms == u64::MAX;
        if !held.lent && (everything || atoms <= shares) {
            let atoms = atoms.min(shares);
            if atoms == 0 {
                return Err(PlimsollError::ZeroAmount);
            }
            self.deposits -= atoms;
            self.hold(who, held.amount - signed(atoms), false);
            return Ok((i128::from(atoms), 0));
        }
        self.accrue(now);
        let (taken, given_up) = if held.lent {
            let part = if everything {
                Err(EngineError::InsufficientShares)
            } else {
                self.lending.redeem(atoms, shares)
            };
            let out = match part {
                Err(EngineError::InsufficientShares) if everything || borrow => {
                    refusal(self.lending.redeem_all(shares))?
                }
                other => refusal(other)?,
            };
            (out.atoms, out.shares)
        } else {
            self.deposits -= shares;
            (shares, shares)
        };
        let mut amount = held.amount - signed(given_up);
        let rest = if everything { 0 } else { atoms - taken };
        if rest > 0 {
            if !borrow {
                return Err(PlimsollError::InsufficientBalance);
            }
            amount -= signed(refusal(self.lending.borrow(rest))?);
        }
        if taken + rest == 0 {
            return Err(PlimsollError::ZeroAmount);
        }
        self.hold(who, amount, held.lent);
        Ok((i128::from(taken) + i128::from(rest), 2))
    }

    fn hold(&mut self, who: usize, amount: i64, lent: bool) {
        self.held[who] = Held {
            amount,
            lent: lent && amount > 0,
        };
    }

    /// What somebody has, in atoms: deposits rounded down, debts up.
    fn worth(&self, who: usize) -> i128 {
        let held = self.held[who];
        let shares = held.amount.unsigned_abs();
        match (held.amount, held.lent) {
            (..0, _) => -i128::from(self.lending.borrow_index.atoms_ceil(shares).unwrap()),
            (_, false) => i128::from(held.amount),
            (_, true) => i128::from(self.lending.worth_floor(shares).unwrap()),
        }
    }

    /// The chain says the same of the bank in `slot`, and nothing is claimed that is not there or owed.
    fn assert_same(&self, world: &World<LiteChain>, slot: u8) {
        let (bank, book) = (world.bank(slot), world.book());
        assert_eq!(bank.lending(), self.lending);
        assert_eq!(
            (bank.deposits, bank.insurance),
            (self.deposits, self.insurance)
        );
        let asset = &book.assets[usize::from(slot)];
        let synced = (asset.borrow_index, asset.borrow_gain, asset.index_time);
        assert_eq!(synced, (self.index.0, self.gain.0, self.time));
        for (name, held) in NAMES.iter().zip(&self.held) {
            let found = Held {
                amount: world.held(name, slot),
                lent: world.lends(name, slot),
            };
            assert_eq!(found, *held, "{name}");
        }
        let lending = &self.lending;
        let claimed = [
            self.deposits,
            self.insurance,
            lending.claims_floor().unwrap(),
            lending.reserve,
        ];
        let claimed: i128 = claimed.into_iter().map(i128::from).sum();
        let vault = world.token_amount(&world.asset(slot).vault);
        let backed = i128::from(vault) + i128::from(lending.owed_floor().unwrap());
        assert!(
            claimed <= backed,
            "{claimed} claimed, {backed} there or owed"
        );
        // Rounding alone lies between.
        let unit = lending.borrow_index.atoms_ceil(1).unwrap();
        let most = 2 * STEPS as i128 * i128::from(unit);
        assert!(backed - claimed <= most, "{}", backed - claimed);
    }
}

fn signed(atoms: u64) -> i64 {
    i64::try_from(atoms).expect("an amount")
}

impl Dice {
    /// Of a few atoms, of some, or of up to `most`.
    fn deed(&mut self, most: f64) -> Deed {
        let most = [10.0, 1e6, most][self.between(0, 2) as usize];
        let atoms = self.dollars(1.0, most) as u64;
        match self.between(0, 15) {
            0..=3 => Deed::Deposits(atoms),
            4 | 5 => Deed::Withdraws(atoms),
            6 => Deed::Withdraws(u64::MAX),
            7..=9 => Deed::Borrows(atoms),
            10..=12 => Deed::Lends,
            13 => Deed::Stops,
            _ => Deed::Syncs,
        }
    }

    /// Mostly at once or within the hour, now and then after weeks.
    fn gap(&mut self) -> i64 {
        match self.between(0, 9) {
            0..=2 => 0,
            3..=6 => self.between(1, 3_600),
            _ => self.between(3_600, 75 * 86_400),
        }
    }
}

fn bank_world() -> World<LiteChain> {
    let mut world = World::with(LiteChain::new(), |spec| {
        for slot in SLOTS {
            let bank = spec.bank(slot);
            (bank.deposit_cap, bank.borrow_cap) = (u64::MAX / 4, u64::MAX / 4);
            bank.outflow_limit = u64::MAX / 4;
            (bank.rate_at_zero_ppm, bank.kink_ppm) = (20_000, 800_000);
            (bank.rate_at_kink_ppm, bank.rate_at_full_ppm) = (100_000, 1_000_000);
            bank.utilisation_cap_ppm = 1_000_000;
        }
    });
    for name in NAMES {
        world.actor(name).deposits(usdc(240_000_000)).done();
    }
    world
}

#[test]
fn years_of_lending_are_the_same_on_chain_and_in_the_engine() {
    let mut seen = BTreeMap::<String, u32>::new();
    for seed in 0..SCHEDULES {
        schedule(20_261_130 + seed, &mut seen);
    }
    println!("{seen:#?}");
    let enough = [
        ("Deposits done", 300),
        ("Withdraws done", 100),
        ("Borrows done", 100),
        ("Lends done", 150),
        ("Stops done", 40),
        ("Syncs done", 100),
        ("repaid", 60),
        ("lent more", 60),
        ("from a lent deposit into debt", 5),
        ("LenderCash", 40),
        ("InsufficientBalance", 40),
        ("NothingToLend", 40),
        ("years", 40),
        ("nearly all borrowed", 100),
        ("shares worth more than an atom", 5),
    ];
    for (what, least) in enough {
        let found = seen.get(what).copied().unwrap_or(0);
        assert!(found >= least, "{what}: {found} of at least {least}");
    }
}

fn schedule(seed: u64, seen: &mut BTreeMap<String, u32>) {
    let mut dice = Dice::new(seed);
    let mut world = bank_world();
    let mut beside = SLOTS.map(|slot| Beside::new(&world, slot));
    let start = world.now();
    let mut count = |what: String| *seen.entry(what).or_default() += 1;
    for step in 0..STEPS {
        let gap = dice.gap();
        if world.now() + gap - start < TEN_YEARS {
            world.advance(gap);
        }
        world.tick();
        let now = world.now();
        let (who, which) = (dice.between(0, 3) as usize, dice.between(0, 1) as usize);
        // 100 SOL or a bitcoin.
        let deed = dice.deed([1e11, 1e8][which]);
        // Many loans take nearly all there is.
        let cash = beside[which].lending.cash;
        let deed = match deed {
            Deed::Borrows(_) if cash > 100 && dice.chance(25) => {
                Deed::Borrows(cash / 100 * dice.between(90, 100).unsigned_abs())
            }
            other => other,
        };
        let (before, mut after) = (beside, beside);
        if deed.syncs() {
            after.iter_mut().for_each(|bank| bank.sync(now));
        }
        let expected = after[which].does(who, deed, now);
        let name = format!("{deed:?}");
        let name = name.split('(').next().unwrap_or_default();
        match (expected, done_by(&mut world, who, which, deed)) {
            (Ok((out, roundings)), Ok(_)) => {
                beside = after;
                count(format!("{name} done"));
                let mut then = before[which];
                then.accrue(now);
                let lost = then.worth(who) - after[which].worth(who) - out;
                // An atom, or a share where years at the highest rate have made it worth more.
                let unit = i128::from(after[which].lending.borrow_index.atoms_ceil(1).unwrap());
                assert!(
                    (0..=roundings * unit).contains(&lost),
                    "{step}: {deed:?} lost {lost}"
                );
                if unit > 1 {
                    count("shares worth more than an atom".into());
                }
                notice(&before[which], &after[which], who, &mut count);
            }
            (Err(refusal), Err(failure)) => {
                assert_eq!(failure.code, Some(refusal.into()), "{step}: {failure}");
                count(format!("{refusal:?}"));
            }
            (Ok(_), Err(failure)) => panic!("{step}: {deed:?}: only the engine agrees: {failure}"),
            (Err(refusal), Ok(_)) => {
                panic!("{step}: {deed:?}: only the engine refuses: {refusal:?}")
            }
        }
        for (bank, slot) in beside.iter().zip(SLOTS) {
            bank.assert_same(&world, slot);
        }
    }
    let years = (world.now() - start) / (365 * 86_400);
    (0..years).for_each(|_| count("years".into()));
}

fn notice(before: &Beside, after: &Beside, who: usize, count: &mut impl FnMut(String)) {
    let (was, is) = (before.held[who], after.held[who]);
    if was.amount < 0 && is.amount > was.amount {
        count("repaid".into());
    }
    if was.lent && is.lent && is.amount > was.amount {
        count("lent more".into());
    }
    if was.lent && is.amount < 0 {
        count("from a lent deposit into debt".into());
    }
    if after.lending.utilisation_ceil().unwrap() > Fixed::ratio(9, 10) {
        count("nearly all borrowed".into());
    }
}

fn done_by(
    world: &mut World<LiteChain>,
    who: usize,
    which: usize,
    deed: Deed,
) -> Result<Receipt, Failure> {
    let slot = SLOTS[which];
    let actor = world.actor(NAMES[who]);
    let amount = |atoms| Amount { slot, atoms };
    match deed {
        Deed::Deposits(atoms) => actor.deposits(amount(atoms)),
        Deed::Withdraws(atoms) => actor.withdraws(amount(atoms)),
        Deed::Borrows(atoms) => actor.borrows(amount(atoms)),
        Deed::Lends => actor.lends(slot),
        Deed::Stops => actor.stops_lending(slot),
        Deed::Syncs => actor.syncs_banks(),
    }
    .outcome()
}
