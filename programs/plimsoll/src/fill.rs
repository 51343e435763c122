//! A trade computed before anything is written: what placing an order reserves and what executing it
//! does are the same computation.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::{AssetView, BookView, Changed, OpenPosition, SkewMark, WithAsset};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{assess, Health, Purpose};
use plimsoll_engine::order::OrderTerms;
use plimsoll_engine::pool::stress_ceil;
use plimsoll_engine::position::Position;
use plimsoll_engine::price::Quality;
use plimsoll_engine::trade::{apply, execute, fee_ceil, Execution, MarketSums, Traded};
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::EngineError;

use crate::constants::MARKET_SYNC_AGE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::health_gate::{breaker_active, held_slots, pass_gate, require_fresh, stale, Change};
use crate::positions::{Moved, Standing};
use crate::state::{listed, BookAt, MarginAccount, Market, RiskBook};

/// Who and what trades.
pub struct Trade<'a> {
    /// The account before the trade.
    pub account: &'a MarginAccount,
    /// The market before the trade.
    pub market: &'a Market,
    /// The book.
    pub at: &'a BookAt<'a>,
    /// The asset at the price of the execution.
    pub execution_asset: AssetView,
    /// The asset at the newest known price, which health is measured at.
    pub health_asset: AssetView,
    /// What is asked for.
    pub terms: OrderTerms,
}

/// What the trade would do.
pub struct Fill {
    /// Place of the position in the account.
    pub place: usize,
    /// Price and notional.
    pub execution: Execution,
    /// The position afterwards, fee charged.
    pub position: Position,
    /// What account and market keep of it.
    pub moved: Moved,
    /// Profit of what closed, before fee and funding.
    pub realised: Quote,
    /// Funding paid, negative for received.
    pub funding: Quote,
    /// Taker fee in quote atoms.
    pub fee: Quote,
    /// The market's headroom afterwards, quote atoms.
    pub headroom: u64,
    /// Health afterwards.
    pub health: Health,
}

impl Trade<'_> {
    /// Computes the trade; the inner error is a refusal of margin, cap, limit or breaker, or that there
    /// is nothing to reduce or no place for the position.
    #[inline(never)]
    pub fn fill(&self) -> Result<core::result::Result<Box<Fill>, PlimsollError>> {
        let market = self.market;
        let place = match self.account.position_place(market.slot) {
            Ok(place) => place,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let funding = &self.health_asset.funding;
        let places = &self.account.positions;
        let standing = Standing::of(self.at, market.slot, &places[place], funding)?;
        let before = standing.held;
        let size = self.terms.size_for(before.base).or_refuse()?;
        if size == Base::ZERO {
            return Ok(Err(PlimsollError::NothingToReduce));
        }
        let execution = match execute(&market.terms()?, &self.execution_asset.band, size) {
            Ok(execution) => execution,
            // So wide a price never allows a trade: to be refused, not to be retried.
            Err(EngineError::PriceOutOfRange) => return Ok(Err(PlimsollError::PriceWide)),
            Err(cause) => return Err(error!(PlimsollError::from(cause))),
        };
        let Some(execution) = self.terms.at_own_price(&execution).or_refuse()? else {
            return Ok(Err(PlimsollError::Slippage));
        };
        let Traded {
            mut position,
            realised,
            funding: paid,
        } = apply(&before, &execution, funding).or_refuse()?;
        let fee = fee_ceil(execution.notional, Fixed(market.taker_fee)).or_refuse()?;
        position.unsettled = position.unsettled.minus(fee).or_refuse()?;
        let moved = standing.moved(market, &position, funding)?;
        let sums = moved.sums;
        let closes = position.base.0.signum() != -before.base.0.signum()
            && position.base.magnitude() < before.base.magnitude();
        if let Some(refusal) = self.passes_cap(&sums, closes)? {
            return Ok(Err(refusal));
        }
        let Some(headroom) = self.headroom_after(&sums)? else {
            return Ok(Err(PlimsollError::Headroom));
        };
        let changed = Changed {
            position: Some((
                place,
                OpenPosition {
                    slot: market.slot,
                    position: moved.kept,
                },
            )),
            ..Changed::of(self.account)
        };
        let health = self.health(&changed, sums.skew().or_refuse()?)?;
        let change = Change {
            before: before.base,
            after: position.base,
            breaker: self.breaker()?,
        };
        let verdict = pass_gate(&health, &change, || self.health_before())?;
        Ok(verdict.map(|()| {
            Box::new(Fill {
                place,
                execution,
                position,
                moved,
                realised,
                funding: paid,
                fee,
                headroom,
                health,
            })
        }))
    }

    /// [`Self::fill`]; an error that names the asset where margin refuses and a price it rests on is older
    /// than its asset allows, or where the position grows and the market's funding index is older than an
    /// hour.
    pub fn judge(&self) -> Result<core::result::Result<Box<Fill>, PlimsollError>> {
        let outcome = self.fill()?;
        let by_margin = match &outcome {
            Ok(fill) => {
                self.require_synced(fill)?;
                false
            }
            Err(refusal) => !matches!(
                refusal,
                PlimsollError::Slippage
                    | PlimsollError::MarketCap
                    | PlimsollError::Headroom
                    | PlimsollError::NothingToReduce
                    | PlimsollError::NoFreePosition
                    | PlimsollError::IsolatedHoldings
            ),
        };
        if by_margin {
            self.require_prices_within_risk_age()?;
        }
        Ok(outcome)
    }

    fn require_synced(&self, fill: &Fill) -> Result<()> {
        let before = self.account.positions[fill.place].base;
        let after = fill.moved.kept.base.0;
        let grows = after.unsigned_abs() > before.unsigned_abs() || (after < 0) != (before < 0);
        if grows && after != 0 {
            let written = self.at.book.listed_asset(self.market.slot)?.funding_time;
            let age = self.at.now.saturating_sub(written);
            require_gte!(MARKET_SYNC_AGE, age, PlimsollError::MarketNotSynced);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn require_prices_within_risk_age(&self) -> Result<()> {
        let (book, traded) = (self.at.book, self.market.slot);
        let most =
            |slot: u8| -> Result<i64> { Ok(i64::from(book.listed_asset(slot)?.max_age_risk)) };
        let (age, limit) = (i64::from(self.health_asset.age), most(traded)?);
        if age > limit {
            return Err(stale(traded, age, limit));
        }
        for slot in held_slots(book, self.account).filter(|slot| *slot != traded) {
            require_fresh(book, slot, self.at.now, most(slot)?)?;
        }
        Ok(())
    }

    /// Health of the account as it is.
    #[inline(never)]
    pub fn health_before(&self) -> Result<Health> {
        self.health(self.account, self.market.skew()?)
    }

    fn health<A: plimsoll_engine::exposure::AccountView>(
        &self,
        account: &A,
        skew: Base,
    ) -> Result<Health> {
        let asset = AssetView {
            mark: own_mark(self.market, skew).or_refuse()?,
            ..self.health_asset
        };
        let book = WithAsset {
            book: self.at,
            slot: self.market.slot,
            asset,
        };
        assess(&book, account, Purpose::Trade).or_refuse()
    }

    /// No shortage may grow at a price that is old, wide or far from its mean (F-14), or while the asset is
    /// halted.
    fn breaker(&self) -> Result<bool> {
        let asset = self.at.book.listed_asset(self.market.slot)?;
        let limit = Fixed(asset.max_confidence);
        Ok(asset.has(listed::HALTED)
            || self.health_asset.quality != Quality::Live
            || breaker_active(&self.health_asset, limit)?
            || breaker_active(&self.execution_asset, limit)?)
    }

    /// Neither |skew| nor the open interest of a side grows beyond its cap; who `closes` is not stopped by a
    /// cap of the skew that was tightened.
    fn passes_cap(&self, after: &MarketSums, closes: bool) -> Result<Option<PlimsollError>> {
        let market = self.market;
        let skew = after.skew().or_refuse()?.magnitude();
        let most = if closes {
            market.skew_bound
        } else {
            market.max_skew
        };
        let skew_grown = skew > most && skew > market.skew()?.magnitude();
        let cap = market.max_open_interest;
        let long_grown = after.long_base > cap && after.long_base > market.long_base;
        let short_grown = after.short_base > cap && after.short_base > market.short_base;
        Ok((skew_grown || long_grown || short_grown).then_some(PlimsollError::MarketCap))
    }

    /// Headroom of the market after the trade; none where it adds more stress than there is room for.
    fn headroom_after(&self, after: &MarketSums) -> Result<Option<u64>> {
        let (market, band) = (self.market, &self.execution_asset.band);
        let stress = |skew| stress_ceil(self.at, market.slot, band, skew).or_refuse();
        let (before, after) = (stress(market.skew()?)?, stress(after.skew().or_refuse()?)?);
        let headroom = market.headroom().after(before, after);
        Ok(headroom.map(|headroom| headroom.left))
    }
}

/// Marks at a market's own skew, without tolerance.
fn own_mark(market: &Market, skew: Base) -> plimsoll_engine::Result<SkewMark> {
    let doubled = checked_double(skew)?;
    let fraction = market.inverse().fraction_ceil(doubled)?;
    Ok(if skew.0 >= 0 {
        SkewMark {
            long_discount: Fixed::ZERO,
            short_premium: fraction,
        }
    } else {
        SkewMark {
            long_discount: fraction,
            short_premium: Fixed::ZERO,
        }
    })
}

fn checked_double(skew: Base) -> plimsoll_engine::Result<u64> {
    skew.magnitude().checked_mul(2).ok_or(EngineError::Overflow)
}

/// Writes a fill on the update published at `publish_time` to the account and its market, fees split
/// between pool, insurance and protocol.
pub fn write_fill(
    account: &mut MarginAccount,
    market: &mut Market,
    book: &RiskBook,
    fill: &Fill,
    publish_time: i64,
) -> Result<()> {
    let place = &mut account.positions[fill.place];
    fill.moved.write(place, market);
    place.count(fill.realised, fill.funding, fill.fee);
    market.headroom = fill.headroom;
    // A quote atom counts as a micro-dollar here. The time is not the keeper's to choose.
    let profile = account
        .profile()
        .traded(fill.execution.notional, publish_time);
    account.set_profile(&profile.or_refuse()?);
    let fee = fill.fee.magnitude();
    let insurance = Fixed(book.fee_to_insurance).of_floor(fee).or_refuse()?;
    let protocol = Fixed(book.fee_to_protocol).of_floor(fee).or_refuse()?;
    let insurance = Quote::from_magnitude(insurance).or_refuse()?;
    let protocol = Quote::from_magnitude(protocol).or_refuse()?;
    market.accrued_insurance = checked(market.accrued_insurance.checked_add(insurance.0))?;
    market.accrued_protocol = checked(market.accrued_protocol.checked_add(protocol.0))?;
    Ok(())
}

/// The asset of a market at the book's price.
pub fn book_asset(at: &BookAt<'_>, slot: u8) -> Result<AssetView> {
    let asset = at.book.listed_asset(slot)?;
    require!(asset.spot > 0, PlimsollError::PriceMissing);
    at.asset(slot).or_refuse()
}
