//! How a request to the pool ends, before any token moves.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::pool::{
    deposit_floor, free_value, net_asset_value, withdrawal_floor, Side, DEAD_SHARES,
};
use plimsoll_engine::units::Quote;
use plimsoll_engine::EngineError;

use crate::error::{checked, OrRefuse, PlimsollError};
use crate::pool_value::{grant, value_for, Valued};
use crate::state::{request_kind, BookAt, Pool, PoolRequest};

/// What an execution does.
pub struct Execution {
    /// Quote atoms paid in or out.
    pub quote: u64,
    /// Shares minted or burnt.
    pub shares: u64,
    /// Net asset value it is executed at.
    pub value: Quote,
    /// What that comes from.
    pub valued: Valued,
}

/// How a request ends.
pub enum End {
    /// It gets what it asked for.
    Executed(Execution),
    /// What it holds returns.
    Refused(PlimsollError),
    /// The same, after the hour.
    Lapsed,
}

/// What the request gets, or what refuses it. Counts a withdrawal in the outflow window.
#[inline(never)]
pub fn judge<'info>(
    request: &PoolRequest,
    pool: &mut Pool,
    at: &BookAt<'_>,
    given: &'info [AccountInfo<'info>],
) -> Result<End> {
    let deposits = request.kind == request_kind::DEPOSIT;
    let side = if deposits { Side::High } else { Side::Low };
    let valued = value_for(request, side, at, pool.book, given)?;
    let index = at.borrow_index(at.book.quote_slot).or_refuse()?;
    let ledger = pool.ledger();
    let value = net_asset_value(&ledger, index, valued.against, side).or_refuse()?;
    let (amount, all) = (request.amount, pool.shares);
    let received = if deposits {
        deposit_floor(amount, all, value).map(|deposit| deposit.minted)
    } else {
        withdrawal_floor(amount, all, value)
    };
    let received = match received {
        Ok(0) => return Ok(End::Refused(PlimsollError::ZeroAmount)),
        // Beside those there are, more than can be counted: the pool is worth next to nothing.
        Ok(shares) if deposits && all.checked_add(shares).is_none() => {
            return Ok(End::Refused(PlimsollError::PoolInsolvent))
        }
        Err(EngineError::Overflow) if deposits => {
            return Ok(End::Refused(PlimsollError::PoolInsolvent))
        }
        Err(refusal @ (EngineError::PoolInsolvent | EngineError::DepositTooSmall)) => {
            return Ok(End::Refused(refusal.into()))
        }
        Ok(received) => received,
        Err(cause) => return Err(error!(PlimsollError::from(cause))),
    };
    if received < request.least {
        return Ok(End::Refused(PlimsollError::Slippage));
    }
    let (quote, shares) = if deposits {
        (amount, received)
    } else {
        (received, amount)
    };
    if !deposits {
        if quote > free_value(&ledger, valued.poorest, valued.stress).or_refuse()? {
            return Ok(End::Refused(PlimsollError::PoolStress));
        }
        if pool.count_outflow(shares, at.now).is_err() {
            return Ok(End::Refused(PlimsollError::OutflowLimit));
        }
    }
    Ok(End::Executed(Execution {
        quote,
        shares,
        value,
        valued,
    }))
}

/// Writes the pool and the markets' headroom; returns the shares to be minted and the quote to be paid.
#[inline(never)]
pub fn write<'info>(
    request: &PoolRequest,
    pool: &mut Pool,
    end: &End,
    given: &'info [AccountInfo<'info>],
) -> Result<(u64, u64)> {
    let deposits = request.kind == request_kind::DEPOSIT;
    let waiting = if deposits {
        &mut pool.requested_quote
    } else {
        &mut pool.requested_shares
    };
    *waiting = checked(waiting.checked_sub(request.amount))?;
    let End::Executed(execution) = end else {
        return Ok(if deposits {
            (0, request.amount)
        } else {
            (request.amount, 0)
        });
    };
    let (quote, shares) = (execution.quote, execution.shares);
    if deposits {
        pool.cash = checked(pool.cash.checked_add(quote))?;
        let dead = if pool.shares == 0 { DEAD_SHARES } else { 0 };
        let minted = checked(shares.checked_add(dead))?;
        pool.shares = checked(pool.shares.checked_add(minted))?;
    } else {
        pool.cash = checked(pool.cash.checked_sub(quote))?;
        pool.shares = checked(pool.shares.checked_sub(shares))?;
    }
    let valued = &execution.valued;
    let free = free_value(&pool.ledger(), valued.poorest, valued.stress).or_refuse()?;
    grant(free, given)?;
    Ok(if deposits { (shares, 0) } else { (0, quote) })
}
