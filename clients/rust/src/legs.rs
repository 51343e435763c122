//! An account leg by leg: what each is worth and what it needs standing alone.

use plimsoll_engine::exposure::{AccountView, AssetView, BookView, BALANCES, POSITIONS};
use plimsoll_engine::health::{position_leg_ceil, value_maintenance, Health};
use plimsoll_engine::position::Position;
use plimsoll_engine::requirement::{AssetRisk, Both, Charge, Sides, Sums};
use plimsoll_engine::Result;

/// One leg; money in micro-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Slot of the book.
    pub slot: u8,
    /// `deposit`, `debt`, `long`, `short`, `claim` or `quote`.
    pub kind: &'static str,
    /// Signed atoms.
    pub atoms: i64,
    /// Whether the deposit is lent; of the quote leg, the quote balance.
    pub lent: bool,
    /// What it adds to maintenance equity; of a position its result, which is part of the quote leg.
    pub value: i64,
    /// Signed exposure at spot; 0 for a leg that hedges nothing because it cannot be priced.
    pub exposure: i64,
    /// Requirement standing alone.
    pub alone: Both,
}

/// All legs, balances before positions before the quote leg. `health` and `sums` are those of the account
/// against `view`.
///
/// # Errors
/// Those of the engine.
pub fn legs<B: BookView, A: AccountView>(
    view: &B,
    account: &A,
    (health, sums): (&Health, &Sums),
) -> Result<Vec<Leg>> {
    let mut legs = Vec::new();
    let (quote, mut quote_lent) = (view.quote_slot(), false);
    for holding in (0..BALANCES).filter_map(|place| account.balance(place)) {
        if holding.slot != quote {
            let leg = balance(view, holding.slot, holding.atoms_floor(view)?)?;
            legs.push(Leg {
                lent: holding.lent,
                ..leg
            });
        } else {
            quote_lent = holding.lent;
        }
    }
    for open in (0..POSITIONS).filter_map(|place| account.position(place)) {
        let asset = view.asset(open.slot)?;
        let held = view.held(&open, &asset.funding)?;
        legs.push(position(&asset, open.slot, &held)?);
    }
    if sums.quote.0 != 0 {
        let leg = &sums.quote_leg;
        legs.push(Leg {
            slot: quote,
            kind: "quote",
            atoms: sums.quote.0,
            lent: quote_lent,
            value: health.maintenance.equity.minus(sums.other_equity)?.0,
            exposure: leg.exposure,
            alone: alone(leg.exposure, leg.apart, &view.risk(quote)?)?,
        });
    }
    Ok(legs)
}

fn balance<B: BookView>(view: &B, slot: u8, atoms: i64) -> Result<Leg> {
    let asset = view.asset(slot)?;
    let (value, leg) = value_maintenance(&asset, slot, atoms)?;
    Ok(Leg {
        slot,
        kind: if atoms < 0 { "debt" } else { "deposit" },
        atoms,
        lent: false,
        value: value.0,
        exposure: leg.exposure,
        alone: alone(leg.exposure, leg.apart, &asset.risk)?,
    })
}

/// A position as its account has it, funding taken.
///
/// # Errors
/// Those of the engine.
pub fn position(asset: &AssetView, slot: u8, position: &Position) -> Result<Leg> {
    let value = position.value_floor(&asset.band)?;
    let leg = position_leg_ceil(asset, slot, value, false)?;
    let result = position.unrealised_floor(&asset.band)?;
    Ok(Leg {
        slot,
        kind: match position.base.0 {
            0 => "claim",
            base if base < 0 => "short",
            _ => "long",
        },
        atoms: position.base.0,
        lent: false,
        value: result.plus(position.unsettled)?.0,
        exposure: leg.exposure,
        alone: alone(leg.exposure, leg.apart, &asset.risk)?,
    })
}

/// What an exposure needs that stands alone.
fn alone(exposure: i64, apart: Both, risk: &AssetRisk) -> Result<Both> {
    let mut sides = Sides::default();
    sides.add(exposure)?;
    Charge::of_ceil(&sides, risk)?.gross.plus(apart)
}
