//! The engine off chain and the program on chain, side by side on random accounts: the same health and
//! the same liquidation, to the unit; and beside the banks' lending, through years.

mod books;
mod dice;
#[path = "../support/forecast.rs"]
mod forecast;
mod holdings;
mod lending;
mod planted;
mod reports;

use std::collections::BTreeMap;

use anchor_lang::AnchorDeserialize;
use dice::Dice;
use forecast::{forecast, Forecast};
use planted::Field;
use plimsoll::instructions::{leg_kind, HealthReport, LiquidationLeg, NO_SCENARIO};
use plimsoll::state::MarginAccount;
use plimsoll_client::plan::{Liquidation, Refused};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::EngineError;
use plimsoll_tests::conservation::assert_conserved;
use plimsoll_tests::prelude::*;

/// What may be short of quote or tokens when a liquidation is carried out.
const SHORT: [PlimsollError; 3] = [
    PlimsollError::AccountQuoteShort,
    PlimsollError::KeeperQuoteShort,
    PlimsollError::KeeperTokenShort,
];

/// Accounts of one run.
const ACCOUNTS: usize = 4_000;

/// What the accounts of a run have been, so that a run that tests nothing is noticed.
#[derive(Debug, Default)]
struct Coverage {
    portfolio: u32,
    isolated: u32,
    healthy: u32,
    liquidated: u32,
    netted: u32,
    alone: u32,
    bankrupt: u32,
    hedged: u32,
    throttled: u32,
    useless: u32,
    wide: u32,
    sold: u32,
    lent: u32,
    repaid: u32,
    paid: u32,
    short: u32,
    rewarded: u32,
    closed: u32,
    partial: u32,
}

#[test]
fn thousands_of_random_accounts_are_assessed_and_liquidated_alike() {
    let mut field = Field::new();
    let mut dice = Dice::new(20_261_121);
    let mut seen = Coverage::default();
    for number in 0..ACCOUNTS {
        let account = field.set_up(&mut dice);
        let legs = dice.legs(&account);
        seen.hedged += u32::from(dice::is_hedged(&account));
        seen.portfolio += u32::from(account.model == ModelKind::Portfolio.code());
        seen.isolated += u32::from(account.is_isolated());
        let found: HealthReport = field.world.assess("alice");
        assert_eq!(found, field.world.report("alice"), "account {number}");
        liquidate_alike(&mut field.world, number, &legs, &mut seen);
        field.clear();
    }
    println!("{seen:?}");
    let enough = [
        (seen.portfolio, 1_200),
        (seen.isolated, 250),
        (seen.healthy, 200),
        (seen.liquidated, 2_000),
        (seen.netted, 600),
        (seen.alone, 100),
        (seen.bankrupt, 400),
        (seen.hedged, 600),
        (seen.throttled, 20),
        (seen.useless, 20),
        (seen.wide, 40),
        (seen.sold, 600),
        (seen.lent, 150),
        (seen.repaid, 150),
        (seen.paid, 50),
        (seen.short, 50),
        (seen.rewarded, 40),
        (seen.closed, 200),
        (seen.partial, 800),
    ];
    let met = enough.iter().all(|(found, least)| found >= least);
    assert!(met, "too little of something: {seen:?}");
}

/// `liquidate` does what the engine plans, or refuses for the reason it refuses.
fn liquidate_alike(
    world: &mut World<LiteChain>,
    number: usize,
    legs: &[LiquidationLeg],
    seen: &mut Coverage,
) {
    let expected = forecast(world, "alice", "keeper", legs);
    let wide = legs.iter().any(|leg| planted::is_wide(world, leg.slot));
    let before = (world.account("alice"), world.account("keeper"));
    let promised = plan(world, legs);
    let outcome = world.keeper().liquidates("alice", legs).outcome();
    promised_as_done(number, &promised, &expected, &outcome);
    if wide {
        let failure = outcome.expect_err("no leg is traded at so wide a price");
        assert_eq!(failure.code, Some(PlimsollError::PriceWide.into()));
        seen.wide += 1;
        return;
    }
    match (expected, outcome) {
        (Ok(expected), Ok(receipt)) => {
            expected.assert_came_true(world, &receipt);
            assert_conserved(world);
            count_kinds(&before.0, &before.1, legs, &expected, seen);
            kept_promises(world, number, legs, &expected, seen);
        }
        (Err(EngineError::InsufficientShares), Err(failure)) => {
            let code = failure.code;
            let named = SHORT.iter().any(|short| code == Some(u32::from(*short)));
            assert!(named, "account {number}: {failure}");
            seen.short += 1;
        }
        (Err(refusal), Err(failure)) => {
            let code = u32::from(PlimsollError::from(refusal));
            assert_eq!(failure.code, Some(code), "account {number}: {failure}");
            match refusal {
                EngineError::Healthy => seen.healthy += 1,
                EngineError::Throttled => seen.throttled += 1,
                EngineError::NotImproved => seen.useless += 1,
                EngineError::LenderCash => seen.short += 1,
                other => panic!("account {number}: {other:?}"),
            }
        }
        (Ok(_), Err(failure)) => panic!("account {number}: only the engine agrees: {failure}"),
        (Err(refusal), Ok(_)) => panic!("account {number}: only the engine refuses: {refusal:?}"),
    }
}

/// What keepers are told before they send.
fn plan(world: &World<LiteChain>, legs: &[LiquidationLeg]) -> Result<Liquidation, Refused> {
    let named = legs.iter().filter(|leg| leg.kind == leg_kind::POSITION);
    let markets: BTreeMap<u8, _> = named
        .map(|leg| (leg.slot, world.market(leg.slot)))
        .collect();
    let market = |slot| markets.get(&slot).map(|market| &**market);
    let (book, account) = (world.book(), world.account("alice"));
    plimsoll_client::plan::plan(&book, market, &account, legs, world.now())
}

/// A keeper was told what happened, or why it did not, except for what his own account lacks.
fn promised_as_done(
    number: usize,
    promised: &Result<Liquidation, Refused>,
    expected: &plimsoll_engine::Result<Forecast>,
    outcome: &Result<Receipt, Failure>,
) {
    match (promised, outcome) {
        (Ok(promised), Ok(_)) => {
            let expected = expected.as_ref().expect("a forecast");
            let forecast = (&expected.plan, &expected.taken);
            assert_eq!(
                (&promised.plan, &promised.taken),
                forecast,
                "account {number}"
            );
        }
        (Err(promised), Err(failure)) => {
            assert_eq!(
                failure.code,
                Some(promised.0),
                "account {number}: {failure}"
            );
        }
        (Ok(_), Err(failure)) => {
            let code = failure.code;
            let known = SHORT.iter().any(|short| code == Some(u32::from(*short)));
            assert!(known, "account {number}: planned, and refused: {failure}");
        }
        (Err(promised), Ok(_)) => panic!("account {number}: done in spite of {promised}"),
    }
}

/// Counts lent deposits sold, debts taken, and debts that the keeper paid from a deposit.
fn count_kinds(
    account: &MarginAccount,
    keeper: &MarginAccount,
    legs: &[LiquidationLeg],
    expected: &Forecast,
    seen: &mut Coverage,
) {
    let of = |account: &MarginAccount, slot: u8| {
        let mut balances = account.balances[1..].iter();
        balances
            .find(|each| each.amount != 0 && each.slot == slot)
            .copied()
    };
    for (leg, done) in legs.iter().zip(&expected.taken) {
        if leg.kind == leg_kind::POSITION || done.size == 0 {
            continue;
        }
        let owes = leg.kind == leg_kind::DEBT;
        let lent = of(account, leg.slot).is_some_and(|each| each.lent != 0);
        let pays = of(keeper, leg.slot).is_some_and(|each| each.amount > 0);
        seen.lent += u32::from(lent);
        seen.repaid += u32::from(owes);
        seen.paid += u32::from(owes && pays);
    }
}

/// The shortage is smaller unless everything is closed; health is not above the target unless
/// everything, or everything but dust, is closed.
fn kept_promises(
    world: &World<LiteChain>,
    number: usize,
    legs: &[LiquidationLeg],
    expected: &Forecast,
    seen: &mut Coverage,
) {
    let (plan, taken) = (&expected.plan, &expected.taken);
    let after = world.account("alice");
    let closed = after.positions.iter().all(|place| place.base == 0);
    let improved = plan.improvement().unwrap() > 0;
    assert!(improved || closed, "account {number}: {plan:?}");
    let whole = plan.fraction == plimsoll_engine::liquidation::WHOLE;
    let beyond = expected.beyond_target(world);
    let dust = 150_000_000 * legs.len() as i64;
    let may = beyond <= 0 || plan.fraction <= 1 || whole && (closed || beyond <= dust);
    assert!(may, "account {number}: {beyond} beyond: {plan:?} {taken:?}");
    seen.liquidated += 1;
    seen.netted += u32::from(after.model == ModelKind::Portfolio.code());
    seen.alone += u32::from(after.is_isolated());
    seen.bankrupt += u32::from(plan.before.equity.0 < 0);
    let sold = taken.iter().any(|done| done.mantissa == 0 && done.size > 0);
    seen.sold += u32::from(sold);
    seen.rewarded += u32::from(expected.reward > 0);
    seen.closed += u32::from(closed);
    seen.partial += u32::from(!whole);
}

#[test]
fn the_report_of_an_empty_account_says_nothing() {
    let mut world = World::new(LiteChain::new());
    world.alice().opens_account().done();
    let report = world.assess("alice");
    let mut zeros: &[u8] = &[0; 512];
    let mut expected = HealthReport::deserialize(&mut zeros).unwrap();
    expected.version = report.version;
    expected.worst_scenario = NO_SCENARIO;
    expected.profile = Fixed::ONE.0;
    assert_eq!(report, expected);
}
