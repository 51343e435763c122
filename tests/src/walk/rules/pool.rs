//! What a share of the pool is worth to who stays: INV-41.

use super::{rule, Checks, Sight, Transition};
use plimsoll::events::PoolExecuted;
use plimsoll::state::{request_kind, AgeLimit, BookAt};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::pool::{market_liability, net_asset_value, Side};
use plimsoll_engine::units::Quote;

pub(super) fn check(seen: &Transition<'_>, checks: &mut Checks) {
    for told in seen.receipt.events::<PoolExecuted>() {
        // The end of the band against who asked: at any value that is worse for him nobody loses.
        let side = if told.kind == request_kind::DEPOSIT {
            Side::High
        } else {
            Side::Low
        };
        let was = value(seen.before, seen, side);
        let is = value(seen.after, seen, side);
        let shares = [seen.before.pool.shares, seen.after.pool.shares].map(i128::from);
        // An atom that rounds is an atom for all shares together.
        let kept = (is + 1) * shares[0] >= was * shares[1];
        rule(checks, "INV-41", kept, || {
            format!(
                "{told:?} took a share from {was}/{} to {is}/{}",
                shares[0], shares[1]
            )
        });
    }
    let (before, after) = (&seen.before.pool, &seen.after.pool);
    let executed = seen.act.name == "pool_execute" || seen.act.touches.is_none();
    rule(
        checks,
        "pool shares",
        executed || before.shares == after.shares,
        || format!("{} changed the pool's shares", seen.act.name),
    );
}

/// What the pool is worth at the book's prices, quote atoms.
fn value(sight: &Sight, seen: &Transition<'_>, side: Side) -> i128 {
    let at = BookAt {
        book: &seen.after.book,
        now: seen.after.now,
        limit: AgeLimit::Risk,
    };
    let mut owed = 0i128;
    for (slot, market) in &sight.markets {
        let asset = at.asset(*slot).expect("it is listed");
        let fees = Quote(market.accrued_insurance + market.accrued_protocol - market.cut as i64);
        let inverse = market.inverse();
        let liability = market_liability(&market.sums(), fees, &asset, inverse, side);
        owed += i128::from(liability.expect("it can be valued").0);
    }
    let index = at
        .borrow_index(seen.after.book.quote_slot)
        .expect("an index");
    let owed = Quote(i64::try_from(owed).expect("it fits"));
    let value = net_asset_value(&sight.pool.ledger(), index, owed, side);
    i128::from(value.expect("it can be valued").0)
}
