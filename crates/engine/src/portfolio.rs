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
//! times its exposure and ρ̂ a whole number of 400ths, so that a row Σ_b ρ̂_ab y_b, and the loss in a
//! scenario of up to ±32,767 basis points, are plain 64-bit arithmetic that cannot wrap: one
//! multiplication per pair and view, one widening product per asset, one root at the end. √400 = 20 takes the
//! 400ths out again, exactly: a single leg needs its standalone requirement to the unit.

use crate::correlation::{COEFFICIENT_ONE, SLOTS};
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
        }
    }
}

/// A signed requirement, shifted, or a sum of such by their coefficients.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signed {
    maintenance: i64,
    initial: i64,
}

/// One asset of a book of net exposures, shifted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Net {
    exposure: i64,
    y: Signed,
}

impl Net {
    /// `shift` as given by [`shift_of`] for all exposures together.
    pub(crate) fn of_ceil(charge: &Charge, shift: u32) -> Result<Self> {
        let shifted = |magnitude: u64| signed(magnitude.div_ceil(1 << shift), charge.net);
        Ok(Self {
            exposure: shifted(charge.net.unsigned_abs())?,
            y: Signed {
                maintenance: shifted(charge.alone.maintenance)?,
                initial: shifted(charge.alone.initial)?,
            },
        })
    }
}

fn signed(magnitude: u64, sign: i64) -> Result<i64> {
    // Four times what all exposures together may come to.
    let magnitude = i64::try_from(magnitude).map_err(|_| EngineError::Overflow)?;
    if magnitude >> (EXPOSURE_BITS + 3) != 0 {
        return Err(EngineError::Overflow);
    }
    Ok(if sign < 0 { -magnitude } else { magnitude })
}

/// Right shift by which a gross exposure comes within the arithmetic's bounds.
pub(crate) fn shift_of(exposure: u64) -> u32 {
    (64 - exposure.leading_zeros()).saturating_sub(EXPOSURE_BITS)
}

/// The net exposures of several assets.
#[derive(Clone, Copy)]
pub(crate) struct Netting {
    count: usize,
    slots: [u8; SLOTS],
    y: [Signed; SLOTS],
}

impl Netting {
    pub(crate) const EMPTY: Self = Self {
        count: 0,
        slots: [0; SLOTS],
        y: [Signed {
            maintenance: 0,
            initial: 0,
        }; SLOTS],
    };

    /// Σ ρ̂_ab y_b over these assets b, for an exposure of `sign` on `slot`.
    #[inline]
    pub(crate) fn row<B: BookView>(&self, book: &B, slot: u8, sign: i64) -> Signed {
        let mut row = Signed::default();
        for (other, theirs) in self.slots.iter().zip(&self.y).take(self.count) {
            let same = (theirs.maintenance ^ sign) >= 0;
            let coefficient = book.coefficient(slot, *other, same);
            row = row.plus_times(*theirs, coefficient);
        }
        row
    }

    /// Appends an asset; the assets are in the order of their slots.
    #[inline]
    pub(crate) fn push(&mut self, slot: u8, net: &Net) {
        if let (Some(place), Some(y)) = (self.slots.get_mut(self.count), self.y.get_mut(self.count))
        {
            (*place, *y) = (slot, net.y);
            self.count += 1;
        }
    }
}

impl Signed {
    // Wrapping: the module's bounds leave no carry.
    #[inline]
    pub(crate) fn plus_times(self, other: Self, factor: i64) -> Self {
        let sum = |a: i64, b: i64| a.wrapping_add(b.wrapping_mul(factor));
        Self {
            maintenance: sum(self.maintenance, other.maintenance),
            initial: sum(self.initial, other.initial),
        }
    }
}

impl Net {
    /// ρ̂ · y of this asset, for the row of another.
    #[inline]
    pub(crate) fn joined<B: BookView>(
        &self,
        book: &B,
        (own, other): (u8, u8),
        sign: i64,
        row: Signed,
    ) -> Signed {
        let same = (self.exposure ^ sign) >= 0;
        row.plus_times(self.y, book.coefficient(own, other, same))
    }

    /// The exposure's sign; what is empty enters no form.
    #[inline]
    pub(crate) fn sign(&self) -> i64 {
        self.exposure
    }
}

/// One view of a form.
#[derive(Clone, Copy, Debug, Default)]
struct FormView {
    /// 400 · Q, shifted twice.
    quadratic: i128,
    /// Σ positive y and Σ negative |y|, shifted.
    long: u64,
    short: u64,
}

impl FormView {
    /// Adds y · (400 y + 2 row).
    #[inline]
    fn add(&mut self, y: i64, row: i64) {
        let sum = y
            .wrapping_mul(COEFFICIENT_ONE)
            .wrapping_add(row.wrapping_mul(2));
        let (high, low) = mul_wide(y.unsigned_abs(), sum.unsigned_abs());
        let magnitude = i128::from(high) << 64 | i128::from(low);
        self.quadratic = if (y < 0) == (sum < 0) {
            self.quadratic.wrapping_add(magnitude)
        } else {
            self.quadratic.wrapping_sub(magnitude)
        };
        let side = if y < 0 {
            &mut self.short
        } else {
            &mut self.long
        };
        *side = side.wrapping_add(y.unsigned_abs());
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
            quadratic: 0,
            long: 0,
            short: 0,
        },
        initial: FormView {
            quadratic: 0,
            long: 0,
            short: 0,
        },
        losses: [0; SCENARIOS],
    };

    /// Adds an asset whose row over the assets before it is `row`.
    pub(crate) fn add<B: BookView>(&mut self, book: &B, slot: u8, net: &Net, row: Signed) {
        self.maintenance.add(net.y.maintenance, row.maintenance);
        self.initial.add(net.y.initial, row.initial);
        for (scenario, loss) in (0..book.scenarios()).zip(self.losses.iter_mut()) {
            let shock = i64::from(book.shock(scenario, slot));
            *loss = loss.wrapping_sub(net.exposure.wrapping_mul(shock));
        }
    }

    /// S in micro-dollars, rounded up, and its scenario; none where no scenario loses.
    pub(crate) fn worst_ceil(&self, shift: u32) -> (u64, Option<u8>) {
        let (mut worst, mut scenario) = (0, None);
        for (index, loss) in (0u8..).zip(&self.losses) {
            if *loss > worst {
                (worst, scenario) = (*loss, Some(index));
            }
        }
        let dollars = worst.unsigned_abs().div_ceil(SHOCK_ONE);
        (dollars.saturating_mul(1 << shift), scenario)
    }

    /// Losses by scenario in micro-dollars, towards zero; negative is a gain.
    pub(crate) fn losses(&self, shift: u32) -> [i64; SCENARIOS] {
        self.losses.map(|loss| {
            // The target divides unsigned numbers only.
            let dollars = (loss.unsigned_abs() / SHOCK_ONE).saturating_mul(1 << shift);
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
    let unit = 1u64 << limits.shift;
    let directional = view.long.max(view.short).saturating_mul(unit);
    let mut most = (view.root_ceil()?.saturating_mul(unit), Binding::Form);
    let others = [
        (limits.stress.min(directional), Binding::Scenario),
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
