//! A perpetual market: open interest, cost sums, and the terms of trading.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::measured::{is_much_liquidated, LIQUIDATION_WINDOW_SECONDS};
use plimsoll_engine::pool::Headroom;
use plimsoll_engine::size::open_interest_share_ceil;
use plimsoll_engine::trade::{MarketSums, MarketTerms};
use plimsoll_engine::units::{Base, Quote};

use super::assert_layout;
use crate::error::{OrRefuse, PlimsollError};

/// PDA `["market", book, slot]`.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct Market {
    /// The risk book.
    pub book: Pubkey,
    /// Σ base of longs, atoms.
    pub long_base: u64,
    /// Σ |base| of shorts, atoms.
    pub short_base: u64,
    /// Σ cost of longs, quote atoms.
    pub long_cost: i64,
    /// Σ cost of shorts, quote atoms, not positive.
    pub short_cost: i64,
    /// Σ unsettled of positions and of credits that arose here, quote atoms.
    pub claims: i64,
    /// Σ funding of positions: what they would have paid since the market began, quote atoms.
    pub funding: i64,
    /// Fees for insurance not swept yet, quote atoms; negative is owed by insurance.
    pub accrued_insurance: i64,
    /// Fees for the protocol not swept yet, quote atoms.
    pub accrued_protocol: i64,
    /// Skew at which the price moves by its own size, base atoms.
    pub scale: u64,
    /// Mantissa of the reciprocal of twice the scale.
    pub inverse_mantissa: u64,
    /// Largest |skew| that an order may reach, base atoms.
    pub max_skew: u64,
    /// What `max_skew` is announced to be, in base atoms; a tightening lowers that only. Closing may reach it.
    pub skew_bound: u64,
    /// Largest open interest of a side that an order may reach, base atoms.
    pub max_open_interest: u64,
    /// Open interest of the larger side from which on initial rates rise, base atoms.
    pub open_interest_low: u64,
    /// Open interest of the larger side at which they reach the whole value, base atoms; 0: they do not
    /// depend on open interest.
    pub open_interest_high: u64,
    /// Base atoms that liquidations closed in the window.
    pub liquidated: u64,
    /// Open interest of the larger side before the window's first liquidation, base atoms.
    pub window_open_interest: u64,
    /// When the window began, with its first liquidation, unix seconds; 0 before any.
    pub window_start: i64,
    /// Stress of the pool that orders here may still add, quote atoms; see the engine's `Headroom`.
    pub headroom: u64,
    /// What it was when it was granted last, quote atoms.
    pub headroom_granted: u64,
    /// What losses will take of profits of ended epochs once their positions are changed, quote atoms.
    pub cut: u64,
    /// Half spread. Fixed.
    pub spread: i64,
    /// Funding a day at a skew of the scale, as a fraction of the price. Fixed.
    pub daily_funding: i64,
    /// Taker fee on the notional. Fixed.
    pub taker_fee: i64,
    /// Liquidation fee on the notional. Fixed.
    pub liquidation_fee: i64,
    /// Open positions of longs and of shorts, of the epochs that run.
    pub open_positions: [u32; 2],
    /// Positions of the epochs before that nobody has changed since.
    pub stale_positions: [u32; 2],
    /// Shift of the reciprocal.
    pub inverse_shift: u32,
    /// Seconds between placing a market order and the instant that determines its update.
    pub order_delay: u32,
    /// Asset slot of the book.
    pub slot: u8,
    /// Bump of the PDA.
    pub bump: u8,
    /// Named padding.
    pub padding: [u8; 6],
}
assert_layout!(Market, 32 + 25 * 8 + 16 + 8 + 8);

impl Market {
    /// The sums as the engine takes them.
    pub fn sums(&self) -> MarketSums {
        MarketSums {
            long_base: self.long_base,
            short_base: self.short_base,
            long_cost: Quote(self.long_cost),
            short_cost: Quote(self.short_cost),
            claims: Quote(self.claims),
            funding: Quote(self.funding),
        }
    }

    /// Writes sums.
    pub fn set_sums(&mut self, sums: &MarketSums) {
        self.long_base = sums.long_base;
        self.short_base = sums.short_base;
        self.long_cost = sums.long_cost.0;
        self.short_cost = sums.short_cost.0;
        self.claims = sums.claims.0;
        self.funding = sums.funding.0;
    }

    /// The headroom as the engine takes it.
    pub fn headroom(&self) -> Headroom {
        Headroom {
            left: self.headroom,
            granted: self.headroom_granted,
        }
    }

    /// Grants headroom of `atoms` quote atoms in place of what there was.
    pub fn grant_headroom(&mut self, atoms: u64) {
        self.headroom = atoms;
        self.headroom_granted = atoms;
    }

    /// The reciprocal of the scale.
    pub fn inverse(&self) -> HalfReciprocal {
        HalfReciprocal {
            mantissa: self.inverse_mantissa,
            shift: self.inverse_shift,
        }
    }

    /// Terms at the current skew.
    pub fn terms(&self) -> Result<MarketTerms> {
        Ok(MarketTerms {
            skew: self.skew()?,
            inverse: self.inverse(),
            spread: Fixed(self.spread),
        })
    }

    /// Long minus short open interest in base atoms.
    pub fn skew(&self) -> Result<Base> {
        self.sums()
            .skew()
            .map_err(|cause| PlimsollError::from(cause).into())
    }

    /// Open interest of the larger side, base atoms.
    pub fn open_interest(&self) -> u64 {
        self.long_base.max(self.short_base)
    }

    /// How far open interest is between its two thresholds, rounded up (F-8).
    pub fn open_interest_share(&self) -> Result<Fixed> {
        if self.open_interest_high == 0 {
            return Ok(Fixed::ZERO);
        }
        let (low, high) = (self.open_interest_low, self.open_interest_high);
        open_interest_share_ceil(self.open_interest(), low, high).or_refuse()
    }

    /// Counts `size` base atoms that a liquidation is about to close; the first after a window begins
    /// the next.
    pub fn count_liquidated(&mut self, size: u64, now: i64) {
        if !self.is_in_window(now) {
            self.window_start = now;
            self.window_open_interest = self.open_interest();
            self.liquidated = 0;
        }
        // A count that is full stops no liquidation.
        self.liquidated = self.liquidated.saturating_add(size);
    }

    /// Whether much of the open interest was liquidated in the window that `now` is in (F-14).
    pub fn is_much_liquidated(&self, now: i64) -> bool {
        self.is_in_window(now) && is_much_liquidated(self.liquidated, self.window_open_interest)
    }

    fn is_in_window(&self, now: i64) -> bool {
        self.window_start > 0 && now.saturating_sub(self.window_start) < LIQUIDATION_WINDOW_SECONDS
    }

    /// INV-04: a side has open interest only with open positions, and a cost only with those or stale ones; a
    /// market without positions has no funding left.
    pub fn invariant(&self) -> Result<()> {
        let bases = [self.long_base, self.short_base];
        let costs = [self.long_cost, self.short_cost];
        let counts = self.open_positions.into_iter().zip(self.stale_positions);
        for ((open, stale), (base, cost)) in counts.zip(bases.into_iter().zip(costs)) {
            let sound = (open > 0 || base == 0) && (open > 0 || stale > 0 || cost == 0);
            require!(sound, PlimsollError::MarketInvariant);
        }
        let empty = self.open_positions == [0, 0] && self.stale_positions == [0, 0];
        require!(!empty || self.funding == 0, PlimsollError::MarketInvariant);
        Ok(())
    }
}
