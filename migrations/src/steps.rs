//! The steps of a set-up, in their order: what each finds, and what it does.
//!
//! A step looks before it does anything and looks again afterwards, so that a run which was interrupted is
//! simply repeated, and a second run does nothing. No step takes back what another has done.

mod code;
mod listing;
mod opening;

use anyhow::{bail, ensure, Result};

use crate::site::Site;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The program's code.
    Program,
    /// A test token, on local clusters.
    TestToken(u8),
    /// The exchange and its book.
    Exchange,
    /// The asset in a slot.
    Asset(u8),
    /// Its bank.
    Bank(u8),
    /// Its market.
    Market(u8),
    /// A stress scenario.
    Scenario(u8),
    /// Insurance up to its target.
    Insurance,
    /// The launch.
    Launch,
    /// The pool's first deposit.
    FirstDeposit,
    /// The program's code, handed over to its own rules.
    HandOver,
}

/// What a step finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it should be.
    Done,
    /// What would be done.
    ToDo(String),
    /// Nothing but time is needed: what for.
    Waiting(String),
    /// What differs and is not changed by a set-up.
    Differs(Vec<String>),
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Steps that were done already.
    pub done: usize,
    /// Steps this run did, or would do.
    pub made: usize,
    /// Steps that still wait.
    pub waiting: usize,
    /// Steps that differ from the file.
    pub differ: usize,
}

impl Step {
    /// Every step of a file, in order.
    pub fn of(site: &Site) -> Vec<Self> {
        let params = &site.params;
        let mut steps = vec![Self::Program];
        for (slot, asset) in params.slots().zip(&params.assets) {
            if asset.bank.as_ref().is_some_and(|bank| bank.mint.is_none()) {
                steps.push(Self::TestToken(slot));
            }
        }
        steps.push(Self::Exchange);
        for (slot, asset) in params.slots().zip(&params.assets) {
            steps.push(Self::Asset(slot));
            steps.extend(asset.bank.as_ref().map(|_| Self::Bank(slot)));
            steps.extend(asset.market.as_ref().map(|_| Self::Market(slot)));
        }
        steps.extend(
            (0..=u8::MAX)
                .take(params.scenarios.len())
                .map(Self::Scenario),
        );
        steps.extend([Self::Insurance, Self::Launch]);
        if params.first_deposit() > 0 {
            steps.push(Self::FirstDeposit);
        }
        if params.hand_over_code {
            steps.push(Self::HandOver);
        }
        steps
    }

    /// Its name in messages.
    pub fn name(self, site: &Site) -> String {
        let symbol = |slot| site.params.asset(slot).map_or("?", |asset| &asset.symbol);
        match self {
            Self::Program => "program".into(),
            Self::TestToken(slot) => format!("test token {}", symbol(slot)),
            Self::Exchange => format!("exchange {}", site.params.exchange.id),
            Self::Asset(slot) => format!("asset {}", symbol(slot)),
            Self::Bank(slot) => format!("bank {}", symbol(slot)),
            Self::Market(slot) => format!("market {}", symbol(slot)),
            Self::Scenario(index) => format!("scenario {index}"),
            Self::Insurance => "insurance".into(),
            Self::Launch => "launch".into(),
            Self::FirstDeposit => "first deposit into the pool".into(),
            Self::HandOver => "handing over the code".into(),
        }
    }

    fn look(self, site: &Site) -> Result<Found> {
        match self {
            Self::Program => code::look(site),
            Self::TestToken(slot) => listing::look_token(site, slot),
            Self::Exchange => listing::look_exchange(site),
            Self::Asset(slot) => listing::look_asset(site, slot),
            Self::Bank(slot) => listing::look_bank(site, slot),
            Self::Market(slot) => listing::look_market(site, slot),
            Self::Scenario(index) => listing::look_scenario(site, index),
            Self::Insurance => opening::look_insurance(site),
            Self::Launch => opening::look_launch(site),
            Self::FirstDeposit => opening::look_deposit(site),
            Self::HandOver => code::look_hand_over(site),
        }
    }

    fn make(self, site: &Site) -> Result<()> {
        match self {
            Self::Program => code::make(site),
            Self::TestToken(slot) => listing::make_token(site, slot),
            Self::Exchange => listing::make_exchange(site),
            Self::Asset(slot) => listing::make_asset(site, slot),
            Self::Bank(slot) => listing::make_bank(site, slot),
            Self::Market(slot) => listing::make_market(site, slot),
            Self::Scenario(index) => listing::make_scenario(site, index),
            Self::Insurance => opening::make_insurance(site),
            Self::Launch => opening::make_launch(site),
            Self::FirstDeposit => opening::make_deposit(site),
            Self::HandOver => code::make_hand_over(site),
        }
    }
}

/// Goes through every step; with `dry` only looks.
///
/// # Errors
/// The first step that cannot be done, by number and name.
pub fn run(site: &Site, dry: bool) -> Result<Summary> {
    let mut summary = Summary::default();
    let steps = Step::of(site);
    let all = steps.len();
    for (number, step) in (1..).zip(steps) {
        let line = format!("{number:>3}/{all} {}", step.name(site));
        one(site, step, &line, dry, &mut summary).map_err(|error| error.context(line))?;
    }
    Ok(summary)
}

fn one(site: &Site, step: Step, line: &str, dry: bool, summary: &mut Summary) -> Result<()> {
    let todo = match step.look(site)? {
        Found::Done => {
            summary.done += 1;
            return Ok(());
        }
        // What follows is sent to whatever code stands there.
        Found::Differs(differences) if step == Step::Program => bail!(differences.join("; ")),
        Found::Differs(differences) => {
            println!("{line}: differs");
            for difference in differences {
                println!("      {difference}");
            }
            summary.differ += 1;
            return Ok(());
        }
        Found::ToDo(todo) | Found::Waiting(todo) => todo,
    };
    println!("{line}: {todo}");
    summary.made += 1;
    if dry {
        return Ok(());
    }
    step.make(site)?;
    match step.look(site)? {
        Found::Done => {}
        Found::Waiting(why) => {
            println!("      {why}");
            summary.waiting += 1;
        }
        Found::ToDo(todo) => bail!("expected it to be done, found still to do: {todo}"),
        Found::Differs(list) => {
            ensure!(
                list.is_empty(),
                "expected what was sent, found: {}",
                list.join("; ")
            );
        }
    }
    Ok(())
}
