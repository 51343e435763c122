//! One margin account as its owner wants to see it: health, balances, positions, liquidation prices.

use plimsoll::health_gate::held_slots;
use plimsoll::instructions::HealthReport;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, PositionSlot, RiskBook};
use plimsoll_engine::exposure::{AssetView, BookView, OpenPosition};
use plimsoll_engine::health::{assess_into, Purpose};
use plimsoll_engine::requirement::Sums;
use serde::Serialize;

use crate::bar::{bar, Bar};
use crate::legs::{legs, position, Leg};
use crate::price::{liquidation_units, picodollars_floor, Way};

/// A 64- or 128-bit integer as text: readers of JSON take numbers for floating point.
pub(crate) mod text {
    use core::fmt::Display;
    use serde::Serializer;

    pub fn serialize<T: Display, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(value)
    }

    pub mod option {
        use super::{Display, Serializer};

        pub fn serialize<T: Display, S: Serializer>(
            value: &Option<T>,
            out: S,
        ) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => out.collect_str(value),
                None => out.serialize_none(),
            }
        }
    }
}

/// A leg of the account, money in micro-dollars: see [`Leg`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LegView {
    /// Slot of the book.
    pub slot: u8,
    /// `deposit`, `debt`, `long`, `short`, `claim` or `quote`.
    pub kind: &'static str,
    /// Signed atoms.
    #[serde(with = "text")]
    pub atoms: i64,
    /// Whether the deposit is lent; of the quote leg, the quote balance.
    pub lent: bool,
    /// What it adds to maintenance equity.
    #[serde(with = "text")]
    pub value: i64,
    /// Signed exposure at spot.
    #[serde(with = "text")]
    pub exposure: i64,
    /// Requirement standing alone, initial.
    #[serde(with = "text")]
    pub initial: u64,
    /// The same, maintenance.
    #[serde(with = "text")]
    pub maintenance: u64,
}

impl From<&Leg> for LegView {
    fn from(leg: &Leg) -> Self {
        Self {
            slot: leg.slot,
            kind: leg.kind,
            atoms: leg.atoms,
            lent: leg.lent,
            value: leg.value,
            exposure: leg.exposure,
            initial: leg.alone.initial,
            maintenance: leg.alone.maintenance,
        }
    }
}

/// A position. Amounts in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionView {
    /// What it weighs in the account.
    #[serde(flatten)]
    pub leg: LegView,
    /// Paid (positive) or received (negative) for the size when it was opened: entry price is entry/atoms.
    #[serde(with = "text")]
    pub entry: i64,
    /// Profit at the spot price, funding due taken, rounded down.
    #[serde(with = "text")]
    pub unrealised: i64,
    /// Realised and not settled yet.
    #[serde(with = "text")]
    pub unsettled: i64,
    /// Funding due since the last change, positive is to be paid, rounded up.
    #[serde(with = "text")]
    pub funding_due: i64,
    /// Profit of what was closed since the place was taken.
    #[serde(with = "text")]
    pub realised: i64,
    /// Funding paid since then.
    #[serde(with = "text")]
    pub funding_paid: i64,
    /// Taker fees since then.
    #[serde(with = "text")]
    pub fees_paid: u64,
}

/// The price of an asset held and where the account becomes liquidatable, others fixed, in 10⁻¹² dollars
/// of a whole token, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceView {
    /// Slot of the book.
    pub slot: u8,
    /// Spot price in the book.
    #[serde(with = "text")]
    pub price: u128,
    /// Confidence.
    #[serde(with = "text")]
    pub confidence: u128,
    /// Seconds since it was published.
    pub age: u32,
    /// Below it the account is liquidatable.
    #[serde(with = "text::option")]
    pub below: Option<u128>,
    /// Above it the account is liquidatable.
    #[serde(with = "text::option")]
    pub above: Option<u128>,
}

/// The whole account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountViewed {
    /// What `assess` would return.
    #[serde(serialize_with = "report_hex")]
    pub report: HealthReport,
    /// Health at a glance.
    pub bar: Bar,
    /// Balances besides the quote token's, and the quote leg: quote balance, debts to and claims on the
    /// pool, results of positions.
    pub balances: Vec<LegView>,
    /// Positions.
    pub positions: Vec<PositionView>,
    /// Assets held besides the quote token.
    pub prices: Vec<PriceView>,
}

/// A report as the bytes that `assess` returns, hexadecimal.
pub(crate) fn report_hex<S: serde::Serializer>(
    report: &HealthReport,
    out: S,
) -> Result<S::Ok, S::Error> {
    let bytes = report_bytes(report).map_err(serde::ser::Error::custom)?;
    out.serialize_str(&hex::encode(bytes))
}

/// A report as the bytes that `assess` returns.
///
/// # Errors
/// None that a vector could have.
pub fn report_bytes(report: &HealthReport) -> std::io::Result<Vec<u8>> {
    anchor_lang::prelude::borsh::to_vec(report)
}

/// Views an account at `now`, with the ages for reading.
///
/// # Errors
/// Those of the engine.
pub fn view(
    book: &RiskBook,
    account: &MarginAccount,
    now: i64,
) -> anchor_lang::Result<AccountViewed> {
    let report = HealthReport::of(book, account, now)?;
    let limit = AgeLimit::Other;
    let at = BookAt { book, now, limit };
    let rest = || -> plimsoll_engine::Result<_> {
        let mut sums = Sums::default();
        let health = assess_into(&at, account, Purpose::Trade, &mut sums)?;
        let balances = legs(&at, account, (&health, &sums))?;
        let balances: Vec<LegView> = balances
            .iter()
            .filter(|leg| matches!(leg.kind, "deposit" | "debt" | "quote"))
            .map(LegView::from)
            .collect();
        let places = account.positions.iter().filter(|place| !place.is_free());
        let positions = places.map(|place| viewed(&at, place));
        let positions = positions.collect::<plimsoll_engine::Result<Vec<_>>>()?;
        let prices = prices(&at, account, |_| true)?;
        Ok((balances, positions, prices))
    };
    let (balances, positions, prices) = rest().map_err(plimsoll::error::PlimsollError::from)?;
    Ok(AccountViewed {
        report,
        bar: bar(book, account, &report, now)?,
        balances,
        positions,
        prices,
    })
}

fn viewed(at: &BookAt<'_>, place: &PositionSlot) -> plimsoll_engine::Result<PositionView> {
    let AssetView { funding, band, .. } = at.asset(place.slot)?;
    let open = OpenPosition {
        slot: place.slot,
        position: place.position(),
    };
    let side = at.side(place.slot, place.base < 0)?;
    let before = side.held_floor(&open.position, &funding)?;
    let held = at.held(&open, &funding)?;
    let leg = position(&at.asset(place.slot)?, place.slot, &held)?;
    Ok(PositionView {
        leg: LegView::from(&leg),
        entry: held.entry.0,
        unrealised: held.unrealised_floor(&band)?.0,
        unsettled: before.unsettled.0,
        funding_due: before.due_ceil(&funding)?.0,
        realised: place.realised,
        funding_paid: place.funding_paid,
        fees_paid: place.fees_paid,
    })
}

/// Prices of the assets held, the quote token left out, and of those `wanted`.
pub(crate) fn prices(
    at: &BookAt<'_>,
    account: &MarginAccount,
    wanted: impl Fn(u8) -> bool,
) -> plimsoll_engine::Result<Vec<PriceView>> {
    let quote = at.book.quote_slot;
    let held: Vec<u8> = held_slots(at.book, account).collect();
    let slots = (0..at.book.asset_count).filter(|slot| held.contains(slot));
    let wanted = slots.filter(|slot| *slot != quote && wanted(*slot));
    wanted.map(|slot| priced(at, account, slot)).collect()
}

fn priced(
    at: &BookAt<'_>,
    account: &MarginAccount,
    slot: u8,
) -> plimsoll_engine::Result<PriceView> {
    let asset = at.asset(slot)?;
    let decimals = at.book.assets.get(usize::from(slot));
    let decimals = decimals.map_or(0, |asset| asset.decimals);
    let shown = |units| {
        let price = picodollars_floor(units, asset.band.shift, decimals);
        price.ok_or(plimsoll_engine::EngineError::PriceOutOfRange)
    };
    let edge = |way| {
        let units = liquidation_units(at, account, slot, way)?;
        units.map(shown).transpose()
    };
    Ok(PriceView {
        slot,
        price: shown(u128::from(asset.band.spot))?,
        confidence: shown(u128::from(asset.band.confidence))?,
        age: asset.age,
        below: edge(Way::Down)?,
        above: edge(Way::Up)?,
    })
}
