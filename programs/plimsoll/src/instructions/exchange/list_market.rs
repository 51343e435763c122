//! `list_market`: the perpetual market of an asset.
//!
//! * before launch the authority of the exchange signs, later the listing was announced and is due;
//! * the book is the exchange's, the asset is listed, has no market and is neither the quote nor
//!   a liquid-staking token: orders execute on updates of the feed, which know no redemption rate;
//! * open interest of a side is at most a quarter of the scale, the skew at most that;
//! * there are no thresholds of open interest, or one below the other and none above the cap (F-8);
//! * the liquidation fee is below the least that both maintenance rates can become, and the price moves
//!   at the largest skew by at most half of what lies between (F-10);
//! * fees, spread, order delay and profit weight are within their bounds in code.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::{Fixed, HalfReciprocal, FRACTION_BITS};
use plimsoll_engine::measured::ModelTerms;

use super::create_exchange::{fixed_of_ppm, within};
use crate::changes::{permit, Announced};
use crate::constants::{
    DAILY_FUNDING_BOUND_PPM, FEE_BOUND_PPM, MARKET_SEED, ORDER_DELAY_BOUNDS, PPM,
    SCALE_OVER_OPEN_INTEREST,
};
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::MarketListed;
use crate::instructions::crank::sync::write_marks;
use crate::state::{listed, AssetSlot, Exchange, Market, ParameterChange, Patch, RiskBook};

/// Parameters of a market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct MarketParams {
    /// Skew at which the price moves by its own size, base atoms.
    pub scale: u64,
    /// Largest |skew| that an order may reach, base atoms.
    pub max_skew: u64,
    /// Largest open interest of a side that an order may reach, base atoms.
    pub max_open_interest: u64,
    /// Open interest of the larger side from which on initial rates rise, base atoms.
    pub open_interest_low: u64,
    /// Open interest of the larger side at which they reach the whole value, base atoms; both 0: they
    /// do not depend on it.
    pub open_interest_high: u64,
    /// Half spread, parts per million of the price.
    pub spread_ppm: u32,
    /// Funding a day at a skew of the scale, parts per million of the price.
    pub daily_funding_ppm: u32,
    /// Taker fee, parts per million of the notional.
    pub taker_fee_ppm: u32,
    /// Liquidation fee, parts per million of the notional.
    pub liquidation_fee_ppm: u32,
    /// Seconds between placing a market order and the instant that determines its update.
    pub order_delay: u32,
    /// Share of positive profit that counts in the initial view, parts per million.
    pub profit_weight_ppm: u32,
}

/// Accounts of `list_market`.
#[derive(Accounts)]
#[instruction(slot: u8)]
pub struct ListMarket<'info> {
    /// Authority of the exchange; after launch anyone.
    pub authority: Signer<'info>,
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// After launch, what announced it.
    #[account(mut)]
    pub change: Option<Box<Account<'info, ParameterChange>>>,
    /// Who paid the change's rent.
    /// CHECK: compared with the change, receives lamports only.
    #[account(mut)]
    pub change_payer: Option<UncheckedAccount<'info>>,
    /// The risk book.
    #[account(
        mut,
        address = exchange.book @ PlimsollError::WrongBook,
        constraint = book.load()?.exchange == exchange.key() @ PlimsollError::WrongBook,
    )]
    pub book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(
        init,
        payer = payer,
        space = Market::DISCRIMINATOR.len() + core::mem::size_of::<Market>(),
        seeds = [MARKET_SEED, book.key().as_ref(), &[slot]],
        bump,
    )]
    pub market: AccountLoader<'info, Market>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Lists the market of the asset in `slot`.
#[inline(never)]
pub fn handle_list_market(ctx: Context<ListMarket>, slot: u8, params: MarketParams) -> Result<()> {
    let accounts = ctx.accounts;
    let key = accounts.book.key();
    let now = Clock::get()?.unix_timestamp;
    let patch = Patch::ListMarket {
        slot,
        params: params.clone(),
    };
    permit(
        &mut accounts.exchange,
        accounts.authority.key(),
        &Announced {
            change: accounts.change.as_deref(),
            payer: accounts.change_payer.as_ref(),
        },
        &patch,
        now,
    )?;
    let mut book = accounts.book.load_mut()?;
    let mut market = accounts.market.load_init()?;

    require_neq!(book.quote_slot, slot, PlimsollError::QuoteToken);
    let (asset, model) = book.asset_with_model_mut(slot)?;
    require!(!asset.has(listed::MARKET), PlimsollError::AlreadyListed);
    require!(
        !model.is_liquid_staking(),
        PlimsollError::ParameterOutOfBounds
    );
    params.validate(&model.terms())?;

    market.book = key;
    market.slot = slot;
    market.bump = ctx.bumps.market;
    params.write(&mut market, asset)?;
    asset.listed |= listed::MARKET;
    asset.closing = closing_ceil(&market, asset)?;
    write_marks(asset, &market)?;

    emit!(MarketListed { book: key, slot });
    market.invariant()?;
    book.invariant()
}

impl MarketParams {
    /// Refuses parameters outside their bounds in code, and those that the model of the asset does not allow.
    pub fn validate(&self, terms: &ModelTerms) -> Result<()> {
        validate_sizes(self)?;
        validate_impact((self.max_skew, self.scale), self.liquidation_fee_ppm, terms)?;
        validate_terms(self)
    }

    /// Writes them to a market and its asset, but for the cost of closing.
    pub fn write(&self, market: &mut Market, asset: &mut AssetSlot) -> Result<()> {
        let inverse = HalfReciprocal::new(self.scale).or_refuse()?;
        market.scale = self.scale;
        market.inverse_mantissa = inverse.mantissa;
        market.inverse_shift = inverse.shift;
        market.max_skew = self.max_skew;
        market.skew_bound = self.max_skew;
        market.max_open_interest = self.max_open_interest;
        market.open_interest_low = self.open_interest_low;
        market.open_interest_high = self.open_interest_high;
        market.spread = fixed_of_ppm(self.spread_ppm);
        market.daily_funding = fixed_of_ppm(self.daily_funding_ppm);
        market.taker_fee = fixed_of_ppm(self.taker_fee_ppm);
        market.liquidation_fee = fixed_of_ppm(self.liquidation_fee_ppm);
        market.order_delay = self.order_delay;
        asset.profit_weight = fixed_of_ppm(self.profit_weight_ppm);
        Ok(())
    }
}

/// Refuses terms of a model that its market's skew does not allow (F-10).
///
/// # Errors
/// `ParameterOutOfBounds`.
pub fn require_bounded_impact(market: &Market, terms: &ModelTerms) -> Result<()> {
    let fee_ppm = ppm_floor(Fixed(market.liquidation_fee))?;
    validate_impact((market.skew_bound, market.scale), fee_ppm, terms)
}

fn validate_sizes(params: &MarketParams) -> Result<()> {
    within(1, params.scale, u64::MAX)?;
    let most = checked(params.scale.checked_div(SCALE_OVER_OPEN_INTEREST))?;
    within(0, params.max_open_interest, most)?;
    within(0, params.max_skew, params.max_open_interest)?;
    let (low, high) = (params.open_interest_low, params.open_interest_high);
    if high == 0 {
        return within(0, low, 0);
    }
    within(low, high, params.max_open_interest)?;
    require_neq!(low, high, PlimsollError::ParameterOutOfBounds);
    Ok(())
}

/// F-10: max_skew / scale ≤ (least maintenance − liquidation fee) / 2, in integers, with the least that
/// the model can ever ask for.
fn validate_impact((max_skew, scale): (u64, u64), fee_ppm: u32, terms: &ModelTerms) -> Result<()> {
    let rates = terms.least_rates_ceil().or_refuse()?;
    let maintenance_ppm = ppm_floor(rates.maintenance_long.min(rates.maintenance_short))?;
    require_gt!(
        maintenance_ppm,
        fee_ppm,
        PlimsollError::ParameterOutOfBounds
    );
    let room = checked(maintenance_ppm.checked_sub(fee_ppm))?;
    let most = checked(u128::from(scale).checked_mul(u128::from(room)))?;
    let twice = checked(u128::from(max_skew).checked_mul(2))?;
    within(0, checked(twice.checked_mul(u128::from(PPM)))?, most)
}

fn validate_terms(params: &MarketParams) -> Result<()> {
    let (soonest, latest) = ORDER_DELAY_BOUNDS;
    within(0, params.spread_ppm, FEE_BOUND_PPM)?;
    within(0, params.daily_funding_ppm, DAILY_FUNDING_BOUND_PPM)?;
    within(0, params.taker_fee_ppm, FEE_BOUND_PPM)?;
    within(0, params.liquidation_fee_ppm, FEE_BOUND_PPM)?;
    within(soonest, params.order_delay, latest)?;
    within(0, params.profit_weight_ppm, PPM)
}

/// 2 · (max_skew/scale + max_confidence): what the floor of a portfolio holds back for closing it (F-5).
pub fn closing_ceil(market: &Market, asset: &AssetSlot) -> Result<i64> {
    let doubled = checked(market.skew_bound.checked_mul(2))?;
    let skewed = market.inverse().fraction_ceil(doubled).or_refuse()?;
    let once = skewed
        .plus(Fixed(asset.max_confidence).next())
        .or_refuse()?;
    checked(once.0.checked_mul(2))
}

/// A fraction in parts per million, rounded down; those it was made from by `fixed_of_ppm` exactly.
fn ppm_floor(fraction: Fixed) -> Result<u32> {
    let raw = u128::from(fraction.next().0.unsigned_abs());
    let ppm = checked(raw.checked_mul(u128::from(PPM)))? >> FRACTION_BITS;
    u32::try_from(ppm).map_err(|_| error!(PlimsollError::MathOverflow))
}
