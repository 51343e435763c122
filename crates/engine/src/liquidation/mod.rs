//! Liquidation: which part of the named legs is taken, at which price, and who is paid (F-12).
//!
//! The caller names legs; the plan decides sizes. All legs are taken in one common proportion
//! `fraction / 65,536` of what is named, found by search on cached sums, so that
//! * the account does not end beyond the target between maintenance and initial, dust apart,
//! * not more of the shortage is removed than the episode's throttle allows.
//!
//! Positions close against the pool at the impact price and need no capital. Collateral is bought for
//! quote by the keeper's margin account at a discount; debts are taken over by it for quote at a premium
//! of the same curve. The shortage R_m − E_m must strictly fall; only
//! closing every position of the account is always permitted.
//!
//! Fees of position legs: rate × notional, together at most half of the fall in R_m and at most E_m
//! before; at E_m ≤ 0 there is none. Fees and discounts together: at most 0.9 of that fall. The fall is
//! that by all legs under the account's model, before fees and discounts are paid, and is counted from the
//! first call at a time, as they are: what the account keeps of it is its [`Moment`]. It depends on where
//! the account is and not on how it came there, so that splitting a call at one time and price gains
//! nothing.

mod outcome;
mod sizing;

pub use sizing::Prepared;

use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::fixed::{mul_div_floor, Fixed};
use crate::health::{position_leg_ceil, value_maintenance, Health, View};
use crate::position::Position;
use crate::price::AtomsPerUsd;
use crate::requirement::{Rule, Sums};
use crate::stock::Stock;
use crate::total::{Drawing, Place, Totals};
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
    /// Discount at a health ratio of 0.7 and below.
    pub most: Fixed,
}

impl DiscountCurve {
    /// 1 − h_max, numerator and denominator: below a health ratio of 0.7 the discount is flat.
    const SPAN: (u64, u64) = (3, 10);

    /// Seconds of an episode after which the discount is the largest, however deep the account is.
    pub const RAMP_SECONDS: u64 = 600;

    /// b_min + (b_max − b_min) · part, rounded down.
    pub fn discount_floor(&self, part: Fixed) -> Result<Fixed> {
        let widening = self.most.minus(self.least)?.0.max(0).unsigned_abs();
        let raised = part.of_floor(widening)?;
        self.least.plus(Fixed(
            i64::try_from(raised).map_err(|_| EngineError::Overflow)?,
        ))
    }

    /// How far discounts have widened, 0 to 1, rounded down: min(1, (1 − h)/(1 − h_max) + t/600), where h
    /// is E_m/R_m clamped to [0, 1] and t the seconds since the episode began.
    pub fn part_floor(maintenance: &View, elapsed: u64) -> Result<Fixed> {
        let one = Fixed::ONE.0.unsigned_abs();
        let waited = elapsed
            .min(Self::RAMP_SECONDS)
            .saturating_mul(one / Self::RAMP_SECONDS);
        let part = Self::depth_floor(maintenance)?.saturating_add(waited);
        // One 600th of 1 is not a whole number: the last second makes up for it.
        let full = elapsed >= Self::RAMP_SECONDS || part >= one;
        Ok(if full {
            Fixed::ONE
        } else {
            Fixed(i64::try_from(part).map_err(|_| EngineError::Overflow)?)
        })
    }

    /// (1 − h)/(1 − h_max) in [`Fixed`], rounded down, 1 at most; h_max is 0.7.
    fn depth_floor(maintenance: &View) -> Result<u64> {
        let one = Fixed::ONE.0.unsigned_abs();
        let requirement = maintenance.requirement.magnitude();
        let equity = maintenance.equity.positive_part().magnitude();
        let lacks = requirement
            .saturating_sub(equity)
            .saturating_mul(Self::SPAN.1);
        let span = requirement.saturating_mul(Self::SPAN.0);
        if lacks >= span {
            return Ok(if lacks == 0 { 0 } else { one });
        }
        mul_div_floor(lacks, one, span)
    }
}

/// What all liquidations of an account at one time share, so that splitting one gains nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// How far discounts have widened, 0 to 1: see [`DiscountCurve::part_floor`].
    pub part: Fixed,
    /// E_m before the first of them, micro-dollars; 0 for a negative one.
    pub equity: u64,
    /// R_m before the first of them, micro-dollars.
    pub requirement: u64,
    /// Fees of position legs since, quote atoms.
    pub fees: u64,
    /// Discounts since, quote atoms.
    pub discounts: u64,
}

impl Moment {
    /// Of a first liquidation at its time.
    pub fn of(maintenance: &View, elapsed: u64) -> Result<Self> {
        Ok(Self {
            part: DiscountCurve::part_floor(maintenance, elapsed)?,
            equity: maintenance.equity.positive_part().magnitude(),
            requirement: maintenance.requirement.magnitude(),
            fees: 0,
            discounts: 0,
        })
    }

    /// What was paid since the first, quote atoms.
    fn paid(&self) -> Result<u64> {
        let paid = self.fees.checked_add(self.discounts);
        paid.ok_or(EngineError::Overflow)
    }

    /// What fees may still take of E_m, which is now `equity`, quote atoms.
    fn fee_room_floor(&self, equity: Usd, quote: AtomsPerUsd) -> Result<u64> {
        let first = quote.atoms_floor(self.equity)?.saturating_sub(self.fees);
        Ok(first.min(quote.atoms_floor(equity.positive_part().magnitude())?))
    }

    /// Fees, and fees and discounts together, at most, quote atoms, where the requirement would have come
    /// down to `requirement` if nothing had been paid: what is left of half and of 0.9 of the fall.
    fn room_floor(&self, requirement: Usd, quote: AtomsPerUsd) -> Result<(u64, u64)> {
        let fall = self.requirement.saturating_sub(requirement.magnitude());
        let fees = quote.atoms_floor(fall / Self::FALL_OVER_FEES)?;
        let both = quote.atoms_floor(Self::MOST_OF_FALL.of_floor(fall)?)?;
        let both = both.saturating_sub(self.paid()?);
        Ok((fees.saturating_sub(self.fees).min(both), both))
    }

    /// Fees are at most the fall of the requirement divided by this.
    const FALL_OVER_FEES: u64 = 2;
    /// Most of the fall of the requirement that fees and discounts may take.
    const MOST_OF_FALL: Fixed = Fixed::ratio(9, 10);
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
        /// The deposit as it is.
        stock: Stock,
        /// Discount of this asset.
        discount: DiscountCurve,
        /// At most this many atoms.
        most: u64,
    },
    /// Have the keeper take over up to `most` atoms of a debt for quote.
    Debt {
        /// Slot of the asset.
        slot: u8,
        /// The asset.
        asset: AssetView,
        /// The debt as it is.
        stock: Stock,
        /// Premium that is paid on it.
        discount: DiscountCurve,
        /// At most this many atoms.
        most: u64,
    },
}

/// What one leg does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Atoms closed, sold or taken over.
    pub size: u64,
    /// The same as the account keeps it: shares of a lent deposit or of a debt. Zero for positions.
    pub amount: u64,
    /// Execution price as a mantissa of the band; zero for what is no position.
    pub mantissa: u64,
    /// Position leg: quote paid or received at the execution price. Collateral leg: quote the
    /// account receives. Debt leg: quote the account pays, insurance's part in it.
    pub notional: u64,
    /// Part of the discount that goes to insurance, in quote.
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
    /// Seconds since the episode began.
    pub elapsed: u64,
    /// What an earlier liquidation at the same time left; `None` for the first.
    pub moment: Option<Moment>,
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
    /// Discounts of all legs, in quote atoms.
    pub discounts: u64,
    /// Maintenance view before.
    pub before: View,
    /// Maintenance view afterwards.
    pub after: View,
    /// Initial requirement afterwards.
    pub initial_requirement: Usd,
    /// What is left to a further call at the same time.
    pub moment: Moment,
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
    if terms.budget == Some(0) {
        return Err(EngineError::Throttled);
    }
    let quote_slot = subject.book.quote_slot();
    let changing = sizing::assign(desk.places, quote_slot, legs, desk.prepared)?;
    let places = desk.places.get_mut(..changing).unwrap_or_default();
    let gross = health.gross.minus(subject.sums.apart)?;
    let totals = Totals::of(subject.book, subject.rule, gross, subject.sums, places)?;
    let mut draft = Draft {
        tried: desk.tried,
        kept: desk.taken,
        drawing: Drawing::of(places),
        apart: subject.sums.apart,
        closing: subject.sums.closing,
    };
    let moment = match terms.moment {
        Some(moment) => moment,
        None => Moment::of(&health.maintenance, terms.elapsed)?,
    };
    for (leg, prepared) in legs.iter().zip(desk.prepared.iter_mut()) {
        leg.prepare(moment.part, subject.rule.nets(), prepared)?;
    }
    let quote = subject.book.asset(quote_slot)?;
    let quote_per_usd = quote.band.inverse_floor(quote.band.spot)?;
    let bench = Bench {
        subject,
        quote: &quote,
        quote_per_usd,
        fee_room: moment.fee_room_floor(health.maintenance.equity, quote_per_usd)?,
        legs,
        prepared: desk.prepared,
        terms,
        moment,
        totals: &totals,
    };
    let plan = bench.largest(&mut draft)?;
    let plan = bench.settle_dust(plan, &mut draft)?;
    let mut plan = bench.check(plan, &mut draft)?;
    plan.moment.fees = moment.fees.saturating_add(plan.fee);
    plan.moment.discounts = moment.discounts.saturating_add(plan.discounts);
    plan.split(terms.keeper_share)
}

impl NamedLeg {
    /// Slot of the asset.
    fn slot(&self) -> u8 {
        match self {
            Self::Position { slot, .. }
            | Self::Collateral { slot, .. }
            | Self::Debt { slot, .. } => *slot,
        }
    }

    /// Works out what does not depend on the part that is taken.
    ///
    /// # Errors
    /// `LegNotHeld` for a leg of nothing, or a balance on the wrong side.
    fn prepare(&self, part: Fixed, nets: bool, prepared: &mut Prepared) -> Result<()> {
        prepared.held = self.held()?;
        prepared.named = prepared.held.min(self.most());
        if prepared.named == 0 {
            return Err(EngineError::LegNotHeld);
        }
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
                discount,
                ..
            }
            | Self::Debt {
                slot,
                asset,
                discount,
                ..
            } => {
                let atoms = self.signed(prepared.held)?;
                let (value, leg) = value_maintenance(asset, *slot, atoms)?;
                (prepared.value, prepared.leg) = (value.0, leg);
                prepared.price = discount.discount_floor(part)?.0.unsigned_abs();
            }
        }
        Ok(())
    }

    /// Atoms of a balance, negative for a debt.
    fn signed(&self, atoms: u64) -> Result<i64> {
        let atoms = Base::from_magnitude(atoms)?;
        Ok(match self {
            Self::Debt { .. } => atoms.negated()?.0,
            _ => atoms.0,
        })
    }

    /// Atoms held or owed.
    fn held(&self) -> Result<u64> {
        match self {
            Self::Position { position, .. } => Ok(position.base.magnitude()),
            Self::Collateral { stock, .. } if !stock.is_owed() => stock.atoms(),
            Self::Debt { stock, .. } if stock.is_owed() => stock.atoms(),
            Self::Collateral { .. } | Self::Debt { .. } => Ok(0),
        }
    }

    fn most(&self) -> u64 {
        match self {
            Self::Position { most, .. }
            | Self::Collateral { most, .. }
            | Self::Debt { most, .. } => *most,
        }
    }

    fn asset(&self) -> &AssetView {
        match self {
            Self::Position { asset, .. }
            | Self::Collateral { asset, .. }
            | Self::Debt { asset, .. } => asset,
        }
    }

    /// Micro-dollars of what is left of `held` atoms.
    fn value_left(&self, held: u64, taken: u64) -> Result<u64> {
        let band = &self.asset().band;
        band.value_floor(held.saturating_sub(taken), band.spot)
    }
}
