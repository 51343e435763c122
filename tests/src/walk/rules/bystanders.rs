//! Nobody is touched whom the instruction does not name: INV-32 and INV-44, and what each instruction leaves
//! of those it names.

use super::{rule, Checks, Transition};
use bytemuck::bytes_of;
use plimsoll::events::BadDebtSettled;
use plimsoll::state::MarginAccount;

/// Instructions that move neither a balance nor a position.
const MOVES_NOTHING: [&str; 5] = [
    "assess",
    "call_margin",
    "place_order",
    "set_delegate",
    "set_model",
];

pub(super) fn check(seen: &Transition<'_>, checks: &mut Checks) {
    let act = seen.act;
    let number = match act.name {
        "settle_bad_debt" => "INV-32",
        "deleverage" => "INV-44",
        _ => "bystanders",
    };
    if let Some(touches) = &act.touches {
        for (key, before) in &seen.before.accounts {
            let after = seen.after.accounts.get(key);
            let same = after.is_some_and(|after| bytes_of(&**after) == bytes_of(&**before));
            let may = touches.contains(key);
            rule(checks, number, may || same, || {
                format!("{} changed {key}, which it does not name", act.name)
            });
        }
    }
    if MOVES_NOTHING.contains(&act.name) && act.touches.is_some() {
        for (key, before) in &seen.before.accounts {
            let after = &seen.after.accounts[key];
            rule(
                checks,
                "moves nothing",
                holds_the_same(before, after),
                || format!("{} moved something of {key}", act.name),
            );
        }
    }
    check_losses(seen, checks);
}

fn holds_the_same(before: &MarginAccount, after: &MarginAccount) -> bool {
    bytemuck::bytes_of(&before.balances) == bytemuck::bytes_of(&after.balances)
        && bytemuck::bytes_of(&before.positions) == bytemuck::bytes_of(&after.positions)
        && (before.credit, before.pool_debt_shares) == (after.credit, after.pool_debt_shares)
}

/// Losses of loans never reach the pool, those of positions never a lender, and neither a deposit that is
/// not lent.
fn check_losses(seen: &Transition<'_>, checks: &mut Checks) {
    let settled = seen.receipt.events::<BadDebtSettled>();
    if settled.is_empty() {
        return;
    }
    let owed_pool = seen.act.subject.is_some_and(|key| {
        let account = &seen.before.accounts[&key];
        let results = account.positions.iter().any(|place| !place.is_free());
        account.pool_debt_shares > 0 || account.credit != 0 || results
    });
    let (before, after) = (&seen.before.pool, &seen.after.pool);
    rule(
        checks,
        "INV-32",
        owed_pool || before.cash == after.cash,
        || {
            format!(
                "a loan's loss took {} of {} of the pool",
                after.cash, before.cash
            )
        },
    );
    for (slot, bank) in &seen.after.banks {
        let before = &seen.before.banks[slot];
        let owed = |key| {
            let account: &MarginAccount = &seen.before.accounts[&key];
            let mut held = account.balances.iter();
            held.any(|held| held.slot == *slot && held.amount < 0)
        };
        let owed = seen.act.subject.is_some_and(owed);
        // Of a bank that nobody owed nobody who lends loses.
        let same = bank.deposit_index >= before.deposit_index;
        rule(checks, "INV-32", owed || same, || {
            format!("lenders of slot {slot} lost, where nothing was owed")
        });
    }
}
