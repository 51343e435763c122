//! Margin rules on recorded prices: walked, counted, tested, written down.

pub mod charts;
pub mod cost;
pub mod coverage;
pub mod data;
pub mod golden;
pub mod model;
pub mod parameters;
pub mod portfolio;
pub mod report;
pub mod rules;
pub mod statistics;
pub mod verdict;
pub mod walk;

use anyhow::{bail, ensure, Context, Result};
use cost::Cost;
use coverage::{Coverage, Multiples};
use data::{Panel, Series};
use golden::Figure;
use indicatif::{ProgressBar, ProgressStyle};
use parameters::{Named, Parameters};
use portfolio::PortfolioStudy;
use rules::Rule;
use std::path::PathBuf;
use walk::{Side, Walk};

const DAY_SECONDS: i64 = 86_400;
const HOUR_SECONDS: i64 = 3_600;

/// What to compare on what.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A CSV with a column of times and one of prices; one --asset for each.
    #[arg(long, required = true, value_name = "CSV")]
    data: Vec<PathBuf>,
    /// Whose prices they are.
    #[arg(long, required = true, value_name = "NAME")]
    asset: Vec<String>,
    /// Where they come from, for the report; one for each --data or none.
    #[arg(long, value_name = "TEXT")]
    source: Vec<String>,
    /// How far ahead a requirement has to reach, in hours or days; at least one bar.
    #[arg(long, default_value = "4h", value_parser = seconds)]
    horizon: i64,
    /// Parameters of an asset: floor, stress and start deviation in basis points a year.
    #[arg(long, value_name = "NAME=FLOOR,STRESS,START")]
    set: Vec<Named>,
    /// A JSON file of parameters by asset.
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Where the report is written; charts go to the folder `images` beside it.
    #[arg(long, default_value = "docs/backtest.md", value_name = "PATH")]
    report: PathBuf,
}

fn seconds(text: &str) -> Result<i64> {
    let expected = || format!("expected hours or days like 4h or 1d, got `{text}`");
    let number = |digits: &str| digits.parse::<u16>().with_context(expected);
    let seconds = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(hours), _) => i64::from(number(hours)?) * HOUR_SECONDS,
        (_, Some(days)) => i64::from(number(days)?) * DAY_SECONDS,
        _ => bail!(expected()),
    };
    ensure!(seconds > 0, expected());
    Ok(seconds)
}

/// Everything measured on one series.
pub struct Study {
    /// The prices.
    pub series: Series,
    /// What the model assumed.
    pub parameters: Parameters,
    /// What the rules asked.
    pub walk: Walk,
    /// Bars at which windows begin.
    pub starts: Vec<usize>,
    /// By rule and side.
    judged: Vec<(Rule, Side, Coverage, Cost)>,
    /// Of longs and shorts.
    pub multiples: [Multiples; 2],
    /// Known figures, if there are any for this series.
    pub golden: Vec<Figure>,
}

impl Study {
    /// Walks and judges one series.
    ///
    /// # Errors
    /// A horizon that is no whole number of bars, too few bars, what the engine refuses.
    pub fn of(
        series: Series,
        parameters: Parameters,
        horizon: i64,
        progress: &ProgressBar,
    ) -> Result<Self> {
        let horizon = horizon.max(series.interval);
        ensure!(
            horizon % series.interval == 0,
            "{}: expected a horizon of whole bars of {} s, got {horizon} s",
            series.file,
            series.interval
        );
        let horizon = usize::try_from(horizon / series.interval)?;
        let starts = coverage::windows(&series, horizon)?;
        let walk = walk::walk(&series, parameters, horizon, progress)?;
        let mut judged = Vec::new();
        for requirements in &walk.rules {
            for side in Side::BOTH {
                let (rule, asked) = (requirements.rule, requirements.of(side));
                let covered = Coverage::of(&series, &starts, horizon, (asked, side, rule.level()))?;
                judged.push((rule, side, covered, Cost::of(&series, asked)));
            }
        }
        let multiples = Side::BOTH.map(|side| Multiples::of(&series, &starts, &walk, side));
        Ok(Self {
            golden: golden::figures(&series)?,
            series,
            parameters,
            walk,
            starts,
            judged,
            multiples,
        })
    }

    fn judged(&self, rule: Rule, side: Side) -> &(Rule, Side, Coverage, Cost) {
        let at = self.judged.iter().position(|j| j.0 == rule && j.1 == side);
        // Every compared rule was judged on both sides.
        &self.judged[at.unwrap_or(0)]
    }

    /// How a rule did on one side.
    pub fn coverage(&self, rule: Rule, side: Side) -> &Coverage {
        &self.judged(rule, side).2
    }

    /// What a rule cost on one side.
    pub fn cost(&self, rule: Rule, side: Side) -> &Cost {
        &self.judged(rule, side).3
    }

    /// `1h`, `1d`: the interval in names of files.
    pub fn interval_name(&self) -> String {
        span(self.series.interval)
    }

    /// The horizon in words.
    pub fn horizon_name(&self) -> String {
        format!("{} ahead", span(self.horizon_seconds()))
    }

    /// Seconds.
    pub fn horizon_seconds(&self) -> i64 {
        self.walk.horizon as i64 * self.series.interval
    }

    /// Where the window begins in which a long lost most.
    pub fn worst_window(&self) -> usize {
        let close = |bar: usize| self.series.bars[bar].close;
        let kept = |bar: usize| close(bar + self.walk.horizon) / close(bar);
        let by_kept = |a: &&usize, b: &&usize| kept(**a).total_cmp(&kept(**b));
        self.starts.iter().min_by(by_kept).copied().unwrap_or(0)
    }

    /// Windows and exceptions of a rule where the windows begin one bar later, two bars later, and so on: how much
    /// a count owes to where it begins.
    pub fn shifted(&self, rule: Rule, side: Side) -> Vec<(usize, usize)> {
        let horizon = self.walk.horizon;
        let bars = &self.series.bars;
        let asked = self.walk.of(rule, side);
        let exceeds = |&i: &usize| side.loss(bars[i].close, bars[i + horizon].close) > asked[i];
        let count = |shift: usize| {
            let starts = walk::WARM_UP + shift..bars.len().saturating_sub(horizon);
            let starts = starts.step_by(horizon);
            (starts.len(), starts.filter(exceeds).count())
        };
        (1..horizon).map(count).collect()
    }

    /// Windows of the horizon from every bar on, overlapping: all of them, those in which the loss
    /// exceeded the target, and those in which it exceeded the rule in force.
    pub fn from_every_bar(&self, side: Side) -> [usize; 3] {
        let horizon = self.walk.horizon;
        let bars = &self.series.bars;
        let starts = walk::WARM_UP..bars.len().saturating_sub(horizon);
        let beyond = |rule| {
            let asked = self.walk.of(rule, side);
            let exceeds = |&i: &usize| side.loss(bars[i].close, bars[i + horizon].close) > asked[i];
            starts.clone().filter(exceeds).count()
        };
        [starts.len(), beyond(Rule::Target), beyond(Rule::InForce)]
    }

    /// Windows that reach over missing bars.
    pub fn broken_windows(&self) -> usize {
        let whole = |&&i: &&usize| !self.series.is_whole(i, i + self.walk.horizon);
        self.starts.iter().filter(whole).count()
    }
}

fn span(seconds: i64) -> String {
    if seconds % DAY_SECONDS == 0 {
        format!("{}d", seconds / DAY_SECONDS)
    } else if seconds % HOUR_SECONDS == 0 {
        format!("{}h", seconds / HOUR_SECONDS)
    } else {
        format!("{seconds}s")
    }
}

/// Runs a backtest and writes its report; false if an acceptance line does not hold.
///
/// # Errors
/// What could not be read, computed or written.
pub fn command(options: &Options) -> Result<bool> {
    let (files, assets) = (options.data.len(), options.asset.len());
    ensure!(
        files == assets,
        "expected one --asset for each of {files} --data, got {assets}"
    );
    let sources = options.source.len();
    ensure!(
        sources == 0 || sources == files,
        "expected one --source for each of {files} --data or none, got {sources}"
    );
    let known = parameters::Source::new(options.parameters.as_deref(), &options.set)?;
    let mut studies = Vec::new();
    for (i, (path, asset)) in options.data.iter().zip(&options.asset).enumerate() {
        let source = options.source.get(i).map_or("not stated", String::as_str);
        let series = Series::read(path, asset, source)?;
        let parameters = known.of(asset)?;
        let progress = progress(&series)?;
        studies.push(Study::of(series, parameters, options.horizon, &progress)?);
        progress.finish();
    }
    let together = together(&studies, &known, options.horizon)?;
    let mut verdicts: Vec<_> = studies.iter().flat_map(verdict::lines).collect();
    verdicts.extend(together.iter().flat_map(|t| verdict::books(&t.portfolio)));
    for line in &verdicts {
        println!("{}", line.text());
    }
    report::write(
        &options.report,
        &options.command_line(),
        &studies,
        &together,
        &verdicts,
    )?;
    println!("report: {}", options.report.display());
    Ok(verdicts.iter().all(verdict::Line::holds))
}

/// Series of one interval on their common times.
pub struct Together {
    /// Names of the assets.
    pub names: Vec<String>,
    /// The prices.
    pub panel: Panel,
    /// The portfolio model on them, if they are assets it can be asked about.
    pub portfolio: Option<PortfolioStudy>,
}

fn together(studies: &[Study], known: &parameters::Source, horizon: i64) -> Result<Vec<Together>> {
    let mut intervals: Vec<i64> = studies.iter().map(|s| s.series.interval).collect();
    intervals.sort_unstable();
    intervals.dedup();
    let mut all = Vec::new();
    for interval in intervals {
        let same = || studies.iter().filter(|s| s.series.interval == interval);
        let series: Vec<&Series> = same().map(|s| &s.series).collect();
        if series.len() > 1 {
            let names: Vec<String> = series.iter().map(|s| s.asset.clone()).collect();
            let panel = Panel::aligned(&series)?;
            all.push(Together {
                portfolio: PortfolioStudy::of(&names, &panel, known, horizon)?,
                names,
                panel,
            });
        }
    }
    Ok(all)
}

fn progress(series: &Series) -> Result<ProgressBar> {
    let style = "{msg:22} {bar:40} {pos}/{len} bars, {eta} left";
    let bar = ProgressBar::new(series.bars.len() as u64)
        .with_style(ProgressStyle::with_template(style)?)
        .with_message(series.file.clone());
    Ok(bar)
}

impl Options {
    /// As typed, with names of files in place of paths.
    fn command_line(&self) -> String {
        let name = |path: &PathBuf| {
            path.file_name()
                .map_or_else(String::new, |n| n.display().to_string())
        };
        let mut text = "cargo run -p plimsoll-risk -- backtest".to_owned();
        for (i, (path, asset)) in self.data.iter().zip(&self.asset).enumerate() {
            text.push_str(&format!(" \\\n    --data {} --asset {asset}", name(path)));
            if let Some(source) = self.source.get(i) {
                text.push_str(&format!(" --source \"{source}\""));
            }
        }
        for named in &self.set {
            text.push_str(&format!(" \\\n    --set {named}"));
        }
        if let Some(path) = &self.parameters {
            text.push_str(&format!(" \\\n    --parameters {}", name(path)));
        }
        text.push_str(&format!(" \\\n    --horizon {}", span(self.horizon)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizons_are_hours_or_days() {
        assert_eq!(seconds("4h").unwrap(), 14_400);
        assert_eq!(seconds("1d").unwrap(), 86_400);
        for wrong in ["4", "h", "0h", "-1h", "4m"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(span(86_400), "1d");
        assert_eq!(span(14_400), "4h");
    }
}
