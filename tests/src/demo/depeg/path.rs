//! How JitoSOL trades in the depeg: at what its stake pool redeems, until it breaks away.

use super::super::path::{tick, towards, AssetPath, PathPoint, EMA_SECONDS};

/// SOL that the stake pool redeems a JitoSOL for.
pub const REDEMPTION: f64 = 1.2;
/// How far below redemption it falls, and how far it stays there.
const DEPTH: (f64, f64) = (0.30, 0.15);
/// Seconds of the fall and of the recovery after it.
const FALL: i64 = 3_600;
const RECOVERY: i64 = 3 * 3_600;
/// Times as wide as SOL's: fewer trade it.
const CONF: u64 = 2;

/// When it happens, unix seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    /// Everybody arrives.
    pub opens: i64,
    /// The market leaves redemption.
    pub breaks: i64,
    /// It is at its lowest against redemption.
    pub lowest: i64,
    /// It has recovered by half and stays.
    pub recovered: i64,
}

impl Moments {
    /// Everybody arrives after a sixth of some times, and after a quarter it happens: what strikes SOL
    /// itself comes later.
    pub fn within(times: &[i64]) -> Self {
        let after = |part: usize| times.get(times.len() / part).copied().unwrap_or_default();
        let breaks = after(4);
        Self {
            opens: after(6),
            breaks,
            lowest: breaks + FALL,
            recovered: breaks + FALL + RECOVERY,
        }
    }

    /// The market's price as a part of redemption.
    pub fn part(&self, time: i64) -> f64 {
        let (deepest, last) = DEPTH;
        let done = |from: i64, to: i64| (time - from) as f64 / (to - from) as f64;
        let below = match time {
            _ if time <= self.breaks => 0.0,
            _ if time <= self.lowest => deepest * done(self.breaks, self.lowest),
            _ if time <= self.recovered => {
                deepest + (last - deepest) * done(self.lowest, self.recovered)
            }
            _ => last,
        };
        1.0 - below
    }
}

/// JitoSOL's publications beside SOL's, all of them synthetic.
pub fn beside(sol: &AssetPath, moments: &Moments) -> Vec<PathPoint> {
    let mut points: Vec<PathPoint> = Vec::with_capacity(sol.points.len());
    let scaled = |conf: u64| (conf as f64 * REDEMPTION).round() as u64 * CONF;
    for of_sol in &sol.points {
        let price = tick(of_sol.price as f64 * REDEMPTION * moments.part(of_sol.time));
        let ema_price = match points.last() {
            Some(before) => {
                let ages = (of_sol.time - before.time) as f64 / EMA_SECONDS;
                tick(towards(before.ema_price as f64, price as f64, ages))
            }
            None => price,
        };
        points.push(PathPoint {
            time: of_sol.time,
            price,
            conf: scaled(of_sol.conf),
            ema_price,
            ema_conf: scaled(of_sol.ema_conf),
            synthetic: true,
        });
    }
    points
}
