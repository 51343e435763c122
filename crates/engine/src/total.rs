//! The requirement of an account under its model, from its sums (F-5), and the cached form in which
//! some assets change while the others stay, for sizing a liquidation (F-12).

use crate::correlation::SLOTS;
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::Fixed;
use crate::portfolio::{
    shift_of, Binding, Form, Limits, Net, Netting, Signed, MOST_EXPOSURE, SCENARIOS,
};
use crate::requirement::{Both, Charge, ModelKind, Sides, Sums};
use crate::units::Usd;

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

impl Rule {
    /// Whether exposures are netted.
    #[inline]
    pub fn nets(&self) -> bool {
        self.model == ModelKind::Portfolio
    }

    /// The requirement where nothing is netted.
    #[inline]
    fn gross(&self, gross: Both, apart: Both) -> Result<Requirement> {
        self.finish(gross, (gross, Binding::Gross, Binding::Gross), apart, None)
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
        let profiled = if self.profile == Fixed::ONE {
            sum.initial
        } else {
            self.profile.of_ceil(sum.initial)?
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
    if rule.nets() {
        let mut netting = Netting::EMPTY;
        let part = Part::netted(book, sums, &[], &mut netting)?;
        return part.required(book, rule, sums.apart, sums.closing);
    }
    let mut gross = Both::default();
    for (slot, sides) in (0u8..).zip(&sums.sides) {
        if !sides.is_empty() {
            gross = gross.plus(book.charge(slot, sides)?.gross)?;
        }
    }
    rule.gross(gross, sums.apart)
}

/// What the account would lose in each of the book's scenarios, micro-dollars, towards zero; negative
/// is a gain. Legs that cannot be priced are left out.
///
/// Source: F-7.
#[inline(never)]
pub fn scenario_losses<B: BookView>(book: &B, sums: &Sums) -> Result<[i64; SCENARIOS]> {
    let shift = shift_of(sums.exposure()?);
    let mut form = Form::EMPTY;
    if book.scenarios() == 0 {
        return Ok(form.losses(shift));
    }
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

/// Some of an account's assets, totalled.
#[derive(Clone, Copy)]
struct Part {
    gross: Both,
    form: Form,
    /// See [`shift_of`].
    shift: u32,
}

impl Part {
    /// Gross sum and form of all assets but those in `except`; their nets are left in `netting`.
    #[inline(never)]
    fn netted<B: BookView>(
        book: &B,
        sums: &Sums,
        except: &[Place],
        netting: &mut Netting,
    ) -> Result<Self> {
        let mut part = Self {
            gross: Both::default(),
            form: Form::EMPTY,
            shift: shift_of(sums.exposure()?),
        };
        for (slot, sides) in (0u8..).zip(&sums.sides) {
            if sides.is_empty() || except.iter().any(|place| place.slot == slot) {
                continue;
            }
            let charge = book.charge(slot, sides)?;
            part.gross = part.gross.plus(charge.gross)?;
            if charge.net != 0 {
                let net = Net::of_ceil(&charge, part.shift)?;
                let row = netting.row(book, slot, net.sign());
                part.form.add(book, slot, &net, row);
                netting.push(slot, &net);
            }
        }
        Ok(part)
    }

    /// The requirement of these assets under the portfolio model.
    #[inline(never)]
    fn required<B: BookView>(
        &self,
        book: &B,
        rule: Rule,
        apart: Both,
        closing: u64,
    ) -> Result<Requirement> {
        let (worst, scenario) = self.form.worst_ceil(self.shift);
        let (weight_maintenance, weight_initial) = book.scenario_weights();
        let limits = |gross, weight: Fixed| -> Result<Limits> {
            Ok(Limits {
                gross,
                closing,
                stress: weight.of_ceil(worst)?,
                shift: self.shift,
            })
        };
        let gross = self.gross;
        let (maintenance, by_maintenance) = self
            .form
            .maintenance_total(&limits(gross.maintenance, weight_maintenance)?)?;
        let (initial, by_initial) = self
            .form
            .initial_total(&limits(gross.initial, weight_initial)?)?;
        let net = Both {
            maintenance,
            initial,
        };
        rule.finish(gross, (net, by_maintenance, by_initial), apart, scenario)
    }
}

/// An asset that may change: as it is, as it would be, and its rows over those that stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    slot: u8,
    held: (Sides, Charge),
    drawn: (Sides, Charge),
    /// Rows for a long and a short exposure.
    long: Signed,
    short: Signed,
    net: Net,
}

impl Place {
    /// The place of an asset.
    pub fn of(slot: u8) -> Self {
        Self {
            slot,
            ..Self::default()
        }
    }

    /// The asset's slot.
    pub fn slot(&self) -> u8 {
        self.slot
    }

    /// Back to how it is.
    #[inline]
    pub fn restore(&mut self) {
        self.drawn = self.held;
    }
}

/// The assets that stay as they are, totalled.
#[derive(Clone, Copy)]
pub struct Totals<'a, B> {
    book: &'a B,
    rule: Rule,
    part: Part,
}

impl<'a, B: BookView> Totals<'a, B> {
    /// Totals everything but the assets in `places`, which are different from each other, and fills
    /// these in. `gross` is the gross sum of everything, without what stands apart.
    pub fn of(
        book: &'a B,
        rule: Rule,
        gross: Both,
        sums: &Sums,
        places: &mut [Place],
    ) -> Result<Self> {
        let mut part = Part {
            gross,
            form: Form::EMPTY,
            shift: 0,
        };
        if rule.nets() {
            let mut netting = Netting::EMPTY;
            part = Part::netted(book, sums, places, &mut netting)?;
            for place in places.iter_mut() {
                place.long = netting.row(book, place.slot, 1);
                place.short = netting.row(book, place.slot, -1);
            }
        }
        for place in places.iter_mut() {
            let sides = sums.sides.get(usize::from(place.slot));
            let sides = *sides.ok_or(EngineError::LegNotHeld)?;
            place.held = (sides, book.charge(place.slot, &sides)?);
            place.restore();
            if !rule.nets() {
                part.gross = part.gross.minus(place.held.1.gross)?;
            }
        }
        Ok(Self { book, rule, part })
    }

    /// Draws an exposure in the place of another, which is part of what is drawn there.
    pub fn redraw(&self, place: &mut Place, old: i64, new: i64) -> Result<()> {
        let (sides, charge) = &mut place.drawn;
        sides.remove(old)?;
        sides.add(new)?;
        *charge = self.book.charge(place.slot, sides)?;
        Ok(())
    }

    /// The requirement with the assets as they are drawn, with what stands apart and what closing
    /// costs.
    ///
    /// # Errors
    /// `Overflow` for exposures far beyond those of the sums it was made of.
    #[inline(never)]
    pub fn total(&self, places: &mut [Place], apart: Both, closing: u64) -> Result<Requirement> {
        let mut gross = self.part.gross;
        for place in places.iter() {
            gross = gross.plus(place.drawn.1.gross)?;
        }
        if !self.rule.nets() {
            return self.rule.gross(gross, apart);
        }
        let part = Part {
            gross,
            form: self.form_with(places)?,
            shift: self.part.shift,
        };
        part.required(self.book, self.rule, apart, closing)
    }

    #[inline(never)]
    fn form_with(&self, places: &mut [Place]) -> Result<Form> {
        let mut form = self.part.form;
        let mut exposure = 0;
        for at in 0..places.len() {
            let (before, rest) = places.split_at_mut(at);
            let Some(place) = rest.first_mut() else {
                continue;
            };
            let charge = &place.drawn.1;
            place.net = Net::of_ceil(charge, self.part.shift)?;
            if charge.net == 0 {
                continue;
            }
            exposure += place.net.sign().unsigned_abs();
            let mut row = if charge.net < 0 {
                place.short
            } else {
                place.long
            };
            for other in before.iter().filter(|other| other.net.sign() != 0) {
                let slots = (place.slot, other.slot);
                row = other.net.joined(self.book, slots, place.net.sign(), row);
            }
            form.add(self.book, place.slot, &place.net, row);
        }
        if exposure >= MOST_EXPOSURE {
            return Err(EngineError::Overflow);
        }
        Ok(form)
    }
}

const _: () = assert!(SLOTS <= 32, "bounds of the portfolio's arithmetic");
