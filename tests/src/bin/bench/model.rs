//! The risk model of an asset and of a pair, in the state that costs a crank the most.

use bytemuck::Zeroable;
use plimsoll::state::{AssetModel, AssetSlot, PairSlot};
use plimsoll_engine::correlation::Pair;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{Measured, ModelTerms};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::volatility::{Sample, Variance, Volatility};

use crate::fixture::NOW;

/// Measured deviation per √hour.
const MEASURED: Fixed = Fixed::ratio(12, 1_000);

/// Observed this hour and sampled the last, all ramps on their way up.
pub fn model(asset: &AssetSlot) -> AssetModel {
    let rates = |long: u32| Rates {
        maintenance_long: Fixed::from_bps(long),
        maintenance_short: Fixed::from_bps(2 * long),
        initial_long: Fixed::from_bps(2 * long),
        initial_short: Fixed::from_bps(4 * long),
    };
    let terms = ModelTerms {
        floor: Variance::from_yearly_bps(8_000),
        stress: Variance::from_yearly_bps(22_000),
        bounds: RateBounds {
            floor: rates(50),
            cap: rates(5_000),
        },
    };
    let start = Variance::from_yearly_bps(11_000);
    let mut measured = Measured::starting(&terms, start, NOW - 60).expect("sound terms");
    let wild = Volatility::seeded(Variance::from_yearly_bps(22_000));
    measured.targets = terms.targets_ceil(&wild).expect("sound terms");
    let mut model = AssetModel::zeroed();
    let band = asset.band();
    model.unit_shift = band.shift;
    let volatility = &mut measured.volatility;
    volatility.last_price = band.spot >> 20;
    volatility.sample_price = volatility.last_price / 100 * 99;
    volatility.last_time = NOW - 60;
    volatility.samples = 500;
    volatility.measured = Variance::of_return_ceil(MEASURED);
    volatility.last_sample = Sample {
        hour: NOW / 3_600 - 1,
        hours: 1,
        deviation: Fixed::ratio(1, 100),
    };
    model.set_terms(&terms);
    model.set_measured(&measured);
    model.measured_deviation = MEASURED.0;
    model.impact_per_deviation = 1 << 40;
    model.open_interest_share = Fixed::ratio(1, 10).0;
    model
}

/// Correlated by 0.6, long enough to be used.
pub fn pair() -> PairSlot {
    let mut slot = PairSlot::zeroed();
    let pair = Pair {
        covariance: 398_000_000_000_000,
        samples: 1_000,
        ..Pair::default()
    };
    slot.set(&pair.holding(6_000));
    slot
}
