//! Five crashes as figures: the low and the last price of every step.
//!
//! BTC and ETH are perpetual prices, SOL is spot; all are exchange prices in
//! USD. Where an asset has no recorded steps in a crash, its figures are
//! derived from one that has, and [`Provenance::Synthetic`] says how.

use anyhow::{bail, Result};
use serde::Serialize;

/// Units of a price in one USD: prices are integers of 1e-8 USD.
pub const PRICE_SCALE: i64 = 100_000_000;

/// Names accepted by [`find`], oldest first.
pub const NAMES: [&str; 5] = [
    "2020-03-12",
    "2021-05-19",
    "2022-11-08",
    "2024-08-05",
    "2025-10-10",
];

/// SOL's log return in the crash of 2020 as a multiple of BTC's.
const SOL_BETA_2020: f64 = 1.5;

/// SOL's first price in 2020, in USD. Nothing was traded yet; a round figure
/// nobody mistakes for a quote, of a size that suits the other crashes' orders.
const SOL_START_2020: f64 = 20.0;

/// An asset the demonstration lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Asset {
    /// Solana's own token.
    Sol,
    /// Bitcoin.
    Btc,
    /// Ether.
    Eth,
    /// The quote token.
    Usdc,
}

impl Asset {
    /// The ticker, in capitals.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Sol => "SOL",
            Self::Btc => "BTC",
            Self::Eth => "ETH",
            Self::Usdc => "USDC",
        }
    }
}

/// Where the step figures of a series come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Low and last of every step were printed by an exchange.
    Recorded,
    /// Derived; the sentence says from what and how.
    Synthetic(&'static str),
}

/// What a step must touch and where it ends, both in 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Lowest price inside the step.
    pub low: i64,
    /// Price at the end of the step.
    pub last: i64,
}

/// One asset through one crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Whose prices these are.
    pub asset: Asset,
    /// Recorded or derived.
    pub provenance: Provenance,
    /// Price before the first step, in 1e-8 USD.
    pub start: i64,
    /// One entry per step, in order of time.
    pub steps: Vec<Figures>,
}

/// A crash: series of equal length on one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Name, one of [`NAMES`].
    pub name: &'static str,
    /// A few words for a heading.
    pub title: &'static str,
    /// Start of the first step, unix seconds UTC.
    pub start_time: i64,
    /// Length of every step in seconds.
    pub step_seconds: i64,
    /// SOL, BTC and ETH, in this order. The quote token has no figures.
    pub series: Vec<Series>,
}

/// The crash of that name.
///
/// # Errors
/// When the name is not one of [`NAMES`].
pub fn find(name: &str) -> Result<Crash> {
    Ok(match name {
        "2020-03-12" => crash_2020(),
        "2021-05-19" => crash_2021(),
        "2022-11-08" => crash_2022(),
        "2024-08-05" => crash_2024(),
        "2025-10-10" => crash_2025(),
        other => bail!("no crash is named {other}; known are {}", NAMES.join(", ")),
    })
}

fn crash_2020() -> Crash {
    let btc = recorded(Asset::Btc, 7_666.0, &STEPS_2020, 0);
    let eth = recorded(Asset::Eth, 183.4, &STEPS_2020, 2);
    let sol = follow_beta(&btc);
    Crash {
        name: "2020-03-12",
        title: "The pandemic sell-off",
        start_time: 1_583_985_600, // 2020-03-12 04:00
        step_seconds: 7_200,
        series: vec![sol, btc, eth],
    }
}

fn crash_2021() -> Crash {
    Crash {
        name: "2021-05-19",
        title: "The deleveraging of May 2021",
        start_time: 1_621_389_600, // 2021-05-19 02:00
        step_seconds: 7_200,
        series: three([40_876.0, 3_193.0, 53.49], &STEPS_2021),
    }
}

fn crash_2022() -> Crash {
    Crash {
        name: "2022-11-08",
        title: "The fall of FTX",
        start_time: 1_667_901_600, // 2022-11-08 10:00
        step_seconds: 10_800,
        series: three([19_766.0, 1_489.0, 28.75], &STEPS_2022),
    }
}

fn crash_2024() -> Crash {
    let sol = recorded(Asset::Sol, 135.01, &STEPS_2024, 0);
    let btc = follow_day(&sol, Asset::Btc, [58_110.0, 49_121.0, 53_991.0]);
    let eth = follow_day(&sol, Asset::Eth, [2_686.0, 2_122.0, 2_417.0]);
    Crash {
        name: "2024-08-05",
        title: "The unwinding of August 2024",
        start_time: 1_722_794_400, // 2024-08-04 18:00
        step_seconds: 7_200,
        series: vec![sol, btc, eth],
    }
}

fn crash_2025() -> Crash {
    Crash {
        name: "2025-10-10",
        title: "The liquidation cascade of October 2025",
        start_time: 1_760_097_600, // 2025-10-10 12:00
        step_seconds: 3_600,
        series: three([121_496.0, 4_342.0, 221.2], &STEPS_2025),
    }
}

/// The three series of a table whose columns are BTC, ETH and SOL.
fn three(start: [f64; 3], steps: &[[f64; 6]]) -> Vec<Series> {
    let [btc, eth, sol] = start;
    vec![
        recorded(Asset::Sol, sol, steps, 4),
        recorded(Asset::Btc, btc, steps, 0),
        recorded(Asset::Eth, eth, steps, 2),
    ]
}

/// The series whose low stands in `column` of the table and its last after it.
fn recorded<const N: usize>(asset: Asset, start: f64, steps: &[[f64; N]], column: usize) -> Series {
    Series {
        asset,
        provenance: Provenance::Recorded,
        start: cents(start),
        steps: steps
            .iter()
            .map(|row| Figures {
                low: cents(row[column]),
                last: cents(row[column + 1]),
            })
            .collect(),
    }
}

/// SOL in 2020: BTC's log return times [`SOL_BETA_2020`].
fn follow_beta(btc: &Series) -> Series {
    let start = btc.start;
    let map = |price: i64| cents(SOL_START_2020 * ratio(price, start).powf(SOL_BETA_2020));
    Series {
        asset: Asset::Sol,
        provenance: Provenance::Synthetic(
            "SOL was not traded yet: it starts at 20 USD and moves by 1.5 times BTC's log return",
        ),
        start: map(start),
        steps: btc
            .steps
            .iter()
            .map(|step| Figures {
                low: map(step.low),
                last: map(step.last),
            })
            .collect(),
    }
}

/// An asset of which only a day's first, low and last price are known: SOL's
/// log moves, scaled by one factor down to SOL's low and by another after it,
/// so that the three prices are met. The day begins where SOL's third step
/// ends; its last price is put at the end of the replay, four hours early.
fn follow_day(sol: &Series, asset: Asset, day: [f64; 3]) -> Series {
    const STEPS_BEFORE_THE_DAY: usize = 3;
    let [first, low, last] = day;
    let bottom = sol.steps.iter().map(|s| s.low).min().unwrap_or(sol.start);
    let turn = sol
        .steps
        .iter()
        .position(|s| s.low == bottom)
        .unwrap_or_default();
    let opening = sol.steps[STEPS_BEFORE_THE_DAY - 1].last;
    let closing = sol.steps.last().map_or(sol.start, |s| s.last);
    let down = (low / first).ln() / ratio(bottom, opening).ln();
    let up = (last / low).ln() / ratio(closing, bottom).ln();
    let before = |price: i64| cents(low * ratio(price, bottom).powf(down));
    let after = |price: i64| cents(low * ratio(price, bottom).powf(up));
    let steps = sol.steps.iter().enumerate().map(|(i, step)| Figures {
        low: if i <= turn {
            before(step.low)
        } else {
            after(step.low)
        },
        last: if i < turn {
            before(step.last)
        } else {
            after(step.last)
        },
    });
    Series {
        asset,
        provenance: Provenance::Synthetic(
            "only the day's first, low and last price are recorded: SOL's moves, scaled to meet them",
        ),
        start: before(sol.start),
        steps: steps.collect(),
    }
}

/// `price` over `base`, for the derivations above.
fn ratio(price: i64, base: i64) -> f64 {
    price as f64 / base as f64
}

/// USD to 1e-8 USD by way of whole cents, so that every figure is exact.
fn cents(usd: f64) -> i64 {
    (usd * 100.0).round() as i64 * (PRICE_SCALE / 100)
}

/// Two hours each. Columns: BTC low, last; ETH low, last.
const STEPS_2020: [[f64; 4]; 14] = [
    [7_569.0, 7_651.0, 180.0, 182.1], // 04:00
    [7_340.0, 7_398.0, 168.0, 171.9], // 06:00
    [7_308.0, 7_358.0, 166.7, 168.2], // 08:00
    [5_199.0, 6_038.0, 118.3, 136.9], // 10:00
    [5_711.0, 5_989.0, 126.3, 135.0], // 12:00
    [5_903.0, 6_122.0, 133.8, 141.1], // 14:00
    [5_938.0, 6_112.0, 134.1, 142.0], // 16:00
    [5_964.0, 6_035.0, 137.0, 138.4], // 18:00
    [5_561.0, 5_819.0, 125.1, 131.2], // 20:00
    [4_347.0, 4_765.0, 95.0, 106.7],  // 22:00
    [3_950.0, 4_063.0, 94.2, 95.7],   // 00:00
    [3_622.0, 5_155.0, 84.2, 124.6],  // 02:00
    [4_521.0, 4_897.0, 105.7, 116.7], // 04:00
    [4_755.0, 5_374.0, 114.3, 127.2], // 06:00
];

/// Two hours each. Columns: BTC low, last; ETH low, last; SOL low, last.
const STEPS_2021: [[f64; 6]; 12] = [
    [40_128.0, 40_635.0, 3_060.0, 3_103.0, 50.93, 51.97], // 02:00
    [38_645.0, 39_270.0, 2_861.0, 2_932.0, 44.0, 49.88],  // 04:00
    [38_500.0, 40_373.0, 2_857.0, 2_985.0, 47.67, 50.86], // 06:00
    [39_880.0, 40_360.0, 2_920.0, 2_975.0, 46.77, 48.1],  // 08:00
    [36_100.0, 38_709.0, 2_432.0, 2_724.0, 38.6, 43.97],  // 10:00
    [28_688.0, 35_650.0, 1_401.0, 2_485.0, 26.5, 41.14],  // 12:00
    [32_620.0, 37_305.0, 2_286.0, 2_751.0, 34.34, 46.32], // 14:00
    [36_081.0, 39_373.0, 2_603.0, 2_773.0, 42.62, 43.61], // 16:00
    [37_635.0, 39_340.0, 2_558.0, 2_604.0, 40.0, 40.86],  // 18:00
    [37_000.0, 38_783.0, 2_426.0, 2_588.0, 36.2, 38.1],   // 20:00
    [36_603.0, 36_689.0, 2_430.0, 2_443.0, 34.95, 34.99], // 22:00
    [34_882.0, 36_973.0, 2_150.0, 2_341.0, 32.0, 34.55],  // 00:00
];

/// Three hours each. Columns as in 2021.
const STEPS_2022: [[f64; 6]; 13] = [
    [19_560.0, 19_713.0, 1_467.0, 1_478.0, 27.87, 28.46], // 10:00
    [19_200.0, 19_514.0, 1_423.0, 1_462.0, 26.65, 27.72], // 13:00
    [18_333.0, 18_585.0, 1_337.0, 1_345.0, 22.9, 24.35],  // 16:00
    [16_830.0, 18_692.0, 1_195.0, 1_335.0, 19.8, 23.82],  // 19:00
    [18_316.0, 18_322.0, 1_306.0, 1_316.0, 23.15, 23.2],  // 22:00
    [17_976.0, 18_303.0, 1_282.0, 1_312.0, 21.21, 22.1],  // 01:00
    [18_163.0, 18_289.0, 1_284.0, 1_293.0, 20.01, 20.14], // 04:00
    [17_608.0, 17_755.0, 1_192.0, 1_215.0, 16.88, 17.33], // 07:00
    [17_229.0, 17_603.0, 1_133.0, 1_226.0, 16.24, 19.6],  // 10:00
    [16_884.0, 17_098.0, 1_144.0, 1_162.0, 15.73, 16.07], // 13:00
    [16_403.0, 16_587.0, 1_141.0, 1_163.0, 12.54, 14.27], // 16:00
    [15_566.0, 15_702.0, 1_101.0, 1_105.0, 12.37, 12.49], // 19:00
    [15_463.0, 16_238.0, 1_071.0, 1_143.0, 12.48, 14.85], // 22:00
];

/// Two hours each. Columns: SOL low, last.
const STEPS_2024: [[f64; 2]; 13] = [
    [134.5, 142.0], // 18:00
    [140.1, 140.4], // 20:00
    [137.4, 138.3], // 22:00
    [121.9, 131.1], // 00:00
    [125.4, 126.1], // 02:00
    [112.7, 118.5], // 04:00
    [110.0, 122.9], // 06:00
    [117.9, 120.0], // 08:00
    [110.6, 116.0], // 10:00
    [110.0, 122.6], // 12:00
    [122.6, 130.4], // 14:00
    [130.0, 134.4], // 16:00
    [126.7, 128.8], // 18:00
];

/// One hour each. Columns as in 2021.
const STEPS_2025: [[f64; 6]; 13] = [
    [121_370.0, 121_552.0, 4_333.0, 4_347.0, 220.8, 221.8], // 12:00
    [121_296.0, 121_600.0, 4_342.0, 4_353.0, 221.5, 223.4], // 13:00
    [120_371.0, 120_408.0, 4_274.0, 4_277.0, 219.7, 219.8], // 14:00
    [118_400.0, 118_963.0, 4_068.0, 4_101.0, 209.0, 210.7], // 15:00
    [118_154.0, 118_154.0, 4_083.0, 4_106.0, 210.0, 211.3], // 16:00
    [117_516.0, 117_585.0, 4_074.0, 4_091.0, 208.8, 209.7], // 17:00
    [117_150.0, 117_162.0, 4_050.0, 4_051.0, 207.5, 207.5], // 18:00
    [115_900.0, 116_606.0, 3_947.0, 3_995.0, 203.4, 205.3], // 19:00
    [112_526.0, 114_225.0, 3_841.0, 3_865.0, 193.0, 196.8], // 20:00
    [101_046.0, 113_182.0, 3_312.0, 3_911.0, 168.8, 193.4], // 21:00
    [110_389.0, 113_513.0, 3_777.0, 3_851.0, 182.3, 189.9], // 22:00
    [112_550.0, 112_732.0, 3_782.0, 3_824.0, 187.3, 188.4], // 23:00
    [111_526.0, 112_442.0, 3_798.0, 3_833.0, 184.9, 188.1], // 00:00
];
