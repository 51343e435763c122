//! Settlement, shares, interest and the pool at worked numbers.

use plimsoll_engine::error::Result;
use plimsoll_engine::exposure::{AssetView, BookView};
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::{gain_per_second_ceil, index_at, YEAR_SECONDS};
use plimsoll_engine::pool::{
    deposit_floor, free_value, market_liability, net_asset_value, stress_ceil, value_without_debt,
    withdrawal_floor, Headroom, PoolLedger, Side, DEAD_SHARES, FIRST_DEPOSIT,
};
use plimsoll_engine::position::Position;
use plimsoll_engine::settlement::{realised_floor, settle, Ledger, Settled};
use plimsoll_engine::shares::bought_shares_floor;
use plimsoll_engine::trade::MarketSums;
use plimsoll_engine::units::{Base, Quote};
use plimsoll_engine::EngineError;

use crate::support::{asset, calm, index};
use crate::{usdc, SOL, USD};

/// A result, shares of debt, a deposit and what the pool can pay, at an index of 2.
fn settled(result: i64, debt_shares: u64, deposit: u64, payable: u64) -> (i64, u64, i64) {
    let ledger = Ledger {
        result: Quote(result),
        debt_shares,
        deposit,
        payable,
    };
    let Settled {
        to_account,
        debt_shares,
        claim_left,
    } = settle(&ledger, index(2, 1)).unwrap();
    (to_account.0, debt_shares, claim_left.0)
}

#[test]
fn a_claim_is_paid_from_cash_as_far_as_it_goes() {
    assert_eq!(settled(100, 0, 0, 1_000), (100, 0, 0));
    assert_eq!(settled(100, 0, 0, 30), (30, 0, 70));
    assert_eq!(settled(100, 0, 0, 0), (0, 0, 100));
}

#[test]
fn a_claim_first_cancels_what_is_owed_to_the_pool() {
    assert_eq!(settled(100, 20, 0, 1_000), (60, 0, 0));
    assert_eq!(settled(100, 50, 0, 0), (0, 0, 0));
    assert_eq!(settled(100, 80, 0, 1_000), (0, 30, 0));
    assert_eq!(settled(100, 80, 40, 0), (-40, 10, 0));
}

#[test]
fn a_loss_is_paid_from_the_deposit_and_the_rest_is_owed() {
    assert_eq!(settled(-100, 0, 100, 0), (-100, 0, 0));
    assert_eq!(settled(-100, 0, 60, 0), (-60, 20, 0));
    assert_eq!(settled(-100, 10, 0, 0), (0, 60, 0));
    // 3 atoms at an index of 2 are two shares, one atom more than owed.
    assert_eq!(settled(-3, 0, 0, 0), (0, 2, 0));
    assert_eq!(settled(0, 10, 5, 0), (-5, 8, 0));
}

#[test]
fn realising_moves_profit_to_unsettled() {
    let band = asset(calm(10_000_000_000), 8, 1_000).band;
    let held = Position {
        unsettled: usdc(-50),
        ..Position::opened(Base(-10 * SOL), usdc(-1_200))
    };
    let realised = realised_floor(&held, &band).unwrap();
    assert_eq!(
        realised,
        Position {
            cost: usdc(-1_000),
            unsettled: usdc(150),
            ..held
        }
    );
    let none = Position {
        unsettled: usdc(7),
        ..Position::default()
    };
    assert_eq!(realised_floor(&none, &band), Ok(none));
    assert!(!none.is_empty() && Position::default().is_empty());
    // In whichever epoch nothing is held.
    let later = Position {
        epoch: 3,
        ..Position::default()
    };
    assert!(later.is_empty());
}

#[test]
fn debts_are_rounded_up_and_payments_down() {
    let index = index(3, 2);
    assert_eq!(index.shares_ceil(100), Ok(67));
    assert_eq!(index.shares_floor(100), Ok(66));
    assert_eq!(index.atoms_ceil(67), Ok(101));
    assert_eq!(Index(0).shares_ceil(1), Err(EngineError::DivisionByZero));
}

/// F-11: 10% a year on an index of 1.
#[test]
fn an_index_grows_by_its_rate_in_a_year() {
    let gain = gain_per_second_ceil(Index::START, Fixed::ratio(1, 10)).unwrap();
    let after = |seconds| index_at(Index::START, gain, seconds).0 as f64 / Index::START.0 as f64;
    assert!((after(YEAR_SECONDS as i64) - 1.1).abs() < 1e-6);
    assert!((after(3_600) - (1.0 + 0.1 / 8_760.0)).abs() < 1e-9);
    assert_eq!(index_at(Index::START, gain, -5), Index::START);
    assert_eq!(index_at(Index::START, gain, i64::MAX), Index::MOST);
}

#[test]
fn the_first_deposit_into_the_pool_burns_the_dead_shares() {
    let first = deposit_floor(FIRST_DEPOSIT, 0, Quote::ZERO).unwrap();
    assert_eq!(
        (first.minted, first.total_shares),
        (FIRST_DEPOSIT - DEAD_SHARES, FIRST_DEPOSIT)
    );
    assert_eq!(
        deposit_floor(FIRST_DEPOSIT - 1, 0, Quote::ZERO),
        Err(EngineError::DepositTooSmall)
    );
    // What fees have brought before is no obstacle, a debt is.
    assert_eq!(deposit_floor(FIRST_DEPOSIT, 0, Quote(1)), Ok(first));
    assert_eq!(
        deposit_floor(FIRST_DEPOSIT, 0, Quote(-1)),
        Err(EngineError::PoolInsolvent)
    );
    // Doubled in value: half a share an atom.
    let second = deposit_floor(101, first.total_shares, Quote(2 * FIRST_DEPOSIT as i64)).unwrap();
    assert_eq!(
        (second.minted, second.total_shares),
        (50, FIRST_DEPOSIT + 50)
    );
    assert_eq!(
        deposit_floor(1, FIRST_DEPOSIT, usdc(2_000)),
        Err(EngineError::DepositTooSmall)
    );
    assert_eq!(
        deposit_floor(1_000, FIRST_DEPOSIT, Quote::ZERO),
        Err(EngineError::PoolInsolvent)
    );
    assert_eq!(
        bought_shares_floor(1, 1, 0),
        Err(EngineError::PoolInsolvent)
    );
}

/// A gift of a million to a pool with one share outstanding besides the dead ones moves at most what
/// the giver loses himself: the next depositor still gets his part to 0.1%.
#[test]
fn a_gift_does_not_inflate_the_first_share_beyond_reach() {
    let first = deposit_floor(FIRST_DEPOSIT, 0, Quote::ZERO).unwrap();
    let value = FIRST_DEPOSIT as i64 + 1_000_000 * USD;
    let next = deposit_floor(10_000 * USD as u64, first.total_shares, Quote(value)).unwrap();
    let worth = u128::from(next.minted) * (value as u128 + 10_000 * USD as u128)
        / u128::from(next.total_shares);
    assert!(worth > 9_990 * USD as u128);
}

/// Longs hold 10 SOL at a cost of 900, shorts 4 at 500; SOL at 100 and a scale of 1,000 SOL:
/// claims 5 + value 600 − cost (900 − 500) + accrued 2 + 100 · 6²/2,000 = 208.80.
#[test]
fn the_pool_owes_what_traders_would_get() {
    let sums = MarketSums {
        long_base: 10 * SOL as u64,
        short_base: 4 * SOL as u64,
        long_cost: usdc(900),
        short_cost: usdc(-500),
        claims: usdc(5),
        ..MarketSums::default()
    };
    let sol = asset(calm(10_000_000_000), 8, 1_000);
    let inverse = HalfReciprocal::new(1_000 * SOL as u64).unwrap();
    let owed = market_liability(&sums, usdc(2), &sol, inverse, Side::High).unwrap();
    assert!((owed.0 - 208_800_000).abs() <= 2, "{owed:?}");
    let poorest = market_liability(&sums, usdc(2), &sol, inverse, Side::Low).unwrap();
    // Without a band the ends differ by rounding alone.
    assert!(
        (0..=2).contains(&(poorest.0 - owed.0)),
        "{poorest:?} {owed:?}"
    );
    let ledger = PoolLedger {
        cash: 1_000_000_000,
        debt_shares: 20_000_000,
        claims: usdc(-5),
        pending_loss: 50_000_000,
    };
    // 1,000 cash + 30 owed by accounts + 5 paid already − 208.80 − 50 pending.
    let value = |side| net_asset_value(&ledger, index(3, 2), Quote(208_800_000), side);
    assert_eq!(value(Side::High), Ok(Quote(776_200_000)));
    assert_eq!(value(Side::Low), Ok(Quote(776_200_000)));
    // Debt counts, but pays nobody: 746.20 in hand, of which a stress of 700 stays.
    let owed = Quote(208_800_000);
    assert_eq!(value_without_debt(&ledger, owed), Ok(Quote(746_200_000)));
    assert_eq!(free_value(&ledger, owed, 700_000_000), Ok(46_200_000));
    assert_eq!(free_value(&ledger, owed, 746_200_001), Ok(0));
}

#[test]
fn a_debt_is_rounded_against_who_asks() {
    let ledger = PoolLedger {
        debt_shares: 1,
        ..PoolLedger::default()
    };
    let value = |side| net_asset_value(&ledger, index(3, 2), Quote::ZERO, side);
    assert_eq!(value(Side::High), Ok(Quote(2)));
    assert_eq!(value(Side::Low), Ok(Quote(1)));
}

#[test]
fn a_withdrawal_is_its_part_of_the_value() {
    let paid = |shares, value| withdrawal_floor(shares, 3_000, Quote(value));
    assert_eq!(paid(1_000, 10_000), Ok(3_333));
    assert_eq!(paid(3_000, 10_000), Ok(10_000));
    assert_eq!(paid(1, 2_999), Ok(0));
    for value in [0, -1] {
        assert_eq!(paid(1_000, value), Err(EngineError::PoolInsolvent));
    }
}

/// One asset whose initial rates are 10%, and three scenarios: −50%, +8%, +30%.
struct Stressed(AssetView);

impl BookView for Stressed {
    fn asset(&self, _: u8) -> Result<AssetView> {
        Ok(self.0)
    }

    fn side(&self, _: u8, _: bool) -> Result<plimsoll_engine::side::Side> {
        Ok(plimsoll_engine::side::Side::default())
    }
    fn quote_slot(&self) -> u8 {
        0
    }
    fn borrow_index(&self, _: u8) -> Result<Index> {
        Ok(Index::START)
    }
    fn scenarios(&self) -> usize {
        3
    }
    fn shock(&self, scenario: usize, _: u8) -> i16 {
        [-5_000, 800, 3_000][scenario]
    }
}

#[test]
fn the_worst_move_against_the_pool_is_its_stress() {
    let sol = asset(calm(10_000_000_000), 8, 1_000);
    let stress = |view, tokens: i64| {
        let skew = Base(tokens * SOL);
        stress_ceil(&Stressed(view), 1, &view.band, skew).unwrap()
    };
    let close = |found: u64, expected: u64| {
        assert!(
            found.abs_diff(expected) <= 2,
            "{found}, expected {expected}"
        );
    };
    // 6 tokens at 100: net longs cost it 30% when the price rises, net shorts 50% when it falls.
    close(stress(sol, 6), 180_000_000);
    close(stress(sol, -6), 300_000_000);
    assert_eq!(stress(sol, 0), 0);
    // An initial rate above every scenario counts instead.
    let mut wild = sol;
    wild.risk.rates.initial_short = Fixed::from_bps(4_000);
    wild.risk.rates.initial_long = Fixed::from_bps(4_000);
    close(stress(wild, 6), 240_000_000);
    close(stress(wild, -6), 300_000_000);
}

#[test]
fn headroom_is_used_and_given_back_up_to_the_grant() {
    let full = Headroom {
        left: 100,
        granted: 100,
    };
    let used = full.after(50, 110).unwrap();
    assert_eq!(used.left, 40);
    assert_eq!(used.after(110, 150).unwrap().left, 0);
    assert_eq!(used.after(110, 151), None);
    assert_eq!(used.after(110, 80).unwrap().left, 70);
    assert_eq!(used.after(110, 0).unwrap(), full);
    // Nothing left stops no reduction.
    let none = Headroom {
        left: 0,
        granted: 0,
    };
    assert_eq!(none.after(110, 80), Some(none));
    assert_eq!(none.after(80, 80), Some(none));
    assert_eq!(none.after(80, 81), None);
}
