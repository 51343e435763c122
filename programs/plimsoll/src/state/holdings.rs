//! What a margin account holds: balances and positions.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::Holding;
use plimsoll_engine::position::Position;
use plimsoll_engine::units::{Base, Quote};

use super::assert_layout;

/// A deposit or a debt. Place 0 of an account is the quote token's, whatever its amount.
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct Balance {
    /// Positive is a deposit: atoms, or shares of the deposit index if it is lent; negative a debt in
    /// shares of the borrow index. The place is free at zero (places 1 and up).
    pub amount: i64,
    /// What this debt has its bank record as a loss to come, atoms.
    pub pending_loss: u64,
    /// Asset slot of the book.
    pub slot: u8,
    /// 1 while the deposit is lent.
    pub lent: u8,
    /// Named padding.
    pub padding: [u8; 6],
}
assert_layout!(Balance, 24);

/// A perpetual position; the place is free when everything is zero.
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct PositionSlot {
    /// Signed size in base atoms.
    pub base: i64,
    /// Quote atoms paid (long) or received (short, negative) for `base`.
    pub cost: i64,
    /// Realised result not settled yet, quote atoms.
    pub unsettled: i64,
    /// Quote atoms paid or received for `base` when it was opened, which settlements leave as it is: the
    /// entry price is entry/base.
    pub entry: i64,
    /// Funding that `base` would have paid since the market began up to the last change, quote atoms.
    pub funding: i64,
    /// Profit of what was closed since the place was taken, settled or not, without fees and funding, quote
    /// atoms.
    pub realised: i64,
    /// Funding paid since the place was taken, negative for received, quote atoms.
    pub funding_paid: i64,
    /// Taker fees paid since the place was taken, quote atoms.
    pub fees_paid: u64,
    /// Epoch of its side in which it was last changed.
    pub epoch: u32,
    /// Asset slot of the book.
    pub slot: u8,
    /// Named padding.
    pub padding: [u8; 3],
}
assert_layout!(PositionSlot, 72);

impl Balance {
    /// As the engine takes it.
    #[inline]
    pub fn holding(&self) -> Holding {
        Holding {
            slot: self.slot,
            amount: Base(self.amount),
            lent: self.lent != 0,
        }
    }
}

impl PositionSlot {
    /// As the engine takes it.
    pub fn position(&self) -> Position {
        Position {
            base: Base(self.base),
            cost: Quote(self.cost),
            unsettled: Quote(self.unsettled),
            entry: Quote(self.entry),
            funding: Quote(self.funding),
            epoch: self.epoch,
        }
    }

    /// Whether nothing is held and nothing owed.
    pub fn is_free(&self) -> bool {
        self.base == 0 && self.cost == 0 && self.unsettled == 0
    }

    /// Writes a position; a place that becomes empty is free again.
    pub fn set(&mut self, slot: u8, position: &Position) {
        if position.is_empty() {
            *self = bytemuck::Zeroable::zeroed();
            return;
        }
        self.slot = slot;
        self.base = position.base.0;
        self.cost = position.cost.0;
        self.unsettled = position.unsettled.0;
        self.entry = position.entry.0;
        self.funding = position.funding.0;
        self.epoch = position.epoch;
    }

    /// Counts what a change has brought and cost, for reading; a place that became empty counts nothing.
    /// What does not fit any more stops nothing.
    pub fn count(&mut self, realised: Quote, funding: Quote, fee: Quote) {
        if self.is_free() {
            return;
        }
        self.realised = self.realised.saturating_add(realised.0);
        self.funding_paid = self.funding_paid.saturating_add(funding.0);
        self.fees_paid = self.fees_paid.saturating_add(fee.magnitude());
    }
}
