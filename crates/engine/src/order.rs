//! What an order asks for: how much of it can be done, when, and at which price.
//!
//! Prices are amounts for the size the order names, as a limit is: no unit has to be agreed on, and
//! comparing is exact. Where an order executes less or more than it names, amounts follow in
//! proportion.

use crate::error::Result;
use crate::fixed::{mul_div_ceil, mul_div_floor};
use crate::price::PriceBand;
use crate::trade::Execution;
use crate::units::Base;

/// A limit that refuses no price of a buy. For a sale it is 0.
pub const ANY_PRICE: u64 = u64::MAX;

/// When an order may execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// On one determined update, whatever its price.
    Market,
    /// Where the impact price is no worse than the limit.
    Limit,
    /// Where the oracle price has reached the trigger, moving against who holds: a sale from above, a
    /// buy from below.
    Stop,
    /// Where the oracle price has reached the trigger, moving for who holds: a sale from below, a buy
    /// from above.
    TakeProfit,
}

impl OrderKind {
    /// The number stored on chain.
    pub const fn code(self) -> u8 {
        match self {
            Self::Market => 0,
            Self::Limit => 1,
            Self::Stop => 2,
            Self::TakeProfit => 3,
        }
    }

    /// The kind of a stored number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Market),
            1 => Some(Self::Limit),
            2 => Some(Self::Stop),
            3 => Some(Self::TakeProfit),
            _ => None,
        }
    }
}

/// How much of its size an order executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, whatever is held.
    Size,
    /// The lesser of it and what is held on the other side.
    Reduce,
    /// What is held on the other side. The size says which side, and for what its amounts are.
    Close,
}

impl Extent {
    /// The number stored on chain.
    pub const fn code(self) -> u8 {
        match self {
            Self::Size => 0,
            Self::Reduce => 1,
            Self::Close => 2,
        }
    }

    /// The extent of a stored number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Size),
            1 => Some(Self::Reduce),
            2 => Some(Self::Close),
            _ => None,
        }
    }
}

/// The terms of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerms {
    /// When it may execute.
    pub kind: OrderKind,
    /// How much of `size` it executes.
    pub extent: Extent,
    /// Signed size in base atoms: positive buys.
    pub size: Base,
    /// Most quote atoms a buy may pay, least a sale may receive, for `size`, before the fee. The own
    /// price of a limit order.
    pub limit: u64,
    /// What `size` is worth at the oracle price that triggers, quote atoms. The own price of a stop and
    /// of a take-profit; 0 for the other kinds.
    pub trigger: u64,
}

impl OrderTerms {
    /// Whether the terms agree with each other: a limit order has a limit, a stop and a take-profit have
    /// a trigger that is within the limit, no other kind has one.
    pub fn is_sound(&self) -> bool {
        let has_limit = self.limit > 0 && self.limit < ANY_PRICE;
        let triggers = self.trigger > 0 && self.trigger < ANY_PRICE;
        self.size.0 != 0
            && match self.kind {
                OrderKind::Market => self.trigger == 0,
                OrderKind::Limit => has_limit && self.trigger == 0,
                OrderKind::Stop | OrderKind::TakeProfit => {
                    triggers && !self.is_worse(self.trigger, self.limit)
                }
            }
    }

    /// Signed size to execute for an account that holds `held` base atoms: zero where nothing is held
    /// that the order could reduce.
    pub fn size_for(&self, held: Base) -> Result<Base> {
        let most = match self.extent {
            Extent::Size => return Ok(self.size),
            Extent::Reduce => self.size.magnitude(),
            Extent::Close => u64::MAX,
        };
        if held.0.signum() * self.size.0.signum() >= 0 {
            return Ok(Base::ZERO);
        }
        let size = Base::from_magnitude(held.magnitude().min(most))?;
        if self.buys() {
            Ok(size)
        } else {
            Base::ZERO.minus(size)
        }
    }

    /// Whether the oracle price of `band` has reached the trigger, equality included. Kinds without a
    /// trigger always have.
    ///
    /// Compared is the worth of the size at the spot price, rounded up, as mantissas are rounded down:
    /// a price that is the trigger has reached it. No confidence, spread or impact is in it: it is what
    /// everybody sees on the feed.
    pub fn is_triggered(&self, band: &PriceBand) -> Result<bool> {
        let rises = match self.kind {
            OrderKind::Market | OrderKind::Limit => return Ok(true),
            OrderKind::Stop => self.buys(),
            OrderKind::TakeProfit => !self.buys(),
        };
        let worth = band.value_ceil(self.size.magnitude(), band.spot)?;
        Ok(if rises {
            worth >= self.trigger
        } else {
            worth <= self.trigger
        })
    }

    /// The execution at the order's own price or the given impact price, whichever is worse for the
    /// taker; nothing where the impact price is beyond the limit.
    ///
    /// A market order has no price of its own. Amounts for a part are rounded against the taker.
    pub fn at_own_price(&self, execution: &Execution) -> Result<Option<Execution>> {
        let executed = execution.size.magnitude();
        let limit = self.part_of(self.limit, executed)?;
        if self.is_worse(execution.notional, limit) {
            return Ok(None);
        }
        let own = match self.kind {
            OrderKind::Market => execution.notional,
            OrderKind::Limit => limit,
            OrderKind::Stop | OrderKind::TakeProfit => self.part_of(self.trigger, executed)?,
        };
        let notional = if self.is_worse(own, execution.notional) {
            own
        } else {
            execution.notional
        };
        Ok(Some(Execution {
            notional,
            ..*execution
        }))
    }

    fn buys(&self) -> bool {
        self.size.0 > 0
    }

    /// Whether a notional is worse for the taker than another.
    fn is_worse(&self, notional: u64, other: u64) -> bool {
        if self.buys() {
            notional > other
        } else {
            notional < other
        }
    }

    /// An amount for the whole size, for `executed` atoms. One beyond 64 bits is beyond every notional.
    fn part_of(&self, amount: u64, executed: u64) -> Result<u64> {
        let whole = self.size.magnitude();
        if executed == whole || amount == ANY_PRICE {
            return Ok(amount);
        }
        let part = if self.buys() {
            mul_div_ceil(amount, executed, whole)
        } else {
            mul_div_floor(amount, executed, whole)
        };
        match part {
            Err(crate::EngineError::Overflow) => Ok(ANY_PRICE),
            other => other,
        }
    }
}
