//! The pool through a run: what it was worth, and what it stood against in each market. Written down
//! from pool, markets and book after each publication.

use anyhow::Result;
use plimsoll::state::{AgeLimit, BookAt};
use plimsoll_engine::exposure::BookView;
use serde::Serialize;

use super::crash::Asset;
use super::driver::{asset_of, signed, Run};
use crate::params::{BTC, ETH, SOL};

/// The pool through a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PoolRecord {
    /// In order of time; the first is before the crash.
    pub values: Vec<PoolSample>,
    /// One series per market.
    pub markets: Vec<MarketSeries>,
}

/// The pool at one time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PoolSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// Net asset value at spot, less what accounts cannot pay, 1e-6 USD.
    pub value: i64,
}

/// One market through the run.
#[derive(Clone, Debug, Serialize)]
pub struct MarketSeries {
    /// Of which asset.
    pub asset: Asset,
    /// In order of time, as [`PoolRecord::values`].
    pub samples: Vec<MarketSample>,
}

/// One market at one time, in 1e-6 USD at the book's price.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct MarketSample {
    /// Unix seconds UTC.
    pub time: i64,
    /// Open interest of longs.
    pub long: i64,
    /// Open interest of shorts.
    pub short: i64,
    /// The largest skew that an order may leave.
    pub most_skew: i64,
    /// What longs pay a day at the rate in force, in billionths of their value; negative: what they get.
    pub funding_rate: i64,
    /// What a long has paid since the market began, in billionths of what it is worth now.
    pub funding_paid: i64,
}

impl MarketSample {
    /// Longs less shorts: what the pool is short of the asset.
    pub const fn skew(&self) -> i64 {
        self.long - self.short
    }
}

impl MarketSeries {
    /// The sample with the largest skew, whatever its sign.
    pub fn widest(&self) -> Option<&MarketSample> {
        let samples = self.samples.iter();
        samples.max_by_key(|sample| sample.skew().abs())
    }
}

impl Run {
    /// Writes down the pool's value and the open interest of every market.
    pub(super) fn sample_pool(&mut self, time: i64) -> Result<()> {
        let value = self.pool_value()? - self.shortfalls();
        self.record.pool.values.push(PoolSample { time, value });
        for slot in [SOL, BTC, ETH] {
            let (asset, sample) = (asset_of(slot), self.market_sample(slot, time)?);
            let markets = &mut self.record.pool.markets;
            match markets.iter_mut().find(|series| series.asset == asset) {
                Some(series) => series.samples.push(sample),
                None => markets.push(MarketSeries {
                    asset,
                    samples: vec![sample],
                }),
            }
        }
        Ok(())
    }

    fn market_sample(&self, slot: u8, time: i64) -> Result<MarketSample> {
        let book = self.world.book();
        let at = BookAt {
            book: &book,
            now: self.world.now(),
            limit: AgeLimit::Risk,
        };
        let view = at.asset(slot).map_err(super::closing::engine)?;
        let (band, listed) = (view.band, book.listed_asset(slot)?);
        let price = band.spot as f64 / 2f64.powi(band.shift as i32 - view.funding.shift as i32);
        let of_price = |units: f64| (units / price * 1e9).round() as i64;
        let market = self.world.market(slot);
        let usd = |base: u64| -> Result<i64> {
            let value = band.value_floor(base, band.spot);
            Ok(signed(value.map_err(super::closing::engine)?))
        };
        Ok(MarketSample {
            time,
            long: usd(market.long_base)?,
            short: usd(market.short_base)?,
            most_skew: usd(market.max_skew)?,
            funding_rate: of_price(listed.funding_gain as f64 * 86_400.0 / 256.0),
            funding_paid: of_price(view.funding.units as f64),
        })
    }
}
