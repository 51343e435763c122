//! Histories of a market: traders, price, funding and settlement against one pool (F-10).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::exposure::AssetView;
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::{gain_per_second, FundingIndex};
use plimsoll_engine::pool::{market_liability, Side};
use plimsoll_engine::position::Position;
use plimsoll_engine::settlement::realised_floor;
use plimsoll_engine::trade::{apply, execute, fee_ceil, MarketSums, MarketTerms};
use plimsoll_engine::units::{Base, Quote};

use crate::support::{asset, calm};
use crate::world::bps;
use crate::{cases, CENTRAL};

const TRADERS: usize = 4;
/// Everything is paid in; nothing ever leaves.
const DEPOSIT: i64 = 1_000_000_000_000;

/// What happens in a market.
#[derive(Clone, Debug)]
enum Event {
    /// A trader trades a part of the scale.
    Trade(usize, f64),
    /// A trader closes.
    Close(usize),
    /// The price moves.
    Price(f64),
    /// Time passes.
    Wait(i64),
    /// Somebody syncs: the index is written, its gain follows the skew.
    Sync,
    /// A trader's results become quote.
    Settle(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..TRADERS;
    prop_oneof![
        4 => (who.clone(), -0.2..0.2f64).prop_map(|(who, part)| Event::Trade(who, part)),
        1 => who.clone().prop_map(Event::Close),
        2 => (0.7..1.4f64).prop_map(Event::Price),
        3 => (1..200_000i64).prop_map(Event::Wait),
        3 => Just(Event::Sync),
        2 => who.prop_map(Event::Settle),
    ]
}

/// The market, its traders, and everybody's quote.
struct Story {
    dollars: f64,
    asset: AssetView,
    terms: MarketTerms,
    daily: Fixed,
    scale: i64,
    taker_fee: Fixed,
    gain: i64,
    sums: MarketSums,
    held: [Position; TRADERS],
    /// What settlements have brought each trader.
    balances: [i64; TRADERS],
    pool: i64,
    fees: i64,
    /// Σ of what traders have paid in funding.
    paid: i64,
    /// ∫ skew d(index), exact, in the index's units.
    owed: i128,
    /// Changes of positions; each may round funding up by one.
    touched: i64,
}

impl Story {
    fn beginning(dollars: f64, depth: f64, spread: Fixed, daily: Fixed, taker_fee: Fixed) -> Self {
        let asset = priced(dollars);
        let scale = (depth * 1e6 / dollars) as i64;
        Self {
            dollars,
            terms: MarketTerms {
                skew: Base::ZERO,
                inverse: HalfReciprocal::new(scale as u64).unwrap(),
                spread,
            },
            asset: AssetView {
                funding: FundingIndex::beginning_at(&asset.band),
                ..asset
            },
            daily,
            scale,
            taker_fee,
            gain: 0,
            sums: MarketSums::default(),
            held: [Position::default(); TRADERS],
            balances: [0; TRADERS],
            pool: DEPOSIT,
            fees: 0,
            paid: 0,
            owed: 0,
            touched: 0,
        }
    }

    fn happens(&mut self, event: &Event) {
        match *event {
            Event::Trade(who, part) => self.trade(who, (self.scale as f64 * part) as i64),
            Event::Close(who) => self.trade(who, -self.held[who].base.0),
            Event::Price(factor) => {
                self.dollars = (self.dollars * factor).clamp(0.01, 1e6);
                let asset = priced(self.dollars);
                self.asset.band = asset.band;
            }
            Event::Wait(seconds) => {
                let after = self.asset.funding.after(self.gain, seconds);
                let moved = i128::from(after.units) - i128::from(self.asset.funding.units);
                self.owed += moved * i128::from(self.terms.skew.0);
                self.asset.funding = after;
            }
            Event::Sync => {
                let (band, index) = (&self.asset.band, self.asset.funding);
                let (skew, inverse) = (self.terms.skew, self.terms.inverse);
                self.gain = gain_per_second(band, skew, inverse, self.daily, index.shift).unwrap();
            }
            Event::Settle(who) => self.settle(who),
        }
    }

    fn write(&mut self, who: usize, after: Position) {
        self.sums = self.sums.moved(&self.held[who], &after).unwrap();
        self.held[who] = after;
        self.touched += 1;
    }

    fn trade(&mut self, who: usize, size: i64) {
        let Ok(execution) = execute(&self.terms, &self.asset.band, Base(size)) else {
            return;
        };
        let traded = apply(&self.held[who], &execution, &self.asset.funding).unwrap();
        let fee = fee_ceil(execution.notional, self.taker_fee).unwrap();
        let mut after = traded.position;
        after.unsettled = after.unsettled.minus(fee).unwrap();
        self.fees += fee.0;
        self.paid += traded.funding.0;
        self.terms.skew = self.terms.skew.plus(Base(size)).unwrap();
        self.write(who, after);
    }

    fn settle(&mut self, who: usize) {
        let due = self.held[who].due_ceil(&self.asset.funding).unwrap();
        let funded = self.held[who].funded(&self.asset.funding).unwrap();
        let mut after = realised_floor(&funded, &self.asset.band).unwrap();
        let result = after.unsettled.0;
        after.unsettled = Quote::ZERO;
        self.balances[who] += result;
        self.pool -= result;
        self.paid += due.0;
        self.write(who, after);
    }

    /// What trading has brought a trader, settled or not.
    fn result(&self, who: usize) -> i64 {
        let funded = self.held[who].funded(&self.asset.funding).unwrap();
        let open = funded.unrealised_floor(&self.asset.band).unwrap();
        self.balances[who] + open.0 + funded.unsettled.0
    }

    /// What the pool has, without the potential of the skew; the fees are another's.
    fn pool_ledger(&self) -> i64 {
        let flat = HalfReciprocal {
            mantissa: 0,
            shift: 1,
        };
        let owed = market_liability(&self.sums, Quote(self.fees), &self.asset, flat, Side::High);
        self.pool - owed.unwrap().0
    }
}

/// An asset of six decimals whose oracle is exact.
fn priced(dollars: f64) -> AssetView {
    asset(calm((dollars * 1e8) as u64), 6, 1_000)
}

fn history() -> impl Strategy<Value = (Story, Vec<Event>)> {
    let story = (
        0.1..1e5f64,
        1e5..1e9f64,
        bps(0..=50),
        bps(0..=20_000),
        bps(0..=20),
    );
    let story = story.prop_map(|(dollars, depth, spread, daily, fee)| {
        Story::beginning(dollars, depth, spread, daily, fee)
    });
    (story, vec(event(), 1..40))
}

impl std::fmt::Debug for Story {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} dollars, scale {}, spread {:?}, funding {:?} a day, fee {:?}",
            self.dollars, self.scale, self.terms.spread, self.daily, self.taker_fee
        )
    }
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// Whatever happens, pool, traders and fees have together what was paid in, but for the atom by which
    /// each open position and the skew are rounded.
    #[test]
    fn pool_traders_and_fees_have_what_was_paid_in((mut story, events) in history()) {
        for event in &events {
            story.happens(event);
            let traders: i64 = (0..TRADERS).map(|who| story.result(who)).sum();
            let off = DEPOSIT - (story.pool_ledger() + traders + story.fees);
            let open = story.held.iter().filter(|held| held.base.0 != 0).count() as i64;
            prop_assert!(off.abs() <= 2 * open + 2, "{off} missing after {event:?}");
        }
    }

    /// Longs and shorts and the pool pay each other: what traders have paid is what the pool has received,
    /// the index over the skew, but for an atom a change.
    #[test]
    fn funding_sums_to_zero((mut story, events) in history()) {
        for event in &events {
            story.happens(event);
        }
        for who in 0..TRADERS {
            story.happens(&Event::Settle(who));
        }
        let shift = story.asset.funding.shift;
        let residue = i128::from(story.paid) - (story.owed >> shift);
        prop_assert!(residue.abs() <= i128::from(story.touched) + 1, "{residue} of {}", story.paid);
    }

    /// The market keeps exactly what its positions keep; nothing is left in it when all have closed.
    #[test]
    fn nothing_is_left_in_a_market_that_all_have_left((mut story, events) in history()) {
        for event in &events {
            story.happens(event);
        }
        let funding: i64 = story.held.iter().map(|held| held.funding.0).sum();
        prop_assert_eq!(story.sums.funding.0, funding);
        // Those that raise the skew first, so that nobody's closing finds no price.
        for _ in 0..TRADERS {
            for who in 0..TRADERS {
                story.happens(&Event::Close(who));
                story.happens(&Event::Settle(who));
            }
        }
        if story.held.iter().all(|held| held.base.0 == 0) {
            prop_assert_eq!(story.sums, MarketSums::default());
        }
    }

    /// A trade and its reversal at the same price, time and skew never make money.
    #[test]
    fn a_trade_and_its_reversal_never_make_money((mut story, events) in history(), part in -0.2..0.2f64) {
        for event in &events {
            story.happens(event);
        }
        let size = (story.scale as f64 * part) as i64;
        let (before, skew) = (story.result(0), story.terms.skew);
        story.trade(0, size);
        if story.terms.skew == skew {
            return Ok(());
        }
        story.trade(0, -size);
        if story.terms.skew != skew {
            // There was no price for the way back.
            return Ok(());
        }
        prop_assert!(story.result(0) <= before, "{} after {before}", story.result(0));
    }

    /// While longs are the larger side, they pay and shorts receive no more than that.
    #[test]
    fn the_larger_side_pays((mut story, _) in history(), long in 0.02..0.2f64, part in 0.0..1.0f64, seconds in 1..1_000_000i64) {
        story.happens(&Event::Trade(0, long));
        story.happens(&Event::Trade(1, -long * part));
        story.happens(&Event::Sync);
        story.happens(&Event::Wait(seconds));
        let due = |who: usize| story.held[who].due_ceil(&story.asset.funding).unwrap().0;
        prop_assert!(due(0) >= 0 && due(1) <= 0);
        prop_assert!(due(0) + due(1) >= 0, "{} and {}", due(0), due(1));
    }
}
