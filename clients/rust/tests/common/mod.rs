//! A book of four assets, with a market, banks and accounts, made in memory.
// Tests may unwrap: a panic is how they fail. Not every user needs everything.
#![allow(clippy::unwrap_used, dead_code)]

use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use plimsoll::instructions::Notices;
use plimsoll::state::{
    listed, AssetModel, AssetSlot, Bank, Exchange, MarginAccount, Market, ParameterChange, Patch,
    Pool, RiskBook, VERSIONS,
};
use plimsoll_engine::correlation::{pair_index, Pair, LEAST_SAMPLES};
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::index::Index;
use plimsoll_engine::measured::{Measured, ModelTerms};
use plimsoll_engine::model_rates::RateBounds;
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::size::size_slope_ceil;
use plimsoll_engine::volatility::Variance;

pub const NOW: i64 = 1_790_000_000;
pub const USDC: u8 = 0;
pub const SOL: u8 = 1;
pub const ETH: u8 = 3;

/// Price in 10⁻⁸ dollars, decimals, maintenance rate in percent; initial is twice as much.
const ASSETS: [(u64, u8, u32); 4] = [
    (100_000_000, 6, 1),
    (15_000_000_000, 9, 8),
    (10_000_000_000_000, 8, 5),
    (400_000_000_000, 8, 6),
];

pub fn book_key() -> Pubkey {
    Pubkey::new_from_array([7; 32])
}

fn zeroed<T: bytemuck::Zeroable>() -> Box<T> {
    Box::new(T::zeroed())
}

pub fn book() -> Box<RiskBook> {
    let mut book: Box<RiskBook> = zeroed();
    book.exchange = Pubkey::new_from_array([3; 32]);
    (book.call_level, book.target_level) = (Fixed::ratio(4, 10).0, Fixed::ratio(6, 10).0);
    book.scenario_weight_maintenance = Fixed::ratio(30, 100).0;
    book.scenario_weight_initial = Fixed::ratio(375, 1_000).0;
    book.fee_to_insurance = Fixed::ratio(1, 10).0;
    (book.asset_count, book.launched) = (4, 1);
    book.scenario_count = 2;
    book.scenarios[0][1..4].copy_from_slice(&[-5_046, -2_982, -5_613]);
    book.scenarios[1][1..4].copy_from_slice(&[2_523, 1_491, 2_806]);
    for (asset, figures) in book.assets.iter_mut().zip(&ASSETS) {
        list(asset, figures);
    }
    for (model, asset) in book.models.iter_mut().zip(&book.assets).take(4) {
        measure(model, asset);
    }
    for (a, b, rho) in [(1, 2, 6_100), (1, 3, 6_600), (2, 3, 8_500)] {
        let pair = Pair {
            samples: LEAST_SAMPLES,
            ..Pair::default()
        };
        book.pairs[pair_index(a, b).unwrap()].set(&pair.holding(rho));
    }
    book
}

fn list(asset: &mut AssetSlot, (price, decimals, rate): &(u64, u8, u32)) {
    let feed = OraclePrice {
        price: *price,
        confidence: price / 2_500,
        ema: *price,
        exponent: -8,
    };
    let band = PriceBand::new(feed, *decimals).unwrap();
    (asset.spot, asset.price_shift) = (band.spot, band.shift);
    (asset.asset_initial, asset.liability_initial) = (band.asset_initial, band.liability_initial);
    asset.liability_maintenance = band.liability_maintenance;
    (asset.confidence, asset.ema) = (band.confidence, band.ema);
    (asset.publish_time, asset.index_time, asset.funding_time) = (NOW - 5, NOW, NOW);
    (asset.max_age_risk, asset.max_age_other) = (75, 90);
    (asset.decimals, asset.max_confidence) = (*decimals, Fixed::ratio(1, 100).0);
    (asset.borrow_index, asset.deposit_index) = (Index::START.0, Index::START.0);
    // A gain of one part a second: nothing grows.
    asset.borrow_gain = 0;
    asset.deposit_share = Fixed::ONE.0;
    asset.profit_weight = Fixed::ratio(1, 2).0;
    asset.listed = listed::ASSET | listed::BANK | listed::MARKET;
    let (slope, free) = size_slope_ceil(Fixed::ratio(1, 10), 2_000_000_000_000).unwrap();
    (asset.size_slope, asset.size_free) = (slope, free);
    asset.closing = Fixed::ratio(3, 100).0;
    let (maintenance, initial) = (Fixed::ratio(*rate, 100), Fixed::ratio(2 * rate, 100));
    asset.set_rates(&Rates {
        maintenance_long: maintenance,
        maintenance_short: maintenance,
        initial_long: initial,
        initial_short: initial,
    });
}

/// Maintenance in force is a tenth below its target: the ramp needs six hours and a quarter.
fn measure(model: &mut AssetModel, asset: &AssetSlot) {
    let (floor, stress) = (
        Variance::from_yearly_bps(4_000),
        Variance::from_yearly_bps(12_000),
    );
    let rate = Fixed(asset.maintenance_long);
    let least = Rates {
        maintenance_long: rate,
        maintenance_short: rate,
        initial_long: Fixed(2 * rate.0),
        initial_short: Fixed(2 * rate.0),
    };
    let bounds = RateBounds {
        floor: least,
        cap: least,
    };
    let terms = ModelTerms {
        floor,
        stress,
        bounds,
    };
    let mut measured = Measured::starting(&terms, floor, NOW).unwrap();
    for level in [
        &mut measured.levels.maintenance_long,
        &mut measured.levels.maintenance_short,
    ] {
        *level = *level / 10 * 9;
    }
    model.set_terms(&terms);
    model.set_measured(&measured);
}

/// SOL's market: 150,000 SOL are long, 50,000 short.
pub fn market() -> Box<Market> {
    let mut market: Box<Market> = zeroed();
    (market.book, market.slot) = (book_key(), SOL);
    market.scale = 10_000_000_000_000_000;
    let inverse = HalfReciprocal::new(market.scale).unwrap();
    (market.inverse_mantissa, market.inverse_shift) = (inverse.mantissa, inverse.shift);
    (market.long_base, market.long_cost) = (150_000_000_000_000, 22_500_000_000_000);
    (market.short_base, market.short_cost) = (50_000_000_000_000, -7_500_000_000_000);
    market.open_positions = [10, 10];
    market.max_skew = 1_000_000_000_000_000;
    market.skew_bound = market.max_skew;
    market.max_open_interest = 2_000_000_000_000_000;
    market.grant_headroom(100_000_000_000_000);
    market.spread = Fixed::ratio(5, 10_000).0;
    market.taker_fee = Fixed::ratio(5, 10_000).0;
    market.order_delay = 12;
    market
}

/// A bank with a million tokens deposited and another million lent out by their owners, nothing borrowed.
pub fn bank(slot: u8) -> Box<Bank> {
    let mut bank: Box<Bank> = zeroed();
    let decimals = ASSETS[usize::from(slot)].1;
    let million = 1_000_000 * 10u64.pow(u32::from(decimals));
    (bank.book, bank.slot, bank.decimals) = (book_key(), slot, decimals);
    (bank.deposits, bank.lent_cash, bank.lent_shares) = (million, million, 1_024 * million);
    (bank.borrow_index, bank.deposit_index) = (Index::START.0, Index::START.0);
    bank.deposit_cap = 10 * million;
    bank.borrow_cap = million;
    bank.outflow_limit = million;
    let rate = Fixed::ratio(8, 100).0;
    (bank.rate_at_zero, bank.rate_at_kink, bank.rate_at_full) = (rate, rate, rate);
    bank.kink = Fixed::ratio(8, 10).0;
    bank.utilisation_cap = Fixed::ratio(9, 10).0;
    bank
}

/// Markets of the other assets, in which nothing is open.
pub fn quiet_market(slot: u8) -> Box<Market> {
    let mut quiet = market();
    quiet.slot = slot;
    (quiet.long_base, quiet.long_cost) = (0, 0);
    (quiet.short_base, quiet.short_cost) = (0, 0);
    quiet.open_positions = [0, 0];
    quiet
}

/// All markets of the book, in the order of their slots.
pub fn markets() -> Vec<Market> {
    let quiet = |slot| {
        if slot == SOL {
            market()
        } else {
            quiet_market(slot)
        }
    };
    (0..4).map(|slot| *quiet(slot)).collect()
}

/// A pool of 20 million quote atoms' worth of dollars in cash, as many shares, a fifth of which may leave
/// in a day.
pub fn pool() -> Box<Pool> {
    let mut pool: Box<Pool> = zeroed();
    pool.book = book_key();
    (pool.cash, pool.shares) = (20_000_000_000_000, 20_000_000_000_000);
    pool.outflow_share = Fixed::ratio(1, 5).0;
    (pool.outflow_window, pool.cool_down) = (86_400, 60);
    pool
}

/// The exchange of the book.
pub fn exchange() -> Exchange {
    let key = |byte| Pubkey::new_from_array([byte; 32]);
    Exchange {
        creator: key(1),
        id: 0,
        authority: key(1),
        guardian: key(2),
        book: book_key(),
        notices: Notices {
            loosening: 172_800,
            other: 86_400,
        },
        held_until: 0,
        held_seconds: 0,
        versions: [0; VERSIONS],
        launched: true,
        bump: 0,
    }
}

/// A change of the first scenario, announced an hour ago with two days' notice.
pub fn change() -> ParameterChange {
    ParameterChange {
        exchange: book().exchange,
        payer: Pubkey::new_from_array([1; 32]),
        id: 4,
        announced_at: NOW - 3_600,
        earliest: NOW - 3_600 + 172_800,
        latest: NOW - 3_600 + 2 * 172_800,
        moved_at: 0,
        grown: 0,
        version: 0,
        bump: 0,
        patch: Patch::Scenario {
            index: 0,
            shocks: vec![0, -6_000],
        },
        from: Vec::new(),
    }
}

/// An account in borsh.
pub fn packed<T: anchor_lang::AccountSerialize>(account: &T) -> Vec<u8> {
    let mut data = Vec::new();
    account.try_serialize(&mut data).unwrap();
    data
}

/// Long 200 SOL, short 1 ETH, 5 SOL and 12,000 USDC deposited; `model` by its number.
pub fn account(model: u8) -> Box<MarginAccount> {
    let mut account: Box<MarginAccount> = zeroed();
    account.owner = Pubkey::new_from_array([9; 32]);
    (account.book, account.model) = (book_key(), model);
    account.set_balance(0, USDC, 12_000_000_000).unwrap();
    account.set_balance(1, SOL, 5_000_000_000).unwrap();
    let (sol, eth) = account.positions.split_at_mut(1);
    (sol[0].slot, sol[0].base, sol[0].cost) = (SOL, 200_000_000_000, 30_000_000_000);
    (eth[0].slot, eth[0].base, eth[0].cost) = (ETH, -100_000_000, -4_000_000_000);
    (sol[0].entry, eth[0].entry) = (sol[0].cost, eth[0].cost);
    account
}

pub fn data<T: bytemuck::Pod + Discriminator>(account: &T) -> Vec<u8> {
    let mut data = T::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(account));
    data
}
