//! Prices on the clock of the wall: they idle, one moves as it is told, or all go through a recorded crash in a
//! fraction of its time.
//!
//! One publication of all feeds at every interval, each with the time of the one before, so that exactly one
//! contains a given instant. A crash is played as returns from where prices stand, so that it can begin at
//! any moment and nothing jumps.

use std::collections::VecDeque;

use anyhow::{ensure, Context, Result};
use plimsoll_crash::crash::{find, Asset, PRICE_SCALE};
use plimsoll_crash::path::{normal, towards, Replay, EMA_SECONDS};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Publications that are kept, by age in seconds.
pub const KEPT_SECONDS: i64 = 2 * 3_600;
/// Deviation of one idle step from where prices rest, and how much of it stays at the next.
const IDLE: (f64, f64) = (0.000_1, 0.98);
/// Confidence of an idle price and of the quote token, in parts of the price.
const CONFIDENCE: (f64, f64) = (0.000_5, 0.000_2);
/// The crash whose first prices an idle tape begins at.
const BEGINNING: &str = "2025-10-10";

/// One feed's publication, all prices in 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Print {
    /// Price.
    pub price: i64,
    /// Confidence.
    pub conf: u64,
    /// Moving average of the price over about an hour of the tape's own time.
    pub ema: i64,
}

/// A publication of all feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Unix seconds.
    pub time: i64,
    /// Unix seconds of the publication before.
    pub previous: i64,
    /// Counts publications.
    pub number: u64,
    /// In the order of [`ASSETS`].
    pub prints: [Print; 4],
}

/// The assets of the tape.
pub const ASSETS: [Asset; 4] = [Asset::Usdc, Asset::Sol, Asset::Btc, Asset::Eth];

/// What is being played.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Playing {
    /// Prices rest.
    Idle,
    /// All prices stand exactly where they are.
    Hold {
        /// Last unix second of it.
        until: i64,
    },
    /// One price goes to another level and stays there.
    Move {
        /// Whose.
        symbol: &'static str,
        /// By how much, percent of where it stood.
        percent: f64,
        /// Unix second of its first publication.
        since: i64,
        /// Unix second at which it has arrived.
        until: i64,
    },
    /// A crash.
    Crash {
        /// Its name.
        name: &'static str,
        /// Times as fast as it was.
        factor: u32,
        /// Unix second of its first publication.
        since: i64,
        /// Unix second at which it is over.
        until: i64,
    },
}

struct Move {
    playing: Playing,
    place: usize,
    /// Logarithm of the price's change in a second.
    pace: f64,
    until: i64,
}

struct Crash {
    playing: Playing,
    since: i64,
    factor: u32,
    /// Prices when it began.
    from: [f64; 4],
    replay: Replay,
}

/// Past publications, and where the next come from.
pub struct Tape {
    interval: i64,
    random: ChaCha8Rng,
    /// Where idle prices rest, 1e-8 USD.
    rest: [f64; 4],
    /// Distance from there, in logarithms.
    away: [f64; 4],
    ema: [f64; 4],
    crash: Option<Crash>,
    moving: Option<Move>,
    /// Last unix second at which prices are held.
    held_until: i64,
    past: VecDeque<Publication>,
}

impl Tape {
    /// An idle tape whose first publication is at `now`, unix seconds; one publication in `interval` seconds.
    ///
    /// # Errors
    /// An interval below a second.
    pub fn new(now: i64, interval: i64, seed: u64) -> Result<Self> {
        ensure!(
            interval >= 1,
            "expected an interval of at least 1 s, found {interval}"
        );
        let crash = find(BEGINNING)?;
        let start = ASSETS.map(|asset| {
            let series = crash.series.iter().find(|series| series.asset == asset);
            series.map_or(PRICE_SCALE, |series| series.start) as f64
        });
        let mut tape = Self {
            interval,
            random: ChaCha8Rng::seed_from_u64(seed),
            rest: start,
            away: [0.0; 4],
            ema: start,
            crash: None,
            moving: None,
            held_until: i64::MIN,
            past: VecDeque::new(),
        };
        tape.publish(now);
        Ok(tape)
    }

    /// Publishes everything that is due by `now`.
    pub fn advance(&mut self, now: i64) {
        while self.last().time.saturating_add(self.interval) <= now {
            self.publish(self.last().time.saturating_add(self.interval));
        }
    }

    /// Begins a crash at the next publication, `factor` times as fast as it was.
    ///
    /// # Errors
    /// No crash of that name, something being played, a factor that leaves less than two publications a step.
    pub fn begin(&mut self, name: &str, factor: u32, seed: u64) -> Result<Playing> {
        self.require_idle()?;
        let crash = find(name)?;
        let fast = i64::from(factor).saturating_mul(self.interval);
        ensure!(
            factor >= 1 && fast <= crash.step_seconds / 2,
            "expected a factor from 1 to {} for {name}, found {factor}",
            crash.step_seconds / 2 / self.interval
        );
        let substeps = u32::try_from(crash.step_seconds / fast)?;
        let replay = Replay::new(&crash, substeps, seed)?;
        let since = self.last().time.saturating_add(self.interval);
        let length = replay.times.last().zip(replay.times.first());
        let length = length.map_or(0, |(last, first)| last - first) / i64::from(factor);
        let playing = Playing::Crash {
            name: crash.name,
            factor,
            since,
            until: since.saturating_add(length),
        };
        self.crash = Some(Crash {
            playing: playing.clone(),
            since,
            factor,
            from: self.last().prints.map(|print| print.price as f64),
            replay,
        });
        Ok(playing)
    }

    /// Moves one price by `percent` of where it stands, evenly over `seconds` from the next publication on.
    ///
    /// # Errors
    /// A symbol that is not on the tape, something being played, a fall of all or a rise beyond tenfold, a time
    /// below one publication or above an hour.
    pub fn shift(&mut self, symbol: &str, percent: f64, seconds: i64) -> Result<Playing> {
        self.require_idle()?;
        let place = ASSETS.iter().position(|asset| asset.symbol() == symbol);
        let place = place.with_context(|| {
            let symbols = ASSETS.map(Asset::symbol).join(", ");
            format!("expected one of {symbols}, found {symbol}")
        })?;
        ensure!(
            (-95.0..=900.0).contains(&percent),
            "expected a percent from -95 to 900, found {percent}"
        );
        ensure!(
            (self.interval..=3_600).contains(&seconds),
            "expected seconds from {} to 3600, found {seconds}",
            self.interval
        );
        let begun = self.last().time;
        // Whole publications, so that the last one arrives.
        let length = (seconds as u64).next_multiple_of(self.interval as u64) as i64;
        let playing = Playing::Move {
            symbol: ASSETS[place].symbol(),
            percent,
            since: begun + self.interval,
            until: begun + length,
        };
        self.moving = Some(Move {
            playing: playing.clone(),
            place,
            pace: (percent / 100.0).ln_1p() / length as f64,
            until: begun + length,
        });
        Ok(playing)
    }

    /// Holds all prices where they stand for `seconds` from the next publication on; for none lets them go.
    ///
    /// # Errors
    /// A crash or a move is running; a time above an hour.
    pub fn hold(&mut self, seconds: i64) -> Result<Playing> {
        ensure!(
            (0..=3_600).contains(&seconds),
            "expected seconds from 0 to 3600, found {seconds}"
        );
        self.held_until = i64::MIN;
        self.require_idle()?;
        if seconds > 0 {
            self.held_until = self.last().time.saturating_add(seconds);
        }
        Ok(self.playing())
    }

    /// Every publication that is kept, oldest first.
    pub fn past(&self) -> impl Iterator<Item = &Publication> {
        self.past.iter()
    }

    fn is_held(&self) -> bool {
        self.last().time < self.held_until
    }

    fn require_idle(&self) -> Result<()> {
        ensure!(!self.is_held(), "prices are held");
        ensure!(self.crash.is_none(), "a crash is running already");
        ensure!(self.moving.is_none(), "a price is being moved already");
        Ok(())
    }

    /// What is being played.
    pub fn playing(&self) -> Playing {
        let crash = self.crash.as_ref().map(|crash| &crash.playing);
        let moving = self.moving.as_ref().map(|moving| &moving.playing);
        let held = Playing::Hold {
            until: self.held_until,
        };
        let held = self.is_held().then_some(&held);
        crash.or(moving).or(held).cloned().unwrap_or(Playing::Idle)
    }

    /// The newest publication.
    pub fn last(&self) -> &Publication {
        // There is one from the beginning, and the newest is never dropped.
        #[allow(clippy::expect_used, reason = "never empty")]
        self.past.back().expect("a publication")
    }

    /// The first publication at `time` or after it, if it is kept.
    pub fn at_or_after(&self, time: i64) -> Option<&Publication> {
        let oldest = self.past.front()?;
        if time <= oldest.previous {
            return None;
        }
        let place = self.past.partition_point(|each| each.time < time);
        self.past.get(place)
    }

    fn publish(&mut self, time: i64) {
        let past = self.past.back();
        let (previous, number) = past.map_or((time - self.interval, 0), |last| {
            (last.time, last.number.saturating_add(1))
        });
        let (prices, speed) = self.prices(time, time - previous);
        let mut prints = [Print {
            price: PRICE_SCALE,
            conf: 0,
            ema: PRICE_SCALE,
        }; 4];
        for (place, print) in prints.iter_mut().enumerate() {
            let (price, conf) = prices[place];
            let ages = (time - previous) as f64 * speed / EMA_SECONDS;
            self.ema[place] = towards(self.ema[place], price, ages);
            *print = Print {
                price: price.round() as i64,
                conf: (price * conf).round() as u64,
                ema: self.ema[place].round() as i64,
            };
        }
        self.past.push_back(Publication {
            time,
            previous,
            number,
            prints,
        });
        while self
            .past
            .front()
            .is_some_and(|first| time - first.time > KEPT_SECONDS)
        {
            self.past.pop_front();
        }
    }

    /// Prices with their confidence as a part of them, `seconds` after the last, and how fast the tape's own
    /// time runs.
    fn prices(&mut self, time: i64, seconds: i64) -> ([(f64, f64); 4], f64) {
        if let Some(crash) = &self.crash {
            let prices = ASSETS.map(|asset| crash.price(asset, time));
            let speed = f64::from(crash.factor);
            if crash.is_over(time) {
                self.rest = prices.map(|(price, _)| price);
                self.away = [0.0; 4];
                self.crash = None;
            }
            return (prices, speed);
        }
        if let Some(moving) = &self.moving {
            self.rest[moving.place] *= (moving.pace * seconds as f64).exp();
            if time >= moving.until {
                self.moving = None;
            }
        }
        if let Some(last) = self.past.back().filter(|_| time <= self.held_until) {
            let same = |print: Print| (print.price as f64, print.conf as f64 / print.price as f64);
            return (last.prints.map(same), 1.0);
        }
        let (step, stays) = IDLE;
        for (asset, away) in ASSETS.iter().zip(&mut self.away) {
            let noise = step * normal(&mut self.random);
            *away = if *asset == Asset::Usdc {
                0.0
            } else {
                stays * *away + noise
            };
        }
        let mut prices = [(0.0, 0.0); 4];
        for (place, price) in prices.iter_mut().enumerate() {
            *price = (
                self.rest[place] * self.away[place].exp(),
                calm(ASSETS[place]),
            );
        }
        (prices, 1.0)
    }
}

fn calm(asset: Asset) -> f64 {
    if asset == Asset::Usdc {
        CONFIDENCE.1
    } else {
        CONFIDENCE.0
    }
}

impl Crash {
    /// The point that is played at a second.
    fn place(&self, time: i64) -> usize {
        let begun = self.replay.times.first().copied().unwrap_or_default();
        let reached = (time - self.since).saturating_mul(i64::from(self.factor));
        let after = self
            .replay
            .times
            .partition_point(|each| each - begun <= reached);
        after.saturating_sub(1)
    }

    fn is_over(&self, time: i64) -> bool {
        self.place(time).saturating_add(1) >= self.replay.times.len()
    }

    fn price(&self, asset: Asset, time: i64) -> (f64, f64) {
        let from = ASSETS
            .iter()
            .zip(self.from)
            .find(|(each, _)| **each == asset);
        let from = from.map_or(PRICE_SCALE as f64, |(_, price)| price);
        let points = self.replay.asset(asset).map(|path| &path.points);
        let first = points.and_then(|points| points.first());
        let point = points.and_then(|points| points.get(self.place(time)));
        match first.zip(point) {
            Some((first, point)) => (
                from * point.price as f64 / first.price as f64,
                point.conf as f64 / point.price as f64,
            ),
            None => (from, calm(asset)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#[path = "tape_tests.rs"]
mod tests;
