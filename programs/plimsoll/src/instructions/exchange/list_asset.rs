//! `list_asset`: an asset takes the next slot of the book.
//!
//! * the authority of the exchange signs, and the exchange is not launched;
//! * the book is the exchange's and has a free slot;
//! * decimals are within what a price can be normalised for;
//! * a pull feed names a receiver program and no address, a push feed a program and its address;
//! * ages, confidence and discounts are within their bounds in code;
//! * every rate is in its range and initial at least 1.25 times maintenance.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::price::MAX_DECIMALS;
use plimsoll_engine::rates::{Rates, INITIAL_OVER_MAINTENANCE};

use super::create_exchange::{fixed_of_ppm, within};
use crate::constants::{AGE_BOUND, ASSET_SLOTS, DISCOUNT_BOUND_PPM, ORDER_WINDOW};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::AssetListed;
use crate::oracle::pyth_pull;
use crate::state::{listed, oracle_kind, AssetSlot, Exchange, RiskBook};

/// Largest `max_confidence_ppm`.
const CONFIDENCE_BOUND_PPM: u32 = 50_000;

/// Parameters of an asset.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
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
    /// Rate of deposits and longs, maintenance, parts per million.
    pub maintenance_long_ppm: u32,
    /// Rate of debts and shorts, maintenance, parts per million.
    pub maintenance_short_ppm: u32,
    /// Rate of deposits and longs, initial, parts per million.
    pub initial_long_ppm: u32,
    /// Rate of debts and shorts, initial, parts per million.
    pub initial_short_ppm: u32,
    /// Discount of collateral at a health ratio of 1, parts per million.
    pub discount_least_ppm: u32,
    /// Discount of collateral at a health ratio of 0.7 and below, parts per million.
    pub discount_most_ppm: u32,
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
    let mut book = ctx.accounts.book.load_mut()?;
    let slot = book.asset_count;

    require_gt!(ASSET_SLOTS, usize::from(slot), PlimsollError::BookFull);
    validate_feed(&params)?;
    validate_limits(&params)?;

    let rates = rates(&params)?;
    require!(rates.are_sound().or_refuse()?, PlimsollError::RatesUnsound);

    book.asset_count = checked(slot.checked_add(1))?;
    write(book.listed_asset_mut(slot)?, &params, &rates);

    emit!(AssetListed {
        book: key,
        slot,
        feed_id: params.feed_id
    });
    book.invariant()
}

fn validate_feed(params: &AssetParams) -> Result<()> {
    require_gte!(
        MAX_DECIMALS,
        params.decimals,
        PlimsollError::DecimalsOutOfRange
    );
    within(oracle_kind::PULL, params.oracle_kind, oracle_kind::PUSH)?;
    let named = |key: &Pubkey| *key != Pubkey::default();
    let sound = if params.oracle_kind == oracle_kind::PULL {
        pyth_pull::is_receiver(&params.oracle_program) && !named(&params.oracle_account)
    } else {
        named(&params.oracle_program) && named(&params.oracle_account)
    };
    if !sound {
        return Err(error!(PlimsollError::ParameterOutOfBounds)
            .with_pubkeys((params.oracle_program, params.oracle_account)));
    }
    Ok(())
}

fn validate_limits(params: &AssetParams) -> Result<()> {
    within(1, params.max_confidence_ppm, CONFIDENCE_BOUND_PPM)?;
    within(
        ORDER_WINDOW,
        i64::from(params.max_age_risk),
        i64::from(params.max_age_other),
    )?;
    within(params.max_age_risk, params.max_age_other, AGE_BOUND)?;
    within(
        params.discount_least_ppm,
        params.discount_most_ppm,
        DISCOUNT_BOUND_PPM,
    )
}

fn rates(params: &AssetParams) -> Result<Rates> {
    let maintenance_long = Fixed(fixed_of_ppm(params.maintenance_long_ppm));
    let maintenance_short = Fixed(fixed_of_ppm(params.maintenance_short_ppm));
    require_ratio(params.initial_long_ppm, params.maintenance_long_ppm)?;
    require_ratio(params.initial_short_ppm, params.maintenance_short_ppm)?;
    Ok(Rates {
        maintenance_long,
        maintenance_short,
        initial_long: initial_ceil(params.initial_long_ppm, maintenance_long)?,
        initial_short: initial_ceil(params.initial_short_ppm, maintenance_short)?,
    })
}

/// Initial is at least 1.25 times maintenance in the integers that were given.
fn require_ratio(initial_ppm: u32, maintenance_ppm: u32) -> Result<()> {
    let least = checked(u64::from(maintenance_ppm).checked_mul(5))?;
    let four_times = checked(u64::from(initial_ppm).checked_mul(4))?;
    require_gte!(four_times, least, PlimsollError::RatesUnsound);
    Ok(())
}

/// The initial rate as a fraction; exactly 1.25 times maintenance does not fall below it by rounding.
fn initial_ceil(initial_ppm: u32, maintenance: Fixed) -> Result<Fixed> {
    let least = INITIAL_OVER_MAINTENANCE
        .of_ceil(maintenance.0.unsigned_abs())
        .or_refuse()?;
    let least = i64::try_from(least).map_err(|_| error!(PlimsollError::MathOverflow))?;
    Ok(Fixed(fixed_of_ppm(initial_ppm).max(least)))
}

fn write(asset: &mut AssetSlot, params: &AssetParams, rates: &Rates) {
    asset.feed_id = params.feed_id;
    asset.oracle_program = params.oracle_program;
    asset.oracle_account = params.oracle_account;
    asset.max_confidence = fixed_of_ppm(params.max_confidence_ppm);
    asset.maintenance_long = rates.maintenance_long.0;
    asset.maintenance_short = rates.maintenance_short.0;
    asset.initial_long = rates.initial_long.0;
    asset.initial_short = rates.initial_short.0;
    asset.discount_least = fixed_of_ppm(params.discount_least_ppm);
    asset.discount_most = fixed_of_ppm(params.discount_most_ppm);
    asset.borrow_index = Fixed::ONE.0;
    asset.max_age_risk = params.max_age_risk;
    asset.max_age_other = params.max_age_other;
    asset.decimals = params.decimals;
    asset.oracle_kind = params.oracle_kind;
    asset.listed = listed::ASSET;
    asset.min_signatures = params.min_signatures;
}
