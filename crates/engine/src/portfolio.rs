//! The portfolio model: a hedge is charged as a hedge (F-5).
//!
//! Legs are netted per asset. y is the signed standalone requirement of the net exposure x, and
//!
//! R = max( √Q, floor, min(w·S, D) ), at most G, with
//! - Q = Σ ρ̂_ab y_a y_b, correlations with their haircut ([`crate::correlation`]);
//! - G = the gross sum of all legs, what the standard model asks for;
//! - floor = max(0.15·G, cost of closing all positions), at most G;
//! - S = the loss in the worst stress scenario, D = max(Σ positive y, Σ negative |y|).
//!
//! Then R_initial ≥ ⌈1.25 · R_maintenance⌉.
//!
//! # Arithmetic
//! ρ̂ is a whole number of 400ths and y has at most 48 bits after a common shift, so that a row
//! Σ_b ρ̂_ab y_b is plain 64-bit arithmetic: one multiplication per pair, one widening product per
//! asset, one root at the end. √400 = 20 takes the 400ths out again, exactly: a single leg needs its
//! standalone requirement to the unit. Below 35 million dollars of gross requirement and 70 million of
//! gross exposure nothing is shifted away; above, magnitudes are rounded up by the shift.
//!
//! [`Portfolio`] adds legs and totals from scratch. [`Portfolio::sizing`] gives the cached form in
//! which one asset can be replaced at the cost of one row, for sizing a liquidation (F-12).

use crate::correlation::{Pair, COEFFICIENT_ONE, SLOTS};
use crate::error::{EngineError, Result};
use crate::fixed::{mul_wide, Fixed};
use crate::math::sqrt_wide_ceil;
use crate::requirement::{Leg, Model};
use crate::units::Usd;

/// Most stress scenarios of a book.
pub const SCENARIOS: usize = 16;
/// Of the gross requirement, what every portfolio needs; rounded up.
pub const GROSS_FLOOR: Fixed = Fixed::ratio(15, 100).next();
/// w of the maintenance view unless the book announces another.
pub const SCENARIO_WEIGHT_MAINTENANCE: Fixed = Fixed::ratio(30, 100);
/// w of the initial view unless the book announces another.
pub const SCENARIO_WEIGHT_INITIAL: Fixed = Fixed::ratio(375, 1_000);

/// √400, what a root of 400ths is too large by.
const ROOT_OF_ONE: u64 = 20;
/// Most that a y may be, shifted: 2 · 400 · 32 times this stays below 2^63.
const MOST_REQUIREMENT: u64 = (1 << 48) - 1;
/// G is shifted to this many bits. Terms of size can make a net y larger than G, where the requirement
/// is G: a y cut off at eight times G still leaves √Q above it.
const GROSS_BITS: u32 = 45;
/// 2^46 micro-dollars of gross exposure · 2^15 stays below 2^62.
const EXPOSURE_BITS: u32 = 46;
const SHOCK_ONE: u64 = 10_000;

/// What the model reads of the book.
pub trait RiskView {
    /// The leg of a net exposure in micro-dollars, standing alone, with its terms of size.
    fn standalone(&self, slot: u8, exposure: i64) -> Result<Leg>;
    /// The correlation in force of two different slots.
    fn correlation(&self, a: u8, b: u8) -> Result<Pair>;
    /// Number of stress scenarios, at most [`SCENARIOS`].
    fn scenarios(&self) -> usize;
    /// Move of the asset's price in a scenario, in basis points.
    fn shock(&self, scenario: usize, slot: u8) -> Result<i16>;
    /// w of the maintenance and of the initial view.
    fn scenario_weights(&self) -> (Fixed, Fixed) {
        (SCENARIO_WEIGHT_MAINTENANCE, SCENARIO_WEIGHT_INITIAL)
    }
    /// ρ̂ in 400ths of two slots, by whether their exposures have the same direction.
    #[inline]
    fn coefficient(&self, a: u8, b: u8, same_direction: bool) -> Result<i64> {
        Ok(self.correlation(a, b)?.used(same_direction))
    }
}

/// Sums over legs: what does not depend on netting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gross {
    /// Σ of the legs' standalone requirements.
    maintenance: u64,
    initial: u64,
    /// Σ |exposure| of the legs, which no net exposure exceeds.
    exposure: u64,
    /// Σ notional · 2 · (max |skew|/scale + max_conf) of the positions.
    closing: u64,
}

impl Gross {
    fn plus(self, leg: &Leg) -> Result<Self> {
        let add = |a: u64, b: u64| a.checked_add(b).ok_or(EngineError::Overflow);
        Ok(Self {
            maintenance: add(self.maintenance, leg.maintenance)?,
            initial: add(self.initial, leg.initial)?,
            exposure: add(self.exposure, leg.exposure.unsigned_abs())?,
            ..self
        })
    }

    fn minus(self, leg: &Leg) -> Result<Self> {
        let take = |a: u64, b: u64| a.checked_sub(b).ok_or(EngineError::Overflow);
        Ok(Self {
            maintenance: take(self.maintenance, leg.maintenance)?,
            initial: take(self.initial, leg.initial)?,
            exposure: take(self.exposure, leg.exposure.unsigned_abs())?,
            ..self
        })
    }
}

/// The portfolio model as an accumulator of legs.
pub struct Portfolio<'a, B> {
    book: &'a B,
    /// Net exposure by slot, micro-dollars.
    net: [i64; SLOTS],
    /// Bit per slot that has had a leg.
    used: u32,
    gross: Gross,
}

// By hand, since a reference is copied whatever it points to.
impl<B> Clone for Portfolio<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Portfolio<'_, B> {}

impl<'a, B: RiskView> Portfolio<'a, B> {
    /// No legs yet.
    pub fn new(book: &'a B) -> Self {
        Self {
            book,
            net: [0; SLOTS],
            used: 0,
            gross: Gross::default(),
        }
    }

    /// Adds what closing a position would cost in micro-dollars: 2 · (max |skew|/scale + max_conf) of
    /// its notional, rounded up. The leg itself is added by [`Model::add`].
    pub fn add_closing_cost(&mut self, cost: u64) -> Result<()> {
        let sum = self.gross.closing.checked_add(cost);
        self.gross.closing = sum.ok_or(EngineError::Overflow)?;
        Ok(())
    }

    /// Takes away the closing cost of a position that was closed.
    pub fn take_closing_cost(&mut self, cost: u64) -> Result<()> {
        let rest = self.gross.closing.checked_sub(cost);
        self.gross.closing = rest.ok_or(EngineError::Overflow)?;
        Ok(())
    }

    /// The cached form, in which one asset is replaced at the cost of one row.
    pub fn sizing(&self) -> Result<Sizing<'a, B>> {
        Sizing::of(self)
    }

    fn shift_net(&mut self, leg: &Leg, back: bool) -> Result<()> {
        let slot = usize::from(leg.slot);
        let net = self.net.get_mut(slot).ok_or(EngineError::LegNotHeld)?;
        let next = if back {
            net.checked_sub(leg.exposure)
        } else {
            net.checked_add(leg.exposure)
        };
        *net = next.ok_or(EngineError::Overflow)?;
        self.used |= 1 << slot;
        Ok(())
    }
}

impl<B: RiskView> Model for Portfolio<'_, B> {
    fn add(&mut self, leg: &Leg) -> Result<()> {
        self.gross = self.gross.plus(leg)?;
        self.shift_net(leg, false)
    }

    fn replace(&mut self, old: &Leg, new: &Leg) -> Result<()> {
        self.gross = self.gross.minus(old)?;
        self.shift_net(old, true)?;
        self.add(new)
    }

    fn maintenance(&self) -> Result<Usd> {
        self.sizing()?.maintenance()
    }

    fn initial(&self) -> Result<Usd> {
        self.sizing()?.initial()
    }
}

/// Net requirement of one view and its quadratic form.
#[derive(Clone, Copy)]
struct Form {
    /// y by slot, shifted, with the sign of the exposure.
    y: [i64; SLOTS],
    /// 400 · Q, shifted twice.
    quadratic: i128,
    /// Σ positive y and Σ negative |y|, shifted.
    long: u64,
    short: u64,
}

impl Form {
    const EMPTY: Self = Self {
        y: [0; SLOTS],
        quadratic: 0,
        long: 0,
        short: 0,
    };

    /// Puts `next` in the place of the asset's y: Q changes by what its row and its square contribute.
    fn set<B: RiskView>(&mut self, book: &B, used: u32, slot: u8, next: i64) -> Result<()> {
        let place = self.y.get(usize::from(slot)).copied();
        let old = place.ok_or(EngineError::LegNotHeld)?;
        if old != 0 {
            self.quadratic -= self.share(book, used, slot, old)?;
            *side(&mut self.long, &mut self.short, old) -= old.unsigned_abs();
        }
        if next != 0 {
            self.quadratic += self.share(book, used, slot, next)?;
            *side(&mut self.long, &mut self.short, next) += next.unsigned_abs();
        }
        if let Some(y) = self.y.get_mut(usize::from(slot)) {
            *y = next;
        }
        Ok(())
    }

    /// y_a · (400 y_a + 2 Σ_{b ≠ a} ρ̂_ab y_b).
    fn share<B: RiskView>(&self, book: &B, used: u32, slot: u8, y: i64) -> Result<i128> {
        let mut row = 0i64;
        let mut others = used & !(1u32 << (slot & 31));
        while others != 0 {
            let other = lowest(others)?;
            others &= others - 1;
            let theirs = self.y.get(usize::from(other)).copied().unwrap_or(0);
            if theirs != 0 {
                let same = (theirs < 0) == (y < 0);
                row += theirs * book.coefficient(slot, other, same)?;
            }
        }
        let sum = y * COEFFICIENT_ONE + 2 * row;
        let (high, low) = mul_wide(y.unsigned_abs(), sum.unsigned_abs());
        let magnitude = i128::from(high) << 64 | i128::from(low);
        Ok(if (y < 0) == (sum < 0) {
            magnitude
        } else {
            -magnitude
        })
    }

    /// √Q, shifted, rounded up.
    fn root_ceil(&self) -> Result<u64> {
        // The haircut matrix need not be positive; a negative form covers nothing.
        let Ok(form) = u128::try_from(self.quadratic) else {
            return Ok(0);
        };
        let low = u64::try_from(form & u128::from(u64::MAX)).map_err(|_| EngineError::Overflow)?;
        let high = u64::try_from(form >> 64).map_err(|_| EngineError::Overflow)?;
        Ok(sqrt_wide_ceil(high, low)?.div_ceil(ROOT_OF_ONE))
    }
}

/// Slot of the lowest bit; `Overflow` for none.
#[inline]
fn lowest(bits: u32) -> Result<u8> {
    u8::try_from(bits.trailing_zeros()).map_err(|_| EngineError::Overflow)
}

#[inline]
fn side<'s>(long: &'s mut u64, short: &'s mut u64, y: i64) -> &'s mut u64 {
    if y < 0 {
        short
    } else {
        long
    }
}

/// A portfolio with its forms and scenario losses: legs are replaced at the cost of one row, and both
/// views are totalled without walking the account again.
///
/// Equal to the portfolio made anew, to the unit; where magnitudes are shifted, to a few units of the
/// shift, which stays what it was at first.
///
/// For portfolios that shrink; one that grows beyond twice its size may be refused with `Overflow` and
/// is made anew from [`Portfolio`].
pub struct Sizing<'a, B> {
    portfolio: Portfolio<'a, B>,
    maintenance: Form,
    initial: Form,
    /// −Σ x · shock by scenario, shifted, in 1/10,000 micro-dollars.
    losses: [i64; SCENARIOS],
    requirement_shift: u32,
    exposure_shift: u32,
}

impl<B> Clone for Sizing<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Sizing<'_, B> {}

impl<'a, B: RiskView> Sizing<'a, B> {
    fn of(portfolio: &Portfolio<'a, B>) -> Result<Self> {
        let gross = &portfolio.gross;
        let mut sizing = Self {
            portfolio: *portfolio,
            maintenance: Form::EMPTY,
            initial: Form::EMPTY,
            losses: [0; SCENARIOS],
            requirement_shift: shift_to(gross.maintenance.max(gross.initial), GROSS_BITS),
            exposure_shift: shift_to(gross.exposure, EXPOSURE_BITS),
        };
        let mut slots = portfolio.used;
        while slots != 0 {
            sizing.moved(lowest(slots)?, 0)?;
            slots &= slots - 1;
        }
        Ok(sizing)
    }

    /// See [`Portfolio::take_closing_cost`].
    pub fn take_closing_cost(&mut self, cost: u64) -> Result<()> {
        self.portfolio.take_closing_cost(cost)
    }

    fn net(&self, slot: u8) -> Result<i64> {
        let net = self.portfolio.net.get(usize::from(slot));
        net.copied().ok_or(EngineError::LegNotHeld)
    }

    /// Brings forms and losses up to date after the net exposure of a slot was `before`.
    fn moved(&mut self, slot: u8, before: i64) -> Result<()> {
        let after = self.net(slot)?;
        if after == before {
            return Ok(());
        }
        let (book, used) = (self.portfolio.book, self.portfolio.used);
        let alone = book.standalone(slot, after)?;
        let y = self.signed_y(alone.maintenance, after)?;
        self.maintenance.set(book, used, slot, y)?;
        let y = self.signed_y(alone.initial, after)?;
        self.initial.set(book, used, slot, y)?;
        let (before, after) = (self.shifted(before)?, self.shifted(after)?);
        let change = after.checked_sub(before).ok_or(EngineError::Overflow)?;
        for (scenario, loss) in (0..book.scenarios()).zip(self.losses.iter_mut()) {
            let shock = i64::from(book.shock(scenario, slot)?);
            let gain = change.checked_mul(shock).ok_or(EngineError::Overflow)?;
            *loss = loss.checked_sub(gain).ok_or(EngineError::Overflow)?;
        }
        Ok(())
    }

    /// A requirement as y: shifted up, cut off, with the sign of its exposure.
    fn signed_y(&self, requirement: u64, exposure: i64) -> Result<i64> {
        let y = shifted_ceil(requirement, self.requirement_shift).min(MOST_REQUIREMENT);
        let y = i64::try_from(y).map_err(|_| EngineError::Overflow)?;
        Ok(if exposure < 0 { -y } else { y })
    }

    /// An exposure, its magnitude shifted up.
    fn shifted(&self, exposure: i64) -> Result<i64> {
        let magnitude = shifted_ceil(exposure.unsigned_abs(), self.exposure_shift);
        let magnitude = i64::try_from(magnitude).map_err(|_| EngineError::Overflow)?;
        Ok(if exposure < 0 { -magnitude } else { magnitude })
    }

    /// S in micro-dollars, rounded up; 0 where no scenario loses.
    fn worst_loss_ceil(&self) -> u64 {
        let worst = self.losses.iter().copied().max().unwrap_or(0).max(0);
        let dollars = worst.unsigned_abs().div_ceil(SHOCK_ONE);
        dollars.saturating_mul(1 << self.exposure_shift)
    }

    /// max( √Q, floor, min(w·S, D) ), at most G.
    fn total(&self, form: &Form, gross: u64, weight: Fixed) -> Result<u64> {
        if gross >> self.requirement_shift >= 1 << (GROSS_BITS + 1) {
            return Err(EngineError::Overflow);
        }
        let unit = 1u64 << self.requirement_shift;
        let root = form.root_ceil()?.saturating_mul(unit);
        let directional = form.long.max(form.short).saturating_mul(unit);
        let stress = weight.of_ceil(self.worst_loss_ceil())?.min(directional);
        let floor = GROSS_FLOOR
            .of_ceil(gross)?
            .max(self.portfolio.gross.closing);
        Ok(root.max(stress).max(floor).min(gross))
    }

    fn maintenance_total(&self) -> Result<u64> {
        let (weight, _) = self.portfolio.book.scenario_weights();
        self.total(&self.maintenance, self.portfolio.gross.maintenance, weight)
    }
}

impl<B: RiskView> Model for Sizing<'_, B> {
    fn add(&mut self, leg: &Leg) -> Result<()> {
        let before = self.net(leg.slot)?;
        self.portfolio.add(leg)?;
        self.moved(leg.slot, before)
    }

    fn replace(&mut self, old: &Leg, new: &Leg) -> Result<()> {
        let before = self.net(old.slot)?;
        let elsewhere = self.net(new.slot)?;
        self.portfolio.replace(old, new)?;
        self.moved(old.slot, before)?;
        if old.slot == new.slot {
            return Ok(());
        }
        self.moved(new.slot, elsewhere)
    }

    fn maintenance(&self) -> Result<Usd> {
        Usd::from_magnitude(self.maintenance_total()?)
    }

    fn initial(&self) -> Result<Usd> {
        let (_, weight) = self.portfolio.book.scenario_weights();
        let initial = self.total(&self.initial, self.portfolio.gross.initial, weight)?;
        let maintenance = self.maintenance_total()?;
        let least = maintenance.checked_add(maintenance.div_ceil(4));
        Usd::from_magnitude(initial.max(least.ok_or(EngineError::Overflow)?))
    }
}

/// Right shift that leaves at most `bits` bits.
fn shift_to(largest: u64, bits: u32) -> u32 {
    (64 - largest.leading_zeros()).saturating_sub(bits)
}

/// `value / 2^shift` rounded up.
#[inline]
fn shifted_ceil(value: u64, shift: u32) -> u64 {
    value.div_ceil(1 << shift)
}
