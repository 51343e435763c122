//! Margin calls and liquidation episodes: what observing an account's health changes.
//!
//! A call stands from the first observation below the call level. An episode starts with the first
//! observation of E_m < R_m; the throttle counts from it. Both end when the initial view is met, or at
//! two observations above the call level at least 600 s apart. An episode without a successful
//! liquidation for 15 minutes has expired: the next observation starts a new one.

use crate::error::Result;
use crate::fixed::Fixed;
use crate::health::Health;
use crate::liquidation::Moment;
use crate::units::Usd;

/// Seconds between two observations above the call level that end a call.
pub const RECOVERY_SECONDS: i64 = 600;
/// Seconds without a successful liquidation after which an episode has expired.
pub const EXPIRY_SECONDS: i64 = 900;
/// Seconds after which the throttle is off.
pub const THROTTLE_SECONDS: i64 = 60;
/// Share of the shortage first recorded that may be liquidated before that.
pub const THROTTLE_SHARE: Fixed = Fixed::ratio(1, 10);
/// Below this shortage nothing is throttled, and a remainder below it is closed with the rest.
pub const DUST: Usd = Usd(50_000_000);

/// Call and episode of one account. Zero means "none" for every time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// When the account was called.
    pub called_at: i64,
    /// R_i − E_i when it was called, in micro-dollars.
    pub call_amount: u64,
    /// When E_m < R_m was first observed.
    pub liquidatable_since: i64,
    /// Target shortage at that observation, in micro-dollars.
    pub first_shortage: u64,
    /// How much of it has been liquidated, in micro-dollars.
    pub liquidated: u64,
    /// When the last successful liquidation was.
    pub last_liquidation: i64,
    /// When the account was first seen above the call level again.
    pub above_since: i64,
    /// What that left to a further liquidation at the same time.
    pub moment: Moment,
    /// 1 once insurance has paid the keeper's fixed reward; survives an expired episode.
    pub rewarded: u8,
}

impl Episode {
    /// Seconds since the episode began, 0 if none stands.
    pub fn elapsed(&self, now: i64) -> u64 {
        if self.liquidatable_since == 0 {
            return 0;
        }
        now.saturating_sub(self.liquidatable_since)
            .max(0)
            .unsigned_abs()
    }

    /// What earlier liquidations at this very time have left.
    pub fn moment_at(&self, now: i64) -> Option<Moment> {
        let same = self.last_liquidation != 0 && self.last_liquidation == now;
        same.then_some(self.moment)
    }

    /// What an observation of `health` at `now` makes of this.
    pub fn observed(
        mut self,
        health: &Health,
        call_level: Fixed,
        target_level: Fixed,
        now: i64,
    ) -> Result<Self> {
        if health.initial.is_met() && health.maintenance.is_met() {
            return Ok(Self::default());
        }
        let equity = health.maintenance.equity;
        if equity < health.level_ceil(call_level)? {
            self.above_since = 0;
            if self.called_at == 0 {
                self.called_at = now;
                self.call_amount = health.initial.shortage()?.positive_part().magnitude();
            }
        } else if self.above_since == 0 {
            if self.called_at != 0 || self.liquidatable_since != 0 {
                self.above_since = now;
            }
        } else if now.saturating_sub(self.above_since) >= RECOVERY_SECONDS {
            return Ok(Self::default());
        }
        if !health.maintenance.is_met() && (self.liquidatable_since == 0 || self.has_expired(now)) {
            self.liquidatable_since = now;
            let target = health.level_ceil(target_level)?;
            self.first_shortage = target.minus(equity)?.positive_part().magnitude();
            self.liquidated = 0;
            self.last_liquidation = 0;
        }
        Ok(self)
    }

    fn has_expired(&self, now: i64) -> bool {
        let latest = self.liquidatable_since.max(self.last_liquidation);
        now.saturating_sub(latest) > EXPIRY_SECONDS
    }

    /// How much of the shortage may be removed at `now`, in micro-dollars; `None` is everything.
    pub fn budget(&self, health: &Health, now: i64) -> Result<Option<u64>> {
        let shortage = health.maintenance.shortage()?;
        let equity = health.maintenance.equity;
        // Rounded up: E_m < R_m/2 means 2 · E_m < R_m also for an odd R_m.
        let half = Usd::from_magnitude(health.maintenance.requirement.magnitude().div_ceil(2))?;
        let free = now.saturating_sub(self.liquidatable_since) >= THROTTLE_SECONDS
            || shortage < DUST
            || equity < half;
        if free {
            return Ok(None);
        }
        let allowed = THROTTLE_SHARE.of_floor(self.first_shortage)?;
        Ok(Some(allowed.saturating_sub(self.liquidated)))
    }
}
