//! `settle_bad_debt`: a shortfall is recorded with each creditor, and what nobody pays is borne in order.

use super::world_with;
use plimsoll::events::{BadDebtSettled, LossBorne, ShortfallRecorded};
use plimsoll::instructions::LiquidationLeg;
use plimsoll::state::{AgeLimit, BookAt, MarginAccount};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::index::Index;
use plimsoll_tests::prelude::*;

/// Bob lends 600 SOL and Dora 400; prices are what they are called.
fn lenders(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        change(spec);
    });
    world.bob().deposits(sol(600)).lends(SOL).done();
    world.actor("dora").deposits(sol(400)).lends(SOL).done();
    world
}

/// Alice holds 10,000 dollars and owes 50 SOL, which cost 250 now: 2,500 dollars more than she has.
fn short(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = lenders(change);
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 250.0);
    world
}

/// The same once a keeper took what her dollars pay for: she owes 12.3 SOL and holds some 9 dollars.
fn spent(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = short(change);
    takes_what_is_paid(&mut world);
    world
}

fn takes_what_is_paid(world: &mut World<BankChain>) {
    let leg = LiquidationLeg {
        most: sol(37.7).atoms,
        ..debt_leg(SOL)
    };
    world.keeper().liquidates("alice", &[leg]).done();
    // His own debt is not the matter here.
    world.keeper().deposits(sol(38)).done();
    world.tick();
}

/// All but so much of what insurance holds in quote becomes a fee of the protocol.
pub(super) fn leave_insurance(world: &mut World<BankChain>, atoms: u64) {
    let mut bank = world.bank(USDC);
    bank.protocol_fees += bank.insurance - atoms;
    bank.insurance = atoms;
    let key = world.asset(USDC).bank;
    world.write(&key, &*bank);
}

/// Atoms that account 0 of somebody holds or owes, rounded against him.
fn atoms_of(world: &World<BankChain>, name: &str, slot: u8) -> i64 {
    let (book, account) = (world.book(), world.account(name));
    let at = BookAt {
        book: &book,
        now: world.now(),
        limit: AgeLimit::Other,
    };
    let mut balances = account.balances.iter();
    let held = balances.find(|each| each.slot == slot && each.amount != 0);
    held.map_or(0, |each| {
        each.holding().atoms_floor(&at).expect("an amount")
    })
}

fn pending_of(account: &MarginAccount, slot: u8) -> u64 {
    let balances = account.balances.iter();
    balances
        .filter(|each| each.slot == slot)
        .map(|each| each.pending_loss)
        .sum()
}

/// Share of a lent deposit that the book says recorded losses take.
fn pending_share(world: &World<BankChain>, slot: u8) -> f64 {
    world.book().listed_asset(slot).unwrap().pending_loss as f64 / 2f64.powi(48)
}

fn settled(receipt: &Receipt) -> Vec<LossBorne> {
    receipt.event::<BadDebtSettled>().borne
}

/// Bytes of a margin account.
pub(super) fn bytes(world: &World<BankChain>, name: &str) -> Vec<u8> {
    bytemuck::bytes_of(&*world.account(name)).to_vec()
}

// Recording.

#[test]
fn a_shortfall_is_recorded_with_every_creditor_by_what_he_is_owed() {
    let mut world = lenders(|_| {});
    world.carol().deposits(eth(100)).lends(ETH).done();
    world.alice().deposits(usdc(20_000)).borrows(sol(40)).done();
    world.alice().borrows(eth(1)).done();
    world.alice().longs(btc(0.05)).done();
    world.prices(&[
        (SOL, 400.0.into()),
        (ETH, 8_000.0.into()),
        (BTC, 50_000.0.into()),
    ]);
    let equity = world.health("alice").maintenance.equity.0;
    let owed = [SOL, ETH].map(|slot| -atoms_of(&world, "alice", slot) as f64);
    let (in_sol, in_eth) = (owed[0] * 400.0 / 1e3, owed[1] * 8_000.0 / 1e2);
    // What the position has lost counts as owed to the pool.
    let to_pool = 20e9 - in_sol - in_eth - equity as f64;
    assert!((to_pool - 2.5e9).abs() < 1e8, "{to_pool}");
    let part = -equity as f64 / (in_sol + in_eth + to_pool);

    let receipt = world.keeper().settles_bad_debt("alice").done();
    let told: ShortfallRecorded = receipt.event();
    assert_eq!(told.shortfall, equity.unsigned_abs());
    assert!(
        receipt.events::<BadDebtSettled>().is_empty(),
        "she has quote"
    );
    let account = world.account("alice");
    for (slot, owed) in [(SOL, owed[0]), (ETH, owed[1])] {
        let pending = pending_of(&account, slot);
        assert!((pending as f64 - owed * part).abs() < 3.0, "{pending}");
        assert_eq!(world.bank(slot).pending_loss, pending);
        let lent = if slot == SOL {
            sol(1_000).atoms
        } else {
            eth(100).atoms
        };
        let share = pending_share(&world, slot);
        assert!(
            (share - pending as f64 / lent as f64).abs() < 1e-6,
            "{share}"
        );
    }
    let pool = account.pool_pending_loss;
    assert!((pool as f64 - to_pool * part).abs() < 3.0, "{pool}");
    assert_eq!(world.pool().pending_loss, pool);
    // Together they bear the shortfall.
    let borne = pending_of(&account, SOL) as f64 * 0.4 + pending_of(&account, ETH) as f64 * 80.0;
    let all = borne + pool as f64;
    assert!((all + equity as f64).abs() < 100.0, "{all} of {equity}");
    // The same call again changes nothing but the count of writes.
    world.keeper().settles_bad_debt("alice").done();
    assert_eq!(*bytemuck::bytes_of(&*account), bytes(&world, "alice"));
}

#[test]
fn lenders_who_leave_before_the_settlement_bear_their_part_and_no_more() {
    let mut world = short(|_| {});
    world.keeper().settles_bad_debt("alice").done();
    let pending = world.bank(SOL).pending_loss;
    let share = pending_share(&world, SOL);
    assert!((share - 0.01).abs() < 1e-4, "10 of 1,000 SOL: {share}");
    let claim = sol(600).atoms;
    world.bob().stops_lending(SOL).done();
    let got = world.held("bob", SOL) as f64;
    let fair = claim as f64 * (1.0 - share);
    assert!((got - fair).abs() < 1e4, "{got} of {fair}");
    let bank = world.bank(SOL);
    assert_eq!(bank.pending_loss + bank.absorbed, pending);
    assert!(bank.absorbed > 0);

    // Nobody may begin to lend, and who lends already bears what there is to bear.
    world
        .actor("late")
        .deposits(sol(10))
        .lends(SOL)
        .refused_with(PlimsollError::LossPending);
    world
        .actor("dora")
        .deposits(sol(1))
        .refused_with(PlimsollError::LossPending);

    takes_what_is_paid(&mut world);
    leave_insurance(&mut world, 0);
    let before = atoms_of(&world, "dora", SOL);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let borne = settled(&receipt);
    assert_eq!(borne.len(), 1);
    // What the premium has cost meanwhile falls on who stays.
    let recorded_anew: ShortfallRecorded = receipt.event();
    assert!(recorded_anew.shortfall > 0);
    let after = atoms_of(&world, "dora", SOL);
    // Of 12.3 SOL 10 were recorded, and Bob has borne his part of them.
    assert!(before - after < 2_300_000_000, "{before} then {after}");
    let bank = world.bank(SOL);
    assert_eq!((bank.pending_loss, bank.absorbed), (0, 0));
    assert_eq!(pending_share(&world, SOL), 0.0);
    // Now lending is open again.
    world.actor("late").lends(SOL).done();
}

#[test]
fn without_any_premium_leavers_and_stayers_bear_the_same() {
    // Alice's ETH stays worth just enough not to be dust, so that the loss is recorded; then it is
    // taken out of the way at its price, and only the recorded loss is left.
    let mut world = lenders(|_| {});
    world
        .alice()
        .deposits(btc(0.2))
        .deposits(eth(0.0125))
        .borrows(sol(50))
        .done();
    world.keeper().deposits(usdc(100)).done();
    world.advance(86_400 + 100);
    world.assets[usize::from(ETH)].feed.report = 4_001.0.into();
    publish_all_but(&mut world, BTC);
    leave_insurance(&mut world, 0);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert!(receipt.events::<BadDebtSettled>().is_empty());
    world.bob().stops_lending(SOL).done();
    let left = world.held("bob", SOL) as f64 / sol(600).atoms as f64;
    // ETH falls by a little: what is left is dust now.
    world.advance(1);
    world.assets[usize::from(ETH)].feed.report = 3_999.0.into();
    publish_all_but(&mut world, BTC);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert_eq!(settled(&receipt).len(), 1);
    let stayed = atoms_of(&world, "dora", SOL) as f64 / sol(400).atoms as f64;
    // Stayers lose the 50 dollars that went to insurance of ETH, too: 0.33 of 50 SOL.
    assert!(
        left - stayed < 0.4 / 400.0 && stayed <= left,
        "{left} and {stayed}"
    );
    assert!((1.0 - left - 0.05).abs() < 1e-3, "{left}");
}

#[test]
fn a_shortfall_that_recovers_is_released_by_the_next_call() {
    let mut world = short(|_| {});
    world
        .keeper()
        .settles_bad_debt("bob")
        .refused_with(PlimsollError::NoShortfall);
    world.keeper().settles_bad_debt("alice").done();
    assert!(world.bank(SOL).pending_loss > 0);
    world.price(SOL, 150.0);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert_eq!(receipt.event::<ShortfallRecorded>().shortfall, 0);
    assert!(receipt.events::<BadDebtSettled>().is_empty());
    assert_eq!(world.bank(SOL).pending_loss, 0);
    assert_eq!(pending_share(&world, SOL), 0.0);
    assert_eq!(pending_of(&world.account("alice"), SOL), 0);
    world
        .keeper()
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::NoShortfall);
}

#[test]
fn what_leavers_have_borne_of_a_loss_that_does_not_come_is_insurances() {
    let mut world = short(|_| {});
    world.keeper().settles_bad_debt("alice").done();
    world.bob().stops_lending(SOL).done();
    let (absorbed, reserve) = (world.bank(SOL).absorbed, world.bank(SOL).reserve);
    assert!(absorbed > 0);
    world.price(SOL, 150.0);
    world.keeper().settles_bad_debt("alice").done();
    let bank = world.bank(SOL);
    assert_eq!((bank.absorbed, bank.pending_loss), (0, 0));
    assert!(bank.reserve >= reserve + absorbed);
}

#[test]
fn a_shortfall_follows_the_price_in_both_directions() {
    let mut world = short(|_| {});
    let mut last = 0;
    for (price, grows) in [(250.0, true), (260.0, true), (240.0, false)] {
        world.price(SOL, price);
        world.keeper().settles_bad_debt("alice").done();
        let pending = world.bank(SOL).pending_loss;
        assert_eq!(pending > last, grows);
        let expected = (50.0 * price - 10_000.0) / price * 1e9;
        assert!((pending as f64 - expected).abs() < 1e5, "{pending}");
        last = pending;
    }
}

#[test]
fn a_deposit_that_repays_the_debt_releases_the_loss() {
    let mut world = short(|_| {});
    world.keeper().settles_bad_debt("alice").done();
    world.alice().deposits(sol(20)).done();
    assert!(world.bank(SOL).pending_loss > 0, "a part is not enough");
    world.alice().deposits(sol(31)).done();
    assert_eq!(world.bank(SOL).pending_loss, 0);
    assert_eq!(pending_of(&world.account("alice"), SOL), 0);
}

#[test]
fn a_liquidation_that_ends_the_debt_releases_the_loss() {
    for keeper_holds in [false, true] {
        let mut world = short(|_| {});
        if keeper_holds {
            world.keeper().deposits(sol(100)).done();
        }
        world.tick();
        world.keeper().settles_bad_debt("alice").done();
        // Now she can just pay for all of it: 12,500 dollars, six percent and two dollars.
        world.alice().deposits(usdc(3_253)).done();
        world.call_margin("alice");
        world.advance(61);
        world.price(SOL, 250.0);
        world.keeper().liquidates("alice", &[debt_leg(SOL)]).done();
        assert_eq!(world.held("alice", SOL), 0);
        assert_eq!(world.bank(SOL).pending_loss, 0);
    }
}

#[test]
fn collateral_that_a_keeper_could_sell_keeps_the_debt_from_being_settled() {
    let mut world = spent(|_| {});
    world.keeper().deposits(sol(100)).done();
    world.alice().deposits(usdc(41)).done();
    world.tick();
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert!(receipt.events::<BadDebtSettled>().is_empty());
    assert!(world.bank(SOL).pending_loss > 0);
    assert!(world.held("alice", SOL) < 0);
}

// Settling.

#[test]
fn insurance_buys_what_is_missing_from_the_keeper_and_lenders_lose_nothing() {
    let mut world = spent(|_| {});
    world.keeper().deposits(sol(100)).done();
    world.tick();
    let owed = atoms_of(&world, "alice", SOL).unsigned_abs();
    let dust = world.held("alice", USDC) as u64;
    assert!(dust > 0 && dust < usdc(50).atoms);
    let insurance = world.bank(USDC).insurance;
    let index = world.bank(SOL).deposit_index;
    let (tokens, quote) = (atoms_of(&world, "keeper", SOL), world.held("keeper", USDC));

    let receipt = world.keeper().settles_bad_debt("alice").done();
    let borne = settled(&receipt);
    assert_eq!(borne.len(), 1);
    let loss = &borne[0];
    assert_eq!((loss.slot, loss.owed), (SOL, owed));
    let own = loss.insurance;
    assert_eq!(
        loss.bought + own,
        owed,
        "insurance's interest pays the little there is"
    );
    let price = loss.bought as f64 * 0.25 * 1.015;
    assert!(
        (loss.paid as f64 - price).abs() < 3.0,
        "{} for {price}",
        loss.paid
    );
    assert_eq!(loss.lenders, 0);
    assert_eq!(world.bank(USDC).insurance, insurance + dust - loss.paid);
    assert_eq!(tokens - atoms_of(&world, "keeper", SOL), loss.bought as i64);
    assert_eq!(world.held("keeper", USDC) - quote, loss.paid as i64);
    assert!(world.bank(SOL).deposit_index >= index);
    assert_eq!(world.bank(SOL).pending_loss, 0);
    let account = world.account("alice");
    assert!(account
        .balances
        .iter()
        .all(|each| each.amount == 0 && each.pending_loss == 0));
    world.alice().closes_account().done();
}

#[test]
fn who_settles_must_bring_what_insurance_would_buy() {
    let mut world = spent(|_| {});
    world
        .carol()
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::KeeperTokenShort);
    world
        .carol()
        .deposits(sol(1))
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::KeeperTokenShort);
    // Who owes the token or holds others holds none of it.
    world
        .actor("owing")
        .deposits(usdc(10_000))
        .borrows(sol(1))
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::KeeperTokenShort);
    world.carol().deposits(sol(20)).lends(SOL).outcome().ok();
    world.tick();
    world.carol().settles_bad_debt("alice").done();
    assert_eq!(world.held("alice", SOL), 0);
}

#[test]
fn a_lender_may_bring_it_from_his_lent_deposit() {
    let mut world = spent(|_| {});
    world.carol().deposits(sol(20)).lends(SOL).done();
    world.tick();
    let before = atoms_of(&world, "carol", SOL);
    let receipt = world.carol().settles_bad_debt("alice").done();
    let bought = settled(&receipt)[0].bought as i64;
    let recorded = receipt.event::<ShortfallRecorded>().shortfall as f64 / 0.25;
    // He leaves like any other lender while the loss is recorded, and bears his part of it.
    let gave = before - atoms_of(&world, "carol", SOL);
    let share = recorded / sol(1_020).atoms as f64;
    let fair = bought as f64 / (1.0 - share);
    assert!(
        (gave as f64 - fair).abs() < 1e6,
        "{gave} for {bought}, {fair}"
    );
}

#[test]
fn insurance_in_the_token_itself_comes_first() {
    let mut world = lenders(|_| {});
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.carol().deposits(eth(100)).borrows(sol(400)).done();
    // Interest of a hundred days: insurance's tenth of it is in SOL.
    world.advance(100 * 86_400);
    world.tick();
    world.sync();
    let own = world.bank(SOL).insurance;
    assert!(own > sol(0.5).atoms && own < sol(12).atoms, "{own}");
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 250.0);
    takes_what_is_paid(&mut world);
    world.keeper().deposits(sol(100)).done();
    world.tick();
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &settled(&receipt)[0];
    assert!(loss.insurance >= own, "{} of {own}", loss.insurance);
    assert_eq!(world.bank(SOL).insurance, 0);
    assert!(loss.bought > 0 && loss.lenders == 0);
    assert_eq!(loss.insurance + loss.bought, loss.owed);
}

#[test]
fn where_insurance_has_too_little_it_buys_what_it_can_and_lenders_bear_the_rest() {
    let mut world = spent(|_| {});
    leave_insurance(&mut world, usdc(1_000).atoms);
    world.keeper().deposits(sol(100)).done();
    world.tick();
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &settled(&receipt)[0];
    assert!(loss.bought > 0 && loss.bought < loss.owed);
    assert!(loss.lenders > 0);
    let sum = loss.insurance + loss.bought + loss.lenders;
    assert!(sum.abs_diff(loss.owed) <= 2_000, "{sum} of {}", loss.owed);
    assert!(world.bank(USDC).insurance <= 2);
}

#[test]
fn without_insurance_the_lenders_bear_it_by_their_index_at_once() {
    let mut world = spent(|_| {});
    leave_insurance(&mut world, 0);
    let before = [("bob", 600.0), ("dora", 400.0)].map(|(name, _)| atoms_of(&world, name, SOL));
    let index = world.bank(SOL).deposit_index;
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &settled(&receipt)[0];
    // All there is to buy with are Alice's last dollars.
    assert!(loss.paid < usdc(10).atoms, "{loss:?}");
    let bank = world.bank(SOL);
    assert!(bank.deposit_index < index);
    let book = world.book();
    assert_eq!(
        book.listed_asset(SOL).unwrap().deposit_index,
        bank.deposit_index
    );
    let lost = ["bob", "dora"].map(|name| atoms_of(&world, name, SOL));
    let lost = [before[0] - lost[0], before[1] - lost[1]];
    let fair = loss.lenders as f64;
    assert!((lost[0] as f64 - fair * 0.6).abs() < fair * 1e-4 + 10.0);
    assert!((lost[1] as f64 - fair * 0.4).abs() < fair * 1e-4 + 10.0);
}

#[test]
fn deposits_that_are_not_lent_and_everybody_elses_positions_stay_as_they_are() {
    let mut world = lenders(|_| {});
    world
        .actor("safe")
        .deposits(sol(100))
        .deposits(usdc(5_000))
        .done();
    world
        .actor("trader")
        .deposits(usdc(20_000))
        .longs(btc(0.5))
        .done();
    world.actor("trader").shorts(sol(20)).done();
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 250.0);
    takes_what_is_paid(&mut world);
    leave_insurance(&mut world, 0);
    let names = ["safe", "trader", "bob", "dora"];
    let before = names.map(|name| bytes(&world, name));
    let (pool, snapshot) = (world.pool(), world.snapshot());
    let unlent = world.bank(SOL).deposits;
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &settled(&receipt)[0];
    assert!(loss.lenders > 0);
    assert_eq!(names.map(|name| bytes(&world, name)), before);
    assert_eq!(
        bytemuck::bytes_of(&*world.pool()),
        bytemuck::bytes_of(&*pool)
    );
    assert_eq!(world.bank(SOL).deposits, unlent - loss.bought);
    // The keeper sold what Alice's last dollars bought: they became his deposit.
    let mut expected = vec![
        format!("account {}", world.account_key("alice", 0)),
        format!("account {}", world.account_key("keeper", 0)),
        "bank SOL".to_owned(),
        "book".to_owned(),
    ];
    expected.sort();
    assert_eq!(world.changed_since(&snapshot), expected);
    // They can take out what they had.
    world.actor("safe").withdraws(sol(100)).done();
    world.settle("trader");
}

#[test]
fn a_quote_loan_is_paid_by_insurance_and_then_by_who_lends_quote() {
    for (insured, lost) in [(100_000, false), (1_000, true)] {
        let mut world = world_with(|spec| spec.frictionless());
        world.bob().deposits(usdc(100_000)).lends(USDC).done();
        world
            .alice()
            .deposits(sol(100))
            .borrows(usdc(10_000))
            .done();
        world.keeper().deposits(usdc(50_000)).done();
        world.price(SOL, 60.0);
        world
            .keeper()
            .liquidates("alice", &[collateral_leg(SOL)])
            .done();
        assert_eq!(world.held("alice", SOL), 0);
        let owed = atoms_of(&world, "alice", USDC).unsigned_abs();
        leave_insurance(&mut world, usdc(insured).atoms);
        let insurance = world.bank(USDC).insurance;
        let receipt = world.carol().settles_bad_debt("alice").done();
        let loss = &settled(&receipt)[0];
        assert_eq!((loss.slot, loss.owed, loss.bought), (USDC, owed, 0));
        assert_eq!(loss.lenders > 0, lost);
        let gave = insurance - world.bank(USDC).insurance;
        assert!(gave <= loss.insurance && loss.insurance - gave <= 10);
        assert_eq!(world.held("alice", USDC), 0);
    }
}

/// Alice had 1,000 dollars and was long 0.1 BTC, which lost 30%: she owes the pool.
fn owes_the_pool(insurance: u64) -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(btc(0.1)).done();
    world.keeper().opens_account().done();
    world.price(BTC, 70_000.0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC)])
        .done();
    leave_insurance(&mut world, insurance);
    world
}

#[test]
fn a_debt_to_the_pool_is_paid_by_insurance_and_then_by_the_pool() {
    for (insurance, borne_by_pool) in [(usdc(100_000).atoms, false), (usdc(500).atoms, true)] {
        let mut world = owes_the_pool(insurance);
        // What a position left is a claim, not yet a debt: only settled does it end.
        let receipt = world.carol().settles_bad_debt("alice").done();
        assert!(receipt.events::<BadDebtSettled>().is_empty());
        assert!(world.pool().pending_loss > 0);
        world.settle("alice");
        let owed = world.account("alice").pool_debt_shares;
        assert!(owed > 0);
        let (cash, insured) = (world.pool().cash, world.bank(USDC).insurance);
        let receipt = world.carol().settles_bad_debt("alice").done();
        let loss = &settled(&receipt)[0];
        assert_eq!((loss.slot, loss.bought, loss.lenders), (USDC, 0, 0));
        assert_eq!(loss.insurance, loss.owed.min(insured));
        assert_eq!(loss.insurance < loss.owed, borne_by_pool);
        let pool = world.pool();
        assert_eq!(pool.cash, cash + loss.insurance);
        assert_eq!((pool.debt_shares, pool.pending_loss), (0, 0));
        assert_eq!(world.account("alice").pool_pending_loss, 0);
    }
}

#[test]
fn settling_a_debt_to_the_pool_releases_what_was_recorded_of_it() {
    let mut world = owes_the_pool(usdc(100_000).atoms);
    world.carol().settles_bad_debt("alice").done();
    assert!(world.pool().pending_loss > 0);
    world.alice().deposits(usdc(5_000)).done();
    world.settle("alice");
    assert_eq!(world.account("alice").pool_debt_shares, 0);
    assert_eq!(world.pool().pending_loss, 0);
    let rest = world.held("alice", USDC) as u64;
    world
        .alice()
        .withdraws(usdc_atoms(rest))
        .closes_account()
        .done();
}

#[test]
fn an_account_that_the_pool_expects_a_loss_of_does_not_close() {
    let mut world = owes_the_pool(usdc(100_000).atoms);
    world.settle("alice");
    world.carol().settles_bad_debt("alice").outcome().ok();
    let mut account = world.account("alice");
    (account.pool_pending_loss, account.pool_debt_shares) = (1, 0);
    let key = world.account_key("alice", 0);
    let mut found = world.chain.account(&key).expect("it exists");
    found.data[8..].copy_from_slice(bytemuck::bytes_of(&*account));
    world.chain.set_account(key, found);
    world
        .alice()
        .closes_account()
        .refused_with(PlimsollError::AccountNotEmpty);
}

#[test]
fn lent_quote_pays_what_is_owed_to_the_pool_as_far_as_there_is_cash() {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(usdc(1_000))
        .lends(USDC)
        .longs(btc(0.1))
        .done();
    world.bob().deposits(usdc(1_000)).lends(USDC).done();
    world.carol().deposits(sol(100)).borrows(usdc(1_100)).done();
    world.keeper().opens_account().done();
    world.price(BTC, 70_000.0);
    world
        .keeper()
        .liquidates("alice", &[position_leg(BTC)])
        .done();
    let cash = world.bank(USDC).lent_cash;
    world.settle("alice");
    assert_eq!(world.bank(USDC).lent_cash, 0, "{cash} paid");
    assert!(world.account("alice").pool_debt_shares > 0);
    world.carol().deposits(usdc(1_200)).done();
    world.settle("alice");
    assert_eq!(atoms_of(&world, "alice", USDC), 0);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert_eq!(settled(&receipt).len(), 1);
}

// Dust.

#[test]
fn dust_of_every_kind_goes_to_insurance_of_its_bank_even_frozen() {
    let mut world = lenders(|spec| {
        spec.asset(BTC).token = Token::Token2022(vec![]);
    });
    world.carol().deposits(eth(100)).lends(ETH).done();
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.alice().deposits(btc(0.0003)).done();
    world.alice().deposits(eth(0.01)).lends(ETH).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 250.0);
    takes_what_is_paid(&mut world);
    world.keeper().deposits(sol(100)).done();
    world.tick();
    for slot in [USDC, BTC, ETH, SOL] {
        let vault = world.asset(slot).vault;
        let mut account = world.chain.account(&vault).unwrap();
        // State of an account of either token program: 2 is frozen.
        account.data[108] = 2;
        world.chain.set_account(vault, account);
    }
    let reserve = world.bank(ETH).reserve;
    world.keeper().settles_bad_debt("alice").done();
    assert_eq!(world.bank(BTC).insurance, btc(0.0003).atoms);
    // A lent deposit is a claim on cash that may be lent out.
    let claim = world.bank(ETH).reserve - reserve;
    assert!(claim.abs_diff(eth(0.01).atoms) <= 2, "{claim}");
    let account = world.account("alice");
    assert!(account.balances.iter().all(|each| each.amount == 0));
}

/// Publishes every price but one, which grows old.
fn publish_all_but(world: &mut World<BankChain>, dead: u8) {
    let now = world.now();
    for slot in [USDC, SOL, BTC, ETH]
        .into_iter()
        .filter(|slot| *slot != dead)
    {
        let report = world.asset(slot).feed.report;
        world.publish_at(slot, report, now);
    }
    world.refresh();
}

/// Alice holds 0.2 BTC of which nobody knows the price any more, and owes 50 of 1,000 SOL.
fn expired(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = lenders(change);
    world.alice().deposits(btc(0.2)).borrows(sol(50)).done();
    world.keeper().deposits(sol(100)).done();
    world.advance(86_400 + 100);
    publish_all_but(&mut world, BTC);
    world
}

#[test]
fn collateral_without_a_price_for_a_day_goes_to_insurance_of_its_bank() {
    let mut world = lenders(|_| {});
    world.alice().deposits(btc(0.2)).borrows(sol(50)).done();
    world.keeper().deposits(sol(100)).done();
    // An hour is not enough.
    world.advance(3_600);
    publish_all_but(&mut world, BTC);
    world
        .keeper()
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::NoShortfall);

    let mut world = expired(|_| {});
    let receipt = world.keeper().settles_bad_debt("alice").done();
    let loss = &settled(&receipt)[0];
    assert!(loss.owed >= sol(50).atoms && loss.lenders == 0);
    assert_eq!(world.bank(BTC).insurance, btc(0.2).atoms);
}

// A whole bank.

#[test]
fn a_bank_that_loses_everything_is_closed_and_stays_in_order() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.bank(SOL).utilisation_cap_ppm = 1_000_000;
    });
    world.bob().deposits(sol(50)).lends(SOL).done();
    world.alice().deposits(btc(0.2)).borrows(sol(50)).done();
    world.keeper().deposits(usdc(100_000)).done();
    world.advance(86_400 + 100);
    publish_all_but(&mut world, BTC);
    leave_insurance(&mut world, 0);
    let receipt = world.keeper().settles_bad_debt("alice").done();
    assert!(settled(&receipt)[0].lenders > 0);
    assert_eq!(Index(world.bank(SOL).deposit_index), Index(0));
    assert_eq!(atoms_of(&world, "bob", SOL), 0);
    let book = world.book();
    let at = BookAt {
        book: &book,
        now: world.now(),
        limit: AgeLimit::Other,
    };
    assert_eq!(at.deposit_index(SOL).unwrap().0, Index(0));

    world
        .carol()
        .deposits(sol(1))
        .lends(SOL)
        .refused_with(PlimsollError::BankClosed);
    world
        .keeper()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::BankClosed);
    // What Bob lent is worth nothing, and he can be rid of it.
    world.bob().stops_lending(SOL).done();
    assert_eq!(world.held("bob", SOL), 0);
    // Deposits that are not lent come and go.
    world.carol().withdraws(sol(1)).done();
}

#[test]
fn who_owes_a_bank_that_was_closed_repays_as_before() {
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.bank(SOL).utilisation_cap_ppm = 1_000_000;
    });
    world.bob().deposits(sol(50)).lends(SOL).done();
    world.alice().deposits(btc(0.2)).borrows(sol(49.8)).done();
    world.carol().deposits(usdc(1_000)).borrows(sol(0.2)).done();
    world.keeper().deposits(usdc(100_000)).done();
    world.advance(86_400 + 100);
    publish_all_but(&mut world, BTC);
    leave_insurance(&mut world, 0);
    world.keeper().settles_bad_debt("alice").done();
    world
        .keeper()
        .borrows(sol_atoms(1))
        .refused_with(PlimsollError::BankClosed);
    let owed = atoms_of(&world, "carol", SOL).unsigned_abs();
    world.carol().deposits(sol_atoms(owed)).done();
    assert_eq!(world.held("carol", SOL), 0);
    assert_eq!(world.bank(SOL).debt_shares, 0);
    // Bob gets what there is.
    let left = atoms_of(&world, "bob", SOL);
    assert!(left > 0 && left <= sol(0.2).atoms as i64 * 101 / 100);
    world.bob().stops_lending(SOL).done();
}

// Accounts.

#[test]
fn the_banks_are_those_of_the_balances_in_order() {
    let mut world = lenders(|_| {});
    world.carol().deposits(eth(100)).lends(ETH).done();
    world.alice().deposits(usdc(10_000)).borrows(sol(20)).done();
    world.alice().borrows(eth(1)).done();
    world.keeper().deposits(usdc(1)).done();
    world.prices(&[(SOL, 400.0.into()), (ETH, 8_000.0.into())]);
    let account = world.account_key("alice", 0);
    let [sol_bank, eth_bank, quote_bank] =
        [SOL, ETH, USDC].map(|slot| meta(world.asset(slot).bank, true));
    let foreign = world.asset(SOL).bank;
    let foreign = meta(world.forge_of_another_book(&foreign, 0), true);
    let wrong = [
        (vec![], PlimsollError::BankMissing),
        (vec![sol_bank.clone()], PlimsollError::BankMissing),
        (
            vec![eth_bank.clone(), sol_bank.clone()],
            PlimsollError::WrongBank,
        ),
        (
            vec![sol_bank.clone(), sol_bank.clone()],
            PlimsollError::WrongBank,
        ),
        (
            vec![sol_bank.clone(), eth_bank.clone(), quote_bank],
            PlimsollError::WrongBank,
        ),
        (vec![foreign, eth_bank.clone()], PlimsollError::WrongBank),
    ];
    for (banks, error) in wrong {
        let accounts = world.settle_bad_debt_accounts("keeper", account);
        world
            .keeper()
            .does(&[call_with(accounts, ix::SettleBadDebt {}, banks)])
            .refused_with(error);
    }
    let accounts = world.settle_bad_debt_accounts("keeper", account);
    let right = vec![sol_bank, eth_bank];
    world
        .keeper()
        .does(&[call_with(accounts, ix::SettleBadDebt {}, right)])
        .done();
}

#[test]
fn accounts_of_another_book_are_refused() {
    let mut world = short(|_| {});
    let account = world.account_key("alice", 0);
    let (pool, bank, own) = (
        world.keys.pool,
        world.quote().bank,
        world.account_key("keeper", 0),
    );
    let right = world.settle_bad_debt_accounts("keeper", account);
    let wrong = [
        (
            ax::SettleBadDebt {
                account: world.forge_of_another_book(&account, 32),
                ..right
            },
            PlimsollError::WrongAccountBook,
        ),
        (
            ax::SettleBadDebt {
                keeper_account: Some(world.forge_of_another_book(&own, 32)),
                ..world.settle_bad_debt_accounts("keeper", account)
            },
            PlimsollError::WrongAccountBook,
        ),
        (
            ax::SettleBadDebt {
                quote_bank: world.forge_of_another_book(&bank, 0),
                ..world.settle_bad_debt_accounts("keeper", account)
            },
            PlimsollError::WrongBank,
        ),
        (
            ax::SettleBadDebt {
                pool: world.forge_of_another_book(&pool, 0),
                ..world.settle_bad_debt_accounts("keeper", account)
            },
            PlimsollError::WrongPool,
        ),
        (
            ax::SettleBadDebt {
                keeper_account: Some(world.account_key("bob", 0)),
                ..world.settle_bad_debt_accounts("keeper", account)
            },
            PlimsollError::NotOwner,
        ),
    ];
    for (accounts, error) in wrong {
        let banks = world.banks_of(&account);
        world
            .keeper()
            .does(&[call_with(accounts, ix::SettleBadDebt {}, banks)])
            .refused_with(error);
    }
}

#[test]
fn nobody_settles_with_his_own_account_as_keeper() {
    let mut world = spent(|_| {});
    world
        .alice()
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::SelfLiquidation);
}

#[test]
fn a_pending_order_delays_it() {
    let mut world = world_with(|spec| spec.frictionless());
    world.alice().deposits(usdc(1_000)).longs(btc(0.1)).done();
    world.tick();
    world.alice().asks_short(btc(0.01)).done();
    world.price(BTC, 70_000.0);
    world
        .carol()
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::OrderPending);
}

#[test]
fn the_keeper_passes_his_gate_with_what_he_sells() {
    let mut world = spent(|_| {});
    // SOL hedge a short of more SOL; nearly all that is free is withdrawn.
    world.bob().deposits(usdc(100_000)).lends(USDC).done();
    world.actor("brave").uses(ModelKind::Portfolio).done();
    world
        .actor("brave")
        .deposits(sol(15))
        .shorts(sol(100))
        .done();
    for _ in 0..4 {
        world.tick();
        let initial = world.health("brave").initial;
        let spare = (initial.equity.0 - initial.requirement.0) as f64;
        world
            .actor("brave")
            .borrows(usdc_atoms((spare * 0.9) as u64))
            .done();
    }
    world.tick();
    world
        .actor("brave")
        .settles_bad_debt("alice")
        .refused_with(PlimsollError::ShortageGrown);
    world
        .keeper()
        .deposits(sol(100))
        .settles_bad_debt("alice")
        .done();
}
