//! Announced changes, tightenings and fees.

use anchor_lang::prelude::Pubkey;
use plimsoll::constants::CHANGE_SEED;
use plimsoll::instructions::{MarketParams, Tightening};
use plimsoll::state::{ParameterChange, Patch};
use plimsoll::{accounts as metas, instruction as data};
use solana_account::Account;

use crate::exchange::market_params;
use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

const ID: u64 = 1;
const SLOT: u8 = 16;

/// The five instructions.
pub fn all() -> Vec<Case> {
    vec![
        announce_change(),
        apply_change(),
        cancel_change(),
        tighten(),
        collect_fees(),
    ]
}

fn change_key() -> Pubkey {
    let id = ID.to_le_bytes();
    pda(&[CHANGE_SEED, exchange_key().as_ref(), &id]).0
}

fn patch() -> Patch {
    let params = MarketParams {
        max_skew: 250_000 * TOKEN,
        ..market_params()
    };
    Patch::Market { slot: SLOT, params }
}

/// A change that is due.
fn announced() -> Fixture {
    let mut fixture = healthy(1);
    let change = ParameterChange {
        exchange: exchange_key(),
        payer: key(AUTHORITY),
        id: ID,
        announced_at: NOW - 300_000,
        earliest: NOW - 1,
        latest: NOW + 1,
        moved_at: 0,
        grown: 0,
        version: 0,
        bump: 255,
        patch: patch(),
        from: Vec::new(),
    };
    let mut account: Account = borsh(&change);
    account
        .data
        .resize(ParameterChange::space(&change.patch), 0);
    fixture.accounts.push((change_key(), account));
    fixture
}

fn announce_change() -> Case {
    let accounts = metas::AnnounceChange {
        authority: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        change: change_key(),
        system_program: anchor_lang::system_program::ID,
    };
    let call = data::AnnounceChange {
        id: ID,
        patch: patch(),
    };
    case(
        "announce_change",
        healthy(1),
        accounts,
        vec![],
        call,
        &[AUTHORITY],
    )
}

fn apply_change() -> Case {
    let accounts = metas::ApplyChange {
        applier: key(KEEPER),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        change: change_key(),
        book: key(BOOK),
        pool: None,
        bank: None,
        market: Some(market_key(SLOT)),
    };
    let call = data::ApplyChange {};
    case(
        "apply_change",
        announced(),
        accounts,
        vec![],
        call,
        &[KEEPER],
    )
}

fn cancel_change() -> Case {
    let accounts = metas::CancelChange {
        signer: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        change: change_key(),
    };
    let call = data::CancelChange {};
    case(
        "cancel_change",
        announced(),
        accounts,
        vec![],
        call,
        &[AUTHORITY],
    )
}

fn tighten() -> Case {
    let tightening = Tightening::MarketCaps {
        max_skew: 1,
        max_open_interest: 1,
    };
    let accounts = metas::Tighten {
        guardian: key(AUTHORITY),
        exchange: exchange_key(),
        book: key(BOOK),
        bank: None,
        market: Some(market_key(SLOT)),
    };
    let call = data::Tighten { tightening };
    case("tighten", healthy(1), accounts, vec![], call, &[AUTHORITY])
}

fn collect_fees() -> Case {
    let accounts = metas::CollectFees {
        authority: key(AUTHORITY),
        exchange: exchange_key(),
        book: key(BOOK),
        bank: bank_key(0),
        vault: vault_key(0),
        mint: mint_key(0),
        destination: token_key(TRADER, 0),
        token_program: anchor_spl::token::ID,
    };
    let call = data::CollectFees {};
    case(
        "collect_fees",
        healthy(1),
        accounts,
        vec![],
        call,
        &[AUTHORITY],
    )
}
