//! What is tried by people who mean harm. What must not succeed is a violation if it does; of the rest the
//! rules say what must still be true.

use super::act::Act;
use super::step::{Attack, Much};
use super::{violated, Walk};
use crate::accounts::{call, meta};
use crate::actor::{key_of, position_leg};
use crate::amounts::Amount;
use crate::chain::Chain;
use crate::orders::{market_order, Ask};
use crate::params::{SOL, USDC};
use crate::pyth::PriceUpdate;
use anchor_lang::solana_program::instruction::Instruction;
use plimsoll::events::PriceAccepted;
use plimsoll::instruction as ix;
use solana_address::Address;

const MALLORY: &str = "mallory";

impl Walk {
    pub(super) fn attacks(&mut self, who: u8, attack: Attack) {
        let victim = self.name(who % 9);
        match attack {
            Attack::WrongSigner(what) => self.signs_for(victim, what),
            Attack::WrongAccount {
                what,
                which,
                instead,
            } => self.gives_wrong_account(victim, what, which, instead),
            Attack::Replay(pick) => self.replays(pick),
            Attack::Undetermined(pick) => self.executes_undetermined(pick),
            Attack::OldUpdate(slot) => self.offers_old(slot),
            Attack::Forged(slot) => self.offers_forged(slot),
            Attack::Huge(what) => self.asks_too_much(who, what),
            Attack::SelfLiquidation => self.liquidates_himself(who),
            Attack::LiquidatesHealthy(slot) => self.liquidates_healthy(victim, slot),
            Attack::CancelsKnown(_) => self.cancels_known(),
            Attack::Sandwich => self.sandwiches(),
            Attack::Donates(much) => self.donates(much),
        }
    }

    fn must_be_refused(
        &mut self,
        attack: &'static str,
        act: &Act,
        said: &str,
        all: &[Instruction],
    ) {
        self.tally.attack(attack);
        let done = self.attempt(act, said, |world| world.send(all, &[MALLORY]));
        if done.is_ok() {
            violated(attack, format!("{said}: accepted"));
        }
    }

    /// Instructions that are somebody's own, ready to be doctored.
    fn own_instruction(&self, victim: &str, kind: u8, more: u8) -> (&'static str, Instruction) {
        let world = &self.world;
        let slot = self.slot(more);
        let market = self.market_slot(more);
        let size = self.atoms_for(market, 100.0) as i64;
        let params = market_order(size, world.spec.exchange.min_keeper_fee);
        let pool = self.request_params(1, 1_000);
        match kind {
            0 => {
                let args = ix::Withdraw {
                    amount: 1_000,
                    borrow: more & 1 != 0,
                };
                (
                    "withdraw",
                    call(world.withdraw_accounts(victim, 0, slot), args),
                )
            }
            1 => {
                let accounts = world.transfer_accounts(victim, 0, 1);
                ("transfer", call(accounts, ix::Transfer { amount: 1_000 }))
            }
            2 => {
                let accounts = world.set_lending_accounts(victim, 0, slot);
                let lend = more & 1 != 0;
                ("set_lending", call(accounts, ix::SetLending { lend }))
            }
            3 => {
                let args = ix::SetDelegate {
                    delegate: key_of(MALLORY),
                    daily_notional: u64::MAX,
                };
                (
                    "set_delegate",
                    call(world.set_delegate_accounts(victim, 0), args),
                )
            }
            4 => {
                let accounts = world.set_model_accounts(victim, 0);
                let model = more % 3;
                ("set_model", call(accounts, ix::SetModel { model }))
            }
            5 => (
                "close_account",
                call(world.close_accounts(victim, 0), ix::CloseAccount {}),
            ),
            6 => {
                let accounts = world.place_accounts(victim, 0, market, 0);
                ("place_order", call(accounts, ix::PlaceOrder { params }))
            }
            7 => {
                let accounts = world.deposit_accounts(victim, 0, slot);
                ("deposit", call(accounts, ix::Deposit { amount: 1_000 }))
            }
            8 => {
                let accounts = world.pool_request_accounts(victim, pool.id);
                (
                    "pool_request",
                    call(accounts, ix::PoolRequest { params: pool }),
                )
            }
            9 => {
                let amount = Amount { slot, atoms: 1_000 };
                (
                    "swap_begin",
                    world.begin_instruction(victim, 0, amount, true),
                )
            }
            10 => {
                let accounts = world.settle_accounts(world.account_key(victim, 0));
                ("settle", call(accounts, ix::Settle {}))
            }
            _ => {
                let accounts = world.call_margin_accounts(world.account_key(victim, 0));
                ("call_margin", call(accounts, ix::CallMargin {}))
            }
        }
    }

    fn signs_for(&mut self, victim: &'static str, what: u8) {
        // The last two anybody may send.
        let (name, mut instruction) = self.own_instruction(victim, what % 10, what / 10);
        let key = self.world.account_key(victim, 0);
        let named =
            self.exists(&key) && self.world.margin_account(&key).delegate == key_of(MALLORY);
        if name == "place_order" && named {
            return;
        }
        if instruction
            .accounts
            .iter()
            .all(|meta| meta.pubkey != key_of(victim))
        {
            return;
        }
        for meta in &mut instruction.accounts {
            if meta.pubkey == key_of(victim) {
                meta.pubkey = key_of(MALLORY);
            }
        }
        let said = format!("{MALLORY} signs {name} of {victim}");
        let act = Act::of(name).hostile();
        self.must_be_refused("wrong signer", &act, &said, &[instruction]);
    }

    fn gives_wrong_account(&mut self, victim: &'static str, what: u8, which: u8, instead: u8) {
        let (name, mut instruction) = self.own_instruction(victim, what % 12, what / 12);
        let others = self.other_accounts(victim);
        let at = usize::from(which) % instruction.accounts.len();
        let other = others[usize::from(instead) % others.len()];
        let given = &mut instruction.accounts[at];
        if given.is_signer || given.pubkey == other {
            return;
        }
        given.pubkey = other;
        let said = format!("{victim} gives {name} another account in place {at}");
        // What he may name freely is his to name: that nothing else breaks is for the rules.
        let act = Act {
            touches: None,
            ..Act::of(name).hostile()
        };
        self.tally.attack("wrong account");
        let key = self.world.account_key(victim, 2);
        let order = self.world.order_key(&self.world.account_key(victim, 0), 0);
        self.world.watch_order(order);
        let _ = self.attempt(&act, &said, |world| {
            let id = world.next_order;
            world.watch_request(world.request_key(victim, id));
            world.next_order += 1;
            world.send(&[instruction], &[victim])
        });
        debug_assert!(!self.exists(&key));
    }

    fn other_accounts(&self, victim: &str) -> Vec<Address> {
        let world = &self.world;
        let mut all = vec![
            world.keys.exchange,
            world.keys.book,
            world.keys.pool,
            world.keys.lp_mint,
        ];
        for asset in &world.assets {
            all.extend([
                asset.bank,
                asset.vault,
                asset.mint,
                asset.market,
                asset.feed.account,
            ]);
            all.push(world.token_key(victim, asset.slot));
            all.push(world.token_key("keeper", asset.slot));
        }
        all.extend(super::PEOPLE.map(|name| world.account_key(name, 0)));
        all
    }

    fn replays(&mut self, pick: u8) {
        let Some(at) = usize::from(pick).checked_rem(self.executed.len()) else {
            return;
        };
        let order = self.executed[at];
        if self.world.order(&order.key).is_some() {
            return;
        }
        let price = self.world.asset(order.slot).feed.account;
        self.tally.attack("replayed order");
        if self.executes_at(&order, price, true).is_ok() {
            violated("replayed order", format!("{} executed twice", order.key));
        }
    }

    /// Executes a market order on the newest update although another is determined.
    fn executes_undetermined(&mut self, pick: u8) {
        let market = |order: &crate::orders::PlacedOrder| {
            self.world
                .order(&order.key)
                .is_some_and(|held| !held.is_resting())
        };
        let pending: Vec<_> = self.standing().into_iter().filter(market).collect();
        let Some(at) = usize::from(pick).checked_rem(pending.len()) else {
            return;
        };
        let order = pending[at];
        self.freshens();
        let kept = self.kept[usize::from(order.slot)].clone();
        let fits =
            |kept: &super::Kept| kept.previous < order.execute_at && order.execute_at <= kept.time;
        let wrong = kept.iter().rev().find(|kept| !fits(kept));
        if let Some(wrong) = wrong {
            self.tally.attack("undetermined update");
            if self.executes_at(&order, wrong.key, true).is_ok() {
                violated(
                    "undetermined update",
                    format!("{} executed on it", order.key),
                );
            }
        }
    }

    fn offers_old(&mut self, slot: u8) {
        let slot = self.slot(slot);
        let Some(kept) = self.kept[usize::from(slot)].first().copied() else {
            return;
        };
        let symbol = &self.world.asset(slot).symbol;
        let said = format!(
            "an update of {symbol} of {} s ago is offered",
            self.world.now() - kept.time
        );
        self.tally.attack("old update");
        let stood = self.world.book().assets[usize::from(slot)].publish_time;
        let act = Act::of("refresh").hostile();
        let done = self.attempt(&act, &said, |world| world.refresh_from(slot, kept.key));
        let accepted = done.is_ok_and(|receipt| !receipt.events::<PriceAccepted>().is_empty());
        if accepted && kept.time <= stood {
            violated("old update", said);
        }
    }

    fn offers_forged(&mut self, slot: u8) {
        let slot = self.market_slot(slot);
        let now = self.world.now();
        let honest = self.world.update(slot);
        let forged = PriceUpdate {
            receiver: key_of(MALLORY),
            price: honest.price.saturating_mul(3),
            publish_time: now,
            previous_publish_time: now - 1,
            ..honest
        };
        let key = self.world.post(&forged);
        self.tally.attack("forged update");
        let symbol = &self.world.asset(slot).symbol;
        let said = format!("a forged update of {symbol} is offered");
        let act = Act::of("refresh").hostile();
        let done = self.attempt(&act, &said, |world| world.refresh_from(slot, key));
        if done.is_ok_and(|receipt| !receipt.events::<PriceAccepted>().is_empty()) {
            violated("forged update", said);
        }
        for order in self
            .standing()
            .into_iter()
            .filter(|order| order.slot == slot)
        {
            if self.executes_at(&order, key, true).is_ok() {
                violated("forged update", format!("{} executed on it", order.key));
            }
        }
    }

    fn liquidates_himself(&mut self, who: u8) {
        let name = self.name(who);
        let key = self.world.account_key(name, 0);
        if !self.exists(&key) {
            return;
        }
        self.tally.attack("self-liquidation");
        let legs = [position_leg(self.market_slot(who))];
        let said = format!("{name} liquidates himself");
        let act = Act::on("liquidate", &[key]).about(key).hostile();
        let done = self.attempt(&act, &said, |world| {
            let (accounts, given) = super::crank::liquidation(world, name, key, &legs);
            let args = ix::Liquidate {
                legs: legs.to_vec(),
            };
            world.send(
                &[crate::accounts::call_with(accounts, args, given)],
                &[name],
            )
        });
        if done.is_ok() {
            violated("self-liquidation", said);
        }
    }

    fn liquidates_healthy(&mut self, victim: &'static str, slot: u8) {
        let key = self.world.account_key(victim, 0);
        self.freshens();
        if !self.exists(&key) || !self.health(&key).maintenance.is_met() {
            return;
        }
        self.tally.attack("healthy account");
        let account = self.world.margin_account(&key);
        let places = account.positions.iter().filter(|place| place.base != 0);
        let held = places.map(|place| position_leg(place.slot)).next();
        let leg = held.unwrap_or(position_leg(self.market_slot(slot)));
        if self.liquidates_legs(key, &[leg], MALLORY, true).is_ok() {
            violated("healthy account", format!("{victim} was liquidated"));
        }
    }

    /// A market order whose price is known is not taken back.
    fn cancels_known(&mut self) {
        let key = self.world.account_key(MALLORY, 0);
        if !self.exists(&key) {
            return;
        }
        self.freshens();
        let amount = Amount {
            slot: SOL,
            atoms: self.atoms_for(SOL, 200.0),
        };
        let Some(order) = self.places(MALLORY, 0, MALLORY, Ask::long(amount)) else {
            return;
        };
        if self.world.now() < order.execute_at {
            self.world.chain.set_clock(order.execute_at);
        }
        self.publishes();
        let accounts = self.world.cancel_accounts(MALLORY, &order);
        let cancel = call(accounts, ix::CancelOrder {});
        let said = format!("{MALLORY} cancels an order whose price is known");
        let act = Act::on("cancel_order", &[key]).hostile();
        self.must_be_refused("known price", &act, &said, &[cancel]);
        let _ = self.executes_order(&order);
    }

    /// Brings a price, orders and executes on it in one transaction.
    fn sandwiches(&mut self) {
        let key = self.world.account_key(MALLORY, 0);
        if !self.exists(&key) || self.world.margin_account(&key).pending_order != Address::default()
        {
            return;
        }
        self.freshens();
        let id = self.world.next_order;
        self.world.next_order += 1;
        let size = self.atoms_for(SOL, 200.0) as i64;
        let params = plimsoll::instructions::OrderParams {
            id,
            ..market_order(size, self.world.spec.exchange.min_keeper_fee)
        };
        let accounts = self.world.place_accounts(MALLORY, 0, SOL, id);
        let order = accounts.order;
        self.world.watch_order(order);
        let place = call(accounts, ix::PlaceOrder { params });
        let price = self.world.asset(SOL).feed.account;
        let execute = plimsoll::accounts::ExecuteOrder {
            keeper: key_of(MALLORY),
            book: self.world.keys.book,
            account: key,
            market: self.world.asset(SOL).market,
            order,
            payer: key_of(MALLORY),
            price,
            partner: None,
        };
        let execute = call(execute, ix::ExecuteOrder {});
        let mut refresh = call(
            self.world.refresh_accounts(),
            ix::Refresh { slots: vec![SOL] },
        );
        refresh.accounts.push(meta(price, false));
        let said = format!("{MALLORY} brings a price and trades on it at once");
        let act = Act::on("execute_order", &[key]).hostile();
        self.must_be_refused("sandwich", &act, &said, &[refresh, place, execute]);
    }

    fn donates(&mut self, much: Much) {
        let slot = match much {
            Much::Atoms(atoms) => self.slot(atoms),
            _ => USDC,
        };
        let atoms = self.atoms_of(slot, much, 1_000_000).min(1_000_000_000_000);
        if atoms == 0 {
            return;
        }
        self.tally.attack("donation");
        let said = format!("{MALLORY} donates {}", self.amount(slot, atoms as i64));
        // Tokens may be frozen; and what was sent unasked is counted before it is sent.
        let (vault, source) = (
            self.world.asset(slot).vault,
            self.world.token_key(MALLORY, slot),
        );
        self.world.fund_up_to(MALLORY, slot, atoms);
        let send = crate::tokens::transfer(&source, &vault, &key_of(MALLORY), atoms);
        *self.world.donated.entry(vault).or_default() += atoms;
        let done = self.attempt(&Act::of("donate").hostile(), &said, |world| {
            world.send(&[send], &[MALLORY])
        });
        if done.is_err() {
            *self.world.donated.entry(vault).or_default() -= atoms;
        }
    }
}
