//! Which part of the named legs is taken: a search on cached sums (F-12).
//!
//! Between two parts, one admitted and one not, the next is where a line between their excesses crosses
//! zero; where that does not halve the interval, the next step halves it. The result is what bisection
//! would find, in a third of its steps.

use super::outcome::{Draft, Outcome};
use super::{NamedLeg, Plan, Subject, Terms, FRACTION_STEPS, WHOLE};
use crate::episode::DUST;
use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::health::{level_ceil, value_maintenance, View};
use crate::price::AtomsPerUsd;
use crate::requirement::Leg;
use crate::total::{Place, Totals};
use crate::units::{Quote, Usd};

/// The fee is at most the fall of the requirement divided by this.
const FALL_OVER_FEE: u64 = 2;
/// A part of all positions that neither cures nor removes this part of the shortage is no help.
const LEAST_HELP: u64 = 16;

/// Everything the search evaluates against.
pub(super) struct Bench<'a, B> {
    pub(super) subject: &'a Subject<'a, B>,
    pub(super) quote: &'a AssetView,
    pub(super) quote_per_usd: AtomsPerUsd,
    pub(super) legs: &'a [NamedLeg],
    pub(super) prepared: &'a [Prepared],
    pub(super) terms: &'a Terms,
    /// What the assets of the legs and the quote token are added to.
    pub(super) totals: &'a Totals<'a, B>,
}

/// What of a leg does not depend on the part that is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prepared {
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

/// Gives every asset that changes one place, the quote token the first; returns how many they are.
pub(super) fn assign(
    places: &mut [Place],
    quote_slot: u8,
    legs: &[NamedLeg],
    prepared: &mut [Prepared],
) -> Result<usize> {
    let mut count = 0;
    let mut place_of = |slot: u8| -> Result<usize> {
        let mut taken = places.iter().take(count);
        if let Some(at) = taken.position(|place| place.slot() == slot) {
            return Ok(at);
        }
        *places.get_mut(count).ok_or(EngineError::LegCount)? = Place::of(slot);
        count += 1;
        Ok(count - 1)
    };
    place_of(quote_slot)?;
    for (leg, prepared) in legs.iter().zip(prepared) {
        prepared.place = place_of(leg.slot())?;
    }
    Ok(count)
}

/// `named × fraction / 65,536`, rounded up.
fn part_ceil(named: u64, fraction: u32) -> u64 {
    if fraction >= WHOLE {
        return named;
    }
    let whole = u64::from(WHOLE);
    let parts = u64::from(fraction);
    // 48 or 16 bits times less than 2^16.
    let high = (named >> FRACTION_STEPS).wrapping_mul(parts);
    let low = (named & (whole - 1)).wrapping_mul(parts);
    high.saturating_add(low.div_ceil(whole)).min(named)
}

impl<B: BookView> Bench<'_, B> {
    /// The largest part that neither passes the target nor the budget; at least the smallest step.
    ///
    /// Bounded by [`Self::top`], up to which what is admitted is one interval from zero.
    #[inline(never)]
    pub(super) fn largest_fraction(&self, draft: &mut Draft<'_>) -> Result<u32> {
        let Top { part, plan, half } = self.top(draft)?;
        let mut high = Trial {
            part,
            excess: self.excess(&plan)?,
        };
        if high.excess <= 0 {
            return Ok(part);
        }
        let mut low = self.nothing()?;
        if let Some(half) = half {
            let trial = Trial {
                part: part / 2,
                excess: self.excess(&half)?,
            };
            *(if trial.excess <= 0 {
                &mut low
            } else {
                &mut high
            }) = trial;
        }
        let mut halve = false;
        while high.part - low.part > 1 {
            let span = high.part - low.part;
            let middle = if halve {
                low.part + span / 2
            } else {
                low.crossing(&high)
            };
            let trial = Trial {
                part: middle,
                excess: self.excess(&self.evaluate(middle, draft)?)?,
            };
            *(if trial.excess <= 0 {
                &mut low
            } else {
                &mut high
            }) = trial;
            // What is nearly a line is met at once; what is not, is halved.
            halve = high.part - low.part > span / 2;
        }
        if low.part == 0 && !self.within_budget(&self.evaluate(1, draft)?)? {
            return Err(EngineError::Throttled);
        }
        Ok(low.part.max(1))
    }

    /// Taking no part.
    fn nothing(&self) -> Result<Trial> {
        let view = &self.subject.health.maintenance;
        let target = self.subject.health.level_ceil(self.terms.target_level)?;
        let mut excess = view.equity.minus(target)?.0;
        if let Some(budget) = self.terms.budget {
            let least = i64::try_from(budget).map_err(|_| EngineError::Overflow)?;
            excess = excess.max(-least);
        }
        // Equality admits.
        Ok(Trial {
            part: 0,
            excess: excess.min(0),
        })
    }

    /// The first part of 1, 1/2, 1/4 .. that lowers the shortage further than half of it does.
    ///
    /// The impact of closing grows with the square of the size, the fall of the requirement only with
    /// the size: beyond some part the shortage grows again, and all of a leg may be worse than some.
    /// All positions together are not cut where there is nothing left to preserve, nor, the throttle
    /// apart, where no part cures or removes a sixteenth of the shortage: liquidation has to end.
    #[inline(never)]
    fn top(&self, draft: &mut Draft<'_>) -> Result<Top> {
        let mut part = WHOLE;
        let mut plan = self.evaluate(part, draft)?;
        let mut half = None;
        let all = self.terms.closes_all_positions;
        if all && self.subject.health.maintenance.equity <= Usd::ZERO {
            return Ok(Top { part, plan, half });
        }
        while part > 1 {
            let smaller = self.evaluate(part / 2, draft)?;
            if plan.after.shortage()? < smaller.after.shortage()? {
                half = Some(smaller);
                break;
            }
            (part, plan) = (part / 2, smaller);
        }
        let cut = part < WHOLE && !plan.after.is_met();
        if all && cut && self.terms.budget.is_none() && plan.improvement()? < self.least_help()? {
            (part, plan, half) = (0, self.evaluate(0, draft)?, None);
        }
        Ok(Top { part, plan, half })
    }

    fn least_help(&self) -> Result<u64> {
        Ok(self.subject.health.maintenance.shortage()?.magnitude() / LEAST_HELP)
    }

    /// How far a plan goes beyond the target or the budget, micro-dollars; admitted up to zero.
    fn excess(&self, plan: &Plan) -> Result<i64> {
        let target = level_ceil(
            plan.after.requirement,
            plan.initial_requirement,
            self.terms.target_level,
        )?;
        let mut excess = plan.after.equity.minus(target)?.0;
        if let Some(budget) = self.terms.budget {
            let improved = Usd::from_magnitude(plan.improvement()?)?;
            excess = excess.max(improved.minus(Usd::from_magnitude(budget)?)?.0);
        }
        Ok(excess)
    }

    fn within_budget(&self, plan: &Plan) -> Result<bool> {
        Ok(match self.terms.budget {
            Some(budget) => plan.improvement()? <= budget,
            None => true,
        })
    }

    /// Takes the whole of the legs where only dust would be left of every one of them, and the rest of
    /// the dust does not cost what the plan gains.
    #[inline(never)]
    pub(super) fn settle_dust(&self, fraction: u32, draft: &mut Draft<'_>) -> Result<Plan> {
        let plan = self.evaluate(fraction, draft)?;
        let dust = DUST.magnitude();
        let mut only_dust = fraction < WHOLE;
        for (leg, done) in self.legs.iter().zip(draft.taken.iter()) {
            only_dust &= leg.value_left(done.size)? < dust && leg.named() == leg.held();
        }
        if only_dust {
            let whole = self.evaluate(WHOLE, draft)?;
            if whole.improvement()? > 0 {
                return Ok(whole);
            }
            return self.evaluate(fraction, draft);
        }
        Ok(plan)
    }

    /// The plan if the shortage fell; otherwise everything, where everything was named.
    #[inline(never)]
    pub(super) fn check(&self, plan: Plan, draft: &mut Draft<'_>) -> Result<Plan> {
        if plan.fraction > 0 && plan.improvement()? > 0 {
            return Ok(plan);
        }
        if self.terms.closes_all_positions {
            return self.evaluate(WHOLE, draft);
        }
        Err(EngineError::NotImproved)
    }

    /// The state after taking `fraction` of every leg.
    #[inline(never)]
    fn evaluate(&self, fraction: u32, draft: &mut Draft<'_>) -> Result<Plan> {
        let (health, sums) = (self.subject.health, self.subject.sums);
        draft.restore(sums);
        let mut outcome = Outcome {
            draft,
            other_equity: sums.other_equity,
            quote: sums.quote,
            fee: 0,
        };
        let mut sells = false;
        for (index, leg) in self.legs.iter().enumerate() {
            match leg {
                NamedLeg::Position { .. } => self.take(&mut outcome, index, leg, fraction)?,
                NamedLeg::Collateral { .. } => sells = true,
            }
        }
        let fee = self.capped_fee(&mut outcome)?;
        if sells {
            for (index, leg) in self.legs.iter().enumerate() {
                if matches!(leg, NamedLeg::Collateral { .. }) {
                    self.take(&mut outcome, index, leg, fraction)?;
                }
            }
        }
        let quote = outcome.quote.minus(Quote::from_magnitude(fee)?)?;
        let (value, quote_leg) = value_maintenance(self.quote, sums.quote_leg.slot, quote.0)?;
        let equity = outcome.other_equity.plus(value)?;
        draft.replace(self.totals, 0, &sums.quote_leg, &quote_leg)?;
        let needed = draft.requirement(self.totals)?;
        Ok(Plan {
            fraction,
            fee,
            fee_keeper: 0,
            fee_insurance: fee,
            before: health.maintenance,
            after: View {
                equity,
                requirement: needed.maintenance,
            },
            initial_requirement: needed.initial,
        })
    }

    fn take(
        &self,
        outcome: &mut Outcome<'_, '_>,
        index: usize,
        leg: &NamedLeg,
        fraction: u32,
    ) -> Result<()> {
        let prepared = self.prepared.get(index).ok_or(EngineError::LegCount)?;
        let size = part_ceil(prepared.named, fraction);
        if size == 0 {
            return Ok(());
        }
        let done = match leg {
            NamedLeg::Position { .. } => outcome.close(self, leg, prepared, size)?,
            NamedLeg::Collateral { .. } => outcome.sell(self, leg, prepared, size)?,
        };
        *outcome
            .draft
            .taken
            .get_mut(index)
            .ok_or(EngineError::LegCount)? = done;
        Ok(())
    }

    /// Fee of the position legs in quote atoms, capped by the fall of the requirement and by E_m.
    fn capped_fee(&self, outcome: &mut Outcome<'_, '_>) -> Result<u64> {
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

/// A part that was tried.
#[derive(Clone, Copy)]
struct Trial {
    part: u32,
    /// See [`Bench::excess`].
    excess: i64,
}

impl Trial {
    /// Where a line from here to `high` crosses zero, strictly between the two.
    fn crossing(&self, high: &Self) -> u32 {
        let (below, above) = (self.excess.unsigned_abs(), high.excess.unsigned_abs());
        // A span of 17 bits times 46 bits fits.
        let surplus = (64 - below.max(above).leading_zeros()).saturating_sub(45);
        let (below, above) = (below >> surplus, above >> surplus);
        let span = high.part - self.part;
        let whole = (below + above).max(1);
        let steps = u64::from(span).wrapping_mul(below) / whole;
        let steps = u32::try_from(steps).unwrap_or(span);
        self.part + steps.clamp(1, span - 1)
    }
}

/// Where the search begins.
struct Top {
    part: u32,
    plan: Plan,
    /// What half of `part` does, if it was evaluated.
    half: Option<Plan>,
}
