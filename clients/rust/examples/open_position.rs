//! Opens a leveraged position: deposits quote, asks what is possible, buys half of that, or `--percent`, at
//! market.

mod setup;

use anyhow::{ensure, Context, Result};
use plimsoll::instructions::OrderParams;
use plimsoll::state::Market;
use plimsoll_client::preview::{Action, Order, Subject};
use plimsoll_client::{address, decode};
use setup::{fresh_id, Setup};
use std::process::ExitCode;
use std::time::Duration;

/// Quote atoms.
const DEPOSIT: u64 = 1_000_000_000;

fn main() -> ExitCode {
    setup::run(example)
}

fn example(setup: &Setup) -> Result<()> {
    let (venue, owner, id) = (&setup.venue, setup.owner(), setup.id);
    let slot = setup.first_market()?;
    setup.ensure_account()?;
    setup.send(&[venue.deposit(owner, id, venue.quote_slot, DEPOSIT)?])?;

    let (book, account) = (setup.book()?, setup.account(&setup.account_key())?);
    let market = venue.market(slot).context("expected a market")?;
    let market = decode::<Market>(&setup.rpc.get_account_data(&market)?)?;
    let subject = Subject {
        book: &book,
        account: &account,
        now: setup.now()?,
    };
    let buy = |size| {
        Action::Trade(
            &market,
            Order::market(i64::try_from(size).unwrap_or(i64::MAX)),
        )
    };
    let size = subject.most(buy) / 100 * setup.percent;
    ensure!(size > 0, "the account can open nothing now");
    let trade = subject
        .preview(buy(size))?
        .trade
        .context("it is refused by now")?;
    println!(
        "buying {size} atoms for {} quote atoms, fee {}",
        trade.notional, trade.fee
    );

    let params = OrderParams {
        id: fresh_id()?,
        size: i64::try_from(size)?,
        // At most two percent more than the preview says.
        limit_quote: trade.notional / 100 * 102,
        trigger_quote: 0,
        expires_at: 0,
        partner: Default::default(),
        keeper_fee: book.min_keeper_fee,
        kind: 0,
        extent: 0,
    };
    setup.send(&[venue.place_order(owner, setup.account_key(), slot, params)?])?;
    let order = address::order(&setup.account_key(), params.id);
    setup.ended(&order, Duration::from_secs(90))?;

    let account = setup.account(&setup.account_key())?;
    ensure!(account.size_in(slot).0 > 0, "the order was refused");
    println!("open: {} atoms", account.size_in(slot).0);
    Ok(())
}
