//! What taking a part of the legs does to the account.

use super::sizing::{Bench, Prepared};
use super::{NamedLeg, Plan, Taken};
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::Fixed;
use crate::health::{position_leg_ceil, value_maintenance};
use crate::position::signed_value_floor;
use crate::requirement::{Both, Leg, Sums};
use crate::total::{Drawing, Requirement, Totals};
use crate::trade::execute_at_margin;
use crate::units::{Base, Quote, Usd};

/// Most of the fall of R_m that discounts may take (F-12).
const MOST_GIVEN: Fixed = Fixed::ratio(9, 10);

/// The account as it would be.
pub(super) struct Draft<'a> {
    /// What each leg does in the part that was tried last.
    pub(super) tried: &'a mut [Taken],
    /// The same of the part that is to be planned.
    pub(super) kept: &'a mut [Taken],
    pub(super) drawing: Drawing<'a>,
    pub(super) apart: Both,
    pub(super) closing: u64,
}

impl Draft<'_> {
    /// Back to how it is.
    pub(super) fn restore(&mut self, sums: &Sums) {
        (self.apart, self.closing) = (sums.apart, sums.closing);
        self.drawing.restore();
        self.tried.fill(Taken::default());
    }

    /// Plans what was tried last.
    pub(super) fn keep(&mut self, plan: Plan) -> Plan {
        self.kept.copy_from_slice(self.tried);
        plan
    }

    /// Puts `new` in the place of `old`, which is a leg of the asset in place number `at`.
    pub(super) fn replace<B: BookView>(
        &mut self,
        totals: &Totals<'_, B>,
        at: usize,
        old: &Leg,
        new: &Leg,
    ) -> Result<()> {
        totals.redraw(&mut self.drawing, at, old.exposure, new.exposure)?;
        self.apart = self.apart.minus(old.apart)?.plus(new.apart)?;
        let closing = self.closing.checked_sub(old.closing);
        let closing = closing.and_then(|rest| rest.checked_add(new.closing));
        self.closing = closing.ok_or(EngineError::Overflow)?;
        Ok(())
    }

    /// R_m alone.
    pub(super) fn maintenance<B: BookView>(&mut self, totals: &Totals<'_, B>) -> Result<Usd> {
        totals.maintenance(&mut self.drawing, self.apart, self.closing)
    }

    pub(super) fn requirement<B: BookView>(
        &mut self,
        totals: &Totals<'_, B>,
    ) -> Result<Requirement> {
        totals.total(&mut self.drawing, self.apart, self.closing)
    }
}

pub(super) struct Outcome<'d, 'a> {
    pub(super) draft: &'d mut Draft<'a>,
    pub(super) other_equity: Usd,
    pub(super) quote: Quote,
    /// Fee of the position legs before the caps, in quote atoms.
    pub(super) fee: u64,
    /// R_m before the next leg that is no position.
    pub(super) needed: Usd,
}

impl Outcome<'_, '_> {
    /// Closes `size` atoms of a position against the pool.
    #[inline(never)]
    pub(super) fn close<B: BookView>(
        &mut self,
        bench: &Bench<'_, B>,
        leg: &NamedLeg,
        prepared: &Prepared,
        size: u64,
    ) -> Result<Taken> {
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
        let execution = execute_at_margin(terms, &asset.band, traded, prepared.price)?;
        let left = position.base.plus(traded)?;
        let after = signed_value_floor(left, &asset.band, asset.band.spot)?;
        let before = prepared.value;
        let flow = Quote::from_magnitude(execution.notional)?;
        let flow = if traded.0 > 0 { flow.negated()? } else { flow };
        self.quote = self
            .quote
            .plus(Quote(after).minus(Quote(before))?)?
            .plus(flow)?;
        let new = position_leg_ceil(asset, *slot, after, bench.subject.rule.nets())?;
        self.draft
            .replace(bench.totals, prepared.place, &prepared.leg, &new)?;
        let closed = before.unsigned_abs().saturating_sub(after.unsigned_abs());
        self.fee = self
            .fee
            .checked_add(fee.of_floor(closed)?)
            .ok_or(EngineError::Overflow)?;
        Ok(Taken {
            size,
            amount: 0,
            mantissa: execution.mantissa,
            notional: execution.notional,
            insurance: 0,
        })
    }

    /// Sells `size` atoms of a deposit to the keeper at the discount.
    #[inline(never)]
    pub(super) fn sell<B: BookView>(
        &mut self,
        bench: &Bench<'_, B>,
        leg: &NamedLeg,
        prepared: &Prepared,
        size: u64,
    ) -> Result<Taken> {
        let NamedLeg::Collateral {
            slot, asset, stock, ..
        } = leg
        else {
            return Err(EngineError::LegNotHeld);
        };
        let amount = stock.part(size, prepared.held)?;
        let left = stock.left(amount)?;
        let Some(size) = moved(prepared.held, left) else {
            return Ok(Taken::default());
        };
        let left = Base::from_magnitude(left)?;
        let value = asset.band.value_floor(size, asset.band.spot)?;
        let after = value_maintenance(asset, *slot, left.0)?;
        let (price, given) = self.exchange(bench, prepared, after, value)?;
        let keeper = bench.terms.keeper_share.of_floor(given)?;
        let received = price - given;
        self.quote = self.quote.plus(Quote::from_magnitude(received)?)?;
        Ok(Taken {
            size,
            amount,
            mantissa: 0,
            notional: received,
            insurance: given - keeper,
        })
    }

    /// Has the keeper take over `size` atoms of a debt for what they are worth and the premium.
    #[inline(never)]
    pub(super) fn repay<B: BookView>(
        &mut self,
        bench: &Bench<'_, B>,
        leg: &NamedLeg,
        prepared: &Prepared,
        size: u64,
    ) -> Result<Taken> {
        let NamedLeg::Debt {
            slot, asset, stock, ..
        } = leg
        else {
            return Err(EngineError::LegNotHeld);
        };
        let amount = stock.part(size, prepared.held)?;
        let left = stock.left(amount)?;
        let Some(size) = moved(prepared.held, left) else {
            return Ok(Taken::default());
        };
        let left = Base::from_magnitude(left)?.negated()?;
        let value = asset.band.value_ceil(size, asset.band.spot)?;
        let after = value_maintenance(asset, *slot, left.0)?;
        let (price, given) = self.exchange(bench, prepared, after, value)?;
        let keeper = bench.terms.keeper_share.of_floor(given)?;
        let paid = price.checked_add(given).ok_or(EngineError::Overflow)?;
        self.quote = self.quote.minus(Quote::from_magnitude(paid)?)?;
        Ok(Taken {
            size,
            amount,
            mantissa: 0,
            notional: paid,
            insurance: given - keeper,
        })
    }

    /// Replaces a balance by what is left of it; what the part of that `value` costs at spot, and the
    /// discount on it within its cap, in quote atoms.
    #[inline(always)]
    fn exchange<B: BookView>(
        &mut self,
        bench: &Bench<'_, B>,
        prepared: &Prepared,
        (after, new): (Usd, Leg),
        value: u64,
    ) -> Result<(u64, u64)> {
        self.draft
            .replace(bench.totals, prepared.place, &prepared.leg, &new)?;
        let needs = self.draft.maintenance(bench.totals)?;
        let fall = self.needed.minus(needs)?.positive_part().magnitude();
        self.needed = needs;
        let rate = Fixed(i64::try_from(prepared.price).map_err(|_| EngineError::Overflow)?);
        let given = rate.of_floor(value)?.min(MOST_GIVEN.of_floor(fall)?);
        let price = bench.quote_per_usd.atoms_floor(value)?;
        let given = bench.quote_per_usd.atoms_floor(given)?.min(price);
        self.other_equity = self.other_equity.plus(after)?.minus(Usd(prepared.value))?;
        Ok((price, given))
    }
}

/// What changes hands is what the account has less afterwards, so that parts taken one after the other
/// add up to the atom; nothing for a part of less than an atom.
fn moved(held: u64, left: u64) -> Option<u64> {
    held.checked_sub(left).filter(|size| *size > 0)
}
