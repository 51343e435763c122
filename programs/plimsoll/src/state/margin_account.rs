//! A margin account: balances, positions, and what stands against them.

use anchor_lang::prelude::*;
use plimsoll_engine::episode::Episode;
use plimsoll_engine::exposure::{AccountView, Holding, OpenPosition, BALANCES, POSITIONS};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::liquidation::Moment;
use plimsoll_engine::outflow::Outflow;
use plimsoll_engine::profile::Profile;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::units::{Base, Quote};

use super::{assert_layout, Balance, PositionSlot};
use crate::constants::{DELEGATE_WINDOW, QUOTE_BALANCE};
use crate::error::{checked, OrRefuse, PlimsollError};

/// PDA `["account", book, owner, id]`.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct MarginAccount {
    /// The owner.
    pub owner: Pubkey,
    /// The risk book.
    pub book: Pubkey,
    /// The pending market order, zero if none.
    pub pending_order: Pubkey,
    /// Who besides the owner may place and cancel orders, zero for nobody.
    pub delegate: Pubkey,
    /// What the pending order adds to the initial requirement, micro-dollars.
    pub pending_requirement: u64,
    /// Chain slot in which the account was opened; orders carry it.
    pub generation: u64,
    /// Claims on the pool that belong to no position, quote atoms; negative is owed.
    pub credit: i64,
    /// Debt to the pool in shares of the quote borrow index.
    pub pool_debt_shares: u64,
    /// What that debt has the pool record as a loss to come, quote atoms.
    pub pool_pending_loss: u64,
    /// Unix seconds of the margin call, 0 if none stands.
    pub called_at: i64,
    /// R_i − E_i at the call, micro-dollars.
    pub call_amount: u64,
    /// Unix seconds of the first observation of E_m < R_m, 0 if none stands.
    pub liquidatable_since: i64,
    /// Target shortage at that observation, micro-dollars.
    pub first_shortage: u64,
    /// How much of it was liquidated, micro-dollars.
    pub liquidated: u64,
    /// Unix seconds of the last successful liquidation of the episode.
    pub last_liquidation: i64,
    /// How far discounts had widened then, 0 to 1. Fixed.
    pub discount_part: i64,
    /// E_m before the first liquidation at that time, micro-dollars.
    pub moment_equity: u64,
    /// R_m before it, micro-dollars.
    pub moment_requirement: u64,
    /// Fees of position legs in all liquidations at that time, quote atoms.
    pub moment_fees: u64,
    /// Discounts in all of them, quote atoms.
    pub moment_discounts: u64,
    /// Unix seconds of the first observation above the call level, 0 if none.
    pub above_since: i64,
    /// Traded notional in micro-dollars, decayed to `profile_time` (F-9).
    pub volume: u64,
    /// Unix seconds up to which volume and strikes have decayed.
    pub profile_time: i64,
    /// [`super::RiskBook::sequence`] when the open swap began, 0 without one.
    pub swap_sequence: u64,
    /// Value of the orders that the delegate may place in a day, quote atoms.
    pub delegate_limit: u64,
    /// Value of his orders that counts as of `delegate_time`, quote atoms.
    pub delegate_used: u64,
    /// Unix seconds of his last order, or of the last change of his limit.
    pub delegate_time: i64,
    /// Episodes of liquidation in 2^-24, decayed to `profile_time` (F-9).
    pub strikes: u32,
    /// Id chosen by the owner; part of the seeds.
    pub id: u16,
    /// 1 once insurance has paid a keeper's reward, until the call ends.
    pub rewarded: u8,
    /// Bump of the PDA.
    pub bump: u8,
    /// Margin model: 0 Standard, 1 Portfolio, 2 Isolated.
    pub model: u8,
    /// 1 between `swap_begin` and `swap_end`.
    pub swapping: u8,
    /// Asset slot of the token that the open swap took out, 0 without one.
    pub swap_slot: u8,
    /// Orders of the account that exist, the pending one among them.
    pub open_orders: u8,
    /// Named padding.
    pub padding: [u8; 4],
    /// Balances.
    pub balances: [Balance; BALANCES],
    /// Positions.
    pub positions: [PositionSlot; POSITIONS],
}
assert_layout!(MarginAccount, 128 + 23 * 8 + 8 + 8 + 24 * 16 + 72 * 16);

impl MarginAccount {
    /// The place of the balance in `slot`, or a free one. Errors when all are taken, or when the model
    /// allows none.
    pub fn balance_place(&self, slot: u8, quote_slot: u8) -> Result<usize> {
        if slot == quote_slot {
            return Ok(QUOTE_BALANCE);
        }
        require!(!self.is_isolated(), PlimsollError::IsolatedHoldings);
        let taken = |balance: &Balance| balance.amount != 0 && balance.slot == slot;
        let free = |balance: &Balance| balance.amount == 0;
        let places = || self.balances.iter().enumerate().skip(1);
        places()
            .find(|(_, balance)| taken(balance))
            .or_else(|| places().find(|(_, balance)| free(balance)))
            .map(|(place, _)| place)
            .ok_or_else(|| error!(PlimsollError::NoFreeBalance))
    }

    /// The place of the position in `slot`, or a free one.
    ///
    /// # Errors
    /// `NoFreePosition` when all are taken, `IsolatedHoldings` when the model allows no second one.
    pub fn position_place(&self, slot: u8) -> core::result::Result<usize, PlimsollError> {
        let places = || self.positions.iter().enumerate();
        let other = |place: &PositionSlot| !place.is_free() && place.slot != slot;
        if self.is_isolated() && self.positions.iter().any(other) {
            return Err(PlimsollError::IsolatedHoldings);
        }
        places()
            .find(|(_, place)| !place.is_free() && place.slot == slot)
            .or_else(|| places().find(|(_, place)| place.is_free()))
            .map(|(place, _)| place)
            .ok_or(PlimsollError::NoFreePosition)
    }

    /// Signed size of the position in `slot`, zero without one.
    pub fn size_in(&self, slot: u8) -> Base {
        let held = |place: &&PositionSlot| !place.is_free() && place.slot == slot;
        let place = self.positions.iter().find(held);
        place.map_or(Base::ZERO, |place| place.position().base)
    }

    /// Amount in place `place` if it is that of `slot`: see [`Balance::amount`].
    pub fn held(&self, place: usize, slot: u8) -> i64 {
        match self.balances.get(place) {
            Some(balance) if balance.slot == slot => balance.amount,
            _ => 0,
        }
    }

    /// Writes a balance; a place that becomes empty is free again.
    pub fn set_balance(&mut self, place: usize, slot: u8, amount: i64) -> Result<()> {
        let balance = self
            .balances
            .get_mut(place)
            .ok_or_else(|| error!(PlimsollError::NoFreeBalance))?;
        balance.amount = amount;
        balance.slot = if amount == 0 && place != QUOTE_BALANCE {
            0
        } else {
            slot
        };
        if amount <= 0 {
            balance.lent = 0;
        }
        Ok(())
    }

    /// Refuses while a market order is pending.
    pub fn require_no_pending_order(&self) -> Result<()> {
        require_keys_eq!(
            self.pending_order,
            Pubkey::default(),
            PlimsollError::OrderPending
        );
        Ok(())
    }

    /// Whether `signer` may place and cancel orders: the owner and his delegate may.
    pub fn may_order(&self, signer: &Pubkey) -> bool {
        *signer == self.owner || (*signer == self.delegate && self.has_delegate())
    }

    /// Whether anybody besides the owner may place and cancel orders.
    pub fn has_delegate(&self) -> bool {
        self.delegate != Pubkey::default()
    }

    /// Names a delegate, zero for nobody, whose orders may come to `limit` quote atoms a day. What was
    /// ordered before goes on counting, whoever ordered it.
    pub fn set_delegate(&mut self, delegate: Pubkey, limit: u64, now: i64) -> Result<()> {
        self.delegate_used = self.delegate_used_ceil(now)?;
        self.delegate_time = now;
        self.delegate = delegate;
        self.delegate_limit = limit;
        Ok(())
    }

    /// Counts an order of `value` quote atoms, unless `signer` is the owner.
    ///
    /// # Errors
    /// `DelegateLimit`, naming what is needed and what is left.
    pub fn count_order(&mut self, signer: &Pubkey, value: u64, now: i64) -> Result<()> {
        if *signer == self.owner {
            return Ok(());
        }
        let used = self.delegate_used_ceil(now)?;
        let left = self.delegate_limit.saturating_sub(used);
        require_gte!(left, value, PlimsollError::DelegateLimit);
        self.delegate_used = checked(used.checked_add(value))?;
        self.delegate_time = now;
        Ok(())
    }

    /// What the delegate has ordered and still counts at `now`, quote atoms.
    fn delegate_used_ceil(&self, now: i64) -> Result<u64> {
        let used = Outflow {
            level: self.delegate_used,
            time: self.delegate_time,
        };
        used.at_ceil(now, self.delegate_limit, DELEGATE_WINDOW)
            .or_refuse()
    }

    /// Counts an order that is placed.
    pub fn add_order(&mut self) -> Result<()> {
        self.open_orders = checked(self.open_orders.checked_add(1))?;
        Ok(())
    }

    /// Strikes off an order that ends; if it is the pending one, with what it reserves.
    pub fn strike_order(&mut self, order: &Pubkey) -> Result<()> {
        self.open_orders = checked(self.open_orders.checked_sub(1))?;
        if self.pending_order == *order {
            self.pending_order = Pubkey::default();
            self.pending_requirement = 0;
        }
        Ok(())
    }

    /// Whether there is neither debt, nor claim, nor position, nor a loss that the pool expects.
    pub fn is_plain(&self) -> bool {
        self.credit == 0
            && self.pool_debt_shares == 0
            && self.pool_pending_loss == 0
            && self.positions.iter().all(PositionSlot::is_free)
            && self.balances.iter().all(|balance| balance.amount >= 0)
    }

    /// Refuses in the middle of a swap. The first line of every handler that is given the account, in
    /// whatever role: what it holds then is not what its owner has.
    #[inline]
    pub fn require_no_swap(&self) -> Result<()> {
        require_eq!(0, self.swapping, PlimsollError::SwapOpen);
        Ok(())
    }

    /// Opens a swap that took out the token in `slot`, while the book was at `sequence`.
    pub fn begin_swap(&mut self, slot: u8, sequence: u64) {
        self.swapping = 1;
        self.swap_slot = slot;
        self.swap_sequence = sequence;
    }

    /// Closes the swap, at a book that is at `sequence`; returns the slot of the token it took out.
    ///
    /// # Errors
    /// `NoSwap` where none is open, `SwapBookChanged` if the book was written since it began.
    pub fn end_swap(&mut self, sequence: u64) -> Result<u8> {
        require_eq!(1, self.swapping, PlimsollError::NoSwap);
        require_eq!(self.swap_sequence, sequence, PlimsollError::SwapBookChanged);
        let slot = self.swap_slot;
        (self.swapping, self.swap_slot, self.swap_sequence) = (0, 0, 0);
        Ok(slot)
    }

    /// Whether the account may hold quote and one position only.
    pub fn is_isolated(&self) -> bool {
        self.model == ModelKind::Isolated.code()
    }

    /// The account's history as the engine takes it.
    pub fn profile(&self) -> Profile {
        Profile {
            volume: self.volume,
            strikes: self.strikes,
            time: self.profile_time,
        }
    }

    /// Writes the account's history.
    pub fn set_profile(&mut self, profile: &Profile) {
        self.volume = profile.volume;
        self.strikes = profile.strikes;
        self.profile_time = profile.time;
    }

    /// Call and episode as the engine takes them.
    pub fn episode(&self) -> Episode {
        Episode {
            called_at: self.called_at,
            call_amount: self.call_amount,
            liquidatable_since: self.liquidatable_since,
            first_shortage: self.first_shortage,
            liquidated: self.liquidated,
            last_liquidation: self.last_liquidation,
            moment: Moment {
                part: Fixed(self.discount_part),
                equity: self.moment_equity,
                requirement: self.moment_requirement,
                fees: self.moment_fees,
                discounts: self.moment_discounts,
            },
            above_since: self.above_since,
            rewarded: self.rewarded,
        }
    }

    /// Writes call and episode.
    pub fn set_episode(&mut self, episode: &Episode) {
        self.called_at = episode.called_at;
        self.call_amount = episode.call_amount;
        self.liquidatable_since = episode.liquidatable_since;
        self.first_shortage = episode.first_shortage;
        self.liquidated = episode.liquidated;
        self.last_liquidation = episode.last_liquidation;
        self.set_moment(&episode.moment);
        self.above_since = episode.above_since;
        self.rewarded = episode.rewarded;
    }

    /// Writes what a liquidation leaves to others at its time.
    pub fn set_moment(&mut self, moment: &Moment) {
        self.discount_part = moment.part.0;
        self.moment_equity = moment.equity;
        self.moment_requirement = moment.requirement;
        self.moment_fees = moment.fees;
        self.moment_discounts = moment.discounts;
    }

    /// INV-07: only a deposit is lent, only a debt has a loss to come, a position has a size or a claim,
    /// and its cost has the sign of its size. INV-20: an isolated account holds quote and at most one
    /// position, and owes no lender.
    pub fn invariant(&self) -> Result<()> {
        require!(
            ModelKind::from_code(self.model).is_some(),
            PlimsollError::UnknownModel
        );
        if self.is_isolated() {
            let deposits = self.balances.iter().skip(QUOTE_BALANCE + 1);
            let positions = self.positions.iter().filter(|place| !place.is_free());
            let alone = deposits.map(|balance| balance.amount).all(|held| held == 0)
                && positions.count() <= 1;
            require!(alone, PlimsollError::IsolatedHoldings);
            let quote = self.balances[QUOTE_BALANCE].amount;
            require_gte!(quote, 0, PlimsollError::IsolatedBorrow);
        }
        for balance in &self.balances {
            let sound = balance.lent == 0 || (balance.lent == 1 && balance.amount > 0);
            let sound = sound && (balance.pending_loss == 0 || balance.amount < 0);
            require!(sound, PlimsollError::AccountInvariant);
        }
        for place in &self.positions {
            // What reductions of its side have paid may be more than a position cost.
            let sound = place.base != 0 || (place.cost, place.entry, place.funding) == (0, 0, 0);
            require!(sound, PlimsollError::AccountInvariant);
        }
        Ok(())
    }
}

impl AccountView for MarginAccount {
    #[inline]
    fn balance(&self, index: usize) -> Option<Holding> {
        let balance = self.balances.get(index)?;
        (balance.amount != 0).then(|| balance.holding())
    }

    #[inline]
    fn position(&self, index: usize) -> Option<OpenPosition> {
        let place = self.positions.get(index)?;
        (!place.is_free()).then(|| OpenPosition {
            slot: place.slot,
            position: place.position(),
        })
    }

    #[inline]
    fn credit(&self) -> Quote {
        Quote(self.credit)
    }

    #[inline]
    fn pool_debt_shares(&self) -> u64 {
        self.pool_debt_shares
    }

    #[inline]
    fn model(&self) -> ModelKind {
        ModelKind::from_code(self.model).unwrap_or_default()
    }

    #[inline]
    fn profile_multiplier(&self, now: i64) -> plimsoll_engine::Result<Fixed> {
        self.profile().multiplier(now)
    }
}
