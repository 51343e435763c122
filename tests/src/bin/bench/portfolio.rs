//! The portfolio model with everything active: terms of size that grow every rate, correlations that
//! are known, costs of closing and 16 scenarios.

use plimsoll::constants::{PPM, SCENARIOS};
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::state::AssetSlot;
use plimsoll::{accounts as metas, instruction as data};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::profile::STRIKE_ONE;
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::size::SizeTerms;

use crate::fixture::*;
use crate::instructions::{assess_of, case, liquidate, markets, Case};
use crate::orders::execute_order_of;

/// n0 and volume of a day as SOL is listed by default: 2 million and 2 billion dollars.
const DEFAULT_TERMS: (u64, u64) = (2_000_000_000_000, 2_000_000_000_000_000);
/// n0 of 20 dollars and a volume of a million: every exposure of the fixture grows its rate.
const LARGE_TERMS: (u64, u64) = (20_000_000, 1_000_000_000_000);
/// The smallest exposure of the fixture, a position of one token: about 100 dollars.
const LEAST_EXPOSURE: u64 = 99_000_000;

/// Every case at `size` balances and as many positions.
pub fn all(size: usize) -> Vec<Case> {
    let healthy = || Fixture::new(size, 1).sized();
    let mut cases = vec![
        assess_of("assess (standard, sized)", healthy()),
        assess_of(
            "assess (portfolio, large)",
            Fixture::new(size, 1).large().under_portfolio(),
        ),
        assess_of("assess (portfolio)", healthy().under_portfolio()),
        assess_of(
            "assess (portfolio, history)",
            healthy().under_portfolio().with_history(),
        ),
        assess_of(
            "assess (portfolio, paired)",
            healthy().paired().under_portfolio(),
        ),
        execute_order_of(
            "execute_order (portfolio)",
            healthy().under_portfolio().with_order(1_000_000_000),
        ),
        set_model(healthy().under_portfolio()),
    ];
    let legs = [
        ("liquidate (portfolio)", 1),
        ("liquidate (portfolio, 4 legs)", 4),
        ("liquidate (portfolio, 16 legs)", 16),
    ];
    let held = legs.into_iter().filter(|(_, count)| *count <= size);
    cases.extend(held.map(|(name, count)| liquidate_positions(name, size, count)));
    cases
}

/// From Portfolio to Standard: initial margin is met under both.
fn set_model(fixture: Fixture) -> Case {
    let accounts = metas::SetModel {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
    };
    let model = ModelKind::Standard.code();
    case(
        "set_model",
        fixture,
        accounts,
        vec![],
        data::SetModel { model },
        &[TRADER],
    )
}

/// The first positions of an account at 95% of R_m.
fn liquidate_positions(name: &'static str, size: usize, count: usize) -> Case {
    let fixture = Fixture::new(size, 2_000).sized().under_portfolio();
    let slots = (16u8..).take(count);
    let legs = slots.map(|slot| LiquidationLeg {
        slot,
        kind: leg_kind::POSITION,
        most: u64::MAX,
    });
    liquidate(
        name,
        fixture.with_equity_at(0.95),
        markets(count),
        legs.collect(),
        None,
    )
}

impl Fixture {
    /// Terms of size as an asset is listed by default: every exposure costs impact.
    fn sized(self) -> Self {
        self.with_terms(DEFAULT_TERMS)
    }

    /// Exposures so large for their assets that size grows every rate.
    fn large(self) -> Self {
        let fixture = self.with_terms(LARGE_TERMS);
        let grows = |asset: &AssetSlot| asset.size_free < LEAST_EXPOSURE;
        assert!(fixture.book.assets.iter().all(grows));
        fixture
    }

    fn with_terms(mut self, (n0, volume): (u64, u64)) -> Self {
        let (beta, day) = (Fixed::ratio(1, 10), Fixed::ratio(5, 100));
        let terms = SizeTerms::new(beta, n0, day, volume).expect("sound terms");
        for asset in &mut self.book.assets {
            asset.size_slope = terms.slope;
            asset.size_impact = terms.impact;
            asset.size_free = terms.free;
        }
        self
    }

    /// The account under the portfolio model, and the book with all scenarios and costs of closing.
    fn under_portfolio(mut self) -> Self {
        let book = &mut self.book;
        self.account.model = ModelKind::Portfolio.code();
        book.scenario_weight_maintenance = Fixed::ratio(300_000, PPM).0;
        book.scenario_weight_initial = Fixed::ratio(375_000, PPM).0;
        book.scenario_count = u8::try_from(SCENARIOS).expect("16");
        for (number, moves) in (1i16..).zip(&mut book.scenarios) {
            for (slot, shock) in (0i16..).zip(moves) {
                *shock = (number * 700 + slot * 300) % 8_000 - 4_000;
            }
        }
        for asset in &mut book.assets {
            asset.closing = Fixed::ratio(2, 100).0;
        }
        self
    }

    /// Positions in the assets that are deposits too: 32 legs on 17 assets, because the quote token has
    /// no market.
    fn paired(mut self) -> Self {
        for (slot, position) in (1u8..).zip(&mut self.account.positions) {
            position.slot = if position.base == 0 { 0 } else { slot };
        }
        self
    }

    /// Volume and a strike of ten days ago.
    fn with_history(mut self) -> Self {
        self.account.volume = 3_000_000_000_000;
        self.account.strikes = STRIKE_ONE;
        self.account.profile_time = NOW - 10 * 86_400;
        self
    }
}
