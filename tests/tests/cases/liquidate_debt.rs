//! `liquidate`: debts, lent deposits and quote loans go over to the keeper's account.

use super::forecast::forecast;
use super::world_with;
use plimsoll::events::Liquidated;
use plimsoll::instructions::LiquidationLeg;
use plimsoll::state::{AgeLimit, Balance, BookAt};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::Purpose;
use plimsoll_engine::liquidation::DiscountCurve;
use plimsoll_tests::engine_view::health;
use plimsoll_tests::prelude::*;

/// Bob lends 1,000 SOL and 200,000 USDC, Carol 100 ETH, prices are what they are called.
fn lenders(change: impl FnOnce(&mut Spec)) -> World<BankChain> {
    let mut world = world_with(|spec| {
        spec.frictionless();
        change(spec);
    });
    world.bob().deposits(sol(1_000)).lends(SOL).done();
    world.bob().deposits(usdc(200_000)).lends(USDC).done();
    world.carol().deposits(eth(100)).lends(ETH).done();
    world
}

/// Alice holds 10,000 dollars and owes 50 SOL, sold short at 150, which cost 182 now.
fn short() -> World<BankChain> {
    let mut world = lenders(|_| {});
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 182.0);
    world
}

/// Alice holds 100 SOL, lent or not, and owes 10,000 dollars of the 15,000 that they were worth.
fn leveraged(lent: bool) -> World<BankChain> {
    let mut world = lenders(|_| {});
    world.alice().deposits(sol(100)).done();
    if lent {
        world.alice().lends(SOL).done();
    }
    world.alice().borrows(usdc(10_000)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 110.0);
    world
}

/// Alice holds 60 SOL, lent, is long 0.3 BTC that has fallen, and every SOL of the bank is borrowed.
fn lent_out() -> World<BankChain> {
    let mut world = world_with(|spec| spec.frictionless());
    world
        .alice()
        .deposits(sol(60))
        .lends(SOL)
        .longs(btc(0.3))
        .done();
    world.bob().deposits(sol(80)).lends(SOL).done();
    world.carol().deposits(usdc(50_000)).borrows(sol(65)).done();
    world
}

/// What is left of the cash goes to Bob, and BTC falls.
fn without_cash(world: &mut World<BankChain>) {
    let cash = world.bank(SOL).lent_cash;
    world.bob().withdraws(sol_atoms(cash)).done();
    assert_eq!(world.bank(SOL).lent_cash, 0);
    world.price(BTC, 75_000.0);
}

fn balance(world: &World<BankChain>, name: &str, slot: u8) -> Balance {
    let account = world.account(name);
    let mut balances = account.balances.iter();
    let held = balances.find(|each| each.slot == slot && each.amount != 0);
    held.copied().unwrap_or_else(bytemuck::Zeroable::zeroed)
}

/// Atoms of a balance at the indices of the book, negative for a debt.
fn atoms_of(world: &World<BankChain>, name: &str, slot: u8) -> i64 {
    let book = world.book();
    let at = BookAt {
        book: &book,
        now: world.now(),
        limit: AgeLimit::Other,
    };
    let balance = balance(world, name, slot);
    balance.holding().atoms_floor(&at).expect("an amount")
}

/// The keeper liquidates, exactly as forecast.
fn liquidates(world: &mut World<BankChain>, legs: &[LiquidationLeg]) -> Liquidated {
    let expected = forecast(world, "alice", "keeper", legs).expect("there is a plan");
    let receipt = world.keeper().liquidates("alice", legs).done();
    expected.assert_came_true(world, &receipt);
    let told: Liquidated = receipt.event();
    assert!(told.shortage_after < told.shortage_before);
    assert!(expected.beyond_target(world) <= 0, "beyond the target");
    told
}

/// A refusal that names what is needed and what there is.
fn assert_named(failure: &Failure, needed: u64, held: u64) {
    for line in [format!("Left: {needed}"), format!("Right: {held}")] {
        let said = failure.logs.iter().any(|log| log.ends_with(&line));
        assert!(said, "{line} is not in {failure}");
    }
}

#[test]
fn the_keeper_takes_over_a_debt_as_shares_and_no_token_moves() {
    let mut world = short();
    let (before, owed) = (world.snapshot(), world.held("alice", SOL));
    let told = liquidates(&mut world, &[debt_leg(SOL)]);
    assert!(told.legs[0].size > 0 && told.legs[0].size < 50_000_000_000);
    let moved = world.held("alice", SOL) - owed;
    assert_eq!(world.held("keeper", SOL), -moved);
    assert_eq!(told.fee, 0, "a fee is for positions");
    let mut expected = vec![
        format!("account {}", world.account_key("alice", 0)),
        format!("account {}", world.account_key("keeper", 0)),
        "bank USDC".to_owned(),
    ];
    expected.sort();
    assert_eq!(world.changed_since(&before), expected);
}

#[test]
fn the_account_pays_the_value_and_a_premium_of_which_insurance_gets_three_tenths() {
    let mut world = short();
    let insurance = world.bank(USDC).insurance;
    let view = world.health("alice").maintenance;
    let ratio = view.equity.0 as f64 / view.requirement.0 as f64;
    assert!(ratio < 1.0 && ratio > 0.7, "{ratio}");
    let told = liquidates(&mut world, &[debt_leg(SOL)]);
    let leg = &told.legs[0];
    let value = leg.size as f64 / 1e9 * 182e6;
    let premium = leg.notional as f64 - value;
    let rate = 0.015 + 0.045 * (1.0 - ratio) / 0.3;
    assert!((premium - value * rate).abs() < 3.0, "{premium} at {rate}");
    assert!((leg.insurance as f64 - premium * 0.3).abs() < 2.0);
    assert_eq!(world.bank(USDC).insurance, insurance + leg.insurance);
    let got = world.held("keeper", USDC) as u64 - usdc(50_000).atoms;
    assert_eq!(got, leg.notional - leg.insurance);
    let paid = usdc(10_000).atoms - world.held("alice", USDC) as u64;
    assert_eq!(paid, leg.notional);
}

#[test]
fn a_keeper_who_owes_the_token_already_owes_more() {
    let mut world = lenders(|_| {});
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world
        .keeper()
        .deposits(usdc(50_000))
        .borrows(sol(10))
        .done();
    world.price(SOL, 182.0);
    let before = world.held("keeper", SOL);
    liquidates(&mut world, &[debt_leg(SOL)]);
    assert!(world.held("keeper", SOL) < before);
}

#[test]
fn a_keeper_who_holds_the_token_pays_with_it() {
    for lent in [false, true] {
        let mut world = short();
        world.keeper().deposits(sol(100)).done();
        if lent {
            world.keeper().lends(SOL).done();
        }
        world.price(SOL, 182.0);
        let (debts, bank) = (world.bank(SOL).debt_shares, world.asset(SOL).bank);
        let account = world.account_key("alice", 0);
        let accounts = world.liquidate_accounts("keeper", account);
        let legs = vec![debt_leg(SOL)];
        let none = call(accounts, ix::Liquidate { legs: legs.clone() });
        world
            .keeper()
            .does(&[none])
            .refused_with(PlimsollError::BankMissing);
        let accounts = world.liquidate_accounts("keeper", account);
        let wrong = vec![meta(world.asset(ETH).bank, true)];
        let call_wrong = call_with(accounts, ix::Liquidate { legs: legs.clone() }, wrong);
        world
            .keeper()
            .does(&[call_wrong])
            .refused_with(PlimsollError::BankMissing);
        let foreign = world.forge_of_another_book(&bank, 0);
        let accounts = world.liquidate_accounts("keeper", account);
        let given = vec![meta(foreign, true)];
        world
            .keeper()
            .does(&[call_with(
                accounts,
                ix::Liquidate { legs: legs.clone() },
                given,
            )])
            .refused_with(PlimsollError::WrongBank);

        liquidates(&mut world, &legs);
        assert!(world.bank(SOL).debt_shares < debts, "the debt is gone");
        let left = atoms_of(&world, "keeper", SOL);
        assert!(left > 0 && left < 100_000_000_000);
        assert_eq!(balance(&world, "keeper", SOL).lent, u8::from(lent));
    }
}

#[test]
fn a_keeper_who_holds_too_little_of_the_token_is_told_what_is_needed() {
    for lent in [false, true] {
        let mut world = short();
        world.keeper().deposits(sol(1)).done();
        if lent {
            world.keeper().lends(SOL).done();
        }
        world.price(SOL, 182.0);
        let (_, taken) = world.plan("alice", &[debt_leg(SOL)]).unwrap();
        let failure = world
            .keeper()
            .liquidates("alice", &[debt_leg(SOL)])
            .refused_with(PlimsollError::KeeperTokenShort);
        assert_named(&failure, taken[0].size, 1_000_000_000 - u64::from(lent));
        // He can take less.
        let leg = LiquidationLeg {
            most: 900_000_000,
            ..debt_leg(SOL)
        };
        liquidates(&mut world, &[leg]);
    }
}

/// Alice holds 5 ETH and no quote, and owes 70 SOL.
fn short_against_eth() -> World<BankChain> {
    let mut world = lenders(|_| {});
    world.alice().deposits(eth(5)).borrows(sol(70)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world.price(SOL, 245.0);
    world
}

#[test]
fn a_debt_together_with_collateral_needs_no_quote_of_the_account() {
    let mut world = short_against_eth();
    let (_, taken) = world.plan("alice", &[debt_leg(SOL)]).unwrap();
    let failure = world
        .keeper()
        .liquidates("alice", &[debt_leg(SOL)])
        .refused_with(PlimsollError::AccountQuoteShort);
    assert_named(&failure, taken[0].notional, 0);
    for legs in [
        [debt_leg(SOL), collateral_leg(ETH)],
        [collateral_leg(ETH), debt_leg(SOL)],
    ] {
        let mut world = short_against_eth();
        let told = liquidates(&mut world, &legs);
        let of = |slot| told.legs.iter().find(|leg| leg.slot == slot).unwrap();
        let (debt, sold) = (of(SOL), of(ETH));
        assert!(debt.size > 0 && sold.size > 0);
        // The keeper pays or gets the difference, insurance gets its part of both.
        let got = world.held("alice", USDC);
        assert_eq!(got, sold.notional as i64 - debt.notional as i64);
        let paid = usdc(50_000).atoms as i64 - world.held("keeper", USDC);
        let insurance = (debt.insurance + sold.insurance) as i64;
        assert_eq!(paid, got + insurance);
    }
}

#[test]
fn an_account_that_can_pay_a_part_is_told_both_numbers() {
    let mut world = short_against_eth();
    world.alice().deposits(usdc(100)).done();
    let (_, taken) = world.plan("alice", &[debt_leg(SOL)]).unwrap();
    assert!(taken[0].notional > usdc(100).atoms);
    let failure = world
        .keeper()
        .liquidates("alice", &[debt_leg(SOL)])
        .refused_with(PlimsollError::AccountQuoteShort);
    assert_named(&failure, taken[0].notional, usdc(100).atoms);
    // What it can pay may be taken.
    let leg = LiquidationLeg {
        most: 300_000_000,
        ..debt_leg(SOL)
    };
    liquidates(&mut world, &[leg]);
}

#[test]
fn a_keeper_without_the_quote_is_told_both_numbers() {
    for lent in [false, true] {
        let mut world = leveraged(false);
        world.keeper().withdraws(usdc(49_900)).done();
        if lent {
            world.keeper().lends(USDC).done();
        }
        world.price(SOL, 110.0);
        let (_, taken) = world.plan("alice", &[collateral_leg(SOL)]).unwrap();
        let failure = world
            .keeper()
            .liquidates("alice", &[collateral_leg(SOL)])
            .refused_with(PlimsollError::KeeperQuoteShort);
        assert_named(
            &failure,
            taken[0].notional + taken[0].insurance,
            usdc(100).atoms - u64::from(lent),
        );
    }
}

#[test]
fn selling_collateral_repays_the_quote_loan() {
    for lent in [false, true] {
        let mut world = leveraged(lent);
        let owed = atoms_of(&world, "alice", USDC);
        assert!(owed < 0);
        let account = world.account_key("alice", 0);
        let accounts = ax::Liquidate {
            quote_bank: None,
            ..world.liquidate_accounts("keeper", account)
        };
        let legs = vec![collateral_leg(SOL)];
        world
            .keeper()
            .does(&[call(accounts, ix::Liquidate { legs: legs.clone() })])
            .refused_with(PlimsollError::QuoteBankMissing);
        let told = liquidates(&mut world, &legs);
        let repaid = atoms_of(&world, "alice", USDC) - owed;
        assert!(
            repaid.abs_diff(told.legs[0].notional as i64) <= 1,
            "{repaid}"
        );
        assert_eq!(balance(&world, "keeper", SOL).lent, u8::from(lent));
    }
}

#[test]
fn a_bankrupt_leveraged_long_is_sold_out_and_its_loan_remains() {
    let mut world = leveraged(false);
    world.price(SOL, 90.0);
    let told = liquidates(&mut world, &[collateral_leg(SOL)]);
    assert_eq!(told.legs[0].size, sol(100).atoms);
    assert_eq!(world.held("alice", SOL), 0);
    assert!(world.held("alice", USDC) < 0);
}

#[test]
fn quote_moves_between_lent_balances_without_any_cash() {
    // Alice's quote is lent, and so is the keeper's; Carol has borrowed everything there is.
    let mut world = world_with(|spec| {
        spec.frictionless();
        spec.bank(USDC).utilisation_cap_ppm = 1_000_000;
    });
    world.bob().deposits(sol(1_000)).lends(SOL).done();
    world
        .alice()
        .deposits(usdc(10_000))
        .lends(USDC)
        .borrows(sol(50))
        .done();
    world.keeper().deposits(usdc(50_000)).lends(USDC).done();
    world
        .carol()
        .deposits(eth(100))
        .borrows(usdc(59_999))
        .done();
    let cash = world.bank(USDC).lent_cash;
    world.keeper().withdraws(usdc_atoms(cash)).done();
    assert_eq!(world.bank(USDC).lent_cash, 0);
    world.price(SOL, 182.0);
    let reserve = world.bank(USDC).reserve;
    let told = liquidates(&mut world, &[debt_leg(SOL)]);
    // Insurance's part becomes a claim that the next sync pays as far as there is cash.
    assert!(world.bank(USDC).reserve >= reserve + told.legs[0].insurance);
}

#[test]
fn lent_collateral_goes_as_shares_where_there_is_no_cash() {
    let mut world = lent_out();
    world.keeper().deposits(usdc(20_000)).done();
    without_cash(&mut world);
    let before = world.bank(SOL);
    liquidates(&mut world, &[collateral_leg(SOL)]);
    assert_eq!(
        bytemuck::bytes_of(&*before),
        bytemuck::bytes_of(&*world.bank(SOL))
    );
    assert_eq!(balance(&world, "keeper", SOL).lent, 1);
}

#[test]
fn lent_collateral_joins_what_the_keeper_lends() {
    let mut world = lent_out();
    world
        .keeper()
        .deposits(usdc(20_000))
        .deposits(sol(1))
        .lends(SOL)
        .done();
    without_cash(&mut world);
    let shares = world.held("keeper", SOL);
    liquidates(&mut world, &[collateral_leg(SOL)]);
    let held = balance(&world, "keeper", SOL);
    assert!(held.amount > shares && held.lent == 1);
}

#[test]
fn lent_collateral_needs_cash_where_the_keeper_does_not_lend() {
    let mut world = lent_out();
    world
        .keeper()
        .deposits(usdc(20_000))
        .deposits(sol(1))
        .done();
    without_cash(&mut world);
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::LenderCash);
    world.actor("dora").deposits(sol(100)).lends(SOL).done();
    world.price(BTC, 75_000.0);
    liquidates(&mut world, &[collateral_leg(SOL)]);
    let held = balance(&world, "keeper", SOL);
    assert!(held.amount > 1_000_000_000 && held.lent == 0);
}

#[test]
fn lent_collateral_of_more_than_the_keeper_owes_needs_cash_for_the_rest() {
    let mut world = lent_out();
    world.keeper().deposits(usdc(20_000)).borrows(sol(5)).done();
    without_cash(&mut world);
    world
        .keeper()
        .liquidates("alice", &[collateral_leg(SOL)])
        .refused_with(PlimsollError::LenderCash);
    world.actor("dora").deposits(sol(100)).lends(SOL).done();
    world.price(BTC, 75_000.0);
    liquidates(&mut world, &[collateral_leg(SOL)]);
    let held = balance(&world, "keeper", SOL);
    assert!(
        held.amount > 0 && held.lent == 0,
        "more than he owed: {held:?}"
    );
}

#[test]
fn lent_collateral_of_less_than_the_keeper_owes_leaves_him_the_rest() {
    let mut world = lent_out();
    world.keeper().deposits(usdc(20_000)).borrows(sol(5)).done();
    without_cash(&mut world);
    let owed = world.held("keeper", SOL);
    let leg = LiquidationLeg {
        most: 2_000_000_000,
        ..collateral_leg(SOL)
    };
    liquidates(&mut world, &[leg]);
    let held = world.held("keeper", SOL);
    assert!(held < 0 && held > owed);
}

#[test]
fn the_keeper_passes_his_gate_with_the_debt() {
    let mut world = short();
    // All but five dollars of what initial leaves free; the debt would take hundreds.
    world
        .actor("brave")
        .deposits(usdc(9_000))
        .longs(btc(1))
        .done();
    world.tick();
    let initial = world.health("brave").initial;
    let spare = (initial.equity.0 - initial.requirement.0) as u64;
    let most = usdc_atoms(spare - usdc(5).atoms);
    world.actor("brave").withdraws(most).done();
    assert_eq!(world.assess("brave").state, 0);
    world
        .actor("brave")
        .liquidates("alice", &[debt_leg(SOL)])
        .refused_with(PlimsollError::ShortageGrown);
}

#[test]
fn frozen_vaults_full_caps_and_empty_vaults_stop_nothing() {
    let mut world = lenders(|spec| {
        spec.bank(SOL).borrow_cap = sol(50.1).atoms;
        spec.bank(USDC).deposit_cap = usdc(260_000).atoms;
    });
    world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
    world.keeper().deposits(usdc(50_000)).done();
    world
        .keeper()
        .borrows(sol(1))
        .refused_with(PlimsollError::BorrowCap);
    let cash = world.bank(SOL).lent_cash;
    world.bob().withdraws(sol_atoms(cash)).done();
    world.price(SOL, 182.0);
    for slot in [SOL, USDC] {
        let vault = world.asset(slot).vault;
        let mut account = world.chain.account(&vault).unwrap();
        // State of an SPL token account: 2 is frozen.
        account.data[108] = 2;
        world.chain.set_account(vault, account);
    }
    liquidates(&mut world, &[debt_leg(SOL)]);
}

/// What ⌊part · curve · value⌋ and nine tenths of the fall allow, independently of the engine's search.
pub(super) fn expected_discount(
    world: &World<BankChain>,
    slot: u8,
    size: u64,
    shares: i64,
) -> (u64, u64) {
    let (book, account) = (world.book(), world.account("alice"));
    let view = |account: &plimsoll::state::MarginAccount| {
        health(&book, account, world.now(), AgeLimit::Other, Purpose::Trade).maintenance
    };
    let before = view(&account);
    let asset = book.listed_asset(slot).unwrap();
    let curve = DiscountCurve {
        least: Fixed(asset.discount_least),
        most: Fixed(asset.discount_most),
    };
    let elapsed = account.episode().elapsed(world.now());
    let part = DiscountCurve::part_floor(&before, elapsed).unwrap();
    let rate = curve.discount_floor(part).unwrap();
    let band = asset.band();
    let value = if shares < 0 {
        band.value_ceil(size, band.spot)
    } else {
        band.value_floor(size, band.spot)
    };
    let value = value.unwrap();
    let mut without = account.clone();
    for each in without
        .balances
        .iter_mut()
        .filter(|each| each.slot == slot && each.amount != 0)
    {
        each.amount -= shares;
    }
    // USDC is worth a dollar: a micro-dollar is an atom.
    without.balances[0].amount += value as i64 * shares.signum();
    let fall = before.requirement.0 - view(&without).requirement.0;
    let nine_tenths = u64::try_from(fall).unwrap() as u128 * 9 / 10;
    (rate.of_floor(value).unwrap().min(nine_tenths as u64), value)
}

#[test]
fn the_discount_is_the_curves_or_nine_tenths_of_the_fall_whichever_is_less() {
    for most_of_sol in [60_000, 200_000] {
        let mut world = lenders(|spec| spec.params(SOL).discount_most_ppm = most_of_sol);
        world.alice().deposits(usdc(10_000)).borrows(sol(50)).done();
        world.keeper().deposits(usdc(50_000)).done();
        world.price(SOL, 186.0);
        let legs = [debt_leg(SOL)];
        let (_, taken) = world.plan("alice", &legs).unwrap();
        let shares = -(taken[0].amount as i64);
        let (given, value) = expected_discount(&world, SOL, taken[0].size, shares);
        let told = liquidates(&mut world, &legs);
        let leg = &told.legs[0];
        let premium = leg.notional - value;
        assert!(premium.abs_diff(given) <= 1, "{premium} against {given}");
        assert_eq!(leg.insurance, premium - premium * 7 / 10);
        let at_curve = premium as f64 / value as f64;
        assert_eq!(at_curve > 0.089, most_of_sol == 200_000, "{at_curve}");
    }
}
