//! What keepers do, and everybody who pays for nothing but the transaction.

use super::act::{Act, Outcome};
use super::{violated, Walk, KEEPERS};
use crate::accounts::call_with;
use crate::actor::{collateral_leg, debt_leg, position_leg};
use crate::chain::Chain;
use crate::engine_view;
use crate::params::USDC;
use anchor_lang::AnchorDeserialize;
use plimsoll::error::PlimsollError;
use plimsoll::instruction as ix;
use plimsoll::instructions::{leg_kind, HealthReport, LiquidationLeg};
use plimsoll::state::{AgeLimit, MarginAccount, PositionSlot};
use plimsoll_engine::health::{Health, Purpose};
use solana_address::Address;

/// Seconds of an episode in which no more than a part of its shortage is liquidated.
const THROTTLE_SECONDS: i64 = 60;
/// Seconds without a liquidation after which an episode has expired.
const EPISODE_SECONDS: i64 = 900;
/// Quote atoms by which a settlement may round the entry of a reduced position.
const ENTRY_ROUNDING: i64 = 1_024;

impl Walk {
    /// Live feeds publish, the book is refreshed and synced.
    pub(super) fn keeps(&mut self) {
        self.publishes();
        self.refreshes_slots(&self.live());
        self.syncs();
    }

    /// The same, synced only where that was long ago.
    pub(super) fn freshens(&mut self) {
        self.publishes();
        self.refreshes_slots(&self.live());
        let synced = self.world.book().assets[1].funding_time;
        if self.world.now() - synced > 600 {
            self.syncs();
        }
    }

    pub(super) fn refreshes(&mut self, slots: u8) {
        self.publishes();
        let all = 0..self.world.assets.len() as u8;
        let some: Vec<u8> = all.filter(|slot| slots >> slot & 1 == 1).collect();
        if !some.is_empty() {
            self.refreshes_slots(&some);
        }
    }

    pub(super) fn refreshes_slots(&mut self, slots: &[u8]) {
        let slots = slots.to_vec();
        let said = format!("the book is refreshed in {slots:?}");
        let _ = self.attempt(&Act::of("refresh"), &said, |world| {
            world.refresh_slots(&slots)
        });
    }

    pub(super) fn syncs(&mut self) {
        let _ = self.attempt(&Act::of("sync"), "the book is synced", |world| {
            world.keeper().syncs().outcome()
        });
    }

    /// Every margin account there is.
    pub(super) fn everybody(&self) -> Vec<Address> {
        let open = self.world.open_margin_accounts();
        open.into_iter().map(|(key, _)| key).collect()
    }

    fn one_of(&self, pick: u8, keys: &[Address]) -> Option<Address> {
        let at = usize::from(pick).checked_rem(keys.len())?;
        keys.get(at).copied()
    }

    /// Health as anybody reads it.
    pub(super) fn health(&self, key: &Address) -> Health {
        self.world.health_as(key, AgeLimit::Other, Purpose::Trade)
    }

    fn liquidatable(&self) -> Vec<Address> {
        let all = self.everybody().into_iter();
        all.filter(|key| !self.health(key).maintenance.is_met())
            .collect()
    }

    pub(super) fn settles(&mut self, pick: u8) {
        let all = self.everybody();
        // Whoever trades before whoever does not.
        let trading = |key: &&Address| {
            let account = self.world.margin_account(key);
            account.positions.iter().any(|place| !place.is_free()) || account.credit != 0
        };
        let some: Vec<Address> = all.iter().filter(trading).copied().collect();
        let from = if some.is_empty() { all } else { some };
        if let Some(key) = self.one_of(pick, &from) {
            self.settles_account(key);
        }
    }

    /// Settles an account twice: the second time nothing is left to settle.
    pub(super) fn settles_account(&mut self, key: Address) {
        let said = format!("{} is settled", self.whose(&key));
        let stale = |walk: &Self| {
            let markets = walk.world.assets.iter().filter(|asset| asset.has_market);
            let all = markets.flat_map(|asset| walk.world.market(asset.slot).stale_positions);
            all.sum::<u32>()
        };
        let stood = stale(self);
        let recorded = self.world.margin_account(&key).pool_pending_loss;
        let act = Act::on("settle", &[key]).about(key);
        if self
            .attempt(&act, &said, |world| settle(world, key))
            .is_err()
        {
            return;
        }
        if stale(self) < stood {
            let ended = "positions of an ended epoch settled";
            *self.tally.happened.entry(ended).or_default() += 1;
        }
        let once = self.world.margin_account(&key);
        let released = recorded > once.pool_pending_loss;
        let pool = self.world.pool();
        let again = settle(&mut self.world, key);
        let mut twice = self.world.margin_account(&key);
        // The entry of a reduced position is kept but for rounding, and nothing follows from it.
        for (place, stood) in twice.positions.iter_mut().zip(&once.positions) {
            if (place.entry - stood.entry).abs() <= ENTRY_ROUNDING {
                place.entry = stood.entry;
            }
        }
        *self.tally.checks.entry("INV-17").or_default() += 1;
        // What the cash did not cover may be covered by what the next settlement takes elsewhere.
        let same = bytemuck::bytes_of(&*once) == bytemuck::bytes_of(&*twice)
            && pool.cash == self.world.pool().cash;
        // What was recorded as a loss of the pool by this account is released after it was paid.
        if again.is_err() || (!same && !released) {
            violated(
                "INV-17",
                format!("settled again, {}", difference(&once, &twice)),
            );
        }
    }

    pub(super) fn calls(&mut self, pick: u8) {
        let Some(key) = self.one_of(pick, &self.everybody()) else {
            return;
        };
        let said = format!("the health of {} is recorded", self.whose(&key));
        let act = Act::on("call_margin", &[key]);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.call_margin_accounts(key);
            world.send(&[call_with(accounts, ix::CallMargin {}, vec![])], &[])
        });
    }

    pub(super) fn assesses(&mut self, pick: u8) {
        let Some(key) = self.one_of(pick, &self.everybody()) else {
            return;
        };
        let said = format!("the health of {} is read", self.whose(&key));
        let outcome = self.attempt(&Act::of("assess"), &said, |world| {
            let accounts = world.assess_accounts(key);
            world.send(&[call_with(accounts, ix::Assess {}, vec![])], &[])
        });
        let (book, account) = (self.world.book(), self.world.margin_account(&key));
        let expected = engine_view::report(&book, &account, self.world.now());
        *self.tally.checks.entry("INV-29").or_default() += 1;
        let found = outcome.ok().map(|receipt| {
            HealthReport::deserialize(&mut receipt.return_data.as_slice()).expect("a report")
        });
        if found != Some(expected) {
            violated("INV-29", format!("{key}: program and engine differ"));
        }
    }

    pub(super) fn insures(&mut self, much: super::step::Much) {
        let atoms = match self.atoms_of(USDC, much, 100_000_000) {
            u64::MAX => u64::MAX,
            // Not so much that nobody else ever bears a loss.
            atoms => atoms / 50,
        };
        let act = Act::of("fund_insurance");
        let act = if atoms == u64::MAX {
            act.hostile()
        } else {
            act
        };
        let said = format!(
            "kim pays {} into insurance",
            self.amount(USDC, atoms as i64)
        );
        let _ = self.attempt(&act, &said, |world| {
            if atoms < u64::MAX {
                return world.actor("kim").funds_insurance(atoms).outcome();
            }
            let accounts = world.fund_insurance_accounts("kim");
            let args = ix::FundInsurance { amount: atoms };
            world.send(&[call_with(accounts, args, vec![])], &["kim"])
        });
    }

    /// Every leg of an account; positions of an ended epoch are claims and none.
    fn legs_of(&self, key: &Address) -> Vec<LiquidationLeg> {
        let (book, account) = (self.world.book(), self.world.margin_account(key));
        let has_size = |place: &&PositionSlot| {
            let sides = &book.assets[usize::from(place.slot)].sides;
            let side = sides[usize::from(place.base < 0)].side();
            side.size_floor(&place.position())
                .is_ok_and(|size| size > 0)
        };
        let places = account.positions.iter().filter(|place| place.base != 0);
        let places = places.filter(has_size);
        let positions = places.map(|place| position_leg(place.slot));
        let held = account.balances.iter().filter(|held| held.amount != 0);
        let balances = held.filter_map(|held| match held.slot {
            USDC if held.amount > 0 => None,
            slot if held.amount > 0 => Some(collateral_leg(slot)),
            slot => Some(debt_leg(slot)),
        });
        positions.chain(balances).collect()
    }

    pub(super) fn liquidates(&mut self, pick: u8, bits: u8, part: u16, keeper: u8) {
        let Some(key) = self.one_of(pick, &self.liquidatable()) else {
            return;
        };
        self.freshens();
        if bits == 0 {
            return self.closes_all(key, KEEPERS[usize::from(keeper) % 2]);
        }
        let all = self.legs_of(&key);
        let named = all.iter().enumerate();
        let named = named.filter(|(at, _)| bits >> (at % 8) & 1 == 1);
        let legs: Vec<_> = named
            .map(|(_, leg)| LiquidationLeg {
                most: if part >= 1_000 {
                    u64::MAX
                } else {
                    self.part_of_leg(&key, leg, part)
                },
                ..*leg
            })
            .collect();
        if !legs.is_empty() {
            let _ = self.liquidates_legs(key, &legs, KEEPERS[usize::from(keeper) % 2], false);
        }
    }

    /// Closes every position of an account under water: nothing but a price that is old, wide or missing
    /// stands in the way, and the throttle in an episode's first minute.
    fn closes_all(&mut self, key: Address, keeper: &'static str) {
        let legs = self.legs_of(&key).into_iter();
        let legs: Vec<_> = legs.filter(|leg| leg.kind == leg_kind::POSITION).collect();
        let under_water = !self.health(&key).maintenance.is_met();
        if legs.is_empty() || !under_water || key == self.world.account_key(keeper, 0) {
            return;
        }
        let Err(failure) = self.liquidates_legs(key, &legs, keeper, false) else {
            return;
        };
        *self.tally.checks.entry("INV-28").or_default() += 1;
        let prices = [
            PlimsollError::PriceStale,
            PlimsollError::PriceWide,
            PlimsollError::PriceMissing,
        ];
        let account = self.world.margin_account(&key);
        let (since, now) = (account.liquidatable_since, self.world.now());
        let expired = now - since.max(account.last_liquidation) > EPISODE_SECONDS;
        let throttled = failure.code == Some(PlimsollError::Throttled.into());
        if throttled && (expired || now - since < THROTTLE_SECONDS) {
            return;
        }
        if !prices
            .map(|error| Some(error.into()))
            .contains(&failure.code)
        {
            violated("INV-28", format!("an account under water: {failure}"));
        }
    }

    fn part_of_leg(&self, key: &Address, leg: &LiquidationLeg, part: u16) -> u64 {
        let account = self.world.margin_account(key);
        let position = account
            .positions
            .iter()
            .find(|place| place.slot == leg.slot && place.base != 0);
        let balance = account
            .balances
            .iter()
            .find(|held| held.slot == leg.slot && held.amount != 0);
        let held = if leg.kind == leg_kind::POSITION {
            position.map_or(1, |place| place.base.unsigned_abs())
        } else {
            // Shares are atoms, or a thousandth and more of them.
            balance.map_or(1, |held| held.amount.unsigned_abs() / 1_024 + 1)
        };
        (u128::from(held) * u128::from(part) / 1_000).max(1) as u64
    }

    pub(super) fn liquidates_legs(
        &mut self,
        key: Address,
        legs: &[LiquidationLeg],
        keeper: &'static str,
        hostile: bool,
    ) -> Outcome {
        let desk = self.world.account_key(keeper, 0);
        // He may have closed it.
        self.opens_account(keeper, 0);
        let names = legs.iter().map(|leg| {
            let kind = ["position", "deposit", "debt"][usize::from(leg.kind).min(2)];
            format!("{kind} {}", self.world.asset(leg.slot).symbol)
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let said = format!("{keeper} liquidates {}: {names}", self.whose(&key));
        let mut act = Act::on("liquidate", &[key, desk]).about(key).gated(desk);
        act.hostile = hostile;
        self.attempt(&act, &said, |world| {
            let (accounts, given) = liquidation(world, keeper, key, legs);
            let legs = legs.to_vec();
            world.send(
                &[call_with(accounts, ix::Liquidate { legs }, given)],
                &[keeper],
            )
        })
    }

    pub(super) fn settles_bad_debt(&mut self, pick: u8, keeper: u8) {
        let bankrupt: Vec<Address> = self.everybody();
        let bankrupt: Vec<Address> = bankrupt
            .into_iter()
            .filter(|key| self.health(key).maintenance.equity.0 < 0)
            .collect();
        let try_anyway = bankrupt.is_empty() && pick.is_multiple_of(8);
        let from = if try_anyway {
            self.everybody()
        } else {
            bankrupt
        };
        if let Some(key) = self.one_of(pick, &from) {
            self.settles_bad_debt_of(key, KEEPERS[usize::from(keeper) % 2]);
        }
    }

    pub(super) fn settles_bad_debt_of(&mut self, key: Address, keeper: &'static str) {
        let desk = self.world.account_key(keeper, 0);
        if key == desk {
            return;
        }
        let said = format!("{keeper} settles the bad debt of {}", self.whose(&key));
        let act = Act::on("settle_bad_debt", &[key, desk])
            .about(key)
            .gated(desk);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = plimsoll::accounts::SettleBadDebt {
                account: key,
                ..world.settle_bad_debt_accounts(keeper, key)
            };
            let banks = world.banks_of(&key);
            world.send(
                &[call_with(accounts, ix::SettleBadDebt {}, banks)],
                &[keeper],
            )
        });
    }

    /// Everything that a keeper can take from a bankrupt account, and then his bad debt.
    pub(super) fn finishes(&mut self, pick: u8) {
        let Some(key) = self.one_of(pick, &self.liquidatable()) else {
            return;
        };
        let keeper = KEEPERS[usize::from(pick) % 2];
        if key == self.world.account_key(keeper, 0) {
            return;
        }
        self.keeps();
        self.settles_account(key);
        for kind in [0, 1, 2] {
            self.keeps();
            let legs = self
                .legs_of(&key)
                .into_iter()
                .filter(|leg| leg.kind == kind);
            for leg in legs.collect::<Vec<_>>() {
                if !self.health(&key).maintenance.is_met() {
                    let _ = self.liquidates_legs(key, &[leg], keeper, false);
                }
            }
        }
        self.settles_account(key);
        if self.health(&key).maintenance.equity.0 < 0 {
            self.settles_bad_debt_of(key, keeper);
        }
    }

    pub(super) fn deleverages(&mut self, pick: u8) {
        self.freshens();
        // The market that it is about is not known before: all are tried from one on.
        for more in 0..3 {
            let slot = self.market_slot(pick.wrapping_add(more));
            let said = format!("{} is deleveraged", self.world.asset(slot).symbol);
            let act = Act::of("deleverage").trading(slot);
            let done = self.attempt(&act, &said, |world| {
                world.actor("kim").deleverages(slot).outcome()
            });
            let another = PlimsollError::NotTheLargest.into();
            if done.err().and_then(|failure| failure.code) != Some(another) {
                return;
            }
        }
    }
}

/// What of an account a second settlement has changed.
fn difference(once: &MarginAccount, twice: &MarginAccount) -> String {
    format!("{} became {}", holdings(once), holdings(twice))
}

/// What an account has with the pool, for messages.
pub(super) fn holdings(account: &MarginAccount) -> String {
    let held = account.balances.iter().filter(|held| held.amount != 0);
    let held: Vec<_> = held
        .map(|held| (held.slot, held.amount, held.lent))
        .collect();
    let open = account.positions.iter().filter(|place| !place.is_free());
    let places: Vec<_> = open.map(|place| format!("{place:?}")).collect();
    format!(
        "{held:?}, credit {}, debt {}, {places:?}",
        account.credit, account.pool_debt_shares
    )
}

fn settle<C: Chain>(world: &mut crate::world::World<C>, key: Address) -> Outcome {
    let accounts = world.settle_accounts(key);
    let markets = world.markets_of(&key);
    world.send(&[call_with(accounts, ix::Settle {}, markets)], &[])
}

/// Accounts of a liquidation: markets of positions, then banks of everything else.
pub(super) fn liquidation<C: Chain>(
    world: &crate::world::World<C>,
    keeper: &str,
    key: Address,
    legs: &[LiquidationLeg],
) -> (
    plimsoll::accounts::Liquidate,
    Vec<solana_instruction::AccountMeta>,
) {
    use crate::accounts::meta;
    let is_position = |leg: &&LiquidationLeg| leg.kind == leg_kind::POSITION;
    let accounts = world.liquidate_accounts(keeper, key);
    let positions = legs.iter().filter(is_position);
    let mut given: Vec<_> = positions
        .map(|leg| meta(world.asset(leg.slot).market, true))
        .collect();
    let others = legs.iter().filter(|leg| !is_position(leg));
    let others = others.filter(|leg| leg.slot != USDC);
    given.extend(others.map(|leg| meta(world.asset(leg.slot).bank, true)));
    (accounts, given)
}
