//! Accounts at the exact place of a boundary. With the quote at 1.00 and without confidence, one atom
//! deposited moves equity by one micro-dollar, and the requirement by at most that.

use plimsoll::state::AgeLimit;
use plimsoll_engine::health::{Health, Purpose};
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;

/// No boundary of these tests lies farther away than this many atoms.
const FAR: u64 = 1 << 40;

/// Health of account 0 of a wallet if he had deposited so many atoms of quote more.
pub fn health_with<C: Chain>(world: &World<C>, name: &str, atoms: u64) -> Health {
    let mut account = world.account(name);
    account.balances[0].amount += i64::try_from(atoms).expect("an amount");
    health(
        &world.book(),
        &account,
        world.now(),
        AgeLimit::Other,
        Purpose::Trade,
    )
}

/// The smallest deposit with which the surplus that `surplus` names is zero or more; it is exactly
/// zero then, and with an atom less it is -1.
pub fn deposit_until<C: Chain>(
    world: &World<C>,
    name: &str,
    surplus: impl Fn(&Health) -> i64,
) -> u64 {
    let at = |atoms| surplus(&health_with(world, name, atoms));
    let (mut too_little, mut enough) = (0, FAR);
    assert!(at(too_little) < 0, "the boundary lies above");
    while enough - too_little > 1 {
        let middle = (too_little + enough) / 2;
        if at(middle) >= 0 {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    assert_eq!((at(too_little), at(enough)), (-1, 0), "the boundary is hit");
    enough
}

/// E_m.
pub fn above_zero(health: &Health) -> i64 {
    health.maintenance.equity.0
}

/// E_m − R_m.
pub fn above_maintenance(health: &Health) -> i64 {
    health.maintenance.equity.0 - health.maintenance.requirement.0
}

/// E_i − R_i.
pub fn above_initial(health: &Health) -> i64 {
    health.initial.equity.0 - health.initial.requirement.0
}

/// E_m − call level of a book.
pub fn above_call_level<C: Chain>(world: &World<C>) -> impl Fn(&Health) -> i64 {
    let level = plimsoll_engine::fixed::Fixed(world.book().call_level);
    move |health| health.maintenance.equity.0 - health.level_ceil(level).expect("a level").0
}
