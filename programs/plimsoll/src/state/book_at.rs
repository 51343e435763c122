//! The risk book at one instant, as the engine reads it.

use plimsoll_engine::correlation::pair_index;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::index_at;
use plimsoll_engine::portfolio::SCENARIOS;
use plimsoll_engine::position::Position;
use plimsoll_engine::requirement::AssetRisk;
use plimsoll_engine::side::Side;
use plimsoll_engine::EngineError;

use super::{listed, RiskBook};

/// Which age limit the initial view uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeLimit {
    /// Risk may grow: [`super::AssetSlot::max_age_risk`].
    Risk,
    /// Reading and liquidating: [`super::AssetSlot::max_age_other`].
    Other,
}

/// The book at one instant, as the engine reads it.
pub struct BookAt<'a> {
    /// The book.
    pub book: &'a RiskBook,
    /// Unix seconds.
    pub now: i64,
    /// Age limit of the initial view.
    pub limit: AgeLimit,
}

impl BookView for BookAt<'_> {
    #[inline(always)]
    fn asset(&self, slot: u8) -> plimsoll_engine::Result<AssetView> {
        let asset = self
            .book
            .assets
            .get(usize::from(slot))
            .ok_or(EngineError::PriceOutOfRange)?;
        let max_age = match self.limit {
            AgeLimit::Risk => asset.max_age_risk,
            AgeLimit::Other => asset.max_age_other,
        };
        let too_wide = asset.has(listed::WIDE);
        let age = asset.age(self.now);
        let ages = (age, i64::from(max_age));
        Ok(asset.view(asset.band(), too_wide, ages, self.now))
    }

    #[inline]
    fn quote_slot(&self) -> u8 {
        self.book.quote_slot
    }

    fn borrow_index(&self, slot: u8) -> plimsoll_engine::Result<Index> {
        let asset = self.book.assets.get(usize::from(slot));
        let asset = asset.ok_or(EngineError::PriceOutOfRange)?;
        let seconds = self.now.saturating_sub(asset.index_time);
        Ok(index_at(
            Index(asset.borrow_index),
            Index(asset.borrow_gain),
            seconds,
        ))
    }

    #[inline]
    fn side(&self, slot: u8, short: bool) -> plimsoll_engine::Result<Side> {
        let asset = self.book.assets.get(usize::from(slot));
        let sides = &asset.ok_or(EngineError::PriceOutOfRange)?.sides;
        let [longs, shorts] = sides;
        Ok(if short { shorts.side() } else { longs.side() })
    }

    #[inline(always)]
    fn is_as_kept(&self, slot: u8, kept: &Position) -> bool {
        let asset = self.book.assets.get(usize::from(slot));
        asset.is_some_and(|asset| asset.sides[usize::from(kept.base.0 < 0)].leaves_as_kept(kept))
    }

    fn deposit_index(&self, slot: u8) -> plimsoll_engine::Result<(Index, Fixed)> {
        let asset = self.book.assets.get(usize::from(slot));
        let asset = asset.ok_or(EngineError::PriceOutOfRange)?;
        Ok((Index(asset.deposit_index), Fixed(asset.pending_loss)))
    }

    #[inline(always)]
    fn risk(&self, slot: u8) -> plimsoll_engine::Result<AssetRisk> {
        let asset = self.book.assets.get(usize::from(slot));
        Ok(asset.ok_or(EngineError::PriceOutOfRange)?.risk())
    }

    #[inline]
    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        let pair = pair_index(a, b).ok().and_then(|at| self.book.pairs.get(at));
        pair.map_or(0, |pair| pair.less(opposite))
    }

    #[inline(always)]
    fn less_below(&self, slot: u8) -> impl Fn(u8, bool) -> Option<u64> {
        let count = usize::from(slot);
        // Below 2^16: no product can wrap.
        let first = count.wrapping_mul(count.wrapping_sub(1)) / 2;
        let pairs = self.book.pairs.get(first..first + count);
        let pairs = pairs.unwrap_or_default();
        move |other, opposite| {
            let pair = pairs.get(usize::from(other));
            pair.map(|pair| pair.less(opposite))
        }
    }

    #[inline]
    fn lose(&self, slot: u8, exposure: i64, losses: &mut [i64; SCENARIOS]) {
        // Beyond the listed ones shocks are zero.
        for (loss, moves) in losses.iter_mut().zip(&self.book.scenarios) {
            if let Some(shock) = moves.get(usize::from(slot)) {
                // See the bounds of the engine's portfolio module.
                *loss = loss.wrapping_sub(i64::from(*shock).wrapping_mul(exposure));
            }
        }
    }

    #[inline]
    fn scenarios(&self) -> usize {
        usize::from(self.book.scenario_count)
    }

    #[inline]
    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        let moves = self.book.scenarios.get(scenario);
        moves
            .and_then(|moves| moves.get(usize::from(slot)))
            .copied()
            .unwrap_or(0)
    }

    #[inline]
    fn scenario_weights(&self) -> (Fixed, Fixed) {
        let book = self.book;
        (
            Fixed(book.scenario_weight_maintenance),
            Fixed(book.scenario_weight_initial),
        )
    }

    #[inline]
    fn now(&self) -> i64 {
        self.now
    }
}
