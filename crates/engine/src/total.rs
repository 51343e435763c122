//! The requirement of an account under its model, from its sums (F-5), and the cached form in which
//! some assets change while the others stay, for sizing a liquidation (F-12).

use crate::correlation::SLOTS;
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::Fixed;
use crate::liquidation::MAX_LEGS;
use crate::portfolio::{
    shift_of, Binding, Form, Limits, Net, Netting, Signed, MOST_EXPOSURE, SCENARIOS,
};
use crate::requirement::{Both, Charge, ModelKind, Sides, Sums};
use crate::units::Usd;

/// Assets that may change: those of the legs and the quote token.
pub const MOST_VARIABLE: usize = MAX_LEGS + 1;

/// How an account's requirement is totalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The model.
    pub model: ModelKind,
    /// Multiplier of the initial requirement by the account's profile (F-9).
    pub profile: Fixed,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            model: ModelKind::Standard,
            profile: Fixed::ONE,
        }
    }
}

/// The requirement of both views and what determines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// R_m.
    pub maintenance: Usd,
    /// R_i, at least ⌈1.25 · R_m⌉.
    pub initial: Usd,
    /// G of both views, with the legs that stand apart.
    pub gross: Both,
    /// What determines R_m.
    pub binding_maintenance: Binding,
    /// What determines R_i.
    pub binding_initial: Binding,
    /// The scenario with the largest loss; none under other models, or where none loses.
    pub worst_scenario: Option<u8>,
}

/// The requirement of an account's sums.
///
/// # Errors
/// `Overflow` where a value leaves 64 bits, and whatever the book returns for an unknown slot.
///
/// Source: F-5.
#[inline(never)]
pub fn requirement<B: BookView>(book: &B, rule: Rule, sums: &Sums) -> Result<Requirement> {
    Totals::of(book, rule, sums, &[])?.total(&[], sums.apart, sums.closing)
}

/// What the account would lose in each of the book's scenarios, micro-dollars, towards zero; negative
/// is a gain. Legs that cannot be priced are left out.
///
/// Source: F-7.
#[inline(never)]
pub fn scenario_losses<B: BookView>(book: &B, sums: &Sums) -> Result<[i64; SCENARIOS]> {
    let shift = shift_of(sums.exposure);
    let mut form = Form::EMPTY;
    for (slot, sides) in (0u8..).zip(&sums.sides) {
        if !sides.is_empty() {
            let charge = Charge {
                net: sides.net()?,
                ..Charge::default()
            };
            form.add(
                book,
                slot,
                &Net::of_ceil(&charge, shift)?,
                Signed::default(),
            );
        }
    }
    Ok(form.losses(shift))
}

/// An asset that may change and its rows over those that do not: for a long and a short exposure.
#[derive(Clone, Copy, Default)]
struct Variable {
    slot: u8,
    long: Signed,
    short: Signed,
}

/// The assets that stay as they are, totalled, and the rows by which the others join them.
#[derive(Clone, Copy)]
pub struct Totals<'a, B> {
    book: &'a B,
    rule: Rule,
    gross: Both,
    form: Form,
    shift: u32,
    variables: [Variable; MOST_VARIABLE],
    count: usize,
}

impl<'a, B: BookView> Totals<'a, B> {
    /// Totals everything but the slots in `variable`, which are different from each other.
    ///
    /// # Errors
    /// `LegCount` for more than [`MOST_VARIABLE`] slots.
    #[inline(never)]
    pub fn of(book: &'a B, rule: Rule, sums: &Sums, variable: &[u8]) -> Result<Self> {
        let mut totals = Self {
            book,
            rule,
            gross: Both::default(),
            form: Form::EMPTY,
            shift: shift_of(sums.exposure),
            variables: [Variable::default(); MOST_VARIABLE],
            count: variable.len(),
        };
        if totals.count > MOST_VARIABLE {
            return Err(EngineError::LegCount);
        }
        let mut netting = Netting::EMPTY;
        for (slot, sides) in (0u8..).zip(&sums.sides) {
            if sides.is_empty() || variable.contains(&slot) {
                continue;
            }
            let charge = Charge::of_ceil(sides, &book.risk(slot)?)?;
            totals.gross = totals.gross.plus(charge.gross)?;
            if totals.nets() && charge.net != 0 {
                let net = Net::of_ceil(&charge, totals.shift)?;
                let row = netting.row(book, slot, net.sign());
                totals.form.add(book, slot, &net, row);
                netting.push(slot, &net);
            }
        }
        let nets = totals.nets();
        for (slot, place) in variable.iter().zip(totals.variables.iter_mut()) {
            place.slot = *slot;
            if nets {
                place.long = netting.row(book, *slot, 1);
                place.short = netting.row(book, *slot, -1);
            }
        }
        Ok(totals)
    }

    fn nets(&self) -> bool {
        self.rule.model == ModelKind::Portfolio
    }

    /// The charge of a variable asset, by its place.
    pub fn charge(&self, place: usize, sides: &Sides) -> Result<Charge> {
        let variable = self.variables.get(place).ok_or(EngineError::LegNotHeld)?;
        Charge::of_ceil(sides, &self.book.risk(variable.slot)?)
    }

    /// The requirement with these charges of the variable assets, in their order, with what stands
    /// apart and what closing costs.
    ///
    /// # Errors
    /// `Overflow` for exposures far beyond those of the sums it was made of.
    #[inline(never)]
    pub fn total(&self, charges: &[Charge], apart: Both, closing: u64) -> Result<Requirement> {
        let mut gross = self.gross;
        for charge in charges.iter().take(self.count) {
            gross = gross.plus(charge.gross)?;
        }
        if !self.nets() {
            return self.finish(gross, (gross, Binding::Gross, Binding::Gross), apart, None);
        }
        let form = self.form_with(charges)?;
        let (worst, scenario) = form.worst_ceil(self.shift);
        let (weight_maintenance, weight_initial) = self.book.scenario_weights();
        let limits = |gross, weight: Fixed| -> Result<Limits> {
            Ok(Limits {
                gross,
                closing,
                stress: weight.of_ceil(worst)?,
                shift: self.shift,
            })
        };
        let (maintenance, by_maintenance) =
            form.maintenance_total(&limits(gross.maintenance, weight_maintenance)?)?;
        let (initial, by_initial) = form.initial_total(&limits(gross.initial, weight_initial)?)?;
        let net = Both {
            maintenance,
            initial,
        };
        self.finish(gross, (net, by_maintenance, by_initial), apart, scenario)
    }

    fn form_with(&self, charges: &[Charge]) -> Result<Form> {
        let mut form = self.form;
        let mut joined = [Net::default(); MOST_VARIABLE];
        let mut exposure = 0;
        let variables = self.variables.iter().zip(charges).take(self.count);
        for (place, (variable, charge)) in variables.enumerate() {
            if charge.net == 0 {
                continue;
            }
            let net = Net::of_ceil(charge, self.shift)?;
            exposure += net.sign().unsigned_abs();
            let mut row = if charge.net < 0 {
                variable.short
            } else {
                variable.long
            };
            for (other, theirs) in self.variables.iter().zip(&joined).take(place) {
                if theirs.sign() != 0 {
                    let slots = (variable.slot, other.slot);
                    row = theirs.joined(self.book, slots, net.sign(), row);
                }
            }
            form.add(self.book, variable.slot, &net, row);
            if let Some(own) = joined.get_mut(place) {
                *own = net;
            }
        }
        if exposure >= MOST_EXPOSURE {
            return Err(EngineError::Overflow);
        }
        Ok(form)
    }

    /// Adds what stands apart; then initial × profile, at least ⌈1.25 × maintenance⌉.
    fn finish(
        &self,
        gross: Both,
        (net, binding_maintenance, by_initial): (Both, Binding, Binding),
        apart: Both,
        worst_scenario: Option<u8>,
    ) -> Result<Requirement> {
        let sum = net.plus(apart)?;
        let maintenance = sum.maintenance;
        let profiled = if self.rule.profile == Fixed::ONE {
            sum.initial
        } else {
            self.rule.profile.of_ceil(sum.initial)?
        };
        let least = maintenance
            .checked_add(maintenance.div_ceil(4))
            .ok_or(EngineError::Overflow)?;
        Ok(Requirement {
            maintenance: Usd::from_magnitude(maintenance)?,
            initial: Usd::from_magnitude(profiled.max(least))?,
            gross: gross.plus(apart)?,
            binding_maintenance,
            binding_initial: if least > profiled {
                Binding::Maintenance
            } else {
                by_initial
            },
            worst_scenario,
        })
    }
}

const _: () = assert!(SLOTS <= 32, "bounds of the portfolio's arithmetic");
