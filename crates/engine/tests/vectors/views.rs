//! What an assessment reads: a book, an account, and either with changes that are not written yet.

use plimsoll_engine::error::Result;
use plimsoll_engine::exposure::{
    AccountView, AssetView, BookView, Changed, Holding, OpenPosition, WithAsset,
};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::funding::FundingIndex;
use plimsoll_engine::health::{assess, value_maintenance, Purpose, State};
use plimsoll_engine::index::Index;
use plimsoll_engine::portfolio::{
    Binding, SCENARIOS, SCENARIO_WEIGHT_INITIAL, SCENARIO_WEIGHT_MAINTENANCE,
};
use plimsoll_engine::position::Position;
use plimsoll_engine::price::Quality;
use plimsoll_engine::requirement::{ModelKind, Sides};
use plimsoll_engine::side::Side;
use plimsoll_engine::units::{Base, Quote, Usd};

use crate::support::{asset, calm, index, Account, Book, QUOTE};
use crate::{usdc, SOL, USD};

const SLOTS: std::ops::Range<u8> = 0..4;

/// A book whose every answer differs from what a book says by default.
struct Peculiar;

impl BookView for Peculiar {
    fn asset(&self, slot: u8) -> Result<AssetView> {
        Ok(asset(
            calm(10_000_000_000 * (1 + u64::from(slot))),
            8,
            1_000 + u32::from(slot),
        ))
    }

    fn quote_slot(&self) -> u8 {
        3
    }

    fn borrow_index(&self, slot: u8) -> Result<Index> {
        Ok(index(3 + u64::from(slot), 2))
    }

    fn deposit_index(&self, slot: u8) -> Result<(Index, Fixed)> {
        Ok((
            index(5 + u64::from(slot), 4),
            Fixed::ratio(1, 8 + u32::from(slot)),
        ))
    }

    /// Half of the longs were closed for 3 atoms of quote a base atom, and half of the last market's
    /// shorts for 5.
    fn side(&self, slot: u8, short: bool) -> Result<Side> {
        let half = |cash| Side {
            closed: 1 << 62,
            cash,
            ..Side::default()
        };
        Ok(match (slot, short) {
            (3, true) => half(5),
            (_, true) => Side::default(),
            (_, false) => half(3),
        })
    }

    fn less(&self, a: u8, b: u8, opposite: bool) -> u64 {
        10 + u64::from(a) * 16 + u64::from(b) + 100 * u64::from(opposite)
    }

    fn scenarios(&self) -> usize {
        3
    }

    fn shock(&self, scenario: usize, slot: u8) -> i16 {
        100 * (scenario as i16 + 1) + i16::from(slot)
    }

    fn scenario_weights(&self) -> (Fixed, Fixed) {
        (Fixed::ratio(1, 5), Fixed::ratio(2, 5))
    }

    fn now(&self) -> i64 {
        1_234
    }
}

/// A book that says of no more than prices, debts and sides anything.
struct Bare;

impl BookView for Bare {
    fn asset(&self, slot: u8) -> Result<AssetView> {
        Peculiar.asset(slot)
    }

    fn quote_slot(&self) -> u8 {
        QUOTE
    }

    fn borrow_index(&self, slot: u8) -> Result<Index> {
        Peculiar.borrow_index(slot)
    }

    fn side(&self, _: u8, _: bool) -> Result<Side> {
        Ok(Side::default())
    }
}

fn long() -> Position {
    Position::opened(Base(100), Quote(1_000))
}

fn short() -> Position {
    Position::opened(Base(-100), Quote(-1_000))
}

#[test]
fn an_overlay_replaces_one_asset_and_nothing_else() {
    let book = &Peculiar;
    let replaced = asset(calm(7), 3, 77);
    let over = WithAsset {
        book,
        slot: 1,
        asset: replaced,
    };
    let sides = Sides {
        long: 3_000_000,
        short: 1_000_000,
    };
    for slot in SLOTS {
        let expected = if slot == 1 {
            replaced
        } else {
            book.asset(slot).unwrap()
        };
        assert_eq!(over.asset(slot), Ok(expected));
        assert_eq!(over.risk(slot), Ok(expected.risk));
        let charge = plimsoll_engine::requirement::Charge::of_ceil(&sides, &expected.risk);
        assert_eq!(over.charge(slot, &sides), charge);
        assert_eq!(over.borrow_index(slot), book.borrow_index(slot));
        assert_eq!(over.deposit_index(slot), book.deposit_index(slot));
        for is_short in [false, true] {
            assert_eq!(over.side(slot, is_short), book.side(slot, is_short));
        }
        assert!(!over.is_as_kept(slot, &long()));
        assert_eq!(over.is_as_kept(slot, &short()), slot != 3);
        for other in SLOTS {
            for opposite in [false, true] {
                assert_eq!(
                    over.less(slot, other, opposite),
                    book.less(slot, other, opposite)
                );
                let below = over.less_below(slot)(other, opposite);
                let expected = (other < slot).then(|| book.less(slot, other, opposite));
                assert_eq!(below, expected, "{other} below {slot}");
            }
        }
        for scenario in 0..3 {
            assert_eq!(over.shock(scenario, slot), book.shock(scenario, slot));
        }
        let mut losses = [7; SCENARIOS];
        over.lose(slot, 1_000, &mut losses);
        let lost = [100, 200, 300].map(|shock| 7 - 1_000 * (shock + i64::from(slot)));
        assert_eq!((&losses[..3], &losses[3..]), (&lost[..], &[7; 13][..]));
    }
    assert_eq!(over.quote_slot(), 3);
    assert_eq!(over.scenarios(), 3);
    assert_eq!(over.scenario_weights(), book.scenario_weights());
    assert_eq!(over.now(), 1_234);
}

#[test]
fn a_book_that_says_nothing_of_it_has_no_interest_hedges_or_scenarios() {
    assert_eq!(Bare.deposit_index(1), Ok((Index::START, Fixed::ZERO)));
    assert_eq!(Bare.less(2, 1, true), 0);
    assert_eq!((Bare.scenarios(), Bare.shock(0, 1), Bare.now()), (0, 0, 0));
    let weights = (SCENARIO_WEIGHT_MAINTENANCE, SCENARIO_WEIGHT_INITIAL);
    assert_eq!(Bare.scenario_weights(), weights);
}

/// Half of 100 is open; closing the other half has paid 3 atoms an atom that was opened.
#[test]
fn a_position_is_held_as_its_side_was_reduced() {
    let held = |slot, position| {
        let open = OpenPosition { slot, position };
        Peculiar.held(&open, &FundingIndex::NONE).unwrap()
    };
    let reduced = held(1, long());
    assert_eq!((reduced.base, reduced.cost), (Base(50), Quote(1_000 - 300)));
    assert_eq!(held(1, short()), short());
    let reduced = held(3, short());
    assert_eq!(
        (reduced.base, reduced.cost),
        (Base(-50), Quote(500 - 1_000))
    );
}

/// An account of a model of its own, with a history.
struct Veteran(Account);

impl AccountView for Veteran {
    fn balance(&self, index: usize) -> Option<Holding> {
        self.0.balance(index)
    }

    fn position(&self, index: usize) -> Option<OpenPosition> {
        self.0.position(index)
    }

    fn credit(&self) -> Quote {
        self.0.credit
    }

    fn pool_debt_shares(&self) -> u64 {
        self.0.debt_shares
    }

    fn model(&self) -> ModelKind {
        self.0.model
    }

    /// 1.5, and at the instant 1,234 of a book it is 2.
    fn profile_multiplier(&self, now: i64) -> Result<Fixed> {
        Ok(if now == 1_234 {
            Fixed::ratio(2, 1)
        } else {
            Fixed::ratio(3, 2)
        })
    }
}

fn veteran() -> Veteran {
    let account = Account {
        credit: usdc(3),
        debt_shares: 5,
        model: ModelKind::Portfolio,
        ..Account::default()
    };
    Veteran(
        account
            .has_opened(1, SOL, 100 * USD)
            .has_opened(2, -SOL, -100 * USD)
            .holds(QUOTE, 50 * USD)
            .holds(1, SOL),
    )
}

#[test]
fn changes_replace_what_they_name_and_leave_the_rest() {
    let account = veteran();
    let unchanged = Changed::of(&account);
    for index in 0..3 {
        assert_eq!(unchanged.balance(index), account.balance(index));
        assert_eq!(unchanged.position(index), account.position(index));
    }
    assert_eq!(unchanged.credit(), usdc(3));
    assert_eq!(unchanged.pool_debt_shares(), 5);
    assert_eq!(unchanged.model(), ModelKind::Portfolio);
    for now in [0, 1_234] {
        assert_eq!(
            unchanged.profile_multiplier(now),
            account.profile_multiplier(now)
        );
    }
    let (opened, lent) = (
        OpenPosition {
            slot: 3,
            position: short(),
        },
        Holding {
            slot: 3,
            amount: Base(9),
            lent: true,
        },
    );
    let changed = Changed {
        position: Some((1, opened)),
        balances: [Some((0, lent)), Some((2, lent))],
        credit: usdc(-1),
        ..Changed::of(&account)
    };
    assert_eq!(changed.position(0), account.position(0));
    assert_eq!(changed.position(1), Some(opened));
    assert_eq!(changed.balance(0), Some(lent));
    assert_eq!(changed.balance(1), account.balance(1));
    assert_eq!(changed.balance(2), Some(lent));
    assert_eq!(changed.credit(), usdc(-1));
}

/// USDC without risk, and SOL at 100 with 10% and 12.5%.
fn book() -> Book {
    Book::quoted_in(asset(calm(100_000_000), 6, 0)).listing(asset(calm(10_000_000_000), 8, 1_000))
}

/// A deposit of 10 SOL and a short of 10: 200 gross; netted 15% of that. Initial 250, netted 15% of it,
/// times 1.5 by the account's own history.
#[test]
fn an_account_is_judged_by_its_own_model_and_history() {
    let hedged = Account::default()
        .holds(1, 10 * SOL)
        .has_opened(1, -10 * SOL, -1_000 * USD);
    let needs = |account: &Veteran| {
        let health = assess(&book(), account, Purpose::Trade).unwrap();
        let [maintenance, initial] =
            [health.maintenance, health.initial].map(|view| view.requirement.0 as f64 / 1e6);
        (maintenance, initial)
    };
    let near = |found: (f64, f64), expected: (f64, f64)| {
        let off = (found.0 - expected.0).abs() + (found.1 - expected.1).abs();
        assert!(off < 1e-5, "{found:?} is not {expected:?}");
    };
    let mut account = Veteran(hedged);
    near(needs(&account), (200.0, 375.0));
    account.0.model = ModelKind::Portfolio;
    near(needs(&account), (30.0, 56.25));
}

/// 10% and 12.5% of 1,000: exactly five quarters of maintenance are still the sum of the legs.
#[test]
fn at_five_quarters_of_maintenance_the_sum_of_the_legs_binds() {
    let binding = |initial: Fixed| {
        let mut book = book();
        book.assets[1].risk.rates.initial_long = initial;
        let health = book.health_of(&Account::default().holds(1, 10 * SOL));
        assert_eq!(health.initial.requirement, Usd(125 * USD));
        health.binding_initial
    };
    assert_eq!(binding(Fixed::ratio(1, 8)), Binding::Gross);
    assert_eq!(binding(Fixed::ratio(1, 9)), Binding::Maintenance);
}

/// The age of an account's prices is that of the oldest among those it depends on.
#[test]
fn the_oldest_price_that_counts_is_named() {
    let aged = |slot_ages: [u32; 4]| {
        let mut book = Book::quoted_in(asset(calm(100_000_000), 6, 0));
        for _ in 0..3 {
            book = book.listing(asset(calm(10_000_000_000), 8, 1_000));
        }
        for (asset, age) in book.assets.iter_mut().zip(slot_ages) {
            asset.age = age;
        }
        book
    };
    let account = Account::default()
        .holds(1, SOL)
        .has_opened(2, SOL, 100 * USD)
        .holds(QUOTE, USD);
    let oldest = |account: &Account, ages| {
        let health = aged(ages).health_of(account);
        (health.oldest_slot, health.oldest_age)
    };
    assert_eq!(oldest(&account, [4, 9, 7, 90]), (1, 9));
    assert_eq!(oldest(&account, [4, 7, 9, 90]), (2, 9));
    assert_eq!(oldest(&account, [11, 7, 9, 90]), (QUOTE, 11));
    // Of equally old ones the first: balances before positions, and the quote token last.
    assert_eq!(oldest(&account, [9, 9, 9, 90]), (1, 9));
    // Nothing in quote and nothing won or lost: the quote's price does not matter.
    let deposit = Account::default().holds(1, SOL);
    assert_eq!(oldest(&deposit, [11, 7, 9, 90]), (1, 7));
}

/// Initially a claim on the pool is worth nothing, not even where it is all there is; then it is worth
/// what it says.
#[test]
fn an_account_of_nothing_but_a_claim_has_equity() {
    let account = Account {
        credit: usdc(20),
        ..Account::default()
    };
    let health = book().health_of(&account);
    assert_eq!(
        (health.initial.equity, health.maintenance.equity),
        (Usd::ZERO, Usd(20 * USD))
    );
}

/// 10 SOL in shares of which each has grown by a half, which are 15; less an eighth of a loss to come.
#[test]
fn a_lent_deposit_counts_with_its_interest_and_its_part_of_a_loss() {
    let mut book = book();
    book.lent = index(3, 2);
    let mut account = Account::default();
    account.balances.push(Holding {
        lent: true,
        ..Holding::of(1, Base(10 * SOL))
    });
    assert_eq!(
        book.health_of(&account).maintenance.equity,
        Usd(1_500 * USD)
    );
    book.loss = Fixed::ratio(1, 8);
    assert_eq!(
        book.health_of(&account).maintenance.equity,
        Usd(1_312_500_000)
    );
}

/// F-8: where a bank has more than its cap, deposits count in part, debts in full.
#[test]
fn a_concentrated_deposit_counts_in_part_initially() {
    let mut book = book();
    book.assets[1].deposit_share = Fixed::ratio(3, 4);
    let equity = |atoms| {
        let health = book.health_of(&Account::default().holds(1, atoms));
        (health.initial.equity, health.maintenance.equity)
    };
    assert_eq!(equity(10 * SOL), (Usd(750 * USD), Usd(1_000 * USD)));
    let owed = equity(-10 * SOL);
    assert_eq!(owed.0, owed.1);
}

/// Closing the short would cost 5% of 1,000, more than 15% of the gross 200: 50, where legs are netted.
#[test]
fn a_hedge_needs_at_least_what_closing_it_costs() {
    let mut book = book();
    book.assets[1].closing = Fixed::ratio(1, 20);
    let mut account = Account::default()
        .holds(1, 10 * SOL)
        .has_opened(1, -10 * SOL, -1_000 * USD);
    let needs = |account: &Account| {
        let health = book.health_of(account);
        let needed = health.maintenance.requirement.0 as f64 / 1e6;
        (needed.round(), health.binding_maintenance)
    };
    assert_eq!(needs(&account), (200.0, Binding::Gross));
    account.model = ModelKind::Portfolio;
    assert_eq!(needs(&account), (50.0, Binding::ClosingCost));
}

/// A leg that cannot be priced stands apart, and still names its asset.
#[test]
fn a_leg_that_stands_apart_names_its_asset() {
    let mut stale = asset(calm(10_000_000_000), 8, 1_000);
    stale.quality = Quality::Unpriceable;
    for atoms in [SOL, -SOL] {
        let (_, leg) = value_maintenance(&stale, 3, atoms).unwrap();
        assert_eq!((leg.slot, leg.exposure), (3, 0));
        assert!(leg.apart.maintenance.abs_diff(10 * USD as u64) <= 1);
    }
}

#[test]
fn states_are_numbered_by_gravity() {
    let states = [
        State::Healthy,
        State::Strained,
        State::Called,
        State::Liquidatable,
        State::Bankrupt,
    ];
    assert_eq!(states.map(State::code), [0, 1, 2, 3, 4]);
}

/// The numbers accounts and reports carry; no other number is a model.
#[test]
fn models_and_what_binds_have_pinned_numbers() {
    let models = [
        ModelKind::Standard,
        ModelKind::Portfolio,
        ModelKind::Isolated,
    ];
    assert_eq!(models.map(ModelKind::code), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(ModelKind::from_code), models.map(Some));
    assert_eq!(ModelKind::from_code(3), None);
    let binding = [
        Binding::Gross,
        Binding::Form,
        Binding::GrossFloor,
        Binding::ClosingCost,
        Binding::Scenario,
        Binding::Maintenance,
        Binding::Directional,
    ];
    assert_eq!(binding.map(Binding::code), [0, 1, 2, 3, 4, 5, 6]);
}
