//! Replays a recorded crash against the program on an embedded chain, and tells what happened: a
//! table in the terminal and a page to look at.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{ensure, Context, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use plimsoll_tests::demo::crash;
use plimsoll_tests::demo::depeg;
use plimsoll_tests::demo::driver::Run;
use plimsoll_tests::demo::report::render_html;
use plimsoll_tests::demo::table::render_table;
use plimsoll_tests::demo::traders::traders;

/// Replays a recorded crash against the program.
#[derive(Parser)]
#[command(name = "cargo xtask demo", bin_name = "cargo xtask demo")]
struct Arguments {
    /// 2020-03-12, 2021-05-19, 2022-11-08, 2024-08-05 or 2025-10-10.
    #[arg(long, default_value = "2021-05-19")]
    crash: String,
    /// How many traders.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=500))]
    traders: u32,
    /// The same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Publications per recorded step.
    #[arg(long, default_value_t = 12)]
    substeps: u32,
    /// Leaves out the depeg: spot traders on credit, a staking token off its peg, insurance drained.
    #[arg(long)]
    no_depeg: bool,
    /// Where the page goes; target/demo/<crash>.html if not given.
    #[arg(long)]
    report: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let crash = crash::find(&arguments.crash)?;
    let traders = traders(arguments.traders, arguments.seed);
    println!(
        "{}: {} traders and three compared accounts, seed {}",
        crash.title, arguments.traders, arguments.seed
    );

    let mut run = Run::prepare(&crash, traders, arguments.substeps, arguments.seed)?;
    run.open()?;
    println!(
        "opened in {:.1} s; replaying",
        started.elapsed().as_secs_f32()
    );
    let bar = ProgressBar::new(run.points() as u64);
    let style = "  {bar:40} {pos}/{len} publications, {msg} [{elapsed}, {eta} left]";
    bar.set_style(ProgressStyle::with_template(style)?);
    for point in 0..run.points() {
        run.step(point)?;
        let (calls, closed) = (run.record.margin_calls.len(), run.record.liquidations.len());
        bar.set_message(format!("{calls} margin calls, {closed} liquidations"));
        bar.inc(1);
    }
    bar.finish();
    let mut record = run.finish()?;
    if !arguments.no_depeg {
        record.depeg = Some(depeg::replay(&crash, arguments.substeps, arguments.seed)?);
    }

    println!("{}", render_table(&record));
    let report = arguments.report.unwrap_or_else(|| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/demo");
        PathBuf::from(root).join(format!("{}.html", crash.name))
    });
    if let Some(folder) = report.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&report, render_html(&record)?)
        .with_context(|| format!("cannot write {}", report.display()))?;
    let report = report.canonicalize()?;
    println!(
        "report: {} ({:.1} s in all)",
        report.display(),
        started.elapsed().as_secs_f32()
    );
    ensure!(record.conservation.holds(), "conservation does not hold");
    let depeg = record.depeg.as_ref();
    ensure!(
        depeg.is_none_or(|depeg| depeg.holds()),
        "a loan's loss went where it does not belong"
    );
    Ok(())
}
