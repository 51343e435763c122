//! Making an exchange, up to its launch.

use anchor_lang::prelude::Pubkey;
use anchor_lang::AccountDeserialize;
use anchor_lang::{system_program, Discriminator};
use plimsoll::constants::*;
use plimsoll::instructions::*;
use plimsoll::oracle::pyth_pull::RECEIVER;
use plimsoll::state::{listed, Exchange, RiskBook};
use plimsoll::{accounts as metas, instruction as data};

use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

/// `create_exchange`.
pub fn create_exchange() -> Case {
    let mut fixture = healthy(1);
    let mut empty = zero_copy(&*fixture.book);
    empty.data = vec![0; RiskBook::DISCRIMINATOR.len() + core::mem::size_of::<RiskBook>()];
    fixture.accounts.push((key(NEW_BOOK), empty));
    let id = 1u64;
    let accounts = metas::CreateExchange {
        creator: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: pda(&[EXCHANGE_SEED, key(AUTHORITY).as_ref(), &id.to_le_bytes()]).0,
        book: key(NEW_BOOK),
        system_program: system_program::ID,
    };
    let params = ExchangeParams {
        call_level_ppm: 500_000,
        target_level_ppm: 750_000,
        deleverage_level_ppm: 800_000,
        keeper_share_ppm: 700_000,
        fee_to_insurance_ppm: 200_000,
        fee_to_protocol_ppm: 100_000,
        scenario_weight_maintenance_ppm: 300_000,
        scenario_weight_initial_ppm: 375_000,
        bankrupt_reward: 5_000_000,
        min_keeper_fee: 10_000,
        insurance_target: 1,
    };
    let roles = Roles {
        authority: key(AUTHORITY),
        guardian: key(AUTHORITY),
        notices: NOTICES,
    };
    let call = data::CreateExchange { id, roles, params };
    case(
        "create_exchange",
        fixture,
        accounts,
        vec![],
        call,
        &[AUTHORITY, NEW_BOOK],
    )
}

/// The fixture before launch, without the accounts at `absent`.
fn before_launch(absent: &[Pubkey]) -> Fixture {
    let mut fixture = healthy(1);
    fixture.book.launched = 0;
    fixture
        .accounts
        .retain(|(address, _)| !absent.contains(address));
    for (address, account) in &mut fixture.accounts {
        if *address == exchange_key() {
            let exchange = Exchange::try_deserialize(&mut account.data.as_slice());
            let mut exchange = exchange.expect("an exchange");
            exchange.launched = false;
            *account = borsh(&exchange);
        }
    }
    fixture
}

/// `list_asset`.
pub fn list_asset() -> Case {
    let mut fixture = before_launch(&[]);
    fixture.book.asset_count = 31;
    let accounts = metas::ListAsset {
        authority: key(AUTHORITY),
        exchange: exchange_key(),
        book: fixture.book_key,
    };
    let params = AssetParams {
        feed_id: feed_id(31),
        oracle_kind: plimsoll::state::oracle_kind::PULL,
        oracle_program: RECEIVER,
        oracle_account: Pubkey::default(),
        min_signatures: 0,
        decimals: 9,
        max_confidence_ppm: 10_000,
        max_age_risk: 75,
        max_age_other: 90,
        floor: RatesPpm {
            maintenance_long: 5_000,
            maintenance_short: 10_000,
            initial_long: 6_250,
            initial_short: 12_500,
        },
        cap: RatesPpm {
            maintenance_long: 600_000,
            maintenance_short: 1_200_000,
            initial_long: 750_000,
            initial_short: 1_500_000,
        },
        volatility_floor_bps: 8_000,
        volatility_stress_bps: 22_000,
        volatility_start_bps: 11_000,
        size_beta_ppm: 100_000,
        size_n0: 2_000_000_000_000,
        daily_volume: 2_000_000_000_000_000,
        discount_least_ppm: 15_000,
        discount_most_ppm: 60_000,
        stake_pool: Pubkey::default(),
        stake_program: Pubkey::default(),
        underlying: 0,
    };
    case(
        "list_asset",
        fixture,
        accounts,
        vec![],
        data::ListAsset { params },
        &[AUTHORITY],
    )
}

/// `list_bank`.
pub fn list_bank() -> Case {
    let slot = 15;
    let mut fixture = before_launch(&[bank_key(slot), vault_key(slot)]);
    fixture.book.assets[usize::from(slot)].listed = listed::ASSET;
    let accounts = metas::ListBank {
        authority: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        change: None,
        change_payer: None,
        book: fixture.book_key,
        bank: bank_key(slot),
        mint: mint_key(slot),
        mint_authority: Some(key(AUTHORITY)),
        vault: vault_key(slot),
        token_program: anchor_spl::token::ID,
        system_program: system_program::ID,
    };
    let params = BankParams {
        deposit_cap: 1,
        borrow_cap: 1,
        outflow_limit: 1,
        is_quote: false,
        rate_at_zero_ppm: 20_000,
        kink_ppm: 850_000,
        rate_at_kink_ppm: 80_000,
        rate_at_full_ppm: 900_000,
        utilisation_cap_ppm: 850_000,
        reserve_share_ppm: 100_000,
    };
    case(
        "list_bank",
        fixture,
        accounts,
        vec![],
        data::ListBank { slot, params },
        &[AUTHORITY],
    )
}

/// `list_market`.
pub fn list_market() -> Case {
    let slot = 31;
    let fixture = before_launch(&[]);
    let accounts = metas::ListMarket {
        authority: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        change: None,
        change_payer: None,
        book: fixture.book_key,
        market: market_key(slot),
        system_program: system_program::ID,
    };
    let params = market_params();
    let call = data::ListMarket { slot, params };
    case("list_market", fixture, accounts, vec![], call, &[AUTHORITY])
}

/// `list_scenario`.
pub fn list_scenario() -> Case {
    let accounts = metas::ListScenario {
        authority: key(AUTHORITY),
        exchange: exchange_key(),
        book: key(BOOK),
    };
    let shocks = (0..32).map(|slot| -100 * slot).collect();
    let call = data::ListScenario { shocks };
    let fixture = before_launch(&[]);
    case(
        "list_scenario",
        fixture,
        accounts,
        vec![],
        call,
        &[AUTHORITY],
    )
}

/// `launch`.
pub fn launch() -> Case {
    let fixture = before_launch(&[pool_key(), lp_mint_key()]);
    let accounts = metas::Launch {
        authority: key(AUTHORITY),
        payer: key(AUTHORITY),
        exchange: exchange_key(),
        book: fixture.book_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
        lp_mint: lp_mint_key(),
        token_program: anchor_spl::token::ID,
        system_program: system_program::ID,
    };
    case(
        "launch",
        fixture,
        accounts,
        vec![],
        data::Launch {
            params: PoolParams {
                cool_down: 3_600,
                outflow_window: 6 * 3_600,
                outflow_ppm: 250_000,
            },
        },
        &[AUTHORITY],
    )
}

/// The parameters of a market.
pub fn market_params() -> MarketParams {
    MarketParams {
        scale: 10_000_000 * TOKEN,
        max_skew: 200_000 * TOKEN,
        max_open_interest: 1_000_000 * TOKEN,
        open_interest_low: 200_000 * TOKEN,
        open_interest_high: 900_000 * TOKEN,
        spread_ppm: 300,
        daily_funding_ppm: 1_000_000,
        taker_fee_ppm: 500,
        liquidation_fee_ppm: 10_000,
        order_delay: 12,
        profit_weight_ppm: 500_000,
    }
}
