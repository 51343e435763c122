//! What a backtest has to show, line by line.

use super::cost::ramp_broken_at;
use super::data::utc;
use super::portfolio::{PortfolioStudy, Variant};
use super::rules::Rule;
use super::statistics::CRITICAL_ONE;
use super::walk::Side;
use super::{Study, HOUR_SECONDS};

/// Most windows that may exceed the rule in force.
const MOST_EXCEPTIONS: f64 = 0.01;

/// One line.
pub struct Line {
    /// What is claimed, of what, with the figures.
    pub claim: String,
    /// Whether the figures bear it out.
    pub true_here: bool,
    /// Whether the run fails where they do not.
    pub required: bool,
}

impl Line {
    /// False if it fails the run.
    pub fn holds(&self) -> bool {
        self.true_here || !self.required
    }

    /// In one word.
    pub const fn word(&self) -> &'static str {
        match (self.true_here, self.required) {
            (true, _) => "holds",
            (false, true) => "FAILS",
            (false, false) => "does not hold",
        }
    }

    /// As printed.
    pub fn text(&self) -> String {
        let note = if self.required { "" } else { " (not required)" };
        format!("{:13} {}{note}", self.word(), self.claim)
    }
}

/// All lines of one study.
pub fn lines(study: &Study) -> Vec<Line> {
    let mut lines = vec![kupiec(study)];
    lines.extend(Side::BOTH.map(|side| few_exceptions(study, side)));
    lines.push(growth(study));
    if !study.golden.is_empty() {
        lines.push(Line {
            claim: format!("{}: known deviations of 2021-05-19", name(study)),
            true_here: study.golden.iter().all(super::golden::Figure::holds),
            required: true,
        });
    }
    lines
}

/// The portfolio model as the program has it claims to be enough for every book.
pub fn books(study: &Option<PortfolioStudy>) -> Vec<Line> {
    let books = study.iter().flat_map(|study| &study.books);
    books
        .map(|book| {
            let judged = book.of(Variant::PROGRAM);
            let (beyond, windows) = (judged.exceptions, book.losses.len());
            let rate = beyond as f64 / windows.max(1) as f64;
            Line {
                claim: format!(
                    "{}: at most 1% of windows exceed the portfolio requirement: {:.2}%, {beyond} of {windows}",
                    book.name,
                    rate * 100.0
                ),
                true_here: rate <= MOST_EXCEPTIONS,
                required: true,
            }
        })
        .collect()
}

fn name(study: &Study) -> String {
    format!("{} {}", study.series.asset, study.interval_name())
}

/// The value at risk claims to be right, so that too few exceptions are as wrong as too many. Its k was
/// measured on hours, so that only they are held to it.
fn kupiec(study: &Study) -> Line {
    let plain = study.coverage(Rule::Plain99, Side::Long);
    Line {
        claim: format!(
            "{}: plain 99% VaR of longs passes Kupiec, LR below {CRITICAL_ONE}: {:.2}, {} of {} windows",
            name(study),
            plain.kupiec.statistic,
            plain.exceptions.len(),
            plain.windows
        ),
        true_here: plain.kupiec.statistic < CRITICAL_ONE,
        required: study.series.interval == HOUR_SECONDS
            && study.horizon_seconds() == 4 * HOUR_SECONDS,
    }
}

/// The rule in force claims to be enough, no more.
fn few_exceptions(study: &Study, side: Side) -> Line {
    let in_force = study.coverage(Rule::InForce, side);
    Line {
        claim: format!(
            "{}: at most 1% of {} windows exceed the rule in force: {:.2}%, {} of {}",
            name(study),
            side.name(),
            in_force.rate() * 100.0,
            in_force.exceptions.len(),
            in_force.windows
        ),
        true_here: in_force.rate() <= MOST_EXCEPTIONS,
        required: true,
    }
}

fn growth(study: &Study) -> Line {
    let broken = ramp_broken_at(&study.series, &study.walk);
    let most = Side::BOTH
        .map(|side| study.cost(Rule::InForce, side).growth_day.factor)
        .into_iter()
        .fold(1.0, f64::max);
    let at = broken.map_or_else(String::new, |bar| {
        format!(", broken at {}", utc(study.series.end(bar)))
    });
    Line {
        claim: format!(
            "{}: the rule in force grows by at most 1.5 within a day: {most:.4}{at}",
            name(study)
        ),
        true_here: broken.is_none(),
        required: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_required_lines_fail_a_run() {
        let line = |true_here, required| Line {
            claim: "x".to_owned(),
            true_here,
            required,
        };
        assert!(line(true, true).holds() && line(false, false).holds());
        assert!(!line(false, true).holds());
        assert_eq!(line(false, true).text(), "FAILS         x");
    }
}
