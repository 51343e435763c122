//! Which part of the named legs is taken: a search on cached sums (F-12).
//!
//! Between two parts, one admitted and one not, the next is where a curve through their excesses and that
//! of the part tried before crosses zero; where that makes little progress, the interval is halved. The
//! result is what bisection would find, in a quarter of its steps.

use super::outcome::{Draft, Outcome};
use super::{Moment, NamedLeg, Plan, Subject, Terms, FRACTION_STEPS, WHOLE};
use crate::episode::DUST;
use crate::error::{EngineError, Result};
use crate::exposure::{AssetView, BookView};
use crate::health::{level_ceil, View};
use crate::price::AtomsPerUsd;
use crate::requirement::Leg;
use crate::total::{Place, Totals};
use crate::units::Usd;

/// A part of all positions that neither cures nor removes this part of the shortage is no help.
const LEAST_HELP: u64 = 16;

/// Steps that may leave more than half of the interval; from then on each halves it, so that none of
/// the searches needs more than this beyond bisection's.
const MOST_SLOW_STEPS: u32 = 4;

/// Everything the search evaluates against.
pub(super) struct Bench<'a, B> {
    pub(super) subject: &'a Subject<'a, B>,
    pub(super) quote: &'a AssetView,
    pub(super) quote_per_usd: AtomsPerUsd,
    pub(super) legs: &'a [NamedLeg],
    pub(super) prepared: &'a [Prepared],
    pub(super) terms: &'a Terms,
    pub(super) moment: Moment,
    /// What fees may take of E_m, quote atoms.
    pub(super) fee_room: u64,
    /// What the assets of the legs and the quote token are added to.
    pub(super) totals: &'a Totals<'a, B>,
}

/// What of a leg does not depend on the part that is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prepared {
    /// Atoms that are held or owed.
    pub(super) held: u64,
    /// Atoms that are named.
    pub(super) named: u64,
    /// Signed value in the maintenance view, micro-dollars.
    pub(super) value: i64,
    /// The leg as it is in the sums.
    pub(super) leg: Leg,
    /// Position: margin of the execution price. Otherwise the discount's raw [`crate::fixed::Fixed`].
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
    /// Takes the largest part that neither passes the target nor the budget; at least the smallest step.
    ///
    /// Bounded by [`Self::top`], up to which what is admitted is one interval from zero.
    #[inline(never)]
    pub(super) fn largest(&self, draft: &mut Draft<'_>) -> Result<Plan> {
        let Top { mut plan, half } = self.top(draft)?;
        let mut ends = Ends {
            low: self.nothing()?,
            high: self.trial(&plan)?,
            passed: None,
        };
        if ends.high.excess <= 0 {
            return Ok(plan);
        }
        let mut found = false;
        if let Some(half) = half {
            if ends.enter(self.trial(&half)?) {
                (plan, found) = (draft.keep(half), true);
            }
        }
        let mut slow = 0;
        while ends.span() > 1 {
            let span = ends.span();
            let middle = if slow < MOST_SLOW_STEPS {
                ends.crossing()
            } else {
                ends.low.part + span / 2
            };
            let tried = self.evaluate(middle, draft)?;
            if ends.enter(self.trial(&tried)?) {
                (plan, found) = (draft.keep(tried), true);
            }
            slow += u32::from(ends.span() > span / 2);
        }
        if !found {
            // The least step is taken even beyond the target.
            let least = self.evaluate(1, draft)?;
            if !self.within_budget(&least)? {
                return Err(EngineError::Throttled);
            }
            plan = draft.keep(least);
        }
        Ok(plan)
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
        let whole = self.evaluate(WHOLE, draft)?;
        let mut plan = draft.keep(whole);
        let mut half = None;
        let all = self.terms.closes_all_positions;
        if all && self.subject.health.maintenance.equity <= Usd::ZERO {
            return Ok(Top { plan, half });
        }
        // Beyond the target or the budget: what is searched for lies below, whatever half of it does.
        if self.trial(&plan)?.excess > 0 {
            return Ok(Top { plan, half });
        }
        while plan.fraction > 1 {
            let smaller = self.evaluate(plan.fraction / 2, draft)?;
            // Where fees are capped the curve has more than one hump: what does not help at all says
            // nothing of its half.
            let helps = plan.improvement()? > 0;
            if helps && plan.after.shortage()? < smaller.after.shortage()? {
                half = Some(smaller);
                break;
            }
            plan = draft.keep(smaller);
        }
        let cut = plan.fraction < WHOLE && !plan.after.is_met();
        if all && cut && self.terms.budget.is_none() && plan.improvement()? < self.least_help()? {
            let nothing = self.evaluate(0, draft)?;
            (plan, half) = (draft.keep(nothing), None);
        }
        Ok(Top { plan, half })
    }

    fn least_help(&self) -> Result<u64> {
        Ok(self.subject.health.maintenance.shortage()?.magnitude() / LEAST_HELP)
    }

    /// How far a plan goes beyond the target or the budget.
    fn trial(&self, plan: &Plan) -> Result<Trial> {
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
        Ok(Trial {
            part: plan.fraction,
            excess,
        })
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
    pub(super) fn settle_dust(&self, plan: Plan, draft: &mut Draft<'_>) -> Result<Plan> {
        let dust = DUST.magnitude();
        let mut only_dust = plan.fraction < WHOLE;
        for ((leg, prepared), done) in self.legs.iter().zip(self.prepared).zip(draft.kept.iter()) {
            only_dust = only_dust
                && leg.value_left(prepared.held, done.size)? < dust
                && prepared.named == prepared.held;
        }
        if only_dust {
            let whole = self.evaluate(WHOLE, draft)?;
            if whole.improvement()? > 0 {
                return Ok(draft.keep(whole));
            }
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
            let whole = self.evaluate(WHOLE, draft)?;
            return Ok(draft.keep(whole));
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
            quote_leg: sums.quote_leg,
            fee: 0,
            discounts: 0,
        };
        for (index, leg) in self.legs.iter().enumerate() {
            self.take(&mut outcome, index, leg, fraction)?;
        }
        let (equity, needed) = outcome.pay(self)?;
        let (fee, discounts) = (outcome.fee, outcome.discounts);
        Ok(Plan {
            fraction,
            fee,
            fee_keeper: 0,
            fee_insurance: fee,
            discounts,
            before: health.maintenance,
            after: View {
                equity,
                requirement: needed.maintenance,
            },
            initial_requirement: needed.initial,
            moment: self.moment,
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
            NamedLeg::Debt { .. } => outcome.repay(self, leg, prepared, size)?,
        };
        *outcome
            .draft
            .tried
            .get_mut(index)
            .ok_or(EngineError::LegCount)? = done;
        Ok(())
    }
}

/// A part that was tried.
#[derive(Clone, Copy)]
struct Trial {
    part: u32,
    /// How far it goes beyond the target or the budget, micro-dollars; admitted up to zero.
    excess: i64,
}

/// The largest part that is known to be admitted and the smallest that is known not to be.
struct Ends {
    low: Trial,
    high: Trial,
    /// The end that was last replaced by one closer to the other.
    passed: Option<Trial>,
}

impl Ends {
    fn span(&self) -> u32 {
        self.high.part - self.low.part
    }

    /// Moves an end to a part between the two; whether that part is admitted.
    fn enter(&mut self, trial: Trial) -> bool {
        let admitted = trial.excess <= 0;
        let end = if admitted {
            &mut self.low
        } else {
            &mut self.high
        };
        self.passed = Some(core::mem::replace(end, trial));
        admitted
    }

    /// Where the excess is expected to cross zero, strictly between the ends.
    ///
    /// Lines from the end that stayed last, to the other and to the one before that, cross zero in two
    /// places; so far as the latter's excess is the larger, the true place lies beyond them
    /// (Aitken's and Neville's scheme, for the part as a quadratic function of the excess).
    fn crossing(&self) -> u32 {
        let (low, high) = (&self.low, &self.high);
        let mut place = line(low, high);
        if let Some(passed) = &self.passed {
            let admitted = passed.excess <= 0;
            let (near, other) = if admitted {
                (low, line(passed, high))
            } else {
                (high, line(low, passed))
            };
            let (excess, before) = (near.excess.unsigned_abs(), passed.excess.unsigned_abs());
            if excess < before {
                // A distance of 17 bits and [`PLACE_BITS`] times 38 bits fits.
                let (excess, rest) = shortened(excess, before - excess);
                let beyond = place.abs_diff(other).wrapping_mul(excess) / rest.max(1);
                place = if place > other {
                    place.saturating_add(beyond)
                } else {
                    place.saturating_sub(beyond)
                };
            }
        }
        let part = u32::try_from(place >> PLACE_BITS).unwrap_or(u32::MAX);
        part.clamp(low.part + 1, high.part - 1)
    }
}

/// Binary digits after the point of a place between two parts.
const PLACE_BITS: u32 = 8;

/// Where a line between two trials crosses zero, in 2^-[`PLACE_BITS`] parts.
fn line(low: &Trial, high: &Trial) -> u64 {
    let (below, above) = shortened(low.excess.unsigned_abs(), high.excess.unsigned_abs());
    let span = u64::from(high.part - low.part) << PLACE_BITS;
    // 17 bits and [`PLACE_BITS`] times 38 bits fits.
    let steps = span.wrapping_mul(below) / (below + above).max(1);
    (u64::from(low.part) << PLACE_BITS) + steps
}

/// Both without as many of their last bits as the larger has more than 38.
fn shortened(a: u64, b: u64) -> (u64, u64) {
    let surplus = (64 - (a | b).leading_zeros()).saturating_sub(38);
    (a >> surplus, b >> surplus)
}

/// Where the search begins.
struct Top {
    /// What the part does; it is kept.
    plan: Plan,
    /// What half of it does, if that was tried last.
    half: Option<Plan>,
}
