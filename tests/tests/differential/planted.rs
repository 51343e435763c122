//! A world in which an account is what the dice say: its bytes are written, and every ledger that sums
//! over accounts with them, so that conservation holds before as it must afterwards.

use plimsoll::state::{AgeLimit, Balance, Bank, MarginAccount, Market, Pool};
use plimsoll_engine::health::Purpose;
use plimsoll_engine::index::Index;
use plimsoll_engine::position::Position;
use plimsoll_engine::units::{Base, Quote};
use plimsoll_tests::conservation::assert_conserved;
use plimsoll_tests::engine_view::health;
use plimsoll_tests::params::{fix_long, fix_short};
use plimsoll_tests::prelude::*;
use solana_account::Account;
use solana_address::Address;

use crate::dice::Dice;

/// Alice is planted, Bob gives the markets a skew, the keeper has capital.
pub struct Field {
    /// The world.
    pub world: World<LiteChain>,
    /// Every account that planting and liquidating writes, as it was.
    fallow: Vec<(Address, Account)>,
}

impl Field {
    /// The default world with caps out of the way.
    pub fn new() -> Self {
        let mut world = World::with(LiteChain::new(), |spec| {
            for slot in [USDC, SOL, BTC, ETH] {
                spec.bank(slot).deposit_cap = u64::MAX / 4;
            }
            narrow(spec);
        });
        world.alice().opens_account().done();
        world.bob().opens_account().done();
        world.keeper().deposits(usdc(100_000_000)).done();
        world.checks.conservation = false;
        world.checks.nothing_changed = false;
        let mut keys = vec![world.keys.pool];
        keys.extend(["alice", "bob", "keeper"].map(|name| world.account_key(name, 0)));
        for asset in &world.assets {
            keys.extend([asset.bank, asset.vault]);
            keys.extend(asset.has_market.then_some(asset.market));
        }
        let there = |key: Address| Some((key, world.chain.account(&key)?));
        let fallow = keys.into_iter().filter_map(there).collect();
        Self { world, fallow }
    }

    /// Everything planted is gone.
    pub fn clear(&mut self) {
        for (key, account) in &self.fallow {
            self.world.chain.set_account(*key, account.clone());
        }
    }

    /// New prices, new skews, and an account of a health of the dice's choice.
    pub fn set_up(&mut self, dice: &mut Dice) -> Box<MarginAccount> {
        let world = &mut self.world;
        let waited = dice.between(1, 200);
        world.advance(waited);
        world.prices(&dice.reports());
        let mut bob = world.account("bob");
        for slot in [SOL, BTC, ETH] {
            let most = world.market(slot).max_skew as i64;
            let place = &mut bob.positions[usize::from(slot)];
            (place.base, place.slot) = (dice.between(-most, most), slot);
        }
        plant(world, "bob", &bob);
        lend(world, dice);
        if dice.chance(60) {
            world.sync();
        }
        if dice.chance(30) {
            // Not every price is fresh, but those of legs are.
            let waited = dice.between(1, 20);
            world.advance(waited);
        }
        correlate(world, dice);
        let mut account = world.account("alice");
        account.model = dice.model().code();
        dice.fill(&mut account, world.now(), price_of(world));
        bring_to(world, &mut account, dice.health_ratio());
        plant(world, "alice", &account);
        let mut keeper = world.account("keeper");
        for (place, balance) in (3..).zip(dice.keepers(price_of(world))) {
            keeper.balances[place] = balance;
            plant_balance(world, &balance);
        }
        if dice.chance(20) {
            // What he has in quote is lent: the bank's cash is his.
            let quote = &mut keeper.balances[0];
            let mut bank = world.bank(USDC);
            bank.deposits -= quote.amount.unsigned_abs();
            bank.lent_cash += quote.amount.unsigned_abs();
            let index = Index(bank.deposit_index);
            let shares = index
                .shares_floor(quote.amount.unsigned_abs())
                .expect("shares");
            bank.lent_shares += shares;
            (quote.amount, quote.lent) = (shares as i64, 1);
            world.write(&world.asset(USDC).bank.clone(), &*bank);
        }
        world.write(&world.account_key("keeper", 0), &*keeper);
        assert_conserved(world);
        account
    }
}

/// Plants correlations of every pair, terms of size and scenarios.
fn correlate(world: &mut World<LiteChain>, dice: &mut Dice) {
    let mut book = world.book();
    for pair in &mut book.pairs {
        pair.set(&dice.pair());
    }
    dice.scenarios(&mut book);
    for slot in [SOL, BTC, ETH] {
        let asset = &mut book.assets[usize::from(slot)];
        dice.set_size_terms(asset);
    }
    let key = world.keys.book;
    world.write(&key, &*book);
}

/// Margins of ETH so small that closing it may cost more than it frees.
fn narrow(spec: &mut Spec) {
    let params = spec.params(ETH);
    fix_long(params, 16_000, 22_000);
    fix_short(params, 17_000, 24_000);
    let market = spec.market(ETH);
    market.liquidation_fee_ppm = 4_000;
    market.max_skew = market.scale / 1_000_000 * 6_000;
}

/// Moves the result of the first position until E_m is about so much of R_m.
fn bring_to(world: &World<LiteChain>, account: &mut MarginAccount, ratio: f64) {
    for _ in 0..3 {
        let (book, now) = (world.book(), world.now());
        let view = health(&book, account, now, AgeLimit::Other, Purpose::Trade).maintenance;
        let wanted = view.requirement.0 as f64 * ratio;
        let places = account.positions.iter_mut();
        for place in places.filter(|place| place.base != 0).take(1) {
            place.unsettled += wanted as i64 - view.equity.0;
        }
    }
}

/// Writes an account that was empty, and adds what it holds to every ledger.
fn plant(world: &mut World<LiteChain>, name: &str, account: &MarginAccount) {
    let nothing = Position::opened(Base::ZERO, Quote::ZERO);
    for place in account.positions.iter().filter(|place| !place.is_free()) {
        let mut market: Box<Market> = world.market(place.slot);
        let sums = market.sums().moved(&nothing, &place.position());
        market.set_sums(&sums.expect("it fits"));
        market.open_positions[usize::from(place.base < 0)] += u32::from(place.base != 0);
        world.write(&world.asset(place.slot).market.clone(), &*market);
    }
    for balance in account.balances.iter().filter(|each| each.amount != 0) {
        plant_balance(world, balance);
    }
    let mut pool: Box<Pool> = world.pool();
    pool.claims += account.credit;
    pool.debt_shares += account.pool_debt_shares;
    world.write(&world.keys.pool.clone(), &*pool);
    world.write(&world.account_key(name, 0), account);
}

/// Adds a balance to the ledgers of its bank; what is lent lies in the vault.
fn plant_balance(world: &mut World<LiteChain>, balance: &Balance) {
    let mut bank: Box<Bank> = world.bank(balance.slot);
    let amount = balance.amount.unsigned_abs();
    let mut paid = 0;
    if balance.amount < 0 {
        bank.debt_shares += amount;
    } else if balance.lent == 0 {
        bank.deposits += amount;
        paid = amount;
    } else {
        bank.lent_shares += amount;
        paid = Index(bank.deposit_index)
            .atoms_ceil(amount)
            .expect("it fits");
        bank.lent_cash += paid;
    }
    let asset = world.asset(balance.slot).clone();
    world.write(&asset.bank, &*bank);
    let mut vault = world.chain.account(&asset.vault).expect("a vault");
    let tokens = world.token_amount(&asset.vault) + paid;
    // The amount of an SPL token account.
    vault.data[64..72].copy_from_slice(&tokens.to_le_bytes());
    world.chain.set_account(asset.vault, vault);
}

/// Every bank has earned something, or lost something.
fn lend(world: &mut World<LiteChain>, dice: &mut Dice) {
    let (mut book, now) = (world.book(), world.now());
    for slot in [USDC, SOL, BTC, ETH] {
        let start = Index::START.0 as f64;
        let (owed, lent) = (dice.part(1.0, 2.0), dice.part(0.4, 1.8));
        let mut bank = world.bank(slot);
        (bank.borrow_index, bank.deposit_index) = ((start * owed) as u64, (start * lent) as u64);
        let asset = &mut book.assets[usize::from(slot)];
        (asset.borrow_index, asset.deposit_index) = (bank.borrow_index, bank.deposit_index);
        asset.index_time = now;
        world.write(&world.asset(slot).bank.clone(), &*bank);
    }
    world.write(&world.keys.book.clone(), &*book);
}

fn price_of(world: &World<LiteChain>) -> impl Fn(u8) -> f64 + '_ {
    |slot: u8| world.asset(slot).feed.report.price as f64 / 1e8
}

/// Whether an asset's price is too wide to be traded at.
pub fn is_wide(world: &World<LiteChain>, slot: u8) -> bool {
    let book = world.book();
    let asset = book.listed_asset(slot).expect("listed");
    asset.is_too_wide(&asset.band()).expect("a price")
}
