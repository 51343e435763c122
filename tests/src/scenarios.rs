//! The default stress scenarios (F-7), as data.
//!
//! Moves in basis points of the price before, rounded away from zero. Columns are the slots of the
//! default assets; slot 4 is for a liquid-staking token of SOL where a world lists one, and moves as
//! SOL does.
//!
//! | rows | from |
//! |---|---|
//! | crashes | the low of the day against its first price, recorded on exchanges; SOL did not trade in March 2020 and takes 1.5 times BTC |
//! | rebounds | their mirror at half size |
//! | decorrelations | one group up by half of what it moves in 24 hours at 99%, the others down by half of theirs; from the median rates: BTC −13.6% and +15.8%, ETH −16.5% and +19.8%, SOL −20.8% and +26.3%. Groups: BTC and ETH; SOL and its staking token; the rest, of which the default assets have none |
//! | depegs | the quote token alone; the staking token alone |

/// Slot of a liquid-staking token in worlds that list one.
pub const STAKED_SOL: u8 = 4;

/// Moves of USDC, SOL, BTC, ETH and the staking token.
type Moves = [i16; 5];

/// Five crashes, the low against the first price.
const CRASHES: [(&str, Moves); 5] = [
    // 7,666 to 3,622; 183.4 to 84.2.
    ("2020-03-12", [0, -7_914, -5_276, -5_409, -7_914]),
    // 53.49 to 26.50; 40,876 to 28,688; 3,193 to 1,401.
    ("2021-05-19", [0, -5_046, -2_982, -5_613, -5_046]),
    // 28.75 to 12.37; 19,766 to 15,463; 1,489 to 1,071.
    ("2022-11-08", [0, -5_698, -2_177, -2_808, -5_698]),
    // 135.01 to 110.0; 58,110 to 49,121; 2,686 to 2,122.
    ("2024-08-05", [0, -1_853, -1_547, -2_100, -1_853]),
    // 221.2 to 168.8; 121,496 to 101,046; 4,342 to 3,312.
    ("2025-10-10", [0, -2_369, -1_684, -2_373, -2_369]),
];

const DECORRELATIONS: [(&str, Moves); 3] = [
    ("BTC and ETH up", [0, -1_040, 790, 990, -1_040]),
    ("SOL up", [0, 1_320, -680, -830, 1_320]),
    ("the rest up", [0, -1_040, -680, -830, -1_040]),
];

const DEPEGS: [(&str, Moves); 2] = [
    ("the quote token breaks its peg", [-800, 0, 0, 0, 0]),
    ("the staking token breaks its peg", [0, 0, 0, 0, -1_000]),
];

/// Every default scenario: crashes, rebounds, decorrelations, depegs.
pub fn defaults() -> Vec<Vec<i16>> {
    let rebound = |moves: Moves| moves.map(|each| -each / 2);
    let crashes = CRASHES.map(|(_, moves)| moves);
    let rebounds = crashes.map(rebound);
    crashes
        .into_iter()
        .chain(rebounds)
        .chain(DECORRELATIONS.map(|(_, moves)| moves))
        .chain(DEPEGS.map(|(_, moves)| moves))
        .map(|moves| moves.to_vec())
        .collect()
}
