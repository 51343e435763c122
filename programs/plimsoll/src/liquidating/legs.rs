//! From what the keeper names to what the engine plans on.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::liquidation::{DiscountCurve, NamedLeg};
use plimsoll_engine::price::Quality;
use plimsoll_engine::stock::Stock;

use crate::constants::{ACTION_AGE, QUOTE_BALANCE};
use crate::error::{OrRefuse, PlimsollError};
use crate::health_gate::require_fresh;
use crate::instructions::{leg_kind, LiquidationLeg};
use crate::positions::Standing;
use crate::state::{BookAt, MarginAccount, Market};

/// The named legs and their places in the account.
pub struct Named {
    legs: Vec<NamedLeg>,
    places: Vec<usize>,
}

impl Named {
    /// The legs, in the order they were named.
    pub fn legs(&self) -> &[NamedLeg] {
        &self.legs
    }

    /// The legs with their places in the account.
    pub fn iter(&self) -> impl Iterator<Item = (&NamedLeg, usize)> {
        self.legs.iter().zip(self.places.iter().copied())
    }

    /// Whether a leg needs the keeper's account: collateral or a debt.
    pub fn exchanges(&self) -> bool {
        !self.legs.iter().all(is_position)
    }

    /// How many legs are positions.
    pub fn positions(&self) -> usize {
        self.legs.iter().filter(|leg| is_position(leg)).count()
    }

    /// Whether the legs name every open position of the account in full.
    pub fn closes_all_positions(&self, at: &BookAt<'_>, account: &MarginAccount) -> Result<bool> {
        let open = open_positions(at, account)?;
        let full = |leg: &&NamedLeg| match leg {
            NamedLeg::Position { position, most, .. } => *most >= position.base.magnitude(),
            NamedLeg::Collateral { .. } | NamedLeg::Debt { .. } => false,
        };
        Ok(open > 0 && self.legs.iter().filter(full).count() == open)
    }

    /// No legs yet, with room for so many.
    pub fn room_for(legs: usize) -> Self {
        Self {
            legs: Vec::with_capacity(legs),
            places: Vec::with_capacity(legs),
        }
    }

    /// Adds a leg that is a position, with its market.
    ///
    /// # Errors
    /// `LegNotHeld`, also if it was named before; `PriceStale`, `PriceWide`.
    pub fn add_position(
        &mut self,
        account: &MarginAccount,
        at: &BookAt<'_>,
        leg: &LiquidationLeg,
        market: &Market,
    ) -> Result<()> {
        let held = |(_, place): &(usize, &crate::state::PositionSlot)| {
            place.base != 0 && place.slot == leg.slot
        };
        let (place, position) = account
            .positions
            .iter()
            .enumerate()
            .find(held)
            .ok_or_else(|| error!(PlimsollError::LegNotHeld))?;
        let asset = leg_asset(at, leg.slot)?;
        let named_leg = NamedLeg::Position {
            slot: leg.slot,
            asset,
            terms: market.terms()?,
            fee: Fixed(market.liquidation_fee),
            position: Standing::of(at, leg.slot, position, &asset.funding)?.held,
            most: leg.most,
        };
        self.push(named_leg, place)
    }

    /// Adds a leg that is a deposit or a debt.
    ///
    /// # Errors
    /// `LegKind` for quote; `LegNotHeld`, also if it was named before; `PriceStale`, `PriceWide`.
    pub fn add_balance(
        &mut self,
        account: &MarginAccount,
        at: &BookAt<'_>,
        leg: &LiquidationLeg,
    ) -> Result<()> {
        require_neq!(leg.slot, at.book.quote_slot, PlimsollError::LegKind);
        let owes = leg.kind == leg_kind::DEBT;
        let held = |(place, balance): &(usize, &crate::state::Balance)| {
            *place != QUOTE_BALANCE
                && balance.amount != 0
                && (balance.amount < 0) == owes
                && balance.slot == leg.slot
        };
        let (place, balance) = account
            .balances
            .iter()
            .enumerate()
            .find(held)
            .ok_or_else(|| error!(PlimsollError::LegNotHeld))?;
        let asset = at.book.listed_asset(leg.slot)?;
        let discount = DiscountCurve {
            least: Fixed(asset.discount_least),
            most: Fixed(asset.discount_most),
        };
        let (slot, most) = (leg.slot, leg.most);
        let asset = leg_asset(at, slot)?;
        let stock = Stock::of(&balance.holding(), at).or_refuse()?;
        let named_leg = if owes {
            NamedLeg::Debt {
                slot,
                asset,
                stock,
                discount,
                most,
            }
        } else {
            NamedLeg::Collateral {
                slot,
                asset,
                stock,
                discount,
                most,
            }
        };
        self.push(named_leg, place)
    }

    fn push(&mut self, leg: NamedLeg, place: usize) -> Result<()> {
        let kind = core::mem::discriminant(&leg);
        let twice = self
            .iter()
            .any(|(other, at)| at == place && core::mem::discriminant(other) == kind);
        require!(!twice, PlimsollError::LegNotHeld);
        self.legs.push(leg);
        self.places.push(place);
        Ok(())
    }
}

/// How many positions of an account have a size: those of ended epochs are claims.
pub fn open_positions(at: &BookAt<'_>, account: &MarginAccount) -> Result<usize> {
    let mut open = 0;
    for place in account.positions.iter().filter(|place| place.base != 0) {
        let kept = place.position();
        let is_open = at.is_as_kept(place.slot, &kept) || {
            let side = at.side(place.slot, kept.base.0 < 0).or_refuse()?;
            side.size_floor(&kept).or_refuse()? != 0
        };
        open += usize::from(is_open);
    }
    Ok(open)
}

/// Whether a leg closes a position.
fn is_position(leg: &NamedLeg) -> bool {
    matches!(leg, NamedLeg::Position { .. })
}

/// Reads the holdings, prices and markets of the legs.
///
/// # Errors
/// `LegKind`, `LegNotHeld`, `WrongMarkets`, `PriceStale` above 20 s, `PriceWide` above twice the
/// asset's maximum confidence.
#[inline(never)]
pub fn name_legs<'info>(
    account: &MarginAccount,
    at: &BookAt<'_>,
    book: Pubkey,
    legs: &[LiquidationLeg],
    given: &'info [AccountInfo<'info>],
) -> Result<Named> {
    let mut named = Named::room_for(legs.len());
    let mut markets = given.iter();
    for leg in legs {
        match leg.kind {
            leg_kind::POSITION => {
                let info = markets
                    .next()
                    .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
                name_position(&mut named, account, at, book, leg, info)?;
            }
            leg_kind::COLLATERAL | leg_kind::DEBT => named.add_balance(account, at, leg)?,
            kind => return Err(error!(PlimsollError::LegKind).with_values((leg_kind::DEBT, kind))),
        }
    }
    Ok(named)
}

fn name_position<'info>(
    named: &mut Named,
    account: &MarginAccount,
    at: &BookAt<'_>,
    book: Pubkey,
    leg: &LiquidationLeg,
    info: &'info AccountInfo<'info>,
) -> Result<()> {
    let loader = AccountLoader::<Market>::try_from(info)?;
    let market = loader.load()?;
    require_keys_eq!(market.book, book, PlimsollError::WrongMarkets);
    require_eq!(market.slot, leg.slot, PlimsollError::WrongMarkets);
    named.add_position(account, at, leg, &market)
}

/// An asset whose price is good enough to be traded at.
fn leg_asset(at: &BookAt<'_>, slot: u8) -> Result<AssetView> {
    require_fresh(at.book, slot, at.now, ACTION_AGE)?;
    let asset = at.asset(slot).or_refuse()?;
    require!(asset.quality == Quality::Live, PlimsollError::PriceWide);
    Ok(asset)
}
