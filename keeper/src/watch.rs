//! Which accounts have to be looked at: those that changed, those that prices brought near a threshold, those
//! that are being dealt with, and each in its turn.

use plimsoll::state::MarginAccount;
use plimsoll_client::health::health;
use plimsoll_engine::fixed::Fixed;
use rayon::prelude::*;

use crate::book::{Place, World};

/// The watch over all accounts.
#[derive(Debug, Default)]
pub struct Watch {
    /// By place: whether the account needs nothing as far as is known.
    calm: Vec<bool>,
    /// Where the round through all accounts stands.
    next: Place,
    swept_at: i64,
}

impl Watch {
    /// Looks at the accounts that have to be looked at, and returns those that may need something. `moved`
    /// says whether the book has changed, `seconds` in how many every account is looked at once.
    pub fn look(
        &mut self,
        world: &World,
        now: i64,
        changed: &[Place],
        moved: bool,
        (settle_above, seconds): (u64, i64),
    ) -> Vec<Place> {
        self.calm.resize(world.accounts.places(), false);
        let mut due: Vec<Place> = changed.to_vec();
        if moved {
            due.extend(0..self.calm.len());
        } else {
            let restless = self.calm.iter().enumerate().filter(|(_, calm)| !**calm);
            due.extend(restless.map(|(place, _)| place));
            due.extend(self.round(now, seconds));
        }
        due.sort_unstable();
        due.dedup();
        let looked: Vec<(Place, bool)> = due
            .into_par_iter()
            .filter_map(|place| {
                let holder = world.accounts.at(place)?;
                Some((place, is_calm(world, &holder.account, now, settle_above)))
            })
            .collect();
        for (place, calm) in &looked {
            if let Some(known) = self.calm.get_mut(*place) {
                *known = *calm;
            }
        }
        let restless = looked.into_iter().filter(|(_, calm)| !calm);
        restless.map(|(place, _)| place).collect()
    }

    /// The next places of the round.
    fn round(&mut self, now: i64, seconds: i64) -> Vec<Place> {
        let count = self.calm.len();
        let passed = now.saturating_sub(self.swept_at).clamp(0, seconds);
        self.swept_at = now;
        let share = usize::try_from(passed).unwrap_or(0).saturating_mul(count);
        let seconds = usize::try_from(seconds.max(1)).unwrap_or(1);
        let share = share.div_ceil(seconds).min(count);
        let places = (0..share).map(|step| {
            self.next
                .saturating_add(step)
                .checked_rem(count)
                .unwrap_or(0)
        });
        let places: Vec<Place> = places.collect();
        self.next = self
            .next
            .saturating_add(share)
            .checked_rem(count)
            .unwrap_or(0);
        places
    }
}

/// Whether an account needs nothing: above the call level, nothing stands against it, its claims are small.
pub fn is_calm(world: &World, account: &MarginAccount, now: i64, settle_above: u64) -> bool {
    let Ok(found) = health(&world.book, account, now) else {
        return false;
    };
    let Ok(level) = found.level_ceil(Fixed(world.book.call_level)) else {
        return false;
    };
    let unsettled = account.positions.iter().map(|place| place.unsettled);
    let claims = unsettled.fold(account.credit, i64::saturating_add);
    let recorded = account.pool_pending_loss > 0
        || account
            .balances
            .iter()
            .any(|balance| balance.pending_loss > 0);
    let stands = account.called_at != 0 || account.liquidatable_since != 0;
    found.maintenance.equity >= level
        && !stands
        && !recorded
        && claims.unsigned_abs() < settle_above
}
