//! A position between what its account keeps and what it is: its side may have been reduced since.

use anchor_lang::prelude::*;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::trade::MarketSums;
use plimsoll_engine::units::Quote;

use crate::error::{checked, OrRefuse};
use crate::state::{BookAt, Market, PositionSlot, SideSlot};

/// A position as it stands.
pub struct Standing<'a> {
    /// As its account has it; funding that is due is not taken yet.
    pub held: Position,
    /// None while it stands as its account keeps it.
    reduced: Option<Box<Reduced>>,
    /// Where longs and shorts of its market stand.
    sides: &'a [SideSlot; 2],
}

/// A position whose side was reduced since it was changed last.
struct Reduced {
    /// As its account keeps it.
    kept: Position,
    /// As its market counts it.
    open: Position,
    /// What a loss has taken of it, quote atoms.
    cut: Quote,
}

/// A position that changes: what account and market keep afterwards.
pub struct Moved {
    /// What the account keeps.
    pub kept: Position,
    /// The market's sums.
    pub sums: MarketSums,
    /// Where it opens, closes, changes sides, or was reduced.
    counts: Option<Counts>,
}

/// What a market counts besides its sums.
struct Counts {
    open: [u32; 2],
    stale: [u32; 2],
    cut: u64,
}

fn side_of(position: &Position) -> usize {
    usize::from(position.base.0 < 0)
}

impl<'a> Standing<'a> {
    /// Of a place of an account; `funding` is the index of the market in `slot`.
    ///
    /// # Errors
    /// `StaleEpoch`.
    #[inline]
    pub fn of(
        at: &BookAt<'a>,
        slot: u8,
        place: &PositionSlot,
        funding: &FundingIndex,
    ) -> Result<Self> {
        let held = place.position();
        let sides = &at.book.listed_asset(slot)?.sides;
        let standing = Self {
            reduced: None,
            sides,
            held,
        };
        if held.base.0 == 0 || sides[side_of(&held)].leaves_as_kept(&held) {
            return Ok(standing);
        }
        standing.since_reduced(funding)
    }

    #[cold]
    #[inline(never)]
    fn since_reduced(self, funding: &FundingIndex) -> Result<Self> {
        let kept = self.held;
        let side = self.sides[side_of(&kept)].side();
        Ok(Self {
            held: side.held_floor(&kept, funding).or_refuse()?,
            reduced: Some(Box::new(Reduced {
                open: side.open_floor(&kept, funding).or_refuse()?,
                cut: side.cut_ceil(&kept, funding).or_refuse()?,
                kept,
            })),
            ..self
        })
    }

    /// What account and market keep once the position is `after`. A side that nobody is left on keeps no
    /// rounding.
    #[inline]
    pub fn moved(
        &self,
        market: &Market,
        after: &Position,
        funding: &FundingIndex,
    ) -> Result<Moved> {
        let stays = (self.held.base.0 != 0)
            && after.base.0 != 0
            && side_of(after) == side_of(&self.held)
            && self.reduced.is_none();
        if stays {
            return Ok(Moved {
                kept: *after,
                sums: market.sums().moved(&self.held, after).or_refuse()?,
                counts: None,
            });
        }
        self.counted(market, after, funding)
    }

    #[inline(never)]
    fn counted(&self, market: &Market, after: &Position, funding: &FundingIndex) -> Result<Moved> {
        let held = Reduced {
            kept: self.held,
            open: self.held,
            cut: Quote::ZERO,
        };
        let before = self.reduced.as_deref().unwrap_or(&held);
        let short = side_of(&before.kept) == 1;
        let sums = market.sums().moved_from(short, &before.open, after);
        let mut sums = sums.or_refuse()?;
        let (mut open, mut stale) = (market.open_positions, market.stale_positions);
        if before.kept.base.0 != 0 {
            let side = side_of(&before.kept);
            let runs = before.kept.epoch == self.sides[side].epoch;
            let count = if runs { &mut open } else { &mut stale };
            count[side] = checked(count[side].checked_sub(1))?;
        }
        let side = side_of(after);
        if after.base.0 != 0 {
            open[side] = checked(open[side].checked_add(1))?;
        }
        sums.forget_rounding(open, stale);
        let cut = if stale == [0, 0] {
            0
        } else {
            market.cut.saturating_sub(before.cut.magnitude())
        };
        let side = self.sides[side].side();
        Ok(Moved {
            kept: side.kept(after, funding).or_refuse()?,
            sums,
            counts: Some(Counts { open, stale, cut }),
        })
    }
}

impl Moved {
    /// Writes it to its place and its market.
    #[inline]
    pub fn write(&self, place: &mut PositionSlot, market: &mut Market) {
        place.set(market.slot, &self.kept);
        market.set_sums(&self.sums);
        if let Some(counts) = &self.counts {
            market.open_positions = counts.open;
            market.stale_positions = counts.stale;
            market.cut = counts.cut;
        }
    }
}
