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
    /// As the book keeps it beside the sample.
    slow_deviation: Fixed,
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
            slow_deviation: Fixed::ZERO,
        }
    }

    /// The price of the end of an hour; the sample of the hour before, as `refresh` takes it.
    fn published(&mut self, draw: f64, time: i64) -> Option<Sample> {
        self.price *= (self.deviation / HOURS_A_YEAR.sqrt() * draw).exp();
        let price = (self.price * 1e8) as u64;
        let sample = self.measured.observed(&self.terms, price, time, time);
        let sample = sample.unwrap();
        if sample.is_some() {
            let slow = self.measured.volatility.slow;
            self.slow_deviation = slow.deviation_ceil().unwrap();
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
            let (a, b) = (self.eth.slow_deviation, self.btc.slow_deviation);
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

    /// Stories in which either view needs more than `part`.
    fn above(&self, part: f64) -> usize {
        let above = |(maintenance, initial): &&(f64, f64)| maintenance.max(*initial) > part;
        self.0.iter().filter(above).count()
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

/// With the first 168 samples only it does not yet need at most 60% in every story. Long BTC against
/// short ETH needs 60.5% on average and 63.5% at worst, more than 60% in 49 of 64 stories; the other
/// way round 59.8% on average, 62.7% at worst, more than 60% in 26.
///
/// The covariance begins at zero and has half its weight after 168 samples, while the variances it is
/// divided by begin at what was announced, here above what the assets do: ρ is measured at 0.39 instead
/// of 0.85, and a hedge is credited 0.75 of that. It errs against the account.
#[test]
fn the_168th_common_sample_brings_it_down_to_about_60_percent() {
    let parts = Parts::at(LEAST_SAMPLES, &LONG_AGAINST_SHORT);
    let (mean, worst) = (parts.mean(), parts.worst());
    assert!(
        (0.600..0.611).contains(&mean) && worst < 0.636,
        "{mean} {worst}"
    );
    assert_eq!(parts.above(0.60), 49);
    let parts = Parts::at(LEAST_SAMPLES, &SHORT_AGAINST_LONG);
    let (mean, worst) = (parts.mean(), parts.worst());
    assert!(
        (0.593..0.604).contains(&mean) && worst < 0.628,
        "{mean} {worst}"
    );
    assert_eq!(parts.above(0.60), 26);
}

/// From 240 common samples on, ten days, it needs at most 60% in every story, in both views and either
/// way round; from 336 on at most 55%.
///
/// Long BTC against short ETH, on average: 57.0% at 240, 53.3% at 336, 49.0% at 504, 44.4% at 1,500; the
/// worst of the 64 stories: 59.2%, 54.9%, 51.0%, 45.9%. The other way round the crash of 2021-05-19 binds
/// from 336 on: 53.4%, at worst 54.6%.
#[test]
fn it_needs_at_most_60_percent_from_240_common_samples_on() {
    for seed in 0..SEEDS {
        let mut story = Story::of_seed(seed);
        for samples in (240..=1_500).step_by(12) {
            story.until(samples);
            let most = if samples < 336 { 0.60 } else { 0.55 };
            for held in [LONG_AGAINST_SHORT, SHORT_AGAINST_LONG] {
                let (maintenance, initial) = story.part_needed(&held);
                let found = maintenance.max(initial);
                assert!(found <= most, "story {seed} at {samples}: {found}");
            }
        }
    }
}

/// What is used in the end is what the table of F-5 makes of 0.85: 0.64 for opposite exposures.
#[test]
fn after_two_months_it_is_credited_as_the_correlation_says() {
    let long = Parts::at(1_500, &LONG_AGAINST_SHORT);
    assert!((0.435..0.455).contains(&long.mean()), "{}", long.mean());
    let short = Parts::at(1_500, &SHORT_AGAINST_LONG);
    assert!((0.525..0.545).contains(&short.mean()), "{}", short.mean());
}
