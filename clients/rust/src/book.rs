//! A risk book as a risk manager wants to see it: prices, volatilities, rates in force and where they go,
//! correlations, scenarios.
//!
//! Fractions are floating-point numbers for display; prices are in 10⁻¹² dollars of a whole token.

use plimsoll::constants::ACTION_AGE;
use plimsoll::health_gate::{breaker_active, require_fresh};
use plimsoll::state::{listed, AgeLimit, BookAt, RiskBook};
use plimsoll_engine::correlation::{pair_index, COEFFICIENT_ONE, CORRELATION_ONE, LEAST_SAMPLES};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::Measured;
use plimsoll_engine::price::Quality;
use plimsoll_engine::ramp::{level_of, LONGEST_STEP_SECONDS};
use plimsoll_engine::{EngineError, Result};
use serde::Serialize;

use crate::explain::{daily, float, four};
use crate::price::picodollars_floor;
use crate::view::text;

/// Days after which the arrival of a ramp is not looked for: from one bound of a rate to the other takes
/// fewer.
const MOST_DAYS: u32 = 400;

/// The whole book.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookViewed {
    /// Counts the instructions that wrote the book.
    #[serde(with = "text")]
    pub sequence: u64,
    /// Newest publish time of any price, unix seconds.
    #[serde(with = "text")]
    pub newest_publish_time: i64,
    /// Whether the exchange is open.
    pub launched: bool,
    /// Slot of the quote token.
    pub quote_slot: u8,
    /// Until when withdrawals are held, or were, unix seconds.
    #[serde(with = "text")]
    pub withdrawals_held_until: i64,
    /// Place of the call level between maintenance (0) and initial (1).
    pub call_level: f64,
    /// Place of the liquidation target, in the same way.
    pub target_level: f64,
    /// What insurance below its target makes of all initial rates.
    pub insurance_multiplier: f64,
    /// That target, quote atoms.
    #[serde(with = "text")]
    pub insurance_target: u64,
    /// Share of the worst scenario's loss that maintenance and initial ask for.
    pub scenario_weights: [f64; 2],
    /// The assets by slot.
    pub assets: Vec<AssetLine>,
    /// Every pair of assets once.
    pub pairs: Vec<PairLine>,
    /// Moves of each asset in each scenario, basis points.
    pub scenarios: Vec<Vec<i16>>,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetLine {
    /// Slot of the book.
    pub slot: u8,
    /// Decimals of its token or of its market's base.
    pub decimals: u8,
    /// Whether there is a bank.
    pub bank: bool,
    /// Whether there is a market.
    pub market: bool,
    /// Whether nobody may grow a shortage by it.
    pub halted: bool,
    /// What health makes of its price: `live`, `unpriceable` or `expired`.
    pub quality: &'static str,
    /// Whether the price is new enough to trade, borrow and withdraw.
    pub fresh: bool,
    /// Whether a breaker stops what grows risk: the price is far from its average or too uncertain.
    pub breaker: bool,
    /// Spot; 0 before the first.
    #[serde(with = "text")]
    pub price: u128,
    /// Its confidence.
    #[serde(with = "text")]
    pub confidence: u128,
    /// Its moving average.
    #[serde(with = "text")]
    pub ema: u128,
    /// When it was published, unix seconds; 0 before the first.
    #[serde(with = "text")]
    pub publish_time: i64,
    /// Seconds since then.
    pub age: u32,
    /// Oldest price in seconds with which risk may grow, and that counts in the initial view elsewhere.
    pub max_ages: [u32; 2],
    /// Largest confidence over price with which risk may grow.
    pub max_confidence: f64,
    /// Rates and volatility.
    #[serde(flatten)]
    pub risk: RiskLine,
    /// Yearly rate of a loan as of the last sync.
    pub borrow_rate: f64,
    /// Of a liquid-staking token the slot of what it is redeemed for.
    pub underlying: Option<u8>,
    /// And how much of that one is redeemed for; 0 before it was read.
    pub redemption: Option<f64>,
}

/// Rates of an asset: maintenance long, maintenance short, initial long, initial short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskLine {
    /// In force.
    pub in_force: [f64; 4],
    /// The model's targets before multipliers; all 0 before the model has started.
    pub target: [f64; 4],
    /// What will be in force once the ramps have arrived, as far as is known now.
    pub ahead: [f64; 4],
    /// When they arrive, unix seconds, if the book is written every day; none where they stand at their
    /// targets.
    #[serde(with = "text::option")]
    pub arrives: Option<i64>,
    /// Deviation of a day as in force.
    pub daily_deviation: f64,
    /// Where its ramp goes.
    pub target_deviation: f64,
    /// Hourly returns that have entered.
    pub samples: u32,
    /// Open interest between its two thresholds, 0 to 1.
    pub open_interest: f64,
    /// Whether much of the open interest was just liquidated.
    pub liquidated: bool,
    /// What a tightening has put on initial rates; 0 for nothing.
    pub tightened: f64,
}

/// Two assets; correlations in ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairLine {
    /// The lower slot.
    pub a: u8,
    /// The higher slot.
    pub b: u8,
    /// Hours that both sampled.
    pub samples: u16,
    /// Correlation in force; none before there are enough samples.
    pub in_force: Option<i16>,
    /// What it moves towards.
    pub target: Option<i16>,
    /// What is used for two exposures of one direction.
    pub same: i16,
    /// What is used for two of opposite directions.
    pub opposite: i16,
}

/// Views a book at `now`, with the ages for reading.
///
/// # Errors
/// Those of the engine.
pub fn book_view(book: &RiskBook, now: i64) -> anchor_lang::Result<BookViewed> {
    let limit = AgeLimit::Other;
    let at = BookAt { book, now, limit };
    let slots = 0..book.asset_count;
    let assets = slots.clone().map(|slot| asset(&at, slot));
    let pairs = slots.flat_map(|b| (0..b).map(move |a| (a, b)));
    let pairs = pairs.map(|(a, b)| pair(book, a, b));
    let pairs = pairs.collect::<Result<Vec<_>>>();
    let listed = usize::from(book.asset_count);
    let scenarios = book.scenarios.iter().take(at.scenarios());
    let (maintenance, initial) = at.scenario_weights();
    Ok(BookViewed {
        sequence: book.sequence,
        newest_publish_time: book.newest_publish_time,
        launched: book.launched == 1,
        quote_slot: book.quote_slot,
        withdrawals_held_until: book.withdrawals_held_until,
        call_level: float(Fixed(book.call_level)),
        target_level: float(Fixed(book.target_level)),
        insurance_multiplier: float(Fixed(book.insurance_multiplier)),
        insurance_target: book.insurance_target,
        scenario_weights: [float(maintenance), float(initial)],
        assets: assets.collect::<anchor_lang::Result<_>>()?,
        pairs: pairs.map_err(plimsoll::error::PlimsollError::from)?,
        scenarios: scenarios
            .map(|moves| moves.iter().take(listed).copied().collect())
            .collect(),
    })
}

fn asset(at: &BookAt<'_>, slot: u8) -> anchor_lang::Result<AssetLine> {
    let asset = at.book.listed_asset(slot)?;
    let model = at.book.listed_model(slot)?;
    let seen = plimsoll::health_gate::asset_of(at, slot)?;
    let shown = |units| {
        let price = picodollars_floor(u128::from(units), asset.price_shift, asset.decimals);
        price.ok_or(plimsoll::error::PlimsollError::PriceOutOfRange)
    };
    let staking = model.is_liquid_staking();
    let risk = risk(at, slot).map_err(plimsoll::error::PlimsollError::from)?;
    Ok(AssetLine {
        slot,
        decimals: asset.decimals,
        bank: asset.has(listed::BANK),
        market: asset.has(listed::MARKET),
        halted: asset.has(listed::HALTED),
        quality: match seen.quality {
            Quality::Live => "live",
            Quality::Unpriceable => "unpriceable",
            Quality::Expired => "expired",
        },
        fresh: require_fresh(at.book, slot, at.now, ACTION_AGE).is_ok(),
        breaker: asset.spot > 0 && breaker_active(&seen, Fixed(asset.max_confidence))?,
        price: shown(asset.spot)?,
        confidence: shown(asset.confidence)?,
        ema: shown(asset.ema)?,
        publish_time: asset.publish_time,
        age: seen.age,
        max_ages: [asset.max_age_risk, asset.max_age_other],
        max_confidence: float(Fixed(asset.max_confidence)),
        risk,
        borrow_rate: float(Fixed(asset.borrow_rate)),
        underlying: staking.then_some(model.underlying),
        redemption: staking.then(|| float(Fixed(model.redemption_rate))),
    })
}

fn risk(at: &BookAt<'_>, slot: u8) -> Result<RiskLine> {
    let (book, now) = (at.book, at.now);
    let model = book.models.get(usize::from(slot));
    let model = model.ok_or(EngineError::PriceOutOfRange)?;
    let conditions = model.conditions(Fixed(book.insurance_multiplier));
    let measured = model.measured();
    let rates = at.risk(slot)?.rates;
    let arrived = arrived(&measured, now)?;
    let ahead = match &arrived {
        Some(there) => there.in_force(&model.terms(), &conditions, now)?,
        None => rates,
    };
    Ok(RiskLine {
        in_force: four(&rates),
        target: four(&measured.targets.rates),
        ahead: four(&ahead),
        arrives: arrived.map(|there| there.levels.time),
        daily_deviation: daily(measured.deviation_in_force()?),
        target_deviation: daily(measured.targets.deviation),
        samples: measured.volatility.samples,
        open_interest: float(conditions.open_interest),
        liquidated: conditions.liquidated,
        tightened: float(conditions.tightened),
    })
}

/// Ramps at the first instant at which all of them stand at their targets, stepped every day; none where
/// they do already, where the model has not started, and where it takes longer than can be.
fn arrived(measured: &Measured, now: i64) -> Result<Option<Measured>> {
    let after = |from: &Measured, seconds: i64| -> Result<Measured> {
        let mut to = *from;
        to.stepped(from.levels.time.saturating_add(seconds))?;
        Ok(to)
    };
    if measured.targets.deviation.0 == 0 || stands(measured)? {
        return Ok(None);
    }
    let mut here = *measured;
    here.stepped(now)?;
    for _ in 0..MOST_DAYS {
        if stands(&after(&here, LONGEST_STEP_SECONDS)?)? {
            let (mut short, mut enough) = (-1, LONGEST_STEP_SECONDS);
            while enough - short > 1 {
                let middle = short + (enough - short) / 2;
                if stands(&after(&here, middle)?)? {
                    enough = middle;
                } else {
                    short = middle;
                }
            }
            return after(&here, enough).map(Some);
        }
        here = after(&here, LONGEST_STEP_SECONDS)?;
    }
    Ok(None)
}

/// Whether all ramps stand at their targets.
fn stands(measured: &Measured) -> Result<bool> {
    let (levels, targets) = (&measured.levels, &measured.targets);
    Ok(
        levels.maintenance_long == level_of(targets.rates.maintenance_long)?
            && levels.maintenance_short == level_of(targets.rates.maintenance_short)?
            && levels.deviation == level_of(targets.deviation)?,
    )
}

fn pair(book: &RiskBook, a: u8, b: u8) -> Result<PairLine> {
    let place = book.pairs.get(pair_index(a, b)?);
    let pair = place.ok_or(EngineError::LegNotHeld)?.pair();
    let deviation = |slot: u8| {
        let model = book.models.get(usize::from(slot));
        Fixed(model.map_or(0, |model| model.measured_deviation))
    };
    let parts = |coefficient: i64| {
        let parts = coefficient * (i64::from(CORRELATION_ONE) / COEFFICIENT_ONE);
        i16::try_from(parts).map_err(|_| EngineError::Overflow)
    };
    Ok(PairLine {
        a,
        b,
        samples: pair.samples,
        in_force: (pair.samples >= LEAST_SAMPLES).then_some(pair.in_force),
        target: pair.target(deviation(a), deviation(b))?,
        same: parts(pair.used(true))?,
        opposite: parts(pair.used(false))?,
    })
}
