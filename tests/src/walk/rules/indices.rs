//! Indices and times go one way: INV-30 and what follows from it.

use super::{rule, Checks, Transition};
use plimsoll::events::BadDebtSettled;

pub(super) fn check(seen: &Transition<'_>, checks: &mut Checks) {
    let losses = seen.receipt.events::<BadDebtSettled>();
    let lost = |slot: u8| {
        let borne = losses.iter().flat_map(|told| &told.borne);
        borne
            .filter(|loss| loss.slot == slot)
            .any(|loss| loss.lenders > 0)
    };
    for (slot, after) in &seen.after.banks {
        let before = &seen.before.banks[slot];
        let rises = after.borrow_index >= before.borrow_index
            && (after.deposit_index >= before.deposit_index || lost(*slot));
        rule(checks, "INV-30", rises, || {
            format!(
                "{}: indices of slot {slot} fell from {} and {} to {} and {}",
                seen.act.name,
                before.borrow_index,
                before.deposit_index,
                after.borrow_index,
                after.deposit_index
            )
        });
    }
    let (before, after) = (&seen.before.book, &seen.after.book);
    let count = usize::from(after.asset_count);
    for (slot, (was, is)) in before
        .assets
        .iter()
        .zip(&after.assets)
        .take(count)
        .enumerate()
    {
        let forward = is.publish_time >= was.publish_time
            && is.index_time >= was.index_time
            && is.funding_time >= was.funding_time
            && is.borrow_index >= was.borrow_index
            && (0..2).all(|side| is.sides[side].epoch >= was.sides[side].epoch);
        rule(checks, "times and epochs", forward, || {
            format!("{}: something of slot {slot} went back", seen.act.name)
        });
        // A price changes by an update and nothing else, and never at the same publish time.
        let moved = (is.spot, is.price_shift) != (was.spot, was.price_shift);
        let allowed = !moved || is.publish_time > was.publish_time || is.oracle_kind == 0;
        rule(checks, "prices by updates", allowed || slot == 4, || {
            format!(
                "{}: the price of slot {slot} moved without an update",
                seen.act.name
            )
        });
    }
    let sequence = after.sequence >= before.sequence
        && after.newest_publish_time >= before.newest_publish_time;
    rule(checks, "times and epochs", sequence, || {
        format!("{}: the book's count went back", seen.act.name)
    });
}
