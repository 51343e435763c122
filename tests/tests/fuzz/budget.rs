//! How long to look, and from where.

use std::time::{Duration, Instant};

/// Rounds of a run: a number of them, or as many as fit into a time.
pub struct Budget {
    /// Where the dice begin.
    pub seed: u64,
    /// The first round.
    pub first: u64,
    rounds: u64,
    until: Option<Instant>,
}

impl Budget {
    /// `rounds`, unless `SOAK_MINUTES` says how long; the seed is `SOAK_SEED` or 1, the first round
    /// `SOAK_ROUND` or 0.
    pub fn of(rounds: u64) -> Self {
        let minutes = number("SOAK_MINUTES");
        Self {
            seed: number("SOAK_SEED").unwrap_or(1),
            first: number("SOAK_ROUND").unwrap_or(0),
            rounds,
            until: minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes)),
        }
    }

    /// Whether there is a round of this number.
    pub fn has(&self, round: u64) -> bool {
        self.until
            .map_or(round < self.first + self.rounds, |until| {
                Instant::now() < until
            })
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("expected a whole number in {name}, found {text}")))
}
