//! What the pool is worth and what it may lose, from its markets; the headroom that follows.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::AssetView;
use plimsoll_engine::pool::{fixed_liability, free_value, priced_liability, stress_ceil, Side};
use plimsoll_engine::units::Quote;

use crate::constants::ACTION_AGE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::health_gate::{asset_of, require_fresh};
use crate::instructions::crank::sync::is_bank;
use crate::state::{listed, AgeLimit, BookAt, Market, Pool, PoolRequest, RiskBook};

/// Sums over all markets of a book, quote atoms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Valued {
    /// Liabilities at the end of the band against the request, each market at the worse of its determined
    /// price and the book's.
    pub against: Quote,
    /// Liabilities at the end of the book's band that makes the pool look poorest.
    pub poorest: Quote,
    /// Stress at the book's prices.
    pub stress: u64,
}

/// Values the markets in `given`, all of the book in the order of their slots, for a request.
///
/// Two prices, so that nothing is gained by either: the determined one was unknown when it was asked
/// for, the book's is that of the trades since.
///
/// # Errors
/// `WrongMarkets`; of a market with open interest `RequestUnpriced` without a determined price,
/// `PriceStale` where the book's is above 20 s old.
#[inline(never)]
pub fn value_for<'info>(
    request: &PoolRequest,
    side: Side,
    at: &BookAt<'_>,
    book: Pubkey,
    given: &'info [AccountInfo<'info>],
) -> Result<Valued> {
    let mut given = given.iter();
    let mut total = Valued::default();
    for slot in market_slots(at.book) {
        let info = given
            .next()
            .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let market = loader.load()?;
        require_keys_eq!(market.book, book, PlimsollError::WrongMarkets);
        require_eq!(market.slot, slot, PlimsollError::WrongMarkets);
        let poorest = total.add_poorest(at, &market)?;
        let against = match poorest {
            OpenInterest::None(liability) => liability,
            OpenInterest::Priced(asset, liability) => {
                let price = request
                    .prices
                    .get(usize::from(slot))
                    .filter(|price| price.is_recorded())
                    .ok_or_else(|| {
                        error!(PlimsollError::RequestUnpriced).with_values((slot, "no price"))
                    })?;
                let determined = price.applied(asset);
                match side {
                    Side::Low => liability_of(&market, &determined, side)?.max(liability),
                    Side::High => lesser_liability(&market, &determined, &asset)?,
                }
            }
        };
        total.against = total.against.plus(against).or_refuse()?;
    }
    require!(given.next().is_none(), PlimsollError::WrongMarkets);
    Ok(total)
}

/// What the pool owes, where it looks richest.
pub struct Owed {
    /// In all markets, quote atoms.
    pub total: Quote,
    /// Whether it owes the named market most.
    pub is_most: bool,
}

/// What the pool owes in the markets in `given`, all of the book in the order of their slots, and whether it
/// owes that in `slot` most.
///
/// # Errors
/// `WrongMarkets`; `PriceStale` for a market with open interest whose price is above 20 s old.
#[inline(never)]
pub fn owed_by_market<'info>(
    at: &BookAt<'_>,
    book: Pubkey,
    given: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<Owed> {
    let mut given = given.iter();
    let (mut total, mut named, mut most) = (Quote::ZERO, None, Quote(i64::MIN));
    for each in market_slots(at.book) {
        let info = given
            .next()
            .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let market = loader.load()?;
        require_keys_eq!(market.book, book, PlimsollError::WrongMarkets);
        require_eq!(market.slot, each, PlimsollError::WrongMarkets);
        let owed = if market.open_interest() == 0 {
            closed_liability(at, &market, Side::High)?
        } else {
            require_fresh(at.book, each, at.now, ACTION_AGE)?;
            liability_of(&market, &asset_of(at, each)?, Side::High)?
        };
        total = total.plus(owed).or_refuse()?;
        most = most.max(owed);
        if each == slot {
            named = Some(owed);
        }
    }
    require!(given.next().is_none(), PlimsollError::WrongMarkets);
    Ok(Owed {
        total,
        is_most: named == Some(most),
    })
}

/// A market's liability at [`Side::Low`], and at which price.
enum OpenInterest {
    None(Quote),
    Priced(AssetView, Quote),
}

impl Valued {
    /// Adds a market's poorest liability and stress at the book's price.
    fn add_poorest(&mut self, at: &BookAt<'_>, market: &Market) -> Result<OpenInterest> {
        if market.open_interest() == 0 {
            let owed = closed_liability(at, market, Side::Low)?;
            self.poorest = self.poorest.plus(owed).or_refuse()?;
            return Ok(OpenInterest::None(owed));
        }
        require_fresh(at.book, market.slot, at.now, ACTION_AGE)?;
        let asset = asset_of(at, market.slot)?;
        let owed = liability_of(market, &asset, Side::Low)?;
        let stress = stress_ceil(at, market.slot, &asset.band, market.skew()?).or_refuse()?;
        self.poorest = self.poorest.plus(owed).or_refuse()?;
        self.stress = checked(self.stress.checked_add(stress))?;
        Ok(OpenInterest::Priced(asset, owed))
    }
}

/// What the pool owes in a market where nothing is open, which needs no price: claims and fees, and what
/// positions of an epoch that ended are still to be paid.
fn closed_liability(at: &BookAt<'_>, market: &Market, side: Side) -> Result<Quote> {
    let funding = at.book.listed_asset(market.slot)?.funding(at.now);
    fixed_liability(&market.sums(), accrued(market)?, &funding, side).or_refuse()
}

/// See [`plimsoll_engine::pool::market_liability`].
#[inline(always)]
fn liability_of(market: &Market, asset: &AssetView, side: Side) -> Result<Quote> {
    let (sums, accrued) = (market.sums(), accrued(market)?);
    let fixed = fixed_liability(&sums, accrued, &asset.funding, side).or_refuse()?;
    let priced = priced_liability(market.skew()?, asset, market.inverse(), side);
    fixed.plus(priced.or_refuse()?).or_refuse()
}

/// The lesser of the liabilities at two prices, at [`Side::High`].
fn lesser_liability(market: &Market, one: &AssetView, other: &AssetView) -> Result<Quote> {
    let (sums, accrued) = (market.sums(), accrued(market)?);
    let fixed = fixed_liability(&sums, accrued, &one.funding, Side::High).or_refuse()?;
    let (skew, inverse) = (market.skew()?, market.inverse());
    let at = |asset| priced_liability(skew, asset, inverse, Side::High).or_refuse();
    fixed.plus(at(one)?.min(at(other)?)).or_refuse()
}

/// Fees that lie in the pool's cash and are insurance's and the protocol's, less what losses will take of
/// profits.
#[inline(always)]
fn accrued(market: &Market) -> Result<Quote> {
    let (insurance, protocol) = (market.accrued_insurance, market.accrued_protocol);
    let fees = Quote(insurance).plus(Quote(protocol)).or_refuse()?;
    if market.cut == 0 {
        return Ok(fees);
    }
    let cut = Quote::from_magnitude(market.cut).or_refuse()?;
    fees.minus(cut).or_refuse()
}

/// Grants each of `given`, all markets of a book, an equal part of `free` quote atoms.
pub fn grant<'info>(free: u64, given: &'info [AccountInfo<'info>]) -> Result<()> {
    let count = u64::try_from(given.len()).map_err(|_| error!(PlimsollError::MathOverflow))?;
    let part = free.checked_div(count).unwrap_or(0);
    for info in given {
        let loader = AccountLoader::<Market>::try_from(info)?;
        loader.load_mut()?.grant_headroom(part);
    }
    Ok(())
}

/// Grants headroom anew if the first of `given` are all markets of the book, each once, and the prices of
/// those with open interest are at most 20 s old; else leaves what was granted.
#[inline(never)]
pub fn grant_if_whole<'info>(
    book: &RiskBook,
    pool: &Pool,
    given: &'info [AccountInfo<'info>],
    now: i64,
) -> Result<()> {
    let Some(given) = given.get(..market_slots(book).count()) else {
        return Ok(());
    };
    let at = BookAt {
        book,
        now,
        limit: AgeLimit::Risk,
    };
    let mut left = market_slots(book).fold(0u32, |all, slot| all | bit(slot));
    let mut total = Valued::default();
    for info in given {
        if is_bank(info)? {
            return Ok(());
        }
        let loader = AccountLoader::<Market>::try_from(info)?;
        let market = loader.load()?;
        let asset = book.listed_asset(market.slot)?;
        let fresh = asset.spot > 0 && asset.age(now) <= ACTION_AGE;
        if left & bit(market.slot) == 0 || (market.open_interest() > 0 && !fresh) {
            return Ok(());
        }
        left &= !bit(market.slot);
        total.add_poorest(&at, &market)?;
    }
    let free = free_value(&pool.ledger(), total.poorest, total.stress).or_refuse()?;
    grant(free, given)
}

/// Slots of the book's markets.
fn market_slots(book: &RiskBook) -> impl Iterator<Item = u8> + '_ {
    let has_market = |slot: &u8| {
        let asset = book.assets.get(usize::from(*slot));
        asset.is_some_and(|asset| asset.has(listed::MARKET))
    };
    (0..book.asset_count).filter(has_market)
}

fn bit(slot: u8) -> u32 {
    1u32.checked_shl(u32::from(slot)).unwrap_or(0)
}
