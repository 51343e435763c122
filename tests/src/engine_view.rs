//! The engine off chain, on the very accounts and with the very trait implementations of the
//! program: what the program says must equal what this says, to the unit.

use crate::chain::Chain;
use crate::world::World;
use plimsoll::instructions::{leg_kind, HealthReport, LiquidationLeg};
use plimsoll::state::{AgeLimit, Balance, BookAt, MarginAccount, RiskBook};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{assess, assess_into, rule_of, Health, Purpose};
use plimsoll_engine::liquidation::{
    plan, Desk, DiscountCurve, NamedLeg, Plan, Prepared, Subject, Taken, Terms,
};
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::stock::Stock;
use plimsoll_engine::total::Place;
use plimsoll_engine::trade::{execute, Execution};
use plimsoll_engine::units::Base;
use solana_address::Address;

/// A plan and what it takes of each leg.
pub type Planned = plimsoll_engine::Result<(Plan, Vec<Taken>)>;

impl<C: Chain> World<C> {
    /// Health of account 0 of a wallet by the ages for reading, as `assess` sees it.
    pub fn health(&self, name: &str) -> Health {
        self.health_as(&self.account_key(name, 0), AgeLimit::Other, Purpose::Trade)
    }

    /// Health of any margin account.
    pub fn health_as(&self, key: &Address, limit: AgeLimit, purpose: Purpose) -> Health {
        health(
            &self.book(),
            &self.margin_account(key),
            self.now(),
            limit,
            purpose,
        )
    }

    /// What `assess` must return for account 0 of a wallet now.
    pub fn report(&self, name: &str) -> HealthReport {
        report(&self.book(), &self.account(name), self.now())
    }

    /// What trading `size` atoms against a market would do at the book's price.
    pub fn quote_trade(&self, slot: u8, size: i64) -> Execution {
        let (book, market) = (self.book(), self.market(slot));
        let band = book.listed_asset(slot).expect("listed").band();
        execute(&market.terms().expect("terms"), &band, Base(size)).expect("it can be priced")
    }

    /// The plan for liquidating legs of account 0 of a wallet now.
    pub fn plan(&self, name: &str, legs: &[LiquidationLeg]) -> Planned {
        let (book, account) = (self.book(), self.account(name));
        let at = BookAt {
            book: &book,
            now: self.now(),
            limit: AgeLimit::Other,
        };
        let mut sums = Sums::default();
        let health = assess_into(&at, &*account, Purpose::Trade, &mut sums)?;
        let (call, target) = (Fixed(book.call_level), Fixed(book.target_level));
        let episode = account.episode().observed(&health, call, target, at.now)?;
        let named = legs.iter().map(|leg| self.named_leg(&at, &account, leg));
        let named = named.collect::<plimsoll_engine::Result<Vec<_>>>()?;
        let terms = Terms {
            target_level: target,
            keeper_share: Fixed(book.keeper_share),
            budget: episode.budget(&health, at.now)?,
            closes_all_positions: closes_all_positions(&account, legs),
            elapsed: episode.elapsed(at.now),
            moment: episode.moment_at(at.now),
        };
        let mut taken = vec![Taken::default(); legs.len()];
        let subject = Subject {
            book: &at,
            rule: rule_of(&at, &*account)?,
            health: &health,
            sums: &sums,
        };
        let desk = Desk {
            taken: &mut taken,
            tried: &mut vec![Taken::default(); legs.len()],
            prepared: &mut vec![Prepared::default(); legs.len()],
            places: &mut vec![Place::default(); legs.len() + 1],
        };
        let plan = plan(&subject, &named, &terms, desk)?;
        Ok((plan, taken))
    }

    fn named_leg(
        &self,
        at: &BookAt<'_>,
        account: &MarginAccount,
        leg: &LiquidationLeg,
    ) -> plimsoll_engine::Result<NamedLeg> {
        let (slot, most) = (leg.slot, leg.most);
        let asset = at.asset(slot)?;
        if leg.kind == leg_kind::POSITION {
            let market = self.market(slot);
            let mut places = account.positions.iter();
            let place = places
                .find(|place| place.base != 0 && place.slot == slot)
                .ok_or(plimsoll_engine::EngineError::LegNotHeld)?;
            return Ok(NamedLeg::Position {
                slot,
                asset,
                terms: market.terms().expect("terms"),
                fee: Fixed(market.liquidation_fee),
                position: place.position(),
                most,
            });
        }
        let owes = leg.kind == leg_kind::DEBT;
        let mut balances = account.balances.iter();
        let held = |balance: &&Balance| balance.amount != 0 && (balance.amount < 0) == owes;
        let balance = balances
            .find(|balance| held(balance) && balance.slot == slot)
            .ok_or(plimsoll_engine::EngineError::LegNotHeld)?;
        let listed = at.book.listed_asset(slot).expect("listed");
        let discount = DiscountCurve {
            least: Fixed(listed.discount_least),
            most: Fixed(listed.discount_most),
        };
        let stock = Stock::of(&balance.holding(), at)?;
        Ok(if owes {
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
        })
    }
}

/// Health of decoded accounts.
pub fn health(
    book: &RiskBook,
    account: &MarginAccount,
    now: i64,
    limit: AgeLimit,
    purpose: Purpose,
) -> Health {
    assess(&BookAt { book, now, limit }, account, purpose).expect("health can be computed")
}

/// What `assess` must return for decoded accounts.
pub fn report(book: &RiskBook, account: &MarginAccount, now: i64) -> HealthReport {
    HealthReport::of(book, account, now).expect("health can be computed")
}

fn closes_all_positions(account: &MarginAccount, legs: &[LiquidationLeg]) -> bool {
    let mut open = account
        .positions
        .iter()
        .filter(|place| place.base != 0)
        .peekable();
    open.peek().is_some()
        && open.all(|place| {
            legs.iter().any(|leg| {
                leg.kind == leg_kind::POSITION
                    && leg.slot == place.slot
                    && leg.most >= place.base.unsigned_abs()
            })
        })
}
