//! Orders: asked for, executed on the update they have chosen, removed.

use super::act::{Act, Outcome};
use super::step::Wish;
use super::Walk;
use crate::accounts::call;
use crate::actor::key_of;
use crate::amounts::Amount;
use crate::chain::Chain;
use crate::orders::{Ask, PlacedOrder};
use plimsoll::events::OrderRefused;
use plimsoll::instruction as ix;
use plimsoll::state::{AgeLimit, Order};
use plimsoll_engine::health::Purpose;
use solana_address::Address;

/// Who asks, and through which account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub who: u8,
    pub second: bool,
    pub by_delegate: bool,
}

impl Walk {
    /// Places what is wished for; a market order is executed by a keeper at once where `drift` says so.
    pub(super) fn trades(
        &mut self,
        asker: Asker,
        slot: u8,
        buys: bool,
        wish: Wish,
        drift: Option<i32>,
    ) {
        let (name, slot) = (self.name(asker.who), self.market_slot(slot));
        let id = u16::from(asker.second);
        let key = self.world.account_key(name, id);
        if !self.exists(&key) {
            return;
        }
        self.freshens();
        let slot = if wish == Wish::Close {
            self.position_slot(&key, slot)
        } else {
            slot
        };
        let Some(asks) = self.asks_for(&key, slot, buys, wish) else {
            return;
        };
        let signer = self.signer_of(&key, name, asker.by_delegate);
        let mut placed = Vec::new();
        for ask in asks {
            placed.extend(self.places(name, id, signer, ask));
        }
        let (Some(drift), Some(order)) = (drift, placed.first().copied()) else {
            return;
        };
        let market = matches!(wish, Wish::Market(_) | Wish::Close);
        if market {
            if self.world.now() < order.execute_at {
                self.world.chain.set_clock(order.execute_at);
            }
            self.drifts(slot, drift);
            self.freshens();
            let _ = self.executes_order(&order);
        }
    }

    /// The delegate, where there is one and he is to place it.
    fn signer_of(&self, key: &Address, owner: &'static str, by_delegate: bool) -> &'static str {
        let delegate = self.world.margin_account(key).delegate;
        let named = super::PEOPLE.iter().find(|name| key_of(name) == delegate);
        match (by_delegate, named) {
            (true, Some(name)) => name,
            _ => owner,
        }
    }

    /// The orders that the wish is for this account, in atoms.
    fn asks_for(&self, key: &Address, slot: u8, buys: bool, wish: Wish) -> Option<Vec<Ask>> {
        let account = self.world.margin_account(key);
        let base = account.size_in(slot).0;
        let sized = |part: u16| -> i64 {
            let health = self.world.health_as(key, AgeLimit::Risk, Purpose::Trade);
            let free = health.initial.equity.0 - health.initial.requirement.0;
            if free <= 0 {
                return -base / 2;
            }
            let book = self.world.book();
            let listed = book.assets[usize::from(slot)];
            let rate = if buys {
                listed.initial_long
            } else {
                listed.initial_short
            };
            let rate = (rate as f64 / 2f64.powi(48)).max(0.01);
            let dollars = free as f64 / 1e6 / rate * f64::from(part) / 100.0;
            let atoms = self.atoms_for(slot, dollars.min(4_000_000.0)) as i64;
            if buys {
                atoms
            } else {
                -atoms
            }
        };
        let ask = |size: i64| {
            let amount = Amount {
                slot,
                atoms: size.unsigned_abs(),
            };
            if size > 0 {
                Ask::long(amount)
            } else {
                Ask::short(amount)
            }
        };
        let quote = |size: i64, thousandths: i16| {
            let decimals = i32::from(self.world.asset(slot).decimals);
            let price = self.feeds[usize::from(slot)].price;
            let value = size.unsigned_abs() as f64 / 10f64.powi(decimals) * price;
            let value = value * (1.0 + f64::from(thousandths) / 1_000.0);
            crate::amounts::usdc_atoms((value * 1e6) as u64)
        };
        let resting = |size: i64| if base == 0 { size } else { -base };
        let asks = match wish {
            Wish::Market(part) => vec![ask(sized(part))],
            Wish::Close => vec![ask(-base).close()],
            Wish::Limit(away) => {
                let size = sized(60);
                vec![ask(size).at(quote(size, away))]
            }
            Wish::Stop(away) => {
                let size = resting(sized(40));
                vec![ask(size).stop(quote(size, away)).reduce()]
            }
            Wish::TakeProfit(away) => {
                let size = resting(sized(40));
                vec![ask(size).take_profit(quote(size, away)).reduce()]
            }
            Wish::Pair(away) => {
                let (size, away) = (-base, i16::try_from(away).unwrap_or(1));
                let first = self.world.next_order;
                let (under, over) = if size < 0 {
                    (-away, away)
                } else {
                    (away, -away)
                };
                let stop = ask(size).stop(quote(size, under)).close();
                let profit = ask(size).take_profit(quote(size, over)).close();
                vec![
                    stop.id(first).paired_with(first + 1),
                    profit.id(first + 1).paired_with(first),
                ]
            }
        };
        (asks[0].size != 0).then_some(asks)
    }

    /// A market in which an account has a position, if there is any.
    fn position_slot(&self, key: &Address, or: u8) -> u8 {
        let account = self.world.margin_account(key);
        let mut places = account.positions.iter().filter(|place| place.base != 0);
        places.next().map_or(or, |place| place.slot)
    }

    /// Places one order.
    pub(super) fn places(
        &mut self,
        owner: &'static str,
        account: u16,
        signer: &'static str,
        ask: Ask,
    ) -> Option<PlacedOrder> {
        let key = self.world.account_key(owner, account);
        let id = ask.id.unwrap_or(self.world.next_order);
        let verb = if ask.size > 0 { "buy" } else { "sell" };
        let said = format!(
            "{signer} asks to {verb} {} ({:?}, {:?}) for {}",
            self.amount(ask.slot, ask.size.abs()),
            ask.kind,
            ask.extent,
            self.whose(&key),
        );
        let act = Act::on("place_order", &[key]).trading(ask.slot);
        let done = self.attempt(&act, &said, |world| {
            world.meet(signer);
            let actor = world.actor(signer);
            if account == 0 {
                actor.asks_for(owner, ask.id(id)).outcome()
            } else {
                actor.account(account).asks(ask.id(id)).outcome()
            }
        });
        done.ok()?;
        self.standing_order(&self.world.order_key(&key, id))
    }

    fn standing_order(&self, key: &Address) -> Option<PlacedOrder> {
        let order = self.world.order(key)?;
        Some(PlacedOrder::new(*key, &order))
    }

    /// Orders that exist.
    pub(super) fn standing(&self) -> Vec<PlacedOrder> {
        let keys = self.world.orders.iter();
        keys.filter_map(|key| self.standing_order(key)).collect()
    }

    /// One of the orders that exist; of those that `first` prefers if there are any.
    fn pick_order(&self, pick: u8, first: impl Fn(&Order) -> bool) -> Option<PlacedOrder> {
        let all = self.standing();
        let preferred = |order: &&PlacedOrder| {
            self.world
                .order(&order.key)
                .is_some_and(|held| first(&held))
        };
        let some: Vec<_> = all.iter().filter(preferred).copied().collect();
        let standing = if some.is_empty() { all } else { some };
        let at = usize::from(pick).checked_rem(standing.len())?;
        standing.get(at).copied()
    }

    pub(super) fn executes(&mut self, pick: u8) {
        let now = self.world.now();
        let pending = |order: &Order| !order.is_resting() && !order.has_lapsed(now);
        let Some(order) = self.pick_order(pick, |order| !pick.is_multiple_of(3) && pending(order))
        else {
            return;
        };
        if self.world.now() < order.execute_at {
            self.world.chain.set_clock(order.execute_at);
        }
        self.freshens();
        let _ = self.executes_order(&order);
    }

    /// A keeper executes on the determined update, or the newest for a resting order.
    pub(super) fn executes_order(&mut self, order: &PlacedOrder) -> Outcome {
        let resting = self
            .world
            .order(&order.key)
            .is_some_and(|held| held.is_resting());
        let determined = self.determined(order.slot, order.execute_at);
        let newest = self.world.asset(order.slot).feed.account;
        let price = match determined {
            Some(kept) if !resting => kept.key,
            _ => newest,
        };
        self.executes_at(order, price, false)
    }

    pub(super) fn executes_at(
        &mut self,
        order: &PlacedOrder,
        price: Address,
        hostile: bool,
    ) -> Outcome {
        let verb = if order.size > 0 { "buy" } else { "sell" };
        let said = format!(
            "a keeper executes {}'s order to {verb} {}",
            if self.exists(&order.account) {
                self.whose(&order.account)
            } else {
                "nobody".into()
            },
            self.amount(order.slot, order.size.abs()),
        );
        let act = Act::on("execute_order", &[order.account]).trading(order.slot);
        let mut act = act.gated(order.account);
        act.hostile = hostile;
        let order = *order;
        let done = self.attempt(&act, &said, |world| {
            world.meet("keeper");
            let accounts = world.execute_accounts("keeper", &order, price);
            world.send(&[call(accounts, ix::ExecuteOrder {})], &["keeper"])
        });
        if let Ok(receipt) = &done {
            if let Some(refused) = receipt.events::<OrderRefused>().first() {
                self.say(format!("    closed as refused, {}", refused.code));
            }
            self.executed.push(order);
        }
        done
    }

    pub(super) fn cancels(&mut self, pick: u8, by_owner: bool) {
        let now = self.world.now();
        let lapsed = |order: &Order| !pick.is_multiple_of(4) && order.has_lapsed(now);
        let Some(order) = self.pick_order(pick, lapsed) else {
            return;
        };
        let owner = self.world.margin_account(&order.account).owner;
        let named = super::PEOPLE.iter().find(|name| key_of(name) == owner);
        let name = match named {
            Some(name) if by_owner => name,
            _ => "kim",
        };
        let said = format!("{name} cancels an order of {}", self.whose(&order.account));
        let act = Act::on("cancel_order", &[order.account]).trading(order.slot);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.cancel_accounts(name, &order);
            world.send(&[call(accounts, ix::CancelOrder {})], &[name])
        });
    }
}
