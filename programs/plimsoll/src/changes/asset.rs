//! Parameters of an asset, stress scenarios, and the end of tightenings.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::size::free_floor;

use super::Growth;
use crate::asset_limits;
use crate::constants::{ASSET_SLOTS, SCENARIOS, SHOCK_BOUNDS};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::instructions::list_market::{closing_ceil, require_bounded_impact};
use crate::instructions::{list_asset, within, AssetParams};
use crate::risk_model::{advance, put_in_force};
use crate::state::{listed, Market, RiskBook};

/// Digits that a shock grows by below a basis point.
const SHOCK_SHIFT: u32 = 32;

/// Puts the parameters of the asset in `slot` in place. Its rates follow by their own ramps; its terms of
/// size, its impact and its cost of closing grow.
///
/// # Errors
/// `ParameterOutOfBounds`, `RatesUnsound`, `UnknownAsset`, `DecimalsOutOfRange`; `WrongMarket` without the
/// market of an asset that has one.
#[inline(never)]
pub fn replace_asset(
    book: &mut RiskBook,
    slot: u8,
    params: &AssetParams,
    market: Option<&Market>,
    growth: &mut Growth,
    now: i64,
) -> Result<()> {
    asset_limits::validate(params)?;
    advance(book, slot, false, now)?;
    let (asset, model) = book.asset_with_model_mut(slot)?;
    require_eq!(
        asset.decimals,
        params.decimals,
        PlimsollError::ParameterOutOfBounds
    );
    let staked = (model.stake_pool, model.stake_program, model.underlying);
    let named = (params.stake_pool, params.stake_program, params.underlying);
    require!(staked == named, PlimsollError::ParameterOutOfBounds);
    let terms = list_asset::terms(params)?;
    if asset.has(listed::MARKET) {
        let market = market.ok_or_else(|| error!(PlimsollError::WrongMarket))?;
        require_eq!(market.slot, slot, PlimsollError::WrongMarket);
        require_bounded_impact(market, &terms)?;
    }
    let before = (asset.size_slope, model.impact_per_deviation, asset.closing);
    list_asset::write_limits(asset, params);
    list_asset::write_size(asset, model, params)?;
    asset.size_slope = growth.toward(before.0, asset.size_slope)?;
    asset.size_free = free_floor(asset.size_slope);
    model.impact_per_deviation = growth.toward(before.1, model.impact_per_deviation)?;
    if let Some(market) = market.filter(|_| asset.has(listed::MARKET)) {
        asset.closing = growth.toward_signed(before.2, closing_ceil(market, asset)?)?;
    }
    model.set_terms(&terms);
    let mut measured = model.measured();
    measured.targets = terms.targets_ceil(&measured.volatility).or_refuse()?;
    model.set_measured(&measured);
    let insurance = Fixed(book.insurance_multiplier);
    let (asset, model) = book.asset_with_model_mut(slot)?;
    put_in_force(asset, model, &measured, insurance, now)
}

/// Puts a scenario in place, another one or the next; moves that get larger grow.
///
/// # Errors
/// `ScenariosFull`, `ParameterOutOfBounds`.
#[inline(never)]
pub fn replace_scenario(
    book: &mut RiskBook,
    index: u8,
    shocks: &[i16],
    growth: &mut Growth,
) -> Result<()> {
    require_gt!(SCENARIOS, usize::from(index), PlimsollError::ScenariosFull);
    require_gte!(
        book.scenario_count,
        index,
        PlimsollError::ParameterOutOfBounds
    );
    within(1, shocks.len(), ASSET_SLOTS)?;
    let (lowest, highest) = SHOCK_BOUNDS;
    for shock in shocks {
        within(lowest, *shock, highest)?;
    }
    let targets = shocks.iter().copied().chain(core::iter::repeat(0));
    let scenario = checked(book.scenarios.get_mut(usize::from(index)))?;
    for (place, target) in scenario.iter_mut().zip(targets) {
        let same_way = place.signum() == target.signum();
        let before = if same_way { place.unsigned_abs() } else { 0 };
        let size = growth.toward(
            u64::from(before) << SHOCK_SHIFT,
            u64::from(target.unsigned_abs()) << SHOCK_SHIFT,
        )? >> SHOCK_SHIFT;
        let size = i16::try_from(size).map_err(|_| error!(PlimsollError::MathOverflow))?;
        *place = if target < 0 {
            checked(size.checked_neg())?
        } else {
            size
        };
    }
    let listed = checked(index.checked_add(1))?;
    book.scenario_count = book.scenario_count.max(listed);
    Ok(())
}

/// Ends halts and what was put on initial rates, of the assets in `slots`, a bit each.
#[inline(never)]
pub fn end_tightening(book: &mut RiskBook, slots: u32, now: i64) -> Result<()> {
    for slot in slots_of(slots) {
        let (asset, model) = book.asset_with_model_mut(slot)?;
        asset.listed &= !listed::HALTED;
        model.tightened = 0;
        advance(book, slot, false, now)?;
    }
    Ok(())
}

/// The slots whose bit is set.
pub fn slots_of(bits: u32) -> impl Iterator<Item = u8> {
    const BITS: u8 = 32;
    (0..BITS).filter(move |slot| bits >> slot & 1 == 1)
}
