//! The requirement of an account under its model, from its sums (F-5), and the cached form in which
//! some assets change while the others stay, for sizing a liquidation (F-12).

use crate::correlation::SLOTS;
use crate::error::{EngineError, Result};
use crate::exposure::BookView;
use crate::fixed::Fixed;
use crate::portfolio::{
    shift_of, Binding, Form, Limits, Net, Netting, Views, MOST_EXPOSURE, SCENARIOS,
};
use crate::requirement::{Both, Charge, Rule, Sides, Sums};
use crate::units::Usd;

impl Rule {
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
pub fn requirement<B: BookView>(book: &B, rule: Rule, sums: &mut Sums) -> Result<Requirement> {
    if rule.nets() {
        let (apart, closing) = (sums.apart, sums.closing);
        return Netted::of(book, sums)?.required(book, rule, apart, closing);
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
    if let Some(netted) = &sums.netted {
        return Ok(netted.part.form.losses(netted.part.shift));
    }
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
            form.move_losses(book, slot, Net::of_ceil(&charge, shift)?.exposure());
        }
    }
    Ok(form.losses(shift))
}

/// Some of an account's assets, totalled.
#[derive(Clone, Copy, Debug)]
struct Part {
    gross: Both,
    form: Form,
    /// See [`shift_of`].
    shift: u32,
}

/// All of an account's assets, netted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Netted {
    part: Part,
    netting: Netting,
}

impl Netted {
    /// Nets the sums, and leaves the result there.
    #[inline(never)]
    fn of<'s, B: BookView>(book: &B, sums: &'s mut Sums) -> Result<&'s Part> {
        let shift = shift_of(sums.exposure()?);
        let netted = sums.netted.insert(Self {
            part: Part {
                shift,
                ..Part::EMPTY
            },
            netting: Netting::EMPTY,
        });
        let (part, netting) = (&mut netted.part, &mut netted.netting);
        for (slot, sides) in (0u8..).zip(&sums.sides) {
            if sides.is_empty() {
                continue;
            }
            let charge = book.charge(slot, sides)?;
            part.gross = part.gross.plus(charge.gross)?;
            if charge.net != 0 {
                let net = Net::of_ceil(&charge, shift)?;
                let row = netting.row_below(book, slot, charge.net < 0);
                part.form.add(book, slot, &net, row);
                netting.add(slot, &net);
            }
        }
        Ok(part)
    }

    /// Takes the assets of `places`, as they are held, out of the total, and fills in their rows over
    /// the rest; `changing` has their slots' bits.
    fn without<B: BookView>(&self, book: &B, changing: u32, places: &mut [Place]) -> Result<Part> {
        let mut part = self.part;
        for at in 0..places.len() {
            let (before, rest) = places.split_at_mut(at);
            let Some(place) = rest.first_mut() else {
                continue;
            };
            let charge = &place.held.1;
            place.net = Net::of_ceil(charge, part.shift)?;
            place.short = charge.net < 0;
            place.row = self.netting.row(book, place.slot, place.short, changing);
            if charge.net != 0 {
                let row = place.row_with(book, before);
                part.form.remove(book, place.slot, &place.net, row);
            }
        }
        Ok(part)
    }
}

impl Part {
    const EMPTY: Self = Self {
        gross: Both {
            maintenance: 0,
            initial: 0,
        },
        form: Form::EMPTY,
        shift: 0,
    };

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
    /// Row over those that stay, for an exposure of the direction in `short`.
    row: Views,
    short: bool,
    /// As it was last joined to others.
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

    /// The row over those that stay and `before`.
    fn row_with<B: BookView>(&self, book: &B, before: &[Self]) -> Views {
        let mut row = self.row;
        for other in before {
            row = other
                .net
                .joined(book, (other.slot, self.slot), self.short, row);
        }
        row
    }
}

/// The assets that may change, as they are drawn. The first is the one that changes most often: the
/// others are totalled without it, once for several of its values.
pub struct Drawing<'p> {
    places: &'p mut [Place],
    /// All but the first with what stays.
    others: Part,
    /// Σ |x| of all but the first; none after one of them changed.
    exposure: Option<u64>,
}

impl<'p> Drawing<'p> {
    /// The places as they are held, filled in by [`Totals::of`].
    pub fn of(places: &'p mut [Place]) -> Self {
        Self {
            places,
            others: Part::EMPTY,
            exposure: None,
        }
    }

    /// Back to how they are.
    #[inline]
    pub fn restore(&mut self) {
        self.exposure = None;
        for place in self.places.iter_mut() {
            place.drawn = place.held;
        }
    }
}

/// The assets that stay as they are, totalled.
#[derive(Clone, Copy)]
pub struct Totals<'a, B> {
    book: &'a B,
    rule: Rule,
    part: Part,
    /// All assets, where exposures are netted.
    netting: Option<&'a Netting>,
    /// Bits of the slots that may change.
    changing: u32,
}

impl<'a, B: BookView> Totals<'a, B> {
    /// Totals everything but the assets in `places`, which are different from each other, and fills
    /// these in. `gross` is the gross sum of everything, without what stands apart.
    pub fn of(
        book: &'a B,
        rule: Rule,
        gross: Both,
        sums: &'a Sums,
        places: &mut [Place],
    ) -> Result<Self> {
        let mut totals = Self {
            book,
            rule,
            part: Part {
                gross,
                ..Part::EMPTY
            },
            netting: None,
            changing: 0,
        };
        let mut rest = gross;
        for place in places.iter_mut() {
            let sides = sums.sides.get(usize::from(place.slot));
            let sides = *sides.ok_or(EngineError::LegNotHeld)?;
            place.held = (sides, book.charge(place.slot, &sides)?);
            place.drawn = place.held;
            rest = rest.minus(place.held.1.gross)?;
            totals.changing |= 1 << place.slot;
        }
        if rule.nets() {
            let netted = sums.netted.as_ref().ok_or(EngineError::LegNotHeld)?;
            totals.part = netted.without(book, totals.changing, places)?;
            totals.netting = Some(&netted.netting);
        }
        totals.part.gross = rest;
        Ok(totals)
    }

    /// Draws an exposure in place number `at` in the place of another, which is part of what is drawn
    /// there.
    pub fn redraw(&self, drawing: &mut Drawing<'_>, at: usize, old: i64, new: i64) -> Result<()> {
        if at > 0 {
            drawing.exposure = None;
        }
        let place = drawing.places.get_mut(at).ok_or(EngineError::LegCount)?;
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
    pub fn total(
        &self,
        drawing: &mut Drawing<'_>,
        apart: Both,
        closing: u64,
    ) -> Result<Requirement> {
        if !self.rule.nets() {
            return self.rule.gross(self.gross(drawing)?, apart);
        }
        let part = self.drawn(drawing, true)?;
        part.required(self.book, self.rule, apart, closing)
    }

    /// R_m of [`Self::total`] alone, at a fraction of the cost.
    ///
    /// # Errors
    /// As [`Self::total`].
    #[inline(never)]
    pub fn maintenance(&self, drawing: &mut Drawing<'_>, apart: Both, closing: u64) -> Result<Usd> {
        let net = if self.rule.nets() {
            let part = self.drawn(drawing, false)?;
            let (worst, _) = part.form.worst_ceil(part.shift);
            let limits = Limits {
                gross: part.gross.maintenance,
                closing,
                stress: self.book.scenario_weights().0.of_ceil(worst)?,
                shift: part.shift,
            };
            part.form.maintenance_total(&limits)?.0
        } else {
            self.gross(drawing)?.maintenance
        };
        let sum = net.checked_add(apart.maintenance);
        Usd::from_magnitude(sum.ok_or(EngineError::Overflow)?)
    }

    /// G of what stays and all places.
    fn gross(&self, drawing: &Drawing<'_>) -> Result<Both> {
        let mut gross = self.part.gross;
        for place in drawing.places.iter() {
            gross = gross.plus(place.drawn.1.gross)?;
        }
        Ok(gross)
    }

    /// What stays and all places, netted; where the first one's initial view is left out, that view is wrong.
    #[inline(always)]
    fn drawn(&self, drawing: &mut Drawing<'_>, both: bool) -> Result<Part> {
        let Some((first, others)) = drawing.places.split_first_mut() else {
            return Ok(self.part);
        };
        let mut exposure = match drawing.exposure {
            Some(known) => known,
            None => {
                let exposure = self.others(others, &mut drawing.others)?;
                *drawing.exposure.insert(exposure)
            }
        };
        let mut part = drawing.others;
        exposure += self.join(&mut part, others, first, both)?;
        if exposure >= MOST_EXPOSURE {
            return Err(EngineError::Overflow);
        }
        Ok(part)
    }

    /// What stays and all places but the first; returns Σ |x| of these.
    #[inline(never)]
    fn others(&self, places: &mut [Place], part: &mut Part) -> Result<u64> {
        let mut exposure = 0;
        *part = self.part;
        for at in 0..places.len() {
            let (before, rest) = places.split_at_mut(at);
            if let Some(place) = rest.first_mut() {
                exposure += self.join(part, before, place, true)?;
            }
        }
        Ok(exposure)
    }

    /// Adds a place as it is drawn to what stays and the places `before`; returns its |x|.
    #[inline]
    fn join(
        &self,
        part: &mut Part,
        before: &[Place],
        place: &mut Place,
        both: bool,
    ) -> Result<u64> {
        let charge = &place.drawn.1;
        part.gross = part.gross.plus(charge.gross)?;
        let Some(netting) = self.netting else {
            return Ok(0);
        };
        place.net = Net::of_ceil(charge, part.shift)?;
        if charge.net == 0 {
            return Ok(0);
        }
        let short = charge.net < 0;
        if place.short != short {
            place.short = short;
            place.row = netting.row(self.book, place.slot, short, self.changing);
        }
        let row = place.row_with(self.book, before);
        part.form.join(self.book, place.slot, &place.net, row, both);
        Ok(place.net.exposure().unsigned_abs())
    }
}

const _: () = assert!(SLOTS <= 32, "bounds of the portfolio's arithmetic");
