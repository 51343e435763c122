//! The exchange and what it lists.

use anyhow::{anyhow, Context, Result};
use bytemuck::allocation::zeroed_box;
use plimsoll::accounts as ax;
use plimsoll::constants::ASSET_SLOTS;
use plimsoll::instruction as ix;
use plimsoll::instructions::list_asset;
use plimsoll::liquid_staking;
use plimsoll::state::{AssetSlot, Bank, Market, RiskBook};
use plimsoll_client::{address, call};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_sdk_ids::system_program;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account;

use super::Found;
use crate::compare::differences;
use crate::site::Site;
use crate::tokens::{make_test_mint, test_mint};

/// Bytes of the book's account.
const BOOK_BYTES: usize = 8 + size_of::<RiskBook>();

/// Done, or what differs.
fn compared(differences: Vec<String>) -> Found {
    if differences.is_empty() {
        Found::Done
    } else {
        Found::Differs(differences)
    }
}

/// What is not there: to be listed before the launch, to be announced after it.
fn absent(site: &Site, todo: String) -> Result<Found> {
    let launched = site
        .exchange()?
        .is_some_and(|(_, exchange)| exchange.launched);
    Ok(if launched {
        Found::Differs(vec![
            "missing, and after the launch it would have to be announced".into(),
        ])
    } else {
        Found::ToDo(todo)
    })
}

fn anchored<T>(result: anchor_lang::Result<T>) -> Result<T> {
    result.map_err(|error| anyhow!("the program would refuse: {error}"))
}

pub(super) fn look_token(site: &Site, slot: u8) -> Result<Found> {
    let asset = site.params.asset(slot)?;
    let mint = test_mint(&site.chain.authority(), &asset.symbol)?;
    Ok(match site.chain.account(&mint)? {
        Some(_) => Found::Done,
        None => Found::ToDo(format!(
            "makes mint {mint} with {} decimals",
            asset.decimals
        )),
    })
}

pub(super) fn make_token(site: &Site, slot: u8) -> Result<()> {
    let asset = site.params.asset(slot)?;
    make_test_mint(&site.chain, &asset.symbol, asset.decimals)
}

pub(super) fn look_exchange(site: &Site) -> Result<Found> {
    let Some((key, exchange)) = site.exchange()? else {
        let key = address::exchange(&site.chain.authority(), site.params.exchange.id);
        return Ok(Found::ToDo(format!("creates {key} with a book of its own")));
    };
    let book = site.book()?;
    let (_, book) = book.with_context(|| format!("expected the book of {key}, found none"))?;
    let mut expected: Box<RiskBook> = zeroed_box();
    site.params.exchange_params().write(&mut expected);
    let roles = site.params.roles(site.chain.authority());
    let mut all = differences!(exchange, roles, [authority, guardian]);
    all.extend(differences!(
        exchange.notices,
        roles.notices,
        [loosening, other]
    ));
    all.extend(differences!(
        book,
        expected,
        [
            call_level,
            target_level,
            deleverage_level,
            keeper_share,
            fee_to_insurance,
            fee_to_protocol,
            scenario_weight_maintenance,
            scenario_weight_initial,
            bankrupt_reward,
            min_keeper_fee,
            insurance_target,
        ]
    ));
    Ok(compared(all))
}

/// The book's key signs once, in the transaction that binds it, and is of no use afterwards.
pub(super) fn make_exchange(site: &Site) -> Result<()> {
    let (authority, book) = (site.chain.authority(), Keypair::new());
    let id = site.params.exchange.id;
    let create = create_account(
        &authority,
        &book.pubkey(),
        site.chain.rent(BOOK_BYTES)?,
        BOOK_BYTES as u64,
        &plimsoll::ID,
    );
    let accounts = ax::CreateExchange {
        creator: authority,
        payer: authority,
        exchange: address::exchange(&authority, id),
        book: book.pubkey(),
        system_program: system_program::ID,
    };
    let arguments = ix::CreateExchange {
        id,
        roles: site.params.roles(authority),
        params: site.params.exchange_params(),
    };
    site.chain
        .send(&[create, call(accounts, arguments, [])], &[&book])
}

/// Keys of an exchange and its book.
fn keys(site: &Site) -> Result<(Address, Address)> {
    let found = site
        .exchange()?
        .context("expected an exchange, found none")?;
    Ok((found.0, found.1.book))
}

/// The slot as the parameters of the file make it; what moves by itself is left out of comparisons.
fn expected_asset(site: &Site, slot: u8) -> Result<Box<RiskBook>> {
    let params = site.params.asset_params(slot)?;
    let terms = anchored(list_asset::terms(&params))?;
    let mut book: Box<RiskBook> = zeroed_box();
    book.asset_count = slot.saturating_add(1);
    let (asset, model) = anchored(book.asset_with_model_mut(slot))?;
    list_asset::write_limits(asset, &params);
    anchored(list_asset::write_size(asset, model, &params))?;
    asset.decimals = params.decimals;
    liquid_staking::write(model, &params);
    model.set_terms(&terms);
    Ok(book)
}

pub(super) fn look_asset(site: &Site, slot: u8) -> Result<Found> {
    let mut expected = expected_asset(site, slot)?;
    let book = site.book()?.map(|(_, book)| book);
    let Some(mut book) = book.filter(|book| slot < book.asset_count) else {
        return absent(site, format!("lists it in slot {slot}"));
    };
    let (found, found_model) = anchored(book.asset_with_model_mut(slot))?;
    let (asset, model) = anchored(expected.asset_with_model_mut(slot))?;
    let mut all = differences!(
        found,
        asset,
        [
            feed_id,
            oracle_kind,
            oracle_program,
            oracle_account,
            min_signatures,
            decimals,
            max_confidence,
            max_age_risk,
            max_age_other,
            discount_least,
            discount_most,
            size_slope,
        ]
    );
    all.extend(differences!(
        found_model,
        model,
        [
            impact_per_deviation,
            variance_floor,
            variance_stress,
            floor_maintenance_long,
            floor_maintenance_short,
            floor_initial_long,
            floor_initial_short,
            cap_maintenance_long,
            cap_maintenance_short,
            cap_initial_long,
            cap_initial_short,
            stake_pool,
            stake_program,
            underlying,
        ]
    ));
    Ok(compared(all))
}

pub(super) fn make_asset(site: &Site, slot: u8) -> Result<()> {
    let (exchange, book) = keys(site)?;
    let accounts = ax::ListAsset {
        authority: site.chain.authority(),
        exchange,
        book,
    };
    let params = site.params.asset_params(slot)?;
    site.chain
        .send(&[call(accounts, ix::ListAsset { params }, [])], &[])
}

pub(super) fn look_bank(site: &Site, slot: u8) -> Result<Found> {
    let asset = site.params.asset(slot)?;
    let (mint, _) = site.mint(slot)?;
    let params = asset.bank_params()?.context("a bank")?;
    let Some(bank) = site.bank(slot)? else {
        return absent(site, format!("lists the bank of mint {mint}"));
    };
    let mut expected: Box<Bank> = zeroed_box();
    params.write(&mut expected);
    expected.mint = mint;
    Ok(compared(differences!(
        bank,
        expected,
        [
            mint,
            deposit_cap,
            borrow_cap,
            outflow_limit,
            rate_at_zero,
            kink,
            rate_at_kink,
            rate_at_full,
            utilisation_cap,
            reserve_share,
        ]
    )))
}

pub(super) fn make_bank(site: &Site, slot: u8) -> Result<()> {
    let (exchange, book) = keys(site)?;
    let (mint, _) = site.mint(slot)?;
    let account = site.chain.account(&mint)?;
    let account = account.with_context(|| format!("expected mint {mint}, found nothing"))?;
    let bank = address::bank(&book, slot);
    let accounts = ax::ListBank {
        authority: site.chain.authority(),
        payer: site.chain.authority(),
        exchange,
        change: None,
        change_payer: None,
        book,
        bank,
        mint,
        mint_authority: mint_authority(&account.data),
        vault: address::vault(&bank),
        token_program: account.owner,
        system_program: system_program::ID,
    };
    let params = site.params.asset(slot)?.bank_params()?.context("a bank")?;
    let list = call(accounts, ix::ListBank { slot, params }, []);
    site.chain.send(&[list], &[])
}

/// Who can mint: both token programs begin their mints with it.
fn mint_authority(mint: &[u8]) -> Option<Address> {
    let (is_some, rest) = mint.split_first_chunk::<4>()?;
    let key = rest.first_chunk::<32>()?;
    (*is_some == [1, 0, 0, 0]).then(|| Address::new_from_array(*key))
}

pub(super) fn look_market(site: &Site, slot: u8) -> Result<Found> {
    let params = site
        .params
        .asset(slot)?
        .market_params()?
        .context("a market")?;
    let Some(market) = site.market(slot)? else {
        return absent(site, "lists the market".into());
    };
    let (mut expected, mut asset): (Box<Market>, Box<AssetSlot>) = (zeroed_box(), zeroed_box());
    anchored(params.write(&mut expected, &mut asset))?;
    let book = site.book()?.map(|(_, book)| book);
    let book = book.context("expected a book, found none")?;
    let found = anchored(book.listed_asset(slot))?;
    let mut all = differences!(found, asset, [profit_weight]);
    all.extend(differences!(
        market,
        expected,
        [
            scale,
            skew_bound,
            max_open_interest,
            open_interest_low,
            open_interest_high,
            spread,
            daily_funding,
            taker_fee,
            liquidation_fee,
            order_delay,
        ]
    ));
    Ok(compared(all))
}

pub(super) fn make_market(site: &Site, slot: u8) -> Result<()> {
    let (exchange, book) = keys(site)?;
    let accounts = ax::ListMarket {
        authority: site.chain.authority(),
        payer: site.chain.authority(),
        exchange,
        change: None,
        change_payer: None,
        book,
        market: address::market(&book, slot),
        system_program: system_program::ID,
    };
    let params = site
        .params
        .asset(slot)?
        .market_params()?
        .context("a market")?;
    let list = call(accounts, ix::ListMarket { slot, params }, []);
    site.chain.send(&[list], &[])
}

fn moves(site: &Site, index: u8) -> Result<Vec<i16>> {
    let scenario = site.params.scenarios.get(usize::from(index));
    scenario.cloned().context("expected a scenario, found none")
}

pub(super) fn look_scenario(site: &Site, index: u8) -> Result<Found> {
    let moves = moves(site, index)?;
    let book = site.book()?.map(|(_, book)| book);
    let Some(book) = book.filter(|book| index < book.scenario_count) else {
        return absent(site, format!("lists moves of {moves:?} bps"));
    };
    let found = book.scenarios.get(usize::from(index)).copied();
    let mut expected = [0i16; ASSET_SLOTS];
    for (place, each) in expected.iter_mut().zip(&moves) {
        *place = *each;
    }
    let all = if found == Some(expected) {
        Vec::new()
    } else {
        vec![format!("moves are {found:?}, expected {moves:?} and zeros")]
    };
    Ok(compared(all))
}

pub(super) fn make_scenario(site: &Site, index: u8) -> Result<()> {
    let (exchange, book) = keys(site)?;
    let accounts = ax::ListScenario {
        authority: site.chain.authority(),
        exchange,
        book,
    };
    let shocks = moves(site, index)?;
    site.chain
        .send(&[call(accounts, ix::ListScenario { shocks }, [])], &[])
}
