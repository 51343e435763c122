//! What the book sees before a crash: four calm weeks of invented hours.
//!
//! Rates and correlations are measured on chain from hourly samples, and a
//! pair of assets needs 168 of them before a hedge counts; a covariance starts
//! at zero and has come nine tenths of its way after four weeks. The crash tables
//! begin with the crash, so the hours before are synthetic: a random walk
//! whose deviations are those the assets are listed with, whose correlations
//! are those measured on recorded prices, and which ends at the first prices
//! of the crash. The same seed gives the same walk.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::crash::{Asset, Crash};
use super::path::{normal, tick};

/// Hours between the first and the last invented price.
pub const HOURS: usize = 672;
/// Correlations of hourly returns: BTC with ETH, BTC with SOL, ETH with SOL.
pub const CORRELATIONS: [f64; 3] = [0.85, 0.61, 0.66];

const HOURS_A_YEAR: f64 = 8_760.0;
/// Keeps these draws apart from those of the path, which has the same seed.
const STREAM: u64 = 1;

/// The prices of one hour, 1e-8 USD, one for each series of the crash.
pub type Hour = Vec<(Asset, i64)>;

/// [`HOURS`] + 1 prices of each asset in order of time, the last being the
/// crash's first. `yearly` is an asset's deviation in a year, 1 being 100%.
pub fn calm(crash: &Crash, seed: u64, yearly: impl Fn(Asset) -> f64) -> Vec<Hour> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    // Backwards from the crash, so that the walk ends where it has to.
    let mut logs = vec![0.0; crash.series.len()];
    let mut hours = vec![hour(crash, &logs)];
    for _ in 0..HOURS {
        let draws = correlated([(); 3].map(|()| normal(&mut random)));
        for (log, series) in logs.iter_mut().zip(&crash.series) {
            let deviation = yearly(series.asset) / HOURS_A_YEAR.sqrt();
            *log -= deviation * draws[place(series.asset)];
        }
        hours.push(hour(crash, &logs));
    }
    hours.reverse();
    hours
}

/// One sentence for the foot of the page.
pub fn note(seed: u64) -> String {
    let [btc_eth, btc_sol, eth_sol] = CORRELATIONS;
    format!(
        "The {HOURS} hours before the crash, from which the program measured its first rates, are \
         synthetic: a calm random walk from seed {seed} with correlations of {btc_eth} (BTC and \
         ETH), {btc_sol} (BTC and SOL) and {eth_sol} (ETH and SOL) that ends at the crash's first \
         prices."
    )
}

fn hour(crash: &Crash, logs: &[f64]) -> Hour {
    let series = crash.series.iter().zip(logs);
    series
        .map(|(series, log)| match log {
            0.0 => (series.asset, series.start),
            log => (series.asset, tick(series.start as f64 * log.exp())),
        })
        .collect()
}

/// Place in [`correlated`]'s draws.
fn place(asset: Asset) -> usize {
    match asset {
        Asset::Btc | Asset::Usdc => 0,
        Asset::Eth => 1,
        Asset::Sol => 2,
    }
}

/// Independent draws made those of BTC, ETH and SOL by the triangular root of
/// the matrix of [`CORRELATIONS`].
fn correlated([btc, eth, sol]: [f64; 3]) -> [f64; 3] {
    let [btc_eth, btc_sol, eth_sol] = CORRELATIONS;
    let eth_own = (1.0 - btc_eth * btc_eth).sqrt();
    let sol_eth = (eth_sol - btc_eth * btc_sol) / eth_own;
    let sol_own = (1.0 - btc_sol * btc_sol - sol_eth * sol_eth).sqrt();
    [
        btc,
        btc_eth * btc + eth_own * eth,
        btc_sol * btc + sol_eth * eth + sol_own * sol,
    ]
}
