//! Parameters of a market.

use anchor_lang::prelude::*;

use super::Growth;
use crate::error::PlimsollError;
use crate::instructions::crank::sync::{write_funding, write_marks};
use crate::instructions::list_market::closing_ceil;
use crate::instructions::MarketParams;
use crate::state::{Market, RiskBook};

/// Puts the parameters of a market in place; its cost of closing grows. Funding up to now is charged by the old
/// ones.
///
/// The scale does not fall: what moving the price cost those who opened is returned to those who close, and on
/// a smaller scale the pool would return more than it got.
///
/// # Errors
/// `ParameterOutOfBounds`.
#[inline(never)]
pub fn replace_market(
    book: &mut RiskBook,
    market: &mut Market,
    params: &MarketParams,
    growth: &mut Growth,
    now: i64,
) -> Result<()> {
    let (asset, model) = book.asset_with_model_mut(market.slot)?;
    params.validate(&model.terms())?;
    require_gte!(
        params.scale,
        market.scale,
        PlimsollError::ParameterOutOfBounds
    );
    let before = asset.closing;
    params.write(market, asset)?;
    asset.closing = growth.toward_signed(before, closing_ceil(market, asset)?)?;
    write_funding(asset, market, now)?;
    write_marks(asset, market)
}
