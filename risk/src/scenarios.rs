//! The default stress scenarios of F-7, as data, by the name of an asset.
//!
//! Moves in basis points of the price before, rounded away from zero: the low of the day against its
//! first price, recorded on exchanges. SOL did not trade in March 2020 and takes 1.5 times BTC. Rebounds
//! mirror the crashes at half size. In a decorrelation one group moves up by half of what it moves in 24
//! hours at 99%, the others down by half of theirs. The depegs of the default set move none of these
//! assets. A program's own scenarios stand in its book, and everything that reads a book uses those.

/// Assets of the columns.
pub const ASSETS: [&str; 3] = ["BTC", "ETH", "SOL"];

const CRASHES: [[i16; 3]; 5] = [
    // 2020-03-12
    [-5_276, -5_409, -7_914],
    // 2021-05-19
    [-2_982, -5_613, -5_046],
    // 2022-11-08
    [-2_177, -2_808, -5_698],
    // 2024-08-05
    [-1_547, -2_100, -1_853],
    // 2025-10-10
    [-1_684, -2_373, -2_369],
];

const DECORRELATIONS: [[i16; 3]; 3] = [
    // BTC and ETH up
    [790, 990, -1_040],
    // SOL up
    [-680, -830, 1_320],
    // everything else up
    [-680, -830, -1_040],
];

/// Moves of `asset` in every scenario; none for an asset without figures.
pub fn moves_of(asset: &str) -> Option<Vec<i16>> {
    let column = ASSETS.iter().position(|name| *name == asset)?;
    let crashes = CRASHES.iter().map(|row| row[column]);
    let rebounds = CRASHES.iter().map(|row| -row[column] / 2);
    let apart = DECORRELATIONS.iter().map(|row| row[column]);
    Some(crashes.chain(rebounds).chain(apart).collect())
}
