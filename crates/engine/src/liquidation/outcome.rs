//! What taking a part of the legs does to the account.

use super::sizing::{Bench, Prepared};
use super::{NamedLeg, Plan, Taken};
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::{mul_div_floor, Fixed};
use crate::health::{position_leg_ceil, value_maintenance};
use crate::position::signed_value_floor;
use crate::requirement::{Both, Leg, Sums};
use crate::total::{Drawing, Requirement, Totals};
use crate::trade::execute_at_margin;
use crate::units::{Base, Quote, Usd};

/// More than the requirement of a sum of legs exceeds the sum of their requirements by rounding.
const ROUNDING: Usd = Usd(64);

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
    /// The quote leg as it is drawn.
    pub(super) quote_leg: Leg,
    /// Fee of the position legs, in quote atoms; until [`Self::pay`] without its caps.
    pub(super) fee: u64,
    /// Discounts of the other legs, likewise.
    pub(super) discounts: u64,
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
        self.quote = self.quote.plus(Quote::from_magnitude(price)?)?;
        Ok(Taken {
            size,
            amount,
            mantissa: 0,
            notional: price,
            insurance: given,
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
        let value = asset.band.value_ceil(size, asset.band.owed())?;
        let after = value_maintenance(asset, *slot, left.0)?;
        let (price, given) = self.exchange(bench, prepared, after, value)?;
        self.quote = self.quote.minus(Quote::from_magnitude(price)?)?;
        Ok(Taken {
            size,
            amount,
            mantissa: 0,
            notional: price,
            insurance: given,
        })
    }

    /// Replaces a balance by what is left of it; what the part of that `value` costs at spot, and the
    /// discount on it before the caps, in quote atoms.
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
        let rate = Fixed(i64::try_from(prepared.price).map_err(|_| EngineError::Overflow)?);
        let price = bench.quote_per_usd.atoms_floor(value)?;
        let given = rate.of_floor(value)?;
        let given = bench.quote_per_usd.atoms_floor(given)?.min(price);
        self.other_equity = self.other_equity.plus(after)?.minus(Usd(prepared.value))?;
        let discounts = self.discounts.checked_add(given);
        self.discounts = discounts.ok_or(EngineError::Overflow)?;
        Ok((price, given))
    }

    /// Bounds fee and discounts by E_m and by the fall of the requirement, the discounts in proportion, and
    /// pays them, once all legs are taken; equity and requirement afterwards.
    #[inline(never)]
    pub(super) fn pay<B: BookView>(&mut self, bench: &Bench<'_, B>) -> Result<(Usd, Requirement)> {
        self.fee = self.fee.min(bench.fee_room);
        let asked = self.paid()?;
        let unpaid = self.quote;
        let equity = self.draw_quote(bench, unpaid.minus(asked)?)?;
        let needed = self.draft.requirement(bench.totals)?;
        if asked == Quote::ZERO {
            return Ok((equity, needed));
        }
        let before = Quote::from_magnitude(bench.moment.paid()?)?;
        // A quote balance needs at most what it is worth.
        let more = asked.plus(before)?.magnitude();
        let more = bench.quote.band.value_ceil(more, bench.quote.band.spot)?;
        let most = needed
            .maintenance
            .plus(Usd::from_magnitude(more)?)?
            .plus(ROUNDING)?;
        let (fees, both) = bench.moment.room_floor(most, bench.quote_per_usd)?;
        if self.fee <= fees && asked.magnitude() <= both {
            self.discount(bench, self.discounts)?;
            return Ok((equity, needed));
        }
        self.draw_quote(bench, unpaid.plus(before)?)?;
        let most = self.draft.maintenance(bench.totals)?;
        let (fees, both) = bench.moment.room_floor(most, bench.quote_per_usd)?;
        self.fee = self.fee.min(fees);
        self.discount(bench, both.saturating_sub(self.fee))?;
        let equity = self.draw_quote(bench, unpaid.minus(self.paid()?)?)?;
        Ok((equity, self.draft.requirement(bench.totals)?))
    }

    /// Fee and discounts.
    fn paid(&self) -> Result<Quote> {
        let paid = self.fee.checked_add(self.discounts);
        Quote::from_magnitude(paid.ok_or(EngineError::Overflow)?)
    }

    /// Draws a quote balance in the place of what is drawn; the equity with it.
    fn draw_quote<B: BookView>(&mut self, bench: &Bench<'_, B>, quote: Quote) -> Result<Usd> {
        let (value, leg) = value_maintenance(bench.quote, self.quote_leg.slot, quote.0)?;
        self.draft.replace(bench.totals, 0, &self.quote_leg, &leg)?;
        self.quote_leg = leg;
        self.other_equity.plus(value)
    }

    /// Writes the discounts into what each leg does, `most` quote atoms together.
    fn discount<B: BookView>(&mut self, bench: &Bench<'_, B>, most: u64) -> Result<()> {
        let (asked, mut sum) = (self.discounts, 0u64);
        if asked == 0 {
            return Ok(());
        }
        for (leg, done) in bench.legs.iter().zip(self.draft.tried.iter_mut()) {
            if asked > most {
                done.insurance = mul_div_floor(done.insurance, most, asked)?;
            }
            let given = done.insurance;
            done.notional = match leg {
                NamedLeg::Debt { .. } => done.notional.checked_add(given),
                _ => done.notional.checked_sub(given),
            }
            .ok_or(EngineError::Overflow)?;
            let keeper = bench.terms.keeper_share.of_floor(given)?;
            done.insurance = given.checked_sub(keeper).ok_or(EngineError::Overflow)?;
            sum = given.checked_add(sum).ok_or(EngineError::Overflow)?;
        }
        self.discounts = sum;
        Ok(())
    }
}

/// What changes hands is what the account has less afterwards, so that parts taken one after the other
/// add up to the atom; nothing for a part of less than an atom.
fn moved(held: u64, left: u64) -> Option<u64> {
    held.checked_sub(left).filter(|size| *size > 0)
}
