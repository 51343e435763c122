//! The risk model over the book: prices enter it, time moves it, and what is in force goes to the slots
//! that health checks read (F-2, F-3, F-4, F-6).

use anchor_lang::prelude::*;
use plimsoll_engine::correlation::pair_index;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::Measured;
use plimsoll_engine::size::impact_ceil;
use plimsoll_engine::volatility::Sample;
use plimsoll_engine::EngineError;

use crate::error::OrRefuse;
use crate::state::{AssetModel, AssetSlot, RiskBook};

/// Takes one asset to `now`: ramps, the price just stored if `observes` and it is not wide, correlations
/// if that completed an hour, and the rates in force. The sample, if there was one.
///
/// # Errors
/// What the engine refuses. The ramps have moved then, as far as the engine could move them, and the
/// price has not entered.
#[inline(never)]
pub fn advance(book: &mut RiskBook, slot: u8, observes: bool, now: i64) -> Result<Option<Sample>> {
    let insurance = Fixed(book.insurance_multiplier);
    let (asset, model) = book.asset_with_model_mut(slot)?;
    let terms = model.terms();
    let mut measured = model.measured();
    let price = if observes {
        observation(asset, model)?
    } else {
        None
    };
    let sample = match price {
        Some(price) => measured.observed(&terms, price, asset.publish_time, now),
        None => measured.stepped(now).map(|()| None),
    };
    if matches!((price, &sample), (Some(_), Ok(_))) {
        model.unit_shift = model.unit(asset.price_shift).shift;
    }
    model.set_measured(&measured);
    put_in_force(asset, model, &measured, insurance, now)?;
    let sample = sample.or_refuse()?;
    if let Some(sample) = &sample {
        let variance = measured.volatility.measured;
        let deviation = variance.deviation_ceil().or_refuse()?;
        model.measured_deviation = deviation.0;
        correlate(book, slot, sample, deviation).or_refuse()?;
    }
    Ok(sample)
}

/// The stored price in the asset's unit; nothing for a wide one, or one out of the unit's range.
///
/// Of a liquid-staking token it is the capped one: what a holding gains and loses, so that pumping the
/// feed raises nobody's margin.
fn observation(asset: &AssetSlot, model: &AssetModel) -> Result<Option<u64>> {
    let limit = Fixed(asset.max_confidence);
    if asset.band().wider_than(limit).or_refuse()? {
        return Ok(None);
    }
    let unit = model.unit(asset.price_shift);
    Ok(unit.price_of(asset.spot, asset.price_shift))
}

/// Writes the rates in force, `insurance` being what the fund puts on initial ones, and the impact at the
/// deviation in force.
pub fn put_in_force(
    asset: &mut AssetSlot,
    model: &AssetModel,
    measured: &Measured,
    insurance: Fixed,
    now: i64,
) -> Result<()> {
    let conditions = model.conditions(insurance);
    let rates = measured.in_force(&model.terms(), &conditions, now);
    let rates = rates.or_refuse()?;
    let deviation = measured.deviation_in_force().or_refuse()?;
    let impact = impact_ceil(model.impact_per_deviation, deviation).or_refuse()?;
    asset.set_rates(&rates);
    asset.size_impact = impact;
    Ok(())
}

/// Lets an hour enter the pairs of `slot` with every asset that has sampled it already; the others do
/// it when they sample it.
#[inline(never)]
fn correlate(
    book: &mut RiskBook,
    slot: u8,
    sample: &Sample,
    deviation: Fixed,
) -> plimsoll_engine::Result<()> {
    let RiskBook {
        models,
        pairs,
        asset_count,
        ..
    } = book;
    for (other, model) in (0..*asset_count).zip(models.iter()) {
        if other == slot || model.sample_hour != sample.hour {
            continue;
        }
        let place = pairs
            .get_mut(pair_index(slot, other)?)
            .ok_or(EngineError::LegNotHeld)?;
        let mut pair = place.pair();
        let theirs = Fixed(model.measured_deviation);
        if pair.observe(sample, &model.sample(), deviation, theirs)? {
            place.set(&pair);
        }
    }
    Ok(())
}
