//! What taking a part of the legs does to the account.

use super::sizing::{Bench, FixedPart};
use super::{NamedLeg, Taken};
use crate::error::{EngineError, Result};
use crate::fixed::Fixed;
use crate::health::value_maintenance;
use crate::position::signed_value_floor;
use crate::requirement::{Leg, Model, Standard};
use crate::trade::execute_at_margin;
use crate::units::{Base, Quote, Usd};

const DISCOUNT_OF_FALL: Fixed = Fixed::ratio(9, 10);

pub(super) struct Outcome {
    pub(super) model: Standard,
    pub(super) other_equity: Usd,
    pub(super) quote: Quote,
    /// Fall of the requirement by the position legs, in micro-dollars.
    pub(super) position_fall: u64,
    /// Fee of the position legs before the caps, in quote atoms.
    pub(super) fee: u64,
}

impl Outcome {
    /// Closes `size` atoms of a position against the pool.
    #[inline(never)]
    pub(super) fn close(&mut self, leg: &NamedLeg, fixed: &FixedPart, size: u64) -> Result<Taken> {
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
    pub(super) fn sell(
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
