//! `sync`.

use super::{anchor, world, world_with};
use plimsoll::events::Synced;
use plimsoll::state::AssetSlot;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_tests::prelude::*;
use solana_instruction::AccountMeta;

const YEAR: i64 = 365 * 24 * 3600;

fn slot(world: &World<BankChain>, slot: u8) -> AssetSlot {
    world.book().assets[usize::from(slot)]
}

/// The keeper syncs with markets of the test's choice.
fn syncs(world: &mut World<BankChain>, markets: Vec<AccountMeta>) -> Actor<'_, BankChain> {
    let sync = call_with(world.sync_accounts(), ix::Sync {}, markets);
    world.keeper().does(&[sync])
}

/// Alice is long 50 SOL.
fn traded() -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(2_000)).longs(sol(50)).done();
    world
}

#[test]
fn the_skew_and_the_marks_at_it_go_into_the_book() {
    let mut world = world();
    world.alice().deposits(usdc(300_000)).done();
    world.alice().longs(sol(5_000)).done();
    assert_eq!(slot(&world, SOL).skew, 0, "not yet");
    world.sync();
    let asset = slot(&world, SOL);
    assert_eq!(asset.skew, 5_000_000_000_000);
    // A tolerance of 1,400 SOL around it: longs are marked at no discount, shorts above.
    assert_eq!(asset.mark_long_discount, 0);
    let premium = asset.mark_short_premium as f64 / Fixed::ONE.0 as f64;
    assert!((premium - 6_400.0 / 700_000.0).abs() < 1e-9, "{premium}");
    world.alice().shorts(sol(7_000)).done();
    world.sync();
    let asset = slot(&world, SOL);
    assert_eq!(
        (asset.skew, asset.mark_short_premium),
        (-2_000_000_000_000, 0)
    );
    let discount = asset.mark_long_discount as f64 / Fixed::ONE.0 as f64;
    assert!((discount - 3_400.0 / 700_000.0).abs() < 1e-9, "{discount}");
}

#[test]
fn fees_are_swept_from_the_pool_to_insurance_and_protocol() {
    let mut world = traded();
    let (market, bank, pool) = (world.market(SOL), world.bank(USDC), world.pool());
    let (insurance, protocol) = (market.accrued_insurance, market.accrued_protocol);
    assert!(insurance > 0 && protocol > 0);
    let told = world.sync().event::<Synced>();
    assert_eq!(
        (told.book, told.to_insurance, told.to_protocol),
        (world.keys.book, insurance, protocol)
    );
    let (after, swept) = (world.market(SOL), world.bank(USDC));
    assert_eq!((after.accrued_insurance, after.accrued_protocol), (0, 0));
    assert_eq!(swept.insurance, bank.insurance + insurance.unsigned_abs());
    assert_eq!(
        swept.protocol_fees,
        bank.protocol_fees + protocol.unsigned_abs()
    );
    let moved = (insurance + protocol).unsigned_abs();
    assert_eq!(world.pool().cash, pool.cash - moved);
    assert_eq!(swept.deposits, bank.deposits);
    let again = world.sync().event::<Synced>();
    assert_eq!((again.to_insurance, again.to_protocol), (0, 0));
}

#[test]
fn fees_wait_for_cash_in_the_pool() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    world.bear_any_stress();
    world.alice().deposits(usdc(2_000)).longs(sol(50)).done();
    let market = world.market(SOL);
    let told = world.sync().event::<Synced>();
    assert_eq!((told.to_insurance, told.to_protocol), (0, 0));
    assert_eq!(
        world.market(SOL).accrued_insurance,
        market.accrued_insurance
    );
    // Her fee and the spread she paid become cash when she settles, and insurance comes first.
    world.tick();
    world.settle("alice");
    let cash = world.pool().cash;
    let told = world.sync().event::<Synced>();
    let whole = market.accrued_insurance + market.accrued_protocol;
    assert_eq!(told.to_insurance, market.accrued_insurance);
    assert_eq!(
        told.to_insurance + told.to_protocol,
        whole.min(cash.cast_signed())
    );
}

#[test]
fn what_insurance_owes_moves_the_other_way() {
    let mut world = traded();
    world.sync();
    world.price(SOL, 100.0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    let (owed, bank, pool) = (
        world.market(SOL).accrued_insurance,
        world.bank(USDC),
        world.pool(),
    );
    assert_eq!(
        owed, -5_000_000,
        "the reward for closing a bankrupt account"
    );
    let told = world.sync().event::<Synced>();
    assert_eq!((told.to_insurance, told.to_protocol), (-5_000_000, 0));
    assert_eq!(world.bank(USDC).insurance, bank.insurance - 5_000_000);
    assert_eq!(world.pool().cash, pool.cash + 5_000_000);
    assert_eq!(world.market(SOL).accrued_insurance, 0);
}

#[test]
fn the_borrow_index_gains_its_yearly_rate() {
    let mut world = world_with(|spec| spec.pool_deposit = 0);
    assert_eq!(slot(&world, USDC).borrow_index, Index::START.0);
    world.advance(YEAR);
    world.sync();
    let index = slot(&world, USDC).borrow_index as f64 / Index::START.0 as f64;
    // The gain of a second is rounded up by at most 2^-48.
    assert!((0.0..2e-7).contains(&(index - 1.08)), "{index}");
    assert_eq!(slot(&world, USDC).index_time, world.now());
    let sol = slot(&world, SOL).borrow_index;
    assert_eq!(sol, slot(&world, USDC).borrow_index, "every bank given");
}

#[test]
fn syncing_twice_at_one_time_accrues_once() {
    let mut world = world();
    world.advance(YEAR / 2);
    world.sync();
    let mut before = world.book();
    world.sync();
    before.sequence += 1;
    assert_eq!(
        bytemuck::bytes_of(&*before),
        bytemuck::bytes_of(&*world.book())
    );
}

#[test]
fn syncing_often_compounds_and_no_more() {
    let mut world = world();
    for _ in 0..12 {
        world.advance(YEAR / 12);
        world.sync();
    }
    let index = slot(&world, USDC).borrow_index as f64 / Index::START.0 as f64;
    let compounded = (1.0f64 + 0.08 / 12.0).powi(12);
    assert!(
        (index - compounded).abs() < 1e-6,
        "{index}, expected {compounded}"
    );
    assert!(index < 0.08f64.exp() + 1e-6);
}

#[test]
fn a_clock_that_goes_back_takes_nothing_away() {
    let mut world = world();
    world.advance(YEAR);
    world.sync();
    let before = slot(&world, USDC);
    world.advance(-100);
    world.sync();
    let after = slot(&world, USDC);
    assert_eq!(
        (before.borrow_index, before.index_time),
        (after.borrow_index, after.index_time)
    );
}

#[test]
fn any_number_of_markets_in_any_order() {
    let mut world = traded();
    world.alice().shorts(btc(0.01)).done();
    let all = world.all_markets(true);
    let (sol, btc) = (all[0].clone(), all[1].clone());
    syncs(&mut world, vec![]).done();
    assert_eq!((slot(&world, SOL).skew, slot(&world, BTC).skew), (0, 0));
    syncs(&mut world, vec![btc]).done();
    assert_eq!(
        (slot(&world, SOL).skew, slot(&world, BTC).skew),
        (0, -1_000_000)
    );
    syncs(&mut world, vec![sol.clone(), sol]).done();
    assert_eq!(slot(&world, SOL).skew, 50_000_000_000);
    assert_eq!(world.market(SOL).accrued_insurance, 0, "swept once");
}

#[test]
fn markets_bank_and_pool_are_of_the_book() {
    let mut world = traded();
    let market = world.forge_of_another_book(&world.asset(SOL).market.clone(), 0);
    syncs(&mut world, vec![meta(market, true)]).refused_with(PlimsollError::WrongMarket);
    let bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let pool = world.forge_of_another_book(&world.keys.pool.clone(), 0);
    let good = || world.sync_accounts();
    let attacks = [
        (
            ax::SyncBook {
                quote_bank: bank,
                ..good()
            },
            PlimsollError::WrongBank,
        ),
        (
            ax::SyncBook {
                quote_bank: world.asset(SOL).bank,
                ..good()
            },
            PlimsollError::WrongBank,
        ),
        (ax::SyncBook { pool, ..good() }, PlimsollError::WrongPool),
    ];
    for (accounts, error) in attacks {
        let sync = call(accounts, ix::Sync {});
        world.keeper().does(&[sync]).refused_with(error);
    }
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let sync = call(
        ax::SyncBook {
            book,
            ..world.sync_accounts()
        },
        ix::Sync {},
    );
    world
        .keeper()
        .does(&[sync])
        .refused_with(PlimsollError::WrongBank);
}

#[test]
fn what_is_no_market_or_cannot_be_written_is_refused() {
    let mut world = traded();
    let account = world.account_key("alice", 0);
    syncs(&mut world, vec![meta(account, true)])
        .refused_with_code(anchor::WRONG_TYPE, "neither a market nor a bank");
    let bank = world.forge_of_another_book(&world.asset(SOL).bank.clone(), 0);
    syncs(&mut world, vec![meta(bank, true)]).refused_with(PlimsollError::WrongBank);
    let wallet = meta(key_of("keeper"), true);
    syncs(&mut world, vec![wallet]).refused_with_code(anchor::WRONG_OWNER, "a wallet");
    let read_only = world.all_markets(false);
    let not_mutable = anchor_lang::error::ErrorCode::AccountNotMutable as u32;
    syncs(&mut world, read_only).refused_with_code(not_mutable, "the markets are written");
    let bank = meta(world.asset(SOL).bank, false);
    syncs(&mut world, vec![bank]).refused_with_code(not_mutable, "the banks are written");
}

/// SOL's initial rates rise between 1,000 and 9,000 SOL of open interest.
fn scaled() -> World<BankChain> {
    world_with(|spec| {
        let market = spec.market(SOL);
        market.open_interest_low = sol(1_000).atoms;
        market.open_interest_high = sol(9_000).atoms;
    })
}

fn fraction(fixed: i64) -> f64 {
    fixed as f64 / Fixed::ONE.0 as f64
}

#[test]
fn open_interest_raises_initial_rates_and_no_others() {
    let mut world = scaled();
    let before = slot(&world, SOL);
    world
        .alice()
        .deposits(usdc(800_000))
        .longs(sol(1_000))
        .done();
    world.sync();
    assert_eq!(
        slot(&world, SOL).initial_long,
        before.initial_long,
        "at the lower threshold"
    );
    world
        .bob()
        .deposits(usdc(800_000))
        .shorts(sol(5_000))
        .done();
    assert_eq!(
        slot(&world, SOL).initial_long,
        before.initial_long,
        "not before a sync"
    );
    world.sync();
    let half = slot(&world, SOL);
    assert_eq!(
        world.book().models[usize::from(SOL)].open_interest_share,
        Fixed::ONE.0 / 2
    );
    for (half, base) in [
        (half.initial_long, before.initial_long),
        (half.initial_short, before.initial_short),
    ] {
        let expected = fraction(base) + (1.0 - fraction(base)) / 2.0;
        assert!((fraction(half) - expected).abs() < 1e-13);
    }
    assert_eq!(half.maintenance_long, before.maintenance_long);
    assert_eq!(half.maintenance_short, before.maintenance_short);
    // A refresh keeps it, and the way back is a sync too.
    world.tick();
    assert_eq!(slot(&world, SOL).initial_long, half.initial_long);
    world.bob().longs(sol(4_500)).done();
    world.sync();
    assert_eq!(slot(&world, SOL).initial_long, before.initial_long);
}

/// Alice's 50 SOL are liquidated beside `bob` SOL of his.
fn liquidated_beside(bob: f64) -> World<BankChain> {
    let mut world = world();
    world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
    world.bob().deposits(usdc(200_000)).longs(sol(bob)).done();
    world.keeper().opens_account().done();
    world.price(SOL, 129.0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(SOL)])
        .done();
    assert_eq!(world.position("alice", SOL).base, 0, "all of it");
    world
}

#[test]
fn much_liquidated_raises_initial_rates_until_the_window_is_over() {
    let mut world = liquidated_beside(900.0);
    let before = slot(&world, SOL);
    let market = world.market(SOL);
    assert_eq!(market.liquidated, sol(50).atoms);
    assert_eq!(market.window_open_interest, sol(950).atoms);
    assert_eq!(market.window_start, world.now());
    world.sync();
    let raised = slot(&world, SOL);
    for (raised, base) in [
        (raised.initial_long, before.initial_long),
        (raised.initial_short, before.initial_short),
    ] {
        assert!((fraction(raised) - 1.25 * fraction(base)).abs() < 1e-13);
    }
    assert_eq!(raised.maintenance_long, before.maintenance_long);
    world.advance(599);
    world.sync();
    assert_eq!(slot(&world, SOL).initial_long, raised.initial_long);
    world.advance(1);
    world.tick();
    assert_eq!(
        slot(&world, SOL).initial_long,
        raised.initial_long,
        "a sync clears it"
    );
    world.sync();
    assert_eq!(slot(&world, SOL).initial_long, before.initial_long);
}

#[test]
fn a_twentieth_of_the_open_interest_is_not_much() {
    let mut world = liquidated_beside(950.0);
    assert_eq!(world.market(SOL).window_open_interest, sol(1_000).atoms);
    let before = slot(&world, SOL);
    world.sync();
    assert_eq!(slot(&world, SOL).initial_long, before.initial_long);
}

#[test]
fn a_deposit_counts_less_while_its_bank_is_above_its_cap() {
    let mut world = traded();
    world.bob().deposits(sol(10)).done();
    // No instruction lowers a cap yet.
    for (slot, cap) in [(USDC, 500_000_000u64), (SOL, 8_000_000_000)] {
        let key = world.asset(slot).bank;
        let mut account = world.chain.account(&key).expect("the bank");
        account.data[128..136].copy_from_slice(&cap.to_le_bytes());
        world.chain.set_account(key, account);
        assert_eq!(world.bank(slot).deposit_cap, cap);
    }
    let markets = world.all_markets(true);
    syncs(&mut world, markets).done();
    let deposits = world.bank(USDC).deposits;
    let share = |world: &World<BankChain>, which| fraction(slot(world, which).deposit_share);
    assert!((share(&world, USDC) - 5e8 / deposits as f64).abs() < 1e-13);
    assert_eq!(slot(&world, SOL).deposit_share, Fixed::ONE.0, "not named");
    let bank = meta(world.asset(SOL).bank, true);
    let mut named = vec![bank];
    named.extend(world.all_markets(true));
    syncs(&mut world, named).done();
    assert!((share(&world, SOL) - 0.8).abs() < 1e-13);
}
