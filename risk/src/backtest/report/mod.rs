//! The report: Markdown with tables, and its charts beside it.

mod peers;
mod portfolio;
mod tables;

use super::charts;
use super::data::day;
use super::rules::Rule;
use super::verdict::Line;
use super::walk::{Side, WARM_UP};
use super::{Study, Together, HOUR_SECONDS};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use tables::{grouped, percent};

/// Writes the report to `path` and the charts into `images` beside it.
///
/// # Errors
/// What could not be drawn or written.
pub fn write(
    path: &Path,
    command: &str,
    studies: &[Study],
    together: &[Together],
    verdicts: &[Line],
) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let images = folder.join("images");
    fs::create_dir_all(&images).with_context(|| format!("cannot make {}", images.display()))?;
    let mut text = opening(command, verdicts);
    text.push_str(&overview(studies));
    text.push_str(&common(together));
    text.push_str(&peers::table(studies));
    for one in together {
        if let Some(study) = &one.portfolio {
            let name = portfolio::image_name(study);
            for (kind, svg) in [
                ("benefit", charts::benefit(study)?),
                ("history", charts::benefit_history(study)?),
            ] {
                save(&images.join(format!("{name}-{kind}.svg")), &svg)?;
            }
            text.push_str(&portfolio::section(study));
        }
    }
    for study in studies {
        let name = image_name(study);
        for (kind, svg) in [
            ("history", charts::history(study)?),
            ("crash", charts::crash(study)?),
            ("rules", charts::rules(study)?),
        ] {
            save(&images.join(format!("{name}-{kind}.svg")), &svg)?;
        }
        text.push_str(&section(study)?);
    }
    text.push_str(METHOD);
    save(path, &text)
}

fn save(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn image_name(study: &Study) -> String {
    let asset = study.series.asset.to_lowercase();
    format!("backtest-{asset}-{}", study.interval_name())
}

fn opening(command: &str, verdicts: &[Line]) -> String {
    let mut text = format!(
        "# Backtest of the margin rates\n\n\
         Generated; do not edit. Prices are recorded ones and not part of the project; times are UTC.\n\n\
         ```\n{command}\n```\n\n\
         How often was the move after a requirement larger than it, what did the requirement cost, and \
         how fast did it rise? The rule in force is F-2 and F-3 behind the ramp of F-4; the others are \
         there to be compared with. Every rate but those of historical simulation comes from the \
         engine.\n\n## What has to hold\n\n| | claim |\n| --- | --- |\n"
    );
    for line in verdicts {
        let note = if line.required { "" } else { "; not required" };
        text.push_str(&format!("| **{}** | {}{note} |\n", line.word(), line.claim));
    }
    text.push('\n');
    text
}

fn overview(studies: &[Study]) -> String {
    let mut text = "## Data\n\n\
        | asset | file | source | bars | from | to | gaps | horizon | windows | over a gap |\n\
        | --- | --- | --- | ---: | --- | --- | --- | --- | ---: | ---: |\n"
        .to_owned();
    for study in studies {
        let series = &study.series;
        let last = series.bars.len() - 1;
        let gaps = match series.gaps.places {
            0 => "none".to_owned(),
            places => format!("{places} ({} bars)", series.gaps.bars),
        };
        text.push_str(&format!(
            "| {} {} | `{}` | {} | {} | {} | {} | {gaps} | {} | {} | {} |\n",
            series.asset,
            study.interval_name(),
            series.file,
            series.source,
            grouped(series.bars.len()),
            day(series.bars[0].begin),
            day(series.bars[last].begin),
            super::span(study.horizon_seconds()),
            grouped(study.starts.len()),
            study.broken_windows()
        ));
    }
    text.push_str(&format!(
        "\nThe first {WARM_UP} bars only warm the means up. Windows follow each other without overlap; \
         one over a gap is as many bars long as the others, and longer by the clock.\n\n\
         Floor, stress and start, deviations a year: "
    ));
    let assumed: Vec<String> = studies.iter().map(assumption).collect();
    text.push_str(&format!("{}.\n\n", assumed.join("; ")));
    text
}

fn assumption(study: &Study) -> String {
    let p = study.parameters;
    let percent = |bps: u32| f64::from(bps) / 100.0;
    format!(
        "{} {} {} / {} / {}%",
        study.series.asset,
        study.interval_name(),
        percent(p.floor),
        percent(p.stress),
        percent(p.start)
    )
}

fn common(together: &[Together]) -> String {
    let mut text = String::new();
    for Together { names, panel, .. } in together {
        if let (Some(&first), Some(&last)) = (panel.times.first(), panel.times.last()) {
            text.push_str(&format!(
                "Series of one interval share {} bars, {} to {}: {}.\n\n",
                grouped(panel.times.len()),
                day(first),
                day(last),
                names.join(", ")
            ));
        }
    }
    text
}

fn section(study: &Study) -> Result<String> {
    let series = &study.series;
    let name = image_name(study);
    let mut text = format!(
        "## {}, {} bars, {}\n\n",
        series.asset,
        study.interval_name(),
        study.horizon_name()
    );
    if series.interval != HOUR_SECONDS {
        text.push_str(&format!(
            "An exponential mean counts samples, and here a sample is a bar of {}: the half-lives are 24 \
             and 168 bars, where the program has hours, and variances are per bar. k was measured on \
             hours. The ramp has one step a bar, as large as its time allows. This tests the shape of \
             the rules over more years, not the program's rates.\n\n",
            study.interval_name()
        ));
    }
    let image = |kind: &str, alt: &str| format!("![{alt}](images/{name}-{kind}.svg)\n\n");
    text.push_str(&image("history", "Price, exceptions and requirements"));
    for side in Side::BOTH {
        text.push_str(&tables::coverage(study, side)?);
    }
    text.push_str(&tables::multiples(study));
    text.push_str(&image("rules", "Rules compared"));
    for side in Side::BOTH {
        text.push_str(&tables::cost(study, side));
    }
    text.push_str(&ramp(study));
    text.push_str(&image("crash", "The days around the largest loss"));
    text.push_str(&tables::golden(study));
    text.push_str(&tables::earlier(study));
    Ok(text)
}

/// What the ramp costs in exceptions.
fn ramp(study: &Study) -> String {
    let mut text = "### What the ramp costs\n\n".to_owned();
    for side in Side::BOTH {
        let target = study.coverage(Rule::Target, side);
        let in_force = study.coverage(Rule::InForce, side);
        let (before, after) = (target.exceptions.len(), in_force.exceptions.len());
        let extra: Vec<String> = in_force
            .exceptions
            .iter()
            .filter(|bar| !target.exceptions.contains(bar))
            .map(|&bar| super::data::utc(study.series.end(bar)))
            .collect();
        let spared = target
            .exceptions
            .iter()
            .filter(|bar| !in_force.exceptions.contains(bar))
            .count();
        text.push_str(&format!(
            "- {}: {after} exceptions in force less {before} of the target: **{:+}** of {} windows \
             ({}).",
            side.name(),
            after as i64 - before as i64,
            grouped(in_force.windows),
            percent((after as f64 - before as f64) / in_force.windows as f64)
        ));
        if !extra.is_empty() {
            text.push_str(&format!(" Only in force: {}.", extra.join(", ")));
        }
        if spared > 0 {
            text.push_str(&format!(
                " {spared} of the target's are none in force, which falls more slowly too."
            ));
        }
        text.push_str(&behind(study, side));
        if study.walk.horizon > 1 {
            let [windows, target, in_force] = study.from_every_bar(side);
            text.push_str(&format!(
                " With a window from every bar, overlapping: {} in force, {} of the target, of {}.",
                grouped(in_force),
                grouped(target),
                grouped(windows)
            ));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

/// How much and how often the rule in force is below its target.
fn behind(study: &Study, side: Side) -> String {
    let asked = |rule| study.walk.of(rule, side).iter().skip(WARM_UP);
    let (mut bars, mut most, mut all) = (0usize, 1.0f64, 0usize);
    for (target, in_force) in asked(Rule::Target).zip(asked(Rule::InForce)) {
        all += 1;
        if in_force < target {
            bars += 1;
            most = most.max(target / in_force);
        }
    }
    match bars {
        0 => " The ramp never held a rise back.".to_owned(),
        _ => format!(
            " The ramp was behind a rise, be it by one bar, after {} of {} bars ({}), the target being \
             at most {most:.2} times what was in force.",
            grouped(bars),
            grouped(all),
            percent(bars as f64 / all as f64)
        ),
    }
}

const METHOD: &str = "## How to read it

- **Rules.** *EWMA*: the fast mean alone, half-life 24 samples, k = 3.1 for 99% and the normal
  1.645 for 95%, where tails are not fat yet: in proportion to 3.1 it would be 2.19, and exceeded by 2%.
  *max(fast, slow, floor)*: with a half-life of 168 samples and the floor.
  *Blended target*: 0.75 of the larger mean and 0.25 of stress, at least the floor; initial margin follows it at once.
  *In force*: the target behind the ramp, at most a factor of 1.5 a day up and 0.9 down; what maintenance is. The step
  is the program's own: the ramp moves to the target as it was known before this bar, then the bar sets a new one, so
  that in force is one bar behind in following a rise. *History*: what 1% (5%) of the last 500 returns over the horizon
  exceeded, fewer in the beginning. *Fixed*: a rate like those of other exchanges. Rates of the target and in force are
  kept between 0.5% and 60% for longs, 1% and 120% for shorts.
- **Requirement**: after a bar, for one unit of value, at the horizon. Longs lose 1 − P'/P, shorts P'/P − 1. A loss equal
  to the requirement is no exception.
- **LR**: likelihood ratios, with p in parentheses. Kupiec: as many exceptions as the level says (χ², one degree;
  rejected at 5% from 3.841). Independence (Christoffersen): an exception as likely after one as after none. Both: two
  degrees, rejected from 5.991. They are two-sided. A value at risk has to pass Kupiec. The target and the rule in
  force are meant to be exceeded more rarely than in 1% and are rejected for it: what counts there is that the
  exceptions are at most 1%.
- **Zone**: the traffic light of Basel for any number of windows: yellow where so many exceptions or fewer have a
  probability of 95%, red from 99.99%.
- **Shortfall**: mean loss in the windows beyond the requirement; beside it the mean of loss over requirement.
- **Growth**: the requirement over the least one in the day (five days) before. *Peak/trough*: largest over smallest.
";
