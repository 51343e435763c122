//! Other prices than the book's as an overlay, and prices for display; the search for liquidation prices
//! is the client's.

use plimsoll::state::BookAt;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::price::PriceBand;
use plimsoll_engine::requirement::AssetRisk;
use plimsoll_engine::side::Side;
use plimsoll_engine::{EngineError, Result as Engine};

pub use plimsoll_client::price::{by_parts, is_liquidatable, liquidation_units, moved, tick, Way};

/// A book in which some prices are others.
pub struct Moved<'a> {
    /// The book underneath.
    pub at: BookAt<'a>,
    /// By slot.
    pub bands: Vec<(u8, PriceBand)>,
}

impl BookView for Moved<'_> {
    fn asset(&self, slot: u8) -> Engine<AssetView> {
        let asset = self.at.asset(slot)?;
        let band = self.bands.iter().find(|(other, _)| *other == slot);
        Ok(AssetView {
            band: band.map_or(asset.band, |(_, band)| *band),
            ..asset
        })
    }

    fn quote_slot(&self) -> u8 {
        self.at.quote_slot()
    }

    fn borrow_index(&self, slot: u8) -> Engine<Index> {
        self.at.borrow_index(slot)
    }

    fn deposit_index(&self, slot: u8) -> Engine<(Index, Fixed)> {
        self.at.deposit_index(slot)
    }

    fn side(&self, slot: u8, short: bool) -> Engine<Side> {
        self.at.side(slot, short)
    }

    fn risk(&self, slot: u8) -> Engine<AssetRisk> {
        self.at.risk(slot)
    }

    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        self.at.less(a, b, opposite)
    }

    fn scenarios(&self) -> usize {
        self.at.scenarios()
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.at.shock(scenario, slot)
    }

    fn scenario_weights(&self) -> (Fixed, Fixed) {
        self.at.scenario_weights()
    }

    fn now(&self) -> i64 {
        self.at.now()
    }
}

/// An engine's refusal as an error of this crate.
pub fn refused(error: EngineError) -> anyhow::Error {
    anyhow::anyhow!("the engine refuses: {error:?}")
}
