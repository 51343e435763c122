//! Random holdings on a random book: hedged and not, few and many, of a few dollars and of billions.

use bytemuck::Zeroable;
use plimsoll::state::{AgeLimit, Balance, MarginAccount, PositionSlot, RiskBook};
use plimsoll_engine::health::Purpose;
use plimsoll_engine::profile::STRIKE_ONE;
use plimsoll_tests::engine_view::health;

use crate::dice::Dice;

/// No holding has more atoms.
const MOST_ATOMS: f64 = 4e18;

/// A part of an account as slot and dollars, negative for debts and shorts.
type Part = (u8, f64);

impl Dice {
    /// Fills an account with holdings in the assets of `book`, and with a history. Whether it holds
    /// quote and one position at most.
    pub fn furnish(&mut self, account: &mut MarginAccount, book: &RiskBook, now: i64) -> bool {
        account.balances = Zeroable::zeroed();
        account.positions = Zeroable::zeroed();
        let (least, most) = match self.between(0, 9) {
            0 | 1 => (1.0, 1e4),
            2 => (1e7, 3e9),
            3 => (1e5, 3e7),
            _ => (100.0, 1e6),
        };
        let scale = self.dollars(least, most);
        let (deposits, positions) = self.portfolio(scale);
        let deposits = deposits
            .into_iter()
            .filter(|(slot, _)| *slot != book.quote_slot);
        let positions = positions
            .into_iter()
            .filter(|(slot, _)| *slot != book.quote_slot);
        account.balances[0].slot = book.quote_slot;
        let quote = if self.chance(80) {
            self.part(0.0, scale)
        } else {
            0.0
        };
        account.balances[0].amount = (quote * 1e6) as i64;
        match self.between(0, 9) {
            0 => self.lend(&mut account.balances[0]),
            1 => account.balances[0].amount = -in_shares((quote * 1e6) as i64),
            _ => {}
        }
        let mut alone = account.balances[0].amount >= 0;
        for (place, (slot, dollars)) in account.balances[1..].iter_mut().zip(deposits) {
            let amount = atoms(book, slot, dollars);
            *place = Balance {
                amount: if amount < 0 {
                    in_shares(amount)
                } else {
                    amount
                },
                slot,
                ..Balance::zeroed()
            };
            if self.chance(40) {
                self.lend(place);
            }
            alone = false;
        }
        let mut count = 0;
        for (place, (slot, dollars)) in account.positions.iter_mut().zip(positions) {
            *place = self.opened(book, slot, dollars);
            count += 1;
        }
        self.history(account, scale, now);
        alone && count <= 1
    }

    /// Makes a deposit one that is lent.
    fn lend(&mut self, place: &mut Balance) {
        if place.amount > 0 {
            place.amount = in_shares(place.amount);
            place.lent = 1;
        }
    }

    /// Deposits and positions: of one asset, of one direction, hedged, or anything.
    fn portfolio(&mut self, scale: f64) -> (Vec<Part>, Vec<Part>) {
        match self.between(0, 9) {
            0 | 1 => (vec![], self.parts(1, scale)),
            2 => (self.longs(3, scale), self.longs(4, scale)),
            3 | 4 => self.hedged(scale),
            5 => (self.longs(15, scale), self.parts(16, scale)),
            6 => (self.parts(3, scale), self.parts(3, scale)),
            _ => {
                let (deposits, positions) = (self.between(0, 3), self.between(0, 5));
                let deposits = self.longs(deposits as usize, scale);
                (deposits, self.parts(positions as usize, scale))
            }
        }
    }

    fn parts(&mut self, count: usize, scale: f64) -> Vec<Part> {
        let slots = self.slots(count).into_iter();
        slots
            .map(|slot| {
                let dollars = self.dollars(scale / 30.0, scale);
                (slot, if self.chance(55) { dollars } else { -dollars })
            })
            .collect()
    }

    fn longs(&mut self, count: usize, scale: f64) -> Vec<Part> {
        let parts = self.parts(count, scale).into_iter();
        parts.map(|(slot, dollars)| (slot, dollars.abs())).collect()
    }

    /// Deposits and nearly the same amounts of the same assets short, perhaps to the cent.
    fn hedged(&mut self, scale: f64) -> (Vec<Part>, Vec<Part>) {
        let count = self.between(1, 4);
        let deposits = self.longs(count as usize, scale);
        let off = if self.chance(30) { 0.0 } else { 0.2 };
        let short = |(slot, dollars): &Part, part: f64| (*slot, -dollars * part);
        let shorts = deposits
            .iter()
            .map(|each| short(each, self.part(1.0 - off, 1.000_001 + off)))
            .collect();
        (deposits, shorts)
    }

    fn opened(&mut self, book: &RiskBook, slot: u8, dollars: f64) -> PositionSlot {
        let cost = dollars * 1e6 * self.part(0.7, 1.4);
        let unsettled = dollars * 1e6 * self.part(-0.1, 0.1);
        let mut place = PositionSlot {
            base: atoms(book, slot, dollars),
            cost: cost as i64,
            unsettled: if self.chance(50) { unsettled as i64 } else { 0 },
            entry: cost as i64,
            funding: if self.chance(50) {
                self.between(-1_000_000, 1_000_000)
            } else {
                0
            },
            realised: self.between(-1_000_000, 1_000_000),
            funding_paid: self.between(-1_000_000, 1_000_000),
            fees_paid: self.between(0, 1_000_000).unsigned_abs(),
            slot,
            epoch: 0,
            padding: [0; 3],
        };
        let side = &book.assets[usize::from(slot)].sides[usize::from(place.base < 0)];
        // One in a few is a claim of the epoch before.
        let behind = u32::from(side.epoch > 0 && self.chance(30));
        place.epoch = side.epoch - behind;
        if self.chance(3) {
            (place.base, place.cost, place.entry, place.funding) = (0, 0, 0, 0);
            place.unsettled = unsettled as i64;
        }
        place
    }

    /// Claims and debts to the pool, a profile, a call or an episode, and an order that waits.
    fn history(&mut self, account: &mut MarginAccount, scale: f64, now: i64) {
        let atoms = (scale * 1e5) as i64 + 1;
        account.credit = if self.chance(20) {
            self.between(-atoms, atoms)
        } else {
            0
        };
        account.pool_debt_shares = 0;
        if self.chance(10) {
            account.pool_debt_shares = self.between(1, atoms).unsigned_abs();
        }
        (account.volume, account.strikes, account.profile_time) = (0, 0, 0);
        if self.chance(50) {
            account.volume = self.dollars(1e6, 3e13) as u64;
            account.profile_time = now - self.between(-10, 100 * 86_400);
            if self.chance(50) {
                account.strikes = (self.part(0.0, 7.0) * f64::from(STRIKE_ONE)) as u32;
            }
        }
        account.pending_requirement = self.between(0, 1_000_000).unsigned_abs();
        account.called_at = if self.chance(20) { now - 100 } else { 0 };
        account.liquidatable_since = if self.chance(10) { now - 50 } else { 0 };
    }

    /// Moves the quote balance, or what is owed to the pool, until E_m stands anywhere between
    /// bankruptcy and twice R_i.
    pub fn weigh(&mut self, account: &mut MarginAccount, book: &RiskBook, now: i64) {
        let (kind, part) = (self.between(0, 9), self.part(0.0, 1.0));
        for _ in 0..2 {
            let health = health(book, account, now, AgeLimit::Other, Purpose::Trade);
            let maintenance = health.maintenance.requirement.0 as f64;
            let initial = health.initial.requirement.0 as f64;
            let wanted = match kind {
                0 => -maintenance * part,
                1 => maintenance,
                2 | 3 => maintenance * part,
                4..=6 => maintenance + (initial - maintenance) * part,
                _ => initial * (1.0 + part),
            };
            let gap = (wanted - health.maintenance.equity.0 as f64) as i64;
            let place = &mut account.balances[0];
            if place.lent != 0 || place.amount < 0 {
                account.credit += gap;
                continue;
            }
            let quote = &mut place.amount;
            let moved = (*quote + gap).max(0);
            account.credit += gap - (moved - *quote);
            *quote = moved;
        }
    }
}

/// Shares worth about so many atoms: indices are between one and two times their start.
fn in_shares(atoms: i64) -> i64 {
    let shares = (atoms.unsigned_abs() as f64 * 700.0).min(MOST_ATOMS) as i64;
    shares.max(1) * atoms.signum()
}

/// Atoms worth so many dollars, one at least.
fn atoms(book: &RiskBook, slot: u8, dollars: f64) -> i64 {
    let asset = &book.assets[usize::from(slot)];
    let per_atom = asset.spot as f64 / 2f64.powi(asset.price_shift as i32);
    let magnitude = (dollars.abs() * 1e6 / per_atom).clamp(1.0, MOST_ATOMS);
    magnitude as i64 * dollars.signum() as i64
}
