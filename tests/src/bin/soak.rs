//! Walks at random for as long as it is told to, and says what it has been through.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use plimsoll_tests::walk::draw::steps_of;
use plimsoll_tests::walk::tally::Tally;
use plimsoll_tests::walk::{story, Stage, STEPS};

/// Walks at random through every instruction and holds each transaction against the invariants.
#[derive(Parser)]
#[command(name = "cargo xtask soak", bin_name = "cargo xtask soak")]
struct Arguments {
    /// How long.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// The first seed; the others follow it.
    #[arg(long, default_value_t = 1_000)]
    seed: u64,
    /// At most so many seeds.
    #[arg(long, default_value_t = u64::MAX)]
    seeds: u64,
    /// Steps of each seed.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (started, end) = (
        Instant::now(),
        Duration::from_secs_f64(60.0 * arguments.minutes),
    );
    let mut all = Tally::default();
    let mut told = Duration::ZERO;
    let mut violations = 0;
    let seeds = (arguments.seed..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX));
    for seed in seeds {
        let stage = Stage::of(seed);
        let steps = steps_of(seed, arguments.steps);
        let ended = stage.walk(&steps);
        all.add(&ended.tally);
        all.seeds += 1;
        if ended.violation.is_some() {
            violations += 1;
            println!("\n{}", story(&stage, seed, &steps, &ended));
        }
        let elapsed = started.elapsed();
        if elapsed - told > Duration::from_secs(10) || std::io::stderr().is_terminal() {
            told = elapsed;
            progress(&all, elapsed, violations);
        }
        if elapsed >= end {
            break;
        }
    }
    eprintln!();
    println!("{}", all.table());
    println!(
        "{:.0} s; {violations} violations",
        started.elapsed().as_secs_f64()
    );
    if violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn progress(all: &Tally, elapsed: Duration, violations: u64) {
    let end = if std::io::stderr().is_terminal() {
        '\r'
    } else {
        '\n'
    };
    eprint!(
        "{:>6.0} s  {:>6} seeds  {:>9} steps  {:>6} liquidations  {:>5} bad debts  {:>4} deleveragings  {violations} violations{end}",
        elapsed.as_secs_f64(),
        all.seeds,
        all.steps,
        all.times("liquidations"),
        all.times("bad debts settled"),
        all.times("deleveragings"),
    );
    let _ = std::io::stderr().flush();
}
