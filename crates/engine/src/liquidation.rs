//! Liquidation: which part of the named legs is taken, at which price, and who is paid (F-12).
//!
//! The caller names legs; the plan decides sizes. All legs are taken in one common proportion
//! `fraction / 65,536` of what is named, found by bisection on cached sums, so that
//! * the account does not end beyond the target between maintenance and initial, dust apart,
//! * not more of the shortage is removed than the episode's throttle allows.
//!
//! Positions close against the pool at the impact price and need no capital. Collateral is bought for
//! quote by the keeper's margin account at a discount. The shortage R_m − E_m must strictly fall; only
//! closing every position of the account is always permitted.
//!
//! Fees of position legs: rate × notional, together at most half of the fall in R_m and at most E_m
//! before the call. Discounts of collateral legs: at most 0.9 of the fall in R_m. At E_m ≤ 0 there is
//! no fee; collateral keeps its discount. The fall is that of the position legs; what closing at a loss
//! adds to the requirement of the quote leg is not deducted.
//!
//! Splitting a liquidation at one time and price never pays more, to one atom a call, because notional
//! and fall add up over the calls. Two things do not: E_m rises between the calls by what executions
//! better than spot bring in, and the discount widens if a sale lowers E_m/R_m. tests/properties/splitting
//! states both bounds.

use crate::error::{EngineError, Result};
use crate::exposure::AssetView;
use crate::fixed::Fixed;
use crate::health::{level_ceil, value_maintenance, Health, View};
use crate::position::{signed_value_floor, Position};
use crate::price::AtomsPerUsd;
use crate::requirement::{Leg, Model, Standard};
use crate::trade::{execute_at_margin, margin_ceil, MarketTerms};
use crate::units::{Base, Quote, Usd};

/// Most legs in one call.
pub const MAX_LEGS: usize = 16;
/// Denominator of [`Plan::fraction`].
pub const WHOLE: u32 = 1 << FRACTION_STEPS;
const FRACTION_STEPS: u32 = 16;
/// The fee is at most the fall of the requirement divided by this.
const FALL_OVER_FEE: u64 = 2;
/// A part of all positions that neither cures nor removes this part of the shortage is no help.
const LEAST_HELP: u64 = 16;
const DISCOUNT_OF_FALL: Fixed = Fixed::ratio(9, 10);

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
        let ratio = crate::fixed::mul_div_ceil(equity, one, requirement)?;
        let depth = one.saturating_sub(ratio);
        let span = one - Self::FLAT_BELOW.0.unsigned_abs();
        if depth >= span {
            return Ok(self.most);
        }
        let widening = self.most.minus(self.least)?.0.max(0).unsigned_abs();
        let raised = crate::fixed::mul_div_floor(widening, depth, span)?;
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

/// Everything the bisection evaluates against.
struct Bench<'a> {
    health: &'a Health,
    quote: &'a AssetView,
    quote_slot: u8,
    quote_per_usd: AtomsPerUsd,
    legs: &'a [NamedLeg],
    fixed: [FixedPart; MAX_LEGS],
    terms: &'a Terms,
}

/// What of a leg does not depend on the part that is taken.
#[derive(Clone, Copy, Default)]
struct FixedPart {
    /// Atoms that are named.
    named: u64,
    /// The leg as it is in the model.
    leg: Leg,
    /// Position: margin of the execution price. Collateral: the discount's raw [`Fixed`].
    price: u64,
}

/// Sizes a liquidation of `legs` and writes what each does to `taken`.
///
/// # Errors
/// `Healthy` if E_m ≥ R_m; `LegCount`; `LegNotHeld` for a leg of nothing; `Throttled` if the budget is
/// used up; `NotImproved` if the shortage would not fall and not everything is closed.
#[inline(never)]
pub fn plan(
    health: &Health,
    quote: &AssetView,
    quote_slot: u8,
    legs: &[NamedLeg],
    terms: &Terms,
    taken: &mut [Taken],
) -> Result<Plan> {
    if health.maintenance.is_met() {
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
    let mut bench = Bench {
        health,
        quote,
        quote_slot,
        quote_per_usd: quote.band.inverse_floor(quote.band.spot)?,
        legs,
        fixed: [FixedPart::default(); MAX_LEGS],
        terms,
    };
    for (leg, fixed) in legs.iter().zip(bench.fixed.iter_mut()) {
        *fixed = leg.fixed_part(&health.maintenance)?;
    }
    let fraction = bench.largest_fraction(taken)?;
    let plan = bench.settle_dust(fraction, taken)?;
    bench.check(plan, taken)?.split(terms.keeper_share)
}

impl NamedLeg {
    /// Atoms that are named: what is held, at most `most`.
    fn named(&self) -> u64 {
        match self {
            Self::Position { position, most, .. } => position.base.magnitude().min(*most),
            Self::Collateral { amount, most, .. } => (*amount).min(*most),
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
            } => Ok(FixedPart {
                named,
                leg: Leg::new_ceil(*slot, position.value_floor(&asset.band)?, asset)?,
                price: margin_ceil(terms, &asset.band)?,
            }),
            Self::Collateral {
                slot,
                asset,
                amount,
                discount,
                ..
            } => Ok(FixedPart {
                named,
                leg: value_maintenance(asset, *slot, Base::from_magnitude(*amount)?.0)?.1,
                price: discount.discount_floor(maintenance)?.0.unsigned_abs(),
            }),
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

/// `named × fraction / 65,536`, rounded up.
fn part_ceil(named: u64, fraction: u32) -> u64 {
    let whole = u64::from(WHOLE);
    let parts = u64::from(fraction);
    let high = (named >> FRACTION_STEPS).saturating_mul(parts);
    let low = (named & (whole - 1)).saturating_mul(parts);
    high.saturating_add(low.div_ceil(whole)).min(named)
}

impl Bench<'_> {
    /// The largest part that neither passes the target nor the budget; at least the smallest step.
    ///
    /// Bounded by [`Self::top`], up to which what is admitted is one interval from zero.
    fn largest_fraction(&self, taken: &mut [Taken]) -> Result<u32> {
        let Top { part, plan, half } = self.top(taken)?;
        if self.admits(&plan)? {
            return Ok(part);
        }
        let (mut low, mut high) = match &half {
            Some(half) if self.admits(half)? => (part / 2, part),
            Some(_) => (0, part / 2),
            None => (0, part),
        };
        while high - low > 1 {
            let middle = (low + high) / 2;
            if self.admits(&self.evaluate(middle, taken)?)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        if low == 0 && !self.within_budget(&self.evaluate(1, taken)?)? {
            return Err(EngineError::Throttled);
        }
        Ok(low.max(1))
    }

    /// The first part of 1, 1/2, 1/4 .. that lowers the shortage further than half of it does.
    ///
    /// The impact of closing grows with the square of the size, the fall of the requirement only with
    /// the size: beyond some part the shortage grows again, and all of a leg may be worse than some.
    /// All positions together are not cut where there is nothing left to preserve, nor, the throttle
    /// apart, where no part cures or removes a sixteenth of the shortage: liquidation has to end.
    fn top(&self, taken: &mut [Taken]) -> Result<Top> {
        let mut part = WHOLE;
        let mut plan = self.evaluate(part, taken)?;
        let mut half = None;
        let all = self.terms.closes_all_positions;
        if all && self.health.maintenance.equity <= Usd::ZERO {
            return Ok(Top { part, plan, half });
        }
        while part > 1 {
            let smaller = self.evaluate(part / 2, taken)?;
            if plan.after.shortage()? < smaller.after.shortage()? {
                half = Some(smaller);
                break;
            }
            (part, plan) = (part / 2, smaller);
        }
        let cut = part < WHOLE && !plan.after.is_met();
        if all && cut && self.terms.budget.is_none() && plan.improvement()? < self.least_help()? {
            (part, plan, half) = (0, self.evaluate(0, taken)?, None);
        }
        Ok(Top { part, plan, half })
    }

    fn least_help(&self) -> Result<u64> {
        Ok(self.health.maintenance.shortage()?.magnitude() / LEAST_HELP)
    }

    fn admits(&self, plan: &Plan) -> Result<bool> {
        let target = level_ceil(
            plan.after.requirement,
            plan.initial_requirement,
            self.terms.target_level,
        )?;
        Ok(plan.after.equity <= target && self.within_budget(plan)?)
    }

    fn within_budget(&self, plan: &Plan) -> Result<bool> {
        Ok(match self.terms.budget {
            Some(budget) => plan.improvement()? <= budget,
            None => true,
        })
    }

    /// Takes the whole of the legs where only dust would be left of every one of them, and the rest of
    /// the dust does not cost what the plan gains.
    fn settle_dust(&self, fraction: u32, taken: &mut [Taken]) -> Result<Plan> {
        let plan = self.evaluate(fraction, taken)?;
        let dust = crate::episode::DUST.magnitude();
        let mut only_dust = fraction < WHOLE;
        for (leg, done) in self.legs.iter().zip(taken.iter()) {
            only_dust &= leg.value_left(done.size)? < dust && leg.named() == leg.held();
        }
        if only_dust {
            let whole = self.evaluate(WHOLE, taken)?;
            if whole.improvement()? > 0 {
                return Ok(whole);
            }
            return self.evaluate(fraction, taken);
        }
        Ok(plan)
    }

    /// The plan if the shortage fell; otherwise everything, where everything was named.
    fn check(&self, plan: Plan, taken: &mut [Taken]) -> Result<Plan> {
        if plan.fraction > 0 && plan.improvement()? > 0 {
            return Ok(plan);
        }
        if self.terms.closes_all_positions {
            return self.evaluate(WHOLE, taken);
        }
        Err(EngineError::NotImproved)
    }

    /// The state after taking `fraction` of every leg.
    fn evaluate(&self, fraction: u32, taken: &mut [Taken]) -> Result<Plan> {
        let sums = &self.health.sums;
        let mut outcome = Outcome {
            model: sums.model,
            other_equity: sums.other_equity,
            quote: sums.quote,
            position_fall: 0,
            fee: 0,
        };
        let legs = self.legs.iter().zip(&self.fixed);
        for ((leg, fixed), done) in legs.zip(taken.iter_mut()) {
            let size = part_ceil(fixed.named, fraction);
            *done = if size == 0 {
                Taken::default()
            } else {
                match leg {
                    NamedLeg::Position { .. } => outcome.close(leg, fixed, size)?,
                    NamedLeg::Collateral { .. } => outcome.sell(self, leg, fixed, size)?,
                }
            };
        }
        let fee = self.capped_fee(&outcome)?;
        let quote = outcome.quote.minus(Quote::from_magnitude(fee)?)?;
        let (value, quote_leg) = value_maintenance(self.quote, self.quote_slot, quote.0)?;
        outcome.model.replace(&sums.quote_leg, &quote_leg)?;
        Ok(Plan {
            fraction,
            fee,
            fee_keeper: 0,
            fee_insurance: fee,
            before: self.health.maintenance,
            after: View {
                equity: outcome.other_equity.plus(value)?,
                requirement: outcome.model.maintenance()?,
            },
            initial_requirement: outcome.model.initial()?,
        })
    }

    /// Fee of the position legs in quote atoms, capped by the fall of the requirement and by E_m.
    fn capped_fee(&self, outcome: &Outcome) -> Result<u64> {
        let equity = self.health.maintenance.equity.positive_part().magnitude();
        let cap = (outcome.position_fall / FALL_OVER_FEE).min(equity);
        Ok(outcome.fee.min(self.quote_per_usd.atoms_floor(cap)?))
    }
}

/// Where the bisection begins.
struct Top {
    part: u32,
    plan: Plan,
    /// What half of `part` does, if it was evaluated.
    half: Option<Plan>,
}

struct Outcome {
    model: Standard,
    other_equity: Usd,
    quote: Quote,
    /// Fall of the requirement by the position legs, in micro-dollars.
    position_fall: u64,
    /// Fee of the position legs before the caps, in quote atoms.
    fee: u64,
}

impl Outcome {
    /// Closes `size` atoms of a position against the pool.
    #[inline(never)]
    fn close(&mut self, leg: &NamedLeg, fixed: &FixedPart, size: u64) -> Result<Taken> {
        let NamedLeg::Position {
            slot,
            asset,
            terms,
            fee,
            position,
            ..
        } = leg
        else {
            return Err(EngineError::LegNotHeld);
        };
        let magnitude = Base::from_magnitude(size)?;
        let traded = if position.base.0 > 0 {
            magnitude.negated()?
        } else {
            magnitude
        };
        let execution = execute_at_margin(terms, &asset.band, traded, fixed.price)?;
        let left = position.base.plus(traded)?;
        let after = signed_value_floor(left, &asset.band, asset.band.spot)?;
        let before = fixed.leg.exposure;
        let flow = Quote::from_magnitude(execution.notional)?;
        let flow = if traded.0 > 0 { flow.negated()? } else { flow };
        self.quote = self
            .quote
            .plus(Quote(after).minus(Quote(before))?)?
            .plus(flow)?;
        let new = Leg::new_ceil(*slot, after, asset)?;
        self.model.replace(&fixed.leg, &new)?;
        let fall = fixed.leg.maintenance.saturating_sub(new.maintenance);
        self.position_fall = self
            .position_fall
            .checked_add(fall)
            .ok_or(EngineError::Overflow)?;
        let closed = before.unsigned_abs().saturating_sub(after.unsigned_abs());
        self.fee = self
            .fee
            .checked_add(fee.of_floor(closed)?)
            .ok_or(EngineError::Overflow)?;
        Ok(Taken {
            size,
            mantissa: execution.mantissa,
            notional: execution.notional,
            insurance: 0,
        })
    }

    /// Sells `size` atoms of a deposit to the keeper at the discount.
    #[inline(never)]
    fn sell(
        &mut self,
        bench: &Bench<'_>,
        leg: &NamedLeg,
        fixed: &FixedPart,
        size: u64,
    ) -> Result<Taken> {
        let NamedLeg::Collateral {
            slot,
            asset,
            amount,
            ..
        } = leg
        else {
            return Err(EngineError::LegNotHeld);
        };
        let band = &asset.band;
        let left = Base::from_magnitude(amount.saturating_sub(size))?;
        let (before, old) = value_maintenance(asset, *slot, Base::from_magnitude(*amount)?.0)?;
        let (after, new) = value_maintenance(asset, *slot, left.0)?;
        let value = band.value_floor(size, band.spot)?;
        let fall = old.maintenance.saturating_sub(new.maintenance);
        let rate = Fixed(i64::try_from(fixed.price).map_err(|_| EngineError::Overflow)?);
        let given = rate.of_floor(value)?.min(DISCOUNT_OF_FALL.of_floor(fall)?);
        let price = bench.quote_per_usd.atoms_floor(value)?;
        let given = bench.quote_per_usd.atoms_floor(given)?.min(price);
        let keeper = bench.terms.keeper_share.of_floor(given)?;
        let received = price - given;
        self.quote = self.quote.plus(Quote::from_magnitude(received)?)?;
        self.other_equity = self.other_equity.plus(after)?.minus(before)?;
        self.model.replace(&old, &new)?;
        Ok(Taken {
            size,
            mantissa: 0,
            notional: received,
            insurance: given - keeper,
        })
    }
}
