//! Volatility of one asset, measured on chain (F-3).
//!
//! Observations are the prices that passed every check of the oracle. Of each clock hour one sample
//! enters: the time-weighted mean of what was observed in its last ten minutes, so that a price has to
//! be held for most of ten minutes to count; of fewer than three observations the last accepted one.
//! The sample of an hour is taken by the first observation after it, at whatever time that comes.
//!
//! A return is squared, divided by the hours it spans, bounded at 64 times the slow variance, and
//! enters two exponential means with half-lives of a day and a week. Both forget by the sample and not
//! by the clock: a gap of many hours enters with the weight of one, and where nobody observes nothing
//! is forgotten. Nobody can therefore lower a variance faster than one sample an hour does, and one
//! sample raises max(fast, slow, floor) to at most 2.8 times itself.
//!
//! A third mean takes the same squares with the slow decay and begins at zero, as a covariance does. It
//! falls short of a variance by the weight it has not seen yet, and the covariances it is compared with
//! do too: see [`crate::correlation`]. No rate is made from it.

use crate::error::{EngineError, Result};
use crate::fixed::{mul_shift_ceil, mul_shift_floor, Fixed, FRACTION_BITS};
use crate::math::{ln_ratio, sqrt_wide_ceil, sqrt_wide_floor};

/// Seconds of the clock hour that one sample stands for.
pub const HOUR_SECONDS: i64 = 3_600;
/// The part of an hour, at its end, whose observations are averaged.
pub const WINDOW_SECONDS: i64 = 600;
/// Observations in the window from which on their mean is taken.
pub const LEAST_OBSERVATIONS: u32 = 3;
/// A squared return per hour counts at most this multiple of max(slow variance, floor).
pub const CLAMP: u64 = 64;
/// A return over a longer gap is divided by this many hours only.
pub const LONGEST_GAP_HOURS: u64 = 24;
/// Without a sample for this long the initial multiplier is [`STALE_MULTIPLIER`].
pub const STALE_SECONDS: i64 = 6 * HOUR_SECONDS;
/// Initial multiplier of an asset without recent samples.
pub const STALE_MULTIPLIER: Fixed = Fixed::ratio(5, 4);
/// 2^(−1/24) in 2^-32: what one sample leaves of the fast variance.
pub const FAST_DECAY: u32 = 4_172_697_914;
/// 2^(−1/168) in 2^-32: what one sample leaves of the slow and the measured variance and of a covariance.
pub const SLOW_DECAY: u32 = 4_277_283_299;

/// Latest time that is accepted; the end of its hour still fits.
const LAST_TIME: i64 = i64::MAX / 2;
const HOURS_A_YEAR: u128 = 8_760;
const DECAY_BITS: u32 = 32;
const VARIANCE_BITS: u32 = 62;

/// A variance of logarithmic returns per hour, in units of 2^-62.
///
/// A stablecoin that moves 1% a year has a variance of 1.1e-8 an hour: 5.3e10 units, so that one unit
/// is 2e-11 of it, where [`Fixed`] would leave 3e-7. At most 1, a deviation of 100% an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variance(pub u64);

impl Variance {
    /// No variance.
    pub const ZERO: Self = Self(0);
    /// The largest variance that is kept: a deviation of 1 per hour.
    pub const MAX: Self = Self(1 << VARIANCE_BITS);

    /// Of a deviation per year of 365 days, in basis points, rounded up; at most [`Self::MAX`].
    pub const fn from_yearly_bps(deviation: u32) -> Self {
        let square = deviation as u128 * deviation as u128;
        let scaled = (square << VARIANCE_BITS).div_ceil(100_000_000 * HOURS_A_YEAR);
        if scaled > Self::MAX.0 as u128 {
            return Self::MAX;
        }
        Self(scaled as u64)
    }

    /// Of a return per √hour, rounded up; at most [`Self::MAX`].
    pub fn of_return_ceil(deviation: Fixed) -> Self {
        let magnitude = deviation.0.unsigned_abs();
        let square = mul_shift_ceil(magnitude, magnitude, 2 * FRACTION_BITS - VARIANCE_BITS);
        Self(square.unwrap_or(u64::MAX)).min(Self::MAX)
    }

    /// The standard deviation per √hour, rounded up to a unit of [`Fixed`].
    pub fn deviation_ceil(self) -> Result<Fixed> {
        let (high, low) = self.scaled();
        to_fixed(sqrt_wide_ceil(high, low)?)
    }

    /// The standard deviation per √hour, rounded down to a unit of [`Fixed`].
    pub fn deviation_floor(self) -> Result<Fixed> {
        let (high, low) = self.scaled();
        to_fixed(sqrt_wide_floor(high, low))
    }

    /// In 2^-96, as (high, low) words: the square of a number in 2^-48.
    fn scaled(self) -> (u64, u64) {
        const UP: u32 = 2 * FRACTION_BITS - VARIANCE_BITS;
        (self.0 >> (64 - UP), self.0 << UP)
    }
}

fn to_fixed(raw: u64) -> Result<Fixed> {
    i64::try_from(raw)
        .map(Fixed)
        .map_err(|_| EngineError::Overflow)
}

/// `mean · decay + sample · (1 − decay)`, rounded up, `decay` in 2^-32 (F-3).
pub fn ewma_ceil(mean: Variance, sample: Variance, decay: u32) -> Result<Variance> {
    let weight = (1u64 << DECAY_BITS) - u64::from(decay);
    let change = mean.0.abs_diff(sample.0);
    let moved = if sample >= mean {
        mean.0
            .checked_add(mul_shift_ceil(change, weight, DECAY_BITS)?)
    } else {
        mean.0
            .checked_sub(mul_shift_floor(change, weight, DECAY_BITS)?)
    };
    moved.map(Variance).ok_or(EngineError::Overflow)
}

/// σ² = max(floor, 0.75 · max(fast, slow) + 0.25 · stress), rounded up (F-3).
pub fn blended_ceil(volatility: &Volatility, floor: Variance, stress: Variance) -> Variance {
    let measured = volatility.fast.max(volatility.slow).min(Variance::MAX).0;
    let stressed = stress.min(Variance::MAX).0;
    // Both at most 2^62: the sum is at most 2^62 + 1.
    let blend = measured - measured / 4 + stressed.div_ceil(4);
    Variance(blend).min(Variance::MAX).max(floor)
}

/// What one hour brought, as it enters the variances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Clock hour of the sample, in hours since 1970.
    pub hour: i64,
    /// Hours since the sample before; 0: there was none, and so no return.
    pub hours: u32,
    /// The clamped return per √hour, with its sign: its square is what entered the variances.
    pub deviation: Fixed,
}

/// The measured state of one asset. Plain integers, so that an account can hold it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volatility {
    /// Fast variance, half-life 24 samples.
    pub fast: Variance,
    /// Slow variance, half-life 168 samples.
    pub slow: Variance,
    /// What the samples alone brought to the slow variance: the same mean, begun at zero. Denominator of
    /// correlations (F-6).
    pub measured: Variance,
    /// Σ price · seconds over the window of the hour being observed, low word.
    pub weighted_low: u64,
    /// The same, high word.
    pub weighted_high: u64,
    /// Σ seconds of the same.
    pub weight: u64,
    /// Last accepted price, in a unit that never changes for one asset; 0: none yet.
    pub last_price: u64,
    /// Publish time of the last accepted price, unix seconds.
    pub last_time: i64,
    /// Price of the last sample, same unit; 0: none yet.
    pub sample_price: u64,
    /// The last sample.
    pub last_sample: Sample,
    /// Returns that have entered.
    pub samples: u32,
    /// Observations in the window of the hour being observed.
    pub observations: u32,
}

impl Volatility {
    /// Nothing observed yet, the fast and the slow variance at `seed`.
    pub fn seeded(seed: Variance) -> Self {
        Self {
            fast: seed.min(Variance::MAX),
            slow: seed.min(Variance::MAX),
            ..Self::default()
        }
    }

    /// Takes in an accepted price published at `time`; the sample that this completed, if it did.
    ///
    /// `floor` is the asset's variance floor. A publish time that did not rise changes nothing.
    ///
    /// # Errors
    /// `PriceOutOfRange` for a price of zero, or a time not above zero or absurdly far ahead. Nothing has
    /// changed then.
    ///
    /// Source: F-3.
    pub fn observe(&mut self, price: u64, time: i64, floor: Variance) -> Result<Option<Sample>> {
        if price == 0 || !(1..=LAST_TIME).contains(&time) {
            return Err(EngineError::PriceOutOfRange);
        }
        if time <= self.last_time {
            return Ok(None);
        }
        let mut next = *self;
        let mut sample = None;
        if self.last_price > 0 && hour_of(time) > hour_of(self.last_time) {
            sample = next.close_hour(floor)?;
        }
        next.gather(price, time)?;
        *self = next;
        Ok(sample)
    }

    /// 1, or 1.25 where the last sample ended more than 6 hours before `now`, or none was ever taken.
    ///
    /// Source: F-3.
    pub fn initial_multiplier(&self, now: i64) -> Fixed {
        let end = self
            .last_sample
            .hour
            .saturating_add(1)
            .saturating_mul(HOUR_SECONDS);
        if self.sample_price == 0 || now.saturating_sub(end) > STALE_SECONDS {
            STALE_MULTIPLIER
        } else {
            Fixed::ONE
        }
    }

    /// Adds an observation to the window it falls into, if it does.
    fn gather(&mut self, price: u64, time: i64) -> Result<()> {
        if time - hour_of(time) * HOUR_SECONDS >= HOUR_SECONDS - WINDOW_SECONDS {
            self.hold_until(time)?;
            self.observations = self.observations.saturating_add(1);
        }
        self.last_price = price;
        self.last_time = time;
        Ok(())
    }

    /// Weighs the last observation of the window by how long it stood.
    fn hold_until(&mut self, time: i64) -> Result<()> {
        if self.observations == 0 {
            return Ok(());
        }
        let seconds = u64::try_from(time - self.last_time).map_err(|_| EngineError::Overflow)?;
        let sum = self.weighted() + u128::from(self.last_price) * u128::from(seconds);
        self.weighted_low = low_word(sum);
        self.weighted_high = low_word(sum >> 64);
        self.weight += seconds;
        Ok(())
    }

    /// At most 600 seconds of a 64-bit price: 74 bits.
    fn weighted(&self) -> u128 {
        (u128::from(self.weighted_high) << 64) | u128::from(self.weighted_low)
    }

    /// The price that the observed hour ends with.
    fn hour_price(&mut self, hour: i64) -> Result<u64> {
        self.hold_until((hour + 1) * HOUR_SECONDS)?;
        if self.observations < LEAST_OBSERVATIONS || self.weight == 0 {
            return Ok(self.last_price);
        }
        let mean = self.weighted() / u128::from(self.weight);
        u64::try_from(mean).map_err(|_| EngineError::Overflow)
    }

    /// Ends the hour of the last observation and lets its sample enter.
    fn close_hour(&mut self, floor: Variance) -> Result<Option<Sample>> {
        let hour = hour_of(self.last_time);
        // Prices above zero have a mean above zero.
        let price = self.hour_price(hour)?;
        let sample = if self.sample_price == 0 {
            self.last_sample.hour = hour;
            None
        } else {
            Some(self.enter(price, hour, floor)?)
        };
        self.sample_price = price;
        self.weighted_low = 0;
        self.weighted_high = 0;
        self.weight = 0;
        self.observations = 0;
        Ok(sample)
    }

    fn enter(&mut self, price: u64, hour: i64, floor: Variance) -> Result<Sample> {
        let gap = u64::try_from(hour - self.last_sample.hour).map_err(|_| EngineError::Overflow)?;
        let hours = gap.clamp(1, LONGEST_GAP_HOURS);
        let change = ln_ratio(price, self.sample_price)?;
        let most = self.slow.max(floor).0.saturating_mul(CLAMP);
        let square = Variance::of_return_ceil(change).0.div_ceil(hours).min(most);
        let square = Variance(square);
        self.fast = ewma_ceil(self.fast, square, FAST_DECAY)?;
        self.slow = ewma_ceil(self.slow, square, SLOW_DECAY)?;
        self.measured = ewma_ceil(self.measured, square, SLOW_DECAY)?;
        self.samples = self.samples.saturating_add(1);
        let magnitude = square.deviation_floor()?;
        let deviation = if change.0 < 0 {
            Fixed(-magnitude.0)
        } else {
            magnitude
        };
        let hours = u32::try_from(gap).unwrap_or(u32::MAX);
        self.last_sample = Sample {
            hour,
            hours,
            deviation,
        };
        Ok(self.last_sample)
    }
}

/// The clock hour of a time above zero, in hours since 1970. Divides without sign, because the target
/// has no division with one.
const fn hour_of(time: i64) -> i64 {
    (time.unsigned_abs() / HOUR_SECONDS.unsigned_abs()).cast_signed()
}

/// The lower 64 bits.
#[inline]
fn low_word(sum: u128) -> u64 {
    u64::try_from(sum & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}
