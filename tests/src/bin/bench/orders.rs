//! Orders: placing, executing, cancelling.

use anchor_lang::prelude::Pubkey;
use anchor_lang::system_program;
use plimsoll::constants::ORDER_SEED;
use plimsoll::state::Order;
use plimsoll::{accounts as metas, instruction as data};
use plimsoll_tests::orders::market_order;

use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

/// Every case at `size` balances and positions.
pub fn all(size: usize) -> Vec<Case> {
    vec![
        place_order(size),
        execute_order(size, false),
        execute_order(size, true),
        execute_stop(size),
        cancel_order(size),
    ]
}

fn place_order(size: usize) -> Case {
    let fixture = healthy(size);
    let accounts = metas::PlaceOrder {
        trader: key(TRADER),
        payer: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        market: market_key(16),
        order: order_key(fixture.account_key, 0).0,
        system_program: system_program::ID,
    };
    let params = market_order(1_000_000_000, 10_000);
    case(
        "place_order",
        fixture,
        accounts,
        vec![],
        data::PlaceOrder { params },
        &[TRADER],
    )
}

/// Buys one token, or sells one while initial margin is not met, which takes both clauses.
fn execute_order(size: usize, strained: bool) -> Case {
    if strained {
        let fixture = Fixture::new(size, 200).with_equity_at(1.05);
        execute_order_of(
            "execute_order (strained)",
            fixture.with_order(-1_000_000_000),
        )
    } else {
        execute_order_of("execute_order", healthy(size).with_order(1_000_000_000))
    }
}

/// Buys one token by a stop that is triggered, with a take-profit beside it.
fn execute_stop(size: usize) -> Case {
    let fixture = healthy(size).with_stop_of_a_pair(1_000_000_000);
    let partner = order_key(fixture.account_key, 1).0;
    let mut case = execute_order_of("execute_order (stop of a pair)", fixture);
    if let Some(last) = case.instruction.accounts.last_mut() {
        last.pubkey = partner;
    }
    case
}

/// Executes the order that an account waits for.
pub fn execute_order_of(name: &'static str, fixture: Fixture) -> Case {
    let accounts = metas::ExecuteOrder {
        keeper: key(KEEPER),
        book: fixture.book_key,
        account: fixture.account_key,
        market: market_key(16),
        order: order_key(fixture.account_key, 0).0,
        payer: key(TRADER),
        price: price_key(16),
        partner: None,
    };
    case(
        name,
        fixture,
        accounts,
        vec![],
        data::ExecuteOrder {},
        &[KEEPER],
    )
}

fn cancel_order(size: usize) -> Case {
    let mut fixture = healthy(size).with_order(1_000_000_000);
    let address = order_key(fixture.account_key, 0).0;
    for (known, account) in &mut fixture.accounts {
        if *known == address {
            // The end stands behind discriminator, four keys and eight numbers.
            let offset = 8 + 128 + 8 * 8;
            account.data[offset..offset + 8].copy_from_slice(&(NOW - 1).to_le_bytes());
        }
    }
    let accounts = metas::CancelOrder {
        keeper: key(KEEPER),
        account: fixture.account_key,
        market: market_key(16),
        order: address,
        payer: key(TRADER),
        partner: None,
    };
    case(
        "cancel_order",
        fixture,
        accounts,
        vec![],
        data::CancelOrder {},
        &[KEEPER],
    )
}

impl Fixture {
    /// A pending order of `size` atoms in slot 16, to be executed on an update at `NOW` − 1.
    pub fn with_order(mut self, size: i64) -> Self {
        let order = self.order(size, 0);
        self.account.pending_order = order_key(self.account_key, 0).0;
        self.add_order(&order);
        self
    }

    /// A stop to buy `size` atoms in slot 16 that any price triggers, and the take-profit it is paired with.
    pub fn with_stop_of_a_pair(mut self, size: i64) -> Self {
        for id in 0..2 {
            let order = Order {
                partner: order_key(self.account_key, 1 - id).0,
                trigger_quote: 1,
                kind: 2 + id as u8,
                ..self.order(size, id)
            };
            self.add_order(&order);
        }
        self
    }

    fn order(&self, size: i64, id: u64) -> Order {
        Order {
            book: key(BOOK),
            account: self.account_key,
            payer: key(TRADER),
            partner: Pubkey::default(),
            id,
            generation: 7,
            size,
            limit_quote: if size > 0 { u64::MAX } else { 0 },
            trigger_quote: 0,
            notional: 100_000_000,
            placed_at: NOW - 20,
            execute_at: NOW - 1,
            expires_at: NOW + 59,
            keeper_fee: 10_000,
            slot: 16,
            kind: 0,
            extent: 0,
            bump: order_key(self.account_key, id).1,
        }
    }

    fn add_order(&mut self, order: &Order) {
        let address = order_key(self.account_key, order.id).0;
        self.account.open_orders += 1;
        self.accounts.push((address, borsh(order)));
    }
}

/// Address of one of the trader's orders.
pub fn order_key(account: Pubkey, id: u64) -> (Pubkey, u8) {
    pda(&[ORDER_SEED, account.as_ref(), &id.to_le_bytes()])
}
