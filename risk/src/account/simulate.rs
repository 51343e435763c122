//! What would be: trades, deposits, withdrawals and another model on a copy of the account, by the
//! program's own methods, and other prices as an overlay of the book.
//!
//! In this order: trades and movements of tokens at the book's prices, then the prices move. Trades are
//! at the oracle's price, without impact, spread and fee: the market's account is not read.

use super::explain::{explain, Explanation};
use super::names::{atoms, decimal, Assigned};
use super::price::{by_parts, moved, refused, Moved};
use super::Subject;
use anyhow::{ensure, Context, Result};
use plimsoll::state::MarginAccount;
use plimsoll_engine::exposure::{BookView, Holding};
use plimsoll_engine::position::Position;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::trade::{apply, Execution};
use plimsoll_engine::units::Base;

/// Digits after the point of a percentage: a part of a million.
const PERCENT_DIGITS: u8 = 4;

/// What to change.
#[derive(clap::Args, Debug, Default)]
pub struct Changes {
    /// Move an asset's price, like SOL=-10%.
    #[arg(long = "move", value_name = "ASSET=PERCENT")]
    pub moves: Vec<Assigned>,
    /// Trade in whole base units at the oracle's price, like SOL=+50 or SOL=-20.
    #[arg(long, value_name = "ASSET=SIZE")]
    pub open: Vec<Assigned>,
    /// Deposit whole tokens, like USDC=1000.
    #[arg(long, value_name = "ASSET=AMOUNT")]
    pub deposit: Vec<Assigned>,
    /// Withdraw whole tokens.
    #[arg(long, value_name = "ASSET=AMOUNT")]
    pub withdraw: Vec<Assigned>,
    /// Take another model.
    #[arg(long, value_enum)]
    pub model: Option<Model>,
}

/// Margin models by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Model {
    /// The gross sum.
    Standard,
    /// Net risk with correlations and scenarios.
    Portfolio,
    /// Quote and one position.
    Isolated,
}

impl Model {
    const fn code(self) -> u8 {
        match self {
            Self::Standard => ModelKind::Standard.code(),
            Self::Portfolio => ModelKind::Portfolio.code(),
            Self::Isolated => ModelKind::Isolated.code(),
        }
    }
}

/// Before and after.
#[derive(Debug, serde::Serialize)]
pub struct Simulation {
    /// As it is.
    pub before: Explanation,
    /// As it would be.
    pub after: Explanation,
}

/// Explains the account before and after the changes.
///
/// # Errors
/// A change that cannot be read or made.
pub fn simulate(subject: &Subject, changes: &Changes) -> Result<Simulation> {
    let changed = changed(subject, changes)?;
    Ok(Simulation {
        before: explain(subject, &subject.at(), &*subject.account)?,
        after: explain(subject, &view(subject, changes)?, &changed)?,
    })
}

/// The book with its prices moved.
fn view<'a>(subject: &'a Subject, changes: &Changes) -> Result<Moved<'a>> {
    let mut bands: Vec<(u8, PriceBand)> = Vec::new();
    for change in &changes.moves {
        let at = || format!("--move {change}");
        let slot = subject.names.slot(&subject.book, &change.asset)?;
        ensure!(
            !bands.iter().any(|(other, _)| *other == slot),
            "{}: the asset is moved twice",
            at()
        );
        let percent = change.value.strip_suffix('%');
        let percent = percent.with_context(|| format!("{}: expected a percentage", at()))?;
        let parts = decimal(percent, PERCENT_DIGITS).with_context(at)?;
        let band = subject.book.listed_asset(slot)?.band();
        let units = by_parts(band.spot, parts).map_err(refused);
        let units = units
            .context("expected a move above -100%")
            .with_context(at)?;
        bands.push((slot, moved(&band, units).map_err(refused).with_context(at)?));
    }
    Ok(Moved {
        at: subject.at(),
        bands,
    })
}

/// A copy of the account with everything but prices changed.
fn changed(subject: &Subject, changes: &Changes) -> Result<MarginAccount> {
    let mut account = *subject.account;
    if let Some(model) = changes.model {
        account.model = model.code();
    }
    for (name, sign, list) in [
        ("deposit", 1, &changes.deposit),
        ("withdraw", -1, &changes.withdraw),
    ] {
        for change in list {
            let done = transfer(subject, &mut account, change, sign);
            done.with_context(|| format!("--{name} {change}"))?;
        }
    }
    for change in &changes.open {
        trade(subject, &mut account, change).with_context(|| format!("--open {change}"))?;
    }
    account
        .invariant()
        .context("the account could not be like this")?;
    Ok(account)
}

/// Adds or takes away tokens.
fn transfer(
    subject: &Subject,
    account: &mut MarginAccount,
    change: &Assigned,
    sign: i64,
) -> Result<()> {
    let book = &subject.book;
    let slot = subject.names.slot(book, &change.asset)?;
    let asset = book.listed_asset(slot)?;
    let amount = atoms(&change.value, asset)?;
    ensure!(amount > 0, "expected an amount above 0");
    let place = account.balance_place(slot, book.quote_slot)?;
    let lent = account.balances[place].lent != 0;
    let before = Holding {
        slot,
        amount: Base(account.held(place, slot)),
        lent,
    };
    let at = subject.at();
    let held = before.atoms_floor(&at).map_err(refused)?;
    let left = held
        .checked_add(sign * amount)
        .context("more atoms than a balance holds")?;
    ensure!(
        left >= 0 || sign > 0,
        "the account holds {held} atoms, not {amount}"
    );
    let magnitude = left.unsigned_abs();
    let left = if left < 0 {
        let index = at.borrow_index(slot).map_err(refused)?;
        -i64::try_from(index.shares_ceil(magnitude).map_err(refused)?)?
    } else if lent {
        let (index, _) = at.deposit_index(slot).map_err(refused)?;
        i64::try_from(index.shares_floor(magnitude).map_err(refused)?)?
    } else {
        left
    };
    Ok(account.set_balance(place, slot, left)?)
}

/// Trades at the oracle's price, both roundings against the account.
fn trade(subject: &Subject, account: &mut MarginAccount, change: &Assigned) -> Result<()> {
    let book = &subject.book;
    let slot = subject.names.slot(book, &change.asset)?;
    let asset = book.listed_asset(slot)?;
    let size = atoms(&change.value, asset)?;
    ensure!(size != 0, "expected a size other than 0");
    let has_market = asset.has(plimsoll::state::listed::MARKET);
    ensure!(has_market, "there is no market for this asset");
    let view = subject.at().asset(slot).map_err(refused)?;
    let band = view.band;
    let notional = if size > 0 {
        band.value_ceil(size.unsigned_abs(), band.spot)
    } else {
        band.value_floor(size.unsigned_abs(), band.spot)
    };
    let execution = Execution {
        size: Base(size),
        mantissa: band.spot,
        notional: notional.map_err(refused)?,
    };
    let place = account
        .position_place(slot)
        .map_err(anchor_lang::error::Error::from)?;
    let at = subject.at();
    let kept = account.positions[place].position();
    let side = |of: &Position| at.side(slot, of.base.0 < 0).map_err(refused);
    let held = side(&kept)?.held_floor(&kept, &view.funding);
    let traded = apply(&held.map_err(refused)?, &execution, &view.funding).map_err(refused)?;
    let after = side(&traded.position)?.kept(&traded.position, &view.funding);
    account.positions[place].set(slot, &after.map_err(refused)?);
    Ok(())
}
