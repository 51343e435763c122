//! Insurance, the launch and the pool's first deposit.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use plimsoll::accounts as ax;
use plimsoll::instruction as ix;
use plimsoll::instructions::RequestParams;
use plimsoll::state::{request_kind, PoolRequest};
use plimsoll_client::{address, call, decode};
use solana_address::Address;
use solana_sdk_ids::{system_program, sysvar};

use super::Found;
use crate::site::Site;
use crate::tokens::{open, provide};

/// Id of the first deposit's request.
const REQUEST: u64 = 1;

fn is_launched(site: &Site) -> Result<bool> {
    Ok(site
        .exchange()?
        .is_some_and(|(_, exchange)| exchange.launched))
}

/// Quote atoms that insurance lacks before the launch.
fn lacking(site: &Site) -> Result<u64> {
    let target = site.params.exchange_params().insurance_target;
    let bank = site.bank(site.params.quote_slot()?)?;
    Ok(target.saturating_sub(bank.map_or(0, |bank| bank.insurance)))
}

pub(super) fn look_insurance(site: &Site) -> Result<Found> {
    let lacking = lacking(site)?;
    Ok(if lacking == 0 || is_launched(site)? {
        Found::Done
    } else {
        Found::ToDo(format!("pays {lacking} quote atoms"))
    })
}

pub(super) fn make_insurance(site: &Site) -> Result<()> {
    let (mint, is_test) = site.mint(site.params.quote_slot()?)?;
    let amount = lacking(site)?;
    provide(&site.chain, &mint, is_test, amount)?;
    let fund = site
        .venue()?
        .fund_insurance(site.chain.authority(), amount)?;
    site.chain.send(&[fund], &[])
}

pub(super) fn look_launch(site: &Site) -> Result<Found> {
    Ok(if is_launched(site)? {
        Found::Done
    } else {
        Found::ToDo("opens the exchange, for good".into())
    })
}

pub(super) fn make_launch(site: &Site) -> Result<()> {
    let venue = site.venue()?;
    let accounts = ax::Launch {
        authority: site.chain.authority(),
        payer: site.chain.authority(),
        exchange: venue.exchange,
        book: venue.book,
        quote_bank: venue.quote().context("expected a quote bank")?.bank,
        pool: venue.pool,
        lp_mint: venue.lp_mint,
        token_program: address::TOKEN,
        system_program: system_program::ID,
    };
    let params = site.params.pool_params();
    site.chain
        .send(&[call(accounts, ix::Launch { params }, [])], &[])
}

/// The request of the first deposit, if it waits.
fn request(site: &Site) -> Result<Option<(Address, Box<PoolRequest>)>> {
    let Some((_, exchange)) = site.exchange()? else {
        return Ok(None);
    };
    let pool = address::pool(&exchange.book);
    let key = address::pool_request(&pool, &site.chain.authority(), REQUEST);
    let account = site.chain.account(&key)?;
    let request = account.map(|account| decode(&account.data)).transpose();
    Ok(request
        .context("the request")?
        .map(|request| (key, request)))
}

pub(super) fn look_deposit(site: &Site) -> Result<Found> {
    if site.pool()?.is_some_and(|pool| pool.shares > 0) {
        return Ok(Found::Done);
    }
    Ok(match request(site)? {
        None => {
            let atoms = site.params.first_deposit();
            Found::ToDo(format!("asks for a deposit of {atoms} quote atoms"))
        }
        Some((key, request)) => Found::Waiting(format!(
            "request {key} can be executed from unix second {} on, by anyone: by a keeper, or by the next run",
            request.execute_at
        )),
    })
}

pub(super) fn make_deposit(site: &Site) -> Result<()> {
    if request(site)?.is_none() {
        ask(site)?;
    }
    let Some((key, request)) = request(site)? else {
        return Ok(());
    };
    while now(site)? < request.execute_at {
        if !site.wait {
            return Ok(());
        }
        sleep(Duration::from_secs(1));
    }
    let execute = site
        .venue()?
        .pool_execute(site.chain.authority(), (key, &request))?;
    let sent = site.chain.send(&[execute], &[]);
    // A keeper may have been faster; then the next look finds the deposit in the pool.
    match look_deposit(site)? {
        Found::Done => Ok(()),
        _ => sent,
    }
}

fn ask(site: &Site) -> Result<()> {
    let amount = site.params.first_deposit();
    let (mint, is_test) = site.mint(site.params.quote_slot()?)?;
    provide(&site.chain, &mint, is_test, amount)?;
    let (venue, authority) = (site.venue()?, site.chain.authority());
    let params = RequestParams {
        id: REQUEST,
        kind: request_kind::DEPOSIT,
        amount,
        least: 0,
        keeper_fee: site.params.exchange.min_keeper_fee_lamports,
    };
    let shares = open(&authority, &authority, &venue.lp_mint);
    let ask = venue.pool_request(authority, params)?;
    site.chain.send(&[shares, ask], &[])
}

/// Unix seconds of the cluster's clock.
fn now(site: &Site) -> Result<i64> {
    let clock = site.chain.account(&sysvar::clock::ID)?;
    let clock = clock.context("expected the clock, found nothing")?;
    let seconds = clock
        .data
        .get(32..40)
        .and_then(|bytes| bytes.try_into().ok());
    Ok(i64::from_le_bytes(
        seconds.context("expected a clock of 40 bytes")?,
    ))
}
