//! What the risk model keeps of an asset and of a pair of assets. Cranks read and write it; a health
//! check reads none of it.

use anchor_lang::prelude::*;
use plimsoll_engine::correlation::Pair;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{Conditions, Levels, Measured, ModelTerms, Targets};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::price::PriceUnit;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{Sample, Variance, Volatility};

use super::assert_layout;

/// The model of one asset, element of `RiskBook::models`.
///
/// Variances are per hour in 2^-62, deviations per √hour, levels in 2^-62, prices in the asset's unit:
/// see [`PriceUnit`].
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct AssetModel {
    /// Variance of half-life 24 samples.
    pub fast_variance: u64,
    /// Variance of half-life 168 samples.
    pub slow_variance: u64,
    /// Variance of half-life 168 samples that began at zero; correlations divide by it.
    pub measured_variance: u64,
    /// Σ price · seconds over the window of the hour being observed, low word.
    pub window_low: u64,
    /// The same, high word.
    pub window_high: u64,
    /// Σ seconds of the same.
    pub window_seconds: u64,
    /// Last observed price; 0: none yet.
    pub last_price: u64,
    /// Publish time of the last observed price, unix seconds; 0: none yet.
    pub last_time: i64,
    /// Price of the last sample; 0: none yet.
    pub sample_price: u64,
    /// Clock hour of the last sample, hours since 1970.
    pub sample_hour: i64,
    /// Clamped return of the last sample per √hour, with its sign. Fixed.
    pub sample_deviation: i64,
    /// Deviation of the measured variance at the last sample, rounded up. Fixed.
    pub measured_deviation: i64,
    /// Target of the maintenance rate of longs. Fixed.
    pub target_maintenance_long: i64,
    /// Target of the maintenance rate of shorts. Fixed.
    pub target_maintenance_short: i64,
    /// Target of the initial rate of longs, before open interest and multipliers. Fixed.
    pub target_initial_long: i64,
    /// Target of the initial rate of shorts, before open interest and multipliers. Fixed.
    pub target_initial_short: i64,
    /// Target of the deviation. Fixed.
    pub target_deviation: i64,
    /// Where the ramp of the maintenance rate of longs stands.
    pub level_maintenance_long: u64,
    /// Where the ramp of the maintenance rate of shorts stands.
    pub level_maintenance_short: u64,
    /// Where the ramp of the deviation stands.
    pub level_deviation: u64,
    /// When the ramps stood there, unix seconds.
    pub ramp_time: i64,
    /// No variance counts below it.
    pub variance_floor: u64,
    /// Variance of stress, of which a quarter is blended in.
    pub variance_stress: u64,
    /// Least maintenance rate of longs. Fixed.
    pub floor_maintenance_long: i64,
    /// Least maintenance rate of shorts. Fixed.
    pub floor_maintenance_short: i64,
    /// Least initial rate of longs before multipliers. Fixed.
    pub floor_initial_long: i64,
    /// Least initial rate of shorts before multipliers. Fixed.
    pub floor_initial_short: i64,
    /// Largest maintenance rate of longs. Fixed.
    pub cap_maintenance_long: i64,
    /// Largest maintenance rate of shorts. Fixed.
    pub cap_maintenance_short: i64,
    /// Largest initial rate of longs before multipliers. Fixed.
    pub cap_initial_long: i64,
    /// Largest initial rate of shorts before multipliers. Fixed.
    pub cap_initial_short: i64,
    /// Y · √24 / √ADV, ADV in micro-dollars, in 2^-64: `size_impact` at a deviation of 1.
    pub impact_per_deviation: u64,
    /// Open interest between its two thresholds at the last `sync`, 0 to 1. Fixed.
    pub open_interest_share: i64,
    /// Stake pool whose redemption rate caps the price of a liquid-staking token; zero for any other.
    pub stake_pool: Pubkey,
    /// Program that owns the stake pool.
    pub stake_program: Pubkey,
    /// Atoms of the underlying that an atom of the token redeems for; 0: not read yet. Fixed.
    pub redemption_rate: i64,
    /// Epoch as of which the redemption rate was computed.
    pub redemption_epoch: u64,
    /// What a tightening has put on initial rates; 0: nothing. Fixed.
    pub tightened: i64,
    /// Hours that the last sample spans; 0: no return has entered yet.
    pub sample_hours: u32,
    /// Returns that have entered.
    pub samples: u32,
    /// Observations in the window of the hour being observed.
    pub window_observations: u32,
    /// Shift of the first observed price, which fixes the unit; without meaning before one.
    pub unit_shift: u32,
    /// 1 while much of the open interest was just liquidated, as of the last `sync`.
    pub liquidated: u8,
    /// Slot of the underlying of a liquid-staking token.
    pub underlying: u8,
    /// Named padding.
    pub padding: [u8; 6],
}
assert_layout!(AssetModel, 36 * 8 + 64 + 4 * 4 + 8);

impl AssetModel {
    /// The state as the engine takes it.
    pub fn measured(&self) -> Measured {
        Measured {
            volatility: Volatility {
                fast: Variance(self.fast_variance),
                slow: Variance(self.slow_variance),
                measured: Variance(self.measured_variance),
                weighted_low: self.window_low,
                weighted_high: self.window_high,
                weight: self.window_seconds,
                last_price: self.last_price,
                last_time: self.last_time,
                sample_price: self.sample_price,
                last_sample: self.sample(),
                samples: self.samples,
                observations: self.window_observations,
            },
            targets: Targets {
                rates: Rates {
                    maintenance_long: Fixed(self.target_maintenance_long),
                    maintenance_short: Fixed(self.target_maintenance_short),
                    initial_long: Fixed(self.target_initial_long),
                    initial_short: Fixed(self.target_initial_short),
                },
                deviation: Fixed(self.target_deviation),
            },
            levels: Levels {
                maintenance_long: self.level_maintenance_long,
                maintenance_short: self.level_maintenance_short,
                deviation: self.level_deviation,
                time: self.ramp_time,
            },
        }
    }

    /// Writes the state.
    pub fn set_measured(&mut self, measured: &Measured) {
        let (volatility, rates) = (&measured.volatility, &measured.targets.rates);
        self.fast_variance = volatility.fast.0;
        self.slow_variance = volatility.slow.0;
        self.measured_variance = volatility.measured.0;
        self.window_low = volatility.weighted_low;
        self.window_high = volatility.weighted_high;
        self.window_seconds = volatility.weight;
        self.last_price = volatility.last_price;
        self.last_time = volatility.last_time;
        self.sample_price = volatility.sample_price;
        self.sample_hour = volatility.last_sample.hour;
        self.sample_hours = volatility.last_sample.hours;
        self.sample_deviation = volatility.last_sample.deviation.0;
        self.samples = volatility.samples;
        self.window_observations = volatility.observations;
        self.target_maintenance_long = rates.maintenance_long.0;
        self.target_maintenance_short = rates.maintenance_short.0;
        self.target_initial_long = rates.initial_long.0;
        self.target_initial_short = rates.initial_short.0;
        self.target_deviation = measured.targets.deviation.0;
        self.level_maintenance_long = measured.levels.maintenance_long;
        self.level_maintenance_short = measured.levels.maintenance_short;
        self.level_deviation = measured.levels.deviation;
        self.ramp_time = measured.levels.time;
    }

    /// Whether the asset is a liquid-staking token, capped by what its stake pool redeems it for.
    pub fn is_liquid_staking(&self) -> bool {
        self.stake_pool != Pubkey::default()
    }

    /// The last sample.
    pub fn sample(&self) -> Sample {
        Sample {
            hour: self.sample_hour,
            hours: self.sample_hours,
            deviation: Fixed(self.sample_deviation),
        }
    }

    /// The announced parameters.
    pub fn terms(&self) -> ModelTerms {
        ModelTerms {
            floor: Variance(self.variance_floor),
            stress: Variance(self.variance_stress),
            bounds: RateBounds {
                floor: Rates {
                    maintenance_long: Fixed(self.floor_maintenance_long),
                    maintenance_short: Fixed(self.floor_maintenance_short),
                    initial_long: Fixed(self.floor_initial_long),
                    initial_short: Fixed(self.floor_initial_short),
                },
                cap: Rates {
                    maintenance_long: Fixed(self.cap_maintenance_long),
                    maintenance_short: Fixed(self.cap_maintenance_short),
                    initial_long: Fixed(self.cap_initial_long),
                    initial_short: Fixed(self.cap_initial_short),
                },
            },
        }
    }

    /// Writes the announced parameters.
    pub fn set_terms(&mut self, terms: &ModelTerms) {
        let (floor, cap) = (&terms.bounds.floor, &terms.bounds.cap);
        self.variance_floor = terms.floor.0;
        self.variance_stress = terms.stress.0;
        self.floor_maintenance_long = floor.maintenance_long.0;
        self.floor_maintenance_short = floor.maintenance_short.0;
        self.floor_initial_long = floor.initial_long.0;
        self.floor_initial_short = floor.initial_short.0;
        self.cap_maintenance_long = cap.maintenance_long.0;
        self.cap_maintenance_short = cap.maintenance_short.0;
        self.cap_initial_long = cap.initial_long.0;
        self.cap_initial_short = cap.initial_short.0;
    }

    /// What raises initial rates besides volatility; `insurance` is the book's.
    pub fn conditions(&self, insurance: Fixed) -> Conditions {
        Conditions {
            open_interest: Fixed(self.open_interest_share),
            liquidated: self.liquidated != 0,
            tightened: Fixed(self.tightened),
            insurance,
        }
    }

    /// The unit of observed prices: the first price fixes it.
    pub fn unit(&self, shift: u32) -> PriceUnit {
        PriceUnit {
            shift: if self.last_price == 0 {
                shift
            } else {
                self.unit_shift
            },
        }
    }
}

/// Covariance and correlation of two assets, element of `RiskBook::pairs` at the place that
/// [`plimsoll_engine::correlation::pair_index`] names. Zero: never observed.
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct PairSlot {
    /// Running covariance per hour in 2^-62.
    pub covariance: i64,
    /// Common samples so far; stops at its largest value.
    pub samples: u16,
    /// Correlation in force, ten-thousandths.
    pub in_force: i16,
    /// 400 minus the coefficient of exposures of one direction, 400ths.
    pub same_less: i16,
    /// The coefficient of opposite exposures plus 400, 400ths.
    pub opposite_more: i16,
}
assert_layout!(PairSlot, 8 + 4 * 2);

impl PairSlot {
    /// The pair as the engine takes it.
    #[inline]
    pub fn pair(&self) -> Pair {
        Pair {
            covariance: self.covariance,
            samples: self.samples,
            in_force: self.in_force,
            same_less: self.same_less,
            opposite_more: self.opposite_more,
        }
    }

    /// What the coefficient of exposures of one direction, or of opposite ones, falls short of the full
    /// sum, 400ths.
    #[inline(always)]
    pub fn less(&self, opposite: bool) -> u64 {
        let less = if opposite {
            self.opposite_more
        } else {
            self.same_less
        };
        // Never negative: the bytes as they are.
        u64::from(u16::from_le_bytes(less.to_le_bytes()))
    }

    /// Writes the pair.
    pub fn set(&mut self, pair: &Pair) {
        self.covariance = pair.covariance;
        self.samples = pair.samples;
        self.in_force = pair.in_force;
        self.same_less = pair.same_less;
        self.opposite_more = pair.opposite_more;
    }
}
