//! Everything there is to say about the health of one account, as data: what `plimsoll-risk explain --json`
//! prints and what the web application shows.
//!
//! Floating point stands in displayed figures only: fractions, dollars, deviations.

mod lines;

use plimsoll::state::RiskBook;
use plimsoll_engine::exposure::{AccountView, BookView};
use plimsoll_engine::fixed::{Fixed, FRACTION_BITS};
use plimsoll_engine::health::{assess, assess_into, Health, Purpose, State, View};
use plimsoll_engine::portfolio::Binding;
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::{ModelKind, Sums};
use plimsoll_engine::total::scenario_losses;
use plimsoll_engine::{EngineError, Result};
use serde::Serialize;

pub use self::lines::{LegLine, NetLine};
use crate::price::{dollars, liquidation_units, Way};

/// Of which the root takes a deviation per √hour to one of a day.
const HOURS_A_DAY: f64 = 24.0;
/// Bytes of a feed's id that name an asset without a name.
const NAMING_BYTES: usize = 4;

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
    pub scenario: u8,
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

/// What an account is explained against.
#[derive(Clone, Copy)]
pub struct Explained<'a, B> {
    /// The book at an instant; its prices may be others than those in `book`.
    pub view: &'a B,
    /// The book, for what a health check does not read.
    pub book: &'a RiskBook,
    /// What the asset in a slot is called.
    pub names: &'a dyn Fn(u8) -> String,
}

impl<B: BookView> Explained<'_, B> {
    /// Explains an account.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn explain<A: AccountView>(&self, account: &A) -> Result<Explanation> {
        let (view, book) = (self.view, self.book);
        let mut sums = Sums::default();
        let health = assess_into(view, account, Purpose::Trade, &mut sums)?;
        let call_level = Fixed(book.call_level);
        let nets = self.nets(&sums)?;
        let held: Vec<u8> = nets.iter().map(|net| net.slot).collect();
        let rates = held.iter().map(|&slot| self.rates(slot));
        Ok(Explanation {
            state: state_name(health.state(call_level)?),
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
            margin_ratio: margin_ratio(&health.maintenance),
            call_level: health.level_ceil(call_level)?.0,
            target_level: health.level_ceil(Fixed(book.target_level))?.0,
            profile: float(account.profile_multiplier(view.now())?),
            worst_scenario: health.worst_scenario,
            oldest_price: ((self.names)(health.oldest_slot), health.oldest_age),
            legs: self.legs(account, (&health, &sums))?,
            rates: rates.collect::<Result<_>>()?,
            scenarios: self.scenarios(&health, &sums)?,
            prices: self.prices(account, &held)?,
            nets,
        })
    }

    /// Liquidation prices of some assets, the quote token left out.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn prices<A: AccountView>(&self, account: &A, slots: &[u8]) -> Result<Vec<PriceLine>> {
        let quote = self.view.quote_slot();
        let health = assess(self.view, account, Purpose::Trade)?;
        let liquidatable = !health.maintenance.is_met();
        let moving = slots.iter().copied().filter(|slot| *slot != quote);
        moving
            .map(|slot| self.price(account, slot, liquidatable))
            .collect()
    }

    fn price<A: AccountView>(
        &self,
        account: &A,
        slot: u8,
        liquidatable: bool,
    ) -> Result<PriceLine> {
        let at = usize::from(slot);
        let listed = self.book.assets.get(at);
        let listed = listed.ok_or(EngineError::PriceOutOfRange)?;
        let model = self.book.models.get(at);
        let model = model.ok_or(EngineError::PriceOutOfRange)?;
        let band = self.view.asset(slot)?.band;
        let deviation = daily(model.measured().deviation_in_force()?);
        let edge = |way| -> Result<Option<Edge>> {
            let units = liquidation_units(self.view, account, slot, way)?;
            Ok(units.map(|units| {
                let part = units as f64 / band.spot as f64;
                Edge {
                    price: dollars(&band, listed.decimals, units),
                    distance: part - 1.0,
                    // The platforms' own logarithms differ in the last digit.
                    days_sigma: (deviation > 0.0).then(|| libm::log(part) / deviation),
                    units,
                }
            }))
        };
        Ok(PriceLine {
            slot,
            asset: (self.names)(slot),
            price: dollars(&band, listed.decimals, u128::from(band.spot)),
            liquidatable,
            below: edge(Way::Down)?,
            above: edge(Way::Up)?,
        })
    }

    fn rates(&self, slot: u8) -> Result<RateLine> {
        let asset = self.view.asset(slot)?;
        let model = self.book.models.get(usize::from(slot));
        let measured = model.ok_or(EngineError::PriceOutOfRange)?.measured();
        Ok(RateLine {
            slot,
            asset: (self.names)(slot),
            in_force: four(&asset.risk.rates),
            target: four(&measured.targets.rates),
            daily_deviation: daily(measured.deviation_in_force()?),
            age: asset.age,
        })
    }

    fn scenarios(&self, health: &Health, sums: &Sums) -> Result<Vec<ScenarioLine>> {
        let view = self.view;
        let losses = scenario_losses(view, sums)?;
        let held = || (0u8..).zip(&sums.sides).filter(|(_, s)| !s.is_empty());
        let equity = health.maintenance.equity.0;
        let lines = (0u8..).zip(losses).take(view.scenarios());
        Ok(lines
            .map(|(scenario, loss)| ScenarioLine {
                scenario,
                loss,
                equity_after: equity.saturating_sub(loss),
                moves: held()
                    .map(|(slot, _)| ((self.names)(slot), view.shock(usize::from(scenario), slot)))
                    .collect(),
            })
            .collect())
    }
}

fn line(view: &View, gross: u64, binding: Binding) -> ViewLine {
    ViewLine {
        equity: view.equity.0,
        requirement: view.requirement.0,
        gross,
        binds: binding_name(binding),
    }
}

/// Equity over requirement; none without a requirement.
pub(crate) fn margin_ratio(view: &View) -> Option<f64> {
    (view.requirement.0 > 0).then(|| view.equity.0 as f64 / view.requirement.0 as f64)
}

/// A fraction of the engine as a floating-point number, for display and statistics.
pub fn float(x: Fixed) -> f64 {
    x.0 as f64 / (1u64 << FRACTION_BITS) as f64
}

/// Maintenance long, maintenance short, initial long, initial short.
pub(crate) fn four(rates: &Rates) -> [f64; 4] {
    [
        rates.maintenance_long,
        rates.maintenance_short,
        rates.initial_long,
        rates.initial_short,
    ]
    .map(float)
}

/// The deviation of a day, from one per √hour.
pub(crate) fn daily(deviation: Fixed) -> f64 {
    float(deviation) * HOURS_A_DAY.sqrt()
}

/// What an asset is called that nobody has named: its slot and the beginning of its feed's id.
pub fn unnamed(book: &RiskBook, slot: u8) -> String {
    let feed = book.assets.get(usize::from(slot)).map(|a| a.feed_id);
    let feed = feed.unwrap_or_default();
    let beginning = feed.get(..NAMING_BYTES).unwrap_or_default();
    format!("{slot}:{}", hex::encode(beginning))
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
