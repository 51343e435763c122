//! Sides of a market that are reduced as a whole (F-13): nobody is touched, everybody has what is his.

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::exposure::AssetView;
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::settlement::realised_floor;
use plimsoll_engine::side::{price_in_units_floor, Side};
use plimsoll_engine::trade::{apply, execute, MarketTerms};
use plimsoll_engine::units::{Base, Quote};

use crate::support::{asset, calm};
use crate::{cases, CENTRAL};

const TRADERS: usize = 4;

#[derive(Clone, Debug)]
enum Event {
    Trade(usize, f64),
    Settle(usize),
    Price(f64),
    Wait(i64),
    /// This part of a side is closed: the longs, or the shorts.
    Reduce(bool, f64),
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..TRADERS;
    prop_oneof![
        5 => (who.clone(), -0.2..0.2f64).prop_map(|(who, part)| Event::Trade(who, part)),
        2 => who.prop_map(Event::Settle),
        2 => (0.8..1.3f64).prop_map(Event::Price),
        2 => (1..100_000i64).prop_map(Event::Wait),
        3 => (any::<bool>(), prop_oneof![0.01..0.9f64, Just(1.0)])
            .prop_map(|(long, part)| Event::Reduce(long, part)),
    ]
}

struct Story {
    dollars: f64,
    asset: AssetView,
    terms: MarketTerms,
    scale: i64,
    gain: i64,
    sides: [Side; 2],
    kept: [Position; TRADERS],
    balances: [i64; TRADERS],
    /// What the pool has received less what it has paid.
    pool: i64,
    /// Base atoms of each side as the market counts them.
    base: [u64; 2],
}

fn priced(dollars: f64) -> AssetView {
    asset(calm((dollars * 1e8) as u64), 6, 1_000)
}

fn side_of(position: &Position) -> usize {
    usize::from(position.base.0 < 0)
}

impl Story {
    fn side(&self, kept: &Position) -> &Side {
        &self.sides[side_of(kept)]
    }

    fn open(&self, who: usize) -> Position {
        let kept = &self.kept[who];
        self.side(kept)
            .open_floor(kept, &self.asset.funding)
            .unwrap()
    }

    fn held(&self, who: usize) -> Position {
        let kept = &self.kept[who];
        self.side(kept)
            .held_floor(kept, &self.asset.funding)
            .unwrap()
    }

    /// What somebody has won, settled or not, and still has open.
    fn result(&self, who: usize) -> i64 {
        let held = self.held(who).funded(&self.asset.funding).unwrap();
        let open = held.unrealised_floor(&self.asset.band).unwrap();
        self.balances[who] + held.unsettled.0 + open.0
    }

    fn write(&mut self, who: usize, after: &Position) {
        let before = self.open(who);
        let side = &mut self.base[side_of(&before)];
        *side = side.checked_sub(before.base.magnitude()).unwrap();
        self.base[side_of(after)] += after.base.magnitude();
        let side = self.sides[side_of(after)];
        self.kept[who] = side.kept(after, &self.asset.funding).unwrap();
        let again = self.open(who);
        assert_eq!(
            (again.base, again.cost, again.unsettled, again.funding),
            (after.base, after.cost, after.unsettled, after.funding),
            "what is kept is what was written"
        );
    }

    fn happens(&mut self, event: &Event) {
        match *event {
            Event::Trade(who, part) => {
                let size = Base((self.scale as f64 * part) as i64);
                let Ok(execution) = execute(&self.terms, &self.asset.band, size) else {
                    return;
                };
                let after = apply(&self.held(who), &execution, &self.asset.funding).unwrap();
                self.write(who, &after.position);
                self.terms.skew = self.terms.skew.plus(size).unwrap();
            }
            Event::Settle(who) => {
                let held = self.held(who).funded(&self.asset.funding).unwrap();
                let mut after = realised_floor(&held, &self.asset.band).unwrap();
                let result = core::mem::replace(&mut after.unsettled, Quote::ZERO).0;
                self.write(who, &after);
                self.balances[who] += result;
                self.pool -= result;
            }
            Event::Price(factor) => {
                self.dollars = (self.dollars * factor).clamp(0.01, 1e6);
                self.asset.band = priced(self.dollars).band;
            }
            Event::Wait(seconds) => {
                self.asset.funding = self.asset.funding.after(self.gain, seconds);
            }
            Event::Reduce(long, part) => self.reduce(long, part, Fixed::ZERO),
        }
    }

    fn reduce(&mut self, long: bool, part: f64, loss: Fixed) {
        let side = usize::from(!long);
        let size = (self.base[side] as f64 * part) as u64;
        if size == 0 || size > self.base[side] {
            return;
        }
        // An epoch ends only where nobody is left of the one before.
        for who in 0..TRADERS {
            self.happens(&Event::Settle(who));
        }
        let band = &self.asset.band;
        let index = self.asset.funding;
        let price = price_in_units_floor(band.spot, band.shift, &index).unwrap();
        let base = self.base[side];
        if size > base {
            return;
        }
        let mut reduced = self.sides[side].reduced(size, base, price, &index).unwrap();
        if reduced.left == 0 {
            reduced.side.last_loss = loss;
        }
        self.sides[side] = reduced.side;
        // Each position may keep an atom more than its part.
        let most = if reduced.left == 0 { 0 } else { TRADERS as u64 };
        self.base[side] = reduced.left + most;
        let skew = self.base[0] as i64 - self.base[1] as i64;
        self.terms.skew = Base(skew);
    }
}

fn story() -> impl Strategy<Value = Story> {
    (0.1..1e5f64, 1e5..1e8f64, -1_000_000..1_000_000i64).prop_map(|(dollars, depth, gain)| {
        let asset = priced(dollars);
        let scale = (depth * 1e6 / dollars) as i64;
        Story {
            dollars,
            asset: AssetView {
                funding: FundingIndex::beginning_at(&asset.band),
                ..asset
            },
            terms: MarketTerms {
                skew: Base::ZERO,
                inverse: HalfReciprocal::new(scale as u64).unwrap(),
                spread: Fixed::ZERO,
            },
            scale,
            gain: gain * 100,
            sides: [Side::default(); 2],
            kept: [Position::default(); TRADERS],
            balances: [0; TRADERS],
            pool: 0,
            base: [0; 2],
        }
    })
}

impl std::fmt::Debug for Story {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} dollars, scale {}, gain {}",
            self.dollars, self.scale, self.gain
        )
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// A reduction at the price there is leaves everybody with what he had, but for two atoms of the asset: it
    /// turns size into cash. And everybody's size falls by the same part.
    #[test]
    fn a_reduction_takes_nothing_from_anybody(mut story in story(), events in vec(event(), 1..25), long: bool, part in 0.0..=1.0f64) {
        for event in &events {
            story.happens(event);
        }
        for who in 0..TRADERS {
            story.happens(&Event::Settle(who));
        }
        let side = usize::from(!long);
        let kept = story.kept;
        let before: Vec<(i64, Position)> = (0..TRADERS).map(|who| (story.result(who), story.held(who))).collect();
        let open: u64 = before.iter().filter(|(_, held)| held.base.0 != 0 && side_of(held) == side).map(|(_, held)| held.base.magnitude()).sum();
        let counted = story.base[side];
        prop_assert!(counted >= open);
        story.reduce(long, part, Fixed::ZERO);
        for (who, (result, held)) in before.iter().enumerate() {
            let value = held.value_floor(&story.asset.band).unwrap().unsigned_abs() as i64;
            let off = story.result(who) - result;
            // A size is cut to whole atoms, and a price in units has some 40 bits.
            let atom = story.asset.band.value_ceil(1, story.asset.band.spot).unwrap() as i64;
            prop_assert!(off.abs() <= 4 + 2 * atom + (value >> 38), "{off} of {value}");
            if side_of(held) == side && held.base.0 != 0 {
                let left = story.held(who).base.magnitude() as f64;
                let expected = held.base.magnitude() as f64 * (1.0 - (counted as f64 * part).floor() / counted as f64);
                // Of what was opened.
                let tiny = kept[who].base.magnitude() as f64 / 1_024.0;
                prop_assert!((left - expected).abs() <= 2.0 + expected * 1e-9 || left == 0.0 && expected <= tiny + 1.0, "{left} for {expected}");
            }
        }
    }

    /// However often sides are reduced and epochs end, the market counts at least what is open, an atom a
    /// position and reduction more at most, and what traders win is what the pool pays.
    #[test]
    fn sides_count_what_is_open((mut story, events) in (story(), vec(event(), 1..40))) {
        let mut reductions = 0;
        for event in &events {
            story.happens(event);
            reductions += u64::from(matches!(event, Event::Reduce(..)));
            for side in 0..2 {
                let held = (0..TRADERS).map(|who| story.open(who)).filter(|held| side_of(held) == side);
                let open: u64 = held.map(|held| held.base.magnitude()).sum();
                let most = open + reductions * 2 * TRADERS as u64;
                prop_assert!((open..=most).contains(&story.base[side]), "{} of {open}", story.base[side]);
            }
            prop_assert_eq!(story.balances.iter().sum::<i64>() + story.pool, 0);
        }
    }

    /// A loss takes its share of profits and nothing of losses, of those of the epoch that ended and of
    /// nobody else.
    #[test]
    fn a_loss_takes_profits_of_the_epoch_and_nothing_else(mut story in story(), events in vec(event(), 1..25), long: bool, share in 0.0..=1.0f64) {
        for event in &events {
            story.happens(event);
        }
        let loss = Fixed((Fixed::ONE.0 as f64 * share) as i64);
        let side = usize::from(!long);
        let kept = story.kept;
        let sides = story.sides;
        story.reduce(long, 1.0, loss);
        if story.sides[side].epoch == sides[side].epoch {
            return Ok(());
        }
        for (who, kept) in kept.iter().enumerate() {
            let unit = story.asset.funding;
            let now = story.kept[who];
            let cut = story.side(&now).cut_ceil(&now, &unit).unwrap();
            let open = story.open(who);
            let result = open.unsettled.0 - open.cost.0 + open.funding.0;
            if side_of(kept) != side || kept.base.0 == 0 || now.base.0 == 0 {
                prop_assert_eq!(cut, Quote::ZERO);
                continue;
            }
            let expected = loss.of_ceil(result.max(0) as u64).unwrap() as i64;
            prop_assert_eq!(cut.0, expected);
            prop_assert_eq!(story.held(who).unsettled.0, result - cut.0);
        }
    }
}
