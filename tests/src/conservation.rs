//! Nothing is made and nothing is lost: to the atom, after every transaction.
//!
//! The last line of every ledger, as sums over all margin accounts the world has opened.

use crate::chain::Chain;
use crate::world::World;
use plimsoll::constants::SCALE_OVER_OPEN_INTEREST;
use plimsoll::state::{MarginAccount, Pool};
use plimsoll_engine::pool::DEAD_SHARES;
use solana_address::Address;
use std::collections::BTreeMap;

type Accounts = [(Address, Box<MarginAccount>)];

/// What does not add up, line by line, and by how much each ledger differs from its sum.
#[derive(Default)]
struct Findings(Vec<String>, BTreeMap<String, i128>);

impl Findings {
    fn equal(&mut self, what: &str, ledger: i128, sum: i128) {
        let difference = ledger - sum;
        self.1.insert(what.to_owned(), difference);
        if difference != 0 {
            self.0.push(line(what, ledger, sum, difference));
        }
    }

    /// The same but for `most`, which the ledger may have more or less.
    fn about(&mut self, what: &str, ledger: i128, sum: i128, most: i128) {
        if (ledger - sum).abs() > most {
            let difference = ledger - sum;
            self.0.push(line(what, ledger, sum, difference));
        }
    }

    fn sound(&mut self, what: &str, verdict: anchor_lang::Result<()>) {
        if let Err(error) = verdict {
            self.0.push(format!("{what}: {error}"));
        }
    }
}

fn line(what: &str, ledger: i128, sum: i128, difference: i128) -> String {
    format!("{what}: ledger {ledger}, sum {sum}, difference {difference}")
}

/// Panics with a readable list if any ledger of a launched world does not add up.
pub fn assert_conserved<C: Chain>(world: &World<C>) {
    let findings = findings(world);
    assert!(
        findings.is_empty(),
        "not conserved:\n  {}",
        findings.join("\n  ")
    );
}

/// The ledgers of a launched world that do not add up.
pub fn findings<C: Chain>(world: &World<C>) -> Vec<String> {
    found(world).0
}

/// By how much each ledger exceeds its sum: what no instruction changes, even where bytes that the
/// program did not write have made it other than 0. Ledgers with a tolerance are left out.
pub fn gaps<C: Chain>(world: &World<C>) -> BTreeMap<String, i128> {
    found(world).1
}

fn found<C: Chain>(world: &World<C>) -> Findings {
    let accounts = world.open_margin_accounts();
    let pool = world.pool();
    let mut found = Findings::default();
    banks(world, &accounts, &pool, &mut found);
    let claims = markets(world, &accounts, &mut found);
    pool_ledgers(world, &accounts, &pool, claims, &mut found);
    every_account(world, &accounts, &mut found);
    found.sound("book", world.book().invariant());
    found.sound("exchange", world.exchange().invariant());
    found
}

fn banks<C: Chain>(world: &World<C>, accounts: &Accounts, pool: &Pool, found: &mut Findings) {
    let quote_slot = world.book().quote_slot;
    for asset in world.assets.iter().filter(|asset| asset.has_bank) {
        let (symbol, bank) = (&asset.symbol, world.bank(asset.slot));
        let cash = if asset.slot == quote_slot {
            pool.in_vault().expect("no overflow")
        } else {
            0
        };
        let ledgers = bank.ledgers().expect("no overflow");
        let owed = [ledgers, cash];
        let donated = world.donated.get(&asset.vault).copied().unwrap_or(0);
        let tokens = i128::from(world.token_amount(&asset.vault)) - i128::from(donated);
        found.equal(
            &format!("vault {symbol}"),
            tokens,
            owed.iter().map(|x| i128::from(*x)).sum(),
        );
        let held = accounts.iter().flat_map(|(_, account)| &account.balances);
        let mut sums = [0i128; 4];
        for balance in held.filter(|balance| balance.slot == asset.slot) {
            let kind = match (balance.amount, balance.lent) {
                (..0, _) => 2,
                (_, 0) => 0,
                _ => 1,
            };
            sums[kind] += i128::from(balance.amount.unsigned_abs());
            sums[3] += i128::from(balance.pending_loss);
        }
        let ledgers = [
            ("deposits", bank.deposits),
            ("lent shares", bank.lent_shares),
            ("debt shares", bank.debt_shares),
        ];
        for ((what, ledger), sum) in ledgers.iter().zip(sums) {
            found.equal(&format!("{what} {symbol}"), i128::from(*ledger), sum);
        }
        // A lender who left has taken his part of it along.
        let pending = i128::from(bank.pending_loss) + i128::from(bank.absorbed);
        if bank.pending_loss > 0 {
            found.equal(&format!("pending loss {symbol}"), pending, sums[3]);
        }
        found.sound(&format!("bank {symbol}"), bank.invariant());
    }
}

/// Checks the sums of each market; returns the sum of their claims.
fn markets<C: Chain>(world: &World<C>, accounts: &Accounts, found: &mut Findings) -> i128 {
    let mut claims = 0;
    for asset in world.assets.iter().filter(|asset| asset.has_market) {
        let (symbol, market) = (&asset.symbol, world.market(asset.slot));
        let mut sums = [0i128; 5];
        let (mut open, mut stale) = ([0, 0], [0, 0]);
        let listed = world.book().assets[usize::from(asset.slot)];
        let unit = listed.funding(world.now());
        for (_, account) in accounts {
            let places = account.positions.iter();
            for place in places.filter(|place| !place.is_free() && place.slot == asset.slot) {
                let at = usize::from(place.base < 0);
                let side = listed.sides[at].side();
                let held = side
                    .open_floor(&place.position(), &unit)
                    .expect("not older");
                sums[at] += i128::from(held.base.magnitude());
                sums[2 + at] += i128::from(held.cost.0);
                sums[4] += i128::from(held.funding.0);
                let count = if place.epoch == side.epoch {
                    &mut open[at]
                } else {
                    &mut stale[at]
                };
                *count += u32::from(place.base != 0);
            }
        }
        // A reduction keeps an atom a position, whose worth is then in the costs, and rounds the price that all
        // it closes is closed at to 40 bits. What whoever left has rounded stays until the side is empty, so
        // every account counts, and as much as can be open.
        let worth = |base: u64| (i128::from(base) * i128::from(listed.spot)) >> listed.price_shift;
        let reduced = listed
            .sides
            .iter()
            .any(|side| side.epoch > 0 || side.closed > 0);
        let each = accounts.len() as i128;
        let most = if reduced {
            4 * each * (1 + worth(1)) + (worth(market.scale / SCALE_OVER_OPEN_INTEREST) >> 38)
        } else {
            0
        };
        let counts = (market.open_positions, market.stale_positions);
        if counts != (open, stale) {
            found.0.push(format!(
                "positions {symbol}: {counts:?} and {open:?}, {stale:?}"
            ));
        }
        found.about(
            &format!("long base {symbol}"),
            i128::from(market.long_base),
            sums[0],
            most,
        );
        found.about(
            &format!("short base {symbol}"),
            i128::from(market.short_base),
            sums[1],
            most,
        );
        found.about(
            &format!("long cost {symbol}"),
            i128::from(market.long_cost),
            sums[2],
            most,
        );
        found.about(
            &format!("short cost {symbol}"),
            i128::from(market.short_cost),
            sums[3],
            most,
        );
        found.about(
            &format!("funding {symbol}"),
            i128::from(market.funding),
            sums[4],
            most,
        );
        found.sound(&format!("market {symbol}"), market.invariant());
        claims += i128::from(market.claims);
    }
    claims
}

fn pool_ledgers<C: Chain>(
    world: &World<C>,
    accounts: &Accounts,
    pool: &Pool,
    market_claims: i128,
    found: &mut Findings,
) {
    let (mut results, mut debt) = (0i128, 0i128);
    for (_, account) in accounts {
        let unsettled: i128 = account
            .positions
            .iter()
            .map(|place| i128::from(place.unsettled))
            .sum();
        results += unsettled + i128::from(account.credit);
        debt += i128::from(account.pool_debt_shares);
    }
    found.equal("claims", market_claims + i128::from(pool.claims), results);
    found.equal("debt shares", i128::from(pool.debt_shares), debt);
    let dead = if pool.shares > 0 { DEAD_SHARES } else { 0 };
    let requests = world.requests.iter();
    let mut waiting = [0i128; 2];
    for request in requests.filter_map(|key| world.pool_request(key)) {
        waiting[usize::from(request.kind)] += i128::from(request.amount);
    }
    let [quote, shares] = waiting;
    found.equal("requested quote", i128::from(pool.requested_quote), quote);
    found.equal(
        "requested shares",
        i128::from(pool.requested_shares),
        shares,
    );
    let living = i128::from(pool.shares) - i128::from(dead) - shares;
    found.equal("pool shares", living, i128::from(world.share_supply()));
    found.sound("pool", pool.invariant());
}

fn every_account<C: Chain>(world: &World<C>, accounts: &Accounts, found: &mut Findings) {
    for (key, account) in accounts {
        found.sound(&format!("account {key}"), account.invariant());
        let swap = (account.swapping, account.swap_slot, account.swap_sequence);
        if swap != (0, 0, 0) {
            found
                .0
                .push(format!("account {key}: a swap is open: {swap:?}"));
        }
        let orders = world.orders.iter().filter_map(|order| world.order(order));
        let standing = orders.filter(|order| order.account == *key).count();
        found.equal(
            &format!("account {key}: orders"),
            i128::from(account.open_orders),
            standing as i128,
        );
        let none = account.pending_order == Address::default();
        if none && account.pending_requirement != 0 {
            found.0.push(format!(
                "account {key}: a requirement is reserved for no order"
            ));
        }
        if !none && world.order(&account.pending_order).is_none() {
            let order = account.pending_order;
            found.0.push(format!(
                "account {key}: pending order {order} does not exist"
            ));
        }
    }
}
