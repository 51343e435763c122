//! The risk book: one account per exchange with everything a health check needs besides the margin
//! account. Cranks write it, everybody else reads it.

use anchor_lang::prelude::*;
use plimsoll_engine::correlation::PAIRS;
use plimsoll_engine::exposure::{AssetView, SkewMark};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::position::Position;
use plimsoll_engine::price::{quality, PriceBand};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::requirement::AssetRisk;
use plimsoll_engine::side::Side;
use plimsoll_engine::size::SizeTerms;
use plimsoll_engine::EngineError;

use super::{assert_layout, AssetModel, PairSlot};
use crate::constants::{ASSET_SLOTS, NO_SLOT, SCENARIOS};
use crate::error::PlimsollError;

/// Oracle kinds of [`AssetSlot::oracle_kind`].
pub mod oracle_kind {
    /// A Pyth pull update, `PriceUpdateV2`, in any account of the listed receiver program.
    pub const PULL: u8 = 1;
    /// A Pyth push account (local clusters only), address pinned.
    pub const PUSH: u8 = 2;
}

/// Bits of [`AssetSlot::listed`].
pub mod listed {
    /// The slot is taken.
    pub const ASSET: u8 = 1;
    /// A bank exists.
    pub const BANK: u8 = 2;
    /// A market exists.
    pub const MARKET: u8 = 4;
    /// The accepted price is wider than twice the maximum confidence: it cannot be relied on.
    pub const WIDE: u8 = 8;
    /// No shortage grows by the asset, and nobody borrows it.
    pub const HALTED: u8 = 16;
}

/// One asset of the book.
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct AssetSlot {
    /// Pyth feed id.
    pub feed_id: [u8; 32],
    /// Owner program that price accounts must have.
    pub oracle_program: Pubkey,
    /// Pinned address of a push feed; zero for pull updates.
    pub oracle_account: Pubkey,
    /// P as a mantissa in [2^62, 2^63): micro-dollars per atom × 2^`price_shift`; 0 before the first.
    pub spot: u64,
    /// min(P − conf, EMA), same shift.
    pub asset_initial: u64,
    /// max(P + conf, EMA), same shift.
    pub liability_initial: u64,
    /// P + conf, same shift.
    pub liability_maintenance: u64,
    /// Confidence, same shift.
    pub confidence: u64,
    /// EMA, same shift.
    pub ema: u64,
    /// Publish time of the accepted price, unix seconds; 0 before the first.
    pub publish_time: i64,
    /// Pull: the update's own previous publish time. Push: that of the price accepted before.
    pub previous_publish_time: i64,
    /// Largest confidence/price at which a shortage may grow; unpriceable above twice this. Fixed.
    pub max_confidence: i64,
    /// Rate of deposits and longs, maintenance. Fixed.
    pub maintenance_long: i64,
    /// Rate of debts and shorts, maintenance. Fixed.
    pub maintenance_short: i64,
    /// Rate of deposits and longs, initial. Fixed.
    pub initial_long: i64,
    /// Rate of debts and shorts, initial. Fixed.
    pub initial_short: i64,
    /// Discount of collateral at a health ratio of 1. Fixed.
    pub discount_least: i64,
    /// Discount of collateral at a health ratio of 0.7 and below. Fixed.
    pub discount_most: i64,
    /// Atoms owed per share of debt in 2^-58, at `index_time`.
    pub borrow_index: u64,
    /// What the borrow index gains per second.
    pub borrow_gain: u64,
    /// Yearly rate the gain is computed from, as of the utilisation at the last `sync`. Fixed.
    pub borrow_rate: i64,
    /// Unix seconds at which the borrow index was written.
    pub index_time: i64,
    /// Atoms per share of a lent deposit in 2^-58, at the last `sync`.
    pub deposit_index: u64,
    /// Share of lent deposits that recorded losses take until they are settled. Fixed, 0 to 1.
    pub pending_loss: i64,
    /// Market: synced long minus short open interest in base atoms.
    pub skew: i64,
    /// Market: fraction by which longs are marked below spot in the initial view. Fixed, ≥ 0.
    pub mark_long_discount: i64,
    /// Market: fraction by which shorts are marked above spot in the initial view. Fixed, ≥ 0.
    pub mark_short_premium: i64,
    /// Market: share of positive profit that counts in the initial view. Fixed, 0 to 1.
    pub profit_weight: i64,
    /// β/√n0, n0 in micro-dollars, in 2^-64; 0: no exposure grows its rate.
    pub size_slope: u64,
    /// Y · σ_day / √ADV as in force, ADV in micro-dollars, in 2^-64; 0: closing costs no impact.
    pub size_impact: u64,
    /// Exposure in micro-dollars up to which size is 1.
    pub size_free: u64,
    /// Market: twice what closing costs at the largest skew and confidence, 2·(max_skew/scale +
    /// max_confidence), rounded up. Fixed; 0 without a market.
    pub closing: i64,
    /// Share of a deposit's initial value that counts, below 1 while the bank is above its cap. Fixed.
    pub deposit_share: i64,
    /// Market: quote atoms that a long of one base atom has paid since the market began, in
    /// 2^-`funding_shift`, at `funding_time`.
    pub funding_index: i64,
    /// What the index gains a second, in 2^-8 of its unit.
    pub funding_gain: i64,
    /// Unix seconds at which the index was written, 0 before the first `sync` with a price.
    pub funding_time: i64,
    /// Market: where longs and shorts stand after reductions.
    pub sides: [SideSlot; 2],
    /// Right shift of the mantissas.
    pub price_shift: u32,
    /// Fraction bits of the funding index.
    pub funding_shift: u32,
    /// Oldest price with which risk may grow, seconds.
    pub max_age_risk: u32,
    /// Oldest price that the initial view prices an asset with elsewhere, seconds.
    pub max_age_other: u32,
    /// Decimals of the token or, without a bank, of the base unit of the market.
    pub decimals: u8,
    /// See [`oracle_kind`].
    pub oracle_kind: u8,
    /// Bits of [`listed`].
    pub listed: u8,
    /// Signatures a partially verified update needs; 0 accepts fully verified updates only.
    pub min_signatures: u8,
    /// Named padding.
    pub padding: [u8; 4],
}
assert_layout!(AssetSlot, 96 + 8 * 33 + 40 * 2 + 24);

/// One side of a market; see [`plimsoll_engine::side`].
#[zero_copy]
#[repr(C)]
#[derive(Debug)]
pub struct SideSlot {
    /// Part of what was opened in the epoch that is closed again, 2^-63.
    pub closed: u64,
    /// What reductions of the epoch have paid per base atom opened, less funding, in the unit of the funding
    /// index.
    pub cash: i64,
    /// The same at the end of the epoch before.
    pub last_cash: i64,
    /// Share that a loss has taken of profits of the epoch before. Fixed.
    pub last_loss: i64,
    /// Counts complete reductions.
    pub epoch: u32,
    /// Named padding.
    pub padding: [u8; 4],
}
assert_layout!(SideSlot, 40);

impl SideSlot {
    /// As the engine takes it.
    #[inline]
    pub fn side(&self) -> Side {
        Side {
            closed: self.closed,
            cash: self.cash,
            last_cash: self.last_cash,
            last_loss: Fixed(self.last_loss),
            epoch: self.epoch,
        }
    }

    /// [`Side::leaves_as_kept`].
    #[inline]
    pub fn leaves_as_kept(&self, kept: &Position) -> bool {
        self.is_whole() && self.epoch == kept.epoch
    }

    /// [`Side::is_whole`].
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.closed | self.cash.unsigned_abs() == 0
    }

    /// Writes a side.
    pub fn set(&mut self, side: &Side) {
        self.closed = side.closed;
        self.cash = side.cash;
        self.last_cash = side.last_cash;
        self.last_loss = side.last_loss.0;
        self.epoch = side.epoch;
    }
}

/// The risk book. 36,008 bytes with the discriminator, so the client creates it and
/// `create_exchange` takes it zeroed.
#[account(zero_copy)]
#[repr(C)]
#[derive(Debug)]
pub struct RiskBook {
    /// The exchange this book is bound to.
    pub exchange: Pubkey,
    /// Newest publish time of any accepted price, unix seconds.
    pub newest_publish_time: i64,
    /// Counts the instructions that wrote the book.
    pub sequence: u64,
    /// Place of the call level between maintenance (0) and initial (1). Fixed.
    pub call_level: i64,
    /// Place of the liquidation target between maintenance (0) and initial (1). Fixed.
    pub target_level: i64,
    /// Part of the pool's payable cash above which what it owes lets anybody deleverage. Fixed.
    pub deleverage_level: i64,
    /// Keeper's share of liquidation fees and discounts. Fixed.
    pub keeper_share: i64,
    /// Insurance's share of taker fees. Fixed.
    pub fee_to_insurance: i64,
    /// Protocol's share of taker fees; the pool keeps the rest. Fixed.
    pub fee_to_protocol: i64,
    /// What insurance pays a keeper for closing a bankrupt account, in quote atoms.
    pub bankrupt_reward: u64,
    /// Least lamports a market order pays its keeper.
    pub min_keeper_fee: u64,
    /// Share of the worst scenario's loss that maintenance asks for. Fixed.
    pub scenario_weight_maintenance: i64,
    /// The same of initial, at least 1.25 times that. Fixed.
    pub scenario_weight_initial: i64,
    /// Insurance that must be in the quote bank before launch, and below which initial rates rise, quote
    /// atoms.
    pub insurance_target: u64,
    /// What that makes of all initial rates, as of the last `sync`; 0 before the first. Fixed.
    pub insurance_multiplier: i64,
    /// Until when withdrawals are held, or were, unix seconds.
    pub withdrawals_held_until: i64,
    /// Listed assets; slots 0 to `asset_count` − 1 are taken.
    pub asset_count: u8,
    /// Slot of the quote token, [`NO_SLOT`] before its bank is listed.
    pub quote_slot: u8,
    /// 1 after launch.
    pub launched: u8,
    /// Listed scenarios.
    pub scenario_count: u8,
    /// Named padding.
    pub padding: [u8; 4],
    /// The assets.
    pub assets: [AssetSlot; ASSET_SLOTS],
    /// Moves of the price of each slot in each scenario, basis points.
    pub scenarios: [[i16; ASSET_SLOTS]; SCENARIOS],
    /// Covariances and correlations, each pair of slots once.
    pub pairs: [PairSlot; PAIRS],
    /// What the risk model keeps of the assets; cranks only.
    pub models: [AssetModel; ASSET_SLOTS],
}
assert_layout!(
    RiskBook,
    32 + 8 * 15 + 8 + (464 + 2 * SCENARIOS + 376) * ASSET_SLOTS + 16 * PAIRS
);
const _: () = assert!(plimsoll_engine::correlation::SLOTS == ASSET_SLOTS);

impl RiskBook {
    /// The asset in `slot`, if one is listed there.
    pub fn listed_asset(&self, slot: u8) -> Result<&AssetSlot> {
        require_gt!(self.asset_count, slot, PlimsollError::UnknownAsset);
        self.assets
            .get(usize::from(slot))
            .ok_or_else(|| error!(PlimsollError::UnknownAsset))
    }

    /// The same, to be written.
    pub fn listed_asset_mut(&mut self, slot: u8) -> Result<&mut AssetSlot> {
        require_gt!(self.asset_count, slot, PlimsollError::UnknownAsset);
        self.assets
            .get_mut(usize::from(slot))
            .ok_or_else(|| error!(PlimsollError::UnknownAsset))
    }

    /// The model of the asset in `slot`, if one is listed there.
    pub fn listed_model(&self, slot: u8) -> Result<&AssetModel> {
        self.listed_asset(slot)?;
        self.models
            .get(usize::from(slot))
            .ok_or_else(|| error!(PlimsollError::UnknownAsset))
    }

    /// An asset and its model, to be written.
    pub fn asset_with_model_mut(&mut self, slot: u8) -> Result<(&mut AssetSlot, &mut AssetModel)> {
        require_gt!(self.asset_count, slot, PlimsollError::UnknownAsset);
        let at = usize::from(slot);
        self.assets
            .get_mut(at)
            .zip(self.models.get_mut(at))
            .ok_or_else(|| error!(PlimsollError::UnknownAsset))
    }

    /// INV-02: slots and scenarios are counted, the quote slot is listed, levels are ordered.
    pub fn invariant(&self) -> Result<()> {
        require_gte!(
            ASSET_SLOTS,
            usize::from(self.asset_count),
            PlimsollError::BookInvariant
        );
        if self.quote_slot != NO_SLOT {
            require_gt!(
                self.asset_count,
                self.quote_slot,
                PlimsollError::BookInvariant
            );
        }
        require_gte!(
            self.target_level,
            self.call_level,
            PlimsollError::BookInvariant
        );
        require_gte!(
            SCENARIOS,
            usize::from(self.scenario_count),
            PlimsollError::BookInvariant
        );
        Ok(())
    }

    /// Counts an instruction that writes the book.
    pub fn count_write(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// Refuses while withdrawals are held.
    ///
    /// # Errors
    /// `WithdrawalsHeld`, naming until when and now.
    pub fn require_withdrawals(&self, now: i64) -> Result<()> {
        require_gte!(
            now,
            self.withdrawals_held_until,
            PlimsollError::WithdrawalsHeld
        );
        Ok(())
    }

    /// Refuses before `launch`.
    pub fn require_launched(&self) -> Result<()> {
        require!(self.launched == 1, PlimsollError::NotLaunched);
        Ok(())
    }
}

impl AssetSlot {
    /// Whether all `bits` of [`listed`] are set.
    pub fn has(&self, bits: u8) -> bool {
        self.listed & bits == bits
    }

    /// Seconds since the publish time; 0 for one in the future.
    pub fn age(&self, now: i64) -> i64 {
        if now <= self.publish_time {
            return 0;
        }
        // Below zero only where it does not fit; the standard library's check costs thrice as much.
        let age = now.wrapping_sub(self.publish_time);
        if age < 0 {
            i64::MAX
        } else {
            age
        }
    }

    /// The prices as the engine takes them.
    #[inline(always)]
    pub fn band(&self) -> PriceBand {
        PriceBand {
            spot: self.spot,
            asset_initial: self.asset_initial,
            liability_initial: self.liability_initial,
            liability_maintenance: self.liability_maintenance,
            confidence: self.confidence,
            ema: self.ema,
            shift: self.price_shift,
        }
    }

    /// The four rates in force.
    #[inline(always)]
    pub fn rates(&self) -> Rates {
        Rates {
            maintenance_long: Fixed(self.maintenance_long),
            maintenance_short: Fixed(self.maintenance_short),
            initial_long: Fixed(self.initial_long),
            initial_short: Fixed(self.initial_short),
        }
    }

    /// Writes the four rates in force.
    pub fn set_rates(&mut self, rates: &Rates) {
        self.maintenance_long = rates.maintenance_long.0;
        self.maintenance_short = rates.maintenance_short.0;
        self.initial_long = rates.initial_long.0;
        self.initial_short = rates.initial_short.0;
    }

    /// What the terms of size are computed from.
    #[inline(always)]
    pub fn size_terms(&self) -> SizeTerms {
        SizeTerms {
            slope: self.size_slope,
            impact: self.size_impact,
            free: self.size_free,
        }
    }

    /// What an exposure to the asset is charged by.
    #[inline(always)]
    pub fn risk(&self) -> AssetRisk {
        AssetRisk {
            rates: self.rates(),
            size: self.size_terms(),
        }
    }

    /// Twice the maximum confidence: unpriceable above it (F-14).
    pub fn is_too_wide(&self, band: &PriceBand) -> plimsoll_engine::Result<bool> {
        let limit = self
            .max_confidence
            .checked_add(self.max_confidence)
            .ok_or(EngineError::Overflow)?;
        band.wider_than(Fixed(limit))
    }

    /// Stores a band, and whether it is too wide.
    pub fn set_band(&mut self, band: &PriceBand) -> plimsoll_engine::Result<()> {
        let wide = self.is_too_wide(band)?;
        self.spot = band.spot;
        self.asset_initial = band.asset_initial;
        self.liability_initial = band.liability_initial;
        self.liability_maintenance = band.liability_maintenance;
        self.confidence = band.confidence;
        self.ema = band.ema;
        self.price_shift = band.shift;
        self.listed &= !listed::WIDE;
        if wide {
            self.listed |= listed::WIDE;
        }
        Ok(())
    }

    /// The funding index at `now`.
    #[inline(always)]
    pub fn funding(&self, now: i64) -> FundingIndex {
        let written = FundingIndex {
            units: self.funding_index,
            shift: self.funding_shift,
        };
        if self.funding_gain == 0 {
            return written;
        }
        written.after(self.funding_gain, now.wrapping_sub(self.funding_time))
    }

    /// The asset as the engine sees it at `now` with `band`, which may be `too_wide`, published `age`
    /// seconds ago.
    #[inline(always)]
    pub fn view(
        &self,
        band: PriceBand,
        too_wide: bool,
        (age, max_age): (i64, i64),
        now: i64,
    ) -> AssetView {
        AssetView {
            band,
            quality: quality(age, max_age, too_wide),
            risk: self.risk(),
            mark: SkewMark {
                long_discount: Fixed(self.mark_long_discount),
                short_premium: Fixed(self.mark_short_premium),
            },
            profit_weight: Fixed(self.profit_weight),
            closing: Fixed(self.closing),
            deposit_share: Fixed(self.deposit_share),
            funding: self.funding(now),
            age: u32::try_from(age).unwrap_or(u32::MAX),
        }
    }
}
