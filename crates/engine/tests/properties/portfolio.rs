//! What the portfolio model promises of any account on any book (F-5).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use plimsoll_engine::correlation::{shortfall, COEFFICIENT_ONE, SLOTS};
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::portfolio::GROSS_FLOOR;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{AssetRisk, Charge, Leg, ModelKind, Rule, Sides, Sums};
use plimsoll_engine::side::Side;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::{requirement, Drawing, Place, Totals};
use plimsoll_engine::{EngineError, Result};

use crate::{cases, CENTRAL, STORIES};

/// Micro-dollars that rounding each leg, the form and its root can add up to.
pub const ROUNDING: i64 = 40;

/// ρ̂ in 400ths of a pair: for one direction and for opposite ones.
pub type Used = (i64, i64);

#[derive(Clone, Debug)]
pub struct Market {
    pub rates: Vec<Rates>,
    pub terms: Vec<SizeTerms>,
    /// By slot pair, the larger slot first.
    pub correlations: Vec<Vec<Used>>,
    pub scenarios: Vec<Vec<i16>>,
}

impl BookView for Market {
    fn asset(&self, _: u8) -> Result<AssetView> {
        Err(EngineError::LegNotHeld)
    }

    fn side(&self, _: u8, _: bool) -> Result<Side> {
        Ok(Side::default())
    }

    fn quote_slot(&self) -> u8 {
        0
    }

    fn borrow_index(&self, _slot: u8) -> Result<plimsoll_engine::index::Index> {
        Ok(plimsoll_engine::index::Index::START)
    }

    fn risk(&self, slot: u8) -> Result<AssetRisk> {
        Ok(AssetRisk {
            rates: self.rates[usize::from(slot)],
            size: self.terms[usize::from(slot)],
        })
    }

    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        shortfall(self.coefficient(a, b, !opposite), opposite)
    }

    fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.scenarios[scenario][usize::from(slot)]
    }
}

/// A leg as slot and exposure.
pub type Held = (u8, i64);

pub fn sums(held: &[Held], closing: u64) -> Sums {
    let mut sums = Sums::default();
    for (slot, exposure) in held {
        sums.add(&Leg::of(*slot, *exposure)).unwrap();
    }
    sums.closing = closing;
    sums
}

pub fn rule(model: ModelKind) -> Rule {
    Rule {
        model,
        profile: Fixed::ONE,
    }
}

impl Market {
    /// ρ̂ of a pair in 400ths.
    fn coefficient(&self, a: u8, b: u8, same_direction: bool) -> i64 {
        let row = self.correlations.get(usize::from(a.max(b)));
        let pair = row.and_then(|row| row.get(usize::from(a.min(b))));
        let (same, opposite) = *pair.unwrap_or(&(400, -400));
        if same_direction {
            same
        } else {
            opposite
        }
    }

    /// The standalone requirement of one exposure.
    pub fn alone(&self, (slot, exposure): Held) -> u64 {
        let mut sides = Sides::default();
        sides.add(exposure).unwrap();
        let charge = Charge::of_ceil(&sides, &self.risk(slot).unwrap()).unwrap();
        charge.alone.maintenance
    }

    /// Maintenance and initial of a model.
    pub fn under(&self, model: ModelKind, held: &[Held], closing: u64) -> (i64, i64) {
        let needed = requirement(self, rule(model), &mut sums(held, closing)).unwrap();
        (needed.maintenance.0, needed.initial.0)
    }

    /// Maintenance and initial of the portfolio model.
    pub fn needs(&self, held: &[Held]) -> (i64, i64) {
        self.under(ModelKind::Portfolio, held, 0)
    }

    /// Maintenance and initial of the standard model.
    pub fn gross(&self, held: &[Held]) -> (i64, i64) {
        self.under(ModelKind::Standard, held, 0)
    }

    /// Every maintenance and initial rate times `percent`/100.
    fn with_rates_times(&self, percent: i64) -> Self {
        let mut market = self.clone();
        for slot in 0..market.rates.len() {
            market.grow(slot, percent);
        }
        market
    }

    fn grow(&mut self, slot: usize, percent: i64) {
        let times = |rate: Fixed| Fixed(rate.0 / 100 * percent);
        let rates = &mut self.rates[slot];
        *rates = Rates {
            maintenance_long: times(rates.maintenance_long),
            maintenance_short: times(rates.maintenance_short),
            initial_long: times(rates.initial_long),
            initial_short: times(rates.initial_short),
        };
    }
}

/// The haircut of a correlation in hundredths (F-5).
pub fn used(rho: i64) -> Used {
    let opposite = if rho < 0 { 4 * rho } else { (3 * rho).min(280) };
    ((4 * rho).max(380), opposite)
}

pub fn rates() -> impl Strategy<Value = Rates> {
    (50..=3_000u32, 50..=3_000u32, 125..=200u32, 125..=200u32).prop_map(|(long, short, a, b)| {
        let initial =
            |bps: u32, percent: u32| Fixed(Fixed::from_bps(bps).0 / 100 * i64::from(percent) + 9);
        Rates {
            maintenance_long: Fixed::from_bps(long),
            maintenance_short: Fixed::from_bps(short),
            initial_long: initial(long, a),
            initial_short: initial(short, b),
        }
    })
}

pub fn plain() -> impl Strategy<Value = SizeTerms> {
    Just(SizeTerms {
        slope: 0,
        impact: 0,
        free: u64::MAX,
    })
}

/// β up to 0.5, n0 of 100,000 to 10 million dollars, daily volume of 1 million to 10 billion.
pub fn sized() -> impl Strategy<Value = SizeTerms> {
    (1..=5_000u32, 11.0..13.0f64, 100..=1_500u32, 12.0..16.0f64).prop_map(
        |(beta, n0, day, volume)| {
            let amount = |exponent: f64| 10f64.powf(exponent) as u64;
            SizeTerms::new(
                Fixed::from_bps(beta),
                amount(n0),
                Fixed::from_bps(day),
                amount(volume),
            )
            .unwrap()
        },
    )
}

fn rho() -> impl Strategy<Value = Used> {
    let full = Just((COEFFICIENT_ONE, -COEFFICIENT_ONE));
    prop_oneof![8 => (-100..=100i64).prop_map(used), 1 => full, 3 => (40..=100i64).prop_map(used)]
}

pub fn market(
    assets: usize,
    terms: impl Strategy<Value = SizeTerms>,
) -> impl Strategy<Value = Market> {
    let correlations = vec(vec(rho(), assets), assets);
    let scenarios = vec(vec(-6_000..=6_000i16, assets), 0..=16);
    (
        vec(rates(), assets),
        vec(terms, assets),
        correlations,
        scenarios,
    )
        .prop_map(|(rates, terms, correlations, scenarios)| Market {
            rates,
            terms,
            correlations,
            scenarios,
        })
}

/// From a dollar to ten million, either way.
pub fn exposure() -> impl Strategy<Value = i64> {
    ((6.0..13.0f64), any::<bool>()).prop_map(|(exponent, long)| {
        let magnitude = 10f64.powf(exponent) as i64;
        if long {
            magnitude
        } else {
            -magnitude
        }
    })
}

pub fn held(assets: u8) -> impl Strategy<Value = Vec<Held>> {
    vec((0..assets, exposure()), 1..=12)
}

fn one_way(held: &[Held]) -> Vec<Held> {
    held.iter()
        .map(|(slot, exposure)| (*slot, exposure.abs()))
        .collect()
}

proptest! {
    #![proptest_config(cases(CENTRAL))]

    /// R ≤ G: never more than the standard model asks for, with terms of size or without.
    #[test]
    fn it_never_asks_for_more_than_the_gross_sum(
        market in market(6, prop_oneof![plain().boxed(), sized().boxed()]), held in held(6), closing in 0..=1_000_000_000_000u64,
    ) {
        let (needs_m, needs_i) = market.under(ModelKind::Portfolio, &held, closing);
        let (gross_m, gross_i) = market.gross(&held);
        prop_assert!(needs_m <= gross_m && needs_i <= gross_i);
    }

    /// R ≥ 0.15 G, and at least the cost of closing the positions as far as G reaches.
    #[test]
    fn it_asks_for_at_least_the_floor(
        market in market(6, sized()), held in held(6), closing in 0..=1_000_000_000_000u64,
    ) {
        let (needs_m, needs_i) = market.under(ModelKind::Portfolio, &held, closing);
        let (gross_m, gross_i) = market.gross(&held);
        for (needs, gross) in [(needs_m, gross_m), (needs_i, gross_i)] {
            prop_assert!(needs as f64 >= 0.15 * gross as f64);
            prop_assert!(needs >= gross.min(closing as i64));
            prop_assert!(GROSS_FLOOR.of_ceil(gross as u64).unwrap() as i64 <= gross);
        }
    }

    /// One leg needs exactly what it needs standing alone.
    #[test]
    fn one_leg_needs_what_it_needs_alone(market in market(3, sized()), slot in 0..3u8, exposure in exposure()) {
        let (needs_m, needs_i) = market.needs(&[(slot, exposure)]);
        prop_assert_eq!(needs_m, market.alone((slot, exposure)) as i64);
        prop_assert_eq!(needs_i, market.gross(&[(slot, exposure)]).1);
    }

    /// Monotone in a common factor on all rates, but for the last micro-dollars.
    #[test]
    fn higher_rates_for_all_never_ask_for_less(
        market in market(6, plain()), held in held(6), percent in 100..=300i64,
    ) {
        let (before_m, before_i) = market.needs(&held);
        let (after_m, after_i) = market.with_rates_times(percent).needs(&held);
        prop_assert!(after_m >= before_m - ROUNDING, "{before_m} {after_m}");
        prop_assert!(after_i >= before_i - ROUNDING, "{before_i} {after_i}");
    }

    /// Monotone in each single rate for a book of one direction, to the unit.
    #[test]
    fn a_higher_rate_never_asks_less_of_a_book_of_one_direction(
        market in market(6, sized()), held in held(6), slot in 0..6usize, percent in 101..=300i64,
    ) {
        let held = one_way(&held);
        let mut raised = market.clone();
        raised.grow(slot, percent);
        // Growing truncates; compare against the same truncation.
        let mut base = market;
        base.grow(slot, 100);
        let ((before_m, before_i), (after_m, after_i)) = (base.needs(&held), raised.needs(&held));
        prop_assert!(after_m >= before_m && after_i >= before_i);
    }

    /// Scaling all legs up never lowers it, but for the last micro-dollars.
    #[test]
    fn more_of_everything_never_asks_for_less(
        market in market(6, prop_oneof![plain().boxed(), sized().boxed()]), held in held(6), percent in 100..=1_000i64,
    ) {
        let grown: Vec<Held> = held.iter().map(|(slot, x)| (*slot, x / 100 * percent)).collect();
        let base: Vec<Held> = held.iter().map(|(slot, x)| (*slot, x / 100 * 100)).collect();
        let ((before_m, before_i), (after_m, after_i)) = (market.needs(&base), market.needs(&grown));
        prop_assert!(after_m >= before_m - ROUNDING, "{before_m} {after_m}");
        prop_assert!(after_i >= before_i - ROUNDING, "{before_i} {after_i}");
    }

    /// A hedge with y₂ ≤ ρ̂ · y₁, ρ̂ ≥ 0, never raises it, whatever the scenarios say.
    #[test]
    fn a_hedge_within_its_correlation_never_raises_it(
        mut market in market(2, plain()), rho in 0..=100i64, exposure in exposure(), part in 0.0..1.0f64,
    ) {
        market.correlations[1][0] = used(rho);
        let (alone, _) = market.needs(&[(0, exposure)]);
        let used = used(rho).1 as f64 / 400.0;
        let rate = if exposure > 0 { market.rates[1].maintenance_short } else { market.rates[1].maintenance_long };
        let most = used * alone as f64 / (rate.0 as f64 / Fixed::ONE.0 as f64);
        let hedge = -(exposure.signum()) * (most * part) as i64;
        let (hedged, _) = market.needs(&[(0, exposure), (1, hedge)]);
        // The hedge's own rounding up and the root's, in coarser units where the hedge is large.
        prop_assert!(hedged <= alone + ROUNDING, "{alone} {hedged}");
    }

    /// Continuous at y = 0: an exposure that changes sign by a little moves it by a little.
    #[test]
    fn it_has_no_step_where_an_exposure_changes_sign(
        market in market(6, plain()), held in held(5), little in 1..=1_000_000i64,
    ) {
        let with = |x: i64| {
            let mut held = held.clone();
            held.push((5, x));
            market.needs(&held).0
        };
        let (short, none, long) = (with(-little), with(0), with(little));
        // At most y · (4 Σ|y|)/(0.15 G) and the scenarios' own loss.
        let y = market.alone((5, little)).max(market.alone((5, -little))) as i64;
        let step = 30 * y + little + ROUNDING;
        prop_assert!((short - none).abs() <= step && (long - none).abs() <= step, "{short} {none} {long}");
    }

    /// R_i ≥ 1.25 R_m after aggregation.
    #[test]
    fn initial_is_at_least_one_and_a_quarter_maintenance(
        market in market(6, sized()), held in held(6),
    ) {
        let (needs_m, needs_i) = market.needs(&held);
        prop_assert!(needs_i * 4 >= needs_m * 5);
    }

    /// F-12: the cached form, with some assets replaced, is the requirement made anew: to the unit, and
    /// for books so large that magnitudes are shifted, to a few units of the shift.
    #[test]
    fn the_cached_form_is_the_requirement_made_anew(
        market in market(6, sized()), held in held(6), portfolio: bool,
        parts in vec(-1.0..1.0f64, 6), variable in subsequence((0..6u8).collect::<Vec<_>>(), 0..=6),
    ) {
        let model = if portfolio { ModelKind::Portfolio } else { ModelKind::Standard };
        let mut before = sums(&held, 0);
        let gross = requirement(&market, rule(model), &mut before).unwrap().gross;
        let mut places: Vec<Place> = variable.iter().map(|slot| Place::of(*slot)).collect();
        let totals = Totals::of(&market, rule(model), gross, &before, &mut places).unwrap();
        let mut after = before;
        let mut drawing = Drawing::of(&mut places);
        for ((at, slot), part) in variable.iter().enumerate().zip(parts) {
            let sides = &mut after.sides[usize::from(*slot)];
            let scaled = |x: u64| (x as f64 * part.abs()) as u64;
            let drawn = if part > 0.0 {
                Sides { long: scaled(sides.long), short: scaled(sides.short) }
            } else {
                Sides { long: scaled(sides.short), short: scaled(sides.long) }
            };
            totals.redraw(&mut drawing, at, sides.long as i64, drawn.long as i64).unwrap();
            totals.redraw(&mut drawing, at, -(sides.short as i64), -(drawn.short as i64)).unwrap();
            *sides = drawn;
        }
        let cached = totals.total(&mut drawing, after.apart, after.closing).unwrap();
        let anew = requirement(&market, rule(model), &mut after).unwrap();
        let shifted = 64 * (before.exposure().unwrap() >> 46) as i64;
        prop_assert!((cached.maintenance.0 - anew.maintenance.0).abs() <= shifted, "{cached:?} {anew:?}");
        prop_assert!((cached.initial.0 - anew.initial.0).abs() <= shifted, "{cached:?} {anew:?}");
        prop_assert_eq!(cached.gross, anew.gross);
    }

    /// The order in which legs are added does not matter.
    #[test]
    fn the_order_of_legs_does_not_matter(market in market(6, sized()), held in held(6)) {
        let reversed: Vec<Held> = held.iter().rev().copied().collect();
        prop_assert_eq!(market.needs(&held), market.needs(&reversed));
    }
}

proptest! {
    #![proptest_config(cases(STORIES))]

    /// The integer form is the one of double precision, wherever the form is what binds.
    #[test]
    fn the_form_is_what_double_precision_says(mut market in market(12, plain()), held in held(12)) {
        market.scenarios.clear();
        let mut net = [0i64; SLOTS];
        for (slot, exposure) in &held {
            net[usize::from(*slot)] += exposure;
        }
        let y: Vec<f64> = (0u8..).zip(&net[..12]).map(|(slot, x)| {
            market.alone((slot, *x)) as f64 * (x.signum() as f64)
        }).collect();
        let mut form = 0.0;
        for a in 0..12 {
            form += y[a] * y[a];
            for b in 0..a {
                let same = (y[a] < 0.0) == (y[b] < 0.0);
                let (slot_a, slot_b) = (a as u8, b as u8);
                let used = market.coefficient(slot_a, slot_b, same) as f64 / 400.0;
                form += 2.0 * used * y[a] * y[b];
            }
        }
        let gross = market.gross(&held).0 as f64;
        let exact = form.max(0.0).sqrt().max(0.15 * gross).min(gross);
        let got = market.needs(&held).0 as f64;
        prop_assert!((got - exact).abs() <= 2.0 + 1e-9 * exact, "{got} for {exact}");
    }
}
