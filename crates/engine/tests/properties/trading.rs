//! Trading against the pool (F-10).

use proptest::collection::vec;
use proptest::prelude::*;

use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::liquidation::{DiscountCurve, Terms};
use plimsoll_engine::position::Position;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::trade::{apply, execute, MarketSums, MarketTerms};
use plimsoll_engine::units::{Base, Quote};

use crate::support::{asset, Account, Book, QUOTE};
use crate::world::{any_asset, atoms, bps, magnitude, unthrottled, Stake, World};
use crate::{cases, CENTRAL, STORIES};

/// A market with nobody in it but those of the story.
#[derive(Clone, Debug)]
struct Venue {
    band: PriceBand,
    terms: MarketTerms,
    scale: i64,
}

impl Venue {
    /// Trades and lets the market move; what the taker holds afterwards.
    fn trade(&mut self, position: &Position, size: i64) -> Position {
        let execution = execute(&self.terms, &self.band, Base(size)).unwrap();
        self.terms.skew = self.terms.skew.plus(Base(size)).unwrap();
        apply(position, &execution, &FundingIndex::NONE)
            .unwrap()
            .position
    }
}

fn venue() -> impl Strategy<Value = Venue> {
    (
        any_asset(),
        magnitude(1e3, 1e9),
        -0.25..0.25f64,
        bps(0..=100),
    )
        .prop_map(|((asset, per_dollar), depth, skew, spread)| {
            let scale = atoms(depth, per_dollar).max(8);
            Venue {
                band: asset.band,
                terms: MarketTerms {
                    skew: Base((scale as f64 * skew) as i64),
                    inverse: HalfReciprocal::new(scale as u64).unwrap(),
                    spread,
                },
                scale,
            }
        })
}

/// A signed size up to half of the market's scale.
fn size_in(venue: &Venue, part: f64) -> i64 {
    let size = (venue.scale as f64 * part / 2.0) as i64;
    if size == 0 {
        1
    } else {
        size
    }
}

/// Result if the position were closed at the cost it stands at.
fn flow(position: &Position) -> i64 {
    position.unsettled.0 - position.cost.0
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// F-10: a trade there and back at one price never profits.
    #[test]
    fn there_and_back_never_profits(venue in venue(), part in -1.0..1.0f64) {
        let mut venue = venue;
        let size = size_in(&venue, part);
        let opened = venue.trade(&Position::default(), size);
        let closed = venue.trade(&opened, -size);
        prop_assert!(closed.base == Base::ZERO && closed.cost == Quote::ZERO);
        prop_assert!(closed.unsettled <= Quote::ZERO, "{:?}", closed);
    }

    /// F-10: cutting a trade into parts never pays beyond the rounding of the one trade: two units of
    /// 2^-48 of the spot value, one mantissa unit each for spread and impact, and one atom.
    #[test]
    fn cutting_a_trade_never_pays(venue in venue(), part in -1.0..1.0f64, cuts in vec(0.0..1.0f64, 1..5)) {
        let size = size_in(&venue, part);
        let whole = venue.clone().trade(&Position::default(), size);
        let (mut cut, mut left, mut position) = (venue.clone(), size, Position::default());
        for cut_at in cuts {
            let piece = (left as f64 * cut_at) as i64;
            if piece != 0 {
                position = cut.trade(&position, piece);
                left -= piece;
            }
        }
        if left != 0 {
            position = cut.trade(&position, left);
        }
        let spot = venue.band.value_ceil(size.unsigned_abs(), venue.band.spot).unwrap();
        let rounding = (spot >> 46) as i64 + 1;
        prop_assert!(flow(&position) <= flow(&whole) + rounding, "{} against {}", flow(&position), flow(&whole));
    }

    /// F-10: a trade costs its taker, against the spot value, at most the larger skew of before and after over
    /// the scale, and spread or confidence, besides the roundings of the two: what somebody who may only
    /// trade can drain, whatever he does to the skew.
    #[test]
    fn a_trade_costs_at_most_the_largest_impact_of_its_value(venue in venue(), part in -1.0..1.0f64) {
        let size = size_in(&venue, part);
        let execution = execute(&venue.terms, &venue.band, Base(size)).unwrap();
        let (before, after) = (venue.terms.skew.0, venue.terms.skew.0 + size);
        let value = venue.band.value_ceil(size.unsigned_abs(), venue.band.spot).unwrap();
        let cost = if size > 0 {
            i128::from(execution.notional) - i128::from(value)
        } else {
            i128::from(value) - i128::from(execution.notional)
        };
        let largest = i128::from(before.unsigned_abs().max(after.unsigned_abs()));
        let impact = i128::from(value) * largest / i128::from(venue.scale);
        let margin = venue.terms.spread.of_ceil(venue.band.spot).unwrap().max(venue.band.confidence);
        let margin = venue.band.value_ceil(size.unsigned_abs(), margin).unwrap();
        let rounding = i128::from(value >> 46) + 3;
        prop_assert!(cost <= impact + i128::from(margin) + rounding, "{} of {}", cost, impact);
    }

    /// Closing and reopening on the way never pays either: the result of any path of trades that ends
    /// flat is a loss.
    #[test]
    fn no_round_of_trades_profits(venue in venue(), parts in vec(-0.4..0.4f64, 1..6)) {
        let mut venue = venue;
        let mut position = Position::default();
        for part in parts {
            let size = size_in(&venue, part);
            position = venue.trade(&position, size);
        }
        if position.base != Base::ZERO {
            let back = -position.base.0;
            position = venue.trade(&position, back);
        }
        prop_assert!(position.cost == Quote::ZERO && position.unsettled <= Quote::ZERO, "{:?}", position);
    }

    /// A part closed never realises more than its share, and what is realised is what cost and
    /// claims lose: value is only ever moved.
    #[test]
    fn a_trade_moves_exactly_its_notional(venue in venue(), parts in vec(-1.0..1.0f64, 2..5)) {
        let mut venue = venue;
        let mut position = Position::default();
        for part in parts {
            let size = size_in(&venue, part / 4.0);
            let execution = execute(&venue.terms, &venue.band, Base(size)).unwrap();
            let after = venue.trade(&position, size);
            let paid = execution.notional as i64 * size.signum();
            prop_assert_eq!(flow(&after), flow(&position) - paid);
            let sides_agree = after.cost.0 == 0 || after.base.0.signum() == after.cost.0.signum();
            prop_assert!(sides_agree, "{after:?}");
            position = after;
        }
    }
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// F-10: the market's sums are the sums of its positions after any trades by anyone.
    #[test]
    fn market_sums_stay_the_sum_of_positions(venue in venue(), trades in vec((0..3usize, -0.3..0.3f64), 1..20)) {
        let mut venue = venue;
        venue.terms.skew = Base::ZERO;
        let mut traders = [Position::default(); 3];
        let mut sums = MarketSums::default();
        for (who, part) in trades {
            let size = size_in(&venue, part);
            if execute(&venue.terms, &venue.band, Base(size)).is_err() {
                continue;
            }
            let after = venue.trade(&traders[who], size);
            sums = sums.moved(&traders[who], &after).unwrap();
            traders[who] = after;
        }
        let longs = traders.iter().filter(|held| held.base.0 > 0);
        let shorts = traders.iter().filter(|held| held.base.0 < 0);
        let expected = MarketSums {
            long_base: longs.clone().map(|held| held.base.magnitude()).sum(),
            short_base: shorts.clone().map(|held| held.base.magnitude()).sum(),
            long_cost: Quote(longs.map(|held| held.cost.0).sum()),
            short_cost: Quote(shorts.map(|held| held.cost.0).sum()),
            claims: Quote(traders.iter().map(|held| held.unsettled.0).sum()),
            funding: Quote::ZERO,
        };
        prop_assert_eq!(sums, expected);
        prop_assert_eq!(sums.skew().unwrap(), venue.terms.skew);
    }

    /// F-10: long q, short q from a second account, have the first liquidated, close the second: the
    /// pump loses, even for one who is himself the keeper and gets every fee back.
    #[test]
    fn the_two_account_pump_loses(
        venue in venue(), part in 0.001..1.0f64, up: bool, rate in 200..=2_000u32, fee in bps(0..=300), depth in 0.0..1.0f64,
    ) {
        let mut venue = venue;
        let size = size_in(&venue, part) * if up { 1 } else { -1 };
        let first = venue.trade(&Position::default(), size);
        let second = venue.trade(&Position::default(), -size);
        let mut asset = asset(crate::support::calm(100_000_000), 0, rate);
        asset.band = venue.band;
        let mut world = pumped(asset, venue.terms, fee, first).brought_to(depth);
        let mut fees = 0;
        let terms = Terms { target_level: Fixed::ONE, ..unthrottled(true) };
        while world.base(0) != 0 && !world.health().maintenance.is_met() {
            let legs = world.open_positions();
            let done = world.plan(&legs, &terms).unwrap();
            fees += done.0.fee as i64;
            world = world.after(&legs, &done);
        }
        venue.terms = world.stakes[0].terms;
        let mut liquidated = world.account.positions[0].position;
        let closed = venue.trade(&second, size);
        if liquidated.base != Base::ZERO {
            liquidated = venue.trade(&liquidated, -liquidated.base.0);
        }
        let gain = closed.unsettled.0 + liquidated.unsettled.0 + world.account.credit.0 + fees;
        prop_assert!(gain <= 0, "gains {gain}");
    }
}

/// The first account of the pump, alone with the market it moved.
fn pumped(
    asset: plimsoll_engine::exposure::AssetView,
    terms: MarketTerms,
    fee: Fixed,
    first: Position,
) -> World {
    let quote = crate::support::asset(crate::support::calm(100_000_000), 6, 10);
    let stake = Stake {
        asset,
        terms,
        fee,
        discount: DiscountCurve::default(),
        base: first.base.0,
        cost: first.cost.0,
        balance: 0,
        lent: false,
    };
    World {
        book: Book::quoted_in(quote).listing(asset),
        stakes: vec![stake],
        account: Account::default()
            .has_opened(1, first.base.0, first.cost.0)
            .holds(QUOTE, 0),
    }
}
