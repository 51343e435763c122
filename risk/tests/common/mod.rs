//! A book of four assets and an account in it, made in memory.
// Tests may unwrap: a panic is how they fail. Not every test uses everything.
#![allow(clippy::unwrap_used, dead_code)]

use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use plimsoll::state::{listed, AssetModel, AssetSlot, MarginAccount, RiskBook};
use plimsoll_engine::correlation::{pair_index, Pair, LEAST_SAMPLES};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::measured::{Conditions, Measured, ModelTerms};
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_engine::size::size_slope_ceil;
use plimsoll_engine::volatility::Variance;
use plimsoll_risk::backtest::model::BOUNDS;
use std::fs;
use std::path::{Path, PathBuf};

pub const NOW: i64 = 1_790_000_000;
pub const USDC: u8 = 0;
pub const SOL: u8 = 1;
pub const BTC: u8 = 2;
pub const ETH: u8 = 3;
pub const NAMES: &str = "USDC=0,SOL=1,BTC=2,ETH=3";

/// Dollars, decimals, confidence in parts per million, yearly deviations: floor, stress, start.
const ASSETS: [(f64, u8, u64, [u32; 3]); 4] = [
    (1.0, 6, 100, [100, 1_000, 200]),
    (150.0, 9, 400, [8_000, 22_000, 11_000]),
    (100_000.0, 8, 200, [4_500, 15_000, 6_000]),
    (4_000.0, 8, 300, [5_500, 18_000, 7_500]),
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
    (book.asset_count, book.launched) = (4, 1);
    book.scenario_count = 2;
    book.scenarios[0][1..4].copy_from_slice(&[-5_046, -2_982, -5_613]);
    book.scenarios[1][1..4].copy_from_slice(&[2_523, 1_491, 2_806]);
    for (at, figures) in ASSETS.iter().enumerate() {
        let (asset, model) = (&mut book.assets[at], &mut book.models[at]);
        asset_of(asset, model, figures);
        asset.feed_id = [u8::try_from(at).unwrap() + 1; 32];
    }
    for (a, b, rho) in [(SOL, BTC, 6_100), (SOL, ETH, 6_600), (BTC, ETH, 8_500)] {
        let pair = Pair {
            samples: LEAST_SAMPLES,
            ..Pair::default()
        };
        book.pairs[pair_index(a, b).unwrap()].set(&pair.holding(rho));
    }
    book
}

fn asset_of(
    asset: &mut AssetSlot,
    model: &mut AssetModel,
    (price, decimals, conf_ppm, volatility): &(f64, u8, u64, [u32; 3]),
) {
    let raw = (price * 1e8) as u64;
    let feed = OraclePrice {
        price: raw,
        confidence: raw * conf_ppm / 1_000_000,
        ema: raw,
        exponent: -8,
    };
    let band = PriceBand::new(feed, *decimals).unwrap();
    (asset.spot, asset.price_shift) = (band.spot, band.shift);
    (asset.asset_initial, asset.liability_initial) = (band.asset_initial, band.liability_initial);
    asset.liability_maintenance = band.liability_maintenance;
    (asset.confidence, asset.ema) = (band.confidence, band.ema);
    (asset.publish_time, asset.index_time) = (NOW - 5, NOW);
    (asset.max_age_risk, asset.max_age_other) = (75, 90);
    (asset.decimals, asset.max_confidence) = (*decimals, Fixed::ratio(1, 100).0);
    asset.borrow_index = plimsoll_engine::index::Index::START.0;
    asset.deposit_share = Fixed::ONE.0;
    asset.profit_weight = Fixed::ratio(1, 2).0;
    asset.listed = listed::ASSET | listed::BANK | listed::MARKET;
    let (slope, free) = size_slope_ceil(Fixed::ratio(1, 10), 2_000_000_000_000).unwrap();
    (asset.size_slope, asset.size_free) = (slope, free);
    asset.closing = Fixed::ratio(3, 100).0;
    let [floor, stress, start] = volatility.map(Variance::from_yearly_bps);
    let terms = ModelTerms {
        floor,
        stress,
        bounds: BOUNDS,
    };
    let measured = Measured::starting(&terms, start, NOW).unwrap();
    model.set_terms(&terms);
    model.set_measured(&measured);
    let rates = measured
        .in_force(&terms, &Conditions::default(), NOW)
        .unwrap();
    asset.set_rates(&rates);
}

/// Long 200 SOL, short 1 ETH, 5 SOL and 6,000 USDC deposited; `model` by its number.
pub fn account(model: u8) -> Box<MarginAccount> {
    let mut account: Box<MarginAccount> = zeroed();
    account.owner = Pubkey::new_from_array([9; 32]);
    (account.book, account.model) = (book_key(), model);
    account.set_balance(0, USDC, 6_000_000_000).unwrap();
    account.set_balance(1, SOL, 5_000_000_000).unwrap();
    let (sol, eth) = account.positions.split_at_mut(1);
    (sol[0].slot, sol[0].base, sol[0].cost) = (SOL, 200_000_000_000, 30_000_000_000);
    (eth[0].slot, eth[0].base, eth[0].cost) = (ETH, -100_000_000, -4_000_000_000);
    account
}

pub fn data<T: bytemuck::Pod + Discriminator>(account: &T) -> Vec<u8> {
    let mut data = T::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(account));
    data
}

/// The JSON of `solana account --output json`.
pub fn cli_json(address: &Pubkey, data: &[u8]) -> String {
    use base64::prelude::{Engine as _, BASE64_STANDARD};
    serde_json::json!({
        "pubkey": address.to_string(),
        "account": {
            "lamports": 1,
            "data": [BASE64_STANDARD.encode(data), "base64"],
            "owner": plimsoll::ID.to_string(),
            "executable": false,
            "rentEpoch": 0,
            "space": data.len(),
        },
    })
    .to_string()
}

/// Both files in a folder: the account as raw bytes, the book as JSON.
pub fn files(folder: &Path, model: u8) -> (PathBuf, PathBuf) {
    let (account_file, book_file) = (folder.join("account.bin"), folder.join("book.json"));
    fs::write(&account_file, data(&*account(model))).unwrap();
    fs::write(&book_file, cli_json(&book_key(), &data(&*book()))).unwrap();
    (account_file, book_file)
}
