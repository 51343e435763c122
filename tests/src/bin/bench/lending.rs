//! Cases of the lending side: a balance that is lent or owed, in a bank of which two fifths are borrowed.

use anchor_lang::prelude::AccountMeta;
use plimsoll::constants::SYNC_AGE;
use plimsoll::{accounts as metas, instruction as data};

use crate::fixture::*;
use crate::instructions::{case, healthy, markets, Case};

/// What a small debt or a lent deposit is made of: shares of about 1,000 tokens' atoms.
const SHARES: i64 = 1_000_000_000_000;

/// Every case at `size` balances and positions. A single balance that is owed has no collateral.
pub fn all(size: usize) -> Vec<Case> {
    let mut cases = vec![
        set_lending(size),
        deposit("deposit (repay)", size, -SHARES, 0),
        deposit("deposit (lent)", size, SHARES, 1),
        withdraw("withdraw (borrow)", size, -SHARES, 0),
        withdraw("withdraw (lent)", size, SHARES, 1),
        sync(size),
    ];
    cases.retain(|case| size > 1 || case.name != "withdraw (borrow)");
    cases
}

/// The bank whose balance changes: not the quote's if the account has another.
fn slot(size: usize) -> u8 {
    u8::from(size > 1)
}

/// The balance in the bank is as given, and the bank was synced as long ago as a loan allows.
fn fixture(size: usize, balance: Option<(i64, u8)>) -> Fixture {
    let mut fixture = healthy(size);
    let slot = slot(size);
    if let Some((amount, lent)) = balance {
        let place = &mut fixture.account.balances[usize::from(slot)];
        (place.amount, place.lent) = (amount, lent);
    }
    fixture.book.assets[usize::from(slot)].index_time = NOW - SYNC_AGE;
    fixture
}

fn set_lending(size: usize) -> Case {
    let fixture = fixture(size, None);
    let accounts = metas::SetLending {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot(size)),
    };
    let args = data::SetLending { lend: true };
    case("set_lending", fixture, accounts, vec![], args, &[TRADER])
}

fn deposit(name: &'static str, size: usize, amount: i64, lent: u8) -> Case {
    let fixture = fixture(size, Some((amount, lent)));
    let slot = slot(size);
    let accounts = metas::Deposit {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot),
        vault: vault_key(slot),
        mint: mint_key(slot),
        source: token_key(TRADER, slot),
        token_program: anchor_spl::token::ID,
    };
    let args = data::Deposit { amount: 1_000_000 };
    case(name, fixture, accounts, vec![], args, &[TRADER])
}

fn withdraw(name: &'static str, size: usize, amount: i64, lent: u8) -> Case {
    let fixture = fixture(size, Some((amount, lent)));
    let slot = slot(size);
    let accounts = metas::Withdraw {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot),
        vault: vault_key(slot),
        mint: mint_key(slot),
        destination: token_key(TRADER, slot),
        token_program: anchor_spl::token::ID,
    };
    let args = data::Withdraw {
        amount: 1_000_000,
        borrow: lent == 0,
    };
    case(name, fixture, accounts, vec![], args, &[TRADER])
}

/// With another bank beside the quote's.
fn sync(size: usize) -> Case {
    let fixture = healthy(size);
    let accounts = metas::SyncBook {
        book: fixture.book_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
    };
    let mut given = markets(size);
    given.push(AccountMeta::new(bank_key(1), false));
    let args = data::Sync {};
    case(
        "sync (two banks)",
        fixture,
        accounts,
        given,
        args,
        &[KEEPER],
    )
}
