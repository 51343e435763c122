//! Orders: how they are asked for, waited for and executed.

use crate::accounts::call;
use crate::actor::{key_of, Actor};
use crate::amounts::Amount;
use crate::chain::{Chain, Receipt};
use crate::world::World;
use plimsoll::accounts as ax;
use plimsoll::constants::MARKET_SYNC_AGE;
use plimsoll::error::PlimsollError;
use plimsoll::events::OrderRefused;
use plimsoll::instruction as ix;
use plimsoll::instructions::OrderParams;
use plimsoll::state::Order;
use plimsoll_engine::order::{Extent, OrderKind, ANY_PRICE};
use solana_address::Address;

/// An order as it is asked for: a market order, unless it is told when to wait.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Asset slot of the market.
    pub slot: u8,
    /// Signed size in atoms.
    pub size: i64,
    /// Limit in quote atoms; none is any price.
    pub limit: Option<u64>,
    /// Keeper fee in lamports; none is the minimum.
    pub fee: Option<u64>,
    /// Id; none is the world's next.
    pub id: Option<u64>,
    /// When it may execute.
    pub kind: OrderKind,
    /// How much of its size.
    pub extent: Extent,
    /// Trigger in quote atoms, 0 for none.
    pub trigger: u64,
    /// Last second at which it may execute, 0 for none said.
    pub until: i64,
    /// Id of the other order of a pair.
    pub partner: Option<u64>,
}

impl Ask {
    /// To buy.
    pub fn long(amount: Amount) -> Self {
        let size = i64::try_from(amount.atoms).expect("a size");
        Self {
            slot: amount.slot,
            size,
            limit: None,
            fee: None,
            id: None,
            kind: OrderKind::Market,
            extent: Extent::Size,
            trigger: 0,
            until: 0,
            partner: None,
        }
    }

    /// To sell.
    pub fn short(amount: Amount) -> Self {
        let long = Self::long(amount);
        Self {
            size: -long.size,
            ..long
        }
    }

    /// For at most (a sale: at least) this.
    pub fn limit(self, quote: Amount) -> Self {
        Self {
            limit: Some(quote.atoms),
            ..self
        }
    }

    /// A limit order at this for the whole size.
    pub fn at(self, quote: Amount) -> Self {
        Self {
            kind: OrderKind::Limit,
            ..self.limit(quote)
        }
    }

    /// A stop at an oracle price at which the whole size is worth this.
    pub fn stop(self, quote: Amount) -> Self {
        Self {
            kind: OrderKind::Stop,
            trigger: quote.atoms,
            ..self
        }
    }

    /// A take-profit at an oracle price at which the whole size is worth this.
    pub fn take_profit(self, quote: Amount) -> Self {
        Self {
            kind: OrderKind::TakeProfit,
            trigger: quote.atoms,
            ..self
        }
    }

    /// Reducing only.
    pub fn reduce(self) -> Self {
        Self {
            extent: Extent::Reduce,
            ..self
        }
    }

    /// All that is held, whatever the size.
    pub fn close(self) -> Self {
        Self {
            extent: Extent::Close,
            ..self
        }
    }

    /// Executable until then.
    pub fn until(self, time: i64) -> Self {
        Self {
            until: time,
            ..self
        }
    }

    /// Paired with another order of the account.
    pub fn paired_with(self, id: u64) -> Self {
        Self {
            partner: Some(id),
            ..self
        }
    }

    /// With a keeper fee in lamports.
    pub fn fee(self, lamports: u64) -> Self {
        Self {
            fee: Some(lamports),
            ..self
        }
    }

    /// With an id of one's choice.
    pub fn id(self, id: u64) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }
}

/// The parameters of a market order without a limit, id 0.
pub fn market_order(size: i64, keeper_fee: u64) -> OrderParams {
    OrderParams {
        id: 0,
        size,
        limit_quote: if size > 0 { ANY_PRICE } else { 0 },
        trigger_quote: 0,
        expires_at: 0,
        partner: Address::default(),
        keeper_fee,
        kind: OrderKind::Market.code(),
        extent: Extent::Size.code(),
    }
}

/// An order that waits, or waited.
#[derive(Clone, Copy, Debug)]
pub struct PlacedOrder {
    /// Its address.
    pub key: Address,
    /// The margin account.
    pub account: Address,
    /// Who paid its rent.
    pub payer: Address,
    /// Asset slot of the market.
    pub slot: u8,
    /// Signed size in atoms.
    pub size: i64,
    /// Notional when placed, quote atoms.
    pub notional: u64,
    /// The instant that determines its update.
    pub execute_at: i64,
    /// Lamports for the keeper.
    pub keeper_fee: u64,
    /// The other order of a pair.
    pub partner: Option<Address>,
}

impl PlacedOrder {
    /// From the account.
    pub fn new(key: Address, order: &Order) -> Self {
        Self {
            key,
            account: order.account,
            payer: order.payer,
            slot: order.slot,
            size: order.size,
            notional: order.notional,
            execute_at: order.execute_at,
            keeper_fee: order.keeper_fee,
            partner: (order.partner != Address::default()).then_some(order.partner),
        }
    }
}

impl<C: Chain> World<C> {
    /// Syncs if the market in `slot` was not synced within half an hour, as keepers do.
    pub fn sync_when_due(&mut self, slot: u8) {
        let written = self.book().assets[usize::from(slot)].funding_time;
        if self.now() - written > MARKET_SYNC_AGE / 2 {
            self.sync();
        }
    }

    /// Moves the clock to the instant of the order, if that is still to come, and makes sure that the
    /// order's feed has published since. Returns the account of the determined update.
    pub fn reach(&mut self, order: &PlacedOrder) -> Address {
        if self.now() < order.execute_at {
            self.chain.set_clock(order.execute_at);
        }
        if self.asset(order.slot).feed.publish_time < order.execute_at {
            self.publish_all();
        }
        let feed = &self.asset(order.slot).feed;
        let (account, is_push) = (feed.account, feed.is_push);
        if is_push {
            self.refresh();
        }
        account
    }
}

impl<C: Chain> Actor<'_, C> {
    /// Places an order.
    pub fn asks(self, ask: Ask) -> Self {
        let (name, id) = (self.name.clone(), self.id);
        self.asks_on(&name, id, ask)
    }

    /// Places an order on account 0 of somebody who may have named him for it; he pays rent and fee.
    pub fn asks_for(self, owner: &str, ask: Ask) -> Self {
        self.asks_on(owner, 0, ask)
    }

    fn asks_on(self, owner: &str, account: u16, ask: Ask) -> Self {
        let id = ask.id.unwrap_or(self.world.next_order);
        self.world.next_order = self.world.next_order.max(id) + 1;
        let own = key_of(&self.name);
        let accounts = ax::PlaceOrder {
            trader: own,
            payer: own,
            ..self.world.place_accounts(owner, account, ask.slot, id)
        };
        self.world.watch_order(accounts.order);
        let any_price = if ask.size > 0 { ANY_PRICE } else { 0 };
        let partner = ask
            .partner
            .map(|id| self.world.order_key(&accounts.account, id));
        let params = OrderParams {
            id,
            size: ask.size,
            limit_quote: ask.limit.unwrap_or(any_price),
            trigger_quote: ask.trigger,
            expires_at: ask.until,
            partner: partner.unwrap_or_default(),
            keeper_fee: ask.fee.unwrap_or(self.world.spec.exchange.min_keeper_fee),
            kind: ask.kind.code(),
            extent: ask.extent.code(),
        };
        self.does(&[call(accounts, ix::PlaceOrder { params })])
    }

    /// Places an order to buy.
    pub fn asks_long(self, amount: Amount) -> Self {
        self.asks(Ask::long(amount))
    }

    /// Places an order to sell.
    pub fn asks_short(self, amount: Amount) -> Self {
        self.asks(Ask::short(amount))
    }

    /// Places an order, which must succeed.
    pub fn places(self, ask: Ask) -> PlacedOrder {
        let id = ask.id.unwrap_or(self.world.next_order);
        let mut actor = self.asks(ask.id(id));
        actor.must_have_succeeded();
        let account = actor.world.account_key(&actor.name, actor.id);
        let key = actor.world.order_key(&account, id);
        let order = actor.world.order(&key).expect("the order exists");
        PlacedOrder::new(key, &order)
    }

    /// His pending order; the placing must have succeeded.
    pub fn order(mut self) -> PlacedOrder {
        self.must_have_succeeded();
        let account = self.world.account_key(&self.name, self.id);
        let key = self.world.margin_account(&account).pending_order;
        let order = self.world.order(&key).expect("an order is pending");
        PlacedOrder::new(key, &order)
    }

    /// Buys: places at fresh prices, waits, and has the keeper execute on the determined update.
    pub fn longs(self, amount: Amount) -> Self {
        self.trades(Ask::long(amount)).must_be_executed()
    }

    /// Sells; see [`Self::longs`].
    pub fn shorts(self, amount: Amount) -> Self {
        self.trades(Ask::short(amount)).must_be_executed()
    }

    /// Places at fresh prices, waits, has the keeper execute on the determined update, and refreshes
    /// the book. The order may be refused, by either instruction.
    pub fn trades(mut self, ask: Ask) -> Self {
        self.must_have_succeeded();
        self.world.tick();
        self.world.sync_when_due(ask.slot);
        let mut actor = self.asks(ask);
        if matches!(actor.last, Some(Err(_))) {
            return actor;
        }
        let account = actor.world.account_key(&actor.name, actor.id);
        let key = actor.world.margin_account(&account).pending_order;
        let order = actor.world.order(&key).expect("an order is pending");
        let order = PlacedOrder::new(key, &order);
        let price = actor.world.reach(&order);
        let accounts = actor.world.execute_accounts("keeper", &order, price);
        actor.world.meet("keeper");
        let execute = call(accounts, ix::ExecuteOrder {});
        actor.last = Some(actor.world.send(&[execute], &["keeper"]));
        actor.world.refresh();
        actor
    }

    /// Executes an order, as its keeper, on the determined update: waits for it first.
    pub fn executes(self, order: &PlacedOrder) -> Self {
        let price = self.world.reach(order);
        self.executes_on(order, price)
    }

    /// Executes an order on the update in an account of his choice, now.
    pub fn executes_on(self, order: &PlacedOrder, price: Address) -> Self {
        let accounts = self.world.execute_accounts(&self.name, order, price);
        self.does(&[call(accounts, ix::ExecuteOrder {})])
    }

    /// Removes an order.
    pub fn cancels(self, order: &PlacedOrder) -> Self {
        let accounts = self.world.cancel_accounts(&self.name, order);
        self.does(&[call(accounts, ix::CancelOrder {})])
    }

    /// The last action, an execution, must have closed the order as refused with this error.
    pub fn order_refused_with(self, error: PlimsollError) -> Receipt {
        let receipt = self.done();
        assert_eq!(receipt.event::<OrderRefused>().code, u32::from(error));
        receipt
    }

    fn must_be_executed(self) -> Self {
        if let Some(Ok(receipt)) = &self.last {
            if let Some(refused) = receipt.events::<OrderRefused>().first() {
                panic!(
                    "{}'s order was closed as refused: {}",
                    self.name, refused.code
                );
            }
        }
        self
    }
}
