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
//! # Arithmetic
//! Exposures are shifted right until all of them together have 46 bits; below 70 million dollars of
//! gross exposure nothing is lost, above, magnitudes are rounded up. A requirement is at most four
//! times its exposure.
//!
//! The form is computed from what it falls short of the full sum: with s = Σ |y| and ρ̂ = ±(1 − a), the
//! sign that of the pair's directions,
//!
//! Q = s² − 2 Σ_{a<b} a_ab |y_a| |y_b|.
//!
//! a is a whole number of 400ths, so that a row Σ_b a_ab |y_b|, and the loss in a scenario of up to
//! ±32,767 basis points, are plain 64-bit arithmetic that cannot wrap: one multiplication per pair and
//! view, one widening product per asset, one root at the end. √400 = 20 takes the 400ths out again,
//! exactly: a single leg needs its standalone requirement to the unit.

use crate::correlation::SLOTS;
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::{mul_wide, Fixed};
use crate::math::sqrt_wide_ceil;
use crate::requirement::Charge;

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
/// Bits of the gross exposure after the shift.
const EXPOSURE_BITS: u32 = 46;
/// Twice that: what the variable assets of a total may come to.
pub(crate) const MOST_EXPOSURE: u64 = 1 << (EXPOSURE_BITS + 1);
const SHOCK_ONE: u64 = 10_000;

/// What determines a requirement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// The gross sum of the legs.
    #[default]
    Gross,
    /// The quadratic form of the net exposures.
    Form,
    /// 15% of the gross sum.
    GrossFloor,
    /// What closing all positions would cost.
    ClosingCost,
    /// The worst stress scenario.
    Scenario,
    /// Initial only: 1.25 times maintenance.
    Maintenance,
    /// The net legs of one direction, summed, which the worst stress scenario exceeds.
    Directional,
}

impl Binding {
    /// The pinned number of the component.
    pub const fn code(self) -> u8 {
        match self {
            Self::Gross => 0,
            Self::Form => 1,
            Self::GrossFloor => 2,
            Self::ClosingCost => 3,
            Self::Scenario => 4,
            Self::Maintenance => 5,
            Self::Directional => 6,
        }
    }
}

/// A magnitude of each view, shifted, or a sum of such by 400ths.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Views {
    maintenance: u64,
    initial: u64,
}

impl Views {
    // Wrapping: the module's bounds leave no carry.
    #[inline(always)]
    fn plus_times(self, other: Self, factor: u64) -> Self {
        let sum = |a: u64, b: u64| a.wrapping_add(b.wrapping_mul(factor));
        Self {
            maintenance: sum(self.maintenance, other.maintenance),
            initial: sum(self.initial, other.initial),
        }
    }
}

/// One asset of a book of net exposures, shifted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Net {
    /// x.
    exposure: i64,
    /// |y|.
    y: Views,
}

impl Net {
    /// `shift` as given by [`shift_of`] for all exposures together.
    #[inline]
    pub(crate) fn of_ceil(charge: &Charge, shift: u32) -> Result<Self> {
        let exposure = shifted_ceil(charge.net.unsigned_abs(), shift);
        let maintenance = shifted_ceil(charge.alone.maintenance, shift);
        let initial = shifted_ceil(charge.alone.initial, shift);
        // Four times what all exposures together may come to.
        if (exposure | maintenance | initial) >> (EXPOSURE_BITS + 3) != 0 {
            return Err(EngineError::Overflow);
        }
        let exposure = i64::try_from(exposure).map_err(|_| EngineError::Overflow)?;
        Ok(Self {
            exposure: if charge.net < 0 { -exposure } else { exposure },
            y: Views {
                maintenance,
                initial,
            },
        })
    }

    /// x, shifted; what is zero enters no form.
    #[inline]
    pub(crate) fn exposure(&self) -> i64 {
        self.exposure
    }

    /// a · |y| of this asset in `own`, added to the row of another.
    #[inline]
    pub(crate) fn joined<B: BookView>(
        &self,
        book: &B,
        (own, other): (u8, u8),
        short: bool,
        row: Views,
    ) -> Views {
        let opposite = (self.exposure < 0) != short;
        row.plus_times(self.y, book.less(own, other, opposite))
    }
}

#[inline]
fn shifted_ceil(magnitude: u64, shift: u32) -> u64 {
    if shift == 0 {
        magnitude
    } else {
        magnitude.div_ceil(1 << shift)
    }
}

/// `value · 2^shift`, at most what fits.
#[inline]
fn shifted_back(value: u64, shift: u32) -> u64 {
    if shift == 0 {
        return value;
    }
    value.saturating_mul(1 << shift)
}

/// Right shift by which a gross exposure comes within the arithmetic's bounds.
pub(crate) fn shift_of(exposure: u64) -> u32 {
    (64 - exposure.leading_zeros()).saturating_sub(EXPOSURE_BITS)
}

/// An asset as the rows of others see it.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    y: Views,
    slot: u8,
}

/// −Σ a_ab |y_b|: negative, because the target's compiler copies what it adds, not what it takes away.
#[derive(Clone, Copy, Default)]
struct Row(Views);

impl Row {
    /// The terms of `members`, up to one of which `less` says nothing.
    #[inline(always)]
    fn extend(&mut self, members: &[Member], less: impl Fn(u8) -> Option<u64>) {
        // Wrapping: the module's bounds leave no carry.
        let mut row = self.0;
        for member in members {
            let Some(less) = less(member.slot) else {
                break;
            };
            let term = member.y.maintenance.wrapping_mul(less);
            row.maintenance = row.maintenance.wrapping_sub(term);
            row.initial = row
                .initial
                .wrapping_sub(member.y.initial.wrapping_mul(less));
        }
        self.0 = row;
    }

    #[inline(always)]
    fn sum(self) -> Views {
        Views {
            maintenance: self.0.maintenance.wrapping_neg(),
            initial: self.0.initial.wrapping_neg(),
        }
    }
}

/// Net exposures: long ones from the front, short ones from the back, so that the loop over pairs need
/// not ask for a direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Netting {
    members: [Member; SLOTS],
    longs: usize,
    shorts: usize,
}

impl Netting {
    pub(crate) const EMPTY: Self = Self {
        members: [Member {
            y: Views {
                maintenance: 0,
                initial: 0,
            },
            slot: 0,
        }; SLOTS],
        longs: 0,
        shorts: 0,
    };

    fn longs(&self) -> &[Member] {
        self.members.get(..self.longs).unwrap_or_default()
    }

    fn shorts(&self) -> &[Member] {
        let first = SLOTS.saturating_sub(self.shorts);
        self.members.get(first..).unwrap_or_default()
    }

    /// Σ a_ab |y_b| over the assets b so far, which are of smaller slots, for an exposure on `slot`.
    #[inline(never)]
    pub(crate) fn row_below<B: BookView>(&self, book: &B, slot: u8, short: bool) -> Views {
        let mut row = Row::default();
        let less = book.less_below(slot);
        if short {
            row.extend(self.shorts(), |other| less(other, false));
            row.extend(self.longs(), |other| less(other, true));
        } else {
            row.extend(self.longs(), |other| less(other, false));
            row.extend(self.shorts(), |other| less(other, true));
        }
        row.sum()
    }

    /// The same over all other assets but those whose bits are in `without`.
    #[inline(never)]
    pub(crate) fn row<B: BookView>(&self, book: &B, slot: u8, short: bool, without: u32) -> Views {
        let mut row = Row::default();
        let below = book.less_below(slot);
        let less = |other: u8, opposite| {
            if without >> (other & 31) & 1 != 0 {
                return Some(0);
            }
            let less = below(other, opposite);
            let less = less.or_else(|| book.less_below(other)(slot, opposite));
            Some(less.unwrap_or(0))
        };
        row.extend(self.longs(), |other| less(other, short));
        row.extend(self.shorts(), |other| less(other, !short));
        row.sum()
    }

    /// Adds an asset of a slot larger than those so far.
    #[inline]
    pub(crate) fn add(&mut self, slot: u8, net: &Net) {
        let at = if net.exposure < 0 {
            self.shorts += 1;
            SLOTS.saturating_sub(self.shorts)
        } else {
            self.longs += 1;
            self.longs.saturating_sub(1)
        };
        if let Some(place) = self.members.get_mut(at) {
            *place = Member { y: net.y, slot };
        }
    }
}

/// One view of a form.
#[derive(Clone, Copy, Debug, Default)]
struct FormView {
    /// Σ |y| · row, in 400ths, shifted twice: half of what 400 · Q falls short of 400 · s².
    less: u128,
    /// Σ positive y and Σ negative |y|, shifted.
    long: u64,
    short: u64,
}

impl FormView {
    #[inline]
    fn side(&mut self, short: bool) -> &mut u64 {
        if short {
            &mut self.short
        } else {
            &mut self.long
        }
    }

    #[inline]
    fn add(&mut self, y: u64, row: u64, short: bool) {
        self.less = self.less.wrapping_add(wide(y, row));
        let side = self.side(short);
        *side = side.wrapping_add(y);
    }

    #[inline]
    fn remove(&mut self, y: u64, row: u64, short: bool) {
        self.less = self.less.wrapping_sub(wide(y, row));
        let side = self.side(short);
        *side = side.wrapping_sub(y);
    }

    /// √Q, shifted, rounded up.
    fn root_ceil(&self) -> Result<u64> {
        let sum = self.long.wrapping_add(self.short);
        let sum = sum.wrapping_mul(ROOT_OF_ONE);
        let whole = wide(sum, sum);
        // The haircut matrix need not be positive; a negative form covers nothing.
        let Some(form) = whole.checked_sub(self.less.wrapping_add(self.less)) else {
            return Ok(0);
        };
        let low = u64::try_from(form & u128::from(u64::MAX)).map_err(|_| EngineError::Overflow)?;
        let high = u64::try_from(form >> 64).map_err(|_| EngineError::Overflow)?;
        Ok(sqrt_wide_ceil(high, low)?.div_ceil(ROOT_OF_ONE))
    }
}

#[inline]
fn wide(a: u64, b: u64) -> u128 {
    let (high, low) = mul_wide(a, b);
    u128::from(high) << 64 | u128::from(low)
}

/// Q, D and the scenario losses of a set of assets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    maintenance: FormView,
    initial: FormView,
    /// −Σ x · shock by scenario, shifted, in 1/10,000 micro-dollars.
    losses: [i64; SCENARIOS],
}

/// What limits the total of one view from below and above.
pub(crate) struct Limits {
    /// G.
    pub(crate) gross: u64,
    /// What closing all positions would cost.
    pub(crate) closing: u64,
    /// w · S.
    pub(crate) stress: u64,
    /// See [`shift_of`].
    pub(crate) shift: u32,
}

impl Form {
    pub(crate) const EMPTY: Self = Self {
        maintenance: FormView {
            less: 0,
            long: 0,
            short: 0,
        },
        initial: FormView {
            less: 0,
            long: 0,
            short: 0,
        },
        losses: [0; SCENARIOS],
    };

    /// Adds an asset whose row over the assets before it is `row`.
    #[inline]
    pub(crate) fn add<B: BookView>(&mut self, book: &B, slot: u8, net: &Net, row: Views) {
        self.join(book, slot, net, row, true);
    }

    /// [`Self::add`], where the initial view may be left out.
    #[inline]
    pub(crate) fn join<B: BookView>(
        &mut self,
        book: &B,
        slot: u8,
        net: &Net,
        row: Views,
        both: bool,
    ) {
        let short = net.exposure < 0;
        self.maintenance
            .add(net.y.maintenance, row.maintenance, short);
        if both {
            self.initial.add(net.y.initial, row.initial, short);
        }
        self.move_losses(book, slot, net.exposure);
    }

    /// Takes away an asset whose row over the assets that are left is `row`.
    pub(crate) fn remove<B: BookView>(&mut self, book: &B, slot: u8, net: &Net, row: Views) {
        let short = net.exposure < 0;
        self.maintenance
            .remove(net.y.maintenance, row.maintenance, short);
        self.initial.remove(net.y.initial, row.initial, short);
        self.move_losses(book, slot, -net.exposure);
    }

    /// Adds the losses of an exposure alone.
    #[inline]
    pub(crate) fn move_losses<B: BookView>(&mut self, book: &B, slot: u8, exposure: i64) {
        book.lose(slot, exposure, &mut self.losses);
    }

    /// S in micro-dollars, rounded up, and its scenario; none where no scenario loses.
    pub(crate) fn worst_ceil(&self, shift: u32) -> (u64, Option<u8>) {
        let mut worst = 0;
        for loss in &self.losses {
            worst = worst.max(*loss);
        }
        let dollars = worst.unsigned_abs().div_ceil(SHOCK_ONE);
        let scenario = if worst > 0 {
            self.losses.iter().position(|loss| *loss == worst)
        } else {
            None
        };
        let scenario = scenario.and_then(|index| u8::try_from(index).ok());
        (shifted_back(dollars, shift), scenario)
    }

    /// Losses by scenario in micro-dollars, towards zero; negative is a gain.
    pub(crate) fn losses(&self, shift: u32) -> [i64; SCENARIOS] {
        self.losses.map(|loss| {
            // The target divides unsigned numbers only.
            let dollars = shifted_back(loss.unsigned_abs() / SHOCK_ONE, shift);
            let dollars = i64::try_from(dollars).unwrap_or(i64::MAX);
            if loss < 0 {
                -dollars
            } else {
                dollars
            }
        })
    }

    pub(crate) fn maintenance_total(&self, limits: &Limits) -> Result<(u64, Binding)> {
        total(&self.maintenance, limits)
    }

    pub(crate) fn initial_total(&self, limits: &Limits) -> Result<(u64, Binding)> {
        total(&self.initial, limits)
    }
}

/// max( √Q, floor, min(w·S, D) ), at most G, and which of them it is.
fn total(view: &FormView, limits: &Limits) -> Result<(u64, Binding)> {
    let directional = shifted_back(view.long.max(view.short), limits.shift);
    let root = shifted_back(view.root_ceil()?, limits.shift);
    let mut most = (root, Binding::Form);
    let stress = if limits.stress > directional {
        (directional, Binding::Directional)
    } else {
        (limits.stress, Binding::Scenario)
    };
    let others = [
        stress,
        (GROSS_FLOOR.of_ceil(limits.gross)?, Binding::GrossFloor),
        (limits.closing, Binding::ClosingCost),
    ];
    for candidate in others {
        if candidate.0 > most.0 {
            most = candidate;
        }
    }
    if most.0 > limits.gross {
        return Ok((limits.gross, Binding::Gross));
    }
    Ok(most)
}
