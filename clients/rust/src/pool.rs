//! The pool as its providers want to see it: worth, exposure by market, and what a request would get.
//!
//! Every figure is the program's: a request is judged by the function that executes it, at the book's
//! present prices in the place of those that will determine it.

use anchor_lang::prelude::{AccountInfo, Pubkey};
use anchor_lang::{Discriminator, Owner};
use bytemuck::Zeroable;
use plimsoll::error::PlimsollError;
use plimsoll::pool_end::{judge, End};
use plimsoll::pool_value::value_for;
use plimsoll::state::{
    request_kind, AgeLimit, BookAt, DeterminedPrice, Market, Pool, PoolRequest, RiskBook,
};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::pool::{free_value, net_asset_value, stress_ceil, withdrawal_floor, Side};
use plimsoll_engine::units::Quote;
use plimsoll_engine::EngineError;
use serde::{Deserialize, Serialize};

use crate::preview::whole;
use crate::refusal::code_of;
use crate::search;
use crate::view::text;

/// A pool with its markets against its book at an instant.
#[derive(Clone, Copy)]
pub struct PoolAt<'a> {
    /// The book.
    pub book: &'a RiskBook,
    /// The pool.
    pub pool: &'a Pool,
    /// All markets of the book.
    pub markets: &'a [Market],
    /// Unix seconds.
    pub now: i64,
}

/// The pool. Amounts in quote atoms, shares in atoms of their token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolViewed {
    /// Cash in the vault that belongs to the pool.
    #[serde(with = "text")]
    pub cash: u64,
    /// What accounts owe the pool, with interest, rounded down.
    #[serde(with = "text")]
    pub debt: u64,
    /// Losses recorded and not covered.
    #[serde(with = "text")]
    pub pending_loss: u64,
    /// All shares, the dead ones included.
    #[serde(with = "text")]
    pub shares: u64,
    /// Waiting in requests to deposit.
    #[serde(with = "text")]
    pub requested_quote: u64,
    /// Shares waiting in requests to withdraw.
    #[serde(with = "text")]
    pub requested_shares: u64,
    /// Seconds between a request and the instant of its prices.
    pub cool_down: u32,
    /// Shares that the window of outflows still lets go now.
    #[serde(with = "text")]
    pub outflow_left: u64,
    /// Most shares for which a withdrawal would be executed at the present prices.
    #[serde(with = "text")]
    pub withdrawable: u64,
    /// What it is worth; none where that cannot be said.
    pub worth: Option<Worth>,
    /// Why not: a code of the program.
    pub refusal: Option<u32>,
    /// The markets by slot.
    pub markets: Vec<MarketLine>,
}

/// What the pool is worth at the book's prices. Quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Worth {
    /// Net asset value at which deposits are taken: where the pool looks richest.
    #[serde(with = "text")]
    pub high: i64,
    /// Net asset value at which withdrawals are paid: where it looks poorest.
    #[serde(with = "text")]
    pub low: i64,
    /// What a whole share costs, rounded down; 0 without shares.
    #[serde(with = "text")]
    pub share_high: u64,
    /// What a whole share is paid with, rounded down; 0 without shares.
    #[serde(with = "text")]
    pub share_low: u64,
    /// What the pool may lose in the worst case, market by market.
    #[serde(with = "text")]
    pub stress: u64,
    /// What it has in hand beyond that: the most that withdrawals can be paid.
    #[serde(with = "text")]
    pub free: u64,
}

/// A market as the pool sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketLine {
    /// Slot of the book.
    pub slot: u8,
    /// Open interest of longs, base atoms.
    #[serde(with = "text")]
    pub long: u64,
    /// Open interest of shorts, base atoms.
    #[serde(with = "text")]
    pub short: u64,
    /// Longs less shorts, base atoms.
    #[serde(with = "text")]
    pub skew: i64,
    /// Largest skew that an order may reach, base atoms.
    #[serde(with = "text")]
    pub max_skew: u64,
    /// Largest open interest of a side that an order may reach, base atoms.
    #[serde(with = "text")]
    pub max_open_interest: u64,
    /// Longs at spot, micro-dollars, rounded down.
    #[serde(with = "text")]
    pub long_value: u64,
    /// Shorts at spot, micro-dollars, rounded down.
    #[serde(with = "text")]
    pub short_value: u64,
    /// What the pool holds against the skew at spot, micro-dollars: negative where traders are net long.
    #[serde(with = "text")]
    pub exposure: i64,
    /// What the pool may lose here in the worst case, quote atoms.
    #[serde(with = "text")]
    pub stress: u64,
    /// Stress that orders may still add, quote atoms.
    #[serde(with = "text")]
    pub headroom: u64,
    /// What that was when it was granted.
    #[serde(with = "text")]
    pub headroom_granted: u64,
}

/// What is asked of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Asked {
    /// Whether quote is deposited; otherwise shares are withdrawn.
    pub deposit: bool,
    /// Quote atoms, or shares.
    #[serde(deserialize_with = "whole")]
    pub amount: u64,
}

/// What a request would get if the present prices determined it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// Shares for quote, or quote atoms for shares; 0 for a refused one.
    #[serde(with = "text")]
    pub received: u64,
    /// Code of the refusal, if it would be refused.
    pub refusal: Option<u32>,
}

impl PoolAt<'_> {
    /// The pool.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn view(&self) -> anchor_lang::Result<PoolViewed> {
        let (pool, at) = (self.pool, self.at());
        let outflow_left = search::most(|shares| {
            let mut pool = *pool;
            shares <= pool.shares && pool.count_outflow(shares, self.now).is_ok()
        });
        let withdrawable = search::most(|amount| {
            let asked = Asked {
                deposit: false,
                amount,
            };
            // So few that they are worth nothing are no limit.
            let passes = matches!(
                self.judged(asked),
                Ok(End::Executed(_) | End::Refused(PlimsollError::ZeroAmount))
            );
            amount <= pool.shares && passes
        });
        let index = at.borrow_index(self.book.quote_slot);
        let debt = index.and_then(|index| index.atoms_floor(pool.debt_shares));
        let (worth, refusal) = match self.worth() {
            Ok(worth) => (Some(worth), None),
            Err(refusal) => (None, Some(code_of(&refusal).ok_or(refusal)?)),
        };
        let markets = self.by_slot().into_iter();
        let markets = markets.map(|market| line(&at, market));
        let markets: plimsoll_engine::Result<_> = markets.collect();
        Ok(PoolViewed {
            cash: pool.cash,
            debt: debt.map_err(PlimsollError::from)?,
            pending_loss: pool.pending_loss,
            shares: pool.shares,
            requested_quote: pool.requested_quote,
            requested_shares: pool.requested_shares,
            cool_down: pool.cool_down,
            outflow_left,
            withdrawable,
            worth,
            refusal,
            markets: markets.map_err(PlimsollError::from)?,
        })
    }

    /// What a request would get.
    ///
    /// # Errors
    /// What the program would answer with no code of its own.
    pub fn answer(&self, asked: Asked) -> anchor_lang::Result<Answered> {
        let refused = |code| Answered {
            received: 0,
            refusal: Some(code),
        };
        match self.judged(asked) {
            Ok(End::Executed(execution)) => Ok(Answered {
                received: if asked.deposit {
                    execution.shares
                } else {
                    execution.quote
                },
                refusal: None,
            }),
            Ok(End::Refused(refusal)) => Ok(refused(refusal.into())),
            Ok(End::Lapsed) => Ok(refused(0)),
            Err(refusal) => Ok(refused(code_of(&refusal).ok_or(refusal)?)),
        }
    }

    fn judged(&self, asked: Asked) -> anchor_lang::Result<End> {
        self.book.require_launched()?;
        if asked.amount == 0 {
            return Err(PlimsollError::ZeroAmount.into());
        }
        if !asked.deposit {
            self.book.require_withdrawals(self.now)?;
        }
        let mut pool = *self.pool;
        let request = self.request(asked);
        with_infos(&self.by_slot(), |infos| {
            judge(&request, &mut pool, &self.at(), infos)
        })
    }

    fn worth(&self) -> anchor_lang::Result<Worth> {
        let (pool, at) = (self.pool, self.at());
        let index = at.borrow_index(self.book.quote_slot);
        let index = index.map_err(PlimsollError::from)?;
        let markets = self.by_slot();
        let valued = |side| {
            let request = self.request(Asked {
                deposit: side == Side::High,
                amount: 0,
            });
            let valued = with_infos(&markets, |infos| {
                value_for(&request, side, &at, pool.book, infos)
            })?;
            let value = net_asset_value(&pool.ledger(), index, valued.against, side);
            Ok::<_, anchor_lang::error::Error>((value.map_err(PlimsollError::from)?, valued))
        };
        let ((high, _), (low, valued)) = (valued(Side::High)?, valued(Side::Low)?);
        let free = free_value(&pool.ledger(), valued.poorest, valued.stress);
        let whole = 10u64.checked_pow(u32::from(
            self.book.listed_asset(self.book.quote_slot)?.decimals,
        ));
        let whole = whole.ok_or(PlimsollError::MathOverflow)?;
        let share = |value: Quote| match withdrawal_floor(whole, pool.shares, value) {
            Err(EngineError::PoolInsolvent | EngineError::DivisionByZero) => Ok(0),
            other => other.map_err(PlimsollError::from),
        };
        Ok(Worth {
            high: high.0,
            low: low.0,
            share_high: share(high)?,
            share_low: share(low)?,
            stress: valued.stress,
            free: free.map_err(PlimsollError::from)?,
        })
    }

    /// A request whose prices are the book's.
    fn request(&self, asked: Asked) -> PoolRequest {
        let mut request = PoolRequest::zeroed();
        request.kind = if asked.deposit {
            request_kind::DEPOSIT
        } else {
            request_kind::WITHDRAWAL
        };
        request.amount = asked.amount;
        for (price, asset) in request.prices.iter_mut().zip(&self.book.assets) {
            *price = DeterminedPrice::of(&asset.band());
        }
        request
    }

    fn at(&self) -> BookAt<'_> {
        BookAt {
            book: self.book,
            now: self.now,
            limit: AgeLimit::Risk,
        }
    }

    fn by_slot(&self) -> Vec<&Market> {
        let of = |slot| self.markets.iter().find(move |market| market.slot == slot);
        (0..self.book.asset_count).filter_map(of).collect()
    }
}

/// The markets as the program is given them.
fn with_infos<T>(markets: &[&Market], ask: impl for<'i> FnOnce(&'i [AccountInfo<'i>]) -> T) -> T {
    let (key, owner) = (Pubkey::default(), Market::owner());
    let bytes = |market: &&Market| [Market::DISCRIMINATOR, bytemuck::bytes_of(*market)].concat();
    let mut datas: Vec<Vec<u8>> = markets.iter().map(bytes).collect();
    let mut lamports = vec![0u64; datas.len()];
    let parts = datas.iter_mut().zip(&mut lamports);
    let infos: Vec<AccountInfo<'_>> = parts
        .map(|(data, lamports)| AccountInfo::new(&key, false, false, lamports, data, &owner, false))
        .collect();
    ask(&infos)
}

fn line(at: &BookAt<'_>, market: &Market) -> plimsoll_engine::Result<MarketLine> {
    let band = at.asset(market.slot)?.band;
    let skew = market.sums().skew()?;
    let value = |atoms| band.value_floor(atoms, band.spot);
    let exposure = Quote::from_magnitude(value(skew.magnitude())?)?;
    Ok(MarketLine {
        slot: market.slot,
        long: market.long_base,
        short: market.short_base,
        skew: skew.0,
        max_skew: market.max_skew,
        max_open_interest: market.max_open_interest,
        long_value: value(market.long_base)?,
        short_value: value(market.short_base)?,
        exposure: if skew.0 > 0 {
            exposure.negated()?.0
        } else {
            exposure.0
        },
        stress: stress_ceil(at, market.slot, &band, skew)?,
        headroom: market.headroom,
        headroom_granted: market.headroom_granted,
    })
}
