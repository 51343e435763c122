//! `assess` on random accounts in random books under every model: the same bytes as the engine's own
//! report, also for a program that calls it.

use std::collections::BTreeMap;

use anchor_lang::AnchorSerialize;
use plimsoll::instructions::{HealthReport, NO_SCENARIO};
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, PositionSlot, RiskBook};
use plimsoll_engine::correlation::pair_index;
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::{assess_into, Purpose};
use plimsoll_engine::requirement::{Charge, Sums, LARGEST_CHARGE};
use plimsoll_tests::prelude::*;

use crate::books::{is_negative, is_saturated, is_unknown};
use crate::dice::Dice;

/// Accounts of one run; each is assessed under every model that allows its holdings.
const ACCOUNTS: usize = 10_000;
/// Accounts of one book.
const ACCOUNTS_A_BOOK: usize = 20;
/// From here on exposures are shifted (F-5): 70 million dollars.
const SHIFTED: u64 = 1 << 46;

/// How often something occurred.
type Seen = BTreeMap<String, u32>;

/// How often each has to occur at least, or the run tested too little. Bindings: 0 the gross sum, 1 the
/// form, 2 the gross floor, 3 the cost of closing, 4 a scenario, 5 maintenance. States: 0 healthy, 1
/// strained, 2 called, 3 liquidatable, 4 bankrupt.
const ENOUGH: &[(&str, u32)] = &[
    ("Standard", 10_000),
    ("Portfolio", 10_000),
    ("Isolated", 1_500),
    ("Standard in state 0", 1_000),
    ("Standard in state 1", 500),
    ("Standard in state 2", 500),
    ("Standard in state 3", 1_000),
    ("Standard in state 4", 500),
    ("Portfolio in state 0", 1_000),
    ("Portfolio in state 1", 500),
    ("Portfolio in state 2", 500),
    ("Portfolio in state 3", 1_000),
    ("Portfolio in state 4", 500),
    ("Isolated in state 0", 200),
    ("Isolated in state 1", 200),
    ("Isolated in state 2", 100),
    ("Isolated in state 3", 200),
    ("Isolated in state 4", 100),
    ("Portfolio, maintenance by 0", 1_000),
    ("Portfolio, maintenance by 1", 2_500),
    ("Portfolio, maintenance by 2", 150),
    ("Portfolio, maintenance by 3", 400),
    ("Portfolio, maintenance by 4", 4),
    ("Portfolio, maintenance by 6", 200),
    ("Portfolio, initial by 0", 600),
    ("Portfolio, initial by 1", 2_000),
    ("Portfolio, initial by 2", 150),
    ("Portfolio, initial by 3", 70),
    ("Portfolio, initial by 4", 3),
    ("Portfolio, initial by 6", 200),
    ("Portfolio, initial by 5", 1_000),
    ("Standard, initial by 0", 1_000),
    ("Standard, initial by 5", 1_000),
    ("legs apart", 3_000),
    ("an expired asset", 1_000),
    ("opposite legs of a negative ρ", 2_000),
    ("legs of an unknown ρ", 3_000),
    ("legs of a saturated pair", 2_000),
    ("shifted", 400),
    ("shifted, maintenance by 1", 250),
    ("shifted, maintenance by 6", 5),
    ("beyond the free size", 2_000),
    ("charged the most", 100),
    ("a deposit that counts in part", 2_500),
    ("debts", 1_000),
    ("a lent deposit", 2_500),
    ("a lent deposit before a loss", 800),
    ("lent quote", 500),
    ("owed quote", 500),
    ("a discount", 500),
    ("a surcharge", 500),
    ("quote off its peg", 1_000),
    ("no scenario in the book", 500),
    ("16 scenarios in the book", 1_000),
    ("no scenario loses", 500),
    ("32 legs", 400),
    ("positions of a reduced side", 4_000),
    ("claims of an epoch that ended", 2_000),
];

#[test]
fn thousands_of_random_accounts_are_reported_alike_under_every_model() {
    let mut world = World::new(LiteChain::with_venue());
    world.alice().opens_account().done();
    world.checks.conservation = false;
    world.checks.nothing_changed = false;
    let mut dice = Dice::new(20_261_123);
    let mut seen = Seen::new();
    let mut book = world.book();
    for number in 0..ACCOUNTS {
        let now = world.now();
        if number % ACCOUNTS_A_BOOK == 0 {
            dice.rewrite(&mut book, now);
            let key = world.keys.book;
            world.write(&key, &*book);
        }
        let mut account = world.account("alice");
        account.model = dice.between(0, 1) as u8;
        let alone = dice.furnish(&mut account, &book, now);
        dice.weigh(&mut account, &book, now);
        for model in [
            ModelKind::Standard,
            ModelKind::Portfolio,
            ModelKind::Isolated,
        ] {
            if alone || model != ModelKind::Isolated {
                account.model = model.code();
                let report = report_alike(&mut world, &account, number);
                notice(&mut seen, model, &report);
            }
        }
        notice_holdings(&mut seen, &book, &account, now);
    }
    println!("{seen:#?}");
    for (what, least) in ENOUGH {
        let found = seen.get(*what).copied().unwrap_or(0);
        assert!(found >= *least, "{what}: {found} of at least {least}");
    }
}

/// The program returns the bytes of the engine's report.
fn report_alike(
    world: &mut World<LiteChain>,
    account: &MarginAccount,
    number: usize,
) -> HealthReport {
    let key = world.account_key("alice", 0);
    world.write(&key, account);
    let expected = world.report("alice");
    let assess = call(world.assess_accounts(key), ix::Assess {});
    let receipt = world.send(std::slice::from_ref(&assess), &[]);
    let found = receipt.unwrap_or_else(|why| panic!("account {number}: {why}"));
    let mut bytes = vec![];
    expected.serialize(&mut bytes).expect("a report");
    if found.return_data != bytes {
        let found = world.assess("alice");
        panic!("account {number}: expected {expected:#?}\nfound {found:#?}");
    }
    if number.is_multiple_of(5) {
        // A program that calls reads the same bytes.
        let receipt = world.send(&[relayed_by_venue(&assess)], &[]);
        let found = receipt.unwrap_or_else(|why| panic!("account {number}, called: {why}"));
        assert_eq!(found.returned_by, plimsoll_venue::ID);
        assert_eq!(found.return_data, bytes, "account {number}, called");
    }
    expected
}

fn count(seen: &mut Seen, what: &str, occurred: bool) {
    *seen.entry(what.to_owned()).or_default() += u32::from(occurred);
}

/// What a report says.
fn notice(seen: &mut Seen, model: ModelKind, report: &HealthReport) {
    let (maintenance, initial) = (report.binding_maintenance, report.binding_initial);
    count(seen, &format!("{model:?}"), true);
    count(seen, &format!("{model:?} in state {}", report.state), true);
    count(
        seen,
        &format!("{model:?}, maintenance by {maintenance}"),
        true,
    );
    count(seen, &format!("{model:?}, initial by {initial}"), true);
    if model == ModelKind::Portfolio {
        let none = report.worst_scenario == NO_SCENARIO;
        count(seen, "no scenario loses", none);
    }
}

/// What an account holds, and the book it holds it in.
fn notice_holdings(seen: &mut Seen, book: &RiskBook, account: &MarginAccount, now: i64) {
    let at = BookAt {
        book,
        now,
        limit: AgeLimit::Other,
    };
    let account = MarginAccount {
        model: ModelKind::Portfolio.code(),
        ..*account
    };
    let mut sums = Sums::default();
    let health = assess_into(&at, &account, Purpose::Trade, &mut sums).expect("a health");
    count(seen, "legs apart", sums.apart.maintenance > 0);
    let shifted = sums.exposure().unwrap() >= SHIFTED;
    let by = health.binding_maintenance.code();
    count(seen, "shifted", shifted);
    count(seen, &format!("shifted, maintenance by {by}"), shifted);
    let multiplier = account.profile().multiplier(now).expect("a multiplier");
    count(seen, "a discount", multiplier < Fixed::ONE);
    count(seen, "a surcharge", multiplier > Fixed::ONE);
    notice_balances(seen, book, &account, now);
    notice_pairs(seen, book, &sums);
    notice_sizes(seen, &at, &sums);
}

fn notice_balances(seen: &mut Seen, book: &RiskBook, account: &MarginAccount, now: i64) {
    let asset = |slot: u8| &book.assets[usize::from(slot)];
    let held: Vec<_> = account
        .balances
        .iter()
        .filter(|each| each.amount != 0)
        .collect();
    let open: Vec<_> = account
        .positions
        .iter()
        .filter(|each| !each.is_free())
        .collect();
    let part = |slot: u8| asset(slot).deposit_share < Fixed::ONE.0;
    let counts_in_part = held.iter().any(|each| each.amount > 0 && part(each.slot));
    count(seen, "a deposit that counts in part", counts_in_part);
    count(seen, "debts", held.iter().any(|each| each.amount < 0));
    let lent: Vec<_> = held.iter().filter(|each| each.lent != 0).collect();
    let loses = |slot: u8| asset(slot).pending_loss > 0;
    count(seen, "a lent deposit", !lent.is_empty());
    count(
        seen,
        "a lent deposit before a loss",
        lent.iter().any(|each| loses(each.slot)),
    );
    let quote_place = &account.balances[0];
    count(seen, "lent quote", quote_place.lent != 0);
    count(seen, "owed quote", quote_place.amount < 0);
    let slots = held.iter().map(|each| each.slot);
    let mut slots = slots.chain(open.iter().map(|each| each.slot));
    let expired = slots.any(|slot| asset(slot).age(now) > plimsoll_engine::price::EXPIRY_SECONDS);
    count(seen, "an expired asset", expired);
    count(seen, "32 legs", held.len() + open.len() >= 31);
    let side = |each: &PositionSlot| asset(each.slot).sides[usize::from(each.base < 0)].side();
    let behind = |each: &PositionSlot| each.base != 0 && each.epoch < side(each).epoch;
    let reduced = |each: &PositionSlot| each.base != 0 && !behind(each) && side(each).closed > 0;
    let ended = open.iter().any(|each| behind(each));
    count(seen, "claims of an epoch that ended", ended);
    let smaller = open.iter().any(|each| reduced(each));
    count(seen, "positions of a reduced side", smaller);
    let scenarios = book.scenario_count;
    count(seen, "no scenario in the book", scenarios == 0);
    count(seen, "16 scenarios in the book", scenarios == 16);
    let quote = asset(book.quote_slot);
    let dollar = 2f64.powi(quote.price_shift as i32);
    let off = (quote.spot as f64 / dollar - 1.0).abs() > 0.01;
    count(seen, "quote off its peg", off);
}

fn notice_pairs(seen: &mut Seen, book: &RiskBook, sums: &Sums) {
    let net = |slot: u8| sums.sides[usize::from(slot)].net().expect("a net exposure");
    let held: Vec<u8> = (0..32).filter(|slot| net(*slot) != 0).collect();
    let (mut negative, mut unknown, mut saturated) = (false, false, false);
    for (place, a) in held.iter().enumerate() {
        for b in &held[..place] {
            let pair = &book.pairs[pair_index(*a, *b).expect("two slots")];
            let opposite = net(*a).signum() != net(*b).signum();
            negative |= opposite && is_negative(pair);
            unknown |= is_unknown(pair);
            saturated |= is_saturated(pair);
        }
    }
    count(seen, "opposite legs of a negative ρ", negative);
    count(seen, "legs of an unknown ρ", unknown);
    count(seen, "legs of a saturated pair", saturated);
}

fn notice_sizes(seen: &mut Seen, at: &BookAt<'_>, sums: &Sums) {
    let (mut beyond, mut most) = (false, false);
    for (slot, sides) in (0u8..).zip(&sums.sides) {
        let risk = at.risk(slot).expect("a slot");
        let charge = Charge::of_ceil(sides, &risk).expect("a charge");
        let net = charge.net.unsigned_abs();
        beyond |= net > risk.size.free;
        most |= net > 0 && charge.alone.initial == LARGEST_CHARGE.of_ceil(net).expect("small");
    }
    count(seen, "beyond the free size", beyond);
    count(seen, "charged the most", most);
}
