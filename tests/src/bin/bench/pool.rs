//! Requests to the pool: one is filed, priced, executed.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use bytemuck::Zeroable;
use plimsoll::constants::REQUEST_SEED;
use plimsoll::instructions::RequestParams;
use plimsoll::state::{request_kind, DeterminedPrice, PoolRequest};
use plimsoll::{accounts as metas, instruction as data};

use crate::fixture::*;
use crate::instructions::{case, healthy, markets, Case};

const ID: u64 = 1;
/// First slot with a market.
const FIRST: u8 = 16;

/// The three instructions over `size` markets.
pub fn all(size: usize) -> Vec<Case> {
    vec![
        pool_request(size),
        pool_price(size),
        pool_execute("pool_execute (deposit)", size, request_kind::DEPOSIT),
        pool_execute("pool_execute (withdrawal)", size, request_kind::WITHDRAWAL),
    ]
}

fn request_key() -> Pubkey {
    let provider = key(TRADER);
    let id = ID.to_le_bytes();
    pda(&[REQUEST_SEED, pool_key().as_ref(), provider.as_ref(), &id]).0
}

fn associated(mint: Pubkey) -> Pubkey {
    anchor_spl::associated_token::get_associated_token_address(&key(TRADER), &mint)
}

/// The trader has both token accounts where requests want them.
fn with_wallet(size: usize) -> Fixture {
    let mut fixture = healthy(size);
    let (quote, shares) = (mint_key(0), lp_mint_key());
    for (mint, atoms) in [(quote, 10_000_000_000), (shares, 10_000_000_000)] {
        let account = tokens(mint, key(TRADER), atoms);
        fixture.accounts.push((associated(mint), account));
    }
    fixture
}

fn waiting(size: usize, kind: u8, priced: bool) -> Fixture {
    let mut fixture = with_wallet(size);
    let mut request = PoolRequest {
        book: fixture.book_key,
        provider: key(TRADER),
        payer: key(TRADER),
        quote_account: associated(mint_key(0)),
        shares_account: associated(lp_mint_key()),
        id: ID,
        amount: 1_000_000_000,
        execute_at: NOW - 1,
        keeper_fee: 50_000,
        kind,
        ..PoolRequest::zeroed()
    };
    for slot in slots(size) {
        let at = usize::from(slot);
        if priced {
            request.prices[at] = DeterminedPrice::of(&fixture.book.assets[at].band());
        }
    }
    fixture.accounts.push((request_key(), zero_copy(&request)));
    fixture.pool_mut(|pool| match kind {
        request_kind::DEPOSIT => pool.requested_quote = request.amount,
        _ => pool.requested_shares = request.amount,
    });
    fixture
}

fn slots(size: usize) -> core::ops::Range<u8> {
    FIRST..FIRST + u8::try_from(size).expect("at most 16")
}

fn pool_request(size: usize) -> Case {
    let fixture = with_wallet(size);
    let accounts = metas::RequestPool {
        provider: key(TRADER),
        payer: key(TRADER),
        book: fixture.book_key,
        pool: pool_key(),
        lp_mint: lp_mint_key(),
        quote_bank: bank_key(0),
        vault: vault_key(0),
        mint: mint_key(0),
        quote_account: associated(mint_key(0)),
        shares_account: associated(lp_mint_key()),
        request: request_key(),
        token_program: anchor_spl::token::ID,
        system_program: anchor_lang::system_program::ID,
    };
    let params = RequestParams {
        id: ID,
        kind: request_kind::DEPOSIT,
        amount: 1_000_000_000,
        least: 0,
        keeper_fee: 50_000,
    };
    let call = data::PoolRequest { params };
    case("pool_request", fixture, accounts, vec![], call, &[TRADER])
}

fn pool_price(size: usize) -> Case {
    let fixture = waiting(size, request_kind::DEPOSIT, false);
    let accounts = metas::PricePool {
        book: fixture.book_key,
        request: request_key(),
    };
    let slots: Vec<u8> = slots(size).collect();
    let feeds = slots.iter().map(|slot| price_key(*slot));
    let feeds = feeds.map(|feed| AccountMeta::new_readonly(feed, false));
    let feeds = feeds.collect();
    let call = data::PoolPrice { slots };
    case("pool_price", fixture, accounts, feeds, call, &[KEEPER])
}

fn pool_execute(name: &'static str, size: usize, kind: u8) -> Case {
    let fixture = waiting(size, kind, true);
    let accounts = metas::ExecutePool {
        keeper: key(KEEPER),
        book: fixture.book_key,
        pool: pool_key(),
        lp_mint: lp_mint_key(),
        quote_bank: bank_key(0),
        vault: vault_key(0),
        mint: mint_key(0),
        request: request_key(),
        payer: key(TRADER),
        quote_account: associated(mint_key(0)),
        shares_account: associated(lp_mint_key()),
        token_program: anchor_spl::token::ID,
    };
    let call = data::PoolExecute {};
    case(name, fixture, accounts, markets(size), call, &[KEEPER])
}
