//! What a liquidation would do, before it is sent: the engine's plan on decoded accounts, with the program's
//! own reading of every leg.

use plimsoll::error::{OrRefuse, PlimsollError};
use plimsoll::health_gate::health_into;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::liquidating::legs::Named;
use plimsoll::oracle::code_of;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, Market, RiskBook};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{rule_of, Health};
use plimsoll_engine::liquidation::{
    plan as size, Desk, Plan, Prepared, Subject, Taken, Terms, MAX_LEGS,
};
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::total::Place;

use crate::refusal::refusal;

/// A liquidation as it would be executed.
#[derive(Clone, Debug)]
pub struct Liquidation {
    /// The engine's plan.
    pub plan: Plan,
    /// What is done with each leg, in the order they were named.
    pub taken: Vec<Taken>,
}

/// Why there is no liquidation: the code that the program would refuse it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub u32);

impl Refused {
    /// Whether the program would refuse it for this reason.
    pub fn is(self, reason: PlimsollError) -> bool {
        self.0 == u32::from(reason)
    }
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match refusal(self.0) {
            Some(refusal) => refusal.fmt(f),
            None => write!(f, "error {}", self.0),
        }
    }
}

impl std::error::Error for Refused {}

impl From<anchor_lang::error::Error> for Refused {
    fn from(error: anchor_lang::error::Error) -> Self {
        Self(code_of(&error))
    }
}

impl From<PlimsollError> for Refused {
    fn from(error: PlimsollError) -> Self {
        Self(error.into())
    }
}

/// Plans `liquidate` of `legs` of an account at `now`; `market` gives the market of a slot. The keeper's own
/// account is not looked at: whether it has the quote, the places and the margin is its owner's to know.
///
/// # Errors
/// What the program would refuse it with.
pub fn plan<'a>(
    book: &RiskBook,
    market: impl Fn(u8) -> Option<&'a Market>,
    account: &MarginAccount,
    legs: &[LiquidationLeg],
    now: i64,
) -> Result<Liquidation, Refused> {
    let limit = AgeLimit::Other;
    let at = BookAt { book, now, limit };
    account.require_no_swap()?;
    if legs.is_empty() || legs.len() > MAX_LEGS {
        return Err(PlimsollError::LegCount.into());
    }
    let mut named = Named::room_for(legs.len());
    for leg in legs {
        match leg.kind {
            leg_kind::POSITION => {
                let market = market(leg.slot).ok_or(PlimsollError::WrongMarkets)?;
                named.add_position(account, &at, leg, market)?;
            }
            leg_kind::COLLATERAL | leg_kind::DEBT => named.add_balance(account, &at, leg)?,
            _ => return Err(PlimsollError::LegKind.into()),
        }
    }
    let mut sums = Sums::default();
    let health = health_into(&at, account, &mut sums)?;
    if health.maintenance.is_met() {
        return Err(PlimsollError::AccountHealthy.into());
    }
    let terms = terms(&at, account, &health, &named)?;
    let subject = Subject {
        book: &at,
        rule: rule_of(&at, account).or_refuse()?,
        health: &health,
        sums: &sums,
    };
    let mut taken = vec![Taken::default(); legs.len()];
    let desk = Desk {
        taken: &mut taken,
        tried: &mut vec![Taken::default(); legs.len()],
        prepared: &mut vec![Prepared::default(); legs.len()],
        places: &mut vec![Place::default(); legs.len().saturating_add(1)],
    };
    let plan = size(&subject, named.legs(), &terms, desk).or_refuse()?;
    Ok(Liquidation { plan, taken })
}

fn terms(
    at: &BookAt<'_>,
    account: &MarginAccount,
    health: &Health,
    named: &Named,
) -> anchor_lang::Result<Terms> {
    let book = at.book;
    let target_level = Fixed(book.target_level);
    let episode = account
        .episode()
        .observed(health, Fixed(book.call_level), target_level, at.now)
        .or_refuse()?;
    Ok(Terms {
        target_level,
        keeper_share: Fixed(book.keeper_share),
        budget: episode.budget(health, at.now).or_refuse()?,
        closes_all_positions: named.closes_all_positions(at, account)?,
        elapsed: episode.elapsed(at.now),
        moment: episode.moment_at(at.now),
    })
}
