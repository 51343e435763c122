//! An account leg by leg: what each is worth and what it needs standing alone.

use super::names::Names;
use super::price::refused;
use anyhow::Result;
use plimsoll::state::RiskBook;
use plimsoll_engine::exposure::{AccountView, AssetView, BookView, BALANCES, POSITIONS};
use plimsoll_engine::health::{position_leg_ceil, value_maintenance, Health};
use plimsoll_engine::requirement::{AssetRisk, Both, Charge, Sides, Sums};
use plimsoll_engine::Result as Engine;
use serde::Serialize;

/// One leg; money in micro-dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegLine {
    /// Slot of the book.
    pub slot: u8,
    /// What the asset is called.
    pub asset: String,
    /// `deposit`, `debt`, `long`, `short`, `claim` or `quote`.
    pub kind: &'static str,
    /// Signed atoms.
    pub atoms: i64,
    /// What it adds to maintenance equity; of a position its result, which is part of the quote leg.
    pub value: i64,
    /// Signed exposure at spot; 0 for a leg that hedges nothing because it cannot be priced.
    pub exposure: i64,
    /// Requirement standing alone, maintenance.
    pub maintenance: u64,
    /// The same, initial.
    pub initial: u64,
    /// Of the sum of all legs' maintenance requirements standing alone, 0 to 1.
    pub share: f64,
}

/// What an asset's exposures come to; money in micro-dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetLine {
    /// Slot of the book.
    pub slot: u8,
    /// What the asset is called.
    pub asset: String,
    /// Σ of deposits and longs.
    pub long: u64,
    /// Σ of debts and shorts.
    pub short: u64,
    /// Long minus short.
    pub net: i64,
    /// Requirement of the net exposure standing alone, maintenance.
    pub maintenance: u64,
    /// The same, initial.
    pub initial: u64,
}

/// All legs, balances before positions before the quote leg.
///
/// # Errors
/// What the engine refuses.
pub fn legs<B: BookView, A: AccountView>(
    (view, book): (&B, &RiskBook),
    names: &Names,
    account: &A,
    (health, sums): (&Health, &Sums),
) -> Result<Vec<LegLine>> {
    let mut lines = Vec::new();
    let quote = view.quote_slot();
    for holding in (0..BALANCES).filter_map(|place| account.balance(place)) {
        if holding.slot != quote {
            let line = holding
                .atoms_floor(view)
                .and_then(|atoms| balance(view, holding.slot, atoms))
                .map_err(refused)?;
            lines.push(line);
        }
    }
    for open in (0..POSITIONS).filter_map(|place| account.position(place)) {
        let asset = view.asset(open.slot).map_err(refused)?;
        let held = view.held(&open, &asset.funding).map_err(refused)?;
        lines.push(position(&asset, open.slot, &held).map_err(refused)?);
    }
    if sums.quote.0 != 0 {
        let risk = view.risk(quote).map_err(refused)?;
        let leg = &sums.quote_leg;
        let alone = alone(leg.exposure, leg.apart, &risk).map_err(refused)?;
        let value = health.maintenance.equity.minus(sums.other_equity);
        let value = value.map_err(refused)?.0;
        lines.push(line(
            quote,
            "quote",
            sums.quote.0,
            (value, leg.exposure),
            alone,
        ));
    }
    let total: u64 = lines.iter().map(|line| line.maintenance).sum();
    for line in &mut lines {
        line.asset = names.of(book, line.slot);
        if total > 0 {
            line.share = line.maintenance as f64 / total as f64;
        }
    }
    Ok(lines)
}

fn balance<B: BookView>(view: &B, slot: u8, atoms: i64) -> Engine<LegLine> {
    let asset = view.asset(slot)?;
    let (value, leg) = value_maintenance(&asset, slot, atoms)?;
    let kind = if atoms < 0 { "debt" } else { "deposit" };
    let alone = alone(leg.exposure, leg.apart, &asset.risk)?;
    Ok(line(slot, kind, atoms, (value.0, leg.exposure), alone))
}

/// A position as its account has it, funding taken.
fn position(
    asset: &AssetView,
    slot: u8,
    position: &plimsoll_engine::position::Position,
) -> Engine<LegLine> {
    let value = position.value_floor(&asset.band)?;
    let leg = position_leg_ceil(asset, slot, value, false)?;
    let kind = match position.base.0 {
        0 => "claim",
        base if base < 0 => "short",
        _ => "long",
    };
    let result = position.unrealised_floor(&asset.band)?;
    let result = result.plus(position.unsettled)?.0;
    let alone = alone(leg.exposure, leg.apart, &asset.risk)?;
    Ok(line(
        slot,
        kind,
        position.base.0,
        (result, leg.exposure),
        alone,
    ))
}

/// What an exposure needs that stands alone.
fn alone(exposure: i64, apart: Both, risk: &AssetRisk) -> Engine<Both> {
    let mut sides = Sides::default();
    sides.add(exposure)?;
    Charge::of_ceil(&sides, risk)?.gross.plus(apart)
}

fn line(
    slot: u8,
    kind: &'static str,
    atoms: i64,
    (value, exposure): (i64, i64),
    alone: Both,
) -> LegLine {
    LegLine {
        slot,
        asset: String::new(),
        kind,
        atoms,
        value,
        exposure,
        maintenance: alone.maintenance,
        initial: alone.initial,
        share: 0.0,
    }
}

/// Net exposure by asset.
///
/// # Errors
/// What the engine refuses.
pub fn nets<B: BookView>(
    (view, book): (&B, &RiskBook),
    names: &Names,
    sums: &Sums,
) -> Result<Vec<NetLine>> {
    let held = (0u8..)
        .zip(&sums.sides)
        .filter(|(_, sides)| !sides.is_empty());
    held.map(|(slot, sides)| {
        let risk = view.risk(slot).map_err(refused)?;
        let charge = Charge::of_ceil(sides, &risk).map_err(refused)?;
        Ok(NetLine {
            slot,
            asset: names.of(book, slot),
            long: sides.long,
            short: sides.short,
            net: charge.net,
            maintenance: charge.alone.maintenance,
            initial: charge.alone.initial,
        })
    })
    .collect()
}
