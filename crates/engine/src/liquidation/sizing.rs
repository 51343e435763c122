//! Which part of the named legs is taken: bisection on cached sums (F-12).

use super::outcome::{Draft, Outcome};
use super::{NamedLeg, Plan, Subject, Taken, Terms, FRACTION_STEPS, MAX_LEGS, WHOLE};
use crate::episode::DUST;
use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::health::{level_ceil, value_maintenance, View};
use crate::price::AtomsPerUsd;
use crate::requirement::Leg;
use crate::total::{Totals, MOST_VARIABLE};
use crate::units::{Quote, Usd};

/// The fee is at most the fall of the requirement divided by this.
const FALL_OVER_FEE: u64 = 2;
/// A part of all positions that neither cures nor removes this part of the shortage is no help.
const LEAST_HELP: u64 = 16;

/// Everything the bisection evaluates against.
pub(super) struct Bench<'a, B> {
    pub(super) subject: &'a Subject<'a, B>,
    pub(super) quote: &'a AssetView,
    pub(super) quote_per_usd: AtomsPerUsd,
    pub(super) legs: &'a [NamedLeg],
    pub(super) fixed: &'a [FixedPart; MAX_LEGS],
    pub(super) terms: &'a Terms,
    /// What the assets of the legs and the quote token are added to.
    pub(super) totals: &'a Totals<'a, B>,
    /// Those assets as they are.
    pub(super) base: &'a Draft,
}

/// What of a leg does not depend on the part that is taken.
#[derive(Clone, Copy, Default)]
pub(super) struct FixedPart {
    /// Atoms that are named.
    pub(super) named: u64,
    /// Signed value in the maintenance view, micro-dollars.
    pub(super) value: i64,
    /// The leg as it is in the sums.
    pub(super) leg: Leg,
    /// Position: margin of the execution price. Collateral: the discount's raw [`crate::fixed::Fixed`].
    pub(super) price: u64,
    /// Place of its asset among those that change.
    pub(super) place: usize,
}

/// The assets that change, each once; the quote token is the first.
pub(super) struct Places {
    slots: [u8; MOST_VARIABLE],
    count: usize,
}

impl Places {
    pub(super) fn of(legs: &[NamedLeg], quote_slot: u8) -> Result<Self> {
        let mut places = Self {
            slots: [quote_slot; MOST_VARIABLE],
            count: 1,
        };
        for leg in legs {
            if places.slots().contains(&leg.slot()) {
                continue;
            }
            let place = places.slots.get_mut(places.count);
            *place.ok_or(EngineError::LegCount)? = leg.slot();
            places.count += 1;
        }
        Ok(places)
    }

    pub(super) fn slots(&self) -> &[u8] {
        self.slots.get(..self.count).unwrap_or(&self.slots)
    }

    pub(super) fn of_slot(&self, slot: u8) -> Result<usize> {
        let place = self.slots().iter().position(|other| *other == slot);
        place.ok_or(EngineError::LegNotHeld)
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

impl<B: BookView> Bench<'_, B> {
    /// The largest part that neither passes the target nor the budget; at least the smallest step.
    ///
    /// Bounded by [`Self::top`], up to which what is admitted is one interval from zero.
    pub(super) fn largest_fraction(&self, taken: &mut [Taken]) -> Result<u32> {
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
        if all && self.subject.health.maintenance.equity <= Usd::ZERO {
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
        Ok(self.subject.health.maintenance.shortage()?.magnitude() / LEAST_HELP)
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
    pub(super) fn settle_dust(&self, fraction: u32, taken: &mut [Taken]) -> Result<Plan> {
        let plan = self.evaluate(fraction, taken)?;
        let dust = DUST.magnitude();
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
    pub(super) fn check(&self, plan: Plan, taken: &mut [Taken]) -> Result<Plan> {
        if plan.fraction > 0 && plan.improvement()? > 0 {
            return Ok(plan);
        }
        if self.terms.closes_all_positions {
            return self.evaluate(WHOLE, taken);
        }
        Err(EngineError::NotImproved)
    }

    /// The state after taking `fraction` of every leg.
    #[inline(never)]
    fn evaluate(&self, fraction: u32, taken: &mut [Taken]) -> Result<Plan> {
        let (health, sums) = (self.subject.health, self.subject.sums);
        let mut outcome = Outcome {
            draft: *self.base,
            other_equity: sums.other_equity,
            quote: sums.quote,
            fee: 0,
        };
        taken.fill(Taken::default());
        let positions = |leg: &NamedLeg| matches!(leg, NamedLeg::Position { .. });
        for (index, leg) in self
            .legs
            .iter()
            .enumerate()
            .filter(|(_, leg)| positions(leg))
        {
            self.take(&mut outcome, index, leg, fraction, taken)?;
        }
        let fee = self.capped_fee(&outcome)?;
        for (index, leg) in self
            .legs
            .iter()
            .enumerate()
            .filter(|(_, leg)| !positions(leg))
        {
            self.take(&mut outcome, index, leg, fraction, taken)?;
        }
        let quote = outcome.quote.minus(Quote::from_magnitude(fee)?)?;
        let (value, quote_leg) = value_maintenance(self.quote, sums.quote_leg.slot, quote.0)?;
        outcome
            .draft
            .replace(self.totals, 0, &sums.quote_leg, &quote_leg)?;
        let needed = outcome.draft.requirement(self.totals)?;
        Ok(Plan {
            fraction,
            fee,
            fee_keeper: 0,
            fee_insurance: fee,
            before: health.maintenance,
            after: View {
                equity: outcome.other_equity.plus(value)?,
                requirement: needed.maintenance,
            },
            initial_requirement: needed.initial,
        })
    }

    fn take(
        &self,
        outcome: &mut Outcome,
        index: usize,
        leg: &NamedLeg,
        fraction: u32,
        taken: &mut [Taken],
    ) -> Result<()> {
        let (Some(fixed), Some(done)) = (self.fixed.get(index), taken.get_mut(index)) else {
            return Err(EngineError::LegCount);
        };
        let size = part_ceil(fixed.named, fraction);
        if size > 0 {
            *done = match leg {
                NamedLeg::Position { .. } => outcome.close(self, leg, fixed, size)?,
                NamedLeg::Collateral { .. } => outcome.sell(self, leg, fixed, size)?,
            };
        }
        Ok(())
    }

    /// Fee of the position legs in quote atoms, capped by the fall of the requirement and by E_m.
    fn capped_fee(&self, outcome: &Outcome) -> Result<u64> {
        let maintenance = &self.subject.health.maintenance;
        let equity = maintenance.equity.positive_part().magnitude();
        if outcome.fee == 0 || equity == 0 {
            return Ok(0);
        }
        let left = outcome.draft.requirement(self.totals)?.maintenance;
        let fall = maintenance.requirement.minus(left)?.positive_part();
        let cap = (fall.magnitude() / FALL_OVER_FEE).min(equity);
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
