//! Everything there is to say about the health of one account, as data.

use super::legs::{legs, nets, LegLine, NetLine};
use super::names::Names;
use super::price::{dollars, liquidation_units, refused, Way};
use super::Subject;
use anyhow::Result;
use plimsoll::state::RiskBook;
use plimsoll_engine::exposure::{AccountView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{assess, assess_into, Health, Purpose, State, View};
use plimsoll_engine::portfolio::Binding;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{ModelKind, Sums};
use plimsoll_engine::total::scenario_losses;
use serde::Serialize;

use crate::backtest::model::float;

/// Of which the root takes a deviation per √hour to one of a day.
const HOURS_A_DAY: f64 = 24.0;

/// Equity and requirement of one view, micro-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ViewLine {
    /// Equity.
    pub equity: i64,
    /// Requirement.
    pub requirement: i64,
    /// The gross sum of the legs: what Standard asks for.
    pub gross: u64,
    /// What determines the requirement.
    pub binds: &'static str,
}

/// Rates of an asset in force beside where they go; fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateLine {
    /// Slot of the book.
    pub slot: u8,
    /// What the asset is called.
    pub asset: String,
    /// Maintenance long, maintenance short, initial long, initial short; in force.
    pub in_force: [f64; 4],
    /// The model's targets in the same order, before multipliers; all 0 before the model has started.
    pub target: [f64; 4],
    /// Deviation of a day, as in force.
    pub daily_deviation: f64,
    /// Seconds since the price was published.
    pub age: u32,
}

/// One scenario, micro-dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioLine {
    /// Number in the book.
    pub scenario: usize,
    /// Loss; negative is a gain.
    pub loss: i64,
    /// Maintenance equity after it.
    pub equity_after: i64,
    /// Moves of the assets held, basis points.
    pub moves: Vec<(String, i16)>,
}

/// A price at which the account is not liquidatable and one unit beyond which it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// Dollars of a whole token.
    pub price: f64,
    /// Price over present price, less one.
    pub distance: f64,
    /// Logarithmic distance over the deviation of a day; none where there is no deviation.
    pub days_sigma: Option<f64>,
    /// In units of the present mantissa, as text: it may have more than 64 bits.
    #[serde(serialize_with = "as_text")]
    pub units: u128,
}

fn as_text<S: serde::Serializer>(units: &u128, out: S) -> std::result::Result<S::Ok, S::Error> {
    out.serialize_str(&units.to_string())
}

/// Liquidation prices of an asset, all others fixed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceLine {
    /// Slot of the book.
    pub slot: u8,
    /// What the asset is called.
    pub asset: String,
    /// Dollars of a whole token now.
    pub price: f64,
    /// Whether the account is liquidatable at this price already; there are no others then.
    pub liquidatable: bool,
    /// Below which the account is liquidatable.
    pub below: Option<Edge>,
    /// Above which the account is liquidatable.
    pub above: Option<Edge>,
}

/// The whole explanation. Money in micro-dollars, fractions as numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// `healthy`, `strained`, `called`, `liquidatable` or `bankrupt`.
    pub state: &'static str,
    /// `Standard`, `Portfolio` or `Isolated`.
    pub model: &'static str,
    /// Initial view.
    pub initial: ViewLine,
    /// Maintenance view.
    pub maintenance: ViewLine,
    /// Maintenance equity over requirement; none without a requirement.
    pub margin_ratio: Option<f64>,
    /// Equity below which the account is called.
    pub call_level: i64,
    /// Equity up to which a liquidation may go.
    pub target_level: i64,
    /// Multiplier of the initial requirement by the account's history.
    pub profile: f64,
    /// The scenario with the largest loss, under the portfolio model.
    pub worst_scenario: Option<u8>,
    /// Asset of the oldest price used, and its age in seconds.
    pub oldest_price: (String, u32),
    /// Legs.
    pub legs: Vec<LegLine>,
    /// Net exposure by asset.
    pub nets: Vec<NetLine>,
    /// Rates of the assets held.
    pub rates: Vec<RateLine>,
    /// Scenarios of the book.
    pub scenarios: Vec<ScenarioLine>,
    /// Liquidation prices of the assets held.
    pub prices: Vec<PriceLine>,
}

/// Explains an account against a view of its book, which may differ from the book in prices.
///
/// # Errors
/// What the engine refuses.
pub fn explain<B: BookView, A: AccountView>(
    subject: &Subject,
    view: &B,
    account: &A,
) -> Result<Explanation> {
    let (book, names) = (&*subject.book, &subject.names);
    let mut sums = Sums::default();
    let health = assess_into(view, account, Purpose::Trade, &mut sums).map_err(refused)?;
    let call_level = Fixed(book.call_level);
    let level = |at| health.level_ceil(at).map_err(refused);
    let profile = account.profile_multiplier(view.now()).map_err(refused)?;
    let ratio = |view: &View| view.equity.0 as f64 / view.requirement.0 as f64;
    let nets = nets((view, book), names, &sums)?;
    let held: Vec<u8> = nets.iter().map(|net| net.slot).collect();
    Ok(Explanation {
        state: state_name(health.state(call_level).map_err(refused)?),
        model: model_name(account.model()),
        initial: line(
            &health.initial,
            health.gross.initial,
            health.binding_initial,
        ),
        maintenance: line(
            &health.maintenance,
            health.gross.maintenance,
            health.binding_maintenance,
        ),
        margin_ratio: (health.maintenance.requirement.0 > 0).then(|| ratio(&health.maintenance)),
        call_level: level(call_level)?.0,
        target_level: level(Fixed(book.target_level))?.0,
        profile: float(profile),
        worst_scenario: health.worst_scenario,
        oldest_price: (names.of(book, health.oldest_slot), health.oldest_age),
        legs: legs((view, book), names, account, (&health, &sums))?,
        rates: held
            .iter()
            .map(|&slot| rates(view, (book, names), slot))
            .collect::<Result<_>>()?,
        scenarios: scenarios(view, (book, names), &health, &sums)?,
        prices: prices(subject, view, account, &held)?,
        nets,
    })
}

/// Liquidation prices of some assets, the quote token left out.
///
/// # Errors
/// What the engine refuses.
pub fn prices<B: BookView, A: AccountView>(
    subject: &Subject,
    view: &B,
    account: &A,
    slots: &[u8],
) -> Result<Vec<PriceLine>> {
    let quote = view.quote_slot();
    let health = assess(view, account, Purpose::Trade).map_err(refused)?;
    let liquidatable = !health.maintenance.is_met();
    let moving = slots.iter().copied().filter(|slot| *slot != quote);
    moving
        .map(|slot| {
            let listed = subject.book.listed_asset(slot)?;
            let band = view.asset(slot).map_err(refused)?.band;
            let model = subject.book.listed_model(slot)?.measured();
            let deviation = daily(model.deviation_in_force().map_err(refused)?);
            let edge = |way| -> Result<Option<Edge>> {
                let units = liquidation_units(view, account, slot, way).map_err(refused)?;
                Ok(units.map(|units| {
                    let part = units as f64 / band.spot as f64;
                    Edge {
                        price: dollars(&band, listed.decimals, units),
                        distance: part - 1.0,
                        days_sigma: (deviation > 0.0).then(|| part.ln() / deviation),
                        units,
                    }
                }))
            };
            Ok(PriceLine {
                slot,
                asset: subject.names.of(&subject.book, slot),
                price: dollars(&band, listed.decimals, u128::from(band.spot)),
                liquidatable,
                below: edge(Way::Down)?,
                above: edge(Way::Up)?,
            })
        })
        .collect()
}

fn line(view: &View, gross: u64, binding: Binding) -> ViewLine {
    ViewLine {
        equity: view.equity.0,
        requirement: view.requirement.0,
        gross,
        binds: binding_name(binding),
    }
}

fn rates<B: BookView>(view: &B, (book, names): (&RiskBook, &Names), slot: u8) -> Result<RateLine> {
    let asset = view.asset(slot).map_err(refused)?;
    let measured = book.listed_model(slot)?.measured();
    Ok(RateLine {
        slot,
        asset: names.of(book, slot),
        in_force: four(&asset.risk.rates),
        target: four(&measured.targets.rates),
        daily_deviation: daily(measured.deviation_in_force().map_err(refused)?),
        age: asset.age,
    })
}

fn four(rates: &Rates) -> [f64; 4] {
    [
        rates.maintenance_long,
        rates.maintenance_short,
        rates.initial_long,
        rates.initial_short,
    ]
    .map(float)
}

fn daily(deviation: Fixed) -> f64 {
    float(deviation) * HOURS_A_DAY.sqrt()
}

fn scenarios<B: BookView>(
    view: &B,
    (book, names): (&RiskBook, &Names),
    health: &Health,
    sums: &Sums,
) -> Result<Vec<ScenarioLine>> {
    let losses = scenario_losses(view, sums).map_err(refused)?;
    let held = || (0u8..).zip(&sums.sides).filter(|(_, s)| !s.is_empty());
    let equity = health.maintenance.equity.0;
    let lines = (0..view.scenarios()).zip(losses);
    Ok(lines
        .map(|(scenario, loss)| ScenarioLine {
            scenario,
            loss,
            equity_after: equity.saturating_sub(loss),
            moves: held()
                .map(|(slot, _)| (names.of(book, slot), view.shock(scenario, slot)))
                .collect(),
        })
        .collect())
}

/// In words.
pub const fn state_name(state: State) -> &'static str {
    match state {
        State::Healthy => "healthy",
        State::Strained => "strained",
        State::Called => "called",
        State::Liquidatable => "liquidatable",
        State::Bankrupt => "bankrupt",
    }
}

const fn model_name(model: ModelKind) -> &'static str {
    match model {
        ModelKind::Standard => "Standard",
        ModelKind::Portfolio => "Portfolio",
        ModelKind::Isolated => "Isolated",
    }
}

const fn binding_name(binding: Binding) -> &'static str {
    match binding {
        Binding::Gross => "the gross sum",
        Binding::Form => "net risk with correlations",
        Binding::GrossFloor => "15% of the gross sum",
        Binding::ClosingCost => "the cost of closing",
        Binding::Scenario => "the worst scenario",
        Binding::Maintenance => "1.25 × maintenance",
        Binding::Directional => "the net legs of one direction",
    }
}
