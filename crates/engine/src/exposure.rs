//! What the engine reads: the view of one asset in the book, and the holdings of one account.
//!
//! The program implements these traits on its zero-copy accounts, the simulator on plain structs.
//! Overlays replace one asset or one holding, so that "after" can be computed before anything is
//! written.

use crate::error::Result;
use crate::fixed::Fixed;
use crate::funding::FundingIndex;
use crate::index::Index;
use crate::lending::lent_atoms_floor;
use crate::portfolio::{SCENARIOS, SCENARIO_WEIGHT_INITIAL, SCENARIO_WEIGHT_MAINTENANCE};
use crate::position::Position;
use crate::price::{PriceBand, Quality};
use crate::requirement::{AssetRisk, Charge, ModelKind, Sides};
use crate::side::Side;
use crate::units::{Base, Quote};

/// Slots for balances in an account.
pub const BALANCES: usize = 16;
/// Slots for positions in an account.
pub const POSITIONS: usize = 16;

/// Fractions by which open positions are marked worse than spot in the initial view, both ≥ 0.
///
/// Longs are marked at min(P, P(1 + skew/scale)), shorts at max (1-product, Health).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkewMark {
    /// max(0, −skew/scale), rounded up.
    pub long_discount: Fixed,
    /// max(0, skew/scale), rounded up.
    pub short_premium: Fixed,
}

/// Everything health needs of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetView {
    /// Prices.
    pub band: PriceBand,
    /// How far the prices may be relied on.
    pub quality: Quality,
    /// Rates and terms of size in force.
    pub risk: AssetRisk,
    /// Marks of the perpetual market on this asset.
    pub mark: SkewMark,
    /// Share of positive profit that counts in the initial view, 0 to 1.
    pub profit_weight: Fixed,
    /// What closing a position would cost, as a fraction of its notional:
    /// 2 · (max |skew|/scale + max_conf) (F-5).
    pub closing: Fixed,
    /// Share of a deposit's initial value that counts, 0 to 1 (F-8, concentration).
    pub deposit_share: Fixed,
    /// What longs of the perpetual market have paid so far.
    pub funding: FundingIndex,
    /// Seconds since the publish time of the price, never negative.
    pub age: u32,
}

/// A balance as an account keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Asset slot of the book.
    pub slot: u8,
    /// Positive is a deposit: atoms, or shares of the deposit index if it is lent. Negative is a debt in
    /// shares of the borrow index.
    pub amount: Base,
    /// Whether the deposit is lent.
    pub lent: bool,
}

impl Holding {
    /// A deposit that is not lent, or a debt.
    pub const fn of(slot: u8, amount: Base) -> Self {
        Self {
            slot,
            amount,
            lent: false,
        }
    }

    /// Atoms with interest and pending losses: deposits rounded down, debts up.
    #[inline]
    pub fn atoms_floor<B: BookView>(&self, book: &B) -> Result<i64> {
        let amount = self.amount.0;
        if amount >= 0 && !self.lent {
            return Ok(amount);
        }
        let magnitude = self.amount.magnitude();
        if amount < 0 {
            let owed = book.borrow_index(self.slot)?.atoms_ceil(magnitude)?;
            return Ok(Base::from_magnitude(owed)?.negated()?.0);
        }
        let (index, loss) = book.deposit_index(self.slot)?;
        Ok(Base::from_magnitude(lent_atoms_floor(magnitude, index, loss)?)?.0)
    }
}

/// A position as an account keeps it, and the slot of its asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPosition {
    /// Asset slot of the book.
    pub slot: u8,
    /// The position.
    pub position: Position,
}

/// Read access to the risk book at one instant.
pub trait BookView {
    /// The asset in `slot`.
    fn asset(&self, slot: u8) -> Result<AssetView>;
    /// Slot of the quote token.
    fn quote_slot(&self) -> u8;
    /// Atoms owed per share of debt in the asset in `slot`, extrapolated to now; the quote's is that of
    /// debts to the pool as well.
    fn borrow_index(&self, slot: u8) -> Result<Index>;
    /// Atoms per share of a lent deposit as of the last sync, and what pending losses take of them.
    #[inline]
    fn deposit_index(&self, _slot: u8) -> Result<(Index, Fixed)> {
        Ok((Index::START, Fixed::ZERO))
    }
    /// Where the longs, or the shorts, of the market in `slot` stand.
    fn side(&self, slot: u8, short: bool) -> Result<Side>;
    /// A position as its account has it, from what the account keeps: reductions of its side and funding
    /// taken.
    ///
    /// # Errors
    /// `StaleEpoch` for a position that should have been settled before its side ended another epoch.
    #[inline]
    fn held(&self, open: &OpenPosition, funding: &FundingIndex) -> Result<Position> {
        let kept = &open.position;
        if self.is_as_kept(open.slot, kept) {
            return kept.funded(funding);
        }
        let side = self.side(open.slot, kept.base.0 < 0)?;
        side.held_floor(kept, funding)?.funded(funding)
    }
    /// Whether the side of a position has not been reduced since it was changed last: it stands as its
    /// account keeps it.
    #[inline]
    fn is_as_kept(&self, slot: u8, kept: &Position) -> bool {
        let side = self.side(slot, kept.base.0 < 0);
        side.is_ok_and(|side| side.leaves_as_kept(kept))
    }
    /// Rates and terms of size of the asset in `slot`, those of [`BookView::asset`].
    #[inline]
    fn risk(&self, slot: u8) -> Result<AssetRisk> {
        Ok(self.asset(slot)?.risk)
    }
    /// What an exposure to the asset in `slot` needs standing alone.
    #[inline]
    fn charge(&self, slot: u8, sides: &Sides) -> Result<Charge> {
        Charge::of_ceil(sides, &self.risk(slot)?)
    }
    /// By how many 400ths ρ̂ of two different slots falls short of the full sum, for exposures of one
    /// direction or of opposite ones (F-5, [`crate::correlation::shortfall`]); 0 where nothing is known.
    #[inline]
    fn less(&self, _a: u8, _b: u8, _opposite: bool) -> u64 {
        0
    }
    /// [`BookView::less`] of `slot` and a smaller one, none for another. What the loop over pairs reads.
    #[inline]
    fn less_below(&self, slot: u8) -> impl Fn(u8, bool) -> Option<u64> {
        move |other, opposite| {
            let below = other < slot;
            below.then(|| self.less(slot, other, opposite))
        }
    }
    /// Number of stress scenarios, at most [`crate::portfolio::SCENARIOS`].
    #[inline]
    fn scenarios(&self) -> usize {
        0
    }
    /// Move of the asset's price in a scenario, in basis points.
    #[inline]
    fn shock(&self, _scenario: usize, _slot: u8) -> i16 {
        0
    }
    /// Takes what an exposure gains in each scenario from the losses: exposure · shock, in 1/10,000.
    // Wrapping: see the bounds in [`crate::portfolio`].
    #[inline]
    fn lose(&self, slot: u8, exposure: i64, losses: &mut [i64; SCENARIOS]) {
        for (scenario, loss) in (0..self.scenarios()).zip(losses.iter_mut()) {
            let shock = i64::from(self.shock(scenario, slot));
            *loss = loss.wrapping_sub(exposure.wrapping_mul(shock));
        }
    }
    /// w of the maintenance and of the initial view (F-5).
    #[inline]
    fn scenario_weights(&self) -> (Fixed, Fixed) {
        (SCENARIO_WEIGHT_MAINTENANCE, SCENARIO_WEIGHT_INITIAL)
    }
    /// The instant of the book, unix seconds.
    #[inline]
    fn now(&self) -> i64 {
        0
    }
}

/// Read access to a margin account.
pub trait AccountView {
    /// The balance in place `index`, if one is held.
    fn balance(&self, index: usize) -> Option<Holding>;
    /// The position in place `index`, if one is held.
    fn position(&self, index: usize) -> Option<OpenPosition>;
    /// Claims on the pool that belong to no position; negative is owed.
    fn credit(&self) -> Quote;
    /// Debt to the pool in shares of the quote borrow index.
    fn pool_debt_shares(&self) -> u64;
    /// The margin model.
    #[inline]
    fn model(&self) -> ModelKind {
        ModelKind::Standard
    }
    /// Multiplier of the initial requirement by the account's profile (F-9).
    fn profile_multiplier(&self, _now: i64) -> Result<Fixed> {
        Ok(Fixed::ONE)
    }
}

/// A book with one asset replaced, for an update that is read directly.
pub struct WithAsset<'a, B> {
    /// The book underneath.
    pub book: &'a B,
    /// Slot of the replaced asset.
    pub slot: u8,
    /// What stands there instead.
    pub asset: AssetView,
}

impl<B: BookView> BookView for WithAsset<'_, B> {
    #[inline]
    fn asset(&self, slot: u8) -> Result<AssetView> {
        if slot == self.slot {
            Ok(self.asset)
        } else {
            self.book.asset(slot)
        }
    }

    #[inline]
    fn quote_slot(&self) -> u8 {
        self.book.quote_slot()
    }

    #[inline]
    fn borrow_index(&self, slot: u8) -> Result<Index> {
        self.book.borrow_index(slot)
    }

    #[inline]
    fn deposit_index(&self, slot: u8) -> Result<(Index, Fixed)> {
        self.book.deposit_index(slot)
    }

    #[inline]
    fn side(&self, slot: u8, short: bool) -> Result<Side> {
        self.book.side(slot, short)
    }

    #[inline]
    fn is_as_kept(&self, slot: u8, kept: &Position) -> bool {
        self.book.is_as_kept(slot, kept)
    }

    #[inline]
    fn risk(&self, slot: u8) -> Result<AssetRisk> {
        if slot == self.slot {
            Ok(self.asset.risk)
        } else {
            self.book.risk(slot)
        }
    }

    #[inline]
    fn charge(&self, slot: u8, sides: &Sides) -> Result<Charge> {
        if slot == self.slot {
            Charge::of_ceil(sides, &self.asset.risk)
        } else {
            self.book.charge(slot, sides)
        }
    }

    #[inline]
    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        self.book.less(a, b, opposite)
    }

    #[inline]
    fn less_below(&self, slot: u8) -> impl Fn(u8, bool) -> Option<u64> {
        self.book.less_below(slot)
    }

    #[inline]
    fn lose(&self, slot: u8, exposure: i64, losses: &mut [i64; SCENARIOS]) {
        self.book.lose(slot, exposure, losses);
    }

    #[inline]
    fn scenarios(&self) -> usize {
        self.book.scenarios()
    }

    #[inline]
    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        self.book.shock(scenario, slot)
    }

    #[inline]
    fn scenario_weights(&self) -> (Fixed, Fixed) {
        self.book.scenario_weights()
    }

    #[inline]
    fn now(&self) -> i64 {
        self.book.now()
    }
}

/// An account with changes that are not written yet.
pub struct Changed<'a, A> {
    /// The account underneath.
    pub account: &'a A,
    /// Place of a position and what it becomes.
    pub position: Option<(usize, OpenPosition)>,
    /// Places of balances and what they become.
    pub balances: [Option<(usize, Holding)>; 2],
    /// The credit it becomes.
    pub credit: Quote,
}

impl<'a, A: AccountView> Changed<'a, A> {
    /// No change yet.
    pub fn of(account: &'a A) -> Self {
        Self {
            account,
            position: None,
            balances: [None, None],
            credit: account.credit(),
        }
    }
}

impl<A: AccountView> AccountView for Changed<'_, A> {
    #[inline]
    fn balance(&self, index: usize) -> Option<Holding> {
        for (place, holding) in self.balances.iter().flatten() {
            if *place == index {
                return Some(*holding);
            }
        }
        self.account.balance(index)
    }

    #[inline]
    fn position(&self, index: usize) -> Option<OpenPosition> {
        match self.position {
            Some((place, position)) if place == index => Some(position),
            _ => self.account.position(index),
        }
    }

    #[inline]
    fn credit(&self) -> Quote {
        self.credit
    }

    #[inline]
    fn pool_debt_shares(&self) -> u64 {
        self.account.pool_debt_shares()
    }

    #[inline]
    fn model(&self) -> ModelKind {
        self.account.model()
    }

    fn profile_multiplier(&self, now: i64) -> Result<Fixed> {
        self.account.profile_multiplier(now)
    }
}
