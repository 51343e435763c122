//! Steps from a seed: the same seed is the same walk, whatever the world answers.

use super::step::{Attack, Much, Step, Wish};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where the steps come from.
struct Dice(ChaCha8Rng);

/// The steps of a seed.
pub fn steps_of(seed: u64, count: usize) -> Vec<Step> {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    (0..count).map(|_| dice.step()).collect()
}

impl Dice {
    fn any(&mut self) -> u8 {
        self.0.random_range(0..240)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    fn between(&mut self, least: i32, most: i32) -> i32 {
        self.0.random_range(least..=most)
    }

    /// Between the two, every order of magnitude as likely as any other.
    fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        self.0.random_range(least.ln()..most.ln()).exp()
    }

    /// Hardly ever far.
    fn thousandths(&mut self) -> i16 {
        let size = self.magnitude(1.0, 100.0) as i16;
        if self.chance(50) {
            size
        } else {
            -size
        }
    }

    fn much(&mut self) -> Much {
        match self.between(0, 19) {
            0 => Much::Max,
            1 => Much::Atoms(self.any()),
            2..=8 => Much::Part(self.between(1, 1_050) as u16),
            _ => Much::Dollars(self.magnitude(1.0, 40_000.0) as u32),
        }
    }

    /// Of what is there, everything often.
    fn part(&mut self) -> Much {
        match self.between(0, 9) {
            0 | 1 => Much::Max,
            2 => self.much(),
            _ => Much::Part(self.between(1, 1_000) as u16),
        }
    }

    fn wish(&mut self) -> Wish {
        match self.between(0, 19) {
            0..=9 => Wish::Market(self.between(40, 105) as u16),
            10..=12 => Wish::Close,
            13..=15 => Wish::Limit(self.thousandths()),
            16 => Wish::Stop(self.thousandths()),
            17 => Wish::TakeProfit(self.thousandths()),
            _ => Wish::Pair(self.between(2, 80) as u16),
        }
    }

    fn moves(&mut self) -> Step {
        let percent = match self.between(0, 9) {
            0..=4 => self.between(-4, 4),
            5..=7 => self.between(-15, 18),
            _ => self.between(30, 60) * if self.chance(50) { 1 } else { -1 },
        };
        Step::Moves {
            slot: self.any(),
            ppm: percent * 10_000 + self.between(-9_999, 9_999),
            followed: self.chance(70),
        }
    }

    fn waits(&mut self) -> Step {
        let longest = match self.between(0, 19) {
            0 => 5.0 * 86_400.0,
            1..=3 => 8.0 * 3_600.0,
            _ => 600.0,
        };
        Step::Waits(self.magnitude(1.0, longest) as u32)
    }

    fn attack(&mut self) -> Attack {
        match self.between(0, 13) {
            0 | 1 => Attack::WrongSigner(self.any()),
            2 | 3 => Attack::WrongAccount {
                what: self.any(),
                which: self.any(),
                instead: self.any(),
            },
            4 => Attack::Replay(self.any()),
            5 => Attack::Undetermined(self.any()),
            6 => Attack::OldUpdate(self.any()),
            7 => Attack::Forged(self.any()),
            8 => Attack::Huge(self.any()),
            9 => Attack::SelfLiquidation,
            10 => Attack::LiquidatesHealthy(self.any()),
            11 => Attack::CancelsKnown(self.any()),
            12 => Attack::Sandwich,
            _ => Attack::Donates(self.much()),
        }
    }

    fn fault(&mut self) -> Step {
        // What breaks is mended more often than it breaks.
        let broken = self.chance(30);
        match self.between(0, 9) {
            0 | 1 => Step::Widens(self.any(), broken),
            2..=4 => Step::Darkens(self.any(), broken),
            5 => Step::Redeems(self.between(-200, 60) as i16),
            6 => Step::PoolAges,
            7 => Step::FreezesVault(self.any(), broken),
            8 => Step::FreezesWallet(self.any(), self.any(), broken),
            _ => Step::Drains(self.between(0, 1_000) as u16),
        }
    }

    fn crank(&mut self) -> Step {
        match self.between(0, 19) {
            0 => Step::Refreshes(self.any()),
            1 => Step::Syncs,
            2..=4 => Step::Settles(self.any()),
            5 => Step::Calls(self.any()),
            6..=11 => {
                let whole = self.chance(40);
                Step::Liquidates {
                    pick: self.any(),
                    legs: if whole { 0 } else { self.any() },
                    part: if whole {
                        1_000
                    } else {
                        self.between(50, 1_000) as u16
                    },
                    keeper: self.any(),
                }
            }
            12 | 13 => Step::SettlesBadDebt(self.any(), self.any()),
            14 | 15 => Step::Finishes(self.any()),
            16..=18 => Step::Deleverages(self.any()),
            _ => Step::Assesses(self.any()),
        }
    }

    fn trade(&mut self) -> Step {
        Step::Trades {
            who: self.any(),
            slot: self.any(),
            buys: self.chance(60),
            wish: self.wish(),
            second: self.chance(15),
            by_delegate: self.chance(10),
            at_once: self.chance(85),
            drift: self.between(-9_000, 9_000),
        }
    }

    fn owner(&mut self) -> Step {
        match self.between(0, 39) {
            0..=9 => Step::Deposits(self.any(), self.any(), self.much()),
            10..=15 => Step::Withdraws(self.any(), self.any(), self.part(), false),
            16..=22 => {
                let part = Much::Part(self.between(300, 1_020) as u16);
                let much = if self.chance(70) { part } else { self.much() };
                Step::Withdraws(self.any(), self.any(), much, true)
            }
            23..=25 => Step::Transfers(self.any(), self.chance(60), self.part()),
            26 | 27 => Step::Chooses(self.any(), self.chance(50), self.any()),
            28..=30 => Step::Lends(self.any(), self.any(), self.chance(65)),
            31 | 32 => Step::Names(self.any(), self.magnitude(1.0, 100_000.0) as u32),
            33 => Step::Opens(self.any()),
            34 => Step::Closes(self.any()),
            _ => Step::Swaps {
                who: self.any(),
                pays: self.any(),
                receives: self.any(),
                much: self.much(),
                worse: self.between(0, 30) as u16,
            },
        }
    }

    fn govern(&mut self) -> Step {
        match self.between(0, 9) {
            0..=2 => Step::Announces(self.any(), self.any(), self.between(300, 1_500) as u16),
            3..=6 => Step::Applies(self.any(), self.chance(60)),
            7 => Step::Revokes(self.any(), self.chance(50)),
            8 => Step::Tightens(self.any(), self.any(), self.between(500, 1_000) as u16),
            _ => Step::Collects(self.any()),
        }
    }

    fn step(&mut self) -> Step {
        match self.between(0, 99) {
            0..=14 => self.moves(),
            15..=18 => self.waits(),
            19..=21 => self.fault(),
            22..=25 => Step::Keeps,
            26..=47 => self.trade(),
            48..=64 => self.owner(),
            65..=67 => Step::Executes(self.any()),
            68 | 69 => Step::Cancels(self.any(), self.chance(50)),
            70..=72 => Step::Asks(self.any(), self.chance(60), self.much()),
            73 | 74 => Step::Ends(self.any(), self.chance(85)),
            75 => Step::Insures(self.much()),
            76 | 77 => Step::BearsAnything,
            78..=91 => self.crank(),
            92 | 93 => self.govern(),
            _ => Step::Attacks(self.any(), self.attack()),
        }
    }
}
