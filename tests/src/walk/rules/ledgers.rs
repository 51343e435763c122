//! Sums: INV-01 to INV-07, INV-10 to INV-16, INV-20, INV-30, INV-31, INV-34, INV-38 to INV-40, INV-45.

use super::{rule, violated, Checks, Transition};
use crate::chain::LiteChain;
use crate::conservation::findings;
use crate::world::World;

pub(super) fn check(world: &World<LiteChain>, seen: &Transition<'_>, checks: &mut Checks) {
    *checks.entry("INV-01 to 07, 20, 30").or_default() += 1;
    *checks
        .entry("INV-10 to 16, 31, 34, 38, 40, 45")
        .or_default() += 1;
    let found = findings(world);
    if let Some(first) = found.first() {
        let name = seen.act.name;
        violated(
            number_of(first),
            format!("after {name}: {}", found.join("; ")),
        );
    }
    for key in &world.orders {
        if let Some(order) = world.order(key) {
            let sound = order.invariant();
            rule(checks, "INV-06", sound.is_ok(), || {
                format!("{key}: {sound:?}")
            });
        }
    }
    for key in &world.requests {
        if let Some(request) = world.pool_request(key) {
            let sound = request.invariant();
            rule(checks, "INV-39", sound.is_ok(), || {
                format!("{key}: {sound:?}")
            });
        }
    }
}

/// The invariant that a line of the findings is about.
fn number_of(line: &str) -> &'static str {
    let numbers = [
        ("vault USDC", "INV-10"),
        ("vault", "INV-11"),
        ("deposits", "INV-12"),
        ("lent shares", "INV-12"),
        ("debt shares:", "INV-15"),
        ("debt shares", "INV-12"),
        ("pending loss", "INV-31"),
        ("positions", "INV-13"),
        ("long ", "INV-13"),
        ("short ", "INV-13"),
        ("funding", "INV-13"),
        ("claims", "INV-14"),
        ("requested", "INV-40"),
        ("pool shares", "INV-16"),
    ];
    let found = numbers.iter().find(|(start, _)| line.starts_with(start));
    found.map_or("INV-01 to 07, 20, 30, 34, 38", |(_, number)| number)
}
