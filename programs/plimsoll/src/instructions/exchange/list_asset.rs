//! `list_asset`: an asset takes the next slot of the book.
//!
//! * the authority of the exchange signs, and the exchange is not launched;
//! * the book is the exchange's and has a free slot;
//! * decimals are within what a price can be normalised for;
//! * a pull feed names a receiver program and no address, a push feed a program and its address;
//! * ages, confidence and discounts are within their bounds in code;
//! * floors and caps are sound rates each, initial at least 1.25 times maintenance, and in order;
//! * volatility, size and volume are within their bounds in code;
//! * a liquid-staking token has a stake pool of a known program and an underlying of its own decimals,
//!   listed before and none itself; any other asset names none of these.
//!
//! The rates in force are those of the start variance, without a ramp.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::measured::{Measured, ModelTerms};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::size::{impact_per_deviation_ceil, size_slope_ceil};
use plimsoll_engine::volatility::Variance;

use super::create_exchange::fixed_of_ppm;
use crate::asset_limits;
use crate::constants::ASSET_SLOTS;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::AssetListed;
use crate::liquid_staking;
pub use crate::rates_ppm::RatesPpm;
use crate::risk_model::put_in_force;
use crate::state::{listed, AssetModel, AssetSlot, Exchange, RiskBook};

/// Parameters of an asset.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct AssetParams {
    /// Pyth feed id.
    pub feed_id: [u8; 32],
    /// See [`oracle_kind`].
    pub oracle_kind: u8,
    /// Owner program that price accounts must have.
    pub oracle_program: Pubkey,
    /// Address of a push feed; the zero key for pull.
    pub oracle_account: Pubkey,
    /// Least signatures of a partially verified update; 0 accepts full verification only.
    pub min_signatures: u8,
    /// Decimals of the token or, without a bank, of the base unit of the market.
    pub decimals: u8,
    /// Largest confidence/price at which a shortage may grow, parts per million.
    pub max_confidence_ppm: u32,
    /// Oldest price with which risk may grow, seconds.
    pub max_age_risk: u32,
    /// Oldest price that the initial view prices the asset with elsewhere, seconds.
    pub max_age_other: u32,
    /// Least rates, before multipliers.
    pub floor: RatesPpm,
    /// Largest rates, before multipliers. Where it is the same as `floor`, rates are fixed.
    pub cap: RatesPpm,
    /// Yearly deviation below which none counts, basis points.
    pub volatility_floor_bps: u32,
    /// Yearly deviation of stress, basis points.
    pub volatility_stress_bps: u32,
    /// Yearly deviation until enough is measured, basis points.
    pub volatility_start_bps: u32,
    /// β of the terms of size, parts per million; 0: no exposure grows its rate.
    pub size_beta_ppm: u32,
    /// n0 of the terms of size, micro-dollars; above 0 beside a β.
    pub size_n0: u64,
    /// ADV, the volume of a day that closing can count on, micro-dollars; 0: closing moves no price, as
    /// for the quote token.
    pub daily_volume: u64,
    /// Discount of collateral at a health ratio of 1, parts per million.
    pub discount_least_ppm: u32,
    /// Discount of collateral at a health ratio of 0.7 and below, parts per million.
    pub discount_most_ppm: u32,
    /// Stake pool that redeems a liquid-staking token; the zero key for any other asset.
    pub stake_pool: Pubkey,
    /// Owner program of the stake pool; the zero key without one.
    pub stake_program: Pubkey,
    /// Slot of what the stake pool redeems for; 0 without one.
    pub underlying: u8,
}

/// Accounts of `list_asset`.
#[derive(Accounts)]
pub struct ListAsset<'info> {
    /// Authority of the exchange.
    pub authority: Signer<'info>,
    /// The exchange.
    #[account(
        constraint = exchange.authority == authority.key() @ PlimsollError::NotAuthority,
        constraint = !exchange.launched @ PlimsollError::AlreadyLaunched,
    )]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book.
    #[account(
        mut,
        address = exchange.book @ PlimsollError::WrongBook,
        constraint = book.load()?.exchange == exchange.key() @ PlimsollError::WrongBook,
    )]
    pub book: AccountLoader<'info, RiskBook>,
}

/// Lists an asset.
#[inline(never)]
pub fn handle_list_asset(ctx: Context<ListAsset>, params: AssetParams) -> Result<()> {
    let key = ctx.accounts.book.key();
    let now = Clock::get()?.unix_timestamp;
    let mut book = ctx.accounts.book.load_mut()?;
    list(&mut book, key, &params, now)?;
    book.invariant()
}

/// Lists an asset in the next slot of `book`, whose address is `key`.
///
/// # Errors
/// `BookFull`, and those of parameters that are not sound.
#[inline(never)]
pub fn list(book: &mut RiskBook, key: Pubkey, params: &AssetParams, now: i64) -> Result<()> {
    let slot = book.asset_count;

    require_gt!(ASSET_SLOTS, usize::from(slot), PlimsollError::BookFull);
    asset_limits::validate(params)?;
    liquid_staking::validate(book, params)?;

    let terms = terms(params)?;
    let start = Variance::from_yearly_bps(params.volatility_start_bps);
    let measured = Measured::starting(&terms, start, now).or_refuse()?;

    book.asset_count = checked(slot.checked_add(1))?;
    let insurance = Fixed(book.insurance_multiplier);
    let (asset, model) = book.asset_with_model_mut(slot)?;
    write(asset, params);
    write_size(asset, model, params)?;
    liquid_staking::write(model, params);
    model.set_terms(&terms);
    model.set_measured(&measured);
    put_in_force(asset, model, &measured, insurance, now)?;

    emit!(AssetListed {
        book: key,
        slot,
        feed_id: params.feed_id
    });
    Ok(())
}

/// The terms of the model, with sound bounds.
pub fn terms(params: &AssetParams) -> Result<ModelTerms> {
    let bounds = RateBounds {
        floor: params.floor.rates()?,
        cap: params.cap.rates()?,
    };
    require!(bounds.are_sound().or_refuse()?, PlimsollError::RatesUnsound);
    Ok(ModelTerms {
        floor: Variance::from_yearly_bps(params.volatility_floor_bps),
        stress: Variance::from_yearly_bps(params.volatility_stress_bps),
        bounds,
    })
}

/// What of the terms of size does not move with volatility.
pub fn write_size(
    asset: &mut AssetSlot,
    model: &mut AssetModel,
    params: &AssetParams,
) -> Result<()> {
    let beta = Fixed(fixed_of_ppm(params.size_beta_ppm));
    (asset.size_slope, asset.size_free) = size_slope_ceil(beta, params.size_n0).or_refuse()?;
    model.impact_per_deviation = impact_per_deviation_ceil(params.daily_volume).or_refuse()?;
    Ok(())
}

fn write(asset: &mut AssetSlot, params: &AssetParams) {
    write_limits(asset, params);
    asset.borrow_index = Index::START.0;
    asset.deposit_index = Index::START.0;
    asset.deposit_share = Fixed::ONE.0;
    asset.decimals = params.decimals;
    asset.listed = listed::ASSET;
}

/// Writes the oracle, and what limits prices and discounts.
pub fn write_limits(asset: &mut AssetSlot, params: &AssetParams) {
    asset.feed_id = params.feed_id;
    asset.oracle_program = params.oracle_program;
    asset.oracle_account = params.oracle_account;
    asset.max_confidence = fixed_of_ppm(params.max_confidence_ppm);
    asset.discount_least = fixed_of_ppm(params.discount_least_ppm);
    asset.discount_most = fixed_of_ppm(params.discount_most_ppm);
    asset.max_age_risk = params.max_age_risk;
    asset.max_age_other = params.max_age_other;
    asset.oracle_kind = params.oracle_kind;
    asset.min_signatures = params.min_signatures;
}
