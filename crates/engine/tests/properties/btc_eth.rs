//! Long BTC against short ETH: what the pair needs from the first hour on, with everything measured as
//! the program measures it (F-2 to F-7).
//!
//! Prices move with a deviation of 55% and 70% a year and an hourly correlation of 0.85, as recorded;
//! the assets are listed with deviations of 60% and 75%.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use plimsoll_engine::correlation::{Pair, LEAST_SAMPLES};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{Conditions, Measured, ModelTerms};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::total::requirement;
use plimsoll_engine::volatility::{Sample, Variance};

use crate::correlation::normal;
use crate::portfolio::{rule, sums, Held, Market};

/// Stories told.
const SEEDS: u8 = 64;
/// Correlation of the hourly returns.
const RHO: f64 = 0.85;
const HOURS_A_YEAR: f64 = 8_760.0;
const HOUR: i64 = 3_600;
const START: i64 = 1_790_000_000 / HOUR * HOUR;
/// Slots.
const BTC: u8 = 0;
const ETH: u8 = 1;
/// A million dollars each.
const LONG_AGAINST_SHORT: [Held; 2] = [(BTC, 1_000_000_000_000), (ETH, -1_000_000_000_000)];
const SHORT_AGAINST_LONG: [Held; 2] = [(BTC, -1_000_000_000_000), (ETH, 1_000_000_000_000)];

/// The default scenarios' moves of BTC and ETH, basis points: five crashes, their rebounds at half
/// size, three decorrelations.
const SCENARIOS: [[i16; 2]; 13] = [
    [-5_276, -5_409],
    [-2_982, -5_613],
    [-2_177, -2_808],
    [-1_547, -2_100],
    [-1_684, -2_373],
    [2_638, 2_704],
    [1_491, 2_806],
    [1_088, 1_404],
    [773, 1_050],
    [842, 1_186],
    [790, 990],
    [-680, -830],
    [-680, -830],
];

/// One asset and its true price.
struct Asset {
    measured: Measured,
    terms: ModelTerms,
    /// Deviation of a year.
    deviation: f64,
    price: f64,
    /// Of the measured variance, as the book keeps it beside the sample.
    measured_deviation: Fixed,
}

impl Asset {
    /// Deviations of a year in basis points: floor, stress, start; then the true one.
    fn listed((floor, stress, start): (u32, u32, u32), deviation: f64, price: f64) -> Self {
        let rates = |ppm: [u32; 4]| {
            let [maintenance_long, initial_long, maintenance_short, initial_short] =
                ppm.map(|rate| Fixed::ratio(rate, 1_000_000));
            Rates {
                maintenance_long,
                maintenance_short,
                initial_long,
                initial_short,
            }
        };
        let terms = ModelTerms {
            floor: Variance::from_yearly_bps(floor),
            stress: Variance::from_yearly_bps(stress),
            bounds: RateBounds {
                floor: rates([5_000, 6_250, 10_000, 12_500]),
                cap: rates([600_000, 750_000, 1_200_000, 1_500_000]),
            },
        };
        let start = Variance::from_yearly_bps(start);
        Self {
            measured: Measured::starting(&terms, start, START).unwrap(),
            terms,
            deviation,
            price,
            measured_deviation: Fixed::ZERO,
        }
    }

    /// The price of the end of an hour; the sample of the hour before, as `refresh` takes it.
    fn published(&mut self, draw: f64, time: i64) -> Option<Sample> {
        self.price *= (self.deviation / HOURS_A_YEAR.sqrt() * draw).exp();
        let price = (self.price * 1e8) as u64;
        let sample = self.measured.observed(&self.terms, price, time, time);
        let sample = sample.unwrap();
        if sample.is_some() {
            let measured = self.measured.volatility.measured;
            self.measured_deviation = measured.deviation_ceil().unwrap();
        }
        sample
    }

    fn rates(&self, now: i64) -> Rates {
        let conditions = Conditions::default();
        self.measured
            .in_force(&self.terms, &conditions, now)
            .unwrap()
    }
}

/// BTC, ETH and what is known of the two.
struct Story {
    dice: TestRng,
    btc: Asset,
    eth: Asset,
    pair: Pair,
    now: i64,
}

impl Story {
    fn of_seed(seed: u8) -> Self {
        Self {
            dice: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]),
            btc: Asset::listed((4_500, 15_000, 6_000), 0.55, 100_000.0),
            eth: Asset::listed((5_500, 18_000, 7_500), 0.70, 4_000.0),
            pair: Pair::default(),
            // The last minutes of an hour, so that every price is its hour's sample.
            now: START + HOUR - 60,
        }
    }

    fn uniform(&mut self) -> f64 {
        (self.dice.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An hour passes; both assets sample, BTC first.
    fn an_hour_passes(&mut self) {
        let (x, y) = normal((1.0 - self.uniform(), self.uniform()));
        let y = RHO * x + (1.0 - RHO * RHO).sqrt() * y;
        self.now += HOUR;
        let btc = self.btc.published(x, self.now);
        let eth = self.eth.published(y, self.now);
        if let (Some(btc), Some(eth)) = (btc, eth) {
            let (a, b) = (self.eth.measured_deviation, self.btc.measured_deviation);
            self.pair.observe(&eth, &btc, a, b).unwrap();
        }
    }

    fn until(&mut self, samples: u16) {
        while self.pair.samples < samples {
            self.an_hour_passes();
        }
    }

    /// What the holdings need, as a part of the sum of their legs: maintenance, initial.
    fn part_needed(&self, held: &[Held]) -> (f64, f64) {
        let used = (self.pair.used(true), self.pair.used(false));
        let market = Market {
            rates: vec![self.btc.rates(self.now), self.eth.rates(self.now)],
            terms: vec![SizeTerms::NONE; 2],
            correlations: vec![vec![], vec![used]],
            scenarios: SCENARIOS.map(|moves| moves.to_vec()).to_vec(),
        };
        let needed = requirement(&market, rule(ModelKind::Portfolio), &mut sums(held, 0)).unwrap();
        let part = |needed: i64, gross: u64| needed as f64 / gross as f64;
        (
            part(needed.maintenance.0, needed.gross.maintenance),
            part(needed.initial.0, needed.gross.initial),
        )
    }
}

/// Parts of the sum of the legs, maintenance and initial, of all stories.
struct Parts(Vec<(f64, f64)>);

impl Parts {
    /// Of every story once it has so many common samples.
    fn at(samples: u16, held: &[Held]) -> Self {
        let story = |seed| {
            let mut story = Story::of_seed(seed);
            story.until(samples);
            story.part_needed(held)
        };
        Self((0..SEEDS).map(story).collect())
    }

    fn mean(&self) -> f64 {
        let sum: f64 = self.0.iter().map(|(maintenance, _)| maintenance).sum();
        sum / self.0.len() as f64
    }

    fn worst(&self) -> f64 {
        let each = self
            .0
            .iter()
            .map(|(maintenance, initial)| maintenance.max(*initial));
        each.fold(0.0, f64::max)
    }
}

/// Before both have 168 common samples it needs the full sum, to the unit, in both views.
#[test]
fn it_needs_the_full_sum_before_168_common_samples() {
    for samples in [0, 1, 24, LEAST_SAMPLES - 1] {
        for held in [LONG_AGAINST_SHORT, SHORT_AGAINST_LONG] {
            let parts = Parts::at(samples, &held);
            assert!(parts.0.iter().all(|each| *each == (1.0, 1.0)));
        }
    }
}

/// From the 168th common sample on, a week, it needs at most 60% in every story, in both views and
/// either way round.
#[test]
fn it_needs_at_most_60_percent_from_168_common_samples_on() {
    for seed in 0..SEEDS {
        let mut story = Story::of_seed(seed);
        for samples in (LEAST_SAMPLES..=1_500).step_by(12) {
            story.until(samples);
            for held in [LONG_AGAINST_SHORT, SHORT_AGAINST_LONG] {
                let (maintenance, initial) = story.part_needed(&held);
                let found = maintenance.max(initial);
                assert!(found <= 0.60, "story {seed} at {samples}: {found}");
            }
        }
    }
}

/// What it needs does not depend on how long the pair has been known, because no start enters ρ: 0.848 is
/// in force on average at 168 common samples, 0.851 at 1,500.
///
/// Long BTC against short ETH, mean and worst of the 64 stories: 44.4% and 47.0% at 168, 44.3% and 46.7% at
/// 240, 44.2% and 45.9% at 336, 44.3% and 45.7% at 1,500. The other way round the crash of 2021-05-19
/// binds: 53.3% and 53.8%, 53.3% and 54.6%, 53.4% and 54.0%, 53.3% and 54.4%.
#[test]
fn it_needs_as_much_at_168_common_samples_as_at_1500() {
    for samples in [LEAST_SAMPLES, 240, 336, 1_500] {
        let long = Parts::at(samples, &LONG_AGAINST_SHORT);
        let (mean, worst) = (long.mean(), long.worst());
        assert!(
            (0.435..0.450).contains(&mean) && worst < 0.475,
            "{samples}: {mean} {worst}"
        );
        let short = Parts::at(samples, &SHORT_AGAINST_LONG);
        let (mean, worst) = (short.mean(), short.worst());
        assert!(
            (0.528..0.539).contains(&mean) && worst < 0.55,
            "{samples}: {mean} {worst}"
        );
    }
}

/// What is in force is what was simulated, 0.85, from the 168th common sample on: on average within a
/// hundredth, and within 0.10 in every story.
#[test]
fn the_correlation_in_force_is_the_true_one_from_the_first() {
    for samples in [LEAST_SAMPLES, 336, 1_500] {
        let story = |seed| {
            let mut story = Story::of_seed(seed);
            story.until(samples);
            f64::from(story.pair.in_force) / 1e4
        };
        let found: Vec<f64> = (0..SEEDS).map(story).collect();
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        assert!((mean - RHO).abs() < 0.01, "{samples}: {mean}");
        let off = |rho: &f64| (rho - RHO).abs();
        assert!(
            found.iter().all(|rho| off(rho) < 0.10),
            "{samples}: {found:?}"
        );
    }
}
