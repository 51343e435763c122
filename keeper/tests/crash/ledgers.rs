//! Nothing is made and nothing is lost: what vaults hold is what the ledgers owe, and the ledgers are the sums
//! over all margin accounts, to the atom (INV-10 to INV-15).

use plimsoll::state::MarginAccount;
use plimsoll_client::address;
use plimsoll_keeper::book::World;
use plimsoll_keeper::chain::Rpc;

/// Where a token account has its amount.
const AMOUNT: std::ops::Range<usize> = 64..72;

async fn tokens(rpc: &Rpc, world: &World, slot: u8) -> i128 {
    let vault = address::vault(&address::bank(&world.venue.book, slot));
    let held = rpc.account(&vault).await.unwrap().unwrap();
    u64::from_le_bytes(held.data[AMOUNT].try_into().unwrap()).into()
}

fn sum(world: &World, of: impl Fn(&MarginAccount) -> i128) -> i128 {
    let accounts = world.accounts.iter();
    accounts.map(|(_, holder)| of(&holder.account)).sum()
}

/// What does not add up, a line each; none in a sound exchange.
pub async fn findings(rpc: &Rpc, world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    let mut equal = |what: String, ledger: i128, sum: i128| {
        if ledger != sum {
            lines.push(format!("{what}: ledger {ledger}, sum {sum}"));
        }
    };
    let pool = world.pool.as_ref().unwrap();
    for (slot, bank) in &world.banks {
        let quote = *slot == world.book.quote_slot;
        let cash = if quote { pool.in_vault().unwrap() } else { 0 };
        let owed = i128::from(bank.ledgers().unwrap()) + i128::from(cash);
        let held = tokens(rpc, world, *slot).await;
        equal(format!("vault {slot}"), owed, held);
        let balances = |kind: fn(i64, u8) -> bool| {
            sum(world, |account| {
                let balances = account.balances.iter();
                let balances = balances.filter(|held| held.slot == *slot);
                let balances = balances.filter(|held| kind(held.amount, held.lent));
                balances
                    .map(|held| i128::from(held.amount.unsigned_abs()))
                    .sum()
            })
        };
        let deposits = balances(|amount, lent| amount > 0 && lent == 0);
        equal(format!("deposits {slot}"), bank.deposits.into(), deposits);
        let lent = balances(|amount, lent| amount > 0 && lent != 0);
        equal(format!("lent shares {slot}"), bank.lent_shares.into(), lent);
        let owed = balances(|amount, _| amount < 0);
        equal(format!("debt shares {slot}"), bank.debt_shares.into(), owed);
    }
    let mut claims = i128::from(pool.claims);
    for (slot, market) in &world.markets {
        claims += i128::from(market.claims);
        let side = |sign: i64, part: fn(&plimsoll::state::PositionSlot) -> i64| {
            sum(world, |account| {
                let places = account.positions.iter();
                let places = places.filter(|place| !place.is_free() && place.slot == *slot);
                let places = places.filter(|place| place.base.signum() == sign);
                places.map(|place| i128::from(part(place))).sum()
            })
        };
        let longs = (1, market.long_base, market.long_cost);
        let shorts = (-1, market.short_base, market.short_cost);
        for (sign, base, cost) in [longs, shorts] {
            let base = i128::from(base) * i128::from(sign);
            equal(
                format!("base {slot} {sign}"),
                base,
                side(sign, |place| place.base),
            );
            equal(
                format!("cost {slot} {sign}"),
                cost.into(),
                side(sign, |place| place.cost),
            );
        }
    }
    let results = sum(world, |account| {
        let places = account.positions.iter();
        let unsettled: i128 = places.map(|place| i128::from(place.unsettled)).sum();
        unsettled + i128::from(account.credit)
    });
    equal("claims".into(), claims, results);
    let debt = sum(world, |account| account.pool_debt_shares.into());
    equal("debt to the pool".into(), pool.debt_shares.into(), debt);
    lines
}
