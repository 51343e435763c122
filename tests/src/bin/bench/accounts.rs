//! Cases of what an owner arranges between his accounts and with others.

use plimsoll::{accounts as metas, instruction as data};

use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

/// Every case at `size` balances and positions; what does not depend on the size only at 1.
pub fn all(size: usize) -> Vec<Case> {
    let mut cases = vec![transfer(size)];
    if size == 1 {
        cases.push(set_delegate());
    }
    cases
}

/// Where the trader's other margin account lies.
const OTHER: u8 = 9;

/// From the trader's account to one of his that carries as much and is called.
fn transfer(size: usize) -> Case {
    let mut fixture = healthy(size);
    let (to, mut called) = (key(OTHER), fixture.account.clone());
    called.called_at = NOW - 100;
    fixture.accounts.push((to, zero_copy(&*called)));
    let accounts = metas::Transfer {
        owner: key(TRADER),
        book: fixture.book_key,
        from: fixture.account_key,
        to,
        quote_bank: bank_key(0),
    };
    let args = data::Transfer { amount: 1_000_000 };
    case("transfer", fixture, accounts, vec![], args, &[TRADER])
}

fn set_delegate() -> Case {
    let fixture = healthy(1);
    let accounts = metas::SetDelegate {
        owner: key(TRADER),
        account: fixture.account_key,
    };
    let args = data::SetDelegate {
        delegate: key(KEEPER),
        daily_notional: 1_000_000,
    };
    case("set_delegate", fixture, accounts, vec![], args, &[TRADER])
}
