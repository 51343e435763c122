//! Places a stop that closes a position when its asset has moved a tenth against it.

mod setup;

use anyhow::{Context, Result};
use plimsoll::instructions::OrderParams;
use plimsoll_client::address;
use plimsoll_client::view::view;
use setup::{fresh_id, Setup};
use std::process::ExitCode;

fn main() -> ExitCode {
    setup::run(example)
}

fn example(setup: &Setup) -> Result<()> {
    let (book, account) = (setup.book()?, setup.account(&setup.account_key())?);
    let view = view(&book, &account, setup.now()?)?;
    let mut open = view.positions.iter().map(|position| &position.leg);
    let open = open.find(|leg| leg.atoms != 0);
    let leg = open.context("expected an open position: run open_position first")?;

    // Amounts are for the whole size; a quote atom is about a micro-dollar. Beyond the limit it waits.
    let worth = leg.exposure.unsigned_abs();
    let (trigger, limit) = if leg.atoms > 0 { (90, 85) } else { (110, 115) };
    let params = OrderParams {
        id: fresh_id()?,
        size: -leg.atoms,
        limit_quote: worth / 100 * limit,
        trigger_quote: worth / 100 * trigger,
        expires_at: 0,
        partner: Default::default(),
        keeper_fee: book.min_keeper_fee,
        kind: 2,
        extent: 2,
    };
    let (owner, key) = (setup.owner(), setup.account_key());
    setup.send(&[setup.venue.place_order(owner, key, leg.slot, params)?])?;
    println!(
        "stop {} triggers where the position is worth {} quote atoms",
        address::order(&key, params.id),
        params.trigger_quote
    );
    Ok(())
}
