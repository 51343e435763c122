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
//! after leg; what closing at a loss adds to the requirement of the quote leg is not deducted.
//!
//! Splitting a liquidation at one time and price never pays more, to one atom a call, because notional
//! and fall add up over the calls. Two things do not: E_m rises between the calls by what executions
//! better than spot bring in, and the discount widens if a sale lowers E_m/R_m. tests/properties/splitting
//! states both bounds.

mod outcome;
mod sizing;

use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::fixed::{mul_div_ceil, mul_div_floor, Fixed};
use crate::health::{position_leg_ceil, value_maintenance, Health, View};
use crate::position::Position;
use crate::requirement::Sums;
use crate::total::{Rule, Totals};
use crate::trade::{margin_ceil, MarketTerms};
use crate::units::{Base, Usd};
use outcome::Draft;
use sizing::{Bench, FixedPart, Places};

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

/// Sizes a liquidation of `legs` and writes what each does to `taken`.
///
/// # Errors
/// `Healthy` if E_m ≥ R_m; `LegCount`; `LegNotHeld` for a leg of nothing; `Throttled` if the budget is
/// used up; `NotImproved` if the shortage would not fall and not everything is closed.
#[inline(never)]
pub fn plan<B: BookView>(
    subject: &Subject<'_, B>,
    legs: &[NamedLeg],
    terms: &Terms,
    taken: &mut [Taken],
) -> Result<Plan> {
    let maintenance = &subject.health.maintenance;
    if maintenance.is_met() {
        return Err(EngineError::Healthy);
    }
    if legs.is_empty() || legs.len() > MAX_LEGS || taken.len() != legs.len() {
        return Err(EngineError::LegCount);
    }
    if legs.iter().any(|leg| leg.named() == 0) {
        return Err(EngineError::LegNotHeld);
    }
    if terms.budget == Some(0) {
        return Err(EngineError::Throttled);
    }
    let places = Places::of(legs, subject.book.quote_slot())?;
    let totals = Totals::of(subject.book, subject.rule, subject.sums, places.slots())?;
    let cut = Cut {
        subject,
        legs,
        terms,
        places: &places,
        totals: &totals,
    };
    cut.plan(taken)
}

/// A liquidation on its way to the [`Bench`]: each step fills the stack of one function, and the
/// target allows 4,096 bytes for one.
struct Cut<'a, B> {
    subject: &'a Subject<'a, B>,
    legs: &'a [NamedLeg],
    terms: &'a Terms,
    places: &'a Places,
    totals: &'a Totals<'a, B>,
}

impl<B: BookView> Cut<'_, B> {
    #[inline(never)]
    fn plan(&self, taken: &mut [Taken]) -> Result<Plan> {
        let mut fixed = [FixedPart::default(); MAX_LEGS];
        for (leg, fixed) in self.legs.iter().zip(fixed.iter_mut()) {
            *fixed = leg.fixed_part(&self.subject.health.maintenance)?;
            fixed.place = self.places.of_slot(leg.slot())?;
        }
        self.plan_on(&fixed, taken)
    }

    #[inline(never)]
    fn plan_on(&self, fixed: &[FixedPart; MAX_LEGS], taken: &mut [Taken]) -> Result<Plan> {
        let subject = self.subject;
        let quote = subject.book.asset(subject.book.quote_slot())?;
        let bench = Bench {
            subject,
            quote: &quote,
            quote_per_usd: quote.band.inverse_floor(quote.band.spot)?,
            legs: self.legs,
            fixed,
            terms: self.terms,
            totals: self.totals,
            base: &Draft::of(self.totals, subject.sums, self.places.slots())?,
        };
        let fraction = bench.largest_fraction(taken)?;
        let plan = bench.settle_dust(fraction, taken)?;
        bench.check(plan, taken)?.split(self.terms.keeper_share)
    }
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

    fn fixed_part(&self, maintenance: &View) -> Result<FixedPart> {
        let named = self.named();
        match self {
            Self::Position {
                slot,
                asset,
                terms,
                position,
                ..
            } => {
                let value = position.value_floor(&asset.band)?;
                Ok(FixedPart {
                    named,
                    value,
                    leg: position_leg_ceil(asset, *slot, value)?,
                    price: margin_ceil(terms, &asset.band)?,
                    place: 0,
                })
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
                Ok(FixedPart {
                    named,
                    value: value.0,
                    leg,
                    price: discount.discount_floor(maintenance)?.0.unsigned_abs(),
                    place: 0,
                })
            }
        }
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
