//! `list_market`.

use super::{anchor, world_with};
use plimsoll::constants::MARKET_SEED;
use plimsoll::events::MarketListed;
use plimsoll::instructions::MarketParams;
use plimsoll::state::{listed, Patch};
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::params::{fix_long, fix_short};
use plimsoll_tests::prelude::*;
use plimsoll_tests::world::pda;

/// What the system program says of an account that exists.
const IN_USE: u32 = 0;

/// Every asset has its bank, SOL has no market; nothing is launched.
fn without_market() -> World<BankChain> {
    world_with(|spec| {
        spec.asset(SOL).market = None;
        spec.launch = false;
    })
}

/// A market of 700,000 SOL.
fn params() -> MarketParams {
    let scale = sol(700_000).atoms;
    MarketParams {
        scale,
        max_skew: scale / 25,
        max_open_interest: scale / 4,
        open_interest_low: 0,
        open_interest_high: 0,
        spread_ppm: 100,
        daily_funding_ppm: 1_000_000,
        taker_fee_ppm: 500,
        liquidation_fee_ppm: 10_000,
        order_delay: 12,
        profit_weight_ppm: 500_000,
    }
}

/// The authority lists the market of an asset.
fn lists(
    world: &mut World<BankChain>,
    slot: u8,
    accounts: ax::ListMarket,
    params: MarketParams,
) -> Actor<'_, BankChain> {
    let list = call(accounts, ix::ListMarket { slot, params });
    world.actor("authority").does(&[list])
}

type Change = fn(&mut MarketParams);

fn all_are_refused(changes: &[Change]) {
    let mut world = without_market();
    for change in changes {
        let mut params = params();
        change(&mut params);
        let accounts = world.list_market_accounts(SOL);
        lists(&mut world, SOL, accounts, params).refused_with(PlimsollError::ParameterOutOfBounds);
    }
}

/// One after the other, on assets that have the same rates.
fn all_are_listed(changes: &[Change]) {
    let mut world = world_with(|spec| {
        spec.fill_up_to(4 + changes.len());
        for asset in &mut spec.assets[4..] {
            (asset.bank, asset.market) = (None, None);
            fix_long(&mut asset.params, 91_000, 150_000);
        }
        spec.launch = false;
    });
    for (change, slot) in changes.iter().zip(4..) {
        let mut params = params();
        change(&mut params);
        let accounts = world.list_market_accounts(slot);
        lists(&mut world, slot, accounts, params).done();
    }
}

#[test]
fn a_market_begins_empty_with_what_was_given() {
    let mut world = without_market();
    let accounts = world.list_market_accounts(SOL);
    let told = lists(&mut world, SOL, accounts, params())
        .done()
        .event::<MarketListed>();
    assert_eq!((told.book, told.slot), (world.keys.book, SOL));
    let (market, given) = (world.market(SOL), params());
    let fixed = |ppm| Fixed::ratio(ppm, 1_000_000).0;
    assert_eq!((market.book, market.slot), (world.keys.book, SOL));
    assert_eq!(
        (market.scale, market.max_skew, market.max_open_interest),
        (given.scale, given.max_skew, given.max_open_interest)
    );
    assert_eq!(
        (market.spread, market.taker_fee, market.liquidation_fee),
        (fixed(100), fixed(500), fixed(10_000))
    );
    assert_eq!(market.order_delay, 12);
    assert_eq!(
        (market.long_base, market.short_base, market.claims),
        (0, 0, 0)
    );
    let asset = world.book().assets[usize::from(SOL)];
    assert!(asset.has(listed::MARKET) && asset.has(listed::BANK));
    assert_eq!((asset.skew, asset.profit_weight), (0, fixed(500_000)));
    // The synced skew may be off by a twentieth of the largest: 1,400 of 700,000 SOL.
    for mark in [asset.mark_long_discount, asset.mark_short_premium] {
        assert!((mark - fixed(2_000)).abs() <= 2, "{mark}");
    }
}

#[test]
fn an_asset_without_a_bank_can_have_a_market() {
    let mut world = world_with(|spec| {
        (spec.asset(SOL).bank, spec.asset(SOL).market) = (None, None);
        spec.launch = false;
    });
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, params()).done();
}

#[test]
fn sizes_may_lie_on_their_bounds() {
    all_are_listed(&[
        |params| params.max_skew = 0,
        |params| (params.max_skew, params.max_open_interest) = (0, 0),
        |params| (params.scale, params.max_skew, params.max_open_interest) = (1, 0, 0),
        |params| (params.scale, params.max_skew, params.max_open_interest) = (7, 0, 1),
        |params| params.max_open_interest = params.max_skew,
    ]);
}

#[test]
fn no_size_lies_outside_its_bounds() {
    all_are_refused(&[
        |params| params.scale = 0,
        |params| (params.scale, params.max_skew, params.max_open_interest) = (0, 0, 0),
        |params| params.max_open_interest = params.scale / 4 + 1,
        |params| params.max_open_interest = u64::MAX,
        |params| (params.scale, params.max_skew, params.max_open_interest) = (3, 0, 1),
        |params| params.max_open_interest = params.max_skew - 1,
        |params| params.max_skew = u64::MAX,
    ]);
}

#[test]
fn the_largest_impact_leaves_half_of_what_lies_between_fee_and_maintenance() {
    // 91,000 − 10,000 ppm: at most 40,500 ppm of the scale, and not an atom more.
    all_are_listed(&[
        |params| params.max_skew = sol(28_350).atoms,
        |params| (params.max_skew, params.liquidation_fee_ppm) = (sol(31_850).atoms, 0),
        |params| (params.max_skew, params.liquidation_fee_ppm) = (sol(14_350).atoms, 50_000),
    ]);
    all_are_refused(&[
        |params| params.max_skew = sol(28_350).atoms + 1,
        |params| (params.max_skew, params.liquidation_fee_ppm) = (sol(31_850).atoms + 1, 0),
        |params| (params.max_skew, params.liquidation_fee_ppm) = (0, 91_000),
        |params| (params.max_skew, params.liquidation_fee_ppm) = (0, 1_000_000),
    ]);
}

#[test]
fn the_lower_maintenance_rate_of_the_two_sides_counts() {
    let mut world = world_with(|spec| {
        spec.asset(SOL).market = None;
        fix_short(spec.params(SOL), 20_000, 144_100);
        spec.launch = false;
    });
    let with_skew = |max_skew| MarketParams {
        max_skew,
        ..params()
    };
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, with_skew(sol(3_500).atoms + 1))
        .refused_with(PlimsollError::ParameterOutOfBounds);
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, with_skew(sol(3_500).atoms)).done();
}

#[test]
fn terms_may_lie_on_their_bounds() {
    all_are_listed(&[
        |params| (params.spread_ppm, params.taker_fee_ppm) = (0, 0),
        |params| params.spread_ppm = 50_000,
        |params| params.taker_fee_ppm = 50_000,
        |params| params.order_delay = 11,
        |params| params.order_delay = 60,
        |params| params.profit_weight_ppm = 0,
        |params| params.profit_weight_ppm = 1_000_000,
    ]);
}

#[test]
fn no_term_lies_outside_its_bounds() {
    all_are_refused(&[
        |params| params.spread_ppm = 50_001,
        |params| params.taker_fee_ppm = 50_001,
        |params| (params.max_skew, params.liquidation_fee_ppm) = (0, 50_001),
        |params| params.order_delay = 10,
        |params| params.order_delay = 0,
        |params| params.order_delay = 61,
        |params| params.profit_weight_ppm = 1_000_001,
    ]);
}

#[test]
fn thresholds_of_open_interest_are_in_order_and_below_the_cap() {
    all_are_listed(&[
        |params| (params.open_interest_low, params.open_interest_high) = (0, 1),
        |params| {
            params.open_interest_low = params.max_open_interest - 1;
            params.open_interest_high = params.max_open_interest;
        },
    ]);
    all_are_refused(&[
        |params| (params.open_interest_low, params.open_interest_high) = (1, 0),
        |params| (params.open_interest_low, params.open_interest_high) = (5, 5),
        |params| (params.open_interest_low, params.open_interest_high) = (6, 5),
        |params| params.open_interest_high = params.max_open_interest + 1,
    ]);
}

#[test]
fn closing_is_paid_for_at_the_largest_skew_and_confidence() {
    let mut world = without_market();
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, params()).done();
    let closing = world.book().assets[usize::from(SOL)].closing;
    // Twice a twenty-fifth and one per cent, rounded up.
    let exact = 2 * (Fixed::ONE.0 / 25 + Fixed::ONE.0 / 100);
    assert!((0..=16).contains(&(closing - exact)), "{closing} {exact}");
    assert_eq!(world.book().assets[usize::from(USDC)].closing, 0);
}

/// What the model can become counts, not what it asks for now: here 110% a year, half its stress.
#[test]
fn the_least_rate_of_the_model_pays_for_closing() {
    let mut world = world_with(|spec| {
        spec.measured();
        spec.asset(SOL).market = None;
        spec.launch = false;
    });
    let least = 1.0 - (-3.1 * 2.0 * 1.1 / 8_760f64.sqrt()).exp();
    let room = ((least - 0.01) / 2.0 * 700_000e9) as u64;
    let with_skew = |max_skew| MarketParams {
        max_skew,
        ..params()
    };
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, with_skew(room + 1_000_000_000))
        .refused_with(PlimsollError::ParameterOutOfBounds);
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, with_skew(room - 1_000_000_000)).done();
}

#[test]
fn an_asset_has_one_market() {
    let mut world = without_market();
    let accounts = world.list_market_accounts(BTC);
    // The program creates accounts before it looks at anything else.
    lists(&mut world, BTC, accounts, params()).refused_with_code(IN_USE, "the market exists");
}

#[test]
fn the_quote_token_has_no_market() {
    let mut world = without_market();
    let accounts = world.list_market_accounts(USDC);
    lists(&mut world, USDC, accounts, params()).refused_with(PlimsollError::QuoteToken);
}

#[test]
fn a_liquid_staking_token_has_no_market() {
    let mut world = world_with(|spec| {
        spec.with_liquid_staking();
        spec.launch = false;
    });
    let accounts = world.list_market_accounts(JITOSOL);
    lists(&mut world, JITOSOL, accounts, params())
        .refused_with(PlimsollError::ParameterOutOfBounds);
}

#[test]
fn an_asset_is_listed_before_its_market() {
    let mut world = without_market();
    let accounts = ax::ListMarket {
        market: pda(&[MARKET_SEED, world.keys.book.as_ref(), &[4]]),
        ..world.list_market_accounts(SOL)
    };
    lists(&mut world, 4, accounts, params()).refused_with(PlimsollError::UnknownAsset);
}

#[test]
fn only_the_authority_lists() {
    let mut world = without_market();
    let args = || ix::ListMarket {
        slot: SOL,
        params: params(),
    };
    let accounts = ax::ListMarket {
        authority: key_of("mallory"),
        ..world.list_market_accounts(SOL)
    };
    world
        .mallory()
        .does(&[call(accounts, args())])
        .refused_with(PlimsollError::NotAuthority);
    let mut unsigned = call(world.list_market_accounts(SOL), args());
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the authority must sign");
}

#[test]
fn nothing_is_listed_after_launch() {
    let mut world = world_with(|spec| spec.asset(SOL).market = None);
    let accounts = world.list_market_accounts(SOL);
    lists(&mut world, SOL, accounts, params()).refused_with(PlimsollError::AlreadyLaunched);
}

#[test]
fn exchange_book_and_market_belong_together() {
    let mut world = without_market();
    let exchange = world.forge(&world.keys.exchange.clone(), |_| {});
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let good = || world.list_market_accounts(SOL);
    let of_another_exchange = ax::ListMarket { exchange, ..good() };
    let of_another_book = ax::ListMarket {
        book,
        market: pda(&[MARKET_SEED, book.as_ref(), &[SOL]]),
        ..good()
    };
    let elsewhere = ax::ListMarket {
        market: world.asset(ETH).market,
        ..good()
    };
    for accounts in [of_another_exchange, of_another_book] {
        lists(&mut world, SOL, accounts, params()).refused_with(PlimsollError::WrongBook);
    }
    lists(&mut world, SOL, elsewhere, params())
        .refused_with_code(anchor::SEEDS, "the market of another slot");
}

#[test]
fn after_launch_anyone_lists_the_market_that_was_announced_once_it_is_due() {
    let mut world = world_with(|spec| spec.asset(SOL).market = None);
    let patch = Patch::ListMarket {
        slot: SOL,
        params: params(),
    };
    world.actor("authority").announces(patch).done();
    let change = world.last_change().expect("it waits");
    let accounts = || ax::ListMarket {
        authority: key_of("carol"),
        change: Some(world.change_key(change.id)),
        change_payer: Some(key_of("fee payer")),
        ..world.list_market_accounts(SOL)
    };
    let given = [accounts(), accounts(), accounts()];
    let [early, wider, right] = given;
    let list = |accounts, params| call(accounts, ix::ListMarket { slot: SOL, params });
    world.advance(change.earliest - 1 - world.now());
    let carol = world.carol().does(&[list(early, params())]);
    carol.refused_with(PlimsollError::ChangeNotDue);
    world.advance(1);
    world.tick();
    let mut more = params();
    more.max_skew -= 1;
    let carol = world.carol().does(&[list(wider, more)]);
    carol.refused_with(PlimsollError::WrongChange);
    world.carol().does(&[list(right, params())]).done();
    assert!(world.last_change().is_none());
    assert!(world.book().assets[usize::from(SOL)].has(listed::MARKET));
}
