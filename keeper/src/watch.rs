//! Which accounts have to be looked at: those that changed, those that prices brought near the call level,
//! those that are being dealt with, and each in its turn.
//!
//! Of a calm account it is known how far each price it depends on may move, all at once and each either way,
//! before it can fall below its call level: its band. A tick compares one asset's price with one column of
//! bands. A band is conservative; what it does not cover (rates, indices, correlations) is compared with a mark
//! that is set anew, with every band that rests on it, when it is left.

use plimsoll::state::{listed, AgeLimit, AssetSlot, BookAt, MarginAccount, RiskBook};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::{Fixed, FRACTION_BITS};
use plimsoll_engine::health::{assess_into, rule_of, Purpose};
use plimsoll_engine::portfolio::GROSS_FLOOR;
use plimsoll_engine::price::Quality;
use plimsoll_engine::requirement::{Both, Sums};
use rayon::prelude::*;

use crate::book::{Place, World};

/// By how much anything a mark covers may differ from it, as a part of itself; twice that is held back of every
/// account's distance, for a band may be younger than the mark.
const TOLERANCE: f64 = 0.01;
/// The same for what changes with time, as a part of the price: funding and interest.
const DRIFT: f64 = 2e-4;
/// No band is wider, up or down.
const WIDEST: f64 = 0.25;
/// By how much of itself a charge grows at most, for each part by which prices move, up to [`WIDEST`]: it is of
/// degree 1.5 in the exposure.
const GROWTH: f64 = 1.6;
/// By how much a portfolio's requirement grows at most with the sum of its charges: one over the share of the
/// gross sum that it never falls below.
fn lever() -> f64 {
    1.0 / fraction(GROSS_FLOOR.0)
}
/// What is left over for rounding, micro-dollars, and for the digits of a band.
const ROUNDING: f64 = 1_000.0;
const DIGITS: f64 = 1e-6;
/// Least weight of an asset in the division of the distance.
const LEAST_WEIGHT: f64 = 0.003;

/// Prices, micro-dollars an atom, between which an account stays calm.
#[derive(Clone, Copy, Debug)]
struct Band {
    low: f32,
    high: f32,
    /// Of the price that debts are valued at.
    top: f32,
}

impl Band {
    /// Of an asset the account does not depend on.
    const ANY: Self = Self {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        top: f32::INFINITY,
    };

    fn is_left(&self, spot: f32, owed: f32) -> bool {
        spot < self.low || spot > self.high || owed > self.top
    }

    fn depends(&self) -> bool {
        self.low != f32::NEG_INFINITY
    }
}

/// What of an asset bands take as given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mark {
    live: bool,
    rates: [i64; 4],
    size: [u64; 3],
    closing: i64,
    /// Of both sides: what reductions have left.
    sides: [(u32, u64, i64); 2],
    /// Funding, atoms owed a share, atoms claimed a share.
    indices: [f64; 3],
}

impl Mark {
    fn of(asset: &AssetSlot, view: Option<Quality>, now: i64, owed: f64) -> Self {
        let funding = asset.funding(now);
        let pending = 1.0 - fraction(asset.pending_loss);
        Self {
            live: view == Some(Quality::Live),
            rates: [
                asset.maintenance_long,
                asset.maintenance_short,
                asset.initial_long,
                asset.initial_short,
            ],
            size: [asset.size_slope, asset.size_impact, asset.size_free],
            closing: asset.closing,
            sides: asset.sides.map(|side| (side.epoch, side.closed, side.cash)),
            indices: [
                scaled(funding.units as f64, funding.shift),
                owed,
                asset.deposit_index as f64 * pending,
            ],
        }
    }

    /// Whether what is now is so near that bands hold; `price` is that of an atom.
    fn covers(&self, now: &Self, price: f64) -> bool {
        let near = |one: f64, other: f64, part: f64| (one - other).abs() <= part * one.abs();
        let rates = self.rates.iter().zip(&now.rates);
        let sizes = self.size.iter().zip(&now.size);
        let [funding, owed, lent] = self.indices;
        let [funding_now, owed_now, lent_now] = now.indices;
        self.live == now.live
            && self.sides == now.sides
            && rates
                .into_iter()
                .all(|(one, other)| near(*one as f64, *other as f64, TOLERANCE))
            && sizes
                .into_iter()
                .all(|(one, other)| near(*one as f64, *other as f64, TOLERANCE))
            && near(self.closing as f64, now.closing as f64, TOLERANCE)
            && (funding - funding_now).abs() <= DRIFT * price
            && near(owed, owed_now, DRIFT)
            && near(lent, lent_now, DRIFT)
    }
}

fn fraction(fixed: i64) -> f64 {
    fixed as f64 / (1u64 << FRACTION_BITS) as f64
}

fn scaled(value: f64, shift: u32) -> f64 {
    value * (-f64::from(shift)).exp2()
}

/// One asset's bands, by place, and what they rest on.
#[derive(Debug, Default)]
struct Column {
    bands: Vec<Band>,
    mark: Mark,
    seen: (f32, f32),
}

/// What of a book all bands take as given.
#[derive(Debug, Default, PartialEq, Eq)]
struct Terms {
    levels: (i64, i64, i64, i64, u8),
    shocks: Vec<i16>,
    less: Vec<(i16, i16)>,
}

impl Terms {
    fn of(book: &RiskBook) -> Self {
        Self {
            levels: (
                book.call_level,
                book.scenario_weight_maintenance,
                book.scenario_weight_initial,
                i64::from(book.scenario_count),
                book.quote_slot,
            ),
            shocks: book.scenarios.iter().flatten().copied().collect(),
            less: book
                .pairs
                .iter()
                .map(|pair| (pair.same_less, pair.opposite_more))
                .collect(),
        }
    }
}

/// What looking at an account showed.
struct Seen {
    place: Place,
    calm: bool,
    bands: Vec<(u8, Band)>,
}

/// The watch over all accounts.
#[derive(Debug, Default)]
pub struct Watch {
    columns: Vec<Column>,
    terms: Terms,
    /// By place: whether the account needs nothing as far as is known.
    calm: Vec<bool>,
    restless: Vec<Place>,
    /// Where the round through all accounts stands.
    next: Place,
    swept_at: i64,
    /// How many accounts the last look evaluated.
    pub looked: usize,
}

impl Watch {
    /// Looks at the accounts that have to be looked at, and returns those that may need something.
    /// `settle_above`: claims that make an account restless; `seconds`: in how many every account is looked at
    /// once.
    pub fn look(
        &mut self,
        world: &World,
        now: i64,
        changed: &[Place],
        (settle_above, seconds): (u64, i64),
    ) -> Vec<Place> {
        let mut due: Vec<Place> = changed.to_vec();
        self.calm.resize(world.accounts.places(), false);
        due.extend(&self.restless);
        due.extend(self.round(now, seconds));
        self.left(world, now, &mut due);
        due.sort_unstable();
        due.dedup();
        self.looked = due.len();
        let see = |place: &Place| {
            let account = world.accounts.at(*place).map(|holder| &*holder.account);
            let bands = account.and_then(|account| see(world, account, now, settle_above));
            Seen {
                place: *place,
                calm: account.is_none() || bands.is_some(),
                bands: bands.unwrap_or_default(),
            }
        };
        let seen: Vec<Seen> = if due.len() < 64 {
            due.iter().map(see).collect()
        } else {
            due.par_iter().with_min_len(32).map(see).collect()
        };
        self.restless.clear();
        for seen in &seen {
            self.write(seen);
        }
        self.restless.clone()
    }

    fn write(&mut self, seen: &Seen) {
        for column in &mut self.columns {
            if let Some(band) = column.bands.get_mut(seen.place) {
                *band = Band::ANY;
            }
        }
        for (slot, band) in &seen.bands {
            let column = self.columns.get_mut(usize::from(*slot));
            if let Some(at) = column.and_then(|column| column.bands.get_mut(seen.place)) {
                *at = *band;
            }
        }
        if let Some(calm) = self.calm.get_mut(seen.place) {
            *calm = seen.calm;
        }
        if !seen.calm {
            self.restless.push(seen.place);
        }
    }

    /// Adds the accounts whose bands were left, or rest on what is no more.
    fn left(&mut self, world: &World, now: i64, due: &mut Vec<Place>) {
        let book = &world.book;
        let count = usize::from(book.asset_count);
        let terms = Terms::of(book);
        if terms != self.terms || self.columns.len() != count {
            self.terms = terms;
            self.columns.resize_with(count, Column::default);
            due.extend(0..self.calm.len());
        }
        let at = at(book, now);
        for ((slot, asset), column) in (0u8..).zip(&book.assets).zip(&mut self.columns) {
            column.bands.resize(self.calm.len(), Band::ANY);
            let index = at.borrow_index(slot).map_or(0.0, |index| index.0 as f64);
            let quality = at.asset(slot).ok().map(|view| view.quality);
            let current = Mark::of(asset, quality, now, index);
            let spot = scaled(asset.spot as f64, asset.price_shift);
            let owed = scaled(asset.liability_maintenance as f64, asset.price_shift);
            let bands = column.bands.iter().enumerate();
            if !column.mark.covers(&current, spot) {
                column.mark = current;
                due.extend(
                    bands
                        .filter(|(_, band)| band.depends())
                        .map(|(place, _)| place),
                );
            } else if column.seen != (spot as f32, owed as f32) {
                let left = bands.filter(|(_, band)| band.is_left(spot as f32, owed as f32));
                due.extend(left.map(|(place, _)| place));
            }
            column.seen = (spot as f32, owed as f32);
        }
    }

    /// The next places of the round.
    fn round(&mut self, now: i64, seconds: i64) -> impl Iterator<Item = Place> {
        let count = self.calm.len();
        let passed = now.saturating_sub(self.swept_at).clamp(0, seconds);
        self.swept_at = self.swept_at.max(now);
        let passed = usize::try_from(passed).unwrap_or(0);
        let seconds = usize::try_from(seconds.max(1)).unwrap_or(1);
        let share = passed.saturating_mul(count).div_ceil(seconds).min(count);
        let first = self.next;
        self.next = first.saturating_add(share).checked_rem(count).unwrap_or(0);
        (first..first.saturating_add(share)).map(move |place| place.checked_rem(count).unwrap_or(0))
    }
}

fn at(book: &RiskBook, now: i64) -> BookAt<'_> {
    BookAt {
        book,
        now,
        limit: AgeLimit::Other,
    }
}

/// Whether an account is calm: above the call level, nothing stands against it, its claims are small.
pub fn is_calm(world: &World, account: &MarginAccount, now: i64, settle_above: u64) -> bool {
    see(world, account, now, settle_above).is_some()
}

/// The bands of a calm account; none of another.
fn see(
    world: &World,
    account: &MarginAccount,
    now: i64,
    settle_above: u64,
) -> Option<Vec<(u8, Band)>> {
    let unsettled = account.positions.iter().map(|place| place.unsettled);
    let claims = unsettled.fold(account.credit, i64::saturating_add);
    let recorded = account.pool_pending_loss > 0
        || account
            .balances
            .iter()
            .any(|balance| balance.pending_loss > 0);
    let stands = account.called_at != 0 || account.liquidatable_since != 0;
    if stands || recorded || claims.unsigned_abs() >= settle_above {
        return None;
    }
    let book = at(&world.book, now);
    let mut sums = Sums::default();
    let health = assess_into(&book, account, Purpose::Trade, &mut sums).ok()?;
    let call = Fixed(world.book.call_level);
    let level = health.level_ceil(call).ok()?;
    if health.maintenance.equity < level {
        return None;
    }
    let distance = (health.maintenance.equity.0 as f64) - (level.0 as f64);
    let rule = rule_of(&book, account).ok()?;
    let reach = Reach {
        world,
        rule_nets: rule.nets(),
        call: fraction(call.0),
        profile: fraction(rule.profile.0),
    };
    reach.bands(&book, &sums, (distance, health.maintenance.equity.0 as f64))
}

/// How far an account's prices may move.
struct Reach<'a> {
    world: &'a World,
    rule_nets: bool,
    call: f64,
    profile: f64,
}

impl Reach<'_> {
    /// What charges add to the call level: R_m + call · (R_i − R_m), where R_i is at least 1.25 · R_m.
    fn level(&self, charge: &Both) -> f64 {
        let maintenance = charge.maintenance as f64;
        let initial = (self.profile * charge.initial as f64).max(1.25 * maintenance);
        (1.0 - self.call) * maintenance + self.call * initial
    }

    fn bands(
        &self,
        book: &BookAt<'_>,
        sums: &Sums,
        (distance, equity): (f64, f64),
    ) -> Option<Vec<(u8, Band)>> {
        let quote = usize::from(self.world.book.quote_slot);
        let quote_rate = self.quote_rate();
        let mut held = Vec::new();
        let (mut exposures, mut charges) = (0.0, 0.0);
        let mut every_live = true;
        for ((slot, sides), asset) in (0u8..).zip(&sums.sides).zip(&self.world.book.assets) {
            if usize::from(slot) >= usize::from(self.world.book.asset_count) {
                break;
            }
            let empty = sides.is_empty();
            if empty && !asset.has(listed::ASSET) {
                continue;
            }
            if empty && usize::from(slot) != quote {
                continue;
            }
            let charge = book.charge(slot, sides).ok()?.gross;
            every_live &= book.asset(slot).ok()?.quality == Quality::Live;
            let exposure = sides.long as f64 + sides.short as f64;
            exposures += exposure;
            charges += self.level(&charge);
            held.push((slot, asset, exposure, self.level(&charge)));
        }
        // What cannot be priced is in no sum: every move counts.
        every_live &= sums.apart == Both::default();
        // Results of all positions end in the quote leg, and are charged there.
        let beside = 1.05 + 2.0 * quote_rate;
        let reserve = exposures * 2.0 * DRIFT * beside + ROUNDING;
        let plain = Growth {
            distance: equity - charges * (1.0 + 2.0 * TOLERANCE) - reserve,
            charges: GROWTH,
            shocks: 0.0,
        };
        // In a portfolio either bound holds: that of the gross sum, which it never exceeds, and that of how
        // fast what it nets can change.
        let netted = Growth {
            distance: distance - charges * lever() * 2.0 * TOLERANCE - reserve,
            charges: GROWTH * lever(),
            shocks: 1.0,
        };
        let part = |growth: &Growth| {
            let spent = held.iter().map(|(slot, asset, exposure, charge)| {
                let lever = if self.rule_nets { lever() } else { 1.0 };
                let beside = 1.05 + 2.0 * quote_rate * lever;
                let shocks = growth.shocks * self.shock(*slot, asset) * exposure;
                weight(asset) * (exposure * beside + charge * growth.charges + shocks)
            });
            (growth.distance / spent.sum::<f64>().max(1.0)).max(0.0)
        };
        let mut part_of_weight = part(&plain);
        if self.rule_nets {
            part_of_weight = part_of_weight.max(part(&netted));
        }
        if !every_live {
            part_of_weight = 0.0;
        }
        let band = |(slot, asset, _, _): &(u8, &AssetSlot, f64, f64)| {
            let width = (part_of_weight * weight(asset)).min(WIDEST);
            let width = (width - DIGITS).max(0.0);
            let spot = scaled(asset.spot as f64, asset.price_shift);
            let owed = scaled(asset.liability_maintenance as f64, asset.price_shift);
            let band = Band {
                low: (spot * (1.0 - width)) as f32,
                high: (spot * (1.0 + width)) as f32,
                top: (owed + spot * width) as f32,
            };
            (*slot, band)
        };
        Some(held.iter().map(band).collect())
    }

    fn quote_rate(&self) -> f64 {
        let slot = usize::from(self.world.book.quote_slot);
        let asset = self.world.book.assets.get(slot);
        let rates = asset.map(|asset| asset.initial_long.max(asset.initial_short));
        fraction(rates.unwrap_or(0)) * self.profile.max(1.0) * GROWTH
    }

    /// What scenarios and the cost of closing add for each part by which the price moves.
    fn shock(&self, slot: u8, asset: &AssetSlot) -> f64 {
        let book = &self.world.book;
        let moves = book
            .scenarios
            .iter()
            .filter_map(|moves| moves.get(usize::from(slot)));
        let largest = moves.map(|shock| shock.unsigned_abs()).max().unwrap_or(0);
        let weight = fraction(book.scenario_weight_initial).max(1.0) * self.profile.max(1.25);
        f64::from(largest) / 10_000.0 * weight + fraction(asset.closing) * self.profile.max(1.25)
    }
}

/// How fast the call level can come nearer.
struct Growth {
    distance: f64,
    charges: f64,
    shocks: f64,
}

/// An asset's part in the division of the distance: the more it moves, the wider its band.
fn weight(asset: &AssetSlot) -> f64 {
    fraction(asset.maintenance_long).max(LEAST_WEIGHT)
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
