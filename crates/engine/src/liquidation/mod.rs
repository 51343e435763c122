//! Liquidation: which part of the named legs is taken, at which price, and who is paid (F-12).
//!
//! The caller names legs; the plan decides sizes. All legs are taken in one common proportion
//! `fraction / 65,536` of what is named, found by search on cached sums, so that
//! * the account does not end beyond the target between maintenance and initial, dust apart,
//! * not more of the shortage is removed than the episode's throttle allows.
//!
//! Positions close against the pool at the impact price and need no capital. Collateral is bought for
//! quote by the keeper's margin account at a discount. The shortage R_m − E_m must strictly fall; only
//! closing every position of the account is always permitted.
//!
//! Fees of position legs: rate × notional, together at most half of the fall in R_m and at most E_m
//! before the call. The discount of a collateral leg: at most 0.9 of the fall in R_m by that leg. At
//! E_m ≤ 0 there is no fee; collateral keeps its discount. Falls are those of the account's model, leg
//! after leg; what closing and the fee change in the quote leg is left out.
//!
//! Splitting a liquidation at one time and price never pays more, to one atom a call, because notional
//! and fall add up over the calls. Two things do not: E_m rises between the calls by what executions
//! better than spot bring in, and the discount widens if a sale lowers E_m/R_m. tests/properties/splitting
//! states both bounds.

mod outcome;
mod sizing;

pub use sizing::Prepared;

use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::fixed::{mul_div_ceil, mul_div_floor, Fixed};
use crate::health::{position_leg_ceil, value_maintenance, Health, View};
use crate::position::Position;
use crate::requirement::Sums;
use crate::total::{Drawing, Place, Rule, Totals};
use crate::trade::{margin_ceil, MarketTerms};
use crate::units::{Base, Usd};
use outcome::Draft;
use sizing::Bench;

/// Most legs in one call.
pub const MAX_LEGS: usize = 16;
/// Denominator of [`Plan::fraction`].
pub const WHOLE: u32 = 1 << FRACTION_STEPS;
const FRACTION_STEPS: u32 = 16;

/// Discount at which collateral is sold (F-12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiscountCurve {
    /// Discount at a health ratio of 1.
    pub least: Fixed,
    /// Discount at and below [`DiscountCurve::FLAT_BELOW`].
    pub most: Fixed,
}

impl DiscountCurve {
    /// Health ratio E_m/R_m below which the discount is flat.
    pub const FLAT_BELOW: Fixed = Fixed::ratio(7, 10);

    /// b_min + (b_max − b_min)(1 − h)/(1 − h_max), rounded down, h = E_m/R_m clamped to [0, 1].
    pub fn discount_floor(&self, maintenance: &View) -> Result<Fixed> {
        let equity = maintenance.equity.positive_part().magnitude();
        let requirement = maintenance.requirement.magnitude();
        if equity >= requirement {
            return Ok(self.least);
        }
        let one = Fixed::ONE.0.unsigned_abs();
        let ratio = mul_div_ceil(equity, one, requirement)?;
        let depth = one.saturating_sub(ratio);
        let span = one - Self::FLAT_BELOW.0.unsigned_abs();
        if depth >= span {
            return Ok(self.most);
        }
        let widening = self.most.minus(self.least)?.0.max(0).unsigned_abs();
        let raised = mul_div_floor(widening, depth, span)?;
        self.least.plus(Fixed(
            i64::try_from(raised).map_err(|_| EngineError::Overflow)?,
        ))
    }
}

/// A leg that the caller names.
#[derive(Clone, Copy, Debug)]
pub enum NamedLeg {
    /// Close up to `most` atoms of a position against the pool.
    Position {
        /// Slot and risk of the asset.
        slot: u8,
        /// The asset.
        asset: AssetView,
        /// The market.
        terms: MarketTerms,
        /// Fee on the notional.
        fee: Fixed,
        /// The position as it is.
        position: Position,
        /// At most this many atoms.
        most: u64,
    },
    /// Sell up to `most` atoms of a deposit to the keeper for quote.
    Collateral {
        /// Slot of the asset.
        slot: u8,
        /// The asset.
        asset: AssetView,
        /// The deposit as it is, in atoms.
        amount: u64,
        /// Discount of this asset.
        discount: DiscountCurve,
        /// At most this many atoms.
        most: u64,
    },
}

/// What one leg does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Atoms closed or sold.
    pub size: u64,
    /// Execution price as a mantissa of the band; zero for collateral.
    pub mantissa: u64,
    /// Position leg: quote paid or received at the execution price. Collateral leg: quote the
    /// account receives.
    pub notional: u64,
    /// Collateral leg: discount in quote that goes to insurance.
    pub insurance: u64,
}

/// Terms common to all legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Place of the target between maintenance (0) and initial (1).
    pub target_level: Fixed,
    /// Share of fees and discounts that the keeper gets; insurance gets the rest.
    pub keeper_share: Fixed,
    /// What the throttle allows, `None` for everything.
    pub budget: Option<u64>,
    /// The legs name every position of the account in full.
    pub closes_all_positions: bool,
}

/// A liquidation as it will be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Part of the named legs, of [`WHOLE`].
    pub fraction: u32,
    /// Fee of the position legs that the account pays, in quote atoms.
    pub fee: u64,
    /// Part of it for the keeper.
    pub fee_keeper: u64,
    /// Part of it for insurance.
    pub fee_insurance: u64,
    /// Maintenance view before.
    pub before: View,
    /// Maintenance view afterwards.
    pub after: View,
    /// Initial requirement afterwards.
    pub initial_requirement: Usd,
}

impl Plan {
    /// Divides the fee between keeper, rounded down, and insurance.
    fn split(mut self, keeper_share: Fixed) -> Result<Self> {
        self.fee_keeper = keeper_share.of_floor(self.fee)?;
        self.fee_insurance = self.fee.saturating_sub(self.fee_keeper);
        Ok(self)
    }

    /// How much the shortage fell, in micro-dollars; zero if it did not.
    pub fn improvement(&self) -> Result<u64> {
        let fall = self.before.shortage()?.minus(self.after.shortage()?)?;
        Ok(fall.positive_part().magnitude())
    }
}
/// The account under liquidation, as it was assessed.
#[derive(Clone, Copy)]
pub struct Subject<'a, B> {
    /// The book it was assessed against.
    pub book: &'a B,
    /// How its requirement is totalled.
    pub rule: Rule,
    /// Its health.
    pub health: &'a Health,
    /// Its legs, as left by [`crate::health::assess_into`].
    pub sums: &'a Sums,
}

/// Room for a plan, given by the caller: what each leg does, twice, what is prepared of each, and one
/// place more than legs.
pub struct Desk<'a> {
    /// What each leg does, once it is planned.
    pub taken: &'a mut [Taken],
    /// As many, for what is tried.
    pub tried: &'a mut [Taken],
    /// As many.
    pub prepared: &'a mut [Prepared],
    /// One more.
    pub places: &'a mut [Place],
}

/// Sizes a liquidation of `legs` and writes what each does to the desk.
///
/// # Errors
/// `Healthy` if E_m ≥ R_m; `LegCount`, also for a desk of another size; `LegNotHeld` for a leg of
/// nothing; `Throttled` if the budget is used up; `NotImproved` if the shortage would not fall and not
/// everything is closed.
#[inline(never)]
pub fn plan<B: BookView>(
    subject: &Subject<'_, B>,
    legs: &[NamedLeg],
    terms: &Terms,
    desk: Desk<'_>,
) -> Result<Plan> {
    let health = subject.health;
    if health.maintenance.is_met() {
        return Err(EngineError::Healthy);
    }
    let count = legs.len();
    let takes = (desk.taken.len(), desk.tried.len());
    let sizes = (desk.prepared.len(), desk.places.len());
    let fits = takes == (count, count) && sizes == (count, count + 1);
    if count == 0 || count > MAX_LEGS || !fits {
        return Err(EngineError::LegCount);
    }
    if legs.iter().any(|leg| leg.named() == 0) {
        return Err(EngineError::LegNotHeld);
    }
    if terms.budget == Some(0) {
        return Err(EngineError::Throttled);
    }
    let quote_slot = subject.book.quote_slot();
    let changing = sizing::assign(desk.places, quote_slot, legs, desk.prepared)?;
    let places = desk.places.get_mut(..changing).unwrap_or_default();
    for (leg, prepared) in legs.iter().zip(desk.prepared.iter_mut()) {
        leg.prepare(&health.maintenance, subject.rule.nets(), prepared)?;
    }
    let gross = health.gross.minus(subject.sums.apart)?;
    let quote = subject.book.asset(quote_slot)?;
    let bench = Bench {
        subject,
        quote: &quote,
        quote_per_usd: quote.band.inverse_floor(quote.band.spot)?,
        legs,
        prepared: desk.prepared,
        terms,
        totals: &Totals::of(subject.book, subject.rule, gross, subject.sums, places)?,
    };
    let mut draft = Draft {
        tried: desk.tried,
        kept: desk.taken,
        drawing: Drawing::of(places),
        apart: subject.sums.apart,
        closing: subject.sums.closing,
    };
    let plan = bench.largest(&mut draft)?;
    let plan = bench.settle_dust(plan, &mut draft)?;
    bench.check(plan, &mut draft)?.split(terms.keeper_share)
}

impl NamedLeg {
    /// Atoms that are named: what is held, at most `most`.
    fn named(&self) -> u64 {
        match self {
            Self::Position { position, most, .. } => position.base.magnitude().min(*most),
            Self::Collateral { amount, most, .. } => (*amount).min(*most),
        }
    }

    /// Slot of the asset.
    fn slot(&self) -> u8 {
        match self {
            Self::Position { slot, .. } | Self::Collateral { slot, .. } => *slot,
        }
    }

    /// Works out what does not depend on the part that is taken.
    fn prepare(&self, maintenance: &View, nets: bool, prepared: &mut Prepared) -> Result<()> {
        prepared.named = self.named();
        match self {
            Self::Position {
                slot,
                asset,
                terms,
                position,
                ..
            } => {
                prepared.value = position.value_floor(&asset.band)?;
                prepared.leg = position_leg_ceil(asset, *slot, prepared.value, nets)?;
                prepared.price = margin_ceil(terms, &asset.band)?;
            }
            Self::Collateral {
                slot,
                asset,
                amount,
                discount,
                ..
            } => {
                let held = Base::from_magnitude(*amount)?.0;
                let (value, leg) = value_maintenance(asset, *slot, held)?;
                (prepared.value, prepared.leg) = (value.0, leg);
                prepared.price = discount.discount_floor(maintenance)?.0.unsigned_abs();
            }
        }
        Ok(())
    }

    fn held(&self) -> u64 {
        match self {
            Self::Position { position, .. } => position.base.magnitude(),
            Self::Collateral { amount, .. } => *amount,
        }
    }

    fn asset(&self) -> &AssetView {
        match self {
            Self::Position { asset, .. } | Self::Collateral { asset, .. } => asset,
        }
    }

    /// Micro-dollars of what a fraction leaves of the holding.
    fn value_left(&self, taken: u64) -> Result<u64> {
        let band = &self.asset().band;
        band.value_floor(self.held().saturating_sub(taken), band.spot)
    }
}
