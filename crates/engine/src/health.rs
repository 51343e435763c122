//! Health: two views of one account against one book.
//!
//! **Equity** is balances, debts, and the result of positions. **Requirement** is what the legs could
//! lose. The account is sound in a view while equity ≥ requirement.
//!
//! The quote leg is one: quote balance + credit + unsettled and unrealised profit − debt to the pool,
//! added in quote atoms and valued once, at the quote token's own band.
//!
//! | | initial view | maintenance view |
//! |---|---|---|
//! | deposits | min(P − conf, EMA) | P |
//! | debts | max(P + conf, EMA) | P + conf |
//! | long marked at | min(P, P(1 + skew/scale)) | P |
//! | short marked at | max(P, P(1 + skew/scale)) | P |
//! | positive profit of a position | × weight, × 0 for outflows | full |
//! | positive credit | × 0 | full |
//! | exposures | P | P |
//!
//! Every rounding is against the account. An asset that cannot be priced never stops the walk: see
//! [`crate::price::Quality`].

use crate::error::{EngineError, Result};
use crate::exposure::{AccountView, AssetView, BookView, OpenPosition, BALANCES, POSITIONS};
use crate::fixed::Fixed;
use crate::portfolio::Binding;
use crate::price::Quality;
use crate::requirement::{Both, Leg, Rule, Sums};
use crate::total::requirement;
use crate::units::{Quote, Usd};

/// What the health is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Trading, liquidation and reading: positive profit counts with its market's weight.
    Trade,
    /// Withdraw, borrow and transfer: positive profit counts nothing.
    Outflow,
}

/// Equity and requirement of one view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Equity.
    pub equity: Usd,
    /// Requirement.
    pub requirement: Usd,
}

impl View {
    /// Requirement minus equity; negative is a surplus.
    #[inline]
    pub fn shortage(&self) -> Result<Usd> {
        self.requirement.minus(self.equity)
    }

    /// Equity ≥ requirement.
    #[inline]
    pub fn is_met(&self) -> bool {
        self.equity >= self.requirement
    }
}

/// Health in both views, and what determines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Initial view.
    pub initial: View,
    /// Maintenance view.
    pub maintenance: View,
    /// The gross sum of the legs' requirements.
    pub gross: Both,
    /// What determines the maintenance requirement.
    pub binding_maintenance: Binding,
    /// What determines the initial requirement.
    pub binding_initial: Binding,
    /// The scenario with the largest loss, under the portfolio model.
    pub worst_scenario: Option<u8>,
    /// Slot of the oldest price used.
    pub oldest_slot: u8,
    /// Age of the oldest price used, in seconds.
    pub oldest_age: u32,
}

/// The five states of an account (1-product, Health).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// E_i ≥ R_i.
    Healthy,
    /// E_i < R_i, above the call level.
    Strained,
    /// E_m below the call level.
    Called,
    /// E_m < R_m.
    Liquidatable,
    /// E_m < 0.
    Bankrupt,
}

impl State {
    /// The pinned number of the state, 0 (healthy) to 4 (bankrupt).
    pub const fn code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Strained => 1,
            Self::Called => 2,
            Self::Liquidatable => 3,
            Self::Bankrupt => 4,
        }
    }
}

impl Health {
    /// R_m + fraction × (R_i − R_m), rounded up: the call level, the liquidation target.
    pub fn level_ceil(&self, fraction: Fixed) -> Result<Usd> {
        level_ceil(
            self.maintenance.requirement,
            self.initial.requirement,
            fraction,
        )
    }

    /// The state, given the call level's place between maintenance (0) and initial (1).
    pub fn state(&self, call_level: Fixed) -> Result<State> {
        let equity = self.maintenance.equity;
        Ok(if equity < Usd::ZERO {
            State::Bankrupt
        } else if !self.maintenance.is_met() {
            State::Liquidatable
        } else if self.initial.is_met() {
            State::Healthy
        } else if equity < self.level_ceil(call_level)? {
            State::Called
        } else {
            State::Strained
        })
    }
}

/// R_m + fraction × (R_i − R_m), rounded up.
pub fn level_ceil(maintenance: Usd, initial: Usd, fraction: Fixed) -> Result<Usd> {
    let gap = initial.minus(maintenance)?.positive_part();
    maintenance.plus(Usd::from_magnitude(fraction.of_ceil(gap.magnitude())?)?)
}

/// The rule an account's requirement follows.
pub fn rule_of<B: BookView, A: AccountView>(book: &B, account: &A) -> Result<Rule> {
    Ok(Rule {
        model: account.model(),
        profile: account.profile_multiplier(book.now())?,
    })
}

/// Assesses `account` against `book`.
///
/// # Errors
/// `Overflow` where a value leaves 64 bits, and whatever the book returns for an unknown slot.
#[inline(never)]
pub fn assess<B: BookView, A: AccountView>(
    book: &B,
    account: &A,
    purpose: Purpose,
) -> Result<Health> {
    assess_into(book, account, purpose, &mut Sums::default())
}

/// [`assess`], leaving the sums of the account's legs in `sums`, which are empty before.
///
/// # Errors
/// As [`assess`].
#[inline(never)]
pub fn assess_into<B: BookView, A: AccountView>(
    book: &B,
    account: &A,
    purpose: Purpose,
    sums: &mut Sums,
) -> Result<Health> {
    let rule = rule_of(book, account)?;
    let mut walk = Walk {
        sums,
        nets: rule.nets(),
        equity_initial: Usd::ZERO,
        quote_initial: Quote::ZERO,
        health: Health::default(),
    };
    let quote_slot = book.quote_slot();
    for index in 0..BALANCES {
        if let Some(holding) = account.balance(index) {
            let atoms = holding.atoms_floor(book)?;
            if holding.slot == quote_slot {
                walk.quote_both(atoms)?;
            } else {
                walk.balance(book, holding.slot, atoms)?;
            }
        }
    }
    for index in 0..POSITIONS {
        if let Some(open) = account.position(index) {
            walk.position(book, &open, purpose)?;
        }
    }
    walk.pool_claims(book, account)?;
    walk.quote_leg(book, quote_slot)?;
    let mut health = walk.health;
    let needed = requirement(book, rule, sums)?;
    health.initial.requirement = needed.initial;
    health.maintenance.requirement = needed.maintenance;
    health.gross = needed.gross;
    health.binding_initial = needed.binding_initial;
    health.binding_maintenance = needed.binding_maintenance;
    health.worst_scenario = needed.worst_scenario;
    Ok(health)
}

struct Walk<'a> {
    sums: &'a mut Sums,
    nets: bool,
    equity_initial: Usd,
    quote_initial: Quote,
    health: Health,
}

impl Walk<'_> {
    #[inline]
    fn quote_both(&mut self, atoms: i64) -> Result<()> {
        self.quote_initial = self.quote_initial.plus(Quote(atoms))?;
        self.sums.quote = self.sums.quote.plus(Quote(atoms))?;
        Ok(())
    }

    #[inline]
    fn see(&mut self, slot: u8, asset: &AssetView) {
        if asset.age > self.health.oldest_age {
            self.health.oldest_age = asset.age;
            self.health.oldest_slot = slot;
        }
    }

    /// Adds a balance. Most assets can be priced: with the others out of line, the target copies of an
    /// asset only what is read.
    #[inline(always)]
    fn balance<B: BookView>(&mut self, book: &B, slot: u8, atoms: i64) -> Result<()> {
        let asset = book.asset(slot)?;
        if asset.quality != Quality::Live {
            return self.doubtful_balance(book, slot, atoms);
        }
        self.add_balance(&asset, slot, atoms)
    }

    #[cold]
    #[inline(never)]
    fn doubtful_balance<B: BookView>(&mut self, book: &B, slot: u8, atoms: i64) -> Result<()> {
        self.add_balance(&book.asset(slot)?, slot, atoms)
    }

    #[inline(always)]
    fn add_balance(&mut self, asset: &AssetView, slot: u8, atoms: i64) -> Result<()> {
        self.see(slot, asset);
        let (valued, leg) = value_balance(asset, slot, atoms)?;
        self.equity_initial = self.equity_initial.plus(valued.initial)?;
        self.sums.other_equity = self.sums.other_equity.plus(valued.maintenance)?;
        self.sums.add(&leg)
    }

    /// Adds a position; see [`Self::balance`].
    #[inline(always)]
    fn position<B: BookView>(
        &mut self,
        book: &B,
        open: &OpenPosition,
        purpose: Purpose,
    ) -> Result<()> {
        let asset = book.asset(open.slot)?;
        if asset.quality != Quality::Live {
            return self.doubtful_position(book, open, purpose);
        }
        self.add_position(book, &asset, open, purpose)
    }

    #[cold]
    #[inline(never)]
    fn doubtful_position<B: BookView>(
        &mut self,
        book: &B,
        open: &OpenPosition,
        purpose: Purpose,
    ) -> Result<()> {
        self.add_position(book, &book.asset(open.slot)?, open, purpose)
    }

    #[inline(always)]
    fn add_position<B: BookView>(
        &mut self,
        book: &B,
        asset: &AssetView,
        open: &OpenPosition,
        purpose: Purpose,
    ) -> Result<()> {
        let position = &book.held(open, &asset.funding)?;
        let mut initial = position.unsettled;
        if position.base.0 != 0 {
            self.see(open.slot, asset);
            let value = position.value_floor(&asset.band)?;
            let (mark_initial, mark_maintenance) = marks_floor(asset, value)?;
            let paid = position.unsettled.minus(position.cost)?;
            let counted = Quote(mark_maintenance).plus(paid)?;
            self.sums.quote = self.sums.quote.plus(counted)?;
            initial = Quote(mark_initial).plus(paid)?;
            self.sums
                .add(&position_leg_ceil(asset, open.slot, value, self.nets)?)?;
        } else {
            self.sums.quote = self.sums.quote.plus(position.unsettled)?;
        }
        let counted = if initial.0 <= 0 {
            initial
        } else if purpose == Purpose::Outflow {
            Quote::ZERO
        } else {
            Quote::from_magnitude(asset.profit_weight.of_floor(initial.magnitude())?)?
        };
        self.quote_initial = self.quote_initial.plus(counted)?;
        Ok(())
    }

    fn pool_claims<B: BookView, A: AccountView>(&mut self, book: &B, account: &A) -> Result<()> {
        let credit = account.credit();
        self.sums.quote = self.sums.quote.plus(credit)?;
        self.quote_initial = self.quote_initial.plus(Quote(credit.0.min(0)))?;
        let shares = account.pool_debt_shares();
        if shares > 0 {
            let debt =
                Quote::from_magnitude(book.borrow_index(book.quote_slot())?.atoms_ceil(shares)?)?;
            self.quote_initial = self.quote_initial.minus(debt)?;
            self.sums.quote = self.sums.quote.minus(debt)?;
        }
        Ok(())
    }

    /// Values the quote leg, and with it both equities.
    fn quote_leg<B: BookView>(&mut self, book: &B, quote_slot: u8) -> Result<()> {
        let asset = book.asset(quote_slot)?;
        let (mut initial, mut maintenance) = (Usd::ZERO, Usd::ZERO);
        let mut leg = Leg::of(quote_slot, 0);
        let quote = self.sums.quote;
        if self.quote_initial.0 != 0 || quote.0 != 0 {
            self.see(quote_slot, &asset);
            initial = value_balance(&asset, quote_slot, self.quote_initial.0)?
                .0
                .initial;
            (maintenance, leg) = value_maintenance(&asset, quote_slot, quote.0)?;
        }
        self.sums.quote_leg = leg;
        self.sums.add(&leg)?;
        self.health.initial.equity = self.equity_initial.plus(initial)?;
        self.health.maintenance.equity = self.sums.other_equity.plus(maintenance)?;
        Ok(())
    }
}

/// The value of a balance in both views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued {
    /// Initial view.
    pub initial: Usd,
    /// Maintenance view.
    pub maintenance: Usd,
}

/// Values a balance of signed `atoms` in both views and gives its leg.
///
/// A deposit that a view counts as nothing carries no requirement in that view.
#[inline(always)]
pub fn value_balance(asset: &AssetView, slot: u8, atoms: i64) -> Result<(Valued, Leg)> {
    let (maintenance, leg) = value_maintenance(asset, slot, atoms)?;
    let band = &asset.band;
    let magnitude = atoms.unsigned_abs();
    let initial = if atoms >= 0 {
        match asset.quality {
            Quality::Live => {
                let value = band.value_floor(magnitude, band.asset_initial)?;
                if asset.deposit_share == Fixed::ONE {
                    value
                } else {
                    asset.deposit_share.of_floor(value)?
                }
            }
            Quality::Unpriceable | Quality::Expired => 0,
        }
    } else {
        let owed = band.value_ceil(magnitude, band.liability_initial)?;
        match asset.quality {
            Quality::Live => owed,
            Quality::Unpriceable | Quality::Expired => {
                let worse = asset.risk.rates.initial_short.of_ceil(owed)?;
                owed.checked_add(worse).ok_or(EngineError::Overflow)?
            }
        }
    };
    let initial = Usd::from_magnitude(initial)?;
    let initial = if atoms >= 0 {
        initial
    } else {
        initial.negated()?
    };
    Ok((
        Valued {
            initial,
            maintenance,
        },
        leg,
    ))
}

/// Values a balance of signed `atoms` in the maintenance view and gives its leg.
#[inline(always)]
pub fn value_maintenance(asset: &AssetView, slot: u8, atoms: i64) -> Result<(Usd, Leg)> {
    let band = &asset.band;
    let magnitude = atoms.unsigned_abs();
    if atoms < 0 {
        let spot = Usd::from_magnitude(band.value_ceil(magnitude, band.spot)?)?.negated()?;
        let owed = Usd::from_magnitude(band.value_ceil(magnitude, band.liability_maintenance)?)?;
        return Ok((owed.negated()?, leg_ceil(asset, slot, spot.0)?));
    }
    let spot = Usd::from_magnitude(band.value_floor(magnitude, band.spot)?)?;
    match asset.quality {
        Quality::Live => Ok((spot, Leg::of(slot, spot.0))),
        // What a view counts as nothing needs nothing in it.
        Quality::Unpriceable => {
            let mut leg = Leg::apart_ceil(slot, spot.0, &asset.risk)?;
            leg.apart.initial = 0;
            Ok((spot, leg))
        }
        Quality::Expired => Ok((Usd::ZERO, Leg::of(slot, 0))),
    }
}

/// The leg of a debt or a position; one that cannot be priced hedges nothing.
#[inline(always)]
fn leg_ceil(asset: &AssetView, slot: u8, exposure: i64) -> Result<Leg> {
    if asset.quality == Quality::Live {
        return Ok(Leg::of(slot, exposure));
    }
    Leg::apart_ceil(slot, exposure, &asset.risk)
}

/// The leg of a position of signed spot value; what closing it would cost matters where legs are netted.
#[inline(always)]
pub fn position_leg_ceil(asset: &AssetView, slot: u8, value: i64, nets: bool) -> Result<Leg> {
    let mut leg = leg_ceil(asset, slot, value)?;
    if nets {
        leg.closing = asset.closing.of_ceil(value.unsigned_abs())?;
    }
    Ok(leg)
}

/// A position's value in the initial and in the maintenance view, from its signed spot value.
///
/// An unpriceable position is moved against the account by its initial rate in the initial view, an
/// expired one by its maintenance rate in the maintenance view as well.
#[inline(always)]
pub(crate) fn marks_floor(asset: &AssetView, value: i64) -> Result<(i64, i64)> {
    let long = value >= 0;
    let skew = if long {
        asset.mark.long_discount
    } else {
        asset.mark.short_premium
    };
    let mut initial = skew;
    let mut maintenance = Fixed::ZERO;
    if asset.quality != Quality::Live {
        let rates = &asset.risk.rates;
        let (initial_rate, maintenance_rate) = if long {
            (rates.initial_long, rates.maintenance_long)
        } else {
            (rates.initial_short, rates.maintenance_short)
        };
        initial = skew.plus(initial_rate)?;
        if asset.quality == Quality::Expired {
            maintenance = maintenance_rate;
        }
    }
    Ok((
        worsened_floor(value, initial)?,
        worsened_floor(value, maintenance)?,
    ))
}

#[inline(always)]
fn worsened_floor(value: i64, fraction: Fixed) -> Result<i64> {
    if fraction == Fixed::ZERO {
        return Ok(value);
    }
    let loss = Quote::from_magnitude(fraction.of_ceil(value.unsigned_abs())?)?;
    Ok(Quote(value).minus(loss)?.0)
}
