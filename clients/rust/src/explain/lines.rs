//! Lines of an explanation: legs and net exposures.

use plimsoll_engine::exposure::{AccountView, BookView};
use plimsoll_engine::health::Health;
use plimsoll_engine::requirement::{Charge, Sums};
use plimsoll_engine::Result;
use serde::Serialize;

use super::Explained;
use crate::legs::Leg;

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

impl<B: BookView> Explained<'_, B> {
    /// All legs, balances before positions before the quote leg.
    pub(super) fn legs<A: AccountView>(
        &self,
        account: &A,
        figures: (&Health, &Sums),
    ) -> Result<Vec<LegLine>> {
        let legs = crate::legs::legs(self.view, account, figures)?;
        let total: u64 = legs.iter().map(|leg| leg.alone.maintenance).sum();
        let line = |leg: &Leg| LegLine {
            slot: leg.slot,
            asset: (self.names)(leg.slot),
            kind: leg.kind,
            atoms: leg.atoms,
            value: leg.value,
            exposure: leg.exposure,
            maintenance: leg.alone.maintenance,
            initial: leg.alone.initial,
            share: if total > 0 {
                leg.alone.maintenance as f64 / total as f64
            } else {
                0.0
            },
        };
        Ok(legs.iter().map(line).collect())
    }

    /// Net exposure by asset.
    pub(super) fn nets(&self, sums: &Sums) -> Result<Vec<NetLine>> {
        let held = (0u8..).zip(&sums.sides);
        let held = held.filter(|(_, sides)| !sides.is_empty());
        held.map(|(slot, sides)| {
            let charge = Charge::of_ceil(sides, &self.view.risk(slot)?)?;
            Ok(NetLine {
                slot,
                asset: (self.names)(slot),
                long: sides.long,
                short: sides.short,
                net: charge.net,
                maintenance: charge.alone.maintenance,
                initial: charge.alone.initial,
            })
        })
        .collect()
    }
}
