//! Measures every instruction on the binary that is deployed: compute units, transaction size and
//! accounts, at 1, 4, 8 and 16 balances and as many positions.
//!
//! Fixed keys and a fixed clock: every run gives the same figures.

mod accounts;
mod code;
mod exchange;
mod fixture;
mod governance;
mod instructions;
mod lending;
mod model;
mod orders;
mod pool;
mod portfolio;
mod refresh;

use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use litesvm::LiteSVM;
use serde::{Deserialize, Serialize};
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fixture::{Fixture, NOW};
use instructions::{all, Case};

/// Sizes measured: balances, and as many positions.
const SIZES: [usize; 4] = [1, 4, 8, 16];
/// Bytes that a transaction may have.
const PACKET: usize = 1_232;

#[derive(Parser)]
struct Arguments {
    /// Write nothing; fail when the snapshot does not match.
    #[arg(long)]
    check: bool,
    /// Measure the instructions whose name contains this, and compare nothing.
    #[arg(long)]
    only: Option<String>,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Figure {
    /// Compute units of the instruction.
    units: u64,
    /// Bytes of the legacy transaction without compute budget instructions.
    bytes: usize,
    /// Accounts the transaction names.
    accounts: usize,
}

type Figures = BTreeMap<String, BTreeMap<usize, Figure>>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut figures = Figures::new();
    for size in SIZES {
        for case in all(size) {
            let name = case.name;
            if arguments
                .only
                .as_ref()
                .is_some_and(|part| !name.contains(part))
            {
                continue;
            }
            let figure = measure(case).with_context(|| format!("{name} at {size}"))?;
            figures
                .entry(name.to_owned())
                .or_default()
                .insert(size, figure);
        }
    }
    if arguments.only.is_some() {
        print(&figures);
        return Ok(());
    }
    print(&figures);
    within_limits(&figures)?;
    let route = std::env::var("PLIMSOLL_BUILD_ROUTE").unwrap_or_else(|_| "registry".to_owned());
    let suffix = if route == "registry" {
        String::new()
    } else {
        format!(".{route}")
    };
    let file = root().join(format!("tests/snapshots/compute_units{suffix}.json"));
    let mut text = serde_json::to_string_pretty(&figures)?;
    text.push('\n');
    if arguments.check {
        let Ok(present) = std::fs::read_to_string(&file) else {
            println!("no snapshot for the route {route}: nothing compared");
            return Ok(());
        };
        let present: Figures = serde_json::from_str(&present)?;
        ensure!(
            present == figures,
            "compute units differ from {}; run `cargo xtask bench` and explain the change in the \
             commit:\n{}",
            file.display(),
            differences(&present, &figures)
        );
        return Ok(());
    }
    std::fs::create_dir_all(root().join("tests/snapshots"))?;
    std::fs::write(&file, text)?;
    println!("{}", file.display());
    Ok(())
}

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Runs one case on a chain of its own. Units are those of its call; bytes and accounts are the
/// transaction's, without the instruction that sets the limit.
fn measure(case: Case) -> Result<Figure> {
    let mut chain = chain(&case.fixture)?;
    let payer = &case.signers[0];
    let hash = chain.latest_blockhash();
    let place = case.before.len();
    let mut instructions = case.before;
    instructions.push(case.instruction);
    instructions.extend(case.after);
    let bare = Message::new(&instructions, Some(&payer.pubkey()));
    let bytes = 1 + 64 * usize::from(bare.header.num_required_signatures) + bare.serialize().len();
    let accounts = bare.account_keys.len();
    instructions.insert(
        0,
        ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
    );
    let message = Message::new(&instructions, Some(&payer.pubkey()));
    let signers: Vec<&dyn Signer> = case.signers.iter().map(|key| key as &dyn Signer).collect();
    let transaction = Transaction::new(&signers, message, hash);
    match chain.send_transaction(transaction) {
        Ok(done) => Ok(Figure {
            units: units(&done.logs, place)?,
            bytes,
            accounts,
        }),
        Err(failed) => bail!("{:?}\n{}", failed.err, failed.meta.logs.join("\n")),
    }
}

/// Units of the program's call number `place`, from the logs: nobody else calls it.
fn units(logs: &[String], place: usize) -> Result<u64> {
    let consumed = format!("Program {} consumed ", plimsoll::ID);
    let mut calls = logs.iter().filter_map(|line| line.strip_prefix(&consumed));
    let line = calls.nth(place).context("the call is not in the logs")?;
    let number = line.split(' ').next().unwrap_or_default();
    Ok(number.parse()?)
}

fn chain(fixture: &Fixture) -> Result<LiteSVM> {
    let binary = root().join("target/deploy/plimsoll.so");
    let mut chain = LiteSVM::new();
    chain
        .add_program_from_file(plimsoll::ID, &binary)
        .with_context(|| format!("{}: run `cargo xtask build`", binary.display()))?;
    let mut clock: Clock = chain.get_sysvar();
    clock.unix_timestamp = NOW;
    clock.slot = 1_000;
    chain.set_sysvar(&clock);
    let own = [
        (fixture.book_key, fixture::zero_copy(&*fixture.book)),
        (fixture.account_key, fixture::zero_copy(&*fixture.account)),
    ];
    for (address, account) in own.iter().chain(&fixture.accounts) {
        chain
            .set_account(*address, account.clone())
            .map_err(|cause| anyhow::anyhow!("{address}: {cause:?}"))?;
    }
    Ok(chain)
}

/// The limits that are promised; see docs/architecture.md.
fn within_limits(figures: &Figures) -> Result<()> {
    let limits = [
        ("assess", 16, 30_000),
        ("assess", 8, 20_000),
        ("assess (portfolio)", 16, 50_000),
        ("assess (portfolio)", 8, 30_000),
        ("deposit", 16, 15_000),
        ("deposit (call stands)", 16, 45_000),
        ("deposit_2022", 16, 20_000),
        ("execute_order", 16, 45_000),
        ("execute_order (strained)", 16, 50_000),
        ("execute_order (stop of a pair)", 16, 50_000),
        ("liquidate", 16, 45_000),
        ("liquidate (position, collateral, debt)", 16, 60_000),
        ("liquidate (portfolio)", 8, 60_000),
        ("liquidate (portfolio)", 16, 75_000),
        ("pool_execute (deposit)", 8, 30_000),
        ("pool_execute (withdrawal)", 8, 30_000),
        ("settle", 16, 20_000),
        ("withdraw", 16, 36_000),
        ("withdraw_2022", 16, 42_000),
        ("refresh", 1, 5_000),
        ("refresh (last minutes)", 1, 5_000),
        ("refresh (staked, market)", 1, 6_500),
        ("refresh (staked, redemption)", 1, 6_500),
        ("refresh (sample, 0 pairs)", 1, 12_000),
        ("refresh (sample, 15 pairs)", 1, 12_000 + 15 * 700),
        ("refresh (sample, 31 pairs)", 1, 12_000 + 31 * 700),
    ];
    let mut missed = Vec::new();
    for (name, size, most) in limits {
        let figure = figures.get(name).and_then(|sizes| sizes.get(&size));
        let units = figure
            .with_context(|| format!("{name} was not measured"))?
            .units;
        if units > most {
            missed.push(format!(
                "{name} at {size}: {units} units, promised are {most}"
            ));
        }
    }
    ensure!(missed.is_empty(), "{}", missed.join("\n"));
    for (name, sizes) in figures {
        for (size, figure) in sizes {
            ensure!(
                figure.bytes <= PACKET,
                "{name} at {size}: {} bytes",
                figure.bytes
            );
            ensure!(
                figure.accounts <= 64,
                "{name} at {size}: {} accounts",
                figure.accounts
            );
        }
    }
    Ok(())
}

fn print(figures: &Figures) {
    println!(
        "{:34} {:>5} {:>8} {:>6} {:>9}",
        "instruction", "size", "units", "bytes", "accounts"
    );
    for (name, sizes) in figures {
        for (size, figure) in sizes {
            let Figure {
                units,
                bytes,
                accounts,
            } = figure;
            println!("{name:34} {size:>5} {units:>8} {bytes:>6} {accounts:>9}");
        }
    }
    if let Some(assess) = figures.get("assess") {
        let (one, full) = (assess[&SIZES[0]].units, assess[&SIZES[3]].units);
        println!("units per leg in assess: {}", (full - one) / 30);
    }
}

fn differences(before: &Figures, after: &Figures) -> String {
    let mut lines = Vec::new();
    for (name, sizes) in after {
        for (size, figure) in sizes {
            let old = before.get(name).and_then(|sizes| sizes.get(size));
            if old != Some(figure) {
                lines.push(format!("{name} at {size}: {old:?} -> {figure:?}"));
            }
        }
    }
    lines.join("\n")
}
